package e2e

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/ringdown/ringdown/models"
)

// asks makes a request of the API for people, and reads the answer.
func (s *system) asks(t *testing.T, method, path, body string) (status int, answer map[string]any) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, s.public+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+adminKey)
	r.Header.Set("Content-Type", "application/json")
	got, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = got.Body.Close() }()
	if err := json.NewDecoder(got.Body).Decode(&answer); err != nil {
		t.Fatal(err)
	}
	return got.StatusCode, answer
}

// streamed gives what the stream of live calls tells of this line's call, a word for the event and one
// for the stage.
func (l *line) streamed() <-chan string {
	l.t.Helper()
	ctx, cancel := context.WithCancel(l.t.Context())
	l.t.Cleanup(cancel)
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, l.s.public+"/v1/calls/stream", nil)
	if err != nil {
		l.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+adminKey)
	got, err := http.DefaultClient.Do(r)
	if err != nil || got.StatusCode != http.StatusOK {
		l.t.Fatal(got, err)
	}
	events := make(chan string, 100)
	go func() {
		defer func() { _ = got.Body.Close() }()
		defer close(events)
		name := ""
		for lines := bufio.NewScanner(got.Body); lines.Scan(); {
			if event, ok := strings.CutPrefix(lines.Text(), "event: "); ok {
				name = event
			}
			data, ok := strings.CutPrefix(lines.Text(), "data: ")
			var call models.Call
			if ok && json.Unmarshal([]byte(data), &call) == nil && call.RouteID == l.route.ID {
				events <- name + " " + string(call.Stage)
			}
		}
	}()
	return events
}

func TestAnOperatorSeesALiveCallAndEndsIt(t *testing.T) {
	each(t, func(t *testing.T, s *system) {
		l := s.line(t, "Alice")
		events := l.streamed()
		until := func(want string) {
			t.Helper()
			for late := time.After(patience); ; {
				select {
				case event := <-events:
					if strings.HasSuffix(event, want) {
						return
					}
				case <-late:
					t.Fatalf("%s is never told", want)
				}
			}
		}
		caller := l.calls().hears("hold")
		alice := l.rung("Alice")
		until(" hunting") // it may have arrived so
		live := "/v1/calls?live=true&route=" + l.route.ID
		id := ""
		eventually(t, "the list shows that phones ring", func() bool {
			_, list := s.asks(t, http.MethodGet, live, "")
			items, _ := list["items"].([]any)
			if len(items) != 1 {
				return false
			}
			call := items[0].(map[string]any)
			id, _ = call["id"].(string)
			return call["stage"] == "hunting"
		})
		alice.answers().hears("to take").presses("1").talks()
		caller.talks()
		until("changed talking")
		if status, call := s.asks(t, http.MethodPost, "/v1/calls/"+id+"/end", ""); status != http.StatusOK {
			t.Fatalf("answered %d %v", status, call)
		}
		caller.ends("completed")
		alice.ends("completed")
		until("ended ended")
		call := l.closed(models.Connected)
		l.checkAlert(t.Context(), call)
		l.checkPhones()
		if status, again := s.asks(t, http.MethodPost, "/v1/calls/"+id+"/end", ""); status != http.StatusOK || again["reason"] != "ended by an operator" {
			t.Errorf("once more: %d %v", status, again["reason"])
		}
	})
}

func TestAReleasedNumberIsNoLongerAnswered(t *testing.T) {
	l := sharedSystem(t, "sqlite").line(t, "Alice")
	owned := ""
	for _, n := range l.s.carrier.Numbers() {
		if n.Phone == l.number {
			owned = n.SID
		}
	}
	number, err := l.s.store.NumberByPhone(t.Context(), models.Phone(l.number))
	if err != nil {
		t.Fatal(err)
	}
	number.CarrierID = owned
	if _, err := l.s.store.UpdateNumber(t.Context(), number, 0); err != nil {
		t.Fatal(err)
	}
	path := "/v1/phone-numbers/" + number.ID + "/release"
	if status, _ := l.s.asks(t, http.MethodPost, path, `{"number": "`+l.number+`"}`); status != http.StatusConflict {
		t.Errorf("with its route on: %d", status)
	}
	l.route.Enabled = false
	if _, err := l.s.store.UpdateRoute(t.Context(), l.route, 0); err != nil {
		t.Fatal(err)
	}
	hooks := func() (voice string, owned bool) {
		for _, n := range l.s.carrier.Numbers() {
			if n.Phone == l.number {
				return n.VoiceURL + n.StatusCallback, true
			}
		}
		return "", false
	}
	if status, answer := l.s.asks(t, http.MethodPost, path, `{"number": "`+l.number+`"}`); status != http.StatusOK {
		t.Errorf("released: %d %v", status, answer)
	}
	if left, owned := hooks(); left != "" || !owned {
		t.Errorf("the carrier asks %q (%v)", left, owned)
	}
	if status, answer := l.s.asks(t, http.MethodPost, path, `{"number": "`+l.number+`", "give_back": true}`); status != http.StatusOK {
		t.Errorf("given back: %d %v", status, answer)
	}
	if _, owned := hooks(); owned {
		t.Error("the account still owns it")
	}
}
