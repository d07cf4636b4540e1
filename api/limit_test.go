package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ringdown/ringdown/models"
)

// falseSignature is one that anybody can make: the carrier's documented one.
const falseSignature = "L/OH5YylLD5NRKLltdqwSvS0BnU="

func TestAFloodFromEverywhereIsForgotten(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
	all := newBuckets(ration{"test", 1, 2}, func() time.Time { return now })
	for i := range 3 * mostNames {
		for _, name := range []string{fmt.Sprint("address ", i), "a regular"} {
			if _, wait := all.spend(name); wait > 0 && name != "a regular" {
				t.Fatalf("%s waits %v for its first try", name, wait)
			}
		}
		if len(all.of) > mostNames || len(all.of) != all.recent.Len() {
			t.Fatalf("%d addresses are remembered, %d in order", len(all.of), all.recent.Len())
		}
	}
	if all.wait("a regular") == 0 {
		t.Error("who comes again and again was forgotten")
	}
	if all.wait("address 0") != 0 || all.wait(fmt.Sprint("address ", 3*mostNames-1)) != 0 {
		t.Error("who came once must wait")
	}
}

func TestTriesComeBackOneBySix(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
	all := newBuckets(wrongKeys, func() time.Time { return now })
	for i := range 10 {
		if all.wait("a") > 0 {
			t.Fatal("waits too early")
		}
		if left, wait := all.spend("a"); left != 9-i || wait > 0 {
			t.Fatalf("try %d leaves %d after %v", i+1, left, wait)
		}
	}
	wait := all.wait("a")
	if _, refused := all.spend("a"); wait != 6*time.Second || refused != wait || all.wait("b") != 0 {
		t.Errorf("a waits %v, b %v", wait, all.wait("b"))
	}
	now = now.Add(6 * time.Second)
	if all.wait("a") > 0 {
		t.Error("not one try is back")
	}
	if _, wait := all.spend("a"); wait > 0 || all.wait("a") == 0 {
		t.Error("more than one try is back")
	}
}

func TestRESTAnAddressWithoutTriesIsRefusedEverywhere(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil)
	for range triesPerMinute {
		rt.with("rd_wrong", http.MethodGet, "/v1/users", "").is(http.StatusUnauthorized)
	}
	rt.eachOperation(func(method, path string, _ []string) {
		r := httptest.NewRequest(method, path, nil)
		r.Header.Set("Authorization", "Bearer "+restKey)
		got := rt.raw(r)
		if got.Code != http.StatusTooManyRequests || got.Header().Get("Retry-After") != "6" || got.Header().Get("RateLimit") != `"wrong-keys";r=0;t=60` {
			t.Errorf("%s %s: %d, %v", method, path, got.Code, got.Header())
		}
	})
}

// limited is an API that lets each key make so many requests a second.
func (rt *restTest) limited(perSecond float64) *restTest {
	deps := rt.deps()
	deps.rateLimit = perSecond
	deps.limited = func(by ration) { rt.policies = append(rt.policies, by.policy) }
	return rt.process(deps)
}

func TestRESTEachKeyMayMakeSoManyRequests(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil)
	_, viewer := rt.key(models.RoleViewer)
	clock, rt := rt, rt.limited(5)
	for i := range 10 {
		got := rt.send(http.MethodGet, "/v1/languages", "").is(http.StatusOK).Header()
		if want := fmt.Sprintf(`"key";r=%d;t=%d`, 9-i, (i+1+4)/5); got.Get("RateLimit") != want || got.Get("RateLimit-Policy") != `"key";q=10;w=2` {
			t.Errorf("request %d is told %v", i+1, got)
		}
	}
	refused := rt.send(http.MethodGet, "/v1/languages", "").is(http.StatusTooManyRequests)
	if h := refused.Header(); h.Get("Retry-After") != "1" || h.Get("RateLimit") != `"key";r=0;t=2` || h.Get("RateLimit-Policy") != `"key";q=10;w=2` {
		t.Errorf("the refused one is told %v", h)
	}
	rt.with(viewer, http.MethodGet, "/v1/languages", "").is(http.StatusOK)
	clock.now = clock.now.Add(200 * time.Millisecond)
	rt.send(http.MethodGet, "/v1/languages", "").is(http.StatusOK)
	rt.send(http.MethodGet, "/v1/languages", "").is(http.StatusTooManyRequests)
	for range triesPerMinute {
		rt.with("rd_wrong", http.MethodGet, "/v1/languages", "").is(http.StatusUnauthorized) // has tries of its own
	}
	rt.with("rd_wrong", http.MethodGet, "/v1/languages", "").is(http.StatusTooManyRequests)
	if want := []string{"key", "key", "wrong-keys"}; !slices.Equal(clock.policies, want) {
		t.Errorf("counted %q, want %q", clock.policies, want)
	}
}

func TestRESTARefusedRequestIsNotBegun(t *testing.T) {
	t.Parallel()
	clock := newREST(t, nil)
	rt := clock.limited(0.5) // one at once
	rt.send(http.MethodGet, "/v1/languages", "").is(http.StatusOK)
	rt.send(http.MethodPost, "/v1/users", alice, "Idempotency-Key", "one").is(http.StatusTooManyRequests)
	clock.now = clock.now.Add(2 * time.Second)
	made := rt.send(http.MethodPost, "/v1/users", alice, "Idempotency-Key", "one").is(http.StatusCreated)
	if made.Header().Get("Idempotency-Replayed") != "" {
		t.Error("the refusal was kept as its reply")
	}
}

func TestRESTAKeyThatMayNotIsLimitedToo(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil)
	_, viewer := rt.key(models.RoleViewer)
	rt = rt.limited(1)
	for _, want := range []int{http.StatusForbidden, http.StatusForbidden, http.StatusTooManyRequests} {
		rt.with(viewer, http.MethodGet, "/v1/api-keys", "").is(want)
	}
}

func TestWithoutALimitKeysMayAskAsOftenAsTheyLike(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil)
	for range 2000 {
		r := httptest.NewRequest(http.MethodGet, "/v1/languages", nil)
		r.Header.Set("Authorization", "Bearer "+restKey)
		if got := rt.raw(r); got.Code != http.StatusOK || got.Header().Get("RateLimit") != "" {
			t.Fatalf("%d %v", got.Code, got.Header())
		}
	}
}

// from asks from an address.
func (wt *webhookTest) from(address, method, target string, headers ...string) *httptest.ResponseRecorder {
	wt.Helper()
	r := httptest.NewRequest(method, target, nil)
	r.RemoteAddr = address + ":1000"
	for i := 0; i < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	return wt.do(r)
}

func TestWhatIsAnsweredWithoutAKeyIsLimitedByAddress(t *testing.T) {
	inCall(t, "the docs", func(wt *webhookTest) {
		asked := []string{"/docs", "/docs/docs.js", "/openapi.json", "/nothing", "/", "/v2"}
		for i := range addressBurst {
			if w := wt.from("192.0.2.7", http.MethodGet, asked[i%len(asked)]); w.Code == http.StatusTooManyRequests {
				wt.Fatalf("request %d is refused", i+1)
			}
		}
		for _, target := range asked {
			w := wt.from("192.0.2.7", http.MethodGet, target)
			if w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") != "1" || w.Header().Get("RateLimit-Policy") != `"address";q=200;w=4` ||
				w.Header().Get("Content-Type") != "application/problem+json" || !json.Valid(w.Body.Bytes()) {
				wt.Errorf("%s: %d %v", target, w.Code, w.Header())
			}
		}
		if lines := scrape(wt.T, wt.metrics.limited); !slices.Contains(lines, fmt.Sprintf(`ringdown_limited_total{policy="address"} %d`, len(asked))) {
			wt.Errorf("counted %q", lines)
		}
		for _, never := range []string{"/livez", "/readyz", "/audio/music.wav", "/audio/hold.xml"} {
			if w := wt.from("192.0.2.7", http.MethodGet, never); w.Code != http.StatusOK {
				wt.Errorf("%s: %d", never, w.Code)
			}
		}
		if w := wt.from("192.0.2.8", http.MethodGet, "/docs"); w.Code != http.StatusOK {
			wt.Errorf("another address: %d", w.Code)
		}
		time.Sleep(time.Second / addressRate)
		if w := wt.from("192.0.2.7", http.MethodGet, "/docs"); w.Code != http.StatusOK {
			wt.Errorf("later: %d", w.Code)
		}
	})
}

func TestAFloodOfForgeriesIsRefusedAndKeepsNoTrueWebhookOut(t *testing.T) {
	inCall(t, "from one address, which is the carrier's too", func(wt *webhookTest) {
		for range 20 * forgedLines {
			wt.ends(http.StatusForbidden, wt.send("/twilio/voice", arriving().Encode(), "X-Twilio-Signature", falseSignature))
		}
		wt.logged(slices.Repeat([]string{"webhook with a false signature"}, forgedLines)...)
		for range 100 {
			if w := wt.post("/twilio/voice", arriving()); w.Code != http.StatusOK {
				wt.Fatalf("a true one: %d", w.Code)
			}
		}
	})
}

func TestAWebhookWithoutASignatureIsRefusedUnread(t *testing.T) {
	for _, signature := range []string{"", "false", strings.Repeat("=", 28), falseSignature[:27], falseSignature + "=", falseSignature + "\n", strings.Replace(falseSignature, "U=", "V=", 1)} {
		inCall(t, fmt.Sprintf("%q", signature), func(wt *webhookTest) {
			r := httptest.NewRequest(http.MethodPost, "/twilio/voice", unread{t: wt.T})
			r.Header["X-Twilio-Signature"] = []string{signature}
			w := wt.do(r)
			wt.ends(http.StatusForbidden, w)
			if w.Header().Get("Connection") != "close" {
				wt.Error("the rest of it is waited for")
			}
			wt.logged("webhook with a false signature")
		})
	}
}

// unread is a body that nobody is to read.
type unread struct{ t *testing.T }

func (u unread) Read([]byte) (int, error) {
	u.t.Error("the body is read")
	return 0, http.ErrBodyReadAfterClose
}

func TestAFormThatNoCarrierSendsIsRefused(t *testing.T) {
	many := func(fields int) string { return strings.TrimSuffix(strings.Repeat("a=1&", fields), "&") }
	for _, c := range []struct {
		name, body string
		code       int
	}{
		{"as many fields as may be", many(fieldsLimit), http.StatusOK},
		{"one field more", many(fieldsLimit + 1), http.StatusRequestEntityTooLarge},
		{"a hundred thousand fields", strings.Repeat("&", 100_000), http.StatusRequestEntityTooLarge},
		{"as large as may be", strings.Repeat("a", webhookLimit), http.StatusOK},
		{"a byte more", strings.Repeat("a", webhookLimit+1), http.StatusRequestEntityTooLarge},
	} {
		inCall(t, c.name, func(wt *webhookTest) {
			const target = "/twilio/voice"
			signature := sign(authToken, site+target, parseForm(c.body))
			if w := wt.send(target, c.body, "X-Twilio-Signature", signature); w.Code != c.code {
				wt.Errorf("%d, want %d", w.Code, c.code)
			}
			if c.code != http.StatusOK {
				wt.asks()
				wt.logged("webhook not read")
			}
			if len(wt.rows()) > 0 {
				wt.Error("there is a call")
			}
		})
	}
}

func TestASignatureIsOfOurPublicAddressWhateverTheRequestSays(t *testing.T) {
	inCall(t, "of another host", func(wt *webhookTest) {
		const target = "/twilio/voice"
		for host, signedFor := range map[string]string{"elsewhere.example": site, "127.0.0.1:8080": site, "evil.example": "https://evil.example"} {
			form := arriving()
			r := httptest.NewRequest(http.MethodPost, target, strings.NewReader(form.Encode()))
			r.Host = host
			r.Header = http.Header{
				"X-Twilio-Signature": {sign(authToken, signedFor+target, form)}, "X-Forwarded-Host": {host}, "X-Forwarded-Proto": {"http"},
				"Forwarded": {"host=" + host}, "X-Original-Url": {"/docs"},
			}
			want := http.StatusOK
			if signedFor != site {
				want = http.StatusForbidden
			}
			if w := wt.do(r); w.Code != want {
				wt.Errorf("%s signed for %s: %d", host, signedFor, w.Code)
			}
		}
	})
}

func BenchmarkForgedWebhook(b *testing.B) {
	typical := arriving("FromCity", "SOMEWHERE", "FromZip", "94000", "AccountSid", "AC"+strings.Repeat("a", 32), "StirPassportToken", strings.Repeat("x", 700)).Encode()
	var names []string
	for i := range fieldsLimit {
		names = append(names, fmt.Sprintf("name%d=%s", i*7919%1000, url.QueryEscape(strings.Repeat("é", 15))))
	}
	for name, body := range map[string]string{
		"typical": typical, "many fields": strings.Join(names, "&"), "one long": strings.Repeat("x", webhookLimit), "escaped": strings.Repeat("%41", webhookLimit/3),
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				(signatures{authToken}).valid(falseSignature, site+"/twilio/voice", parseForm(body))
			}
		})
	}
}
