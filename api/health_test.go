package api

import (
	"net/http"
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
