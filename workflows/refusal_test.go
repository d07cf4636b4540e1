package workflows_test

import (
	"strings"
	"testing"

	"github.com/ringdown/ringdown/models"
)

func allow(refusal string) func(*models.Plan) {
	return func(p *models.Plan) {
		p.Allowlist = models.Allowlist{
			Enabled: true, Refusal: refusal, Callers: []models.AllowedCaller{{Number: "+447700900199"}},
		}
	}
}

func TestARefusedCallerRingsNobodyAndRaisesNoAlert(t *testing.T) {
	for name, c := range map[string]struct {
		refusal string
		caller  models.Phone
		want    string
	}{
		"unanswered":           {"", caller, "reject"},
		"with a text":          {"This line is private.", caller, "say: This line is private."},
		"with a number hidden": {"", "", "reject"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScene(t, "Alice", allow(c.refusal))
			s.in.Caller = c.caller
			s.at(0, s.asks(c.want))
			call := s.ends(models.Refused, 0)
			s.dialled("")
			if call.AlertID != "" || call.Refusal != models.RefusedNotListed || len(s.carrier.ended) > 0 {
				t.Errorf("alert %q, refused for %q, the caller was hung up on at %v", call.AlertID, call.Refusal, s.carrier.ended)
			}
		})
	}
}

func TestAListedCallerPasses(t *testing.T) {
	s := newScene(t, "Alice", allow(""))
	s.in.Caller = "+447700900199"
	s.at(0, s.asks("hold"))
	s.at(10, s.hangsUp())
	s.ends(models.Abandoned, 10)
}

func TestARefusedCallerHearsWhatTheReasonCallsFor(t *testing.T) {
	for reason, want := range map[models.RefusalReason]string{
		models.RefusedOwnNumber:  "reject",
		models.RefusedBlocked:    "reject",
		models.RefusedNotListed:  "say: This line is private.",
		models.RefusedUnattested: "say unverified",
		models.RefusedTooMany:    "busy",
		models.RefusedRouteFull:  "busy",
	} {
		t.Run(string(reason), func(t *testing.T) {
			s := newScene(t, "Alice", func(p *models.Plan) { p.Allowlist.Refusal = "This line is private." }, withKeypress, withVoicemail)
			s.in.Refusal = reason
			s.at(0, s.asks(want))
			call := s.ends(models.Refused, 0)
			s.dialled("")
			if call.Refusal != reason || call.AlertID != "" || call.Voicemail != nil || len(s.carrier.ended) > 0 {
				t.Errorf("refused for %q, alert %q, message %+v; hung up on at %v", call.Refusal, call.AlertID, call.Voicemail, s.carrier.ended)
			}
			if !strings.Contains(story(call), reason.Words()) {
				t.Errorf("told: %s", story(call))
			}
		})
	}
}

func TestEveryReasonForARefusalIsTried(t *testing.T) {
	if n := len(models.RefusalReasons); n != 6 {
		t.Errorf("there are %d reasons, six are tried above", n)
	}
}

func TestARefusedCallerWhoAsksAgainHearsTheSame(t *testing.T) {
	s := newScene(t, "Alice")
	s.in.Refusal = models.RefusedTooMany
	s.at(0, s.asksInVain())
	s.at(2, s.asks("busy"))
	s.ends(models.Refused, 2)
}
