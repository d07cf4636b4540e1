package api

import (
	"context"
	"time"

	"github.com/ringdown/ringdown/models"
)

// routePlan is whom a call to a route would ring at an instant.
type routePlan struct {
	At                 time.Time          `json:"at"`
	Levels             []models.PlanLevel `json:"levels" doc:"Each level's people in ring order"`
	Skipped            []models.Skipped   `json:"skipped" doc:"Who is named but not rung, and why"`
	LongestWaitSeconds int                `json:"longest_wait_seconds" doc:"The longest a caller can wait until the last phone was tried"`
	Refusal            string             `json:"refusal,omitempty" doc:"Why this caller would not be let in"`
	Warnings           []string           `json:"warnings" doc:"What is allowed but risky, a sentence each"`
}

type planInput struct {
	ID     string    `path:"id"`
	At     time.Time `query:"at" doc:"The instant to look at; now when left out"`
	Caller string    `query:"caller" doc:"Whether this number would be let in too; E.164"`
}

func (a *rest) plan(ctx context.Context, in *planInput) (*plain[routePlan], error) {
	route, err := a.store.Route(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	directory, err := a.store.Directory(ctx)
	if err != nil {
		return nil, err
	}
	at := a.instant(in.At)
	refusal, err := a.refusal(ctx, route.Defaults(), in.Caller, at)
	if err != nil {
		return nil, err
	}
	plan := freeze(route, directory, at)
	plan.CallsPerSecond = a.callsPerSecond
	return &plain[routePlan]{Body: routePlan{
		At: plan.At, Refusal: refusal, Levels: plan.Levels, Skipped: append([]models.Skipped{}, plan.Skipped...),
		LongestWaitSeconds: int(plan.LongestWait().Seconds()),
		Warnings:           route.Warnings(plan, directory),
	}}, nil
}

// refusal says why a caller would not be let in at an instant, empty when they would. Their network
// is taken to vouch for them.
func (a *rest) refusal(ctx context.Context, r models.Route, caller string, at time.Time) (string, error) {
	if caller == "" {
		return "", nil
	}
	number, err := phoneInQuery("caller", caller)
	if err != nil {
		return "", err
	}
	known, err := a.store.CallerFacts(ctx, r.ID, number, "", at)
	if err != nil {
		return "", err
	}
	return string(r.Refuses(number, models.VouchedFor, known)), nil
}

func freeze(r models.Route, d models.Directory, at time.Time) models.Plan {
	return models.MakePlan(r.Defaults(), d.Numbers[r.PhoneNumberID].Number, d, at, 0)
}
