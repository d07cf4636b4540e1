package store

import (
	"context"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"

	"github.com/ringdown/ringdown/models"
)

// EraseMentions ends an erasure here, once no call of the caller is left: it removes the number from wherever else it
// stands, from settings where that was asked for, and notes what names it still. left is how many calls are not over yet:
// then nothing is done. What is elsewhere is still to be removed. It is safe to repeat.
func (s *Store) EraseMentions(ctx context.Context, id string, limit int) (left int, err error) {
	e, err := s.Erasure(ctx, id)
	if err != nil || e.Number == "" || e.Left.Calls > 0 {
		return e.Left.Calls, err
	}
	for _, look := range []func(context.Context, models.Erasure, int) error{
		s.eraseTexts, s.eraseLoose, s.eraseReplies, s.eraseSettings,
	} {
		if err := look(ctx, e, limit); err != nil {
			return 0, translate("erase what names a caller", err)
		}
	}
	return 0, translate("end the erasure of a caller", s.endMentions(ctx, id))
}

// within is a transaction of an erasure.
func (s *Store) within(ctx context.Context, known models.Erasure, do func(b erasing) error) error {
	return s.writer.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		e, err := lockedErasure(tx, known.ID)
		if err != nil || e.Number == "" {
			return err
		}
		b := erasing{tx: tx, e: &e, now: instant(time.Now())}
		if err := do(b); err != nil {
			return err
		}
		return b.keep()
	})
}

// eraseTexts removes the number from texts that people have written, and from the audit list. They are looked through
// before anything is written, so that nobody waits for that.
func (s *Store) eraseTexts(ctx context.Context, e models.Erasure, limit int) error {
	redaction := models.RedactionOf(e.Number, e.Names...)
	own, err := ownNouns(s.reader.WithContext(ctx), e.Number)
	if err != nil {
		return err
	}
	for _, in := range []struct {
		noun    any
		columns []string
		redact  func(b erasing, ids []string) error
	}{
		{&models.IncidentMessage{}, []string{"text", "fault"}, func(b erasing, ids []string) error {
			return b.redactMessages(b.tx.Where("id IN ?", ids), redaction)
		}},
		{&models.Change{}, []string{"before", "after", "noun_name"}, func(b erasing, ids []string) error {
			return b.redactChanges(b.tx.Where("id IN ? AND noun NOT IN ?", ids, own), redaction)
		}},
		{&models.Incident{}, ofCaller, func(b erasing, ids []string) error { return b.redactIncidents(ids, redaction) }},
	} {
		condition, values := mentioning(redaction, in.columns...)
		var ids []string
		if err := s.reader.WithContext(ctx).Model(in.noun).Where(condition, values...).Pluck("id", &ids).Error; err != nil {
			return err
		}
		for some := range slices.Chunk(ids, limit) {
			if err := s.within(ctx, e, func(b erasing) error { return in.redact(b, some) }); err != nil {
				return err
			}
		}
	}
	condition, values := mentioning(redaction, "why", "fault")
	var people []models.Participant
	if err := s.reader.WithContext(ctx).Where(condition, values...).Find(&people).Error; err != nil {
		return err
	}
	for _, p := range people {
		p.Why, _ = redaction.Text(p.Why)
		p.Fault, _ = redaction.Text(p.Fault)
		if err := s.writer.WithContext(ctx).Model(&p).Select("why", "fault").UpdateColumns(&p).Error; err != nil {
			return err
		}
	}
	return nil
}

// ownNouns are those whose changes go on naming a number, because it is that of somebody or something of ours.
func ownNouns(query *gorm.DB, number models.Phone) ([]string, error) {
	own := []string{""} // which no change has
	users, err := usersWith(query, []models.Phone{number})
	if len(users) > 0 {
		own = append(own, "user")
	}
	var numbers int64
	if err == nil {
		err = query.Model(&models.PhoneNumber{}).Where("number = ?", number).Count(&numbers).Error
	}
	if numbers > 0 {
		own = append(own, "phone number")
	}
	return own, err
}

// redactIncidents is for incidents that tell of the caller in their own words.
func (b erasing) redactIncidents(ids []string, redaction models.Redaction) error {
	var incidents []models.Incident
	if err := lockIncidents(b.tx, changing); err != nil {
		return err
	}
	if err := locked(b.tx).Order("number").Find(&incidents, "id IN ?", ids).Error; err != nil {
		return err
	}
	for _, i := range incidents {
		redacted, found := i.Redacted(redaction)
		if !found {
			continue
		}
		b.e.Removed.Incidents++
		if err := b.tx.Model(&redacted).Select(ofCaller).UpdateColumns(&redacted).Error; err != nil {
			return err
		}
	}
	return nil
}

// eraseLoose removes the caller from deliveries whose alert is gone.
func (s *Store) eraseLoose(ctx context.Context, e models.Erasure, limit int) error {
	var loose []models.Delivery
	err := s.reader.WithContext(ctx).Where("NOT EXISTS (SELECT 1 FROM alerts a WHERE a.id = deliveries.alert_id)").Find(&loose).Error
	if err != nil {
		return err
	}
	loose = slices.DeleteFunc(loose, func(d models.Delivery) bool { return d.Alert.Caller != e.Number })
	for some := range slices.Chunk(loose, limit) {
		err := s.within(ctx, e, func(b erasing) error {
			for _, d := range some {
				d.Alert = d.Alert.Erased(b.now)
				if err := b.tx.Model(&d).Select("alert").UpdateColumns(&d).Error; err != nil {
					return err
				}
				b.e.Removed.Deliveries++
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// eraseReplies empties replies that are kept for requests that are repeated, where they name the number. Such a repeat is
// answered without a body.
func (s *Store) eraseReplies(ctx context.Context, e models.Erasure, limit int) error {
	redaction := models.RedactionOf(e.Number, e.Names...)
	for last := (models.KeptReply{}); ; {
		var replies []models.KeptReply
		err := s.reader.WithContext(ctx).Select("key_id", "token", "body").Where("(key_id, token) > (?, ?) AND length(body) > 0", last.KeyID, last.Token).
			Order("key_id, token").Limit(limit).Find(&replies).Error
		if err != nil || len(replies) == 0 {
			return err
		}
		last = replies[len(replies)-1]
		replies = slices.DeleteFunc(replies, func(r models.KeptReply) bool {
			_, found := redaction.Text(string(r.Body))
			return !found
		})
		if len(replies) == 0 {
			continue
		}
		err = s.within(ctx, e, func(b erasing) error {
			for _, r := range replies {
				emptied := b.tx.Model(&models.KeptReply{}).Where("key_id = ? AND token = ?", r.KeyID, r.Token).UpdateColumn("body", nil)
				if emptied.Error != nil {
					return emptied.Error
				}
				b.e.Removed.Replies++
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
}

// eraseSettings removes the number from the lists of blocked and allowed callers where that was asked for, and what is
// known of it as a phone that nobody in the directory has.
func (s *Store) eraseSettings(ctx context.Context, e models.Erasure, _ int) error {
	ctx = As(ctx, e.By)
	return s.within(ctx, e, func(b erasing) error {
		users, err := usersWith(b.tx, []models.Phone{e.Number})
		if err != nil {
			return err
		}
		if len(users) == 0 {
			gone := b.tx.Delete(&phoneFault{}, "number = ?", e.Number)
			if gone.Error != nil {
				return gone.Error
			}
			b.e.Removed.PhoneFaults += int(gone.RowsAffected)
		}
		if !e.Settings {
			return nil
		}
		if err := s.unblock(ctx, b); err != nil {
			return err
		}
		return s.unlist(ctx, b)
	})
}

func (s *Store) unblock(ctx context.Context, b erasing) error {
	var blocked []models.BlockedCaller
	if err := locked(b.tx).Find(&blocked, "number = ?", b.e.Number).Error; err != nil {
		return err
	}
	for _, entry := range blocked {
		if err := b.tx.Delete(&models.BlockedCaller{}, "id = ?", entry.ID).Error; err != nil {
			return err
		}
		b.e.Removed.Settings++
		if err := s.auditRedacted(ctx, b, models.ActionDelete, "blocked caller", entry.ID, entry, nil); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) unlist(ctx context.Context, b erasing) error {
	routes, err := routesNaming(locked(b.tx), b.e.Number)
	if err != nil {
		return err
	}
	for _, before := range routes {
		allowlist, gone := before.Allowlist.WithoutCaller(b.e.Number)
		if !gone {
			continue
		}
		after := before
		after.Allowlist, after.Version, after.UpdatedAt = allowlist, before.Version+1, b.now
		if err := b.tx.Model(&after).Select("allowlist", "version", "updated_at").UpdateColumns(&after).Error; err != nil {
			return err
		}
		b.e.Removed.Settings++
		if err := s.auditRedacted(ctx, b, models.ActionUpdate, "call route", after.ID, before, after); err != nil {
			return err
		}
	}
	return nil
}

// auditRedacted is audited without the caller.
func (s *Store) auditRedacted(ctx context.Context, b erasing, action, noun, id string, before, after any) error {
	redaction := b.redaction()
	var shownAs [2]any
	for i, value := range []any{before, after} {
		if value == nil {
			continue
		}
		text, err := shown(value)
		if err != nil {
			return err
		}
		if text, _, err = redaction.JSON(text); err != nil {
			return err
		}
		shownAs[i] = text
	}
	return s.audited(ctx, b.tx, action, noun, id, shownAs[0], shownAs[1])
}

// routesNaming are the routes that name a number.
func routesNaming(query *gorm.DB, number models.Phone) (routes []models.Route, err error) {
	pattern := inJSON(string(number))
	err = query.Where("CAST(allowlist AS text) LIKE ? OR CAST(nobody AS text) LIKE ? OR emergency_number = ?", pattern, pattern, number).
		Order("created_at, id").Find(&routes).Error
	return routes, err
}

// endMentions forgets the number, and says what still names it.
func (s *Store) endMentions(ctx context.Context, id string) error {
	return s.writer.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		e, err := lockedErasure(tx, id)
		if err != nil || e.Number == "" {
			return err
		}
		if e.Kept, err = mentions(tx, e.Number); err != nil {
			return err
		}
		removed, caller := e.Removed, e.Number.Masked()
		e.Number, e.Names = "", nil
		if err := (erasing{tx: tx, e: &e}).keep(); err != nil {
			return err
		}
		return s.audited(As(ctx, e.By), tx, actionErased, "caller", id, nil, erasureChange{Caller: caller, Settings: e.Settings, Removed: &removed})
	})
}

// mentions are what names a number and is no record of its caller.
func mentions(tx *gorm.DB, number models.Phone) ([]models.Mention, error) {
	all := []models.Mention{}
	add := func(noun, id, name, what string) {
		all = append(all, models.Mention{Noun: noun, ID: id, Name: name, What: what})
	}
	users, err := usersWith(tx, []models.Phone{number})
	for _, u := range users {
		add("user", u.ID, u.Name, "a phone of theirs: they are one of our own people, and stay in the directory and in the calls for which they were rung")
	}
	var (
		routes    []models.Route
		blocked   []models.BlockedCaller
		numbers   []models.PhoneNumber
		rules     []models.AlertRoute
		receivers []models.Receiver
		requests  []models.NumberRequest
		notices   []models.Notice
	)
	redaction := models.RedactionOf(number)
	written, inRequests := mentioning(redaction, "form", "question", "approval", "reason", "history")
	said, inNotices := mentioning(redaction, "subject", "text", "last_error")
	for _, read := range []func() error{
		func() error { return tx.Order("created_at, id").Find(&routes).Error },
		func() error { return tx.Find(&blocked, "number = ?", number).Error },
		func() error { return tx.Select("id", "name").Find(&numbers, "number = ?", number).Error },
		func() error { return tx.Order("created_at, id").Find(&rules).Error },
		func() error { return tx.Order("created_at, id").Find(&receivers).Error },
		func() error {
			return tx.Select("id", "form").Where(written, inRequests...).Order("created_at, id").Find(&requests).Error
		},
		func() error {
			return tx.Select("id", "subject").Where(said, inNotices...).Order("created_at, id").Find(&notices).Error
		},
	} {
		if err == nil {
			err = read()
		}
	}
	for _, r := range routes {
		all = append(all, r.Mentions(number)...)
	}
	for _, b := range blocked {
		add("blocked caller", b.ID, "", "all of it: ask with settings=true, or delete the entry")
	}
	for _, n := range numbers {
		add("phone number", n.ID, n.Name, "it is one of our own")
	}
	for _, r := range rules {
		all = append(all, redaction.Mentions(r.Conditions, "alert route", r.ID, r.Name)...)
	}
	for _, r := range receivers {
		all = append(all, redaction.Mentions(r.Conditions, "receiver", r.ID, r.Name)...)
		if _, found := redaction.Text(r.URL); found {
			add("receiver", r.ID, r.Name, "its address: change it")
		}
	}
	for _, r := range requests {
		add("number request", r.ID, strings.TrimSpace(r.Form.Name), "its form or what people wrote in it, which goes by its age where requests have one")
	}
	for _, n := range notices {
		add("notice", n.ID, "", "what somebody was told of a request: it goes when that is emptied")
	}
	return all, err
}

// EndErasure notes that an erasure is done, unless something is left. It is safe to repeat.
func (s *Store) EndErasure(ctx context.Context, id string) error {
	err := s.writer.WithContext(ctx).Model(&models.Erasure{}).
		Where("id = ? AND number = '' AND done_at IS NULL AND NOT EXISTS (SELECT 1 FROM removals r WHERE r.erasure_id = erasures.id)", id).
		UpdateColumn("done_at", instant(time.Now())).Error
	return translate("end erasure "+id, err)
}
