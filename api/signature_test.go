package api

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
)

// signedByCarrier is one webhook of testdata/signatures.json, made by the carrier's own library.
// testdata/signatures.mjs says how to make the file anew.
type signedByCarrier struct {
	Name      string `json:"name"`
	Token     string `json:"token"`
	Address   string `json:"address"`
	Body      string `json:"body"`
	Signature string `json:"signature"`
}

func TestASignatureOfTheCarriersOwnLibraryIsAccepted(t *testing.T) {
	file, err := os.ReadFile("testdata/signatures.json")
	if err != nil {
		t.Fatal(err)
	}
	var made struct {
		Cases []signedByCarrier `json:"cases"`
	}
	if err := json.Unmarshal(file, &made); err != nil {
		t.Fatal(err)
	}
	if len(made.Cases) < 40 {
		t.Errorf("only %d cases", len(made.Cases))
	}
	for _, c := range made.Cases {
		t.Run(c.Name, func(t *testing.T) {
			if !(signatures{c.Token}).valid(c.Signature, c.Address, parseForm(c.Body)) {
				t.Error("refused")
			}
			if (signatures{c.Token + "x"}).valid(c.Signature, c.Address, parseForm(c.Body)) {
				t.Error("accepted with another token")
			}
		})
	}
}

// The form is the carrier's own documented vector, its numbers included.
func TestTheDocumentedSignatureIsAccepted(t *testing.T) {
	form := url.Values{
		"CallSid": {"CA1234567890ABCDE"}, "Caller": {"+14158675310"}, "Digits": {"1234"}, "From": {"+14158675310"}, "To": {"+18005551212"},
	}
	if !(signatures{"12345"}).valid("L/OH5YylLD5NRKLltdqwSvS0BnU=", "https://example.com/myapp.php?foo=1&bar=2", form) {
		t.Error("refused")
	}
}

const (
	someAddress = "https://ringdown.example/twilio/gate/CAabc?lang=en-GB&try=1"
	someBody    = "CallSid=CAabc&Digits=1&Digits=2&From=%2B447700900123&FromCity="
)

func TestAnythingButTheRightSignatureIsRefused(t *testing.T) {
	right := sign("12345", someAddress, parseForm(someBody))
	raw, _ := base64.StdEncoding.DecodeString(right)
	if !(signatures{"12345"}).valid(right, someAddress, parseForm(someBody)) {
		t.Fatal("the right one is refused")
	}
	for _, c := range []struct{ name, signature, address, body string }{
		{"no signature", "", someAddress, someBody},
		{"a blank", " ", someAddress, someBody},
		{"padding alone", "====", someAddress, someBody},
		{"no base64", strings.Repeat("*", 28), someAddress, someBody},
		{"without its padding", strings.TrimRight(right, "="), someAddress, someBody},
		{"cut off after 24 letters", right[:24], someAddress, someBody},
		{"cut off after a byte of 20", base64.StdEncoding.EncodeToString(raw[:19]), someAddress, someBody},
		{"a byte too many", base64.StdEncoding.EncodeToString(append(raw[:20:20], 0)), someAddress, someBody},
		{"said twice", right + right, someAddress, someBody},
		{"in hex", hex.EncodeToString(raw), someAddress, someBody},
		{"with a line end", right + "\n", someAddress, someBody},
		{"with a line end inside", right[:4] + "\r\n" + right[4:], someAddress, someBody},
		{"of another path", right, strings.Replace(someAddress, "gate", "nobody", 1), someBody},
		{"of another call", right, strings.Replace(someAddress, "CAabc", "CAabd", 1), someBody},
		{"of another host", right, strings.Replace(someAddress, "ringdown", "elsewhere", 1), someBody},
		{"of http instead of https", right, strings.Replace(someAddress, "https", "http", 1), someBody},
		{"of http on another port", sign("12345", strings.Replace(someAddress, "https", "http", 1), parseForm(someBody)), strings.Replace(someAddress, "https://ringdown.example", "http://ringdown.example:8080", 1), someBody},
		{"of the address without its query", right, strings.Split(someAddress, "?")[0], someBody},
		{"of the query in another order", right, "https://ringdown.example/twilio/gate/CAabc?try=1&lang=en-GB", someBody},
		{"of a body with a parameter less", right, someAddress, "CallSid=CAabc&Digits=1&Digits=2&FromCity="},
		{"of a body with a parameter more", right, someAddress, someBody + "&To=%2B12025550199"},
		{"of a body with a value less", right, someAddress, "CallSid=CAabc&Digits=1&From=%2B447700900123&FromCity="},
		{"of no body", right, someAddress, ""},
		{"with another token", sign("12346", someAddress, parseForm(someBody)), someAddress, someBody},
		{"with an empty token", sign("", someAddress, parseForm(someBody)), someAddress, someBody},
		{"of the address alone", sign("12345", someAddress, nil), someAddress, someBody},
	} {
		t.Run(c.name, func(t *testing.T) {
			if (signatures{"12345"}).valid(c.signature, c.address, parseForm(c.body)) {
				t.Error("accepted")
			}
		})
	}
}

func TestOneChangedByteIsNoticedAnywhere(t *testing.T) {
	s, right := signatures{"12345"}, sign("12345", someAddress, parseForm(someBody))
	changed := func(text string, i int) string {
		b := []byte(text)
		b[i] ^= 1
		return string(b)
	}
	for i := range right {
		if s.valid(changed(right, i), someAddress, parseForm(someBody)) {
			t.Errorf("accepted with byte %d of the signature changed", i)
		}
	}
	for i := range someAddress {
		if s.valid(right, changed(someAddress, i), parseForm(someBody)) {
			t.Errorf("accepted with byte %d of the address changed", i)
		}
	}
	for i := range someBody {
		if s.valid(right, someAddress, parseForm(changed(someBody, i))) {
			t.Errorf("accepted with byte %d of the body changed", i)
		}
	}
}

func TestTokensRotate(t *testing.T) {
	form := parseForm(someBody)
	for _, c := range []struct {
		name   string
		tokens signatures
		signer string
		want   bool
	}{
		{"the old token before", signatures{"old"}, "old", true},
		{"the new token too early", signatures{"old"}, "new", false},
		{"the old token meanwhile", signatures{"new", "old"}, "old", true},
		{"the new token meanwhile", signatures{"new", "old"}, "new", true},
		{"the same token twice", signatures{"new", "new"}, "new", true},
		{"another token meanwhile", signatures{"new", "old"}, "newold", false},
		{"the old token afterwards", signatures{"new"}, "old", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := c.tokens.valid(sign(c.signer, someAddress, form), someAddress, form); got != c.want {
				t.Errorf("accepted: %t", got)
			}
		})
	}
}

// everyWebhook is each address that the carrier asks.
var everyWebhook = []string{
	"/twilio/voice",
	"/twilio/voice?fallback=1",
	"/twilio/status",
	"/twilio/gate/CALL?lang=de-DE&try=1",
	"/twilio/caller-done/CALL?lang=de-DE",
	"/twilio/nobody/CALL?lang=de-DE",
	"/twilio/leg/CALL/1.alice.1.1?lang=de-DE",
	"/twilio/accept/CALL/1.alice.1.1?hearing=1&lang=de-DE",
	"/twilio/accept/CALL/1.alice.1.1?hearing=1&key=1&lang=de-DE",
	"/twilio/leg-done/CALL/1.alice.1.1?lang=de-DE",
	"/twilio/leg-status/CALL/1.alice.1.1",
}

func TestAForgedWebhookIsRefusedBeforeAnythingIsLookedAt(t *testing.T) {
	forgeries := map[string]func(target string, f url.Values) string{
		"without a signature":         func(string, url.Values) string { return "" },
		"with nonsense for one":       func(string, url.Values) string { return "not base64 at all" },
		"with another token":          func(target string, f url.Values) string { return sign("another token", site+target, f) },
		"with no token":               func(target string, f url.Values) string { return sign("", site+target, f) },
		"with one of another address": func(target string, f url.Values) string { return sign(authToken, site+"/twilio/other", f) },
		"with one of another host":    func(target string, f url.Values) string { return sign(authToken, "https://example.com"+target, f) },
		"with one of a shorter form":  func(target string, _ url.Values) string { return sign(authToken, site+target, nil) },
		"with one that is cut off":    func(target string, f url.Values) string { return sign(authToken, site+target, f)[:20] },
		"with the query not signed": func(target string, f url.Values) string {
			return sign(authToken, strings.Split(site+target+"?", "?")[0]+"?", f)
		},
		"with the body signed as JSON": func(target string, _ url.Values) string { return sign(authToken, site+target+"?bodySHA256=", nil) },
	}
	for how, forge := range forgeries {
		inCall(t, how, func(wt *webhookTest) {
			wt.must(wt.store.Close())
			for _, target := range everyWebhook {
				target = withIDs(target)
				form := arriving("CallStatus", "completed", "Digits", "1")
				wt.ends(http.StatusForbidden, wt.send(target, form.Encode(), "X-Twilio-Signature", forge(target, form)))
				wt.logged("webhook with a false signature")
				wt.asks()
			}
		})
	}
	inCall(t, "and nothing is on record", func(wt *webhookTest) {
		for _, target := range everyWebhook {
			wt.ends(http.StatusForbidden, wt.send(withIDs(target), arriving().Encode()))
		}
		if rows := wt.rows(); len(rows) > 0 {
			wt.Errorf("%d calls", len(rows))
		}
	})
}

func TestAWebhookSignedWithEitherTokenOfARotationIsTaken(t *testing.T) {
	inCall(t, "both", func(wt *webhookTest) {
		wt.signatures = signatures{"the new one", authToken}
		target, f := withIDs("/twilio/leg-done/CALL/1.alice.1.1?lang=de-DE"), form("CallSid", "LEG")
		for token, code := range map[string]int{"the new one": http.StatusOK, authToken: http.StatusOK, "a third": http.StatusForbidden} {
			if w := wt.send(target, f.Encode(), "X-Twilio-Signature", sign(token, site+target, f)); w.Code != code {
				wt.Errorf("%s: %d, want %d", token, w.Code, code)
			}
		}
	})
}

// FuzzSignature looks for a form that is refused with its right signature or taken with another, and for whatever makes
// the check panic.
func FuzzSignature(f *testing.F) {
	f.Add("12345", "voice?try=1", "CallSid", "CAabc", "Digits", "1", "CallSid=CAabc&Digits=1")
	f.Add("12345", "voice?a=b;c", "Digits", "2", "Digits", "1", "a;b=%zz&%=%&&=&==")
	f.Add("12345", ":1/voice", "", "", "É", "a b+c;d&e=f%", "%")
	f.Add("\x00", "\xff?]:", "a", "b", "ab", "", "a=\xff\x00")
	f.Add("token", "voice?x=%2F&y=%20", "CallSid", "ü", "CallSid", "ü", "L/OH5YylLD5NRKLltdqwSvS0BnU=")
	f.Add("token", "voice", "A", "\n", "a", "", "A=1&a=2&A=0&a=&B&C=%E9&A=1")
	f.Add("token", "/@:443/x", "Digits", "1", "From", "+12025550123", "https://ringdown.example:8443/twilio/voice")
	f.Fuzz(func(t *testing.T, token, path, name1, value1, name2, value2, body string) {
		address := "https://ringdown.example:8443/twilio/" + path
		s := signatures{token}
		if token == "" {
			s = signatures{"12345"}
		}
		if theirs, err := url.ParseQuery(body); err == nil {
			if !s.valid(sign(s[0], address, theirs), address, parseForm(body)) {
				t.Errorf("refused with its right signature: %q", body)
			}
			rights := []string{sign(s[0], address, theirs), sign(s[0], "https://ringdown.example/twilio/"+path, theirs)}
			if s.valid(body, address, parseForm(body)) != slices.Contains(rights, body) {
				t.Errorf("%q is taken for a signature", body)
			}
		}
		if right := sign(s[0], body, nil); !s.valid(right, body, nil) || !plausible(right) {
			t.Errorf("the right signature of %q is refused", body)
		}

		form := url.Values{}
		form.Add(name1, value1)
		form.Add(name2, value2)
		for _, signed := range []string{address, "https://ringdown.example/twilio/" + path} {
			right := sign(s[0], signed, form)
			if !s.valid(right, address, parseForm(form.Encode())) {
				t.Errorf("refused with its right signature: %q", form.Encode())
			}
			if (signatures{s[0] + "x"}).valid(right, address, form) {
				t.Errorf("accepted with another token: %q", form.Encode())
			}
			form.Add(name2, value1+value2+"x")
			if s.valid(right, address, form) {
				t.Errorf("accepted with one value more: %q", form.Encode())
			}
			form[name2] = form[name2][:len(form[name2])-1]
		}
	})
}

// sign makes a signature as the carrier documents it: the address, then each different pair of
// name and value, sorted. It is written apart from what it tests.
func sign(token, address string, form url.Values) string {
	var pairs [][2]string
	for name, values := range form {
		for _, value := range values {
			if pair := [2]string{name, value}; !slices.Contains(pairs, pair) {
				pairs = append(pairs, pair)
			}
		}
	}
	slices.SortFunc(pairs, func(a, b [2]string) int {
		return cmp.Or(strings.Compare(a[0], b[0]), strings.Compare(a[1], b[1]))
	})
	mac := hmac.New(sha1.New, []byte(token))
	mac.Write([]byte(address))
	for _, pair := range pairs {
		mac.Write([]byte(pair[0] + pair[1]))
	}
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}
