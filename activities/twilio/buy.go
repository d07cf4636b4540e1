package twilio

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/ringdown/ringdown/models"
	api "github.com/twilio/twilio-go/rest/api/v2010"
)

// Purchase is a number to be bought.
type Purchase struct {
	Number    models.Phone
	Name      string // by which the number is known again as ours; no two purchases share one
	Webhooks  Webhooks
	AddressID string // AD…; empty where none is asked for
	BundleID  string // BU…; the same
}

// Buy buys a number, and costs money from then on. models.ErrTaken says that somebody else has it, or that the account
// has it under another name. It is safe to repeat: a number that the account owns under the name is the one that was
// bought, and its webhooks are left to Connect. An error of class Unknown is told only where the number, looked for
// once more, was not there; the carrier's list may lag, so that the next run may find it.
func (c *Client) Buy(ctx context.Context, p Purchase) (Number, error) {
	if err := p.check(); err != nil {
		return Number{}, err
	}
	owned, err := c.bought(ctx, p)
	if !errors.Is(err, models.ErrNotFound) {
		return owned, err
	}
	owned, err = c.buy(ctx, p)
	taken := codeOf(err) == codeNumberTaken
	if !taken && ClassOf(err) != Unknown {
		return owned, err
	}
	owned, lost := c.bought(ctx, p) // by a request whose answer was lost
	switch {
	case lost == nil, errors.Is(lost, models.ErrTaken):
		return owned, lost
	case !taken:
		return Number{}, err
	case errors.Is(lost, models.ErrNotFound):
		return Number{}, fmt.Errorf("%w: %w", models.ErrTaken, err)
	default:
		return Number{}, lost
	}
}

func (p Purchase) check() error {
	switch {
	case p.Number == "":
		return &models.InvalidError{Field: "number", Reason: "must be given; numbers are never bought by area code alone"}
	case p.AddressID != "" && !is("AD", p.AddressID):
		return &models.InvalidError{Field: "address_id", Reason: "must be AD and 32 hexadecimal digits"}
	case p.BundleID != "" && !is("BU", p.BundleID):
		return &models.InvalidError{Field: "bundle_id", Reason: "must be BU and 32 hexadecimal digits"}
	}
	return checkName(p.Name)
}

// bought looks for what an earlier run has bought; models.ErrNotFound says that the account does not own the number.
func (c *Client) bought(ctx context.Context, p Purchase) (Number, error) {
	owned, err := c.Number(ctx, p.Number)
	if err != nil {
		return Number{}, err
	}
	if owned.Name != p.Name {
		return Number{}, fmt.Errorf("buy number: %w under another name in the carrier's account", models.ErrTaken)
	}
	return owned, nil
}

func (c *Client) buy(ctx context.Context, p Purchase) (bought Number, err error) {
	params := new(api.CreateIncomingPhoneNumberParams).SetPhoneNumber(string(p.Number)).SetFriendlyName(p.Name).
		SetVoiceUrl(p.Webhooks.Voice).SetVoiceMethod(http.MethodPost)
	if p.Webhooks.Fallback != "" {
		params.SetVoiceFallbackUrl(p.Webhooks.Fallback).SetVoiceFallbackMethod(p.Webhooks.fallbackMethod())
	}
	if p.Webhooks.Status != "" {
		params.SetStatusCallback(p.Webhooks.Status).SetStatusCallbackMethod(http.MethodPost)
	}
	if p.AddressID != "" {
		params.SetAddressSid(p.AddressID)
	}
	if p.BundleID != "" {
		params.SetBundleSid(p.BundleID)
	}
	err = c.ask(ctx, "buy number", func(s *api.ApiService) error {
		number, err := s.CreateIncomingPhoneNumber(params)
		if err != nil || !is("PN", text(number.Sid)) || text(number.PhoneNumber) != string(p.Number) {
			return errors.Join(err, errNoAnswer)
		}
		bought = numberOf(number)
		return nil
	})
	return bought, err
}
