package mail

import (
	"context"
	"crypto/tls"
	"net"
	"net/mail"
	"slices"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"
	"github.com/wneessen/go-mail/smtp"
)

// session is one connection to the server, good for one message.
type session struct {
	*Client
	conn  net.Conn
	smtp  *smtp.Client
	close func()
}

// connect goes as far as a session in which somebody may sign in.
func (c *Client) connect(ctx context.Context) (*session, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", c.server.address())
	if err != nil {
		return nil, judge(ctx, greets, err)
	}
	// Whatever hangs ends with ctx; closing is also how each session ends.
	ended := context.AfterFunc(ctx, func() { _ = conn.Close() })
	s := &session{Client: c, conn: conn, close: func() { ended(); _ = conn.Close() }}
	if err := s.greet(ctx); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

func (s *session) greet(ctx context.Context) error {
	config := &tls.Config{ServerName: s.server.host, RootCAs: s.roots, MinVersion: tls.VersionTLS12}
	policy, conn := gomail.TLSOpportunistic, s.conn
	switch s.server.tls {
	case tlsNone:
		policy = gomail.NoTLS
	case tlsImplicit:
		policy = gomail.NoTLS // by STARTTLS: all is encrypted already
		encrypted := tls.Client(conn, config)
		if err := encrypted.HandshakeContext(ctx); err != nil {
			return judge(ctx, greets, err)
		}
		conn = encrypted
	}
	client, err := gomail.NewClient(s.server.host, gomail.WithHELO(s.server.domain()), gomail.WithTimeout(s.patience),
		gomail.WithTLSPolicy(policy), gomail.WithTLSConfig(config),
		gomail.WithDialContextFunc(func(context.Context, string, string) (net.Conn, error) { return conn, nil }))
	if err == nil {
		s.smtp, err = client.DialToSMTPClientWithContext(ctx)
	}
	if err != nil {
		return judge(ctx, greets, err)
	}
	if s.server.tls == tlsMandatory && !s.encrypted() {
		return &Error{Class: Unusable, What: "offers no STARTTLS: nothing is sent to it that others could read, unless SMTP_URL says tls=none"}
	}
	return nil
}

func (s *session) encrypted() bool {
	_, ok := s.smtp.TLSConnectionState()
	return ok
}

// signIn does nothing where there is no password, and sends none that others could read, unless that is
// wanted.
func (s *session) signIn(ctx context.Context) error {
	user, password, host := s.server.user, s.server.password, s.server.host
	if user == "" {
		return nil
	}
	if !s.encrypted() && s.server.tls != tlsNone {
		return &Error{Class: Unusable, What: "offers no STARTTLS: the password is not sent, unless SMTP_URL says tls=none"}
	}
	_, offered := s.smtp.Extension("AUTH")
	var way smtp.Auth
	switch ways := strings.Fields(strings.ToUpper(offered)); {
	case slices.Contains(ways, "PLAIN"):
		way = smtp.PlainAuth("", user, password, host, true)
	case slices.Contains(ways, "LOGIN"):
		way = smtp.LoginAuth(user, password, host, true)
	default:
		return &Error{Class: Unusable, What: "offers no way to sign in by PLAIN or LOGIN: take user and password out of SMTP_URL, or use another port"}
	}
	return judge(ctx, signsIn, s.smtp.Auth(way))
}

// byeWithin is how long the server may take to say goodbye.
const byeWithin = 2 * time.Second

// leave ends a session in which nothing is left to be said. What comes of it does not matter.
func (s *session) leave() {
	_ = s.conn.SetDeadline(time.Now().Add(byeWithin))
	_ = s.smtp.Quit()
}

// hand hands over a message. It is the server's once that has taken the text.
func (s *session) hand(ctx context.Context, id string, msg *gomail.Msg) error {
	from, err := msg.GetSender(false)
	if err != nil {
		return judge(ctx, isFrom, err)
	}
	if err := s.smtp.Mail(from); err != nil {
		return judge(ctx, isFrom, err)
	}
	if err := s.address(ctx, id, msg); err != nil {
		return err
	}
	text, err := s.smtp.Data()
	if err != nil {
		return judge(ctx, hasText, err)
	}
	if _, err := msg.WriteTo(text); err != nil {
		return judge(ctx, hasText, err) // without the full stop: half a message is none
	}
	if err := text.Close(); err != nil {
		return judge(ctx, hasText, err)
	}
	s.leave()
	return nil
}

// address names the addressees. The error is nil when there is one at least.
func (s *session) address(ctx context.Context, id string, msg *gomail.Msg) error {
	refused := map[string]error{} // by address
	for _, to := range msg.GetTo() {
		err := judge(ctx, isTo, s.smtp.Rcpt((&mail.Address{Address: to.Address}).String()))
		if err != nil && ClassOf(err) != Final {
			return err
		}
		if err != nil {
			refused[to.Address] = err
		}
	}
	for address, err := range refused {
		if len(refused) == len(msg.GetTo()) {
			return err
		}
		s.log.WarnContext(ctx, "mail refused for one of its addresses", "mail", id, "address", Mask(address), "cause", err)
	}
	return nil
}
