package activities

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ringdown/ringdown/activities/slack"
	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
)

func (c *Channels) open(ctx context.Context, i *models.Incident) error {
	if i.Channel.ID != "" {
		return nil
	}
	opened, err := c.Slack.OpenChannel(ctx, *i)
	if err != nil {
		return err
	}
	i.Channel.ID, i.Channel.Name, i.Channel.URL = opened.ID, opened.Name, opened.URL
	return nil
}

// headlineKey marks the headline in Slack.
const headlineKey = "headline"

// headline posts the headline or changes it. One that somebody has removed is posted again, and is not known
// any more until then: what is lost on the way is looked for when the step is repeated.
func (c *Channels) headline(ctx context.Context, channel *models.Channel, text string) error {
	if channel.Headline != "" {
		if err := c.changeHeadline(ctx, channel, channel.Headline, text); slack.CodeOf(err) != slack.CodeMessageNotFound {
			return err
		}
		channel.Headline, channel.ToldText = "", ""
	}
	found, err := c.Slack.Find(ctx, channel.ID, slack.Message{Key: headlineKey})
	if err != nil {
		return err
	}
	if found != "" { // the removed one, perhaps
		if err := c.changeHeadline(ctx, channel, found, text); slack.CodeOf(err) != slack.CodeMessageNotFound {
			return err
		}
	}
	id, err := c.Slack.Post(ctx, channel.ID, slack.Message{Key: headlineKey, Text: text})
	if err == nil {
		channel.Headline, channel.ToldText = id, untold+text
	}
	return err
}

// changeHeadline leaves the channel as it is when the headline is not there any more.
func (c *Channels) changeHeadline(ctx context.Context, channel *models.Channel, id, text string) error {
	err := c.Slack.Update(ctx, channel.ID, id, text)
	gone := slack.CodeOf(err) == slack.CodeMessageNotFound
	if err == nil || slack.ClassOf(err) == slack.Final && !gone { // not until it changes again
		channel.Headline, channel.ToldText = id, toldAfter(*channel, text)
	}
	return err
}

// topic is as the headline begins.
func (c *Channels) topic(ctx context.Context, channel *models.Channel) error {
	err := c.Slack.SetTopic(ctx, channel.ID, topicOf(headlineTold(*channel)))
	if err == nil || slack.ClassOf(err) == slack.Final { // not until it changes again
		channel.ToldText = headlineTold(*channel)
	}
	return err
}

// untold stands before the text that was told while the topic is not. No headline begins with it.
const untold = "\n"

func topicUntold(c models.Channel) bool { return strings.HasPrefix(c.ToldText, untold) }

func headlineTold(c models.Channel) string { return strings.TrimPrefix(c.ToldText, untold) }

// toldAfter is what was told once the headline says something else.
func toldAfter(c models.Channel, text string) string {
	if c.ToldText != "" && !topicUntold(c) && topicOf(c.ToldText) == topicOf(text) {
		return text
	}
	return untold + text
}

func topicOf(headline string) string {
	first, _, _ := strings.Cut(headline, "\n")
	return first
}

// invite puts somebody into the channel, and names there whoever has no account.
func (c *Channels) invite(ctx context.Context, work *store.ChannelWork, userID string) error {
	i := slices.IndexFunc(work.Participants, func(p models.Participant) bool { return p.UserID == userID })
	if i < 0 {
		return nil // it was done before
	}
	user, err := c.Store.User(ctx, userID)
	if errors.Is(err, models.ErrNotFound) {
		return c.keepInvitation(ctx, *work, userID, models.InvitationFailed, "is no longer in the directory")
	}
	if err != nil {
		return fmt.Errorf("read user %s: %w", userID, err)
	}
	channel := work.Incident.Channel
	invited, err := c.Slack.Invite(ctx, channel.ID, user)
	if err == nil && invited.Status == models.InvitationNamed {
		err = c.name(ctx, channel, work.Participants[i])
	}
	switch slack.ClassOf(err) {
	case "":
		return c.keepInvitation(ctx, *work, userID, invited.Status, invited.Why)
	case slack.Final:
		return c.keepInvitation(ctx, *work, userID, models.InvitationFailed, err.Error())
	default:
		return err
	}
}

// toBeNamed is what is known of somebody of whom the channel may have been told: it is looked for before
// it is told again.
const toBeNamed = "has no account in Slack and is to be named in the channel"

// name tells the channel of somebody who cannot be in it.
func (c *Channels) name(ctx context.Context, channel models.Channel, p models.Participant) error {
	if channel.Headline == "" {
		return &slack.Error{Op: "name " + p.Name, Class: slack.Retry, What: "the thread has not begun"}
	}
	again := p.Fault == toBeNamed
	if !again {
		p.Fault = toBeNamed
		if err := c.Store.KeepParticipant(context.WithoutCancel(ctx), p); err != nil {
			return fmt.Errorf("keep the invitation of user %s: %w", p.UserID, err)
		}
	}
	text := p.Name + " is not on Slack"
	if p.Why != "" {
		text += " and " + strings.TrimRight(p.Why, ".")
	}
	_, err := c.Slack.Post(ctx, channel.ID, slack.Message{Key: "named/" + p.UserID, Text: text + ".", Thread: channel.Headline, Again: again})
	return err
}

func (c *Channels) keepInvitation(ctx context.Context, work store.ChannelWork, userID string, status models.InvitationStatus, why string) error {
	i := slices.IndexFunc(work.Participants, func(p models.Participant) bool { return p.UserID == userID })
	if i < 0 {
		return nil
	}
	p := work.Participants[i]
	p.Status, p.Fault = status, why
	if status != models.InvitationFailed {
		now := time.Now()
		p.ToldAt = &now
	}
	if err := c.Store.KeepParticipant(context.WithoutCancel(ctx), p); err != nil {
		return fmt.Errorf("keep the invitation of user %s: %w", userID, err)
	}
	return nil
}

// asked marks a message that Slack may have: it is looked for before it is posted again.
const asked = "?"

// message posts a message below the headline.
func (c *Channels) message(ctx context.Context, work *store.ChannelWork, messageID string) error {
	i := slices.IndexFunc(work.Messages, func(m models.IncidentMessage) bool { return m.ID == messageID })
	if i < 0 {
		return nil // it was done before
	}
	m, again := work.Messages[i], work.Messages[i].Posted == asked
	if !again {
		m.Posted = asked
		if err := c.keepMessage(ctx, m); err != nil {
			return err
		}
	}
	channel := work.Incident.Channel
	id, err := c.Slack.Post(ctx, channel.ID, slack.Message{Key: m.ID, Text: said(m), Thread: channel.Headline, Again: again})
	switch slack.ClassOf(err) {
	case "":
		m.Status, m.Fault, m.Posted = models.MessagePosted, "", id
		return c.keepMessage(ctx, m)
	case slack.Final:
		return c.failMessage(ctx, *work, messageID, err.Error())
	default:
		return err
	}
}

// said is a message with who says it, unless it says so itself.
func said(m models.IncidentMessage) string {
	if m.Author == "" || m.Author == "ringdown" || strings.HasPrefix(m.Text, m.Author+" ") {
		return m.Text
	}
	return m.Author + ": " + m.Text
}

func (c *Channels) failMessage(ctx context.Context, work store.ChannelWork, messageID, why string) error {
	i := slices.IndexFunc(work.Messages, func(m models.IncidentMessage) bool { return m.ID == messageID })
	if i < 0 {
		return nil
	}
	m := work.Messages[i]
	m.Status, m.Fault, m.Posted = models.MessageFailed, why, ""
	return c.keepMessage(ctx, m)
}

func (c *Channels) keepMessage(ctx context.Context, m models.IncidentMessage) error {
	if err := c.Store.KeepMessage(context.WithoutCancel(ctx), m); err != nil {
		return fmt.Errorf("keep message %s: %w", m.ID, err)
	}
	return nil
}
