package store

import (
	"context"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"

	"github.com/ringdown/ringdown/models"
)

// The actions of a caller in the audit list.
const (
	actionErase  = "erase"  // somebody asks for it
	actionErased = "erased" // nothing here tells of them any more
)

// erasureChange is what the audit list shows of an erasure. It tells numbers apart, and no more.
type erasureChange struct {
	Caller   string         `json:"caller"` // masked
	Settings bool           `json:"settings"`
	Removed  *models.Erased `json:"removed,omitempty"`
}

// BeginErasure notes that what there is of a caller is to be removed, in the name of whoever makes the changes of the
// context.
func (s *Store) BeginErasure(ctx context.Context, number models.Phone, settings bool) (models.Erasure, error) {
	e := models.Erasure{
		ID: newID(), Number: number, Settings: settings, By: actorOf(ctx), AskedAt: instant(time.Now()), Kept: []models.Mention{}, Told: []string{},
	}
	err := s.writer.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		if err := tx.Create(&e).Error; err != nil {
			return err
		}
		return s.audited(ctx, tx, actionErase, "caller", e.ID, nil, erasureChange{Caller: number.Masked(), Settings: settings})
	})
	return e, translate("begin to erase a caller", err)
}

// CallerCalls are the carrier's ids of the calls of a caller that are not over or whose alert fires, and of those that
// have ended since an instant, of which something may be awaited.
func (s *Store) CallerCalls(ctx context.Context, caller models.Phone, since time.Time) (live, late []string, err error) {
	var rows []struct {
		CarrierCallID string
		Live          bool
	}
	fires := "NOT " + noneFires
	err = s.reader.WithContext(ctx).Model(&models.Call{}).
		Select("carrier_call_id, ended_at IS NULL OR "+fires+" AS live", models.AlertResolved).
		Where("caller = ?", caller).Where("ended_at IS NULL OR ended_at >= ? OR "+fires, instant(since), models.AlertResolved).
		Order("started_at, id").Find(&rows).Error
	for _, row := range rows {
		if row.Live {
			live = append(live, row.CarrierCallID)
		} else {
			late = append(late, row.CarrierCallID)
		}
	}
	return live, late, translate("calls of a caller", err)
}

// Erasure finds an erasure by id, with what it has still to remove.
func (s *Store) Erasure(ctx context.Context, id string) (models.Erasure, error) {
	e, err := one[models.Erasure](s.reader.WithContext(ctx), "erasure", "id", id)
	if err != nil {
		return e, err
	}
	shown := []models.Erasure{e}
	err = s.countLeft(ctx, shown)
	return shown[0], translate("what erasure "+id+" has left", err)
}

var lastAsked = sorting{"asked_at", "<"}

// Erasures lists erasures, the newest first.
func (s *Store) Erasures(ctx context.Context, page Page) ([]models.Erasure, string, error) {
	erasures, next, err := list(s.reader.WithContext(ctx), page, lastAsked, func(e models.Erasure) place { return place{e.AskedAt, e.ID} })
	if err == nil {
		err = s.countLeft(ctx, erasures)
	}
	return erasures, next, translate("list erasures", err)
}

// OpenErasures are the ids of the erasures that are not done, the oldest first and limit at most.
func (s *Store) OpenErasures(ctx context.Context, limit int) (ids []string, err error) {
	err = s.reader.WithContext(ctx).Model(&models.Erasure{}).Where("done_at IS NULL").
		Order("asked_at, id").Limit(limit).Pluck("id", &ids).Error
	return ids, translate("list open erasures", err)
}

// countLeft fills in what erasures have still to remove, and shows their empty lists as such.
func (s *Store) countLeft(ctx context.Context, erasures []models.Erasure) error {
	var open []string
	for i := range erasures {
		e := &erasures[i]
		if e.Kept == nil {
			e.Kept = []models.Mention{}
		}
		if e.Told == nil {
			e.Told = []string{}
		}
		if e.DoneAt == nil {
			open = append(open, e.ID)
		}
	}
	if len(open) == 0 {
		return nil
	}
	var removals []models.Removal
	query := s.reader.WithContext(ctx)
	if err := query.Order("id").Find(&removals, "erasure_id IN ?", open).Error; err != nil {
		return err
	}
	var calls []struct {
		ErasureID string
		Calls     int
	}
	err := query.Raw(`SELECT e.id AS erasure_id, count(*) AS calls FROM erasures e JOIN calls c ON c.caller = e.number AND c.started_at <= e.asked_at
		WHERE e.number <> '' AND e.id IN ? GROUP BY e.id`, open).Find(&calls).Error
	if err != nil {
		return err
	}
	for i := range erasures {
		e := &erasures[i]
		for _, c := range calls {
			if c.ErasureID == e.ID {
				e.Left.Calls = c.Calls
			}
		}
		for _, r := range removals {
			if r.ErasureID != e.ID {
				continue
			}
			r.Kind.AddTo(&e.Left)
			if r.LastError != "" {
				e.Left.LastError = r.LastError
			}
		}
	}
	return nil
}

// ofErasure holds for the calls and alerts that an erasure is about: whoever calls later is a caller anew.
const ofErasure = "caller = ? AND started_at <= ?"

func lockedErasure(tx *gorm.DB, id string) (models.Erasure, error) {
	return one[models.Erasure](locked(tx), "erasure", "id", id)
}

// EraseSome removes the caller of an erasure from calls that are over and alerts that are resolved, limit at most of each,
// and from what tells of these. It is safe to repeat; more is false once none is left.
func (s *Store) EraseSome(ctx context.Context, id string, limit int) (more bool, err error) {
	err = s.writer.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		e, err := lockedErasure(tx, id)
		if err != nil || e.Number == "" {
			return err
		}
		b := erasing{tx: tx, e: &e, now: instant(time.Now())}
		if e.Names == nil { // of all calls, before the first is erased: an incident may be about several
			if e.Names, err = namesOf(tx, e.Number); err != nil {
				return err
			}
			if err := b.keep(); err != nil {
				return err
			}
		}
		err = locked(tx).Select("id", "carrier_call_id", "voicemail").Where(ofErasure, e.Number, e.AskedAt).
			Where("ended_at IS NOT NULL").Where(noneFires, models.AlertResolved).Order("started_at, id").Limit(limit).Find(&b.calls).Error
		if err != nil {
			return err
		}
		if b.alerts, err = alertsOf(tx, b.calls); err != nil {
			return err
		}
		if len(b.calls) == 0 { // what is left are alerts of calls that are gone
			err := locked(tx).Omit("rings", "dialled").Where(ofErasure, e.Number, e.AskedAt).Where("status = ?", models.AlertResolved).
				Order("started_at, id").Limit(limit).Find(&b.alerts).Error
			if err != nil {
				return err
			}
		}
		if more = len(b.calls)+len(b.alerts) > 0; !more {
			return nil
		}
		return b.erase()
	})
	return more, translate("erase calls of a caller", err)
}

// erasing is one transaction of an erasure.
type erasing struct {
	tx     *gorm.DB
	e      *models.Erasure
	now    time.Time
	calls  []models.Call
	alerts []models.Alert
}

func (b erasing) erase() error {
	for _, a := range b.alerts { // of calls that were not over when the first was erased
		if a.CallerName != "" && !slices.Contains(b.e.Names, a.CallerName) {
			b.e.Names = append(b.e.Names, a.CallerName)
		}
	}
	about := []incidentAbout(nil)
	if len(b.alerts) > 0 {
		var err error
		if about, err = incidentsOf(b.tx, b.alerts); err != nil {
			return err
		}
	}
	for _, step := range []func() error{
		b.eraseCalls, b.eraseAlerts, b.eraseDeliveries, func() error { return b.eraseIncidents(about) },
	} {
		if err := step(); err != nil {
			return err
		}
	}
	b.e.Removed.Calls += len(b.calls)
	b.e.Removed.Alerts += len(b.alerts)
	return b.keep()
}

// namesOf are the names that alerts and allowlists have for a number, none but never nil where they have none.
func namesOf(tx *gorm.DB, number models.Phone) ([]string, error) {
	names := []string{}
	err := tx.Model(&models.Alert{}).Distinct("caller_name").Where("caller = ? AND caller_name <> ''", number).
		Order("caller_name").Pluck("caller_name", &names).Error
	if err != nil {
		return nil, err
	}
	routes, err := routesNaming(tx, number)
	for _, r := range routes {
		if name, listed := r.Allowlist.Entry(number); listed && name != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names, err
}

// keep writes what is known of the erasure.
func (b erasing) keep() error {
	return b.tx.Model(b.e).Select("number", "names", "removed", "kept", "told", "done_at").UpdateColumns(b.e).Error
}

func (b erasing) order(removals []models.Removal) error {
	for i := range removals {
		removals[i].ErasureID = b.e.ID
	}
	return order(b.tx, removals)
}

// tell notes who was told of the caller.
func (b erasing) tell(who string) {
	if !slices.Contains(b.e.Told, who) {
		b.e.Told = append(b.e.Told, who)
	}
}

func (b erasing) redaction() models.Redaction { return models.RedactionOf(b.e.Number, b.e.Names...) }

func (b erasing) eraseCalls() error {
	if len(b.calls) == 0 {
		return nil
	}
	var ids []string
	var removals []models.Removal
	for _, call := range b.calls {
		ids = append(ids, call.ID)
		removals = append(removals, models.Removal{Kind: models.RemoveCallRun, Reference: call.CarrierCallID},
			models.Removal{Kind: models.RemoveAlertRun, Reference: call.CarrierCallID}) // whose alert may be yet to come
		if v := call.Voicemail; v != nil && v.Recording != "" {
			removals = append(removals, models.Removal{Kind: models.RemoveRecording, Reference: v.Recording})
		}
		if call.Voicemail == nil {
			continue
		}
		call = call.Erased(b.now)
		if err := b.tx.Model(&call).Select("voicemail").UpdateColumns(&call).Error; err != nil {
			return err
		}
	}
	if err := b.order(removals); err != nil {
		return err
	}
	return b.tx.Model(&models.Call{}).Where("id IN ?", ids).Select("caller", "erased_at").UpdateColumns(models.Call{}.Erased(b.now)).Error
}

func (b erasing) eraseAlerts() error {
	if len(b.alerts) == 0 {
		return nil
	}
	var removals []models.Removal
	for _, a := range b.alerts {
		removals = append(removals, models.Removal{Kind: models.RemoveAlertRun, Reference: a.CarrierCallID}) // its call may be gone
		if a.Voicemail == nil {
			continue
		}
		a = a.Erased(b.now)
		if err := b.tx.Model(&a).Select("voicemail").UpdateColumns(&a).Error; err != nil {
			return err
		}
	}
	if err := b.order(removals); err != nil {
		return err
	}
	return b.tx.Model(&models.Alert{}).Where("id IN ?", alertIDs(b.alerts)).
		Select("caller", "caller_name", "erased_at").UpdateColumns(models.Alert{}.Erased(b.now)).Error
}

// eraseDeliveries also notes which receivers were told of the caller.
func (b erasing) eraseDeliveries() error {
	redaction := b.redaction()
	deliveries, err := eachDelivery(b.tx, b.alerts, func(d *models.Delivery) bool {
		d.Alert = d.Alert.Erased(b.now)
		d.LastError, _ = redaction.Text(d.LastError)
		return true
	})
	if err != nil {
		return err
	}
	if err := b.tellOf(deliveries); err != nil {
		return err
	}
	var removals []models.Removal
	for _, d := range deliveries {
		removals = append(removals, models.Removal{Kind: models.RemoveDeliveryRun, Reference: d.AlertID + "/" + d.ReceiverID})
	}
	b.e.Removed.Deliveries += len(deliveries)
	slices.SortFunc(removals, func(a, b models.Removal) int { return strings.Compare(a.Reference, b.Reference) })
	return b.order(slices.CompactFunc(removals, func(a, b models.Removal) bool { return a.Reference == b.Reference }))
}

// tellOf notes which receivers were told of the caller by some deliveries.
func (b erasing) tellOf(deliveries []models.Delivery) error {
	if err := nameReceivers(b.tx, deliveries); err != nil {
		return err
	}
	for _, d := range deliveries {
		switch {
		case d.Tries == 0: // nothing was said
		case d.ReceiverName == "":
			b.tell("a receiver that was removed")
		default:
			b.tell("receiver " + d.ReceiverName)
		}
	}
	return nil
}
