package api

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/subtle"
	"encoding/base64"
	"maps"
	"net/url"
	"slices"
	"strings"
)

// signatures checks that a webhook comes from the carrier. It holds the account's auth tokens:
// one, or two while they are being rotated. It is never empty, and no token is.
type signatures []string

// valid says whether any token signs this request. address is the URL that the carrier asked,
// from the configured public URL and the request line as it came; form is the body's.
// Source: Twilio, Security, Validating requests.
func (s signatures) valid(signature, address string, form url.Values) bool {
	addresses := []string{address}
	if short := withoutPort(address); short != address {
		addresses = append(addresses, short)
	}
	ok, pairs := 0, signedPairs(form)
	for _, token := range s {
		for _, address := range addresses {
			mac := hmac.New(sha1.New, []byte(token))
			mac.Write([]byte(address))
			mac.Write(pairs)
			right := base64.StdEncoding.EncodeToString(mac.Sum(nil))
			ok |= subtle.ConstantTimeCompare([]byte(signature), []byte(right))
		}
	}
	return ok == 1
}

// plausible says whether a text looks like a signature at all: 20 bytes in base64.
func plausible(signature string) bool {
	raw, err := base64.StdEncoding.Strict().DecodeString(signature)
	return err == nil && len(raw) == sha1.Size && len(signature) == base64.StdEncoding.EncodedLen(sha1.Size)
}

// signedPairs is each name with each of its distinct values, in order: what is signed after the address.
func signedPairs(form url.Values) []byte {
	var b bytes.Buffer
	for _, name := range slices.Sorted(maps.Keys(form)) {
		for _, value := range slices.Compact(slices.Sorted(slices.Values(form[name]))) {
			b.WriteString(name)
			b.WriteString(value)
		}
	}
	return b.Bytes()
}

// withoutPort is an https address as the carrier's voice side signs it. Others are left alone.
func withoutPort(address string) string {
	rest, https := strings.CutPrefix(address, "https://")
	if !https {
		return address
	}
	host, path, _ := strings.Cut(rest, "/")
	if i := strings.LastIndexByte(host, ':'); i > strings.LastIndexByte(host, ']') {
		host = host[:i]
	}
	return "https://" + host + "/" + path
}

// parseForm reads a form as the carrier wrote it. What is not well encoded is taken as it
// stands: the signature decides.
func parseForm(body string) url.Values {
	form := url.Values{}
	for _, pair := range strings.Split(body, "&") {
		if pair == "" {
			continue
		}
		name, value, _ := strings.Cut(pair, "=")
		form.Add(unescape(name), unescape(value))
	}
	return form
}

func unescape(s string) string {
	if plain, err := url.QueryUnescape(s); err == nil {
		return plain
	}
	return s
}
