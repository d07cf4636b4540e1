package simulator

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/cdproto/emulation"
	pages "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// chromium starts a browser for a test. ok is false where none is installed and none must be: in CI it must.
func chromium(t *testing.T) (ctx context.Context, ok bool) {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil && os.Getenv("CI") == "" {
		fmt.Fprintf(os.Stderr, "left out: the page of phones in a browser (%v)\n", err)
		return nil, false
	}
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := chromedp.NewExecAllocator(t.Context(), append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]),
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

// visit is somebody who looks at the page of a carrier of their own.
type visit struct {
	*bench
	tab     context.Context
	console chan string // what the browser complains of
}

// endOfVisit is the last line on a visit's console.
const endOfVisit = "the end of this visit"

func newVisit(browser context.Context, t *testing.T) *visit {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	sim := New(Config{AccountSID: testSID, AuthToken: testToken, Speed: 8})
	a := &app{t: t, pages: map[string]http.HandlerFunc{}, waking: make(chan struct{})}
	server := httptest.NewServer(a)
	a.url = server.URL
	rest := httptest.NewServer(Page{CallLink: "https://example.com/calls/call%2F{sid}"}.Handler(sim))
	tab, leave := chromedp.NewContext(browser)
	t.Cleanup(func() {
		leave()
		sim.Close()
		rest.Close()
		server.Close()
		cancel()
	})
	sim.AddNumber(Number{Phone: ours, FriendlyName: "Production down", VoiceURL: a.url + "/voice"})
	return &visit{
		bench: &bench{app: a, sim: sim, rest: rest, ctx: ctx}, tab: tab, console: make(chan string, 1000),
	}
}

// open loads the page; before runs in it first.
func (v *visit) open(url, before string) {
	v.t.Helper()
	v.must(chromedp.Do(v.tab))
	messages := chromedp.Console(v.tab)
	go func() {
		for m, err := range messages {
			if err != nil {
				return
			}
			v.console <- m.String()
		}
	}()
	if before != "" {
		_, err := chromedp.Call(v.tab, pages.AddScriptToEvaluateOnNewDocument, pages.AddScriptToEvaluateOnNewDocumentParams{Source: before})
		v.must(err)
	}
	v.size(1280, 800)
	v.must(chromedp.Do(v.tab, chromedp.Navigate(url)))
	v.wait("the page shows the numbers", `document.querySelector('#to').options.length > 0`)
}

func (v *visit) size(width, height int64) {
	v.t.Helper()
	v.must(chromedp.Do(v.tab, chromedp.EmulateViewport(width, height)))
}

// prefers sets what the person likes: prefers-color-scheme, prefers-reduced-motion.
func (v *visit) prefers(feature, value string) {
	v.t.Helper()
	_, err := chromedp.Call(v.tab, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-" + feature, Value: value}},
	})
	v.must(err)
}

// complaints are all that the browser's console has said.
func (v *visit) complaints() []string {
	v.t.Helper()
	v.read(`console.log('` + endOfVisit + `')`)
	var all []string
	for {
		select {
		case m := <-v.console:
			if strings.HasSuffix(m, endOfVisit) {
				return all
			}
			all = append(all, m)
		case <-v.ctx.Done():
			v.t.Fatal("the console is mute")
		}
	}
}

// read evaluates an expression, or waits for its promise, and returns what it comes to as text.
func (v *visit) read(js string) string {
	v.t.Helper()
	ctx, cancel := context.WithTimeout(v.tab, 15*time.Second)
	defer cancel()
	text, err := chromedp.Run(ctx, chromedp.Evaluate[string](`(async () => String(await (`+js+`)))()`, chromedp.EvalAwaitPromise))
	if err != nil {
		v.story()
		v.t.Fatalf("%s: %v\nstory on the page:\n%s", js, err, v.told())
	}
	return text
}

// wait waits until a condition holds on the page.
func (v *visit) wait(what, condition string) {
	v.t.Helper()
	ctx, cancel := context.WithTimeout(v.tab, 15*time.Second)
	defer cancel()
	_, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`new Promise((done) => {
		const look = async () => await (`+condition+`) ? done(true) : setTimeout(look, 20);
		look();
	})`, chromedp.EvalAwaitPromise))
	if err != nil {
		v.story()
		v.t.Fatalf("waiting until %s: %v\nstory on the page:\n%s", what, err, v.told())
	}
}

// waitPhone waits until the simulator knows something of a phone, which the condition calls p.
func (v *visit) waitPhone(phone, condition string) {
	v.t.Helper()
	v.wait(phone+" is "+condition, `(async () => {
		const p = (await (await fetch('/sim/phones')).json()).find((p) => p.phone === `+strconv.Quote(phone)+`);
		return `+condition+`;
	})()`)
}

// told is the story on the page, a line for each sentence, spaces made plain.
func (v *visit) told() string {
	text, err := chromedp.Run(v.tab, chromedp.Evaluate[string](
		`[...document.querySelectorAll('#story li:not(.detail) span')].map((s) => s.textContent).join('\n')`))
	if err != nil {
		return err.Error()
	}
	return strings.ReplaceAll(text, "\u00a0", " ")
}

func (v *visit) press(keys string) {
	v.t.Helper()
	v.must(chromedp.Do(v.tab, chromedp.KeyEvent(keys)))
}

// focused is the accessible name of what has the focus.
func (v *visit) focused() string {
	v.t.Helper()
	return v.read(`(() => {
		const e = document.activeElement;
		const by = e.getAttribute('aria-labelledby');
		const text = by ? document.getElementById(by).textContent : e.getAttribute('aria-label') ?? e.labels?.[0]?.textContent ?? e.textContent;
		return text.trim().replaceAll('\u00a0', ' ');
	})()`)
}

// tabTo moves the focus with the tab key to what is named so.
func (v *visit) tabTo(name string) {
	v.t.Helper()
	var passed []string
	for range 80 {
		v.press("\t")
		at := v.focused()
		if at == name {
			return
		}
		passed = append(passed, at)
	}
	v.t.Fatalf("the tab key does not lead to %q, but to %q", name, passed)
}

// nameless are the roles of what takes the focus and has no name for a screen reader.
func (v *visit) nameless() []string {
	v.t.Helper()
	tree, err := chromedp.Call(v.tab, accessibility.GetFullAXTree, accessibility.GetFullAXTreeParams{})
	v.must(err)
	var roles []string
	named := 0
	for _, n := range tree.Nodes {
		focusable := slices.ContainsFunc(n.Properties, func(p *accessibility.Property) bool {
			return p.Name == accessibility.PropertyNameFocusable && string(p.Value.Value) == "true"
		})
		switch {
		case n.Ignored || !focusable:
		case n.Name == nil || len(strings.Trim(string(n.Name.Value), `" `)) == 0:
			roles = append(roles, string(n.Role.Value))
		default:
			named++
		}
	}
	if named < 20 {
		v.t.Errorf("only %d things can have the focus", named)
	}
	return roles
}

// listen takes an address that was in use a moment ago.
func (v *visit) listen(address string) net.Listener {
	v.t.Helper()
	l, err := new(net.ListenConfig).Listen(v.ctx, "tcp", address)
	v.must(err)
	return l
}
