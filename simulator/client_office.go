package simulator

import (
	"context"
	"net/http"
	"net/url"
)

// ReviewBundles says how bundles are looked at that are handed in from now on.
func (c *Client) ReviewBundles(ctx context.Context, r Review) error {
	return c.call(ctx, http.MethodPut, "/sim/reviews", r, nil)
}

// ReviewNextBundle says how the next bundle of a country is looked at. Said twice, it is for the next two, in turn.
func (c *Client) ReviewNextBundle(ctx context.Context, country string, r Review) error {
	return c.call(ctx, http.MethodPost, "/sim/reviews/"+url.PathEscape(country), r, nil)
}

// DecideBundle ends the review of a bundle at once. It is an error when the bundle is not under review.
func (c *Client) DecideBundle(ctx context.Context, sid string, approve bool, reason string) error {
	return c.call(ctx, http.MethodPost, "/sim/bundles/"+url.PathEscape(sid)+"/decision", decisionRequest{approve, reason}, nil)
}

// Bundles are all bundles that are not deleted, oldest first.
func (c *Client) Bundles(ctx context.Context) ([]BundleView, error) {
	var all []BundleView
	return all, c.call(ctx, http.MethodGet, "/sim/bundles", nil, &all)
}

// SellOut sells a number to somebody else, unless the account owns it.
func (c *Client) SellOut(ctx context.Context, phone string) error {
	return c.call(ctx, http.MethodPut, "/sim/sold/"+url.PathEscape(phone), nil, nil)
}

// SellNextAway sells the numbers of the next n purchases to somebody else just before.
func (c *Client) SellNextAway(ctx context.Context, n int) error {
	return c.call(ctx, http.MethodPost, "/sim/sold", awayRequest{n}, nil)
}

// Ledger is all that the account ever bought and made, in order.
func (c *Client) Ledger(ctx context.Context) (Ledger, error) {
	var all Ledger
	return all, c.call(ctx, http.MethodGet, "/sim/ledger", nil, &all)
}
