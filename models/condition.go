package models

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Attribute is something known of an alert as it is raised.
type Attribute string

// The attributes of an alert.
const (
	AttrSource        Attribute = "source"          // id of the alert source
	AttrTitle         Attribute = "title"           // as in "Call to Support"
	AttrCallRoute     Attribute = "call_route"      // its id
	AttrCallRouteName Attribute = "call_route_name" // its name
	AttrNumber        Attribute = "number"          // ours, E.164
	AttrCaller        Attribute = "caller"          // E.164; empty when withheld
	AttrCallerName    Attribute = "caller_name"     // as the route's allowlist names them; empty when it does not
	AttrCallerListed  Attribute = "caller_listed"   // true or false: the route's allowlist has the caller, switched on or not
	AttrCountry       Attribute = "country"         // of the caller, ISO 3166-1, as the carrier says; may be empty
	AttrAttestation   Attribute = "attestation"     // the carrier's word for the caller's number; may be empty
	AttrTime          Attribute = "time"            // when it was raised; for the operation within alone
)

// Attributes are all that conditions, groupings and templates can name, in the order of the documents.
var Attributes = []Attribute{
	AttrSource, AttrTitle, AttrCallRoute, AttrCallRouteName, AttrNumber, AttrCaller, AttrCallerName, AttrCallerListed,
	AttrCountry, AttrAttestation, AttrTime,
}

// Attribute is the value of one of an alert's attributes, as it is compared and written. That of the time
// is RFC 3339, in UTC.
func (a Alert) Attribute(name Attribute) string {
	switch name {
	case AttrSource:
		return a.SourceID
	case AttrTitle:
		return a.Title
	case AttrCallRoute:
		return a.RouteID
	case AttrCallRouteName:
		return a.RouteName
	case AttrNumber:
		return string(a.Number)
	case AttrCaller:
		return string(a.Caller)
	case AttrCallerName:
		return a.CallerName
	case AttrCallerListed:
		return strconv.FormatBool(a.CallerListed)
	case AttrCountry:
		return a.Country
	case AttrAttestation:
		return a.Verstat
	case AttrTime:
		return a.StartedAt.UTC().Format(time.RFC3339)
	default:
		return ""
	}
}

// Operation is how a condition compares.
type Operation string

// The operations.
const (
	OpEquals   Operation = "equals"   // exactly Value
	OpOneOf    Operation = "one_of"   // exactly one of Values
	OpContains Operation = "contains" // Value somewhere in it, in capitals or not
	OpMatches  Operation = "matches"  // the regular expression Value (RE2), somewhere in it
	OpWithin   Operation = "within"   // for time alone: within Hours of TimeZone
)

// Condition is one thing that must hold of an alert.
type Condition struct {
	Attribute Attribute         `json:"attribute"`
	Operation Operation         `json:"operation"`
	Not       bool              `json:"not,omitempty"`       // it must not hold
	Value     string            `json:"value,omitempty"`     // for equals, contains and matches
	Values    []string          `json:"values,omitempty"`    // for one_of
	TimeZone  string            `json:"time_zone,omitempty"` // for within; IANA name
	Hours     []WorkingInterval `json:"hours,omitempty"`     // for within
}

// mostPattern is how long a regular expression may be.
const mostPattern = 200

// Holds says whether the condition holds of an alert. One that Validate refuses never does.
func (c Condition) Holds(a Alert) bool {
	value := a.Attribute(c.Attribute)
	var holds bool
	switch c.Operation {
	case OpEquals:
		holds = value == c.Value
	case OpOneOf:
		holds = slices.Contains(c.Values, value)
	case OpContains:
		holds = strings.Contains(strings.ToLower(value), strings.ToLower(c.Value))
	case OpMatches:
		pattern, err := regexp.Compile(c.Value)
		if err != nil {
			return false
		}
		holds = pattern.MatchString(value)
	case OpWithin:
		loc := zoneNamed(c.TimeZone)
		if loc == nil {
			return false
		}
		hours := Rotation{WorkingIntervals: c.Hours}
		holds = hours.work(a.StartedAt.In(loc)) > 0
	default:
		return false
	}
	return holds != c.Not
}

// Words are a condition as the end of a sentence about an attribute, as in: is "GB".
func (c Condition) Words() string {
	is, does := "is ", ""
	if c.Not {
		is, does = "is not ", "does not "
	}
	switch c.Operation {
	case OpOneOf:
		return is + "one of " + strings.Join(quoted(c.Values), ", ")
	case OpContains:
		return does + either(c.Not, "contain ", "contains ") + strconv.Quote(c.Value)
	case OpMatches:
		return does + either(c.Not, "match ", "matches ") + strconv.Quote(c.Value)
	case OpWithin:
		return is + "within the hours given for " + c.TimeZone
	default:
		return is + strconv.Quote(c.Value)
	}
}

func either(first bool, a, b string) string {
	if first {
		return a
	}
	return b
}

func quoted(texts []string) []string {
	all := make([]string, len(texts))
	for i, t := range texts {
		all[i] = strconv.Quote(t)
	}
	return all
}

// validate reports the faults of a condition.
func (c Condition) validate(faults *Faults, place string) {
	if !slices.Contains(Attributes, c.Attribute) {
		faults.Add(place+".attribute", "must be one of %s", listOf(Attributes))
	}
	if (c.Attribute == AttrTime) != (c.Operation == OpWithin) {
		faults.Add(place+".operation", "within is for time, and time is for within")
	}
	switch c.Operation {
	case OpEquals:
		lines(faults, place+".value", c.Value, 0, 200)
	case OpContains:
		lines(faults, place+".value", c.Value, 1, 200)
	case OpMatches:
		lines(faults, place+".value", c.Value, 1, mostPattern)
		if _, err := regexp.Compile(c.Value); err != nil {
			faults.Add(place+".value", "must be a regular expression of the syntax RE2: %v", err)
		}
	case OpOneOf:
		if len(c.Values) == 0 || len(c.Values) > 100 {
			faults.Add(place+".values", "must list 1 to 100 values")
		}
		for i, v := range c.Values {
			lines(faults, fmt.Sprintf("%s.values[%d]", place, i), v, 0, 200)
		}
	case OpWithin:
		zone(faults, place+".time_zone", c.TimeZone)
		if len(c.Hours) == 0 || len(c.Hours) > 50 {
			faults.Add(place+".hours", "must list 1 to 50 intervals")
		}
		validateIntervals(faults, place+".hours", c.Hours)
	default:
		faults.Add(place+".operation", "must be equals, one_of, contains, matches or within")
	}
}

func listOf[T ~string](values []T) string {
	names := make([]string, len(values))
	for i, v := range values {
		names[i] = string(v)
	}
	return strings.Join(names, ", ")
}

// unmet names the first of conditions that does not hold of an alert, empty when all do.
func unmet(conditions []Condition, a Alert) string {
	for i, c := range conditions {
		if !c.Holds(a) {
			return fmt.Sprintf("condition %d does not hold: %s %s, and it is %q", i+1, c.Attribute, c.Words(), a.Attribute(c.Attribute))
		}
	}
	return ""
}

func validateConditions(faults *Faults, conditions []Condition) {
	if len(conditions) > 20 {
		faults.Add("conditions", "at most 20")
	}
	for i, c := range conditions {
		c.validate(faults, fmt.Sprintf("conditions[%d]", i))
	}
}
