package api

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"github.com/ringdown/ringdown/activities/twilio"
	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/simulator"
)

func TestRESTTheCatalogueIsForEverybody(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil).seeded()
	for _, role := range models.Roles {
		_, secret := rt.key(role)
		codes, _ := rt.with(secret, http.MethodGet, "/v1/countries", "").is(http.StatusOK).items("code")
		if !slices.Contains(codes, "US") || codes[len(codes)-1] != "other" || slices.Index(codes, "DE") > slices.Index(codes, "US") {
			t.Errorf("%s is shown %v", role, codes)
		}
		var form models.Form
		rt.with(secret, http.MethodGet, requestsPath+"/form?country=DE&type=local&end_user=business", "").is(http.StatusOK).into(&form)
		var steps []string
		for _, step := range form.Steps {
			steps = append(steps, step.ID)
		}
		if want := []string{"number", "contact", "end_user", "address", "documents"}; !slices.Equal(steps, want) || form.Incomplete {
			t.Errorf("%s is asked %v, want %v", role, steps, want)
		}
	}
}

func TestRESTAFormIsForWhatTheCatalogueOffers(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil).seeded()
	for query, fault := range map[string]string{
		"":                       "country",
		"country=XX":             "country",
		"country=US":             "type",
		"country=US&type=mobile": "type",
		"country=US&type=local&end_user=business": "end_user",
		"country=other&type=local":                "type",
	} {
		rt.send(http.MethodGet, requestsPath+"/form?"+query, "").faults("query." + fault)
	}
	var form models.Form
	rt.send(http.MethodGet, requestsPath+"/form?country=DE&type=local", "").is(http.StatusOK).into(&form)
	if !form.Incomplete || len(form.EndUsers) != 2 {
		t.Errorf("the form is %+v", form)
	}
	rt.send(http.MethodGet, requestsPath+"/form?country=other", "").is(http.StatusOK)
}

func TestRESTTheCatalogueIsRefreshedOnceAtATime(t *testing.T) {
	t.Parallel()
	asked, goOn := make(chan struct{}, 1), make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked <- struct{}{}
		<-goOn
		w.WriteHeader(http.StatusUnauthorized)
	}))
	t.Cleanup(server.Close)
	client, err := twilio.New(twilio.Config{AccountSID: account, AuthToken: authToken, APIURL: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	rt := newREST(t, client)
	first := make(chan int)
	go func() {
		first <- rt.send(http.MethodPost, "/v1/catalogue/refresh", "", "Idempotency-Key", "one").Code
	}()
	<-asked
	rt.now = rt.now.Add(models.ReplyWithin) // its claim would be taken for lost
	for _, headers := range [][]string{nil, {"Idempotency-Key", "one"}, {"Idempotency-Key", "two"}} {
		if got := rt.send(http.MethodPost, "/v1/catalogue/refresh", "", headers...).is(http.StatusConflict); got.Header().Get("Retry-After") != "60" {
			t.Errorf("%v: Retry-After %q", headers, got.Header().Get("Retry-After"))
		}
	}
	close(goOn)
	if code := <-first; code != http.StatusBadGateway {
		t.Errorf("the first: %d", code)
	}
	rt.send(http.MethodPost, "/v1/catalogue/refresh", "", "Idempotency-Key", "two").is(http.StatusBadGateway) // it was not begun
}

func TestRESTTheCatalogueIsRefreshed(t *testing.T) {
	t.Parallel()
	rt, carrier := newMarket(t)
	var first, second refreshed
	rt.send(http.MethodPost, "/v1/catalogue/refresh", "").is(http.StatusOK).into(&first)
	if first.Countries != 6 || len(first.Added) != 0 || !slices.Equal(first.Changed, []string{"AU", "CA", "FR", "DE", "GB", "US"}) {
		t.Errorf("it came to %+v", first)
	}
	german, err := rt.store.Country(t.Context(), "DE")
	if err != nil {
		t.Fatal(err)
	}
	offer, ok := german.Offer(models.NumberLocal)
	if regulation, kind := offer.For(models.Business); !ok || !kind || regulation.CarrierID == "" || offer.Address != models.AddressLocal ||
		offer.Price != (models.Price{Amount: "1.15", Currency: "USD"}) || german.Source != models.CatalogueCarrier || german.RefreshedAt == nil {
		t.Errorf("Germany is %+v", german)
	}
	rt.send(http.MethodPost, "/v1/catalogue/refresh", "").is(http.StatusOK).into(&second)
	if second.Countries != 6 || len(second.Added)+len(second.Changed) > 0 {
		t.Errorf("the second time it came to %+v", second)
	}
	if changes, _ := rt.send(http.MethodGet, "/v1/audit?noun=catalogue", "").is(http.StatusOK).items("action"); len(changes) != 1 {
		t.Errorf("audited %v", changes)
	}
	carrier.SetFaults(simulator.Faults{Rules: []simulator.Rule{{Do: simulator.ReplyStatus, Status: http.StatusUnauthorized}}})
	rt.send(http.MethodPost, "/v1/catalogue/refresh", "").is(http.StatusBadGateway)
}
