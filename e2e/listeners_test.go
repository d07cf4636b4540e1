package e2e

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ringdown/ringdown/models"
)

// listener is a system that is told of alerts. It keeps what it received.
type listener struct {
	t        *testing.T
	receiver models.Receiver

	mu     sync.Mutex
	heard  []hearing
	answer func(nth int, w http.ResponseWriter, r *http.Request) // nil: it takes everything
	asked  int
	news   chan struct{}
}

// hearing is one request that was taken.
type hearing struct {
	path   string
	header http.Header
	body   map[string]any // of Alertmanager's list, its one alert
}

// webhookKey signs what a webhook is told.
const webhookKey = models.SecretPrefix + "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="

// listens makes a receiver of a type that is told of this line's calls alone.
func (l *line) listens(kind models.ReceiverType) *listener {
	l.t.Helper()
	h := &listener{t: l.t, news: make(chan struct{}, 1000)}
	server := httptest.NewServer(h)
	l.t.Cleanup(server.Close)
	r := models.Receiver{
		Name: l.route.Name + " " + string(kind), Type: kind, Enabled: true, URL: server.URL, Secret: "aSecretOfTheReceiver", Conditions: l.itself(),
	}
	switch kind {
	case models.ReceiverIncidentIO:
		r.Reference = "01HX"
	case models.ReceiverWebhook:
		r.Secret = webhookKey
	case models.ReceiverAlertmanager:
		r.Secret = ""
	}
	if err := r.Validate(); err != nil {
		l.t.Fatal(err)
	}
	var err error
	if h.receiver, err = l.s.store.CreateReceiver(l.t.Context(), r); err != nil {
		l.t.Fatal(err)
	}
	return h
}

// itself is the condition that an alert is of a call to this line.
func (l *line) itself() []models.Condition {
	return []models.Condition{{Attribute: models.AttrCallRoute, Operation: models.OpEquals, Value: l.route.ID}}
}

func (h *listener) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	text, err := io.ReadAll(r.Body)
	if err != nil {
		return // whoever told has left
	}
	r.Body = io.NopCloser(bytes.NewReader(text))
	h.mu.Lock()
	h.asked++
	nth, answer := h.asked, h.answer
	h.mu.Unlock()
	if answer != nil {
		instead := httptest.NewRecorder()
		if answer(nth, instead, r); instead.Code >= http.StatusMultipleChoices {
			w.WriteHeader(instead.Code)
			_, _ = w.Write(instead.Body.Bytes()) // whoever told may have left
			return
		}
	}
	h.take(r)
	w.WriteHeader(http.StatusAccepted)
}

// take keeps what was received.
func (h *listener) take(r *http.Request) {
	text, err := io.ReadAll(r.Body)
	if err != nil {
		h.t.Error(err)
	}
	var body map[string]any
	if err := json.Unmarshal(bytes.Trim(bytes.TrimSpace(text), "[]"), &body); err != nil {
		h.t.Errorf("told %s: %v", text, err)
	}
	h.mu.Lock()
	h.heard = append(h.heard, hearing{r.URL.Path, r.Header, body})
	h.mu.Unlock()
	h.news <- struct{}{}
}

// hears waits until so many things were taken, and lists them.
func (h *listener) hears(n int) []hearing {
	h.t.Helper()
	limit := time.After(patience)
	for {
		h.mu.Lock()
		heard := append([]hearing(nil), h.heard...)
		h.mu.Unlock()
		if len(heard) >= n {
			return heard
		}
		select {
		case <-h.news:
		case <-limit:
			h.t.Fatalf("%s is told %d things, want %d: %+v", h.receiver.Type, len(heard), n, heard)
		}
	}
}

// field is a value in what was told, by its place, as in data.event.
func (o hearing) field(place string) string {
	var value any = o.body
	for _, name := range strings.Split(place, ".") {
		within, _ := value.(map[string]any)
		value = within[name]
	}
	text, _ := value.(string)
	return text
}
