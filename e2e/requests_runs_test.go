package e2e

import (
	"context"
	"errors"
	"testing"

	"github.com/ringdown/ringdown/activities"
	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/simulator"
	"github.com/ringdown/ringdown/workflows"
	"go.temporal.io/sdk/client"
)

// terminates ends the run of the request, as somebody may by mistake.
func (w *wish) terminates() {
	w.t.Helper()
	if err := w.s.temporal.TerminateWorkflow(w.t.Context(), workflows.RequestID(w.id), "", "a mistake"); err != nil {
		w.t.Fatal(err)
	}
}

// looksAtNight has the nightly look done now.
func (s *system) looksAtNight(t *testing.T) (checked activities.Checked) {
	t.Helper()
	run, err := s.temporal.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: t.Name(), TaskQueue: workflows.CallQueue}, workflows.CheckNumbers)
	if err == nil {
		err = run.Get(t.Context(), &checked)
	}
	if err != nil {
		t.Fatal(err)
	}
	return checked
}

func TestARequestWhoseRunWasTerminatedGoesOn(t *testing.T) {
	s := sharedSystem(t, "requests")
	t.Run("when somebody acts", func(t *testing.T) {
		w := s.wishes(t, americanForm)
		l := &line{t: t, s: s}
		l.comes("the run has begun", func() bool {
			r, err := s.store.NumberRequest(t.Context(), w.id)
			return err == nil && r.Version > 0
		})
		w.terminates()
		w.does("approve", `{"choose":true}`)
		w.comesTo(models.RequestActive)
	})
	t.Run("by the nightly look, while the carrier reviews", func(t *testing.T) {
		s.carrier.ReviewNextBundle("DE", simulator.Review{Verdict: simulator.ReviewHold})
		w := s.wishes(t, germanForm)
		w.does("approve", `{"choose":true}`)
		r := w.comesTo(models.RequestWaitingForCarrier)
		w.terminates()
		if err := s.carrier.DecideBundle(r.Provisioning.BundleID, true, ""); err != nil {
			t.Fatal(err)
		}
		s.looksAtNight(t)
		news := workflows.BundleNews{BundleID: r.Provisioning.BundleID, Status: models.BundleApproved}
		if err := workflows.TellBundle(t.Context(), s.temporal, w.id, news); err != nil { // which came while nobody was there
			t.Fatal(err)
		}
		w.comesTo(models.RequestActive)
		if held, _ := w.ledger(); len(held.Of(simulator.LedgerNumber)) != 1 || len(held.Of(simulator.LedgerBundle)) != 1 {
			t.Errorf("the carrier's ledger has %+v", held)
		}
	})
	t.Run("in the middle of its purchase", func(t *testing.T) {
		s.carrier.SetFaults(simulator.Faults{Rules: []simulator.Rule{
			{Match: simulator.Match{Operation: "CreateIncomingPhoneNumber"}, Do: simulator.SlowReply, Delay: 1, Times: 1},
		}})
		w := s.wishes(t, americanForm)
		w.does("approve", `{"choose":true}`)
		l := &line{t: t, s: s}
		l.comes("the number is bought", func() bool {
			held, _ := w.ledger()
			return len(held) == 1
		})
		w.terminates()
		s.looksAtNight(t)
		r := w.comesTo(models.RequestActive)
		held, ever := w.ledger()
		number, err := s.store.Number(t.Context(), r.PhoneNumberID)
		if err != nil || len(ever.Of(simulator.LedgerNumber)) != 1 || held[0].Phone != string(number.Number) {
			t.Errorf("bought %+v, %v", ever.Of(simulator.LedgerNumber), err)
		}
	})
}

// Whoever has read a request before it came to its end, and acts on it after, does not bring it back to life.
func TestARequestThatHasEndedStaysEnded(t *testing.T) {
	each(t, func(t *testing.T, s *system) {
		w := s.wishes(t, americanForm)
		before, err := s.store.NumberRequest(t.Context(), w.id)
		if err != nil {
			t.Fatal(err)
		}
		w.does("withdraw", `{}`)
		w.closed()
		reads := 0
		_, err = workflows.Act(t.Context(), s.temporal, func(ctx context.Context) (models.NumberRequest, error) {
			if reads++; reads == 1 {
				return before, nil
			}
			return s.store.NumberRequest(ctx, w.id)
		}, w.id, workflows.UpdateApprove, "late", models.ToApprove{By: models.Who{Role: models.RoleReviewer}, Choose: true})
		var conflict *models.ConflictError
		if !errors.As(err, &conflict) || reads != 2 {
			t.Errorf("after %d reads: %v", reads, err)
		}
		if _, err := s.store.KeepNumberRequest(t.Context(), before); err != nil {
			t.Fatal(err)
		}
		if r, err := s.store.NumberRequest(t.Context(), w.id); err != nil || r.Status != models.RequestWithdrawn {
			t.Errorf("it is %s, %v", r.Status, err)
		}
		if held, _ := w.ledger(); len(held) != 0 {
			t.Errorf("the carrier's ledger has %+v", held)
		}
	})
}

// A number that was bought, did not work at first, and was imported by hand meanwhile, is not given back.
func TestANumberThatWasImportedMeanwhileIsKept(t *testing.T) {
	s := sharedSystem(t, "requests")
	w := s.wishes(t, americanForm)
	s.carrier.SetFaults(simulator.Faults{Rules: []simulator.Rule{
		{Match: simulator.Match{Operation: "FetchIncomingPhoneNumber"}, Do: simulator.ReplyStatus, Status: 403, Times: 1},
	}})
	w.does("approve", `{"choose":true}`)
	r := w.comesTo(models.RequestFailed)
	number := string(r.Approval.Candidate.Number)
	status, imported := s.asksAs(t, adminKey, "POST", "/v1/phone-numbers", `{"number":"`+number+`","name":"By hand"}`)
	if status != 201 {
		t.Fatalf("not imported: %d %v", status, imported)
	}
	w.does("fulfil", `{"phone_number_id":"`+imported["id"].(string)+`"}`)
	w.comesTo(models.RequestActive)
	w.closed()
	if held, _ := w.ledger(); len(held) != 1 || held[0].Phone != number {
		t.Errorf("the carrier's ledger has %+v", held)
	}
	w.works()
}
