package models

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func TestABlockedCallerIsBlockedUntilTheEnd(t *testing.T) {
	end := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name  string
		until *time.Time
		at    time.Time
		want  bool
	}{
		{"for ever, now", nil, end, true},
		{"for ever, in a hundred years", nil, end.AddDate(100, 0, 0), true},
		{"before the end", &end, end.Add(-time.Microsecond), true},
		{"at the end", &end, end, false},
		{"after the end", &end, end.Add(time.Hour), false},
		{"at the end, in another zone", &end, end.In(time.FixedZone("", 9*3600)), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := (BlockedCaller{Until: c.until}).Blocks(c.at); got != c.want {
				t.Errorf("blocks %v, want %v", got, c.want)
			}
		})
	}
}

func TestBlockedCallerFaultsAreReportedAtOnce(t *testing.T) {
	for _, c := range []struct {
		name   string
		caller BlockedCaller
		want   []string
	}{
		{"a number is enough", BlockedCaller{Number: "+12025550111"}, nil},
		{"with a reason", BlockedCaller{Number: "+12025550111", Reason: "Silent calls at night"}, nil},
		{"no number", BlockedCaller{}, []string{"number"}},
		{"a withheld number cannot be blocked", BlockedCaller{Number: "+266696687"}, []string{"number"}},
		{"everything wrong", BlockedCaller{Number: "2025550111", Reason: strings.Repeat("x", 201)}, []string{"number", "reason"}},
		{"a reason with control characters", BlockedCaller{Number: "+12025550111", Reason: "a\x00b"}, []string{"reason"}},
		{"a reason of two lines", BlockedCaller{Number: "+12025550111", Reason: "a\nb"}, []string{"reason"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var faults Faults
			errors.As(c.caller.Validate(), &faults)
			var got []string
			for _, f := range faults {
				got = append(got, f.Field)
			}
			if strings.Join(got, " ") != strings.Join(c.want, " ") {
				t.Errorf("faults of %q, want %q", got, c.want)
			}
		})
	}
}
