package main

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/ringdown/ringdown/activities/twilio"
	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
	"go.temporal.io/sdk/client"
)

type doctorCommand struct {
	settings
	roots *x509.CertPool // whose certificates are believed; nil: those of this machine
}

// Run checks everything that calls and requests for numbers need, goes on after a fault, and fails when it found one.
func (c *doctorCommand) Run(ctx context.Context, out io.Writer) error {
	d := diagnosis{out: out}
	if d.report("settings", c.mistakes(true), "set what is named above; the README has the table") {
		c.checkParts(ctx, &d)
	}
	if d.faults > 0 {
		return fmt.Errorf("%d faults found", d.faults)
	}
	return nil
}

// diagnosis is what the doctor says.
type diagnosis struct {
	out    io.Writer
	faults int
}

// report says whether something is well, and how to mend it where it is not.
func (d *diagnosis) report(what string, err error, remedy string) (well bool) {
	if err == nil {
		_, _ = fmt.Fprintf(d.out, "ok     %s\n", what)
		return true
	}
	d.faults++
	_, _ = fmt.Fprintf(d.out, "FAULT  %s: %v\n       %s\n", what, err, remedy)
	return false
}

// hint is report for what is no fault, and can be done without.
func (d *diagnosis) hint(what string, err error, remedy string) {
	if err == nil {
		_, _ = fmt.Fprintf(d.out, "ok     %s\n", what)
		return
	}
	_, _ = fmt.Fprintf(d.out, "hint   %s: %v\n       %s\n", what, err, remedy)
}

// checkWithin is how long one check waits for whom it asks.
const checkWithin = 5 * time.Second

// check is report for what somebody is asked, who may be away.
func (d *diagnosis) check(ctx context.Context, what string, ask func(context.Context) error, remedy string) (well bool) {
	ctx, cancel := context.WithTimeout(ctx, checkWithin)
	defer cancel()
	return d.report(what, ask(ctx), remedy)
}

// hintOf is hint for what somebody is asked.
func (d *diagnosis) hintOf(ctx context.Context, what string, ask func(context.Context) error, remedy string) {
	ctx, cancel := context.WithTimeout(ctx, checkWithin)
	defer cancel()
	d.hint(what, ask(ctx), remedy)
}

// checkParts checks each part by itself: one that is away keeps nobody from what the others say.
func (c *doctorCommand) checkParts(ctx context.Context, d *diagnosis) {
	p, options, err := c.assemble(ctx, io.Discard)
	if err == nil {
		p.temporal, err = client.NewLazyClient(options)
	}
	if err != nil {
		d.report("connections", err, "see the message")
		return
	}
	defer p.close()
	database := d.check(ctx, "database answers", p.store.Ping, "see the message; calls are answered from copies of their routes meanwhile")
	if database {
		d.check(ctx, "database schema", func(ctx context.Context) error { return checkSchema(ctx, p.store) }, "run `ringdown migrate`")
	}
	if d.check(ctx, "Temporal answers", func(ctx context.Context) error { return checkAnswers(ctx, p.temporal, options.HostPort) },
		"start it, or correct TEMPORAL_ADDRESS and the other TEMPORAL_ settings") {
		c.checkTemporal(ctx, p, d)
	}
	c.checkKeys(ctx, p, d)
	carrier := d.check(ctx, "carrier credentials", p.carrier.Check, "see TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN in the carrier's console")
	if carrier && database {
		d.report("webhooks of each number", c.checkNumbers(ctx, p), "import the number again, or set its webhooks in the carrier's console")
	}
	if c.FallbackURL != "" && database {
		d.report("emergency document of each number", c.checkEmergency(ctx, p), "serve the files of FALLBACK_DIR as they are, as text/xml, at FALLBACK_URL on another host")
	}
	c.checkElsewhere(d)
	c.checkSite(ctx, d)
	c.checkClocks(ctx, p, d)
	c.checkWatching(ctx, p, d)
	c.checkRequests(ctx, p, d)
}

// checkElsewhere sees that callers have somewhere to go while this site is away.
func (c *doctorCommand) checkElsewhere(d *diagnosis) {
	var nowhere error
	if c.FallbackURL == "" {
		nowhere = errors.New("FALLBACK_URL is not set, so that callers reach nobody while this site is away")
	}
	d.hint("emergency documents elsewhere", nowhere, "have another host serve the files of FALLBACK_DIR: see docs/production.md")
}

// checkSchema sees that the database has all that this program works with. What a newer one has added does no harm.
func checkSchema(ctx context.Context, s *store.Store) error {
	have, brings, err := s.Schema(ctx)
	if err == nil && have < brings {
		err = fmt.Errorf("it is at version %d, this program needs %d", have, brings)
	}
	return err
}

// checkNumbers sees that the carrier asks us, and nobody else, about each active number.
func (c *doctorCommand) checkNumbers(ctx context.Context, p parts) error {
	numbers, err := allNumbers(ctx, p.store)
	if err != nil {
		return err
	}
	var wrong []error
	for _, n := range numbers {
		if n.Status != models.NumberActive {
			continue
		}
		at, err := within(ctx, func(ctx context.Context) (twilio.Number, error) { return p.carrier.Number(ctx, n.Number) })
		if err == nil {
			err = at.Connected(twilio.WebhooksAt(c.PublicURL, models.EmergencyURL(c.FallbackURL, n.ID)))
		}
		if err != nil {
			wrong = append(wrong, fmt.Errorf("%s: %w", n.Name, err))
		}
	}
	return errors.Join(wrong...)
}
