package api

import (
	"net/http"
	"strings"
	"testing"
)

func TestNewsOfPaperworkIsTold(t *testing.T) {
	const path = "/twilio/bundle/" + aRequest
	refused := form("AccountSid", account, "BundleSid", "BU1", "Status", "twilio-rejected", "FailureReason", "The name is another.")
	told := "signal number-request/" + aRequest + " bundle {BundleID:BU1 Status:twilio-rejected Reason:The name is another. Looked:false}"
	for _, c := range []struct {
		name, path string
		fails      error
		status     int
		asks       []string
		logged     []string
	}{
		{"to the run of its request", path, nil, http.StatusOK, []string{told}, nil},
		{"to nobody when that is over", path, errGone, http.StatusOK, []string{told}, nil},
		{"again when nobody is there", path, errAway, http.StatusServiceUnavailable, []string{told}, []string{"news of paperwork not told"}},
		{"again when somebody takes too long", path, errImpatient, http.StatusServiceUnavailable, []string{told}, []string{"news of paperwork not told"}},
		{"to nobody when it is of nothing", "/twilio/bundle/1", nil, http.StatusOK, nil, []string{"news of paperwork for what is no request of ours"}},
	} {
		inCall(t, c.name, func(wt *webhookTest) {
			wt.temporal.fails = map[string]error{"signal": c.fails}
			if w := wt.post(c.path, refused); w.Code != c.status || w.Body.Len() > 0 {
				wt.Errorf("answered %d %q", w.Code, w.Body)
			}
			wt.asks(c.asks...)
			wt.logged(c.logged...)
		})
	}
	inCall(t, "with no more of the reason than is worth it", func(wt *webhookTest) {
		long := form("BundleSid", "BU1", "Status", "twilio-rejected", "FailureReason", strings.Repeat("ü", reasonLimit)+"!")
		wt.post(path, long)
		wt.asks(strings.Replace(told, "The name is another.", strings.Repeat("ü", reasonLimit/2), 1))
	})
}
