package models

import "fmt"

// Warnings lists what is allowed but risky about a route, whose plan tells about the present.
func (r Route) Warnings(p Plan, d Directory) []string {
	found := []string{}
	warn := func(format string, args ...any) { found = append(found, fmt.Sprintf(format, args...)) }
	if !r.Enabled {
		warn("The route is switched off.")
	}
	if r.PhoneNumberID == "" {
		warn("The route has no phone number, so nobody can call it.")
	}
	for i, level := range r.Levels {
		if len(p.Levels[i].People) == 0 {
			warn("Level %d rings nobody at this time.", i+1)
		}
		told := map[string]bool{}
		for _, id := range level.names(d) {
			user := d.Users[id]
			switch {
			case told[id]:
			case user.Unreachable() != "":
				warn("Level %d never rings %s, who %s.", i+1, nameOf(user), user.Unreachable())
			default:
				for _, phone := range user.refused() {
					warn("Level %d may not reach %s: the carrier refused to ring the phone %q, with code %d.", i+1, user.Name, phone.Label, phone.Fault.Code)
				}
			}
			told[id] = true
		}
	}
	if !r.Accept.Required {
		warn("Responders are asked for no key, so a mailbox can take the call.")
	}
	if r.EmergencyNumber == "" {
		warn("There is no emergency number, so a caller reaches nobody while this service is away.")
	}
	return found
}

// names lists the users that a level names now or at another time.
func (l Level) names(d Directory) []string {
	var ids []string
	for _, target := range l.Targets {
		if target.Type == TargetUser {
			ids = append(ids, target.UserID)
			continue
		}
		for _, rotation := range d.Schedules[target.ScheduleID].Rotations {
			ids = append(ids, rotation.Users...)
		}
	}
	return ids
}

// refused lists the phones that the carrier refused to ring.
func (u User) refused() (phones []UserPhone) {
	for _, phone := range u.Phones {
		if phone.Fault != nil {
			phones = append(phones, phone)
		}
	}
	return phones
}

func nameOf(u User) string {
	if u.Name == "" {
		return "a person no longer in the directory"
	}
	return u.Name
}
