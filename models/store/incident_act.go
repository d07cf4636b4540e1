package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/ringdown/ringdown/models"
)

// done is an action as the middle of a sentence.
var done = map[models.IncidentAction]string{
	models.IncidentAccept: "accepted", models.IncidentDecline: "declined", models.IncidentClose: "closed", models.IncidentReopen: "reopened",
}

// ActOnIncident does something with an incident whose version is ifVersion; zero means any.
// models.ErrStale says that it is another, a *models.ConflictError that its state does not know the
// action.
func (s *Store) ActOnIncident(ctx context.Context, id string, action models.IncidentAction, ifVersion int) (models.Incident, error) {
	var incident models.Incident
	if !storable(id) {
		return incident, translate("incident", gorm.ErrRecordNotFound)
	}
	err := s.writer.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		if err := lockIncidents(tx, changing); err != nil {
			return err
		}
		if _, err := held(tx, &incident, id, ifVersion); err != nil {
			return err
		}
		if err := tx.Take(&incident, "id = ?", id).Error; err != nil {
			return err
		}
		author := actorOf(ctx).Name
		after, err := s.act(ctx, tx, incident, action, author, fmt.Sprintf("%s %s the incident.", author, done[action]))
		incident = after
		return err
	})
	return incident, translate(fmt.Sprintf("%s incident %s", action, id), err)
}

// act does something with an incident that is locked, says so in a message, and audits it.
func (s *Store) act(ctx context.Context, tx *gorm.DB, i models.Incident, action models.IncidentAction, author, text string) (models.Incident, error) {
	status, err := i.Status.After(action)
	if err != nil {
		return i, err
	}
	before, now := i, instant(time.Now())
	i.Status, i.Version, i.UpdatedAt, i.EndedAt = status, i.Version+1, now, nil
	if !status.Open() {
		i.EndedAt = &now
	}
	if err := tx.Model(&i).Select("status", "version", "updated_at", "ended_at").UpdateColumns(&i).Error; err != nil {
		return i, err
	}
	said := message(i, fmt.Sprintf("action/%d", i.Version), author, text, now)
	if err := say(tx, []models.IncidentMessage{said}); err != nil {
		return i, err
	}
	return i, s.audited(ctx, tx, string(action), "incident", i.ID, before, i)
}

// AddParticipant invites a user to an incident, and says why. Who is invited already stays as they are,
// so it is safe to repeat; who could not be had in the channel is invited anew.
func (s *Store) AddParticipant(ctx context.Context, incidentID string, user models.User, why string) (models.Participant, error) {
	var p models.Participant
	err := s.writer.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		incident, err := lockedIncident(tx, incidentID)
		if err != nil {
			return err
		}
		p = participant(incident, user.ID, user.Name, why, time.Now())
		var before models.Participant
		err = tx.Take(&before, "incident_id = ? AND user_id = ?", incidentID, user.ID).Error
		switch {
		case errors.Is(err, gorm.ErrRecordNotFound):
			if err := tx.Create(&p).Error; err != nil {
				return err
			}
			return s.audited(ctx, tx, models.ActionCreate, "participant", incidentID, nil, p)
		case err != nil || !before.Unreached():
			p = before
			return err
		}
		if err := tx.Model(&p).Select(ofInvitation).UpdateColumns(&p).Error; err != nil {
			return err
		}
		return s.audited(ctx, tx, models.ActionUpdate, "participant", incidentID, before, p)
	})
	return p, translate("add participant", err)
}

// lockedIncident reads an incident and locks it until the transaction ends.
func lockedIncident(tx *gorm.DB, id string) (models.Incident, error) {
	locked := clause.Locking{Strength: clause.LockingStrengthUpdate}
	return one[models.Incident](tx.Clauses(locked), "incident", "id", id)
}

// AddMessage says something about an incident in the name of whoever makes the changes of the context.
func (s *Store) AddMessage(ctx context.Context, incidentID, text string) (models.IncidentMessage, error) {
	var m models.IncidentMessage
	err := s.writer.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		incident, err := lockedIncident(tx, incidentID)
		if err != nil {
			return err
		}
		m = message(incident, "", actorOf(ctx).Name, text, time.Now())
		m.Key = "said/" + m.ID
		if err := say(tx, []models.IncidentMessage{m}); err != nil {
			return err
		}
		return s.audited(ctx, tx, models.ActionCreate, "message", incidentID, nil, m)
	})
	return m, translate("add message", err)
}
