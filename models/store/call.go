package store

import (
	"context"
	"slices"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/ringdown/ringdown/models"
)

// CallFilter narrows a list of calls. Its zero value lets all pass.
type CallFilter struct {
	RouteID string
	Outcome models.Outcome
	From    time.Time // of the start
	To      time.Time // of the start, exclusive
	Caller  models.Phone
	Number  models.Phone // of ours, that was called
	Live    *bool        // true: not ended yet
}

// actionEnd is a call's own among the actions of the audit list.
const actionEnd = "end"

// Arrive inserts the row of a call that has just come. Where the carrier's call id is known
// already, the row stays as it is, but for a diversion that it lacks: none is lost. So it is safe
// to repeat and to come too late.
func (s *Store) Arrive(ctx context.Context, c models.Call) error {
	c = keptCall(c)
	err := s.writer.WithContext(ctx).Clauses(clause.OnConflict{
		Columns:   []clause.Column{{Name: "carrier_call_id"}},
		DoUpdates: clause.AssignmentColumns([]string{"diverted_at"}),
		Where: clause.Where{Exprs: []clause.Expression{clause.Expr{
			SQL: "calls.diverted_at IS NULL AND excluded.diverted_at IS NOT NULL",
		}}},
	}).Create(&c).Error
	return translate("arrive call "+c.CarrierCallID, err)
}

// RecordCall writes the record of a call, whether or not its arrival was noted. A row that is
// there keeps its id, its start and its diversion, and its room where the record names none; one whose
// caller was erased stays as it is. It is safe to repeat.
func (s *Store) RecordCall(ctx context.Context, c models.Call) error {
	c = keptCall(c)
	overwrite := s.columnsBut(&models.Call{}, "id", "carrier_call_id", "started_at", "room", "diverted_at", "diversion_told")
	err := s.writer.WithContext(ctx).Clauses(clause.OnConflict{
		Columns:   []clause.Column{{Name: "carrier_call_id"}},
		DoUpdates: append(overwrite, keptOfArrival...),
		Where:     clause.Where{Exprs: []clause.Expression{clause.Expr{SQL: "calls.erased_at IS NULL"}}},
	}).Create(&c).Error
	return translate("record call "+c.CarrierCallID, err)
}

// keptOfArrival is what a record adds to a row but never takes from it.
var keptOfArrival = clause.Set{
	{Column: clause.Column{Name: "room"}, Value: clause.Expr{SQL: "COALESCE(NULLIF(excluded.room, ''), calls.room)"}},
	{Column: clause.Column{Name: "diverted_at"}, Value: clause.Expr{SQL: "COALESCE(calls.diverted_at, excluded.diverted_at)"}},
	{Column: clause.Column{Name: "diversion_told"}, Value: clause.Expr{SQL: "calls.diversion_told OR excluded.diversion_told"}},
}

// Call finds a call by id, with everything that is known of it.
func (s *Store) Call(ctx context.Context, id string) (models.Call, error) {
	return one[models.Call](s.reader.WithContext(ctx), "call", "id", id)
}

// CallByCarrierID finds a call by the carrier's id of it.
func (s *Store) CallByCarrierID(ctx context.Context, carrierCallID string) (models.Call, error) {
	return one[models.Call](s.reader.WithContext(ctx), "call", "carrier_call_id", carrierCallID)
}

// Calls lists calls without their plans, attempts and timelines, the newest first.
func (s *Store) Calls(ctx context.Context, filter CallFilter, page Page) ([]models.Call, string, error) {
	query := filter.narrow(s.reader.WithContext(ctx)).Omit("plan", "attempts", "timeline")
	calls, next, err := list(query, page, newestFirst, func(c models.Call) place { return place{c.StartedAt, c.ID} })
	return calls, next, translate("list calls", err)
}

// EndedCalls lists the calls that ended at a time or later, the last ended first, without their
// plans, attempts and timelines.
func (s *Store) EndedCalls(ctx context.Context, since time.Time, limit int) ([]models.Call, error) {
	var calls []models.Call
	err := s.reader.WithContext(ctx).Omit("plan", "attempts", "timeline").
		Where("ended_at >= ?", instant(since)).Order("ended_at DESC").Limit(limit).Find(&calls).Error
	return calls, translate("list ended calls", err)
}

// CallsByID finds calls without their plans, attempts and timelines, in any order. What is not
// there is left out.
func (s *Store) CallsByID(ctx context.Context, ids []string) ([]models.Call, error) {
	var calls []models.Call
	err := s.reader.WithContext(ctx).Omit("plan", "attempts", "timeline").Find(&calls, "id IN ?", ids).Error
	return calls, translate("find calls", err)
}

// NoteEnd notes in the audit list that somebody ended a call. It is noted once, however often it is
// repeated, and without the call, whose caller the list must not keep.
func (s *Store) NoteEnd(ctx context.Context, id string) error {
	err := s.writer.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		locked := clause.Locking{Strength: clause.LockingStrengthUpdate} // of two at once, one is first
		if err := tx.Clauses(locked).Select("id").Take(&models.Call{}, "id = ?", id).Error; err != nil {
			return err
		}
		var noted int64
		earlier := models.Change{Noun: "call", NounID: id, Action: actionEnd}
		if err := tx.Model(&models.Change{}).Where(&earlier).Count(&noted).Error; err != nil || noted > 0 {
			return err
		}
		return s.audited(ctx, tx, actionEnd, "call", id, nil, nil)
	})
	return translate("note the end of call "+id, err)
}

// CountCalls counts calls, for the limits of a route.
func (s *Store) CountCalls(ctx context.Context, filter CallFilter) (int, error) {
	var n int64
	err := filter.narrow(s.reader.WithContext(ctx).Model(&models.Call{})).Count(&n).Error
	return int(n), translate("count calls", err)
}

func (f CallFilter) narrow(query *gorm.DB) *gorm.DB {
	if !storable(f.RouteID + string(f.Outcome) + string(f.Caller) + string(f.Number)) {
		return query.Where("1 = 0") // no call has it
	}
	if f.RouteID != "" {
		query = query.Where("route_id = ?", f.RouteID)
	}
	if f.Outcome != "" {
		query = query.Where("outcome = ?", f.Outcome)
	}
	if !f.From.IsZero() {
		query = query.Where("started_at >= ?", instant(f.From))
	}
	if !f.To.IsZero() {
		query = query.Where("started_at < ?", instant(f.To))
	}
	if f.Caller != "" {
		query = query.Where("caller = ?", f.Caller)
	}
	if f.Number != "" {
		query = query.Where("number = ?", f.Number)
	}
	switch {
	case f.Live == nil:
		return query
	case *f.Live:
		return query.Where("ended_at IS NULL")
	default:
		return query.Where("ended_at IS NOT NULL")
	}
}

func keptCall(c models.Call) models.Call {
	if c.ID == "" {
		c.ID = newID()
	}
	c.StartedAt = instant(c.StartedAt)
	c.ConnectedAt, c.EndedAt = instantOrNil(c.ConnectedAt), instantOrNil(c.EndedAt)
	c.DivertedAt = instantOrNil(c.DivertedAt)
	return c
}

// columnsBut lists the columns of a noun that an insert overwrites where the row is there.
func (s *Store) columnsBut(noun any, kept ...string) clause.Set {
	statement := &gorm.Statement{DB: s.writer}
	if err := statement.Parse(noun); err != nil {
		return nil // the insert fails for the same reason
	}
	columns := slices.DeleteFunc(slices.Clone(statement.Schema.DBNames), func(column string) bool {
		return slices.Contains(kept, column)
	})
	return clause.AssignmentColumns(columns)
}
