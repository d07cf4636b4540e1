package store

import (
	"slices"
	"time"

	"gorm.io/gorm"

	"github.com/ringdown/ringdown/models"
)

// removeAlerts removes alerts with their deliveries, and what incidents tell of them. An incident goes with the last of
// its alerts when nothing has happened to it since an instant.
func removeAlerts(tx *gorm.DB, alerts []models.Alert, since time.Time) error {
	if len(alerts) == 0 {
		return nil
	}
	about, err := incidentsOf(tx, alerts)
	if err != nil {
		return err
	}
	ids := alertIDs(alerts)
	for _, noun := range []any{&models.Delivery{}, &models.IncidentAlert{}} {
		if err := tx.Delete(noun, "alert_id IN ?", ids).Error; err != nil {
			return err
		}
	}
	if err := tx.Delete(&models.Alert{}, "id IN ?", ids).Error; err != nil {
		return err
	}
	gone, err := outlived(tx, about, since)
	if err != nil {
		return err
	}
	if err := removeIncidents(tx, gone); err != nil {
		return err
	}
	for _, a := range about {
		if err := forgetAlerts(tx, a, slices.Contains(gone, a.ID)); err != nil {
			return err
		}
	}
	return nil
}

// incidentAbout is an incident with some of the alerts that it is linked to.
type incidentAbout struct {
	models.Incident
	alerts []models.Alert
}

// incidentsOf are the incidents that some alerts are linked to, locked until the transaction ends.
func incidentsOf(tx *gorm.DB, alerts []models.Alert) ([]incidentAbout, error) {
	var links []models.IncidentAlert
	if err := tx.Find(&links, "alert_id IN ?", alertIDs(alerts)).Error; err != nil || len(links) == 0 {
		return nil, err
	}
	of := map[string][]models.Alert{}
	var ids []string
	for _, link := range links {
		i := slices.IndexFunc(alerts, func(a models.Alert) bool { return a.ID == link.AlertID })
		if of[link.IncidentID] == nil {
			ids = append(ids, link.IncidentID)
		}
		of[link.IncidentID] = append(of[link.IncidentID], alerts[i])
	}
	if err := lockIncidents(tx, changing); err != nil {
		return nil, err
	}
	var incidents []models.Incident
	if err := locked(tx).Order("number").Find(&incidents, "id IN ?", ids).Error; err != nil {
		return nil, err
	}
	about := make([]incidentAbout, len(incidents))
	for i, incident := range incidents {
		about[i] = incidentAbout{incident, of[incident.ID]}
	}
	return about, nil
}

// outlived are the ids of the incidents that go: no alert is left of them, and nothing was said since an instant. The
// last that was declared stays, because the next one is numbered after it.
func outlived(tx *gorm.DB, about []incidentAbout, since time.Time) (gone []string, err error) {
	for _, i := range about {
		if i.Outlived(since) {
			gone = append(gone, i.ID)
		}
	}
	if len(gone) == 0 {
		return nil, nil
	}
	err = quiet(tx, since).Where("id IN ?", gone).Pluck("id", &gone).Error
	return gone, err
}

// quiet are the incidents of which no alert is left and of which nothing was said since an instant, but for the last.
func quiet(tx *gorm.DB, since time.Time) *gorm.DB {
	return tx.Model(&models.Incident{}).
		Where("number < (SELECT MAX(number) FROM incidents)").
		Where("NOT EXISTS (SELECT 1 FROM incident_alerts l WHERE l.incident_id = incidents.id)").
		Where("NOT EXISTS (SELECT 1 FROM incident_messages m WHERE m.incident_id = incidents.id AND m.added_at >= ?)", since)
}

// removeQuiet removes incidents that have outlived their calls, limit at most, and says how many.
func removeQuiet(tx *gorm.DB, since time.Time, limit int) (removed int, err error) {
	if err := lockIncidents(tx, changing); err != nil {
		return 0, err
	}
	var ids []string
	open := []models.IncidentStatus{models.IncidentTriage, models.IncidentActive}
	longer := since.AddDate(0, 0, -models.OpenLonger)
	err = quiet(locked(tx), since).Where("created_at < ? AND updated_at < ? AND last_alert_at < ?", since, since, since).
		Where("status NOT IN ? OR updated_at < ? AND last_alert_at < ?", open, longer, longer).
		Order("number").Limit(limit).Pluck("id", &ids).Error
	if err != nil {
		return 0, err
	}
	return len(ids), removeIncidents(tx, ids)
}

func removeIncidents(tx *gorm.DB, ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	for _, noun := range []any{&models.IncidentMessage{}, &models.Participant{}} {
		if err := tx.Delete(noun, "incident_id IN ?", ids).Error; err != nil {
			return err
		}
	}
	return tx.Delete(&models.Incident{}, "id IN ?", ids).Error
}

// forgetAlerts removes what an incident, and the audit list of it, tells of alerts that are gone. A channel elsewhere gets
// its headline anew, unless the incident is gone, too.
func forgetAlerts(tx *gorm.DB, i incidentAbout, gone bool) error {
	b := erasing{tx: tx, e: &models.Erasure{}} // whose counts nobody asks for
	told := false
	for _, a := range i.alerts {
		of := models.AlertMessageKey(a.ID, models.AlertLine{Key: "%"})
		if err := tx.Delete(&models.IncidentMessage{}, "incident_id = ? AND key LIKE ?", i.ID, of).Error; err != nil {
			return err
		}
		if a.Caller == "" && a.CallerName == "" {
			continue
		}
		redacted, found := i.Redacted(models.RedactionOf(a.Caller, a.CallerName))
		i.Incident, told = redacted, true
		if found && !gone {
			if err := tx.Model(&redacted).Select(ofCaller).UpdateColumns(&redacted).Error; err != nil {
				return err
			}
		}
		if err := b.redactSaid([]string{i.ID}, models.RedactionOf(a.Caller, a.CallerName)); err != nil {
			return err
		}
	}
	if gone || !told || i.Channel.Provider != models.ChannelSlack || i.Channel.ID == "" {
		return nil
	}
	return order(tx, []models.Removal{{Kind: models.RenewChannel, Reference: i.ID}})
}

// ofCaller are the columns of an incident that may tell of a caller.
var ofCaller = []string{"name", "summary", "group_key", "channel_name", "channel_fault", "channel_told_text"}

// retell writes lines of alerts anew that incidents were told, and says how many were there.
func retell(tx *gorm.DB, alerts []models.Alert, line models.AlertLine) (told int, err error) {
	for _, a := range alerts {
		retold := tx.Model(&models.IncidentMessage{}).
			Where("incident_id IN (SELECT incident_id FROM incident_alerts WHERE alert_id = ?) AND key = ?", a.ID, models.AlertMessageKey(a.ID, line)).
			UpdateColumn("text", line.Text)
		if retold.Error != nil {
			return told, retold.Error
		}
		told += int(retold.RowsAffected)
	}
	return told, nil
}
