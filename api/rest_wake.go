package api

import (
	"context"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/workflows"
)

// wake has what is pending for the channel of an incident looked after. That this fails is logged alone: the
// store knows what is pending, and workflows.WakeChannels has it looked after again.
func (s *Server) wake(ctx context.Context, incidentID string) {
	if err := workflows.WakeIncident(ctx, s.temporal, incidentID); err != nil {
		s.log.WarnContext(ctx, "channel of an incident not told yet", "incident", incidentID, "cause", err)
	}
}

// redeliver has a receiver told again of an alert what it has not taken. It is safe to repeat.
func (s *Server) redeliver(ctx context.Context, alertID string, r models.ReceiverRef) error {
	return workflows.StartRedelivery(ctx, s.temporal, alertID, r)
}
