package store

import (
	"context"
	"time"

	"github.com/ringdown/ringdown/models"
	"gorm.io/gorm"
)

const (
	// recent is how far back a caller's calls count towards the limit of a minute.
	recent = time.Minute
	// liveAtMost is how long a row without an end counts as a live call: a run that was lost, and
	// that nothing has closed, must not fill its route for ever.
	liveAtMost = 24 * time.Hour
)

const callerFacts = `SELECT
	EXISTS (SELECT 1 FROM blocked_callers
		WHERE number = @caller AND number <> '' AND (until IS NULL OR until > @at)) AS blocked,
	EXISTS (SELECT 1 FROM phone_numbers
		WHERE number = @caller AND number <> '' AND status <> @released) AS own_number,
	(SELECT count(*) FROM calls
		WHERE route_id = @route AND caller = @caller AND caller <> '' AND started_at > @recent
			AND carrier_call_id <> @call) AS recent_calls,
	(SELECT count(*) FROM calls
		WHERE route_id = @route AND ended_at IS NULL AND started_at > @live
			AND carrier_call_id <> @call) AS live_calls`

// CallerFacts is what the database knows of the caller of a call that has just come, in one round
// trip. The call itself does not count, whether or not its row is written. caller is empty when
// withheld: then only the live calls of the route are known.
func (s *Store) CallerFacts(ctx context.Context, routeID string, caller models.Phone, carrierCallID string, at time.Time) (models.CallerFacts, error) {
	var known models.CallerFacts
	err := s.reader.WithContext(ctx).Raw(callerFacts, map[string]any{
		"route": routeID, "caller": caller, "call": carrierCallID, "released": models.NumberReleased,
		"at": instant(at), "recent": instant(at.Add(-recent)), "live": instant(at.Add(-liveAtMost)),
	}).Find(&known).Error // not Scan, whose log shows the values
	return known, translate("caller of call "+carrierCallID, err)
}

// Divert notes that a call is sent to the emergency number. Of all who try, in whatever process,
// exactly one claims it. A call whose arrival was never written is claimed by nobody; Arrive
// writes its diversion.
func (s *Store) Divert(ctx context.Context, carrierCallID string, at time.Time) (claimed bool, err error) {
	return s.claim(ctx, "divert call", carrierCallID, "diverted_at IS NULL", map[string]any{"diverted_at": instant(at)})
}

// Undivert withdraws a claim: the caller did not go to the emergency number. It is safe to repeat.
func (s *Store) Undivert(ctx context.Context, carrierCallID string) error {
	_, err := s.claim(ctx, "undivert call", carrierCallID, "NOT diversion_told", map[string]any{"diverted_at": nil})
	return err
}

// Diverted says whether a call was sent to the emergency number, or is just about to be. One whose
// arrival was never written was not.
func (s *Store) Diverted(ctx context.Context, carrierCallID string) (bool, error) {
	var n int64
	err := s.reader.WithContext(ctx).Model(&models.Call{}).
		Where("carrier_call_id = ? AND diverted_at IS NOT NULL", carrierCallID).Count(&n).Error
	return n > 0, translate("diversion of call "+carrierCallID, err)
}

// AloneOn says whether no other call of a number goes on, as far as is written.
func (s *Store) AloneOn(ctx context.Context, carrierCallID string, number models.Phone) (bool, error) {
	var n int64
	err := s.reader.WithContext(ctx).Model(&models.Call{}).
		Where("ended_at IS NULL AND number = ? AND carrier_call_id <> ?", number, carrierCallID).Count(&n).Error
	return n == 0, translate("other calls of the number of call "+carrierCallID, err)
}

// Untold lists the diverted calls whose run does not know of it yet, the first diverted first: ids,
// route and times.
func (s *Store) Untold(ctx context.Context) ([]models.Call, error) {
	var calls []models.Call
	err := s.reader.WithContext(ctx).Select("id", "carrier_call_id", "route_id", "started_at", "diverted_at").
		Where("diverted_at IS NOT NULL AND NOT diversion_told").Order("diverted_at, id").Find(&calls).Error
	return calls, translate("list untold diversions", err)
}

// Told notes that the run of a call knows of its diversion, or is gone. It is safe to repeat.
func (s *Store) Told(ctx context.Context, carrierCallID string) error {
	_, err := s.claim(ctx, "told of call", carrierCallID, "NOT diversion_told", map[string]any{"diversion_told": true})
	return err
}

// LiveCalls lists calls that have not ended and started before an instant, the oldest first, as
// they arrived: with room and diversion, without plan and timeline.
func (s *Store) LiveCalls(ctx context.Context, olderThan time.Time, limit int) ([]models.Call, error) {
	var calls []models.Call
	err := s.live(ctx).Where("started_at < ?", instant(olderThan)).Order("started_at, id").Limit(limit).Find(&calls).Error
	return calls, translate("list live calls", err)
}

// NewestLiveCalls lists calls that have not ended as LiveCalls does, but the newest first.
func (s *Store) NewestLiveCalls(ctx context.Context, limit int) ([]models.Call, error) {
	var calls []models.Call
	err := s.live(ctx).Order("started_at DESC, id DESC").Limit(limit).Find(&calls).Error
	return calls, translate("list the newest live calls", err)
}

// LiveCallsAfter is the page of live calls after one of them, which may have ended since; the zero
// call means the first page.
func (s *Store) LiveCallsAfter(ctx context.Context, last models.Call, limit int) ([]models.Call, error) {
	var calls []models.Call
	err := after(s.live(ctx), last).Limit(limit).Find(&calls).Error
	return calls, translate("list live calls", err)
}

// HeldCallsAfter is the same of callers who have been sent to a room and not to the emergency number.
func (s *Store) HeldCallsAfter(ctx context.Context, last models.Call, limit int) ([]models.Call, error) {
	var calls []models.Call
	err := after(s.live(ctx), last).Where("diverted_at IS NULL AND room <> ''").Limit(limit).Find(&calls).Error
	return calls, translate("list calls on hold", err)
}

// live are the calls that have not ended, without plan and timeline.
func (s *Store) live(ctx context.Context) *gorm.DB {
	return s.reader.WithContext(ctx).Omit("plan", "attempts", "timeline").Where("ended_at IS NULL")
}

// after are the calls that started after one, the oldest first.
func after(calls *gorm.DB, last models.Call) *gorm.DB {
	if last.ID != "" {
		calls = calls.Where("(started_at, id) > (?, ?)", instant(last.StartedAt), last.ID)
	}
	return calls.Order("started_at, id")
}

// CloseCall ends the row of a call that no run will end. It does nothing, and says so, where the
// row has ended already or is not there.
func (s *Store) CloseCall(ctx context.Context, carrierCallID string, outcome models.Outcome, reason string, at time.Time) (closed bool, err error) {
	return s.claim(ctx, "close call", carrierCallID, "ended_at IS NULL", map[string]any{
		"stage": models.StageEnded, "outcome": outcome, "reason": reason, "ended_at": instant(at),
	})
}

// claim changes the row of a call while a condition holds, and says whether this did it.
func (s *Store) claim(ctx context.Context, what, carrierCallID, while string, change map[string]any) (bool, error) {
	changed := s.writer.WithContext(ctx).Model(&models.Call{}).
		Where("carrier_call_id = ?", carrierCallID).Where(while).Updates(change)
	return changed.RowsAffected == 1, translate(what+" "+carrierCallID, changed.Error)
}
