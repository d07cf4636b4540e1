package store

import (
	"context"
	"slices"
	"time"

	"gorm.io/gorm"

	"github.com/ringdown/ringdown/models"
)

// IncidentFilter narrows a list of incidents. Its zero value lets all pass.
type IncidentFilter struct {
	Status       models.IncidentStatus
	Severity     models.Severity
	AlertRouteID string
	UserID       string    // who takes part
	From         time.Time // of the declaration
	To           time.Time // exclusive
}

// mostAlerts is how many alerts of an incident are shown with it.
const mostAlerts = 200

var (
	lastDeclared = sorting{"created_at", "<"}
	firstAdded   = sorting{"added_at", ">"}
)

// Incident finds an incident by id.
func (s *Store) Incident(ctx context.Context, id string) (models.Incident, error) {
	return one[models.Incident](s.reader.WithContext(ctx), "incident", "id", id)
}

// IncidentsByID finds incidents, in the order of their numbers. What is not there is left out.
func (s *Store) IncidentsByID(ctx context.Context, ids []string) ([]models.Incident, error) {
	var incidents []models.Incident
	if len(ids) == 0 {
		return incidents, nil
	}
	ids = slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return !storable(id) })
	err := s.reader.WithContext(ctx).Order("number").Find(&incidents, "id IN ?", ids).Error
	return incidents, translate("find incidents", err)
}

// Incidents lists incidents, the newest first.
func (s *Store) Incidents(ctx context.Context, filter IncidentFilter, page Page) ([]models.Incident, string, error) {
	incidents, next, err := list(filter.narrow(s.reader.WithContext(ctx)), page, lastDeclared,
		func(i models.Incident) place { return place{i.CreatedAt, i.ID} })
	return incidents, next, translate("list incidents", err)
}

func (f IncidentFilter) narrow(query *gorm.DB) *gorm.DB {
	query = narrow(query, "created_at", f.From, f.To, wanted{"status", string(f.Status)}, wanted{"severity", string(f.Severity)},
		wanted{"alert_route_id", f.AlertRouteID})
	switch {
	case f.UserID == "":
		return query
	case !storable(f.UserID):
		return query.Where("1 = 0") // no user has it
	default:
		return query.Where("id IN (SELECT incident_id FROM participants WHERE user_id = ?)", f.UserID)
	}
}

// AlertsOf lists the alerts that are linked to an incident, the oldest first: the last 200 of them.
func (s *Store) AlertsOf(ctx context.Context, incidentID string) ([]models.Alert, error) {
	alerts, err := lastAlerts(s.reader.WithContext(ctx), incidentID, mostAlerts)
	return alerts, translate("alerts of incident "+incidentID, err)
}

// lastAlerts are the last so many alerts that are linked to an incident, the oldest first.
func lastAlerts(query *gorm.DB, incidentID string, most int) ([]models.Alert, error) {
	var alerts []models.Alert
	err := AlertFilter{IncidentID: incidentID}.narrow(query).Order(newestFirst.order()).Limit(most).Find(&alerts).Error
	for i, a := range alerts {
		alerts[i] = whole(a)
	}
	slices.Reverse(alerts)
	return alerts, err
}

// IncidentLinks lists what links an alert to incidents, in the order in which it was decided.
func (s *Store) IncidentLinks(ctx context.Context, alertID string) ([]models.IncidentAlert, error) {
	links := []models.IncidentAlert{}
	if !storable(alertID) {
		return links, nil
	}
	err := s.reader.WithContext(ctx).Order("linked_at, incident_id").Find(&links, "alert_id = ?", alertID).Error
	return links, translate("incidents of alert "+alertID, err)
}

// Participants lists who was invited to an incident, in the order of the invitations.
func (s *Store) Participants(ctx context.Context, incidentID string) ([]models.Participant, error) {
	invited, err := s.Invitations(ctx, []string{incidentID})
	if people := invited[incidentID]; people != nil || err != nil {
		return people, err
	}
	return []models.Participant{}, nil
}

// Invitations lists who was invited to some incidents, by the incident's id, in the order of the
// invitations.
func (s *Store) Invitations(ctx context.Context, incidentIDs []string) (map[string][]models.Participant, error) {
	var people []models.Participant
	ids := slices.DeleteFunc(slices.Clone(incidentIDs), func(id string) bool { return !storable(id) })
	err := s.reader.WithContext(ctx).Order("invited_at, user_id").Find(&people, "incident_id IN ?", ids).Error
	invited := map[string][]models.Participant{}
	for _, p := range people {
		invited[p.IncidentID] = append(invited[p.IncidentID], p)
	}
	return invited, translate("list participants", err)
}

// Messages lists what was said about an incident, in the order in which it was written: of what happened
// before, and was told late, whoever reads on misses nothing.
func (s *Store) Messages(ctx context.Context, incidentID string, page Page) ([]models.IncidentMessage, string, error) {
	query := s.reader.WithContext(ctx).Where("incident_id = ?", incidentID)
	if !storable(incidentID) {
		query = s.reader.WithContext(ctx).Where("1 = 0") // no incident has it
	}
	messages, next, err := list(query, page, firstAdded, func(m models.IncidentMessage) place { return place{m.AddedAt, m.ID} })
	return messages, next, translate("messages of incident "+incidentID, err)
}
