package workflows

import (
	"slices"

	"github.com/ringdown/ringdown/models"
	"go.temporal.io/sdk/workflow"
)

// gateRounds is how often the gate waits for a key that nobody tells of. Three prompts take less
// than one such wait.
const gateRounds = 3

// passGate waits for the caller's key.
func (c *call) passGate(ctx workflow.Context) (bool, error) {
	for round := 1; c.plan.Keypress.Enabled && c.gate == "" && !c.over(); round++ {
		inTime, err := c.wait(ctx, models.GateWait, "for the caller's key", func() bool { return c.gate != "" })
		if err != nil {
			return false, err
		}
		if inTime {
			break
		}
		if err := c.askCarrier(ctx, nil); err != nil { // the caller hung up and nobody told us, or the carrier is slow
			return false, err
		}
		if round == gateRounds && !c.over() {
			c.endCaller(ctx)
			return false, nil
		}
	}
	return !c.plan.Keypress.Enabled || c.gate == models.Accept, nil
}

// level is what is left to ring of one level of the plan.
type level struct {
	models.PlanLevel
	number int // from 1
}

func levels(p models.Plan) []level {
	all := make([]level, len(p.Levels))
	for i, l := range p.Levels {
		all[i] = level{l, i + 1}
	}
	return all
}

// line is one responder while their phones are tried in turn.
type line struct {
	trying *attempt // the last phone that was dialled
	done   bool     // nothing more is to be hoped of them
	err    error
}

// hunt rings responders level by level until somebody accepts, the caller leaves, nobody is left
// or the caller has waited long enough.
func (c *call) hunt(ctx workflow.Context) error {
	if c.enough.IsZero() {
		if c.plan.Keypress.Enabled && c.stage == models.StageHunting { // else it was marked at the start
			c.mark(ctx, CallStage.ValueSet(string(models.StageHunting)))
		}
		c.boundWait(ctx)
	}
	for len(c.ahead) > 0 && !c.stopped() {
		if err := c.ringLevel(ctx, &c.ahead[0]); err != nil {
			return err
		}
		if len(c.ahead[0].People) == 0 {
			c.ahead = c.ahead[1:]
		}
	}
	return c.rested(ctx)
}

// boundWait ends the hunt when the caller has waited long enough. Most hunts are over sooner
// whatever happens, and need no timer for it.
func (c *call) boundWait(ctx workflow.Context) {
	c.enough = workflow.Now(ctx).Add(c.plan.Paced(c.plan.MaxWait()))
	if c.plan.MayOutlast(queueWait) && workflow.GetVersion(ctx, "the wait is bounded by a timer", workflow.DefaultVersion, 1) != workflow.DefaultVersion {
		c.watchClock(ctx)
	}
}

// watchClock looks at the clock when the caller has waited long enough, unless the hunt is over.
func (c *call) watchClock(ctx workflow.Context) {
	workflow.Go(ctx, func(ctx workflow.Context) {
		left := c.enough.Sub(workflow.Now(ctx))
		if ended, err := awaitFor(ctx, left, "the longest wait", func() bool { return c.stopped() || len(c.ahead) == 0 }); !ended && err == nil {
			c.lookAtClock(ctx)
		}
	})
}

// lookAtClock notes when the caller has waited long enough. Phones that ring are then given up;
// whoever has picked up may still take the call.
func (c *call) lookAtClock(ctx workflow.Context) {
	if !c.stopped() && !workflow.Now(ctx).Before(c.enough) {
		c.tooLong = true
		c.note(ctx, "the caller has waited long enough")
	}
}

// stopped says whether no further phone is to be rung.
func (c *call) stopped() bool { return c.tooLong || c.winner != nil || c.over() }

// ringLevel rings the people of a level in its way. It returns when nothing more is to be hoped of
// them, or somebody took the call.
func (c *call) ringLevel(ctx workflow.Context, l *level) error {
	for c.lookAtClock(ctx); len(l.People) > 0 && !c.stopped(); c.lookAtClock(ctx) {
		next := c.reach(ctx, l.People[0].Attempts(l.number))
		l.People = l.People[1:]
		c.lines = append(c.lines, next)
		if err := c.awaitNext(ctx, l, next); err != nil {
			return err
		}
	}
	return c.rested(ctx)
}

// rested returns when nothing more is to be hoped of anybody who was rung. After a responder was
// lost, somebody may still hear the prompt who can take the call.
func (c *call) rested(ctx workflow.Context) error {
	err := workflow.Await(ctx, func() bool {
		return !slices.ContainsFunc(c.lines, func(l *line) bool { return !c.rests(l) })
	})
	for _, l := range c.lines {
		if err == nil {
			err = l.err
		}
	}
	return err
}

// awaitNext waits until the next person of a level has their turn.
func (c *call) awaitNext(ctx workflow.Context, l *level, last *line) error {
	lead, beside := l.Lead()
	switch {
	case !beside:
		return workflow.Await(ctx, func() bool { return c.rests(last) })
	case lead > 0 && len(l.People) > 0:
		_, err := awaitFor(ctx, c.plan.Paced(lead), "until the next person is rung too", func() bool { return c.rests(last) })
		return err
	default:
		return nil
	}
}

// rests says whether nobody waits for a line any more: it is done, or another took the call.
func (c *call) rests(l *line) bool { return l.done || c.winner != nil && l.trying != c.winner }

// reach tries the phones of one person in turn, beside whatever else happens.
func (c *call) reach(ctx workflow.Context, phones []models.Attempt) *line {
	l := &line{}
	workflow.Go(ctx, func(ctx workflow.Context) {
		defer func() { l.done = true }()
		for _, next := range phones {
			for again := true; again; next = next.InRound(next.Round + 1) {
				if c.lookAtClock(ctx); c.stopped() {
					return
				}
				if again, l.err = c.ring(ctx, l, next); l.err != nil {
					return
				}
			}
		}
	})
	return l
}

// huntOn goes on with whoever has not been rung yet: the responder who took the call was lost
// before they met the caller, who still waits.
func (c *call) huntOn(ctx workflow.Context) {
	c.winner.State, c.winner.Lost = models.Ending, true
	c.noteOf(ctx, c.winner, "was lost before they met the caller")
	c.winner, c.stage = nil, models.StageHunting
	c.record.ConnectedAt, c.record.AnsweredBy = nil, ""
	c.mark(ctx, CallStage.ValueSet(string(c.stage)))
	c.tellAlert(ctx, SignalAnswered, "")
	c.watchClock(ctx)
}
