package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// In a real browser, who has signed in on the page reads what is sealed from the UI's pages, and from nobody else's.
func TestTheCodecIsReadByTheUIInABrowser(t *testing.T) {
	t.Parallel()
	browser, ok := chromium(t)
	if !ok {
		return
	}
	pages := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = fmt.Fprint(w, "<title>a page</title>")
	})
	ui, stranger := httptest.NewServer(pages), httptest.NewServer(pages)
	defer ui.Close()
	defer stranger.Close()
	rt, keys := newREST(t, nil), sealingKeys(t)
	server := httptest.NewUnstartedServer(nil)
	deps := rt.deps()
	deps.publicURL = "http://" + server.Listener.Addr().String()
	deps.histories, deps.sealing, deps.namespace, deps.uiOrigins = keys, keys, theNamespace, []string{ui.URL}
	server.Config.Handler = rt.process(deps).echo
	server.Start()
	defer server.Close()
	goes := func(to string) {
		t.Helper()
		if err := chromedp.Do(browser, chromedp.Navigate(to)); err != nil {
			t.Fatal(err)
		}
	}
	look := func(js string) string {
		t.Helper()
		return looks(browser, t, js)
	}
	body, err := json.Marshal(asBody(t, payload(t, keys, "the database is down")))
	if err != nil {
		t.Fatal(err)
	}
	reads := `fetch('` + deps.publicURL + `/codec/decode', {method: 'POST', credentials: 'include', body: ` + string(body) + `,
		headers: {'Content-Type': 'application/json', 'X-Namespace': '` + theNamespace + `'}}).then(
		async (r) => r.ok ? atob((await r.json()).payloads[0].data) : r.status, () => 'refused')`
	// submits sends the page's form, and waits for the page that follows.
	submits := func(form, says string) {
		t.Helper()
		if err := chromedp.Do(browser, chromedp.Submit(form), chromedp.WaitVisible(says)); err != nil {
			t.Fatal(err)
		}
	}

	goes(ui.URL)
	if got := look(reads); got != "401" {
		t.Errorf("who has not signed in gets %q", got)
	}
	goes(deps.publicURL + "/codec")
	if shown := look(`document.body.innerText`); !strings.Contains(shown, ui.URL) || !strings.Contains(shown, deps.publicURL+"/codec") {
		t.Errorf("the page says %s", shown)
	}
	if err := chromedp.Do(browser, chromedp.SendKeys(`input[name=key]`, "rd_wrong")); err != nil {
		t.Fatal(err)
	}
	submits(`form[action="/codec"]`, `[role=alert]`)
	if err := chromedp.Do(browser, chromedp.SendKeys(`input[name=key]`, restKey)); err != nil {
		t.Fatal(err)
	}
	submits(`form[action="/codec"]`, `form[action="/codec/sign-out"]`)
	if got := look(`document.cookie`); got != "" {
		t.Errorf("a script sees the cookie %q", got)
	}
	for from, want := range map[string]string{ui.URL: `"the database is down"`, stranger.URL: "refused"} {
		goes(from)
		if got := look(reads); got != want {
			t.Errorf("a page of %s (the UI is %s) gets %q, want %q", from, ui.URL, got, want)
		}
	}
	goes(deps.publicURL + "/codec")
	submits(`form[action="/codec/sign-out"]`, `input[name=key]`)
	goes(ui.URL)
	if got := look(reads); got != "401" {
		t.Errorf("who has signed out gets %q", got)
	}
}
