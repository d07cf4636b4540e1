package simulator

import (
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Statuses of a recording, as Twilio names them.
const (
	recordingRuns       = "in-progress"
	recordingProcessing = "processing"
	recordingReady      = "completed"
	recordingAbsent     = "absent" // nothing was said
)

// codeSilent is Twilio's error of a recording in which nothing was said.
const codeSilent = 16102

// How long the carrier works on a recording before it can be had, and then on its transcript.
const (
	settling     Seconds = 1
	transcribing Seconds = 3
)

// recording is what somebody said to a Record verb. Its changing fields are guarded by Carrier.mu.
type recording struct {
	sid, call  string
	created    time.Time
	language   string // of the words that the person answered
	callback   ask
	events     []string // for which callback is asked
	transcribe bool
	texted     ask // asked when the transcript is there; its URL may be empty

	status     string
	text       string
	taken      Seconds // as the action is told: silence that is not kept counts
	length     Seconds
	transcript *transcript // nil: there is none yet, or it was deleted
	deleted    bool        // the sound; its transcript stays until that is deleted, too
}

// openRecording begins a recording and says so to who asked to be told.
func (l *Leg) openRecording(doc document, v *node) *recording {
	l.c.mu.Lock()
	defer l.c.mu.Unlock()
	rec := &recording{
		sid: newSID("RE"), call: l.SID, created: time.Now(), language: l.languageLocked(), status: recordingRuns,
		events: strings.Fields(v.get("recordingStatusCallbackEvent", "completed")), transcribe: v.is("transcribe"),
	}
	if target := v.attr["recordingStatusCallback"]; target != "" {
		rec.callback = *doc.ask(target, v.attr["recordingStatusCallbackMethod"], nil)
	}
	if target := v.attr["transcribeCallback"]; target != "" {
		rec.transcribe, rec.texted = true, *doc.ask(target, "", nil)
	}
	l.c.recordings = append(l.c.recordings, rec)
	l.reportRecordingLocked(rec)
	return rec
}

// languageLocked is the language in which the phone was last spoken to: people answer in it.
func (l *Leg) languageLocked() string {
	for _, h := range slices.Backward(l.heard) {
		if h.Language != "" {
			return h.Language
		}
	}
	return "en-US"
}

// closeRecording ends a recording. It is absent when nothing was said; else it can be had a while later, and its
// transcript later still.
func (l *Leg) closeRecording(rec *recording, t *take, trimmed bool) {
	l.c.mu.Lock()
	if !t.spoken() {
		rec.status = recordingAbsent
		l.reportRecordingLocked(rec)
		l.c.mu.Unlock()
		return
	}
	rec.status, rec.text = recordingProcessing, strings.Join(t.words, " ")
	rec.taken, rec.length = t.length(false, l.c), t.length(trimmed, l.c)
	l.spoilLocked(rec)
	l.emitLocked(Event{Kind: EventRecorded, Text: rec.text})
	l.c.mu.Unlock()
	l.c.spawn(func() { l.publish(rec) })
}

// spoilLocked lets the fault plan strike what was recorded.
func (l *Leg) spoilLocked(rec *recording) {
	switch l.c.faults.strikeLocked(occasion{kind: HookRecording, phone: l.Phone()}, recordingDeeds).Do {
	case EmptyRecording:
		rec.text, rec.taken, rec.length = "", 0, 0
	case LongRecording:
		rec.taken, rec.length = 7200, 7200
	}
}

// publish makes a recording available, then its transcript, unless it is deleted before.
func (l *Leg) publish(rec *recording) {
	if l.c.pass(l.c.ctx, settling) != nil || !l.ready(rec) || !rec.transcribe {
		return
	}
	if l.c.pass(l.c.ctx, transcribing) == nil {
		l.writeTranscript(rec)
	}
}

// ready makes the sound available and says so. It reports false for a recording that was deleted.
func (l *Leg) ready(rec *recording) bool {
	l.c.mu.Lock()
	defer l.c.mu.Unlock()
	if !l.c.keepsLocked(rec) {
		return false
	}
	rec.status = recordingReady
	l.reportRecordingLocked(rec)
	return true
}

// keepsLocked reports whether a recording was not deleted.
func (c *Carrier) keepsLocked(rec *recording) bool {
	return !rec.deleted && slices.Contains(c.recordings, rec)
}

// forgetLocked forgets a recording of which nothing is left.
func (c *Carrier) forgetLocked(rec *recording) {
	if rec.deleted && rec.transcript == nil {
		c.recordings = slices.DeleteFunc(c.recordings, func(other *recording) bool { return other == rec })
	}
}

func (l *Leg) reportRecordingLocked(rec *recording) {
	if rec.callback.url == "" || !slices.Contains(rec.events, rec.status) {
		return
	}
	v := l.recordingParamsLocked(rec)
	v.Set("RecordingStatus", rec.status)
	v.Set("RecordingChannels", "1")
	v.Set("RecordingTrack", "inbound")
	v.Set("RecordingSource", "RecordVerb")
	v.Set("RecordingStartTime", stamp(rec.created))
	switch rec.status {
	case recordingReady:
		v.Set("RecordingDuration", inSeconds(rec.length))
	case recordingAbsent:
		v.Set("ErrorCode", strconv.Itoa(codeSilent))
	}
	l.sendRecordingLocked(HookRecording, rec.callback, v)
}

// recordingParamsLocked are the parameters of every callback about a recording, which tells less of the call than others.
func (l *Leg) recordingParamsLocked(rec *recording) url.Values {
	return url.Values{
		"AccountSid": {l.c.cfg.AccountSID}, "CallSid": {l.SID}, "RecordingSid": {rec.sid}, "RecordingUrl": {rec.url(l.c)},
	}
}

func (l *Leg) sendRecordingLocked(kind string, a ask, params url.Values) {
	l.chain.sendLocked(l.c, delivery{
		kind: kind, leg: l, phone: l.Phone(), call: l.SID, method: a.method, url: a.url, params: params, jar: l.cookies,
	})
}

// inSeconds is a length in whole seconds, rounded up.
func inSeconds(length Seconds) string { return strconv.Itoa(int(math.Ceil(float64(length) - 0.001))) }

// url is where Twilio would serve the media; the simulator serves it under the same path.
func (r *recording) url(c *Carrier) string {
	return "https://api.twilio.com" + c.accountPath() + "/Recordings/" + r.sid
}
