package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/validation"

	"github.com/ringdown/ringdown/models"
)

// bodyLimit is the largest body in bytes.
const bodyLimit = 1 << 20

// decode turns the JSON of a request R into a value M of models. The shape of the JSON (types,
// limits, unknown fields) is checked against the schema of R, and the value against the rules of
// models; the faults of both are reported at once.
func decode[R, M any](a *rest, raw []byte, convert func(R) M, validate func(M) error) (M, error) {
	var request R
	var none M
	faults, err := a.shapeFaults(raw, reflect.TypeFor[R]())
	if err != nil {
		return none, err
	}
	var mistyped *json.UnmarshalTypeError // the shape's faults name it, and the rest is read all the same
	if err := json.Unmarshal(raw, &request); err != nil && !errors.As(err, &mistyped) {
		if len(faults) == 0 {
			faults.Add("", "%v", err)
		}
		return none, faults
	}
	value := convert(request)
	if err := validate(value); err != nil {
		var rules models.Faults
		if !errors.As(err, &rules) {
			return none, err
		}
		faults = merge(faults, rules)
	}
	return value, faults.Err()
}

// shapeFaults lists how a body differs from the schema of its type. Its error is a problem: no
// JSON at all.
func (a *rest) shapeFaults(raw []byte, t reflect.Type) (models.Faults, error) {
	var parsed any
	if err := json.Unmarshal(raw, &parsed); err != nil {
		p := problem(http.StatusBadRequest, "The body is no JSON.")
		p.Errors = []*huma.ErrorDetail{{Location: "body", Message: err.Error()}}
		return nil, p
	}
	schemas := a.api.OpenAPI().Components.Schemas
	var found huma.ValidateResult
	huma.Validate(schemas, schemas.Schema(t, true, ""), huma.NewPathBuffer(nil, 0), huma.ModeWriteToServer, parsed, &found)
	faults := nulls("", parsed)
	for _, err := range found.Errors {
		var detail *huma.ErrorDetail
		if !errors.As(err, &detail) {
			return nil, fmt.Errorf("check the shape of a %s: %w", t.Name(), err)
		}
		field, reason := detail.Location, detail.Message
		var missing string
		if _, err := fmt.Sscanf(reason, validation.MsgExpectedRequiredProperty, &missing); err == nil {
			field, reason = strings.TrimPrefix(field+"."+missing, "."), "is required"
		}
		faults = merge(faults, models.Faults{{Field: field, Reason: reason}})
	}
	return faults, nil
}

// nulls finds every null in a body: no field of ours may be null, and huma takes null for left out.
func nulls(place string, value any) (found models.Faults) {
	switch value := value.(type) {
	case nil:
		found.Add(place, "must not be null; leave it out instead")
	case []any:
		for i, element := range value {
			found = append(found, nulls(fmt.Sprintf("%s[%d]", place, i), element)...)
		}
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(value)) {
			found = append(found, nulls(strings.TrimPrefix(place+"."+name, "."), value[name])...)
		}
	}
	return found
}

// merge adds the faults of rules to those of the shape, one for a place: what a rule says of a
// misshapen field is only a consequence.
func merge(shape, rules models.Faults) models.Faults {
	for _, rule := range rules {
		sameOrWithin := func(f *models.InvalidError) bool {
			rest, within := strings.CutPrefix(rule.Field, f.Field)
			return f.Field == "" || within && (rest == "" || rest[0] == '.' || rest[0] == '[')
		}
		if !slices.ContainsFunc(shape, sameOrWithin) {
			shape = append(shape, rule)
		}
	}
	return shape
}

func orTrue(given *bool) bool { return given == nil || *given }

// each converts the elements of a list; the result is never null in JSON.
func each[A, B any](list []A, convert func(A) B) []B {
	converted := make([]B, len(list))
	for i, element := range list {
		converted[i] = convert(element)
	}
	return converted
}
