package slacktest

import (
	"encoding/json"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// method is one of the Web API. Source: Slack, the reference of each method.
type method struct {
	scope string // that a bot needs; empty means none
	args  []string
	does  func(s *Server, args url.Values) reply
}

var methods = map[string]method{
	"auth.test":                {"", nil, (*Server).who},
	"conversations.create":     {"channels:manage", []string{"name", "is_private", "team_id"}, (*Server).create},
	"conversations.info":       {"channels:read", []string{"channel", "include_locale", "include_num_members"}, inChannel((*Server).info)},
	"conversations.setTopic":   {"channels:manage", []string{"channel", "topic"}, inChannel((*Server).setTopic)},
	"conversations.setPurpose": {"channels:manage", []string{"channel", "purpose"}, inChannel((*Server).setPurpose)},
	"conversations.invite":     {"channels:manage", []string{"channel", "users", "force"}, inChannel((*Server).invite)},
	"conversations.history":    {"channels:history", reading, inChannel((*Server).history)},
	"conversations.replies":    {"channels:history", append([]string{"ts"}, reading...), inChannel((*Server).replies)},
	"conversations.open":       {"im:write", []string{"users", "return_im"}, (*Server).direct},
	"users.conversations":      {"channels:read", []string{"cursor", "limit", "types", "user", "exclude_archived", "team_id"}, (*Server).joined},
	"users.lookupByEmail":      {"users:read.email", []string{"email"}, (*Server).lookup},
	"chat.postMessage": {"chat:write", []string{
		"channel", "text", "blocks", "metadata", "mrkdwn", "parse", "link_names", "thread_ts", "reply_broadcast", "unfurl_links", "unfurl_media",
	}, inChannel((*Server).post)},
	"chat.update": {"chat:write", []string{"channel", "ts", "text", "blocks", "metadata", "parse", "link_names", "reply_broadcast"}, inChannel((*Server).update)},
}

var reading = []string{"channel", "cursor", "limit", "oldest", "latest", "inclusive", "include_all_metadata"}

// needed is the scope for a request: what is about direct messages has one of its own.
func (m method) needed(args url.Values) string {
	if kind, ok := strings.CutPrefix(m.scope, "channels:"); ok && strings.HasPrefix(args.Get("channel"), "D") {
		return "im:" + kind
	}
	return m.scope
}

// direct opens the direct messages to an account, or finds them.
func (s *Server) direct(args url.Values) reply {
	account := args.Get("users")
	switch i := slices.IndexFunc(s.users, func(u User) bool { return u.ID == account }); {
	case i < 0:
		return refusal("user_not_found")
	case s.users[i].Deleted:
		return refusal("user_disabled")
	}
	i := slices.IndexFunc(s.channels, func(c *Channel) bool { return c.Name == "@"+account })
	if i < 0 {
		i = len(s.channels)
		s.channels = append(s.channels, &Channel{ID: s.newID("D"), Name: "@" + account, Creator: App, Members: []string{account}})
	}
	return reply{"no_op": true, "already_open": true, "channel": reply{"id": s.channels[i].ID}}
}

// inChannel finds the channel that a request names.
func inChannel(does func(*Server, *Channel, url.Values) reply) func(*Server, url.Values) reply {
	return func(s *Server, args url.Values) reply {
		for _, c := range s.channels {
			if c.ID == args.Get("channel") {
				return does(s, c, args)
			}
		}
		return refusal("channel_not_found")
	}
}

func (s *Server) who(url.Values) reply {
	return reply{"url": "https://example.slack.com/", "team": "Example", "user": "ringdown", "team_id": "T0EXAMPLE", "user_id": App, "bot_id": "B0APP"}
}

var channelName = regexp.MustCompile(`^[a-z0-9_-]{1,80}$`)

func (s *Server) create(args url.Values) reply {
	name := args.Get("name")
	switch {
	case !channelName.MatchString(name):
		return refusal("invalid_name_specials")
	case slices.ContainsFunc(s.channels, func(c *Channel) bool { return c.Name == name }):
		return refusal("name_taken")
	}
	c := &Channel{ID: s.newID("C"), Name: name, Creator: App}
	s.channels = append(s.channels, c)
	return reply{"channel": c.object()}
}

// object is a conversation. Source: Slack, conversation object.
func (c *Channel) object() reply {
	return reply{
		"id": c.ID, "name": c.Name, "name_normalized": c.Name, "is_channel": true, "is_private": false, "creator": c.Creator, "created": 1700000000,
		"is_archived": c.Archived, "is_member": c.hasApp(),
		"topic":   reply{"value": escape(c.Topic), "creator": "", "last_set": 0},
		"purpose": reply{"value": escape(c.Purpose), "creator": "", "last_set": 0},
	}
}

// hasApp says whether the app is in a channel.
func (c *Channel) hasApp() bool { return c.Creator == App || slices.Contains(c.Members, App) }

func (s *Server) info(c *Channel, _ url.Values) reply { return reply{"channel": c.object()} }

func (s *Server) setTopic(c *Channel, args url.Values) reply {
	topic := unescape(args.Get("topic"))
	switch {
	case c.Archived:
		return refusal("is_archived")
	case utf8.RuneCountInString(args.Get("topic")) > 250:
		return refusal("too_long")
	}
	c.Topic = topic
	c.Topics++
	return reply{"channel": c.object()}
}

func (s *Server) setPurpose(c *Channel, args url.Values) reply {
	c.Purpose = unescape(args.Get("purpose"))
	return reply{"purpose": args.Get("purpose"), "channel": c.object()}
}

func (s *Server) invite(c *Channel, args url.Values) reply {
	account := args.Get("users")
	refused := func(word string) reply {
		return reply{"ok": false, "error": word, "errors": []reply{{"user": account, "ok": false, "error": word}}}
	}
	i := slices.IndexFunc(s.users, func(u User) bool { return u.ID == account })
	switch {
	case c.Archived:
		return refusal("is_archived")
	case account == App:
		return refused("cant_invite_self")
	case i < 0 || s.users[i].Deleted:
		return refused("user_not_found")
	case s.users[i].Refused != "":
		return refused(s.users[i].Refused)
	case slices.Contains(c.Members, account):
		return refused("already_in_channel")
	}
	c.Members = append(c.Members, account)
	return reply{"channel": c.object()}
}

func (s *Server) lookup(args url.Values) reply {
	i := slices.IndexFunc(s.users, func(u User) bool { return strings.EqualFold(u.Email, args.Get("email")) })
	if i < 0 {
		return refusal("users_not_found")
	}
	return reply{"user": reply{"id": s.users[i].ID, "deleted": s.users[i].Deleted, "profile": reply{"email": s.users[i].Email}}}
}

func (s *Server) joined(args url.Values) reply {
	var mine []reply
	for _, c := range s.channels {
		if c.hasApp() && !c.Archived && !strings.HasPrefix(c.ID, "D") {
			mine = append(mine, c.object())
		}
	}
	some, next := page(mine, args, s.Page)
	return reply{"channels": some, "response_metadata": reply{"next_cursor": next}}
}

func (s *Server) post(c *Channel, args url.Values) reply {
	m, refused := s.message(args)
	switch {
	case refused != nil:
		return refused
	case c.Archived:
		return refusal("is_archived")
	case !c.hasApp():
		return refusal("not_in_channel")
	case args.Get("mrkdwn") != "false" || args.Get("unfurl_links") != "false" || args.Get("unfurl_media") != "false":
		m.Markup = true
	}
	m.ID, m.Thread = s.newID(""), args.Get("thread_ts")
	if m.Thread != "" && !slices.ContainsFunc(c.Messages, func(parent Message) bool { return parent.ID == m.Thread }) {
		m.Thread = "" // Slack posts it by itself when what it answers is gone
	}
	c.Messages = append(c.Messages, m)
	return reply{"channel": c.ID, "ts": m.ID, "message": m.object(false)}
}

func (s *Server) update(c *Channel, args url.Values) reply {
	m, refused := s.message(args)
	i := slices.IndexFunc(c.Messages, func(m Message) bool { return m.ID == args.Get("ts") })
	switch {
	case refused != nil:
		return refused
	case i < 0:
		return refusal("message_not_found")
	case c.Archived:
		return refusal("is_inactive")
	case utf8.RuneCountInString(args.Get("text")) > 4000:
		return refusal("msg_too_long")
	}
	c.Messages[i].Text, c.Messages[i].Notice, c.Messages[i].Markup = m.Text, m.Notice, m.Markup
	c.Messages[i].Edits++
	return reply{"channel": c.ID, "ts": m.ID, "text": args.Get("text"), "message": c.Messages[i].object(false)}
}

// richText is the one block that is known here. Source: Slack, rich text block.
type richText struct {
	Type     string `json:"type"`
	Elements []struct {
		Type     string `json:"type"`
		Elements []struct {
			Type string `json:"type"`
			Text string `json:"text"`
			User string `json:"user_id"`
		} `json:"elements"`
	} `json:"elements"`
}

// mention is one at the beginning of the text for notices, the only one that is expected.
var mention = regexp.MustCompile(`^<@[UW][A-Z0-9]+> `)

// message reads what a message says.
func (s *Server) message(args url.Values) (Message, reply) {
	if args.Get("text") == "" {
		return Message{}, refusal("no_text")
	}
	m := Message{
		ID: args.Get("ts"), Notice: unescape(args.Get("text")),
		Markup: strings.ContainsAny(mention.ReplaceAllString(args.Get("text"), ""), "<>") || args.Get("parse") != "none" || args.Get("link_names") != "false",
	}
	var blocks []richText
	if json.Unmarshal([]byte(args.Get("blocks")), &blocks) != nil {
		return m, refusal("invalid_blocks")
	}
	for _, b := range blocks {
		for _, section := range b.Elements {
			for _, e := range section.Elements {
				m.Markup = m.Markup || b.Type != "rich_text" || section.Type != "rich_text_section" || e.Type != "text" && e.Type != "user"
				m.Calls += e.User
				m.Text += e.Text
			}
		}
	}
	var metadata struct {
		Type    string            `json:"event_type"`
		Payload map[string]string `json:"event_payload"`
	}
	if given := args.Get("metadata"); given != "" && (json.Unmarshal([]byte(given), &metadata) != nil || metadata.Type == "") {
		return m, refusal("invalid_metadata_format")
	}
	m.Key = metadata.Payload["key"]
	return m, nil
}

func (m Message) object(metadata bool) reply {
	object := reply{"type": "message", "user": App, "bot_id": "B0APP", "text": escape(m.Notice), "ts": m.ID}
	if m.Thread != "" {
		object["thread_ts"] = m.Thread
	}
	if metadata && m.Key != "" {
		object["metadata"] = reply{"event_type": "ringdown", "event_payload": reply{"key": m.Key}}
	}
	return object
}

// history is what stands by itself in a channel, the newest first.
func (s *Server) history(c *Channel, args url.Values) reply {
	return s.read(c, args, func(m Message) bool { return m.Thread == "" }, true)
}

// replies is a thread, with the message that it is below.
func (s *Server) replies(c *Channel, args url.Values) reply {
	parent := args.Get("ts")
	if !slices.ContainsFunc(c.Messages, func(m Message) bool { return m.ID == parent }) {
		return refusal("thread_not_found")
	}
	return s.read(c, args, func(m Message) bool { return m.ID == parent || m.Thread == parent }, false)
}

func (s *Server) read(c *Channel, args url.Values, has func(Message) bool, newestFirst bool) reply {
	found := []reply{}
	if !c.hasApp() {
		return refusal("not_in_channel")
	}
	for _, m := range c.Messages {
		if has(m) && m.ID > args.Get("oldest") {
			found = append(found, m.object(args.Get("include_all_metadata") == "1"))
		}
	}
	if newestFirst {
		slices.Reverse(found)
	}
	some, next := page(found, args, s.Page)
	return reply{"messages": some, "has_more": next != "", "response_metadata": reply{"next_cursor": next}}
}

// page is the part of a list that a request asks for.
func page(all []reply, args url.Values, most int) (some []reply, next string) {
	from, _ := strconv.Atoi(args.Get("cursor")) // none is the beginning
	if asked, err := strconv.Atoi(args.Get("limit")); err == nil {
		most = min(most, asked)
	}
	from = min(from, len(all))
	to := min(from+most, len(all))
	if to < len(all) {
		next = strconv.Itoa(to)
	}
	return all[from:to], next
}

func escape(text string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(text)
}

func unescape(text string) string {
	return strings.NewReplacer("&amp;", "&", "&lt;", "<", "&gt;", ">").Replace(text)
}
