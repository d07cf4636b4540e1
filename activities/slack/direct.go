package slack

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"github.com/ringdown/ringdown/models"
	api "github.com/slack-go/slack"
)

// Source: Slack, conversations.open.
var opensDirect = op{"open the direct message", "im:write"}

// channelID is how Slack names a channel for programs. Names for people have no capital letter.
var channelID = regexp.MustCompile(`^[CDG][A-Z0-9]{5,30}$`)

// PostTo posts a message in a channel of people's, as Post does. The channel is an id, or the name of a public
// channel that the app was added to. That of a private one is always an id, and needs groups:history.
func (c *Client) PostTo(ctx context.Context, channel string, m Message) (id string, err error) {
	found, err := c.channelCalled(ctx, channel)
	if err != nil {
		return "", err
	}
	return c.Post(ctx, found, m)
}

// channelCalled is the id of a channel. What is found once stays known: a channel keeps its id when it gets
// another name.
func (c *Client) channelCalled(ctx context.Context, channel string) (string, error) {
	name := strings.TrimPrefix(strings.TrimSpace(channel), "#")
	if channelID.MatchString(name) || !c.Ready() { // without a token, Post says so
		return name, nil
	}
	if known, ok := c.called.Load(name); ok {
		return known.(string), nil
	}
	all, err := c.channels(ctx)
	if err != nil {
		return "", err
	}
	for _, ch := range all {
		if ch.Name == name {
			c.called.Store(name, ch.ID)
			return ch.ID, nil
		}
	}
	return "", &Error{
		Op: posts.words, Class: Final, Code: codeNotInChannel,
		What: fmt.Sprintf("the app is in no public channel called #%s: add it there, or give the channel's id", name),
	}
}

// Account is the account of a user: the one that the directory names, else the one with their e-mail
// address. It is empty when nobody who is active has that.
func (c *Client) Account(ctx context.Context, u models.User) (string, error) {
	if u.SlackUserID != "" {
		return u.SlackUserID, nil
	}
	account, err := c.byEmail(ctx, u.Email)
	switch {
	case CodeOf(err) == codeUsersNotFound:
		return "", nil
	case err != nil:
		return "", err
	case account.Deleted:
		return "", nil
	default:
		return account.ID, nil
	}
}

// DirectMessage posts a message that one account alone reads, as Post does. It needs the bot scopes im:write
// and im:history.
func (c *Client) DirectMessage(ctx context.Context, account string, m Message) (id string, err error) {
	var direct *api.Channel
	err = c.ask(ctx, opensDirect, func(ctx context.Context, slack *api.Client) (err error) {
		if direct, _, _, err = slack.OpenConversationContext(ctx, &api.OpenConversationParameters{Users: []string{account}}); err == nil {
			err = lacks(nil, direct.ID)
		}
		return err
	})
	if err != nil {
		return "", err
	}
	return c.Post(ctx, direct.ID, m)
}
