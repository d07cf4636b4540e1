package workflows_test

import (
	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/workflows"
	"go.temporal.io/sdk/workflow"
)

// press is a responder's key, and what they are to hear.
type press struct{ name, digits, want string }

// together has responders press their keys in this order in one workflow task, which the test
// environment gives each update of its own otherwise. In the same task, before it, the run hears
// the signals that are given.
func (s *scene) together(when float64, presses []press, signals ...func()) {
	const signal = "pressed together"
	call := workflows.InboundCallBeside(func(ctx workflow.Context, choose func(workflows.Chosen) models.Answer) {
		workflow.GetSignalChannel(ctx, signal).Receive(ctx, nil)
		for _, p := range presses {
			d := s.carrier.last(s.t, p.name)
			answer := choose(workflows.Chosen{Attempt: d.Attempt.ID, Leg: d.leg, Hearing: 1, Digits: p.digits})
			if got := words(answer); got != p.want {
				s.t.Errorf("%s is answered %q, want %q", p.name, got, p.want)
			}
		}
	})
	s.env.RegisterWorkflowWithOptions(call, workflow.RegisterOptions{Name: "pressed together"})
	s.run = "pressed together"
	s.at(when, append(signals, func() { s.env.SignalWorkflow(signal, nil) })...)
}
