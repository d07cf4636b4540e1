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

// forwarding sends a call that nobody took to a number of its own.
func forwarding(r *models.Route) {
	r.Nobody = models.Nobody{Action: models.NobodyForward, Number: "+12025550199"}
}

// lastResort is the phone at the fixed number, which nobody but this call rings.
func (l *line) lastResort() *phone {
	last := &phone{t: l.t, s: l.s, number: l.s.fresh()}
	l.s.carrier.Script(last.number, simulator.Script{Answer: simulator.Manual})
	l.route.Nobody.Number = models.Phone(last.number)
	route, err := l.s.store.UpdateRoute(l.t.Context(), l.route, 0)
	if err != nil {
		l.t.Fatal(err)
	}
	l.route, l.people["the last resort"] = route, last
	return last
}

func TestACallIsForwardedWhenNobodyTakesIt(t *testing.T) {
	each(t, func(t *testing.T, s *system) {
		conversations["forwarded"].people(s.line(t, "Alice", forwarding))
	})
}

func TestWhenTheFixedNumberDoesNotAnswerTheCallerIsToldSo(t *testing.T) {
	each(t, func(t *testing.T, s *system) {
		l := s.line(t, "", forwarding)
		last := l.lastResort()
		s.carrier.Script(last.number, simulator.Script{Answer: simulator.Busy})
		last.rung = true
		l.calls().hears("nobody answered there").ends("completed")
		call := l.ended(models.Unanswered)
		if call.Reason != "the fixed number did not answer" {
			t.Errorf("the reason is %q", call.Reason)
		}
	})
}
