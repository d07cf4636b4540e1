package receivers_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi2"
	"github.com/getkin/kin-openapi/openapi2conv"
	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"
	"github.com/goccy/go-yaml"
)

// incidentIODescription and alertmanagerDescription are the systems' own descriptions of their APIs, in
// the folder that API_DESCRIPTIONS names; nil when the variable is empty.
var (
	incidentIODescription = sync.OnceValues(func() (routers.Router, error) {
		return routed("incident_io.json", func(data []byte) (*openapi3.T, error) { return openapi3.NewLoader().LoadFromData(data) }, "")
	})
	alertmanagerDescription = sync.OnceValues(func() (routers.Router, error) {
		return routed("alertmanager_v2.yaml", func(data []byte) (*openapi3.T, error) {
			data, err := yaml.YAMLToJSON(data)
			if err != nil {
				return nil, err
			}
			var old openapi2.T
			if err := json.Unmarshal(data, &old); err != nil {
				return nil, err
			}
			return openapi2conv.ToV3(&old)
		}, "/api/v2")
	})
)

func routed(file string, read func([]byte) (*openapi3.T, error), below string) (routers.Router, error) {
	folder := os.Getenv("API_DESCRIPTIONS")
	if folder == "" {
		return nil, nil
	}
	data, err := os.ReadFile(filepath.Join(folder, file))
	if err != nil {
		return nil, err
	}
	doc, err := read(data)
	if err != nil {
		return nil, err
	}
	doc.Servers = nil
	if below != "" {
		doc.Servers = openapi3.Servers{{URL: below}}
	}
	return legacy.NewRouter(doc, openapi3.DisableExamplesValidation(), openapi3.DisableSchemaDefaultsValidation())
}

func describedByIncidentIO(t *testing.T, r *http.Request, body []byte) {
	t.Helper()
	described(t, "incident.io", incidentIODescription, r, body)
}

func describedByAlertmanager(t *testing.T, r *http.Request, body []byte) {
	t.Helper()
	r = r.Clone(t.Context())
	r.URL.RawQuery, r.URL.Path = "", strings.TrimPrefix(r.URL.Path, "/alertmanager")
	described(t, "Alertmanager", alertmanagerDescription, r, body)
}

// described checks a request against a description. In CI there must be one.
func described(t *testing.T, whose string, description func() (routers.Router, error), r *http.Request, body []byte) {
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
		t.Logf("left out: checking a request against the description of %s, since API_DESCRIPTIONS is empty", whose)
		return
	}
	if err := validate(router, r, body); err != nil {
		t.Errorf("%s: %v\n%.500s", whose, err, body)
	}
}

// validate also refuses names that are not described, which the filter lets pass.
func validate(router routers.Router, r *http.Request, body []byte) error {
	r = r.Clone(context.Background())
	r.Body = io.NopCloser(bytes.NewReader(body))
	route, params, err := router.FindRoute(r)
	if err != nil {
		return err
	}
	schema := route.Operation.RequestBody.Value.Content.Get("application/json").Schema.Value
	closeObjects(schema)
	return openapi3filter.ValidateRequest(context.Background(), &openapi3filter.RequestValidationInput{
		Request: r, Route: route, PathParams: params,
		Options: &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, MultiError: true},
	})
}

// closeObjects makes a schema refuse what it does not name.
func closeObjects(schema *openapi3.Schema) {
	switch no := false; {
	case schema.Items != nil:
		closeObjects(schema.Items.Value)
	case len(schema.AllOf) > 0: // the parts name different things: all of them together are one object
		whole := &openapi3.Schema{Type: &openapi3.Types{"object"}, Properties: openapi3.Schemas{}}
		for _, part := range schema.AllOf {
			for name, property := range part.Value.Properties {
				whole.Properties[name] = property
			}
			whole.Required = append(whole.Required, part.Value.Required...)
		}
		whole.AdditionalProperties.Has = &no
		*schema = *whole
	case len(schema.Properties) > 0:
		schema.AdditionalProperties.Has = &no
	}
}

// The check itself must notice what it is there for.
func TestDescriptionsRefuseWhatReceiversWouldNotTake(t *testing.T) {
	if os.Getenv("API_DESCRIPTIONS") == "" && os.Getenv("CI") == "" {
		t.Log("left out: checking requests against the descriptions of receivers, since API_DESCRIPTIONS is empty")
		return
	}
	for _, c := range []struct {
		name, path, body string
		description      func() (routers.Router, error)
		good             bool
	}{
		{"an event", "/v2/alert_events/http/01", `{"title": "a", "status": "firing"}`, incidentIODescription, true},
		{"a status in capitals", "/v2/alert_events/http/01", `{"title": "a", "status": "Firing"}`, incidentIODescription, false},
		{"no title", "/v2/alert_events/http/01", `{"status": "firing"}`, incidentIODescription, false},
		{"a misspelt key", "/v2/alert_events/http/01", `{"title": "a", "status": "firing", "dedup_key": "a"}`, incidentIODescription, false},
		{"another version", "/v1/alert_events/http/01", `{"title": "a", "status": "firing"}`, incidentIODescription, false},
		{"an alert", "/api/v2/alerts", `[{"labels": {"alertname": "a"}, "startsAt": "2026-03-04T12:00:00Z"}]`, alertmanagerDescription, true},
		{"no list", "/api/v2/alerts", `{"labels": {"alertname": "a"}}`, alertmanagerDescription, false},
		{"no labels", "/api/v2/alerts", `[{"startsAt": "2026-03-04T12:00:00Z"}]`, alertmanagerDescription, false},
		{"a label that is a number", "/api/v2/alerts", `[{"labels": {"alertname": 1}}]`, alertmanagerDescription, false},
		{"a time in words", "/api/v2/alerts", `[{"labels": {"alertname": "a"}, "endsAt": "noon"}]`, alertmanagerDescription, false},
		{"a misspelt time", "/api/v2/alerts", `[{"labels": {"alertname": "a"}, "ends_at": "2026-03-04T12:00:00Z"}]`, alertmanagerDescription, false},
		{"another path", "/api/v1/alerts", `[]`, alertmanagerDescription, false},
	} {
		router, err := c.description()
		if err != nil || router == nil {
			t.Fatal(err)
		}
		r, err := http.NewRequest(http.MethodPost, c.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/json")
		if err := validate(router, r, []byte(c.body)); (err == nil) != c.good {
			t.Errorf("%s is wrong: %v", c.name, err)
		}
	}
}
