package simulator

import (
	"net/http"
	"slices"
	"strings"
)

// roomResource is a conference as REST shows it.
type roomResource struct {
	AccountSID              string            `json:"account_sid"`
	APIVersion              string            `json:"api_version"`
	CallSIDEndingConference *string           `json:"call_sid_ending_conference"`
	DateCreated             string            `json:"date_created"`
	DateUpdated             string            `json:"date_updated"`
	FriendlyName            string            `json:"friendly_name"`
	ReasonConferenceEnded   *string           `json:"reason_conference_ended"`
	Region                  string            `json:"region"`
	SID                     string            `json:"sid"`
	Status                  string            `json:"status"`
	SubresourceURIs         map[string]string `json:"subresource_uris"`
	URI                     string            `json:"uri"`
}

func (r *room) status() string {
	switch {
	case r.ended:
		return "completed"
	case r.started:
		return "in-progress"
	default:
		return "init"
	}
}

func (c *Carrier) roomResourceLocked(r *room) roomResource {
	base := c.accountPath() + "/Conferences/" + r.sid
	res := roomResource{
		AccountSID: c.cfg.AccountSID, APIVersion: apiVersion, DateCreated: stamp(r.created), DateUpdated: stamp(r.updated),
		FriendlyName: r.name, Region: "us1", SID: r.sid, Status: r.status(), URI: base + ".json",
		SubresourceURIs: map[string]string{
			"participants": base + "/Participants.json", "recordings": base + "/Recordings.json",
		},
	}
	if r.ended {
		res.ReasonConferenceEnded = &r.reason
		if r.endedBy != "" {
			res.CallSIDEndingConference = &r.endedBy
		}
	}
	return res
}

func (c *Carrier) listRooms(r *http.Request) (int, any, error) {
	q := r.URL.Query()
	c.mu.Lock()
	defer c.mu.Unlock()
	var found []*room
	for _, room := range slices.Backward(c.rooms) {
		name, status := q.Get("FriendlyName"), q.Get("Status")
		if (name == "" || name == room.name) && (status == "" || status == room.status()) {
			found = append(found, room)
		}
	}
	part, frame := paged(r, found)
	body := struct {
		page
		Conferences []roomResource `json:"conferences"`
	}{frame, make([]roomResource, 0, len(part))}
	for _, room := range part {
		body.Conferences = append(body.Conferences, c.roomResourceLocked(room))
	}
	return http.StatusOK, body, nil
}

func (c *Carrier) findRoomLocked(sid string) *room {
	i := slices.IndexFunc(c.rooms, func(r *room) bool { return r.sid == sid })
	if i < 0 {
		return nil
	}
	return c.rooms[i]
}

func (c *Carrier) getRoom(r *http.Request) (int, any, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	found := c.findRoomLocked(sid(r))
	if found == nil {
		return 0, nil, notFound(r)
	}
	return http.StatusOK, c.roomResourceLocked(found), nil
}

func (c *Carrier) updateRoom(r *http.Request) (int, any, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	found := c.findRoomLocked(sid(r))
	if found == nil {
		return 0, nil, notFound(r)
	}
	switch status := r.PostForm.Get("Status"); {
	case status == "completed" && !found.ended:
		c.endRoomLocked(found, endedByAPI, "")
	case status != "" && status != "completed":
		return 0, nil, fault(400, 20001, "Status must be completed")
	}
	return http.StatusOK, c.roomResourceLocked(found), nil
}

// memberResource is a participant as REST shows it.
type memberResource struct {
	AccountSID             string  `json:"account_sid"`
	CallSID                string  `json:"call_sid"`
	CallSIDToCoach         *string `json:"call_sid_to_coach"`
	Coaching               bool    `json:"coaching"`
	ConferenceSID          string  `json:"conference_sid"`
	DateCreated            string  `json:"date_created"`
	DateUpdated            string  `json:"date_updated"`
	EndConferenceOnExit    bool    `json:"end_conference_on_exit"`
	Hold                   bool    `json:"hold"`
	Label                  *string `json:"label"`
	Muted                  bool    `json:"muted"`
	QueueTime              string  `json:"queue_time"`
	StartConferenceOnEnter bool    `json:"start_conference_on_enter"`
	Status                 string  `json:"status"`
	URI                    string  `json:"uri"`
}

func (c *Carrier) listMembers(r *http.Request) (int, any, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	found := c.findRoomLocked(strings.TrimSuffix(r.PathValue("room"), ".json"))
	if found == nil {
		return 0, nil, notFound(r)
	}
	part, frame := paged(r, found.members)
	body := struct {
		page
		Participants []memberResource `json:"participants"`
	}{frame, make([]memberResource, 0, len(part))}
	for _, m := range part {
		res := memberResource{
			AccountSID: c.cfg.AccountSID, CallSID: m.leg.SID, ConferenceSID: found.sid, DateCreated: stamp(m.joined),
			DateUpdated: stamp(m.joined), EndConferenceOnExit: m.ends, Muted: m.muted, StartConferenceOnEnter: m.starts,
			Status: "connected", QueueTime: "0",
			URI: c.accountPath() + "/Conferences/" + found.sid + "/Participants/" + m.leg.SID + ".json",
		}
		if m.label != "" {
			res.Label = &m.label
		}
		body.Participants = append(body.Participants, res)
	}
	return http.StatusOK, body, nil
}
