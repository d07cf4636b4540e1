package cluster

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
)

// told is a Control that notes what it is told.
type told struct {
	orders []string
	err    error
}

func (c *told) Parts(context.Context) ([]Part, error) {
	return []Part{{Name: "worker-1", Kind: Worker, State: Up, PID: 7, Build: "b1"}}, c.err
}

func (c *told) note(order, name string) error {
	c.orders = append(c.orders, order+" "+name)
	return c.err
}

func (c *told) Kill(_ context.Context, name string) error   { return c.note("kill", name) }
func (c *told) Halt(_ context.Context, name string) error   { return c.note("halt", name) }
func (c *told) Freeze(_ context.Context, name string) error { return c.note("freeze", name) }
func (c *told) Resume(_ context.Context, name string) error { return c.note("resume", name) }

func TestAClientOrdersWhatTheHandlerDoes(t *testing.T) {
	control := &told{}
	server := httptest.NewServer(Handler(control))
	defer server.Close()
	c := &Client{BaseURL: server.URL}
	parts, err := c.Parts(t.Context())
	if want := []Part{{Name: "worker-1", Kind: Worker, State: Up, PID: 7, Build: "b1"}}; err != nil || !slices.Equal(parts, want) {
		t.Errorf("its parts: %v, %v", parts, err)
	}
	if err := errors.Join(c.Kill(t.Context(), "worker-1"), c.Halt(t.Context(), "worker-1"), c.Freeze(t.Context(), "temporal"), c.Resume(t.Context(), "a/b")); err != nil {
		t.Error(err)
	}
	if want := []string{"kill worker-1", "halt worker-1", "freeze temporal", "resume a/b"}; !slices.Equal(control.orders, want) {
		t.Errorf("it was told %q", control.orders)
	}
	control.err = errors.New("it does not start: see the log")
	if err := c.Resume(t.Context(), "x"); err == nil || !strings.Contains(err.Error(), "see the log") {
		t.Errorf("it says %v", err)
	}
	control.err = ErrNoPart
	if err := c.Kill(t.Context(), "x"); !errors.Is(err, ErrNoPart) {
		t.Errorf("it says %v", err)
	}
	server.Close()
	if _, err := c.Parts(t.Context()); err == nil {
		t.Error("somebody answers")
	}
}

func TestOnlyThisMachineControls(t *testing.T) {
	for name, c := range map[string]struct {
		host, origin, site string
		want               int
	}{
		"by an address of this machine":     {"127.0.0.1:8405", "", "", http.StatusNoContent},
		"by its name":                       {"localhost:8405", "", "", http.StatusNoContent},
		"by its address in version six":     {"[::1]:8405", "", "", http.StatusNoContent},
		"by a name that was pointed here":   {"evil.example.com:8405", "", "", http.StatusForbidden},
		"by another address":                {"192.0.2.1", "", "", http.StatusForbidden},
		"by nothing":                        {"", "", "", http.StatusForbidden},
		"from a page of another site":       {"127.0.0.1:8405", "https://evil.example.com", "cross-site", http.StatusForbidden},
		"from a page of an old browser":     {"127.0.0.1:8405", "https://evil.example.com", "", http.StatusForbidden},
		"from a page of another port of it": {"127.0.0.1:8405", "http://127.0.0.1:8401", "same-site", http.StatusForbidden},
	} {
		t.Run(name, func(t *testing.T) {
			control := &told{}
			request := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/parts/worker-1/kill", nil)
			request.Host = c.host
			for header, value := range map[string]string{"Origin": c.origin, "Sec-Fetch-Site": c.site} {
				if value != "" {
					request.Header.Set(header, value)
				}
			}
			answer := httptest.NewRecorder()
			Handler(control).ServeHTTP(answer, request)
			if answer.Code != c.want || len(control.orders) > 0 != (c.want == http.StatusNoContent) {
				t.Errorf("it answers %d, having done %q", answer.Code, control.orders)
			}
		})
	}
}
