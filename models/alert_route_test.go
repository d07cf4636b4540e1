package models

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func ruled(name string, position int, conditions ...Condition) AlertRoute {
	r := AlertRoute{ID: name, Name: name, Enabled: true, Position: position, Conditions: conditions, Incident: IncidentRule{Declare: true}}
	return r.Defaults()
}

var fromGB = Condition{Attribute: AttrCountry, Operation: OpEquals, Value: "GB"}

func TestTheFirstAlertRouteThatAppliesIsTheLast(t *testing.T) {
	off, later := ruled("off", 0), ruled("later too", 1, fromGB)
	off.Enabled, later.LaterToo = false, true
	elsewhere := fromGB
	elsewhere.Value = "FR"
	quiet := ruled("quiet", 3)
	quiet.Incident.Declare = false
	got := RouteAlert([]AlertRoute{off, later, ruled("from France", 2, fromGB, elsewhere), quiet, ruled("never reached", 4)}, called)
	want := []struct {
		applies, declares bool
		why               string
	}{
		{false, false, "is switched off"},
		{true, true, "all its conditions hold"},
		{false, false, `condition 2 does not hold: country is "FR", and it is "GB"`},
		{true, false, "it applies to every alert"},
		{false, false, `alert route "quiet" applies and is the last`},
	}
	for i, w := range want {
		if v := got[i]; v.Applies != w.applies || (v.Declares != nil) != w.declares || v.Why != w.why {
			t.Errorf("%s: %+v, want %+v", v.AlertRoute, v, w)
		}
	}
}

func TestWhatAnAlertRouteDeclares(t *testing.T) {
	r := ruled("calls", 0)
	r.Incident = IncidentRule{
		Declare: true, StartInTriage: true, Severity: SeverityMajor, Name: "{{caller_name}} calls {{ call_route_name }}", Summary: "From {{country}}, {{attestation}}",
		DeclineTriageWhenResolved: true, Grouping: Grouping{By: []Attribute{AttrCaller, AttrCallRoute}, WindowSeconds: 600},
	}
	want := &Declaration{
		AlertRouteID: "calls", Name: "Partner Ltd calls Support", Summary: "From GB, TN-Validation-Passed-A", Severity: SeverityMajor, Status: IncidentTriage,
		DeclineWhenResolved: true, GroupKey: `["+447700900123","route-1"]`, WindowSeconds: 600,
	}
	if diff := cmp.Diff(want, RouteAlert([]AlertRoute{r}, called)[0].Declares); diff != "" {
		t.Error(diff)
	}
	withheld := called
	withheld.Caller = ""
	if d := RouteAlert([]AlertRoute{r}, withheld)[0].Declares; d.GroupKey != "" || d.WindowSeconds != 0 {
		t.Errorf("callers without a number are grouped: %+v", d)
	}
	r.Incident.Grouping.By = []Attribute{AttrCallerName, AttrCallRoute}
	nameless := called
	nameless.CallerName = ""
	if d := RouteAlert([]AlertRoute{r}, nameless)[0].Declares; d.GroupKey != "" || d.WindowSeconds != 0 {
		t.Errorf("strangers are grouped: %+v", d)
	}
	r.Incident.Grouping.By = nil
	if d := RouteAlert([]AlertRoute{r}, called)[0].Declares; d.GroupKey != "" {
		t.Errorf("grouped by nothing: %+v", d)
	}
}

// Nothing that comes from a caller is looked into for placeholders.
func TestTextFromCallersIsNeverATemplate(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := called
		a.CallerName = rapid.SampledFrom([]string{"{{caller}}", "{{{{caller}}}}", "$1", "a\nb", "{{", "<!channel>"}).Draw(t, "name") + rapid.String().Draw(t, "more")
		filled := Template("{{caller_name}}|{{country}}").Fill(a)
		if strings.Contains(filled, string(a.Caller)) && !strings.Contains(a.CallerName, string(a.Caller)) || strings.Contains(filled, "\n") {
			t.Errorf("%q became %q", a.CallerName, filled)
		}
	})
}

func TestAlertRoutesThatAreRefused(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*AlertRoute)
		fields []string
	}{
		"a good one":              {func(*AlertRoute) {}, nil},
		"without a name":          {func(r *AlertRoute) { r.Name = "" }, []string{"name"}},
		"an empty template":       {func(r *AlertRoute) { r.Incident.Name = "" }, []string{"incident.name"}},
		"a template of spaces":    {func(r *AlertRoute) { r.Incident.Name = "  " }, []string{"incident.name"}},
		"an unknown placeholder":  {func(r *AlertRoute) { r.Incident.Name = "{{mood}}" }, []string{"incident.name"}},
		"half a placeholder":      {func(r *AlertRoute) { r.Incident.Summary = "{{caller}" }, []string{"incident.summary"}},
		"a severity of its own":   {func(r *AlertRoute) { r.Incident.Severity = "awful" }, []string{"incident.severity"}},
		"grouped by the time":     {func(r *AlertRoute) { r.Incident.Grouping.By = []Attribute{AttrTime} }, []string{"incident.grouping.by[0]"}},
		"grouped twice by one":    {func(r *AlertRoute) { r.Incident.Grouping.By = []Attribute{AttrCaller, AttrCaller} }, []string{"incident.grouping.by[1]"}},
		"a window of a second":    {func(r *AlertRoute) { r.Incident.Grouping.WindowSeconds = 1 }, []string{"incident.grouping.window_seconds"}},
		"a position below all":    {func(r *AlertRoute) { r.Position = -1 }, []string{"position"}},
		"too many conditions":     {func(r *AlertRoute) { r.Conditions = slices.Repeat([]Condition{fromGB}, 21) }, []string{"conditions"}},
		"several faults together": {func(r *AlertRoute) { r.Name, r.Incident.Name, r.Position = "", "", 10001 }, []string{"name", "position", "incident.name"}},
	} {
		r := ruled("calls", 0)
		c.change(&r)
		err := r.Validate()
		for _, field := range c.fields {
			if !hasFault(err, field) {
				t.Errorf("%s: %v, want a fault at %s", name, err, field)
			}
		}
		if len(c.fields) == 0 && err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestDecliningWhenResolvedIsWarnedOf(t *testing.T) {
	r := ruled("calls", 0)
	if len(r.Warnings()) != 0 {
		t.Errorf("it is off, and warned of: %q", r.Warnings())
	}
	r.Incident.DeclineTriageWhenResolved = true
	if !slices.Equal(r.Warnings(), []string{DeclineWarning}) {
		t.Errorf("warnings %q", r.Warnings())
	}
}
