package secrets_test

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/ringdown/ringdown/secrets"
)

func seal(t *testing.T, keys *secrets.Keys, plain, about string) []byte {
	t.Helper()
	sealed, err := keys.Seal([]byte(plain), []byte(about))
	if err != nil {
		t.Fatal(err)
	}
	return sealed
}

func TestWhatIsSealedOpensAsItWas(t *testing.T) {
	keys := parse(t, key("a", "x"))
	for name, plain := range map[string]string{
		"a sentence": "a proof of address", "nothing": "", "bytes that are no text": "\x00\xff\xfe", "a whole document": string(make([]byte, 10<<20)),
	} {
		sealed := seal(t, keys, plain, "document-1")
		if len(plain) > 0 && bytes.Contains(sealed, []byte(plain)) {
			t.Errorf("%s can be read", name)
		}
		if got, err := keys.Open(sealed, []byte("document-1")); err != nil || string(got) != plain {
			t.Errorf("%s: it is %d bytes (%v)", name, len(got), err)
		}
	}
}

func TestTheSameSealedTwiceDoesNotLookAlike(t *testing.T) {
	keys := parse(t, key("a", "x"))
	if bytes.Equal(seal(t, keys, "one", ""), seal(t, keys, "one", "")) {
		t.Error("it looks alike")
	}
}

func TestANewKeyIsPutBeforeTheOldOne(t *testing.T) {
	before := parse(t, key("old", "x"))
	both := parse(t, key("new", "y")+","+key("old", "x"))
	after := parse(t, key("new", "y"))
	old, fresh := seal(t, before, "one", ""), seal(t, both, "two", "")
	for name, c := range map[string]struct {
		keys   *secrets.Keys
		sealed []byte
		want   error
	}{
		"both open the old one":         {both, old, nil},
		"both open the new one":         {both, fresh, nil},
		"the new key opens the new one": {after, fresh, nil},
		"the new key knows no old one":  {after, old, secrets.ErrUnknownKey},
		"the old key knows no new one":  {before, fresh, secrets.ErrUnknownKey},
	} {
		if _, err := c.keys.Open(c.sealed, nil); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestWhatWasChangedOrMovedDoesNotOpen(t *testing.T) {
	keys := parse(t, key("a", "x")+","+key("b", "x"))
	sealed := seal(t, keys, "a proof of address", "document-1")
	for i := range sealed {
		changed := slices.Clone(sealed)
		changed[i] ^= 1
		if plain, err := keys.Open(changed, []byte("document-1")); err == nil {
			t.Errorf("byte %d was changed, and it is %q", i, plain)
		}
		if plain, err := keys.Open(sealed[:i], []byte("document-1")); err == nil {
			t.Errorf("it was cut to %d bytes, and it is %q", i, plain)
		}
	}
	otherID := slices.Clone(sealed)
	otherID[2] = 'b' // of the same key under another id
	for name, c := range map[string]struct {
		keys   *secrets.Keys
		sealed []byte
		about  string
	}{
		"of another document": {keys, sealed, "document-2"},
		"of none":             {keys, sealed, ""},
		"something behind it": {keys, append(slices.Clone(sealed), 0), "document-1"},
		"another key's id":    {keys, otherID, "document-1"},
		"another key":         {parse(t, key("a", "z")), sealed, "document-1"},
		"nothing":             {keys, nil, ""},
	} {
		if plain, err := c.keys.Open(c.sealed, []byte(c.about)); !errors.Is(err, secrets.ErrBroken) {
			t.Errorf("%s: it is %q (%v)", name, plain, err)
		}
	}
}

func TestWithoutAKeyNothingIsSealedOrOpened(t *testing.T) {
	var none *secrets.Keys
	if _, err := none.Seal([]byte("one"), nil); !errors.Is(err, secrets.ErrNoKey) {
		t.Errorf("it says %v", err)
	}
	if _, err := none.Open(seal(t, parse(t, key("a", "x")), "one", ""), nil); !errors.Is(err, secrets.ErrNoKey) || !strings.Contains(err.Error(), "key a ") {
		t.Errorf("it says %v", err)
	}
}

func TestKeysThatOnlyOpenDoNotSeal(t *testing.T) {
	keys := parse(t, key("a", "x")+","+key("b", "y"))
	opening := keys.Opening()
	if plain, err := opening.Open(seal(t, keys, "one", ""), nil); err != nil || string(plain) != "one" || !opening.Ready() || opening.Seals() {
		t.Errorf("it opens as %q (%v)", plain, err)
	}
	if sealed, err := opening.Seal([]byte("one"), nil); !errors.Is(err, secrets.ErrNoKey) {
		t.Errorf("it is sealed as %x (%v)", sealed, err)
	}
	var none *secrets.Keys
	if !keys.Seals() || none.Seals() || none.Opening().Ready() {
		t.Error("who seals is another")
	}
}

func TestWhichKeyHasSealedSomethingCanBeRead(t *testing.T) {
	sealed := seal(t, parse(t, key("2026-04", "x")+","+key("2026-03", "y")), "one", "")
	if id, err := secrets.KeyOf(sealed); id != "2026-04" || err != nil {
		t.Errorf("it is %q (%v)", id, err)
	}
	for name, other := range map[string][]byte{"nothing": nil, "a text": []byte("2026-04"), "half of it": sealed[:5]} {
		if id, err := secrets.KeyOf(other); !errors.Is(err, secrets.ErrBroken) {
			t.Errorf("%s: it is %q (%v)", name, id, err)
		}
	}
	_, err := parse(t, key("2027-01", "z")).Open(sealed, nil)
	if err == nil || !strings.Contains(err.Error(), "key 2026-04 ") || !strings.Contains(err.Error(), "RINGDOWN_PAYLOAD_KEY") {
		t.Errorf("who lacks the key is told %v", err)
	}
}

func FuzzWhateverIsOpenedIsRefusedOrWasSealed(f *testing.F) {
	keys, err := secrets.ParseKeys(key("a", "x"))
	if err != nil {
		f.Fatal(err)
	}
	sealed, err := keys.Seal([]byte("one"), nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(sealed)
	f.Add([]byte{1, 255, 'a'})
	f.Add([]byte{1, 0})
	f.Fuzz(func(t *testing.T, data []byte) {
		if plain, err := keys.Open(data, nil); err == nil && string(plain) != "one" {
			t.Errorf("%x opens as %q", data, plain)
		}
	})
}
