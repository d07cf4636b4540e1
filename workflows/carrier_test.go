package workflows_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"slices"
	"sync"
	"time"

	"github.com/ringdown/ringdown/activities"
	"github.com/ringdown/ringdown/models"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
)

// carrier plays the phones, the carrier and the database of a scene. Each exported method stands
// for the activity of its name.
type carrier struct {
	env *testsuite.TestWorkflowEnvironment

	ring     map[string][]ringing // how a person's phone behaves, dial by dial; the last one stays
	pending  time.Duration        // how long ending a leg takes
	lost     map[string]bool      // whose leg the carrier does not know
	deaf     bool                 // the carrier does not answer when it is asked how things stand
	standing map[string]activities.Standing
	lasting  func() bool // says whether the carrier ends no line; nil when it always does
	moves    bool        // the caller can be moved out of the room
	stuck    error       // moving the caller fails with this
	lives    bool        // the run of the call is open
	noAlert  bool        // the alert cannot be started

	met      bool             // the room has seen two people
	took     bool             // the fixed number answered
	message  models.Voicemail // what the carrier has when it is asked for a recording
	unkept   func() bool      // says whether the database is away; nil when it never is
	diverted bool             // the caller talks to the emergency number, which the run has not heard
	onMove   func()           // happens while the caller is moved
	onRecord func()           // happens once, while the record is written
	onHangUp func(attempt string) (found bool)
	onEnd    func() // happens when we hang up on the caller

	onResolve func() // happens once, while the resolved alert is written

	mu      sync.Mutex // activities run beside the workflow
	dials   []*dial
	hangUps []*hangUp
	asked   [][]string
	rooms   int // how often the carrier was asked about the room
	lines   int // and about the line to the fixed number
	tapes   []time.Duration
	words   map[string]string // what recordings say, when the carrier is asked
	read    []time.Duration   // when it was
	told    int               // how often the caller was told that nobody takes the call
	ended   []time.Duration
	fixed   []models.Phone // the fixed number that each moving and ending of the caller spares, or does not
	calls   []models.Call
	alerts  []models.Alert

	routed      models.Routed // what becomes of an alert
	routedAfter time.Duration
	expected    []models.Delivery
	undelivered []models.Delivery
	delivered   []models.Delivery
	givenUp     []models.Delivery
	onDeliver   func(models.Delivery) error // before it is taken

	flagged []activities.BadPhone
}

// dial is one dial of a phone.
type dial struct {
	activities.DialRequest
	token []byte
	leg   string
	at    time.Duration
}

// hangUp is one leg that we end.
type hangUp struct {
	activities.HangUpRequest
	at time.Duration
}

// legOf is the carrier's id of an attempt's leg.
func legOf(attempt string) string {
	h := fnv.New128a()
	h.Write([]byte(attempt))
	return fmt.Sprintf("CA%x", h.Sum(nil))
}

// inOrder sorts what happened at one moment by name: activities run beside each other.
func (c *carrier) inOrder() ([]*dial, []*hangUp) {
	slices.SortStableFunc(c.dials, func(a, b *dial) int {
		return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.Attempt.ID, b.Attempt.ID))
	})
	slices.SortStableFunc(c.hangUps, func(a, b *hangUp) int {
		return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.Attempt.ID, b.Attempt.ID))
	})
	return c.dials, c.hangUps
}

func (c *carrier) later(after float64, happen func()) {
	c.env.RegisterDelayedCallback(happen, seconds(after))
}

func (c *carrier) settle(d *dial, result any, err error) {
	if err := c.env.CompleteActivity(d.token, result, err); err != nil {
		panic(err)
	}
}

func (c *carrier) now() time.Duration { return c.env.Now().Sub(monday) }

// last is the latest dial of a person.
func (c *carrier) last(t reporter, name string) *dial {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := len(c.dials) - 1; i >= 0; i-- {
		if c.dials[i].Attempt.Name == name {
			return c.dials[i]
		}
	}
	t.Errorf("at %v %s was not dialled", c.now(), name)
	return &dial{token: []byte("none")}
}

func (c *carrier) Dial(ctx context.Context, r activities.DialRequest) (models.Dialled, error) {
	c.mu.Lock()
	n := 0
	for _, d := range c.dials {
		if d.Attempt.Name == r.Attempt.Name {
			n++
		}
	}
	d := &dial{DialRequest: r, token: activity.GetInfo(ctx).TaskToken, leg: legOf(r.Attempt.ID), at: c.now()}
	c.dials = append(c.dials, d)
	behave := ringing(rings)
	if scripts := c.ring[r.Attempt.Name]; len(scripts) > 0 {
		behave = scripts[min(n, len(scripts)-1)]
	}
	c.mu.Unlock()
	return behave(c, d)
}

func (c *carrier) HangUp(ctx context.Context, r activities.HangUpRequest) (activities.HungUp, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.lasting != nil && c.lasting() {
		return activities.HungUp{}, errors.New("no answer")
	}
	c.hangUps = append(c.hangUps, &hangUp{r, c.now()})
	hungUp := activities.HungUp{Found: true, Leg: r.Leg}
	for _, d := range c.dials {
		if r.Leg == "" && d.Attempt.ID == r.Attempt.ID {
			hungUp.Leg = d.leg
		}
	}
	if c.lost[r.Attempt.Name] || c.onHangUp != nil && !c.onHangUp(r.Attempt.ID) {
		hungUp = activities.HungUp{}
	}
	if c.pending == 0 {
		return hungUp, nil
	}
	token := activity.GetInfo(ctx).TaskToken
	c.env.RegisterDelayedCallback(func() { _ = c.env.CompleteActivity(token, hungUp, nil) }, c.pending)
	return activities.HungUp{}, activity.ErrResultPending
}

func (c *carrier) TellNobody(_ context.Context, _, _ string, fixed models.Phone) (bool, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.told++
	c.fixed = append(c.fixed, fixed)
	if c.onMove != nil {
		c.onMove()
	}
	if c.diverted {
		return false, divertedUnheard()
	}
	return c.moves, c.stuck
}

func divertedUnheard() error {
	return temporal.NewNonRetryableApplicationError("the caller talks to the emergency number", activities.ErrDiverted, nil)
}

func (c *carrier) EndCaller(_ context.Context, sid string, fixed models.Phone) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.fixed = append(c.fixed, fixed)
	if sid != callSID {
		return fmt.Errorf("ended %s", sid)
	}
	if c.lasting != nil && c.lasting() {
		return errors.New("no answer")
	}
	c.ended = append(c.ended, c.now())
	if c.onEnd != nil {
		c.onEnd()
	}
	if c.diverted {
		return divertedUnheard()
	}
	return nil
}

func (c *carrier) AskCarrier(_ context.Context, legs []string) ([]activities.Standing, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asked = append(c.asked, legs)
	if c.deaf {
		return nil, errors.New("no answer")
	}
	standings := make([]activities.Standing, len(legs))
	for i, leg := range legs {
		standings[i] = c.standing[leg]
	}
	return standings, nil
}

func (c *carrier) RoomStarted(_ context.Context, room string) (bool, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.rooms++
	if c.deaf || room != "room" {
		return false, errors.New("no answer")
	}
	return c.met, nil
}

func (c *carrier) ForwardAnswered(_ context.Context, sid string) (bool, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lines++
	if c.deaf || sid != callSID {
		return false, errors.New("no answer")
	}
	return c.took, nil
}

func (c *carrier) Recording(_ context.Context, sid string) (models.Voicemail, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tapes = append(c.tapes, c.now())
	if c.deaf || sid != callSID {
		return models.Voicemail{}, errors.New("no answer")
	}
	if c.message.Status == "" {
		return models.Voicemail{Status: models.RecordingExpected, Transcribe: models.TranscriptNone}, nil
	}
	return c.message, nil
}

func (c *carrier) Transcript(_ context.Context, recording string) (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.read = append(c.read, c.now())
	if c.deaf {
		return "", errors.New("no answer")
	}
	return c.words[recording], nil
}

func (c *carrier) FlagPhone(_ context.Context, phone activities.BadPhone) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.unkept != nil && c.unkept() {
		return errors.New("the database is away")
	}
	c.flagged = append(c.flagged, phone)
	return nil
}

func (c *carrier) RecordCall(_ context.Context, call models.Call) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.onRecord != nil {
		c.onRecord()
		c.onRecord = nil
	}
	c.calls = append(c.calls, call)
	return nil
}

func (c *carrier) RecordAlert(_ context.Context, alert models.Alert, expected []models.Delivery) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.alerts, c.expected = append(c.alerts, alert), append(c.expected, expected...)
	if alert.Status == models.AlertResolved && c.onResolve != nil {
		c.onResolve()
		c.onResolve = nil
	}
	return nil
}

func (c *carrier) Raise(ctx context.Context, alert models.Alert) (models.Routed, error) {
	return c.routed, c.RecordAlert(ctx, alert, nil)
}

func (c *carrier) Undelivered(context.Context, string, string) ([]models.Delivery, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.undelivered, nil
}

func (c *carrier) Deliver(_ context.Context, d models.Delivery) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.onDeliver != nil {
		if err := c.onDeliver(d); err != nil {
			return err
		}
	}
	d.Status = models.DeliveryDelivered
	c.delivered = append(c.delivered, d)
	return nil
}

func (c *carrier) GiveUp(_ context.Context, d models.Delivery) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	d.Status = models.DeliveryFailed
	c.givenUp = append(c.givenUp, d)
	return nil
}

func (c *carrier) CallLives(context.Context, string) (bool, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.lives && len(c.calls) == 0, nil
}
