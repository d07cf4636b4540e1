package twilio

import (
	"context"
	"errors"
	"slices"

	"github.com/ringdown/ringdown/models"
	compliance "github.com/twilio/twilio-go/rest/numbers/v2"
)

// Bundle is the folder of paperwork that the carrier reviews.
type Bundle struct {
	Email          string // of whoever the carrier writes to about it
	RegulationID   string // RN…, which it is to meet
	StatusCallback string // told, by POST, of each new status; empty means nobody
}

// EnsureBundle is the SID of the bundle of that name, which is made as a draft where there is none. It is safe to
// repeat: what is there under the name is taken for what was asked for, whatever its status.
func (c *Client) EnsureBundle(ctx context.Context, name string, b Bundle) (string, error) {
	if err := errors.Join(checkName(name), checkSID("RN", b.RegulationID)); err != nil {
		return "", err
	}
	return ensure(
		func() (string, error) { return c.findBundle(ctx, name) },
		func() (string, error) { return c.createBundle(ctx, name, b) },
	)
}

func (c *Client) findBundle(ctx context.Context, name string) (string, error) {
	return named(name)(c.bundles(ctx, new(compliance.ListBundleParams).SetFriendlyName(name).SetPageSize(100)))
}

func (c *Client) bundles(ctx context.Context, filter *compliance.ListBundleParams) ([]thing, error) {
	return pages(func(token, number string) (page []thing, next string, err error) {
		err = c.askCompliance(ctx, "find bundle", func(s *compliance.ApiService) error {
			answer, err := s.PageBundle(filter, token, number)
			if err != nil || answer.Results == nil {
				return errors.Join(err, errNoAnswer)
			}
			for _, b := range answer.Results {
				page = append(page, thing{text(b.Sid), text(b.FriendlyName)})
			}
			next = text(answer.Meta.NextPageUrl)
			return nil
		})
		return page, next, err
	})
}

func (c *Client) createBundle(ctx context.Context, name string, b Bundle) (sid string, err error) {
	params := new(compliance.CreateBundleParams).SetFriendlyName(name).SetEmail(b.Email).SetRegulationSid(b.RegulationID)
	if b.StatusCallback != "" {
		params.SetStatusCallback(b.StatusCallback)
	}
	err = c.askCompliance(ctx, "create bundle", func(s *compliance.ApiService) error {
		bundle, err := s.CreateBundle(params)
		if err != nil || !is("BU", text(bundle.Sid)) {
			return errors.Join(err, errNoAnswer)
		}
		sid = *bundle.Sid
		return nil
	})
	return sid, err
}

// Assign puts an end user and documents, by their SIDs, into a bundle. An address is in it by the document that
// names it. It is safe to repeat: what is in the bundle already is left there.
func (c *Client) Assign(ctx context.Context, bundle string, objects []string) error {
	for _, object := range objects {
		if !is("IT", object) && !is("RD", object) {
			return &models.InvalidError{Field: "objects", Reason: "must be end users and documents, as in IT… and RD…"}
		}
	}
	assigned, err := c.assigned(ctx, bundle)
	if err != nil {
		return err
	}
	for _, object := range objects {
		if slices.Contains(assigned, object) {
			continue
		}
		if err := c.assign(ctx, bundle, object); err != nil {
			return err
		}
		assigned = append(assigned, object)
	}
	return nil
}

func (c *Client) assign(ctx context.Context, bundle, object string) error {
	return c.askCompliance(ctx, "assign to bundle", func(s *compliance.ApiService) error {
		item, err := s.CreateItemAssignment(bundle, new(compliance.CreateItemAssignmentParams).SetObjectSid(object))
		if err != nil || text(item.ObjectSid) != object {
			return errors.Join(err, errNoAnswer)
		}
		return nil
	})
}

// assigned are the SIDs of what is in a bundle.
func (c *Client) assigned(ctx context.Context, bundle string) ([]string, error) {
	if err := checkSID("BU", bundle); err != nil {
		return nil, err
	}
	all := new(compliance.ListItemAssignmentParams).SetPageSize(100)
	return pages(func(token, number string) (page []string, next string, err error) {
		err = c.askCompliance(ctx, "list what is in bundle", func(s *compliance.ApiService) error {
			answer, err := s.PageItemAssignment(bundle, all, token, number)
			if err != nil || answer.Results == nil {
				return errors.Join(err, errNoAnswer)
			}
			for _, item := range answer.Results {
				page = append(page, text(item.ObjectSid))
			}
			next = text(answer.Meta.NextPageUrl)
			return nil
		})
		return page, next, err
	})
}
