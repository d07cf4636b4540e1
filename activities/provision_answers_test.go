package activities_test

import (
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/ringdown/ringdown/activities/twilio"
	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store/storetest"
	"github.com/ringdown/ringdown/simulator"
)

// asked are the steps that ask the carrier, each with what it asks for.
var asked = []struct {
	step      models.Step
	operation string
}{
	{models.StepRegulation, "ListRegulation"},
	{models.StepChoose, "ListAvailablePhoneNumberLocal"},
	{models.StepAddress, "CreateAddress"},
	{models.StepEndUser, "CreateEndUser"},
	{models.StepDocument, "CreateSupportingDocument"},
	{models.StepBundle, "CreateBundle"},
	{models.StepAssign, "CreateItemAssignment"},
	{models.StepEvaluate, "CreateEvaluation"},
	{models.StepSubmit, "UpdateBundle"},
	{models.StepPoll, "FetchBundle"},
	{models.StepBuy, "CreateIncomingPhoneNumber"},
	{models.StepVerify, "FetchIncomingPhoneNumber"},
}

func TestWhatTheCarriersAnswersMeanAtEachStep(t *testing.T) {
	for _, c := range asked {
		t.Run(string(c.step), func(t *testing.T) {
			t.Parallel()
			p := newSetup(t, storetest.SQLite(t), germanForm())
			if c.step == models.StepPoll {
				p.carrier.ReviewBundles(simulator.Review{After: 2000}) // two seconds: the review is not over before it is asked for
			}
			p.until(c.step)
			for status, says := range map[int]string{
				http.StatusBadRequest: "The carrier has refused it",
				http.StatusForbidden:  "The carrier has refused it", http.StatusUnauthorized: "The carrier does not accept our account",
			} {
				if c.step == models.StepBuy && status != http.StatusUnauthorized {
					continue // a reviewer may choose another number: see provision_number_test.go
				}
				p.refuses(c.operation, status)
				_, err := p.tries(c.step)
				if got := p.cannot(err); !strings.Contains(got, says) || !strings.Contains(got, "try again") || !strings.Contains(got, "http ") {
					t.Errorf("with %d it says %q", status, got)
				}
			}
			p.isTriedAgain(c.step, c.operation)
			p.carrier.SetFaults(simulator.Faults{})
			p.works()
			want := map[string]int{
				simulator.LedgerNumber: 1, simulator.LedgerAddress: 1, simulator.LedgerEndUser: 1, simulator.LedgerDocument: 2,
				simulator.LedgerBundle: 1, simulator.LedgerAssignment: 3,
			}
			if held := p.held(); !maps.Equal(held, want) {
				t.Errorf("in the end there is %v at the carrier", held)
			}
		})
	}
}

func TestWhatSpeaksAgainstTheFormGoesToTheRequester(t *testing.T) {
	for step, c := range map[models.Step]struct {
		path, field string
		code        int
	}{
		models.StepAddress:  {"/Addresses.json", "address", 21628},
		models.StepDocument: {"/SupportingDocuments", "documents.business_name_info", 12300},
		models.StepBundle:   {"/Bundles", "email", 22104},
	} {
		t.Run(string(step), func(t *testing.T) {
			t.Parallel()
			p := newSetup(t, storetest.SQLite(t), germanForm()).until(step)
			p.stands(func(w http.ResponseWriter, r *http.Request, carrier http.Handler) {
				if r.Method != http.MethodPost || !strings.HasSuffix(r.URL.Path, c.path) {
					carrier.ServeHTTP(w, r)
					return
				}
				w.Header().Set("Content-Type", "application/json")
				w.WriteHeader(http.StatusBadRequest)
				_, _ = fmt.Fprintf(w, `{"code":%d,"status":400,"message":"no"}`, c.code)
			})
			found := p.finds(step)
			if len(found.Reasons) != 1 || found.Reasons[0].Field != c.field || found.Reasons[0].Text == "" {
				t.Errorf("found %+v", found)
			}
		})
	}
}

// isTriedAgain looks at what is made of a carrier that is busy or away.
func (p *setup) isTriedAgain(step models.Step, operation string) {
	p.Helper()
	for name, c := range map[string]struct {
		do         simulator.Deed
		status     int
		retryAfter string
		class      twilio.Class
		wait       time.Duration
	}{
		"busy":               {simulator.ReplyStatus, http.StatusTooManyRequests, "17", twilio.Busy, 17 * time.Second},
		"busy for long":      {simulator.ReplyStatus, http.StatusTooManyRequests, "7200", twilio.Busy, 10 * time.Minute},
		"broken":             {simulator.ReplyStatus, http.StatusServiceUnavailable, "", twilio.Unknown, 0},
		"broken for a while": {simulator.ReplyStatus, http.StatusServiceUnavailable, "17", twilio.Unknown, 17 * time.Second},
		"gone in the middle": {simulator.LoseRequest, 0, "", twilio.Unknown, 0},
	} {
		p.stands(func(w http.ResponseWriter, r *http.Request, carrier http.Handler) {
			if c.retryAfter != "" {
				w.Header().Set("Retry-After", c.retryAfter)
			}
			carrier.ServeHTTP(w, r)
		})
		p.carrier.SetFaults(simulator.Faults{Rules: []simulator.Rule{
			{Match: simulator.Match{Operation: operation}, Do: c.do, Status: c.status},
		}})
		_, err := p.tries(step)
		if failed := p.retries(err); failed.Type() != string(c.class) || failed.NextRetryDelay() != c.wait {
			p.Errorf("%s: it is %s, and waits %v: %v", name, failed.Type(), failed.NextRetryDelay(), failed)
		}
	}
	p.stands(nil)
}

func TestACarrierThatCannotBeReachedIsTriedAgain(t *testing.T) {
	t.Parallel()
	p := newSetup(t, storetest.SQLite(t), americanForm()).until(models.StepBuy)
	nobody := httptest.NewServer(nil)
	nobody.Close()
	client, err := twilio.New(twilio.Config{AccountSID: account, AuthToken: carrierToken, APIURL: nobody.URL})
	p.must(err)
	p.provisioner.Carrier = client
	_, err = p.tries(models.StepBuy)
	if failed := p.retries(err); failed.Type() != string(twilio.Unsent) {
		t.Errorf("it is %s: %v", failed.Type(), failed)
	}
}

func TestADatabaseThatIsAwayIsTriedAgain(t *testing.T) {
	t.Parallel()
	for step, form := range map[models.Step]func() models.RequestForm{
		models.StepReserve: americanForm, models.StepRegulation: americanForm, models.StepDocument: germanForm,
		models.StepBuy: americanForm, models.StepVerify: americanForm, models.StepTakeIn: americanForm,
	} {
		s := storetest.SQLite(t)
		p := newSetup(t, s, form()).until(step)
		p.must(s.Close())
		_, err := p.tries(step)
		p.retries(err)
	}
}

// Somebody may clear up at the carrier, and remove what was made for a request.
func TestWhatSomebodyHasRemovedAtTheCarrierIsMadeAnew(t *testing.T) {
	bundle := func(p *setup) string { return p.request.Provisioning.BundleID }
	for name, c := range map[string]struct {
		step    models.Step
		removed func(p *setup) string
	}{
		"the bundle, before it is filled":    {models.StepAssign, bundle},
		"the end user, before the bundle is": {models.StepAssign, func(p *setup) string { return p.request.Provisioning.EndUserID }},
		"the bundle, before it is evaluated": {models.StepEvaluate, bundle},
		"the bundle, before it is submitted": {models.StepSubmit, bundle},
		"the bundle, once it is approved":    {models.StepPoll, bundle},
		"the number":                         {models.StepVerify, func(p *setup) string { return p.request.Provisioning.NumberID }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newSetup(t, storetest.SQLite(t), germanForm()).until(c.step)
			if c.step == models.StepPoll { // until then, the carrier lets nobody remove it
				until(t, "a verdict", func() bool {
					status, err := p.client.BundleStatus(t.Context(), bundle(p))
					return err == nil && status == models.BundleApproved
				})
			}
			p.must(p.client.Drop(t.Context(), c.removed(p)))
			found := p.finds(c.step)
			if !found.Gone {
				t.Fatalf("found %+v", found)
			}
			p.request = p.request.After(c.step, found, time.Now())
			if p.request.Status != models.RequestFailed || !strings.Contains(p.request.Reason, "Try again") {
				t.Fatalf("it is %s: %s", p.request.Status, p.request.Reason)
			}
			retried, err := p.request.Retry(models.ToRetry{By: rita}, time.Now())
			p.must(err)
			p.request = retried
			p.works()
			if held := fmt.Sprint(p.held()); held != "map[address:1 assignment:3 bundle:1 document:2 end_user:1 number:1]" {
				t.Errorf("in the end there is %s at the carrier", held)
			}
		})
	}
}
