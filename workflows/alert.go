package workflows

import (
	"errors"
	"slices"
	"time"

	"github.com/ringdown/ringdown/models"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

// livenessCheck is how often an alert asks whether its call still lives: a terminated run tells
// nobody that it ended.
const livenessCheck = 5 * time.Minute

// voicemailTime is how long a resolved alert waits for the rest of a message: its recording, its
// transcript. It is longer than the call asks the carrier for them.
const voicemailTime = 30 * time.Minute

// alert is the alert of one call while it fires.
type alert struct {
	row     models.Alert
	routed  models.Routed
	changed bool // since the row was written
	lost    bool // who answered was lost before they met the caller, which the row does not say yet
	ended   bool
	whole   bool // the call has told all there is of it but its message

	endedAt *time.Time // as the call says; nil while it does not
	events  []happened // what receivers are told
	listed  int        // how many of them the list of deliveries has
	unheard bool       // by nobody
	settled bool       // nothing is to be told any more but those
	telling workflow.WaitGroup
}

// Alert fires while its call lasts, and outlives it. What the call tells may come in any order,
// late or twice.
func Alert(ctx workflow.Context, in models.Raised) error {
	a := &alert{row: in.Alert(), telling: workflow.NewWaitGroup(ctx)}
	workflow.Go(ctx, a.listen)
	err := a.fire(ctx, in)
	if err == nil || temporal.IsCanceledError(err) { // an operator closes it: it must not go on firing
		err = errors.Join(a.resolve(ctx), err)
	}
	a.settled = true
	toTheEnd, _ := workflow.NewDisconnectedContext(ctx)
	a.telling.Wait(toTheEnd)
	return err
}

// fire lasts until the call is over.
func (a *alert) fire(ctx workflow.Context, in models.Raised) error {
	if err := a.raise(ctx, in); err != nil {
		return err
	}
	for !a.ended {
		heard, err := awaitFor(ctx, livenessCheck, "to ask whether the call still lives", func() bool { return a.ended || a.worthWriting() })
		if err != nil {
			return err
		}
		if !heard {
			if err := a.askCall(ctx, in.CallSID); err != nil {
				return err
			}
		} else if !a.ended {
			if err := a.write(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}

// raise writes the alert for the first time, makes incidents of it, and begins to tell receivers.
func (a *alert) raise(ctx workflow.Context, in models.Raised) error {
	if !in.Route {
		a.unheard = true
		return a.write(ctx)
	}
	a.changed, a.lost = false, false
	a.happens(models.EventRaised, a.row.StartedAt)
	a.listed = len(a.events) // it is expected as it is raised
	if err := workflow.ExecuteActivity(recording(ctx, "raise the alert"), alerts.Raise, a.row).Get(ctx, &a.routed); err != nil {
		return err
	}
	if a.unheard = len(a.routed.Receivers) == 0; a.unheard {
		a.events, a.listed = nil, 0
	}
	a.tellReceivers(ctx)
	return nil
}

// worthWriting says whether somebody waits for what has changed: who looks at an answered alert, and
// whoever is invited to an incident as they are rung.
func (a *alert) worthWriting() bool {
	return a.changed && (a.row.AnsweredBy != "" || a.lost || len(a.routed.Incidents) > 0)
}

// listen notes what the call tells.
func (a *alert) listen(ctx workflow.Context) {
	heard := workflow.NewSelector(ctx)
	heard.AddReceive(workflow.GetSignalChannel(ctx, SignalDialled), func(ch workflow.ReceiveChannel, _ bool) {
		var rung models.Rung
		if ch.Receive(ctx, &rung); !a.whole {
			a.onRung(rung)
		}
	})
	heard.AddReceive(workflow.GetSignalChannel(ctx, SignalAnswered), func(ch workflow.ReceiveChannel, _ bool) {
		var user string
		if ch.Receive(ctx, &user); !a.whole {
			a.onAnswered(ctx, user)
		}
	})
	heard.AddReceive(workflow.GetSignalChannel(ctx, SignalEnded), func(ch workflow.ReceiveChannel, _ bool) {
		var end models.CallEnd
		ch.Receive(ctx, &end)
		a.onEnded(end)
	})
	for {
		heard.Select(ctx)
		workflow.SetCurrentDetails(ctx, a.story())
	}
}

func (a *alert) onRung(rung models.Rung) {
	if !slices.Contains(a.row.Dialled, rung.UserID) {
		a.row.Dialled = append(a.row.Dialled, rung.UserID)
		a.changed = true
	}
	if a.row.Merge(rung.Rings) {
		a.changed = true
	}
}

// onAnswered notes who took the call; nobody means that they were lost before they met the caller.
func (a *alert) onAnswered(ctx workflow.Context, user string) {
	before := a.row.AnsweredBy
	switch {
	case user != "":
		a.row.Answer(user, workflow.Now(ctx))
	default:
		a.row.Lose(workflow.Now(ctx))
	}
	a.changed, a.lost = true, user == ""
	switch {
	case user != "" && user != before:
		a.happens(models.EventAnswered, workflow.Now(ctx))
	case user == "" && before != "":
		a.happens(models.EventLost, workflow.Now(ctx))
	}
}

func (a *alert) onEnded(end models.CallEnd) {
	if a.whole && !end.Whole { // from who had to guess, because no run owned the call
		return
	}
	if news := a.row.End(end, a.ended); news && a.ended { // more became known of a message
		a.changed = true
	}
	if a.endedAt == nil {
		a.endedAt = end.EndedAt
	}
	a.ended, a.whole = true, a.whole || end.Whole
}

// askCall ends an alert whose call has died without a word.
func (a *alert) askCall(ctx workflow.Context, callSID string) error {
	var lives bool
	err := workflow.ExecuteActivity(recording(ctx, "ask whether the call still lives"), records.CallLives, CallID(callSID)).Get(ctx, &lives)
	if err == nil && !lives && !a.ended {
		a.ended, a.row.Outcome = true, models.Failed
	}
	return err
}

func (a *alert) write(ctx workflow.Context) error {
	a.changed, a.lost = false, false
	expected := a.deliveries(a.events[a.listed:])
	a.listed = len(a.events)
	return workflow.ExecuteActivity(recording(ctx, "write the alert: "+a.latest()), alerts.RecordAlert, a.row, expected).Get(ctx, nil)
}

// resolve writes the alert for the last time, and once more when it is told something meanwhile. Only the
// wait for a message can be cut short: what resolves is written.
func (a *alert) resolve(ctx workflow.Context) error {
	toTheEnd, _ := workflow.NewDisconnectedContext(ctx)
	a.row.Status, a.row.ResolvedAt = models.AlertResolved, a.endedAt
	if a.row.ResolvedAt == nil {
		now := workflow.Now(ctx)
		a.row.ResolvedAt = &now
	}
	if err := workflow.UpsertTypedSearchAttributes(toTheEnd, AlertStatus.ValueSet(string(models.AlertResolved))); err != nil {
		return err
	}
	workflow.SetCurrentDetails(ctx, a.story())
	for event := models.EventResolved; ; event = models.EventUpdated {
		a.happens(event, workflow.Now(ctx))
		if err := a.write(toTheEnd); err != nil {
			return err
		}
		if a.changed {
			continue
		}
		if !a.expects() {
			return nil
		}
		told, err := awaitFor(ctx, voicemailTime, "for the rest of the message", func() bool { return a.changed })
		if !told || err != nil {
			return err
		}
	}
}

// expects says whether more is to be told of a message.
func (a *alert) expects() bool {
	if a.row.Voicemail == nil {
		return a.row.Outcome == models.Voicemailed
	}
	return !a.row.Voicemail.Final()
}
