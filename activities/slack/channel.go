package slack

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/ringdown/ringdown/models"
	api "github.com/slack-go/slack"
)

// Channel is a channel of Slack's.
type Channel struct {
	ID   string
	Name string
	URL  string // for a browser; empty when Slack does not say where the workspace is
}

// What is asked of channels, each with the scope of a bot that it needs.
// Source: Slack, auth.test, conversations.create, .info, .setTopic, .setPurpose and users.conversations.
var (
	asksWho     = op{"ask for the app's account", ""}
	opens       = op{"open the channel", "channels:manage"}
	claims      = op{"describe the channel", "channels:manage"}
	looksFor    = op{"look for the channel", "channels:read"}
	readsTopic  = op{"set the topic", "channels:read"}
	writesTopic = op{"set the topic", "channels:manage"}
)

const (
	longestName  = 80  // of a channel. Source: Slack, conversations.create
	longestTopic = 250 // characters. Source: Slack, conversations.setTopic
	mostNames    = 20  // that are tried for one channel
	mostPages    = 100
)

// OpenChannel opens the public channel of an incident, or finds the one that it has opened before. A
// name that somebody else uses gets a number behind it.
func (c *Client) OpenChannel(ctx context.Context, i models.Incident) (Channel, error) {
	us, err := c.account(ctx)
	if err != nil {
		return Channel{}, err
	}
	var known []api.Channel // those that we are in, once they are needed
	for nth := 1; nth <= mostNames; nth++ {
		channel, err := c.create(ctx, channelName(i, nth))
		if CodeOf(err) == codeNameTaken {
			if known == nil {
				if known, err = c.channels(ctx); err != nil {
					return Channel{}, err
				}
			}
			if channel = ours(known, channelName(i, nth), us.UserID, i.ID); channel == nil {
				continue
			}
			err = nil
		}
		if err != nil {
			return Channel{}, err
		}
		if err := c.claim(ctx, channel, i); ClassOf(err) == Retry {
			return Channel{}, err // what Slack refuses can be done without
		}
		return Channel{ID: channel.ID, Name: channel.Name, URL: link(us.URL, channel.ID)}, nil
	}
	return Channel{}, &Error{
		Op: opens.words, Class: Final, Code: codeNameTaken,
		What: fmt.Sprintf("others have channels called %s to %s: rename or archive them", channelName(i, 1), channelName(i, mostNames)),
	}
}

// channelName is the nth name that is tried for an incident, as in inc-12-call-to-support-2. Slack
// takes small letters, digits and hyphens, at most 80. Source: Slack, conversations.create.
func channelName(i models.Incident, nth int) string {
	var name strings.Builder
	fmt.Fprintf(&name, "inc-%d", i.Number)
	apart := true // something lies between the last character and the next
	for _, r := range strings.ToLower(i.Name) {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			if apart {
				name.WriteByte('-')
			}
			name.WriteRune(r)
			apart = false
			continue
		}
		apart = true
	}
	number := ""
	if nth > 1 {
		number = "-" + strconv.Itoa(nth)
	}
	return strings.TrimRight(models.Clip(name.String(), longestName-len(number)), "-") + number
}

func (c *Client) account(ctx context.Context) (us api.AuthTestResponse, err error) {
	err = c.ask(ctx, asksWho, func(ctx context.Context, slack *api.Client) error {
		answer, err := slack.AuthTestContext(ctx)
		if err == nil {
			us = *answer
		}
		return lacks(err, us.UserID)
	})
	return us, err
}

func (c *Client) create(ctx context.Context, name string) (channel *api.Channel, err error) {
	err = c.ask(ctx, opens, func(ctx context.Context, slack *api.Client) (err error) {
		if channel, err = slack.CreateConversationContext(ctx, api.CreateConversationParams{ChannelName: name}); err == nil {
			err = lacks(nil, channel.ID)
		}
		return err
	})
	return channel, err
}

// channels are those that the app is in, as it is in each that it has opened. Source: Slack,
// users.conversations.
func (c *Client) channels(ctx context.Context) ([]api.Channel, error) {
	all := []api.Channel{}
	params := api.GetConversationsForUserParameters{Limit: 200, Types: []string{"public_channel"}}
	for range mostPages {
		err := c.ask(ctx, looksFor, func(ctx context.Context, slack *api.Client) error {
			some, next, err := slack.GetConversationsForUserContext(ctx, &params)
			all, params.Cursor = append(all, some...), next
			return err
		})
		if err != nil || params.Cursor == "" {
			return all, err
		}
	}
	return all, nil
}

// ours is the channel of an incident among those that we are in: we have created it, and it says so or
// says nothing yet.
func ours(known []api.Channel, name, us, incidentID string) *api.Channel {
	i := slices.IndexFunc(known, func(ch api.Channel) bool {
		return ch.Name == name && ch.Creator == us && (ch.Purpose.Value == "" || strings.Contains(ch.Purpose.Value, incidentID))
	})
	if i < 0 {
		return nil
	}
	return &known[i]
}

// claim writes into a channel which incident it is of.
func (c *Client) claim(ctx context.Context, channel *api.Channel, i models.Incident) error {
	if strings.Contains(channel.Purpose.Value, i.ID) {
		return nil
	}
	return c.ask(ctx, claims, func(ctx context.Context, slack *api.Client) error {
		_, err := slack.SetPurposeOfConversationContext(ctx, channel.ID, fmt.Sprintf("%s, opened by Ringdown (%s)", i.Label(), i.ID))
		return err
	})
}

// link is where a browser finds a channel.
func link(workspace, channelID string) string {
	u, err := url.Parse(workspace)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return ""
	}
	return u.JoinPath("archives", channelID).String()
}

// SetTopic sets the topic of a channel, unless it has it: each change is told to everybody there. What
// is longer than Slack takes is cut.
func (c *Client) SetTopic(ctx context.Context, channelID, topic string) error {
	topic = fit(topic, longestTopic, longestTopic)
	var channel *api.Channel
	err := c.ask(ctx, readsTopic, func(ctx context.Context, slack *api.Client) (err error) {
		if channel, err = slack.GetConversationInfoContext(ctx, &api.GetConversationInfoInput{ChannelID: channelID}); err == nil {
			err = lacks(nil, channel.ID)
		}
		return err
	})
	if err != nil || channel.Topic.Value == topic || channel.Topic.Value == escape(topic) {
		return err
	}
	return c.ask(ctx, writesTopic, func(ctx context.Context, slack *api.Client) error {
		_, err := slack.SetTopicOfConversationContext(ctx, channelID, escape(topic))
		return err
	})
}
