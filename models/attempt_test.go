package models

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestAttempts(t *testing.T) {
	r := Route{RingAgain: true, Levels: []Level{oneByOne(aUser("alice"), aUser("bob")), oneByOne(aUser("alice"))}}
	attempts := MakePlan(r, "", directory(), instant(monday), 0).Attempts()
	want := []string{"1.alice.1.1 mobile", "1.alice.2.1 home", "1.bob.1.1 mobile", "2.alice.1.1 mobile", "2.alice.2.1 home"}
	var got []string
	for _, a := range attempts {
		got = append(got, a.ID+" "+a.Label)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	first := Attempt{ID: "1.alice.1.1", Level: 1, UserID: "alice", Name: "Alice", Label: "mobile", Number: "+12025550101", Nth: 1, Round: 1, Why: "named by the route"}
	if diff := cmp.Diff(first, attempts[0]); diff != "" {
		t.Error(diff)
	}
	second := first
	second.ID, second.Round = "1.alice.1.2", 2
	if diff := cmp.Diff(second, attempts[0].InRound(2)); diff != "" {
		t.Errorf("in the second round:\n%s", diff)
	}
	if attempts[0].Round != 1 {
		t.Error("the first round was changed")
	}
}

func TestAttemptsOfAPerson(t *testing.T) {
	alice := Person{UserID: "alice", Name: "Alice", Why: "on call", Phones: []UserPhone{{Label: "mobile", Number: "+12025550101"}, {Label: "home", Number: "+12025550111"}}}
	attempt := func(level, nth int, label string, number Phone) Attempt {
		return Attempt{
			ID: fmt.Sprintf("%d.alice.%d.1", level, nth), Level: level, UserID: "alice", Name: "Alice",
			Label: label, Number: number, Nth: nth, Round: 1, Why: "on call",
		}
	}
	for _, c := range []struct {
		name   string
		person Person
		level  int
		want   []Attempt
	}{
		{"each phone in its order", alice, 1, []Attempt{attempt(1, 1, "mobile", "+12025550101"), attempt(1, 2, "home", "+12025550111")}},
		{"another level is another attempt", alice, 3, []Attempt{attempt(3, 1, "mobile", "+12025550101"), attempt(3, 2, "home", "+12025550111")}},
		{"no phone, no attempt", Person{UserID: "bob"}, 1, []Attempt{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, c.person.Attempts(c.level)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestAttemptIDsAreUniqueAndSafe(t *testing.T) {
	safe := regexp.MustCompile(`^[A-Za-z0-9._~-]+$`)
	rapid.Check(t, func(t *rapid.T) {
		r, d, at := anyRoute(t)
		seen := map[string]bool{}
		for _, a := range MakePlan(r, "+447700900001", d, at, 7).Attempts() {
			for _, a := range []Attempt{a, a.InRound(2)} {
				if seen[a.ID] {
					t.Fatalf("%s is there twice", a.ID)
				}
				seen[a.ID] = true
				if !safe.MatchString(a.ID) || url.PathEscape(a.ID) != a.ID {
					t.Fatalf("%q is not safe in a URL", a.ID)
				}
				if strings.Contains(a.ID, string(a.Number)[1:]) {
					t.Fatalf("%q holds a number", a.ID)
				}
			}
		}
	})
}
