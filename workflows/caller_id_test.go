package workflows_test

import (
	"testing"

	"github.com/ringdown/ringdown/models"
)

func TestARespondersPhoneShowsTheCallersNumberOnlyWithTheCarriersLeave(t *testing.T) {
	for name, c := range map[string]struct {
		rule   models.CallerIDRule
		caller models.Phone
		token  string
		from   models.Phone
		sent   string
	}{
		"the route's number is to be seen":                 {models.ShowRouteNumber, caller, "leave", ours, ""},
		"nothing is said of it":                            {"", caller, "leave", ours, ""},
		"the caller's number is to be seen, with leave":    {models.ShowCaller, caller, "leave", caller, "leave"},
		"the caller's number is to be seen, without leave": {models.ShowCaller, caller, "", ours, ""},
		"the caller's number is to be seen, but withheld":  {models.ShowCaller, "", "leave", ours, ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScene(t, "Alice", func(p *models.Plan) { p.CallerID = c.rule })
			s.in.Caller, s.in.CallToken = c.caller, c.token
			s.at(0, s.asks("hold"))
			s.at(10, s.hangsUp())
			s.ends(models.Abandoned, 10)
			if d := s.carrier.dials[0]; d.From != c.from || d.Ours != ours || d.CallToken != c.sent {
				t.Errorf("the dial shows %q of %q with leave %q", string(d.From), string(d.Ours), d.CallToken)
			}
			if h := s.carrier.hangUps[0]; h.From != c.from || h.Ours != ours { // its leg may show either
				t.Errorf("the leg to end shows %q of %q", string(h.From), string(h.Ours))
			}
		})
	}
}
