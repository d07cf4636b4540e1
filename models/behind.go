package models

import "time"

// Behind is an incident whose channel is still to be told something.
type Behind struct {
	IncidentID string
	Since      time.Time // of the newest that is pending: when it was said, or the phone of whoever is to be invited rang
}

// BehindFor is how long a channel that is behind is looked after.
const BehindFor = 48 * time.Hour

// Due says whether somebody is to look after the channel in the minute that begins at an instant: when it has
// been behind for 1, 2, 4, 8, 16 or 32 minutes, and then each hour. What is new is told within seconds unless
// something is wrong, and that may take long to mend.
func (b Behind) Due(minute time.Time) bool {
	switch n := int(minute.Sub(b.Since) / time.Minute); {
	case n < 1:
		return false
	case n < 60:
		return n&(n-1) == 0
	default:
		return n%60 == 0
	}
}
