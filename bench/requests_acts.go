package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/ringdown/ringdown/models"
	"golang.org/x/sync/errgroup"
)

// actPause lets what an act has left to be done be done: reviewers do not act all at once.
const actPause = 20 * time.Millisecond

// requestsAct is how fast an act of a reviewer is answered.
type requestsAct struct {
	Name    string  `json:"name"`
	Held    bool    `json:"held"` // its runs were in memory
	Samples int     `json:"samples"`
	Took    spread  `json:"took"`              // without the carrier's own time
	Carrier float64 `json:"carrier_median_ms"` // its own time
	Missed  int64   `json:"runs_read_anew"`    // from their histories
}

// reviewerAct is something that a reviewer does with a request.
type reviewerAct struct {
	name, path, body string
	candidate        bool // of those that the carrier sells, one is named
	buys             bool // a number is set up after it
}

var reviewerActs = []reviewerAct{
	{name: "ask", path: "ask", body: `{"question":"Which area code would do as well?","fields":["area_code"]}`},
	{name: "comment", path: "comment", body: `{"text":"Facilities know of it.","internal":true}`},
	{name: "reject", path: "reject", body: `{"reason":"The site closes in spring."}`},
	{name: "approve, any number", path: "approve", body: `{"choose":true}`, buys: true},
	{name: "approve, a candidate", path: "approve", candidate: true, buys: true},
}

// act does each thing n times to requests whose runs are not in memory, and half as often to some whose runs are. Each
// request is acted upon once, beginning with those that nobody has touched for longest.
func (d *desk) act(ctx context.Context, n int) (acts []requestsAct, err error) {
	left := d.requests
	for _, a := range reviewerActs {
		for _, held := range []bool{false, true} {
			times := n
			if held {
				times = n / 2
			}
			_, _ = fmt.Fprintf(d.progress, "requests: %d times %s, %s\n", times, a.name, inMemory(held))
			ids := left[:times]
			left = left[times:]
			if held {
				if err := d.touch(ctx, ids); err != nil {
					return nil, err
				}
			}
			found, err := d.actOn(ctx, a, ids)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", a.name, err)
			}
			found.Held = held
			acts = append(acts, found)
		}
	}
	return acts, nil
}

// touch has the runs of requests in memory.
func (d *desk) touch(ctx context.Context, ids []string) error {
	touching, within := errgroup.WithContext(ctx)
	touching.SetLimit(requestsAtOnce)
	for _, id := range ids {
		touching.Go(func() error {
			return d.ask(within, http.MethodPost, "/v1/number-requests/"+id+"/comment", "", `{"text":"It is looked at.","internal":true}`, new(any))
		})
	}
	if err := touching.Wait(); err != nil {
		return err
	}
	return wait(ctx, time.Second)
}

// actOn does one thing to each of some requests, one after another.
func (d *desk) actOn(ctx context.Context, a reviewerAct, ids []string) (found requestsAct, err error) {
	before, err := askUsage(ctx, d.address)
	if err != nil {
		return found, err
	}
	var took, carrier []time.Duration
	for _, id := range ids {
		body := a.body
		if a.candidate {
			if body, err = d.candidate(ctx, id); err != nil {
				return found, err
			}
		}
		sold, began := d.carrier.took.Load(), time.Now()
		if err := d.ask(ctx, http.MethodPost, "/v1/number-requests/"+id+"/"+a.path, "act on "+id, body, new(any)); err != nil {
			return found, err
		}
		whole, asked := time.Since(began), time.Duration(0)
		if a.candidate { // otherwise nobody waits for the carrier, whose numbers are looked for afterwards
			asked = time.Duration(d.carrier.took.Load() - sold)
		}
		took, carrier = append(took, whole-asked), append(carrier, asked)
		if a.buys {
			if err := d.untilActive(ctx, id); err != nil {
				return found, err
			}
		}
		if err := wait(ctx, actPause); err != nil {
			return found, err
		}
	}
	after, err := askUsage(ctx, d.address)
	return requestsAct{
		Name: a.name, Samples: len(took), Took: spreadOf(took), Carrier: quantile(carrier, 0.5), Missed: after.Missed - before.Missed,
	}, err
}

// candidate approves a request with the first number that is for sale for it.
func (d *desk) candidate(ctx context.Context, id string) (body string, err error) {
	var sold struct {
		Items []models.Candidate `json:"items"`
	}
	if err := d.ask(ctx, http.MethodGet, "/v1/number-requests/"+id+"/candidates?limit=5", "", "", &sold); err != nil {
		return "", err
	}
	if len(sold.Items) == 0 {
		return "", errors.New("the carrier sells no number any more")
	}
	said, err := json.Marshal(map[string]string{"candidate": string(sold.Items[0].Number)})
	return string(said), err
}

// untilActive waits until a request has its number.
func (d *desk) untilActive(ctx context.Context, id string) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		var r models.NumberRequest
		if err := d.ask(ctx, http.MethodGet, "/v1/number-requests/"+id, "", "", &r); err != nil {
			return err
		}
		switch r.Status {
		case models.RequestActive:
			return nil
		case models.RequestFailed, models.RequestInReview:
			return fmt.Errorf("its number was not set up: %s", r.Reason)
		}
		if err := wait(ctx, actPause); err != nil {
			return fmt.Errorf("it is still %s: %w", r.Status, err)
		}
	}
}
