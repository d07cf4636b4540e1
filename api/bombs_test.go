package api

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// A body that is small enough may still be made to cost much, by its depth, its faults or its numbers.
func TestRESTABodyThatIsMadeToCostMuchCostsLittle(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil).seeded()
	var fields strings.Builder
	for i := range 60_000 {
		fmt.Fprintf(&fields, `"f%d":1,`, i)
	}
	for name, c := range map[string]struct {
		body string
		code int
	}{
		"brackets that open alone":     {strings.Repeat("[", 1_000_000), http.StatusBadRequest},
		"brackets that open and close": {strings.Repeat("[", 9_000) + strings.Repeat("]", 9_000), http.StatusUnprocessableEntity},
		"objects in objects":           {strings.Repeat(`{"a":`, 9_000) + "1" + strings.Repeat("}", 9_000), http.StatusUnprocessableEntity},
		"sixty thousand fields":        {"{" + fields.String() + `"name":"x"}`, http.StatusUnprocessableEntity},
		"nothing a hundred thousand times": {
			`{"name":"x","phones":[` + strings.Repeat("null,", 100_000) + `null]}`, http.StatusUnprocessableEntity},
		"a hundred thousand empty objects": {
			`{"name":"x","phones":[` + strings.Repeat("{},", 100_000) + `{}]}`, http.StatusUnprocessableEntity},
		"a text of nothing but escapes": {`{"name":"` + strings.Repeat(`\u0000`, 170_000) + `"}`, http.StatusUnprocessableEntity},
		"a number of a million digits":  {`{"name":` + strings.Repeat("9", 1_000_000) + `}`, http.StatusBadRequest},
	} {
		for _, path := range []string{"/v1/users", requestsPath} {
			began := time.Now()
			got := rt.send(http.MethodPost, path, c.body).is(c.code)
			if took := time.Since(began); took > 3*time.Second || got.Body.Len() > 32<<10 { // the worst took 20 s and more
				t.Errorf("%s at %s: %v and %d bytes", name, path, took, got.Body.Len())
			}
		}
	}
	if users, _ := rt.send(http.MethodGet, "/v1/users", "").is(http.StatusOK).items("name"); len(users) > 0 {
		t.Errorf("the users are %v", users)
	}
}

func TestRESTAsManyFaultsAreNamedAsAnyoneReads(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil)
	got := rt.send(http.MethodPost, "/v1/users", `{"name":"x","phones":[`+strings.Repeat("null,", 500)+`null]}`).is(http.StatusUnprocessableEntity)
	if p := got.problem(); len(p.Errors) != mostFaults || !strings.Contains(p.Detail, "lists 100 of them") {
		t.Errorf("%d are named: %s", len(p.Errors), p.Detail)
	}
}

func TestRESTAPackedBodyIsNotUnpacked(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil)
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	fmt.Fprint(w, alice)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	for _, encoding := range []string{"gzip", "br", "deflate", "gzip, identity", "zstd"} {
		for _, token := range []string{"", "one"} {
			got := rt.send(http.MethodPost, "/v1/users", packed.String(), "Content-Encoding", encoding, "Idempotency-Key", token)
			if got.is(http.StatusUnsupportedMediaType); got.Header().Get("Accept-Encoding") != "identity" {
				t.Errorf("%s: %v", encoding, got.Header())
			}
		}
	}
	rt.send(http.MethodPost, "/v1/users", alice, "Content-Encoding", "identity", "Idempotency-Key", "one").is(http.StatusCreated)
	r := httptest.NewRequest(http.MethodGet, "/v1/users", nil)
	r.Header.Set("Authorization", "Bearer "+restKey)
	r.Header.Set("Content-Encoding", "gzip") // of no body
	if w := rt.raw(r); w.Code != http.StatusOK {
		t.Errorf("a list: %d", w.Code)
	}
}
