package api

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"golang.org/x/time/rate"
)

func TestAFloodFromEverywhereIsForgotten(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
	all := &tries{now: func() time.Time { return now }, of: map[string]*rate.Limiter{}}
	for i := range 3 * mostAddresses {
		if wait := all.spend(fmt.Sprint("address", i)); wait > 0 {
			t.Fatalf("address %d waits %v for its first try", i, wait)
		}
		if len(all.of) > mostAddresses {
			t.Fatalf("%d addresses are remembered", len(all.of))
		}
		now = now.Add(time.Microsecond) // too soon for any of them to have its try again
	}
}

func TestTriesComeBackOneBySix(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
	all := &tries{now: func() time.Time { return now }, of: map[string]*rate.Limiter{}}
	for range triesPerMinute {
		if all.wait("a") > 0 || all.spend("a") > 0 {
			t.Fatal("waits too early")
		}
	}
	if got := all.wait("a"); got != 6*time.Second || all.spend("a") != got || all.wait("b") != 0 {
		t.Errorf("a waits %v, b %v", got, all.wait("b"))
	}
	now = now.Add(6 * time.Second)
	if all.wait("a") > 0 || all.spend("a") > 0 || all.wait("a") == 0 {
		t.Error("not one try is back")
	}
}

func TestRESTAnAddressWithoutTriesIsRefusedEverywhere(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil)
	for range triesPerMinute {
		rt.with("rd_wrong", http.MethodGet, "/v1/users", "").is(http.StatusUnauthorized)
	}
	rt.eachOperation(func(method, path string, _ []string) {
		r := httptest.NewRequest(method, path, nil)
		r.Header.Set("Authorization", "Bearer "+restKey)
		if got := rt.raw(r); got.Code != http.StatusTooManyRequests || got.Header().Get("Retry-After") != "6" {
			t.Errorf("%s %s: %d, Retry-After %q", method, path, got.Code, got.Header().Get("Retry-After"))
		}
	})
}
