// Package mail is the client of a mail server: it hands over messages to people. A message has the same
// Message-ID whenever it is sent again, so that who gets it twice can tell. No error and no log holds an
// address in full, the password, or the server's own words, which may repeat them.
package mail

import (
	"context"
	"crypto/x509"
	"log/slog"
	"time"

	gomail "github.com/wneessen/go-mail"
)

// Config says which server is used, and as whom.
type Config struct {
	// URL is as in smtp://user:password@mail.example.com:587?from=ringdown@example.com. Without user and
	// password nobody signs in. smtps:// speaks TLS from the first byte, by itself at port 465; smtp:// begins
	// it by STARTTLS, by itself at port 587, as tls says: mandatory, which is usual, opportunistic, or none.
	// Empty: there is no mail.
	URL string
	Log *slog.Logger // one debug line a message; nil means none
}

// Client sends messages. It is safe for concurrent use. A nil one has no server.
type Client struct {
	server   *server // nil: there is none
	log      *slog.Logger
	patience time.Duration  // how long one message may take, connecting included
	roots    *x509.CertPool // whose certificates are trusted; nil means those of the system
}

// New makes a client. It reaches for nothing. The error is a models.Faults that names every mistake at
// once and repeats no secret.
func New(c Config) (*Client, error) {
	server, err := parse(c.URL)
	if err != nil {
		return nil, err
	}
	client := &Client{server: server, log: c.Log, patience: 20 * time.Second}
	if client.log == nil {
		client.log = slog.New(slog.DiscardHandler)
	}
	return client, nil
}

// Ready says whether there is a server.
func (c *Client) Ready() bool { return c != nil && c.server != nil }

// Message is one that is sent.
type Message struct {
	To      []string // addresses
	Subject string   // one line; what else it holds is made one
	Text    string   // plain, of any length of lines
	ID      string   // tells it apart from all others, and is the same for each try
}

// Send hands over a message to the server. Addressees whom it refuses are left out while there are others;
// does it put off one of them, it takes the message for none. Sending again is safe as far as whoever gets
// it knows a Message-ID: it is not known of an error of class Retry whether the server has it. The error
// is an *Error.
func (c *Client) Send(ctx context.Context, m Message) error {
	if !c.Ready() {
		return &Error{Class: Unusable, What: "is not known: set SMTP_URL"}
	}
	ctx, cancel := context.WithTimeout(ctx, c.patience)
	defer cancel()
	began := time.Now()
	msg, err := c.compose(ctx, m)
	if err == nil {
		err = c.deliver(ctx, m.ID, msg)
	}
	code := 0
	if failed := ErrorIn(err); failed != nil {
		code = failed.Code
	}
	c.log.LogAttrs(ctx, slog.LevelDebug, "mail sent", slog.String("mail", m.ID), slog.Int("code", code),
		slog.String("class", string(ClassOf(err))), slog.Duration("duration", time.Since(began)))
	return err
}

// Check asks the server whether it would take a message from us. It goes as far as to say whom one would be from, and
// sends none. The error is an *Error.
func (c *Client) Check(ctx context.Context) error {
	if !c.Ready() {
		return &Error{Class: Unusable, What: "is not known: set SMTP_URL"}
	}
	ctx, cancel := context.WithTimeout(ctx, c.patience)
	defer cancel()
	s, err := c.connect(ctx)
	if err != nil {
		return err
	}
	defer s.close()
	if err := s.signIn(ctx); err != nil {
		return err
	}
	if err := s.smtp.Mail(c.server.from.Address); err != nil {
		return judge(ctx, isFrom, err)
	}
	s.leave()
	return nil
}

func (c *Client) deliver(ctx context.Context, id string, msg *gomail.Msg) error {
	s, err := c.connect(ctx)
	if err != nil {
		return err
	}
	defer s.close()
	if err := s.signIn(ctx); err != nil {
		return err
	}
	return s.hand(ctx, id, msg)
}
