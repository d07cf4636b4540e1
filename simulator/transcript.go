package simulator

import "time"

// transcript is what the carrier made of a recording. text is empty when it failed.
type transcript struct {
	sid, text string
	completed bool
	created   time.Time
}

func (t *transcript) status() string {
	if t.completed {
		return "completed"
	}
	return "failed"
}

// writeTranscript transcribes a recording and tells who asked. Only US English is understood, and only when there are 2 s
// to 120 s of it.
func (l *Leg) writeTranscript(rec *recording) {
	l.c.mu.Lock()
	defer l.c.mu.Unlock()
	if !l.c.keepsLocked(rec) {
		return
	}
	t := &transcript{sid: newSID("TR"), created: time.Now()}
	rule := l.c.faults.strikeLocked(occasion{kind: HookTranscription, phone: l.Phone()}, transcriptDeeds)
	if rec.length >= 2 && rec.length <= 120 && rec.language == "en-US" && rec.text != "" && rule.Do != FailTranscript {
		t.text, t.completed = rec.text, true
	}
	rec.transcript = t
	if rec.texted.url == "" {
		return
	}
	v := l.paramsLocked()
	for name, values := range l.recordingParamsLocked(rec) {
		v[name] = values
	}
	v.Set("TranscriptionSid", t.sid)
	v.Set("TranscriptionStatus", t.status())
	if t.completed {
		v.Set("TranscriptionText", t.text)
	}
	v.Set("TranscriptionType", "fast")
	v.Set("TranscriptionUrl", rec.url(l.c)+"/Transcriptions/"+t.sid)
	l.sendRecordingLocked(HookTranscription, rec.texted, v)
}
