package models

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestAnAPIKeyIsGoodUntilItsEnd(t *testing.T) {
	end := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name    string
		expires *time.Time
		at      time.Time
		want    bool
	}{
		{"for ever", nil, end.AddDate(100, 0, 0), false},
		{"before its end", &end, end.Add(-time.Nanosecond), false},
		{"at its end", &end, end, true},
		{"after its end, in another zone", &end, end.Add(time.Second).In(time.FixedZone("", 9*3600)), true},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := (APIKey{ExpiresAt: c.expires}).Expired(c.at); got != c.want {
				t.Errorf("expired %v, want %v", got, c.want)
			}
		})
	}
}

func TestAPIKeyFaultsAreReportedAtOnce(t *testing.T) {
	now := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	later := now.Add(time.Microsecond)
	for _, c := range []struct {
		name string
		key  APIKey
		want []string
	}{
		{"a name and a role are enough", APIKey{Name: "Pipeline", Role: RoleViewer}, nil},
		{"with an end to come", APIKey{Name: "Pipeline", Role: RoleAdmin, ExpiresAt: &later}, nil},
		{"nothing", APIKey{}, []string{"name", "role"}},
		{"a long name and an unknown role", APIKey{Name: strings.Repeat("x", 101), Role: "owner"}, []string{"name", "role"}},
		{"an end that is now", APIKey{Name: "Pipeline", Role: RoleAdmin, ExpiresAt: &now}, []string{"expires_at"}},
		{"an end that is past, of one made before", APIKey{ID: "1", Name: "Pipeline", Role: RoleAdmin, ExpiresAt: &now}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			var faults Faults
			var got []string
			if errors.As(c.key.Validate(now), &faults); faults != nil {
				for _, fault := range faults {
					got = append(got, fault.Field)
				}
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("faults %v, want %v", got, c.want)
			}
		})
	}
}

func TestLittleIsKeptOfASecret(t *testing.T) {
	key := APIKey{}.WithSecret("rd_abcdefghijklmnopqrstuvwxyz")
	if key.Prefix != "rd_abcdef" || len(key.Hash) != 32 || strings.Contains(string(key.Hash), "abcdef") {
		t.Errorf("prefix %q, hash %x", key.Prefix, key.Hash)
	}
}
