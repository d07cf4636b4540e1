package main

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/ringdown/ringdown/config"
)

func TestWhoMakesTooManyRequestsWaitsTheirTurn(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		limit string // in the refusal
		heard int
		fails bool
	}{
		"of one key":          {`"key";r=0;t=2`, 2, false},
		"of wrong keys":       {`"wrong-keys";r=0;t=60`, 1, true},
		"of something before": {"", 1, true},
	} {
		var bodies []string
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			if bodies = append(bodies, string(body)); len(bodies) == 1 {
				w.Header().Set("RateLimit", c.limit)
				w.Header().Set("Retry-After", "1")
				w.WriteHeader(http.StatusTooManyRequests)
				return
			}
			_, _ = io.WriteString(w, `{"id":"1"}`)
		}))
		_, err := (restClient{base: server.URL}).send(t.Context(), config.Request{Method: http.MethodPost, Path: "/v1/users", Body: []byte("{}")})
		server.Close()
		if len(bodies) != c.heard || bodies[len(bodies)-1] != "{}" || (err != nil) != c.fails {
			t.Errorf("%s: %q were sent, %v", name, bodies, err)
		}
	}
}

func TestWhoIsStoppedWaitsForNoTurn(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("RateLimit", `"key";r=0;t=2`)
		w.Header().Set("Retry-After", "3600")
		w.WriteHeader(http.StatusTooManyRequests)
	}))
	defer server.Close()
	ctx, stop := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer stop()
	if err := (restClient{base: server.URL}).get(ctx, "/v1/users", new(any)); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
}
