package mail

import (
	"net"
	"net/mail"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/ringdown/ringdown/models"
)

// server is where mail is handed over, and as whom.
type server struct {
	host, port     string
	tls            tlsMode
	user, password string // empty: nobody signs in
	from           mail.Address
}

// tlsMode says when a connection is encrypted.
type tlsMode string

const (
	tlsMandatory     tlsMode = "mandatory"     // by STARTTLS, or nothing is sent
	tlsOpportunistic tlsMode = "opportunistic" // by STARTTLS where the server offers it; the password is sent in no other case
	tlsNone          tlsMode = "none"          // never, so that whoever is on the way reads all, the password included
	tlsImplicit      tlsMode = "implicit"      // from the first byte: smtps
)

// setting is what all mistakes are of.
const setting = "SMTP_URL"

// parse reads the setting. No part of it is in an error: it holds a password, or parts of one that was not
// written as it should be.
func parse(text string) (*server, error) {
	if text = strings.TrimSpace(text); text == "" {
		return nil, nil
	}
	var faults models.Faults
	u, err := url.Parse(text)
	if err != nil || u.Hostname() == "" || u.Scheme != "smtp" && u.Scheme != "smtps" {
		faults.Add(setting, "want smtp:// or smtps:// and a host, as in smtp://user:password@mail.example.com:587?from=ringdown@example.com; "+
			"write what is special in user and password as %%XX, as %%40 for @ and %%23 for #")
		return nil, faults
	}
	s := &server{host: u.Hostname(), port: u.Port(), user: u.User.Username()}
	s.password, _ = u.User.Password()
	if (s.user == "") != (s.password == "") {
		faults.Add(setting, "want user and password, as in user:password@, or neither")
	}
	if strings.Trim(u.Path, "/") != "" || u.Fragment != "" {
		faults.Add(setting, "takes no path and no fragment; write / in user and password as %%2F, and # as %%23")
	}
	s.setPort(&faults, u.Scheme)
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil || !only(query, "from", "tls") {
		faults.Add(setting, "takes from and tls alone behind the question mark; write ? in user and password as %%3F")
	}
	s.setFrom(&faults, query.Get("from"))
	s.setTLS(&faults, u.Scheme, query.Get("tls"))
	return s, faults.Err()
}

func only(query url.Values, names ...string) bool {
	for name := range query {
		if !slices.Contains(names, name) {
			return false
		}
	}
	return true
}

func (s *server) setPort(faults *models.Faults, scheme string) {
	switch {
	case s.port != "":
		if n, err := strconv.Atoi(s.port); err != nil || n < 1 || n > 65535 {
			faults.Add(setting, "its port must be 1 to 65535")
		}
	case scheme == "smtps":
		s.port = "465"
	default:
		s.port = "587"
	}
}

func (s *server) setFrom(faults *models.Faults, text string) {
	from, err := mail.ParseAddress(text)
	if err != nil || strings.ContainsFunc(from.Address, func(r rune) bool { return r > unicode.MaxASCII }) {
		faults.Add(setting, "wants from=, the address that mail is from, as in from=ringdown@example.com; write + in it as %%2B")
		return
	}
	s.from = *from
}

func (s *server) setTLS(faults *models.Faults, scheme, mode string) {
	s.tls = tlsMode(mode)
	switch {
	case scheme == "smtps" && mode == "":
		s.tls = tlsImplicit
	case scheme == "smtps":
		faults.Add(setting, "takes no tls= with smtps://, which is TLS from the first byte")
	case mode == "":
		s.tls = tlsMandatory
	case s.tls != tlsMandatory && s.tls != tlsOpportunistic && s.tls != tlsNone:
		faults.Add(setting, "its tls= must be mandatory, opportunistic or none")
	}
}

func (s *server) address() string { return net.JoinHostPort(s.host, s.port) }

// domain is that of our own address, by which we introduce ourselves: the name of a container means nothing
// to anybody.
func (s *server) domain() string {
	return s.from.Address[strings.LastIndexByte(s.from.Address, '@')+1:]
}
