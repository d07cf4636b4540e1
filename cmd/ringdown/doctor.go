package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/ringdown/ringdown/activities/twilio"
	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/workflows"
	"go.temporal.io/api/operatorservice/v1"
)

type doctorCommand struct{ settings }

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

func (c *doctorCommand) checkParts(ctx context.Context, d *diagnosis) {
	p, err := c.connect(ctx, io.Discard, false)
	if err == nil {
		defer p.close()
		err = p.store.Ping(ctx)
	}
	if !d.report("database and Temporal answer", err, "see the message; both must run before Ringdown does") {
		return
	}
	d.report("database schema", c.checkSchema(ctx, p), "run `ringdown migrate`")
	d.report("Temporal search attributes", c.checkSearchAttributes(ctx, p), "register them: see docs/production.md")
	if d.report("carrier credentials", p.carrier.Check(ctx), "see TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN in the carrier's console") {
		d.report("webhooks of each number", c.checkNumbers(ctx, p), "import the number again, or set its webhooks in the carrier's console")
	}
	if c.FallbackURL != "" {
		d.report("emergency document of each number", c.checkEmergency(ctx, p), "serve the files of FALLBACK_DIR as they are, as text/xml, at FALLBACK_URL on another host")
	}
	c.checkRequests(ctx, p, d)
}

func (c *doctorCommand) checkSchema(ctx context.Context, p parts) error {
	_, err := p.store.Empty(ctx)
	return err
}

// checkSearchAttributes sees that every attribute is registered, without which no call starts.
func (c *doctorCommand) checkSearchAttributes(ctx context.Context, p parts) error {
	known, err := p.temporal.OperatorService().ListSearchAttributes(ctx, &operatorservice.ListSearchAttributesRequest{Namespace: p.namespace})
	if err != nil {
		return err
	}
	var missing []error
	for name, kind := range workflows.SearchAttributes() {
		if _, ok := known.GetCustomAttributes()[name]; !ok {
			missing = append(missing, fmt.Errorf("%s (%s) is not registered in namespace %s", name, kind, p.namespace))
		}
	}
	return errors.Join(missing...)
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
		at, err := p.carrier.Number(ctx, n.Number)
		if err == nil {
			err = at.Connected(twilio.WebhooksAt(c.PublicURL, models.EmergencyURL(c.FallbackURL, n.ID)))
		}
		if err != nil {
			wrong = append(wrong, fmt.Errorf("%s: %w", n.Name, err))
		}
	}
	return errors.Join(wrong...)
}
