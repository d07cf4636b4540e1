package workflows_test

import (
	"time"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/workflows"
)

// asks is the caller's leg asking what it does next.
func (s *scene) asks(want string) func() {
	return func() {
		s.update(workflows.UpdateAnswer, workflows.Asked{AnswerBy: s.env.Now().Add(2 * time.Second)}, want)
	}
}

// asksInVain is a webhook that gave up before the run could answer.
func (s *scene) asksInVain() func() {
	return func() {
		s.update(workflows.UpdateAnswer, workflows.Asked{AnswerBy: s.env.Now().Add(-time.Second)}, "nothing")
	}
}

// keys is the caller at the gate.
func (s *scene) keys(try int, digits, want string) func() {
	return func() { s.update(workflows.UpdateGate, workflows.Pressed{Try: try, Digits: digits}, want) }
}

func (s *scene) hangsUp() func() {
	return func() { s.env.SignalWorkflow(workflows.SignalCallerOver, workflows.CallerOver{Status: "completed"}) }
}

func (s *scene) diverted() func() {
	return func() { s.env.SignalWorkflow(workflows.SignalDiverted, nil) }
}

func (s *scene) cancelled() func() { return func() { s.env.CancelWorkflow() } }

// settled completes the dial of a person's phone by its id, as the webhooks do. One that is over
// already stays as it was.
func (s *scene) settled(name string, result models.Result) func() {
	return func() {
		d := s.carrier.last(s.t, name)
		s.carrier.settle(d, models.Dialled{Result: result, Leg: d.leg}, nil)
	}
}

// told is the update of a phone that was picked up, without the completion of its dial.
func (s *scene) told(name, want string) func() {
	return func() {
		d := s.carrier.last(s.t, name)
		s.update(workflows.UpdateLeg, workflows.PickedUp{Attempt: d.Attempt.ID, Leg: d.leg}, want)
	}
}

// picksUp is a phone that is picked up: its dial is completed, then the run is asked.
func (s *scene) picksUp(name, want string) func() {
	return func() {
		s.settled(name, models.ResultPickedUp)()
		s.told(name, want)()
	}
}

// presses is a responder's key, or none, after so many hearings of the prompt.
func (s *scene) presses(name string, hearing int, digits, want string) func() {
	return func() {
		d := s.carrier.last(s.t, name)
		s.update(workflows.UpdateAccept, workflows.Chosen{
			Attempt: d.Attempt.ID, Leg: d.leg, Hearing: hearing, Digits: digits,
		}, want)
	}
}

// legEnds tells the run that a leg is over whose dial was settled before.
func (s *scene) legEnds(name string) func() {
	return func() {
		d := s.carrier.last(s.t, name)
		s.env.SignalWorkflow(workflows.SignalLegOver, workflows.LegOver{Attempt: d.Attempt.ID, Leg: d.leg})
	}
}

// loses is the winner's line that ends before they met the caller, who waits in the room.
func (s *scene) loses(name string) func() {
	return func() {
		s.carrier.met = false
		s.legEnds(name)()
	}
}

// recorded is the carrier's word of a message. It is empty when there is no recording.
func (s *scene) recorded(recording string, seconds int) func() {
	return func() {
		s.env.SignalWorkflow(workflows.SignalRecorded, workflows.Recorded{Recording: recording, Seconds: seconds})
	}
}

// measured is the carrier's last word of a recording.
func (s *scene) measured(recording string, seconds int) func() {
	return func() {
		s.env.SignalWorkflow(workflows.SignalRecorded, workflows.Recorded{Recording: recording, Seconds: seconds, Final: true})
	}
}

func (s *scene) transcribedOf(recording, text string) func() {
	return func() {
		s.env.SignalWorkflow(workflows.SignalTranscribed, workflows.Transcribed{Recording: recording, Text: text})
	}
}

func (s *scene) transcribed(text string) func() {
	return func() { s.env.SignalWorkflow(workflows.SignalTranscribed, workflows.Transcribed{Text: text}) }
}

// forwarded is the end of the line to the fixed number.
func (s *scene) forwarded(answered bool) func() {
	return func() {
		s.env.SignalWorkflow(workflows.SignalForwarded, workflows.Forwarded{Answered: answered, Status: "completed"})
	}
}
