package activities_test

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/ringdown/ringdown/activities"
	"github.com/ringdown/ringdown/activities/twilio"
	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
	"github.com/ringdown/ringdown/secrets"
	"github.com/ringdown/ringdown/simulator"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"
)

var (
	nora = models.Actor{KeyID: "nora", Name: "Nora"}
	rita = models.Who{Actor: models.Actor{KeyID: "rita", Name: "Rita"}, Role: models.RoleReviewer}
)

const (
	carrierToken = "0123456789abcdef"
	excerpt      = "%PDF-1.7 an excerpt of a register"
)

// setup is an approved request for a number, a carrier that sells numbers, and whoever sets them up.
type setup struct {
	*testing.T
	store       *store.Store
	carrier     *simulator.Carrier
	client      *twilio.Client // of the carrier, for what somebody does behind our back
	provisioner *activities.Provisioner
	keys        *secrets.Keys
	request     models.NumberRequest
	try         int32 // which one of its activity each step is; zero means the first

	mu    sync.Mutex
	front front    // nil lets everything through
	told  []string // the paths at which the carrier has told of bundles
}

// front stands before the carrier.
type front func(w http.ResponseWriter, r *http.Request, carrier http.Handler)

// newSetup has a form submitted, and approved with any number that fits.
func newSetup(t *testing.T, s *store.Store, form models.RequestForm) *setup {
	t.Helper()
	p := &setup{T: t, store: s}
	site := httptest.NewServer(http.HandlerFunc(p.hear))
	t.Cleanup(site.Close)
	p.sell()
	keys, err := secrets.ParseKeys(secrets.NewKey())
	p.must(err)
	p.keys = keys
	p.provisioner = &activities.Provisioner{
		Store: s, Carrier: p.client, Keys: keys, PublicURL: site.URL, FallbackURL: "https://documents.example",
	}
	p.must(s.SeedCountries(t.Context(), models.SeedCountries()))
	for name, document := range form.Documents {
		if document.File != "" {
			document.File = p.uploads(excerpt)
			form.Documents[name] = document
		}
	}
	p.request = models.Submit("0196f3a0-5a3c-7c1e-8f00-00000000000a", form, nora, time.Now().UTC())
	_, err = s.CreateNumberRequest(t.Context(), p.request, 0)
	p.must(err)
	p.approves(models.ToApprove{By: rita, Choose: true})
	return p
}

// sell opens the simulated carrier, and makes a client of it.
func (p *setup) sell() {
	p.carrier = simulator.New(simulator.Config{AccountSID: account, AuthToken: carrierToken, Speed: 1000})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		before := p.front
		p.mu.Unlock()
		if before == nil {
			p.carrier.Handler().ServeHTTP(w, r)
			return
		}
		before(w, r, p.carrier.Handler())
	}))
	p.Cleanup(func() {
		server.Close()
		p.carrier.Close()
	})
	client, err := twilio.New(twilio.Config{AccountSID: account, AuthToken: carrierToken, APIURL: server.URL})
	p.must(err)
	p.client = client
}

// stands puts something before the carrier; nil takes it away.
func (p *setup) stands(before front) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.front = before
}

func (p *setup) hear(_ http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.told = append(p.told, r.URL.Path)
}

func (p *setup) must(err error) {
	p.Helper()
	if err != nil {
		p.Fatal(err)
	}
}

// uploads keeps a document of the requester's, and answers its id.
func (p *setup) uploads(content string) string {
	p.Helper()
	document := models.Document{ID: "document-1", Name: "excerpt.pdf", MediaType: "application/pdf", Size: len(content), By: nora}
	sealed, err := p.keys.Seal([]byte(content), []byte(document.ID))
	p.must(err)
	_, err = p.store.AddDocument(p.Context(), document, sealed)
	p.must(err)
	return document.ID
}

// approves has the request approved, also once more.
func (p *setup) approves(a models.ToApprove) {
	p.Helper()
	p.request.Status = models.RequestInReview
	approved, err := p.request.Approve(a, time.Now().UTC())
	p.must(err)
	p.request = approved
}

// americanForm needs no paperwork.
func americanForm() models.RequestForm {
	return models.RequestForm{
		Name: "Support", Country: "US", Type: models.NumberLocal, Email: "nora@example.com", Wishes: models.Wishes{AreaCode: "212"},
	}
}

// germanForm has all the paperwork that there is.
func germanForm() models.RequestForm {
	return models.RequestForm{
		Name: "Berlin", Country: "DE", Type: models.NumberLocal, Email: "nora@example.com", Wishes: models.Wishes{AreaCode: "30"},
		EndUser: models.Business,
		Person: map[string]string{
			"business_name": "Example GmbH", "business_registration_number": "HRB 1", "first_name": "Nora", "last_name": "Example",
		},
		Address: &models.Address{CustomerName: "Example GmbH", Street: "Hauptstr. 1", City: "Berlin", PostalCode: "10115", Country: "DE"},
		Documents: map[string]models.SubmittedDocument{"business_name_info": {
			Type: "commercial_registrar_excerpt", Fields: map[string]string{"business_name": "Example GmbH"}, File: "its id comes later",
		}},
	}
}

// tries does a step as it is asked of an activity.
func (p *setup) tries(step models.Step) (found models.Found, err error) {
	p.Helper()
	do := map[models.Step]any{
		models.StepTidy: p.provisioner.Tidy, models.StepReserve: p.provisioner.Reserve, models.StepRegulation: p.provisioner.Regulation,
		models.StepChoose: p.provisioner.Choose, models.StepAddress: p.provisioner.Address, models.StepEndUser: p.provisioner.EndUser,
		models.StepDocument: p.provisioner.Document, models.StepBundle: p.provisioner.Bundle, models.StepAssign: p.provisioner.Assign,
		models.StepEvaluate: p.provisioner.Evaluate, models.StepSubmit: p.provisioner.Submit, models.StepPoll: p.provisioner.Poll,
		models.StepBuy: p.provisioner.Buy, models.StepVerify: p.provisioner.Verify, models.StepTakeIn: p.provisioner.TakeIn,
	}[step]
	args := []any{p.request}
	if step == models.StepPoll {
		args = append(args, "")
	}
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(log.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	env := suite.NewTestActivityEnvironment()
	env.SetTestTimeout(20 * time.Second)
	env.SetWorkerOptions(worker.Options{Interceptors: []interceptor.WorkerInterceptor{&nthTry{nth: cmp.Or(p.try, 1)}}})
	env.RegisterActivity(do)
	value, err := env.ExecuteActivity(do, args...)
	if err == nil {
		err = value.Get(&found)
	}
	return found, err
}

// finds is what a step finds that succeeds.
func (p *setup) finds(step models.Step) models.Found {
	p.Helper()
	found, err := p.tries(step)
	if err != nil {
		p.Fatalf("%s: %v", step, err)
	}
	return found
}

// goesOn does the next step, and takes in what it has found.
func (p *setup) goesOn() (did models.Step) {
	p.Helper()
	did = p.request.NextStep()
	p.request = p.request.After(did, p.finds(did), time.Now().UTC())
	return did
}

// until goes on as far as before a step.
func (p *setup) until(step models.Step) *setup {
	p.Helper()
	p.untilTrue(func() bool { return p.request.NextStep() == step })
	return p
}

// works goes on until the number works.
func (p *setup) works() {
	p.Helper()
	p.untilTrue(func() bool { return p.request.Status == models.RequestActive })
}

func (p *setup) untilTrue(is func() bool) {
	p.Helper()
	for deadline := time.Now().Add(20 * time.Second); !is(); {
		step := p.goesOn()
		switch p.request.Status {
		case models.RequestProvisioning, models.RequestWaitingForCarrier, models.RequestActive:
		default:
			p.Fatalf("%s led to %s: %s", step, p.request.Status, p.request.History[len(p.request.History)-1].Text)
		}
		if time.Now().After(deadline) {
			p.Fatalf("it never came so far, and is at %s", step)
		}
	}
}

// refuses has the carrier answer requests for an operation with a status.
func (p *setup) refuses(operation string, status int) {
	p.carrier.SetFaults(simulator.Faults{Rules: []simulator.Rule{
		{Match: simulator.Match{Operation: operation}, Do: simulator.ReplyStatus, Status: status},
	}})
}

// retries is the error of a step that is worth another try.
func (p *setup) retries(err error) *temporal.ApplicationError {
	p.Helper()
	var failed *temporal.ApplicationError
	if !errors.As(err, &failed) || failed.NonRetryable() {
		p.Fatalf("it says %v", err)
	}
	return failed
}

// cannot is what the error of a step says that no repeat mends.
func (p *setup) cannot(err error) string {
	p.Helper()
	var failed *temporal.ApplicationError
	if !errors.As(err, &failed) || !failed.NonRetryable() || failed.Type() != activities.ErrCannot {
		p.Fatalf("it says %v", err)
	}
	return failed.Message()
}

// held counts what there is at the carrier.
func (p *setup) held() map[string]int {
	counted := map[string]int{}
	for _, entry := range p.carrier.Ledger().Held() {
		counted[entry.What]++
	}
	return counted
}

// nthTry has an activity see itself as a later try.
type nthTry struct {
	interceptor.WorkerInterceptorBase
	nth int32
}

func (n *nthTry) InterceptActivity(_ context.Context, next interceptor.ActivityInboundInterceptor) interceptor.ActivityInboundInterceptor {
	return &nthTryIn{interceptor.ActivityInboundInterceptorBase{Next: next}, n}
}

type nthTryIn struct {
	interceptor.ActivityInboundInterceptorBase
	*nthTry
}

func (n *nthTryIn) Init(next interceptor.ActivityOutboundInterceptor) error {
	return n.Next.Init(&nthTryOut{interceptor.ActivityOutboundInterceptorBase{Next: next}, n.nthTry})
}

type nthTryOut struct {
	interceptor.ActivityOutboundInterceptorBase
	*nthTry
}

func (n *nthTryOut) GetInfo(ctx context.Context) activity.Info {
	info := n.Next.GetInfo(ctx)
	info.Attempt = n.nth
	return info
}
