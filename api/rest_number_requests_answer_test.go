package api

import (
	"net/http"
	"strings"
	"testing"

	"github.com/ringdown/ringdown/models"
)

// asksBack asks for a German number with a key and has a question asked about it.
func (rt *restTest) asksBack(secret, question string) (path string) {
	rt.Helper()
	id := rt.uploads(secret, "excerpt.pdf", "application/pdf", aPDF).is(http.StatusCreated).id()
	path = rt.asksFor(secret, strings.Replace(aGermanNumber, "FILE", id, 1))
	rt.does(path, "ask", question).is(http.StatusOK)
	return path
}

func TestRESTAQuestionIsAboutWhatTheFormHas(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil).seeded()
	path := rt.asksFor(restKey, anAmericanNumber)
	rt.does(path, "ask", `{"question": "x", "fields": ["email", "name", "address.city", "shoe_size"]}`).
		faults("body.fields[1]", "body.fields[2]", "body.fields[3]")
	rt.does(path, "ask", `{"question": ""}`).faults("body.question")
	var r models.NumberRequest
	rt.does(path, "ask", `{"question": "What for?\nAnd when?", "fields": ["details", "area_code"]}`).is(http.StatusOK).into(&r)
	if r.Status != models.RequestWaitingForRequester || r.ActsNext != models.PartyRequester || len(r.Question.Fields) != 2 || r.Question.By != "first admin key" {
		t.Errorf("it is %+v", r)
	}
	rt.does(path, "ask", `{"question": "And else?"}`).is(http.StatusConflict)
	rt.does(path, "approve", `{"choose": true}`).is(http.StatusConflict)
}

// dropsFromCatalogue has the catalogue offer no number of a country any more.
func (rt *restTest) dropsFromCatalogue(code string) {
	rt.Helper()
	if err := rt.store.KeepCountries(rt.Context(), []models.Country{{Code: code, Name: code}}); err != nil {
		rt.Fatal(err)
	}
}

func TestRESTWhatTheCatalogueDoesNotOfferAnyMoreIsNoFaultOfTheBody(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil).seeded()
	american, german := rt.asksFor(restKey, anAmericanNumber), rt.asksBack(restKey, `{"question": "Is it yours?", "fields": ["end_user", "details"]}`)
	rt.dropsFromCatalogue("US")
	rt.dropsFromCatalogue("DE")
	said := rt.does(american, "ask", `{"question": "What for?", "fields": ["details"]}`).is(http.StatusConflict).problem().Detail
	if !strings.Contains(said, "ask in words") {
		t.Errorf("said %q", said)
	}
	rt.does(american, "ask", `{"question": "What for?"}`).is(http.StatusOK)
	rt.does(german, "answer", `{"form": {"end_user": "business", "details": "The lift."}}`).is(http.StatusOK)
}

func TestRESTAnAnswerChangesWhatWasAsked(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil).seeded()
	_, requester := rt.key(models.RoleRequester)
	path := rt.asksBack(requester, `{"question": "Which one is it?", "fields": ["address.city", "documents.business_name_info", "details"]}`)
	answer := func(body string) reply { return rt.with(requester, http.MethodPost, path+"/answer", body) }
	file := rt.uploads(requester, "newer.png", "image/png", aPNG).is(http.StatusCreated).id()
	strangers := rt.uploads(restKey, "other.png", "image/png", aPNG).is(http.StatusCreated).id()
	document := func(file string) string {
		return `{"business_name_info": {"type": "commercial_registrar_excerpt", "fields": {"business_name": "Example"}, "file": "` + file + `"}}`
	}
	for _, c := range []struct {
		name, body string
		faults     []string
	}{
		{"nothing", `{}`, []string{"text"}},
		{"what was not asked", `{"form": {"email": "bob@example.com", "address": {"street": "x"}}}`, []string{"form.address.street", "form.email"}},
		{"what cannot be changed", `{"form": {"country": "FR"}}`, []string{"form.country"}},
		{"what there is not", `{"form": {"shoe_size": 9}}`, []string{"form"}},
		{"another type", `{"form": {"details": 9}}`, []string{"form.details"}},
		{"null", `{"form": {"details": null}}`, []string{"form.details"}},
		{"a whole where a part was asked", `{"form": {"address": {"city": "Berlin", "country": "DE"}}}`, []string{"form.address.country"}},
		{"a part that is no answer", `{"form": {"address": {"city": ""}}}`, []string{"form.address.city"}},
		{"a document of another type", `{"form": {"documents": ` + strings.Replace(document(file), "commercial_registrar_excerpt", "selfie", 1) + `}}`,
			[]string{"form.documents.business_name_info.type"}},
		{"a document that is not there", `{"form": {"documents": ` + document(aRequest) + `}}`, []string{"form.documents.business_name_info.file"}},
		{"a document of somebody else", `{"form": {"documents": ` + document(strangers) + `}}`, []string{"form.documents.business_name_info.file"}},
		{"a document without what is in it", `{"form": {"documents": {"business_name_info": {"type": "commercial_registrar_excerpt", "file": "` + file + `"}}}}`,
			[]string{"form.documents.business_name_info.fields"}},
	} {
		places := make([]string, len(c.faults))
		for i, fault := range c.faults {
			places[i] = "body." + fault
		}
		t.Run(c.name, func(t *testing.T) {
			rt := *rt
			rt.T = t
			rt.with(requester, http.MethodPost, path+"/answer", c.body).faults(places...)
		})
	}
	var r models.NumberRequest
	answer(`{"text": "That one.", "form": {"address": {"city": "Potsdam"}, "documents": ` + document(file) + `}}`).is(http.StatusOK).into(&r)
	if r.Status != models.RequestInReview || r.Question != nil || r.Form.Address.City != "Potsdam" || r.Form.Address.Street != "Main Street 1" ||
		r.Form.Documents["business_name_info"].File != file {
		t.Errorf("it is %+v", r)
	}
	var d models.Document
	rt.with(requester, http.MethodGet, "/v1/documents/"+file, "").is(http.StatusOK).into(&d)
	if d.RequestID != r.ID {
		t.Errorf("the new document is of %q", d.RequestID)
	}
	answer(`{"text": "And another."}`).is(http.StatusConflict)
}

func TestRESTAQuestionThatWasNeverAskedHasNoAnswer(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil).seeded()
	path := rt.asksFor(restKey, anAmericanNumber)
	for _, body := range []string{`{"text": "Yes."}`, `{"form": {"area_code": "212"}}`} {
		rt.does(path, "answer", body).is(http.StatusConflict)
	}
	if r := rt.request(path); r.Form.AreaCode != "415" || len(r.History) != 1 {
		t.Errorf("it is %+v", r)
	}
}

func TestRESTAnotherEndUserBringsTheirOwnPaperwork(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil).seeded()
	path := rt.asksBack(restKey, `{"question": "Is it yours?", "fields": ["end_user"]}`)
	rt.does(path, "answer", `{"form": {"end_user": "individual"}}`).faults("body.form.person", "body.form.address", "body.form.documents")
	rt.does(path, "answer", `{"form": {"end_user": "robot"}}`).faults("body.form.end_user")
	file := rt.uploads(restKey, "passport.png", "image/png", aPNG).is(http.StatusCreated).id()
	const whole = `{"form": {"end_user": "individual", "person": {"first_name": "Alice", "last_name": "Adams"},
		"address": {"customer_name": "Alice Adams", "street": "Main Street 1", "city": "Berlin", "region": "Berlin", "postal_code": "10115", "country": "DE"},
		"documents": {"name_info": {"type": "passport", "fields": {"first_name": "Alice", "last_name": "Adams"}, "file": "FILE"}}}}`
	var r models.NumberRequest
	rt.does(path, "answer", strings.Replace(whole, "FILE", file, 1)).is(http.StatusOK).into(&r)
	if r.Form.EndUser != models.Individual || len(r.Form.Person) != 2 || len(r.Form.Documents) != 1 {
		t.Errorf("it is %+v", r.Form)
	}
}

func TestRESTAnAnswerIsNotHeldToWhatItCannotMend(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil).seeded()
	path := rt.asksFor(restKey, anAmericanNumber)
	rt.does(path, "ask", `{"question": "What for?", "fields": ["details"]}`).is(http.StatusOK)
	american, err := rt.store.Country(t.Context(), "US")
	if err != nil {
		t.Fatal(err)
	}
	american.Types[0].Address = models.AddressAny // the carrier asks for more by now
	if err := rt.store.KeepCountries(t.Context(), []models.Country{american}); err != nil {
		t.Fatal(err)
	}
	rt.does(path, "answer", `{"form": {"details": "The lift."}}`).is(http.StatusOK)
}
