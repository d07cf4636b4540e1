package models

import (
	"cmp"
	"slices"
	"time"
)

// Amend is the schedule as an edit at an instant makes it: who was on call before then stays as it
// was, who is on call from then on is as edited. edited is the whole of what a client wants; its
// id, version, times and overrides are taken from s. Rotations of one name are one:
//
//   - A rotation that the edit changes keeps the versions that have begun, and gets one that is
//     effective from the instant. An effective_from that is past by then counts as that instant.
//   - Versions that are still to come are those of the edit, and no others.
//   - A rotation of which the edit has only versions to come stays as it is until the first of them.
//   - A rotation that the edit leaves out ends, by effective_until.
//   - When the zone of the schedule changes, the versions that have begun keep theirs, by time_zone.
//
// An edit that changes nothing adds nothing, so it is safe to repeat. Only the order in which the
// rotations are listed is the new one for the past, too. Validate edited, not the outcome, whose
// past may name users who have gone since.
func (s Schedule) Amend(edited Schedule, at time.Time) Schedule {
	at = at.UTC()
	if s.TimeZone != edited.TimeZone {
		s.Rotations = s.inOwnZones()
	}
	names := edited.names()
	for _, name := range s.names() {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	var rotations []Rotation
	for _, name := range names {
		rotations = append(rotations, s.amended(name, edited, at)...)
	}
	edited.ID, edited.Version, edited.CreatedAt, edited.UpdatedAt = s.ID, s.Version, s.CreatedAt, s.UpdatedAt
	edited.Rotations, edited.Overrides = rotations, s.Overrides
	return edited
}

// amended lists the versions of one rotation.
func (s Schedule) amended(name string, edited Schedule, at time.Time) []Rotation {
	versions := s.begun(name, at)
	was := Schedule{Rotations: versions}.version(name, at).Rotation // of versions
	now := edited.version(name, at)
	if now.Rotation == nil && !now.until.IsZero() && len(edited.begun(name, at)) == 0 {
		now = s.version(name, at) // the edit has only versions to come
	}
	switch {
	case now.Rotation == nil && was != nil:
		was.EffectiveUntil = &at
	case now.Rotation == nil:
	case was != nil && was.like(*now.Rotation, edited.TimeZone):
		was.EffectiveUntil = now.EffectiveUntil
	default:
		r := *now.Rotation
		r.EffectiveFrom = &at
		versions = append(versions, r)
	}
	for _, r := range edited.Rotations {
		if r.Name == name && r.EffectiveFrom != nil && r.EffectiveFrom.After(at) {
			versions = append(versions, r)
		}
	}
	return versions
}

// inOwnZones lists the rotations with the schedule's zone written into each that has none.
func (s Schedule) inOwnZones() []Rotation {
	rotations := slices.Clone(s.Rotations)
	for i := range rotations {
		rotations[i].TimeZone = cmp.Or(rotations[i].TimeZone, s.TimeZone)
	}
	return rotations
}

// begun lists the versions of a rotation that took effect before an instant.
func (s Schedule) begun(name string, at time.Time) []Rotation {
	var versions []Rotation
	for _, r := range s.Rotations {
		if r.Name == name && (r.EffectiveFrom == nil || r.EffectiveFrom.Before(at)) {
			versions = append(versions, r)
		}
	}
	return versions
}

// like says whether two versions of a rotation differ in nothing but when they are in force.
func (r Rotation) like(o Rotation, zone string) bool {
	return slices.Equal(r.Users, o.Users) && r.seats() == o.seats() &&
		time.Time(r.Handover.StartsAt).Equal(time.Time(o.Handover.StartsAt)) && slices.Equal(r.Handover.Every, o.Handover.Every) &&
		slices.Equal(r.WorkingIntervals, o.WorkingIntervals) && cmp.Or(r.TimeZone, zone) == cmp.Or(o.TimeZone, zone)
}
