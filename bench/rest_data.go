package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
	"golang.org/x/sync/errgroup"
)

// How much a company has that the REST API is measured with.
const (
	restUsers     = 1000
	restSchedules = 100 // of 20 people each
	restRoutes    = 100 // of two levels, each a schedule
	restCalls     = 100_000
)

// company is what the requests ask for: ids of rows that are there.
type company struct {
	users, schedules, routes, calls []string
}

// found fills a database.
func found(ctx context.Context, s *store.Store, progress io.Writer) (company, error) {
	var c company
	for i := range restUsers {
		user, err := s.CreateUser(ctx, models.User{
			Name: fmt.Sprintf("Person %04d", i), Email: fmt.Sprintf("person%d@example.com", i), TimeZone: "Europe/London",
			Phones:        []models.UserPhone{{Label: "mobile", Number: fictional(i)}},
			OnCallLicence: true, Active: true,
		})
		if err != nil {
			return c, err
		}
		c.users = append(c.users, user.ID)
	}
	for i := range restSchedules {
		schedule, err := s.CreateSchedule(ctx, scheduleOf(i, c.users))
		if err != nil {
			return c, err
		}
		c.schedules = append(c.schedules, schedule.ID)
	}
	for i := range restRoutes {
		number, err := s.CreateNumber(ctx, models.PhoneNumber{
			Number: fictional(restUsers + i), Name: fmt.Sprintf("Line %03d", i), Status: models.NumberActive,
		})
		if err != nil {
			return c, err
		}
		level := func(n int) models.Level {
			return models.Level{Targets: []models.Target{{Type: models.TargetSchedule, ScheduleID: c.schedules[n%restSchedules], Mode: models.CurrentlyOnCall}}}
		}
		route, err := s.CreateRoute(ctx, models.Route{
			Name: fmt.Sprintf("Route %03d", i), PhoneNumberID: number.ID, Enabled: true,
			Accept: models.Acceptance{Required: true}, Levels: []models.Level{level(i), level(i + 1)},
		}.Defaults())
		if err != nil {
			return c, err
		}
		c.routes = append(c.routes, route.ID)
	}
	_, _ = fmt.Fprintf(progress, "REST: %d calls are written\n", restCalls)
	return c, c.addCalls(ctx, s)
}

// addCalls writes the calls of some months, eight at a time.
func (c *company) addCalls(ctx context.Context, s *store.Store) error {
	outcomes := []models.Outcome{models.Connected, models.Connected, models.Unanswered, models.Abandoned, models.Voicemailed}
	c.calls = make([]string, restCalls)
	begin := time.Now().Add(-restCalls * time.Minute)
	var writers errgroup.Group
	writers.SetLimit(8)
	for i := range restCalls {
		writers.Go(func() error {
			at := begin.Add(time.Duration(i) * time.Minute)
			end := at.Add(40 * time.Second)
			c.calls[i] = fmt.Sprintf("01900000-0000-7000-8000-%012d", i)
			return s.RecordCall(ctx, models.Call{
				ID: c.calls[i], CarrierCallID: fmt.Sprintf("CA%032d", i), RouteID: c.routes[i%restRoutes], RouteName: "Route",
				Caller: fictional(i % 5000), Number: fictional(restUsers + i%restRoutes), Country: "US",
				Stage: models.StageEnded, Outcome: outcomes[i%len(outcomes)], StartedAt: at, EndedAt: &end,
				Timeline: []models.Moment{{At: at, What: "the call arrived"}, {At: end, What: "the call ended"}},
			})
		})
	}
	return writers.Wait()
}

func scheduleOf(i int, users []string) models.Schedule {
	team := make([]string, 20)
	for seat := range team {
		team[seat] = users[(i*7+seat*11)%len(users)]
	}
	return models.Schedule{
		Name: fmt.Sprintf("Schedule %03d", i), TimeZone: "Europe/London",
		Rotations: []models.Rotation{{
			Name: "weekly", Users: team, Seats: 1,
			Handover: models.Handover{
				StartsAt: models.LocalTime(time.Date(2024, time.January, 1, 9, 0, 0, 0, time.UTC)),
				Every:    []models.Cadence{{Unit: "weeks", Count: 1}},
			},
		}},
	}
}

// fictional is a number of an area code's 555-01xx, which no phone has.
func fictional(i int) models.Phone {
	return models.Phone(fmt.Sprintf("+1%d55501%02d", 202+i/100, i%100))
}
