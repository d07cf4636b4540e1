package slack

import (
	"context"

	api "github.com/slack-go/slack"
)

// Source: Slack, conversations.info and conversations.history.
var checks = op{"look at the channel", "channels:read"}

const codeArchived = "is_archived"

// CheckChannel says whether PostTo would find a channel and may post there, as far as can be said without a message. A
// private channel that the app may read is taken for one in which it may post.
func (c *Client) CheckChannel(ctx context.Context, channel string) error {
	id, err := c.channelCalled(ctx, channel)
	if err != nil {
		return err
	}
	var found *api.Channel
	err = c.ask(ctx, checks, func(ctx context.Context, slack *api.Client) (err error) {
		if found, err = slack.GetConversationInfoContext(ctx, &api.GetConversationInfoInput{ChannelID: id}); err == nil {
			err = lacks(nil, found.ID)
		}
		return err
	})
	switch {
	case CodeOf(err) == codeMissingScope: // of private channels, which an app may post in without
		return c.ask(ctx, looks, func(ctx context.Context, slack *api.Client) error {
			_, err := slack.GetConversationHistoryContext(ctx, &api.GetConversationHistoryParameters{ChannelID: id, Limit: 1})
			return err
		})
	case err != nil:
		return err
	case found.IsArchived:
		return refusal(codeArchived)
	case !found.IsMember:
		return refusal(codeNotInChannel)
	}
	return nil
}

// refusal is what Slack would say if something was posted.
func refusal(code string) error {
	return &Error{Op: checks.words, Class: Final, Code: code, What: remedies[code].what}
}
