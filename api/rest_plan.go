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
	Warnings           []models.Warning   `json:"warnings" doc:"What is allowed but risky"`
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
	at, refusal := a.instant(in.At), models.RefusalReason("")
	directory, err := a.store.RouteDirectory(ctx, route, at)
	if err != nil {
		return nil, err
	}
	if in.Caller != "" {
		caller, err := phoneInQuery("caller", in.Caller)
		if err != nil {
			return nil, err
		}
		if refusal, err = a.refusal(ctx, route, caller, models.VouchedFor, at); err != nil {
			return nil, err
		}
	}
	plan := a.freeze(route, directory, at, 0)
	return &plain[routePlan]{Body: routePlan{
		At: plan.At, Refusal: string(refusal), Levels: plan.Levels, Skipped: append([]models.Skipped{}, plan.Skipped...),
		LongestWaitSeconds: int(plan.LongestWait().Seconds()),
		Warnings:           route.Defaults().Warnings(plan, directory),
	}}, nil
}

// refusal says why a caller would not be let in at an instant, empty when they would. caller is
// empty when withheld, verstat what the network says of the number.
func (a *rest) refusal(ctx context.Context, r models.Route, caller models.Phone, verstat string, at time.Time) (models.RefusalReason, error) {
	known, err := a.store.CallerFacts(ctx, r.ID, caller, "", at)
	if err != nil {
		return "", err
	}
	return r.Defaults().Refuses(caller, verstat, known), nil
}

// freeze is the plan of a call that would arrive at an instant.
func (a *rest) freeze(r models.Route, d models.Directory, at time.Time, seed uint32) models.Plan {
	plan := models.MakePlan(r.Defaults(), d.Numbers[r.PhoneNumberID].Number, d, at, seed)
	plan.CallsPerSecond = a.callsPerSecond
	return plan
}
