package workflows_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/ringdown/ringdown/models"
)

func TestAPhoneThatTheCarrierRefusesWhoeverCallsItIsFlagged(t *testing.T) {
	refused := returns(models.ResultBadNumber, 21211)
	for name, c := range map[string]struct {
		levels  string
		ring    map[string][]ringing
		dialled string
		flagged string
	}{
		"and the next person is rung at once": {
			"Alice Bob", map[string][]ringing{"Alice": {refused}}, "Alice 0, Bob 0", "+12025550101 21211",
		},
		"while others ring": {
			"Alice Bob all_at_once / Carol", map[string][]ringing{"Alice": {refused}}, "Alice 0, Bob 0", "+12025550101 21211",
		},
		"each of them": {
			"Alice / Bob / Carol", map[string][]ringing{"Alice": {refused}, "Bob": {refused}}, "Alice 0, Bob 0, Carol 0",
			"+12025550101 21211, +12025550102 21211",
		},
		"but not one that is refused for another reason": {
			"Alice Bob", map[string][]ringing{"Alice": {returns(models.ResultRefused, 21215)}}, "Alice 0, Bob 0", "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScene(t, c.levels)
			s.carrier.ring = c.ring
			s.at(0, s.asks("hold"))
			s.at(9, s.hangsUp())
			call := s.ends(models.Abandoned, 9)
			s.dialled(c.dialled)
			var got []string
			for _, phone := range s.carrier.flagged {
				got = append(got, fmt.Sprintf("%s %d", string(phone.Number), phone.Code))
				if !phone.At.Equal(monday) {
					t.Errorf("flagged at %v", phone.At)
				}
			}
			slices.Sort(got) // they are flagged beside each other
			if got := strings.Join(got, ", "); got != c.flagged {
				t.Errorf("flagged %q, want %q", got, c.flagged)
			}
			if a := call.Attempts[0]; c.flagged != "" && (a.Result != models.ResultBadNumber || a.Code != 21211) {
				t.Errorf("the attempt is %+v", a)
			}
		})
	}
}

func TestARunDoesNotCloseBeforeABadPhoneIsFlagged(t *testing.T) {
	s := newScene(t, "Alice Bob")
	s.carrier.ring = map[string][]ringing{"Alice": {returns(models.ResultBadNumber, 21211)}}
	s.carrier.unkept = func() bool { return s.carrier.now() < seconds(100) }
	s.at(0, s.asks("hold"))
	s.at(9, s.hangsUp())
	s.ends(models.Abandoned, 9) // the record does not wait
	if len(s.carrier.flagged) != 1 {
		t.Errorf("flagged %v", s.carrier.flagged)
	}
}

func TestACancelledRunStillFlagsABadPhone(t *testing.T) {
	s := newScene(t, "Alice Bob")
	s.carrier.ring = map[string][]ringing{"Alice": {returns(models.ResultBadNumber, 21211)}}
	s.carrier.unkept = func() bool { return s.carrier.now() < seconds(100) }
	s.at(0, s.asks("hold"))
	s.at(9, s.cancelled())
	s.endsCancelled(models.Failed, 9)
	if len(s.carrier.flagged) != 1 {
		t.Errorf("flagged %v", s.carrier.flagged)
	}
}
