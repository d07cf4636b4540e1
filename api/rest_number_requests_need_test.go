package api

import (
	"net/http"
	"testing"

	"github.com/ringdown/ringdown/models"
)

func TestRESTAnAddressMayBeAskedThatTheFormDoesNotHave(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil).seeded()
	path := rt.asksFor(restKey, anAmericanNumber)
	rt.does(path, "ask", `{"question": "Where are you?", "fields": ["address", "details"]}`).is(http.StatusOK)
	rt.does(path, "answer", `{"form": {"address": {"city": "Boston"}}}`).
		faults("body.form.address.country", "body.form.address.customer_name", "body.form.address.postal_code", "body.form.address.region", "body.form.address.street")
	rt.does(path, "answer", `{"form": {"person": {"first_name": "Alice"}}}`).faults("body.form.person.first_name")
	var r models.NumberRequest
	rt.does(path, "answer", `{"form": {"address": {"customer_name": "Alice Adams", "street": "Main Street 1", "city": "Boston", "region": "MA",
		"postal_code": "02110", "country": "US"}}}`).is(http.StatusOK).into(&r)
	if r.Status != models.RequestInReview || r.Form.Address == nil || r.Form.Address.City != "Boston" {
		t.Errorf("it is %+v", r)
	}
	rt.does(path, "ask", `{"question": "And what for?", "fields": ["details"]}`).is(http.StatusOK)
	rt.does(path, "answer", `{"form": {"details": "The lift."}}`).is(http.StatusOK).into(&r)
	if r.Form.Address == nil || r.Form.Details != "The lift." {
		t.Errorf("it is %+v", r.Form)
	}
}
