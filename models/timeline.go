package models

import "time"

// inForce is a version of a rotation in a stretch of time in which it is in force.
type inForce struct {
	*Rotation
	Stretch
	turns []turn // of that stretch, without a gap
}

// turn is a shift, or a part of one.
type turn struct {
	Stretch
	shift   int    // nobodys when nobody has it
	reason  string // why nobody has it
	carried bool   // its shift began before its version was in force
}

// split parts the stretch of a version by handovers and working intervals.
func (v inForce) split(loc *time.Location) []turn {
	var turns []turn
	shift, until := v.shift(v.From, loc)
	carried := shift != nobodys && v.Handover.at(shift, loc).Before(v.From)
	for at := v.From; at.Before(v.To); {
		if !at.Before(until) {
			shift, until = v.Handover.onward(shift+1, at, loc)
			carried = false
		}
		t := v.turn(at, earlier(until, v.To), shift, loc)
		t.carried = carried
		turns, at = append(turns, t), t.To
	}
	return turns
}

// turn is what a shift has at an instant, limit at the latest.
func (v inForce) turn(at, limit time.Time, shift int, loc *time.Location) turn {
	if shift == nobodys {
		return turn{Stretch: Stretch{at, limit}, shift: nobodys, reason: notBegun}
	}
	if end := v.worksUntil(at, limit, loc); end.After(at) {
		return turn{Stretch: Stretch{at, end}, shift: shift}
	}
	return turn{Stretch: Stretch{at, v.restsUntil(at, limit, loc)}, shift: nobodys, reason: notWorking}
}

// shifts are the entries of a seat by its rotation alone, with those in which nobody has it.
func shifts(versions []inForce, seat int) []Entry {
	most := 0
	for _, v := range versions {
		most += len(v.turns)
	}
	entries := make([]Entry, 0, most)
	for _, v := range versions {
		if seat >= v.seats() {
			continue
		}
		for _, t := range v.turns {
			e := Entry{From: t.From.UTC(), To: t.To.UTC(), Rotation: v.Name, Seat: seat, UserID: v.holder(t.shift, seat), Reason: t.reason}
			if e.UserID == "" && e.Reason == "" {
				e.Reason = notNamed
			}
			entries = join(entries, e, t.carried)
		}
	}
	return entries
}

// standIns are the entries of a seat by the overrides that count.
func (s Schedule) standIns(versions []inForce, seat int) []Entry {
	var entries []Entry
	for _, v := range versions {
		if seat >= v.seats() {
			continue
		}
		for _, c := range s.covers(v.Name, seat, v.Stretch) {
			e := Entry{From: c.Stretch.From.UTC(), To: c.Stretch.To.UTC(), Rotation: v.Name, Seat: seat, UserID: c.UserID, OverrideID: c.ID}
			if e.UserID == "" {
				e.Reason = overridden
			}
			entries = join(entries, e, true)
		}
	}
	return entries
}

// overlay puts other entries in the place of those that leave no gap.
func overlay(entries, others []Entry) []Entry {
	if len(others) == 0 {
		return entries
	}
	laid := make([]Entry, 0, len(entries)+2*len(others))
	var taken time.Time // up to here
	for _, e := range entries {
		e.From = later(e.From, taken)
		for ; len(others) > 0 && others[0].From.Before(e.To); others = others[1:] {
			if before := e; before.From.Before(others[0].From) {
				before.To = others[0].From
				laid = append(laid, before)
			}
			laid, taken = append(laid, others[0]), others[0].To
			e.From = taken
		}
		if e.From.Before(e.To) {
			laid = append(laid, e)
		}
	}
	return laid
}

// join appends an entry, or lengthens the last one when the two may be one and are alike.
func join(entries []Entry, e Entry, may bool) []Entry {
	last := len(entries) - 1
	if may && last >= 0 && entries[last].To.Equal(e.From) && entries[last].like(e) {
		entries[last].To = e.To
		return entries
	}
	return append(entries, e)
}

// like says whether two entries differ in their times alone.
func (e Entry) like(o Entry) bool {
	e.From, e.To = o.From, o.To
	return e == o
}
