package drill

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/simulator"
)

// What the drill makes is known by these, so that what an earlier one left behind is cleared away too.
const (
	ourName = "Drill line "             // numbers and routes begin with it
	ourMail = "@drill.ringdown.invalid" // e-mail addresses of people end with it
)

// Paths of the REST API.
const (
	pathUsers   = "/v1/users"
	pathNumbers = "/v1/phone-numbers"
	pathRoutes  = "/v1/call-routes"
	pathCalls   = "/v1/calls"
	pathAlerts  = "/v1/alerts"
)

// setUpAtOnce is how many lines are set up at a time.
const setUpAtOnce = 6

// setUp makes the lines that the calls need, in a system without those of earlier drills.
func (d *drill) setUp(ctx context.Context) error {
	if err := d.clear(ctx); err != nil {
		return fmt.Errorf("clear away what an earlier drill left: %w", err)
	}
	for n := range min(d.Calls, linesAtMost) {
		if d.Call < 0 || n == lineOf(d.Call) {
			d.lines = append(d.lines, drawLine(d.Seed, n, max(d.Calls, d.Call+1)))
		}
	}
	d.say("setting up %d numbers with their people and routes …", len(d.lines))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(setUpAtOnce)
	for _, l := range d.lines {
		group.Go(func() error { return d.make(ctx, l) })
	}
	return group.Wait()
}

// make stores the people, the number and the route of a line.
func (d *drill) make(ctx context.Context, l *line) error {
	name := strings.TrimSpace(l.route.Name)
	if err := d.carrier.PutNumber(ctx, simulator.Number{Phone: l.number, FriendlyName: name}); err != nil {
		return err
	}
	var number models.PhoneNumber
	imported := map[string]any{"number": l.number, "name": name}
	if err := d.rest.ask(ctx, http.MethodPost, pathNumbers, imported, &number); err != nil {
		return err
	}
	for i := range l.people {
		if err := d.rest.ask(ctx, http.MethodPost, pathUsers, userBody(l.people[i]), &l.people[i]); err != nil {
			return err
		}
	}
	l.route.PhoneNumberID = number.ID
	l.aim()
	return d.rest.ask(ctx, http.MethodPost, pathRoutes, routeBody(l.route), &l.route)
}

// clear removes all that drills have made, but for their calls.
func (d *drill) clear(ctx context.Context) error {
	if err := d.clearRoutes(ctx); err != nil {
		return err
	}
	if err := d.releaseNumbers(ctx); err != nil {
		return err
	}
	users, err := all[models.User](ctx, d.rest, pathUsers, url.Values{})
	if err != nil {
		return err
	}
	return eachAtOnce(ctx, users, func(ctx context.Context, u models.User) error {
		if !strings.HasSuffix(u.Email, ourMail) {
			return nil
		}
		var forget []error
		for _, p := range u.Phones {
			forget = append(forget, d.carrier.Forget(ctx, string(p.Number)))
		}
		return errors.Join(append(forget, unlessGone(d.rest.ask(ctx, http.MethodDelete, idOf(pathUsers, u.ID), nil, nil)))...)
	})
}

// clearRoutes removes routes, which are switched off first: callers reach one that is on.
func (d *drill) clearRoutes(ctx context.Context) error {
	routes, err := all[models.Route](ctx, d.rest, pathRoutes, url.Values{})
	if err != nil {
		return err
	}
	return eachAtOnce(ctx, routes, func(ctx context.Context, r models.Route) error {
		if !strings.HasPrefix(r.Name, ourName) {
			return nil
		}
		r.Enabled = false
		path := idOf(pathRoutes, r.ID)
		if err := unlessGone(d.rest.ask(ctx, http.MethodPut, path, routeBody(r), nil)); err != nil {
			return err
		}
		forget := d.carrier.Forget(ctx, string(r.EmergencyNumber))
		if r.Nobody.Number != "" {
			forget = errors.Join(forget, d.carrier.Forget(ctx, string(r.Nobody.Number)))
		}
		return errors.Join(forget, unlessGone(d.rest.ask(ctx, http.MethodDelete, path, nil, nil)))
	})
}

// releaseNumbers gives our numbers back to the carrier, who has no other use for them.
func (d *drill) releaseNumbers(ctx context.Context) error {
	numbers, err := all[models.PhoneNumber](ctx, d.rest, pathNumbers, url.Values{})
	if err != nil {
		return err
	}
	return eachAtOnce(ctx, numbers, func(ctx context.Context, n models.PhoneNumber) error {
		if !strings.HasPrefix(n.Name, ourName) || n.Status != models.NumberActive {
			return nil
		}
		give := map[string]any{"number": string(n.Number), "give_back": true}
		return unlessGone(d.rest.ask(ctx, http.MethodPost, idOf(pathNumbers, n.ID)+"/release", give, nil))
	})
}

func eachAtOnce[T any](ctx context.Context, all []T, do func(context.Context, T) error) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(setUpAtOnce)
	for _, one := range all {
		group.Go(func() error { return do(ctx, one) })
	}
	return group.Wait()
}

// unlessGone is the error of a removal, none where it was done before.
func unlessGone(err error) error {
	if r := (*refusal)(nil); errors.As(err, &r) && r.status == http.StatusNotFound {
		return nil
	}
	return err
}

// userBody is a person as REST takes one.
func userBody(u models.User) map[string]any {
	phones := make([]map[string]any, len(u.Phones))
	for i, p := range u.Phones {
		phones[i] = map[string]any{"label": p.Label, "number": string(p.Number)}
	}
	return map[string]any{"name": u.Name, "email": u.Email, "phones": phones, "time_zone": u.TimeZone, "on_call_licence": true}
}

// routeBody is a route as REST takes one, as far as a drill's routes go.
func routeBody(r models.Route) map[string]any {
	list := map[string]any{"enabled": r.Allowlist.Enabled, "refusal": r.Allowlist.Refusal}
	if r.Allowlist.Enabled {
		list["callers"] = r.Allowlist.Callers
	}
	nobody := map[string]any{"action": r.Nobody.Action}
	if r.Nobody.Number != "" {
		nobody["number"] = string(r.Nobody.Number)
	}
	levels := make([]map[string]any, len(r.Levels))
	for i, level := range r.Levels {
		levels[i] = map[string]any{"strategy": level.Strategy, "stagger_seconds": level.StaggerSeconds, "targets": level.Targets}
	}
	return map[string]any{
		"name": r.Name, "phone_number_id": r.PhoneNumberID, "enabled": r.Enabled, "language": r.Language,
		"allowlist": list, "keypress": map[string]any{"enabled": r.Keypress.Enabled, "key": r.Keypress.Key}, "levels": levels,
		"ring_seconds": r.RingSeconds, "ring_again": r.RingAgain, "accept": map[string]any{"required": r.Accept.Required, "key": r.Accept.Key},
		"nobody": nobody, "emergency_number": string(r.EmergencyNumber), "max_wait_seconds": r.MaxWaitSeconds,
		"responder_caller_id": r.ResponderCallerID,
	}
}
