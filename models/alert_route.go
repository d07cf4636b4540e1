package models

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// AlertRoute makes incidents of alerts. Those that are switched on are looked at in the order of their
// positions; the first that applies is the last, unless it says that later ones apply too.
type AlertRoute struct {
	ID         string       `json:"id" gorm:"primaryKey"`
	Name       string       `json:"name" gorm:"uniqueIndex"`
	Enabled    bool         `json:"enabled"`
	Position   int          `json:"position"`                          // lower ones first; the older of two alike
	Conditions []Condition  `json:"conditions" gorm:"serializer:json"` // all must hold; none: it applies to every alert
	LaterToo   bool         `json:"later_too"`                         // alert routes after this one apply too
	Incident   IncidentRule `json:"incident" gorm:"serializer:json"`   // what it makes of an alert
	Version    int          `json:"version"`
	CreatedAt  time.Time    `json:"created_at"`
	UpdatedAt  time.Time    `json:"updated_at"`
}

// IncidentRule is what an alert route makes of an alert.
type IncidentRule struct {
	Declare       bool     `json:"declare"`         // false makes nothing: such a route keeps later ones from an alert
	StartInTriage bool     `json:"start_in_triage"` // someone is to say whether it is one
	Severity      Severity `json:"severity"`        // empty means minor
	Name          Template `json:"name"`            // empty means "{{title}}"
	Summary       Template `json:"summary"`         // may be empty

	// DeclineTriageWhenResolved declines an incident that is in triage still when the last of its alerts
	// resolves. The alert of a call resolves when the call ends, so that this declines the incident of every call
	// that nobody has accepted meanwhile.
	DeclineTriageWhenResolved bool     `json:"decline_triage_when_resolved"`
	Grouping                  Grouping `json:"grouping"`
}

// Grouping lets an alert join an incident that is there.
type Grouping struct {
	By            []Attribute `json:"by"`             // alerts that are alike in all of these; none: every alert is an incident of its own
	WindowSeconds int         `json:"window_seconds"` // since the last alert of the incident, 60 to 172800; zero means 3600
}

// Severity is how bad an incident is.
type Severity string

// The severities, the least bad first.
const (
	SeverityMinor    Severity = "minor"
	SeverityMajor    Severity = "major"
	SeverityCritical Severity = "critical"
)

// DeclineWarning is what an admin is told who switches declining on.
const DeclineWarning = "the alert of an incoming call resolves when the call ends, so each incident of a call that is still in triage then is declined; " +
	"it is recommended to leave decline_triage_when_resolved off for alert routes that apply to calls"

// Defaults fills in what was left empty.
func (r AlertRoute) Defaults() AlertRoute {
	fill(&r.Incident.Severity, SeverityMinor)
	fill(&r.Incident.Name, "{{title}}")
	fill(&r.Incident.Grouping.WindowSeconds, 3600)
	if r.Conditions == nil {
		r.Conditions = []Condition{}
	}
	if r.Incident.Grouping.By == nil {
		r.Incident.Grouping.By = []Attribute{}
	}
	return r
}

// Validate reports every fault of an alert route at once.
func (r AlertRoute) Validate() error {
	var faults Faults
	text(&faults, "name", r.Name, 1, 100)
	if r.Position < 0 || r.Position > 10000 {
		faults.Add("position", "must be 0 to 10000")
	}
	validateConditions(&faults, r.Conditions)
	switch r.Incident.Severity {
	case "", SeverityMinor, SeverityMajor, SeverityCritical:
	default:
		faults.Add("incident.severity", "must be minor, major or critical")
	}
	r.Incident.Name.validate(&faults, "incident.name", 1, 200)
	r.Incident.Summary.validate(&faults, "incident.summary", 0, 2000)
	for i, by := range r.Incident.Grouping.By {
		place := fmt.Sprintf("incident.grouping.by[%d]", i)
		switch {
		case !slices.Contains(Attributes, by) || by == AttrTime:
			faults.Add(place, "must be one of %s, but not time", listOf(Attributes))
		case slices.Contains(r.Incident.Grouping.By[:i], by):
			faults.Add(place, "is listed twice")
		}
	}
	if w := r.Incident.Grouping.WindowSeconds; w != 0 && (w < 60 || w > 172800) {
		faults.Add("incident.grouping.window_seconds", "must be 60 to 172800")
	}
	return faults.Err()
}

// Warnings tell what is risky about an alert route that is valid.
func (r AlertRoute) Warnings() []string {
	warnings := []string{}
	if r.Incident.Declare && r.Incident.DeclineTriageWhenResolved {
		warnings = append(warnings, DeclineWarning)
	}
	return warnings
}

// Declaration is an incident as an alert route would have it.
type Declaration struct {
	AlertRouteID        string         `json:"alert_route_id"`
	Name                string         `json:"name"`
	Summary             string         `json:"summary"`
	Severity            Severity       `json:"severity"`
	Status              IncidentStatus `json:"status"` // triage or active
	DeclineWhenResolved bool           `json:"decline_triage_when_resolved"`
	GroupKey            string         `json:"-"`              // alerts with the same one are alike; empty: with none
	WindowSeconds       int            `json:"window_seconds"` // zero: it joins no other
}

// AlertVerdict is what an alert route makes of an alert, and why.
type AlertVerdict struct {
	AlertRouteID string       `json:"alert_route_id"`
	AlertRoute   string       `json:"alert_route"` // its name
	Applies      bool         `json:"applies"`
	Why          string       `json:"why"`
	Declares     *Declaration `json:"declares,omitempty"`
}

// RouteAlert says what each alert route makes of an alert, in their order. routes are sorted by position.
func RouteAlert(routes []AlertRoute, a Alert) []AlertVerdict {
	verdicts := make([]AlertVerdict, 0, len(routes))
	last := "" // the name of the route after which none applies
	for _, r := range routes {
		v := AlertVerdict{AlertRouteID: r.ID, AlertRoute: r.Name}
		switch missing := unmet(r.Conditions, a); {
		case !r.Enabled:
			v.Why = "is switched off"
		case last != "":
			v.Why = fmt.Sprintf("alert route %q applies and is the last", last)
		case missing != "":
			v.Why = missing
		default:
			v.Applies, v.Why = true, "all its conditions hold"
			if len(r.Conditions) == 0 {
				v.Why = "it applies to every alert"
			}
			if r.Incident.Declare {
				v.Declares = r.declaration(a)
			}
			if !r.LaterToo {
				last = r.Name
			}
		}
		verdicts = append(verdicts, v)
	}
	return verdicts
}

func (r AlertRoute) declaration(a Alert) *Declaration {
	d := &Declaration{
		AlertRouteID: r.ID, Name: Clip(r.Incident.Name.Fill(a), 300), Summary: Clip(r.Incident.Summary.Fill(a), 4000), Severity: r.Incident.Severity,
		Status: IncidentActive, DeclineWhenResolved: r.Incident.DeclineTriageWhenResolved, GroupKey: r.groupKey(a),
	}
	if r.Incident.StartInTriage {
		d.Status = IncidentTriage
	}
	if d.GroupKey != "" {
		d.WindowSeconds = r.Incident.Grouping.WindowSeconds
	}
	return d
}

// groupKey is what alerts of one incident have in common; empty where an alert joins no other. Whoever
// withholds their number is nobody in particular, and so is whoever has no name where that alone tells callers apart.
func (r AlertRoute) groupKey(a Alert) string {
	values := make([]string, 0, len(r.Incident.Grouping.By))
	for _, by := range r.Incident.Grouping.By {
		value := a.Attribute(by)
		if value == "" && (by == AttrCaller || by == AttrCallerName && !slices.Contains(r.Incident.Grouping.By, AttrCaller)) {
			return ""
		}
		values = append(values, value)
	}
	if len(values) == 0 {
		return ""
	}
	key, err := json.Marshal(values)
	if err != nil { // texts always can be written
		return ""
	}
	return string(key)
}
