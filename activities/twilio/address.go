package twilio

import (
	"cmp"
	"context"
	"errors"

	"github.com/ringdown/ringdown/models"
	api "github.com/twilio/twilio-go/rest/api/v2010"
)

// EnsureAddress is the SID of the address of that name, which is made where there is none. The carrier may correct
// its spelling. It is safe to repeat: what is there under the name is taken for what was asked for.
func (c *Client) EnsureAddress(ctx context.Context, name string, a models.Address) (string, error) {
	if err := checkName(name); err != nil {
		return "", err
	}
	return ensure(
		func() (string, error) { return c.findAddress(ctx, name) },
		func() (string, error) { return c.createAddress(ctx, name, a) },
	)
}

func (c *Client) findAddress(ctx context.Context, name string) (string, error) {
	return named(name)(c.addresses(ctx, new(api.ListAddressParams).SetFriendlyName(name).SetPageSize(100)))
}

func (c *Client) addresses(ctx context.Context, filter *api.ListAddressParams) ([]thing, error) {
	return pages(func(token, number string) (page []thing, next string, err error) {
		err = c.ask(ctx, "find address", func(s *api.ApiService) error {
			answer, err := s.PageAddress(filter, token, number)
			if err != nil || answer.Addresses == nil {
				return errors.Join(err, errNoAnswer)
			}
			for _, a := range answer.Addresses {
				page = append(page, thing{text(a.Sid), text(a.FriendlyName)})
			}
			next = text(answer.NextPageUri)
			return nil
		})
		return page, next, err
	})
}

func (c *Client) createAddress(ctx context.Context, name string, a models.Address) (sid string, err error) {
	params := new(api.CreateAddressParams).SetFriendlyName(name).SetAutoCorrectAddress(true).
		SetCustomerName(a.CustomerName).SetStreet(a.Street).SetCity(a.City).SetPostalCode(a.PostalCode).SetIsoCountry(a.Country).
		SetRegion(cmp.Or(a.Region, a.City)) // the carrier wants one, also where addresses have none
	err = c.ask(ctx, "create address", func(s *api.ApiService) error {
		address, err := s.CreateAddress(params)
		if err != nil || !is("AD", text(address.Sid)) {
			return errors.Join(err, errNoAnswer)
		}
		sid = *address.Sid
		return nil
	})
	return sid, err
}
