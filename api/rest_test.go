package api

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"
	"github.com/labstack/echo/v4"

	"github.com/ringdown/ringdown/activities/outside"
	"github.com/ringdown/ringdown/activities/receivers"
	"github.com/ringdown/ringdown/activities/twilio"
	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
	"github.com/ringdown/ringdown/models/store/storetest"
	"github.com/ringdown/ringdown/secrets"
)

// tryAtMost is how long a receiver may take here when it is tried.
const tryAtMost = 300 * time.Millisecond

const restKey = "correct horse battery staple"

// restTest is the people's API with a database of its own, and a client that checks every
// request it means to be right and every reply against the served OpenAPI document.
type restTest struct {
	*testing.T
	echo      *echo.Echo
	store     *store.Store
	emergency *emergency
	router    routers.Router
	log       *bytes.Buffer
	now       time.Time

	woken  []string // ids of the incidents whose channels were to be looked after
	resent []string // ids of the deliveries that were to be tried again
	away   error    // what comes of asking for that

	policies []string // of the limits that refused requests

	requests *requestRuns
	sealing  *secrets.Keys
}

func newREST(t *testing.T, carrier *twilio.Client) *restTest {
	t.Helper()
	return newRESTBeside(t, carrier, nil)
}

// newRESTBeside is newREST with services that keep schedules.
func newRESTBeside(t *testing.T, carrier *twilio.Client, services *outside.Client) *restTest {
	t.Helper()
	rt := &restTest{
		T: t, echo: echo.New(), store: storetest.SQLite(t), log: &bytes.Buffer{},
		now: time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC), sealing: sealingKeys(t),
	}
	rt.requests = &requestRuns{now: func() time.Time { return rt.now }, runs: map[string]models.NumberRequest{}, done: map[string]models.NumberRequest{}}
	log := slog.New(slog.NewJSONHandler(rt.log, nil))
	rt.echo.HTTPErrorHandler = problemHandler(log)
	rt.emergency = &emergency{store: rt.store, public: restSite, log: log}
	mountREST(rt.echo, restDeps{
		store: rt.store, carrier: carrier, outside: services, adminKey: restKey,
		publicURL: restSite, fallbackURL: "https://elsewhere.example/emergency", emergency: rt.emergency,
		log: log, now: func() time.Time { return rt.now },
		background: func(task func(context.Context)) { task(context.Background()) },
		receivers:  receivers.New(receivers.Config{AllowPrivate: true, PublicURL: restSite}), tryWithin: tryAtMost,
		wake: func(_ context.Context, incidentID string) { rt.woken = append(rt.woken, incidentID) },
		redeliver: func(_ context.Context, alertID string, r models.ReceiverRef) error {
			rt.resent = append(rt.resent, alertID+" to "+r.Name)
			return rt.away
		},
		start: rt.requests.start, actOn: rt.requests.act, done: rt.requests.did, sealing: rt.sealing,
	})
	var err error
	if rt.router, err = documented(); err != nil {
		t.Fatal(err)
	}
	return rt
}

// documented is the committed document, by which every request and reply is checked. That it is the one which is
// served is a test of its own.
var documented = sync.OnceValues(func() (routers.Router, error) {
	doc, err := openapi3.NewLoader().LoadFromFile("openapi.json")
	if err != nil {
		return nil, err
	}
	if err := doc.Validate(context.Background()); err != nil {
		return nil, err
	}
	return legacy.NewRouter(doc)
})

func (rt *restTest) raw(r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	rt.echo.ServeHTTP(w, r)
	return w
}

// reply is what came back; fields reads it as JSON.
type reply struct {
	*restTest
	*httptest.ResponseRecorder
}

// send makes a request with the right key. headers are name and value in turn.
func (rt *restTest) send(method, path, body string, headers ...string) reply {
	rt.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+restKey)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	return rt.do(r)
}

func (rt *restTest) do(r *http.Request) reply {
	rt.Helper()
	var body []byte
	if r.Body != nil {
		body, _ = io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
	}
	w := rt.raw(r)
	r.Body = io.NopCloser(bytes.NewReader(body))
	rt.conform(r, w, rightful)
	return reply{rt, w}
}

// What a request is meant to be. One with an empty parameter, or a body of no or another type, is taken
// although the document does not know it.
const (
	rightful = true
	anything = false
)

// conform checks an exchange against the OpenAPI document. A request that was refused may break
// its rules; one that was taken must not, unless it was meant to be anything.
func (rt *restTest) conform(r *http.Request, w *httptest.ResponseRecorder, meant bool) {
	rt.Helper()
	r.URL.Scheme, r.URL.Host = "", ""
	route, params, err := rt.router.FindRoute(r)
	if err != nil {
		if w.Code != http.StatusNotFound && w.Code != http.StatusMethodNotAllowed {
			rt.Errorf("%s %s answered %d but is not in the document: %v", r.Method, r.URL, w.Code, err)
		}
		return
	}
	request := &openapi3filter.RequestValidationInput{
		Request: r, PathParams: params, Route: route,
		Options: &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, IncludeResponseStatus: true, MultiError: true},
	}
	if w.Code < http.StatusBadRequest && meant == rightful {
		if err := openapi3filter.ValidateRequest(context.Background(), request); err != nil {
			rt.Errorf("%s %s was taken but breaks the document: %v", r.Method, r.URL, err)
		}
	}
	response := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: request, Status: w.Code, Header: w.Header(), Options: request.Options,
	}
	response.SetBodyBytes(w.Body.Bytes())
	if err := openapi3filter.ValidateResponse(context.Background(), response); err != nil {
		rt.Errorf("the reply to %s %s breaks the document: %v\n%s", r.Method, r.URL, err, w.Body)
	}
}

// is checks the status, and that an error is a problem that repeats no phone number.
func (r reply) is(status int) reply {
	r.Helper()
	if r.Code != status {
		r.Fatalf("status %d, want %d: %s", r.Code, status, r.Body)
	}
	if status >= http.StatusBadRequest {
		p := r.problem()
		if got := r.Header().Get("Content-Type"); got != "application/problem+json" {
			r.Errorf("content type %q", got)
		}
		if p.Status != status || p.Type != "about:blank" || p.Title == "" || p.Detail == "" {
			r.Errorf("incomplete problem: %s", r.Body)
		}
		if strings.Contains(strings.ReplaceAll(r.Body.String(), "as in +12025550123", ""), "55501") || strings.Contains(r.Body.String(), `"value"`) {
			r.Errorf("the problem repeats what was sent: %s", r.Body)
		}
	}
	return r
}

func (r reply) problem() (p huma.ErrorModel) {
	r.Helper()
	r.into(&p)
	return p
}

func (r reply) into(v any) {
	r.Helper()
	if err := json.Unmarshal(r.Body.Bytes(), v); err != nil {
		r.Fatalf("%v: %s", err, r.Body)
	}
}

// fields is the reply as JSON.
func (r reply) fields() (fields map[string]any) {
	r.Helper()
	r.into(&fields)
	return fields
}

func (r reply) id() string {
	r.Helper()
	id, ok := r.fields()["id"].(string)
	if !ok || id == "" {
		r.Fatalf("no id: %s", r.Body)
	}
	return id
}

// items are the ids or names of a list, and its next cursor.
func (r reply) items(key string) (items []string, next string) {
	r.Helper()
	var list struct {
		Items      []map[string]any `json:"items"`
		NextCursor string           `json:"next_cursor"`
	}
	r.into(&list)
	if list.Items == nil {
		r.Errorf("items are null: %s", r.Body)
	}
	for _, item := range list.Items {
		items = append(items, item[key].(string))
	}
	return items, list.NextCursor
}

// faults checks which places a 422 names, in any order.
func (r reply) faults(places ...string) {
	r.Helper()
	r.is(http.StatusUnprocessableEntity)
	named := map[string]string{}
	for _, e := range r.problem().Errors {
		if _, twice := named[e.Location]; twice {
			r.Errorf("%s is named twice: %s", e.Location, r.Body)
		}
		named[e.Location] = e.Message
	}
	for _, place := range places {
		if named[place] == "" {
			r.Errorf("%s is not named: %s", place, r.Body)
		}
		delete(named, place)
	}
	if len(named) > 0 {
		r.Errorf("also named: %v", named)
	}
}

// alice is a user who can be rung.
const alice = `{"name": "Alice", "email": "alice@example.com", "time_zone": "Europe/London", "on_call_licence": true,
	"phones": [{"label": "mobile", "number": "+12025550101"}]}`

// bob has a licence but no phone.
const bob = `{"name": "Bob", "email": "bob@example.com", "time_zone": "America/New_York", "on_call_licence": true}`

func (rt *restTest) user(body string) string {
	rt.Helper()
	return rt.send(http.MethodPost, "/v1/users", body).is(http.StatusCreated).id()
}
