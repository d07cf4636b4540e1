package api

import (
	"time"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
)

// fillAlerts adds a row to each list that is about alerts. The first alert route makes an incident of each
// alert, and the first incident has everything that is said.
func (p *plenty) fillAlerts(name, user string, at time.Time) {
	p.Helper()
	ctx, s := p.Context(), p.store
	route, err := s.CreateAlertRoute(ctx, models.AlertRoute{Name: name, Enabled: true, Incident: models.IncidentRule{Declare: true}}.Defaults())
	p.keeps("alert-routes", route.ID, err)
	receiver, err := s.CreateReceiver(ctx, models.Receiver{Name: name, Type: models.ReceiverPagerDuty, Enabled: true, Secret: name})
	p.keeps("receivers", receiver.ID, err)
	alert := ringingAlice(models.Raised{CallSID: "CA " + name, AlertID: "about-" + user, RouteName: name, StartedAt: at}.Alert(), user)
	routed, err := s.RaiseAlert(ctx, alert, models.ChannelInternal)
	p.keeps("alerts", alert.ID, err)
	p.keeps("incidents", routed.Incidents[0], err)
	_, err = s.AddParticipant(ctx, p.first["incidents"], models.User{ID: user, Name: name}, "was added")
	p.keeps("participants", user, err)
	_, err = s.AddMessage(ctx, p.first["incidents"], name)
	p.keeps("messages", name, err)
	delivery := models.Delivery{
		ID: models.DeliveryID(alert.ID, receiver.ID, 1), AlertID: p.first["alerts"], ReceiverID: receiver.ID, Event: models.EventRaised,
		Alert: alert, At: at, Status: models.DeliveryFailed,
	}
	p.keeps("deliveries", delivery.ID, s.KeepDelivery(ctx, delivery))
	sources, _, err := s.AlertSources(ctx, store.Page{})
	p.keeps("alert-sources", sources[0].ID, err)
}
