package api

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
)

type alertsInput struct {
	Limit      int       `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"How many at most"`
	Cursor     string    `query:"cursor" maxLength:"200" doc:"next_cursor of the page before"`
	Status     string    `query:"status" enum:"firing,resolved" doc:"firing: the call goes on"`
	RouteID    string    `query:"call_route_id" maxLength:"100" doc:"The id of a route"`
	Outcome    string    `query:"outcome" enum:"connected,unanswered,voicemail,forwarded,abandoned,refused,gate_failed,diverted,failed" doc:"How the call ended"`
	IncidentID string    `query:"incident_id" maxLength:"100" doc:"Linked to the incident with this id"`
	Caller     string    `query:"caller" maxLength:"20" doc:"The caller's number in E.164"`
	From       time.Time `query:"from" doc:"Raised at this time or later"`
	To         time.Time `query:"to" doc:"Raised before this time, which must be after from"`
}

// filter is what a list is narrowed to. Its error names every fault.
func (in *alertsInput) filter() (store.AlertFilter, error) {
	var faults models.Faults
	filter := store.AlertFilter{
		Status: models.AlertStatus(in.Status), RouteID: in.RouteID, Outcome: models.Outcome(in.Outcome), IncidentID: in.IncidentID,
		From: in.From, To: in.To,
	}
	if in.Caller != "" {
		var ok bool
		if filter.Caller, ok = plusInQuery(in.Caller); !ok {
			faults.Add("caller", "%s", notE164)
		}
	}
	inOrder(&faults, in.From, in.To)
	if len(faults) > 0 {
		return filter, invalidProblem("query", faults)
	}
	return filter, nil
}

// inOrder notes that a list is asked for a time that ends before it begins.
func inOrder(faults *models.Faults, from, to time.Time) {
	if !from.IsZero() && !to.IsZero() && !from.Before(to) {
		faults.Add("to", "must be after from")
	}
}

// listedAlert is an alert in a list.
type listedAlert struct {
	models.Alert
	Rings []models.Ring `json:"rings,omitempty" doc:"Left out of lists"`
}

func inList(ctx context.Context, alert models.Alert) listedAlert {
	return listedAlert{Alert: alertFor(ctx, alert)}
}

// shownAlert is an alert with what came of it.
type shownAlert struct {
	models.Alert
	Incidents   []linkedIncident `json:"incidents" doc:"Those that it is linked to"`
	Invitations []invitation     `json:"invitations" doc:"Who was invited to them"`
	Deliveries  []sentDelivery   `json:"deliveries" doc:"What receivers were told of it, what happened first at the front"`
}

// linkedIncident is an incident that an alert is linked to.
type linkedIncident struct {
	ID           string                `json:"id"`
	Label        string                `json:"label" doc:"What people call it" example:"INC-12"`
	Name         string                `json:"name"`
	Status       models.IncidentStatus `json:"status"`
	AlertRouteID string                `json:"alert_route_id" doc:"Which linked them"`
	Joined       bool                  `json:"joined" doc:"The incident was there already"`
	LinkedAt     time.Time             `json:"linked_at"`
}

// invitation is what became of inviting somebody to an incident.
type invitation struct {
	Incident string `json:"incident_id"`
	models.Participant
}

func (a *rest) mountAlerts() {
	const path = "/v1/alerts"
	handle(a, operation(http.MethodGet, path, "list-alerts", "List the alerts, firing and resolved, the newest first"), a.alerts)
	handle(a, operation(http.MethodGet, path+"/{id}", "get-alert",
		"Show an alert with each phone that was rung, its incidents, who was invited, and what receivers were told", http.StatusNotFound), a.alert)
}

func (a *rest) alerts(ctx context.Context, in *alertsInput) (*plain[list[listedAlert]], error) {
	filter, err := in.filter()
	if err != nil {
		return nil, err
	}
	alerts, next, err := a.store.Alerts(ctx, filter, store.Page{Limit: in.Limit, Cursor: in.Cursor})
	return answerList(eachFor(ctx, alerts, inList), next), inQuery(err)
}

func (a *rest) alert(ctx context.Context, in *idInput) (*plain[shownAlert], error) {
	alert, err := a.store.Alert(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	shown := shownAlert{Alert: alertFor(ctx, alert)}
	if shown.Incidents, err = a.incidentsOf(ctx, alert.ID); err != nil {
		return nil, err
	}
	if shown.Invitations, err = a.invitationsTo(ctx, shown.Incidents); err != nil {
		return nil, err
	}
	shown.Deliveries, err = a.deliveriesOf(ctx, alert.ID)
	return &plain[shownAlert]{Body: shown}, err
}

func (a *rest) incidentsOf(ctx context.Context, alertID string) ([]linkedIncident, error) {
	links, err := a.store.IncidentLinks(ctx, alertID)
	if err != nil {
		return nil, err
	}
	incidents, err := a.store.IncidentsByID(ctx, each(links, func(l models.IncidentAlert) string { return l.IncidentID }))
	if err != nil {
		return nil, err
	}
	byID := map[string]models.Incident{}
	for _, incident := range incidents {
		byID[incident.ID] = incident
	}
	return each(links, func(link models.IncidentAlert) linkedIncident {
		incident := byID[link.IncidentID] // none is ever removed
		return linkedIncident{
			ID: incident.ID, Label: incident.Label(), Name: incident.Name, Status: incident.Status,
			AlertRouteID: link.AlertRouteID, Joined: link.Joined, LinkedAt: link.LinkedAt,
		}
	}), nil
}

func (a *rest) invitationsTo(ctx context.Context, incidents []linkedIncident) ([]invitation, error) {
	found, err := a.store.Invitations(ctx, each(incidents, func(i linkedIncident) string { return i.ID }))
	invitations := []invitation{}
	for _, incident := range incidents {
		for _, participant := range found[incident.ID] {
			invitations = append(invitations, invitation{incident.ID, participant})
		}
	}
	return invitations, err
}

// deliveriesOf are all deliveries of an alert: a few for each receiver.
func (a *rest) deliveriesOf(ctx context.Context, alertID string) ([]sentDelivery, error) {
	sent := []sentDelivery{}
	for page := (store.Page{Limit: 200}); ; {
		deliveries, next, err := a.store.Deliveries(ctx, store.DeliveryFilter{AlertID: alertID}, page)
		if err != nil {
			return nil, err
		}
		sent = append(sent, each(deliveries, sentOf)...)
		if page.Cursor = next; next == "" {
			slices.Reverse(sent)
			return sent, nil
		}
	}
}

// withoutNulls shows the empty lists of an alert as such.
func withoutNulls(alert models.Alert) models.Alert {
	if alert.Dialled == nil {
		alert.Dialled = []string{}
	}
	if alert.Rings == nil {
		alert.Rings = []models.Ring{}
	}
	if alert.IncidentIDs == nil {
		alert.IncidentIDs = []string{}
	}
	return alert
}
