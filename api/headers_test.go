package api

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/labstack/echo/v4"
)

func TestEveryAnswerTellsBrowsersWhatTheyMayDo(t *testing.T) {
	const page, public = docsPage, "public, max-age=3600"
	for _, c := range []struct {
		name, method, target string
		code                 int
		policy, cache        string
	}{
		{"a webhook", http.MethodPost, "/twilio/voice", http.StatusOK, noPage, "no-store"},
		{"a forged webhook", http.MethodPost, "/twilio/voice?forged", http.StatusForbidden, noPage, "no-store"},
		{"no webhook", http.MethodPost, "/twilio/nothing", http.StatusNotFound, noPage, "no-store"},
		{"an operation without a key", http.MethodGet, "/v1/users", http.StatusUnauthorized, noPage, "no-store"},
		{"no operation", http.MethodGet, "/v1/nothing", http.StatusNotFound, noPage, "no-store"},
		{"another method", http.MethodDelete, "/livez", http.StatusMethodNotAllowed, noPage, "no-store"},
		{"a preflight", http.MethodOptions, "/v1/users", http.StatusNoContent, noPage, "no-store"},
		{"no calendar", http.MethodGet, "/calendars/x.ics", http.StatusNotFound, noPage, "no-store"},
		{"music", http.MethodGet, "/audio/music.wav", http.StatusOK, noPage, public},
		{"what a room plays", http.MethodGet, "/audio/hold.xml", http.StatusOK, noPage, public},
		{"that the process lives", http.MethodGet, "/livez", http.StatusOK, noPage, "no-store"},
		{"a panic", http.MethodGet, "/panics", http.StatusInternalServerError, noPage, "no-store"},
		{"the document", http.MethodGet, "/openapi.json", http.StatusOK, noPage, "no-store"},
		{"the docs", http.MethodGet, "/docs", http.StatusOK, page, "no-store"},
		{"their script", http.MethodGet, "/docs/docs.js", http.StatusOK, page, "no-store"},
	} {
		inCall(t, c.name, func(wt *webhookTest) {
			wt.echo.GET("/panics", func(echo.Context) error { panic("as told") })
			form := arriving()
			r := httptest.NewRequest(c.method, c.target, strings.NewReader(form.Encode()))
			r.Header.Set("Origin", "https://evil.example")
			r.Header.Set("Access-Control-Request-Method", http.MethodPost)
			if !strings.HasSuffix(c.target, "?forged") {
				r.Header.Set("X-Twilio-Signature", sign(authToken, site+c.target, form))
			}
			w := wt.do(r)
			if w.Code != c.code {
				wt.Errorf("answered %d: %s", w.Code, w.Body)
			}
			for name, want := range map[string]string{
				"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "no-referrer", "Content-Security-Policy": c.policy,
				"Cache-Control": c.cache, "Strict-Transport-Security": "max-age=31536000", "Server": "", "X-Powered-By": "",
				"Access-Control-Allow-Origin": "", "Access-Control-Allow-Credentials": "", "Access-Control-Allow-Headers": "", "Set-Cookie": "",
			} {
				if got := strings.Join(w.Header().Values(name), "|"); got != want {
					wt.Errorf("%s: %q, want %q", name, got, want)
				}
			}
		})
	}
}

func TestOnlyASiteThatIsReachedOverTLSAloneSaysSo(t *testing.T) {
	for public, want := range map[string]string{"https://ringdown.example": "max-age=31536000", "http://127.0.0.1:8080": ""} {
		wt := newWebhookTest(t)
		server, err := New(Config{Store: wt.store, Temporal: wt.temporal, AuthTokens: []string{authToken}, PublicURL: public, Log: wt.Server.log})
		wt.must(err)
		w := httptest.NewRecorder()
		server.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/livez", nil))
		if got := w.Header().Get("Strict-Transport-Security"); got != want {
			t.Errorf("%s: %q, want %q", public, got, want)
		}
	}
}
