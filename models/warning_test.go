package models

import (
	"slices"
	"strings"
	"testing"
)

func TestARouteWarnsOfPhonesThatTheCarrierRefused(t *testing.T) {
	refused := func(code int) *PhoneFault { return &PhoneFault{Code: code} }
	mobile := func(fault *PhoneFault) UserPhone {
		return UserPhone{Label: "mobile", Number: "+12025550101", Fault: fault}
	}
	desk := func(fault *PhoneFault) UserPhone {
		return UserPhone{Label: "desk", Number: "+12025550102", Fault: fault}
	}
	alice := func(phones ...UserPhone) User {
		return User{ID: "alice", Name: "Alice", Active: true, OnCallLicence: true, Phones: phones}
	}
	away := alice(mobile(refused(21211)))
	away.Active = false

	twice := Level{Targets: []Target{{Type: TargetUser, UserID: "alice"}, {Type: TargetUser, UserID: "alice"}}}
	once := Level{Targets: twice.Targets[:1]}
	for _, c := range []struct {
		name   string
		user   User
		levels []Level
		want   []string
	}{
		{"no refusal, no warning", alice(mobile(nil), desk(nil)), []Level{once}, nil},
		{"one of two phones", alice(mobile(refused(21211)), desk(nil)), []Level{once}, []string{
			`Level 1 may not reach Alice: the carrier refused to ring the phone "mobile", with code 21211.`,
		}},
		{"both phones", alice(mobile(refused(21211)), desk(refused(13224))), []Level{once}, []string{
			`Level 1 may not reach Alice: the carrier refused to ring the phone "mobile", with code 21211.`,
			`Level 1 may not reach Alice: the carrier refused to ring the phone "desk", with code 13224.`,
		}},
		{"named twice in a level, told once in each level", alice(mobile(refused(21211))), []Level{twice, once}, []string{
			`Level 1 may not reach Alice: the carrier refused to ring the phone "mobile", with code 21211.`,
			`Level 2 may not reach Alice: the carrier refused to ring the phone "mobile", with code 21211.`,
		}},
		{"who is not rung at all is told of only as that", away, []Level{once}, []string{"Level 1 never rings Alice, who is deactivated."}},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := Plan{Levels: make([]PlanLevel, len(c.levels))}
			for i := range p.Levels {
				p.Levels[i].People = []Person{{UserID: "alice"}}
			}
			r := Route{
				Enabled: true, PhoneNumberID: "n1", Levels: c.levels, Accept: Acceptance{Required: true}, EmergencyNumber: "+12025550199",
			}
			got := r.Warnings(p, Directory{Users: map[string]User{"alice": c.user}})
			if !slices.Equal(got, c.want) {
				t.Errorf("warnings %q, want %q", got, c.want)
			}
			if strings.Contains(strings.Join(got, ""), "55501") {
				t.Errorf("a warning names the number: %q", got)
			}
		})
	}
}
