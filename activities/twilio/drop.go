package twilio

import (
	"context"
	"errors"

	"github.com/ringdown/ringdown/models"
	api "github.com/twilio/twilio-go/rest/api/v2010"
	compliance "github.com/twilio/twilio-go/rest/numbers/v2"
)

// Drop deletes what was made at the carrier, by its SID: an address, an end user, a document, a bundle, or a number,
// which goes back to the carrier. What is gone already is no error, so that it is safe to repeat. The carrier refuses
// what others need: first the number goes, then the bundle, then documents and end user, then the address.
func (c *Client) Drop(ctx context.Context, sid string) (err error) {
	switch {
	case is("PN", sid):
		return c.GiveBack(ctx, sid)
	case is("BU", sid):
		err = c.askCompliance(ctx, "delete bundle", func(s *compliance.ApiService) error { return s.DeleteBundle(sid) })
	case is("RD", sid):
		err = c.askCompliance(ctx, "delete document", func(s *compliance.ApiService) error { return s.DeleteSupportingDocument(sid) })
	case is("IT", sid):
		err = c.askCompliance(ctx, "delete end user", func(s *compliance.ApiService) error { return s.DeleteEndUser(sid) })
	case is("AD", sid):
		err = c.ask(ctx, "delete address", func(s *api.ApiService) error { return s.DeleteAddress(sid, nil) })
	default:
		return &models.InvalidError{Field: "sid", Reason: "must be AD, BU, IT, PN or RD and 32 hexadecimal digits"}
	}
	if errors.Is(err, models.ErrNotFound) {
		return nil
	}
	return err
}
