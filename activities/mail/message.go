package mail

import (
	"context"
	"net/mail"
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/ringdown/ringdown/models"
	gomail "github.com/wneessen/go-mail"
)

// longestSubject is in bytes. Source: RFC 5322, 2.1.1, the limit of a line, with room for its encoding.
const longestSubject = 250

// compose writes a message for those who have an address that is one.
func (c *Client) compose(ctx context.Context, m Message) (*gomail.Msg, error) {
	var to []*mail.Address
	for _, text := range m.To {
		address, ok := parseAddress(text)
		if !ok {
			c.log.WarnContext(ctx, "nobody can be written to at an address", "mail", m.ID, "address", Mask(text))
			continue
		}
		if !slices.ContainsFunc(to, func(other *mail.Address) bool { return other.Address == address.Address }) {
			to = append(to, address)
		}
	}
	if len(to) == 0 {
		return nil, &Error{Class: Final, What: "was not asked: there is no address that is one"}
	}
	msg := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	msg.FromMailAddress(&c.server.from)
	msg.ToMailAddress(to...)
	msg.Subject(oneLine(m.Subject))
	msg.SetDate()
	msg.SetMessageIDWithValue(c.messageID(m.ID))
	msg.SetGenHeader("Auto-Submitted", "auto-generated") // so that no absence note comes back. Source: RFC 3834, 5
	msg.SetBodyString(gomail.TypeTextPlain, strings.ToValidUTF8(m.Text, "�"))
	return msg, nil
}

// messageID is made of what tells the message apart and our own domain. Nothing in it ends the header.
func (c *Client) messageID(id string) string { return url.QueryEscape(id) + "@" + c.server.domain() }

// parseAddress reads an address without a name. What it takes can be written into a header and a command.
func parseAddress(text string) (*mail.Address, bool) {
	if strings.ContainsFunc(text, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) || r == utf8.RuneError }) {
		return nil, false
	}
	address, err := mail.ParseAddress(text)
	if err != nil || address.Name != "" || address.Address != text {
		return nil, false
	}
	return address, true
}

// IsAddress says whether a text is an address, without a name, to which mail can be sent.
func IsAddress(text string) bool {
	_, ok := parseAddress(text)
	return ok
}

// oneLine is a text with nothing in it that begins a line or cannot be seen.
func oneLine(text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, "�"))
	return models.Clip(strings.Join(strings.Fields(text), " "), longestSubject)
}

// Mask is an address as it may be in a log, as in a***@example.com. Of what is none it shows nothing.
func Mask(address string) string {
	at := strings.LastIndexByte(address, '@')
	if at < 1 || strings.ContainsFunc(address[at+1:], notInDomain) {
		return "***"
	}
	first, _ := utf8.DecodeRuneInString(address)
	return string(first) + "***" + address[at:]
}

func notInDomain(r rune) bool {
	return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '.' && r != '-'
}
