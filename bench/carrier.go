package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// carrier answers as the carrier's REST API does and notes when each leg is asked for. It plays
// nothing, so that nothing but our own work is measured.
type carrier struct {
	web *httptest.Server

	asked atomic.Int64 // for legs, all together

	mu     sync.Mutex
	placed map[string]chan leg // by the caller's call
}

// leg is one phone that we asked the carrier to ring.
type leg struct {
	sid       string
	url       string // asked when it is picked up
	statusURL string
	at        time.Time
}

func startCarrier() *carrier {
	c := &carrier{placed: map[string]chan leg{}}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /2010-04-01/Accounts/{account}/Calls.json", c.place)
	mux.HandleFunc("POST /2010-04-01/Accounts/{account}/Calls/{sid}", c.show("completed"))
	mux.HandleFunc("GET /2010-04-01/Accounts/{account}/Calls/{sid}", c.show("in-progress"))
	c.web = httptest.NewServer(mux)
	return c
}

func (c *carrier) place(w http.ResponseWriter, r *http.Request) {
	l := leg{at: time.Now(), sid: newCallSID(), url: r.PostFormValue("Url")}
	l.statusURL, _, _ = strings.Cut(r.PostFormValue("StatusCallback"), "#")
	_, path, _ := strings.Cut(l.statusURL, "/leg-status/")
	call, _, _ := strings.Cut(path, "/")
	c.asked.Add(1)
	c.legsOf(call) <- l
	answer(w, http.StatusCreated, l.sid, "queued")
}

func (c *carrier) show(status string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		answer(w, http.StatusOK, strings.TrimSuffix(r.PathValue("sid"), ".json"), status)
	}
}

func answer(w http.ResponseWriter, code int, sid, status string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(map[string]string{
		"sid": sid, "status": status, "date_created": time.Now().UTC().Format(time.RFC1123Z),
	})
}

// legsOf brings the legs of a call, as they are asked for.
func (c *carrier) legsOf(call string) chan leg {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.placed[call] == nil {
		c.placed[call] = make(chan leg, people)
	}
	return c.placed[call]
}
