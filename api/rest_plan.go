package api

import (
	"context"
	"fmt"
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
		Warnings:           warnings(route, plan, directory),
	}}, nil
}

func freeze(r models.Route, d models.Directory, at time.Time) models.Plan {
	return models.MakePlan(r.Defaults(), d.Numbers[r.PhoneNumberID].Number, d, at)
}

// warnings lists what is allowed but risky about a route, whose plan tells about the present.
func warnings(r models.Route, p models.Plan, d models.Directory) []string {
	found := []string{}
	warn := func(format string, args ...any) { found = append(found, fmt.Sprintf(format, args...)) }
	if !r.Enabled {
		warn("The route is switched off.")
	}
	if r.PhoneNumberID == "" {
		warn("The route has no phone number, so nobody can call it.")
	}
	for i, level := range r.Levels {
		if len(p.Levels[i].People) == 0 {
			warn("Level %d rings nobody at this time.", i+1)
		}
		told := map[string]bool{}
		for _, id := range namedBy(level, d) {
			if user := d.Users[id]; !told[id] && user.Unreachable() != "" {
				warn("Level %d never rings %s, who %s.", i+1, nameOf(user), user.Unreachable())
			}
			told[id] = true
		}
	}
	if !r.Accept.Required {
		warn("Responders are asked for no key, so a mailbox can take the call.")
	}
	if r.EmergencyNumber == "" {
		warn("There is no emergency number, so a caller reaches nobody while this service is away.")
	}
	return found
}

// namedBy lists the users that a level names now or at another time.
func namedBy(level models.Level, d models.Directory) []string {
	var ids []string
	for _, target := range level.Targets {
		if target.Type == models.TargetUser {
			ids = append(ids, target.UserID)
			continue
		}
		for _, rotation := range d.Schedules[target.ScheduleID].Rotations {
			ids = append(ids, rotation.Users...)
		}
	}
	return ids
}

func nameOf(u models.User) string {
	if u.Name == "" {
		return "a person no longer in the directory"
	}
	return u.Name
}
