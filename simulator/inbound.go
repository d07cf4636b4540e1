package simulator

import "context"

// Dial makes the phone from call the number to, which the account should own, and returns at once. from may be any
// caller id, such as anonymous.
func (c *Carrier) Dial(from, to string, s CallerScript) *Leg {
	number, owned := c.number(to)
	c.mu.Lock()
	l := c.newLegLocked(&Leg{
		From: from, To: to, Direction: Inbound, habits: s.habits(),
		plan: callPlan{
			first:       ask{url: number.VoiceURL, method: number.VoiceMethod},
			fallbackURL: number.VoiceFallbackURL, fallbackMethod: number.VoiceFallbackMethod,
			statusURL: number.StatusCallback, statusMethod: number.StatusCallbackMethod,
			statusEvents: []string{"completed"}, verstat: s.StirVerstat, forwardedFrom: s.ForwardedFrom,
		},
		token: `{"parentCallInfoToken":"` + newSID("") + `","identityHeaderTokens":[]}`,
	})
	c.mu.Unlock()
	c.live(l, func() { l.runInbound(owned && number.VoiceURL != "") })
	return l
}

// runInbound is the life of a caller's leg. It rings until its document does more than pause, redirect or reject.
func (l *Leg) runInbound(served bool) {
	l.setStatus(StatusRinging)
	if !served {
		l.hear(l.ctx, Heard{Kind: SoundSay, Text: "The number you have dialled is not in service."})
		l.finish(StatusFailed, 404)
		return
	}
	l.play(l.plan.first)
	if !l.answered() {
		l.finish(StatusNoAnswer, 487)
		return
	}
	l.finish(StatusCompleted, 200)
}

// pickUpInbound answers a caller's leg when it first hears something of ours.
func (l *Leg) pickUpInbound(ctx context.Context) {
	l.c.mu.Lock()
	defer l.c.mu.Unlock()
	if l.Direction == Inbound && l.started.IsZero() && ctx.Err() == nil {
		l.setStatusLocked(StatusInProgress)
	}
}
