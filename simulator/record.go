package simulator

import (
	"context"
	"errors"
	"math"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// recording is what somebody said to a Record verb.
type recording struct {
	sid, call string
	text      string
	length    Seconds
	created   time.Time
}

// record lets the person speak until they are silent, press a key, hang up or the time is over; then asks the action.
func (l *Leg) record(ctx context.Context, doc document, v *node) (*ask, error) {
	if v.get("playBeep", "true") == "true" {
		l.hear(ctx, Heard{Kind: SoundTone})
		if err := l.c.pass(ctx, 0.5); err != nil {
			return nil, err
		}
	}
	l.openPrompt()
	l.hear(ctx, Heard{Kind: SoundListening})
	begun := time.Now()
	key, err := l.speak(ctx, v)
	if errors.Is(err, errMoved) {
		return nil, err
	}
	rec := l.keep(Seconds(time.Since(begun).Seconds() * l.c.cfg.Speed))
	l.reportRecording(doc, v, rec)
	if err != nil {
		key = "hangup"
	}
	next := doc.ask(v.attr["action"], v.attr["method"], url.Values{
		"RecordingUrl": {rec.url(l.c)}, "RecordingSid": {rec.sid}, "RecordingDuration": {rec.seconds()}, "Digits": {key},
	})
	if err != nil {
		l.c.mu.Lock()
		l.farewell = next
		l.c.mu.Unlock()
		return nil, err
	}
	return next, nil
}

// speak waits until the recording is over and returns the key that ended it.
func (l *Leg) speak(ctx context.Context, v *node) (key string, err error) {
	length, endless, _ := l.habits.speaks()
	if quiet := number(v, "timeout", 5); quiet > 0 {
		length += Seconds(quiet)
	} else {
		endless = true
	}
	most := Seconds(number(v, "maxLength", 3600))
	if endless {
		length = most
	}
	limit, cancel := context.WithTimeout(ctx, l.c.scaled(min(length, most)))
	defer cancel()
	for seen := 0; ; {
		if l.awaitKeys(limit, seen) != nil {
			if ctx.Err() != nil {
				return "", context.Cause(ctx)
			}
			return "", nil
		}
		l.c.mu.Lock()
		pressed := l.keys
		l.c.mu.Unlock()
		if i := strings.IndexAny(pressed[seen:], v.get("finishOnKey", "1234567890*#")); i >= 0 {
			return pressed[seen+i : seen+i+1], nil
		}
		seen = len(pressed)
	}
}

func (l *Leg) keep(length Seconds) *recording {
	_, _, text := l.habits.speaks()
	l.c.mu.Lock()
	defer l.c.mu.Unlock()
	rec := &recording{sid: newSID("RE"), call: l.SID, text: text, length: length, created: time.Now()}
	l.c.recordings = append(l.c.recordings, rec)
	l.emitLocked(Event{Kind: EventRecorded, Text: text})
	return rec
}

func (r *recording) seconds() string { return strconv.Itoa(int(math.Ceil(float64(r.length)))) }

// url is where Twilio would serve the media; the simulator serves it under the same path.
func (r *recording) url(c *Carrier) string {
	return "https://api.twilio.com/" + apiVersion + "/Accounts/" + c.cfg.AccountSID + "/Recordings/" + r.sid
}

// reportRecording sends the callbacks that a recording, and its transcript, are ready. Only English is transcribed, and
// only between 2 s and 120 s.
func (l *Leg) reportRecording(doc document, v *node, rec *recording) {
	base := url.Values{"RecordingSid": {rec.sid}, "RecordingUrl": {rec.url(l.c)}}
	l.c.mu.Lock()
	defer l.c.mu.Unlock()
	if target := v.attr["recordingStatusCallback"]; target != "" &&
		strings.Contains(v.get("recordingStatusCallbackEvent", "completed"), "completed") {
		extra := url.Values{
			"RecordingStatus": {"completed"}, "RecordingDuration": {rec.seconds()}, "RecordingChannels": {"1"},
			"RecordingSource": {"RecordVerb"}, "RecordingStartTime": {stamp(rec.created)},
		}
		l.sendRecordingLocked(absolute(doc.url, target), v.get("recordingStatusCallbackMethod", "POST"), base, extra)
	}
	target := v.attr["transcribeCallback"]
	if target == "" {
		return
	}
	extra := url.Values{"TranscriptionSid": {newSID("TR")}, "TranscriptionStatus": {"failed"}, "TranscriptionType": {"fast"}}
	if rec.length >= 2 && rec.length <= 120 && rec.text != "" {
		extra.Set("TranscriptionStatus", "completed")
		extra.Set("TranscriptionText", rec.text)
	}
	l.sendRecordingLocked(absolute(doc.url, target), "POST", base, extra)
}

func (l *Leg) sendRecordingLocked(target, method string, base, extra url.Values) {
	for name, values := range base {
		extra[name] = values
	}
	l.chain.sendLocked(l.c, l.deliveryLocked(HookRecording, ask{url: target, method: method, extra: extra}))
}
