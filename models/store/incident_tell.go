package store

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/ringdown/ringdown/models"
)

// system is the author of what nobody in particular says.
const system = "ringdown"

// atATime is how many rows one insert adds: a statement takes so many values and no more.
const atATime = 500

// tell invites whoever was rung for an alert to its incidents, and writes what happened as messages
// of theirs. What was told before stays as it is.
func tell(tx *gorm.DB, a models.Alert) error {
	if len(a.IncidentIDs) == 0 {
		return nil
	}
	var incidents []models.Incident
	locked := clause.Locking{Strength: clause.LockingStrengthUpdate}
	if err := tx.Clauses(locked).Order("number").Find(&incidents, "id IN ?", a.IncidentIDs).Error; err != nil {
		return err
	}
	var people []models.Participant
	var messages []models.IncidentMessage
	for _, i := range incidents {
		people = append(people, rungFor(i, a)...)
		for _, line := range a.Lines() {
			messages = append(messages, message(i, models.AlertMessageKey(a.ID, line), system, line.Text, line.At))
		}
	}
	if err := invite(tx, people).Error; err != nil {
		return fmt.Errorf("invite who was rung: %w", err)
	}
	if err := say(tx, messages); err != nil {
		return fmt.Errorf("write messages: %w", err)
	}
	return nil
}

// rungFor are the people who were rung for an alert, as participants of an incident.
func rungFor(i models.Incident, a models.Alert) (people []models.Participant) {
	seen := map[string]bool{}
	for _, r := range a.Rings {
		if !seen[r.UserID] {
			why := fmt.Sprintf("was rung by call route %q", a.RouteName)
			people = append(people, participant(i, r.UserID, r.Name, why, r.At))
		}
		seen[r.UserID] = true
	}
	return people
}

// participant is somebody as they are invited. Where people talk by the API alone they are there at once.
func participant(i models.Incident, userID, name, why string, at time.Time) models.Participant {
	p := models.Participant{
		IncidentID: i.ID, UserID: userID, Name: name, Why: why, InvitedAt: instant(at), Status: models.InvitationPending,
	}
	if i.Channel.Provider == models.ChannelInternal {
		now := instant(time.Now())
		p.Status, p.ToldAt = models.InvitationSent, &now
	}
	return p
}

// invite adds participants who are not there yet, always in one order: two that add the same people at
// once wait for each other, and never both. Whom the channel's provider refused is invited anew when they are
// rung for a later alert, once: the instant tells alerts apart, and it is the same in every report of one. Who has
// no account was named there already.
func invite(tx *gorm.DB, people []models.Participant) *gorm.DB {
	if len(people) == 0 {
		return tx
	}
	slices.SortFunc(people, func(a, b models.Participant) int {
		return cmp.Or(strings.Compare(a.IncidentID, b.IncidentID), strings.Compare(a.UserID, b.UserID))
	})
	again := clause.OnConflict{
		Columns:   []clause.Column{{Name: "incident_id"}, {Name: "user_id"}},
		DoUpdates: clause.AssignmentColumns(ofInvitation),
		Where: clause.Where{Exprs: []clause.Expression{clause.Expr{
			SQL:  "participants.status = ? AND excluded.invited_at > participants.invited_at",
			Vars: []any{models.InvitationFailed},
		}}},
	}
	return tx.Clauses(again).CreateInBatches(&people, atATime)
}

// ofInvitation are the columns of a participant that another invitation writes anew.
var ofInvitation = []string{"name", "why", "invited_at", "status", "fault", "told_at"}

// message is something as it is said. Where people talk by the API alone it is posted at once.
func message(i models.Incident, key, author, text string, at time.Time) models.IncidentMessage {
	m := models.IncidentMessage{
		ID: newID(), IncidentID: i.ID, Key: key, Author: author, Text: storableText(text), At: instant(at), Status: models.MessagePending,
	}
	if i.Channel.Provider == models.ChannelInternal {
		m.Status = models.MessagePosted
	}
	return m
}

// say adds messages that are not there yet, after all that were written before. Their incidents are locked, so
// that whoever reads on from the last message they saw misses none.
func say(tx *gorm.DB, messages []models.IncidentMessage) error {
	if len(messages) == 0 {
		return nil
	}
	if err := placeLast(tx, messages); err != nil {
		return err
	}
	there := clause.OnConflict{Columns: []clause.Column{{Name: "incident_id"}, {Name: "key"}}, DoNothing: true}
	return tx.Clauses(there).CreateInBatches(&messages, atATime).Error
}

// placeLast has messages come after all that are there, whatever the clocks of those say who wrote them. Those
// of one incident that are written together come in the order of their ids.
func placeLast(tx *gorm.DB, messages []models.IncidentMessage) error {
	now, at := instant(time.Now()), map[string]time.Time{}
	for _, m := range messages {
		at[m.IncidentID] = now
	}
	var last []models.IncidentMessage
	err := tx.Select("incident_id", "added_at").Find(&last, `incident_id IN ? AND added_at =
		(SELECT MAX(added_at) FROM incident_messages m WHERE m.incident_id = incident_messages.incident_id)`, slices.Collect(maps.Keys(at))).Error
	for _, m := range last {
		if !m.AddedAt.Before(now) {
			at[m.IncidentID] = instant(m.AddedAt).Add(time.Microsecond)
		}
	}
	for i := range messages {
		messages[i].AddedAt = at[messages[i].IncidentID]
	}
	return err
}

// declineResolved declines incidents that nobody has accepted, and that are to be declined when the last of
// their alerts has resolved. The table is locked already. An incident is locked before its alerts are looked
// at: of two that resolve at once, the second sees the first.
func (s *Store) declineResolved(ctx context.Context, tx *gorm.DB, ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	var incidents []models.Incident
	locked := clause.Locking{Strength: clause.LockingStrengthUpdate}
	err := tx.Clauses(locked).Order("id").
		Find(&incidents, "id IN ? AND status = ? AND decline_when_resolved", ids, models.IncidentTriage).Error
	if err != nil {
		return err
	}
	for _, i := range incidents {
		var live int64
		query := AlertFilter{IncidentID: i.ID}.narrow(tx.Model(&models.Alert{}))
		if err := query.Where("status <> ?", models.AlertResolved).Count(&live).Error; err != nil {
			return err
		}
		if live > 0 {
			continue
		}
		if _, err := s.act(ctx, tx, i, models.IncidentDecline, system, "Declined: every call that it is about has ended."); err != nil {
			return err
		}
	}
	return nil
}
