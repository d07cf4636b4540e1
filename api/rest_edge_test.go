package api

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestRESTNeedsTheKey(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil)
	for _, c := range []struct{ name, header string }{
		{"no key", ""},
		{"wrong key", "Bearer wrong"},
		{"no scheme", restKey},
		{"another scheme", "Basic " + restKey},
		{"empty key", "Bearer "},
		{"more than the key", "Bearer " + restKey + "x"},
	} {
		got := rt.send(http.MethodGet, "/v1/users", "", "Authorization", c.header)
		if got.is(http.StatusUnauthorized); !strings.HasPrefix(got.Header().Get("WWW-Authenticate"), "Bearer") {
			t.Errorf("%s: WWW-Authenticate %q", c.name, got.Header().Get("WWW-Authenticate"))
		}
	}
	rt.send(http.MethodGet, "/v1/users", "", "Authorization", "bearer "+restKey).is(http.StatusOK)
	rt.send(http.MethodPost, "/v1/users", "no JSON", "Authorization", "").is(http.StatusUnauthorized)
}

func TestRESTWithoutAKeyLetsNobodyIn(t *testing.T) {
	t.Parallel()
	k := newKeys("", nil, time.Now)
	for _, header := range []string{"", "Bearer", "Bearer "} {
		if _, _, err := k.check(t.Context(), "192.0.2.1", header); !errors.Is(err, errWrongKey) {
			t.Errorf("%q: %v", header, err)
		}
	}
}

func TestRESTLimitsWrongKeysByAddress(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil)
	from := func(address, key string) reply {
		r := httptest.NewRequest(http.MethodGet, "/v1/users", nil)
		r.RemoteAddr = address
		r.Header.Set("Authorization", "Bearer "+key)
		r.Header.Set("X-Forwarded-For", rt.now.String()) // no way around it
		return rt.do(r)
	}
	for range 10 {
		from("[2001:db8::1]:1000", "wrong").is(http.StatusUnauthorized)
		rt.now = rt.now.Add(time.Millisecond)
	}
	refused := from("[2001:db8::2]:1001", restKey).is(http.StatusTooManyRequests)
	if got := refused.Header().Get("Retry-After"); got != "6" {
		t.Errorf("Retry-After %q", got)
	}
	from("[2001:db8:0:1::1]:1000", restKey).is(http.StatusOK)
	from("192.0.2.7:1000", restKey).is(http.StatusOK)
	rt.now = rt.now.Add(6 * time.Second)
	from("[2001:db8::1]:1000", restKey).is(http.StatusOK)
}

func TestRESTRefusesLargeBodies(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil)
	rt.send(http.MethodPost, "/v1/users", `{"name": "`+strings.Repeat("x", 1<<20)+`"}`).is(http.StatusRequestEntityTooLarge)
	rt.send(http.MethodPost, "/v1/users", `{"name": "`+strings.Repeat("x", 1<<19)+`"}`).is(http.StatusUnprocessableEntity)
}

func TestRESTUnknownPathsAndMethodsAreProblems(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil)
	rt.send(http.MethodGet, "/v1/nothing", "").is(http.StatusNotFound)
	rt.send(http.MethodGet, "/v2", "").is(http.StatusNotFound)
	if got := rt.send(http.MethodPatch, "/v1/users", "").is(http.StatusMethodNotAllowed).Header().Get("Allow"); !strings.Contains(got, "POST") {
		t.Errorf("Allow %q", got)
	}
	if got := rt.raw(httptest.NewRequest(http.MethodHead, "/v2", nil)); got.Code != http.StatusNotFound || got.Body.Len() > 0 {
		t.Errorf("HEAD answered %d %s", got.Code, got.Body)
	}
}

func TestRESTHidesTheCauseAndLogsItOnce(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil)
	if err := rt.store.Close(); err != nil {
		t.Fatal(err)
	}
	got := rt.send(http.MethodGet, "/v1/users", "")
	if got.Code < http.StatusInternalServerError || strings.Contains(got.Body.String(), "sql") {
		t.Errorf("%d %s", got.Code, got.Body)
	}
	if strings.Count(rt.log.String(), "request failed") != 1 {
		t.Errorf("logged %s", rt.log)
	}
}
