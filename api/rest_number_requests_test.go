package api

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ringdown/ringdown/models"
)

const (
	// anAmericanNumber is what asks for the least.
	anAmericanNumber = `{"name": "Support", "country": "US", "type": "local", "email": "alice@example.com", "area_code": "415"}`
	// aGermanNumber is what asks for the most, its file left out.
	aGermanNumber = `{"name": "Support Berlin", "country": "DE", "type": "local", "email": "alice@example.com", "end_user": "business",
		"person": {"business_name": "Example", "business_registration_number": "HRB 1", "first_name": "Alice", "last_name": "Adams"},
		"address": {"customer_name": "Example", "street": "Main Street 1", "city": "Berlin", "region": "Berlin", "postal_code": "10115", "country": "DE"},
		"documents": {"business_name_info": {"type": "commercial_registrar_excerpt", "fields": {"business_name": "Example"}, "file": "FILE"}}}`
	// anotherCountrysNumber is what a person arranges.
	anotherCountrysNumber = `{"name": "Moon base", "country": "other", "email": "alice@example.com", "details": "A number on the moon."}`

	aRequest = "01932c5e-7a4b-7c3d-8e9f-0123456789ab"
)

// seeded has our own catalogue.
func (rt *restTest) seeded() *restTest {
	rt.Helper()
	if err := rt.store.SeedCountries(rt.Context(), models.SeedCountries()); err != nil {
		rt.Fatal(err)
	}
	return rt
}

// allotting is the same API with an allotment.
func (rt *restTest) allotting(a models.Allotment) *restTest {
	deps := rt.deps()
	deps.allotment = a
	return rt.process(deps)
}

// asksFor asks for a number with a key, and answers the path of the request.
func (rt *restTest) asksFor(secret, form string) (path string) {
	rt.Helper()
	return rt.with(secret, http.MethodPost, requestsPath, form).is(http.StatusCreated).Header().Get("Location")
}

func (rt *restTest) request(path string) (r models.NumberRequest) {
	rt.Helper()
	rt.send(http.MethodGet, path, "").is(http.StatusOK).into(&r)
	return r
}

func TestRESTANumberIsAskedFor(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil).seeded()
	key, requester := rt.key(models.RoleRequester)
	made := rt.with(requester, http.MethodPost, requestsPath, anAmericanNumber).is(http.StatusCreated)
	var r models.NumberRequest
	made.into(&r)
	if made.Header().Get("Location") != requestsPath+"/"+r.ID || made.Header().Get("ETag") != `"1"` || r.Version != 1 {
		t.Errorf("at %s, %s", made.Header().Get("Location"), made.Header().Get("ETag"))
	}
	if r.Status != models.RequestInReview || r.ActsNext != models.PartyReviewer || r.Requester.KeyID != key || r.Form.AreaCode != "415" ||
		len(r.History) != 1 || r.History[0].Kind != models.HistorySubmitted || !r.Since.Equal(rt.now) {
		t.Errorf("made %+v", r)
	}
	if fmt.Sprint(rt.requests.started) != "["+r.ID+"]" {
		t.Errorf("looked after: %v", rt.requests.started)
	}
	if rt.log.Len() > 0 {
		t.Errorf("logged %s", rt.log)
	}
	if actions, _ := rt.send(http.MethodGet, "/v1/audit?noun=number+request", "").is(http.StatusOK).items("action"); fmt.Sprint(actions) != "[submitted]" {
		t.Errorf("audited %v", actions)
	}
}

func TestRESTASubmissionHasAllItsFaultsNamed(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil).seeded()
	for _, c := range []struct {
		name, body string
		faults     []string
	}{
		{"nothing", `{}`, []string{"name", "country", "email"}},
		{"an impossible country", `{"name": "x", "country": "XX", "type": "local", "email": "no address"}`, []string{"country", "email"}},
		{"a country in small letters", `{"name": "x", "country": "us", "type": "local", "email": "a@example.com"}`, []string{"country"}},
		{"no type", `{"name": "x", "country": "US", "email": "a@example.com"}`, []string{"type"}},
		{"a type that is not sold there", `{"name": "x", "country": "US", "type": "mobile", "email": "a@example.com"}`, []string{"type"}},
		{"a type that there is not", `{"name": "x", "country": "US", "type": "satellite", "email": "a@example.com"}`, []string{"type"}},
		{"an area code that is none", `{"name": "x", "country": "US", "type": "local", "email": "a@example.com", "area_code": "41"}`, []string{"area_code"}},
		{"an area code of letters", `{"name": "x", "country": "US", "type": "local", "email": "a@example.com", "area_code": "SFO", "contains": "*"}`, []string{"area_code", "contains"}},
		{"an area code that is a number", `{"name": "x", "country": "US", "type": "local", "email": "a@example.com", "area_code": 415}`, []string{"area_code"}},
		{"what nobody asks", `{"name": "x", "country": "US", "type": "local", "email": "a@example.com", "shoe_size": "9", "person": {"first_name": "Alice"}}`, []string{"shoe_size", "person"}},
		{"null", `{"name": null, "country": "US", "type": "local", "email": "a@example.com"}`, []string{"name"}},
		{"two lines", `{"name": "x\ny", "country": "US", "type": "local", "email": "a@example.com"}`, []string{"name"}},
		{"nobody in particular", `{"name": "x", "country": "DE", "type": "local", "email": "a@example.com", "person": {"first_name": "Alice"}}`, []string{"end_user"}},
		{"an end user that there is not", `{"name": "x", "country": "DE", "type": "local", "email": "a@example.com", "end_user": "robot"}`, []string{"end_user"}},
		{"none of the paperwork", `{"name": "x", "country": "DE", "type": "local", "email": "a@example.com", "end_user": "business"}`, []string{"person", "address", "documents"}},
		{"half of the paperwork", strings.NewReplacer(`"city": "Berlin", `, "", `"HRB 1"`, `""`, `commercial_registrar_excerpt`, `selfie`, `FILE`, `excerpt.pdf`,
			`"country": "DE"}`, `"country": "FR"}`).Replace(aGermanNumber),
			[]string{"address.city", "address.country", "person.business_registration_number", "documents.business_name_info.type", "documents.business_name_info.file"}},
		{"another country without words", `{"name": "x", "country": "other", "email": "a@example.com"}`, []string{"details"}},
		{"another country with a type", `{"name": "x", "country": "other", "email": "a@example.com", "details": "x", "type": "local"}`, []string{"type"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			places := make([]string, len(c.faults))
			for i, fault := range c.faults {
				places[i] = "body." + fault
			}
			rt := *rt
			rt.T = t
			rt.send(http.MethodPost, requestsPath, c.body).faults(places...)
		})
	}
	rt.send(http.MethodPost, requestsPath, `{"name": `).is(http.StatusBadRequest)
	rt.send(http.MethodPost, requestsPath, `[]`).is(http.StatusUnprocessableEntity)
	missing := strings.Replace(aGermanNumber, "FILE", aRequest, 1)
	rt.send(http.MethodPost, requestsPath, missing).faults("body.documents")
	if len(rt.requests.started) > 0 {
		t.Errorf("looked after: %v", rt.requests.started)
	}
	if requests, _ := rt.send(http.MethodGet, requestsPath, "").is(http.StatusOK).items("id"); len(requests) > 0 {
		t.Errorf("there are %v", requests)
	}
}

func TestRESTAFaultSaysWhatWouldBeRight(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil).seeded()
	got := rt.send(http.MethodPost, requestsPath, `{"name": "x", "country": "US", "type": "fax", "email": "a@example.com"}`).problem()
	if len(got.Errors) != 1 || got.Errors[0].Message != "must be a type that is offered there: local, toll_free" {
		t.Errorf("said %v", got.Errors)
	}
	body := strings.Replace(strings.Replace(aGermanNumber, `"business"`, `"individual"`, 1), "business_name_info", "name_info", 1)
	got = rt.send(http.MethodPost, requestsPath, body).problem()
	said := map[string]string{}
	for _, e := range got.Errors {
		said[e.Location] = e.Message
	}
	if want := "must be government_issued_document or passport"; said["body.documents.name_info.type"] != want {
		t.Errorf("of the type it says %q, want %q", said["body.documents.name_info.type"], want)
	}
}

func TestRESTARequestIsTakenThoughNoRunBegins(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil).seeded()
	rt.requests.away = errors.New("nobody is there")
	path := rt.asksFor(restKey, anAmericanNumber)
	if unstarted, err := rt.store.UnstartedRequests(t.Context(), rt.now.Add(time.Second), 2); err != nil || len(unstarted) != 1 {
		t.Errorf("without a run are %v, %v", unstarted, err)
	}
	shown := rt.send(http.MethodGet, path, "").is(http.StatusOK) // the first version is 1, whoever looks after it
	if got := fmt.Sprintf("%v %s", shown.fields()["version"], shown.Header().Get("ETag")); got != `1 "1"` {
		t.Errorf("its version is %s", got)
	}
	rt.requests.away = nil
	rt.does(path, "comment", `{"text": "x"}`, "If-Match", `"1"`).is(http.StatusOK)
	if !strings.Contains(rt.log.String(), "number request not looked after yet") {
		t.Errorf("logged %s", rt.log)
	}
}

func TestRESTTheSameSubmissionTwiceIsOneRequest(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil).seeded()
	var ids sync.Map
	var all sync.WaitGroup
	for range 5 {
		all.Go(func() {
			got := rt.send(http.MethodPost, requestsPath, anAmericanNumber, "Idempotency-Key", "one")
			if got.Code == http.StatusCreated {
				ids.Store(got.id(), true)
			} else {
				got.is(http.StatusConflict) // the first is still at work
			}
		})
	}
	all.Wait()
	again := rt.send(http.MethodPost, requestsPath, anAmericanNumber, "Idempotency-Key", "one").is(http.StatusCreated)
	ids.Store(again.id(), true)
	n := 0
	ids.Range(func(_, _ any) bool { n++; return true })
	if requests, _ := rt.send(http.MethodGet, requestsPath, "").is(http.StatusOK).items("id"); n != 1 || len(requests) != 1 {
		t.Errorf("answered %d ids, there are %v", n, requests)
	}
	rt.send(http.MethodPost, requestsPath, anotherCountrysNumber, "Idempotency-Key", "one").faults("header.Idempotency-Key")
}

func TestRESTRequestersSeeTheirOwnRequests(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil).seeded()
	_, alice := rt.key(models.RoleRequester)
	_, mallory := rt.key(models.RoleRequester)
	_, reviewer := rt.key(models.RoleReviewer)
	path := rt.asksFor(alice, anAmericanNumber)
	rt.with(reviewer, http.MethodPost, path+"/comment", `{"text": "Who is that?", "internal": true}`).is(http.StatusOK)
	for _, c := range []struct {
		name, secret string
		sees         int // lines of the history; 0: nothing
		told         []string
	}{
		{"whose it is", alice, 1, []string{"requester"}}, {"a stranger", mallory, 0, nil}, {"a reviewer", reviewer, 2, []string{"requester", "reviewer"}},
	} {
		ids, _ := rt.with(c.secret, http.MethodGet, requestsPath, "").is(http.StatusOK).items("id")
		if len(ids) != min(c.sees, 1) {
			t.Errorf("%s: listed %v", c.name, ids)
		}
		told, _ := rt.with(c.secret, http.MethodGet, "/v1/notices", "").is(http.StatusOK).items("to")
		slices.Sort(told)
		if !slices.Equal(told, c.told) {
			t.Errorf("%s: is shown notices to %v, want %v", c.name, told, c.told)
		}
		if c.sees == 0 {
			rt.with(c.secret, http.MethodGet, path, "").is(http.StatusNotFound)
			for action, body := range map[string]string{"answer": `{"text": "x"}`, "withdraw": `{}`, "comment": `{"text": "x"}`} {
				rt.with(c.secret, http.MethodPost, path+"/"+action, body).is(http.StatusNotFound)
			}
			continue
		}
		var r models.NumberRequest
		rt.with(c.secret, http.MethodGet, path, "").is(http.StatusOK).into(&r)
		if len(r.History) != c.sees {
			t.Errorf("%s: is shown %v", c.name, r.History)
		}
	}
	rt.with(alice, http.MethodPost, path+"/comment", `{"text": "x", "internal": true}`).is(http.StatusForbidden)
	_, viewer := rt.key(models.RoleViewer)
	rt.with(viewer, http.MethodGet, path, "").is(http.StatusForbidden)
	rt.with(viewer, http.MethodGet, requestsPath, "").is(http.StatusForbidden)
}

func TestRESTAListHasNoHistories(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil).seeded()
	path := rt.asksFor(restKey, anAmericanNumber)
	listed := rt.send(http.MethodGet, requestsPath, "").is(http.StatusOK).Body.String()
	if strings.Contains(listed, `"history"`) || !strings.Contains(listed, `"version":1,`) {
		t.Errorf("listed is %s", listed)
	}
	if r := rt.request(path); len(r.History) != 1 {
		t.Errorf("its history is %v", r.History)
	}
}

func TestRESTRequestersAreNotToldWhatWentWrongHere(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil).seeded()
	_, requester := rt.key(models.RoleRequester)
	rt.asksFor(requester, anAmericanNumber)
	var notices list[models.Notice]
	rt.send(http.MethodGet, "/v1/notices", "").is(http.StatusOK).into(&notices)
	for _, n := range notices.Items {
		if err := rt.store.NoticeFailed(t.Context(), n.ID, "mail.example.com: no such host", true); err != nil {
			t.Fatal(err)
		}
	}
	for secret, told := range map[string]bool{restKey: true, requester: false} {
		body := rt.with(secret, http.MethodGet, "/v1/notices", "").is(http.StatusOK).Body.String()
		if strings.Contains(body, "no such host") != told {
			t.Errorf("told %s", body)
		}
	}
}

func TestRESTWithoutAKeyAFormSaysThatNothingCanBeUploaded(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil).seeded()
	deps := rt.deps()
	deps.sealing = nil
	rt = rt.process(deps)
	const off = "uploads are switched off"
	for query, says := range map[string]bool{"country=DE&type=local&end_user=business": true, "country=US&type=local": false} {
		form := rt.send(http.MethodGet, requestsPath+"/form?"+query, "").is(http.StatusOK).Body.String()
		if strings.Contains(form, off) != says {
			t.Errorf("%s: the form is %s", query, form)
		}
	}
	for name, body := range map[string]string{
		"documents":                         `{"name": "x", "country": "DE", "type": "local", "email": "a@example.com", "end_user": "business"}`,
		"documents.business_name_info":      strings.Replace(aGermanNumber, `"business_name_info": {`, `"other": {`, 1),
		"documents.business_name_info.file": strings.Replace(aGermanNumber, `, "file": "FILE"`, "", 1),
	} {
		said := map[string]string{}
		for _, e := range rt.send(http.MethodPost, requestsPath, body).is(http.StatusUnprocessableEntity).problem().Errors {
			said[e.Location] = e.Message
		}
		if !strings.Contains(said["body."+name], off) || said["body.person"] != "" && said["body.person"] != "is required" {
			t.Errorf("%s: said %v", name, said)
		}
	}
}

func TestRESTRequestsAreListedByWhatTheyWaitFor(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil).seeded()
	first := rt.asksFor(restKey, anAmericanNumber)
	rt.now = rt.now.Add(time.Hour)
	second := rt.asksFor(restKey, anotherCountrysNumber)
	rt.send(http.MethodPost, second+"/ask", `{"question": "Which moon?"}`).is(http.StatusOK)
	for query, want := range map[string][]string{
		"":                                      {second, first},
		"?limit=1":                              {second},
		"?status=in_review":                     {first},
		"?acts_next=requester":                  {second},
		"?acts_next=carrier":                    nil,
		"?since_before=2026-03-04T12:30:00Z":    {first},
		"?status=waiting_for_requester&limit=9": {second},
	} {
		ids, _ := rt.send(http.MethodGet, requestsPath+query, "").is(http.StatusOK).items("id")
		if got := fmt.Sprint(ids); got != strings.ReplaceAll(fmt.Sprint(want), requestsPath+"/", "") {
			t.Errorf("%s: %s, want %v", query, got, want)
		}
	}
	rt.send(http.MethodGet, requestsPath+"?status=lost", "").is(http.StatusUnprocessableEntity)
}

func TestRESTNoMoreNumbersAreAskedForThanAllotted(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil).seeded().allotting(models.Allotment{Numbers: 1})
	const form = requestsPath + "/form?country=US&type=local"
	asksWhy := func() bool {
		return strings.Contains(rt.send(http.MethodGet, form, "").is(http.StatusOK).Body.String(), `"exception"`)
	}
	if asksWhy() {
		t.Error("an exception is asked for while there is room")
	}
	exception := strings.Replace(anAmericanNumber, "{", `{"exception": "The second line rings all day.", `, 1)
	path := rt.asksFor(restKey, exception) // nobody is held to what was true when they began to write
	got := rt.send(http.MethodPost, requestsPath, anAmericanNumber)
	got.faults("body.exception")
	if said := got.problem().Errors[0].Message; said != "as many numbers as allotted are in use or asked for: say why there should be one more" {
		t.Errorf("said %q", said)
	}
	rt.send(http.MethodPost, requestsPath, strings.Replace(exception, "The second line rings all day.", " ", 1)).faults("body.exception")
	if !asksWhy() {
		t.Error("no exception is asked for")
	}
	rt.asksFor(restKey, exception)
	rt.send(http.MethodPost, path+"/withdraw", `{}`).is(http.StatusOK)
	rt.send(http.MethodPost, requestsPath, strings.Replace(exception, "The second", `\u0000The second`, 1)).faults("body.exception")
}
