package simulator

import (
	"context"
	"errors"
	"slices"
	"time"
)

// startLocked makes a leg that rings a phone, with the phone's script of this moment.
func (c *Carrier) startLocked(l *Leg) *Leg {
	s, ok := c.scripts[l.To]
	if !ok {
		s.Answer = Manual
	}
	s.Answer = orElse(s.Answer, Answer)
	l.script, l.habits = s, s.habits()
	return c.newLegLocked(l)
}

// place starts a call that REST asked for.
func (c *Carrier) place(l *Leg) *Leg {
	c.mu.Lock()
	c.startLocked(l)
	wait := c.slotLocked()
	l.queued = wait
	c.mu.Unlock()
	c.live(l, func() { l.runOutbound(wait) })
	return l
}

// slotLocked books the next place in the calls-per-second queue and returns how long it is away, in real time.
func (c *Carrier) slotLocked() time.Duration {
	if c.faults.CallsPerSecond <= 0 {
		return 0
	}
	now := time.Now()
	if c.nextSlot.Before(now) {
		c.nextSlot = now
	}
	wait := c.nextSlot.Sub(now)
	c.nextSlot = c.nextSlot.Add(c.scaled(Seconds(1 / c.faults.CallsPerSecond)))
	return wait
}

// runOutbound is the life of a leg that REST asked for.
func (l *Leg) runOutbound(queued time.Duration) {
	if !sleep(l.ctx, queued) {
		l.finish(StatusCanceled, 0)
		return
	}
	status, sip := l.dial(l.ctx)
	if status != StatusInProgress {
		l.finish(status, sip)
		return
	}
	l.play(l.plan.first)
	l.finish(StatusCompleted, 200)
}

// setUp is how long a carrier takes to reach a phone.
const setUp Seconds = 0.2

// dial rings the phone until somebody decides. It returns the new status; in-progress has been set, others have not.
func (l *Leg) dial(ctx context.Context) (status string, sip int) {
	l.notify(StatusInitiated)
	if l.c.pass(ctx, setUp) != nil {
		return l.given(ctx)
	}
	switch {
	case l.script.Answer == Busy:
		return StatusBusy, 486
	case l.script.Answer == Fail:
		return StatusFailed, 404
	case l.script.Refuse != 0: // by a Dial, because REST was refused before
		return StatusFailed, 0
	}
	l.setStatus(StatusRinging)
	l.notify(StatusRinging)
	timeout := l.plan.timeout
	if l.script.RingsOver {
		timeout += 5
	}
	ringing := time.NewTimer(l.c.scaled(timeout))
	defer ringing.Stop()
	select {
	case <-ctx.Done():
		return l.given(ctx)
	case <-ringing.C:
		return StatusNoAnswer, 487
	case choice := <-l.choice:
		if choice != Answer {
			return StatusBusy, 486
		}
	}
	return l.open(ctx)
}

// open sets in-progress, unless the call was cancelled in the same instant.
func (l *Leg) open(ctx context.Context) (status string, sip int) {
	l.c.mu.Lock()
	defer l.c.mu.Unlock()
	if ctx.Err() != nil {
		return l.given(ctx)
	}
	l.setStatusLocked(StatusInProgress)
	l.notifyLocked(StatusInProgress)
	return StatusInProgress, 200
}

// given is the status of a leg that was ended before anybody answered.
func (l *Leg) given(ctx context.Context) (status string, sip int) {
	if errors.Is(context.Cause(ctx), errHungUp) {
		return StatusBusy, 486
	}
	return StatusCanceled, 487
}

// finish ends a leg: room left, last callback sent, everybody told. The status of a call that REST ended by name wins.
func (l *Leg) finish(status string, sip int) {
	l.c.mu.Lock()
	defer l.c.mu.Unlock()
	if l.endedLocked() {
		return
	}
	silent := l.status == StatusQueued && status == StatusCanceled && !slices.Contains(l.passed, StatusInitiated)
	l.c.leaveLocked(l.member, statusAfter(l))
	l.hushLocked()
	l.setStatusLocked(status)
	l.ended, l.sip = l.updated, sip
	if l.c.ctx.Err() == nil && !silent {
		l.notifyLocked(status)
		l.sayFarewellLocked()
	}
	l.emitLocked(Event{Kind: EventEnded})
	l.cancel(errCompleted)
	l.changed.ring()
	close(l.done)
}

func statusAfter(l *Leg) string {
	if l.started.IsZero() {
		return StatusNoAnswer
	}
	return StatusCompleted
}

// sayFarewellLocked asks the action of the Dial in which the call ended. Its answer is of no use to anybody.
func (l *Leg) sayFarewellLocked() {
	if l.farewell == nil {
		return
	}
	d := l.deliveryLocked(HookDocument, *l.farewell)
	l.chain.sendLocked(l.c, d)
}
