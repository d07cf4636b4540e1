package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"time"
)

// nowhere is the address of a receiver that is down: nobody listens on that port.
const nowhere = "http://127.0.0.1:1/"

// receiver is an outside system that takes whatever it is told, at once or after a while.
type receiver struct {
	web     *httptest.Server
	after   time.Duration
	closing chan struct{}

	mu    sync.Mutex
	asked int
	taken map[string]bool // ids of deliveries
}

func startReceiver(after time.Duration) *receiver {
	r := &receiver{after: after, closing: make(chan struct{}), taken: map[string]bool{}}
	r.web = httptest.NewServer(http.HandlerFunc(r.take))
	return r
}

func (r *receiver) take(w http.ResponseWriter, request *http.Request) {
	r.mu.Lock()
	r.asked++
	r.mu.Unlock()
	_, _ = io.Copy(io.Discard, request.Body) // what it says is not looked at
	if r.after > 0 {
		select {
		case <-time.After(r.after):
		case <-r.closing:
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
	}
	r.mu.Lock()
	r.taken[request.Header.Get("webhook-id")] = true
	r.mu.Unlock()
	w.WriteHeader(http.StatusNoContent)
}

// counts are how often it was asked, and how many deliveries it took.
func (r *receiver) counts() (asked, taken int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.asked, len(r.taken)
}

// stop has whoever waits for an answer get one.
func (r *receiver) stop() {
	close(r.closing)
	r.web.Close()
}
