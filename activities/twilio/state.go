package twilio

import (
	"context"
	"errors"
	"net/http"
	"net/mail"
	"strconv"
	"time"

	"github.com/ringdown/ringdown/models"
	api "github.com/twilio/twilio-go/rest/api/v2010"
)

// State is how far a call or leg has come, as the carrier tells it, which may lag by a moment.
type State struct {
	SID      string
	To       models.Phone  // who is called, as the carrier writes it
	Status   string        // in the carrier's words; empty when it no longer knows the call
	Over     bool          // nothing rings and nobody talks any more
	Answered bool          // somebody or a mailbox picked up
	Created  time.Time     // zero when not known yet
	Started  time.Time     // zero while queued
	Ended    time.Time     // zero while live, or when the carrier does not say
	Duration time.Duration // from pick-up to end, in whole seconds; zero while live
}

func stateOf(call *api.ApiV2010Call) State {
	s := State{
		SID: text(call.Sid), To: models.Phone(text(call.To)), Status: text(call.Status),
		Created: moment(call.DateCreated), Started: moment(call.StartTime), Ended: moment(call.EndTime),
	}
	if s.Created.IsZero() {
		s.Created = s.Started
	}
	if seconds, err := strconv.Atoi(text(call.Duration)); err == nil {
		s.Duration = time.Duration(seconds) * time.Second
	}
	switch s.Status {
	case "completed":
		s.Over, s.Answered = true, true
	case "busy", "failed", "no-answer", "canceled":
		s.Over = true
	case "in-progress":
		s.Answered = true
	}
	return s
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// moment reads the carrier's RFC 2822 dates; zero for none.
func moment(s *string) time.Time {
	at, err := mail.ParseDate(text(s))
	if err != nil {
		return time.Time{}
	}
	return at.UTC()
}

// State asks how far a call has come. Safe to repeat.
func (c *Client) State(ctx context.Context, sid string) (State, error) {
	return c.call(ctx, "ask state", sid, func(s *api.ApiService) (*api.ApiV2010Call, error) {
		return s.FetchCall(sid, nil)
	})
}

// Move makes a live call ask url, by POST, what to do next. ErrNotLive says that it is not in
// progress: over, or not answered yet; State tells which. Safe to repeat: the document starts over.
func (c *Client) Move(ctx context.Context, sid, url string) error {
	_, err := c.call(ctx, "move call", sid, func(s *api.ApiService) (*api.ApiV2010Call, error) {
		return s.UpdateCall(sid, new(api.UpdateCallParams).SetUrl(url).SetMethod(http.MethodPost))
	})
	return err
}

// End ends a call, queued, ringing or live, and returns its state, which may not yet be over. A
// call that is over already is no error; one that is not, and which the carrier would not end, is: ErrNotLive. Safe to repeat.
func (c *Client) End(ctx context.Context, sid string) (State, error) {
	state, err := c.call(ctx, "end call", sid, func(s *api.ApiService) (*api.ApiV2010Call, error) {
		return s.UpdateCall(sid, new(api.UpdateCallParams).SetStatus("completed"))
	})
	if errors.Is(err, ErrNotLive) {
		refused := err
		if state, err = c.State(ctx, sid); err == nil && !state.Over {
			err = refused
		}
	}
	if errors.Is(err, models.ErrNotFound) {
		return State{SID: sid, Over: true}, nil
	}
	return state, err
}

// call asks one thing of one call, whose SID becomes part of a path.
func (c *Client) call(
	ctx context.Context, op, sid string, request func(*api.ApiService) (*api.ApiV2010Call, error),
) (state State, err error) {
	if !callSID.MatchString(sid) {
		return State{}, &models.InvalidError{Field: "sid", Reason: "must be CA and 32 hexadecimal digits"}
	}
	err = c.ask(ctx, op, func(s *api.ApiService) error {
		call, err := request(s)
		if err != nil || text(call.Sid) != sid || call.Status == nil {
			return errors.Join(err, errNoAnswer)
		}
		state = stateOf(call)
		return nil
	})
	if err != nil {
		return State{}, err
	}
	return state, nil
}
