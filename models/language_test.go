package models

import "testing"

func TestLanguages(t *testing.T) {
	if Languages[0].Code != DefaultLanguage {
		t.Errorf("%s comes first, not the default", Languages[0].Code)
	}
	seen := map[string]bool{}
	for i, l := range CarrierLanguages {
		if seen[l.Code] || l.Name == "" {
			t.Errorf("%s is listed twice, or has no name", l.Code)
		}
		seen[l.Code] = true
		builtIn := i < len(Languages)
		if found, ok := LanguageByCode(l.Code); ok != builtIn || (ok && found != l) {
			t.Errorf("%s is found as %v", l.Code, found)
		}
		if l.Complete != builtIn || (l.Voice != "") != builtIn {
			t.Errorf("%s: complete %t with voice %q", l.Code, l.Complete, l.Voice)
		}
	}
}

func TestCarrierSpeaks(t *testing.T) {
	for _, c := range []struct {
		name, code string
		want       bool
	}{
		{"a language with prompts", "ja-JP", true},
		{"a language without prompts", "cs-CZ", true},
		{"a code without a country", "arb", true},
		{"a code that the carrier does not know", "tlh", false},
		{"a language alone", "en", false},
		{"a code in other letters", "en-gb", false},
		{"no code", "", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := CarrierSpeaks(c.code); got != c.want {
				t.Errorf("%q: %t", c.code, got)
			}
		})
	}
}
