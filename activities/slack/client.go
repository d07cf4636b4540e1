// Package slack is the client of Slack: it opens the channel of an incident, invites people and posts
// what is said. Each method may be repeated: what is there already is found and not made twice.
// Whatever comes from callers and people is text there, never mark-up and never a mention.
//
// The app needs the bot scopes channels:manage, channels:read, channels:history, chat:write,
// users:read and users:read.email, and im:write and im:history for direct messages. It is an app of the
// workspace's own: those that are distributed without a review may look into a channel once a minute
// only. Source: Slack, rate limits.
package slack

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/ringdown/ringdown/models"
	api "github.com/slack-go/slack"
)

// Config says as which app Slack is used and where it is.
type Config struct {
	Token  string       // of the app's bot, as in xoxb-…; empty: there is no Slack
	APIURL string       // what stands before the methods; empty means https://slack.com/api
	Log    *slog.Logger // one debug line a request; nil means none
}

// validate reports every mistake at once and repeats no secret.
func (c Config) validate() error {
	var faults models.Faults
	if strings.ContainsFunc(c.Token, func(r rune) bool { return r <= ' ' || r > unicode.MaxASCII || r == '"' || r == '\'' }) {
		faults.Add("Token", "must be the bot's token alone, as in xoxb-…; look for spaces, quotes or line ends around it")
	}
	if u, err := url.Parse(c.APIURL); c.APIURL != "" &&
		(err != nil || u.Hostname() == "" || u.Scheme != "http" && u.Scheme != "https" || u.RawQuery != "" || u.User != nil) {
		faults.Add("APIURL", "must be http or https and a host, as in https://slack.com/api")
	}
	return faults.Err()
}

// Client asks things of Slack. It is safe for concurrent use. A nil one has no token.
type Client struct {
	api      *api.Client
	log      *slog.Logger
	patience time.Duration // how long one request may take, connecting and reading included
	called   sync.Map      // ids of people's channels, by name
}

// New makes a client. It reaches for nothing. The error is a models.Faults that names every mistake at
// once and repeats no secret.
func New(c Config) (*Client, error) {
	if err := c.validate(); err != nil {
		return nil, err
	}
	client := &Client{log: c.Log, patience: 10 * time.Second}
	if client.log == nil {
		client.log = slog.New(slog.DiscardHandler)
	}
	if c.Token == "" {
		return client, nil
	}
	base := strings.TrimSuffix(c.APIURL, "/")
	if base == "" {
		base = "https://slack.com/api"
	}
	client.api = api.New(c.Token, api.OptionAPIURL(base+"/"), api.OptionHTTPClient(&http.Client{
		Transport:     observed{http.DefaultTransport},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, // the token goes nowhere else
	}))
	return client, nil
}

// Ready says whether there is a token.
func (c *Client) Ready() bool { return c != nil && c.api != nil }

// Provider is where the people of new incidents talk: in Slack where there is a token.
func (c *Client) Provider() models.ChannelProvider {
	if c.Ready() {
		return models.ChannelSlack
	}
	return models.ChannelInternal
}

// op is one method of Slack's.
type op struct {
	words string // what it does for us
	scope string // that it needs
}

// ask makes one request and judges what came of it.
func (c *Client) ask(ctx context.Context, o op, request func(context.Context, *api.Client) error) error {
	if !c.Ready() {
		return &Error{Op: o.words, Class: Unusable, What: "there is no token for Slack: set SLACK_BOT_TOKEN"}
	}
	ctx, cancel := context.WithTimeout(ctx, c.patience)
	defer cancel()
	began, seen := time.Now(), &exchange{}
	unusable := request(context.WithValue(ctx, exchangeKey{}, seen), c.api) != nil
	err := seen.judge(o, unusable)
	c.log.LogAttrs(ctx, slog.LevelDebug, "slack asked",
		slog.String("op", o.words), slog.Int("status", seen.status), slog.String("code", seen.code),
		slog.String("class", string(ClassOf(err))), slog.Duration("duration", time.Since(began)))
	return err
}
