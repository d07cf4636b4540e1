package activities_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
	"github.com/ringdown/ringdown/models/store/storetest"
)

func TestANumberIsChosenByTheWishes(t *testing.T) {
	for name, c := range map[string]struct {
		country, prefix string
		wishes          models.Wishes
		town            string
	}{
		"an area code":                  {"US", "+1206", models.Wishes{AreaCode: "206"}, "Seattle"},
		"an area code that is a prefix": {"DE", "+4940", models.Wishes{AreaCode: "40"}, "Hamburg"},
		"a town":                        {"US", "+1617", models.Wishes{Locality: "Boston"}, "Boston"},
		"digits":                        {"US", "+131255501", models.Wishes{Contains: "31255501"}, "Chicago"},
		"a prefix and digits":           {"DE", "+493023125007", models.Wishes{AreaCode: "30", Contains: "25007"}, "Berlin"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			form := germanForm()
			form.Country, form.Wishes = c.country, c.wishes
			p := newSetup(t, storetest.SQLite(t), form)
			found := p.finds(models.StepChoose)
			if chosen := found.Candidate; !strings.HasPrefix(string(chosen.Number), c.prefix) || chosen.Locality != c.town || !chosen.Voice || chosen.Country != c.country || len(found.Reasons) != 0 {
				t.Errorf("found %+v", found)
			}
		})
	}
}

func TestWhereNoNumberFitsAReviewerLooksAgain(t *testing.T) {
	const wishes, alike = "The carrier sells no number that fits the wishes", "Somebody else has bought the number, and the carrier sells none like it"
	for name, c := range map[string]struct {
		change func(r *models.NumberRequest)
		says   string
	}{
		"nobody sells there":      {func(r *models.NumberRequest) { r.Form.AreaCode = "207" }, wishes},
		"nobody sells such a one": {func(r *models.NumberRequest) { r.Form.Type = models.NumberNational }, wishes},
		"none is like the one approved": {func(r *models.NumberRequest) {
			r.Approval.Candidate = models.Candidate{Country: "US", Type: models.NumberLocal, Locality: "Nowhere", Region: "NY"}
		}, alike},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newSetup(t, storetest.SQLite(t), americanForm())
			c.change(&p.request)
			found := p.finds(models.StepChoose)
			if !strings.HasPrefix(found.Back, c.says) {
				t.Errorf("found %+v", found)
			}
			if after := p.request.After(models.StepChoose, found, time.Now()); after.Status != models.RequestInReview || after.Approval != nil {
				t.Errorf("it is %+v", after)
			}
		})
	}
}

// Each number that was approved or chosen is sold to somebody else just before.
func TestAfterANumberThatIsTakenAnotherLikeItIsChosen(t *testing.T) {
	t.Parallel()
	form := americanForm()
	form.Wishes = models.Wishes{}
	p := newSetup(t, storetest.SQLite(t), form)
	p.approves(models.ToApprove{By: rita, Candidate: models.Candidate{
		Number: "+16175550110", Country: "US", Type: models.NumberLocal, Locality: "Boston", Region: "MA", Address: models.AddressNone, Voice: true,
	}})
	p.carrier.SellNextAway(3)
	p.try = 4 // each time, the carrier's lists have had the time to show it, were it ours
	var tried []models.Phone
	p.untilTrue(func() bool {
		tried = p.request.Provisioning.Tried
		return p.request.NextStep() == models.StepVerify
	})
	bought := p.request.Approval.Candidate
	if len(tried) != 3 || slices.Contains(tried, bought.Number) || bought.Locality != "Boston" || tried[0] != "+16175550110" {
		t.Errorf("tried %d numbers, and bought one in %s", len(tried), bought.Locality)
	}
	for _, number := range tried {
		if !strings.HasPrefix(string(number), "+1617555") {
			t.Errorf("tried one elsewhere: %v", number)
		}
	}
}

func TestANumberThatWantsAnAddressIsAskedFor(t *testing.T) {
	t.Parallel()
	s := storetest.SQLite(t)
	p := newSetup(t, s, germanForm())
	p.request.Form.Address = nil
	found := p.finds(models.StepChoose)
	want := models.CarrierReason{Field: "address", Text: "The carrier sells such a number only with an address in Berlin."}
	if len(found.Reasons) != 1 || found.Reasons[0] != want {
		t.Errorf("found %+v", found)
	}
	if offer := offered(t, s, "DE"); offer.Address != models.AddressLocal {
		t.Errorf("the form goes on asking for %q", offer.Address)
	}
	found = p.finds(models.StepAddress)
	if len(found.Reasons) != 1 || found.Reasons[0].Field != "address" {
		t.Errorf("found %+v", found)
	}
}

// offered is what the catalogue says of local numbers.
func offered(t *testing.T, s *store.Store, country string) models.OfferedType {
	t.Helper()
	known, err := s.Country(t.Context(), country)
	if err != nil {
		t.Fatal(err)
	}
	offer, _ := known.Offer(models.NumberLocal)
	return offer
}

func TestWhatACountryAsksIsComparedWithTheForm(t *testing.T) {
	german := func(change func(f *models.RequestForm)) models.RequestForm {
		form := germanForm()
		change(&form)
		return form
	}
	for name, c := range map[string]struct {
		form    models.RequestForm
		kind    models.EndUserType // of the regulation; empty: there is none
		reasons []string           // the fields that they speak of
	}{
		"nothing is asked":    {americanForm(), "", nil},
		"all is there":        {germanForm(), models.Business, nil},
		"a field is missing":  {german(func(f *models.RequestForm) { f.Person["business_name"] = " " }), models.Business, []string{"person.business_name"}},
		"the address is":      {german(func(f *models.RequestForm) { f.Address = nil }), models.Business, []string{"address"}},
		"a document is":       {german(func(f *models.RequestForm) { f.Documents = nil }), models.Business, []string{"documents.business_name_info"}},
		"another kind of one": {german(func(f *models.RequestForm) { f.EndUser = models.Individual }), models.Individual, []string{"documents.name_info"}},
		"nobody is named":     {german(func(f *models.RequestForm) { f.EndUser = "" }), "", []string{"end_user", "person"}},
		"it is for businesses": {german(func(f *models.RequestForm) { f.Country, f.EndUser = "FR", models.Individual }), "",
			[]string{"end_user", "person"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newSetup(t, storetest.SQLite(t), c.form)
			found := p.finds(models.StepRegulation)
			var fields []string
			for _, reason := range found.Reasons {
				fields = append(fields, reason.Field)
			}
			if found.Regulation.EndUser != c.kind || !slices.Equal(fields, c.reasons) || (found.Regulation.CarrierID != "") != (c.kind != "") {
				t.Errorf("found %+v", found)
			}
		})
	}
}

func TestWhoMayHaveANumberIsSaidInWords(t *testing.T) {
	t.Parallel()
	for country, says := range map[string]string{
		"FR": "Such a number is for businesses alone: say whom it is for.",
		"DE": "Such a number is for businesses and individuals alone: say whom it is for.",
	} {
		form := germanForm()
		form.Country, form.EndUser = country, "somebody else"
		p := newSetup(t, storetest.SQLite(t), form)
		if found := p.finds(models.StepRegulation); len(found.Reasons) == 0 || found.Reasons[0].Text != says {
			t.Errorf("%s: found %+v", country, found)
		}
	}
}

// The form asks at once what the carrier asked of the last requester.
func TestWhatACountryAsksIsLearned(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		p := newSetup(t, s, germanForm())
		if known := offered(t, s, "DE"); len(known.Regulations) > 0 && known.Regulations[0].CarrierID != "" {
			t.Fatalf("it is known already: %+v", known)
		}
		want := p.finds(models.StepRegulation).Regulation
		learned, ok := offered(t, s, "DE").For(models.Business)
		if !ok || learned.CarrierID != want.CarrierID || len(learned.Fields) != len(want.Fields) || len(learned.Documents) != len(want.Documents) {
			t.Errorf("learned %+v", learned)
		}
		lines := func() int {
			all, _, err := s.Changes(t.Context(), store.ChangeFilter{Noun: "catalogue"}, store.Page{})
			p.must(err)
			return len(all)
		}
		before := lines()
		p.finds(models.StepRegulation)
		if now := lines(); before != 1 || now != 1 {
			t.Errorf("the audit list has %d lines, then %d", before, now)
		}
	})
}
