package simulator

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"slices"
	"strings"
	"time"
)

// Statuses of a call, as Twilio names them. StatusInitiated appears in callbacks only; the resource says queued.
const (
	StatusQueued     = "queued"
	StatusInitiated  = "initiated"
	StatusRinging    = "ringing"
	StatusInProgress = "in-progress"
	StatusCompleted  = "completed"
	StatusBusy       = "busy"
	StatusNoAnswer   = "no-answer"
	StatusFailed     = "failed"
	StatusCanceled   = "canceled"
)

// Directions of a leg.
const (
	Inbound      = "inbound"
	OutboundAPI  = "outbound-api"
	OutboundDial = "outbound-dial"
)

// Why the wait of a leg ended early.
var (
	errHungUp    = errors.New("the person hung up")
	errCompleted = errors.New("the call was completed by REST")
	errCanceled  = errors.New("the call was cancelled")
	errMoved     = errors.New("the call was moved to another document")
)

// Leg is one phone's part of a call, from the first ring to the end, and the hand of the person who holds that phone.
type Leg struct {
	SID, From, To, Direction string

	c       *Carrier
	parent  *Leg
	habits  habits
	script  Script // of the rung phone; zero for callers
	plan    callPlan
	cookies http.CookieJar
	token   string // of a caller's leg: lets REST show its From while it lives

	ctx    context.Context // ends, with a cause, when the call must end
	cancel context.CancelCauseFunc
	done   chan struct{}  // closed when all is over, the last webhook handed in
	choice chan Behaviour // Answer or Decline by the person who is rung

	// The rest is guarded by Carrier.mu.
	changed                          bell
	status                           string
	passed                           []string // every status so far
	created, updated, started, ended time.Time
	sip                              int           // final SIP response; 0: none
	queued                           time.Duration // in the calls-per-second queue, real time
	heard                            []Heard
	keys                             string      // pressed and not yet taken
	said                             []utterance // not yet taken down by a recording
	prompts                          int
	sequence                         int // of the next status callback
	chain                            chain
	move                             context.CancelCauseFunc // interrupts the document being played
	moved                            *ask                    // what to play then
	over                             bool                    // no document is played any more
	member                           *member
	rooms                            []*room // in which it ever was
	farewell                         *ask    // action of the Dial in which the call ended
}

// callPlan is what REST or a number's settings ordered for a leg.
type callPlan struct {
	first                       ask
	fallbackURL, fallbackMethod string
	statusURL, statusMethod     string
	statusEvents                []string
	timeout                     Seconds
	verstat, forwardedFrom      string // of a caller's leg; empty: not told
}

func (c *Carrier) newLegLocked(l *Leg) *Leg {
	l.c, l.SID = c, newSID("CA")
	l.ctx, l.cancel = context.WithCancelCause(c.ctx)
	l.done, l.choice = make(chan struct{}), make(chan Behaviour, 1)
	l.cookies, _ = cookiejar.New(nil) // never fails without options
	l.changed = newBell()
	l.created = time.Now()
	l.updated = l.created
	l.status, l.passed = StatusQueued, []string{StatusQueued}
	c.legs = append(c.legs, l)
	c.bySID[l.SID] = l
	l.emitLocked(Event{Kind: EventDialled})
	c.changed.ring()
	return l
}

// Phone is the number of the phone in the person's hand.
func (l *Leg) Phone() string {
	if l.Direction == Inbound {
		return l.From
	}
	return l.To
}

// Status is the present status of the call resource.
func (l *Leg) Status() string {
	l.c.mu.Lock()
	defer l.c.mu.Unlock()
	return l.status
}

// Done is closed when the call is over.
func (l *Leg) Done() <-chan struct{} { return l.done }

// Answer picks up a ringing phone. Without effect on any other.
func (l *Leg) Answer() { l.choose(Answer) }

// Reject declines a ringing phone; the carrier reports it busy. Without effect on any other.
func (l *Leg) Reject() { l.choose(Decline) }

func (l *Leg) choose(b Behaviour) {
	if l.Status() != StatusRinging || l.Direction == Inbound {
		return
	}
	select {
	case l.choice <- b:
	default: // chosen already
	}
}

// HangUp ends the call from this phone.
func (l *Leg) HangUp() { l.cancel(errHungUp) }

// Press presses keys: digits, * and #. Pressed while nothing asks for a key they are lost, as on a real phone.
func (l *Leg) Press(digits string) {
	l.c.mu.Lock()
	defer l.c.mu.Unlock()
	if l.endedLocked() {
		return
	}
	l.keys += digits
	l.emitLocked(Event{Kind: EventPressed, Digits: digits})
	l.changed.ring()
}

// WaitHeard waits until the phone has heard text, in any case of letters, and returns that sound.
func (l *Leg) WaitHeard(ctx context.Context, text string) (Heard, error) {
	var found Heard
	err := l.await(ctx, "hear "+text, func() bool {
		i := slices.IndexFunc(l.heard, func(h Heard) bool { return h.hears(text) })
		if i >= 0 {
			found = l.heard[i]
		}
		return i >= 0
	})
	return found, err
}

// WaitStatus waits until the call has, or has had, one of the statuses.
func (l *Leg) WaitStatus(ctx context.Context, statuses ...string) error {
	return l.await(ctx, "be "+strings.Join(statuses, " or "), func() bool {
		return slices.ContainsFunc(l.passed, func(s string) bool { return slices.Contains(statuses, s) })
	})
}

// WaitJoined waits until the phone hears another person.
func (l *Leg) WaitJoined(ctx context.Context) error {
	return l.await(ctx, "be joined", func() bool {
		return slices.ContainsFunc(l.heard, func(h Heard) bool { return h.Kind == SoundTalk })
	})
}

func (l *Leg) await(ctx context.Context, what string, ok func() bool) error {
	err := l.c.await(ctx, &l.changed, func() (bool, error) {
		if ok() {
			return true, nil
		}
		if l.endedLocked() {
			return false, fmt.Errorf("call ended as %s", l.status)
		}
		return false, nil
	})
	if err != nil {
		return fmt.Errorf("wait for %s to %s: %w", l.Phone(), what, err)
	}
	return nil
}

func (l *Leg) answered() bool {
	l.c.mu.Lock()
	defer l.c.mu.Unlock()
	return !l.started.IsZero()
}

func (l *Leg) endedLocked() bool { return !l.ended.IsZero() }

func (l *Leg) setStatus(status string) {
	l.c.mu.Lock()
	defer l.c.mu.Unlock()
	l.setStatusLocked(status)
}

func (l *Leg) setStatusLocked(status string) {
	now := time.Now()
	l.status, l.updated = status, now
	l.passed = append(l.passed, status)
	switch status {
	case StatusRinging:
		l.emitLocked(Event{Kind: EventRinging})
		l.hearLocked(Heard{Kind: SoundRing})
	case StatusInProgress:
		l.started = now
		l.emitLocked(Event{Kind: EventAnswered})
	}
	l.changed.ring()
	l.c.changed.ring()
}

func (l *Leg) emitLocked(e Event) {
	e.Call, e.Phone, e.From, e.To, e.Direction = l.SID, l.Phone(), l.From, l.To, l.Direction
	if l.parent != nil {
		e.Parent = l.parent.SID
	}
	e.Status = orElse(e.Status, l.status)
	l.c.feed.add(e)
}

func (l *Leg) emit(e Event) {
	l.c.mu.Lock()
	defer l.c.mu.Unlock()
	l.emitLocked(e)
}

// Phone is a phone that may be rung.
type Phone struct {
	Number string
	c      *Carrier
}

// Phone is the phone with that number, whether or not it was ever rung.
func (c *Carrier) Phone(number string) Phone { return Phone{Number: number, c: c} }

// Legs are all calls to this phone so far, those that never rang included.
func (p Phone) Legs() []*Leg {
	p.c.mu.Lock()
	defer p.c.mu.Unlock()
	return p.legsLocked(func(*Leg) bool { return true })
}

func (p Phone) legsLocked(ok func(*Leg) bool) []*Leg {
	var legs []*Leg
	for _, l := range p.c.legs {
		if l.Direction != Inbound && l.To == p.Number && ok(l) {
			legs = append(legs, l)
		}
	}
	return legs
}

// WaitRinging waits for the phone to ring. Each ringing is given out once, in order, even when it is over by then.
func (p Phone) WaitRinging(ctx context.Context) (*Leg, error) {
	var leg *Leg
	err := p.c.await(ctx, &p.c.changed, func() (bool, error) {
		rang := p.legsLocked(func(l *Leg) bool { return slices.Contains(l.passed, StatusRinging) })
		if n := p.c.handed[p.Number]; n < len(rang) {
			leg = rang[n]
			p.c.handed[p.Number]++
		}
		return leg != nil, nil
	})
	if err != nil {
		return nil, fmt.Errorf("wait for %s to ring: %w", p.Number, err)
	}
	return leg, nil
}

// Legs are all calls of the carrier so far, oldest first.
func (c *Carrier) Legs() []*Leg {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.legs)
}

// Leg is the call with that SID, or nil.
func (c *Carrier) Leg(sid string) *Leg {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.bySID[sid]
}
