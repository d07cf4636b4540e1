package e2e

import (
	"testing"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/simulator"
)

func withVoicemail(r *models.Route) { r.Nobody.Action = models.NobodyVoicemail }

func inAmerican(r *models.Route) { r.Language, r.Voice = "en-US", "" }

func TestACallerLeavesAMessageWhenNobodyTakesTheCall(t *testing.T) {
	each(t, func(t *testing.T, s *system) {
		l := s.line(t, "Alice", withVoicemail, inAmerican)
		caller := l.calls()
		l.rung("Alice").rejects()
		caller.hears("leave a message").says("The database is down").presses("#").hears("recorded").ends("completed")
		call := l.ended(models.Voicemailed)
		v := call.Voicemail
		if v == nil || v.Status != models.RecordingReady || v.Seconds < 3 || v.Transcript != "The database is down" || v.Transcribe != models.TranscriptReady {
			t.Errorf("the message is %+v", v)
		}
		alert, err := s.store.AlertByCall(t.Context(), call.CarrierCallID)
		if err != nil || alert.Voicemail == nil || alert.Voicemail.Transcript != v.Transcript {
			t.Errorf("the alert has %+v (%v)", alert.Voicemail, err)
		}
	})
}

func TestAMessageEndsWithTheCall(t *testing.T) {
	each(t, func(t *testing.T, s *system) {
		l := s.line(t, "", withVoicemail)
		l.leg = s.carrier.Dial(l.from, l.number, simulator.CallerScript{Message: "Please call me back", SpeakFor: 60, HangUpAfter: 30})
		(&phone{t: t, s: s, number: l.from, leg: l.leg}).ends("completed")
		l.ended(models.Voicemailed)
	})
}

func TestWhoSaysNothingHasLeftNoMessage(t *testing.T) {
	each(t, func(t *testing.T, s *system) {
		l := s.line(t, "", withVoicemail)
		l.leg = s.carrier.Dial(l.from, l.number, simulator.CallerScript{})
		caller := &phone{t: t, s: s, number: l.from, leg: l.leg}
		caller.hears("leave a message").hears("did not hear").ends("completed")
		call := l.ended(models.Unanswered)
		if call.Voicemail == nil || call.Voicemail.Status != models.RecordingEmpty && call.Voicemail.Status != models.RecordingMissing {
			t.Errorf("the message is %+v", call.Voicemail)
		}
	})
}

func TestACallIsForwardedWhenNobodyTakesIt(t *testing.T) {
	each(t, func(t *testing.T, s *system) {
		last := &phone{t: t, s: s, number: s.fresh()}
		s.carrier.Script(last.number, simulator.Script{Answer: simulator.Manual})
		l := s.line(t, "Alice", func(r *models.Route) {
			r.Nobody = models.Nobody{Action: models.NobodyForward, Number: models.Phone(last.number)}
		})
		l.people["the last resort"] = last
		caller := l.calls()
		l.rung("Alice").rejects()
		caller.hears("somebody else")
		l.rung("the last resort").answers().talks()
		caller.talks()
		last.hangsUp()
		caller.hears("hung up").ends("completed")
		l.ended(models.Forwarded)
	})
}

func TestWhenTheFixedNumberDoesNotAnswerTheCallerIsToldSo(t *testing.T) {
	each(t, func(t *testing.T, s *system) {
		last := &phone{t: t, s: s, number: s.fresh()}
		s.carrier.Script(last.number, simulator.Script{Answer: simulator.Busy})
		l := s.line(t, "", func(r *models.Route) {
			r.Nobody = models.Nobody{Action: models.NobodyForward, Number: models.Phone(last.number)}
		})
		l.people["the last resort"] = last
		last.rung = true
		l.calls().hears("nobody answered there").ends("completed")
		call := l.ended(models.Unanswered)
		if call.Reason != "the fixed number did not answer" {
			t.Errorf("the reason is %q", call.Reason)
		}
	})
}
