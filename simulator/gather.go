package simulator

import (
	"context"
	"net/url"
	"strings"
)

// gather plays the prompt and collects keys. It leads on to its action when there are any, or when it says so for none.
func (l *Leg) gather(ctx context.Context, doc document, v *node) (*ask, error) {
	prompt := l.openPrompt()
	if err := l.prompt(ctx, doc, v, prompt); err != nil {
		return nil, err
	}
	digits, finishedOn, err := l.collect(ctx, v, prompt)
	if err != nil {
		return nil, err
	}
	if digits == "" && !v.is("actionOnEmptyResult") {
		return nil, nil
	}
	return doc.ask(v.attr["action"], v.attr["method"], url.Values{
		"Digits": {digits}, "FinishedOnKey": {finishedOn}, "msg": {"Gather End"},
	}), nil
}

// openPrompt forgets keys pressed before and numbers the prompt.
func (l *Leg) openPrompt() int {
	l.c.mu.Lock()
	defer l.c.mu.Unlock()
	l.keys = ""
	l.prompts++
	return l.prompts
}

// prompt plays what Gather says until the first key.
func (l *Leg) prompt(ctx context.Context, doc document, v *node, prompt int) error {
	talk, stop := context.WithCancel(ctx)
	defer stop()
	if strings.Contains(v.get("input", "dtmf"), "dtmf") {
		l.c.spawn(func() {
			if l.awaitKeys(talk, 0) == nil {
				stop()
			}
		})
	}
	for _, kid := range v.kids {
		if err := l.soundIn(talk, doc, kid, prompt); err != nil {
			if ctx.Err() == nil && talk.Err() != nil {
				return nil // interrupted by a key
			}
			return err
		}
	}
	return nil
}

// awaitKeys waits until more than n keys are pressed and not yet taken.
func (l *Leg) awaitKeys(ctx context.Context, n int) error {
	return l.c.await(ctx, &l.changed, func() (bool, error) { return len(l.keys) > n, nil })
}

// collect takes keys until there are enough, one of them says stop, or none comes for the timeout.
func (l *Leg) collect(ctx context.Context, v *node, prompt int) (digits, finishedOn string, err error) {
	finish, most := v.get("finishOnKey", "#"), number(v, "numDigits", 255)
	timeout := Seconds(number(v, "timeout", 5))
	if !strings.Contains(v.get("input", "dtmf"), "dtmf") {
		most = 0
	}
	l.hear(ctx, Heard{Kind: SoundListening, During: "waiting for a key", prompt: prompt, most: timeout})
	for seen := 0; ; {
		digits, finishedOn, seen = l.takeKeys(finish, most)
		if finishedOn != "" || (most > 0 && len(digits) >= most) {
			return digits, finishedOn, nil
		}
		wait, cancel := context.WithTimeout(ctx, l.c.scaled(timeout))
		pressed := l.awaitKeys(wait, seen) == nil
		cancel()
		if ctx.Err() != nil {
			return "", "", context.Cause(ctx)
		}
		if !pressed {
			return digits, "", nil
		}
		l.prolong(timeout)
	}
}

// takeKeys reads the keys pressed so far, up to the finishing one or the greatest number.
func (l *Leg) takeKeys(finish string, most int) (digits, finishedOn string, seen int) {
	l.c.mu.Lock()
	defer l.c.mu.Unlock()
	for i := range len(l.keys) {
		key := l.keys[i : i+1]
		if finish != "" && key == finish {
			return digits, key, len(l.keys)
		}
		if len(digits) < most && strings.ContainsAny(key, "0123456789*#") {
			digits += key
		}
	}
	return digits, "", len(l.keys)
}
