package store

import (
	"context"
	"errors"
	"reflect"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/ringdown/ringdown/models"
)

// AlertFilter narrows a list of alerts. Its zero value lets all pass.
type AlertFilter struct {
	Status     models.AlertStatus
	RouteID    string
	Outcome    models.Outcome
	IncidentID string // it is linked to
	Caller     models.Phone
	From       time.Time // of the start
	To         time.Time // of the start, exclusive
}

// RecordAlert writes what is known of an alert, and tells the incidents that it is linked to: whoever
// was rung is invited, and what happened is a message. A row that is there keeps its id, its start and
// what was decided when it was raised, and one that is resolved never fires again, however late an
// older report comes. With the last of its alerts, an incident that is in triage still may be declined.
// pending are the incidents whose channel is to be told of something. It is safe to repeat.
func (s *Store) RecordAlert(ctx context.Context, a models.Alert) (pending []string, err error) {
	a = keptAlert(a)
	pending, err = s.recordAlert(ctx, a)
	if errors.Is(err, gorm.ErrDuplicatedKey) { // another report made the row at this instant: now there is one to write over
		pending, err = s.recordAlert(ctx, a)
	}
	return pending, translate("record alert of call "+a.CarrierCallID, err)
}

func (s *Store) recordAlert(ctx context.Context, a models.Alert) (pending []string, err error) {
	err = s.writer.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		if err := nameCall(tx, &a); err != nil {
			return err
		}
		before, err := lockedAlert(tx, a.CarrierCallID)
		if err != nil && !errors.Is(err, gorm.ErrRecordNotFound) {
			return err
		}
		if err := tx.Clauses(s.overOlder()).Create(&a).Error; err != nil {
			return err
		}
		now, err := lockedAlert(tx, a.CarrierCallID)
		if err != nil || len(now.IncidentIDs) == 0 {
			return err
		}
		if err := lockIncidents(tx, changing); err != nil {
			return err
		}
		if err := tell(tx, now); err != nil {
			return err
		}
		if now.Status == models.AlertResolved && before.Status != models.AlertResolved {
			if err := s.declineResolved(ctx, tx, now.IncidentIDs); err != nil {
				return err
			}
		}
		pending, err = channelsToTell(tx, now.IncidentIDs, !reflect.DeepEqual(before, now))
		return err
	})
	return pending, err
}

// overOlder writes a report over the row of its alert, unless that is resolved and the report is not, or its caller was
// erased.
func (s *Store) overOlder() clause.OnConflict {
	columns := s.columnsBut(&models.Alert{}, "id", "carrier_call_id", "started_at", "incident_ids", "alert_source_id", "call_id", "route_name")
	for _, known := range []string{"alert_source_id", "call_id", "route_name"} { // a report may come without
		columns = append(columns, clause.Assignment{
			Column: clause.Column{Name: known}, Value: clause.Expr{SQL: "COALESCE(NULLIF(excluded." + known + ", ''), alerts." + known + ")"},
		})
	}
	return clause.OnConflict{
		Columns: []clause.Column{{Name: "carrier_call_id"}}, DoUpdates: columns,
		Where: clause.Where{Exprs: []clause.Expression{clause.Expr{
			SQL: "alerts.erased_at IS NULL AND (alerts.status <> ? OR excluded.status = ?)", Vars: []any{models.AlertResolved, models.AlertResolved},
		}}},
	}
}

// keptAlert is an alert as its row keeps it, before it is known what it is linked to.
func keptAlert(a models.Alert) models.Alert {
	if a.ID == "" {
		a.ID = newID()
	}
	if a.Rings == nil {
		a.Rings = []models.Ring{}
	}
	a.StartedAt, a.ResolvedAt, a.AnsweredAt = instant(a.StartedAt), instantOrNil(a.ResolvedAt), instantOrNil(a.AnsweredAt)
	a.IncidentIDs = nil // null: alert routes are yet to be asked
	return a
}

// nameCall gives an alert the id of its call's row, where there is one: a call that was announced again, because
// nobody could decide, has the id that it got first. Where the caller of that was erased, the alert tells nothing of them.
func nameCall(tx *gorm.DB, a *models.Alert) error {
	var calls []models.Call
	err := locked(tx).Select("id", "erased_at").Find(&calls, "carrier_call_id = ?", a.CarrierCallID).Error
	if len(calls) > 0 {
		a.CallID = calls[0].ID
		if at := calls[0].ErasedAt; at != nil {
			*a = a.Erased(*at)
		}
	}
	return err
}

// lockedAlert reads the alert of a call and locks it until the transaction ends.
func lockedAlert(tx *gorm.DB, carrierCallID string) (a models.Alert, err error) {
	locked := clause.Locking{Strength: clause.LockingStrengthUpdate}
	err = tx.Clauses(locked).Take(&a, "carrier_call_id = ?", carrierCallID).Error
	return a, err
}

// Alert finds an alert by id.
func (s *Store) Alert(ctx context.Context, id string) (models.Alert, error) {
	a, err := one[models.Alert](s.reader.WithContext(ctx), "alert", "id", id)
	return whole(a), err
}

// AlertByCall finds the alert of a call by the carrier's id of the call.
func (s *Store) AlertByCall(ctx context.Context, carrierCallID string) (models.Alert, error) {
	a, err := one[models.Alert](s.reader.WithContext(ctx), "alert of call", "carrier_call_id", carrierCallID)
	return whole(a), err
}

// Alerts lists alerts without their rings, the newest first.
func (s *Store) Alerts(ctx context.Context, filter AlertFilter, page Page) ([]models.Alert, string, error) {
	query := filter.narrow(s.reader.WithContext(ctx)).Omit("rings")
	alerts, next, err := list(query, page, newestFirst, func(a models.Alert) place { return place{a.StartedAt, a.ID} })
	for i, a := range alerts {
		alerts[i] = whole(a)
	}
	return alerts, next, translate("list alerts", err)
}

func (f AlertFilter) narrow(query *gorm.DB) *gorm.DB {
	query = narrow(query, "started_at", f.From, f.To, wanted{"status", string(f.Status)}, wanted{"route_id", f.RouteID},
		wanted{"outcome", string(f.Outcome)}, wanted{"caller", string(f.Caller)})
	switch {
	case f.IncidentID == "":
		return query
	case !storable(f.IncidentID):
		return query.Where("1 = 0") // no incident has it
	default:
		return query.Where("id IN (SELECT alert_id FROM incident_alerts WHERE incident_id = ?)", f.IncidentID)
	}
}

// whole is an alert as it is shown: one that alert routes were not asked about is linked to none.
func whole(a models.Alert) models.Alert {
	if a.IncidentIDs == nil {
		a.IncidentIDs = []string{}
	}
	return a
}
