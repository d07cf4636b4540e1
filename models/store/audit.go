package store

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"time"

	"gorm.io/gorm"

	"github.com/ringdown/ringdown/models"
)

type actorKey struct{}

// As makes the changes of a context those of an actor. Without it they are ringdown's own.
func As(ctx context.Context, actor models.Actor) context.Context {
	return context.WithValue(ctx, actorKey{}, actor)
}

func actorOf(ctx context.Context) models.Actor {
	if actor, ok := ctx.Value(actorKey{}).(models.Actor); ok {
		return actor
	}
	return models.Actor{Name: "ringdown"}
}

// audited adds a change to the audit list, in the transaction that makes it. before and after are
// the noun as the API shows it; nil stands for none.
func (s *Store) audited(ctx context.Context, tx *gorm.DB, action, noun, id string, before, after any) error {
	change := models.Change{ID: newID(), At: instant(time.Now()), By: actorOf(ctx), Action: action, Noun: noun, NounID: id}
	var err error
	if change.Before, err = shown(before); err == nil {
		change.After, err = shown(after)
	}
	if err != nil {
		return fmt.Errorf("audit of %s %s: %w", noun, id, err)
	}
	change.NounName = nameIn(change.After)
	if after == nil {
		change.NounName = nameIn(change.Before)
	}
	if err := tx.Create(&change).Error; err != nil {
		return fmt.Errorf("audit of %s %s: %w", noun, id, err)
	}
	return nil
}

func shown(noun any) (json.RawMessage, error) {
	if noun == nil {
		return nil, nil
	}
	return json.Marshal(noun)
}

// nameIn is the name of a noun, empty where it has none.
func nameIn(noun json.RawMessage) string {
	var named struct {
		Name string `json:"name"`
	}
	_ = json.Unmarshal(noun, &named) // a noun without a name, or none at all
	return named.Name
}

// alike says whether two rows differ in nothing but what the store keeps of each.
func alike(a, b any) (bool, error) {
	var values [2]map[string]any
	for i, row := range []any{a, b} {
		text, err := json.Marshal(row)
		if err == nil {
			err = json.Unmarshal(text, &values[i])
		}
		if err != nil {
			return false, err
		}
		delete(values[i], "version")
		delete(values[i], "updated_at")
	}
	return reflect.DeepEqual(values[0], values[1]), nil
}

// ChangeFilter narrows the audit list. Its zero value lets all pass.
type ChangeFilter struct {
	Noun   string // as in "call route"
	NounID string
	KeyID  string // of the actor
	From   time.Time
	To     time.Time // exclusive
}

var latestFirst = sorting{"changed_at", "<"}

// Changes lists changes without before and after, the newest first.
func (s *Store) Changes(ctx context.Context, filter ChangeFilter, page Page) ([]models.Change, string, error) {
	query := filter.narrow(s.reader.WithContext(ctx)).Omit("before", "after")
	changes, next, err := list(query, page, latestFirst, func(c models.Change) place { return place{c.At, c.ID} })
	return changes, next, translate("list changes", err)
}

// Change finds a change by id, with before and after.
func (s *Store) Change(ctx context.Context, id string) (models.Change, error) {
	return one[models.Change](s.reader.WithContext(ctx), "change", "id", id)
}

func (f ChangeFilter) narrow(query *gorm.DB) *gorm.DB {
	if !storable(f.Noun + f.NounID + f.KeyID) {
		return query.Where("1 = 0") // no change has it
	}
	for column, value := range map[string]string{"noun": f.Noun, "noun_id": f.NounID, "by_key_id": f.KeyID} {
		if value != "" {
			query = query.Where(column+" = ?", value)
		}
	}
	if !f.From.IsZero() {
		query = query.Where("changed_at >= ?", instant(f.From))
	}
	if !f.To.IsZero() {
		query = query.Where("changed_at < ?", instant(f.To))
	}
	return query
}
