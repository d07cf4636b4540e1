package main

import (
	"context"
	"time"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
)

// spareNumber is a number that the simulated account owns and nobody has imported yet.
const spareNumber = models.Phone("+12025550119")

var storePage = store.Page{Limit: 200}

// seedDemo makes four people, a schedule with a weekly rotation, and a number for each of three
// routes, so that each can be called.
func seedDemo(ctx context.Context, s *store.Store) error {
	people := map[string]string{}
	for _, p := range []struct {
		name   string
		number models.Phone
	}{{"Alice", "+12025550101"}, {"Bob", "+12025550102"}, {"Carol", "+12025550103"}, {"Dan", "+12025550104"}} {
		user, err := s.CreateUser(ctx, models.User{
			Name: p.name, Email: p.name + "@example.com", TimeZone: "Europe/London", OnCallLicence: true, Active: true,
			Phones: []models.UserPhone{{Label: "mobile", Number: p.number}},
		})
		if err != nil {
			return err
		}
		people[p.name] = user.ID
	}
	schedule, err := s.CreateSchedule(ctx, models.Schedule{
		Name: "Platform", TimeZone: "Europe/London",
		Rotations: []models.Rotation{{
			Name: "Weekly", Users: []string{people["Carol"], people["Dan"]}, Seats: 1,
			Handover: models.Handover{
				StartsAt: models.LocalTime(time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)),
				Every:    []models.Cadence{{Unit: "weeks", Count: 1}},
			},
		}},
	})
	if err != nil {
		return err
	}
	user := func(name string) models.Target { return models.Target{Type: models.TargetUser, UserID: people[name]} }
	onCall := models.Target{Type: models.TargetSchedule, ScheduleID: schedule.ID}
	level := func(targets ...models.Target) models.Level { return models.Level{Targets: targets} }
	for _, demo := range []struct {
		number models.Phone
		route  models.Route
	}{
		{"+12025550110", models.Route{
			Name: "Production down", Keypress: models.Keypress{Enabled: true, Key: "1"},
			Levels: []models.Level{level(user("Alice")), level(user("Bob"), onCall)},
		}},
		{"+12025550111", models.Route{
			Name: "Partner line",
			Allowlist: models.Allowlist{Enabled: true, Callers: []models.AllowedCaller{
				{Name: "Partner's operations", Number: "+447700900123"}}},
			Levels: []models.Level{level(user("Alice"), user("Bob"))},
		}},
		{"+12025550112", models.Route{Name: "Platform on call", Levels: []models.Level{level(onCall), level(user("Alice"))}}},
	} {
		number, err := s.CreateNumber(ctx, models.PhoneNumber{
			Number: demo.number, Name: demo.route.Name, Country: "US", Type: "local", Status: models.NumberActive,
		})
		if err != nil {
			return err
		}
		demo.route.PhoneNumberID, demo.route.Enabled = number.ID, true
		demo.route.Accept = models.Acceptance{Required: true}
		if _, err := s.CreateRoute(ctx, demo.route.Defaults()); err != nil {
			return err
		}
	}
	return nil
}

func allNumbers(ctx context.Context, s *store.Store) ([]models.PhoneNumber, error) {
	numbers, _, err := s.Numbers(ctx, storePage)
	return numbers, err
}
