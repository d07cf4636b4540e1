package simulator

import (
	"bytes"
	"encoding/json"
	"io"
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

const testAccount = "/2010-04-01/Accounts/" + testSID

// descriptions are Twilio's own descriptions of its APIs by the first parts of their paths, from the folder that
// API_DESCRIPTIONS names; nil when the variable is empty.
var descriptions = sync.OnceValues(func() (map[string]routers.Router, error) {
	folder := os.Getenv("API_DESCRIPTIONS")
	if folder == "" {
		return nil, nil
	}
	all := map[string]routers.Router{}
	for part, file := range map[string]string{apiVersion: "api_v2010", "v1": "pricing_v1", "v2": "numbers_v2"} {
		doc, err := openapi3.NewLoader().LoadFromFile(filepath.Join(folder, "twilio_"+file+".json"))
		if err != nil {
			return nil, err
		}
		doc.Servers = nil
		// The router does not take a parameter before ".json", in which all paths of the oldest API end.
		paths := openapi3.NewPaths()
		for path, item := range doc.Paths.Map() {
			item.Servers = nil
			typeFields(item)
			paths.Set(strings.TrimSuffix(path, ".json"), item)
		}
		doc.Paths = paths
		// Twilio's examples and defaults do not keep to its own schemas.
		all[part], err = legacy.NewRouter(doc, openapi3.DisableExamplesValidation(), openapi3.DisableSchemaDefaultsValidation())
		if err != nil {
			return nil, err
		}
	}
	return all, nil
})

// typeFields says that form fields without a type are text, since the checker reads nothing of them otherwise.
func typeFields(item *openapi3.PathItem) {
	for _, o := range item.Operations() {
		if o.RequestBody == nil {
			continue
		}
		for _, field := range o.RequestBody.Value.Content.Get("application/x-www-form-urlencoded").Schema.Value.Properties {
			if field.Value.Type == nil {
				field.Value.Type = &openapi3.Types{"string"}
			}
		}
	}
}

// described checks a request and its answer against Twilio's description, unless there is none. Errors are not described.
func described(r *http.Request, form url.Values, status int, answer []byte) error {
	all, err := descriptions()
	if err != nil || all == nil || status > 299 {
		return err
	}
	about, err := http.NewRequest(r.Method, strings.TrimSuffix(r.URL.Path, ".json")+"?"+r.URL.RawQuery, strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	about.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	route, params, err := all[strings.Split(r.URL.Path, "/")[1]].FindRoute(about)
	if err != nil {
		return err
	}
	input := &openapi3filter.RequestValidationInput{
		Request: about, Route: route, PathParams: params,
		Options: &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, MultiError: true},
	}
	if err := openapi3filter.ValidateRequest(r.Context(), input); err != nil {
		return err
	}
	return openapi3filter.ValidateResponse(r.Context(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: input, Status: status, Header: http.Header{"Content-Type": {"application/json"}},
		Body: io.NopCloser(bytes.NewReader(answer)), Options: &openapi3filter.Options{IncludeResponseStatus: true, MultiError: true},
	})
}

func TestDescriptionNoticesWhatTwilioWouldNotSay(t *testing.T) {
	switch all, err := descriptions(); {
	case err != nil:
		t.Fatal(err)
	case all == nil && os.Getenv("CI") != "":
		t.Fatal("API_DESCRIPTIONS is empty")
	case all == nil:
		t.Log("left out: checking answers against Twilio's description, since API_DESCRIPTIONS is empty")
		return
	}
	for path, wrong := range map[string]string{
		testAccount + "/Addresses.json": `{"addresses":[{"sid":"AD1"}]}`,
		priceList:                       `{"countries":"none"}`,
		bundleList:                      `{"results":[{"status":"lost"}]}`,
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
		if err != nil {
			t.Fatal(err)
		}
		if described(r, nil, 200, []byte(`{}`)) != nil {
			t.Errorf("%s: a good answer is wrong", path)
		}
		if described(r, nil, 200, []byte(wrong)) == nil || described(r, nil, 202, []byte(`{}`)) == nil {
			t.Errorf("%s: a wrong answer is good", path)
		}
	}
}

// order asks REST for anything by its whole path, and checks what is said against Twilio's description.
func (b *bench) order(method, path string, pairs ...string) (int, map[string]any) {
	b.t.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	r := b.request(method, path, strings.NewReader(form.Encode()), "application/x-www-form-urlencoded")
	status, answer := b.exchange(r)
	if err := described(r, form, status, answer); err != nil {
		b.t.Errorf("%s %s %d: %v", method, path, status, err)
	}
	return status, b.decoded(answer)
}

func (b *bench) request(method, path string, body io.Reader, kind string) *http.Request {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.ctx, method, b.rest.URL+path, body)
	b.must(err)
	r.SetBasicAuth(testSID, testToken)
	r.Header.Set("Content-Type", kind)
	return r
}

func (b *bench) exchange(r *http.Request) (int, []byte) {
	b.t.Helper()
	res, err := http.DefaultClient.Do(r)
	b.must(err)
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	b.must(err)
	return res.StatusCode, answer
}

func (b *bench) decoded(answer []byte) map[string]any {
	b.t.Helper()
	out := map[string]any{}
	if len(answer) > 0 {
		b.must(json.Unmarshal(answer, &out))
	}
	return out
}

// makes orders something that must be made, and returns its SID.
func (b *bench) makes(path string, pairs ...string) string {
	b.t.Helper()
	status, body := b.order(http.MethodPost, path, pairs...)
	if status != http.StatusCreated {
		b.t.Fatalf("POST %s %v: %d %v", path, pairs, status, body)
	}
	return body["sid"].(string)
}

// list is the list under a name in an answer.
func list(body map[string]any, name string) []map[string]any {
	var all []map[string]any
	items, _ := body[name].([]any)
	for _, v := range items {
		all = append(all, v.(map[string]any))
	}
	return all
}

// addressIn makes an address in a town.
func (b *bench) addressIn(iso, city string) string {
	b.t.Helper()
	return b.makes(testAccount+"/Addresses.json", "CustomerName", "Example GmbH", "Street", "Hauptstr. 1", "City", city,
		"Region", city, "PostalCode", "10115", "IsoCountry", iso, "FriendlyName", "request 1")
}
