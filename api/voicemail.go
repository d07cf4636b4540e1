package api

import (
	"cmp"
	"context"
	"net/http"
	"path"
	"regexp"
	"strconv"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/workflows"
)

// voicemailDone is asked when the caller has left a message. They hear thanks whatever becomes of
// our word to the run.
func (s *Server) voicemailDone(w webhook) error {
	if !w.known() {
		return s.unknown(w)
	}
	recorded := recordingOf(w)
	s.tellAnyway(w, workflows.SignalRecorded, recorded)
	if recorded.Seconds == 0 {
		return w.say(s.words(w).Goodbye(models.PhraseVoicemailEmpty))
	}
	return w.say(s.words(w).Goodbye(models.PhraseVoicemailThanks))
}

// recording is told what became of the caller's message: its last word alone is passed on.
func (s *Server) recording(w webhook) error {
	if !w.known() {
		return s.unknown(w)
	}
	switch w.form.Get("RecordingStatus") {
	case "completed", "absent", "failed":
		return s.noted(w, w.Param("call"), s.tell(w.ctx(), w.Param("call"), workflows.SignalRecorded, recordingOf(w)))
	default:
		return w.NoContent(http.StatusNoContent)
	}
}

var recordingSID = regexp.MustCompile(`^RE[0-9a-fA-F]{32}$`)

// recordingOf reads a recording from a form. In one that is absent, failed or of no length nothing was said. With a
// status it is the carrier's last word: the action may count silence that is not kept.
// Source: Twilio, Record: the action gets RecordingUrl, RecordingDuration and Digits; for the length after trimming, use
// recordingStatusCallback.
func recordingOf(w webhook) workflows.Recorded {
	status := w.form.Get("RecordingStatus")
	r := workflows.Recorded{Recording: recordingID(w), Final: status != ""}
	if seconds, err := strconv.Atoi(w.form.Get("RecordingDuration")); err == nil && (status == "" || status == "completed") {
		r.Seconds = max(seconds, 0)
	}
	return r
}

// recordingID is which recording a form tells of, empty when it does not say. Where it has no id, it is the end of the
// recording's address.
func recordingID(w webhook) string {
	sid := cmp.Or(w.form.Get("RecordingSid"), path.Base(w.form.Get("RecordingUrl")))
	if !recordingSID.MatchString(sid) {
		return ""
	}
	return sid
}

// transcript is told what the caller's message says.
func (s *Server) transcript(w webhook) error {
	if !w.known() {
		return s.unknown(w)
	}
	said := workflows.Transcribed{Recording: recordingID(w)}
	switch w.form.Get("TranscriptionStatus") {
	case "completed":
		said.Text = models.Clip(w.form.Get("TranscriptionText"), models.TranscriptLimit)
	case "failed":
	default:
		return w.NoContent(http.StatusNoContent)
	}
	return s.noted(w, w.Param("call"), s.tell(w.ctx(), w.Param("call"), workflows.SignalTranscribed, said))
}

// forwardDone is asked when the line to the fixed number has ended, or never came about.
func (s *Server) forwardDone(w webhook) error {
	if !w.known() {
		return s.unknown(w)
	}
	status := w.form.Get("DialCallStatus")
	answered := status == "completed" || status == "answered"
	s.tellAnyway(w, workflows.SignalForwarded, workflows.Forwarded{Answered: answered, Status: status})
	if answered {
		return w.say(s.words(w).Goodbye(models.PhraseOtherLeft))
	}
	return w.say(s.words(w).Goodbye(models.PhraseForwardFailed))
}

// tell signals the run of a call.
func (s *Server) tell(ctx context.Context, call, signal string, value any) error {
	return s.temporal.SignalWorkflow(ctx, workflows.CallID(call), "", signal, value)
}

// tellAnyway tells a run what nobody may tell us again. When it cannot hear, it is told once more
// in the background, for somebody listens to our answer meanwhile. A run may be told twice.
func (s *Server) tellAnyway(w webhook, signal string, value any) {
	call, address := w.Param("call"), w.Path()
	err := s.tell(w.ctx(), call, signal, value)
	if err == nil || gone(err) {
		return
	}
	s.background(func(ctx context.Context) {
		if err := s.tell(ctx, call, signal, value); err != nil && !gone(err) {
			s.log.Warn("word of the carrier not passed on", "path", address, "call", call, "cause", err)
		}
	})
}
