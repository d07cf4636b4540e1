package workflows_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/ringdown/ringdown/activities"
	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/workflows"
	"github.com/stretchr/testify/mock"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"
)

var (
	rita = models.Who{Actor: models.Actor{KeyID: "rita", Name: "Rita"}, Role: models.RoleReviewer}
	nora = models.Who{Actor: models.Actor{KeyID: "nora", Name: "Nora"}, Role: models.RoleRequester}
	vera = models.Who{Actor: models.Actor{KeyID: "vera", Name: "Vera"}, Role: models.RoleViewer}
)

// paperwork is what Germany asks here.
var paperwork = models.Regulation{
	CarrierID: "RN1", EndUser: models.Business, Fields: []models.Field{{Name: "business_name", Label: "Business name"}},
	Documents: []models.DocumentRule{{Name: "proof", Label: "Proof", Accepted: []models.DocumentType{{Name: "excerpt", Label: "Excerpt"}}}},
}

// office is a request with its run, in time that skips, and stand-ins for what its activities do.
type office struct {
	t   *testing.T
	env *testsuite.TestWorkflowEnvironment
	in  workflows.RequestRun

	mu       sync.Mutex
	did      []models.Step
	written  []models.NumberRequest // copies in the database, oldest first
	refused  map[string]error       // what became of updates that were refused, by their id
	mails    int
	gaveUp   []string
	deadMail bool
	slowPoll time.Duration // how long the carrier takes to say how far it is
	slowKeep time.Duration // how long the database takes to write
	marked   []string      // the states in the search attributes, as they changed

	regulation models.Regulation
	finds      func(step models.Step, nth int, r models.NumberRequest) (models.Found, error) // nil result: what is ideal
	nth        map[models.Step]int
}

func newOffice(t *testing.T, country string) *office {
	o := &office{t: t, refused: map[string]error{}, nth: map[models.Step]int{}}
	form := models.RequestForm{Name: "Support", Country: country, Type: models.NumberLocal, Email: "nora@example.com"}
	if country == "DE" {
		o.regulation = paperwork
		form.EndUser, form.Person = models.Business, map[string]string{"business_name": "Example GmbH"}
		form.Documents = map[string]models.SubmittedDocument{"proof": {Type: "excerpt", File: "f1"}}
	}
	began := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	o.in.Request = models.Submit("0196", form, nora.Actor, began)
	o.environment(began)
	return o
}

// environment is a new server and worker, which know nothing.
func (o *office) environment(now time.Time) {
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestWorkflowEnvironment()
	env.SetStartTime(now)
	env.SetTestTimeout(time.Minute)
	env.SetWorkflowRunTimeout(400 * 24 * time.Hour)
	o.env = env
	var (
		requests    *activities.Requests
		provisioner *activities.Provisioner
		notices     *activities.Notices
	)
	env.OnUpsertTypedSearchAttributes(mock.MatchedBy(func(set temporal.SearchAttributes) bool {
		status, ok := set.GetKeyword(workflows.RequestStatus)
		if last := len(o.marked) - 1; ok && (last < 0 || o.marked[last] != status) {
			o.marked = append(o.marked, status)
		}
		return true
	})).Return(nil).Maybe()
	env.OnActivity(requests.KeepRequest, mock.Anything, mock.Anything).Return(func(_ context.Context, r models.NumberRequest) (activities.Kept, error) {
		o.mu.Lock()
		defer o.mu.Unlock()
		before := 0
		if len(o.written) > 0 {
			before = len(o.written[len(o.written)-1].Notices())
		}
		o.written = append(o.written, r)
		return activities.Kept{Unsent: len(r.Notices()) - before}, nil
	}).Maybe().After(o.slowKeep)
	env.OnActivity(notices.SendNotices, mock.Anything, "0196").Return(func(context.Context, string) error {
		o.mu.Lock()
		defer o.mu.Unlock()
		if o.deadMail {
			return errors.New("the mail server is away")
		}
		o.mails++
		return nil
	}).Maybe()
	env.OnActivity(notices.GiveUpNotices, mock.Anything, "0196", mock.Anything).Return(func(_ context.Context, _, why string) (int, error) {
		o.mu.Lock()
		defer o.mu.Unlock()
		o.gaveUp = append(o.gaveUp, why)
		return 0, nil
	}).Maybe()
	for step, does := range map[models.Step]any{
		models.StepTidy: provisioner.Tidy, models.StepReserve: provisioner.Reserve, models.StepRegulation: provisioner.Regulation,
		models.StepChoose: provisioner.Choose, models.StepAddress: provisioner.Address, models.StepEndUser: provisioner.EndUser,
		models.StepDocument: provisioner.Document, models.StepBundle: provisioner.Bundle, models.StepAssign: provisioner.Assign,
		models.StepEvaluate: provisioner.Evaluate, models.StepSubmit: provisioner.Submit, models.StepBuy: provisioner.Buy,
		models.StepVerify: provisioner.Verify, models.StepTakeIn: provisioner.TakeIn, "draft_route": provisioner.DraftRoute,
	} {
		env.OnActivity(does, mock.Anything, mock.Anything).Return(func(_ context.Context, r models.NumberRequest) (models.Found, error) {
			return o.does(step, r)
		}).Maybe()
	}
	env.OnActivity(provisioner.Poll, mock.Anything, mock.Anything, mock.Anything).Return(
		func(_ context.Context, r models.NumberRequest, told string) (models.Found, error) {
			found, err := o.does(models.StepPoll, r)
			if len(found.Reasons) > 0 && told != "" {
				found.Reasons = append([]models.CarrierReason{{Text: told}}, found.Reasons...)
			}
			return found, err
		}).Maybe().After(o.slowPoll)
}

func (o *office) does(step models.Step, r models.NumberRequest) (models.Found, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.did = append(o.did, step)
	o.nth[step]++
	if o.finds != nil {
		found, err := o.finds(step, o.nth[step], r)
		if err != nil || !isZero(found) {
			return found, err
		}
	}
	switch step {
	case models.StepRegulation:
		return models.Found{Regulation: o.regulation, Reasons: r.Missing(o.regulation)}, nil
	case models.StepChoose:
		return models.Found{Candidate: models.Candidate{Number: models.Phone(fmt.Sprintf("+4930231250%02d", o.nth[step])), Country: r.Form.Country, Type: r.Form.Type, Voice: true}}, nil
	case models.StepSubmit:
		return models.Found{Bundle: models.BundlePending}, nil
	case models.StepPoll:
		return models.Found{Bundle: models.BundleApproved}, nil
	case models.StepTakeIn:
		return models.Found{ID: r.Provisioning.PhoneNumberID, RouteID: "route"}, nil
	case "draft_route":
		return models.Found{RouteID: "route"}, nil
	}
	return models.Found{ID: string(step) + r.NextDocument().Name}, nil
}

func isZero(f models.Found) bool {
	return f.ID == "" && f.Back == "" && f.Bundle == "" && !f.Taken && !f.Gone && len(f.Reasons) == 0 && len(f.Stays) == 0 && f.Candidate.Number == ""
}

// after has somebody act at a time after the beginning.
func (o *office) after(d time.Duration, id, update string, said any) {
	o.env.RegisterDelayedCallback(func() {
		o.env.UpdateWorkflow(update, id, &testsuite.TestUpdateCallback{
			OnAccept: func() {},
			OnReject: func(err error) { o.refused[id] = err },
			OnComplete: func(_ any, err error) {
				if err != nil {
					o.refused[id] = err
				}
			},
		}, said)
	}, d)
}

// told has the carrier tell something of the bundle.
func (o *office) told(d time.Duration, news workflows.BundleNews) {
	o.env.RegisterDelayedCallback(func() { o.env.SignalWorkflow(workflows.SignalBundle, news) }, d)
}

// runs lets the run go on to its end, over as many runs as it takes, and returns how it ended and how long it took.
func (o *office) runs(want models.RequestStatus) time.Duration {
	o.t.Helper()
	began := o.env.Now()
	o.env.ExecuteWorkflow(workflows.NumberRequest, o.in)
	if err := o.env.GetWorkflowError(); err != nil {
		o.t.Fatal(err)
	}
	var status models.RequestStatus
	if err := o.env.GetWorkflowResult(&status); err != nil {
		o.t.Fatal(err)
	}
	if last := o.last(); status != want || last.Status != want {
		o.t.Errorf("ends as %s, written as %s; want %s. History: %+v", status, last.Status, want, last.History)
	}
	return o.env.Now().Sub(began)
}

func (o *office) last() models.NumberRequest { return o.written[len(o.written)-1] }

// goesOn ends this run as one that has become long, and returns what the next begins with.
func goesOn(t *testing.T, err error) workflows.RequestRun {
	t.Helper()
	var on *workflow.ContinueAsNewError
	if !errors.As(err, &on) {
		t.Fatalf("the run ended with %v", err)
	}
	return inputOf(t, on)
}
