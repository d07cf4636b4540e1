package store

import (
	"context"

	"gorm.io/gorm/clause"

	"github.com/ringdown/ringdown/models"
)

// RecordAlert writes what is known of an alert. A row that is there keeps its id and its start,
// and one that is resolved never fires again, however late an older report comes. It is safe to
// repeat.
func (s *Store) RecordAlert(ctx context.Context, a models.Alert) error {
	if a.ID == "" {
		a.ID = newID()
	}
	a.StartedAt, a.ResolvedAt = instant(a.StartedAt), instantOrNil(a.ResolvedAt)
	err := s.writer.WithContext(ctx).Clauses(clause.OnConflict{
		Columns:   []clause.Column{{Name: "carrier_call_id"}},
		DoUpdates: s.columnsBut(&models.Alert{}, "id", "carrier_call_id", "started_at"),
		Where: clause.Where{Exprs: []clause.Expression{clause.Expr{
			SQL: "alerts.status <> ? OR excluded.status = ?", Vars: []any{models.AlertResolved, models.AlertResolved},
		}}},
	}).Create(&a).Error
	return translate("record alert of call "+a.CarrierCallID, err)
}

// AlertByCall finds the alert of a call by the carrier's id of the call.
func (s *Store) AlertByCall(ctx context.Context, carrierCallID string) (models.Alert, error) {
	return one[models.Alert](s.reader.WithContext(ctx), "alert of call", "carrier_call_id", carrierCallID)
}
