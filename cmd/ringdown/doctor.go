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

// Run checks everything that a call needs, goes on after a fault, and fails when it found one.
func (c *doctorCommand) Run(ctx context.Context, out io.Writer) error {
	faults := 0
	report := func(what string, err error, remedy string) bool {
		if err == nil {
			_, _ = fmt.Fprintf(out, "ok     %s\n", what)
			return true
		}
		faults++
		_, _ = fmt.Fprintf(out, "FAULT  %s: %v\n       %s\n", what, err, remedy)
		return false
	}
	if report("settings", c.mistakes(true), "set what is named above; the README has the table") {
		p, err := c.connect(ctx, io.Discard, false)
		if err == nil {
			defer p.close()
			err = p.store.Ping(ctx)
		}
		if report("database and Temporal answer", err, "see the message; both must run before Ringdown does") {
			report("database schema", c.checkSchema(ctx, p), "run `ringdown migrate`")
			report("Temporal search attributes", c.checkSearchAttributes(ctx, p), "register them: see docs/production.md")
			if report("carrier credentials", p.carrier.Check(ctx), "see TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN in the carrier's console") {
				report("webhooks of each number", c.checkNumbers(ctx, p), "import the number again, or set its webhooks in the carrier's console")
			}
			if c.FallbackURL != "" {
				report("emergency document of each number", c.checkEmergency(ctx, p), "serve the files of FALLBACK_DIR as they are, as text/xml, at FALLBACK_URL on another host")
			}
		}
	}
	if faults > 0 {
		return fmt.Errorf("%d faults found", faults)
	}
	return nil
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
