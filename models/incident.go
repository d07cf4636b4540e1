package models

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// IncidentStatus is how far an incident has come.
type IncidentStatus string

// The states of an incident.
const (
	IncidentTriage   IncidentStatus = "triage"   // somebody is to say whether it is one
	IncidentActive   IncidentStatus = "active"   // people work on it
	IncidentClosed   IncidentStatus = "closed"   // it is over
	IncidentDeclined IncidentStatus = "declined" // it was none
)

// Open says whether an incident still takes in alerts.
func (s IncidentStatus) Open() bool { return s == IncidentTriage || s == IncidentActive }

func (s IncidentStatus) words() string {
	if s == IncidentTriage {
		return "in triage"
	}
	return string(s)
}

// IncidentAction is what people do with an incident.
type IncidentAction string

// The actions.
const (
	IncidentAccept  IncidentAction = "accept"
	IncidentDecline IncidentAction = "decline"
	IncidentClose   IncidentAction = "close"
	IncidentReopen  IncidentAction = "reopen"
)

// After is the state after an action. An action that a state does not know is a *ConflictError.
func (s IncidentStatus) After(action IncidentAction) (IncidentStatus, error) {
	switch {
	case s == IncidentTriage && action == IncidentAccept:
		return IncidentActive, nil
	case s == IncidentTriage && action == IncidentDecline:
		return IncidentDeclined, nil
	case s == IncidentActive && action == IncidentClose:
		return IncidentClosed, nil
	case s == IncidentClosed && action == IncidentReopen:
		return IncidentActive, nil
	case s == IncidentDeclined && action == IncidentReopen:
		return IncidentTriage, nil
	}
	can := map[IncidentStatus]string{
		IncidentTriage: "accepted or declined", IncidentActive: "closed", IncidentClosed: "reopened", IncidentDeclined: "reopened",
	}[s]
	return s, &ConflictError{Reason: fmt.Sprintf("the incident is %s: it can only be %s", s.words(), can)}
}

// ConflictError says that something cannot be done as things stand.
type ConflictError struct{ Reason string }

func (e *ConflictError) Error() string { return e.Reason }

// Incident is what people work on together. Alerts that belong together are linked to one.
type Incident struct {
	ID           string         `json:"id" gorm:"primaryKey"`
	Number       int            `json:"number" gorm:"uniqueIndex"` // from 1, as in INC-12
	Name         string         `json:"name"`
	Summary      string         `json:"summary"`
	Severity     Severity       `json:"severity"`
	Status       IncidentStatus `json:"status"`
	AlertRouteID string         `json:"alert_route_id"` // which declared it
	Channel      Channel        `json:"channel" gorm:"embedded;embeddedPrefix:channel_"`

	DeclineWhenResolved bool      `json:"decline_triage_when_resolved"`
	GroupKey            string    `json:"-"` // of its alerts; empty: no other alert joins
	LastAlertAt         time.Time `json:"last_alert_at"`

	Version   int        `json:"version"`
	CreatedAt time.Time  `json:"created_at"`
	UpdatedAt time.Time  `json:"updated_at"`
	EndedAt   *time.Time `json:"ended_at"` // closed or declined
}

// Label is how people call an incident, as in INC-12.
func (i Incident) Label() string { return fmt.Sprintf("INC-%d", i.Number) }

// ChannelProvider is where the people of an incident talk.
type ChannelProvider string

// The providers.
const (
	ChannelInternal ChannelProvider = "internal" // the messages of the incident, by the API
	ChannelSlack    ChannelProvider = "slack"    // the same, and a channel there
)

// Channel is where the people of an incident talk. Everything that is said there by Ringdown is kept as
// messages of the incident, too.
type Channel struct {
	Provider ChannelProvider `json:"provider"`
	ID       string          `json:"id"`    // the provider's; empty while there is none, and for internal
	Name     string          `json:"name"`  // as in inc-12-call-to-support; empty while there is none
	URL      string          `json:"url"`   // may be empty
	Headline string          `json:"-"`     // the provider's id of the message that is kept current
	ToldText string          `json:"-"`     // what that message and the topic said last
	Fault    string          `json:"fault"` // why it could not be made or kept; empty: it could
}

// Participant is somebody who was invited to an incident.
type Participant struct {
	IncidentID string           `json:"-" gorm:"primaryKey"`
	UserID     string           `json:"user_id" gorm:"primaryKey"`
	Name       string           `json:"name"` // as it was then
	Why        string           `json:"why"`  // as in: was rung by call route "Support"
	InvitedAt  time.Time        `json:"invited_at"`
	Status     InvitationStatus `json:"status"`
	Fault      string           `json:"fault"`   // why they are not in the channel; may be empty
	ToldAt     *time.Time       `json:"told_at"` // when the channel's provider had them; nil while it has not
}

// Unreached says whether the channel's provider could not have somebody in the channel. Only another
// invitation has it tried again.
func (p Participant) Unreached() bool {
	return p.Status == InvitationNamed || p.Status == InvitationFailed
}

// InvitationStatus is what became of an invitation.
type InvitationStatus string

// The states of an invitation.
const (
	InvitationPending InvitationStatus = "pending" // the channel's provider is yet to be told
	InvitationSent    InvitationStatus = "invited" // they are in the channel
	InvitationNamed   InvitationStatus = "named"   // they have no account there, and are named in the channel instead
	InvitationFailed  InvitationStatus = "failed"  // the provider would not have it
)

// IncidentMessage is one line of what is said about an incident.
type IncidentMessage struct {
	ID         string        `json:"id" gorm:"primaryKey"`
	IncidentID string        `json:"-"`
	Key        string        `json:"-"`      // one message of a key in each incident, however often it is told
	Author     string        `json:"author"` // the name of an API key, or ringdown
	Text       string        `json:"text"`
	At         time.Time     `json:"at" gorm:"column:said_at"` // when it happened, or was said
	AddedAt    time.Time     `json:"-"`                        // later than that of all that was written before about the incident
	Status     MessageStatus `json:"status"`
	Fault      string        `json:"fault"`                  // why the channel's provider would not have it; may be empty
	Posted     string        `json:"-" gorm:"column:posted"` // the provider's id of it
}

// MessageStatus is what became of a message.
type MessageStatus string

// The states of a message.
const (
	MessagePending MessageStatus = "pending" // the channel's provider is yet to be told
	MessagePosted  MessageStatus = "posted"
	MessageFailed  MessageStatus = "failed" // the provider would not have it
)

// TellsTranscript says whether a message repeats what a caller has said.
func (m IncidentMessage) TellsTranscript() bool {
	return strings.HasPrefix(m.Key, alertMessage) && strings.HasSuffix(m.Key, "/"+LineTranscript)
}

// alertMessage begins the key of a message that tells of an alert.
const alertMessage = "alert/"

// AlertMessageKey is the key of the message that a line of an alert becomes.
func AlertMessageKey(alertID string, line AlertLine) string {
	return alertMessage + alertID + "/" + line.Key
}

// longestMessage is how many characters a message has at most.
const longestMessage = 3000

// ValidateMessage checks what somebody says about an incident.
func ValidateMessage(said string) error {
	var faults Faults
	lines(&faults, "text", said, 1, longestMessage)
	return faults.Err()
}

// IncidentAlert links an alert to an incident.
type IncidentAlert struct {
	IncidentID   string    `json:"incident_id" gorm:"primaryKey"`
	AlertID      string    `json:"alert_id" gorm:"primaryKey"`
	AlertRouteID string    `json:"alert_route_id"` // which linked them
	Joined       bool      `json:"joined"`         // the incident was there already
	LinkedAt     time.Time `json:"linked_at"`
}

// Takes says whether an incident takes in another alert of an alert route, raised at an instant.
func (i Incident) Takes(d Declaration, at time.Time) bool {
	return d.GroupKey != "" && i.AlertRouteID == d.AlertRouteID && i.GroupKey == d.GroupKey && i.Status.Open() &&
		at.Before(i.LastAlertAt.Add(time.Duration(d.WindowSeconds)*time.Second))
}

// shorten is a text of at most so many characters.
func shorten(s string, most int) string {
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:most-1]) + "…"
}
