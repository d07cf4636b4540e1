package workflows_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/workflows"
	"go.temporal.io/sdk/temporal"
)

func TestAnAlertWaitsForTheRestOfAMessage(t *testing.T) {
	expected := models.Voicemail{Status: models.RecordingExpected, Transcribe: models.TranscriptNone}
	missing := models.Voicemail{Status: models.RecordingMissing, Transcribe: models.TranscriptNone}
	pending := ready("RE1", 20)
	pending.Transcribe = models.TranscriptPending
	for name, c := range map[string]struct {
		tell    func(*raised)
		outcome models.Outcome
		want    *models.Voicemail
		closes  float64
		writes  int // the first of them as it fires
	}{
		"that is whole as the call ends": {func(r *raised) {
			r.told(100, workflows.SignalEnded, ended(models.Voicemailed, ready("RE1", 20)))
		}, models.Voicemailed, new(ready("RE1", 20)), 100, 2},
		"that is told as the call ends, and after it": {func(r *raised) {
			r.told(100, workflows.SignalEnded, ended(models.Voicemailed, pending))
			r.told(160, workflows.SignalEnded, ended(models.Voicemailed, transcript("The database is down.")))
		}, models.Voicemailed, new(transcript("The database is down.")), 160, 3},
		"that comes when the call seemed to end without it": {func(r *raised) {
			r.told(100, workflows.SignalEnded, ended(models.Unanswered, expected))
			r.told(300, workflows.SignalEnded, ended(models.Voicemailed, ready("RE1", 20)))
		}, models.Voicemailed, new(ready("RE1", 20)), 300, 3},
		"that overtakes the word that the call ended without it": {func(r *raised) {
			r.told(100, workflows.SignalEnded, ended(models.Voicemailed, pending))
			r.told(101, workflows.SignalEnded, ended(models.Unanswered, expected))
			r.told(160, workflows.SignalEnded, ended(models.Voicemailed, transcript("The database is down.")))
		}, models.Voicemailed, new(transcript("The database is down.")), 160, 3},
		"that never arrives": {func(r *raised) {
			r.told(100, workflows.SignalEnded, ended(models.Unanswered, expected))
			r.told(1000, workflows.SignalEnded, ended(models.Unanswered, missing))
		}, models.Unanswered, &missing, 1000, 3},
		"of which nothing more is told, for half an hour": {func(r *raised) {
			r.told(100, workflows.SignalEnded, ended(models.Voicemailed, pending))
		}, models.Voicemailed, &pending, 1900, 2},
		"of which nothing is told at all, for half an hour": {func(r *raised) {
			r.told(100, workflows.SignalEnded, models.Voicemailed)
		}, models.Voicemailed, nil, 1900, 2},
		"that nobody expects": {func(r *raised) {
			r.told(100, workflows.SignalEnded, models.Unanswered)
		}, models.Unanswered, nil, 100, 2},
	} {
		t.Run(name, func(t *testing.T) {
			r := newAlert(t)
			c.tell(r)
			a := r.resolves(100)
			if diff := cmp.Diff(c.want, a.Voicemail); diff != "" || a.Outcome != c.outcome {
				t.Errorf("the alert of a call %s: %s", a.Outcome, diff)
			}
			if closed := r.env.Now().Sub(monday); closed != seconds(c.closes) || len(r.carrier.alerts) != c.writes {
				t.Errorf("it closed after %v, written %d times", closed, len(r.carrier.alerts))
			}
		})
	}
}

// ended is the word of a call's end with what is known of its message.
func ended(outcome models.Outcome, v models.Voicemail) models.CallEnd {
	return models.CallEnd{Outcome: outcome, Voicemail: &v}
}

func TestAnAlertThatAnOperatorCancelsResolves(t *testing.T) {
	for name, tell := range map[string]func(*raised){
		"while its call lasts": func(*raised) {},
		"while its call lasts, which somebody took": func(r *raised) {
			r.told(20, workflows.SignalAnswered, "alice")
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := newAlert(t)
			tell(r)
			r.env.RegisterDelayedCallback(r.env.CancelWorkflow, seconds(40))
			last := r.cancelled()
			if !last.ResolvedAt.Equal(monday.Add(seconds(40))) || last.Outcome != "" {
				t.Errorf("the alert is %+v", last)
			}
		})
	}
	t.Run("while it waits for a message, without which it resolved before", func(t *testing.T) {
		r := newAlert(t)
		r.told(30, workflows.SignalEnded, models.Voicemailed)
		r.env.RegisterDelayedCallback(r.env.CancelWorkflow, seconds(40))
		last := r.cancelled()
		if !last.ResolvedAt.Equal(monday.Add(seconds(30))) || last.Outcome != models.Voicemailed {
			t.Errorf("the alert is %+v", last)
		}
	})
}

// cancelled plays an alert that an operator cancels.
func (r *raised) cancelled() models.Alert {
	r.t.Helper()
	r.env.ExecuteWorkflow(workflows.Alert, models.Raised{AlertID: "alert-1", CallSID: callSID, StartedAt: monday, Route: r.route})
	var cancelled *temporal.CanceledError
	if err := r.env.GetWorkflowError(); !errors.As(err, &cancelled) {
		r.t.Errorf("the alert ends with %v, want cancelled", err)
	}
	resolvedOnce(r.t, r.carrier.alerts)
	return r.carrier.alerts[len(r.carrier.alerts)-1]
}

func TestAnAlertSaysAtOnceThatWhoAnsweredWasLost(t *testing.T) {
	r := newAlert(t)
	at := map[int]string{}
	for _, when := range []int{11, 21, 31, 41} {
		r.env.RegisterDelayedCallback(func() {
			at[when] = r.carrier.alerts[len(r.carrier.alerts)-1].AnsweredBy
		}, seconds(float64(when)))
	}
	r.told(0, workflows.SignalDialled, "alice")
	r.told(10, workflows.SignalAnswered, "alice")
	r.told(20, workflows.SignalAnswered, "")
	for n, user := range []string{"bob", "carol", "dave"} { // who is rung is written with what comes next
		r.told(22+float64(n), workflows.SignalDialled, user)
	}
	r.told(30, workflows.SignalAnswered, "bob")
	r.told(40, workflows.SignalAnswered, "")
	r.told(50, workflows.SignalEnded, models.Unanswered)
	a := r.resolves(50)
	if want := map[int]string{11: "alice", 21: "", 31: "bob", 41: ""}; !cmp.Equal(at, want) || a.AnsweredBy != "" {
		t.Errorf("answered by %v, at the end %q", at, a.AnsweredBy)
	}
	if n := len(r.carrier.alerts); n != 6 || len(a.Dialled) != 4 {
		t.Errorf("written %d times: %+v", n, r.carrier.alerts)
	}
}
