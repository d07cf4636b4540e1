package store

import (
	"cmp"
	"context"
	"slices"
	"time"

	"gorm.io/gorm"

	"github.com/ringdown/ringdown/models"
)

// ChannelsBehind lists the incidents whose channel was to be told of something at an instant or later and has
// not been: participants or messages that are pending, or a channel that is not there yet. The newest come
// first; of each kind the last limit rows are looked at. Where people talk by the API alone nothing is pending.
func (s *Store) ChannelsBehind(ctx context.Context, since time.Time, limit int) ([]models.Behind, error) {
	rows := func(noun any, id, at string) *gorm.DB {
		return s.reader.WithContext(ctx).Model(noun).Select(id+" AS incident_id, "+at+" AS since").
			Where(at+" >= ?", instant(since)).Order(at + " DESC").Limit(limit)
	}
	latest := map[string]time.Time{}
	for _, query := range []*gorm.DB{
		rows(&models.Participant{}, "incident_id", "invited_at").Where("status = ?", models.InvitationPending),
		rows(&models.IncidentMessage{}, "incident_id", "added_at").Where("status = ?", models.MessagePending),
		rows(&models.Incident{}, "id", "created_at").Where("channel_provider = ? AND channel_id = ''", models.ChannelSlack),
	} {
		var pending []models.Behind
		if err := query.Find(&pending).Error; err != nil {
			return nil, translate("list channels that are behind", err)
		}
		for _, b := range pending {
			if b.Since.After(latest[b.IncidentID]) {
				latest[b.IncidentID] = b.Since
			}
		}
	}
	behind := make([]models.Behind, 0, len(latest))
	for id, since := range latest {
		behind = append(behind, models.Behind{IncidentID: id, Since: since.UTC()})
	}
	slices.SortFunc(behind, func(a, b models.Behind) int {
		return cmp.Or(b.Since.Compare(a.Since), cmp.Compare(a.IncidentID, b.IncidentID))
	})
	return behind, nil
}
