package api

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/ringdown/ringdown/activities/twilio"
	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/simulator"
)

// The numbers for sale, of which none is anybody's.
const (
	forSale      = "+14155550100"
	forSaleToo   = "+14155550101"
	soldInGerman = "+493023125000"
)

// newMarket is newREST with our own catalogue and a carrier that sells numbers.
func newMarket(t *testing.T) (*restTest, *simulator.Carrier) {
	t.Helper()
	carrier := simulator.New(simulator.Config{AccountSID: account, AuthToken: authToken, Speed: 1000})
	server := httptest.NewServer(carrier.Handler())
	t.Cleanup(func() {
		server.Close()
		carrier.Close()
	})
	client, err := twilio.New(twilio.Config{AccountSID: account, AuthToken: authToken, APIURL: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	return newREST(t, client).seeded(), carrier
}

// does acts on a request with the key of the environment.
func (rt *restTest) does(path, action, body string, headers ...string) reply {
	rt.Helper()
	return rt.send(http.MethodPost, path+"/"+action, body, headers...)
}

func TestRESTReviewersChooseAmongNumbersThatAreForSale(t *testing.T) {
	t.Parallel()
	rt, carrier := newMarket(t)
	path := rt.asksFor(restKey, anAmericanNumber)
	var found candidates
	rt.send(http.MethodGet, path+"/candidates?limit=2", "").is(http.StatusOK).into(&found)
	want := models.Candidate{Number: forSale, Country: "US", Type: models.NumberLocal, Locality: "San Francisco", Region: "CA",
		Address: models.AddressNone, Voice: true, Price: models.Price{Amount: "1.15", Currency: "USD"}}
	if len(found.Items) != 2 || found.Items[0] != want {
		t.Errorf("found %+v, want %+v", found.Items, want)
	}
	rt.send(http.MethodGet, path+"/candidates?area_code=212&contains=0155", "").is(http.StatusOK).into(&found)
	if len(found.Items) != 1 || found.Items[0].Locality != "New York" {
		t.Errorf("elsewhere %+v", found.Items)
	}
	rt.send(http.MethodGet, path+"/candidates?area_code=999", "").is(http.StatusOK).into(&found)
	if found.Items == nil || len(found.Items) > 0 {
		t.Errorf("nowhere %+v", found.Items)
	}
	rt.send(http.MethodGet, path+"/candidates?area_code=SFO", "").is(http.StatusUnprocessableEntity)
	for _, code := range []string{"12", "123", "4155"} { // none is an American one
		rt.send(http.MethodGet, path+"/candidates?area_code="+code, "").faults("query.area_code")
	}
	carrier.SetFaults(simulator.Faults{Rules: []simulator.Rule{{Do: simulator.ReplyStatus}}})
	rt.send(http.MethodGet, path+"/candidates", "").is(http.StatusBadGateway)
	rt.does(path, "approve", `{"candidate": "`+forSale+`"}`).is(http.StatusBadGateway)

	other := rt.asksFor(restKey, anotherCountrysNumber)
	rt.send(http.MethodGet, other+"/candidates", "").is(http.StatusConflict)
}

func TestRESTARequestIsApproved(t *testing.T) {
	t.Parallel()
	rt, carrier := newMarket(t)
	path := rt.asksFor(restKey, anAmericanNumber)
	approved := rt.does(path, "approve", `{"candidate": "`+forSale+`"}`, "If-Match", `"1"`).is(http.StatusOK)
	var r models.NumberRequest
	approved.into(&r)
	if r.Status != models.RequestProvisioning || r.Approval.Candidate.Number != forSale || r.Approval.Candidate.Price.Amount != "1.15" ||
		approved.Header().Get("ETag") != etag(r.Version) || r.Version != 2 {
		t.Errorf("%s: %+v", approved.Header().Get("ETag"), r)
	}
	if kept := rt.request(path); kept.Version != r.Version || kept.Status != r.Status {
		t.Errorf("kept %+v", kept)
	}

	carrier.SellOut(forSaleToo)
	for name, c := range map[string]struct {
		body, says string
		faults     []string
	}{
		"a number that somebody else has": {`{"candidate": "` + forSaleToo + `"}`, "does not sell this number", nil},
		"a number of another country":     {`{"candidate": "` + soldInGerman + `"}`, "does not sell this number", nil},
		"a number that nobody ever sold":  {`{"candidate": "+12025550123"}`, "does not sell this number", nil},
		"what is no number":               {`{"candidate": "+1"}`, "", []string{"body.candidate"}},
		"no number":                       {`{}`, "", []string{"body.candidate"}},
		"a number and any":                {`{"candidate": "` + forSale + `", "choose": true}`, "", []string{"body.candidate"}},
		"what nobody knows":               {`{"number": "` + forSale + `"}`, "", []string{"body.number"}},
	} {
		path := rt.asksFor(restKey, anAmericanNumber)
		got := rt.does(path, "approve", c.body)
		if c.faults != nil {
			got.faults(c.faults...)
		} else if detail := got.is(http.StatusConflict).problem().Detail; !strings.Contains(detail, c.says) {
			t.Errorf("%s: said %q", name, detail)
		}
		if r := rt.request(path); r.Status != models.RequestInReview {
			t.Errorf("%s: leaves it %s", name, r.Status)
		}
	}
	rt.does(rt.asksFor(restKey, anotherCountrysNumber), "approve", `{"choose": true}`).faults("body.candidate")
	rt.does(requestsPath+"/"+aRequest, "approve", `{"choose": true}`).is(http.StatusNotFound)
}

func TestRESTOnlyReviewersReview(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil).seeded()
	_, requester := rt.key(models.RoleRequester)
	_, viewer := rt.key(models.RoleViewer)
	path := rt.asksFor(requester, anAmericanNumber)
	for action, body := range map[string]string{
		"approve": `{"choose": true}`, "reject": `{"reason": "x"}`, "ask": `{"question": "x"}`,
		"fulfil": `{"phone_number_id": "x"}`, "retry": `{}`, "assign": `{"user_id": ""}`,
	} {
		rt.with(requester, http.MethodPost, path+"/"+action, body).is(http.StatusForbidden)
		rt.with(viewer, http.MethodPost, path+"/"+action, body).is(http.StatusForbidden)
	}
	if len(rt.requests.asked) > 0 {
		t.Errorf("the run was asked for %v", rt.requests.asked)
	}
}

func TestRESTWhatIsOverStaysOver(t *testing.T) {
	t.Parallel()
	rt, _ := newMarket(t)
	_, requester := rt.key(models.RoleRequester)
	path := rt.asksFor(requester, anAmericanNumber)
	rt.with(requester, http.MethodPost, path+"/withdraw", `{"reason": "We need none."}`).is(http.StatusOK)
	for action, body := range map[string]string{
		"approve": `{"candidate": "` + forSale + `"}`, "reject": `{"reason": "x"}`, "ask": `{"question": "x"}`, "retry": `{}`,
		"withdraw": `{}`, "answer": `{"text": "x"}`, "comment": `{"text": "x"}`, "assign": `{"user_id": ""}`,
	} {
		detail := rt.does(path, action, body).is(http.StatusConflict).problem().Detail
		if !strings.Contains(detail, "is withdrawn (withdrawn by A requester at 2026-03-04T12:00:00Z)") {
			t.Errorf("%s says %q", action, detail)
		}
	}
}

func TestRESTOfTwoReviewersOneDecides(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil).seeded()
	path := rt.asksFor(restKey, anAmericanNumber)
	_, one := rt.key(models.RoleReviewer)
	_, another := rt.key(models.RoleReviewer)
	var codes [2]int
	var both sync.WaitGroup
	for i, c := range []struct{ secret, action, body string }{
		{one, "approve", `{"choose": true}`}, {another, "reject", `{"reason": "We have enough."}`},
	} {
		both.Go(func() { codes[i] = rt.with(c.secret, http.MethodPost, path+"/"+c.action, c.body).Code })
	}
	both.Wait()
	if codes != [2]int{http.StatusOK, http.StatusConflict} && codes != [2]int{http.StatusConflict, http.StatusOK} {
		t.Errorf("answered %v", codes)
	}
	if r := rt.request(path); (r.Status == models.RequestProvisioning) != (codes[0] == http.StatusOK) || len(r.History) != 2 {
		t.Errorf("answered %v, and it is %s: %v", codes, r.Status, r.History)
	}
}

// unheard has an action done of which nobody hears, and the run write it.
func (rt *restTest) unheard(path string, act func() reply) (said string) {
	rt.Helper()
	rt.requests.deaf = true
	said = act().is(http.StatusServiceUnavailable).problem().Detail
	rt.requests.deaf = false
	id := strings.TrimPrefix(path, requestsPath+"/")
	if _, err := rt.store.KeepNumberRequest(rt.Context(), rt.requests.runs[id]); err != nil {
		rt.Fatal(err)
	}
	return said
}

func TestRESTAnActionIsDoneOnceForItsToken(t *testing.T) {
	t.Parallel()
	rt, carrier := newMarket(t)
	path := rt.asksFor(restKey, anAmericanNumber)
	approve := func(token string) reply {
		return rt.does(path, "approve", `{"candidate": "`+forSale+`"}`, "Idempotency-Key", token, "If-Match", `"1"`)
	}
	if said := rt.unheard(path, func() reply { return approve("one") }); !strings.Contains(said, "Repeat it with the same Idempotency-Key") {
		t.Errorf("said %q", said)
	}
	carrier.SellOut(forSale) // by the time of the repeat the number is ours, and the version another
	again := approve("one").is(http.StatusOK)
	if again.Header().Get("ETag") != `"2"` || again.fields()["status"] != "provisioning" {
		t.Errorf("%s: %s", again.Header().Get("ETag"), again.Body)
	}
	approve("two").is(http.StatusPreconditionFailed)
	rt.does(path, "approve", `{"candidate": "`+forSale+`"}`, "Idempotency-Key", "three").is(http.StatusConflict)
	if r := rt.request(path); len(r.History) != 2 {
		t.Errorf("its history is %v", r.History)
	}
}

func TestRESTATokenIsForOneActionThoughItsReplyWasLost(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil).seeded()
	path := rt.asksFor(restKey, anAmericanNumber)
	comment := func(text string, headers ...string) reply {
		return rt.does(path, "comment", `{"text": "`+text+`"}`, append([]string{"Idempotency-Key", "one"}, headers...)...)
	}
	rt.unheard(path, func() reply { return comment("First.") })
	comment("Second.").faults("header.Idempotency-Key")
	comment("First.", "If-Match", "*").faults("header.Idempotency-Key")
	comment("First.").is(http.StatusOK)
	if r := rt.request(path); len(r.History) != 2 {
		t.Errorf("its history is %v", r.History)
	}
}

func TestRESTAnotherBodyIsAnotherAction(t *testing.T) {
	t.Parallel()
	ctx := withToken(t.Context(), "one")
	if updateID(ctx, "comment", []byte("a")) == updateID(ctx, "comment", []byte("b")) {
		t.Error("they are taken for one")
	}
	if first, again := updateID(ctx, "comment", []byte("a")), updateID(ctx, "comment", []byte("a")); first != again {
		t.Error("a repeat is taken for another")
	}
}

func TestRESTAVersionThatWasNotThereIsLookedAtAgain(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil).seeded()
	path := rt.asksFor(restKey, anAmericanNumber)
	ahead := func() reply { // of what the database knows
		return rt.does(path, "comment", `{"text": "Me too."}`, "Idempotency-Key", "two", "If-Match", `"2"`)
	}
	ahead().is(http.StatusPreconditionFailed)
	rt.does(path, "comment", `{"text": "x"}`).is(http.StatusOK)
	ahead().is(http.StatusOK)
}

func TestRESTWhoApprovesSecondIsToldWhoWasFirst(t *testing.T) {
	t.Parallel()
	rt, carrier := newMarket(t)
	path := rt.asksFor(restKey, anAmericanNumber)
	_, one := rt.key(models.RoleReviewer)
	const approval = `{"candidate": "` + forSale + `"}`
	rt.with(one, http.MethodPost, path+"/approve", approval).is(http.StatusOK)
	carrier.SetFaults(simulator.Faults{Rules: []simulator.Rule{{Do: simulator.ReplyStatus}}}) // it is not asked
	full := rt.allotting(models.Allotment{Numbers: 1})
	rt.number("+12025550190", "Here", models.NumberActive)
	for _, body := range []string{approval, `{"candidate": "` + forSaleToo + `"}`, `{"choose": true}`} {
		for _, rt := range []*restTest{rt, full} {
			said := rt.does(path, "approve", body).is(http.StatusConflict).problem().Detail
			if want := "is being set up at this moment (approved by A reviewer at 2026-03-04T12:00:00Z)"; !strings.Contains(said, want) {
				t.Errorf("%s: said %q, want %q", body, said, want)
			}
		}
	}
}

// Between a look at the request and one at the carrier, another approval may have bought the number.
func TestRESTWhoFindsTheNumberSoldToTheirOwnRequestIsToldWhoApproved(t *testing.T) {
	t.Parallel()
	carrier := simulator.New(simulator.Config{AccountSID: account, AuthToken: authToken, Speed: 1000})
	meanwhile := func() {}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		meanwhile()
		carrier.Handler().ServeHTTP(w, r)
	}))
	t.Cleanup(func() {
		server.Close()
		carrier.Close()
	})
	client, err := twilio.New(twilio.Config{AccountSID: account, AuthToken: authToken, APIURL: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	rt := newREST(t, client).seeded()
	path := rt.asksFor(restKey, anAmericanNumber)
	meanwhile = func() {
		meanwhile = func() {}
		r := rt.requests.becomes(strings.TrimPrefix(path, requestsPath+"/"), func(r models.NumberRequest) models.NumberRequest {
			approved, err := r.Approve(models.ToApprove{By: models.Who{Actor: models.Actor{Name: "Rita"}, Role: models.RoleReviewer}, Choose: true}, rt.now)
			if err != nil {
				t.Error(err)
			}
			return approved
		})
		if _, err := rt.store.KeepNumberRequest(t.Context(), r); err != nil {
			t.Error(err)
		}
		carrier.SellOut(forSale)
	}
	said := rt.does(path, "approve", `{"candidate": "`+forSale+`"}`).is(http.StatusConflict).problem().Detail
	if !strings.Contains(said, "approved by Rita") {
		t.Errorf("said %q", said)
	}
}

func TestRESTNumbersAreForSaleThoughNobodyKnowsThePrice(t *testing.T) {
	t.Parallel()
	rt, carrier := newMarket(t)
	path := rt.asksFor(restKey, anAmericanNumber)
	carrier.SetFaults(simulator.Faults{Rules: []simulator.Rule{{Match: simulator.Match{Operation: "FetchPhoneNumberCountry"}, Do: simulator.ReplyStatus}}})
	var found candidates
	rt.send(http.MethodGet, path+"/candidates?limit=1", "").is(http.StatusOK).into(&found)
	if len(found.Items) != 1 || found.Items[0].Price != (models.Price{}) {
		t.Errorf("found %+v", found.Items)
	}
	rt.does(path, "approve", `{"candidate": "`+forSale+`"}`).is(http.StatusOK)
	if !strings.Contains(rt.log.String(), "numbers for sale without their prices") {
		t.Errorf("logged %s", rt.log)
	}
}

func TestRESTAnActionNeedsTheVersionThatWasRead(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil).seeded()
	path := rt.asksFor(restKey, anAmericanNumber)
	rt.does(path, "comment", `{"text": "One moment."}`, "If-Match", `"1"`).is(http.StatusOK)
	for _, tag := range []string{`"0"`, `"1"`, `2`, `W/"2"`} {
		rt.does(path, "reject", `{"reason": "x"}`, "If-Match", tag).is(http.StatusPreconditionFailed)
	}
	rt.does(path, "comment", `{"text": "Another."}`, "If-Match", "*").is(http.StatusOK)
	rt.does(path, "reject", `{"reason": "x"}`, "If-Match", `"3"`).is(http.StatusOK)
}
