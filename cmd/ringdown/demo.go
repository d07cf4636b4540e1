package main

import (
	"context"
	"time"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
)

// lastResortNumber is where the demo forwards a call that nobody took.
const lastResortNumber = models.Phone("+12025550105")

// spareNumbers are numbers that the simulated account owns and nobody has imported yet.
var spareNumbers = []models.Phone{"+12025550119", "+12025550118"}

var storePage = store.Page{Limit: 200}

// seedDemo makes four people, a schedule with a weekly rotation, and a number for each of six
// routes, so that each can be called: together they show every way to ring and to end. An alert route makes
// an incident of every call; who rings again within ten minutes joins it.
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
	inWay := func(way models.Strategy, targets ...models.Target) models.Level {
		return models.Level{Strategy: way, Targets: targets}
	}
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
		{"+12025550113", models.Route{
			Name: "Everybody at once", Language: "en-US",
			Levels: []models.Level{inWay(models.AllAtOnce, user("Alice"), user("Bob"), user("Carol"))},
			Nobody: models.Nobody{Action: models.NobodyVoicemail},
		}},
		{"+12025550114", models.Route{
			Name:            "One after another, overlapping",
			Levels:          []models.Level{inWay(models.Staggered, user("Alice"), user("Bob"), user("Carol"))},
			Nobody:          models.Nobody{Action: models.NobodyForward, Number: lastResortNumber},
			EmergencyNumber: lastResortNumber,
		}},
		{"+12025550115", models.Route{Name: "Messages only", Nobody: models.Nobody{Action: models.NobodyVoicemail}}},
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
	_, err = s.CreateAlertRoute(ctx, models.AlertRoute{
		Name: "Calls", Enabled: true, Position: 100, // after what people add
		Incident: models.IncidentRule{
			Declare: true, StartInTriage: true, Summary: "A call from {{country}} to {{number}}.",
			Grouping: models.Grouping{By: []models.Attribute{models.AttrCallRoute, models.AttrCaller}, WindowSeconds: 600},
		},
	}.Defaults())
	return err
}

func allNumbers(ctx context.Context, s *store.Store) ([]models.PhoneNumber, error) {
	numbers, _, err := s.Numbers(ctx, storePage)
	return numbers, err
}
