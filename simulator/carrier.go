// Package simulator is a telephone carrier in one process: it speaks Twilio's REST API and webhooks over HTTP, plays
// TwiML to simulated phones, and lets tests, a control API or a browser page act as the people who hold them.
// Nothing survives a restart.
package simulator

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"time"
)

// Seconds is a length of carrier time, which runs Config.Speed times faster than the clock on the wall.
type Seconds float64

// Config says whose carrier it is. AccountSID and AuthToken are what REST requests must carry and webhooks are signed with.
type Config struct {
	AccountSID, AuthToken string
	// Speed is how many times faster than real time the carrier's own waits run: speech, ringing, pauses, time-outs.
	// 0 means 1. Time budgets of HTTP requests are never scaled.
	Speed float64
	Log   *slog.Logger // nil discards
}

// Carrier is the simulated carrier. All methods may be called from any goroutine.
type Carrier struct {
	cfg       Config
	log       *slog.Logger
	transport *http.Transport
	handler   http.Handler
	ctx       context.Context // ends with Close
	stop      context.CancelFunc
	wg        sync.WaitGroup

	// mu guards everything below, and the changing fields of every Leg and room. It is never held during I/O.
	mu         sync.Mutex
	closed     bool
	changed    bell // some leg was made or changed its status
	numbers    map[string]*Number
	scripts    map[string]Script
	legs       []*Leg
	bySID      map[string]*Leg
	handed     map[string]int // per phone, how many of its legs WaitRinging has given out
	rooms      []*room        // oldest first, ended ones included
	recordings []*recording
	feed       feed
	faults     faults
	nextSlot   time.Time // when the calls-per-second limit admits the next call
	audio      map[string]cachedAudio
	office     office
}

// New starts a carrier that owns no numbers yet. Close it after use.
func New(cfg Config) *Carrier {
	if cfg.Speed <= 0 {
		cfg.Speed = 1
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	ctx, stop := context.WithCancel(context.Background())
	c := &Carrier{
		cfg: cfg, log: cfg.Log, ctx: ctx, stop: stop, transport: newTransport(),
		changed: newBell(), feed: feed{changed: newBell()},
		numbers: map[string]*Number{}, scripts: map[string]Script{}, bySID: map[string]*Leg{},
		handed: map[string]int{}, audio: map[string]cachedAudio{}, office: newOffice(), faults: faults{chance: map[string]uint64{}},
	}
	c.handler = c.routes()
	return c
}

// Handler serves Twilio's REST APIs at /2010-04-01/, /v1/ (prices) and /v2/ (paperwork), the control API at /sim/ and the page
// of phones at /.
func (c *Carrier) Handler() http.Handler { return c.handler }

// Close ends every call without further webhooks and waits until nothing of the carrier runs any more.
func (c *Carrier) Close() {
	c.mu.Lock()
	c.closed = true
	legs := c.legs
	c.feed.changed.ring()
	c.mu.Unlock()
	c.stop()
	for _, l := range legs {
		l.cancel(errClosed)
	}
	c.wg.Wait()
	c.transport.CloseIdleConnections()
}

// Script says how the phone behaves when it is rung from now on. A phone without a script rings until somebody acts.
func (c *Carrier) Script(phone string, s Script) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.scripts[phone] = s
	if s.Chance != 0 {
		c.faults.rollLocked(phone, s.Chance)
	}
}

// spawn runs f, and Close waits for it. After Close nothing starts, which it reports by false.
func (c *Carrier) spawn(f func()) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return false
	}
	c.wg.Go(f)
	return true
}

// live starts the two halves of a leg: what the carrier does with it, and what the person at the phone does.
func (c *Carrier) live(l *Leg, run func()) {
	if !c.spawn(run) {
		l.finish(StatusFailed, 0)
		return
	}
	c.spawn(l.perform)
}

var errClosed = errors.New("the carrier was closed")

// scaled is how long s lasts on the wall clock.
func (c *Carrier) scaled(s Seconds) time.Duration {
	return time.Duration(float64(s) / c.cfg.Speed * float64(time.Second))
}

// pass lets s of carrier time go by. It returns the cause when ctx ends first.
func (c *Carrier) pass(ctx context.Context, s Seconds) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	t := time.NewTimer(c.scaled(s))
	defer t.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-t.C:
		return nil
	}
}

// bell wakes everybody who listens each time it rings. Both methods need Carrier.mu.
type bell struct{ ch chan struct{} }

func newBell() bell { return bell{ch: make(chan struct{})} }

func (b *bell) listen() <-chan struct{} { return b.ch }

func (b *bell) ring() {
	close(b.ch)
	b.ch = make(chan struct{})
}

// await blocks until ok, which is called with mu held, says that the wait is over, or with an error why it never will be.
func (c *Carrier) await(ctx context.Context, b *bell, ok func() (bool, error)) error {
	for {
		c.mu.Lock()
		done, err := ok()
		next := b.listen()
		c.mu.Unlock()
		if done || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-c.ctx.Done():
			return errClosed
		case <-next:
		}
	}
}

// newSID makes an identifier as Twilio does: two letters and 32 hexadecimal digits.
func newSID(kind string) string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	return kind + hex.EncodeToString(b[:])
}
