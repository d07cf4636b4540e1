package simulator

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// dialConference takes the leg into a room and keeps it there until the room, the Dial's time or the call is over.
func (l *Leg) dialConference(ctx context.Context, doc document, dial, v *node) (*ask, error) {
	waiting, started := context.WithCancel(ctx)
	defer started()
	m, code := l.c.enter(l, doc, v, started)
	switch code {
	case codeLabelTaken:
		return nil, nil // Twilio goes on with the next verb
	case codeFull:
		return l.afterDial(doc, dial, url.Values{"DialCallStatus": {StatusFailed}})
	}
	l.rememberAction(doc, dial)
	defer l.forgetAction(ctx)
	failed := l.wait(waiting, doc, v, m)
	if failed {
		l.leave(m)
		return l.afterDial(doc, dial, url.Values{"DialCallStatus": {StatusFailed}})
	}
	limit := time.NewTimer(l.c.scaled(Seconds(number(dial, "timeLimit", 14_400))))
	defer limit.Stop()
	select {
	case <-ctx.Done():
		l.leave(m)
		return nil, context.Cause(ctx)
	case <-m.out:
	case <-limit.C:
		l.leave(m)
	}
	return l.afterDial(doc, dial, url.Values{"DialCallStatus": {"answered"}})
}

func (l *Leg) leave(m *member) {
	l.c.mu.Lock()
	defer l.c.mu.Unlock()
	l.c.leaveLocked(m, l.status)
}

// afterDial asks the Dial's action, or goes on with the next verb when it has none.
func (l *Leg) afterDial(doc document, dial *node, outcome url.Values) (*ask, error) {
	action, ok := dial.attr["action"]
	if !ok {
		return nil, nil
	}
	return doc.ask(action, dial.attr["method"], outcome), nil
}

// rememberAction notes which action to ask should the call end within this Dial.
func (l *Leg) rememberAction(doc document, dial *node) {
	next, _ := l.afterDial(doc, dial, url.Values{"DialCallStatus": {"answered"}})
	l.c.mu.Lock()
	defer l.c.mu.Unlock()
	l.farewell = next
}

// forgetAction undoes it, unless the call did end. A moved call is not asked about.
func (l *Leg) forgetAction(ctx context.Context) {
	if errors.Is(context.Cause(ctx), errMoved) || l.ctx.Err() == nil {
		l.c.mu.Lock()
		defer l.c.mu.Unlock()
		l.farewell = nil
	}
}

// wait lets the leg hear the wait document until ctx ends, which is when the room starts. It reports a failed wait URL.
func (l *Leg) wait(ctx context.Context, doc document, v *node, m *member) (failed bool) {
	target, set := v.attr["waitUrl"]
	switch {
	case ctx.Err() != nil: // the room has started already
		return false
	case !set:
		l.hear(ctx, Heard{Kind: SoundPlay, Text: "the carrier's hold music"})
	case target == "":
		l.hear(ctx, Heard{Kind: SoundSilence, During: "waiting in a room without wait audio"})
	default:
		a := ask{
			url: absolute(doc.url, target), method: v.get("waitMethod", http.MethodPost),
			extra: url.Values{"ConferenceSid": {m.room.sid}, "FriendlyName": {m.room.name}},
		}
		if failed := l.playWait(ctx, a); failed {
			return true
		}
		l.hear(ctx, Heard{Kind: SoundSilence, During: "waiting in a room whose wait audio is over"})
	}
	<-ctx.Done()
	return false
}

// playWait plays the wait document once, and again or another where it redirects. Only the first request can fail the
// conference; a later one that fails leaves silence.
func (l *Leg) playWait(ctx context.Context, a ask) (failed bool) {
	for n := range maxDocuments {
		l.waitForReply(ctx, a.url)
		r, err := l.request(ctx, HookWait, a)
		if err != nil {
			return false
		}
		doc, refused := l.readWait(r, a)
		if refused != nil {
			return n == 0 && ctx.Err() == nil
		}
		next := l.playWaitVerbs(ctx, doc)
		if next == nil {
			return false
		}
		next.extra = a.extra
		a = *next
	}
	return false
}

func (l *Leg) readWait(r reply, a ask) (document, *refusal) {
	if r.code != 0 {
		return document{}, &refusal{r.code, r.reason}
	}
	doc, refused := l.read(r, a)
	if refused != nil {
		return doc, refused
	}
	for _, v := range doc.verbs {
		if !slices.Contains(strings.Fields("Play Say Pause Redirect"), v.name) {
			refused = &refusal{codeSchema, v.name + " is not allowed in a wait document"}
			l.emit(Event{Kind: EventRefused, Text: refused.Error(), URL: bareURL(r.url)})
			return doc, refused
		}
	}
	return doc, nil
}

func (l *Leg) playWaitVerbs(ctx context.Context, doc document) *ask {
	for _, v := range doc.verbs {
		if v.name == "Redirect" {
			return doc.ask(v.text, v.attr["method"], nil)
		}
		if l.sound(ctx, doc, v) != nil {
			return nil
		}
	}
	return nil
}
