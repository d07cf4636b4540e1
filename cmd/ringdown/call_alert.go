package main

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/ringdown/ringdown/models"
)

// alertWatch follows what becomes of a call's alert, its incidents and whoever is told of it.
type alertWatch struct {
	rest     restClient
	routeID  string
	callSID  string
	since    time.Time
	id       string          // of the alert; empty until it is found
	resolved bool            // and told
	told     map[string]bool // lines that were told
}

// alertView is what the API shows of an alert.
type alertView struct {
	models.Alert
	Incidents []struct {
		ID       string                `json:"id"`
		Label    string                `json:"label"`
		Name     string                `json:"name"`
		Status   models.IncidentStatus `json:"status"`
		Joined   bool                  `json:"joined"`
		LinkedAt time.Time             `json:"linked_at"`
	} `json:"incidents"`
	Invitations []struct {
		Incident string `json:"incident_id"`
		models.Participant
	} `json:"invitations"`
	Deliveries []models.Delivery `json:"deliveries"`
}

func newAlertWatch(rest restClient, routeID, callSID string, since time.Time) *alertWatch {
	return &alertWatch{rest: rest, routeID: routeID, callSID: callSID, since: since, told: map[string]bool{}}
}

// look tells what is new.
func (a *alertWatch) look(ctx context.Context, s *story) error {
	if s.start.IsZero() { // nothing has happened yet
		return nil
	}
	if a.id == "" {
		if err := a.find(ctx); err != nil || a.id == "" {
			return err
		}
	}
	var alert alertView
	if err := a.rest.get(ctx, "/v1/alerts/"+url.PathEscape(a.id), &alert); err != nil {
		return err
	}
	a.tell(s, alert)
	return nil
}

// find looks for the alert of the call. There is none before its gates.
func (a *alertWatch) find(ctx context.Context) error {
	alerts, err := getAll[models.Alert](ctx, a.rest, "/v1/alerts", url.Values{
		"call_route_id": {a.routeID}, "from": {a.since.UTC().Format(time.RFC3339)},
	})
	for _, alert := range alerts {
		if alert.CarrierCallID == a.callSID {
			a.id = alert.ID
		}
	}
	return err
}

func (a *alertWatch) tell(s *story, alert alertView) {
	say := func(at time.Time, kind, who, format string, args ...any) {
		words := fmt.Sprintf(format, args...)
		if !a.told[words] {
			a.told[words] = true
			s.beside(at, kind, who, words)
		}
	}
	fires := alert.StartedAt // when the call came; it fires when the gates are passed
	if len(alert.Incidents) > 0 {
		fires = alert.Incidents[0].LinkedAt
	}
	say(fires, "alert", "", "an alert fires: %s", alert.Title)
	labels := map[string]string{}
	for _, i := range alert.Incidents {
		labels[i.ID] = i.Label
		if i.Joined {
			say(i.LinkedAt, "incident", "", "it joins %s: %s", i.Label, i.Name)
		} else {
			say(i.LinkedAt, "incident", "", "it is declared as %s: %s", i.Label, i.Name)
		}
	}
	for _, i := range alert.Invitations {
		say(i.InvitedAt, "invited", i.Name, "%s is invited to %s", i.Name, labels[i.Incident])
	}
	for _, d := range alert.Deliveries {
		if d.Status == models.DeliveryDelivered && d.DeliveredAt != nil {
			say(*d.DeliveredAt, "told", d.ReceiverName, "%s is told: %s", d.ReceiverName, d.Event)
		}
	}
	if alert.Status != models.AlertResolved || alert.ResolvedAt == nil {
		return
	}
	say(*alert.ResolvedAt, "resolved", "", "the alert resolves: %s", alert.Outcome.Words())
	for _, i := range alert.Incidents {
		say(*alert.ResolvedAt, "incident", "", "%s is %s now", i.Label, strings.ReplaceAll(string(i.Status), "triage", "in triage"))
	}
	a.resolved = true
}
