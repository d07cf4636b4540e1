package models

import "testing"

func TestFirstStage(t *testing.T) {
	list := Allowlist{Enabled: true, Callers: []AllowedCaller{{"Zoe", zoe}}}
	gate := Keypress{Enabled: true, Key: "1"}
	someone := []PlanLevel{{}, {People: []Person{{UserID: "alice", Phones: mobile("+12025550101")}}}}
	nobody := []PlanLevel{{}}
	for _, c := range []struct {
		name           string
		plan           Plan
		caller         Phone
		first, hunting Stage
	}{
		{"no gates", Plan{Levels: someone}, "", StageHunting, StageHunting},
		{"no gates and nobody to ring", Plan{Levels: nobody}, "", StageNobody, StageNobody},
		{"no level at all", Plan{}, "", StageNobody, StageNobody},
		{"what a refused caller hears is no gate", Plan{Levels: someone, Allowlist: Allowlist{Refusal: "No"}}, "", StageHunting, StageHunting},
		{"the list of an old plan admits", Plan{Levels: someone, Allowlist: list}, zoe, StageHunting, StageHunting},
		{"it refuses", Plan{Levels: someone, Allowlist: list, Keypress: gate}, "", StageEnded, StageHunting},
		{"it refuses before anything else", Plan{Levels: nobody, Allowlist: list}, "", StageEnded, StageNobody},
		{"a key is asked", Plan{Levels: someone, Keypress: gate}, "", StageGate, StageHunting},
		{"the list admits and a key is asked", Plan{Levels: someone, Allowlist: list, Keypress: gate}, zoe, StageGate, StageHunting},
		{"a key is asked before the caller hears that there is nobody", Plan{Levels: nobody, Keypress: gate}, "", StageGate, StageNobody},
	} {
		t.Run(c.name, func(t *testing.T) {
			if first, hunting := c.plan.FirstStage(c.caller), c.plan.HuntingStage(); first != c.first || hunting != c.hunting {
				t.Errorf("got %s, then %s, want %s, then %s", first, hunting, c.first, c.hunting)
			}
			in := Inbound{Caller: c.caller, Plan: c.plan}
			if got := in.FirstStage(); got != c.first {
				t.Errorf("the call begins with %s", got)
			}
			for _, in.Refusal = range RefusalReasons {
				if got := in.FirstStage(); got != StageEnded {
					t.Errorf("a caller refused as %s begins with %s", in.Refusal, got)
				}
			}
		})
	}
}

func TestShownTo(t *testing.T) {
	const ours Phone = "+447700900001"
	for _, c := range []struct {
		name   string
		rule   CallerIDRule
		caller Phone
		token  string
		want   Phone
	}{
		{"the route's number", ShowRouteNumber, zoe, "token", ours},
		{"the route's number, in a plan of a history without a rule", "", zoe, "token", ours},
		{"the caller's, with the carrier's leave", ShowCaller, zoe, "token", zoe},
		{"the route's without it", ShowCaller, zoe, "", ours},
		{"a withheld caller's is not shown", ShowCaller, "", "token", ours},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := Inbound{Caller: c.caller, Number: ours, CallToken: c.token, Plan: Plan{CallerID: c.rule}}
			if got := in.ShownTo(); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}
