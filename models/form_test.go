package models

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

const uploaded = "01932c5e-7a4b-7c3d-8e9f-0123456789ab"

func formFor(t *testing.T, country string, kind NumberType, user EndUserType, allotted bool) Form {
	t.Helper()
	c := Country{Code: OtherCountry}
	if country != OtherCountry {
		c = seeded(t, country)
	}
	form, err := FormFor(c, kind, user, allotted)
	if err != nil {
		t.Fatal(err)
	}
	return form
}

// filledIn is a submission that says only what must be said to a form of our catalogue.
func filledIn(t *testing.T, f Form) RequestForm {
	t.Helper()
	filled := RequestForm{Name: "Support", Country: f.Country, Type: f.Type, Email: "alice@example.com", EndUser: f.EndUser}
	if f.Country == OtherCountry {
		filled.Details = "A local number on the moon."
		return filled
	}
	offer, _ := seeded(t, f.Country).Offer(f.Type)
	regulation, _ := offer.For(f.EndUser)
	filled.Person = fieldsFilledIn(regulation.Fields)
	if offer.Address.Needed() || regulation.address() {
		filled.Address = &Address{CustomerName: "Alice", Street: "Main Street 1", City: "Town", Region: "Region", PostalCode: "12345", Country: f.Country}
	}
	for _, rule := range regulation.Documents {
		if files := rule.files(); len(files) > 0 && !rule.addressAlone() {
			filled.Documents = replaced(filled.Documents, map[string]SubmittedDocument{
				rule.Name: {Type: files[0].Name, Fields: fieldsFilledIn(files[0].Fields), File: uploaded},
			}, rule.Name)
		}
	}
	return filled
}

func fieldsFilledIn(fields []Field) map[string]string {
	var values map[string]string
	for _, f := range fields {
		values = replaced(values, map[string]string{f.Name: "Alice"}, f.Name)
	}
	return values
}

// decoded is what the schema is held against.
func decoded(t *testing.T, v any) any {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	v, err = jsonschema.UnmarshalJSON(strings.NewReader(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func compiled(t *testing.T, schema map[string]any) *jsonschema.Schema {
	t.Helper()
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	if err := compiler.AddResource("form.json", schema); err != nil {
		t.Fatal(err)
	}
	s, err := compiler.Compile("form.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// everyForm calls visit with each form of our catalogue that is complete.
func everyForm(t *testing.T, visit func(t *testing.T, f Form)) {
	t.Run(OtherCountry, func(t *testing.T) { visit(t, formFor(t, OtherCountry, "", "", false)) })
	for _, country := range SeedCountries() {
		for _, offer := range country.Types {
			kinds := offer.EndUsers()
			if len(kinds) == 0 {
				kinds = []EndUserType{""}
			}
			for _, kind := range kinds {
				t.Run(country.Code+" "+string(offer.Type)+" "+string(kind), func(t *testing.T) {
					visit(t, formFor(t, country.Code, offer.Type, kind, false))
				})
			}
		}
	}
}

func TestEachFormTakesWhatItAsksAndNothingLess(t *testing.T) {
	everyForm(t, func(t *testing.T, f Form) {
		schema := compiled(t, f.Schema())
		filled := filledIn(t, f)
		if err := filled.Validate(); err != nil {
			t.Errorf("what is filled in is refused: %v", err)
		}
		submission := decoded(t, filled).(map[string]any)
		if err := schema.Validate(submission); err != nil {
			t.Fatalf("what is filled in is refused: %v", err)
		}
		for _, without := range everyLess(submission) {
			if schema.Validate(without) == nil {
				t.Errorf("this is enough: %v", without)
			}
		}
		for _, with := range everyMore(submission) {
			if schema.Validate(with) == nil {
				t.Errorf("this is taken: %v", with)
			}
		}
	})
}

// everyLess is an object with one thing left out, at any level, in every way.
func everyLess(v map[string]any) (all []map[string]any) {
	for key, value := range v {
		without := maps.Clone(v)
		delete(without, key)
		all = append(all, without)
		if inner, ok := value.(map[string]any); ok {
			for _, less := range everyLess(inner) {
				changed := maps.Clone(v)
				changed[key] = less
				all = append(all, changed)
			}
		}
	}
	return all
}

// everyMore is an object with something unknown in it, at any level, in every way.
func everyMore(v map[string]any) []map[string]any {
	more := maps.Clone(v)
	more["unknown"] = "Alice"
	all := []map[string]any{more}
	for key, value := range v {
		if inner, ok := value.(map[string]any); ok {
			for _, m := range everyMore(inner) {
				changed := maps.Clone(v)
				changed[key] = m
				all = append(all, changed)
			}
		}
	}
	return all
}

func TestEachStepTakesItsPart(t *testing.T) {
	everyForm(t, func(t *testing.T, f Form) {
		submission := decoded(t, filledIn(t, f)).(map[string]any)
		said := map[string]bool{}
		for _, step := range f.Steps {
			part := map[string]any{}
			for _, field := range step.Fields {
				if value, ok := submission[field]; ok {
					part[field] = value
					said[field] = true
				}
			}
			if err := compiled(t, step.Schema).Validate(part); err != nil {
				t.Errorf("%s: %v", step.ID, err)
			}
			if fields := slices.Sorted(maps.Keys(step.properties())); !slices.Equal(fields, slices.Sorted(slices.Values(step.Fields))) {
				t.Errorf("%s has %v and lists %v", step.ID, fields, step.Fields)
			}
		}
		for field := range submission {
			if !said[field] {
				t.Errorf("no step asks for %s", field)
			}
		}
	})
}

func TestEveryPropertyIsExplained(t *testing.T) {
	everyForm(t, func(t *testing.T, f Form) {
		for _, step := range f.Steps {
			if step.Title == "" || step.Schema["$schema"] != schemaDialect {
				t.Errorf("step %s: %q, %v", step.ID, step.Title, step.Schema["$schema"])
			}
			checkExplained(t, step.ID, step.Schema)
		}
	})
}

func checkExplained(t *testing.T, place string, schema map[string]any) {
	t.Helper()
	properties, _ := schema["properties"].(map[string]any)
	for name, p := range properties {
		inner, place := p.(map[string]any), place+"."+name
		if inner["title"] == "" || inner["title"] == nil || inner["description"] == "" || inner["description"] == nil {
			t.Errorf("%s: %v, %v", place, inner["title"], inner["description"])
		}
		checkExplained(t, place, inner)
	}
	if schema["type"] == "object" && properties != nil && schema["additionalProperties"] != false {
		t.Errorf("%s takes anything", place)
	}
}

func TestAFormSurvivesJSON(t *testing.T) {
	everyForm(t, func(t *testing.T, f Form) {
		text, err := json.Marshal(f)
		if err != nil {
			t.Fatal(err)
		}
		var again Form
		if err := json.Unmarshal(text, &again); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(decoded(t, f.Schema()), decoded(t, again.Schema())); diff != "" {
			t.Error(diff)
		}
	})
}

func TestWhichStepsAFormHas(t *testing.T) {
	for _, c := range []struct {
		name    string
		country string
		kind    NumberType
		user    EndUserType
		steps   string
	}{
		{"no paperwork", "US", NumberLocal, "", "number contact"},
		{"the only kind is taken", "FR", NumberLocal, "", "number contact end_user address documents"},
		{"an address is enough", "GB", NumberLocal, Business, "number contact end_user address"},
		{"an address and a document", "DE", NumberLocal, Individual, "number contact end_user address documents"},
		{"a document alone", "EE", NumberMobile, Business, "number contact end_user documents"},
		{"an address alone", "CH", NumberLocal, "", "number contact address"},
		{"the kind is chosen first", "DE", NumberLocal, "", "number contact end_user"},
		{"in words", OtherCountry, "", "", "number contact"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := formFor(t, c.country, c.kind, c.user, false)
			var steps []string
			for _, step := range f.Steps {
				steps = append(steps, step.ID)
			}
			if got := strings.Join(steps, " "); got != c.steps {
				t.Errorf("got %s, want %s", got, c.steps)
			}
		})
	}
}

func TestAFormBeforeTheKindIsChosen(t *testing.T) {
	f := formFor(t, "DE", NumberLocal, "", false)
	if !f.Incomplete || f.EndUser != "" || !slices.Equal(f.EndUsers, []EndUserType{Business, Individual}) {
		t.Errorf("%+v", f)
	}
	if compiled(t, f.Schema()).Validate(decoded(t, RequestForm{Name: "A", Country: "DE", Type: NumberLocal, Email: "alice@example.com"})) == nil {
		t.Error("nobody need say who the number is for")
	}
	if got := f.Steps[2].properties()["end_user"].(map[string]any)["enum"]; !cmp.Equal(got, []any{"business", "individual"}) {
		t.Errorf("one chooses from %v", got)
	}
	if f := formFor(t, "FR", NumberLocal, "", false); f.Incomplete || f.EndUser != Business {
		t.Errorf("where there is no choice: %+v", f)
	}
	if f := formFor(t, "US", NumberLocal, "", false); f.Incomplete || f.EndUser != "" || f.EndUsers == nil {
		t.Errorf("where nobody asks: %+v", f)
	}
}

func TestFormsThatThereAreNot(t *testing.T) {
	for _, c := range []struct {
		name    string
		country string
		kind    NumberType
		user    EndUserType
		field   string
		says    string
	}{
		{"a type that is not sold there", "US", NumberMobile, "", "type", "must be a type that is offered there"},
		{"no type", "US", "", "", "type", "local, toll_free"},
		{"a kind that may not have it", "FR", NumberLocal, Individual, "end_user", "must be one who may have such a number: business"},
		{"a kind where nobody asks", "US", NumberLocal, Business, "end_user", "leave it out: nobody asks there who uses the number"},
		{"a kind that is none", "DE", NumberLocal, "robot", "end_user", "business, individual"},
		{"a type of another country", OtherCountry, NumberLocal, "", "type", "must be left out"},
		{"a kind in another country", OtherCountry, "", Business, "end_user", "must be left out"},
	} {
		t.Run(c.name, func(t *testing.T) {
			country := Country{Code: OtherCountry}
			if c.country != OtherCountry {
				country = seeded(t, c.country)
			}
			_, err := FormFor(country, c.kind, c.user, false)
			var invalid *InvalidError
			if !errors.As(err, &invalid) || invalid.Field != c.field || !strings.Contains(invalid.Reason, c.says) {
				t.Errorf("got %v, want a fault of %s: %s", err, c.field, c.says)
			}
		})
	}
}

func TestAskableFields(t *testing.T) {
	address := "address address.customer_name address.street address.city address.region address.postal_code address.country"
	for _, c := range []struct {
		name string
		form Form
		want string
	}{
		{"no paperwork", formFor(t, "US", NumberTollFree, "", false), "area_code contains details email address"},
		{"an exception", formFor(t, "US", NumberLocal, "", true), "area_code locality contains details email exception address"},
		{"in words", formFor(t, OtherCountry, "", "", false), "details email address"},
		{"paperwork", formFor(t, "DE", NumberLocal, Individual, false),
			"area_code locality contains details email end_user person person.first_name person.last_name " + address + " documents documents.name_info"},
		{"where one kind alone may have it", formFor(t, "EE", NumberMobile, "", false),
			"area_code contains details email person person.business_name documents documents.business_name_info address"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := AskableFields(c.form)
			if diff := cmp.Diff(strings.Fields(c.want), got); diff != "" {
				t.Error(diff)
			}
			if _, err := (RequestForm{}).With(RequestForm{}, got); err != nil {
				t.Errorf("what can be asked cannot be answered: %v", err)
			}
		})
	}
}
