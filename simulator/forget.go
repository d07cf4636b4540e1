package simulator

import (
	"net/http"
	"slices"
)

// Forget drops what is kept of a phone: its script, and its calls that are over, with the rooms in which they were. Else
// all of it is kept for as long as the carrier runs, which is too much where calls come by the thousand. Recordings stay.
func (c *Carrier) Forget(phone string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.scripts, phone)
	delete(c.handed, phone)
	c.faults.rollLocked(phone, 0)
	var rooms []*room
	c.legs = slices.DeleteFunc(slices.Clone(c.legs), func(l *Leg) bool { // a copy, because Close may be going through the list
		if l.Phone() != phone || !l.endedLocked() {
			return false
		}
		rooms = append(rooms, l.rooms...)
		delete(c.bySID, l.SID)
		return true
	})
	if len(rooms) > 0 {
		c.rooms = slices.DeleteFunc(c.rooms, func(r *room) bool { return r.ended && slices.Contains(rooms, r) })
	}
}

func (d *desk) forgetPhone(r *http.Request) (int, any, error) {
	phone := r.PathValue("phone")
	d.c.Forget(phone)
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.names, phone)
	return http.StatusNoContent, nil, nil
}
