package api

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"pgregory.net/rapid"

	"github.com/ringdown/ringdown/models"
)

// The checker of the document reads these as text.
func init() {
	for _, kind := range append([]string{"text/calendar", "text/vcard"}, models.DocumentTypes...) {
		openapi3filter.RegisterBodyDecoder(kind, openapi3filter.PlainBodyDecoder)
	}
}

// Whatever a client sends to whatever operation of the document, the answer is in the document and
// no fault of ours.
func TestRESTAnswersWhateverIsSentWithoutAFault(t *testing.T) {
	carrier, _ := newFakeCarrier(t, "+12025550110")
	rt := newREST(t, carrier)
	ids := rt.someOfEverything()
	doc := rt.document()
	paths := slices.Sorted(maps.Keys(doc.Paths.Map()))
	ask := func(d *rapid.T) {
		path := rapid.SampledFrom(paths).Draw(d, "path")
		operations := doc.Paths.Value(path).Operations()
		method := rapid.SampledFrom(slices.Sorted(maps.Keys(operations))).Draw(d, "method")
		op := operations[method]
		if endless(op) {
			return
		}
		r := httptest.NewRequest(method, filled(d, path, ids)+query(d, op, ids), strings.NewReader(sent(d, doc, op, ids)))
		r.Header.Set("Authorization", "Bearer "+restKey)
		r.Header.Set("Content-Type", rapid.SampledFrom([]string{"application/json", "application/pdf", "text/plain", ""}).Draw(d, "type"))
		for _, header := range []string{"If-Match", "Idempotency-Key"} {
			if value := rapid.SampledFrom([]string{"", "", `"1"`, "*", `"0"`, "W/\"1\"", "é", strings.Repeat("k", 300)}).Draw(d, header); value != "" {
				r.Header.Set(header, value)
			}
		}
		w := rt.raw(r)
		rt.conform(r, w, anything)
		if w.Code >= http.StatusInternalServerError && w.Code != http.StatusBadGateway {
			d.Fatalf("%s %s: %d %s", method, r.URL, w.Code, w.Body)
		}
		if w.Code >= http.StatusBadRequest && w.Header().Get("Content-Type") != "application/problem+json" {
			d.Fatalf("%s %s: %d as %s", method, r.URL, w.Code, w.Header().Get("Content-Type"))
		}
	}
	for range 10 { // a hundred requests each
		rapid.Check(t, ask)
	}
}

// endless says whether an answer goes on for ever.
func endless(op *openapi3.Operation) bool {
	ok := op.Responses.Status(http.StatusOK)
	return ok != nil && ok.Value.Content.Get("text/event-stream") != nil
}

// someOfEverything fills the database, and answers ids of what is there and of what is not.
func (rt *restTest) someOfEverything() []string {
	rt.Helper()
	alice := rt.creates("/v1/users", `{"name":"Alice","email":"alice@example.com","time_zone":"Europe/London","on_call_licence":true,
		"phones":[{"label":"mobile","number":"+12025550101"}]}`)
	primary := rt.creates("/v1/schedules", `{"name":"Primary","time_zone":"Europe/London","rotations":[{"name":"weekly","users":["`+alice+`"],
		"handover":{"starts_at":"2026-03-02T09:00:00","every":[{"unit":"weeks","count":1}]}}]}`)
	support := rt.creates("/v1/call-routes", `{"name":"Support","levels":[{"targets":[{"type":"schedule","schedule_id":"`+primary+`"}]}]}`)
	everything := rt.creates("/v1/alert-routes", everything)
	slack := incident(rt.raises("a1", 0, models.ChannelSlack))
	nowhere := rt.creates("/v1/receivers", aWebhook("http://127.0.0.1:1"))
	document := rt.uploads(restKey, "excerpt.pdf", "application/pdf", aPDF).is(http.StatusCreated).id()
	request := rt.seeded().creates(requestsPath, anAmericanNumber)
	failed := rt.delivers(rt.raises("a2", 1, models.ChannelInternal), nowhere, 1, models.DeliveryFailed)
	return []string{alice, primary, support, everything, slack, nowhere, failed, document, request, "a1", "US", "other", "local", "01900000-0000-7000-8000-000000000000", "nobody", "é", "a%00b", "..", strings.Repeat("x", 300)}
}

func (rt *restTest) creates(path, body string) string {
	rt.Helper()
	var made struct {
		ID string `json:"id"`
	}
	if err := json.Unmarshal(rt.send(http.MethodPost, path, body).is(http.StatusCreated).Body.Bytes(), &made); err != nil {
		rt.Fatal(err)
	}
	return made.ID
}

func (rt *restTest) document() *openapi3.T {
	rt.Helper()
	doc, err := openapi3.NewLoader().LoadFromData(rt.raw(httptest.NewRequest(http.MethodGet, "/openapi.json", nil)).Body.Bytes())
	if err != nil {
		rt.Fatal(err)
	}
	return doc
}

// filled is a path with its parameters.
func filled(d *rapid.T, path string, ids []string) string {
	parts := strings.Split(path, "/")
	for i, part := range parts {
		if strings.HasPrefix(part, "{") {
			id := rapid.SampledFrom(ids).Draw(d, "id")
			if !strings.Contains(id, "%") {
				id = url.PathEscape(id)
			}
			parts[i] = id + strings.TrimPrefix(part[strings.IndexByte(part, '}'):], "}")
		}
	}
	return strings.Join(parts, "/")
}

func query(d *rapid.T, op *openapi3.Operation, ids []string) string {
	values := url.Values{}
	for _, p := range op.Parameters {
		if p.Value.In == openapi3.ParameterInQuery && rapid.Bool().Draw(d, "give "+p.Value.Name) {
			values.Set(p.Value.Name, text(d, ids))
		}
	}
	if rapid.IntRange(0, 9).Draw(d, "give what nobody knows") == 0 {
		values.Set("unheard_of", "1")
	}
	return "?" + values.Encode()
}

// text is what a client may write where a short text is wanted.
func text(d *rapid.T, ids []string) string {
	return rapid.OneOf(
		rapid.SampledFrom(ids), rapid.String(),
		rapid.SampledFrom([]string{
			"", "0", "1", "-1", "200", "9999999999999999999", "true", "2026-03-04T12:00:00Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z",
			"2026-03-04", "+12025550101", "+1", "connected", "eyJub3QiOiJhIGN1cnNvciJ9", "Europe/London", "../../etc/passwd", "weeks", "09:00",
		}),
	).Draw(d, "text")
}

// sent is a body after the schema of an operation, more or less.
func sent(d *rapid.T, doc *openapi3.T, op *openapi3.Operation, ids []string) string {
	if op.RequestBody == nil {
		return ""
	}
	schema := op.RequestBody.Value.Content.Get("application/json")
	if schema == nil || rapid.IntRange(0, 19).Draw(d, "no body of the kind") == 0 {
		return rapid.SampledFrom([]string{"", "{", "null", "[]", `"text"`, "1", `{"a":1}{"b":2}`, strings.Repeat("[", 5000), "\xff\xfe"}).Draw(d, "raw")
	}
	body, err := json.Marshal(valueOf(d, schema.Schema, ids, 0))
	if err != nil {
		d.Fatal(err)
	}
	return string(body)
}

// valueOf draws a value of a schema, and now and then another.
func valueOf(d *rapid.T, ref *openapi3.SchemaRef, ids []string, depth int) any {
	s := ref.Value
	if depth > 6 || rapid.IntRange(0, 24).Draw(d, "something else") == 0 {
		return rapid.SampledFrom([]any{nil, "", "text", -1, 1e300, true, []any{}, map[string]any{}, "\x00", strings.Repeat("a", 2000)}).Draw(d, "else")
	}
	if len(s.Enum) > 0 {
		return rapid.SampledFrom(s.Enum).Draw(d, "one of")
	}
	switch {
	case s.Type.Includes(openapi3.TypeObject):
		object := map[string]any{}
		for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
			if slices.Contains(s.Required, name) || rapid.IntRange(0, 2).Draw(d, "give "+name) == 0 {
				object[name] = valueOf(d, s.Properties[name], ids, depth+1)
			}
		}
		if rapid.IntRange(0, 24).Draw(d, "an unknown field") == 0 {
			object["unheard_of"] = 1
		}
		return object
	case s.Type.Includes(openapi3.TypeArray):
		list := make([]any, rapid.IntRange(0, 3).Draw(d, "how many"))
		for i := range list {
			list[i] = valueOf(d, s.Items, ids, depth+1)
		}
		return list
	case s.Type.Includes(openapi3.TypeBoolean):
		return rapid.Bool().Draw(d, "bool")
	case s.Type.Includes(openapi3.TypeInteger), s.Type.Includes(openapi3.TypeNumber):
		return rapid.SampledFrom([]int{0, 1, 2, 5, 10, 30, 60, 300, 3600, -1, 1 << 40}).Draw(d, "number")
	default:
		return text(d, ids)
	}
}
