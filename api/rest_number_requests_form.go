package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"

	"github.com/ringdown/ringdown/models"
)

type formInput struct {
	Country string `query:"country" required:"true" maxLength:"10" doc:"One of /v1/countries" example:"DE"`
	Type    string `query:"type" enum:"local,mobile,toll_free,national" doc:"The type of number; left out for the country other"`
	EndUser string `query:"end_user" enum:"business,individual" doc:"Who it is for, where that matters; left out, the form asks"`
}

func (a *rest) mountForm() {
	op := operation(http.MethodGet, requestsPath+"/form", "get-number-request-form",
		"Show what a request for a number must say: steps in their order, each with its JSON Schema")
	handle(a, roles(op, models.Roles...), a.form)
}

func (a *rest) form(ctx context.Context, in *formInput) (*plain[models.Form], error) {
	country, err := a.countryOf(ctx, in.Country)
	if errors.Is(err, models.ErrNotFound) {
		err = &models.InvalidError{Field: "country", Reason: noCountry}
	}
	if err != nil {
		return nil, inQuery(err)
	}
	full, err := a.numbersUsedUp(ctx)
	if err != nil {
		return nil, err
	}
	form, err := models.FormFor(country, models.NumberType(in.Type), models.EndUserType(in.EndUser), full)
	for i := range form.Steps {
		if step := &form.Steps[i]; step.ID == "documents" && !a.sealing.Ready() {
			step.Help += " Files " + uploadsOff + "."
		}
	}
	return &plain[models.Form]{Body: form}, inQuery(err)
}

// uploadsOff says of files why there can be none.
const uploadsOff = "cannot be uploaded: uploads are switched off here until RINGDOWN_PAYLOAD_KEY is set"

const noCountry = "is not among /v1/countries; other stands for one that is not"

// otherCountry stands for all that are not in the catalogue.
var otherCountry = models.Country{Code: models.OtherCountry, Name: "Other", Types: []models.OfferedType{}, Source: models.CatalogueOurs}

func (a *rest) countryOf(ctx context.Context, code string) (models.Country, error) {
	if code == models.OtherCountry {
		return otherCountry, nil
	}
	return a.store.Country(ctx, code)
}

// numbersUsedUp says whether another number would be one more than allotted.
func (a *rest) numbersUsedUp(ctx context.Context) (bool, error) {
	err := a.store.MayAskForNumber(ctx, a.allotment.Numbers)
	if errors.As(err, new(*models.AllotmentError)) {
		return true, nil
	}
	return false, err
}

// decodeForm reads a submission and checks it against the form for what it asks, every fault at once.
func (a *rest) decodeForm(ctx context.Context, raw []byte) (models.RequestForm, error) {
	var form models.RequestForm
	faults, err := a.shapeFaults(raw, reflect.TypeFor[models.RequestForm]())
	if err != nil {
		return form, err
	}
	var mistyped *json.UnmarshalTypeError // the shape's faults name it, and the rest is read all the same
	if err := json.Unmarshal(raw, &form); err != nil && !errors.As(err, &mistyped) {
		return form, merge(faults, models.Faults{{Reason: err.Error()}})
	}
	more, err := a.formFaults(ctx, form, raw)
	if err != nil {
		return form, err
	}
	return form, merge(faults, more).Err()
}

// formFaults lists what a submission, whose JSON is raw, lacks of the form for what it asks. An answer to what was asked
// may bring that, too.
func (a *rest) formFaults(ctx context.Context, f models.RequestForm, raw []byte, asked ...string) (faults models.Faults, err error) {
	country, err := a.countryOf(ctx, f.Country)
	switch {
	case errors.Is(err, models.ErrNotFound):
		faults.Add("country", noCountry)
	case err != nil:
		return nil, err
	default:
		faults, err = schemaFaults(country, f, raw, asked)
		if err != nil {
			return nil, err
		}
	}
	if !a.sealing.Ready() {
		faults = each(faults, withoutUploads)
	}
	var rules models.Faults
	if errors.As(f.Validate(), &rules) {
		faults = merge(faults, rules)
	}
	return faults, nil
}

// schemaFaults lists how a submission differs from the schema of its form.
func schemaFaults(country models.Country, f models.RequestForm, raw []byte, asked []string) (faults models.Faults, err error) {
	form, err := models.FormForAnswer(country, f.Type, f.EndUser, f.Exception != "", asked)
	var unoffered *models.InvalidError
	if errors.As(err, &unoffered) {
		return models.Faults{unoffered}, nil
	}
	if err != nil {
		return nil, err
	}
	schema, err := compiled(form.Schema())
	if err != nil {
		return nil, fmt.Errorf("schema of the form for %s %s: %w", form.Country, form.Type, err)
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		return nil, err
	}
	var found *jsonschema.ValidationError
	switch err := schema.Validate(value); {
	case err == nil:
		return nil, nil
	case !errors.As(err, &found):
		return nil, err
	}
	collect(&faults, found)
	slices.SortFunc(faults, func(a, b *models.InvalidError) int { return strings.Compare(a.Field, b.Field) })
	if form.Incomplete { // what else is asked depends on who it is for
		faults = slices.DeleteFunc(faults, func(f *models.InvalidError) bool {
			return slices.Contains([]string{"person", "address", "documents"}, f.Field)
		})
	}
	return faults, nil
}

// withoutUploads is a fault as it is where no file can be uploaded: nobody can bring what is required.
func withoutUploads(f *models.InvalidError) *models.InvalidError {
	parts := strings.Split(f.Field, ".") // as in documents.proof_of_address.file
	if f.Reason != isRequired || parts[0] != "documents" || len(parts) > 2 && parts[2] != "file" {
		return f
	}
	return &models.InvalidError{Field: f.Field, Reason: uploadsOff}
}

const isRequired = "is required"

// compiled is a JSON Schema that is ready to check.
func compiled(schema map[string]any) (*jsonschema.Schema, error) {
	text, err := json.Marshal(schema)
	if err != nil {
		return nil, err
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	const name = "form.json"
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource(name, document); err != nil {
		return nil, err
	}
	return compiler.Compile(name)
}

// collect adds what a schema finds wrong, one fault for a place. No value is repeated.
func collect(faults *models.Faults, found *jsonschema.ValidationError) {
	place := strings.Join(found.InstanceLocation, ".")
	add := func(field, reason string) {
		*faults = merge(*faults, models.Faults{{Field: strings.TrimPrefix(field, "."), Reason: reason}})
	}
	switch wrong := found.ErrorKind.(type) {
	case *kind.Required:
		for _, name := range wrong.Missing {
			add(place+"."+name, isRequired)
		}
	case *kind.AdditionalProperties:
		for _, name := range wrong.Properties {
			add(place+"."+name, "is not asked here; leave it out")
		}
	case *kind.OneOf, *kind.AnyOf:
		add(place, "must be "+strings.Join(choices(found), " or "))
	default:
		if len(found.Causes) == 0 {
			add(place, reasonOf(found))
		}
		for _, cause := range found.Causes {
			collect(faults, cause)
		}
	}
}

// choices are the values of which a schema wants one.
func choices(found *jsonschema.ValidationError) (values []string) {
	for _, cause := range found.Causes {
		if one, ok := cause.ErrorKind.(*kind.Const); ok {
			values = append(values, fmt.Sprint(one.Want))
		}
	}
	return values
}

// reasonOf says what would be right.
func reasonOf(found *jsonschema.ValidationError) string {
	switch wrong := found.ErrorKind.(type) {
	case *kind.Type:
		return "must be of the type " + strings.Join(wrong.Want, " or ")
	case *kind.Const:
		return fmt.Sprintf("must be %v", wrong.Want)
	case *kind.Enum:
		return "must be " + strings.Join(each(wrong.Want, func(v any) string { return fmt.Sprint(v) }), " or ")
	case *kind.MinLength:
		return fmt.Sprintf("must have at least %d characters", wrong.Want)
	case *kind.MaxLength:
		return fmt.Sprintf("at most %d characters", wrong.Want)
	case *kind.Pattern:
		return "must match the pattern " + wrong.Want
	case *kind.Not:
		return "cannot be this one"
	default:
		return "is not as the form asks"
	}
}
