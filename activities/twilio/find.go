package twilio

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/ringdown/ringdown/models"
	api "github.com/twilio/twilio-go/rest/api/v2010"
)

// clockAllowance is how far the carrier's clock may be behind ours.
const clockAllowance = 5 * time.Second

// Find returns the legs that were placed by REST from one number to another at or after since,
// newest first, live or over. It is how a leg is found whose answer was lost. A leg that the
// carrier gives no date for is the newest. Safe to repeat; the carrier's list may lag by a moment.
func (c *Client) Find(ctx context.Context, to, from models.Phone, since time.Time) ([]State, error) {
	since = since.Add(-clockAllowance)
	found := map[string]State{}
	for _, filter := range filters(to, from, since) {
		calls, err := c.list(ctx, filter)
		if err != nil {
			return nil, err
		}
		for i := range calls {
			leg := stateOf(&calls[i])
			placed := calls[i].Direction == nil || *calls[i].Direction == "outbound-api"
			if placed && (leg.Created.IsZero() || !leg.Created.Before(since)) {
				found[leg.SID] = leg
			}
		}
	}
	legs := make([]State, 0, len(found))
	for _, leg := range found {
		legs = append(legs, leg)
	}
	slices.SortFunc(legs, newestFirst)
	return legs, nil
}

// DialledBy returns the legs that a call's own document dialled. It is safe to repeat; the
// carrier's list may lag by a moment.
func (c *Client) DialledBy(ctx context.Context, sid string) ([]State, error) {
	calls, err := c.list(ctx, new(api.ListCallParams).SetParentCallSid(sid).SetPageSize(20))
	legs := make([]State, len(calls))
	for i := range calls {
		legs[i] = stateOf(&calls[i])
	}
	return legs, err
}

// filters are two because the carrier filters by the day a call started, in UTC, and a queued
// call has not started. The queued are asked for first: a leg that starts in between is then
// in both lists instead of in neither.
func filters(to, from models.Phone, since time.Time) []*api.ListCallParams {
	legs := func() *api.ListCallParams {
		return new(api.ListCallParams).SetTo(string(to)).SetFrom(string(from)).SetPageSize(100)
	}
	day := since.UTC().Truncate(24 * time.Hour)
	return []*api.ListCallParams{legs().SetStatus("queued"), legs().SetStartTimeAfter(day)}
}

func newestFirst(a, b State) int {
	switch {
	case a.Created.IsZero() != b.Created.IsZero():
		if a.Created.IsZero() {
			return -1
		}
		return 1
	default:
		return b.Created.Compare(a.Created)
	}
}

func (c *Client) list(ctx context.Context, filter *api.ListCallParams) ([]api.ApiV2010Call, error) {
	return pages(func(token, number string) (page []api.ApiV2010Call, next string, err error) {
		err = c.ask(ctx, "find legs", func(s *api.ApiService) error {
			answer, err := s.PageCall(filter, token, number)
			if err != nil || answer.Calls == nil {
				return errors.Join(err, errNoAnswer)
			}
			page, next = answer.Calls, text(answer.NextPageUri)
			return nil
		})
		return page, next, err
	})
}
