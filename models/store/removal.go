package store

import (
	"context"
	"strings"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/ringdown/ringdown/models"
)

// order has things removed elsewhere. What is ordered already is ordered once.
func order(tx *gorm.DB, removals []models.Removal) error {
	if len(removals) == 0 {
		return nil
	}
	for i := range removals {
		removals[i].ID, removals[i].Since = newID(), instant(time.Now())
	}
	there := clause.OnConflict{Columns: []clause.Column{{Name: "kind"}, {Name: "reference"}, {Name: "erasure_id"}}, DoNothing: true}
	return tx.Clauses(there).CreateInBatches(&removals, atATime).Error
}

// Removals lists what is still to be removed elsewhere for an erasure, or because it is too old where that is empty: after
// an id, the oldest first and limit at most.
func (s *Store) Removals(ctx context.Context, erasureID, after string, limit int) ([]models.Removal, error) {
	var removals []models.Removal
	err := s.reader.WithContext(ctx).Where("erasure_id = ? AND id > ?", erasureID, after).Order("id").Limit(limit).Find(&removals).Error
	return removals, translate("list what is to be removed elsewhere", err)
}

// RemovalsDone notes that things are removed elsewhere. It is safe to repeat.
func (s *Store) RemovalsDone(ctx context.Context, removals []models.Removal) error {
	if len(removals) == 0 {
		return nil
	}
	err := s.writer.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		counts := map[string]*models.Erased{}
		for _, r := range removals {
			if counts[r.ErasureID] == nil {
				counts[r.ErasureID] = &models.Erased{}
			}
			gone := tx.Delete(&models.Removal{}, "id = ?", r.ID)
			if gone.Error != nil {
				return gone.Error
			}
			if gone.RowsAffected > 0 {
				counts[r.ErasureID].Count(r.Kind)
			}
			if err := eraseLate(tx, r); err != nil {
				return err
			}
		}
		for id, counted := range counts {
			if err := addRemoved(tx, id, *counted); err != nil {
				return err
			}
		}
		return nil
	})
	return translate("note what is removed elsewhere", err)
}

// addRemoved adds to what an erasure has removed elsewhere; an empty id is none.
func addRemoved(tx *gorm.DB, id string, counted models.Erased) error {
	if id == "" {
		return nil
	}
	e, err := lockedErasure(tx, id)
	if err != nil {
		return err
	}
	e.Removed.Recordings += counted.Recordings
	e.Removed.WorkflowRuns += counted.WorkflowRuns
	return tx.Model(&e).Select("removed").UpdateColumns(&e).Error
}

// eraseLate removes the caller from deliveries that the run of an erased alert, or of telling a receiver again, has written
// before it was gone, and notes which receivers were told by then.
func eraseLate(tx *gorm.DB, r models.Removal) error {
	query := tx.Select("id", "erased_at").Where("erased_at IS NOT NULL")
	switch r.Kind {
	case models.RemoveAlertRun:
		query = query.Where("carrier_call_id = ?", r.Reference)
	case models.RemoveDeliveryRun:
		alertID, _, _ := strings.Cut(r.Reference, "/")
		query = query.Where("id = ?", alertID)
	default:
		return nil
	}
	var alerts []models.Alert
	if err := query.Find(&alerts).Error; err != nil {
		return err
	}
	deliveries, err := eachDelivery(tx, alerts, func(d *models.Delivery) bool {
		if d.Alert.ErasedAt != nil {
			return false
		}
		d.LastError, _ = models.RedactionOf(d.Alert.Caller, d.Alert.CallerName).Text(d.LastError)
		d.Alert = d.Alert.Erased(*alerts[0].ErasedAt)
		return true
	})
	if err != nil || len(deliveries) == 0 {
		return err
	}
	e, err := lockedErasure(tx, r.ErasureID)
	if err != nil {
		return err
	}
	b := erasing{tx: tx, e: &e}
	if err := b.tellOf(deliveries); err != nil {
		return err
	}
	return tx.Model(&e).Select("told").UpdateColumns(&e).Error
}

// RemovalFailed notes why something could not be removed elsewhere: it is tried again.
func (s *Store) RemovalFailed(ctx context.Context, id, why string) error {
	err := s.writer.WithContext(ctx).Model(&models.Removal{}).Where("id = ?", id).
		UpdateColumns(map[string]any{"tries": gorm.Expr("tries + 1"), "last_error": storableText(why)}).Error
	return translate("note what is not removed elsewhere", err)
}
