package mail_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/ringdown/ringdown/activities/mail"
	"github.com/ringdown/ringdown/activities/mail/mailtest"
)

func TestAnErrorSaysWhatMayHelp(t *testing.T) {
	const words = "5.1.1 <bob@example.com>: no such person" // the server's own, which nobody is told
	for name, c := range map[string]struct {
		command string
		trouble mailtest.Trouble
		class   mail.Class
		code    int
		says    string
	}{
		"no code at all":               {"CONNECT", mailtest.Trouble{Code: 9, Text: "what?"}, mail.Retry, 0, "cannot be read"},
		"nobody is let in":             {"CONNECT", mailtest.Trouble{Code: 554, Text: words}, mail.Unusable, 554, "check the host in SMTP_URL"},
		"it is too busy":               {"CONNECT", mailtest.Trouble{Code: 421}, mail.Retry, 421, "says 421"},
		"it goes at once":              {"CONNECT", mailtest.Trouble{Drops: true}, mail.Retry, 0, "broke off"},
		"a greeting that is none":      {"CONNECT", mailtest.Trouble{Code: 250, Text: "hello"}, mail.Retry, 250, "says 250"},
		"it knows no such sender":      {"MAIL", mailtest.Trouble{Code: 550, Text: words}, mail.Unusable, 550, "may write as the address in from="},
		"it wants a password":          {"RCPT", mailtest.Trouble{Code: 530, Text: "5.7.0 Sign in first"}, mail.Unusable, 530, "530 5.7.0: it wants user and password"},
		"the sender must wait":         {"MAIL", mailtest.Trouble{Code: 452, Text: "4.3.1 " + words}, mail.Retry, 452, "says 452 4.3.1"},
		"no such mailbox":              {"RCPT", mailtest.Trouble{Code: 550, Text: words}, mail.Final, 550, "says 550 5.1.1: it knows no such mailbox"},
		"no such mailbox, in one code": {"RCPT bob@example.com", mailtest.Trouble{Code: 550, Text: "<bob@example.com>"}, mail.Final, 550, "says 550: check the address"},
		"a full mailbox":               {"RCPT", mailtest.Trouble{Code: 552, Text: "5.2.2 full"}, mail.Final, 552, "the mailbox is full"},
		"somebody else's":              {"RCPT", mailtest.Trouble{Code: 554, Text: "5.7.1 Relay access denied"}, mail.Final, 554, "not allowed to take it"},
		"it puts us off":               {"RCPT", mailtest.Trouble{Code: 450, Text: "4.2.0 greylisted"}, mail.Retry, 450, "says 450 4.2.0"},
		"it goes in the middle":        {"RCPT", mailtest.Trouble{Drops: true}, mail.Retry, 0, "broke off"},
		"it wants no text":             {"DATA", mailtest.Trouble{Code: 554, Text: "no"}, mail.Final, 554, "does not take this message"},
		"it likes no text of ours":     {".", mailtest.Trouble{Code: 550, Text: "5.7.1 spam"}, mail.Final, 550, "says 550 5.7.1"},
		"its disk is full":             {".", mailtest.Trouble{Code: 451}, mail.Retry, 451, "says 451"},
		"it goes before it says":       {".", mailtest.Trouble{Drops: true}, mail.Retry, 0, "broke off"},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t, mailtest.Offer{}, nil)
			d.server.Fail(c.command, c.trouble)
			err := d.sends(message)
			failed := mail.ErrorIn(err)
			if failed == nil || failed.Class != c.class || failed.Code != c.code {
				t.Fatalf("it is %+v", failed)
			}
			if says := err.Error(); !strings.HasPrefix(says, "the mail server ") || !strings.Contains(says, c.says) || strings.Contains(says, "such person") {
				t.Errorf("it says %q", says)
			}
			if got := d.server.Mails(); len(got) != 0 {
				t.Errorf("it took %v", got)
			}
		})
	}
}

func TestAServerThatIsNotThereIsTriedAgain(t *testing.T) {
	for name, host := range map[string]string{"nobody listens": "127.0.0.1:1", "no such name": "mail.invalid:587"} {
		d := newDesk(t, mailtest.Offer{}, func(string) string { return "smtp://" + host + "?from=" + mailtest.From })
		if err := d.sends(message); mail.ClassOf(err) != mail.Retry || !strings.Contains(err.Error(), "SMTP_URL") {
			t.Errorf("%s: it says %v", name, err)
		}
	}
}

func TestWhoeverIsRefusedKeepsNothingFromTheOthers(t *testing.T) {
	m := mail.Message{To: []string{"alice@example.com", "bob@example.com", "carol@example.com", "nobody"}, Subject: "Numbers", Text: "One.", ID: "one"}
	for name, c := range map[string]struct {
		bob, carol *mailtest.Trouble
		class      mail.Class
		to         []string
	}{
		"none is":                {nil, nil, "", []string{"alice@example.com", "bob@example.com", "carol@example.com"}},
		"one is":                 {&mailtest.Trouble{Code: 550}, nil, "", []string{"alice@example.com", "carol@example.com"}},
		"two are":                {&mailtest.Trouble{Code: 550}, &mailtest.Trouble{Code: 552}, "", []string{"alice@example.com"}},
		"one is put off":         {nil, &mailtest.Trouble{Code: 450}, mail.Retry, nil},
		"one is, one is put off": {&mailtest.Trouble{Code: 550}, &mailtest.Trouble{Code: 450}, mail.Retry, nil},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t, mailtest.Offer{}, nil)
			for address, trouble := range map[string]*mailtest.Trouble{"bob": c.bob, "carol": c.carol} {
				if trouble != nil {
					d.server.Fail("RCPT "+address+"@example.com", *trouble)
				}
			}
			err := d.sends(m)
			var to []string
			for _, got := range d.server.Mails() {
				to = append(to, got.To...)
			}
			if mail.ClassOf(err) != c.class || !slices.Equal(to, c.to) {
				t.Errorf("it went to %q (%v)", to, err)
			}
			if c.bob != nil && err == nil && !strings.Contains(d.logged.String(), "b***@example.com") {
				t.Errorf("it logs %s", d.logged.String())
			}
		})
	}
}
