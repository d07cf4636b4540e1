package simulator

import (
	"context"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync/atomic"
	"time"
)

// What a request is for; see Match.Kind. All but HookREST are requests that the carrier makes.
const (
	HookREST          = "rest"          // somebody asks the carrier
	HookDocument      = "document"      // TwiML for a leg: voice URL, actions, redirects, fallbacks
	HookWait          = "wait"          // TwiML or audio for who waits in a conference
	HookAudio         = "audio"         // a file to play
	HookStatus        = "status"        // progress of a leg
	HookConference    = "conference"    // progress of a conference
	HookRecording     = "recording"     // progress of a recording
	HookTranscription = "transcription" // a recording's transcript is ready, or never will be
	HookBundle        = "bundle"        // a bundle has changed its status
)

// Twilio's error codes for webhooks.
const (
	codeUnreachable = 11200 // no answer, or a status other than 2xx
	codeRedirects   = 11215
	codeOverrides   = 11243
	codeNotXML      = 12100
	codeContentType = 12300
	codeSchema      = 12200
)

// ask is one request for a document. twiml, when set, is the document itself and nothing is asked.
type ask struct {
	url, method string
	extra       url.Values
	twiml       string
}

// delivery is one webhook, before and between its tries.
type delivery struct {
	kind   string
	leg    *Leg // may be nil
	phone  string
	call   string
	tells  string // of a bundle: the status it has reached
	method string
	url    string
	params url.Values
	jar    http.CookieJar
	rule   Rule // the fault that strikes it, when ruled says that this has been decided
	ruled  bool
}

func (d delivery) occasion(target string) occasion {
	return occasion{kind: d.kind, phone: d.phone, path: pathOf(target), operation: d.tells}
}

// reply is what a webhook came to. code is 0 when the answer was 2xx.
type reply struct {
	code        int
	reason      string
	status      int // 0: no answer
	contentType string
	header      http.Header
	body        []byte
	url         string // where it came from in the end, redirects followed
}

const maxBody = 1 << 20

func newTransport() *http.Transport {
	dialer := &net.Dialer{}
	return &http.Transport{
		DialContext:         dialer.DialContext,
		MaxIdleConnsPerHost: 256,
		IdleConnTimeout:     30 * time.Second,
	}
}

// deliver makes the request and its retries. Once begun it goes on when the call ends, as a request on the wire would.
func (c *Carrier) deliver(d delivery) reply {
	target, fragment, _ := strings.Cut(d.url, "#")
	o, ok := parseOverrides(fragment)
	if !ok {
		return reply{code: codeOverrides, reason: "bad connection overrides", url: target}
	}
	d.url, d.method = target, orElse(d.method, http.MethodPost)
	if !d.ruled {
		d.rule, d.ruled = c.faults.hit(c, d.occasion(target), hookDeeds), true
	}
	switch d.rule.Do {
	case Drop, LoseRequest:
		c.reportHook(d, reply{reason: "lost by the fault plan"}, 0)
		return reply{code: codeUnreachable, reason: "lost", url: target}
	case Delay, Reorder:
		sleep(c.ctx, d.rule.delay())
	}
	ctx, cancel := context.WithTimeout(c.ctx, min(o.total, ceiling))
	defer cancel()
	token := newSID("")
	if d.rule.Do == Duplicate {
		c.try(ctx, d, o, token)
	}
	return c.tries(ctx, d, o, token)
}

func (c *Carrier) tries(ctx context.Context, d delivery, o overrides, token string) reply {
	for n := 0; ; n++ {
		r, class := c.try(ctx, d, o, token)
		if d.rule.Do == LoseReply && n == 0 {
			r, class = reply{code: codeUnreachable, reason: "reply lost by the fault plan", url: d.url}, "rt"
		}
		if r.code == 0 || n >= o.retries || !o.again(class) || !sleep(ctx, backoff(n)) {
			return r
		}
	}
}

// backoff spreads retries: 250 ms, 500 ms, 1 s, ...
func backoff(n int) time.Duration { return 250 * time.Millisecond << n }

func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

// try makes one request. class is how it failed, in the words of the retry policy: ct, rt, 4xx, 5xx.
func (c *Carrier) try(ctx context.Context, d delivery, o overrides, token string) (r reply, class string) {
	begun := time.Now()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	watchdog := time.AfterFunc(o.connect, cancel)
	defer watchdog.Stop()
	var connected atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) {
		connected.Store(true)
		watchdog.Reset(o.read)
	}})
	r, err := c.exchange(ctx, d, token)
	switch {
	case err != nil && !connected.Load():
		class = "ct"
	case err != nil:
		class = "rt"
	case r.status >= 500:
		class = "5xx"
	case r.status >= 400:
		class = "4xx"
	}
	switch {
	case err != nil && strings.Contains(err.Error(), errRedirects.Error()):
		r = reply{code: codeRedirects, reason: "more than 10 redirects", url: d.url}
	case err != nil:
		r = reply{code: codeUnreachable, reason: err.Error(), url: d.url}
	case r.status < 200 || r.status > 299:
		r.code, r.reason = codeUnreachable, fmt.Sprintf("answered %d", r.status)
	}
	c.reportHook(d, r, time.Since(begun))
	return r, class
}

var errRedirects = fmt.Errorf("stopped after 10 redirects")

func (c *Carrier) exchange(ctx context.Context, d delivery, token string) (reply, error) {
	req, err := c.hookRequest(ctx, d)
	if err != nil {
		return reply{}, err
	}
	req.Header.Set("I-Twilio-Idempotency-Token", token)
	req.Header.Set("User-Agent", "TwilioProxy/1.1")
	req.Header.Set("Accept", "*/*")
	client := http.Client{Transport: c.transport, Jar: d.jar, CheckRedirect: c.followRedirect}
	res, err := client.Do(req)
	if err != nil {
		return reply{}, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, maxBody))
	if err != nil {
		return reply{}, err
	}
	kind, _, _ := mime.ParseMediaType(res.Header.Get("Content-Type"))
	from := d.url // without the parameters that a GET adds
	if res.Request.URL.String() != req.URL.String() {
		from = res.Request.URL.String()
	}
	return reply{status: res.StatusCode, contentType: kind, header: res.Header, body: body, url: from}, nil
}

// followRedirect signs the request again, for the URL it now goes to.
func (c *Carrier) followRedirect(req *http.Request, via []*http.Request) error {
	if len(via) >= 10 {
		return errRedirects
	}
	if req.Method == http.MethodGet {
		req.Header.Set("X-Twilio-Signature", Sign(c.cfg.AuthToken, req.URL.String(), nil))
		return nil
	}
	body, err := req.GetBody()
	if err != nil {
		return err
	}
	form, err := io.ReadAll(body)
	if err != nil {
		return err
	}
	params, err := url.ParseQuery(string(form))
	if err != nil {
		return err
	}
	req.Header.Set("X-Twilio-Signature", Sign(c.cfg.AuthToken, req.URL.String(), params))
	return nil
}

func (c *Carrier) hookRequest(ctx context.Context, d delivery) (*http.Request, error) {
	if d.method == http.MethodGet {
		target := d.url
		if len(d.params) > 0 {
			join := "?"
			if strings.Contains(target, "?") {
				join = "&"
			}
			target += join + d.params.Encode()
		}
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, target, nil)
		if err == nil {
			req.Header.Set("X-Twilio-Signature", Sign(c.cfg.AuthToken, target, nil))
		}
		return req, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, d.url, strings.NewReader(d.params.Encode()))
	if err == nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=UTF-8")
		req.Header.Set("X-Twilio-Signature", Sign(c.cfg.AuthToken, d.url, d.params))
	}
	return req, err
}

func (c *Carrier) reportHook(d delivery, r reply, took time.Duration) {
	shown, _, _ := strings.Cut(d.url, "?")
	c.emit(Event{
		Kind: EventWebhook, Webhook: d.kind, Call: d.call, Phone: d.phone, Method: d.method, URL: shown,
		HTTPStatus: r.status, Millis: took.Milliseconds(), Text: r.reason,
		Status: orElse(d.params.Get("CallStatus"), d.params.Get("Status")), Digits: d.params.Get("Digits"), Fault: d.rule.Do,
	})
}

func pathOf(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return raw
	}
	return u.Path
}

// chain keeps the callbacks of one sender in order, unless the fault plan says otherwise.
type chain struct{ last chan struct{} }

// patience is how long a callback waits for the one before it, in real time.
const patience = time.Second

// sendLocked hands in a callback, for which nobody waits. Needs Carrier.mu; the request itself is made without.
func (ch *chain) sendLocked(c *Carrier, d delivery) {
	if c.closed {
		return
	}
	before, done := ch.last, make(chan struct{})
	ch.last = done
	d.rule, d.ruled = c.faults.strikeLocked(d.occasion(d.url), hookDeeds), true
	c.wg.Go(func() {
		if d.rule.Do == Delay || d.rule.Do == Reorder {
			close(done) // who comes next does not wait
		} else {
			defer close(done)
			ch.waitFor(c, before)
		}
		c.deliver(d)
	})
}

func (ch *chain) waitFor(c *Carrier, before chan struct{}) {
	if before == nil {
		return
	}
	t := time.NewTimer(patience)
	defer t.Stop()
	select {
	case <-before:
	case <-t.C:
	case <-c.ctx.Done():
	}
}
