package models

import "time"

const (
	copyIsOld    = 15 * time.Minute // a copy is read anew each minute
	copyEndsSoon = 24 * time.Hour
)

// ofOutside warns of an outside schedule whose copy may be wrong, or soon is none.
func (w *warnings) ofOutside(place string, s Schedule) {
	c := s.Outside
	if c == nil {
		return
	}
	now, because := w.plan.At, ""
	if c.LastError != "" {
		because = ": " + c.LastError
	}
	switch {
	case c.FetchedAt == nil:
		w.warn(place, "Nothing is known of %s: it could not be read from %s yet%s.", s.Name, c.Provider, because)
		return
	case now.Sub(*c.FetchedAt) > copyIsOld:
		w.warn(place, "What is known of %s is %s old: it could not be read from %s since%s.",
			s.Name, minutes(now.Sub(*c.FetchedAt).Truncate(time.Minute)), c.Provider, because)
	}
	if c.ReachesTo != nil && c.ReachesTo.Sub(now) < copyEndsSoon {
		w.warn(place, "Nobody of %s is rung from %s on, unless it can be read from %s before.", s.Name, c.ReachesTo.UTC().Format(time.RFC3339), c.Provider)
	}
	if len(c.Unmatched) > 0 {
		w.warn(place, "%s is never rung for %s: no user here has that e-mail address, and none is mapped to it.", enumerate(c.Unmatched), s.Name)
	}
}
