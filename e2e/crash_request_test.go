package e2e

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
	"github.com/ringdown/ringdown/secrets"
	"github.com/ringdown/ringdown/simulator"
)

const crashRequestNamespace = "crash-request"

// stepOfRequest is what the process is at with one request when it is killed.
type stepOfRequest struct {
	name string
	hold func(w *wish) *held
}

// stepsOfRequests are all of them, one of each for a request: before and after each activity, and before and after the
// carrier has done what it is asked.
func stepsOfRequests(t *testing.T, carrier, points *door) (all []stepOfRequest) {
	for _, activity := range []struct{ name, what string }{
		{"Reserve", "provisioning"}, {"Regulation", "provisioning"}, {"Choose", "provisioning"},
		{"Address", "provisioning"}, {"EndUser", "provisioning"}, {"Document", "provisioning"},
		{"Bundle", "provisioning"}, {"Assign", "provisioning"}, {"Evaluate", "provisioning"}, {"Submit", "provisioning"},
		{"Poll", "waiting_for_carrier"}, {"Buy", "provisioning"}, {"Verify", "provisioning"}, {"TakeIn", "provisioning"}, {"KeepRequest", "active"},
	} {
		for _, point := range []string{pointBegins, pointReturns} {
			all = append(all, stepOfRequest{activity.name + " " + point, func(w *wish) *held {
				return points.keepsEvery(t, visit{path: stepOf{activity.name, activity.what, w.id}.path(point)})
			}})
		}
	}
	for _, asked := range []struct{ name, path string }{
		{"the address", "/Addresses.json"}, {"the end user", "/EndUsers"}, {"a document", "/SupportingDocuments"},
		{"the bundle", "/Bundles"}, {"the purchase", "/IncomingPhoneNumbers.json"},
	} {
		all = append(all,
			stepOfRequest{"before " + asked.name, func(w *wish) *held { return carrier.keeps(t, visit{path: asked.path, said: w.id}) }},
			stepOfRequest{"after " + asked.name, func(w *wish) *held { return carrier.keepsAnswer(t, visit{path: asked.path, said: w.id}) }})
	}
	return all
}

// The process is killed with each request at another step. Each gets its number, and at the carrier there is what it
// needs, once: nothing is bought or made twice, and nothing is left over.
func TestAWorkerThatDiesAtAnyStepOfARequestBuysNothingTwiceAndForgetsNothing(t *testing.T) {
	t.Parallel()
	s := newCrashSystem(t, crashRequestNamespace)
	points := &door{inside: http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})}
	pointsHTTP := httptest.NewServer(points)
	t.Cleanup(pointsHTTP.Close)
	s.server.Points, s.server.Key = pointsHTTP.URL, secrets.NewKey()
	if err := s.store.SeedCountries(t.Context(), models.SeedCountries()); err != nil {
		t.Fatal(err)
	}
	s.server.start(t)
	if status, answer := s.asksAs(t, adminKey, http.MethodPost, "/v1/catalogue/refresh", ""); status != http.StatusOK {
		t.Fatalf("the catalogue is not refreshed: %d %v", status, answer)
	}
	ended := s.wishesThatEnd(t, points)
	var wishes []*wish
	var stands []*held
	for _, step := range stepsOfRequests(t, s.carrierDoor, points) {
		w := s.wishes(t, germanForm)
		wishes, stands = append(wishes, w), append(stands, step.hold(w))
	}
	for _, w := range wishes {
		w.does("approve", `{"choose":true}`)
	}
	for _, h := range stands {
		h.comes()
	}
	for _, end := range ended {
		stands = append(stands, end.stands)
	}
	s.server.kill(t)
	for _, h := range stands {
		h.isGivenUp()
		h.let()
	}
	s.server.start(t)
	for _, end := range ended {
		end.ends()
	}
	phones := map[string]bool{}
	for _, w := range wishes {
		r := w.comesTo(models.RequestActive)
		held, ever := w.ledger()
		if now, then := counts(held), counts(ever); !slices.Equal(now, []int{1, 1, 1, 2, 1}) || !slices.Equal(now, then) {
			t.Errorf("at the carrier there are %v numbers, addresses, end users, documents and bundles; ever made were %v", now, then)
		}
		if n := len(ever.Of(simulator.LedgerSubmission)); n != 1 {
			t.Errorf("the bundle was submitted %d times", n)
		}
		number, err := s.store.Number(t.Context(), r.PhoneNumberID)
		if err != nil || len(held.Of(simulator.LedgerNumber)) != 1 || string(number.Number) != held.Of(simulator.LedgerNumber)[0].Phone {
			t.Errorf("the number is %v, %v; bought was %+v", number.ID, err, held.Of(simulator.LedgerNumber))
		}
		phones[string(number.Number)] = true
		if draft, err := s.store.Route(t.Context(), r.CallRouteID); err != nil || draft.PhoneNumberID != number.ID {
			t.Errorf("its route is %+v, %v", draft, err)
		}
	}
	if bought := s.carrier.Ledger().Of(simulator.LedgerNumber); len(phones) != len(wishes) || len(bought) != len(wishes) {
		t.Errorf("%d requests have %d numbers; %d purchases", len(wishes), len(phones), len(s.carrier.Ledger().Of(simulator.LedgerNumber)))
	}
	text := s.server.log(t)
	for phone := range phones {
		if strings.Contains(text, phone) {
			t.Error("the log holds a number")
		}
	}
}

// endOfWish is a request that comes to its end as the process is killed.
type endOfWish struct {
	stands *held
	ends   func()
}

// wishesThatEnd are one of each: what was made for a request is removed, and a number that was arranged by hand gets its
// route; before either is done, and after.
func (s *crashSystem) wishesThatEnd(t *testing.T, points *door) (all []endOfWish) {
	t.Helper()
	for _, point := range []string{pointBegins, pointReturns} {
		s.carrier.ReviewNextBundle("DE", simulator.Review{Verdict: simulator.ReviewHold})
		w := s.wishes(t, germanForm)
		w.does("approve", `{"choose":true}`)
		w.comesTo(models.RequestWaitingForCarrier)
		tidies := points.keepsEvery(t, visit{path: stepOf{"Tidy", "withdrawn", w.id}.path(point)})
		w.does("withdraw", `{}`)
		all = append(all, endOfWish{tidies.comes(), func() {
			if r := w.tidies(); r.Status != models.RequestWithdrawn || r.ActsNext != "" {
				t.Errorf("it is %s, next %q", r.Status, r.ActsNext)
			}
		}})

		byHand, number := s.wishes(t, otherForm), s.fresh()
		s.carrier.AddNumber(simulator.Number{Phone: number})
		status, imported := s.asksAs(t, adminKey, http.MethodPost, "/v1/phone-numbers", fmt.Sprintf(`{"number":%q,"name":"By hand"}`, number))
		if status != http.StatusCreated {
			t.Fatalf("not imported: %d %v", status, imported)
		}
		drafts := points.keepsEvery(t, visit{path: stepOf{"DraftRoute", "active", byHand.id}.path(point)})
		byHand.does("fulfil", fmt.Sprintf(`{"phone_number_id":%q}`, imported["id"]))
		all = append(all, endOfWish{drafts.comes(), func() {
			byHand.closed()
			routes := 0
			all, _, err := s.store.Routes(t.Context(), store.Page{Limit: 200})
			for _, route := range all {
				if route.PhoneNumberID == imported["id"] {
					routes++
				}
			}
			if err != nil || routes != 1 || byHand.comesTo(models.RequestActive).CallRouteID == "" {
				t.Errorf("its number has %d routes (%v)", routes, err)
			}
		}})
	}
	return all
}

// counts are how many things of each sort a ledger has.
func counts(l simulator.Ledger) (n []int) {
	for _, what := range []string{
		simulator.LedgerNumber, simulator.LedgerAddress, simulator.LedgerEndUser, simulator.LedgerDocument, simulator.LedgerBundle,
	} {
		n = append(n, len(l.Of(what)))
	}
	return n
}
