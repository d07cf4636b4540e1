package models

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
)

// called is an alert with everything that conditions may ask for.
var called = Alert{
	SourceID: "source-1", Title: "Call to Support", RouteID: "route-1", RouteName: "Support", Number: "+12025550110", Caller: "+447700900123",
	CallerName: "Partner Ltd", CallerListed: true, Country: "GB", Verstat: "TN-Validation-Passed-A",
	StartedAt: time.Date(2026, 3, 29, 1, 30, 0, 0, time.UTC), // 02:30 in London, an hour after the clocks went on
}

func TestConditions(t *testing.T) {
	night := []WorkingInterval{{Weekday: "sunday", From: 2 * 60, To: 6 * 60}}
	for name, c := range map[string]struct {
		condition Condition
		want      bool
	}{
		"the source":                           {Condition{Attribute: AttrSource, Operation: OpEquals, Value: "source-1"}, true},
		"the call route":                       {Condition{Attribute: AttrCallRoute, Operation: OpEquals, Value: "route-2"}, false},
		"not that call route":                  {Condition{Attribute: AttrCallRoute, Operation: OpEquals, Value: "route-2", Not: true}, true},
		"equal is exactly so":                  {Condition{Attribute: AttrCountry, Operation: OpEquals, Value: "gb"}, false},
		"one of some countries":                {Condition{Attribute: AttrCountry, Operation: OpOneOf, Values: []string{"DE", "GB"}}, true},
		"none of some countries":               {Condition{Attribute: AttrCountry, Operation: OpOneOf, Values: []string{"DE", "GB"}, Not: true}, false},
		"a listed caller":                      {Condition{Attribute: AttrCallerListed, Operation: OpEquals, Value: "true"}, true},
		"contains, in capitals or not":         {Condition{Attribute: AttrCallerName, Operation: OpContains, Value: "PARTNER"}, true},
		"contains is no pattern":               {Condition{Attribute: AttrCallerName, Operation: OpContains, Value: "p.rtner"}, false},
		"matches somewhere":                    {Condition{Attribute: AttrCaller, Operation: OpMatches, Value: `^\+44770`}, true},
		"matches nowhere":                      {Condition{Attribute: AttrCaller, Operation: OpMatches, Value: `^770`}, false},
		"the number that was called":           {Condition{Attribute: AttrNumber, Operation: OpEquals, Value: "+12025550110"}, true},
		"the attestation":                      {Condition{Attribute: AttrAttestation, Operation: OpContains, Value: "passed-a"}, true},
		"within the hours of the local clock":  {Condition{Attribute: AttrTime, Operation: OpWithin, TimeZone: "Europe/London", Hours: night}, true},
		"outside of those of another clock":    {Condition{Attribute: AttrTime, Operation: OpWithin, TimeZone: "UTC", Hours: night}, false},
		"not outside of them":                  {Condition{Attribute: AttrTime, Operation: OpWithin, TimeZone: "UTC", Hours: night, Not: true}, true},
		"a pattern that is none":               {Condition{Attribute: AttrCaller, Operation: OpMatches, Value: `(`, Not: true}, false},
		"an operation that there is not":       {Condition{Attribute: AttrCaller, Operation: "resembles", Not: true}, false},
		"a zone that there is not":             {Condition{Attribute: AttrTime, Operation: OpWithin, TimeZone: "Mars/Olympus", Hours: night, Not: true}, false},
		"an attribute that is not known is ''": {Condition{Attribute: "mood", Operation: OpEquals, Value: ""}, true},
		"the title":                            {Condition{Attribute: AttrTitle, Operation: OpEquals, Value: "Call to Support"}, true},
		"the route's name":                     {Condition{Attribute: AttrCallRouteName, Operation: OpMatches, Value: "(?i)support"}, true},
	} {
		if got := c.condition.Holds(called); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

func TestConditionsThatAreRefused(t *testing.T) {
	for name, c := range map[string]struct {
		condition Condition
		field     string
	}{
		"an unknown attribute":             {Condition{Attribute: "mood", Operation: OpEquals}, "conditions[0].attribute"},
		"an unknown operation":             {Condition{Attribute: AttrCaller, Operation: "resembles"}, "conditions[0].operation"},
		"a bad regular expression":         {Condition{Attribute: AttrCaller, Operation: OpMatches, Value: "("}, "conditions[0].value"},
		"an empty regular expression":      {Condition{Attribute: AttrCaller, Operation: OpMatches}, "conditions[0].value"},
		"a long regular expression":        {Condition{Attribute: AttrCaller, Operation: OpMatches, Value: strings.Repeat("a", 201)}, "conditions[0].value"},
		"one of nothing":                   {Condition{Attribute: AttrCaller, Operation: OpOneOf}, "conditions[0].values"},
		"contains nothing":                 {Condition{Attribute: AttrCaller, Operation: OpContains}, "conditions[0].value"},
		"a time that equals":               {Condition{Attribute: AttrTime, Operation: OpEquals, Value: "02:30"}, "conditions[0].operation"},
		"a caller within hours":            {Condition{Attribute: AttrCaller, Operation: OpWithin, TimeZone: "UTC", Hours: []WorkingInterval{{Weekday: "monday", To: 60}}}, "conditions[0].operation"},
		"hours of no zone":                 {Condition{Attribute: AttrTime, Operation: OpWithin, Hours: []WorkingInterval{{Weekday: "monday", To: 60}}}, "conditions[0].time_zone"},
		"no hours":                         {Condition{Attribute: AttrTime, Operation: OpWithin, TimeZone: "UTC"}, "conditions[0].hours"},
		"hours that end before they begin": {Condition{Attribute: AttrTime, Operation: OpWithin, TimeZone: "UTC", Hours: []WorkingInterval{{Weekday: "monday", From: 60, To: 30}}}, "conditions[0].hours[0].to"},
	} {
		r := AlertRoute{Name: "A", Conditions: []Condition{c.condition}}.Defaults()
		if !hasFault(r.Validate(), c.field) {
			t.Errorf("%s: %v, want a fault at %s", name, r.Validate(), c.field)
		}
	}
}

func TestHoursThatOverlapAreNamedWhereTheyAre(t *testing.T) {
	work := []WorkingInterval{{"monday", 9 * 60, 17 * 60}, {"tuesday", 9 * 60, 17 * 60}, {"tuesday", 16 * 60, 18 * 60}}
	r := AlertRoute{Name: "A", Conditions: []Condition{fromGB, {Attribute: AttrTime, Operation: OpWithin, TimeZone: "UTC", Hours: work}}}.Defaults()
	if got, want := r.Validate().Error(), "conditions[1].hours[2]: overlaps hours[1] on tuesday: make one interval of the two"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	var faults Faults
	validateIntervals(&faults, "rotations[0].working_intervals", work)
	want := "rotations[0].working_intervals[2]: overlaps working_intervals[1] on tuesday: make one interval of the two"
	if got := faults.Error(); got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// hasFault says whether an error names a fault at a place.
func hasFault(err error, field string) bool {
	var faults Faults
	errors.As(err, &faults)
	return slices.ContainsFunc(faults, func(f *InvalidError) bool { return f.Field == field })
}
