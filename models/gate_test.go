package models

import "testing"

func TestAdmits(t *testing.T) {
	alice, bob := Phone("+12025550101"), Phone("+12025550102")
	off := Allowlist{Callers: []AllowedCaller{{"Alice", alice}}}
	on := Allowlist{Enabled: true, Callers: []AllowedCaller{{"Alice", alice}}}
	for _, c := range []struct {
		name   string
		list   Allowlist
		caller Phone
		want   bool
	}{
		{"off, a listed caller passes", off, alice, true},
		{"off, anybody passes", off, bob, true},
		{"off, a withheld caller passes", off, "", true},
		{"on, a listed caller passes", on, alice, true},
		{"on, somebody else does not", on, bob, false},
		{"on, a withheld caller does not", on, "", false},
		{"on, half a listed number does not", on, alice[:8], false},
		{"on, a withheld caller does not, even where nothing is listed as a number", Allowlist{Enabled: true, Callers: []AllowedCaller{{"Nobody", ""}}}, "", false},
		{"on and empty, nobody passes", Allowlist{Enabled: true}, alice, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := c.list.Admits(c.caller); got != c.want {
				t.Errorf("got %t", got)
			}
		})
	}
}

func TestJudgeCaller(t *testing.T) {
	gate := Keypress{Enabled: true, Key: "5"}
	for _, c := range []struct {
		name   string
		gate   Keypress
		digits string
		try    int
		want   Verdict
	}{
		{"off, silence passes", Keypress{Key: "5"}, "", 1, Accept},
		{"off, any key passes", Keypress{Key: "5"}, "7", 3, Accept},
		{"the key passes at once", gate, "5", 1, Accept},
		{"the key passes at the last try", gate, "5", 3, Accept},
		{"another key is asked again", gate, "7", 1, Repeat},
		{"and again", gate, "7", 2, Repeat},
		{"but no fourth time", gate, "7", 3, GiveUp},
		{"silence is asked again", gate, "", 1, Repeat},
		{"silence to the last try is given up", gate, "", 3, GiveUp},
		{"two keys are not the key", gate, "55", 1, Repeat},
		{"the hash is not the key", gate, "#", 1, Repeat},
		{"nine is a key like any other", Keypress{Enabled: true, Key: "9"}, "9", 1, Accept},
		{"a caller cannot decline", gate, DeclineKey, 1, Repeat},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := c.gate.Judge(c.digits, c.try); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

func TestJudgeResponder(t *testing.T) {
	ask := Acceptance{Required: true, Key: "1"}
	for _, c := range []struct {
		name    string
		accept  Acceptance
		digits  string
		hearing int
		want    Verdict
	}{
		{"no key asked, whoever picks up takes it", Acceptance{Key: "1"}, "", 1, Accept},
		{"the key takes it", ask, "1", 1, Accept},
		{"the key takes it at the second hearing", ask, "1", 2, Accept},
		{"nine declines", ask, "9", 1, Decline},
		{"nine declines at the second hearing", ask, "9", 2, Decline},
		{"another key hears it again", ask, "4", 1, Repeat},
		{"but only once", ask, "4", 2, GiveUp},
		{"silence is a mailbox", ask, "", 1, GiveUp},
		{"silence after a wrong key is given up", ask, "", 2, GiveUp},
		{"two keys are not the key", ask, "11", 1, Repeat},
		{"the star is not the key", ask, "*", 1, Repeat},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := c.accept.Judge(c.digits, c.hearing); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}
