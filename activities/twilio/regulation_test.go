package twilio

import (
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"testing"

	"github.com/ringdown/ringdown/models"
)

const germanLocalBusiness = `{"sid": "` + regulation1 + `", "friendly_name": "Germany: Local - Business", "iso_country": "DE",
	"number_type": "local", "end_user_type": "business", "requirements": {
	"end_user": [{"name": "Business", "type": "business", "requirement_name": "business_info", "fields": ["business_name", "legal_form"],
		"detailed_fields": [
			{"machine_name": "business_name", "friendly_name": "Business Name", "description": "As registered", "constraint": "String"},
			{"machine_name": "legal_form", "friendly_name": "Legal Form", "description": "", "constraint": {"enum": ["GmbH", "AG"]}}]}],
	"supporting_document": [[
		{"name": "Business Name", "type": "document", "requirement_name": "business_name_info", "description": "Proof of the name",
			"accepted_documents": [{"name": "Excerpt", "type": "commercial_registrar_excerpt", "fields": ["business_name", "document_number", "address_sids"],
				"detailed_fields": [
					{"machine_name": "document_number", "friendly_name": "Document Number", "description": "HRB", "constraint": {"pattern": "^HRB"}},
					{"machine_name": "address_sids", "friendly_name": "Address sid(s)", "description": ""}]}]},
		{"name": "Address", "type": "document", "requirement_name": "proof_of_address", "description": "In the number's city",
			"accepted_documents": [{"name": "Address Validation", "type": "address", "fields": ["address_sids"], "detailed_fields": []}]}]]}}`

func TestARegulationIsReadForTheForm(t *testing.T) {
	t.Parallel()
	client, carrier := newCarrier(t, says(plain(germanLocalBusiness)))
	got, err := client.Regulations(t.Context(), "DE", models.NumberLocal, models.Business)
	want := []Regulation{{"DE", models.NumberLocal, models.Regulation{
		CarrierID: regulation1, EndUser: models.Business,
		Fields: []models.Field{
			{Name: "business_name", Label: "Business Name", Help: "As registered"},
			{Name: "legal_form", Label: "Legal Form", Choices: []string{"GmbH", "AG"}},
		},
		Documents: []models.DocumentRule{
			{Name: "business_name_info", Label: "Business Name", Help: "Proof of the name", Accepted: []models.DocumentType{{
				Name: "commercial_registrar_excerpt", Label: "Excerpt", Address: true, Fields: []models.Field{
					{Name: "business_name", Label: "Business name"},
					{Name: "document_number", Label: "Document Number", Help: "HRB", Pattern: "^HRB"},
				},
			}}},
			{Name: "proof_of_address", Label: "Address", Help: "In the number's city", Accepted: []models.DocumentType{
				{Name: models.AddressDocument, Label: "Address Validation", Address: true},
			}},
		},
	}}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("Regulations = %+v, %v\n want %+v", got, err, want)
	}
	query := "EndUserType=business&IncludeConstraints=true&IsoCountry=DE&NumberType=local&PageSize=100"
	if asked := carrier.got()[0]; asked.Path != regulatory+"/Regulations" || asked.Query.Encode() != query {
		t.Errorf("asked %v", asked)
	}
}

func TestWhatARegulationNamesTwiceIsToldApart(t *testing.T) {
	t.Parallel()
	const twice = `{"sid": "` + regulation1 + `", "friendly_name": "x", "iso_country": "DE", "number_type": "local", "end_user_type": "business",
		"requirements": {"end_user": [{"fields": ["a", "a", "b", ""]}, {"fields": ["b", "c"]}], "supporting_document": [
			[{"name": "First", "requirement_name": "proof", "accepted_documents": [
				{"name": "Bill", "type": "bill", "fields": ["d", "d"]}, {"name": "Another", "type": "bill", "fields": []}, {"name": "Deed", "type": "deed"}]},
			{"name": "Other", "requirement_name": "proof_2", "accepted_documents": []}],
			[{"name": "Second", "requirement_name": "proof", "accepted_documents": []}, {"name": "Third", "requirement_name": "proof", "accepted_documents": []}]]}}`
	client, _ := newCarrier(t, always(http.StatusOK, "", plain(twice)))
	got, err := client.Regulations(t.Context(), "DE", models.NumberLocal, models.Business)
	if err != nil || len(got) != 1 {
		t.Fatalf("Regulations = %+v, %v", got, err)
	}
	var fields, rules, kinds []string
	for _, f := range got[0].Fields {
		fields = append(fields, f.Name)
	}
	for _, rule := range got[0].Documents {
		rules = append(rules, rule.Name+" "+rule.Label)
	}
	for _, kind := range got[0].Documents[0].Accepted {
		kinds = append(kinds, fmt.Sprintf("%s %d", kind.Name, len(kind.Fields)))
	}
	if want := []string{"a", "b", "c"}; !slices.Equal(fields, want) {
		t.Errorf("fields %q, want %q", fields, want)
	}
	if want := []string{"proof First", "proof_2 Other", "proof_3 Second", "proof_4 Third"}; !slices.Equal(rules, want) {
		t.Errorf("rules %q, want %q", rules, want)
	}
	if want := []string{"bill 1", "deed 0"}; !slices.Equal(kinds, want) {
		t.Errorf("documents %q, want %q", kinds, want)
	}
}

func TestAllRegulationsAreListedButThoseOfOtherTypes(t *testing.T) {
	t.Parallel()
	of := func(kind string) string {
		return `{"sid": "` + regulation1 + `", "iso_country": "GB", "number_type": "` + kind + `", "end_user_type": "individual", "requirements": {}}`
	}
	client, carrier := newCarrier(t, func(c *carrier, w http.ResponseWriter, r *http.Request, _ int) {
		if r.URL.Query().Get("Page") == "" {
			c.says(w, r, http.StatusOK, results(`"https://numbers.twilio.com`+regulatory+`/Regulations?Page=1&PageToken=PARN1"`, of("toll-free"), of("shared-cost")))
			return
		}
		c.says(w, r, http.StatusOK, plain(of("national")))
	})
	got, err := client.Regulations(t.Context(), "", "", "")
	if err != nil || len(got) != 2 || got[0].Type != models.NumberTollFree || got[1].Type != models.NumberNational {
		t.Errorf("Regulations = %+v, %v", got, err)
	}
	if query := carrier.got()[0].Query.Encode(); query != "IncludeConstraints=true&PageSize=100" {
		t.Errorf("asked %s", query)
	}
}

func TestNoRegulationIsNotTakenFromAStranger(t *testing.T) {
	t.Parallel()
	client, _ := newCarrier(t, says(plain()))
	if got, err := client.Regulations(t.Context(), "US", models.NumberTollFree, models.Business); len(got) > 0 || err != nil {
		t.Errorf("Regulations = %v, %v", got, err)
	}
	var invalid *models.InvalidError
	if _, err := client.Regulations(t.Context(), "US", "voip", ""); !errors.As(err, &invalid) {
		t.Errorf("Regulations = %v", err)
	}
	for _, body := range []string{"{}", plain(`{"sid": "` + regulation1 + `", "number_type": "local"}`), plain(`{"number_type": "local", "requirements": {}}`)} {
		client, _ := newCarrier(t, always(http.StatusOK, "", body))
		if got, err := client.Regulations(t.Context(), "DE", "", ""); ClassOf(err) != Unknown || len(got) > 0 {
			t.Errorf("%s: %v, %v", body, got, err)
		}
	}
}

func TestAConstraintIsUnderstoodOrLeftToTheCarrier(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]struct {
		choices int
		pattern string
	}{
		``:                           {},
		`null`:                       {},
		`"String"`:                   {},
		`["a"]`:                      {},
		`{"maxLength": 3}`:           {},
		`{"enum": ["a", "b"]}`:       {choices: 2},
		`{"enum": [1]}`:              {},
		`{"pattern": "^[0-9]+$"}`:    {pattern: "^[0-9]+$"},
		`{"pattern": "(?=looking)"}`: {},
	} {
		choices, pattern := constraint([]byte(raw))
		if len(choices) != want.choices || pattern != want.pattern {
			t.Errorf("%s: %v, %q", raw, choices, pattern)
		}
	}
}
