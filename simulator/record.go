package simulator

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"time"
)

// record takes down what the person says until they are silent, press a key, hang up or the time is over, and then asks
// the action. When nothing was said it goes on with the next verb instead, as Twilio does.
func (l *Leg) record(ctx context.Context, doc document, v *node) (*ask, error) {
	if v.get("playBeep", "true") == "true" {
		if err := l.lasts(ctx, Heard{Kind: SoundTone}, 0.5); err != nil {
			return nil, err
		}
	}
	t := l.beginTake(ctx)
	rec := l.openRecording(doc, v)
	key, err := l.listen(ctx, v, t)
	l.closeRecording(rec, t, v.get("trim", "trim-silence") == "trim-silence")
	if !t.spoken() || errors.Is(err, errMoved) {
		return nil, err
	}
	if err != nil {
		key = "hangup"
	}
	next := doc.ask(v.attr["action"], v.attr["method"], l.c.told(rec, key))
	if err != nil {
		l.c.mu.Lock()
		l.farewell = next
		l.c.mu.Unlock()
		return nil, err
	}
	return next, nil
}

// told is what the action is told of a recording. key ended it, if any did. Source: Twilio, Record: the length after
// trimming is for recordingStatusCallback.
func (c *Carrier) told(rec *recording, key string) url.Values {
	c.mu.Lock()
	defer c.mu.Unlock()
	return url.Values{
		"RecordingUrl": {rec.url(c)}, "RecordingSid": {rec.sid}, "RecordingDuration": {inSeconds(rec.taken)}, "Digits": {key},
	}
}

// take is what a Record verb hears, in real time.
type take struct {
	begun, ended time.Time
	from, until  time.Time // of the speech; zero: nothing was said
	quiet        time.Time // from when on they are silent; zero: never yet, for who acts by hand may take their time
	words        []string
}

func (t *take) spoken() bool { return !t.from.IsZero() }

// beginTake opens the ear: keys pressed before are forgotten, and the person says what their script says.
func (l *Leg) beginTake(ctx context.Context) *take {
	l.openPrompt()
	l.hear(ctx, Heard{Kind: SoundRecording})
	t := &take{begun: time.Now()}
	if !l.habits.byHand {
		t.quiet = t.begun
	}
	if u := newUtterance(l.habits.message, l.habits.speakFor); u.length > 0 {
		t.add(u, t.begun, l.c)
	}
	return t
}

// add takes in what is said from now on, or after what is being said.
func (t *take) add(u utterance, now time.Time, c *Carrier) {
	if u.length <= 0 {
		t.quiet = orElse(t.quiet, now)
		return
	}
	if t.until.Before(now) {
		t.until = now
	}
	if !t.spoken() {
		t.from = t.until
	}
	t.until = t.until.Add(c.scaled(u.length))
	t.quiet = t.until
	if u.text != "" {
		t.words = append(t.words, u.text)
	}
}

// limit is when the take ends by itself.
func (t *take) limit(v *node, c *Carrier) time.Time {
	last := t.begun.Add(c.scaled(Seconds(number(v, "maxLength", 3600))))
	patience := Seconds(number(v, "timeout", 5))
	if patience == 0 || t.quiet.IsZero() {
		return last
	}
	if end := t.quiet.Add(c.scaled(patience)); end.Before(last) {
		return end
	}
	return last
}

// length is how much was recorded, in carrier time: all of it, or without the silence before and after the speech.
func (t *take) length(trimmed bool, c *Carrier) Seconds {
	from, until := t.begun, t.ended
	if trimmed {
		from = t.from
		if t.until.Before(until) {
			until = t.until
		}
	}
	return Seconds(max(0, until.Sub(from)).Seconds() * c.cfg.Speed)
}

// listen waits until the take is over and returns the key that ended it.
func (l *Leg) listen(ctx context.Context, v *node, t *take) (key string, err error) {
	finish := v.get("finishOnKey", "1234567890*#")
	for seen := 0; ; {
		end := t.limit(v, l.c)
		pressed, said, more := l.nextWord(ctx, end, seen)
		if ctx.Err() != nil {
			t.ended = time.Now()
			return "", context.Cause(ctx)
		}
		if !more {
			t.ended = end // not later, however busy the machine is
			return "", nil
		}
		t.ended = time.Now()
		for _, u := range said {
			t.add(u, t.ended, l.c)
		}
		if i := strings.IndexAny(pressed[seen:], finish); i >= 0 {
			return pressed[seen+i : seen+i+1], nil
		}
		seen = len(pressed)
	}
}

// nextWord waits for a key beyond the n seen, or for something said. more is false when neither came before end.
func (l *Leg) nextWord(ctx context.Context, end time.Time, n int) (keys string, said []utterance, more bool) {
	wait, cancel := context.WithDeadline(ctx, end)
	defer cancel()
	err := l.c.await(wait, &l.changed, func() (bool, error) {
		keys, said = l.keys, l.said
		done := len(keys) > n || len(said) > 0
		if done {
			l.said = nil
		}
		return done, nil
	})
	return keys, said, err == nil
}
