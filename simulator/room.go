package simulator

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Why a room ended, as Twilio names it.
const (
	endedByAPI   = "conference-ended-via-api"
	endedByExit  = "participant-with-end-conference-on-exit-left"
	endedByEmpty = "last-participant-left"
)

// room is one conference. It is guarded by Carrier.mu; its name is free again once it has ended.
type room struct {
	sid, name        string
	created, updated time.Time
	started, ended   bool
	reason, endedBy  string
	members          []*member // in the order in which they came
	callback         ask       // taken from the first participant, and never changed after
	events           []string
	sequence         int
	chain            chain
}

// member is a leg in a room.
type member struct {
	room         *room
	leg          *Leg
	label        string
	starts, ends bool
	muted        bool
	joined       time.Time
	waiting      context.CancelFunc // ends what it hears until the room starts
	out          chan struct{}      // closed when the room has ended
	gone         bool
}

// refusal codes of a Dial to a conference.
const (
	codeLabelTaken = 16025
	codeFull       = 13238
)

// enter puts a leg into the room of that name, which is made when there is none. The code is 0 when it is in.
func (c *Carrier) enter(l *Leg, doc document, v *node, waiting context.CancelFunc) (*member, int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	r := c.roomLocked(v.text)
	if r == nil {
		r = c.openRoomLocked(doc, v)
	}
	label := v.attr["participantLabel"]
	if label != "" && slices.ContainsFunc(r.members, func(m *member) bool { return m.label == label }) {
		return nil, codeLabelTaken
	}
	if len(r.members) >= number(v, "maxParticipants", 250) {
		return nil, codeFull
	}
	m := &member{
		room: r, leg: l, label: label, joined: time.Now(), muted: v.is("muted"),
		starts: v.get("startConferenceOnEnter", "true") == "true", ends: v.is("endConferenceOnExit"),
		waiting: waiting, out: make(chan struct{}),
	}
	r.members = append(r.members, m)
	l.member, l.rooms = m, append(l.rooms, r)
	l.emitLocked(Event{Kind: EventJoined, Text: r.name})
	c.reportRoomLocked(r, "participant-join", m, nil)
	c.startRoomLocked(r)
	l.changed.ring()
	return m, 0
}

func (c *Carrier) roomLocked(name string) *room {
	for i := len(c.rooms) - 1; i >= 0; i-- {
		if c.rooms[i].name == name && !c.rooms[i].ended {
			return c.rooms[i]
		}
	}
	return nil
}

func (c *Carrier) openRoomLocked(doc document, v *node) *room {
	now := time.Now()
	r := &room{sid: newSID("CF"), name: v.text, created: now, updated: now}
	if target := v.attr["statusCallback"]; target != "" {
		r.callback = ask{url: absolute(doc.url, target), method: v.get("statusCallbackMethod", "POST")}
		r.events = strings.Fields(v.get("statusCallbackEvent", "start end"))
	}
	c.rooms = append(c.rooms, r)
	return r
}

// startRoomLocked starts the talk when two are in and one of them may start it.
func (c *Carrier) startRoomLocked(r *room) {
	if r.started || len(r.members) < 2 {
		if r.started {
			r.soundLocked()
		}
		return
	}
	if !slices.ContainsFunc(r.members, func(m *member) bool { return m.starts }) {
		return
	}
	r.started, r.updated = true, time.Now()
	c.reportRoomLocked(r, "conference-start", nil, nil)
	r.soundLocked()
}

// soundLocked lets everybody in a started room hear the others, or nothing.
func (r *room) soundLocked() {
	sound := Heard{Kind: SoundSilence, During: "alone in a room that the others have left"}
	if len(r.members) > 1 {
		sound = Heard{Kind: SoundTalk}
	}
	for _, m := range r.members {
		m.waiting()
		if n := len(m.leg.heard); n == 0 || m.leg.heard[n-1].Kind != sound.Kind || !m.leg.heard[n-1].Until.IsZero() {
			m.leg.hearLocked(sound)
		}
	}
}

// leaveLocked takes a leg out of its room, and ends the room when that is what its leaving means. A nil m is in no room.
func (c *Carrier) leaveLocked(m *member, callStatus string) {
	if m == nil || m.gone {
		return
	}
	r := m.room
	c.dropLocked(m, callStatus)
	switch {
	case r.ended:
	case m.ends:
		c.endRoomLocked(r, endedByExit, m.leg.SID)
	case len(r.members) == 0:
		c.endRoomLocked(r, endedByEmpty, m.leg.SID)
	case r.started:
		r.soundLocked()
	}
}

func (c *Carrier) dropLocked(m *member, callStatus string) {
	m.gone = true
	m.leg.member = nil
	m.room.members = slices.DeleteFunc(m.room.members, func(other *member) bool { return other == m })
	m.leg.emitLocked(Event{Kind: EventLeft, Text: m.room.name})
	c.reportRoomLocked(m.room, "participant-leave", m, url.Values{
		"ParticipantCallStatus": {callStatus}, "ReasonParticipantLeft": {"participant_hung_up"},
	})
}

// endRoomLocked sends everybody who is left back to their Dial's action, or its next verb.
func (c *Carrier) endRoomLocked(r *room, reason, by string) {
	r.ended, r.reason, r.endedBy, r.updated = true, reason, by, time.Now()
	for _, m := range slices.Clone(r.members) {
		c.dropLocked(m, StatusInProgress)
		m.waiting()
		close(m.out)
	}
	c.reportRoomLocked(r, "conference-end", nil, url.Values{
		"ReasonConferenceEnded": {reason}, "CallSidEndingConference": {by}, "Reason": {reason},
	})
}

// roomEvents maps what happens to the word that asks to be told of it.
var roomEvents = map[string]string{
	"conference-start": "start", "conference-end": "end", "participant-join": "join", "participant-leave": "leave",
}

func (c *Carrier) reportRoomLocked(r *room, event string, m *member, extra url.Values) {
	if r.callback.url == "" || c.ctx.Err() != nil || !slices.Contains(r.events, roomEvents[event]) {
		return
	}
	params := url.Values{
		"ConferenceSid": {r.sid}, "FriendlyName": {r.name}, "AccountSid": {c.cfg.AccountSID},
		"Timestamp": {stamp(time.Now())}, "StatusCallbackEvent": {event}, "SequenceNumber": {strconv.Itoa(r.sequence + 1)},
	}
	r.sequence++
	d := delivery{kind: HookConference, method: r.callback.method, url: r.callback.url, params: params}
	if m != nil {
		d.phone, d.call = m.leg.Phone(), m.leg.SID
		params.Set("CallSid", m.leg.SID)
		params.Set("ParticipantLabel", m.label)
		params.Set("Muted", strconv.FormatBool(m.muted))
		params.Set("Hold", "false")
		params.Set("Coaching", "false")
		params.Set("StartConferenceOnEnter", strconv.FormatBool(m.starts))
		params.Set("EndConferenceOnExit", strconv.FormatBool(m.ends))
	}
	for name, values := range extra {
		if values[0] != "" {
			params[name] = values
		}
	}
	r.chain.sendLocked(c, d)
}
