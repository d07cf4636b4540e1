package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
	"github.com/ringdown/ringdown/models/store/storetest"
)

const apology = "Pause 2, Redirect /twilio/voice?try=1" // nothing is known of the number; it rings on

// awayTest is a process that keeps copies, and those that follow it.
type awayTest struct {
	*webhookTest
	folder string
}

// copied runs one case with copies of all routes on disk, made by a process that nobody has called.
func copied(t *testing.T, name string, f func(at *awayTest)) {
	t.Helper()
	inCall(t, name, func(wt *webhookTest) {
		at := &awayTest{wt, filepath.Join(wt.TempDir(), "cache")}
		wt.routes.files.folder = at.folder
		wt.must(wt.routes.copyAll(context.Background()))
		wt.Drain()
		f(at)
	})
}

// restart is another process with the same copies, whose database is away.
func (at *awayTest) restart() *webhookTest {
	at.Helper()
	at.Drain()
	return at.processOn(newStore(at.T, "sqlite:"+filepath.Join(at.TempDir(), "not", "mounted.db")))
}

// processOn is another process with the same copies, on a database.
func (at *awayTest) processOn(s *store.Store) *webhookTest {
	at.Helper()
	wt := &webhookTest{T: at.T, temporal: &fakeTemporal{answer: inTheRoom}, log: &bytes.Buffer{}, store: s}
	server, err := New(Config{
		Store: s, Temporal: wt.temporal, Namespace: "default", AuthTokens: []string{authToken}, PublicURL: site,
		AdminKey: restKey, CacheDir: at.folder, Log: slog.New(slog.NewJSONHandler(wt.log, nil)),
	})
	wt.must(err)
	wt.Server = server
	at.Cleanup(func() {
		wt.Drain()
		if numberFamilies.Match(wt.log.Bytes()) {
			at.Errorf("the log holds a number: %s", wt.log)
		}
	})
	return wt
}

func newStore(t *testing.T, url string) *store.Store {
	t.Helper()
	s, err := store.New(url, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// file is the path of the one copy.
func (at *awayTest) file() string {
	at.Helper()
	at.Drain()
	if held := files(at.T, at.folder); len(held) != 1 {
		at.Fatalf("%d copies on disk", len(held))
	}
	return filepath.Join(at.folder, copyName(ourNumber))
}

// writes replaces the copy by a text.
func (at *awayTest) writes(text string) {
	at.Helper()
	at.must(os.WriteFile(at.file(), []byte(text), 0o600))
}

// changes edits the copy.
func (at *awayTest) changes(change func(f *copyFile)) {
	at.Helper()
	text, err := os.ReadFile(at.file())
	at.must(err)
	var content copyFile
	at.must(json.Unmarshal(text, &content))
	change(&content)
	text, err = json.Marshal(content)
	at.must(err)
	at.writes(string(text))
}

func logs(wt *webhookTest, message string) int {
	wt.Drain()
	return strings.Count(wt.log.String(), `"msg":"`+message+`"`)
}

func TestAProcessThatStartsWithoutTheDatabaseAnswersCalls(t *testing.T) {
	copied(t, "with the plan that was last good", func(at *awayTest) {
		wt := at.restart()
		for _, call := range []string{callerLeg, anotherCall} {
			wt.hears(strings.ReplaceAll(theRoom, "CALL", withoutIDs(call)), wt.post("/twilio/voice", arriving("CallSid", call)))
		}
		plan := wt.temporal.inputs[1].Plan
		if rung := plan.Attempts(); plan.RouteID != "support" || plan.EmergencyNumber != emergencyNumber || len(rung) != 1 || rung[0].Number != alicesNumber {
			at.Errorf("the plan is %+v", plan)
		}
	})
	copied(t, "also to divert", func(at *awayTest) {
		wt := at.restart()
		wt.temporal.fails = failing(errAway)
		if heard := outline(at.T, wt.post("/twilio/voice?try=2", arriving()).Body.Bytes()); !strings.Contains(heard, "Dial (Number "+emergencyNumber+")") {
			at.Errorf("heard %s", heard)
		}
	})
	copied(t, "for nearly a day", func(at *awayTest) {
		wt := at.restart()
		wt.passes(24*time.Hour - time.Nanosecond)
		wt.hears(theRoom, wt.post("/twilio/voice", arriving()))
	})
	copied(t, "but not after a day", func(at *awayTest) {
		wt := at.restart()
		wt.passes(24 * time.Hour)
		wt.hears(apology, wt.post("/twilio/voice", arriving()))
	})
	copied(t, "but not of a number that had no route", func(at *awayTest) {
		at.restart().hears(apology, at.restart().post("/twilio/voice", arriving("To", unboundNumber)))
	})
	for name, spoil := range map[string]func(at *awayTest){
		"that is empty":            func(at *awayTest) { at.writes("") },
		"that is half written":     func(at *awayTest) { at.writes(`{"number": "` + ourNumber) },
		"that says nothing":        func(at *awayTest) { at.writes("{}") },
		"of another number":        func(at *awayTest) { at.changes(func(f *copyFile) { f.Number = unboundNumber }) },
		"with a time that is none": func(at *awayTest) { at.writes(`{"number": "` + ourNumber + `", "at": "` + ourNumber + `"}`) },
	} {
		copied(t, "but not from a copy "+name, func(at *awayTest) {
			spoil(at)
			wt := at.restart()
			for range 3 {
				wt.hears(apology, wt.post("/twilio/voice", arriving()))
			}
			if n := logs(wt, "last good copy of a route not usable"); n != 1 {
				at.Errorf("%d lines about the copy: %s", n, wt.log)
			}
		})
	}
	copied(t, "and what it lacks has its default", func(at *awayTest) {
		at.changes(func(f *copyFile) { f.Route.RingSeconds, f.Route.Language = 0, "" })
		wt := at.restart()
		wt.post("/twilio/voice", arriving())
		if plan := wt.temporal.inputs[0].Plan; plan.RingSeconds != 30 || plan.Language != models.DefaultLanguage {
			at.Errorf("the plan is %+v", plan)
		}
	})
}

func TestTheCopiesFollowTheDatabase(t *testing.T) {
	copied(t, "when the route changes", func(at *awayTest) {
		at.edit(func(r *models.Route) { r.Greeting = "Guten Tag" })
		at.post("/twilio/voice", arriving())
		wt := at.restart()
		wt.post("/twilio/voice", arriving())
		if got := wt.temporal.inputs[0].Plan.Greeting; got != "Guten Tag" {
			at.Errorf("greets with %q", got)
		}
	})
	copied(t, "when the route lets go of its number", func(at *awayTest) {
		at.edit(func(r *models.Route) { r.PhoneNumberID = "" })
		at.post("/twilio/voice", arriving())
		at.Drain()
		holds(at.T, "without a route", at.folder, nil)
	})
	copied(t, "when a number that nobody calls is given back", func(at *awayTest) {
		number, err := at.store.Number(context.Background(), at.boundNumber())
		at.must(err)
		number.Status = models.NumberReleased
		_, err = at.store.UpdateNumber(context.Background(), number, 0)
		at.must(err)
		at.must(at.routes.copyAll(context.Background()))
		at.Drain()
		holds(at.T, "without the number", at.folder, nil)
		at.must(at.store.Close())
		at.hears(apology, at.post("/twilio/voice", arriving())) // nor from memory
	})
	copied(t, "when a number was called before others knew of it", func(at *awayTest) {
		at.routes.files.dropOthers(nil)
		at.post("/twilio/voice", arriving())
		at.restart().hears(theRoom, at.restart().post("/twilio/voice", arriving()))
	})
	copied(t, "every ten minutes, though nobody calls", func(at *awayTest) {
		ctx, stop := context.WithCancel(context.Background())
		defer stop()
		ended := make(chan struct{})
		go func() { defer close(ended); at.Keep(ctx) }()
		synctest.Wait()
		at.edit(func(r *models.Route) { r.Greeting = "Guten Tag" })
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		stop()
		<-ended
		wt := at.restart()
		wt.post("/twilio/voice", arriving())
		if got := wt.temporal.inputs[0].Plan.Greeting; got != "Guten Tag" {
			at.Errorf("greets with %q", got)
		}
	})
	copied(t, "but a busy number writes only every ten minutes", func(at *awayTest) {
		stat := func() fs.FileInfo {
			at.post("/twilio/voice", arriving())
			info, err := os.Stat(at.file())
			at.must(err)
			return info
		}
		first := stat()
		at.passes(10*time.Minute - time.Nanosecond)
		if !os.SameFile(first, stat()) {
			at.Error("written again")
		}
		at.passes(10 * time.Minute)
		if os.SameFile(first, stat()) {
			at.Error("not refreshed")
		}
		wt := at.restart()
		wt.passes(24*time.Hour + 9*time.Minute) // since the first
		wt.hears(theRoom, wt.post("/twilio/voice", arriving()))
	})
}

func TestCopiesAreForOurOwnUserAlone(t *testing.T) {
	copied(t, "folder and file", func(at *awayTest) {
		for path, want := range map[string]fs.FileMode{at.folder: fs.ModeDir | 0o700, at.file(): 0o600} {
			if info, err := os.Stat(path); err != nil || info.Mode() != want {
				at.Errorf("%s is %v, %v", path, info.Mode(), err)
			}
		}
		holds(at.T, "for all to see", at.folder, files(at.T, at.folder)) // checks the names
	})
}

func TestCallsGoOnWhenNoCopyCanBeKept(t *testing.T) {
	copied(t, "and the log says so once", func(at *awayTest) {
		at.must(os.RemoveAll(at.folder))
		at.must(os.WriteFile(at.folder, nil, 0o600))
		at.temporal.answer = inTheRoom
		for i := range 3 {
			at.edit(func(r *models.Route) { r.RingSeconds = 20 + i })
			at.hears(theRoom, at.post("/twilio/voice", arriving()))
		}
		if n := logs(at.webhookTest, "last good copies of routes not kept"); n != 1 {
			at.Errorf("%d lines: %s", n, at.log)
		}
		at.must(os.Remove(at.folder))
		at.edit(func(r *models.Route) { r.RingSeconds = 40 })
		at.post("/twilio/voice", arriving())
		if n := logs(at.webhookTest, "over: last good copies of routes not kept"); n != 1 || len(files(at.T, at.folder)) != 1 {
			at.Errorf("%d lines: %s", n, at.log)
		}
	})
}

// A schedule's JSON leaves its overrides out, and another field may be left out one day.
func TestACopyOnDiskLosesNothing(t *testing.T) {
	t.Parallel()
	c := routeCopy{number: ourNumber}
	counter := 0
	d := &c.directory // its zones are loaded where they are missing
	for _, part := range []any{&c.route, &d.Users, &d.Schedules, &d.Numbers, &c.at} {
		fillIn(t, reflect.ValueOf(part).Elem(), &counter)
	}
	kept := &copyFiles{folder: t.TempDir(), log: slog.New(slog.DiscardHandler), kept: map[models.Phone]keptCopy{}}
	kept.keep(c)
	if got, ok := kept.last(ourNumber); !ok || !reflect.DeepEqual(got, c) {
		t.Errorf("read %v\n%s\nwant\n%s", ok, fmt.Sprintf("%+v", got), fmt.Sprintf("%+v", c))
	}
}

// fillIn gives everything in a value, whatever it is made of, a content that is not zero.
func fillIn(t *testing.T, v reflect.Value, counter *int) {
	t.Helper()
	*counter++
	switch {
	case v.Type() == reflect.TypeFor[time.Time](), v.Type() == reflect.TypeFor[models.LocalTime]():
		at := time.Date(2026, 1, 1, 0, 0, *counter, 0, time.UTC)
		v.Set(reflect.ValueOf(at).Convert(v.Type()))
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			fillIn(t, v.Field(i), counter)
		}
	case v.Kind() == reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fillIn(t, v.Elem(), counter)
	case v.Kind() == reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range v.Len() {
			fillIn(t, v.Index(i), counter)
		}
	case v.Kind() == reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		fillIn(t, key, counter)
		fillIn(t, value, counter)
		v.SetMapIndex(key, value)
	case v.Kind() == reflect.String:
		v.SetString(fmt.Sprint("text ", *counter))
	case v.Kind() == reflect.Bool:
		v.SetBool(true)
	case v.CanInt():
		v.SetInt(int64(*counter))
	case v.CanFloat():
		v.SetFloat(float64(*counter))
	default:
		t.Fatalf("what is a %v?", v.Type())
	}
}

func TestWithoutTheDatabaseRESTSaysSoUntilItIsBack(t *testing.T) {
	if !storetest.PostgresExpected() {
		return
	}
	line := storetest.PostgresLine(t)
	at := &awayTest{&webhookTest{T: t}, filepath.Join(t.TempDir(), "cache")}
	before := at.processOn(storetest.Open(t, line.URL))
	before.setUp()
	before.must(before.routes.copyAll(t.Context()))
	before.Drain()

	line.Cut()
	wt := at.processOn(newStore(t, line.URL))
	rest := func() *http.Response {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "/v1/users", nil)
		wt.must(err)
		r.Header.Set("Authorization", "Bearer "+restKey)
		return wt.do(r).Result()
	}
	wt.hears(theRoom, wt.post("/twilio/voice", arriving()))
	if got := rest(); got.StatusCode != http.StatusServiceUnavailable || got.Header.Get("Content-Type") != "application/problem+json" {
		t.Errorf("REST answers %d %s", got.StatusCode, got.Header.Get("Content-Type"))
	}
	if got := wt.get("/readyz").Code; got != http.StatusServiceUnavailable {
		t.Errorf("ready: %d", got)
	}
	if err := wt.routes.copyAll(t.Context()); !errors.Is(err, models.ErrAway) {
		t.Errorf("copied: %v", err)
	}

	line.Mend()
	if got := rest().StatusCode; got != http.StatusOK {
		t.Errorf("back again REST answers %d", got)
	}
	if got := wt.get("/readyz").Code; got != http.StatusOK {
		t.Errorf("back again, ready: %d", got)
	}
	wt.must(wt.routes.copyAll(t.Context()))
	if n := logs(wt, "over: routes not copied"); n != 1 {
		t.Errorf("logged %s", wt.log)
	}
}
