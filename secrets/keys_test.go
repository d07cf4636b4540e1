package secrets_test

import (
	"encoding/base64"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/ringdown/ringdown/secrets"
)

// key is a key of an id, made of one letter.
func key(id, letter string) string {
	return id + ":" + base64.StdEncoding.EncodeToString([]byte(strings.Repeat(letter, 32)))
}

func parse(t *testing.T, text string) *secrets.Keys {
	t.Helper()
	keys, err := secrets.ParseKeys(text)
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

func TestKeysAreReadFromASetting(t *testing.T) {
	for name, c := range map[string]struct {
		text  string
		ready bool
	}{
		"nothing":                   {"", false},
		"spaces alone":              {" \n", false},
		"one":                       {key("a", "x"), true},
		"two":                       {key("2026-04", "x") + "," + key("2026-03", "y"), true},
		"spaces and a line end":     {" " + key("a", "x") + " , " + key("b", "y") + "\n", true},
		"an id of twenty":           {key("abcdefghij0123456789", "x"), true},
		"one that was made for you": {secrets.NewKey(), true},
	} {
		keys, err := secrets.ParseKeys(c.text)
		if err != nil || keys.Ready() != c.ready {
			t.Errorf("%s: ready is %t, want %t (%v)", name, keys.Ready(), c.ready, err)
		}
	}
	if first, second := secrets.NewKey(), secrets.NewKey(); first == second {
		t.Error("two new keys are the same")
	}
}

func TestEachMistakeInTheKeysIsNamed(t *testing.T) {
	const secret = "c2VjcmV0c2VjcmV0" // no key may be in an error, even half of one
	for name, c := range map[string]struct {
		text string
		want []string
	}{
		"no id":               {secret, []string{"key 1: want id:key"}},
		"an empty id":         {":" + secret, []string{"key 1: its id must be"}},
		"a capital letter":    {key("A", "x"), []string{"key 1: its id must be"}},
		"a long id":           {key(strings.Repeat("a", 21), "x"), []string{"key 1: its id must be"}},
		"no base64":           {"a:" + secret + "!", []string{"key 1: must be standard base64"}},
		"the padding is gone": {strings.TrimRight(key("a", "x"), "="), []string{"key 1: must be standard base64"}},
		"a short key":         {"a:" + secret, []string{"key 1: has 12 bytes, want 32"}},
		"a long key":          {"a:" + base64.StdEncoding.EncodeToString(make([]byte, 33)), []string{"has 33 bytes, want 32"}},
		"one id twice":        {key("a", "x") + "," + key("a", "y"), []string{"key 2: a is the id of another"}},
		"nothing after a comma": {
			key("a", "x") + ",", []string{"key 2: want id:key"}},
		"two of three": {
			secret + "," + key("b", "x") + ",c:" + secret, []string{"key 1: want id:key", "key 3: has 12 bytes"}},
	} {
		keys, err := secrets.ParseKeys(c.text)
		if err == nil || keys.Ready() {
			t.Errorf("%s: no error", name)
			continue
		}
		for _, want := range append(c.want, "RINGDOWN_PAYLOAD_KEY") {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: it says %v, want %s", name, err, want)
			}
		}
		if strings.Contains(err.Error(), secret) || strings.Contains(err.Error(), "eHh4eHh4") {
			t.Errorf("%s: it says %v", name, err)
		}
	}
}

func TestKeysShowNothingOfThemselves(t *testing.T) {
	keys := parse(t, key("a", "x"))
	var logged strings.Builder
	slog.New(slog.NewTextHandler(&logged, nil)).Info("keys", "keys", keys)
	slog.New(slog.NewJSONHandler(&logged, nil)).Info("keys", "keys", keys)
	for _, shown := range []string{fmt.Sprintf("%v %+v %#v %s %d %x", keys, keys, keys, keys, keys, keys), logged.String()} {
		if strings.Contains(shown, "eHh4") || strings.Contains(shown, "0x78") || strings.Contains(shown, "7878") || strings.Contains(shown, "cipher") {
			t.Errorf("shown: %s", shown)
		}
	}
}
