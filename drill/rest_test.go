package drill

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ringdown/ringdown/cluster"
)

// What REST refuses for a while is asked again with the same key; what it refuses for good is not.
func TestREST(t *testing.T) {
	var keys []string
	answers := []int{503, 429, 201}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		keys = append(keys, r.Header.Get("Idempotency-Key"))
		w.WriteHeader(answers[0])
		answers = answers[1:]
		_, _ = w.Write([]byte(`{"id": "1"}`))
	}))
	defer server.Close()
	c := &restClient{base: server.URL, http: server.Client()}
	var made struct{ ID string }
	if err := c.ask(t.Context(), http.MethodPost, "/v1/users", map[string]any{}, &made); err != nil || made.ID != "1" {
		t.Errorf("made %q, %v", made.ID, err)
	}
	if len(keys) != 3 || keys[0] == "" || keys[0] != keys[2] {
		t.Errorf("asked with the keys %q", keys)
	}
	answers = []int{422}
	if err := c.ask(t.Context(), http.MethodPost, "/v1/users", map[string]any{}, nil); err == nil || !strings.Contains(err.Error(), "422") {
		t.Errorf("the error is %v", err)
	}
}

func TestAListIsReadToItsEnd(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		page := map[string]string{"": `{"items": [1, 2], "next_cursor": "two"}`, "two": `{"items": [3], "next_cursor": ""}`}
		_, _ = w.Write([]byte(page[r.URL.Query().Get("cursor")]))
	}))
	defer server.Close()
	items, err := all[int](t.Context(), &restClient{base: server.URL, http: server.Client()}, "/v1/calls", url.Values{})
	if err != nil || len(items) != 3 {
		t.Errorf("%v, %v", items, err)
	}
}

func TestASystemWithARealCarrierIsNotDrilled(t *testing.T) {
	if _, err := visit(t.Context(), cluster.System{API: "https://example.com"}); err == nil || !strings.Contains(err.Error(), "not simulated") {
		t.Errorf("the error is %v", err)
	}
}

func TestNumbersAndErrorsInLogsAreFoundWhereTheDrillWroteThem(t *testing.T) {
	folder := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		f, err := os.OpenFile(filepath.Join(folder, name), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = f.Close() }()
		if _, err := f.WriteString(text + "\n"); err != nil {
			t.Fatal(err)
		}
	}
	write("api-1.log", `{"level":"ERROR","msg":"before","number":"+13035550100"}`)
	marks := markLogs(cluster.System{Logs: folder})
	write("api-1.log", `{"level":"ERROR","msg":"call diverted"}`)
	write("worker-1.log", `{"level":"INFO","msg":"rung","phone":"+13035550142"}`)
	write("carrier.log", "+13035550143")
	numbers, errors := marks.read()
	if len(numbers) != 1 || numbers[0] != "worker-1.log holds 13035550142" {
		t.Errorf("found %q", numbers)
	}
	if len(errors) != 1 || errors["call diverted"] != 1 {
		t.Errorf("errors %v", errors)
	}
}
