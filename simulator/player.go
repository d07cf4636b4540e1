package simulator

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"
)

// errEnd ends a call from within its document.
var errEnd = errors.New("the document ended the call")

// maxDocuments is how many documents a call may ask for: a guard against documents that redirect to each other for ever.
const maxDocuments = 2000

// play asks for a document and plays it, and every document it leads to, until the call must end.
func (l *Leg) play(first ask) {
	next := &first
	for range maxDocuments {
		ctx := l.movable()
		after, err := l.playOne(ctx, *next)
		if next = l.onward(after, err); next == nil {
			return
		}
	}
}

// movable is the life of the next document: until it is over, the call is moved, or the call ends.
func (l *Leg) movable() context.Context {
	ctx, cancel := context.WithCancelCause(l.ctx)
	l.c.mu.Lock()
	defer l.c.mu.Unlock()
	l.move = cancel
	if l.moved != nil { // already
		cancel(errMoved)
	}
	return ctx
}

// onward decides what is played next: where the call was moved to, else where its document led, else nothing more.
func (l *Leg) onward(after *ask, err error) *ask {
	l.c.mu.Lock()
	defer l.c.mu.Unlock()
	l.move(nil)
	if l.moved != nil && l.ctx.Err() == nil {
		after, l.moved = l.moved, nil
		return after
	}
	if err != nil || l.ctx.Err() != nil || after == nil {
		l.over = true
		return nil
	}
	return after
}

// redirect moves a live call to another document. It reports whether the call was live. A nil fallback leaves the old one.
func (l *Leg) redirect(to ask, fallbackURL, fallbackMethod *string) bool {
	l.c.mu.Lock()
	defer l.c.mu.Unlock()
	if l.status != StatusInProgress || l.over || l.ctx.Err() != nil {
		return false
	}
	if fallbackURL != nil {
		l.plan.fallbackURL = *fallbackURL
	}
	if fallbackMethod != nil {
		l.plan.fallbackMethod = *fallbackMethod
	}
	l.moved = &to
	if l.move != nil {
		l.move(errMoved)
	}
	return true
}

// playOne plays one document. It returns what to ask for next, or nil when the call is to end.
func (l *Leg) playOne(ctx context.Context, a ask) (*ask, error) {
	doc, err := l.obtain(ctx, a)
	if err != nil {
		return nil, err
	}
	for _, v := range doc.verbs {
		next, err := l.do(ctx, doc, v)
		if next != nil || err != nil {
			return next, err
		}
	}
	l.pickUpInbound(ctx)
	return nil, errEnd
}

// obtain gets a document, from the fallback URL when the first one fails, and apologises when there is none.
func (l *Leg) obtain(ctx context.Context, a ask) (document, error) {
	doc, failure, err := l.fetch(ctx, a)
	if err != nil || failure == nil {
		return doc, err
	}
	l.c.mu.Lock()
	fallback := ask{url: l.plan.fallbackURL, method: l.plan.fallbackMethod}
	l.c.mu.Unlock()
	if fallback.url != "" {
		bare, _, _ := strings.Cut(a.url, "#")
		fallback.extra = url.Values{"ErrorCode": {strconv.Itoa(failure.code)}, "ErrorUrl": {bare}}
		for name, values := range a.extra {
			fallback.extra[name] = values
		}
		l.emit(Event{Kind: EventFallback, Text: failure.Error()})
		doc, failure, err = l.fetch(ctx, fallback)
		if err != nil || failure == nil {
			return doc, err
		}
	}
	l.pickUpInbound(ctx)
	if err := l.say(ctx, Heard{Text: "We are sorry, an application error has occurred. Goodbye."}); err != nil {
		return document{}, err
	}
	return document{}, errEnd
}

// fetch gets a document. failure says why there is none; err is set when the call went another way meanwhile.
func (l *Leg) fetch(ctx context.Context, a ask) (doc document, failure *refusal, err error) {
	if a.twiml != "" {
		doc, failure = l.read(reply{contentType: "text/xml", body: []byte(a.twiml), url: a.url}, a)
		return doc, failure, nil
	}
	l.waitForReply(ctx, a.url)
	r, err := l.request(ctx, HookDocument, a)
	if err != nil {
		return document{}, nil, err
	}
	if r.code != 0 {
		return document{}, &refusal{r.code, r.reason}, nil
	}
	doc, failure = l.read(r, a)
	return doc, failure, nil
}

// request delivers a webhook and waits for the reply, but no longer than the call stays where it is.
func (l *Leg) request(ctx context.Context, kind string, a ask) (reply, error) {
	l.c.mu.Lock()
	d := l.deliveryLocked(kind, a)
	l.c.mu.Unlock()
	answer := make(chan reply, 1)
	l.c.spawn(func() { answer <- l.c.deliver(d) })
	select {
	case <-ctx.Done():
		return reply{}, context.Cause(ctx)
	case r := <-answer:
		return r, nil
	}
}

// read turns a reply into a document, by its content type.
func (l *Leg) read(r reply, a ask) (document, *refusal) {
	doc := document{url: r.url, get: a.method == http.MethodGet}
	switch {
	case r.contentType == "text/xml", r.contentType == "application/xml", r.contentType == "text/html":
		verbs, err := parseTwiML(r.body)
		var refused *refusal
		if errors.As(err, &refused) {
			l.emit(Event{Kind: EventRefused, Text: refused.Error(), URL: bareURL(r.url)})
			return doc, refused
		}
		doc.verbs = verbs
	case strings.HasPrefix(r.contentType, "audio/"):
		doc.verbs = []*node{{name: "Play", text: r.url}}
	case r.contentType == "text/plain" && utf8.Valid(r.body):
		doc.verbs = []*node{{name: "Say", text: strings.TrimSpace(string(r.body))}}
	default:
		return doc, &refusal{codeContentType, "content type " + r.contentType}
	}
	return doc, nil
}

func bareURL(raw string) string {
	raw, _, _ = strings.Cut(raw, "#")
	raw, _, _ = strings.Cut(raw, "?")
	return raw
}

// do plays one verb of a call's own document. It returns the next document when the verb leads to one.
func (l *Leg) do(ctx context.Context, doc document, v *node) (*ask, error) {
	unanswered := !l.answered()
	switch v.name {
	case "Pause":
		return nil, l.pause(ctx, v)
	case "Redirect":
		return doc.ask(v.text, v.attr["method"], nil), nil
	case "Reject":
		if unanswered {
			return nil, l.reject(v)
		}
		return nil, errEnd
	case "Dial":
		if !unanswered || !v.is("answerOnBridge") {
			l.pickUpInbound(ctx)
		}
		return l.doDial(ctx, doc, v)
	}
	l.pickUpInbound(ctx)
	switch v.name {
	case "Say", "Play":
		return nil, l.sound(ctx, doc, v)
	case "Gather":
		return l.gather(ctx, doc, v)
	case "Record":
		return l.record(ctx, doc, v)
	}
	return nil, errEnd // Hangup
}

// ask is the request for ref, which may be relative, or empty for the document itself.
func (d document) ask(ref, method string, extra url.Values) *ask {
	if method == "" {
		method = http.MethodPost
		if ref == "" && d.get {
			method = http.MethodGet
		}
	}
	return &ask{url: absolute(d.url, ref), method: method, extra: extra}
}

// reject ends a call that nobody answered: busy, or no-answer.
func (l *Leg) reject(v *node) error {
	status, sip := StatusNoAnswer, 603
	if v.get("reason", "rejected") == "busy" {
		status, sip = StatusBusy, 486
	}
	l.finish(status, sip)
	return errEnd
}
