package models

import (
	"slices"
	"time"
)

// Override puts a user, or nobody, on one seat of a rotation for a while. Where two overlap,
// the one made later counts.
type Override struct {
	ID         string    `json:"id" gorm:"primaryKey"`
	ScheduleID string    `json:"schedule_id" gorm:"index"`
	Rotation   string    `json:"rotation"`
	Seat       int       `json:"seat"`    // 0 is the first
	UserID     string    `json:"user_id"` // empty: nobody is on call
	From       time.Time `json:"from" gorm:"column:starts_at"`
	To         time.Time `json:"to" gorm:"column:ends_at"` // exclusive
	CreatedAt  time.Time `json:"created_at"`
}

// Supersedes lists the ids of the overrides whose time on its seat an override takes, wholly or in
// part, in the order in which the schedule lists them. It counts as made after all of them.
func (s Schedule) Supersedes(o Override) []string {
	ids := []string{}
	for _, was := range s.Overrides {
		if was.ID != o.ID && was.Rotation == o.Rotation && was.Seat == o.Seat && was.From.Before(o.To) && o.From.Before(was.To) {
			ids = append(ids, was.ID)
		}
	}
	return ids
}

// standIns puts the overrides of an instant on the seats of a rotation, the last made of each, and
// ends each duty where another override takes its place.
func (v version) standIns(seats []Duty, overrides []Override, at time.Time) {
	if len(overrides) == 0 {
		return
	}
	count := make([]*Override, len(seats)) // the one that counts, by seat
	for i := range overrides {
		o := &overrides[i]
		if o.isOf(v.Name, len(seats)) && !at.Before(o.From) && at.Before(o.To) && o.outranks(count[o.Seat]) {
			count[o.Seat] = o
		}
	}
	for seat, o := range count {
		if o != nil {
			seats[seat].UserID, seats[seat].Override, seats[seat].Until = o.UserID, true, earlier(o.To, v.until)
		}
	}
	for i := range overrides {
		o := &overrides[i]
		if o.isOf(v.Name, len(seats)) && at.Before(o.From) && o.outranks(count[o.Seat]) {
			seats[o.Seat].Until = earlier(seats[o.Seat].Until, o.From)
		}
	}
}

func (o *Override) isOf(rotation string, seats int) bool {
	return o.Rotation == rotation && o.Seat >= 0 && o.Seat < seats
}

// outranks says whether an override counts where both cover an instant; nil stands for none. Of
// two made at once the later in the list does.
func (o *Override) outranks(earlier *Override) bool {
	return earlier == nil || !o.CreatedAt.Before(earlier.CreatedAt)
}

// cover is a part of an override.
type cover struct {
	*Override
	Stretch
	rank int // the higher of two counts
}

// covers lists the parts of overrides that count on a seat within a stretch of time, the earliest
// first.
func (s Schedule) covers(rotation string, seat int, within Stretch) []cover {
	coming := s.coversOf(rotation, seat, within)
	var now, count []cover
	for at := within.From; ; {
		for len(coming) > 0 && !coming[0].Stretch.From.After(at) {
			now, coming = append(now, coming[0]), coming[1:]
		}
		now = slices.DeleteFunc(now, func(c cover) bool { return !c.Stretch.To.After(at) })
		switch {
		case len(now) > 0:
			best := slices.MaxFunc(now, func(a, b cover) int { return a.rank - b.rank })
			best.Stretch = Stretch{at, best.outrankedBy(coming)}
			count, at = append(count, best), best.Stretch.To
		case len(coming) > 0:
			at = coming[0].Stretch.From
		default:
			return count
		}
	}
}

// coversOf lists the overrides of a seat within a stretch of time as they begin, whether they count
// or not.
func (s Schedule) coversOf(rotation string, seat int, within Stretch) []cover {
	var found []cover
	for i := range s.Overrides {
		o := &s.Overrides[i]
		part := within.and(Stretch{o.From, o.To})
		if o.Rotation == rotation && o.Seat == seat && part.From.Before(part.To) {
			found = append(found, cover{Override: o, Stretch: part})
		}
	}
	slices.SortStableFunc(found, func(a, b cover) int { return a.CreatedAt.Compare(b.CreatedAt) })
	for i := range found {
		found[i].rank = i
	}
	slices.SortFunc(found, func(a, b cover) int { return a.Stretch.From.Compare(b.Stretch.From) })
	return found
}

// outrankedBy is when the first of those that are to come takes the place of an override, or the
// override's end.
func (c cover) outrankedBy(coming []cover) time.Time {
	for _, next := range coming {
		if !next.Stretch.From.Before(c.Stretch.To) {
			break
		}
		if next.rank > c.rank {
			return next.Stretch.From
		}
	}
	return c.Stretch.To
}

// Validate reports every fault of an override of a schedule at once.
func (o Override) Validate(s Schedule, known func(userID string) bool) error {
	var faults Faults
	o.validatePlace(&faults, s)
	if o.UserID != "" && !known(o.UserID) {
		faults.Add("user_id", "is no user")
	}
	switch {
	case o.From.IsZero():
		faults.Add("from", "must be a time")
	case o.To.Sub(o.From) > MaxWindow:
		faults.Add("to", "must be at most 366 days after from: whoever is on call for longer belongs in the rotation")
	}
	if !o.To.After(o.From) {
		faults.Add("to", "must be later than from")
	}
	if len(faults) == 0 {
		o.validateNew(&faults, s)
	}
	return faults.Err()
}

// validatePlace reports a seat that the schedule does not have in the time of the override.
func (o Override) validatePlace(faults *Faults, s Schedule) {
	seats := 0
	for _, v := range s.versions(o.Rotation, Stretch{o.From, o.To}) {
		seats = max(seats, v.seats())
	}
	switch {
	case !slices.Contains(s.names(), o.Rotation):
		faults.Add("rotation", "is no rotation of this schedule")
	case !o.To.After(o.From): // which is a fault of its own
	case seats == 0:
		faults.Add("rotation", "is not in force between from and to")
	case o.Seat < 0 || o.Seat >= seats:
		faults.Add("seat", "must be from 0 to %d", seats-1)
	}
}

// validateNew reports other overrides that do the same already.
func (o Override) validateNew(faults *Faults, s Schedule) {
	for _, c := range s.covers(o.Rotation, o.Seat, Stretch{o.From, o.To}) {
		if c.UserID == o.UserID && (o.ID == "" || c.ID != o.ID) {
			faults.Add("user_id", "is on this seat by override %s already, from %s to %s: in that time another would change nothing",
				c.ID, c.Override.From.UTC().Format(time.RFC3339), c.Override.To.UTC().Format(time.RFC3339))
		}
	}
}
