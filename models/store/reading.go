package store

import (
	"context"
	"encoding/json"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/ringdown/ringdown/models"
)

// readingSpan is how much of one actor's reading a line of the audit list tells: to look at one call makes
// a hundred requests.
const readingSpan = 15 * time.Minute

// NoteReading notes in the audit list that the context's actor has payloads of histories opened at an instant. It counts
// each time that it is called.
func (s *Store) NoteReading(ctx context.Context, at time.Time, payloads int) error {
	by := actorOf(ctx)
	id := readingID(by, at.Truncate(readingSpan))
	first := models.Change{ID: id, At: instant(at), By: by, Action: actionRead, Noun: "histories", After: json.RawMessage("{}")}
	err := s.writer.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		if err := tx.Clauses(clause.OnConflict{DoNothing: true}).Create(&first).Error; err != nil {
			return err
		}
		var line models.Change
		locked := clause.Locking{Strength: clause.LockingStrengthUpdate} // of two at once, each counts
		if err := tx.Clauses(locked).Take(&line, "id = ?", id).Error; err != nil {
			return err
		}
		var reading models.Reading
		if err := json.Unmarshal(line.After, &reading); err != nil {
			return err
		}
		reading.Payloads += payloads
		reading.Requests++
		if last := instant(at); last.After(reading.Last) {
			reading.Last = last
		}
		after, err := json.Marshal(reading)
		if err != nil {
			return err
		}
		return tx.Model(&line).Select("after").Updates(models.Change{After: after}).Error
	})
	return translate("note reading of histories", err)
}

// readingID is the id of the line that tells of an actor's reading since an instant.
func readingID(by models.Actor, since time.Time) string {
	text, _ := json.Marshal([]any{actionRead, by, since.UTC()}) // it holds nothing that has no JSON
	return uuid.NewSHA1(uuid.NameSpaceOID, text).String()
}
