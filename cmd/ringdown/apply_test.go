package main

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ringdown/ringdown/activities/outside"
	"github.com/ringdown/ringdown/api"
	"github.com/ringdown/ringdown/models/store"
	"github.com/ringdown/ringdown/models/store/storetest"
)

// applied is an API with a database of its own, for `ringdown apply` to change.
type applied struct {
	*testing.T
	store  *store.Store
	folder string
	flags  []string
	before func(r *http.Request) // of each request; may be nil
}

func newApplied(t *testing.T) *applied {
	t.Helper()
	return newAppliedBeside(t, nil)
}

// newAppliedBeside has services that keep schedules of their own.
func newAppliedBeside(t *testing.T, services *outside.Client) *applied {
	t.Helper()
	a := &applied{T: t, store: storetest.SQLite(t), folder: t.TempDir()}
	server, err := api.New(api.Config{
		Store: a.store, AuthTokens: []string{"token"}, PublicURL: "https://ringdown.example.com",
		AdminKey: "the-admin-key", Outside: services, Log: slog.New(slog.DiscardHandler),
	})
	require.NoError(t, err)
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if a.before != nil {
			a.before(r)
		}
		server.ServeHTTP(w, r)
	}))
	t.Cleanup(web.Close)
	a.flags = []string{"--api", web.URL, "--key", "the-admin-key"}
	return a
}

// run runs ringdown with the flags that say where the API is.
func (a *applied) run(args ...string) (code int, told, complained string) {
	a.Helper()
	var out, errOut bytes.Buffer
	code = run(a.Context(), append(args, a.flags...), &out, &errOut)
	return code, out.String(), errOut.String()
}

func (a *applied) file(text string) string {
	a.Helper()
	path := filepath.Join(a.folder, "config.yaml")
	require.NoError(a, os.WriteFile(path, []byte(text), 0o600))
	return path
}

// apply applies a file, which must work.
func (a *applied) apply(text string, flags ...string) string {
	a.Helper()
	code, told, complained := a.run(append([]string{"apply", "--yes", "-f", a.file(text)}, flags...)...)
	require.Zero(a, code, "%s\n%s", told, complained)
	return told
}

func (a *applied) export() string {
	a.Helper()
	code, told, complained := a.run("export")
	require.Zero(a, code, complained)
	return told
}

func TestTheDemoIsExportedAndAppliedElsewhere(t *testing.T) {
	from, to := newApplied(t), newApplied(t)
	require.NoError(t, seedDemo(t.Context(), from.store))
	text := from.export()
	require.Contains(t, from.apply(text, "--prune"), "0 to create, 0 to change, 0 to remove, 11 as they should be\n")

	numbers, err := allNumbers(t.Context(), from.store)
	require.NoError(t, err)
	for _, n := range numbers {
		n.ID = ""
		_, err := to.store.CreateNumber(t.Context(), n)
		require.NoError(t, err)
	}
	code, told, complained := to.run("apply", "-f", to.file(text))
	require.Equal(t, 3, code, complained)
	require.Contains(t, told, "+ call route Production down\n")
	require.Contains(t, complained, "repeat it with --yes")
	require.NotContains(t, to.export(), "users", "nothing is done without --yes")

	require.Contains(t, to.apply(text), "11 to create, 0 to change, 0 to remove, 0 as they should be\n")
	require.Contains(t, to.apply(text), "0 to create, 0 to change, 0 to remove, 11 as they should be\n")
	require.Equal(t, text, to.export())
}

const team = `
users:
  - {name: Alice, email: alice@example.com, time_zone: Europe/London, on_call_licence: true, phones: [{label: mobile, number: "+12025550101"}]}
  - {name: Bob, email: bob@example.com, time_zone: Europe/London, on_call_licence: true, phones: [{label: mobile, number: "+12025550102"}]}
`

const weekly = `
schedules:
  - name: Primary
    time_zone: Europe/London
    rotations:
      - {name: weekly, users: [alice@example.com, bob@example.com], handover: {starts_at: 2026-01-05T09:00, every: [{unit: weeks, count: 1}]}}
`

const support = `
call_routes:
  - name: Support
    levels: [{targets: [{schedule: Primary}]}]
`

func TestAnEditOfAScheduleKeepsItsPast(t *testing.T) {
	a := newApplied(t)
	a.apply(team + weekly + support)
	edited := strings.Replace(team+weekly+support, "[alice@example.com, bob@example.com]", "[bob@example.com]", 1)
	require.Contains(t, a.apply(edited), "rotations[weekly].users: [alice@example.com, bob@example.com] → [bob@example.com]\n")
	require.Contains(t, a.apply(edited), "0 to create, 0 to change, 0 to remove, 4 as they should be\n")

	schedules, _, err := a.store.Schedules(t.Context(), storePage)
	require.NoError(t, err)
	require.Len(t, schedules[0].Rotations, 2, "the version before, and the one from now on")
	require.Len(t, schedules[0].Rotations[0].Users, 2)
	require.NotContains(t, a.export(), "effective_from")

	planned := strings.Replace(edited, "users: [bob@example.com]", "effective_from: 2099-01-01T00:00:00Z, users: [bob@example.com]", 1)
	a.apply(planned)
	require.Contains(t, a.apply(planned), "0 to create, 0 to change", "until its first version comes, a rotation stays as it is")
}

func TestAChangeBetweenReadingAndWritingIsNotLost(t *testing.T) {
	a := newApplied(t)
	a.apply(team + weekly + support)
	a.before = func(r *http.Request) {
		if r.Method == http.MethodPut && strings.HasPrefix(r.URL.Path, "/v1/schedules/") {
			a.before = nil
			schedules, _, err := a.store.Schedules(t.Context(), storePage)
			require.NoError(t, err)
			schedules[0].TimeZone = "Europe/Berlin"
			_, err = a.store.UpdateSchedule(t.Context(), schedules[0], 0)
			require.NoError(t, err)
		}
	}
	edited := strings.NewReplacer("name: Bob", "name: Robert", "weekly, users", "daily, users", "name: Support", "name: Support\n    ring_seconds: 45").Replace(team + weekly + support)
	code, told, complained := a.run("apply", "--yes", "-f", a.file(edited))
	require.Equal(t, 1, code)
	require.Contains(t, told, "done: change user bob@example.com\n")
	require.Contains(t, complained, "schedule Primary: somebody has changed it since it was read, and their change stands")
	require.Contains(t, complained, "\ndone: change user bob@example.com\nnot done: change schedule Primary, change call route Support\n")
	require.Contains(t, a.export(), "time_zone: Europe/Berlin")

	told = a.apply(edited)
	require.Contains(t, told, "time_zone: Europe/Berlin → Europe/London\n")
	require.Contains(t, told, "0 to create, 2 to change, 0 to remove, 2 as they should be\n")
}

func TestAnythingBadStopsEverything(t *testing.T) {
	a := newApplied(t)
	path := a.file(strings.Replace(team, `"+12025550102"`, "+12025550102", 1) + strings.Replace(weekly, "bob@", "zed@", 1))
	code, told, complained := a.run("apply", "--yes", "-f", path)
	require.Equal(t, 1, code)
	require.Empty(t, told)
	require.Contains(t, complained, "nothing was done, because of 2 faults:\n"+path+":4:123: user bob@example.com: phones[0].number: write the number in quotes")
	require.Contains(t, complained, "\n"+path+":10:51: schedule Primary: rotations[0].users[1]: nobody has the e-mail address zed@example.com")
	require.NotContains(t, a.export(), "alice")
}

func TestAFaultThatOnlyTheAPIFindsIsPutOnItsLine(t *testing.T) {
	a := newApplied(t)
	a.apply(team + weekly)
	a.before = func(r *http.Request) {
		if r.Method == http.MethodPost { // somebody takes Bob's licence meanwhile
			users, _, err := a.store.Users(t.Context(), storePage)
			require.NoError(t, err)
			users[1].OnCallLicence = false
			_, err = a.store.UpdateUser(t.Context(), users[1], 0)
			require.NoError(t, err)
		}
	}
	path := a.file("call_routes:\n  - name: Bob alone\n    levels:\n      - targets:\n          - user: bob@example.com\n")
	code, _, complained := a.run("apply", "--yes", "-f", path)
	require.Equal(t, 1, code)
	require.Contains(t, complained, path+":5:19: call route Bob alone: levels[0].targets[0].user: Bob has no on-call licence")
	require.Contains(t, complained, "\nnothing was done before\nnot done: create call route Bob alone\n")
}

func TestPruneRemovesInTheRightOrder(t *testing.T) {
	a := newApplied(t)
	require.NoError(t, seedDemo(t.Context(), a.store))
	told := a.apply("users: []\nschedules: []\ncall_routes: []\n", "--prune")
	require.Contains(t, told, "0 to create, 0 to change, 11 to remove, 0 as they should be\n")
	require.Less(t, strings.Index(told, "done: remove call route Platform on call"), strings.Index(told, "done: remove schedule Platform"))
	require.Less(t, strings.Index(told, "done: remove schedule Platform"), strings.Index(told, "done: remove user Alice@example.com"))
	require.NotContains(t, a.export(), "name:")
}

func TestNumbersMoveBetweenRoutes(t *testing.T) {
	a := newApplied(t)
	require.NoError(t, seedDemo(t.Context(), a.store))
	text := a.export()
	swapped := strings.NewReplacer("+12025550110", "+12025550111", "+12025550111", "+12025550110").Replace(text)
	require.Contains(t, a.apply(swapped), "    phone_number: \"+12025550110\" → \"+12025550111\"\n")
	require.Equal(t, swapped, a.export())

	renamed := strings.Replace(swapped, "name: Partner line", "name: Partners", 1)
	told := a.apply(renamed, "--prune")
	require.Contains(t, told, "done: create call route Partners\n")
	require.Contains(t, told, "done: remove call route Partner line\n")
	require.Contains(t, a.apply(renamed), "0 to create, 0 to change, 0 to remove, 11 as they should be\n")
}

func TestBlockedCallersComeAndGo(t *testing.T) {
	a := newApplied(t)
	const blocked = "blocked_callers:\n  - {number: \"+12025550177\", reason: Silent calls}\n"
	require.Contains(t, a.apply(blocked), "+ blocked caller +12025550177\n    number: \"+12025550177\"\n    reason: Silent calls\n")
	until := strings.Replace(blocked, "}", ", until: 2026-12-01T00:00:00+01:00}", 1)
	require.Contains(t, a.apply(until), "    + until: \"2026-11-30T23:00:00Z\"\n")
	require.Contains(t, a.apply(until), "0 to change")
	require.Contains(t, a.apply("users: []\n", "--prune"), "left alone, not in the files: blocked caller +12025550177\n")
	require.Contains(t, a.apply("blocked_callers: []\n", "--prune"), "done: remove blocked caller +12025550177\n")
}

func TestAFolderIsAppliedAsOne(t *testing.T) {
	a := newApplied(t)
	for name, text := range map[string]string{"a.yml": support, "b.yaml": weekly, "c.yaml": team, "notes.txt": "no YAML: at all:"} {
		require.NoError(t, os.WriteFile(filepath.Join(a.folder, name), []byte(text), 0o600))
	}
	code, told, complained := a.run("apply", "--yes", "-f", a.folder)
	require.Zero(t, code, complained)
	require.Contains(t, told, "4 to create")
	code, told, complained = a.run("export", "-o", filepath.Join(a.folder, "all.yaml"))
	require.Zero(t, code, complained)
	require.Empty(t, told)
	code, _, complained = a.run("apply", "-f", a.folder)
	require.Equal(t, 1, code)
	require.Contains(t, complained, "user bob@example.com: is listed twice")
}

func TestOnlyYesIsYes(t *testing.T) {
	for answer, want := range map[string]bool{"yes\n": true, "Y\n": true, "no\n": false, "\n": false, "": false, "yesterday\n": false} {
		require.Equal(t, want, confirmed(strings.NewReader(answer), &bytes.Buffer{}), "%q", answer)
	}
}

func TestAnApplyWithoutASystemSaysWhatToDo(t *testing.T) {
	t.Setenv("RINGDOWN_ADMIN_KEY", "")
	t.Setenv("RINGDOWN_API_KEY", "")
	path := filepath.Join(t.TempDir(), "config.yaml")
	require.NoError(t, os.WriteFile(path, []byte("routes: []\n"), 0o600))
	for name, c := range map[string]struct{ arguments, want string }{
		"no file":       {"apply", "missing flags: --file=PATH"},
		"file not here": {"apply -f /nowhere/config.yaml", "-f /nowhere/config.yaml: "},
		"no YAML there": {"apply -f " + t.TempDir(), "has no file that ends in .yaml or .yml"},
		"no system":     {"apply --key k --api http://127.0.0.1:1 -f " + path, ":1:1: routes: is no section; there are users, schedules, outside_schedules, call_routes, blocked_callers\nno Ringdown answers"},
		"no key":        {"export --data /nowhere", "keeps one in /nowhere/admin-key"},
	} {
		t.Run(name, func(t *testing.T) {
			var out, errOut bytes.Buffer
			require.NotZero(t, run(t.Context(), strings.Fields(c.arguments), &out, &errOut))
			require.Contains(t, errOut.String(), c.want)
		})
	}
}
