package mail_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/ringdown/ringdown/activities/mail"
	"github.com/ringdown/ringdown/models"
)

func TestTheAddressOfAMailServerIsRead(t *testing.T) {
	for name, url := range map[string]string{
		"all there is":             "smtp://user:word@mail.example.com:587?from=ringdown@example.com&tls=mandatory",
		"nobody signs in":          "smtp://mail.example.com?from=ringdown@example.com",
		"TLS from the first byte":  "smtps://user:word@mail.example.com?from=ringdown@example.com",
		"TLS where it is offered":  "smtp://mail.example.com?from=ringdown@example.com&tls=opportunistic",
		"no TLS":                   "smtp://[::1]:1025/?from=ringdown@example.com&tls=none",
		"a name before an address": "smtp://mail.example.com?from=Ringdown%20%3Cringdown@example.com%3E",
		"a password of signs":      "smtp://user%40example.com:p%40ss%2Fw%23rd%3F@mail.example.com?from=ring%2Bdown@example.com",
		"spaces and a line end":    " smtp://mail.example.com?from=ringdown@example.com\n",
	} {
		if client, err := mail.New(mail.Config{URL: url}); err != nil || !client.Ready() {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestEachMistakeInTheAddressOfAMailServerIsNamed(t *testing.T) {
	const from = "?from=ringdown@example.com"
	for name, c := range map[string]struct {
		url  string
		want []string
	}{
		"a host alone":            {"mail.example.com", []string{"want smtp:// or smtps://"}},
		"another scheme":          {"https://user:secret@mail.example.com" + from, []string{"want smtp:// or smtps://"}},
		"no host":                 {"smtp://user:secret@" + from, []string{"want smtp:// or smtps:// and a host"}},
		"a bad escape":            {"smtp://user:secret%zz@mail.example.com" + from, []string{"%40 for @ and %23 for #"}},
		"a # in the password":     {"smtp://user:secret#1@mail.example.com" + from, []string{"%23"}},
		"a ? in the password":     {"smtp://user:secret?1@mail.example.com" + from, []string{"%40 for @"}},
		"a number and then a ?":   {"smtp://user:1?secret@mail.example.com" + from, []string{"write ? in user and password as %3F", "wants from="}},
		"a / in the password":     {"smtp://user:2/secret@mail.example.com" + from, []string{"write / in user and password as %2F"}},
		"no password":             {"smtp://secret@mail.example.com" + from, []string{"want user and password"}},
		"no user":                 {"smtp://:secret@mail.example.com" + from, []string{"want user and password"}},
		"no from":                 {"smtp://mail.example.com", []string{"wants from="}},
		"a from that is none":     {"smtp://mail.example.com?from=secret", []string{"wants from="}},
		"a + that is a space":     {"smtp://mail.example.com?from=ring+down@example.com", []string{"%2B"}},
		"a from with a line end":  {"smtp://mail.example.com?from=a@example.com%0d%0aBcc:b@example.com", []string{"wants from="}},
		"letters that few take":   {"smtp://mail.example.com?from=b%C3%BCro@example.com", []string{"wants from="}},
		"a port of zero":          {"smtp://mail.example.com:0" + from, []string{"port must be 1 to 65535"}},
		"a port of too much":      {"smtp://mail.example.com:65536" + from, []string{"port must be 1 to 65535"}},
		"a tls that is none":      {"smtp://mail.example.com" + from + "&tls=secret", []string{"tls= must be mandatory, opportunistic or none"}},
		"a tls beside smtps":      {"smtps://mail.example.com" + from + "&tls=mandatory", []string{"takes no tls= with smtps://"}},
		"a setting that is none":  {"smtp://mail.example.com" + from + "&secret=1", []string{"takes from and tls alone"}},
		"four of them":            {"smtp://secret@mail.example.com:0/path?tls=yes", []string{"user and password", "port", "path", "from=", "tls="}},
		"a semicolon in the rest": {"smtp://mail.example.com" + from + ";tls=none", []string{"takes from and tls alone", "wants from="}},
	} {
		client, err := mail.New(mail.Config{URL: c.url})
		var faults models.Faults
		if !errors.As(err, &faults) || len(faults) < len(c.want) || client.Ready() {
			t.Errorf("%s: it says %v", name, err)
			continue
		}
		for _, want := range append(c.want, "SMTP_URL") {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: it says %v, want %s", name, err, want)
			}
		}
		if strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: it says %v", name, err)
		}
	}
}

func TestWithoutAServerNothingIsSent(t *testing.T) {
	var none *mail.Client
	empty, err := mail.New(mail.Config{URL: " "})
	if err != nil {
		t.Fatal(err)
	}
	for name, client := range map[string]*mail.Client{"none": none, "an empty setting": empty} {
		err := client.Send(t.Context(), mail.Message{To: []string{"bob@example.com"}, ID: "one"})
		if client.Ready() || mail.ClassOf(err) != mail.Unusable || !strings.Contains(err.Error(), "SMTP_URL") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAnAddressIsMasked(t *testing.T) {
	for address, want := range map[string]string{
		"alice@example.com": "a***@example.com", "a@example.com": "a***@example.com", "ünal@example.com": "ü***@example.com",
		"\"a@b\"@example.com": "\"***@example.com", "alice": "***", "@example.com": "***", "": "***",
		"Bob <bob@example.com>": "***", "bob@example.com\r\n": "***", "bob@": "b***@",
	} {
		if got := mail.Mask(address); got != want {
			t.Errorf("%q is %q, want %q", address, got, want)
		}
	}
}
