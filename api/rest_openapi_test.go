package api

import (
	"bytes"
	"flag"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite openapi.json")

func TestRESTOpenAPIIsUpToDate(t *testing.T) {
	t.Parallel()
	served := newREST(t, nil).raw(httptest.NewRequest(http.MethodGet, "/openapi.json", nil)).Body.Bytes()
	if *update {
		if err := os.WriteFile("openapi.json", served, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	committed, err := os.ReadFile("openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(served, committed) {
		t.Error("openapi.json is not what the types say; run go test ./api -run OpenAPI -update")
	}
}

func TestRESTDocsNeedNothingFromElsewhere(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil)
	for path, contentType := range map[string]string{
		"/docs": "text/html", "/docs/docs.js": "text/javascript", "/docs/docs.css": "text/css", "/openapi.json": "application/json",
	} {
		got := rt.raw(httptest.NewRequest(http.MethodGet, path, nil))
		if got.Code != http.StatusOK || !strings.HasPrefix(got.Header().Get("Content-Type"), contentType) {
			t.Errorf("%s: %d %s", path, got.Code, got.Header().Get("Content-Type"))
		}
		if path != "/openapi.json" && strings.Contains(got.Body.String(), "//") && strings.Contains(got.Body.String(), "http") {
			t.Errorf("%s names another host", path)
		}
	}
}
