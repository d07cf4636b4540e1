package api

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/validation"

	"github.com/ringdown/ringdown/models"
)

const (
	// bodyLimit is the largest body in bytes.
	bodyLimit = 1 << 20
	// mostFaults is how many faults an answer names. Of a body that is nothing but faults the others are not looked for.
	mostFaults = 100
)

// bodyWithin is how long a body may take to come.
const bodyWithin = 10 * time.Second

// wholeRequest is a request whose body has come.
type wholeRequest struct {
	request
	body io.Reader
}

func (r wholeRequest) Unwrap() huma.Context  { return r.request }
func (r wholeRequest) BodyReader() io.Reader { return r.body }

// whole lets a request through that may have a body once all of that has come.
func (a *rest) whole(ctx huma.Context, next func(ctx huma.Context, body []byte)) {
	if ctx.Method() == http.MethodGet || ctx.Method() == http.MethodDelete {
		next(ctx, nil)
		return
	}
	within, most := cmp.Or(ctx.Operation().BodyReadTimeout, bodyWithin), cmp.Or(ctx.Operation().MaxBodyBytes, bodyLimit)
	_ = ctx.SetReadDeadline(time.Now().Add(within)) // not every connection knows one
	body, err := io.ReadAll(io.LimitReader(ctx.BodyReader(), most+1))
	switch {
	case err != nil:
		a.refuse(ctx, problem(http.StatusBadRequest, "The body broke off."))
	case int64(len(body)) > most:
		a.refuse(ctx, problem(http.StatusRequestEntityTooLarge, "The body is too large."))
	default:
		next(wholeRequest{ctx, bytes.NewReader(body)}, body)
	}
}

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

// shapeFaults lists how a body differs from the schema of its type. Its error is a problem, no JSON at all, or the
// faults themselves where there are so many that no more are to be looked for.
func (a *rest) shapeFaults(raw []byte, t reflect.Type) (models.Faults, error) {
	var parsed any
	if err := json.Unmarshal(raw, &parsed); err != nil {
		p := problem(http.StatusBadRequest, "The body is no JSON.")
		p.Errors = []*huma.ErrorDetail{{Location: "body", Message: unreadable(err)}}
		return nil, p
	}
	schemas := a.api.OpenAPI().Components.Schemas
	var found huma.ValidateResult
	huma.Validate(schemas, schemas.Schema(t, true, ""), huma.NewPathBuffer(nil, 0), huma.ModeWriteToServer, parsed, &found)
	faults := nulls(nil, "", parsed)
	for i, err := range found.Errors {
		if i == 10*mostFaults { // nothing but faults: what the rules say of it is not asked
			return nil, faults.Err()
		}
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

// unreadable says why a body is no JSON. The reason of a number that is too large would repeat it.
func unreadable(err error) string {
	if errors.As(err, new(*json.UnmarshalTypeError)) {
		return "has a number that is too large"
	}
	return err.Error()
}

// nulls adds every null in a body: no field of ours may be null, and huma takes null for left out.
func nulls(found models.Faults, place string, value any) models.Faults {
	if len(found) >= mostFaults {
		return found
	}
	switch value := value.(type) {
	case nil:
		found.Add(place, "must not be null; leave it out instead")
	case []any:
		for i, element := range value {
			found = nulls(found, fmt.Sprintf("%s[%d]", place, i), element)
		}
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(value)) {
			found = nulls(found, strings.TrimPrefix(place+"."+name, "."), value[name])
		}
	}
	return found
}

// merge adds the faults of rules to those of the shape, one for a place: what a rule says of a
// misshapen field is only a consequence. There are no more than an answer names.
func merge(shape, rules models.Faults) models.Faults {
	for _, rule := range rules {
		if len(shape) >= mostFaults {
			break
		}
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
