package twilio

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"
)

// descriptions are Twilio's own of its services, in the folder that API_DESCRIPTIONS names, by how their paths begin;
// nil when the variable is empty.
var descriptions = sync.OnceValues(func() (map[string]service, error) {
	folder := os.Getenv("API_DESCRIPTIONS")
	if folder == "" {
		return nil, nil
	}
	found := map[string]service{}
	for path, s := range map[string]struct{ host, file string }{
		"/2010-04-01/":              {"api.twilio.com", "twilio_api_v2010.json"},
		"/v1/PhoneNumbers/":         {"pricing.twilio.com", "twilio_pricing_v1.json"},
		"/v2/RegulatoryCompliance/": {"numbers.twilio.com", "twilio_numbers_v2.json"},
	} {
		router, err := routerOf(filepath.Join(folder, s.file))
		if err != nil {
			return nil, err
		}
		found[path] = service{s.host, router}
	}
	return found, nil
})

type service struct {
	host   string
	router routers.Router
}

func routerOf(file string) (routers.Router, error) {
	doc, err := openapi3.NewLoader().LoadFromFile(file)
	if err != nil {
		return nil, err
	}
	// The router does not take a parameter before ".json", in which all paths of the oldest service end.
	paths := openapi3.NewPaths()
	for path, item := range doc.Paths.Map() {
		paths.Set(strings.TrimSuffix(path, ".json"), item)
		for _, operation := range item.Operations() {
			typeFields(operation)
		}
	}
	doc.Paths = paths
	// Twilio's examples and defaults do not keep to its own schemas.
	return legacy.NewRouter(doc, openapi3.DisableExamplesValidation(), openapi3.DisableSchemaDefaultsValidation())
}

// typeFields says of form fields without a type, which hold JSON, that they are text; the filter reads them as null.
func typeFields(operation *openapi3.Operation) {
	if operation.RequestBody == nil {
		return
	}
	for _, field := range operation.RequestBody.Value.Content.Get("application/x-www-form-urlencoded").Schema.Value.Properties {
		if field.Value.Type == nil {
			field.Value.Type = &openapi3.Types{openapi3.TypeString}
		}
	}
}

// described finds the operation that r is about. It is nil, and the check left out, where there
// is no description; in CI there must be one.
func described(t *testing.T, r *http.Request) *openapi3filter.RequestValidationInput {
	t.Helper()
	services, err := descriptions()
	switch {
	case err != nil:
		t.Error(err)
		return nil
	case services == nil && os.Getenv("CI") != "":
		t.Error("API_DESCRIPTIONS is empty")
		return nil
	case services == nil:
		return nil
	}
	for path, s := range services {
		if strings.HasPrefix(r.URL.Path, path) {
			return s.described(t, r)
		}
	}
	t.Errorf("%s %s: no service has such paths", r.Method, r.URL.Path)
	return nil
}

func (s service) described(t *testing.T, r *http.Request) *openapi3filter.RequestValidationInput {
	t.Helper()
	r = r.Clone(context.Background())
	r.URL.Scheme, r.URL.Host, r.URL.Path = "https", s.host, strings.TrimSuffix(r.URL.Path, ".json")
	route, params, err := s.router.FindRoute(r)
	if err != nil {
		t.Errorf("%s %s: %v", r.Method, r.URL.Path, err)
		return nil
	}
	return &openapi3filter.RequestValidationInput{
		Request: r, Route: route, PathParams: params,
		Options: &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, MultiError: true},
	}
}

func checkRequest(t *testing.T, r *http.Request) {
	t.Helper()
	input := described(t, r)
	if input == nil {
		return
	}
	if err := validate(input); err != nil {
		t.Errorf("%s %s: %v", r.Method, r.URL.Path, err)
	}
}

// validate also refuses names that are not described, which the filter lets pass.
func validate(input *openapi3filter.RequestValidationInput) error {
	operation := input.Route.Operation
	for name := range input.Request.URL.Query() {
		if operation.Parameters.GetByInAndName(openapi3.ParameterInQuery, name) == nil {
			return fmt.Errorf("no query parameter %q", name)
		}
	}
	if err := openapi3filter.ValidateRequest(context.Background(), input); err != nil || operation.RequestBody == nil {
		return err
	}
	if err := input.Request.ParseForm(); err != nil {
		return err
	}
	fields := operation.RequestBody.Value.Content.Get("application/x-www-form-urlencoded").Schema.Value.Properties
	for name := range input.Request.PostForm {
		if fields[name] == nil {
			return fmt.Errorf("no field %q", name)
		}
	}
	return nil
}

// formOf is the form in a request's body, and what of it is a file. A multipart form becomes a plain one without its
// file, which is how Twilio describes it.
func formOf(r *http.Request, body []byte) (form url.Values, file *File, err error) {
	mediaType, params, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if mediaType != "multipart/form-data" {
		form, err = url.ParseQuery(string(body))
		return form, nil, err
	}
	form = url.Values{}
	for parts := multipart.NewReader(bytes.NewReader(body), params["boundary"]); ; {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			return form, file, nil
		}
		if err != nil {
			return nil, nil, err
		}
		content, err := io.ReadAll(part)
		switch {
		case err != nil:
			return nil, nil, err
		case part.FormName() == "File":
			file = &File{part.FileName(), part.Header.Get("Content-Type"), content}
		default:
			form.Add(part.FormName(), string(content))
		}
	}
}

func checkResponse(t *testing.T, r *http.Request, status int, body string) {
	t.Helper()
	input := described(t, r)
	if input == nil {
		return
	}
	answer := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: input, Status: status,
		Header:  http.Header{"Content-Type": {"application/json"}},
		Body:    io.NopCloser(strings.NewReader(body)),
		Options: &openapi3filter.Options{IncludeResponseStatus: true, MultiError: true},
	}
	if err := openapi3filter.ValidateResponse(context.Background(), answer); err != nil {
		t.Errorf("%s %s answers %d: %v", r.Method, r.URL.Path, status, err)
	}
}

// The check itself must notice what it is there for.
func TestDescriptionRefusesWhatTwilioWouldNotTake(t *testing.T) {
	if os.Getenv("API_DESCRIPTIONS") == "" && os.Getenv("CI") == "" {
		t.Log("left out: checking requests and answers against Twilio's description, since API_DESCRIPTIONS is empty")
		return
	}
	good := url.Values{
		"To": {"+12025550123"}, "From": {"+447700900001"}, "Url": {"https://ringdown.example/leg"}, "Timeout": {"28"},
		"StatusCallbackEvent": {"completed"},
	}
	for name, change := range map[string]func(path string, form url.Values) string{
		"nothing":                 func(path string, _ url.Values) string { return path },
		"a misspelt field":        func(path string, form url.Values) string { form.Set("StatusCallbackUrl", "x"); return path },
		"no document to ask for":  func(path string, form url.Values) string { form.Del("Url"); return path },
		"a time-out in words":     func(path string, form url.Values) string { form.Set("Timeout", "long"); return path },
		"a method that is none":   func(path string, form url.Values) string { form.Set("Method", "PUT"); return path },
		"an account that is none": func(string, url.Values) string { return "/2010-04-01/Accounts/AC1/Calls.json" },
	} {
		form := url.Values{}
		for key, values := range good {
			form[key] = values
		}
		path := change(calls, form)
		r, err := http.NewRequest(http.MethodPost, path, strings.NewReader(form.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		input := described(t, r)
		if input == nil {
			t.Fatal("no operation found")
		}
		err = validate(input)
		if (err == nil) != (name == "nothing") {
			t.Errorf("%s is wrong: %v", name, err)
		}
	}
}
