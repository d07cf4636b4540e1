package workflows

import (
	"errors"
	"slices"
	"time"

	"github.com/ringdown/ringdown/activities"
	"github.com/ringdown/ringdown/models"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

var (
	requests    *activities.Requests
	provisioner *activities.Provisioner
	notices     *activities.Notices
)

// request is a request for a number, with what its run knows beside it.
type request struct {
	is      models.NumberRequest
	handled []string   // ids of the last updates
	news    BundleNews // of the carrier, not looked at yet; without an id there is none

	written  int                  // version of the copy in the database
	acted    bool                 // somebody has, since the copy was written
	shown    models.RequestStatus // in the search attributes
	since    time.Time            // in them, too
	unsent   bool                 // some notice is to be sent
	sending  bool                 // notices are being sent
	ending   bool
	sentAll  workflow.Future
	finished workflow.Settable
}

// NumberRequest looks after a request for a number: its review, in which people act by updates; the setting up of the
// number; and what everybody is told of it. It lives until the number works, or the request is rejected or withdrawn.
func NumberRequest(ctx workflow.Context, in RequestRun) (models.RequestStatus, error) {
	r, err := beginRequest(ctx, in)
	if err != nil {
		return "", err
	}
	for !r.is.Status.Final() {
		if err := r.write(ctx); err != nil {
			return "", err
		}
		if r.is.Status.Final() {
			break
		}
		if workflow.GetInfo(ctx).GetContinueAsNewSuggested() {
			return "", r.goOn(ctx)
		}
		step := r.wait
		if r.is.Status == models.RequestProvisioning {
			step = r.setUp
		}
		if err := step(ctx); err != nil {
			return "", err
		}
	}
	return r.is.Status, r.end(ctx)
}

// beginRequest hears people and the carrier before anything blocks.
func beginRequest(ctx workflow.Context, in RequestRun) (*request, error) {
	r := &request{is: in.Request, handled: in.Handled, news: in.News, shown: in.Request.Status, since: in.Request.Since}
	if err := r.listen(ctx); err != nil {
		return nil, err
	}
	if r.is.Version == 0 {
		r.is = r.is.Begin(workflow.Now(ctx))
	}
	r.sentAll, r.finished = workflow.NewFuture(ctx)
	workflow.Go(ctx, r.send)
	return r, nil
}

// sentWithin is how long a run that is to go on as another waits for what is being sent, which the next would send again.
const sentWithin = 2 * time.Minute

// goOn ends this run, and has another go on with the request, so that no history grows without end. What people have
// done last goes with it: an update that is repeated is not done again.
func (r *request) goOn(ctx workflow.Context) error {
	if _, err := awaitFor(ctx, sentWithin, "finish telling people", func() bool { return !r.sending }); err != nil {
		return err
	}
	if err := workflow.Await(ctx, func() bool { return workflow.AllHandlersFinished(ctx) }); err != nil {
		return err
	}
	if err := r.show(ctx); err != nil {
		return err
	}
	return workflow.NewContinueAsNewError(ctx, NumberRequest, RequestRun{Request: r.is, Handled: r.handled, News: r.news})
}

// write brings the copy in the database up to date, and what the Temporal UI shows.
func (r *request) write(ctx workflow.Context) error {
	for r.written != r.is.Version {
		version := r.is.Version
		r.acted = false
		if err := r.show(ctx); err != nil {
			return err
		}
		var kept activities.Kept
		if err := workflow.ExecuteActivity(recording(ctx, "write the request"), requests.KeepRequest, r.is).Get(ctx, &kept); err != nil {
			return err
		}
		r.written, r.unsent = version, r.unsent || kept.Unsent > 0
	}
	return nil
}

// show brings up to date what the Temporal UI shows.
func (r *request) show(ctx workflow.Context) error {
	workflow.SetCurrentDetails(ctx, r.is.Story())
	if r.shown == r.is.Status && r.since.Equal(r.is.Since) {
		return nil
	}
	r.shown, r.since = r.is.Status, r.is.Since
	return workflow.UpsertTypedSearchAttributes(ctx, RequestStatus.ValueSet(string(r.is.Status)), RequestSince.ValueSet(r.is.Since))
}

// wait lets time pass until somebody acts, the carrier has news, or something is due. The due times are kept with the
// request, so that nothing moves them but what people do.
func (r *request) wait(ctx workflow.Context) error {
	seen, due := r.is.Version, r.is.Due()
	woken := func() bool { return r.is.Version != seen || r.heard() }
	if due.IsZero() {
		if err := workflow.Await(ctx, woken); err != nil {
			return err
		}
	} else if _, err := awaitFor(ctx, due.Sub(workflow.Now(ctx)), r.waitsFor(), woken); err != nil {
		return err
	}
	now := workflow.Now(ctx)
	switch {
	case r.is.Version != seen: // somebody has acted: what was due may not be any more
		return nil
	case r.heard(), r.is.PollDue(now):
		return r.poll(ctx)
	case r.is.RemindDue(now):
		r.is = r.is.Remind(now)
	}
	return nil
}

// waitsFor is what a timer says in the Temporal UI.
func (r *request) waitsFor() string {
	if r.is.ActsNext == models.PartyCarrier {
		return "ask the carrier how far it is"
	}
	return "remind the " + string(r.is.ActsNext)
}

// heard says whether the carrier has told what came of the bundle that it reviews.
func (r *request) heard() bool {
	return r.is.Status == models.RequestWaitingForCarrier && !r.news.Looked && r.news.BundleID != "" &&
		r.news.BundleID == r.is.Provisioning.BundleID && r.news.Status.Decided()
}

// end undoes what is not needed any more, gives a number that was arranged by hand its route, and leaves when the last
// notice is sent.
func (r *request) end(ctx workflow.Context) error {
	if err := r.write(ctx); err != nil {
		return err
	}
	if r.is.Status == models.RequestActive && r.is.CallRouteID == "" {
		var found models.Found
		err := workflow.ExecuteActivity(recording(ctx, "make the number's route"), provisioner.DraftRoute, r.is).Get(ctx, &found)
		var cannot *temporal.ApplicationError
		switch {
		case errors.As(err, &cannot) && cannot.Type() == activities.ErrCannot:
			r.is = r.is.Unrouted(cannot.Message(), workflow.Now(ctx))
		case err != nil:
			return err
		default:
			r.is = r.is.Fulfilled(found.RouteID, workflow.Now(ctx))
		}
	}
	if r.is.Untidy() {
		if err := r.tidy(ctx); err != nil {
			return err
		}
	}
	if err := r.write(ctx); err != nil {
		return err
	}
	r.ending = true
	if err := r.sentAll.Get(ctx, nil); err != nil {
		return err
	}
	return workflow.Await(ctx, func() bool { return workflow.AllHandlersFinished(ctx) })
}

// send tells people what the database says they are still to be told, beside everything else, until the run ends. What
// could not be sent for a day is given up, and says so.
func (r *request) send(ctx workflow.Context) {
	for {
		err := workflow.Await(ctx, func() bool { return r.unsent || r.ending })
		if err != nil || !r.unsent {
			r.finished.Set(nil, err)
			return
		}
		r.unsent, r.sending = false, true
		err = workflow.ExecuteActivity(sending(ctx, "tell people"), notices.SendNotices, r.is.ID).Get(ctx, nil)
		if err != nil && !temporal.IsCanceledError(err) {
			younger := 0
			err = workflow.ExecuteActivity(recording(ctx, "give up telling people"), notices.GiveUpNotices, r.is.ID, rootCause(err)).Get(ctx, &younger)
			r.unsent = r.unsent || younger > 0
		}
		r.sending = false
		if err != nil {
			r.finished.Set(nil, err)
			return
		}
	}
}

// handledAtMost is how many updates are remembered over runs.
const handledAtMost = 50

// remember notes that an update is done.
func (r *request) remember(id string) {
	r.handled = append(r.handled, id)
	if extra := len(r.handled) - handledAtMost; extra > 0 {
		r.handled = slices.Delete(r.handled, 0, extra)
	}
}
