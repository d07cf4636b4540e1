package activities

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/ringdown/ringdown/activities/twilio"
	"github.com/ringdown/ringdown/models"
)

// RoomStarted says whether somebody has been in the room and nobody waits there alone any more: caller
// and responder have met, or whoever was there has left. A responder who has left it before the caller
// came looks the same, until the caller comes. It is safe to repeat.
func (p *Phone) RoomStarted(ctx context.Context, room string) (bool, error) {
	rooms, err := p.Carrier.Rooms(ctx, room)
	if err != nil {
		return false, fmt.Errorf("ask after room: %w", err)
	}
	return len(rooms) > 0 && !slices.ContainsFunc(rooms, twilio.Room.Waits), nil
}

// ForwardAnswered says whether the fixed number took the call of a caller. It is safe to repeat.
func (p *Phone) ForwardAnswered(ctx context.Context, callSID string) (bool, error) {
	lines, err := p.Carrier.DialledBy(ctx, callSID)
	if err != nil {
		return false, fmt.Errorf("ask after the line that call %s was forwarded to: %w", callSID, err)
	}
	return slices.ContainsFunc(lines, func(line twilio.State) bool { return line.Answered }), nil
}

// Recording asks for the message that a caller left, for when nobody told of it: the longest where there are several,
// since they were asked for it again. Its status is empty while the carrier knows of none in which something was said,
// and expected while it is at one. It is safe to repeat; the carrier's list may lag by a moment.
func (p *Phone) Recording(ctx context.Context, callSID string) (models.Voicemail, error) {
	found := models.Voicemail{Status: models.RecordingEmpty, Transcribe: models.TranscriptNone}
	recordings, err := p.Carrier.Recordings(ctx, callSID)
	if err != nil {
		return models.Voicemail{}, fmt.Errorf("ask for the recording of call %s: %w", callSID, err)
	}
	for _, r := range recordings {
		switch {
		case !r.Message() || r.Silent():
		case r.Ready() && r.Seconds > found.Seconds:
			found.Status, found.Recording, found.Seconds = models.RecordingReady, r.SID, r.Seconds
		case !r.Ready() && found.Status == models.RecordingEmpty:
			found.Status = models.RecordingExpected
		}
	}
	return found, nil
}

// Transcript is what a recording says, for when nobody told. It is empty where the carrier has made none, or not yet. It
// is safe to repeat.
func (p *Phone) Transcript(ctx context.Context, recording string) (string, error) {
	transcripts, err := p.Carrier.Transcripts(ctx, recording)
	if err != nil && !errors.Is(err, models.ErrNotFound) {
		return "", fmt.Errorf("ask for the transcript of recording %s: %w", recording, err)
	}
	for _, t := range transcripts {
		if t.Ready() {
			return models.Clip(t.Text, models.TranscriptLimit), nil
		}
	}
	return "", nil
}
