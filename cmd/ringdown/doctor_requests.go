package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
)

// checkRequests checks what requests for numbers need beside what calls do.
func (c *doctorCommand) checkRequests(ctx context.Context, p parts, d *diagnosis) {
	d.check(ctx, "last nightly look at each number", func(ctx context.Context) error { return checkNightly(ctx, p.store) },
		"do what it says, then have all looked at once more: `temporal schedule trigger --schedule-id numbers`")
	if p.mail.Ready() {
		d.check(ctx, "mail server", p.mail.Check, "correct SMTP_URL; until then nobody is told of requests for numbers by e-mail")
	}
	if c.ReviewChannel != "" {
		d.check(ctx, "reviewers' channel in Slack", func(ctx context.Context) error { return p.slack.CheckChannel(ctx, c.ReviewChannel) },
			"see SLACK_BOT_TOKEN and SLACK_REVIEW_CHANNEL; until then reviewers are not told of requests for numbers in Slack")
	}
	d.hint("key for documents", checkKey(p), "set it to an id and 32 random bytes, the same for every API and worker: echo 2026:$(openssl rand -base64 32)")
	d.hintOf(ctx, "catalogue of numbers", func(ctx context.Context) error { return checkCatalogue(ctx, p.store) }, "run `ringdown catalogue refresh`")
}

// checkNightly says which numbers the last look at them found broken or gone. What somebody has mended since, the next
// look finds.
func checkNightly(ctx context.Context, s *store.Store) error {
	numbers, err := allNumbers(ctx, s)
	if err != nil {
		return err
	}
	var wrong []error
	for _, n := range numbers {
		if n.Status != models.NumberActive || n.Check.Result != models.CheckBroken && n.Check.Result != models.CheckGone {
			continue
		}
		at := "before"
		if n.Check.At != nil {
			at = "at " + n.Check.At.UTC().Format(time.RFC3339)
		}
		wrong = append(wrong, fmt.Errorf("%s was %s %s: %s", n.Name, n.Check.Result, at, n.Check.Detail))
	}
	return errors.Join(wrong...)
}

func checkKey(p parts) error {
	if p.keys.Ready() {
		return nil
	}
	return errors.New("RINGDOWN_PAYLOAD_KEY is not set, so nobody can upload the documents that some countries ask for")
}

// checkCatalogue says whether the carrier was ever asked for all that it sells. Our own file has no prices.
func checkCatalogue(ctx context.Context, s *store.Store) error {
	countries, err := s.Countries(ctx)
	if err != nil {
		return err
	}
	priced := func(o models.OfferedType) bool { return o.Price != models.Price{} }
	if slices.ContainsFunc(countries, func(c models.Country) bool { return slices.ContainsFunc(c.Types, priced) }) {
		return nil
	}
	return errors.New("it is what Ringdown comes with, without prices and perhaps out of date: the carrier was never asked")
}
