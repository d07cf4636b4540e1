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
	Warnings           []string           `json:"warnings" doc:"What is allowed but risky, a sentence each"`
}

func (a *rest) plan(ctx context.Context, in *atInput) (*plain[routePlan], error) {
	route, err := a.store.Route(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	directory, err := a.store.Directory(ctx)
	if err != nil {
		return nil, err
	}
	plan := freeze(route, directory, a.instant(in.At))
	return &plain[routePlan]{Body: routePlan{
		At: plan.At, Levels: plan.Levels, Skipped: append([]models.Skipped{}, plan.Skipped...),
		LongestWaitSeconds: int(plan.LongestWait().Seconds()),
		Warnings:           route.Warnings(plan, directory),
	}}, nil
}

func freeze(r models.Route, d models.Directory, at time.Time) models.Plan {
	return models.MakePlan(r.Defaults(), d.Numbers[r.PhoneNumberID].Number, d, at)
}
