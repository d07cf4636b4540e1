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

// actionSeal is the histories' own among the actions of the audit list.
const actionSeal = "seal"

// NoteReading notes in the audit list that the context's actor has payloads of histories opened at an instant. It counts
// each time that it is called.
func (s *Store) NoteReading(ctx context.Context, at time.Time, payloads int) error {
	return s.noteHistories(ctx, actionRead, at, payloads)
}

// NoteSealing is NoteReading for payloads that the context's actor has sealed.
func (s *Store) NoteSealing(ctx context.Context, at time.Time, payloads int) error {
	return s.noteHistories(ctx, actionSeal, at, payloads)
}

func (s *Store) noteHistories(ctx context.Context, action string, at time.Time, payloads int) error {
	by := actorOf(ctx)
	line := models.Change{ID: spanID(action, by, at.Truncate(readingSpan)), At: instant(at), By: by, Action: action, Noun: "histories"}
	err := s.writer.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		return counted(tx, line, func(r *models.Reading) {
			r.Payloads += payloads
			r.Requests++
			if last := instant(at); last.After(r.Last) {
				r.Last = last
			}
		})
	})
	return translate("note reading of histories", err)
}

// counted changes what a line of the audit list says, which is written where it is not there yet.
func counted[T any](tx *gorm.DB, line models.Change, count func(*T)) error {
	line.After = json.RawMessage("{}")
	if err := tx.Clauses(clause.OnConflict{DoNothing: true}).Create(&line).Error; err != nil {
		return err
	}
	if err := locked(tx).Take(&line, "id = ?", line.ID).Error; err != nil { // of two at once, each counts
		return err
	}
	var said T
	if err := json.Unmarshal(line.After, &said); err != nil {
		return err
	}
	count(&said)
	after, err := json.Marshal(said)
	if err != nil {
		return err
	}
	return tx.Model(&line).Select("after").Updates(models.Change{After: after}).Error
}

// spanID is the id of the line that tells of what somebody or something does since an instant.
func spanID(action string, what any, since time.Time) string {
	text, _ := json.Marshal([]any{action, what, since.UTC()}) // it holds nothing that has no JSON
	return uuid.NewSHA1(uuid.NameSpaceOID, text).String()
}
