package twilio

import (
	"context"
	"errors"
	"strings"

	"github.com/ringdown/ringdown/models"
	api "github.com/twilio/twilio-go/rest/api/v2010"
)

// Disconnect takes our webhooks from a number, which stays in the account and no longer reaches us.
// public is where the carrier reaches us, without a trailing slash. A number whose calls go elsewhere
// is left alone, and one that the account no longer owns is no error. Safe to repeat.
func (c *Client) Disconnect(ctx context.Context, sid, public string) error {
	if err := checkNumberSID(sid); err != nil {
		return err
	}
	number, err := c.NumberBySID(ctx, sid)
	switch {
	case errors.Is(err, models.ErrNotFound):
		return nil
	case err != nil:
		return err
	case !strings.HasPrefix(number.Webhooks.Voice, public+"/"):
		return nil
	}
	params := new(api.UpdateIncomingPhoneNumberParams).SetVoiceUrl("").SetVoiceFallbackUrl("")
	if strings.HasPrefix(number.Webhooks.Status, public+"/") {
		params.SetStatusCallback("")
	}
	return c.ask(ctx, "disconnect number", func(s *api.ApiService) error {
		_, err := s.UpdateIncomingPhoneNumber(sid, params)
		return err
	})
}

// GiveBack gives a number back to the carrier, who may sell it to anybody: that cannot be undone. One
// that the account no longer owns is no error, so that it is safe to repeat.
func (c *Client) GiveBack(ctx context.Context, sid string) error {
	if err := checkNumberSID(sid); err != nil {
		return err
	}
	err := c.ask(ctx, "give number back", func(s *api.ApiService) error { return s.DeleteIncomingPhoneNumber(sid, nil) })
	if errors.Is(err, models.ErrNotFound) {
		return nil
	}
	return err
}

// checkNumberSID looks at what becomes part of a path.
func checkNumberSID(sid string) error {
	if !numberSID.MatchString(sid) {
		return &models.InvalidError{Field: "sid", Reason: "must be PN and 32 hexadecimal digits"}
	}
	return nil
}
