// Package mailtest is a mail server for tests: it keeps what it takes, is asked over a real connection, and
// can be made to fail. It reports to the test what no client should say.
package mailtest

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"mime"
	"mime/quotedprintable"
	"net"
	"net/http/httptest"
	"net/mail"
	"strings"
	"sync"
	"testing"
)

// User and Password are those that the server takes, and From is whom its mail is from.
const (
	User     = "ringdown"
	Password = "p@ss/w#rd?" //nolint:gosec // it opens nothing
	From     = "ringdown@example.com"
)

// Offer is what a server can do besides taking mail.
type Offer struct {
	STARTTLS bool
	Implicit bool   // it speaks TLS from the first byte
	Ways     string // to sign in, as in PLAIN LOGIN; empty: none, and nobody has to
}

// Server is a mail server at 127.0.0.1.
type Server struct {
	Port  string
	Roots *x509.CertPool // that its certificate is of

	t        testing.TB
	offer    Offer
	cert     tls.Certificate
	mu       sync.Mutex
	open     map[net.Conn]bool
	running  sync.WaitGroup
	troubles map[string][]Trouble
	said     []string
	mails    []Mail
}

// Mail is a message that the server has taken.
type Mail struct {
	From      string
	To        []string
	Header    mail.Header
	Subject   string // decoded
	Text      string // decoded
	Raw       string
	Encrypted bool
	User      string // that had signed in
}

// Trouble is how the answer to a command fails.
type Trouble struct {
	Code  int    // of the answer; zero: none comes
	Text  string // of the answer
	Hangs bool   // no answer comes, and the connection stays
	Drops bool   // the connection ends, instead of an answer
	Acts  bool   // what was asked is done nevertheless
	Lasts bool   // until the end of the test
}

// New starts a server that lasts as long as the test.
func New(t testing.TB, offer Offer) *Server {
	t.Helper()
	certified := httptest.NewTLSServer(nil) // for its certificate, which is of 127.0.0.1
	certified.Close()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{
		t: t, offer: offer, Port: port, Roots: x509.NewCertPool(), cert: certified.TLS.Certificates[0],
		open: map[net.Conn]bool{}, troubles: map[string][]Trouble{},
	}
	s.Roots.AddCert(certified.Certificate())
	s.running.Go(func() { s.accept(listener) })
	t.Cleanup(func() {
		_ = listener.Close()
		s.mu.Lock()
		for conn := range s.open {
			_ = conn.Close()
		}
		s.mu.Unlock()
		s.running.Wait()
	})
	return s
}

// URL is the setting that uses a server without TLS and without a password.
func (s *Server) URL() string { return "smtp://127.0.0.1:" + s.Port + "?tls=none&from=" + From }

// Fail has the next answers to a command fail, one after the other. CONNECT is the greeting, . the end of a
// message; RCPT may have an address behind it, as in RCPT bob@example.com.
func (s *Server) Fail(command string, troubles ...Trouble) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.troubles[command] = append(s.troubles[command], troubles...)
}

// Mails are those that were taken, the oldest first.
func (s *Server) Mails() []Mail {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Mail(nil), s.mails...)
}

// Said is every line that clients have said outside of messages, over all connections.
func (s *Server) Said() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.said...)
}

// Open is how many connections are open.
func (s *Server) Open() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.open)
}

func (s *Server) accept(listener net.Listener) {
	for {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		s.mu.Lock()
		s.open[conn] = true
		s.mu.Unlock()
		s.running.Go(func() {
			s.serve(conn)
			_ = conn.Close()
			s.mu.Lock()
			delete(s.open, conn)
			s.mu.Unlock()
		})
	}
}

func (s *Server) trouble(names ...string) *Trouble {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, name := range names {
		queue := s.troubles[name]
		if len(queue) == 0 {
			continue
		}
		first := queue[0]
		if !first.Lasts {
			s.troubles[name] = queue[1:]
		}
		return &first
	}
	return nil
}

// keep reads a message as a mail program does.
func (s *Server) keep(m Mail) {
	message, err := mail.ReadMessage(strings.NewReader(m.Raw))
	if err != nil {
		s.t.Errorf("mail: %v", err)
		return
	}
	m.Header = message.Header
	if m.Subject, err = new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject")); err != nil {
		s.t.Errorf("mail: subject: %v", err)
	}
	body := message.Body
	if how := m.Header.Get("Content-Transfer-Encoding"); how == "quoted-printable" {
		body = quotedprintable.NewReader(body)
	} else {
		s.t.Errorf("mail: its text is %q", how)
	}
	text, err := io.ReadAll(body)
	if err != nil {
		s.t.Errorf("mail: text: %v", err)
	}
	m.Text = strings.ReplaceAll(string(text), "\r\n", "\n")
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mails = append(s.mails, m)
}

// String is a mail in one line, for the messages of tests.
func (m Mail) String() string {
	return fmt.Sprintf("%s to %s: %s", m.Header.Get("Message-ID"), m.To, m.Subject)
}
