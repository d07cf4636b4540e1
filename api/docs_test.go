package api

import (
	"context"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

func TestTheDocsWorkInABrowserUnderTheirPolicy(t *testing.T) {
	t.Parallel()
	browser, ok := chromium(t)
	if !ok {
		return
	}
	wt := newWebhookTest(t)
	server := httptest.NewServer(wt.Server)
	defer server.Close()
	said := make(chan string, 100)
	go func() {
		for m, err := range chromedp.Console(browser) {
			if err != nil {
				return
			}
			said <- m.String()
		}
	}()
	look := func(js string) string {
		t.Helper()
		return looks(browser, t, js)
	}
	if err := chromedp.Do(browser, chromedp.Navigate(server.URL+"/docs")); err != nil {
		t.Fatal(err)
	}
	operations := look(`new Promise((done) => {
		const look = () => document.querySelectorAll('details').length > 100 ? done('all there') : setTimeout(look, 20);
		look();
	})`)
	padding := look(`getComputedStyle(document.querySelector('details')).borderStyle`)
	inline := look(`new Promise((done) => {
		document.addEventListener('securitypolicyviolation', (e) => done(e.violatedDirective));
		const script = document.createElement('script');
		script.textContent = 'document.title = "taken over"';
		document.head.append(script);
	})`)
	elsewhere := look(`fetch('http://127.0.0.1:1/').then(() => 'reached', (e) => 'refused')`)
	if operations != "all there" || padding != "solid" || !strings.HasPrefix(inline, "script-src") || elsewhere != "refused" || look(`document.title`) != "Ringdown API" {
		t.Errorf("operations %s, border %s, a script of another's is held up by %s, another host is %s", operations, padding, inline, elsewhere)
	}
	look(`console.log('the end')`)
	var complaints []string
	for m := range said {
		if strings.HasSuffix(m, "the end") {
			break
		}
		complaints = append(complaints, m)
	}
	ours := slices.DeleteFunc(complaints, func(m string) bool {
		return strings.Contains(m, "inline script") || strings.Contains(m, "127.0.0.1:1/")
	})
	if len(ours) > 0 {
		t.Errorf("the browser complains: %q", ours)
	}
}

// chromium starts a browser for a test. ok is false where none is installed and none must be: in CI it must.
func chromium(t *testing.T) (ctx context.Context, ok bool) {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil && os.Getenv("CI") == "" {
		fmt.Fprintf(os.Stderr, "left out: the docs in a browser (%v)\n", err)
		return nil, false
	}
	if err != nil {
		t.Fatal(err)
	}
	within, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	ctx, stop := chromedp.NewExecAllocator(within, append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]),
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.UserDataDir(t.TempDir()),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true),
	)...)
	t.Cleanup(stop)
	ctx, quit := chromedp.NewContext(ctx)
	t.Cleanup(quit)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatal(err)
	}
	return ctx, true
}

// looks is what a script says in the page that a browser shows, as a text. It may be a promise.
func looks(browser context.Context, t *testing.T, js string) string {
	t.Helper()
	text, err := chromedp.Run(browser, chromedp.Evaluate[string](`(async () => String(await (`+js+`)))()`, chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatalf("%s: %v", js, err)
	}
	return text
}
