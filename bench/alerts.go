package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/testsuite"
)

const (
	alertRatio   = 1.1              // of a call whose alert is told to one whose alert is not
	alertBacklog = 200              // alerts that wait for a receiver before calls are measured
	alertWarmUps = 2                // rounds that are not counted
	slowAnswer   = 25 * time.Second // of a receiver that takes its time
	shortCalls   = 2                // beside each long one: they are over soon after the first phone rings
)

// alertReport is what alerts cost.
type alertReport struct {
	Cost  alertCost   `json:"cost"`
	Calls []figure    `json:"calls"` // ours is with alerts, the floor is ours without
	Rates []alertRate `json:"rates"`
}

// installation is ours with a Temporal server of its own, so that what one waits for keeps no other
// waiting.
type installation struct {
	*ours
	server *testsuite.DevServer
}

// install starts an installation that tells a receiver of each alert, or nobody where there is no address.
func install(ctx context.Context, dir, name, receiver string, ended func(activity.Info)) (*installation, error) {
	dir = filepath.Join(dir, name)
	if err := os.Mkdir(dir, 0o700); err != nil {
		return nil, err
	}
	server, err := startTemporal(ctx, dir, io.Discard) // it is stopped while it works, and says so
	if err != nil {
		return nil, err
	}
	o, err := startOurs(ctx, settings{dir: dir, temporal: server.FrontendHostPort(), receiver: receiver, ended: ended})
	if err != nil {
		return nil, errors.Join(err, server.Stop())
	}
	return &installation{o, server}, nil
}

func (i *installation) stop() error { return errors.Join(i.ours.stop(), i.server.Stop()) }

// runs are those that a call waits for. The alert of a call whose receiver is down lasts a day.
func (i *installation) runs(call string) []string { return i.ours.runs(call)[:1] }

// measureAlerts measures what alerts cost calls, whatever becomes of their receivers, and how many alerts
// one worker manages.
func measureAlerts(ctx context.Context, dir string, n int, progress io.Writer) (r *alertReport, err error) {
	var notes written
	plain, err := install(ctx, dir, "plain", "", notes.note)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, plain.stop()) }()
	quick := startReceiver(0)
	defer quick.stop()
	told, err := install(ctx, dir, "told", quick.web.URL, notes.note)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, told.stop()) }()

	r = &alertReport{}
	if r.Cost, err = measureAlertCost(ctx, told); err != nil {
		return nil, err
	}
	if r.Calls, err = measureToldCalls(ctx, dir, n, plain, told, progress); err != nil {
		return nil, err
	}
	r.Rates, err = measureAlertRates(ctx, n, plain.ours, told.ours, &notes, progress)
	return r, err
}

// toldCalls are the calls of one installation.
type toldCalls struct {
	name string
	*installation
	answer, firstDial, nextDial []time.Duration
}

// measureToldCalls makes calls on four installations by turns: one that tells nobody, one that tells a
// receiver, one whose receiver is down, and one whose receiver is slow.
func measureToldCalls(ctx context.Context, dir string, n int, plain, told *installation, progress io.Writer) (figures []figure, err error) {
	down, err := install(ctx, dir, "down", nowhere, nil)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, down.stop()) }()
	takesItsTime := startReceiver(slowAnswer)
	slow, err := install(ctx, dir, "slow", takesItsTime.web.URL, nil)
	if err != nil {
		takesItsTime.stop()
		return nil, err
	}
	defer func() { err = errors.Join(err, slow.stop()) }()
	defer takesItsTime.stop() // or whoever waits for it keeps its worker from stopping

	_, _ = fmt.Fprintf(progress, "alerts: %d wait for a receiver that is down, %d for one that is slow\n", alertBacklog, alertBacklog)
	for _, waiting := range []*installation{down, slow} {
		if err := raisingOf("", waiting.ours, nil).leave(ctx, alertBacklog); err != nil {
			return nil, err
		}
	}
	all := []*toldCalls{
		{name: "nobody is told", installation: plain}, {name: "an incident, a receiver", installation: told},
		{name: "the receiver is down", installation: down}, {name: "it answers after 25 s", installation: slow},
	}
	rounds := n / 4
	for i := range rounds + alertWarmUps {
		if i%5 == 0 {
			_, _ = fmt.Fprintf(progress, "calls whose alerts are told: %d of %d\n", i, rounds+alertWarmUps)
		}
		for _, k := range rand.Perm(len(all)) {
			if err := all[k].round(ctx, i >= alertWarmUps); err != nil {
				return nil, fmt.Errorf("%s: %w", all[k].name, err)
			}
		}
	}
	if err := errors.Join(allAre(ctx, down.store, models.DeliveryPending), allAre(ctx, told.store, models.DeliveryDelivered)); err != nil {
		return nil, err
	}
	if asked, _ := takesItsTime.counts(); asked < rounds {
		return nil, fmt.Errorf("the slow receiver was asked %d times in %d rounds", asked, rounds)
	}
	return figuresOf(all[0], all[1:]...), nil
}

// allAre waits until all deliveries on record stand as they should.
func allAre(ctx context.Context, rows *store.Store, status models.DeliveryStatus) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		err := areNow(ctx, rows, status)
		if err == nil || wait(ctx, rest) != nil {
			return err
		}
	}
}

func areNow(ctx context.Context, rows *store.Store, status models.DeliveryStatus) error {
	for _, s := range []models.DeliveryStatus{models.DeliveryPending, models.DeliveryDelivered, models.DeliveryFailed, models.DeliverySkipped} {
		found, _, err := rows.Deliveries(ctx, store.DeliveryFilter{Status: s}, store.Page{Limit: 1})
		if err != nil {
			return err
		}
		if (len(found) > 0) != (s == status) {
			return fmt.Errorf("of deliveries that are %s there are %d, where all are to be %s", s, len(found), status)
		}
	}
	return nil
}

// round makes a call whose caller waits for several phones, and some that are over sooner.
func (c *toldCalls) round(ctx context.Context, counts bool) error {
	for i := range 1 + shortCalls {
		course := courseOf(false)
		if i > 0 {
			course.steps, course.rings = 0, rings/3
		}
		t, err := oneCall(ctx, c.installation, newCallSID(), course)
		if err != nil {
			return err
		}
		if counts {
			c.answer, c.firstDial, c.nextDial = append(c.answer, t.answer), append(c.firstDial, t.firstDial), append(c.nextDial, t.nextDials...)
		}
		time.Sleep(rest)
	}
	return nil
}

func figuresOf(plain *toldCalls, others ...*toldCalls) (figures []figure) {
	for _, c := range others {
		figures = append(figures,
			figureOf(c.name+": first answer", samples{c.answer, plain.answer}, alertRatio, 0),
			figureOf(c.name+": first dial", samples{c.firstDial, plain.firstDial}, alertRatio, 0),
			figureOf(c.name+": next dial", samples{c.nextDial, plain.nextDial}, alertRatio, 0))
	}
	return figures
}
