package twilio

import (
	"context"
	"errors"
	"slices"
	"strings"

	api "github.com/twilio/twilio-go/rest/api/v2010"
	compliance "github.com/twilio/twilio-go/rest/numbers/v2"
)

// Made are the SIDs of everything in the account whose name begins with prefix, what is in use included, in the order in
// which it can be dropped: numbers, bundles, documents, end users, addresses. It finds what was made although its answer
// was lost; the carrier's lists may lag by a moment. The carrier searches for no beginning of a name, so that it is asked
// for all that the account has. It is safe to repeat.
func (c *Client) Made(ctx context.Context, prefix string) ([]string, error) {
	if err := checkName(prefix); err != nil {
		return nil, err // with no prefix, it would be everything
	}
	var made []string
	for _, list := range []func() ([]thing, error){
		func() ([]thing, error) { return c.numbers(ctx) },
		func() ([]thing, error) { return c.bundles(ctx, new(compliance.ListBundleParams).SetPageSize(longPage)) },
		func() ([]thing, error) { return c.documents(ctx) },
		func() ([]thing, error) { return c.endUsers(ctx) },
		func() ([]thing, error) { return c.addresses(ctx, new(api.ListAddressParams).SetPageSize(longPage)) },
	} {
		things, err := list()
		if err != nil {
			return nil, err
		}
		for _, t := range things {
			if strings.HasPrefix(t.name, prefix) && !slices.Contains(made, t.sid) {
				made = append(made, t.sid)
			}
		}
	}
	return made, nil
}

func (c *Client) numbers(ctx context.Context) ([]thing, error) {
	all := new(api.ListIncomingPhoneNumberParams).SetPageSize(longPage)
	return pages(func(token, number string) (page []thing, next string, err error) {
		err = c.ask(ctx, "list numbers", func(s *api.ApiService) error {
			answer, err := s.PageIncomingPhoneNumber(all, token, number)
			if err != nil || answer.IncomingPhoneNumbers == nil {
				return errors.Join(err, errNoAnswer)
			}
			for _, n := range answer.IncomingPhoneNumbers {
				page = append(page, thing{text(n.Sid), text(n.FriendlyName)})
			}
			next = text(answer.NextPageUri)
			return nil
		})
		return page, next, err
	})
}
