package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/simulator"
)

// wish is a request for a number, with whoever asks for it and whoever reviews it.
type wish struct {
	t                   *testing.T
	s                   *system
	id                  string
	requester, reviewer string // their keys
}

// The forms of requests, without the file of a document.
const (
	americanForm = `{"name":"%s","country":"US","type":"local","email":"nora@example.com","area_code":"415"}`
	germanForm   = `{"name":"%s","country":"DE","type":"local","email":"nora@example.com","locality":"Berlin","end_user":"business",
		"person":{"business_name":"Example GmbH","business_registration_number":"HRB 12345","first_name":"Nora","last_name":"Example"},
		"address":{"customer_name":"Example GmbH","street":"Musterstr. 1","city":"Berlin","region":"Berlin","postal_code":"10115","country":"DE"},
		"documents":{%s}}`
	otherForm = `{"name":"%s","country":"other","email":"nora@example.com","details":"A number of the Principality of Sealand."}`
)

// asksAs makes a request of the API with somebody's key.
func (s *system) asksAs(t *testing.T, key, method, path, body string) (status int, answer map[string]any) {
	t.Helper()
	return s.sends(t, key, method, path, "application/json", []byte(body))
}

func (s *system) sends(t *testing.T, key, method, path, kind string, body []byte) (status int, answer map[string]any) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, s.public+path, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+key)
	r.Header.Set("Content-Type", kind)
	got, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = got.Body.Close() }()
	if err := json.NewDecoder(got.Body).Decode(&answer); err != nil {
		t.Fatalf("%s %s: %d %v", method, path, got.StatusCode, err)
	}
	return got.StatusCode, answer
}

// keyOf makes a key of a role.
func (s *system) keyOf(t *testing.T, role models.Role) string {
	t.Helper()
	status, answer := s.asksAs(t, adminKey, http.MethodPost, "/v1/api-keys", fmt.Sprintf(`{"name":"%s of %s","role":"%s"}`, role, t.Name(), role))
	if status != http.StatusCreated {
		t.Fatalf("no key: %d %v", status, answer)
	}
	return answer["secret"].(string)
}

// wishes has somebody ask for a number. A form with documents gets an upload for the proof that Germany asks.
func (s *system) wishes(t *testing.T, form string) *wish {
	t.Helper()
	w := &wish{t: t, s: s, requester: s.keyOf(t, models.RoleRequester), reviewer: s.keyOf(t, models.RoleReviewer)}
	name := fmt.Sprintf("Support %d", time.Now().UnixNano())
	if form == germanForm {
		form = fmt.Sprintf(form, name, w.proof("excerpt.pdf"))
	} else {
		form = fmt.Sprintf(form, name)
	}
	status, answer := s.asksAs(t, w.requester, http.MethodPost, "/v1/number-requests", form)
	if status != http.StatusCreated {
		t.Fatalf("not taken: %d %v", status, answer)
	}
	w.id = answer["id"].(string)
	return w
}

// proof uploads a document and is the part of a form that names it.
func (w *wish) proof(name string) string {
	w.t.Helper()
	status, answer := w.s.sends(w.t, w.requester, http.MethodPost, "/v1/documents?name="+name, "application/pdf", []byte("%PDF-1.7\n"+name))
	if status != http.StatusCreated {
		w.t.Fatalf("not uploaded: %d %v", status, answer)
	}
	rule := w.s.germanProof(w.t)
	kind, fields := rule.Accepted[0], []string{}
	for _, f := range kind.Fields {
		fields = append(fields, fmt.Sprintf(`%q:"Example GmbH"`, f.Name))
	}
	return fmt.Sprintf(`%q:{"type":%q,"file":%q,"fields":{%s}}`, rule.Name, kind.Name, answer["id"], strings.Join(fields, ","))
}

// germanProof is the document that a German business must hand in.
func (s *system) germanProof(t *testing.T) models.DocumentRule {
	t.Helper()
	germany, err := s.store.Country(t.Context(), "DE")
	if err != nil {
		t.Fatal(err)
	}
	offer, _ := germany.Offer(models.NumberLocal)
	regulation, _ := offer.For(models.Business)
	i := slices.IndexFunc(regulation.Documents, func(d models.DocumentRule) bool { return d.Accepted[0].File() })
	if i < 0 {
		t.Fatalf("no document is asked for: %+v", regulation)
	}
	return regulation.Documents[i]
}

// does has a reviewer act on the request, or its requester where only they may.
func (w *wish) does(action, body string) map[string]any {
	w.t.Helper()
	key := w.reviewer
	if action == "answer" || action == "withdraw" {
		key = w.requester
	}
	status, answer := w.s.asksAs(w.t, key, http.MethodPost, "/v1/number-requests/"+w.id+"/"+action, body)
	if status != http.StatusOK {
		w.t.Fatalf("%s: %d %v", action, status, answer)
	}
	return answer
}

// comesTo waits until the request is in a state, as the database says.
func (w *wish) comesTo(status models.RequestStatus) models.NumberRequest {
	w.t.Helper()
	var r models.NumberRequest
	for deadline := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		var err error
		if r, err = w.s.store.NumberRequest(w.t.Context(), w.id); err != nil {
			w.t.Fatal(err)
		}
		if r.Status == status {
			return r
		}
		if time.Now().After(deadline) || r.Status.Final() {
			w.t.Fatalf("the request is %s (%s), want %s: %+v", r.Status, r.Reason, status, r.History)
		}
	}
}

// ledger is what there is at the carrier of this request.
func (w *wish) ledger() (held, ever simulator.Ledger) {
	of := func(l simulator.Ledger) simulator.Ledger {
		return slices.DeleteFunc(l, func(e simulator.LedgerEntry) bool { return !strings.HasPrefix(e.FriendlyName, w.id+"/") })
	}
	all := w.s.carrier.Ledger()
	return of(all.Held()), of(all)
}

// works calls the number that was bought, after its draft route was told to ring somebody.
func (w *wish) works() {
	w.t.Helper()
	r := w.comesTo(models.RequestActive)
	number, err := w.s.store.Number(w.t.Context(), r.PhoneNumberID)
	if err != nil {
		w.t.Fatal(err)
	}
	draft, err := w.s.store.Route(w.t.Context(), r.CallRouteID)
	if err != nil || draft.Enabled || draft.PhoneNumberID != number.ID {
		w.t.Fatalf("its route is %+v, %v", draft, err)
	}
	alice, p := w.s.person(w.t, "Alice")
	body := fmt.Sprintf(`{"name":%q,"phone_number_id":%q,"enabled":true,"levels":[{"targets":[{"type":"user","user_id":%q}]}]}`, draft.Name, number.ID, alice.ID)
	if status, answer := w.s.asksAs(w.t, adminKey, http.MethodPut, "/v1/call-routes/"+draft.ID, body); status != http.StatusOK {
		w.t.Fatalf("the route is not switched on: %d %v", status, answer)
	}
	l := &line{t: w.t, s: w.s, number: string(number.Number), people: map[string]*phone{"Alice": p}, from: w.s.fresh()}
	if l.route, err = w.s.store.Route(w.t.Context(), draft.ID); err != nil {
		w.t.Fatal(err)
	}
	caller := l.calls()
	responder := l.rung("Alice").answers().hears("to take").presses("1").talks()
	caller.talks().hangsUp()
	responder.ends("completed")
	l.ended(models.Connected)
}

func TestAnAmericanNumberIsAskedBackApprovedBoughtAndCalled(t *testing.T) {
	each(t, func(t *testing.T, s *system) {
		w := s.wishes(t, americanForm)
		w.does("ask", `{"question":"Which area code would do as well?","fields":["area_code"]}`)
		w.does("answer", `{"text":"Seattle's.","form":{"area_code":"206"}}`)
		status, answer := s.asksAs(t, w.reviewer, http.MethodGet, "/v1/number-requests/"+w.id+"/candidates", "")
		if status != http.StatusOK {
			t.Fatalf("no candidates: %d %v", status, answer)
		}
		candidate := answer["items"].([]any)[0].(map[string]any)
		number := candidate["number"].(string)
		if !strings.HasPrefix(number, "+1206") || candidate["price"].(map[string]any)["amount"] == "" {
			t.Errorf("candidate %v", candidate)
		}
		w.does("approve", fmt.Sprintf(`{"candidate":%q}`, number))
		w.works()
		held, _ := w.ledger()
		if len(held) != 1 || held[0].Phone != number {
			t.Errorf("the carrier's ledger has %+v", held)
		}
	})
}

func TestAGermanNumberGoesThroughTheCarriersReview(t *testing.T) {
	each(t, func(t *testing.T, s *system) {
		w := s.wishes(t, germanForm)
		w.does("approve", `{"choose":true}`)
		w.works()
		held, _ := w.ledger()
		what := map[string]int{}
		for _, e := range held {
			what[e.What]++
		}
		if what[simulator.LedgerNumber] != 1 || what[simulator.LedgerBundle] != 1 || what[simulator.LedgerEndUser] != 1 || what[simulator.LedgerAddress] != 1 || what[simulator.LedgerDocument] != 2 {
			t.Errorf("the carrier's ledger has %v", what)
		}
		r := w.comesTo(models.RequestActive)
		for _, id := range r.Form.Files() {
			if _, err := s.store.Sealed(t.Context(), id); err == nil {
				t.Error("the document is kept though nobody needs it")
			}
		}
	})
}

func TestPaperworkThatTheCarrierRefusesIsMended(t *testing.T) {
	s := sharedSystem(t, "requests")
	s.carrier.ReviewNextBundle("DE", simulator.Review{Verdict: simulator.ReviewRefuse, Reason: "The excerpt cannot be read."})
	w := s.wishes(t, germanForm)
	w.does("approve", `{"choose":true}`)
	r := w.comesTo(models.RequestWaitingForRequester)
	if r.Question == nil || !strings.Contains(r.Question.Text, "cannot be read") {
		t.Fatalf("the requester is asked %+v", r.Question)
	}
	w.does("answer", fmt.Sprintf(`{"text":"A better scan.","form":{"documents":{%s}}}`, w.proof("scan.pdf")))
	w.does("approve", `{"choose":true}`)
	w.works()
	held, _ := w.ledger()
	if n := len(held.Of(simulator.LedgerBundle)); n != 1 {
		t.Errorf("%d bundles are left", n)
	}
}

func TestWhatIsWithdrawnDuringTheCarriersReviewIsUndone(t *testing.T) {
	s := sharedSystem(t, "requests")
	s.carrier.ReviewNextBundle("DE", simulator.Review{Verdict: simulator.ReviewHold})
	w := s.wishes(t, germanForm)
	w.does("approve", `{"choose":true}`)
	w.comesTo(models.RequestWaitingForCarrier)
	w.does("withdraw", `{"reason":"We moved."}`)
	w.comesTo(models.RequestWithdrawn)
	w.tidies()
}

// tidies waits until nothing is left to be removed, and says what the carrier would not.
func (w *wish) tidies() models.NumberRequest {
	w.t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		r, err := w.s.store.NumberRequest(w.t.Context(), w.id)
		if err != nil {
			w.t.Fatal(err)
		}
		if !r.Untidy() {
			if held, _ := w.ledger(); len(held.Of(simulator.LedgerNumber)) != 0 {
				w.t.Errorf("a number is left: %+v", held)
			}
			return r
		}
		if time.Now().After(deadline) {
			w.t.Fatalf("left over: %v", r.Provisioning.Leftovers)
		}
	}
}

func TestANumberOfAnotherCountryIsArrangedByHand(t *testing.T) {
	each(t, func(t *testing.T, s *system) {
		w := s.wishes(t, otherForm)
		by := s.fresh()
		s.carrier.AddNumber(simulator.Number{Phone: by})
		status, imported := s.asksAs(t, adminKey, http.MethodPost, "/v1/phone-numbers", fmt.Sprintf(`{"number":%q,"name":"Sealand"}`, by))
		if status != http.StatusCreated {
			t.Fatalf("not imported: %d %v", status, imported)
		}
		w.does("fulfil", fmt.Sprintf(`{"phone_number_id":%q}`, imported["id"]))
		for deadline := time.Now().Add(patience); w.comesTo(models.RequestActive).CallRouteID == ""; time.Sleep(20 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatal("the number gets no route")
			}
		}
		w.works()
	})
}

func TestANumberThatSomebodyElseBuysFirstIsFollowedByAnother(t *testing.T) {
	s := sharedSystem(t, "requests")
	w := s.wishes(t, americanForm)
	s.carrier.SellNextAway(1)
	w.does("approve", `{"choose":true}`)
	w.works()
	if r := w.comesTo(models.RequestActive); len(r.Provisioning.Tried) != 1 {
		t.Errorf("tried %d numbers in vain", len(r.Provisioning.Tried))
	}
}
