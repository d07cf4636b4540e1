package simulator

import (
	"context"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// doDial connects the leg to a conference or to other phones.
func (l *Leg) doDial(ctx context.Context, doc document, dial *node) (*ask, error) {
	for _, kid := range dial.kids {
		if kid.name == "Conference" {
			return l.dialConference(ctx, doc, dial, kid)
		}
	}
	if !l.mayShow(dial.get("callerId", l.From)) {
		l.emit(Event{Kind: EventRefused, Text: fmt.Sprintf("%d: a Dial may not show that number", codeCallerID), URL: bareURL(doc.url)})
		return l.afterDial(doc, dial, url.Values{"DialCallStatus": {StatusFailed}, "DialBridged": {"false"}})
	}
	nouns := dial.kids
	if len(nouns) == 0 {
		nouns = []*node{{name: "Number", text: dial.text}}
	}
	groups := [][]*node{nouns}
	if dial.is("sequential") {
		groups = nil
		for _, n := range nouns {
			groups = append(groups, []*node{n})
		}
	}
	l.rememberAction(doc, dial)
	defer l.forgetAction(ctx)
	outcome := url.Values{}
	for _, group := range groups {
		b, err := l.dialNumbers(ctx, doc, dial, group)
		if err != nil {
			return nil, err
		}
		if outcome = b.outcome(); b.winner != nil {
			break
		}
	}
	return l.afterDial(doc, dial, outcome)
}

// codeCallerID is Twilio's error for a callerId that is not allowed, or for a caller's own number that is none.
const codeCallerID = 13214

// mayShow reports whether a Dial of this leg may show that number: one of its own two that is one, or one that the
// account owns.
func (l *Leg) mayShow(callerID string) bool {
	_, owned := l.c.number(callerID)
	return owned || phonePattern.MatchString(callerID) && (callerID == l.From || callerID == l.To)
}

// bridge is one Dial to phones that ring together. Guarded by Carrier.mu.
type bridge struct {
	caller   *Leg
	children []*Leg
	winner   *Leg          // who picked up first
	joined   bool          // and has been connected
	bridged  chan struct{} // closed when joined
}

// dialNumbers rings the phones and stays until the talk, or the attempt, is over.
func (l *Leg) dialNumbers(ctx context.Context, doc document, dial *node, nouns []*node) (*bridge, error) {
	b := &bridge{caller: l, bridged: make(chan struct{})}
	from := dial.get("callerId", l.From)
	if l.answered() {
		l.hear(ctx, Heard{Kind: SoundRing})
	}
	for _, n := range nouns {
		l.c.startChild(b, doc, dial, n, from)
	}
	defer b.endAll()
	bridged := b.bridged
	limit := time.NewTimer(l.c.scaled(Seconds(number(dial, "timeLimit", 14_400))))
	defer limit.Stop()
	over := b.allOver()
	for {
		select {
		case <-ctx.Done():
			return b, context.Cause(ctx)
		case <-limit.C:
			return b, nil
		case <-over:
			return b, nil
		case <-bridged:
			bridged = nil
			l.pickUpInbound(ctx)
			l.hear(ctx, Heard{Kind: SoundTalk})
		}
	}
}

// allOver is closed when no child lives any more.
func (b *bridge) allOver() <-chan struct{} {
	over := make(chan struct{})
	b.caller.c.spawn(func() {
		for _, child := range b.children {
			<-child.done
		}
		close(over)
	})
	return over
}

// endAll ends every child that still lives and waits for it.
func (b *bridge) endAll() {
	for _, child := range b.children {
		child.cancel(errCanceled)
	}
	for _, child := range b.children {
		<-child.done
	}
}

// outcome is what the Dial's action is told: of the phone that picked up, else of the last that was rung.
func (b *bridge) outcome() url.Values {
	c := b.caller.c
	c.mu.Lock()
	defer c.mu.Unlock()
	told := b.winner
	if told == nil {
		told = b.children[len(b.children)-1]
	}
	v := url.Values{"DialCallStatus": {told.status}, "DialCallSid": {told.SID}, "DialBridged": {strconv.FormatBool(b.joined)}}
	if b.winner != nil {
		v.Set("DialCallDuration", strconv.Itoa(told.secondsLocked()))
	}
	return v
}

func (c *Carrier) startChild(b *bridge, doc document, dial, n *node, from string) {
	screen := ask{}
	if n.attr["url"] != "" {
		screen = *doc.ask(n.attr["url"], n.attr["method"], nil)
	}
	status := ""
	if n.attr["statusCallback"] != "" {
		status = absolute(doc.url, n.attr["statusCallback"])
	}
	c.mu.Lock()
	child := c.startLocked(&Leg{
		From: from, To: n.text, Direction: OutboundDial, parent: b.caller,
		plan: callPlan{
			first: screen, statusURL: status, statusMethod: n.get("statusCallbackMethod", "POST"),
			statusEvents: strings.Fields(n.get("statusCallbackEvent", "completed")),
			timeout:      Seconds(number(dial, "timeout", 30)) + 5, // the carrier always adds 5 s to a Dial
		},
	})
	b.children = append(b.children, child)
	c.mu.Unlock()
	c.live(child, func() { child.runChild(b) })
}

// runChild is the life of a leg that a Dial rings. The first to pick up is screened by its document, if it has one, and joined.
func (l *Leg) runChild(b *bridge) {
	status, sip := l.dial(l.ctx)
	if status != StatusInProgress {
		l.finish(status, sip)
		return
	}
	if !b.win(l) {
		l.finish(StatusCanceled, 487)
		return
	}
	if l.screened() {
		l.c.mu.Lock()
		b.joined = true
		close(b.bridged)
		l.hearLocked(Heard{Kind: SoundTalk})
		l.c.mu.Unlock()
		<-l.ctx.Done()
	}
	l.finish(StatusCompleted, 200)
}

// win makes the leg the one that is connected, and stops the others' ringing. It reports false to who came later.
func (b *bridge) win(l *Leg) bool {
	l.c.mu.Lock()
	defer l.c.mu.Unlock()
	if b.winner != nil {
		return false
	}
	b.winner = l
	for _, other := range b.children {
		if other != l {
			other.cancel(errCanceled)
		}
	}
	return true
}

// screened plays the Number's document to who picked up. Its end without Hangup lets them through.
func (l *Leg) screened() bool {
	next := &l.plan.first
	if next.url == "" {
		return true
	}
	for range maxDocuments {
		doc, failure, err := l.fetch(l.ctx, *next)
		if err != nil || failure != nil {
			return false
		}
		var after *ask
		for _, v := range doc.verbs {
			if v.name == "Dial" || v.name == "Record" || v.name == "Reject" {
				l.emit(Event{Kind: EventRefused, Text: v.name + " is not allowed in a Number's document", URL: bareURL(doc.url)})
				return false
			}
			if after, err = l.do(l.ctx, doc, v); err != nil {
				return false
			}
			if after != nil {
				break
			}
		}
		if after == nil {
			return true
		}
		next = after
	}
	return false
}
