package main

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ringdown/ringdown/activities/twilio"
	"github.com/ringdown/ringdown/api"
	"github.com/ringdown/ringdown/models/store"
	"github.com/ringdown/ringdown/models/store/storetest"
	"github.com/ringdown/ringdown/simulator"
	"github.com/ringdown/ringdown/worker"
	"github.com/ringdown/ringdown/workflows/temporaltest"
	"go.temporal.io/sdk/client"
)

// pace is how much faster than life the calls of these tests run.
const pace = 10

// callSystem is a whole Ringdown with the demo's routes, for `ringdown call` to call.
type callSystem struct {
	carrier *simulator.Carrier
	flags   []string // that say where it is
}

func startCallSystem(t *testing.T) callSystem {
	t.Helper()
	temporal := temporaltest.Start(t, temporaltest.SearchAttributes()...)
	logger := slog.New(slog.DiscardHandler)
	const token = "anAuthTokenOfNoAccountAtAll"
	carrier := simulator.New(simulator.Config{AccountSID: simulatedAccount, AuthToken: token, Speed: pace})
	carrierWeb := httptest.NewServer(carrier.Handler())
	t.Cleanup(func() { carrier.Close(); carrierWeb.Close() })
	calls, err := twilio.New(twilio.Config{AccountSID: simulatedAccount, AuthToken: token, APIURL: carrierWeb.URL, Log: logger})
	if err != nil {
		t.Fatal(err)
	}
	kept := storetest.SQLite(t)
	var handler http.Handler
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { handler.ServeHTTP(w, r) }))
	t.Cleanup(web.Close)
	server, err := api.New(api.Config{
		Store: kept, Temporal: temporal, Namespace: client.DefaultNamespace, Carrier: calls,
		AuthTokens: []string{token}, PublicURL: web.URL, AdminKey: "the-admin-key", Pace: pace, Log: logger,
	})
	if err != nil {
		t.Fatal(err)
	}
	handler = server
	ctx, stop := context.WithCancel(context.Background())
	worked := make(chan error, 1)
	go func() {
		worked <- worker.Run(ctx, worker.Config{Temporal: temporal, Store: kept, Carrier: calls, PublicURL: web.URL, Log: logger})
	}()
	t.Cleanup(func() {
		stop()
		if err := <-worked; err != nil {
			t.Error(err)
		}
	})
	seedCarrier(t, kept, carrier, web.URL)
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "admin-key"), []byte("the-admin-key\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return callSystem{carrier, []string{"--api", web.URL, "--simulator", carrierWeb.URL, "--data", folder}}
}

// seedCarrier makes the demo, and has the carrier own its numbers.
func seedCarrier(t *testing.T, kept *store.Store, carrier *simulator.Carrier, public string) {
	t.Helper()
	if err := seedDemo(t.Context(), kept); err != nil {
		t.Fatal(err)
	}
	numbers, err := allNumbers(t.Context(), kept)
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range numbers {
		carrier.AddNumber(simulator.Number{
			Phone: string(n.Number), VoiceURL: public + "/twilio/voice", StatusCallback: public + "/twilio/status",
		})
	}
}

// call runs `ringdown call`.
func (s callSystem) call(ctx context.Context, arguments ...string) (code int, told, complained string) {
	var out, errOut bytes.Buffer
	code = run(ctx, append(append([]string{"call"}, arguments...), s.flags...), &out, &errOut)
	return code, out.String(), errOut.String()
}

func TestACallIsPlacedAndTold(t *testing.T) {
	t.Setenv("RINGDOWN_ADMIN_KEY", "")
	s := startCallSystem(t)
	for _, c := range []struct {
		name, arguments string
		code            int
		told            []string // in this order
		complained      string
	}{
		{"the next person takes it", "--press 1 --responder alice=reject --responder bob=accept --talk 2s", 0, []string{
			"+1 202 555 0199 calls Production down (+1 202 555 0110)", "caller presses 1", "Alice rejects the call",
			"Bob’s mobile rings", "Bob presses 1", "Bob and the caller are talking", "the caller hangs up",
			"outcome: connected, answered by Bob · as asked", "/v1/calls/", "/workflows/call%2FCA"}, ""},
		{"the responder ends the talk", "--responder alice=accept --responder-hangs-up", 0, []string{
			"Alice hangs up", "The other person has hung up", "connected, answered by Alice · as asked"}, ""},
		{"three wrong keys", "--press 5,5,5", 0, []string{"caller presses 5", "outcome: gate_failed · as asked"}, ""},
		{"no key", "--press=-", 0, []string{"outcome: gate_failed · as asked"}, ""},
		{"not on the allowlist", "part", 0, []string{"the caller is not let in", "outcome: refused · as asked"}, ""},
		{"listed, and nobody takes it", "part --from +447700900123 --responder alice=decline,bob=unreachable", 0, []string{
			"Alice presses 9", "Bob’s mobile cannot be reached", "outcome: unanswered · as asked"}, ""},
		{"the caller leaves", "plat --withheld --hang-up-after 12s", 0, []string{
			"a withheld number calls Platform on call", "stops ringing", "outcome: abandoned · as asked"}, ""},
		{"not as asked", "--press 5,5,5 --expect connected:bob", 1, []string{"outcome: gate_failed · asked for: connected, answered by Bob"},
			"asked for connected, answered by Bob, but the call ended gate_failed"},
		{"objects", "--json --press 5,5,5", 0, []string{`"kind":"calls"`, `"kind":"presses"`, `"outcome":"gate_failed"`, `"as_asked":true`}, ""},
		{"an unknown person", "--responder zed=accept", 1, nil, `nobody is called "zed": there are Alice, Bob, Carol, Dan`},
		{"an unknown behaviour", "--responder bob=dance", 2, nil, `"dance" is no behaviour`},
		{"a wrong key of the API", "--key wrong", 1, nil, "does not know this key"},
	} {
		t.Run(c.name, func(t *testing.T) {
			code, told, complained := s.call(t.Context(), strings.Fields(c.arguments)...)
			if code != c.code || !strings.Contains(complained, c.complained) {
				t.Errorf("exit code %d, want %d; %s", code, c.code, complained)
			}
			rest := told
			for _, words := range c.told {
				_, after, ok := strings.Cut(rest, words)
				if !ok {
					t.Fatalf("%q is not told in its turn:\n%s", words, told)
				}
				rest = after
			}
		})
	}
	t.Run("an interrupted call is hung up, and told to its end", func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		code, told, _ := s.call(ctx, "plat")
		if code != 1 || !strings.Contains(told, "stops ringing") || !strings.Contains(told, "outcome: abandoned · asked for: unanswered") {
			t.Errorf("exit code %d:\n%s", code, told)
		}
	})
	for _, phone := range s.carrier.Phones() {
		if phone.Script.Answer != simulator.Manual || len(phone.Calls) > 0 {
			t.Errorf("the phone %s is left with %+v and %d calls", phone.Phone, phone.Script, len(phone.Calls))
		}
	}
}

func TestACallWithoutASystemSaysWhatToDo(t *testing.T) {
	t.Setenv("RINGDOWN_ADMIN_KEY", "")
	for name, c := range map[string]struct{ arguments, want string }{
		"no system":    {"--key k --api http://127.0.0.1:1", "no Ringdown answers at http://127.0.0.1:1: start it with `make run`"},
		"no key":       {"--data /nowhere", "keeps one in /nowhere/admin-key"},
		"wrong number": {"--from 123", `--from "123": want a number in full`},
		"two keys":     {"--press 11", "want one key for each prompt"},
		"no talk":      {"--talk 0s", "--talk 0s: want a time"},
	} {
		t.Run(name, func(t *testing.T) {
			var out, errOut bytes.Buffer
			if code := run(t.Context(), append([]string{"call"}, strings.Fields(c.arguments)...), &out, &errOut); code == 0 {
				t.Error("exit code 0")
			}
			if !strings.Contains(errOut.String(), c.want) {
				t.Errorf("%s; want %s", errOut.String(), c.want)
			}
		})
	}
}
