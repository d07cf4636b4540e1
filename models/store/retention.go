package store

import (
	"context"
	"errors"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/ringdown/ringdown/models"
)

// RemoveCalls removes calls that began before an instant, the oldest first and limit at most, with everything that is
// about them alone: alerts, deliveries, what incidents say of them, and the incidents themselves that nothing else is
// left of. Calls that are not over stay, and those whose alert fires. Their number is kept by month, and their recordings
// are to be removed at the carrier. Incidents that have outlived their calls, and deliveries that came late, go after them
// and are counted, too. It is safe to repeat; removed is zero once nothing is left.
func (s *Store) RemoveCalls(ctx context.Context, before time.Time, limit int) (removed int, err error) {
	before = instant(before)
	err = s.writer.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		calls, err := oldCalls(tx, before, limit)
		if err != nil {
			return err
		}
		alerts, err := alertsOf(tx, calls)
		if err != nil {
			return err
		}
		if len(calls) < limit {
			alone, err := alertsAlone(tx, before, limit-len(calls))
			if err != nil {
				return err
			}
			alerts = append(alerts, alone...)
			removed = len(alone)
		}
		removed += len(calls)
		if err := removeAlerts(tx, alerts, before); err != nil {
			return err
		}
		if removed > 0 {
			if err := removeCalls(tx, calls); err != nil {
				return err
			}
			return s.noteRemoved(ctx, tx, "calls", before, removed)
		}
		if removed, err = removeQuiet(tx, before, limit); err != nil || removed > 0 {
			return errors.Join(err, s.noteRemoved(ctx, tx, "incidents", before, removed))
		}
		if removed, err = removeLoose(tx, before, limit); err != nil {
			return err
		}
		return s.noteRemoved(ctx, tx, "deliveries", before, removed)
	})
	return removed, translate("remove calls", err)
}

// oldCalls are calls that began before an instant and that nobody needs any more.
func oldCalls(tx *gorm.DB, before time.Time, limit int) (calls []models.Call, err error) {
	err = locked(tx).Select("id", "carrier_call_id", "started_at", "voicemail").
		Where("started_at < ? AND ended_at IS NOT NULL", before).Where(noneFires, models.AlertResolved).
		Order("started_at, id").Limit(limit).Find(&calls).Error
	return calls, err
}

// noneFires holds for calls whose alert does not fire.
const noneFires = "NOT EXISTS (SELECT 1 FROM alerts a WHERE a.carrier_call_id = calls.carrier_call_id AND a.status <> ?)"

// locked locks what a query reads until the transaction ends.
func locked(tx *gorm.DB) *gorm.DB {
	return tx.Clauses(clause.Locking{Strength: clause.LockingStrengthUpdate})
}

// alertsOf are the alerts of some calls.
func alertsOf(tx *gorm.DB, calls []models.Call) (alerts []models.Alert, err error) {
	if len(calls) == 0 {
		return nil, nil
	}
	ids := make([]string, len(calls))
	for i, call := range calls {
		ids[i] = call.CarrierCallID
	}
	err = locked(tx).Omit("rings", "dialled").Order("id").Find(&alerts, "carrier_call_id IN ?", ids).Error
	return alerts, err
}

// alertsAlone are resolved alerts of which no call is left.
func alertsAlone(tx *gorm.DB, before time.Time, limit int) (alerts []models.Alert, err error) {
	err = locked(tx).Omit("rings", "dialled").Where("started_at < ? AND status = ?", before, models.AlertResolved).
		Where("NOT EXISTS (SELECT 1 FROM calls c WHERE c.carrier_call_id = alerts.carrier_call_id)").
		Order("started_at, id").Limit(limit).Find(&alerts).Error
	return alerts, err
}

// removeCalls removes the rows of calls, and counts them by month.
func removeCalls(tx *gorm.DB, calls []models.Call) error {
	if len(calls) == 0 {
		return nil
	}
	ids, months, recordings := make([]string, len(calls)), map[string]int{}, []models.Removal(nil)
	for i, call := range calls {
		ids[i] = call.ID
		months[call.StartedAt.UTC().Format(monthly)]++
		if v := call.Voicemail; v != nil && v.Recording != "" {
			recordings = append(recordings, models.Removal{Kind: models.RemoveRecording, Reference: v.Recording})
		}
	}
	for month, n := range months {
		err := tx.Exec(`INSERT INTO removed_calls (month, calls) VALUES (?, ?)
			ON CONFLICT (month) DO UPDATE SET calls = removed_calls.calls + excluded.calls`, month, n).Error
		if err != nil {
			return err
		}
	}
	if err := order(tx, recordings); err != nil {
		return err
	}
	return tx.Delete(&models.Call{}, "id IN ?", ids).Error
}

// removeLoose removes deliveries that came after their alert was gone, limit at most.
func removeLoose(tx *gorm.DB, before time.Time, limit int) (removed int, err error) {
	loose := tx.Model(&models.Delivery{}).Select("id").Limit(limit).
		Where("happened_at < ? AND NOT EXISTS (SELECT 1 FROM alerts a WHERE a.id = deliveries.alert_id)", before)
	gone := tx.Where("id IN (?)", loose).Delete(&models.Delivery{})
	return int(gone.RowsAffected), gone.Error
}

// MessagePart is what of a caller's message may be there still.
type MessagePart string

// The parts of a message.
const (
	Sound MessagePart = "recording"  // at the carrier
	Words MessagePart = "transcript" // here
)

// Voicemails lists calls that began before an instant, are over, and of whose message a part is there still: the oldest
// first and those after one; the zero call means the first. They come without plans, attempts and timelines.
func (s *Store) Voicemails(ctx context.Context, part MessagePart, before time.Time, last models.Call, limit int) ([]models.Call, error) {
	var calls []models.Call
	query := s.reader.WithContext(ctx).Omit("plan", "attempts", "timeline").
		Where("voicemail ->> '"+string(part)+"' <> '' AND ended_at IS NOT NULL AND started_at < ?", instant(before))
	err := after(query, last).Limit(limit).Find(&calls).Error
	return calls, translate("list calls with a message", err)
}

// EmptyTranscripts removes what callers have said, in words, from wherever it is kept of some calls, all of which began
// before an instant: from calls and alerts, from what incidents and deliveries tell of them; those at the carrier are to
// be removed. It is safe to repeat.
func (s *Store) EmptyTranscripts(ctx context.Context, calls []models.Call, before time.Time) error {
	err := s.changeMessages(ctx, calls, models.Voicemail.WithoutWords, func(tx *gorm.DB, changed []models.Call, alerts []models.Alert) error {
		var removals []models.Removal
		for _, call := range changed {
			if call.Voicemail.Recording != "" {
				removals = append(removals, models.Removal{Kind: models.RemoveTranscripts, Reference: call.Voicemail.Recording})
			}
		}
		if err := order(tx, removals); err != nil {
			return err
		}
		_, err := eachDelivery(tx, alerts, func(d *models.Delivery) bool {
			if d.Alert.Voicemail == nil {
				return false
			}
			without := d.Alert.Voicemail.WithoutWords()
			changed := without != *d.Alert.Voicemail
			d.Alert.Voicemail = &without
			return changed
		})
		if err != nil {
			return err
		}
		_, err = retell(tx, alerts, models.AlertLine{Key: models.LineTranscript, Text: models.SaidRemoved})
		return errors.Join(err, s.noteRemoved(ctx, tx, "transcripts", before, len(changed)))
	})
	return translate("remove transcripts", err)
}

// RecordingsDeleted notes that the carrier has the recordings of some calls no more, since an instant; all of them began
// before another. It is safe to repeat.
func (s *Store) RecordingsDeleted(ctx context.Context, calls []models.Call, at, before time.Time) error {
	without := func(v models.Voicemail) models.Voicemail { return v.WithoutSound(instant(at)) }
	err := s.changeMessages(ctx, calls, without, func(tx *gorm.DB, changed []models.Call, _ []models.Alert) error {
		return s.noteRemoved(ctx, tx, "recordings", before, len(changed))
	})
	return translate("note that recordings are deleted", err)
}

// changeMessages changes what is known of callers' messages, with their calls and alerts. more is told the calls in which
// something was changed, and all alerts.
func (s *Store) changeMessages(ctx context.Context, calls []models.Call, change func(models.Voicemail) models.Voicemail,
	more func(tx *gorm.DB, changed []models.Call, alerts []models.Alert) error,
) error {
	if len(calls) == 0 {
		return nil
	}
	ids := make([]string, len(calls))
	for i, call := range calls {
		ids[i] = call.ID
	}
	return s.writer.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		var rows, changed []models.Call
		query := locked(tx).Select("id", "carrier_call_id", "voicemail").Where("voicemail IS NOT NULL").Order("id")
		if err := query.Find(&rows, "id IN ?", ids).Error; err != nil {
			return err
		}
		for i := range rows {
			was := *rows[i].Voicemail
			if is := change(was); is != was {
				rows[i].Voicemail = &is
				changed = append(changed, rows[i])
				if err := tx.Model(&rows[i]).Select("voicemail").UpdateColumns(&rows[i]).Error; err != nil {
					return err
				}
			}
		}
		alerts, err := alertsOf(tx, rows)
		if err != nil {
			return err
		}
		for i := range alerts {
			if alerts[i].Voicemail == nil {
				continue
			}
			is := change(*alerts[i].Voicemail)
			alerts[i].Voicemail = &is
			if err := tx.Model(&alerts[i]).Select("voicemail").UpdateColumns(&alerts[i]).Error; err != nil {
				return err
			}
		}
		return more(tx, changed, alerts)
	})
}

// eachDelivery changes the deliveries of some alerts, and gives all of them.
func eachDelivery(tx *gorm.DB, alerts []models.Alert, change func(*models.Delivery) bool) ([]models.Delivery, error) {
	if len(alerts) == 0 {
		return nil, nil
	}
	var deliveries []models.Delivery
	if err := locked(tx).Order("id").Find(&deliveries, "alert_id IN ?", alertIDs(alerts)).Error; err != nil {
		return nil, err
	}
	for i := range deliveries {
		if !change(&deliveries[i]) {
			continue
		}
		if err := tx.Model(&deliveries[i]).Select("alert", "last_error").UpdateColumns(&deliveries[i]).Error; err != nil {
			return nil, err
		}
	}
	return deliveries, nil
}

func alertIDs(alerts []models.Alert) []string {
	ids := make([]string, len(alerts))
	for i, a := range alerts {
		ids[i] = a.ID
	}
	return ids
}

// EmptyRequests takes from requests for numbers that were over before an instant, limit at most, what people have
// written, the names of their files and what people were told. It is safe to repeat; emptied is zero once none is left.
func (s *Store) EmptyRequests(ctx context.Context, before time.Time, limit int) (emptied int, err error) {
	over := []models.RequestStatus{models.RequestActive, models.RequestRejected, models.RequestWithdrawn}
	err = s.writer.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		var rows []numberRequest
		err := locked(tx).Where("emptied_at IS NULL AND updated_at < ? AND status IN ?", instant(before), over).
			Order("updated_at, id").Limit(limit).Find(&rows).Error
		if err != nil || len(rows) == 0 {
			return err
		}
		ids := make([]string, len(rows))
		for i := range rows {
			ids[i] = rows[i].ID
			rows[i].NumberRequest = rows[i].Emptied(instant(time.Now()))
			err := tx.Model(&rows[i]).Select("form", "question", "approval", "reason", "provisioning", "history", "emptied_at").UpdateColumns(&rows[i]).Error
			if err != nil {
				return err
			}
		}
		emptied = len(rows)
		if err := tx.Model(&document{}).Where("request_id IN ?", ids).UpdateColumn("name", "").Error; err != nil {
			return err
		}
		if err := tx.Delete(&models.Notice{}, "request_id IN ?", ids).Error; err != nil {
			return err
		}
		return s.noteRemoved(ctx, tx, "requests", before, emptied)
	})
	return emptied, translate("empty number requests", err)
}

// RemoveChanges removes lines of the audit list from before an instant, limit at most, and erasures that were done
// before it. It is safe to repeat; removed is zero once none is left.
func (s *Store) RemoveChanges(ctx context.Context, before time.Time, limit int) (removed int, err error) {
	before = instant(before)
	err = s.writer.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		old := tx.Model(&models.Change{}).Select("id").Where("changed_at < ?", before).Order("changed_at, id").Limit(limit)
		gone := tx.Where("id IN (?)", old).Delete(&models.Change{})
		if gone.Error != nil {
			return gone.Error
		}
		removed = int(gone.RowsAffected)
		if err := tx.Where("done_at < ?", before).Delete(&models.Erasure{}).Error; err != nil {
			return err
		}
		return s.noteRemoved(ctx, tx, "audit", before, removed)
	})
	return removed, translate("remove lines of the audit list", err)
}

// actionRemove is the retention's own among the actions of the audit list.
const actionRemove = "remove"

// noteRemoved adds to what the audit list says of a night: how much of a part was removed that was from before an instant.
func (s *Store) noteRemoved(ctx context.Context, tx *gorm.DB, part string, before time.Time, n int) error {
	if n == 0 {
		return nil
	}
	now := instant(time.Now())
	line := models.Change{ID: spanID(actionRemove, part, now.Truncate(24*time.Hour)), At: now, By: actorOf(ctx), Action: actionRemove, Noun: "retention", NounID: part}
	return counted(tx, line, func(r *models.Outdated) { r.Count, r.Before = r.Count+n, instant(before) })
}
