package api

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/ringdown/ringdown/models"
)

// files are the contents of the files in a folder, by name; none when there is no folder.
func files(t *testing.T, folder string) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	found := map[string]string{}
	for _, entry := range entries {
		text, err := os.ReadFile(filepath.Join(folder, entry.Name()))
		if err != nil {
			t.Fatal(err)
		}
		found[entry.Name()] = string(text)
	}
	return found
}

// holds checks what the files of a folder are, and that no name of one has a phone number in it.
func holds(t *testing.T, when, folder string, want map[string]string) {
	t.Helper()
	got := files(t, folder)
	if !maps.Equal(got, want) {
		t.Errorf("%s the folder holds\n%v, want\n%v", when, got, want)
	}
	for name := range got {
		if numberFamilies.MatchString(name) {
			t.Errorf("%s is named after a number", name)
		}
	}
}

func TestOnlyWhatHasChangedIsWritten(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	path := filepath.Join(folder, "document.xml")
	write := func(content string) fs.FileInfo {
		t.Helper()
		if err := replaceFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		return info
	}
	first := write("one")
	if again := write("one"); !os.SameFile(first, again) {
		t.Error("the same content is written again")
	}
	if other := write("two"); os.SameFile(first, other) {
		t.Error("a file that somebody may be reading is written into")
	}
	holds(t, "afterwards", folder, map[string]string{"document.xml": "two"})
}

func TestWhatIsNotOursStaysInTheFolder(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	gone, kept := "0199c3a0-0000-7000-8000-000000000001.xml", "0199c3a0-0000-7000-8000-000000000002.xml"
	others := []string{"index.html", "notes.xml", "0199c3a0-0000-7000-8000-000000000001.xml.gz", halfWritten + "now"}
	for _, name := range append(others, gone, kept, halfWritten+"long-ago") {
		if err := os.WriteFile(filepath.Join(folder, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	old := time.Now().Add(-2 * halfWrittenLong)
	if err := os.Chtimes(filepath.Join(folder, halfWritten+"long-ago"), old, old); err != nil {
		t.Fatal(err)
	}
	if err := removeOthers(folder, emergencyFiles, map[string]bool{kept: true}); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{kept: ""}
	for _, name := range others {
		want[name] = ""
	}
	holds(t, "tidied", folder, want)
}

// Several processes have one database and one folder. Whoever reads sees a whole document at every
// moment, and the last state of the route in the end.
func TestSeveralProcessesPublishIntoOneFolder(t *testing.T) {
	t.Parallel()
	wt := newWebhookTest(t)
	folder := t.TempDir()
	file := filepath.Join(folder, wt.boundNumber()+".xml")
	documents := map[string]bool{}
	for i := range 10 {
		documents[diversion("de-DE", models.Phone(fmt.Sprintf("+44770090010%d", i)), ourNumber)] = true
	}
	wt.edit(func(r *models.Route) { r.EmergencyNumber = "+447700900100" })
	processes := []*emergency{{store: wt.store, folder: folder, log: wt.Server.log}, {store: wt.store, folder: folder, log: wt.Server.log}}
	wt.must(processes[0].publish(t.Context()))
	read, done := sync.WaitGroup{}, make(chan struct{})
	read.Go(func() {
		for {
			select {
			case <-done:
				return
			default:
			}
			if text, err := os.ReadFile(file); err != nil || !documents[string(text)] {
				t.Errorf("read %q, %v", text, err)
				return
			}
		}
	})
	for i := range 10 {
		wt.edit(func(r *models.Route) { r.EmergencyNumber = models.Phone(fmt.Sprintf("+44770090010%d", i)) })
		var published sync.WaitGroup
		for _, process := range processes {
			published.Go(func() {
				if err := process.publish(context.Background()); err != nil {
					t.Error(err)
				}
			})
		}
		published.Wait()
		holds(t, "published by both", folder, map[string]string{filepath.Base(file): diversion("de-DE", models.Phone(fmt.Sprintf("+44770090010%d", i)), ourNumber)})
	}
	close(done)
	read.Wait()
}
