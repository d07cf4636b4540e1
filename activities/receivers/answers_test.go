package receivers_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/ringdown/ringdown/activities/receivers"
	"github.com/ringdown/ringdown/models"
)

func TestWhatAReceiverMayAnswer(t *testing.T) {
	for _, c := range []struct {
		name   string
		answer http.HandlerFunc
		final  bool
		said   string
	}{
		{"that it is wrong", status(400, `{"status":"invalid event","message":"Event object is invalid","errors":["no routing key","no source"]}`), true,
			"the receiver refuses it with status 400 (it says: Event object is invalid; no routing key; no source)"},
		{"that the secret is wrong", func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(401)
			fmt.Fprintf(w, `{"errors":[{"code":"x","message":"no token %s\n here"}]}`, strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
		}, true, "the receiver does not accept our secret, or us, with status 401 (it says: no token … here)"},
		{"that we may not", status(403, ``), true, "the receiver does not accept our secret, or us, with status 403"},
		{"that nothing is there", status(404, `404 page not found`), true, "the receiver has nothing at this address, with status 404 (it says: 404 page not found)"},
		{"to try again", status(408, ``), false, "the receiver asks us to try again with status 408"},
		{"that it is busy with another", status(409, ``), true, "the receiver refuses it with status 409"},
		{"that nothing is there any more", status(410, ``), true, "the receiver has nothing at this address, with status 410"},
		{"that it is too long", status(413, `"too long for `+caller+` and `+caller[1:]+`"`), true, "the receiver refuses it with status 413 (it says: too long for … and …)"},
		{"that it cannot be processed", status(422, ``), true, "the receiver refuses it with status 422"},
		{"that we are early", status(425, ``), false, "the receiver asks us to try again with status 425"},
		{"that it is broken", status(500, `<html>`+token), false, "the receiver answers with status 500"},
		{"that what is behind it is broken", status(502, ``), false, "the receiver answers with status 502"},
		{"that it is away", status(503, `away`), false, "the receiver answers with status 503 (it says: away)"},
		{"a status that there is not", status(600, ``), false, "the receiver answers with status 600"},
		{"no news", status(304, ``), true, "the receiver points elsewhere, which is not followed: status 304"},
		{"more than anybody reads", status(400, strings.Repeat(" ", 64<<10-4)+token), true, "the receiver refuses it with status 400"},
		{"half of why", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			w.WriteHeader(400)
			fmt.Fprint(w, token[:8])
		}, true, "the receiver refuses it with status 400"},
		{"a long reason", func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(400)
			fmt.Fprint(w, strings.Repeat("a", 195), r.Header.Get("Authorization"))
		}, true, "the receiver refuses it with status 400 (it says: " + strings.Repeat("a", 195) + "Bear…)"},
		{"half a body", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			fmt.Fprint(w, `{"status":`)
		}, false, "the receiver broke off its answer"},
		{"nothing", func(w http.ResponseWriter, _ *http.Request) {
			conn, _, err := w.(http.Hijacker).Hijack()
			if err == nil {
				_ = conn.Close()
			}
		}, false, "the receiver broke off its answer"},
		{"nonsense", func(w http.ResponseWriter, _ *http.Request) {
			conn, _, err := w.(http.Hijacker).Hijack()
			if err == nil {
				fmt.Fprint(conn, "220 mail.example\r\n")
				_ = conn.Close()
			}
		}, false, "the receiver cannot be reached"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			for _, kind := range types {
				server := receiving(t, c.answer)
				got := refusal(t, receiverOf(kind, server.URL), event(models.EventRaised))
				if got.Final != c.final || kind == models.ReceiverIncidentIO && got.Error() != c.said {
					t.Errorf("%s: %s, final %v, want %s, final %v", kind, got, got.Final, c.said, c.final)
				}
				if heard := server.heard(t); len(heard) != 1 {
					t.Errorf("%s heard %d requests", kind, len(heard))
				}
			}
		})
	}
}

func TestAReceiverThatRepeatsWhatItWasSentTellsNoSecret(t *testing.T) {
	for _, kind := range types {
		server := receiving(t, func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprintf(w, "Cannot POST %s as %s", r.RequestURI, r.Header.Get("Authorization"))
		})
		r := receiverOf(kind, server.URL)
		if kind == models.ReceiverWebhook || kind == models.ReceiverAlertmanager {
			r.URL += "/hooks/hidden?key=hidden"
		}
		if kind == models.ReceiverAlertmanager {
			r.Secret = token
		}
		got := refusal(t, r, event(models.EventRaised))
		if !strings.HasPrefix(got.Said, "Cannot POST ") || !strings.Contains(got.Said, "…") && kind != models.ReceiverPagerDuty || strings.Contains(got.Said, "hidden") {
			t.Errorf("%s: %s", kind, got)
		}
	}
	for _, kind := range []models.ReceiverType{models.ReceiverPagerDuty, models.ReceiverIncidentIO} {
		server := receiving(t, nil)
		server.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(http.StatusBadRequest)
			var body map[string]any
			if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
				t.Error(err)
			}
			_ = json.NewEncoder(w).Encode(map[string]any{"message": fmt.Sprint(body["routing_key"], " and ", body["description"])})
		})
		if got := refusal(t, receiverOf(kind, server.URL), event(models.EventRaised)); !strings.Contains(got.Said, "…") {
			t.Errorf("%s: %s", kind, got)
		}
	}
}

func TestAReceiverThatAsksToWait(t *testing.T) {
	for after, want := range map[string]time.Duration{
		"30": 30 * time.Second, "0": time.Second, "-5": time.Second, "999999999": time.Hour, "99999999999999999999": 0, "": 0, "soon": 0,
		time.Now().Add(24 * time.Hour).UTC().Format(http.TimeFormat): time.Hour, noon.Format(http.TimeFormat): time.Second,
	} {
		for _, code := range []int{429, 503} {
			server := receiving(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Retry-After", after)
				w.WriteHeader(code)
			})
			got := refusal(t, receiverOf(models.ReceiverPagerDuty, server.URL), event(models.EventRaised))
			if got.Final || got.RetryAfter != want {
				t.Errorf("%d with Retry-After %q: %+v, want %v", code, after, got, want)
			}
		}
	}
}

func TestAReceiverThatIsSlowIsGivenUp(t *testing.T) {
	for name, began := range map[string]bool{"before it answers": false, "in the middle of its answer": true} {
		t.Run(name, func(t *testing.T) {
			until := make(chan struct{})
			server := receiving(t, func(w http.ResponseWriter, _ *http.Request) {
				if began {
					fmt.Fprint(w, strings.Repeat(" ", 100))
					w.(http.Flusher).Flush()
				}
				<-until
			})
			defer close(until)
			ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
			defer cancel()
			_, err := told().Send(ctx, receiverOf(models.ReceiverWebhook, server.URL), event(models.EventRaised))
			var slow *receivers.Error
			if !errors.As(err, &slow) || slow.Final || slow.Error() != "the receiver did not answer in time" {
				t.Error(err)
			}
		})
	}
}

func TestAReceiverIsTriedAgainWhenWeStop(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	server := receiving(t, func(_ http.ResponseWriter, r *http.Request) {
		stop()
		<-r.Context().Done()
	})
	_, err := told().Send(ctx, receiverOf(models.ReceiverAlertmanager, server.URL), event(models.EventRaised))
	var stopped *receivers.Error
	if !errors.As(err, &stopped) || stopped.Final || stopped.Error() != "the receiver was not waited for: we are stopping" {
		t.Error(err)
	}
}

func TestAReceiverWhoseTLSIsBrokenIsTriedAgain(t *testing.T) {
	unknown := httptest.NewUnstartedServer(status(taken, ""))
	unknown.Config.ErrorLog = quiet()
	unknown.StartTLS()
	t.Cleanup(unknown.Close)
	plain := receiving(t, status(taken, ""))
	for name, c := range map[string]struct{ address, said string }{
		"a certificate of nobody":   {unknown.URL, "the receiver has a certificate that is not to be trusted: x509: certificate signed by unknown authority"},
		"none where there is to be": {strings.Replace(plain.URL, "http:", "https:", 1), "the receiver does not speak TLS as it should"},
	} {
		got := refusal(t, receiverOf(models.ReceiverWebhook, c.address), event(models.EventRaised))
		if got.Final || got.Status != 0 || got.Error() != c.said {
			t.Errorf("%s: %s, final %v", name, got, got.Final)
		}
	}
	if len(plain.heard(t)) != 0 {
		t.Error("it was told without TLS")
	}
}

func TestAReceiverThatIsNotThereIsTriedAgain(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	gone := "http://" + listener.Addr().String()
	_ = listener.Close()
	if got := refusal(t, receiverOf(models.ReceiverAlertmanager, gone), event(models.EventRaised)); got.Final || got.Error() != "the receiver cannot be reached" {
		t.Errorf("%s, final %v", got, got.Final)
	}
}
