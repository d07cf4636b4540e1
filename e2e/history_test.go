package e2e

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/simulator"
	"github.com/ringdown/ringdown/workflows"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/history/v1"
	"go.temporal.io/api/temporalproto"
	"go.temporal.io/sdk/temporal"
)

// TestRecordHistories writes the histories of one release, which workflows replays for ever
// after: RECORD_HISTORIES=v0.1.0 go test ./e2e -run TestRecordHistories. A release's histories
// are made from its own code, once; never to make a later change pass.
func TestRecordHistories(t *testing.T) {
	version := os.Getenv("RECORD_HISTORIES")
	if version == "" {
		return // nothing is asked for; the recorded ones are replayed in workflows
	}
	if !regexp.MustCompile(`^v[0-9]+\.[0-9]+\.[0-9]+$`).MatchString(version) {
		t.Fatalf("RECORD_HISTORIES=%s is no release", version)
	}
	dir := filepath.Join("..", "workflows", "testdata", "history", version)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	s := sharedSystem(t, "sqlite")
	record := func(l *line, file, workflowID string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, file+".json"), nameless(t, l.history(workflowID)), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for name, talk := range conversations {
		t.Run(name, func(t *testing.T) {
			l := s.line(t, talk.levels, talk.settings, func(r *models.Route) { r.Name = "Support " + name })
			talk.people(l)
			record(l, name, workflows.CallID(l.leg.SID))
			if name == "third-accepts" {
				record(l, "alert", workflows.AlertID(l.leg.SID))
			}
		})
	}
	for name, journey := range journeys {
		t.Run(name, func(t *testing.T) {
			w := s.wishes(t, journey.form)
			w.rests()
			journey.goes(w)
			w.comesTo(journey.ends)
			w.closed()
			record(&line{t: t, s: s}, name, workflows.RequestID(w.id))
		})
	}
	t.Run("routed", func(t *testing.T) {
		l := sharedSystem(t, "slack").line(t, "Alice / Bob", func(r *models.Route) { r.Name = "Support routed" })
		l.onSlack("Alice")
		rule, hook := l.declares(), l.listens(models.ReceiverWebhook)
		caller := l.calls()
		l.rung("Alice").rejects()
		bob := l.rung("Bob").answers().hears("to take").presses("1").talks()
		caller.talks().hangsUp()
		bob.hears("hung up").ends("completed")
		hook.hears(3)
		l.ended(models.Connected)
		channel := workflows.IncidentID(l.incident(rule).ID)
		if err := l.s.temporal.GetWorkflow(t.Context(), channel, "").Get(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
		record(l, "routed", workflows.CallID(l.leg.SID))
		record(l, "alert-routed", workflows.AlertID(l.leg.SID))
		record(l, "incident", channel)
	})
}

// conversations are the calls whose histories are kept, and whose cost is held.
var conversations = map[string]struct {
	levels   string
	settings func(*models.Route)
	people   func(*line)
}{
	"refused": {"Alice", func(r *models.Route) {
		r.Allowlist = models.Allowlist{Enabled: true, Callers: []models.AllowedCaller{{Number: "+447700900123"}}}
	}, func(l *line) {
		l.calls().ends("no-answer")
		l.ended(models.Refused)
	}},
	"gate-failed": {"Alice", withKeypress, func(l *line) {
		caller := l.calls().hears("press 1").presses("5").hears("not right").presses("6")
		caller.presses("7").hears("goodbye").ends("completed")
		l.ended(models.GateFailed)
	}},
	"first-accepts": {"Alice / Bob", withKeypress, func(l *line) {
		caller := l.calls().hears("press 1").presses("1").hears("hold")
		alice := l.rung("Alice").answers().hears("to take").presses("1").talks()
		caller.talks().hangsUp()
		alice.hears("hung up").ends("completed")
		l.ended(models.Connected)
	}},
	"third-accepts": {"Alice Bob / Carol", withKeypress, func(l *line) {
		caller := l.calls().hears("press 1").presses("1").hears("hold")
		l.rung("Alice").ends("no-answer")
		l.rung("Bob").rejects()
		carol := l.rung("Carol").answers().hears("to take").presses("1").talks()
		caller.talks().hangsUp()
		carol.hears("hung up").ends("completed")
		l.ended(models.Connected)
	}},
	"abandoned": {"Alice Bob", anyRoute, func(l *line) {
		caller := l.calls().hears("hold")
		alice := l.rung("Alice")
		caller.hangsUp()
		alice.ends("canceled")
		l.ended(models.Abandoned)
	}},
	"unanswered": {"Alice Bob", anyRoute, func(l *line) {
		caller := l.calls()
		l.rung("Alice").ends("no-answer")
		l.rung("Bob").ends("no-answer")
		caller.ends("completed")
		l.ended(models.Unanswered)
	}},
	"mailbox-declined": {"Alice Bob Carol", anyRoute, func(l *line) {
		caller := l.calls()
		l.rung("Alice").answers().hears("to take")
		l.rung("Bob").answers().hears("to take").presses("9")
		l.rung("Carol").answers().hears("to take").presses("1").talks().hangsUp()
		caller.hears("hung up").ends("completed")
		l.ended(models.Connected)
	}},
	"cancelled": {"Alice Bob", anyRoute, func(l *line) {
		caller := l.calls().hears("hold")
		alice := l.rung("Alice")
		if err := l.s.temporal.CancelWorkflow(l.t.Context(), workflows.CallID(l.leg.SID), ""); err != nil {
			l.t.Fatal(err)
		}
		alice.ends("canceled")
		caller.ends("completed")
		err := l.s.temporal.GetWorkflow(l.t.Context(), workflows.CallID(l.leg.SID), "").Get(l.t.Context(), nil)
		if !temporal.IsCanceledError(err) {
			l.t.Errorf("the run ends with %v, want cancelled", err)
		}
	}},
	"timed-out": {"Alice Bob", anyRoute, func(l *line) {
		l.s.carrier.Script(l.people["Alice"].number, simulator.Script{Answer: simulator.NoAnswer, RingsOver: true, NoCallbacks: true})
		caller := l.calls()
		l.rung("Alice").ends("canceled")
		l.rung("Bob").answers().hears("to take").presses("1").talks()
		caller.talks().hangsUp()
		l.ended(models.Connected)
	}},
	"all-at-once": {"Alice Bob Carol Dave Erin", inWay(models.AllAtOnce), func(l *line) {
		caller := l.calls().hears("hold")
		for _, name := range []string{"Alice", "Bob", "Carol", "Dave"} {
			l.rung(name)
		}
		l.rung("Erin").answers().hears("to take").presses("1").talks()
		caller.talks()
		for _, name := range []string{"Alice", "Bob", "Carol", "Dave"} {
			l.people[name].ends("canceled")
		}
		caller.hangsUp()
		l.people["Erin"].hears("hung up").ends("completed")
		l.ended(models.Connected)
	}},
	"staggered": {"Alice Bob Carol", inWay(models.Staggered), func(l *line) {
		caller := l.calls().hears("hold")
		alice, bob := l.rung("Alice"), l.rung("Bob")
		bob.answers().hears("to take").presses("1").talks()
		caller.talks()
		alice.ends("canceled")
		caller.hangsUp()
		bob.hears("hung up").ends("completed")
		l.ended(models.Connected)
	}},
	"voicemail": {"Alice", withVoicemail, func(l *line) {
		caller := l.calls()
		l.rung("Alice").rejects()
		caller.hears("leave a message").says("The database is down").presses("#").hears("recorded").ends("completed")
		l.ended(models.Voicemailed)
	}},
	"forwarded": {"Alice", forwarding, func(l *line) {
		last := l.lastResort()
		caller := l.calls()
		l.rung("Alice").rejects()
		caller.hears("somebody else")
		l.rung("the last resort").answers().talks()
		caller.talks()
		last.hangsUp()
		caller.hears("hung up").ends("completed")
		l.ended(models.Forwarded)
	}},
	"lost-and-found": {"Alice Bob", anyRoute, func(l *line) {
		caller := l.calls().hears("hold")
		l.rung("Alice").answers().hears("to take").presses("1").hears("Connecting").hangsUp()
		l.rung("Bob").answers().hears("to take").presses("1").talks()
		caller.talks().hangsUp()
		l.ended(models.Connected)
	}},
}

func anyRoute(*models.Route) {}

// history is all that the server keeps of a run.
func (l *line) history(workflowID string) *history.History {
	l.t.Helper()
	h := &history.History{}
	events := l.s.temporal.GetWorkflowHistory(l.t.Context(), workflowID, "", false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for events.HasNext() {
		event, err := events.Next()
		if err != nil {
			l.t.Fatal(err)
		}
		h.Events = append(h.Events, event)
	}
	return h
}

// nameless is a history as JSON, without what tells of the machine it was recorded on.
func nameless(t *testing.T, h *history.History) []byte {
	t.Helper()
	text, err := temporalproto.CustomJSONMarshalOptions{}.Marshal(h)
	if err != nil {
		t.Fatal(err)
	}
	var all any
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	forget(all)
	text, err = json.MarshalIndent(all, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return append(text, '\n')
}

func forget(node any) {
	switch node := node.(type) {
	case []any:
		for _, child := range node {
			forget(child)
		}
	case map[string]any:
		if _, ok := node["identity"]; ok {
			node["identity"] = "worker"
		}
		if _, ok := node["stackTrace"]; ok {
			node["stackTrace"] = ""
		}
		if node["kind"] == "TASK_QUEUE_KIND_STICKY" {
			node["name"] = "sticky"
		}
		for _, child := range node {
			forget(child)
		}
	}
}
