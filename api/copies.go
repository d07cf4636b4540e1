package api

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"sync"
	"time"

	"github.com/ringdown/ringdown/models"
)

// refreshAfter is how old a file may become before the time in it is set anew, though nothing else
// has changed: a busy number does not write at each call.
const refreshAfter = 10 * time.Minute

// copyFiles keeps the last good copy of each number's route in a file. The files hold names and
// numbers of people: only our own user can read them.
type copyFiles struct {
	folder string // empty keeps nothing
	log    *slog.Logger
	fault  complaint

	mu   sync.Mutex
	kept map[models.Phone]keptCopy // what this process has written
}

// keptCopy is what tells whether a file is to be written.
type keptCopy struct {
	sum [sha256.Size]byte // of the content without its time; zero when there is no file
	at  time.Time
}

// copyFile is the content of a file.
type copyFile struct {
	Number    models.Phone                 `json:"number"`
	At        time.Time                    `json:"at"` // when it was last read from the database
	Route     models.Route                 `json:"route"`
	Directory models.Directory             `json:"directory"`
	Overrides map[string][]models.Override `json:"overrides"` // by schedule, whose own JSON leaves them out

	// Outside are the copies of outside schedules, left out there, too.
	Outside map[string]*models.OutsideCopy `json:"outside,omitempty"`
}

// copyNames are the names of our files: a hash, because a name may be seen where a content is not.
var copyNames = regexp.MustCompile(`^[0-9a-f]{64}\.json$`)

func copyName(number models.Phone) string {
	sum := sha256.Sum256([]byte(number))
	return hex.EncodeToString(sum[:]) + ".json"
}

// keep writes a copy when it says something new, or its time is to be refreshed. A failure is
// logged, once while it lasts.
func (f *copyFiles) keep(c routeCopy) {
	if f.folder == "" {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	content := fileOf(c)
	sum, err := content.sum()
	before := f.kept[c.number]
	if err == nil && (c.at.Before(before.at) || sum == before.sum && c.at.Sub(before.at) < refreshAfter) {
		return
	}
	if err == nil {
		err = f.write(content)
	}
	if err == nil {
		f.kept[c.number] = keptCopy{sum, c.at}
	}
	f.noted(err)
}

func (f *copyFiles) write(content copyFile) error {
	text, err := json.Marshal(content)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(f.folder, 0o700); err != nil {
		return err
	}
	return replaceFile(filepath.Join(f.folder, copyName(content.Number)), text, 0o600)
}

// drop removes the file of a number that had no route at an instant.
func (f *copyFiles) drop(number models.Phone, at time.Time) {
	if f.folder == "" {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if at.Before(f.kept[number].at) {
		return
	}
	f.kept[number] = keptCopy{at: at}
	if err := removeFile(filepath.Join(f.folder, copyName(number))); err != nil {
		f.noted(err)
	}
}

func (f *copyFiles) noted(err error) {
	f.fault.note(f.log, err, "last good copies of routes not kept", "folder", f.folder,
		"remedy", "let this process write to RINGDOWN_CACHE_DIR, or it cannot answer calls when it starts while the database is away")
}

// dropOthers removes the files of all numbers but these.
func (f *copyFiles) dropOthers(numbers map[models.Phone]bool) {
	if f.folder == "" {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	maps.DeleteFunc(f.kept, func(number models.Phone, _ keptCopy) bool { return !numbers[number] })
	keep := map[string]bool{}
	for number := range numbers {
		keep[copyName(number)] = true
	}
	if err := removeOthers(f.folder, copyNames, keep); err != nil {
		f.noted(err)
	}
}

// last reads the copy of a number, of whatever age. One that cannot be read is removed, so that it
// is logged once.
func (f *copyFiles) last(number models.Phone) (routeCopy, bool) {
	if f.folder == "" {
		return routeCopy{}, false
	}
	path := filepath.Join(f.folder, copyName(number))
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return routeCopy{}, false
	}
	var content copyFile
	if err == nil && (json.Unmarshal(text, &content) != nil || content.Number != number || content.Route.ID == "") {
		err = errors.Join(errors.New("it is damaged"), removeFile(path)) // the cause would show what is in it
	}
	if err != nil {
		f.log.Error("last good copy of a route not usable", "number", number, "cause", err)
		return routeCopy{}, false
	}
	return content.copy(), true
}

func fileOf(c routeCopy) copyFile {
	overrides, outside := map[string][]models.Override{}, map[string]*models.OutsideCopy{}
	for id, schedule := range c.directory.Schedules {
		overrides[id] = schedule.Overrides
		if schedule.Outside != nil {
			outside[id] = schedule.Outside
		}
	}
	return copyFile{Number: c.number, At: c.at, Route: c.route, Directory: c.directory, Overrides: overrides, Outside: outside}
}

func (f copyFile) copy() routeCopy {
	for id, schedule := range f.Directory.Schedules {
		schedule.Overrides, schedule.Outside = f.Overrides[id], f.Outside[id]
		f.Directory.Schedules[id] = schedule
	}
	return routeCopy{f.Number, f.Route.Defaults(), f.Directory, f.At}
}

// sum tells one content from another, whatever their times.
func (f copyFile) sum() ([sha256.Size]byte, error) {
	f.At = time.Time{}
	text, err := json.Marshal(f)
	return sha256.Sum256(text), err
}
