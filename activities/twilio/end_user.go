package twilio

import (
	"context"
	"errors"

	"github.com/ringdown/ringdown/models"
	compliance "github.com/twilio/twilio-go/rest/numbers/v2"
)

// EnsureEndUser is the SID of the end user of that name, who is made where there is none. attributes are by the
// names of the regulation's fields. It is safe to repeat: who is there under the name is taken for who was asked for.
func (c *Client) EnsureEndUser(
	ctx context.Context, name string, kind models.EndUserType, attributes map[string]string,
) (string, error) {
	if err := checkName(name); err != nil {
		return "", err
	}
	return ensure(
		func() (string, error) { return c.findEndUser(ctx, name) },
		func() (string, error) { return c.createEndUser(ctx, name, kind, attributes) },
	)
}

// findEndUser looks through all of them, since the carrier does not search.
func (c *Client) findEndUser(ctx context.Context, name string) (string, error) {
	return named(name)(c.endUsers(ctx))
}

func (c *Client) endUsers(ctx context.Context) ([]thing, error) {
	everybody := new(compliance.ListEndUserParams).SetPageSize(longPage)
	return pages(func(token, number string) (page []thing, next string, err error) {
		err = c.askCompliance(ctx, "find end user", func(s *compliance.ApiService) error {
			answer, err := s.PageEndUser(everybody, token, number)
			if err != nil || answer.Results == nil {
				return errors.Join(err, errNoAnswer)
			}
			for _, u := range answer.Results {
				page = append(page, thing{text(u.Sid), text(u.FriendlyName)})
			}
			next = text(answer.Meta.NextPageUrl)
			return nil
		})
		return page, next, err
	})
}

func (c *Client) createEndUser(
	ctx context.Context, name string, kind models.EndUserType, attributes map[string]string,
) (sid string, err error) {
	params := new(compliance.CreateEndUserParams).SetFriendlyName(name).SetType(string(kind))
	if len(attributes) > 0 {
		params.SetAttributes(attributes)
	}
	err = c.askCompliance(ctx, "create end user", func(s *compliance.ApiService) error {
		user, err := s.CreateEndUser(params)
		if err != nil || !is("IT", text(user.Sid)) {
			return errors.Join(err, errNoAnswer)
		}
		sid = *user.Sid
		return nil
	})
	return sid, err
}
