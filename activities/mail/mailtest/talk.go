package mailtest

import (
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"strings"
)

// talk is one connection.
type talk struct {
	*Server
	conn net.Conn
	text *textproto.Conn
	mail Mail // that is being handed over
	over bool
}

func (s *Server) serve(conn net.Conn) {
	t := &talk{Server: s, conn: conn}
	if s.offer.Implicit {
		t.encrypt()
	}
	t.text = textproto.NewConn(t.conn)
	if t.answers([]string{"CONNECT"}, "220 mail.example.com ready") {
		for !t.over {
			line, err := t.text.ReadLine()
			if err != nil {
				return
			}
			s.mu.Lock()
			s.said = append(s.said, line)
			s.mu.Unlock()
			t.hear(line)
		}
	}
}

// hear answers a command. Source: RFC 5321, 4.1.1; RFC 3207; RFC 4954.
func (t *talk) hear(line string) {
	verb, rest, _ := strings.Cut(line, " ")
	switch verb = strings.ToUpper(verb); verb {
	case "EHLO":
		t.answers([]string{verb}, t.extensions()...)
	case "HELO", "NOOP", "RSET":
		t.answers([]string{verb}, "250 ok")
	case "STARTTLS":
		if t.answers([]string{verb}, "220 go on") {
			t.encrypt()
			t.text = textproto.NewConn(t.conn)
		}
	case "AUTH":
		t.signsIn(rest)
	case "MAIL":
		if t.offer.Ways != "" && t.mail.User == "" {
			t.says("530 5.7.0 Authentication required")
			return
		}
		if t.answers([]string{verb}, "250 2.1.0 ok") {
			t.mail = Mail{From: address(rest), Encrypted: t.mail.Encrypted, User: t.mail.User}
		}
	case "RCPT":
		if to := address(rest); t.answers([]string{verb + " " + to, verb}, "250 2.1.5 ok") {
			t.mail.To = append(t.mail.To, to)
		}
	case "DATA":
		if t.answers([]string{verb}, "354 go on") {
			t.takes()
		}
	case "QUIT":
		t.answers([]string{verb}, "221 bye")
		t.over = true
	case "*": // of a client whose sign-in has ended already
		t.says("501 5.0.0 cancelled")
	default:
		if strings.ContainsFunc(line, func(r rune) bool { return r < ' ' || r > '~' }) {
			t.over = true // TLS where there is none
			return
		}
		t.t.Errorf("mail: there is no command %s", verb)
		t.says("500 what?")
	}
}

func (t *talk) extensions() []string {
	lines := []string{"mail.example.com", "8BITMIME", "ENHANCEDSTATUSCODES"}
	if t.offer.STARTTLS && !t.mail.Encrypted {
		lines = append(lines, "STARTTLS")
	}
	if t.offer.Ways != "" {
		lines = append(lines, "AUTH "+t.offer.Ways)
	}
	for i := range lines {
		sign := "-"
		if i == len(lines)-1 {
			sign = " "
		}
		lines[i] = "250" + sign + lines[i]
	}
	return lines
}

// encrypt fails with the first thing that is read when the other side speaks no TLS, or does not like ours.
func (t *talk) encrypt() {
	t.conn = tls.Server(t.conn, &tls.Config{Certificates: []tls.Certificate{t.cert}, MinVersion: tls.VersionTLS12})
	t.mail = Mail{Encrypted: true}
}

func (t *talk) signsIn(rest string) {
	way, given, _ := strings.Cut(rest, " ")
	if !strings.Contains(t.offer.Ways, way) {
		t.t.Errorf("mail: signs in by %s", way)
	}
	said := decoded(given)
	if way == "LOGIN" {
		said = "\x00" + t.asks("Username:") + "\x00" + t.asks("Password:")
	}
	if said != "\x00"+User+"\x00"+Password {
		t.says("535 5.7.8 wrong: " + said)
		return
	}
	if t.answers([]string{"AUTH"}, "235 2.7.0 welcome") {
		t.mail.User = User
	}
}

func (t *talk) asks(what string) string {
	t.says("334 " + base64.StdEncoding.EncodeToString([]byte(what)))
	line, err := t.text.ReadLine()
	if err != nil {
		t.over = true
	}
	return decoded(line)
}

func decoded(text string) string {
	plain, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return "?"
	}
	return string(plain)
}

// takes reads a message up to its full stop.
func (t *talk) takes() {
	raw, err := io.ReadAll(t.text.DotReader())
	if err != nil {
		t.over = true // half a message is none
		return
	}
	t.mail.Raw = string(raw)
	if t.answers([]string{"."}, "250 2.0.0 taken") {
		t.keep(t.mail)
	}
}

// address is what stands between < and >.
func address(rest string) string {
	_, rest, _ = strings.Cut(rest, "<")
	rest, _, _ = strings.Cut(rest, ">")
	return rest
}

// answers says lines, or fails as it is to. It tells whether what was asked is done.
func (t *talk) answers(names []string, lines ...string) (done bool) {
	trouble := t.trouble(names...)
	switch {
	case trouble == nil:
		t.says(lines...)
		return true
	case trouble.Hangs:
		_, _ = io.Copy(io.Discard, t.conn) // until the other side goes, or the test ends
		t.over = true
	case trouble.Drops:
		t.over = true
	default:
		t.says(fmt.Sprintf("%d %s", trouble.Code, trouble.Text))
	}
	return trouble.Acts
}

func (t *talk) says(lines ...string) {
	for _, line := range lines {
		if err := t.text.PrintfLine("%s", line); err != nil {
			t.over = true
			return
		}
	}
}
