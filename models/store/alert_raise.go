package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/ringdown/ringdown/models"
)

// RaiseAlert writes an alert, declares the incidents that alert routes make of it or links it to those
// that are there, and says which they are and which receivers are to be told. provider is where the
// people of new incidents talk. What was decided about an alert once stands, so it is safe to repeat.
func (s *Store) RaiseAlert(ctx context.Context, a models.Alert, provider models.ChannelProvider) (routed models.Routed, err error) {
	a = keptAlert(a)
	err = s.writer.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		if err := s.raise(ctx, tx, &a, provider); err != nil {
			return err
		}
		routed.Incidents = a.IncidentIDs
		if routed.Labels, err = labelsOf(tx, a.IncidentIDs); err != nil {
			return err
		}
		routed.Receivers, err = receiversOf(tx, a)
		return err
	})
	return routed, translate("raise alert of call "+a.CarrierCallID, err)
}

// raise leaves in a the alert as it stands, with the incidents that it is linked to. Locks are taken
// in the order of everything that locks several: the call, the alert, incidents, what is told of them.
func (s *Store) raise(ctx context.Context, tx *gorm.DB, a *models.Alert, provider models.ChannelProvider) error {
	source, err := s.incomingCalls(ctx, tx)
	if err != nil {
		return err
	}
	a.SourceID = source.ID
	if err := nameCall(tx, a); err != nil {
		return err
	}
	there := clause.OnConflict{Columns: []clause.Column{{Name: "carrier_call_id"}}, DoNothing: true}
	if err := tx.Clauses(there).Create(a).Error; err != nil {
		return err
	}
	if *a, err = lockedAlert(tx, a.CarrierCallID); err != nil || a.IncidentIDs != nil {
		return err
	}
	if a.SourceID == "" {
		a.SourceID = source.ID
	}
	if err := s.route(tx, a, provider); err != nil {
		return err
	}
	if err := tx.Model(a).Select("alert_source_id", "incident_ids").UpdateColumns(a).Error; err != nil {
		return err
	}
	if err := tell(tx, *a); err != nil {
		return err
	}
	if a.Status == models.AlertResolved { // it was over before it was raised
		return s.declineResolved(ctx, tx, a.IncidentIDs)
	}
	return nil
}

// route links an alert to the incidents that alert routes make of it.
func (s *Store) route(tx *gorm.DB, a *models.Alert, provider models.ChannelProvider) error {
	a.IncidentIDs = []string{}
	routes, err := inPosition(tx)
	if err != nil {
		return err
	}
	for _, verdict := range models.RouteAlert(routes, *a) {
		if verdict.Declares == nil {
			continue
		}
		incident, joined, err := join(tx, *verdict.Declares, a.StartedAt, provider)
		if err != nil {
			return err
		}
		link := models.IncidentAlert{
			IncidentID: incident.ID, AlertID: a.ID, AlertRouteID: verdict.AlertRouteID, Joined: joined, LinkedAt: instant(time.Now()),
		}
		if err := tx.Create(&link).Error; err != nil {
			return fmt.Errorf("link to incident %s: %w", incident.ID, err)
		}
		a.IncidentIDs = append(a.IncidentIDs, incident.ID)
	}
	return nil
}

// join finds the incident that takes in an alert raised at an instant, or declares one.
func join(tx *gorm.DB, d models.Declaration, at time.Time, provider models.ChannelProvider) (i models.Incident, joined bool, err error) {
	if err := lockIncidents(tx, declaring); err != nil {
		return i, false, err
	}
	i, err = taking(tx, d, at)
	switch {
	case errors.Is(err, gorm.ErrRecordNotFound):
		i, err = declare(tx, d, at, provider)
		return i, false, err
	case err == nil && at.After(i.LastAlertAt):
		err = tx.Model(&i).UpdateColumn("last_alert_at", at).Error
	}
	return i, true, err
}

// IncidentTaking finds the incident that takes in an alert raised at an instant. models.ErrNotFound says
// that none does: another would be declared.
func (s *Store) IncidentTaking(ctx context.Context, d models.Declaration, at time.Time) (models.Incident, error) {
	i, err := taking(s.reader.WithContext(ctx), d, at)
	return i, translate("incident that takes in an alert", err)
}

// taking looks at the open incident that had an alert last: if any takes one in, that does.
func taking(query *gorm.DB, d models.Declaration, at time.Time) (i models.Incident, err error) {
	if d.GroupKey == "" {
		return i, gorm.ErrRecordNotFound
	}
	open := []models.IncidentStatus{models.IncidentTriage, models.IncidentActive}
	err = query.Where("alert_route_id = ? AND group_key = ? AND status IN ?", d.AlertRouteID, d.GroupKey, open).
		Order("last_alert_at DESC").Take(&i).Error
	if err == nil && !i.Takes(d, at) {
		err = gorm.ErrRecordNotFound
	}
	return i, err
}

// declare writes a new incident. Its number is the next, because nobody else declares meanwhile.
func declare(tx *gorm.DB, d models.Declaration, at time.Time, provider models.ChannelProvider) (models.Incident, error) {
	now := instant(time.Now())
	i := models.Incident{
		ID: newID(), Name: d.Name, Summary: d.Summary, Severity: d.Severity, Status: d.Status, AlertRouteID: d.AlertRouteID,
		Channel: models.Channel{Provider: provider}, DeclineWhenResolved: d.DeclineWhenResolved, GroupKey: d.GroupKey,
		LastAlertAt: at, Version: 1, CreatedAt: now, UpdatedAt: now,
	}
	if err := tx.Model(&models.Incident{}).Select("COALESCE(MAX(number), 0) + 1").Scan(&i.Number).Error; err != nil {
		return i, err
	}
	err := tx.Create(&i).Error
	return i, err
}

// labelsOf are what people call some incidents, in the order of their ids in the list.
func labelsOf(tx *gorm.DB, ids []string) ([]string, error) {
	labels := make([]string, len(ids))
	if len(ids) == 0 {
		return labels, nil
	}
	var incidents []models.Incident
	err := tx.Select("id", "number").Find(&incidents, "id IN ?", ids).Error
	for _, i := range incidents {
		labels[slices.Index(ids, i.ID)] = i.Label()
	}
	return labels, err
}

// receiversOf are the receivers that are told of an alert: none where its caller was erased.
func receiversOf(tx *gorm.DB, a models.Alert) ([]models.ReceiverRef, error) {
	refs := []models.ReceiverRef{}
	if a.ErasedAt != nil {
		return refs, nil
	}
	receivers, err := allReceivers(tx)
	for _, r := range receivers {
		if r.Takes(a) == "" {
			refs = append(refs, models.ReceiverRef{ID: r.ID, Name: r.Name, Type: r.Type})
		}
	}
	return refs, err
}

// How a transaction locks incidents, before it locks any row of them. Postgres alone knows such locks:
// SQLite has one writer.
const (
	declaring = "SHARE ROW EXCLUSIVE" // nobody else declares or changes one
	changing  = "ROW EXCLUSIVE"       // nobody declares one
)

func lockIncidents(tx *gorm.DB, mode string) error {
	if tx.Name() != "postgres" {
		return nil
	}
	return tx.Exec("LOCK TABLE incidents IN " + mode + " MODE").Error
}
