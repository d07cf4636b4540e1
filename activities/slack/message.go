package slack

import (
	"context"
	"errors"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	api "github.com/slack-go/slack"
)

// Source: Slack, chat.postMessage, chat.update, conversations.history and conversations.replies.
var (
	posts   = op{"post the message", "chat:write"}
	updates = op{"keep the message current", "chat:write"}
	looks   = op{"look whether the message is posted", "channels:history"}

	looksDirect = op{"look whether the message is posted", "im:history"}
)

const (
	longestText = 3000
	longestSent = 4000 // with what stands for &, < and >. Source: Slack, chat.update, msg_too_long
)

// eventType is what our messages are marked with. Source: Slack, message metadata.
const eventType = "ringdown"

// Message is a message to be posted.
type Message struct {
	Key    string // one message of a key in a channel; everybody in the workspace may read it
	Text   string // what is longer than Slack takes is cut
	Thread string // the id of the message that it answers; empty: it stands by itself
	Again  bool   // it may be there, because the reply to an earlier try was lost: look first

	Since   time.Time // it was not there before, by our clock: look no further back; zero: it may be of any age
	Mention string    // the account that is called by name before the text; empty: nobody
}

// Post posts a message and returns its id, or that of the one which an earlier try has posted.
func (c *Client) Post(ctx context.Context, channelID string, m Message) (id string, err error) {
	if m.Again {
		if id, err = c.Find(ctx, channelID, m); id != "" || err != nil {
			return id, err
		}
	}
	options := append(plain(m.Text, m.Mention),
		api.MsgOptionDisableMarkdown(), api.MsgOptionDisableLinkUnfurl(), api.MsgOptionDisableMediaUnfurl(),
		api.MsgOptionMetadata(api.SlackMetadata{EventType: eventType, EventPayload: map[string]any{"key": m.Key}}))
	if m.Thread != "" {
		options = append(options, api.MsgOptionTS(m.Thread))
	}
	err = c.ask(ctx, posts, func(ctx context.Context, slack *api.Client) (err error) {
		_, id, err = slack.PostMessageContext(ctx, channelID, options...)
		return lacks(err, id)
	})
	return id, err
}

// Update changes what a message says.
func (c *Client) Update(ctx context.Context, channelID, id, text string) error {
	return c.ask(ctx, updates, func(ctx context.Context, slack *api.Client) error {
		_, kept, _, err := slack.UpdateMessageContext(ctx, channelID, id, plain(text, "")...)
		return lacks(err, kept)
	})
}

// accountID is how Slack names an account. Whatever else would be mark-up.
var accountID = regexp.MustCompile(`^[UW][A-Z0-9]{1,30}$`)

// plain is a text of which nothing is mark-up, with a mention before it or none. The block is what people see, letter by letter; the
// text beside it is for notices, and an update of a text alone knows no way to switch mark-up off.
// Source: Slack, chat.update; rich text block.
func plain(text, mention string) []api.MsgOption {
	text = fit(text, longestText, longestSent)
	section := api.NewRichTextSection(api.NewRichTextSectionTextElement(text, nil))
	notice := escape(text)
	if accountID.MatchString(mention) {
		section = api.NewRichTextSection(
			api.NewRichTextSectionUserElement(mention, nil), api.NewRichTextSectionTextElement(" "+text, nil))
		notice = "<@" + mention + "> " + notice
	}
	return []api.MsgOption{
		api.MsgOptionText(notice, false), api.MsgOptionBlocks(api.NewRichTextBlock("", section)),
		api.MsgOptionParse(false), api.MsgOptionLinkNames(false),
	}
}

// Find looks for a message by its key. The id is empty when there is none.
func (c *Client) Find(ctx context.Context, channelID string, m Message) (id string, err error) {
	if m.Thread != "" {
		id, err = c.search(ctx, channelID, m.Key, func(ctx context.Context, slack *api.Client, cursor string) ([]api.Message, string, error) {
			replies, _, next, err := slack.GetConversationRepliesContext(ctx, &api.GetConversationRepliesParameters{
				ChannelID: channelID, Timestamp: m.Thread, Cursor: cursor, Limit: 200, IncludeAllMetadata: true,
			})
			return replies, next, err
		})
		if CodeOf(err) != codeThreadNotFound { // somebody has removed what it answers: it stands by itself
			return id, err
		}
	}
	return c.search(ctx, channelID, m.Key, func(ctx context.Context, slack *api.Client, cursor string) ([]api.Message, string, error) {
		page, err := slack.GetConversationHistoryContext(ctx, &api.GetConversationHistoryParameters{
			ChannelID: channelID, Cursor: cursor, Limit: 200, IncludeAllMetadata: true, Oldest: oldest(m.Since),
		})
		if err != nil {
			return nil, "", err
		}
		return page.Messages, page.ResponseMetaData.NextCursor, nil
	})
}

// clocks may differ by so much, Slack's and ours.
const clocks = 10 * time.Minute

// oldest is the time from which on messages are read, as Slack writes it; empty for all.
func oldest(since time.Time) string {
	if since.IsZero() {
		return ""
	}
	return strconv.FormatInt(since.Add(-clocks).Unix(), 10) + ".000000"
}

func (c *Client) search(ctx context.Context, channelID, key string, read func(context.Context, *api.Client, string) ([]api.Message, string, error)) (string, error) {
	cursor, looks := "", looks
	if strings.HasPrefix(channelID, "D") {
		looks = looksDirect
	}
	for range mostPages {
		var page []api.Message
		err := c.ask(ctx, looks, func(ctx context.Context, slack *api.Client) (err error) {
			page, cursor, err = read(ctx, slack, cursor)
			return err
		})
		if err != nil {
			return "", err
		}
		for _, m := range page {
			if m.Metadata.EventType == eventType && m.Metadata.EventPayload["key"] == key {
				return m.Timestamp, nil
			}
		}
		if cursor == "" {
			break
		}
	}
	return "", nil
}

var errLacks = errors.New("the answer lacks what was asked for")

// lacks is the error of an answer without what must be in it.
func lacks(err error, id string) error {
	if err == nil && id == "" {
		return errLacks
	}
	return err
}

// Three characters have a meaning in a text. Source: Slack, formatting message text.
var escapes = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

func escape(text string) string { return escapes.Replace(text) }

// fit cuts a text to so many characters, and to so many once it is escaped.
func fit(text string, most, mostEscaped int) string {
	text = strings.ToValidUTF8(text, "�")
	if utf8.RuneCountInString(text) <= most && utf8.RuneCountInString(escape(text)) <= mostEscaped {
		return text
	}
	width, count := 0, 0
	for at, r := range text {
		width, count = width+utf8.RuneCountInString(escape(string(r))), count+1
		if count > most-1 || width > mostEscaped-1 {
			return text[:at] + "…"
		}
	}
	return text
}
