package store

import (
	"context"
	"fmt"

	"gorm.io/gorm"

	"github.com/ringdown/ringdown/models"
)

// ChannelWork is what the provider of an incident's channel is still to be told.
type ChannelWork struct {
	Incident     models.Incident
	Headline     string                   // the message that is kept current, as it should be
	Participants []models.Participant     // pending, in the order of the invitations
	Messages     []models.IncidentMessage // pending, the oldest first
}

// ChannelWork reads what the provider of an incident's channel is still to be told.
func (s *Store) ChannelWork(ctx context.Context, incidentID string) (ChannelWork, error) {
	var work ChannelWork
	query := s.reader.WithContext(ctx)
	var err error
	if work.Incident, err = one[models.Incident](query, "incident", "id", incidentID); err != nil {
		return work, err
	}
	if work.Headline, err = headline(query, work.Incident); err == nil {
		err = query.Order("invited_at, user_id").
			Find(&work.Participants, "incident_id = ? AND status = ?", incidentID, models.InvitationPending).Error
	}
	if err == nil {
		err = query.Order("said_at, id").Find(&work.Messages, "incident_id = ? AND status = ?", incidentID, models.MessagePending).Error
	}
	return work, translate("what the channel of incident "+incidentID+" is to be told", err)
}

// headline tells of the last alerts of an incident, and counts the others.
func headline(query *gorm.DB, i models.Incident) (string, error) {
	alerts, err := lastAlerts(query, i.ID, models.ShownAlerts)
	if err != nil || len(alerts) < models.ShownAlerts {
		return i.Headline(alerts, 0), err
	}
	var all int64
	err = query.Model(&models.IncidentAlert{}).Where("incident_id = ?", i.ID).Count(&all).Error
	return i.Headline(alerts, int(all)-len(alerts)), err
}

// KeepChannel writes what is known of an incident's channel; its provider stays. It is no change to
// audit, and safe to repeat.
func (s *Store) KeepChannel(ctx context.Context, incidentID string, c models.Channel) error {
	c.Fault = storableText(c.Fault)
	kept := s.writer.WithContext(ctx).Model(&models.Incident{}).Where("id = ?", incidentID).
		Select("channel_id", "channel_name", "channel_url", "channel_headline", "channel_told_text", "channel_fault").
		UpdateColumns(&models.Incident{Channel: c})
	return translate("keep channel of incident "+incidentID, found(kept))
}

// KeepParticipant writes what became of an invitation. It is no change to audit, and safe to repeat.
func (s *Store) KeepParticipant(ctx context.Context, p models.Participant) error {
	p.Fault, p.ToldAt = storableText(p.Fault), instantOrNil(p.ToldAt)
	kept := s.writer.WithContext(ctx).Model(&models.Participant{}).Where("incident_id = ? AND user_id = ?", p.IncidentID, p.UserID).
		Select("status", "fault", "told_at").UpdateColumns(&p)
	return translate(fmt.Sprintf("keep participant %s of incident %s", p.UserID, p.IncidentID), found(kept))
}

// KeepMessage writes what became of a message. It is no change to audit, and safe to repeat.
func (s *Store) KeepMessage(ctx context.Context, m models.IncidentMessage) error {
	m.Fault = storableText(m.Fault)
	kept := s.writer.WithContext(ctx).Model(&models.IncidentMessage{}).Where("id = ?", m.ID).
		Select("status", "fault", "posted").UpdateColumns(&m)
	return translate("keep message "+m.ID, found(kept))
}

// found is the error of an update that must meet a row.
func found(updated *gorm.DB) error {
	if updated.Error == nil && updated.RowsAffected == 0 {
		return gorm.ErrRecordNotFound
	}
	return updated.Error
}

// channelsToTell are those of some incidents whose provider is to be told of something: of what is
// pending, and where an alert has changed, of how it stands.
func channelsToTell(tx *gorm.DB, ids []string, changed bool) ([]string, error) {
	query := tx.Model(&models.Incident{}).Where("id IN ? AND channel_provider <> ?", ids, models.ChannelInternal)
	if !changed {
		query = query.Where(`EXISTS (SELECT 1 FROM participants p WHERE p.incident_id = incidents.id AND p.status = ?)
			OR EXISTS (SELECT 1 FROM incident_messages m WHERE m.incident_id = incidents.id AND m.status = ?)`,
			models.InvitationPending, models.MessagePending)
	}
	var pending []string
	err := query.Order("number").Pluck("id", &pending).Error
	return pending, err
}
