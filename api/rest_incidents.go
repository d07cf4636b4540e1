package api

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
)

type incidentsInput struct {
	Limit        int       `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"How many at most"`
	Cursor       string    `query:"cursor" maxLength:"200" doc:"next_cursor of the page before"`
	Status       string    `query:"status" enum:"triage,active,closed,declined"`
	Severity     string    `query:"severity" enum:"minor,major,critical"`
	AlertRouteID string    `query:"alert_route_id" maxLength:"100" doc:"Declared by the alert route with this id"`
	UserID       string    `query:"user_id" maxLength:"100" doc:"The user with this id was invited"`
	From         time.Time `query:"from" doc:"Declared at this time or later"`
	To           time.Time `query:"to" doc:"Declared before this time, which must be after from"`
}

// filter is what a list is narrowed to.
func (in *incidentsInput) filter() (store.IncidentFilter, error) {
	var faults models.Faults
	inOrder(&faults, in.From, in.To)
	filter := store.IncidentFilter{
		Status: models.IncidentStatus(in.Status), Severity: models.Severity(in.Severity), AlertRouteID: in.AlertRouteID, UserID: in.UserID,
		From: in.From, To: in.To,
	}
	if len(faults) > 0 {
		return filter, invalidProblem("query", faults)
	}
	return filter, nil
}

// listedIncident is an incident in a list.
type listedIncident struct {
	models.Incident
	Label string `json:"label" doc:"What people call it" example:"INC-12"`
}

// shownIncident is an incident with who and what belongs to it.
type shownIncident struct {
	models.Incident
	Label        string               `json:"label" doc:"What people call it" example:"INC-12"`
	Participants []models.Participant `json:"participants" doc:"In the order in which they were invited"`
	Alerts       []listedAlert        `json:"alerts" doc:"The oldest first, 200 at most; /v1/alerts lists all"`
}

// participantRequest invites somebody.
type participantRequest struct {
	UserID string `json:"user_id"`
	Reason string `json:"reason,omitempty" maxLength:"200" default:"was added" doc:"Why, for people" example:"knows the database"`
}

// messageRequest says something about an incident.
type messageRequest struct {
	Text string `json:"text" minLength:"1" maxLength:"3000" doc:"Said as written: nothing in it is mark-up" example:"The lift runs again."`
}

type actInput struct {
	ID      string `path:"id"`
	IfMatch string `header:"If-Match" doc:"The ETag that was read; the change is refused with 412 when it is no longer current"`
}

type aboutInput struct {
	ID      string `path:"id"`
	RawBody []byte
}

type messagesInput struct {
	ID     string `path:"id"`
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"How many at most"`
	Cursor string `query:"cursor" maxLength:"200" doc:"next_cursor of the page before"`
}

func (a *rest) mountIncidents() {
	const path = "/v1/incidents"
	handle(a, operation(http.MethodGet, path, "list-incidents", "List the incidents, the newest first"), a.incidents)
	handle(a, operation(http.MethodGet, path+"/{id}", "get-incident",
		"Show an incident with its participants and its alerts", http.StatusNotFound), a.incident)
	for _, does := range []struct {
		action  models.IncidentAction
		summary string
	}{
		{models.IncidentAccept, "Say that what is in triage is an incident"},
		{models.IncidentDecline, "Say that what is in triage is no incident"},
		{models.IncidentClose, "Say that an active incident is over"},
		{models.IncidentReopen, "Take a closed incident up again, or a declined one back into triage"},
	} {
		op := operation(http.MethodPost, path+"/{id}/"+string(does.action), string(does.action)+"-incident", does.summary,
			http.StatusNotFound, http.StatusPreconditionFailed)
		op.DefaultStatus = http.StatusOK
		handle(a, op, func(ctx context.Context, in *actInput) (*one[shownIncident], error) {
			return a.act(ctx, in, does.action)
		})
	}
	handleBody[participantRequest](a, operation(http.MethodPost, path+"/{id}/participants", "add-participant",
		"Invite somebody to an incident; who was invited already stays so, and who could not be had in its channel is invited anew",
		http.StatusNotFound), a.addParticipant)
	listing := operation(http.MethodGet, path+"/{id}/messages", "list-messages",
		"List what was said about an incident, in the order in which it was written", http.StatusNotFound)
	listing.Description = "What happened is told when it is known: at is when it happened. Whoever reads on from a cursor misses nothing. " +
		"What callers have said in their messages is not shown to viewers."
	handle(a, listing, a.messages)
	handleBody[messageRequest](a, operation(http.MethodPost, path+"/{id}/messages", "add-message",
		"Say something about an incident, in its channel too", http.StatusNotFound), a.addMessage)
}

func (a *rest) incidents(ctx context.Context, in *incidentsInput) (*plain[list[listedIncident]], error) {
	filter, err := in.filter()
	if err != nil {
		return nil, err
	}
	incidents, next, err := a.store.Incidents(ctx, filter, store.Page{Limit: in.Limit, Cursor: in.Cursor})
	return answerList(each(incidents, func(i models.Incident) listedIncident { return listedIncident{i, i.Label()} }), next), inQuery(err)
}

func (a *rest) incident(ctx context.Context, in *idInput) (*one[shownIncident], error) {
	incident, err := a.store.Incident(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return a.shownIncident(ctx, incident)
}

func (a *rest) shownIncident(ctx context.Context, incident models.Incident) (*one[shownIncident], error) {
	participants, err := a.store.Participants(ctx, incident.ID)
	if err != nil {
		return nil, err
	}
	alerts, err := a.store.AlertsOf(ctx, incident.ID)
	return show(shownIncident{
		Incident: incident, Label: incident.Label(), Alerts: eachFor(ctx, alerts, inList),
		Participants: append([]models.Participant{}, participants...),
	}, incident.Version), err
}

func (a *rest) act(ctx context.Context, in *actInput, action models.IncidentAction) (*one[shownIncident], error) {
	version, err := updateInput{IfMatch: in.IfMatch}.version()
	if err != nil {
		return nil, err
	}
	incident, err := a.store.ActOnIncident(ctx, in.ID, action, version)
	if err != nil {
		return nil, err
	}
	a.tellChannel(incident)
	return a.shownIncident(ctx, incident)
}

func (a *rest) addParticipant(ctx context.Context, in *aboutInput) (*plain[models.Participant], error) {
	incident, err := a.store.Incident(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	var user models.User
	asked, err := decode(a, in.RawBody, func(r participantRequest) participantRequest { return r }, func(r participantRequest) (err error) {
		user, err = a.invitable(ctx, r)
		return err
	})
	if err != nil {
		return nil, err
	}
	if asked.Reason == "" {
		asked.Reason = "was added"
	}
	participant, err := a.store.AddParticipant(ctx, incident.ID, user, asked.Reason)
	if err != nil {
		return nil, err
	}
	a.tellChannel(incident)
	return &plain[models.Participant]{Body: participant}, nil
}

// invitable finds whom a request means. Its error names every fault.
func (a *rest) invitable(ctx context.Context, r participantRequest) (models.User, error) {
	var faults, said models.Faults
	if r.Reason != "" && errors.As(models.ValidateMessage(r.Reason), &said) {
		faults.Add("reason", "%s", said[0].Reason)
	}
	user, err := a.store.User(ctx, r.UserID)
	if errors.Is(err, models.ErrNotFound) {
		faults.Add("user_id", "is no user")
		err = nil
	}
	if err != nil {
		return user, err
	}
	return user, faults.Err()
}

func (a *rest) messages(ctx context.Context, in *messagesInput) (*plain[list[models.IncidentMessage]], error) {
	if _, err := a.store.Incident(ctx, in.ID); err != nil {
		return nil, err
	}
	messages, next, err := a.store.Messages(ctx, in.ID, store.Page{Limit: in.Limit, Cursor: in.Cursor})
	return answerList(eachFor(ctx, messages, messageFor), next), inQuery(err)
}

func (a *rest) addMessage(ctx context.Context, in *aboutInput) (*plain[models.IncidentMessage], error) {
	incident, err := a.store.Incident(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	text, err := decode(a, in.RawBody, func(r messageRequest) string { return r.Text }, models.ValidateMessage)
	if err != nil {
		return nil, err
	}
	message, err := a.store.AddMessage(ctx, incident.ID, text)
	if err != nil {
		return nil, err
	}
	a.tellChannel(incident)
	return &plain[models.IncidentMessage]{Body: message}, nil
}

// tellChannel has the channel of an incident told what was done, where it is elsewhere. Nobody waits for it,
// and what was done stands whatever comes of it: the store knows what the channel is still to be told.
func (a *rest) tellChannel(incident models.Incident) {
	if incident.Channel.Provider == models.ChannelSlack {
		a.background(func(ctx context.Context) { a.wake(ctx, incident.ID) })
	}
}
