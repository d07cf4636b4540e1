package simulator

import (
	"net/url"
	"testing"
)

// The form is the carrier's own documented vector, its numbers included.
func TestSign(t *testing.T) {
	form := url.Values{
		"CallSid": {"CA1234567890ABCDE"}, "Caller": {"+14158675310"}, "Digits": {"1234"}, "From": {"+14158675310"},
		"To": {"+18005551212"},
	}
	const want = "L/OH5YylLD5NRKLltdqwSvS0BnU="
	for _, c := range []struct{ name, url string }{
		{"the vector of Twilio's documentation", "https://example.com/myapp.php?foo=1&bar=2"},
		{"the fragment is not signed", "https://example.com/myapp.php?foo=1&bar=2#rc=3&rp=all"},
		{"the https port is dropped", "https://example.com:8443/myapp.php?foo=1&bar=2"},
		{"user and password are dropped", "https://u:p@example.com/myapp.php?foo=1&bar=2"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := Sign("12345", c.url, form); got != want {
				t.Errorf("%s is signed %s, want %s", c.url, got, want)
			}
		})
	}
	twice := url.Values{"A": {"2", "1", "2"}}
	if Sign("k", "http://h/", twice) != Sign("k", "http://h/", url.Values{"A": {"1", "2"}}) {
		t.Error("repeated values must be signed once each, in order")
	}
	if signedURL("http://h:81/a%20b?c=%2F") != "http://h:81/a%20b?c=%2F" {
		t.Error("the port of an http URL and the URL's escapes stay as they are")
	}
	if signedURL("https://[2001:db8::1]:8443/a") != "https://[2001:db8::1]/a" {
		t.Error("an IPv6 host keeps its colons")
	}
}

func TestOverrides(t *testing.T) {
	for _, c := range []struct {
		fragment string
		ok       bool
		retries  int
		again    string // a class that is retried
	}{
		{"", true, 1, "ct"},
		{"rc=3&rp=ct,rt,5xx&ct=2000&rt=6000&tt=14000", true, 3, "5xx"},
		{"rp=all", true, 1, "4xx"},
		{"rc=9", false, 0, ""},
		{"rp=never", false, 0, ""},
		{"rt=20000", false, 0, ""},
	} {
		o, ok := parseOverrides(c.fragment)
		if ok != c.ok || (ok && (o.retries != c.retries || !o.again(c.again))) {
			t.Errorf("#%s: %+v, %v", c.fragment, o, ok)
		}
	}
}
