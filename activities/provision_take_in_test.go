package activities_test

import (
	"strings"
	"testing"
	"time"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
	"github.com/ringdown/ringdown/models/store/storetest"
)

func TestAPlaceInTheAllotmentIsKeptOrRefusedInWords(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		p := newSetup(t, s, americanForm())
		p.provisioner.Allotted = 1
		first := p.finds(models.StepReserve)
		if first.ID == "" || first.Back != "" {
			t.Fatalf("found %+v", first)
		}
		if again := p.finds(models.StepReserve); again.Back != "" { // the place is its own
			t.Errorf("found %+v", again)
		}
		other := p.another("0196f3a0-5a3c-7c1e-8f00-00000000000b")
		found := other.finds(models.StepReserve)
		if !strings.Contains(found.Back, "in use") || !strings.HasSuffix(found.Back, "pprove it with a reason for one more, or reject it.") || found.ID != "" {
			t.Errorf("found %+v", found)
		}
		if after := other.request.After(models.StepReserve, found, time.Now()); after.Status != models.RequestInReview || after.Provisioning.Reserved {
			t.Errorf("it is %+v", after)
		}
		other.approves(models.ToApprove{By: rita, Choose: true, Override: "The fair is next week."})
		if found := other.finds(models.StepReserve); found.ID == "" || found.Back != "" || !found.Exceeded {
			t.Errorf("with an override, found %+v", found)
		}
	})
}

// another is a second request beside the first.
func (p *setup) another(id string) *setup {
	p.Helper()
	request := models.Submit(id, americanForm(), nora, time.Now().UTC())
	_, err := p.store.CreateNumberRequest(p.Context(), request, 0)
	p.must(err)
	other := &setup{T: p.T, store: p.store, carrier: p.carrier, client: p.client, provisioner: p.provisioner, request: request}
	other.approves(models.ToApprove{By: rita, Choose: true})
	return other
}

func TestAPlaceThatWasTakenBecomesTheNumbers(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		p := newSetup(t, s, americanForm())
		p.provisioner.Allotted = 1
		p.works()
		if err := s.MayReserveNumber(t.Context(), "another", 2); err != nil { // the number counts, and nothing beside it
			t.Error(err)
		}
		if err := s.MayReserveNumber(t.Context(), "another", 1); err == nil {
			t.Error("the number counts for nothing")
		}
	})
}

func TestANumberIsTakenInOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		p := newSetup(t, s, americanForm())
		p.approves(models.ToApprove{By: rita, Choose: true, Override: "The fair is next week."})
		if _, err := s.CreateRoute(t.Context(), models.Route{Name: "Support"}); err != nil {
			t.Fatal(err)
		}
		if _, err := s.CreateNumber(t.Context(), models.PhoneNumber{Number: "+12025550131", Name: "The one", Status: models.NumberActive}); err != nil {
			t.Fatal(err)
		}
		p.provisioner.Allotted = 1
		p.until(models.StepTakeIn)
		first, again := p.finds(models.StepTakeIn), p.finds(models.StepTakeIn)
		if first.ID != p.request.Provisioning.PhoneNumberID || first.RouteID == "" || again.ID != first.ID || again.RouteID != first.RouteID {
			t.Errorf("found %+v, then %+v", first, again)
		}
		route, err := s.Route(t.Context(), first.RouteID)
		if err != nil || route.Name != "Support 2" || route.Enabled || !route.Accept.Required {
			t.Errorf("its route is %+v (%v)", route, err)
		}
	})
}

func TestTheReasonForOneMoreIsOnTheNumberWhereThereIsOneMore(t *testing.T) {
	t.Parallel()
	for others, reason := range []string{"", "The fair is next week."} {
		s := storetest.SQLite(t)
		p := newSetup(t, s, americanForm())
		p.provisioner.Allotted = 1
		for range others {
			_, err := s.CreateNumber(t.Context(), models.PhoneNumber{Number: "+442079460123", Name: "Another", Status: models.NumberActive})
			p.must(err)
		}
		p.approves(models.ToApprove{By: rita, Choose: true, Override: "The fair is next week."})
		p.works()
		if number, err := s.Number(t.Context(), p.request.PhoneNumberID); err != nil || number.Exception != reason {
			t.Errorf("beside %d numbers it is %+v (%v)", others, number, err)
		}
	}
}

// Somebody may import the number by hand between its purchase and its taking in.
func TestANumberThatWasImportedMeanwhileIsTakenInAsItIs(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		p := newSetup(t, s, americanForm()).until(models.StepTakeIn)
		imported, err := s.CreateNumber(t.Context(), models.PhoneNumber{
			Number: p.request.Approval.Candidate.Number, Name: "By hand", Status: models.NumberActive, CarrierID: p.request.Provisioning.NumberID,
		})
		p.must(err)
		p.works()
		number, err := s.Number(t.Context(), p.request.PhoneNumberID)
		if err != nil || number.ID != imported.ID || number.Name != "By hand" {
			t.Errorf("it is %+v (%v)", number, err)
		}
		if route, err := s.Route(t.Context(), p.request.CallRouteID); err != nil || route.PhoneNumberID != imported.ID {
			t.Errorf("its route is %+v (%v)", route, err)
		}
	})
}

func TestANumberThatWasArrangedByHandGetsARoute(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		p := newSetup(t, s, americanForm())
		number, err := s.CreateNumber(t.Context(), models.PhoneNumber{Number: "+442079460123", Name: "By hand", Status: models.NumberActive})
		p.must(err)
		p.request.PhoneNumberID = number.ID
		var first, again models.Found
		for _, into := range []*models.Found{&first, &again} {
			if _, err := run(t, p.provisioner.DraftRoute, into, p.request); err != nil {
				t.Fatal(err)
			}
		}
		route, err := s.Route(t.Context(), first.RouteID)
		if err != nil || again.RouteID != first.RouteID || route.PhoneNumberID != number.ID || route.Enabled || route.Name != "Support" {
			t.Errorf("found %+v, then %+v: %+v (%v)", first, again, route, err)
		}
	})
}
