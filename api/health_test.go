package api

import (
	"log/slog"
	"net/http"
	"strings"
	"testing"
)

func TestTheProcessIsReadyWhenAllIsThere(t *testing.T) {
	for _, c := range []struct {
		name     string
		database bool
		temporal error
		ready    int
		logged   []string
	}{
		{"all is there", true, nil, http.StatusOK, nil},
		{"the database is away", false, nil, http.StatusServiceUnavailable, []string{"not ready"}},
		{"Temporal is away", true, errAway, http.StatusServiceUnavailable, []string{"not ready"}},
		{"Temporal is slow", true, errImpatient, http.StatusServiceUnavailable, []string{"not ready"}},
		{"everything is away", false, errAway, http.StatusServiceUnavailable, []string{"not ready"}},
	} {
		inCall(t, c.name, func(wt *webhookTest) {
			wt.temporal.fails = failing(c.temporal)
			if !c.database {
				wt.must(wt.store.Close())
			}
			if w := wt.get("/readyz"); w.Code != c.ready || w.Header().Get("Content-Type") != "text/plain; charset=UTF-8" {
				wt.Errorf("ready: %d %s", w.Code, w.Header().Get("Content-Type"))
			}
			if asked := len(wt.temporal.heard()); asked != 1 {
				wt.Errorf("Temporal was asked %d times", asked)
			}
			wt.logged(c.logged...)
			if w := wt.get("/livez"); w.Code != http.StatusOK {
				wt.Errorf("alive: %d", w.Code)
			}
			wt.asks()
			wt.logged()
		})
	}
}

func TestNewReportsEveryMistakeAtOnce(t *testing.T) {
	right := Config{PublicURL: site, AuthTokens: []string{authToken}, Log: slog.New(slog.DiscardHandler)}
	for _, c := range []struct {
		name      string
		publicURL string
		tokens    []string
		want      []string
	}{
		{"all is well", site, []string{authToken}, nil},
		{"http on this machine", "http://127.0.0.1:8080", []string{authToken}, nil},
		{"no token", site, nil, []string{"at least one"}},
		{"an empty token", site, []string{""}, []string{"one is empty"}},
		{"a blank token", site, []string{" \t\n"}, []string{"one is empty"}},
		{"an empty token beside a right one", site, []string{authToken, ""}, []string{"one is empty"}},
		{"no public URL", "", []string{authToken}, []string{"public URL"}},
		{"a public URL without a scheme", "ringdown.example", []string{authToken}, []string{"public URL"}},
		{"a public URL of another scheme", "ftp://ringdown.example", []string{authToken}, []string{"public URL"}},
		{"a public URL with a trailing slash", site + "/", []string{authToken}, []string{"public URL"}},
		{"a public URL that is none", "https://ring down.example", []string{authToken}, []string{"public URL"}},
		{"nothing is right", "/", nil, []string{"public URL", "at least one"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			config := right
			config.PublicURL, config.AuthTokens = c.publicURL, c.tokens
			_, err := New(config)
			if (err == nil) != (c.want == nil) {
				t.Errorf("got %v", err)
			}
			for _, want := range c.want {
				if err != nil && !strings.Contains(err.Error(), want) {
					t.Errorf("%v does not say %q", err, want)
				}
			}
		})
	}
}
