package twilio

import (
	"context"
	"errors"

	api "github.com/twilio/twilio-go/rest/api/v2010"
)

// Room is a conference as it stands. A name that was used twice has two.
type Room struct {
	SID    string
	Status string // in the carrier's words: init, in-progress or completed
}

// Waits says whether somebody is in it alone, hearing the hold audio.
func (r Room) Waits() bool { return r.Status == "init" }

// Talks says whether two or more are in it together.
func (r Room) Talks() bool { return r.Status == "in-progress" }

// Rooms lists the conferences of a name. It is safe to repeat.
func (c *Client) Rooms(ctx context.Context, name string) ([]Room, error) {
	var rooms []Room
	err := c.ask(ctx, "find room", func(s *api.ApiService) error {
		page, err := s.PageConference(new(api.ListConferenceParams).SetFriendlyName(name).SetPageSize(20), "", "")
		if err != nil || page.Conferences == nil {
			return errors.Join(err, errNoAnswer)
		}
		rooms = make([]Room, len(page.Conferences))
		for i, conference := range page.Conferences {
			rooms[i] = Room{SID: text(conference.Sid), Status: text(conference.Status)}
		}
		return nil
	})
	return rooms, err
}
