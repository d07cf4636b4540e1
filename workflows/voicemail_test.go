package workflows_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/ringdown/ringdown/activities"
	"github.com/ringdown/ringdown/models"
)

// unreached is a call that nobody took, whose caller is asked for a message after 28 s.
func unreached(t *testing.T, settings ...func(*models.Plan)) *scene {
	s := newScene(t, "Alice", append(settings, withVoicemail)...)
	s.at(0, s.asks("hold"))
	s.at(29, s.asks("record"))
	return s
}

func TestTheCallerLeavesAMessage(t *testing.T) {
	for name, c := range map[string]struct {
		language string
		events   func(*scene)
		outcome  models.Outcome
		took     float64
		want     models.Voicemail
		records  int
	}{
		"told before the caller's line ends": {"en-GB", func(s *scene) {
			s.at(50, s.recorded("RE1", 20))
			s.at(52, s.hangsUp())
		}, models.Voicemailed, 52, ready("RE1", 20), 1},
		"told after it": {"en-GB", func(s *scene) {
			s.at(50, s.hangsUp())
			s.at(53, s.recorded("RE1", 20))
		}, models.Voicemailed, 53, ready("RE1", 20), 1},
		"told twice": {"en-GB", func(s *scene) {
			s.at(49, s.recorded("RE1", 20))
			s.at(50, s.hangsUp(), s.recorded("RE1", 21))
		}, models.Voicemailed, 50, ready("RE1", 20), 1},
		"told of without its id first": {"en-GB", func(s *scene) {
			s.at(50, s.recorded("", 20), s.hangsUp())
			s.at(52, s.recorded("RE1", 20))
		}, models.Voicemailed, 52, ready("RE1", 20), 1},
		"told longer than it is measured": {"en-GB", func(s *scene) {
			s.at(49, s.recorded("RE1", 30))
			s.at(50, s.measured("RE1", 20))
			s.at(51, s.recorded("RE1", 30), s.hangsUp())
		}, models.Voicemailed, 51, ready("RE1", 20), 1},
		"told a moment after it was measured": {"en-GB", func(s *scene) {
			s.at(49, s.measured("RE1", 20))
			s.at(50, s.recorded("RE1", 30), s.hangsUp())
		}, models.Voicemailed, 50, ready("RE1", 20), 1},
		"of which word is lost, and then asked for another, which is silence": {"en-GB", func(s *scene) {
			s.carrier.message = ready("RE1", 20)
			s.at(60, s.asks("record"))
			s.at(70, s.measured("RE2", 0), s.hangsUp())
		}, models.Voicemailed, 70, ready("RE1", 20), 1},
		"after a few words before it was begun anew": {"en-GB", func(s *scene) {
			s.at(35, s.measured("RE1", 3))
			s.at(60, s.measured("RE2", 20), s.hangsUp())
		}, models.Voicemailed, 60, ready("RE2", 20), 1},
		"before a few words when it was begun anew": {"en-GB", func(s *scene) {
			s.at(50, s.measured("RE1", 20))
			s.at(60, s.measured("RE2", 3), s.hangsUp())
		}, models.Voicemailed, 60, ready("RE1", 20), 1},
		"and is thanked when they come back after it": {"en-GB", func(s *scene) {
			s.at(50, s.measured("RE1", 20))
			s.at(51, s.asks("say voicemail_thanks"))
			s.at(55, s.hangsUp())
		}, models.Voicemailed, 55, ready("RE1", 20), 1},
		"told to be empty first": {"en-GB", func(s *scene) {
			s.at(49, s.recorded("", 0))
			s.at(50, s.recorded("RE1", 20))
			s.at(51, s.hangsUp())
		}, models.Voicemailed, 51, ready("RE1", 20), 1},
		"never told, but the carrier has it": {"en-GB", func(s *scene) {
			s.carrier.message = ready("RE1", 20)
			s.at(50, s.hangsUp())
		}, models.Voicemailed, 60, ready("RE1", 20), 1},
		"told when the call has ended without it": {"en-GB", func(s *scene) {
			s.at(50, s.hangsUp())
			s.at(200, s.recorded("RE1", 20))
		}, models.Voicemailed, 60, ready("RE1", 20), 2},
		"told while the record is written": {"en-GB", func(s *scene) {
			s.carrier.onRecord = s.recorded("RE1", 20)
			s.at(50, s.hangsUp())
		}, models.Voicemailed, 60, ready("RE1", 20), 2},
		"never told, but the carrier has it later": {"en-GB", func(s *scene) {
			s.at(50, s.hangsUp())
			s.at(400, func() { s.carrier.message = ready("RE1", 20) })
		}, models.Voicemailed, 60, ready("RE1", 20), 2},
		"of two hours": {"en-US", func(s *scene) {
			s.at(50, s.recorded("RE1", 7200), s.hangsUp())
		}, models.Voicemailed, 50, ready("RE1", 7200), 1},
		"of a second, too short for a transcript": {"en-US", func(s *scene) {
			s.at(50, s.recorded("RE1", 1), s.hangsUp())
		}, models.Voicemailed, 50, ready("RE1", 1), 1},
		"in a language without transcripts": {"de-DE", func(s *scene) {
			s.at(50, s.recorded("RE1", 20), s.hangsUp())
		}, models.Voicemailed, 50, ready("RE1", 20), 1},
		"which is transcribed after the call": {"en-US", func(s *scene) {
			s.at(50, s.recorded("RE1", 20), s.hangsUp())
			s.at(90, s.transcribed("The database is down."))
		}, models.Voicemailed, 50, transcript("The database is down."), 2},
		"which is transcribed before it is told": {"en-US", func(s *scene) {
			s.at(49, s.transcribed("The database is down."))
			s.at(50, s.recorded("RE1", 20), s.hangsUp())
		}, models.Voicemailed, 50, transcript("The database is down."), 1},
		"which is told and transcribed long after the call": {"en-US", func(s *scene) {
			s.at(50, s.hangsUp())
			s.at(200, s.recorded("RE1", 20))
			s.at(300, s.transcribed("The database is down."))
		}, models.Voicemailed, 60, transcript("The database is down."), 2},
		"which cannot be transcribed": {"en-US", func(s *scene) {
			s.at(50, s.recorded("RE1", 20), s.hangsUp())
			s.at(90, s.transcribed(""))
		}, models.Voicemailed, 50, ready("RE1", 20), 2},
		"whose transcript never comes": {"en-US", func(s *scene) {
			s.at(50, s.recorded("RE1", 20), s.hangsUp())
		}, models.Voicemailed, 50, ready("RE1", 20), 2},
		"whose transcript is never told, but the carrier has it": {"en-US", func(s *scene) {
			s.carrier.words = map[string]string{"RE1": "The database is down."}
			s.at(50, s.recorded("RE1", 20), s.hangsUp())
		}, models.Voicemailed, 50, transcript("The database is down."), 2},
		"whose transcript is another recording's": {"en-US", func(s *scene) {
			s.at(35, s.measured("RE0", 3), s.transcribedOf("RE0", "The data"))
			s.at(50, s.measured("RE1", 20), s.hangsUp())
			s.at(90, s.transcribedOf("RE0", "The data"))
			s.at(91, s.transcribedOf("RE1", "The database is down."))
		}, models.Voicemailed, 50, transcript("The database is down."), 2},
		"which silence makes too long for a transcript": {"en-US", func(s *scene) {
			s.at(49, s.recorded("RE1", 125), s.hangsUp())
			s.at(51, s.measured("RE1", 115))
			s.at(90, s.transcribed("The database is down."))
		}, models.Voicemailed, 49, models.Voicemail{
			Status: models.RecordingReady, Recording: "RE1", Seconds: 115, Transcript: "The database is down.", Transcribe: models.TranscriptReady,
		}, 2},
	} {
		t.Run(name, func(t *testing.T) {
			s := unreached(t, in(c.language))
			c.events(s)
			call := s.ends(c.outcome, c.took)
			s.keeps(call, c.want, c.records)
			if call.Reason != "" {
				t.Errorf("the reason is %q", call.Reason)
			}
		})
	}
}

func TestTheCallerLeavesNoMessage(t *testing.T) {
	for name, c := range map[string]struct {
		events func(*scene)
		took   float64
		want   models.RecordingStatus
		asked  []float64 // when the carrier is asked for it
	}{
		"but silence": {func(s *scene) {
			s.at(50, s.recorded("", 0))
			s.at(52, s.hangsUp())
		}, 52, models.RecordingEmpty, []float64{52}},
		"which is told after they have left": {func(s *scene) {
			s.at(50, s.hangsUp())
			s.at(53, s.recorded("", 0))
		}, 53, models.RecordingEmpty, []float64{53}},
		"which is told when it is measured": {func(s *scene) {
			s.at(50, s.recorded("RE1", 10))
			s.at(51, s.measured("RE1", 0))
			s.at(52, s.recorded("RE1", 10), s.hangsUp())
		}, 52, models.RecordingEmpty, []float64{52}},
		"of which anybody tells": {func(s *scene) {
			s.at(35, s.hangsUp())
		}, 45, models.RecordingMissing, []float64{45, 345, 645, 945}},
		"because the carrier knows of none, asked twice": {func(s *scene) {
			s.carrier.message.Status = models.RecordingEmpty
			s.at(35, s.hangsUp())
		}, 45, models.RecordingEmpty, []float64{45, 105}},
		"of which a carrier that does not answer could tell": {func(s *scene) {
			s.carrier.deaf = true
			s.at(35, s.hangsUp())
		}, 100.5, models.RecordingMissing, nil},
		"and stays on the line, until it is ended": {func(s *scene) {
			s.at(450, s.hangsUp())
		}, 460, models.RecordingMissing, []float64{460, 760, 1060, 1360}},
	} {
		t.Run(name, func(t *testing.T) {
			s := unreached(t)
			c.events(s)
			call := s.ends(models.Unanswered, c.took)
			records := 1
			if c.want == models.RecordingMissing || len(c.asked) > 1 {
				records = 2
			}
			s.keeps(call, models.Voicemail{Status: c.want, Transcribe: models.TranscriptNone}, records)
			if call.Reason != "the caller left no message" {
				t.Errorf("the reason is %q", call.Reason)
			}
			var asked []float64
			for _, at := range s.carrier.tapes {
				asked = append(asked, at.Seconds())
			}
			if !s.carrier.deaf && !slices.Equal(asked, c.asked) {
				t.Errorf("asked for the message at %v, want %v", asked, c.asked)
			}
		})
	}
}

func TestAMessageThatIsMeasuredToBeSilenceAfterTheCallIsNone(t *testing.T) {
	s := unreached(t, in("en-US"))
	s.at(50, s.recorded("RE1", 10), s.hangsUp())
	s.at(55, s.measured("RE1", 0))
	call := s.ends(models.Unanswered, 50)
	s.keeps(call, models.Voicemail{Status: models.RecordingEmpty, Transcribe: models.TranscriptNone}, 2)
	if last := s.carrier.alerts[len(s.carrier.alerts)-1]; last.Outcome != models.Unanswered || call.Reason != "the caller left no message" {
		t.Errorf("the alert says %s, the record %q", last.Outcome, call.Reason)
	}
}

func TestACallerWhoStaysOnTheLineOfAVoicemailIsHungUpOn(t *testing.T) {
	s := unreached(t)
	s.at(450, s.hangsUp())
	s.ends(models.Unanswered, 460)
	if !slices.Equal(s.carrier.ended, []time.Duration{seconds(28 + 120 + 300)}) {
		t.Errorf("hung up on at %v", s.carrier.ended)
	}
}

// Their alert must not go on for as long as the longest message.
func TestACallerWhoLeavesUnheardWhileTheyMaySpeakIsAskedAfter(t *testing.T) {
	for left, found := range map[float64]float64{35: 88, 100: 208, 230: 328, 447: 448} { // asked 1, 3, 5 and 7 minutes after 28 s
		s := unreached(t)
		s.at(left, s.isGone())
		s.ends(models.Unanswered, found+10)
		if len(s.carrier.ended) > 0 {
			t.Errorf("left at %v s: hung up on at %v", left, s.carrier.ended)
		}
	}
}

// A run must not outlast its caller by much, although no word ever comes of their end, nor of what they said.
func TestARunThatHearsOfNothingCloses(t *testing.T) {
	for name, c := range map[string]struct {
		message models.Voicemail // as the carrier knows it
		outcome models.Outcome
		within  time.Duration
	}{
		"nothing was said":             {models.Voicemail{Status: models.RecordingEmpty}, models.Unanswered, 4 * time.Minute},
		"a message without transcript": {ready("RE1", 20), models.Voicemailed, 13 * time.Minute},
		"the carrier is always at it":  {models.Voicemail{Status: models.RecordingExpected}, models.Unanswered, 18 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			s := unreached(t, in("en-US"))
			s.carrier.message = c.message
			s.at(89, s.isGone()) // just after the carrier was asked
			s.ends(c.outcome, 218)
			if took := s.carrier.now() - seconds(89); took > c.within {
				t.Errorf("the run lasts %v longer than its caller", took)
			}
		})
	}
}

// isGone ends the caller's line, and nobody tells.
func (s *scene) isGone() func() {
	return func() { s.carrier.standing = map[string]activities.Standing{callSID: over} }
}

func TestARouteWithoutLevelsAsksForAMessageAtOnce(t *testing.T) {
	t.Run("when the call arrives", func(t *testing.T) {
		s := newScene(t, "", withVoicemail)
		s.at(0, s.asks("record"))
		s.at(20, s.recorded("RE1", 15), s.hangsUp())
		call := s.ends(models.Voicemailed, 20)
		s.keeps(call, ready("RE1", 15), 1)
		s.dialled("")
		if s.carrier.told > 0 || call.AlertID == "" {
			t.Errorf("the caller was moved %d times, alert %q", s.carrier.told, call.AlertID)
		}
	})
	t.Run("when the caller has pressed the key", func(t *testing.T) {
		s := newScene(t, "", withVoicemail, withKeypress)
		s.at(0, s.asks("ask_key 1"))
		s.at(5, s.keys(1, "1", "record"))
		s.at(20, s.recorded("RE1", 15), s.hangsUp())
		s.keeps(s.ends(models.Voicemailed, 20), ready("RE1", 15), 1)
		s.dialled("")
	})
}

func TestACallerWhoIsNotAskedForAMessageHasLeftNone(t *testing.T) {
	t.Run("because they had left", func(t *testing.T) {
		s := newScene(t, "Alice", withVoicemail)
		s.carrier.moves = false
		s.at(0, s.asks("hold"))
		call := s.ends(models.Unanswered, 28)
		if call.Voicemail != nil || len(s.carrier.tapes) > 0 || call.Reason != "" {
			t.Errorf("the message is %+v, %q; asked for it at %v", call.Voicemail, call.Reason, s.carrier.tapes)
		}
	})
	t.Run("because the carrier moves nobody", func(t *testing.T) {
		s := newScene(t, "Alice", withVoicemail)
		s.carrier.stuck = errors.New("no answer")
		s.at(0, s.asks("hold"))
		s.at(211, s.hangsUp())
		call := s.ends(models.Unanswered, 211)
		if call.Voicemail != nil || len(s.carrier.ended) != 1 {
			t.Errorf("the message is %+v; hung up on at %v", call.Voicemail, s.carrier.ended)
		}
	})
}

// What the run tells its alert, and when, as the alert itself sees it.
func TestTheAlertLearnsOfAMessageEachTimeThatMoreIsKnown(t *testing.T) {
	s := unreached(t, in("en-US"))
	s.at(50, s.hangsUp())
	s.at(200, s.recorded("RE1", 20))
	s.at(300, s.transcribed("The database is down."))
	s.ends(models.Voicemailed, 60)
	var got []models.Voicemail
	var outcomes []models.Outcome
	for _, a := range s.carrier.alerts {
		if a.Status == models.AlertResolved && a.Voicemail != nil {
			got, outcomes = append(got, *a.Voicemail), append(outcomes, a.Outcome)
		}
	}
	pending := ready("RE1", 20)
	pending.Transcribe = models.TranscriptPending
	want := []models.Voicemail{{Status: models.RecordingExpected, Transcribe: models.TranscriptNone}, pending, transcript("The database is down.")}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if want := []models.Outcome{models.Unanswered, models.Voicemailed, models.Voicemailed}; !slices.Equal(outcomes, want) {
		t.Errorf("the outcomes are %v, want %v", outcomes, want)
	}
}

func ready(recording string, length int) models.Voicemail {
	return models.Voicemail{Status: models.RecordingReady, Recording: recording, Seconds: length, Transcribe: models.TranscriptNone}
}

// transcript is a message of 20 s with what it says.
func transcript(text string) models.Voicemail {
	v := ready("RE1", 20)
	v.Transcript, v.Transcribe = text, models.TranscriptReady
	return v
}

// keeps holds which message is on the record, and how often the record was written.
func (s *scene) keeps(call models.Call, want models.Voicemail, records int) {
	s.t.Helper()
	if diff := cmp.Diff(&want, call.Voicemail); diff != "" {
		s.t.Errorf("the message: %s", diff)
	}
	if n := len(s.carrier.calls); n != records {
		s.t.Errorf("the record is written %d times, want %d", n, records)
	}
}

func TestAMessageThatIsToldAfterTheCallWasBrokenOffIsOnTheRecord(t *testing.T) {
	s := newScene(t, "Alice", withVoicemail)
	s.carrier.onRecord = s.recorded("RE1", 20)
	s.at(0, s.asks("hold"))
	s.at(10, s.cancelled())
	s.keeps(s.endsCancelled(models.Failed, 10), ready("RE1", 20), 2)
}
