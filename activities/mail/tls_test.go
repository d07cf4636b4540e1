package mail_test

import (
	"crypto/x509"
	"slices"
	"strings"
	"testing"

	"github.com/ringdown/ringdown/activities/mail"
	"github.com/ringdown/ringdown/activities/mail/mailtest"
)

// signed is a server's address with user and password, both escaped.
func signed(scheme, port, rest string) string {
	return scheme + "://" + mailtest.User + ":p%40ss%2Fw%23rd%3F@127.0.0.1:" + port + "?from=" + mailtest.From + rest
}

func TestAConnectionIsEncryptedAsTheSettingSays(t *testing.T) {
	for name, c := range map[string]struct {
		scheme, rest       string
		starttls, implicit bool
		encrypted          bool
		refused            string // empty: it is sent
	}{
		"mandatory, and offered":                     {"smtp", "", true, false, true, ""},
		"mandatory by name":                          {"smtp", "&tls=mandatory", true, false, true, ""},
		"mandatory, and not offered":                 {"smtp", "", false, false, false, "offers no STARTTLS"},
		"opportunistic, and offered":                 {"smtp", "&tls=opportunistic", true, false, true, ""},
		"opportunistic, and not offered":             {"smtp", "&tls=opportunistic", false, false, false, "the password is not sent"},
		"none, and offered":                          {"smtp", "&tls=none", true, false, false, ""},
		"none, and not offered":                      {"smtp", "&tls=none", false, false, false, ""},
		"from the first byte":                        {"smtps", "", false, true, true, ""},
		"from the first byte, at a port of STARTTLS": {"smtps", "", true, false, false, "speaks no TLS at this port"},
	} {
		t.Run(name, func(t *testing.T) {
			offer := mailtest.Offer{STARTTLS: c.starttls, Implicit: c.implicit, Ways: "PLAIN LOGIN"}
			d := newDesk(t, offer, func(port string) string { return signed(c.scheme, port, c.rest) })
			err := d.sends(message)
			if c.refused != "" {
				if mail.ClassOf(err) != mail.Unusable || !strings.Contains(err.Error(), c.refused) || len(d.server.Mails()) != 0 {
					t.Errorf("it says %v", err)
				}
				if said := d.server.Said(); slices.ContainsFunc(said, func(line string) bool { return strings.HasPrefix(line, "AUTH") || strings.HasPrefix(line, "MAIL") }) {
					t.Errorf("said: %q", said)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := d.server.Mails()[0]; got.Encrypted != c.encrypted || got.User != mailtest.User {
				t.Errorf("it is %+v", got)
			}
		})
	}
}

func TestWhoHasNoPasswordMaySendWithoutTLSWhereThatIsOpportunistic(t *testing.T) {
	d := newDesk(t, mailtest.Offer{}, func(port string) string {
		return "smtp://127.0.0.1:" + port + "?tls=opportunistic&from=" + mailtest.From
	})
	if err := d.sends(message); err != nil || len(d.server.Mails()) != 1 {
		t.Errorf("there are %v (%v)", d.server.Mails(), err)
	}
}

func TestACertificateMustBeTrusted(t *testing.T) {
	for name, c := range map[string]struct {
		scheme, rest string
		implicit     bool
	}{
		"mandatory": {"smtp", "", false}, "opportunistic": {"smtp", "&tls=opportunistic", false}, "from the first byte": {"smtps", "", true},
	} {
		t.Run(name, func(t *testing.T) {
			offer := mailtest.Offer{STARTTLS: !c.implicit, Implicit: c.implicit, Ways: "PLAIN"}
			d := newDesk(t, offer, func(port string) string { return signed(c.scheme, port, c.rest) })
			d.client.Trust(x509.NewCertPool())
			if err := d.sends(message); mail.ClassOf(err) != mail.Unusable || !strings.Contains(err.Error(), "not to be trusted") || len(d.server.Mails()) != 0 {
				t.Errorf("it says %v", err)
			}
		})
	}
}

func TestSomebodySignsInByWhatTheServerOffers(t *testing.T) {
	for ways, want := range map[string]string{"PLAIN LOGIN": "AUTH PLAIN", "LOGIN PLAIN": "AUTH PLAIN", "LOGIN": "AUTH LOGIN", "NTLM LOGIN XOAUTH2": "AUTH LOGIN"} {
		d := newDesk(t, mailtest.Offer{STARTTLS: true, Ways: ways}, func(port string) string { return signed("smtp", port, "") })
		if err := d.sends(message); err != nil || len(d.server.Mails()) != 1 {
			t.Errorf("%s: %v", ways, err)
		}
		if said := d.server.Said(); !slices.ContainsFunc(said, func(line string) bool { return strings.HasPrefix(line, want) }) {
			t.Errorf("%s: said %q", ways, said)
		}
	}
}

func TestAServerThatLetsNobodyInSaysWhatToDo(t *testing.T) {
	wrong := func(port string) string {
		return "smtp://" + mailtest.User + ":no@127.0.0.1:" + port + "?from=" + mailtest.From
	}
	right := func(port string) string { return signed("smtp", port, "") }
	nobody := func(port string) string { return "smtp://127.0.0.1:" + port + "?from=" + mailtest.From }
	for name, c := range map[string]struct {
		url     func(port string) string
		ways    string
		trouble mailtest.Trouble
		class   mail.Class
		says    string
	}{
		"a wrong password":         {wrong, "PLAIN", mailtest.Trouble{}, mail.Unusable, "535 5.7.8: check user and password in SMTP_URL"},
		"a wrong password, asked":  {wrong, "LOGIN", mailtest.Trouble{}, mail.Unusable, "535 5.7.8: check user and password in SMTP_URL"},
		"no way that we know":      {right, "XOAUTH2", mailtest.Trouble{}, mail.Unusable, "no way to sign in by PLAIN or LOGIN"},
		"no way at all":            {right, "", mailtest.Trouble{}, mail.Unusable, "no way to sign in by PLAIN or LOGIN"},
		"no password":              {nobody, "PLAIN", mailtest.Trouble{}, mail.Unusable, "530 5.7.0: it wants user and password"},
		"it cannot look it up now": {right, "PLAIN", mailtest.Trouble{Code: 454, Text: "4.7.0 later"}, mail.Retry, "says 454 4.7.0"},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t, mailtest.Offer{STARTTLS: true, Ways: c.ways}, c.url)
			if c.trouble.Code != 0 {
				d.server.Fail("AUTH", c.trouble)
			}
			if err := d.sends(message); mail.ClassOf(err) != c.class || !strings.Contains(err.Error(), c.says) {
				t.Errorf("it says %v", err)
			}
		})
	}
}
