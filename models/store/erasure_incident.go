package store

import (
	"fmt"
	"strings"

	"gorm.io/gorm"

	"github.com/ringdown/ringdown/models"
)

// eraseIncidents removes the caller from incidents, from what was said about them and from what the audit list has of
// both. A channel elsewhere gets its headline anew; what was posted there stays there.
func (b erasing) eraseIncidents(about []incidentAbout) error {
	redaction := b.redaction()
	var ids []string
	for _, i := range about {
		ids = append(ids, i.ID)
		redacted, found := i.Redacted(redaction)
		if found {
			b.e.Removed.Incidents++
			if err := b.tx.Model(&redacted).Select(ofCaller).UpdateColumns(&redacted).Error; err != nil {
				return err
			}
		}
		if i.Channel.Provider != models.ChannelSlack || i.Channel.ID == "" {
			continue
		}
		b.tell("channel " + redacted.Channel.Name + " of " + i.Label())
		if err := b.order([]models.Removal{{Kind: models.RenewChannel, Reference: i.ID}}); err != nil {
			return err
		}
	}
	if len(ids) == 0 {
		return nil
	}
	if err := b.retell(); err != nil {
		return err
	}
	return b.redactSaid(ids, redaction)
}

// redactSaid removes the caller from what people have said in incidents, and from what the audit list has of these.
func (b erasing) redactSaid(incidents []string, redaction models.Redaction) error {
	if err := b.redactMessages(b.tx.Where("incident_id IN ? AND key NOT LIKE 'alert/%'", incidents), redaction); err != nil {
		return err
	}
	return b.redactChanges(b.tx.Where("noun IN ? AND noun_id IN ?", []string{"incident", "message"}, incidents), redaction)
}

// retell writes anew who has called, and what they said.
func (b erasing) retell() error {
	said, err := retell(b.tx, b.alerts, models.AlertLine{Key: models.LineTranscript, Text: models.SaidRemoved})
	if err != nil {
		return err
	}
	b.e.Removed.Messages += said
	for _, a := range b.alerts {
		told, err := retell(b.tx, []models.Alert{a}, a.Erased(b.now).Lines()[0]) // the first says who calls
		if err != nil {
			return err
		}
		b.e.Removed.Messages += told
	}
	return nil
}

func (b erasing) redactMessages(which *gorm.DB, redaction models.Redaction) error {
	var messages []models.IncidentMessage
	if err := which.Order("id").Find(&messages).Error; err != nil {
		return err
	}
	for _, m := range messages {
		text, said := redaction.Text(m.Text)
		fault, failed := redaction.Text(m.Fault)
		if !said && !failed {
			continue
		}
		m.Text, m.Fault = text, fault
		if err := b.tx.Model(&m).Select("text", "fault").UpdateColumns(&m).Error; err != nil {
			return err
		}
		b.e.Removed.Messages++
	}
	return nil
}

func (b erasing) redactChanges(which *gorm.DB, redaction models.Redaction) error {
	var changes []models.Change
	if err := which.Order("id").Find(&changes).Error; err != nil {
		return err
	}
	for _, c := range changes {
		redacted, found, err := redactChange(c, redaction)
		if err != nil {
			return err
		}
		if !found {
			continue
		}
		if err := b.tx.Model(&redacted).Select("before", "after", "noun_name").UpdateColumns(&redacted).Error; err != nil {
			return err
		}
		b.e.Removed.Changes++
	}
	return nil
}

func redactChange(c models.Change, redaction models.Redaction) (redacted models.Change, found bool, err error) {
	name, named := redaction.Text(c.NounName)
	before, was, err := redaction.JSON(c.Before)
	if err != nil {
		return c, false, fmt.Errorf("read change %s: %w", c.ID, err)
	}
	after, is, err := redaction.JSON(c.After)
	if err != nil {
		return c, false, fmt.Errorf("read change %s: %w", c.ID, err)
	}
	c.NounName, c.Before, c.After = name, before, after
	return c, named || was || is, nil
}

// mentioning is a condition that holds for rows of which a text may hold the number: whatever stands between its digits is
// left out.
func mentioning(redaction models.Redaction, columns ...string) (condition string, values []any) {
	var any []string
	for _, column := range columns {
		text := "CAST(" + column + " AS text)"
		for _, apart := range models.Apart {
			text = "REPLACE(" + text + ", '" + apart + "', '')"
		}
		any = append(any, text+" LIKE ?")
		values = append(values, "%"+redaction.Ending()+"%")
	}
	return strings.Join(any, " OR "), values
}
