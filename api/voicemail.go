package api

import (
	"net/http"
	"strconv"

	"github.com/ringdown/ringdown/api/twiml"
	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/workflows"
)

// voicemailDone is asked when the caller has left a message. They hear thanks whatever becomes of
// our word to the run: the carrier tells of the recording again.
func (s *Server) voicemailDone(w webhook) error {
	if !w.known() {
		return s.unknown(w)
	}
	recorded := recordingOf(w)
	if err := s.tell(w, workflows.SignalRecorded, recorded); err != nil {
		s.log.Warn("message not passed on", "call", w.Param("call"), "cause", err)
	}
	if recorded.Seconds == 0 {
		return w.say(twiml.Goodbye(w.language(), models.PhraseVoicemailEmpty))
	}
	return w.say(twiml.Goodbye(w.language(), models.PhraseVoicemailThanks))
}

// recording is told what became of the caller's message.
func (s *Server) recording(w webhook) error {
	if !w.known() {
		return s.unknown(w)
	}
	if status := w.form.Get("RecordingStatus"); status == "in-progress" {
		return w.NoContent(http.StatusNoContent)
	}
	return s.noted(w, w.Param("call"), s.tell(w, workflows.SignalRecorded, recordingOf(w)))
}

// recordingOf reads a recording from a form. One that is absent or of no length is none.
func recordingOf(w webhook) workflows.Recorded {
	seconds, err := strconv.Atoi(w.form.Get("RecordingDuration"))
	if err != nil || seconds <= 0 || w.form.Get("RecordingStatus") == "absent" {
		return workflows.Recorded{}
	}
	return workflows.Recorded{Recording: w.form.Get("RecordingSid"), Seconds: seconds}
}

// transcriptLimit is the longest transcript that is kept, in bytes: two minutes of fast speech take
// a tenth of it.
const transcriptLimit = 20_000

// transcript is told what the caller's message says.
func (s *Server) transcript(w webhook) error {
	if !w.known() {
		return s.unknown(w)
	}
	var said workflows.Transcribed
	if w.form.Get("TranscriptionStatus") == "completed" {
		said.Text = models.Clip(w.form.Get("TranscriptionText"), transcriptLimit)
	}
	return s.noted(w, w.Param("call"), s.tell(w, workflows.SignalTranscribed, said))
}

// forwardDone is asked when the line to the fixed number has ended, or never came about.
func (s *Server) forwardDone(w webhook) error {
	if !w.known() {
		return s.unknown(w)
	}
	status := w.form.Get("DialCallStatus")
	answered := status == "completed" || status == "answered"
	if err := s.tell(w, workflows.SignalForwarded, workflows.Forwarded{Answered: answered, Status: status}); err != nil {
		s.log.Warn("end of a forwarded call not passed on", "call", w.Param("call"), "cause", err)
	}
	if answered {
		return w.say(twiml.Goodbye(w.language(), models.PhraseOtherLeft))
	}
	return w.say(twiml.Goodbye(w.language(), models.PhraseForwardFailed))
}

// tell signals the run of the call in the path.
func (s *Server) tell(w webhook, signal string, value any) error {
	return s.temporal.SignalWorkflow(w.ctx(), workflows.CallID(w.Param("call")), "", signal, value)
}
