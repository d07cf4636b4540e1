package mail_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ringdown/ringdown/activities/mail"
	"github.com/ringdown/ringdown/activities/mail/mailtest"
)

func TestAServerIsCheckedWithoutAMessage(t *testing.T) {
	const words = "5.1.1 <ringdown@example.com> who?" // the server's own, which nobody is told
	for name, c := range map[string]struct {
		offer   mailtest.Offer
		command string // that fails; empty: none does
		trouble mailtest.Trouble
		url     func(port string) string
		class   mail.Class
		says    string
	}{
		"all is well":            {mailtest.Offer{}, "", mailtest.Trouble{}, nil, "", ""},
		"with TLS and password":  {mailtest.Offer{STARTTLS: true, Ways: "PLAIN"}, "", mailtest.Trouble{}, func(port string) string { return signed("smtp", port, "") }, "", ""},
		"it says no goodbye":     {mailtest.Offer{}, "QUIT", mailtest.Trouble{Drops: true}, nil, "", ""},
		"nobody is let in":       {mailtest.Offer{}, "CONNECT", mailtest.Trouble{Code: 554, Text: words}, nil, mail.Unusable, "check the host in SMTP_URL"},
		"it is too busy":         {mailtest.Offer{}, "MAIL", mailtest.Trouble{Code: 421, Text: words}, nil, mail.Retry, "says 421"},
		"it speaks no TLS":       {mailtest.Offer{Ways: "PLAIN"}, "", mailtest.Trouble{}, func(port string) string { return signed("smtp", port, "") }, mail.Unusable, "offers no STARTTLS"},
		"it knows no such user":  {mailtest.Offer{STARTTLS: true, Ways: "PLAIN"}, "AUTH", mailtest.Trouble{Code: 535, Text: words}, func(port string) string { return signed("smtp", port, "") }, mail.Unusable, "check user and password in SMTP_URL"},
		"it wants a password":    {mailtest.Offer{Ways: "PLAIN"}, "", mailtest.Trouble{}, nil, mail.Unusable, "it wants user and password in SMTP_URL"},
		"nobody may write as we": {mailtest.Offer{}, "MAIL", mailtest.Trouble{Code: 550, Text: words}, nil, mail.Unusable, "may write as the address in from="},
		"nobody is there":        {mailtest.Offer{}, "", mailtest.Trouble{}, func(string) string { return "smtp://127.0.0.1:1?from=" + mailtest.From }, mail.Retry, "cannot be reached: check SMTP_URL"},
		"it never answers":       {mailtest.Offer{}, "EHLO", mailtest.Trouble{Hangs: true}, nil, mail.Retry, "did not answer in time"},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t, c.offer, c.url)
			if c.command != "" {
				d.server.Fail(c.command, c.trouble)
			}
			if c.trouble.Hangs {
				d.client.Hurry(200 * time.Millisecond)
			}
			err := d.client.Check(t.Context())
			if mail.ClassOf(err) != c.class || err != nil && (!strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "who?") || strings.Contains(err.Error(), mailtest.Password)) {
				t.Errorf("it says %v", err)
			}
			for _, line := range d.server.Said() {
				if strings.HasPrefix(line, "RCPT") || strings.HasPrefix(line, "DATA") {
					t.Errorf("said: %q", line)
				}
			}
			if err == nil && !slices.Contains(d.server.Said(), "QUIT") {
				t.Errorf("left without a word: %q", d.server.Said())
			}
		})
	}
}

func TestWithoutAServerNothingIsChecked(t *testing.T) {
	var none *mail.Client
	if err := none.Check(t.Context()); mail.ClassOf(err) != mail.Unusable || !strings.Contains(err.Error(), "set SMTP_URL") {
		t.Errorf("it says %v", err)
	}
}
