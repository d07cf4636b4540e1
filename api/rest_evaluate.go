package api

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
)

// evaluateRequest is an alert to try: one that was raised, or the attributes of one that might be.
type evaluateRequest struct {
	AlertID      string             `json:"alert_id,omitempty" doc:"An alert that was raised; instead of its attributes"`
	CallRouteID  string             `json:"call_route_id,omitempty" doc:"Which call route is called; its name, its number and what its allowlist knows of the caller are filled in"`
	Number       models.Phone       `json:"number,omitempty" doc:"The number of ours that is called; that of the call route when left out"`
	Caller       models.Phone       `json:"caller,omitempty" doc:"Who calls; left out, they hide their number"`
	CallerListed *bool              `json:"caller_listed,omitempty" doc:"The allowlist has the caller; whether it does when left out"`
	Country      string             `json:"country,omitempty" maxLength:"100" doc:"Of the caller, as the carrier says" example:"GB"`
	Attestation  string             `json:"attestation,omitempty" maxLength:"100" doc:"The carrier's word for the caller's number" example:"TN-Validation-Passed-A"`
	At           time.Time          `json:"at,omitempty" doc:"When it is raised; now when left out"`
	AlertRoute   *alertRouteRequest `json:"alert_route,omitempty" doc:"An alert route to try before it is saved; its id is empty in the answer"`
	InsteadOf    string             `json:"instead_of,omitempty" doc:"The id of the saved alert route that alert_route stands in for; left out, it is tried beside them"`
}

// evaluation is what an alert would come to.
type evaluation struct {
	Attributes  map[models.Attribute]string `json:"attributes" doc:"What is compared"`
	AlertRoutes []alertRouteVerdict         `json:"alert_routes" doc:"In the order in which they are looked at"`
	Receivers   []receiverVerdict           `json:"receivers"`
	Channel     models.ChannelProvider      `json:"channel" doc:"Where the people of a new incident talk"`
}

// alertRouteVerdict is what one alert route makes of the alert.
type alertRouteVerdict struct {
	models.AlertVerdict
	Joins *joinedIncident `json:"joins,omitempty" doc:"The incident that the alert joins, as things stand; left out where a new one is declared or none"`
}

// joinedIncident is an incident that takes another alert in.
type joinedIncident struct {
	ID     string                `json:"id"`
	Label  string                `json:"label" doc:"What people call it" example:"INC-12"`
	Name   string                `json:"name"`
	Status models.IncidentStatus `json:"status"`
}

// receiverVerdict says whether one receiver is told of the alert.
type receiverVerdict struct {
	ID   string `json:"receiver_id"`
	Name string `json:"receiver"`
	Told bool   `json:"told"`
	Why  string `json:"why"`
}

func (a *rest) mountEvaluate() {
	op := operation(http.MethodPost, "/v1/alert-routes/evaluate", "evaluate-alert-routes",
		"Show what an alert would come to, and why: which incidents, and which receivers; nothing is raised")
	op.DefaultStatus = http.StatusOK
	handleBody[evaluateRequest](a, roles(op, usualRoles(http.MethodGet)...), a.evaluate)
}

func (a *rest) evaluate(ctx context.Context, in *createInput) (*plain[evaluation], error) {
	var s supposed
	_, err := decode(a, in.RawBody, func(r evaluateRequest) evaluateRequest { return r }, func(r evaluateRequest) (err error) {
		s, err = a.suppose(ctx, r)
		return err
	})
	if err != nil {
		return nil, err
	}
	receivers, err := a.store.AllReceivers(ctx)
	if err != nil {
		return nil, err
	}
	came := evaluation{
		Attributes: map[models.Attribute]string{}, AlertRoutes: []alertRouteVerdict{}, Channel: cmp.Or(a.channel, models.ChannelInternal),
		Receivers: each(receivers, func(r models.Receiver) receiverVerdict { return receiverVerdictOf(r, s.alert) }),
	}
	for _, name := range models.Attributes {
		came.Attributes[name] = s.alert.Attribute(name)
	}
	for _, v := range models.RouteAlert(s.routes, s.alert) {
		verdict := alertRouteVerdict{AlertVerdict: v}
		if v.Declares != nil {
			if verdict.Joins, err = a.joined(ctx, *v.Declares, s.alert.StartedAt); err != nil {
				return nil, err
			}
		}
		came.AlertRoutes = append(came.AlertRoutes, verdict)
	}
	return &plain[evaluation]{Body: came}, nil
}

func receiverVerdictOf(r models.Receiver, alert models.Alert) receiverVerdict {
	v := receiverVerdict{ID: r.ID, Name: r.Name, Why: r.Takes(alert)}
	if v.Told = v.Why == ""; v.Told {
		v.Why = "all its conditions hold"
		if len(r.Conditions) == 0 {
			v.Why = "it is told of every alert"
		}
	}
	return v
}

// supposed is an alert, and the alert routes that it is tried on.
type supposed struct {
	alert  models.Alert
	routes []models.AlertRoute
}

// suppose reads what is to be tried. Its error names every fault.
func (a *rest) suppose(ctx context.Context, r evaluateRequest) (s supposed, err error) {
	var faults models.Faults
	if s.routes, err = a.store.AllAlertRoutes(ctx); err != nil {
		return s, err
	}
	s.routes = r.tried(s.routes, &faults)
	if r.AlertID != "" {
		s.alert, err = a.supposeRaised(ctx, r, &faults)
	} else {
		s.alert, err = a.supposeNew(ctx, r, &faults)
	}
	if err != nil {
		return s, err
	}
	return s, faults.Err()
}

// tried are the saved alert routes and, in its place among them, the one that is to be tried.
func (r evaluateRequest) tried(routes []models.AlertRoute, faults *models.Faults) []models.AlertRoute {
	if r.InsteadOf != "" {
		saved := len(routes)
		routes = slices.DeleteFunc(routes, func(route models.AlertRoute) bool { return route.ID == r.InsteadOf })
		switch {
		case r.AlertRoute == nil:
			faults.Add("instead_of", "is for alert_route")
		case len(routes) == saved:
			faults.Add("instead_of", "is no alert route")
		}
	}
	if r.AlertRoute == nil {
		return routes
	}
	tried := r.AlertRoute.route()
	tried.ID = r.InsteadOf
	var own models.Faults
	if errors.As(tried.Validate(), &own) {
		for _, fault := range own {
			faults.Add("alert_route."+fault.Field, "%s", fault.Reason)
		}
	}
	routes = append(routes, tried)
	slices.SortStableFunc(routes, func(a, b models.AlertRoute) int { return cmp.Compare(a.Position, b.Position) })
	return routes
}

// supposeRaised is an alert that was raised, as it is known now.
func (a *rest) supposeRaised(ctx context.Context, r evaluateRequest, faults *models.Faults) (models.Alert, error) {
	for _, attribute := range []struct {
		field string
		given bool
	}{
		{"call_route_id", r.CallRouteID != ""}, {"number", r.Number != ""}, {"caller", r.Caller != ""}, {"caller_listed", r.CallerListed != nil},
		{"country", r.Country != ""}, {"attestation", r.Attestation != ""}, {"at", !r.At.IsZero()},
	} {
		if attribute.given {
			faults.Add(attribute.field, "must be left out where alert_id is given")
		}
	}
	alert, err := a.store.Alert(ctx, r.AlertID)
	if errors.Is(err, models.ErrNotFound) {
		faults.Add("alert_id", "is no alert")
		err = nil
	}
	return alert, err
}

// supposeNew is an alert that would be raised.
func (a *rest) supposeNew(ctx context.Context, r evaluateRequest, faults *models.Faults) (models.Alert, error) {
	raised := models.Raised{Number: r.Number, Caller: r.Caller, Country: r.Country, Verstat: r.Attestation, StartedAt: a.instant(r.At)}
	for field, phone := range map[string]models.Phone{"number": r.Number, "caller": r.Caller} {
		if _, ok := models.ParsePhone(string(phone)); phone != "" && !ok {
			faults.Add(field, "must be E.164, as in +12025550123")
		}
	}
	if err := a.supposeRoute(ctx, r.CallRouteID, &raised, faults); err != nil {
		return models.Alert{}, err
	}
	if r.CallerListed != nil {
		raised.CallerListed = *r.CallerListed
	}
	alert := raised.Alert()
	if raised.RouteName == "" {
		alert.Title = "" // which would name the call route
	}
	sources, _, err := a.store.AlertSources(ctx, store.Page{})
	for _, source := range sources {
		if source.Type == models.IncomingCalls {
			alert.SourceID = source.ID
		}
	}
	return alert, err
}

// supposeRoute fills in what a call route knows.
func (a *rest) supposeRoute(ctx context.Context, id string, raised *models.Raised, faults *models.Faults) error {
	if id == "" {
		return nil
	}
	route, err := a.store.Route(ctx, id)
	if errors.Is(err, models.ErrNotFound) {
		faults.Add("call_route_id", "is no call route")
		return nil
	}
	if err != nil {
		return err
	}
	raised.RouteID, raised.RouteName = route.ID, route.Name
	raised.CallerName, raised.CallerListed = route.Allowlist.Entry(raised.Caller)
	if raised.Number != "" || route.PhoneNumberID == "" {
		return nil
	}
	number, err := a.store.Number(ctx, route.PhoneNumberID)
	raised.Number = number.Number
	return err
}

// joined finds the incident that takes an alert in. nil: a new one is declared.
func (a *rest) joined(ctx context.Context, d models.Declaration, at time.Time) (*joinedIncident, error) {
	i, err := a.store.IncidentTaking(ctx, d, at)
	if errors.Is(err, models.ErrNotFound) {
		return nil, nil
	}
	return &joinedIncident{ID: i.ID, Label: i.Label(), Name: i.Name, Status: i.Status}, err
}
