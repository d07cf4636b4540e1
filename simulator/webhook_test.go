package simulator

import (
	"net/http"
	"testing"
)

const sorry = "application error"

func TestFailedDocumentIsAskedOfTheFallback(t *testing.T) {
	for _, c := range []struct {
		name, code string
		voice      func(*bench)
	}{
		{"a 500", "11200", func(b *bench) { b.on("/voice", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) }) }},
		{"bad TwiML", "12200", func(b *bench) { b.says("/voice", `<Shout/>`) }},
		{"no content type for a document", "12300", func(b *bench) {
			b.on("/voice", func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Content-Type", "application/json") })
		}},
		{"a failed action in mid-call", "11200", func(b *bench) {
			b.says("/voice", `<Gather action="/bad" actionOnEmptyResult="true" timeout="1"/>`)
			b.on("/bad", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(502) })
		}},
		{"endless redirects", "11215", func(b *bench) {
			b.on("/voice", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/voice", http.StatusFound) })
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t)
			b.sim.AddNumber(Number{Phone: ours, VoiceURL: b.url + "/voice", VoiceFallbackURL: b.url + "/fallback"})
			c.voice(b)
			b.says("/fallback", `<Say>Hold on, error {ErrorCode}</Say>`)
			l := b.sim.Dial(caller, ours, CallerScript{})
			_, err := l.WaitHeard(b.ctx, "hold on, error "+c.code)
			b.must(err)
			if got := b.hooks("/fallback")[0].form; got.Get("ErrorUrl") == "" || got.Get("CallSid") != l.SID {
				t.Errorf("fallback: %v", got)
			}
		})
	}
}

func TestWithoutFallbackTheCarrierApologises(t *testing.T) {
	b := newBench(t)
	b.says("/leg", `<Dial><Shout/></Dial>`)
	b.sim.Script(alice, Script{})
	l := b.ring(alice, "/leg")
	_, err := l.WaitHeard(b.ctx, sorry)
	b.must(err)
	b.ends(l, StatusCompleted)
	if b.count(EventRefused) != 1 {
		t.Errorf("%d refused documents", b.count(EventRefused))
	}
}

func TestRetriesFollowTheFragmentAndKeepTheirToken(t *testing.T) {
	for _, c := range []struct {
		name, fragment string
		failures, want int
	}{
		{"a 500 is not retried by default", "", 1, 1},
		{"a 500 is retried when asked for", "#rc=3&rp=5xx", 2, 3},
		{"no more than asked for", "#rc=1&rp=all", 9, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t)
			tries := 0
			b.on("/leg", func(w http.ResponseWriter, r *http.Request) {
				if tries++; tries <= c.failures {
					w.WriteHeader(500)
					return
				}
				w.Header().Set("Content-Type", "text/xml")
				_, _ = w.Write([]byte(`<Response><Say>At last</Say></Response>`))
			})
			b.sim.Script(alice, Script{RingFor: 0.1})
			b.ends(b.ring(alice, "/leg"+c.fragment), StatusCompleted)
			got := b.hooks("/leg")
			if len(got) != c.want {
				t.Fatalf("asked %d times, want %d", len(got), c.want)
			}
			for _, h := range got {
				if h.token == "" || h.token != got[0].token {
					t.Errorf("token %q, first was %q", h.token, got[0].token)
				}
			}
		})
	}
}

func TestGETWebhooksCarryTheirParametersInTheQuery(t *testing.T) {
	b := newBench(t)
	b.says("/leg", `<Gather timeout="1" actionOnEmptyResult="true"/>`) // no action: asks itself again, by GET
	b.sim.Script(alice, Script{})
	l := b.ring(alice, "/leg?step=1", "Method", "GET")
	for _, h := range b.waitHooks("/leg", 2) {
		if h.method != http.MethodGet || h.form.Get("step") != "1" || h.form.Get("To") != alice {
			t.Errorf("%+v", h)
		}
		if len(h.form["To"]) != 1 {
			t.Errorf("To is given %d times", len(h.form["To"]))
		}
	}
	l.HangUp()
	b.ends(l, StatusCompleted)
}

func TestOtherContentTypes(t *testing.T) {
	for _, c := range []struct{ contentType, body, hears string }{
		{"text/plain", "Nobody is here", "nobody is here"},
		{"audio/mpeg", "ID3", "/voice"},
		{"text/html; charset=utf-8", "<Response><Say>Hello</Say></Response>", "hello"},
	} {
		t.Run(c.contentType, func(t *testing.T) {
			b := newBench(t)
			b.on("/voice", func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", c.contentType)
				_, _ = w.Write([]byte(c.body))
			})
			l := b.sim.Dial(caller, ours, CallerScript{})
			_, err := l.WaitHeard(b.ctx, c.hears)
			b.must(err)
			b.ends(l, StatusCompleted)
		})
	}
}
