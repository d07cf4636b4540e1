package api

import (
	"context"

	"github.com/ringdown/ringdown/models"
)

type whoKey struct{}

// withWho makes a request one of somebody.
func withWho(ctx context.Context, who models.Who) context.Context {
	return context.WithValue(ctx, whoKey{}, who)
}

// whoOf is whose key a request came with.
func whoOf(ctx context.Context) models.Who {
	who, _ := ctx.Value(whoKey{}).(models.Who)
	return who
}

// roleOf is the role of the key that a request came with.
func roleOf(ctx context.Context) models.Role { return whoOf(ctx).Role }

// voicemailFor is a caller's message as whoever asks may see it: without what it says for those who may not
// read that.
func voicemailFor(ctx context.Context, v *models.Voicemail) *models.Voicemail {
	if v == nil || roleOf(ctx).ReadsCallers() {
		return v
	}
	shown := *v
	shown.Transcript = ""
	return &shown
}

func callFor(ctx context.Context, call models.Call) models.Call {
	call.Voicemail = voicemailFor(ctx, call.Voicemail)
	return call
}

// alertFor is an alert as whoever asks may see it. Its empty lists show as such.
func alertFor(ctx context.Context, alert models.Alert) models.Alert {
	alert.Voicemail = voicemailFor(ctx, alert.Voicemail)
	return withoutNulls(alert)
}

// notForYou stands for a message that repeats what a caller has said.
const notForYou = "The message can be read by admins and reviewers."

func messageFor(ctx context.Context, m models.IncidentMessage) models.IncidentMessage {
	if m.TellsTranscript() && !roleOf(ctx).ReadsCallers() {
		m.Text = notForYou
	}
	return m
}

// receiverFor is a receiver as whoever asks may see it: with the host alone for those who may not know its
// address.
func receiverFor(ctx context.Context, r models.Receiver) models.Receiver {
	if r = r.Shown(); roleOf(ctx).ReadsAddresses() {
		return r
	}
	return r.HostAlone()
}

// eachFor is each with what whoever asks may see of an element.
func eachFor[A, B any](ctx context.Context, list []A, shown func(context.Context, A) B) []B {
	return each(list, func(a A) B { return shown(ctx, a) })
}
