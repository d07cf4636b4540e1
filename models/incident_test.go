package models

import (
	"errors"
	"testing"
	"time"
)

func TestTheLifeOfAnIncident(t *testing.T) {
	known := map[IncidentStatus]map[IncidentAction]IncidentStatus{
		IncidentTriage:   {IncidentAccept: IncidentActive, IncidentDecline: IncidentDeclined},
		IncidentActive:   {IncidentClose: IncidentClosed},
		IncidentClosed:   {IncidentReopen: IncidentActive},
		IncidentDeclined: {IncidentReopen: IncidentTriage},
	}
	for status, actions := range known {
		for _, action := range []IncidentAction{IncidentAccept, IncidentDecline, IncidentClose, IncidentReopen} {
			want, can := actions[action]
			got, err := status.After(action)
			var conflict *ConflictError
			if can != (err == nil) || can && got != want || !can && (!errors.As(err, &conflict) || got != status) {
				t.Errorf("%s an incident that is %s: %s, %v", action, status, got, err)
			}
		}
	}
}

func TestAnIncidentTakesInAlertsOfItsGroupForAWhile(t *testing.T) {
	last := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	i := Incident{AlertRouteID: "calls", GroupKey: "k", Status: IncidentActive, LastAlertAt: last}
	d := Declaration{AlertRouteID: "calls", GroupKey: "k", WindowSeconds: 600}
	for name, c := range map[string]struct {
		change func(*Incident, *Declaration)
		at     time.Time
		want   bool
	}{
		"at once":                 {func(*Incident, *Declaration) {}, last, true},
		"just in time":            {func(*Incident, *Declaration) {}, last.Add(10*time.Minute - 1), true},
		"too late":                {func(*Incident, *Declaration) {}, last.Add(10 * time.Minute), false},
		"in triage":               {func(i *Incident, _ *Declaration) { i.Status = IncidentTriage }, last, true},
		"closed":                  {func(i *Incident, _ *Declaration) { i.Status = IncidentClosed }, last, false},
		"declined":                {func(i *Incident, _ *Declaration) { i.Status = IncidentDeclined }, last, false},
		"of another group":        {func(i *Incident, _ *Declaration) { i.GroupKey = "l" }, last, false},
		"of another alert route":  {func(i *Incident, _ *Declaration) { i.AlertRouteID = "others" }, last, false},
		"both of no group at all": {func(i *Incident, d *Declaration) { i.GroupKey, d.GroupKey = "", "" }, last, false},
	} {
		i, d := i, d
		c.change(&i, &d)
		if got := i.Takes(d, c.at); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

func TestAMessageThatRepeatsACallerIsKnown(t *testing.T) {
	for key, want := range map[string]bool{
		AlertMessageKey("a1", AlertLine{Key: LineTranscript}): true,
		AlertMessageKey("a1", AlertLine{Key: LineRaised}):     false,
		AlertMessageKey("a1", AlertLine{Key: "voicemail"}):    false,
		"said/0198/transcript":                                false,
		"":                                                    false,
	} {
		if got := (IncidentMessage{Key: key}).TellsTranscript(); got != want {
			t.Errorf("%q: %v", key, got)
		}
	}
}
