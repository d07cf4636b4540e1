package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
)

// Handler serves a Control to this machine: GET /parts, and POST /parts/{name}/kill, halt, freeze and resume, which answer when
// it is done. Whoever reaches it may break the system, so it answers only who calls it by a loopback address, and no
// page of another site.
func Handler(c Control) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /parts", func(w http.ResponseWriter, r *http.Request) {
		parts, err := c.Parts(r.Context())
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(parts) // who has gone hears nothing
	})
	for order, obey := range map[string]func(context.Context, string) error{
		"kill": c.Kill, "halt": c.Halt, "freeze": c.Freeze, "resume": c.Resume,
	} {
		mux.HandleFunc("POST /parts/{name}/"+order, func(w http.ResponseWriter, r *http.Request) {
			err := obey(context.WithoutCancel(r.Context()), r.PathValue("name")) // an order is not left half done
			switch {
			case errors.Is(err, ErrNoPart):
				http.Error(w, err.Error(), http.StatusNotFound)
			case err != nil:
				http.Error(w, err.Error(), http.StatusInternalServerError)
			default:
				w.WriteHeader(http.StatusNoContent)
			}
		})
	}
	return onLoopback(http.NewCrossOriginProtection().Handler(mux))
}

// onLoopback refuses who came by another name than one of this machine, as a page does whose name was pointed here.
func onLoopback(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := r.Host
		if name, _, err := net.SplitHostPort(r.Host); err == nil {
			host = name
		}
		if ip := net.ParseIP(strings.Trim(host, "[]")); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
			http.Error(w, "ask by a loopback address", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// Client is the Control of a system in another process, by way of its Handler.
type Client struct {
	BaseURL string
	HTTP    *http.Client // nil means http.DefaultClient
}

var _ Control = (*Client)(nil)

// Parts lists the parts in the order of their start.
func (c *Client) Parts(ctx context.Context) ([]Part, error) {
	var parts []Part
	return parts, c.call(ctx, http.MethodGet, "/parts", &parts)
}

// Kill ends a part at once.
func (c *Client) Kill(ctx context.Context, name string) error { return c.order(ctx, name, "kill") }

// Halt asks a part to end, and waits until it has.
func (c *Client) Halt(ctx context.Context, name string) error { return c.order(ctx, name, "halt") }

// Freeze has a part stand still.
func (c *Client) Freeze(ctx context.Context, name string) error { return c.order(ctx, name, "freeze") }

// Resume starts a part that is down, or has it go on, and waits until it is ready.
func (c *Client) Resume(ctx context.Context, name string) error { return c.order(ctx, name, "resume") }

func (c *Client) order(ctx context.Context, name, order string) error {
	return c.call(ctx, http.MethodPost, "/parts/"+url.PathEscape(name)+"/"+order, nil)
}

func (c *Client) call(ctx context.Context, method, path string, into any) error {
	request, err := http.NewRequestWithContext(ctx, method, c.BaseURL+path, nil)
	if err != nil {
		return fmt.Errorf("ask the system's control: %w", err)
	}
	web := c.HTTP
	if web == nil {
		web = http.DefaultClient
	}
	response, err := web.Do(request)
	if err != nil {
		return fmt.Errorf("ask the system's control: %w", err)
	}
	defer func() { _ = response.Body.Close() }() // only read
	if response.StatusCode >= http.StatusBadRequest {
		said, _ := io.ReadAll(io.LimitReader(response.Body, 64<<10)) // the status alone says enough
		err := fmt.Errorf("%s %s: %s: %s", method, path, response.Status, strings.TrimSpace(string(said)))
		if response.StatusCode == http.StatusNotFound {
			err = errors.Join(err, ErrNoPart)
		}
		return err
	}
	if into == nil {
		return nil
	}
	if err := json.NewDecoder(response.Body).Decode(into); err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	return nil
}
