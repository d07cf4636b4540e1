package models

import (
	"slices"
	"time"
)

// duties answers for Schedule.OnCall, or for Schedule.NextOnCall with next, from a copy. At an
// instant that the copy does not reach nobody is known to be on call.
func (c OutsideCopy) duties(at time.Time, next bool) []Duty {
	duties := []Duty{}
	for _, e := range c.Entries {
		counts := !at.Before(e.From) && at.Before(e.To)
		if next {
			counts = e.From.After(at) && c.begins(e, at)
		}
		if counts && e.UserID != "" {
			duties = append(duties, Duty{UserID: e.UserID, Rotation: e.Rotation, Seat: e.Seat, Until: e.To})
		}
	}
	return duties
}

// begins says whether no other entry of its seat begins between an instant and an entry.
func (c OutsideCopy) begins(e Entry, at time.Time) bool {
	return !slices.ContainsFunc(c.Entries, func(o Entry) bool {
		return o.Rotation == e.Rotation && o.Seat == e.Seat && o.From.After(at) && o.From.Before(e.From)
	})
}

// everyone lists each user who is on call at an instant or later, as far as the copy reaches, in
// the order of their shifts.
func (c OutsideCopy) everyone(at time.Time) []Duty {
	var all []Duty
	for _, e := range c.Entries {
		listed := slices.ContainsFunc(all, func(d Duty) bool { return d.UserID == e.UserID })
		if e.UserID != "" && e.To.After(at) && !listed {
			all = append(all, Duty{UserID: e.UserID, Rotation: e.Rotation})
		}
	}
	return all
}

// outsideSeat is one seat of a rotation of an outside schedule.
type outsideSeat struct {
	rotation string
	seat     int
}

// entries answers for Schedule.Entries. A provider has worked its overrides in already. Where it
// names nobody, and where the copy does not reach, back or ahead, each seat is uncovered.
func (c OutsideCopy) entries(within Stretch, unable func(userID string) string) Entries {
	all := Entries{[]Entry{}, []Entry{}, []Entry{}, []Entry{}}
	seats := []outsideSeat{}
	for _, e := range c.Entries {
		if s := (outsideSeat{e.Rotation, e.Seat}); !slices.Contains(seats, s) {
			seats = append(seats, s)
		}
	}
	if len(seats) == 0 {
		seats = append(seats, outsideSeat{})
	}
	for _, s := range seats {
		c.addSeat(&all, s, within, unable)
	}
	for _, list := range [][]Entry{all.Scheduled, all.Final, all.Uncovered} {
		slices.SortStableFunc(list, func(a, b Entry) int { return a.From.Compare(b.From) })
	}
	return all
}

func (c OutsideCopy) addSeat(all *Entries, s outsideSeat, within Stretch, unable func(string) string) {
	from := within.From
	gap := func(until time.Time, reason string) {
		if from.Before(until) {
			all.Uncovered = append(all.Uncovered, Entry{From: from, To: until, Rotation: s.rotation, Seat: s.seat, Reason: reason})
			from = until
		}
	}
	gap(earlier(c.since(s), within.To), "no longer known")
	for _, e := range c.Entries {
		both := within.and(Stretch{e.From, e.To})
		if e.Rotation != s.rotation || e.Seat != s.seat || !both.From.Before(both.To) {
			continue
		}
		gap(both.From, notNamed)
		from = later(from, both.To)
		e.From, e.To = both.From, both.To
		if e.UserID != "" {
			all.Scheduled = append(all.Scheduled, e)
			if unable != nil {
				e.Reason = unable(e.UserID)
			}
		}
		if e.Reason == "" {
			all.Final = append(all.Final, e)
		} else {
			all.Uncovered = append(all.Uncovered, e)
		}
	}
	if c.ReachesTo != nil {
		gap(earlier(*c.ReachesTo, within.To), notNamed)
	}
	gap(within.To, "not known yet")
}

// since is when what is known of a seat begins: as the copy was read, or with a shift that was under way.
// The zero time when nothing is.
func (c OutsideCopy) since(s outsideSeat) time.Time {
	if c.FetchedAt == nil {
		return time.Time{}
	}
	since := *c.FetchedAt
	for _, e := range c.Entries {
		if e.Rotation == s.rotation && e.Seat == s.seat {
			since = earlier(since, e.From)
		}
	}
	return since
}

// changes are the instants of a window at which others may be on call, or next.
func (c OutsideCopy) changes(within Stretch) []time.Time {
	instants := []time.Time{within.From}
	for _, e := range c.Entries {
		for _, at := range []time.Time{e.From, e.To} {
			if at.After(within.From) && at.Before(within.To) {
				instants = append(instants, at)
			}
		}
	}
	slices.SortFunc(instants, time.Time.Compare)
	return slices.CompactFunc(instants, time.Time.Equal)
}
