package outside_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"
	"github.com/google/go-cmp/cmp"

	"github.com/ringdown/ringdown/activities/outside"
	"github.com/ringdown/ringdown/models"
)

const (
	incidentIOKey = "inc_secret"
	pagerDutyKey  = "pd_secret"
)

var (
	noon   = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
	within = models.Stretch{From: noon, To: noon.Add(24 * time.Hour)}
)

// asked is a client whose services are both the handler.
func asked(t *testing.T, handler http.HandlerFunc) *outside.Client {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	c, err := outside.New(outside.Config{
		IncidentIOKey: incidentIOKey + "\n", IncidentIOURL: server.URL, PagerDutyKey: pagerDutyKey, PagerDutyURL: server.URL + "/",
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// description is incident.io's own description of its API, in the folder that API_DESCRIPTIONS
// names; nil when the variable is empty.
var description = sync.OnceValues(func() (routers.Router, error) {
	folder := os.Getenv("API_DESCRIPTIONS")
	if folder == "" {
		return nil, nil
	}
	doc, err := openapi3.NewLoader().LoadFromFile(filepath.Join(folder, "incident_io.json"))
	if err != nil {
		return nil, err
	}
	doc.Servers = nil
	return legacy.NewRouter(doc, openapi3.DisableExamplesValidation(), openapi3.DisableSchemaDefaultsValidation())
})

// described checks an exchange with incident.io against its description. In CI there must be one.
func described(t *testing.T, r *http.Request, answer string) {
	t.Helper()
	router, err := description()
	switch {
	case err != nil:
		t.Error(err)
		return
	case router == nil && os.Getenv("CI") != "":
		t.Error("API_DESCRIPTIONS is empty")
		return
	case router == nil:
		t.Log("left out: checking an exchange against incident.io's description, since API_DESCRIPTIONS is empty")
		return
	}
	route, params, err := router.FindRoute(r)
	if err != nil {
		t.Errorf("%s: %v", r.URL, err)
		return
	}
	options := &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, MultiError: true, IncludeResponseStatus: true}
	input := &openapi3filter.RequestValidationInput{Request: r, Route: route, PathParams: params, Options: options}
	if err := openapi3filter.ValidateRequest(context.Background(), input); err != nil {
		t.Errorf("%s: %v", r.URL, err)
	}
	for name := range r.URL.Query() {
		if route.Operation.Parameters.GetByInAndName(openapi3.ParameterInQuery, name) == nil {
			t.Errorf("%s: no parameter %s", r.URL, name)
		}
	}
	if answer == "" {
		return
	}
	output := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: input, Status: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}},
		Body: io.NopCloser(strings.NewReader(answer)), Options: options,
	}
	if err := openapi3filter.ValidateResponse(context.Background(), output); err != nil {
		t.Errorf("answer to %s: %v", r.URL, err)
	}
}

func incidentIOEntry(from, to time.Time, layer, user string) string {
	if user != "" {
		user = fmt.Sprintf(`, "user": {"id": "01%s", "name": "%[1]s", "email": "%[1]s@example.com", "role": "owner"}`, user)
	}
	return fmt.Sprintf(`{"start_at": %q, "end_at": %q, "rotation_id": "R1", "layer_id": %q%s}`,
		from.Format(time.RFC3339), to.Format(time.RFC3339), layer, user)
}

func incidentIOAnswer(after string, final ...string) string {
	meta := ""
	if after != "" {
		meta = fmt.Sprintf(`, "pagination_meta": {"after": %q, "after_url": "https://elsewhere.example/"}`, after)
	}
	return fmt.Sprintf(`{"schedule_entries": {"scheduled": [], "overrides": [], "final": [%s]}%s}`, strings.Join(final, ","), meta)
}

func TestIncidentIOIsReadPageByPage(t *testing.T) {
	six := noon.Add(6 * time.Hour)
	var starts []string
	c := asked(t, func(w http.ResponseWriter, r *http.Request) {
		if got := r.Header.Get("Authorization"); got != "Bearer "+incidentIOKey {
			t.Errorf("authorization %q", got)
		}
		query := r.URL.Query()
		starts = append(starts, query.Get("entry_window_start"))
		answer := incidentIOAnswer("", incidentIOEntry(six, noon.Add(24*time.Hour), "L2", "bob"), incidentIOEntry(six, noon.Add(24*time.Hour), "L1", ""))
		if query.Get("entry_window_start") != "mark" {
			answer = incidentIOAnswer("mark", incidentIOEntry(noon, six, "L1", "alice"))
		}
		if query.Get("schedule_id") != "01S" || query.Get("entry_window_end") != "2026-03-05T12:00:00Z" {
			t.Errorf("asked for %v", query)
		}
		described(t, r, answer)
		fmt.Fprint(w, answer)
	})
	got, err := c.Shifts(t.Context(), models.IncidentIO, "01S", within)
	if err != nil {
		t.Fatal(err)
	}
	want := []models.OutsideShift{
		{From: noon, To: six, Rotation: "R1", Seat: 0, ID: "01alice", Name: "alice", Email: "alice@example.com"},
		{From: six, To: noon.Add(24 * time.Hour), Rotation: "R1", Seat: 1, ID: "01bob", Name: "bob", Email: "bob@example.com"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if !slices.Equal(starts, []string{"2026-03-04T12:00:00Z", "mark"}) {
		t.Errorf("windows began at %v", starts)
	}
}

func TestASchedulesPlaceAtIncidentIOIsDescribed(t *testing.T) {
	c := asked(t, func(w http.ResponseWriter, r *http.Request) {
		described(t, r, "")
		fmt.Fprint(w, `{"schedule": {}}`)
	})
	if err := c.Check(t.Context(), models.IncidentIO, "01S"); err != nil {
		t.Error(err)
	}
}

func TestPagerDutyIsReadPageByPage(t *testing.T) {
	var offsets []string
	c := asked(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Token token="+pagerDutyKey || r.Header.Get("Accept") != "application/vnd.pagerduty+json;version=2" {
			t.Errorf("headers %v", r.Header)
		}
		query := r.URL.Query()
		offsets = append(offsets, query.Get("offset"))
		query.Del("offset")
		want := url.Values{
			"schedule_ids[]": {"PABC"}, "include[]": {"users"}, "limit": {"100"}, "since": {"2026-03-04T12:00:00Z"}, "until": {"2026-03-05T12:00:00Z"},
		}
		if diff := cmp.Diff(want, query); diff != "" || r.URL.Path != "/oncalls" {
			t.Errorf("asked %s for %s", r.URL.Path, diff)
		}
		if len(offsets) == 1 {
			fmt.Fprint(w, `{"oncalls": [
				{"user": {"id": "PU1", "summary": "Alice A", "name": "Alice", "email": "alice@example.com"}, "schedule": {"id": "PABC"},
				 "escalation_level": 1, "start": "2026-03-04T09:00:00+01:00", "end": "2026-03-05T09:00:00+01:00"},
				{"user": {"id": "PU9", "summary": "Boss"}, "schedule": null, "start": null, "end": null}],
				"limit": 100, "offset": 0, "more": true, "total": null}`)
			return
		}
		fmt.Fprint(w, `{"oncalls": [{"user": {"id": "PU2", "type": "user_reference", "summary": "Bob\u0000 B"}, "schedule": {"id": "PABC"}, "start": null, "end": null}], "more": false}`)
	})
	got, err := c.Shifts(t.Context(), models.PagerDuty, "PABC", within)
	if err != nil {
		t.Fatal(err)
	}
	for i := range got {
		got[i].From, got[i].To = got[i].From.UTC(), got[i].To.UTC()
	}
	want := []models.OutsideShift{
		{From: noon.Add(-4 * time.Hour), To: noon.Add(20 * time.Hour), ID: "PU1", Name: "Alice", Email: "alice@example.com"},
		{From: within.From, To: within.To, ID: "PU2", Name: "Bob B"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if !slices.Equal(offsets, []string{"0", "100"}) {
		t.Errorf("offsets %v", offsets)
	}
}

func TestWhatAServiceMayAnswerInstead(t *testing.T) {
	status := func(code int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(code)
			fmt.Fprint(w, body)
		}
	}
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		class  outside.Class
		said   string
	}{
		"that the key is wrong": {status(401, `{"error": {"message": "no key `+pagerDutyKey+`\n here", "code": 2006}}`), outside.Credentials,
			"PagerDuty does not let our key read the schedule (it says: no key … here)"},
		"that the key may not":      {status(403, ``), outside.Credentials, "PagerDuty does not let our key read the schedule"},
		"that there is none":        {status(404, `{"errors": [{"message": "not found"}]}`), outside.Refused, "PagerDuty knows no such schedule (it says: not found)"},
		"that the request is wrong": {status(422, ``), outside.Refused, "PagerDuty refuses the request with status 422"},
		"that it is broken":         {status(500, `<html>`), outside.Away, "PagerDuty answers with status 500"},
		"to look elsewhere":         {func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/elsewhere", http.StatusFound) }, outside.Away, "PagerDuty answers with status 302"},
		"nonsense":                  {status(200, `on call: Alice`), outside.Away, "PagerDuty gave an answer that cannot be read"},
		"something else":            {status(200, `{"calls": []}`), outside.Away, "PagerDuty gave an answer without on-calls"},
		"null":                      {status(200, `null`), outside.Away, "PagerDuty gave an answer without on-calls"},
		"half a page": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			fmt.Fprint(w, `{"oncalls": [`)
		}, outside.Away, "PagerDuty broke off its answer"},
		"page after page, for ever":    {status(200, `{"oncalls": [], "more": true}`), outside.Away, "PagerDuty has more pages than any schedule needs"},
		"more than anybody could read": {status(200, strings.Repeat(" ", 9<<20)), outside.Away, "PagerDuty gave an answer that is too long"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := asked(t, c.answer).Shifts(t.Context(), models.PagerDuty, "PABC", within)
			var got *outside.Error
			if !errors.As(err, &got) || got.Class != c.class || got.Error() != c.said {
				t.Errorf("%v, want %s: %s", err, c.class, c.said)
			}
		})
	}
}

func TestAServiceThatIsSlowIsGivenUp(t *testing.T) {
	until := make(chan struct{})
	c := asked(t, func(http.ResponseWriter, *http.Request) { <-until })
	defer close(until)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := c.Shifts(ctx, models.IncidentIO, "01S", within); err == nil || err.Error() != "incident.io did not answer in time" {
		t.Error(err)
	}
}

func TestAServiceThatAsksToWait(t *testing.T) {
	for after, want := range map[string]time.Duration{
		"30": 30 * time.Second, "0": time.Second, "-5": time.Second, "999999999": time.Hour, "99999999999999999999": time.Minute, "": time.Minute, "soon": time.Minute,
		time.Now().Add(24 * time.Hour).UTC().Format(http.TimeFormat): time.Hour,
	} {
		c := asked(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", after)
			w.WriteHeader(http.StatusTooManyRequests)
		})
		_, err := c.Shifts(t.Context(), models.IncidentIO, "01S", within)
		var got *outside.Error
		if !errors.As(err, &got) || got.Class != outside.Busy || got.RetryAfter != want {
			t.Errorf("Retry-After %q: %+v, want %v", after, err, want)
		}
	}
}

func TestWithoutAKeyNothingIsAsked(t *testing.T) {
	some, err := outside.New(outside.Config{PagerDutyKey: "k"})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []*outside.Client{nil, some} {
		_, err := c.Shifts(t.Context(), models.IncidentIO, "01S", within)
		if err == nil || err.Error() != "incident.io cannot be asked: set INCIDENT_IO_API_KEY" || c.Ready() != (c == some) {
			t.Errorf("%v, ready %v", err, c.Ready())
		}
	}
	for _, address := range []string{"incident.io", "https://api.incident.io/v2", "ftp://x"} {
		if _, err := outside.New(outside.Config{IncidentIOURL: address}); err == nil || err.Error() != "INCIDENT_IO_API_URL: want https and a host, without a path" {
			t.Errorf("%s: %v", address, err)
		}
	}
}

func TestACopyKeepsTheLastGoodOneWhenItFails(t *testing.T) {
	good := true
	c := asked(t, func(w http.ResponseWriter, _ *http.Request) {
		if good {
			fmt.Fprint(w, incidentIOAnswer("", incidentIOEntry(noon, noon.Add(time.Hour), "L1", "alice")))
			return
		}
		w.Header().Set("Retry-After", "120")
		w.WriteHeader(http.StatusTooManyRequests)
	})
	o := models.OutsideSchedule{ID: "o", Provider: models.IncidentIO, Reference: "01S"}
	first, err := c.Copy(t.Context(), o, []models.User{{ID: "alice", Email: "Alice@example.com"}}, noon)
	if err != nil || len(first.Entries) != 1 || first.Entries[0].UserID != "alice" || !first.ReachesTo.Equal(noon.Add(8*24*time.Hour)) {
		t.Fatalf("%+v, %v", first, err)
	}
	good, o.Kept = false, &first
	_, err = c.Copy(t.Context(), o, nil, noon.Add(time.Hour))
	failed := outside.Failed(o, err, noon.Add(time.Hour))
	again := noon.Add(62 * time.Minute)
	want := first
	want.LastError, want.RetryAt = "incident.io asks us to wait", &again
	if diff := cmp.Diff(want, failed); diff != "" {
		t.Error(diff)
	}
	text, err := json.Marshal(failed)
	if err != nil || strings.Contains(string(text), incidentIOKey) {
		t.Errorf("%s, %v", text, err)
	}
}
