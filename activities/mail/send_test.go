package mail_test

import (
	"bytes"
	"context"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ringdown/ringdown/activities/mail"
	"github.com/ringdown/ringdown/activities/mail/mailtest"
)

// message is to Bob.
var message = mail.Message{To: []string{"bob@example.com"}, Subject: "Your number", Text: "It works.\n", ID: "0195-notice"}

// desk is a mail server and a client that uses it, with all that it logs.
type desk struct {
	*testing.T
	server *mailtest.Server
	client *mail.Client
	logged bytes.Buffer
}

// newDesk opens a desk. url says how the server is used; nil means without TLS and without a password.
func newDesk(t *testing.T, offer mailtest.Offer, url func(port string) string) *desk {
	t.Helper()
	d := &desk{T: t, server: mailtest.New(t, offer)}
	address := d.server.URL()
	if url != nil {
		address = url(d.server.Port)
	}
	client, err := mail.New(mail.Config{URL: address, Log: slog.New(slog.NewJSONHandler(&d.logged, &slog.HandlerOptions{Level: slog.LevelDebug}))})
	if err != nil {
		t.Fatal(err)
	}
	client.Trust(d.server.Roots)
	d.client = client
	t.Cleanup(d.saysNothingPersonal)
	return d
}

// saysNothingPersonal looks at all that was logged.
func (d *desk) saysNothingPersonal() {
	d.Helper()
	for _, word := range []string{"bob@", "alice@", "carol@", mailtest.Password, "p%40ss"} {
		if strings.Contains(d.logged.String(), word) {
			d.Errorf("%s is logged: %s", word, d.logged.String())
		}
	}
}

// sends sends a message and looks at what the error says.
func (d *desk) sends(m mail.Message) error {
	d.Helper()
	err := d.client.Send(d.Context(), m)
	if err != nil {
		if mail.ClassOf(err) == "" {
			d.Errorf("it says %v, which is of no class", err)
		}
		for _, word := range []string{"bob@", "alice@", "carol@", mailtest.Password, mailtest.User + ":"} {
			if strings.Contains(err.Error(), word) {
				d.Errorf("it says %v", err)
			}
		}
	}
	return err
}

func TestAMessageArrivesAsItWasWritten(t *testing.T) {
	for name, m := range map[string]mail.Message{
		"a short one":      message,
		"two addresses":    {To: []string{"bob@example.com", "alice@example.com", "bob@example.com"}, Subject: "Numbers", Text: "Two.\n", ID: "2"},
		"other letters":    {To: []string{"bob@example.com"}, Subject: "Rufnummer für Köln — 電話", Text: "Grüße\n電話\n", ID: "3"},
		"a long subject":   {To: []string{"bob@example.com"}, Subject: strings.TrimSpace(strings.Repeat("number ", 30)), Text: "Long.\n", ID: "4"},
		"long lines, dots": {To: []string{"bob@example.com"}, Subject: "Dots", Text: ".\n..\n" + strings.Repeat("x", 2000) + "\n.\nFrom here = there\n", ID: "5"},
		"nothing to say":   {To: []string{"bob@example.com"}, Subject: "", Text: "", ID: "6"},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t, mailtest.Offer{}, nil)
			if err := d.sends(m); err != nil {
				t.Fatal(err)
			}
			got := d.server.Mails()[0]
			to := slices.Compact(slices.Clone(m.To[:min(len(m.To), 2)]))
			if got.From != mailtest.From || !slices.Equal(got.To, to) || got.Subject != m.Subject || got.Text != m.Text {
				t.Errorf("it is %+v", got)
			}
			for header, want := range map[string]string{
				"From": "<ringdown@example.com>", "Message-Id": "<" + m.ID + "@example.com>", "Auto-Submitted": "auto-generated",
				"Content-Type": "text/plain; charset=UTF-8", "User-Agent": "", "X-Mailer": "", "Bcc": "",
			} {
				if got := got.Header.Get(header); got != want {
					t.Errorf("%s is %q, want %q", header, got, want)
				}
			}
			if at, err := got.Header.Date(); err != nil || time.Since(at) > time.Minute {
				t.Errorf("its date is %v (%v)", at, err)
			}
		})
	}
}

func TestNothingOfAMessageBecomesAHeaderOrACommand(t *testing.T) {
	const evil = "\r\nBcc: carol@example.com\r\nRCPT TO:<carol@example.com>\r\n.\r\n"
	d := newDesk(t, mailtest.Offer{}, nil)
	if err := d.sends(mail.Message{
		To:      []string{"bob@example.com", "x@example.com" + evil, "a@example.com> <carol@example.com", "a@example.com,carol@example.com", "Carol <carol@example.com>"},
		Subject: "Hello" + evil, Text: "Hello" + evil + "more", ID: "one>\r\nBcc: dave@example.com",
	}); err != nil {
		t.Fatal(err)
	}
	got := d.server.Mails()
	if len(got) != 1 || !slices.Equal(got[0].To, []string{"bob@example.com"}) || got[0].Header.Get("To") != "<bob@example.com>" {
		t.Fatalf("there are %v", got)
	}
	if id := got[0].Header.Get("Message-ID"); id != "<one%3E%0D%0ABcc%3A+dave%40example.com@example.com>" {
		t.Errorf("it is %s", id)
	}
	if header := got[0].Header; header.Get("Bcc") != "" || len(header) != 9 {
		t.Errorf("its header is %v", header)
	}
	if want := "Hello Bcc: carol@example.com RCPT TO:<carol@example.com> ."; got[0].Subject != want {
		t.Errorf("it is about %q", got[0].Subject)
	}
	if said := d.server.Said(); slices.ContainsFunc(said, func(line string) bool { return strings.Contains(line, "carol") || strings.Contains(line, "dave") }) {
		t.Errorf("said: %q", said)
	}
}

func TestAMessageForNobodyIsNotSent(t *testing.T) {
	d := newDesk(t, mailtest.Offer{}, nil)
	for _, to := range [][]string{nil, {""}, {"bob"}, {"bob@"}, {"bob@example.com\x00"}, {"\xff@example.com"}} {
		if err := d.sends(mail.Message{To: to, ID: "one"}); mail.ClassOf(err) != mail.Final {
			t.Errorf("to %q: %v", to, err)
		}
	}
	if said := d.server.Said(); len(said) != 0 {
		t.Errorf("said: %q", said)
	}
}

func TestAMessageHasOneIDHoweverOftenItIsSent(t *testing.T) {
	for name, trouble := range map[string]struct {
		command string
		mailtest.Trouble
	}{
		"the reply is lost":        {".", mailtest.Trouble{Acts: true, Drops: true}},
		"a 451 after it was taken": {".", mailtest.Trouble{Acts: true, Code: 451}},
		"a 421 before":             {"MAIL", mailtest.Trouble{Code: 421}},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t, mailtest.Offer{}, nil)
			d.server.Fail(trouble.command, trouble.Trouble)
			if err := d.sends(message); mail.ClassOf(err) != mail.Retry {
				t.Errorf("it says %v", err)
			}
			if err := d.sends(message); err != nil {
				t.Fatal(err)
			}
			for _, m := range d.server.Mails() {
				if id := m.Header.Get("Message-ID"); id != "<0195-notice@example.com>" {
					t.Errorf("it is %s", id)
				}
			}
		})
	}
}

func TestAMessageThatWasTakenIsSentWhateverComesAfter(t *testing.T) {
	for name, trouble := range map[string]mailtest.Trouble{"no": {Code: 500}, "no answer": {Hangs: true}, "nobody is there": {Drops: true}} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t, mailtest.Offer{}, nil)
			d.server.Fail("QUIT", trouble)
			if err := d.sends(message); err != nil || len(d.server.Mails()) != 1 {
				t.Errorf("there are %v (%v)", d.server.Mails(), err)
			}
		})
	}
}

func TestNoConnectionIsLeftOpen(t *testing.T) {
	for _, command := range []string{"CONNECT", "EHLO", "MAIL", "RCPT", "DATA", ".", "QUIT"} {
		d := newDesk(t, mailtest.Offer{}, nil)
		d.server.Fail(command, mailtest.Trouble{Code: 550})
		_ = d.sends(message)
		for deadline := time.Now().Add(10 * time.Second); d.server.Open() > 0; time.Sleep(5 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("after %s was refused, %d are open", command, d.server.Open())
			}
		}
	}
}

func TestASilentServerIsNotWaitedForLong(t *testing.T) {
	for _, command := range []string{"CONNECT", "EHLO", "MAIL", "RCPT", "DATA", "."} {
		t.Run(command, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t, mailtest.Offer{}, nil)
			d.client.Hurry(100 * time.Millisecond)
			d.server.Fail(command, mailtest.Trouble{Hangs: true})
			if err := d.sends(message); mail.ClassOf(err) != mail.Retry || !strings.Contains(err.Error(), "in time") {
				t.Errorf("it says %v", err)
			}
		})
	}
	t.Run("or when we stop", func(t *testing.T) {
		d := newDesk(t, mailtest.Offer{}, nil)
		d.server.Fail("MAIL", mailtest.Trouble{Hangs: true})
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(50*time.Millisecond, cancel)
		if err := d.client.Send(ctx, message); mail.ClassOf(err) != mail.Retry {
			t.Errorf("it says %v", err)
		}
	})
}
