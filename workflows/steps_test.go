package workflows_test

import (
	"testing"

	"github.com/ringdown/ringdown/models"
)

// ending is how a call ends that is broken off in one of three ways.
type ending struct {
	outcome models.Outcome
	took    float64
	hungUp  string
}

// steps are the moments at which a call can be broken off.
var steps = []struct {
	name     string
	levels   string
	settings []func(*models.Plan)
	before   func(*scene)
	at       float64

	left, diverted, cancelled ending
}{
	{
		"at the gate", "Alice Bob all_at_once", []func(*models.Plan){withKeypress},
		func(s *scene) { s.at(0, s.asks("ask_key 1")) }, 5,
		ending{models.Abandoned, 5, ""}, ending{models.Diverted, 5, ""}, ending{models.Failed, 5, ""},
	},
	{
		"while all ring", "Alice Bob all_at_once / Carol", nil,
		func(s *scene) { s.at(0, s.asks("hold")) }, 10,
		ending{models.Abandoned, 10, "Alice 10, Bob 10"}, ending{models.Diverted, 10, "Alice 10, Bob 10"},
		ending{models.Failed, 10, "Alice 10, Bob 10"},
	},
	{
		"before the next is rung", "Alice Bob staggered 20", nil,
		func(s *scene) { s.at(0, s.asks("hold")) }, 10,
		ending{models.Abandoned, 10, "Alice 10"}, ending{models.Diverted, 10, "Alice 10"}, ending{models.Failed, 10, "Alice 10"},
	},
	{
		"while one hears the prompt and another's phone rings", "Alice Bob all_at_once / Carol", nil,
		func(s *scene) {
			s.at(0, s.asks("hold"))
			s.at(8, s.picksUp("Alice", "screen 1"))
		}, 10, // who hears the prompt may hear it to its end
		ending{models.Abandoned, 40, "Bob 10, Alice 40"}, ending{models.Diverted, 40, "Bob 10, Alice 40"},
		ending{models.Failed, 10, "Alice 10, Bob 10"},
	},
	{
		"between the accepting and the room", "Alice Bob all_at_once", nil,
		func(s *scene) {
			s.carrier.met = false
			s.at(0, s.asks("hold"))
			s.at(8, s.picksUp("Alice", "screen 1"))
			s.at(9, s.presses("Alice", 1, "1", "join"))
		}, 10, // and who waits in the room for the goodbye
		ending{models.Connected, 18, "Bob 9, Alice 18"}, ending{models.Connected, 18, "Bob 9, Alice 18"},
		ending{models.Connected, 10, "Bob 9, Alice 10"},
	},
	{
		"while another hears the prompt of a call that is taken", "Alice Bob all_at_once", nil,
		func(s *scene) {
			s.at(0, s.asks("hold"))
			s.at(8, s.picksUp("Alice", "screen 1"), s.picksUp("Bob", "screen 1"))
			s.at(9, s.presses("Alice", 1, "1", "join"))
		}, 10,
		ending{models.Connected, 40, "Alice 40, Bob 40"}, ending{models.Connected, 40, "Alice 40, Bob 40"},
		ending{models.Connected, 10, "Alice 10, Bob 10"},
	},
	{
		"after the responder was lost", "Alice / Bob Carol all_at_once", nil,
		func(s *scene) {
			s.at(0, s.asks("hold"))
			s.at(4, s.picksUp("Alice", "screen 1"))
			s.at(6, s.presses("Alice", 1, "1", "join"))
			s.at(8, s.loses("Alice"))
		}, 10,
		ending{models.Abandoned, 10, "Bob 10, Carol 10"}, ending{models.Diverted, 10, "Bob 10, Carol 10"},
		ending{models.Failed, 10, "Bob 10, Carol 10"},
	},
	{
		"while a leg is looked for and another's phone rings", "Alice Bob staggered 10", nil,
		func(s *scene) {
			s.carrier.ring["Alice"] = []ringing{lostDial}
			s.carrier.pending = seconds(20)
			s.at(0, s.asks("hold"))
		}, 35,
		ending{models.Abandoned, 55, "Alice 32, Bob 35"}, ending{models.Diverted, 55, "Alice 32, Bob 35"},
		ending{models.Failed, 55, "Alice 32, Bob 35"},
	},
	{
		"while the caller is asked for a message", "Alice", []func(*models.Plan){withVoicemail},
		func(s *scene) {
			s.at(0, s.asks("hold"))
			s.at(29, s.asks("record"))
		}, 35, // the carrier has 10 s to tell of it
		ending{models.Unanswered, 45, ""}, ending{models.Diverted, 45, ""}, ending{models.Failed, 35, ""},
	},
	{
		"after the caller has left a message", "Alice", []func(*models.Plan){withVoicemail, in("en-US")},
		func(s *scene) {
			s.at(0, s.asks("hold"))
			s.at(34, s.recorded("RE1", 5))
		}, 35,
		ending{models.Voicemailed, 35, ""}, ending{models.Diverted, 35, ""}, ending{models.Failed, 35, ""},
	},
	{
		"while the fixed number is called", "Alice", []func(*models.Plan){withForward},
		func(s *scene) {
			s.at(0, s.asks("hold"))
			s.at(29, s.asks("forward"))
		}, 35,
		ending{models.Unanswered, 35, ""}, ending{models.Diverted, 35, ""}, ending{models.Failed, 35, ""},
	},
	{
		"after the fixed number has hung up", "Alice", []func(*models.Plan){withForward},
		func(s *scene) {
			s.at(0, s.asks("hold"))
			s.at(34, s.forwarded(true))
		}, 35,
		ending{models.Forwarded, 35, ""}, ending{models.Diverted, 35, ""}, ending{models.Failed, 35, ""},
	},
}

// Each call is looked at for what holds of all: no leg is left, the alert resolves once, the
// record is whole.
func TestACallMayBreakOffAtEachStep(t *testing.T) {
	for _, step := range steps {
		begins := func(t *testing.T) *scene {
			s := newScene(t, step.levels, step.settings...)
			step.before(s)
			return s
		}
		ended := func(s *scene, call models.Call, want ending, hungUpOnCaller int) {
			t.Helper()
			s.hungUpOn(want.hungUp)
			if len(s.carrier.ended) != hungUpOnCaller {
				s.t.Errorf("the caller was hung up on %d times, want %d", len(s.carrier.ended), hungUpOnCaller)
			}
			if (call.AlertID == "") != (step.name == "at the gate") {
				s.t.Errorf("alert %q", call.AlertID)
			}
		}
		t.Run("the caller leaves "+step.name, func(t *testing.T) {
			s := begins(t)
			s.at(step.at, s.hangsUp())
			ended(s, s.ends(step.left.outcome, step.left.took), step.left, 0)
		})
		t.Run("the caller is diverted "+step.name, func(t *testing.T) {
			s := begins(t)
			s.at(step.at, s.diverted())
			call := s.ends(step.diverted.outcome, step.diverted.took)
			ended(s, call, step.diverted, 0)
			if call.Reason != "" || s.carrier.lines > 0 {
				t.Errorf("the reason is %q; asked %d times after the fixed number", call.Reason, s.carrier.lines)
			}
		})
		t.Run("the run is cancelled "+step.name, func(t *testing.T) {
			s := begins(t)
			s.at(step.at, s.cancelled())
			ended(s, s.endsCancelled(step.cancelled.outcome, step.cancelled.took), step.cancelled, 1)
		})
	}
}
