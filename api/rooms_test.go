package api

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
)

// heldCarrier has the rooms in which callers wait, and moves them out.
type heldCarrier struct {
	mu      sync.Mutex
	rooms   map[string][]string // states, by name
	moved   []string            // calls and where to, in order
	refuses string              // the status and code with which it answers to whoever is to be moved: "500 0"
	away    bool                // it answers nothing
	asked   func()              // called before it tells of a room; nil: nothing is
}

func (c *heldCarrier) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if c.asked != nil && r.Method == http.MethodGet {
		c.asked()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	switch {
	case c.away:
		w.WriteHeader(http.StatusServiceUnavailable)
	case r.Method == http.MethodGet:
		var rooms []string
		for _, status := range c.rooms[r.URL.Query().Get("FriendlyName")] {
			rooms = append(rooms, fmt.Sprintf(`{"sid": "CF1", "status": %q}`, status))
		}
		_, _ = fmt.Fprintf(w, `{"conferences": [%s]}`, strings.Join(rooms, ", "))
	case c.refuses != "":
		var status, code int
		_, _ = fmt.Sscan(c.refuses, &status, &code)
		w.WriteHeader(status)
		_, _ = fmt.Fprintf(w, `{"code": %d}`, code)
	default:
		sid := strings.TrimSuffix(r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:], ".json")
		c.moved = append(c.moved, withoutIDs(sid+" to "+addressOf(r.FormValue("Url"))))
		c.rooms["room of "+sid] = []string{"completed"}
		_, _ = fmt.Fprintf(w, `{"sid": %q, "status": "in-progress"}`, sid)
	}
}
