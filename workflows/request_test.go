package workflows_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ringdown/ringdown/activities"
	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/workflows"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

func TestANumberIsApprovedAndBought(t *testing.T) {
	o := newOffice(t, "US")
	o.after(time.Hour, "1", workflows.UpdateApprove, models.ToApprove{By: rita, Choose: true})
	if took := o.runs(models.RequestActive); took != time.Hour {
		t.Errorf("it took %v", took)
	}
	want := []models.Step{models.StepReserve, models.StepRegulation, models.StepChoose, models.StepBuy, models.StepVerify, models.StepTakeIn}
	if !slices.Equal(o.did, want) {
		t.Errorf("did %v, want %v", o.did, want)
	}
	if last := o.last(); last.PhoneNumberID == "" || last.CallRouteID != "route" {
		t.Errorf("number %q, route %q", last.PhoneNumberID, last.CallRouteID)
	}
	if o.mails == 0 {
		t.Error("nobody was told")
	}
}

func TestPaperworkIsReviewedByTheCarrierForDays(t *testing.T) {
	o := newOffice(t, "DE")
	o.finds = func(step models.Step, nth int, _ models.NumberRequest) (models.Found, error) {
		if step == models.StepPoll && nth < 4 {
			return models.Found{Bundle: models.BundleInReview}, nil
		}
		return models.Found{}, nil
	}
	o.after(time.Hour, "1", workflows.UpdateApprove, models.ToApprove{By: rita, Choose: true})
	if took := o.runs(models.RequestActive); took != 4*24*time.Hour+time.Hour {
		t.Errorf("asked each day, it took %v", took)
	}
	if o.nth[models.StepDocument] != 1 || o.nth[models.StepBuy] != 1 {
		t.Errorf("did %v", o.did)
	}
}

func TestTheCarriersWordIsLookedAtAtOnce(t *testing.T) {
	o := newOffice(t, "DE")
	o.after(time.Hour, "1", workflows.UpdateApprove, models.ToApprove{By: rita, Choose: true})
	o.told(2*time.Hour, workflows.BundleNews{BundleID: "another", Status: models.BundleApproved})
	o.told(30*time.Hour, workflows.BundleNews{BundleID: "bundle", Status: models.BundleApproved})
	o.finds = func(step models.Step, nth int, _ models.NumberRequest) (models.Found, error) {
		if step == models.StepPoll && nth == 1 {
			return models.Found{Bundle: models.BundleInReview}, nil
		}
		return models.Found{}, nil
	}
	if took := o.runs(models.RequestActive); took != 30*time.Hour {
		t.Errorf("it took %v", took)
	}
	if o.nth[models.StepPoll] != 2 { // once for the day that had passed
		t.Errorf("asked %d times", o.nth[models.StepPoll])
	}
}

func TestAReasonOfTheCarrierReachesTheRequesterWhoMendsIt(t *testing.T) {
	o := newOffice(t, "DE")
	o.finds = func(step models.Step, nth int, _ models.NumberRequest) (models.Found, error) {
		if step == models.StepPoll && nth == 1 {
			return models.Found{Bundle: models.BundleRejected, Reasons: []models.CarrierReason{{Field: "documents.proof", Text: "It is blurred."}}}, nil
		}
		return models.Found{}, nil
	}
	o.after(time.Hour, "1", workflows.UpdateApprove, models.ToApprove{By: rita, Choose: true})
	o.told(2*time.Hour, workflows.BundleNews{BundleID: "bundle", Status: models.BundleRejected, Reason: "Please scan it again."})
	o.after(3*time.Hour, "2", workflows.UpdateReply, models.ToAnswer{
		By: nora, Text: "Here.", Fields: []string{"documents.proof"},
		Form: models.RequestForm{Documents: map[string]models.SubmittedDocument{"proof": {Type: "excerpt", File: "f2"}}},
	})
	o.after(4*time.Hour, "3", workflows.UpdateApprove, models.ToApprove{By: rita, Choose: true})
	o.told(5*time.Hour, workflows.BundleNews{BundleID: "bundle", Status: models.BundleApproved})
	o.runs(models.RequestActive)
	asked := slices.IndexFunc(o.written, func(r models.NumberRequest) bool { return r.Status == models.RequestWaitingForRequester })
	if asked < 0 || !strings.Contains(o.written[asked].Question.Text, "scan it again") || !strings.Contains(o.written[asked].Question.Text, "blurred") {
		t.Fatalf("the requester was asked: %+v", o.written[max(asked, 0)].Question)
	}
	if o.nth[models.StepTidy] != 1 || o.nth[models.StepBundle] != 2 || o.nth[models.StepBuy] != 1 {
		t.Errorf("did %v", o.did)
	}
	if f := o.last().Form.Documents["proof"].File; f != "f2" {
		t.Errorf("the document is %s", f)
	}
}

func TestWhoeverWithdrawsDoesNotWaitForTheCarriersAnswer(t *testing.T) {
	o := newOffice(t, "DE")
	o.slowPoll = 90 * time.Second
	o.environment(o.in.Request.CreatedAt)
	o.after(time.Hour, "1", workflows.UpdateApprove, models.ToApprove{By: rita, Choose: true})
	o.after(25*time.Hour+30*time.Second, "2", workflows.UpdateWithdraw, models.ToWithdraw{By: nora})
	o.runs(models.RequestWithdrawn)
	last := o.last()
	i := slices.IndexFunc(o.written, func(r models.NumberRequest) bool { return r.Status == models.RequestWithdrawn })
	if took := o.written[i].UpdatedAt.Sub(o.in.Request.CreatedAt); took != 25*time.Hour+30*time.Second || o.nth[models.StepTidy] != 1 || last.Untidy() {
		t.Errorf("withdrawn after %v, did %v", took, o.did)
	}
}

func TestTheCarriersReasonIsKeptWhileItCannotBeAsked(t *testing.T) {
	o := newOffice(t, "DE")
	back := o.in.Request.CreatedAt.Add(20 * time.Hour)
	o.finds = func(step models.Step, _ int, _ models.NumberRequest) (models.Found, error) {
		switch {
		case step != models.StepPoll:
			return models.Found{}, nil
		case o.env.Now().Before(back):
			return models.Found{}, errors.New("no route to host")
		default:
			return models.Found{Bundle: models.BundleRejected, Reasons: []models.CarrierReason{{Text: "Refused."}}}, nil
		}
	}
	o.after(time.Hour, "1", workflows.UpdateApprove, models.ToApprove{By: rita, Choose: true})
	o.told(2*time.Hour, workflows.BundleNews{BundleID: "bundle", Status: models.BundleRejected, Reason: "Please scan it again."})
	o.after(60*time.Hour, "2", workflows.UpdateReject, models.ToReject{By: rita, Reason: "No."})
	o.runs(models.RequestRejected)
	asked := slices.IndexFunc(o.written, func(r models.NumberRequest) bool { return r.Status == models.RequestWaitingForRequester })
	if asked < 0 || !strings.Contains(o.written[asked].Question.Text, "scan it again") {
		t.Errorf("asked at %d: %+v", asked, o.written[max(asked, 0)].Question)
	}
}

func TestSomebodyElseBuysTheNumberFirst(t *testing.T) {
	o := newOffice(t, "US")
	o.finds = func(step models.Step, nth int, _ models.NumberRequest) (models.Found, error) {
		return models.Found{Taken: step == models.StepBuy && nth < 3}, nil
	}
	o.after(time.Hour, "1", workflows.UpdateApprove, models.ToApprove{By: rita, Choose: true})
	o.runs(models.RequestActive)
	if o.nth[models.StepChoose] != 3 || len(o.last().Provisioning.Tried) != 2 {
		t.Errorf("did %v, tried %v", o.did, o.last().Provisioning.Tried)
	}
}

func TestAFailureWaitsForAPersonAndGoesOnFromThere(t *testing.T) {
	o := newOffice(t, "US")
	o.finds = func(step models.Step, nth int, _ models.NumberRequest) (models.Found, error) {
		if step == models.StepBuy && nth == 1 {
			return models.Found{}, temporal.NewNonRetryableApplicationError("The account has no money. Top it up.", activities.ErrCannot, nil)
		}
		return models.Found{}, nil
	}
	o.after(time.Hour, "1", workflows.UpdateApprove, models.ToApprove{By: rita, Choose: true})
	o.after(2*time.Hour, "early", workflows.UpdateFulfil, models.ToFulfil{By: vera, PhoneNumberID: "n1"})
	o.after(200*time.Hour, "2", workflows.UpdateRetry, models.ToRetry{By: rita, Note: "Topped up."})
	o.runs(models.RequestActive)
	failed := slices.IndexFunc(o.written, func(r models.NumberRequest) bool { return r.Status == models.RequestFailed })
	if failed < 0 || o.written[failed].Reason != "The account has no money. Top it up." {
		t.Errorf("not parked with what to do: %+v", o.written[max(0, failed)])
	}
	if o.nth[models.StepReserve] != 1 || o.nth[models.StepBuy] != 2 {
		t.Errorf("did %v", o.did)
	}
	if reminded := count(o.last(), models.HistoryReminded); reminded != 2 {
		t.Errorf("reviewers were reminded %d times of what failed", reminded)
	}
}

func TestACarrierThatIsAwayIsTriedForHoursThenAPersonLooks(t *testing.T) {
	o := newOffice(t, "US")
	o.finds = func(step models.Step, _ int, _ models.NumberRequest) (models.Found, error) {
		if step == models.StepRegulation {
			return models.Found{}, errors.New("no route to host")
		}
		return models.Found{}, nil
	}
	o.after(time.Hour, "1", workflows.UpdateApprove, models.ToApprove{By: rita, Choose: true})
	o.after(20*time.Hour, "2", workflows.UpdateReject, models.ToReject{By: rita, Reason: "Later."})
	o.runs(models.RequestRejected)
	failed := slices.IndexFunc(o.written, func(r models.NumberRequest) bool { return r.Status == models.RequestFailed })
	if failed < 0 || !strings.Contains(o.written[failed].Reason, "tried for 6 hours") || !strings.Contains(o.written[failed].Reason, "no route to host") {
		t.Errorf("parked with %q", o.written[max(0, failed)].Reason)
	}
}

func TestWhatIsWithdrawnOrRejectedLeavesNothingAtTheCarrier(t *testing.T) {
	for name, c := range map[string]struct {
		update string
		said   any
		want   models.RequestStatus
		fails  bool
	}{
		"withdrawn while the carrier reviews": {workflows.UpdateWithdraw, models.ToWithdraw{By: nora}, models.RequestWithdrawn, false},
		"rejected when its purchase failed":   {workflows.UpdateReject, models.ToReject{By: rita, Reason: "No."}, models.RequestRejected, true},
		"fulfilled by hand after a failure":   {workflows.UpdateFulfil, models.ToFulfil{By: rita, PhoneNumberID: "n9"}, models.RequestActive, true},
	} {
		t.Run(name, func(t *testing.T) {
			o := newOffice(t, "DE")
			var dropped []string
			o.finds = func(step models.Step, nth int, r models.NumberRequest) (models.Found, error) {
				switch {
				case step == models.StepPoll && !c.fails:
					return models.Found{Bundle: models.BundleInReview}, nil
				case step == models.StepVerify && c.fails:
					return models.Found{}, temporal.NewNonRetryableApplicationError("A trunk takes its calls.", activities.ErrCannot, nil)
				case step == models.StepTidy:
					dropped = r.Provisioning.Leftovers
				}
				return models.Found{}, nil
			}
			o.after(time.Hour, "1", workflows.UpdateApprove, models.ToApprove{By: rita, Choose: true})
			o.told(2*time.Hour, workflows.BundleNews{BundleID: "bundle", Status: models.BundleApproved})
			o.after(50*time.Hour, "2", c.update, c.said)
			o.runs(c.want)
			want := []string{"bundle", "documentproof", "end_userproof"}
			if c.fails {
				want = append([]string{"buy"}, want...)
			}
			if !slices.Equal(dropped, want) {
				t.Errorf("dropped %v, want %v", dropped, want)
			}
			if left := o.last().Provisioning.Leftovers; len(left) != 0 {
				t.Errorf("left over: %v", left)
			}
		})
	}
}

func TestANumberArrangedByHandGetsARoute(t *testing.T) {
	o := newOffice(t, models.OtherCountry)
	o.after(time.Hour, "no", workflows.UpdateApprove, models.ToApprove{By: rita, Choose: true})
	o.after(2*time.Hour, "1", workflows.UpdateFulfil, models.ToFulfil{By: rita, PhoneNumberID: "n9"})
	o.runs(models.RequestActive)
	if last := o.last(); last.PhoneNumberID != "n9" || last.CallRouteID != "route" {
		t.Errorf("number %q, route %q", last.PhoneNumberID, last.CallRouteID)
	}
	if o.refused["no"] == nil {
		t.Error("a number of another country was to be bought")
	}
}

func TestAFulfilmentWithWhatIsNoNumberIsToldToReviewers(t *testing.T) {
	o := newOffice(t, models.OtherCountry)
	o.finds = func(step models.Step, _ int, _ models.NumberRequest) (models.Found, error) {
		if step == "draft_route" {
			return models.Found{}, temporal.NewNonRetryableApplicationError("There is no such number.", activities.ErrCannot, nil)
		}
		return models.Found{}, nil
	}
	o.after(2*time.Hour, "1", workflows.UpdateFulfil, models.ToFulfil{By: rita, PhoneNumberID: "typo"})
	o.runs(models.RequestActive)
	last := o.last()
	if said := last.History[len(last.History)-1]; said.Text != "There is no such number." || !slices.Equal(said.Tell, []models.Party{models.PartyReviewer}) || last.ActsNext != "" {
		t.Errorf("said %+v, next %q", said, last.ActsNext)
	}
}

// Whoever acts while the request is being written changes what lists of runs say, too.
func TestTheSearchAttributesAreThoseOfTheNewestState(t *testing.T) {
	o := newOffice(t, "US")
	o.slowKeep = 30 * time.Second
	o.environment(o.in.Request.CreatedAt)
	o.after(10*time.Second, "1", workflows.UpdateAsk, models.ToAsk{By: rita, Question: "Why?"})
	o.after(20*time.Hour, "2", workflows.UpdateReject, models.ToReject{By: rita, Reason: "No."})
	o.runs(models.RequestRejected)
	if want := []string{"waiting_for_requester", "rejected"}; !slices.Equal(o.marked, want) {
		t.Errorf("marked %v, want %v", o.marked, want)
	}
}

func TestPeopleAreRemindedAndNothingIsForgottenForWeeks(t *testing.T) {
	o := newOffice(t, "US")
	o.after(21*24*time.Hour, "1", workflows.UpdateAsk, models.ToAsk{By: rita, Question: "Why?"})
	o.after(42*24*time.Hour, "2", workflows.UpdateReply, models.ToAnswer{By: nora, Text: "Because."})
	o.after(43*24*time.Hour, "3", workflows.UpdateReject, models.ToReject{By: rita, Reason: "No."})
	if took := o.runs(models.RequestRejected); took != 43*24*time.Hour {
		t.Errorf("it took %v", took)
	}
	var when []time.Duration
	for _, e := range o.last().History {
		if e.Kind == models.HistoryReminded {
			when = append(when, e.At.Sub(o.in.Request.CreatedAt))
		}
	}
	day := 24 * time.Hour
	if want := []time.Duration{day, 2 * day, 24 * day, 43 * day}; !slices.Equal(when, want[:len(when)]) || len(when) < 3 {
		t.Errorf("reminded after %v, want %v", when, want)
	}
}

func TestEveryRefusalSaysWhyAndLeavesNoTrace(t *testing.T) {
	o := newOffice(t, "US")
	o.after(time.Hour, "viewer", workflows.UpdateApprove, models.ToApprove{By: vera, Choose: true})
	o.after(2*time.Hour, "nobody asked", workflows.UpdateReply, models.ToAnswer{By: nora, Text: "Well."})
	o.after(3*time.Hour, "no reason", workflows.UpdateReject, models.ToReject{By: rita})
	o.after(4*time.Hour, "1", workflows.UpdateWithdraw, models.ToWithdraw{By: nora})
	o.after(4*time.Hour, "too late", workflows.UpdateApprove, models.ToApprove{By: rita, Choose: true})
	o.runs(models.RequestWithdrawn)
	for id, kind := range map[string]string{
		"viewer": workflows.ErrForbidden, "nobody asked": workflows.ErrConflict, "no reason": workflows.ErrInvalid, "too late": workflows.ErrConflict,
	} {
		var refused *temporal.ApplicationError
		if !errors.As(o.refused[id], &refused) || refused.Type() != kind {
			t.Errorf("%s: %v, want it refused as %s", id, o.refused[id], kind)
		}
	}
	if last := o.last(); len(last.History) != 2 {
		t.Errorf("history %+v", last.History)
	}
}

func TestOfTwoReviewersAtOnceOneWins(t *testing.T) {
	o := newOffice(t, "US")
	olga := models.Who{Actor: models.Actor{KeyID: "olga", Name: "Olga"}, Role: models.RoleReviewer}
	o.after(time.Hour, "first", workflows.UpdateApprove, models.ToApprove{By: rita, Choose: true})
	o.after(time.Hour, "second", workflows.UpdateReject, models.ToReject{By: olga, Reason: "No."})
	o.runs(models.RequestActive)
	if err := o.refused["second"]; err == nil || !strings.Contains(err.Error(), "approved by Rita at 2026-03-02T10:00:00Z") {
		t.Errorf("the second reviewer is told: %v", err)
	}
}

func TestAnUpdateThatIsRepeatedIsDoneOnceAlsoInTheNextRun(t *testing.T) {
	o := newOffice(t, "US")
	said := models.ToComment{By: rita, Text: "I look."}
	o.after(time.Hour, "c", workflows.UpdateComment, said)
	o.env.RegisterDelayedCallback(func() { o.env.SetContinueAsNewSuggested(true) }, 2*time.Hour)
	o.after(2*time.Hour, "d", workflows.UpdateComment, models.ToComment{By: rita, Text: "Still."})
	o.env.ExecuteWorkflow(workflows.NumberRequest, o.in)
	o.in = goesOn(t, o.env.GetWorkflowError())
	if !slices.Contains(o.in.Handled, "c") || o.in.Request.RemindAt == nil {
		t.Fatalf("carried along: %v, reminder %v", o.in.Handled, o.in.Request.RemindAt)
	}
	due := *o.in.Request.RemindAt
	o.environment(o.in.Request.UpdatedAt)
	o.after(time.Minute, "c", workflows.UpdateComment, said)
	o.after(30*time.Hour, "1", workflows.UpdateReject, models.ToReject{By: rita, Reason: "No."})
	o.runs(models.RequestRejected)
	if n := count(o.last(), models.HistoryCommented); n != 2 {
		t.Errorf("%d comments", n)
	}
	i := slices.IndexFunc(o.last().History, func(e models.RequestEvent) bool { return e.Kind == models.HistoryReminded })
	if i < 0 || !o.last().History[i].At.Equal(due) {
		t.Errorf("reminded at another time than %v: %+v", due, o.last().History)
	}
}

func TestAMailServerThatIsAwayKeepsNothingWaitingButTheEnd(t *testing.T) {
	o := newOffice(t, "US")
	o.deadMail = true
	o.after(time.Hour, "1", workflows.UpdateReject, models.ToReject{By: rita, Reason: "No."})
	if took := o.runs(models.RequestRejected); took < 24*time.Hour || took > 50*time.Hour {
		t.Errorf("it took %v", took)
	}
	if len(o.gaveUp) == 0 || !strings.Contains(o.gaveUp[0], "mail server is away") {
		t.Errorf("given up: %v", o.gaveUp)
	}
	if at := o.written[1].UpdatedAt.Sub(o.in.Request.CreatedAt); at != time.Hour {
		t.Errorf("the rejection was written after %v", at)
	}
}

func count(r models.NumberRequest, kind models.HistoryKind) (n int) {
	for _, e := range r.History {
		if e.Kind == kind {
			n++
		}
	}
	return n
}

func inputOf(t *testing.T, on *workflow.ContinueAsNewError) workflows.RequestRun {
	t.Helper()
	var in workflows.RequestRun
	if err := converter.GetDefaultDataConverter().FromPayloads(on.Input, &in); err != nil {
		t.Fatal(err)
	}
	return in
}
