package api

import (
	"context"
	"net/http"

	"github.com/ringdown/ringdown/models"
)

// alertRouteRequest is what a client may set of an alert route. What is left out gets its default.
type alertRouteRequest struct {
	Name       string              `json:"name" minLength:"1" maxLength:"100" example:"Calls at night"`
	Enabled    *bool               `json:"enabled,omitempty" default:"true"`
	Position   int                 `json:"position,omitempty" minimum:"0" maximum:"10000" default:"0" doc:"Lower ones are looked at first; of two alike the older"`
	Conditions []conditionRequest  `json:"conditions,omitempty" maxItems:"20" doc:"All must hold; none: it applies to every alert"`
	LaterToo   bool                `json:"later_too,omitempty" default:"false" doc:"Where it applies, alert routes after it may apply too"`
	Incident   incidentRuleRequest `json:"incident,omitempty" doc:"What it makes of an alert"`
}

type conditionRequest struct {
	Attribute string            `json:"attribute" enum:"source,title,call_route,call_route_name,number,caller,caller_name,caller_listed,country,attestation,time"`
	Operation string            `json:"operation" enum:"equals,one_of,contains,matches,within" doc:"within is for time, and time for within"`
	Not       bool              `json:"not,omitempty" default:"false" doc:"It must not hold"`
	Value     string            `json:"value,omitempty" maxLength:"200" doc:"For equals, contains (in capitals or not) and matches (a regular expression, RE2)"`
	Values    []string          `json:"values,omitempty" maxItems:"100" doc:"For one_of"`
	TimeZone  string            `json:"time_zone,omitempty" doc:"For within: an IANA name" example:"Europe/London"`
	Hours     []intervalRequest `json:"hours,omitempty" maxItems:"50" doc:"For within"`
}

type incidentRuleRequest struct {
	Declare       *bool           `json:"declare,omitempty" default:"true" doc:"False makes nothing: such an alert route keeps later ones from an alert"`
	StartInTriage bool            `json:"start_in_triage,omitempty" default:"false" doc:"Somebody is to say whether it is one"`
	Severity      string          `json:"severity,omitempty" enum:"minor,major,critical" default:"minor"`
	Name          string          `json:"name,omitempty" minLength:"1" maxLength:"200" default:"{{title}}" doc:"Attributes of the alert stand in for {{title}}, {{caller}} and the like"`
	Summary       string          `json:"summary,omitempty" maxLength:"2000" doc:"As the name"`
	Decline       bool            `json:"decline_triage_when_resolved,omitempty" default:"false" doc:"Declines an incident that is still in triage when the last of its alerts resolves; that of a call resolves when the call ends"`
	Grouping      groupingRequest `json:"grouping,omitempty" doc:"Which alerts join an incident that is there"`
}

type groupingRequest struct {
	By            []string `json:"by,omitempty" maxItems:"10" enum:"source,title,call_route,call_route_name,number,caller,caller_name,caller_listed,country,attestation" doc:"Alerts that are alike in all of these; none: every alert is an incident of its own"`
	WindowSeconds int      `json:"window_seconds,omitempty" minimum:"60" maximum:"172800" default:"3600" doc:"Since the last alert of the incident"`
}

func (r alertRouteRequest) route() models.AlertRoute {
	return models.AlertRoute{
		Name: r.Name, Enabled: orTrue(r.Enabled), Position: r.Position, LaterToo: r.LaterToo,
		Conditions: each(r.Conditions, conditionRequest.condition), Incident: r.Incident.rule(),
	}.Defaults()
}

func (r conditionRequest) condition() models.Condition {
	return models.Condition{
		Attribute: models.Attribute(r.Attribute), Operation: models.Operation(r.Operation), Not: r.Not,
		Value: r.Value, Values: r.Values, TimeZone: r.TimeZone,
		Hours: each(r.Hours, func(i intervalRequest) models.WorkingInterval { return models.WorkingInterval(i) }),
	}
}

func (r incidentRuleRequest) rule() models.IncidentRule {
	return models.IncidentRule{
		Declare: orTrue(r.Declare), StartInTriage: r.StartInTriage, Severity: models.Severity(r.Severity),
		Name: models.Template(r.Name), Summary: models.Template(r.Summary), DeclineTriageWhenResolved: r.Decline,
		Grouping: models.Grouping{
			By:            each(r.Grouping.By, func(by string) models.Attribute { return models.Attribute(by) }),
			WindowSeconds: r.Grouping.WindowSeconds,
		},
	}
}

// savedAlertRoute is an alert route as it was saved, with what is risky about it.
type savedAlertRoute struct {
	models.AlertRoute
	Warnings []string `json:"warnings" doc:"What is allowed but risky"`
}

func (a *rest) mountAlertRoutes() {
	const path = "/v1/alert-routes"
	handleBody[alertRouteRequest](a, operation(http.MethodPost, path, "create-alert-route",
		"Add an alert route, which makes incidents of alerts", http.StatusConflict), a.createAlertRoute)
	handle(a, operation(http.MethodGet, path, "list-alert-routes",
		"List the alert routes, the oldest first; they are looked at in the order of their positions"), a.alertRoutes)
	handle(a, operation(http.MethodGet, path+"/{id}", "get-alert-route", "Show an alert route", http.StatusNotFound), a.alertRoute)
	handleBody[alertRouteRequest](a, operation(http.MethodPut, path+"/{id}", "update-alert-route",
		"Change an alert route as a whole; incidents that are there stay as they are",
		http.StatusNotFound, http.StatusConflict, http.StatusPreconditionFailed), a.updateAlertRoute)
	handle(a, operation(http.MethodDelete, path+"/{id}", "delete-alert-route", "Remove an alert route; its incidents stay",
		http.StatusNotFound, http.StatusPreconditionFailed), a.deleteAlertRoute)
	a.mountEvaluate()
}

func (a *rest) createAlertRoute(ctx context.Context, in *createInput) (*made[savedAlertRoute], error) {
	route, err := decode(a, in.RawBody, alertRouteRequest.route, models.AlertRoute.Validate)
	if err != nil {
		return nil, err
	}
	route, err = a.store.CreateAlertRoute(ctx, route)
	return create("/v1/alert-routes", route.ID, savedAlertRoute{route, route.Warnings()}, route.Version), err
}

func (a *rest) alertRoutes(ctx context.Context, in *pageInput) (*plain[list[models.AlertRoute]], error) {
	routes, next, err := a.store.AlertRoutes(ctx, in.page())
	return answerList(routes, next), inQuery(err)
}

func (a *rest) alertRoute(ctx context.Context, in *idInput) (*one[models.AlertRoute], error) {
	route, err := a.store.AlertRoute(ctx, in.ID)
	return show(route, route.Version), err
}

func (a *rest) updateAlertRoute(ctx context.Context, in *updateInput) (*one[savedAlertRoute], error) {
	route, err := decode(a, in.RawBody, alertRouteRequest.route, models.AlertRoute.Validate)
	if err != nil {
		return nil, err
	}
	version, err := in.version()
	if err != nil {
		return nil, err
	}
	route.ID = in.ID
	route, err = a.store.UpdateAlertRoute(ctx, route, version)
	return show(savedAlertRoute{route, route.Warnings()}, route.Version), err
}

func (a *rest) deleteAlertRoute(ctx context.Context, in *deleteInput) (*struct{}, error) {
	version, err := in.version()
	if err != nil {
		return nil, err
	}
	return nil, a.store.DeleteAlertRoute(ctx, in.ID, version)
}
