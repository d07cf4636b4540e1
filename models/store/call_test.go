package store_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
	"github.com/ringdown/ringdown/models/store/storetest"
)

var noon = time.Date(2026, 11, 1, 12, 0, 0, 654321000, time.UTC)

func arriving() models.Call {
	return models.Call{
		CarrierCallID: "CA1", RouteID: "r1", RouteName: "Support", Caller: "+447700900111", Number: "+12025550199",
		Country: "GB", Verstat: "TN-Validation-Passed-A", Stage: models.StageArriving, StartedAt: noon,
	}
}

// ended is the record of the same call, from a workflow in another zone with finer clocks.
func ended() models.Call {
	zone := time.FixedZone("", -5*3600)
	connected, over := noon.Add(20*time.Second).In(zone), noon.Add(80*time.Second+999).In(zone)
	c := arriving()
	c.Stage, c.Outcome, c.Reason, c.AnsweredBy, c.AlertID = models.StageEnded, models.Connected, "why not", "u1", "a1"
	c.StartedAt, c.ConnectedAt, c.EndedAt = noon.Add(time.Second).In(zone), &connected, &over
	c.Plan = &models.Plan{At: noon, RouteName: "Support", Number: "+12025550199", Levels: []models.PlanLevel{{
		People: []models.Person{{UserID: "u1", Name: "Alice", Phones: []models.UserPhone{{Label: "mobile", Number: "+447700900123"}}}},
	}}, Pace: 2.5}
	c.Attempts = []models.AttemptRecord{{
		Attempt: c.Plan.Attempts()[0], State: models.Accepted, Result: models.ResultPickedUp, Leg: "CA2", Keys: []string{"5", "1"}, DialledAt: noon, PickedUpAt: &noon,
	}}
	c.Timeline = []models.Moment{{At: noon, What: "rings Alice, mobile", Attempt: "1.u1.1.1"}}
	return c
}

// kept is a call as it reads back.
func kept(c models.Call, id string, started time.Time) models.Call {
	c.ID, c.StartedAt = id, started
	for _, at := range []**time.Time{&c.ConnectedAt, &c.EndedAt} {
		if *at != nil {
			utc := (*at).UTC().Truncate(time.Microsecond)
			*at = &utc
		}
	}
	return c
}

func TestACallArrivesAndIsRecorded(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		late := arriving()
		late.Caller, late.StartedAt = "+447700900999", noon.Add(time.Hour)
		for _, c := range []models.Call{arriving(), arriving(), late} {
			if err := s.Arrive(ctx, c); err != nil {
				t.Fatal(err)
			}
		}
		live, err := s.CallByCarrierID(ctx, "CA1")
		if err != nil {
			t.Fatal(err)
		}
		same(t, kept(arriving(), live.ID, noon), live)
		for range 2 {
			if err := s.RecordCall(ctx, ended()); err != nil {
				t.Fatal(err)
			}
			got, err := s.Call(ctx, live.ID)
			if err != nil {
				t.Fatal(err)
			}
			same(t, kept(ended(), live.ID, noon), got)
			if got.StartedAt.Location() != time.UTC || got.EndedAt.Location() != time.UTC {
				t.Errorf("times are read in %v and %v", got.StartedAt.Location(), got.EndedAt.Location())
			}
		}
		if err := s.Arrive(ctx, arriving()); err != nil {
			t.Fatal(err)
		}
		got, err := s.Call(ctx, live.ID)
		if err != nil {
			t.Fatal(err)
		}
		same(t, kept(ended(), live.ID, noon), got)
	})
}

func TestACallIsRecordedWithoutItsArrival(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		c := ended()
		c.ID = "c1"
		for range 2 {
			if err := s.RecordCall(ctx, c); err != nil {
				t.Fatal(err)
			}
		}
		got, err := s.CallByCarrierID(ctx, "CA1")
		if err != nil {
			t.Fatal(err)
		}
		same(t, kept(c, "c1", noon.Add(time.Second)), got)
	})
}

func TestACallThatIsNotThereIsNotFound(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		for _, id := range []string{"", "none", "a\x00b"} {
			if _, err := s.Call(context.Background(), id); !errors.Is(err, models.ErrNotFound) {
				t.Errorf("id %q: %v", id, err)
			}
			if _, err := s.CallByCarrierID(context.Background(), id); !errors.Is(err, models.ErrNotFound) {
				t.Errorf("carrier's id %q: %v", id, err)
			}
		}
		if err := s.Arrive(context.Background(), models.Call{}); err == nil {
			t.Error("a call without the carrier's id was kept")
		}
	})
}

func TestArrivingAndRecordingAtOnceKeepsOneWholeRow(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		for i := range 20 {
			sid := fmt.Sprintf("CA%d", i)
			atOnce(t, 6, func(n int) error {
				c := arriving()
				if n%2 == 0 {
					c = ended()
				}
				c.CarrierCallID = sid
				if n%2 == 0 {
					return s.RecordCall(ctx, c)
				}
				return s.Arrive(ctx, c)
			})
			got, err := s.CallByCarrierID(ctx, sid)
			if err != nil {
				t.Fatal(err)
			}
			if got.Outcome != models.Connected || got.EndedAt == nil || len(got.Timeline) != 1 {
				t.Errorf("the record was lost: %v", got)
			}
		}
		if n, err := s.CountCalls(ctx, store.CallFilter{}); n != 20 || err != nil {
			t.Errorf("%d calls, %v", n, err)
		}
	})
}

func TestCallsAreFiltered(t *testing.T) {
	yes, no := true, false
	cases := []struct {
		name   string
		filter store.CallFilter
		want   []string
	}{
		{"everything", store.CallFilter{}, []string{"CA4", "CA3", "CA2", "CA1"}},
		{"of a route", store.CallFilter{RouteID: "r2"}, []string{"CA4", "CA2"}},
		{"with an outcome", store.CallFilter{Outcome: models.Abandoned}, []string{"CA2"}},
		{"of a caller", store.CallFilter{Caller: "+447700900102"}, []string{"CA2"}},
		{"to a number", store.CallFilter{Number: "+12025550103"}, []string{"CA3"}},
		{"from an instant, in another zone", store.CallFilter{From: noon.Add(3 * time.Minute).In(time.FixedZone("", 9*3600))}, []string{"CA4", "CA3"}},
		{"to an instant, without it", store.CallFilter{To: noon.Add(3 * time.Minute).In(time.FixedZone("", -9*3600))}, []string{"CA2", "CA1"}},
		{"between two instants", store.CallFilter{From: noon.Add(2 * time.Minute), To: noon.Add(3*time.Minute + 1)}, []string{"CA2"}},
		{"between more", store.CallFilter{From: noon.Add(2 * time.Minute), To: noon.Add(3*time.Minute + time.Microsecond)}, []string{"CA3", "CA2"}},
		{"live", store.CallFilter{Live: &yes}, []string{"CA4", "CA3"}},
		{"over", store.CallFilter{Live: &no}, []string{"CA2", "CA1"}},
		{"several at once", store.CallFilter{Live: &yes, RouteID: "r2", From: noon}, []string{"CA4"}},
		{"nothing", store.CallFilter{RouteID: "' OR 1=1 --"}, nil},
		{"what no database holds", store.CallFilter{Caller: "\x00"}, nil},
	}
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		for i := 1; i <= 4; i++ {
			c := ended()
			c.CarrierCallID, c.Caller = fmt.Sprintf("CA%d", i), models.Phone(fmt.Sprintf("+44770090010%d", i))
			c.Number = models.Phone(fmt.Sprintf("+1202555010%d", i))
			c.RouteID, c.StartedAt = []string{"r2", "r1"}[i%2], noon.Add(time.Duration(i)*time.Minute)
			if i == 2 {
				c.Outcome = models.Abandoned
			}
			if i > 2 {
				c.EndedAt = nil
			}
			if err := s.RecordCall(ctx, c); err != nil {
				t.Fatal(err)
			}
		}
		for _, c := range cases {
			calls, _, err := s.Calls(ctx, c.filter, store.Page{})
			if err != nil {
				t.Errorf("%s: %v", c.name, err)
			}
			var got []string
			for _, call := range calls {
				got = append(got, call.CarrierCallID)
				if call.Plan != nil || call.Attempts != nil || call.Timeline != nil || call.RouteName == "" {
					t.Errorf("%s: a list shows %v", c.name, call)
				}
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("%s: %v, want %v", c.name, got, c.want)
			}
			if n, err := s.CountCalls(ctx, c.filter); n != len(c.want) || err != nil {
				t.Errorf("%s: counts %d, %v", c.name, n, err)
			}
		}
	})
}

func TestCallsAreFoundByTheirEnd(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		var ids []string
		for i := range 4 {
			c := ended()
			over := noon.Add(time.Duration(i) * time.Minute)
			c.ID, c.CarrierCallID, c.EndedAt = fmt.Sprint("c", i), fmt.Sprint("CA", i), &over
			if i == 3 {
				c.EndedAt = nil
			}
			if err := s.RecordCall(ctx, c); err != nil {
				t.Fatal(err)
			}
			ids = append(ids, c.ID)
		}
		check := func(what string, calls []models.Call, err error, want ...string) {
			t.Helper()
			var got []string
			for _, c := range calls {
				got = append(got, c.ID)
				if c.Plan != nil || c.Attempts != nil || c.Timeline != nil {
					t.Errorf("%s: %v comes whole", what, c.ID)
				}
			}
			if err != nil || !slices.Equal(got, want) {
				t.Errorf("%s: %v, %v, want %v", what, got, err, want)
			}
		}
		calls, err := s.EndedCalls(ctx, noon, 10)
		check("all", calls, err, "c2", "c1", "c0")
		calls, err = s.EndedCalls(ctx, noon.Add(time.Minute).In(time.FixedZone("", 9*3600)), 10)
		check("from an instant on", calls, err, "c2", "c1")
		calls, err = s.EndedCalls(ctx, noon, 1)
		check("the last", calls, err, "c2")
		calls, err = s.CallsByID(ctx, append(ids[2:], "none"))
		slices.SortFunc(calls, func(a, b models.Call) int { return strings.Compare(a.ID, b.ID) })
		check("by id", calls, err, "c2", "c3")
		calls, err = s.CallsByID(ctx, nil)
		check("by no id", calls, err)
	})
}

func TestTheEndOfACallIsNotedOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := store.As(context.Background(), models.Actor{KeyID: "k1", Name: "Olga"})
		for _, id := range []string{"c1", "c2"} {
			c := arriving()
			c.ID, c.CarrierCallID = id, "CA of "+id
			if err := s.Arrive(ctx, c); err != nil {
				t.Fatal(err)
			}
		}
		atOnce(t, 6, func(i int) error { return s.NoteEnd(ctx, []string{"c1", "c2"}[i%2]) })
		for _, id := range []string{"c1", "c2"} {
			changes, _, err := s.Changes(ctx, store.ChangeFilter{NounID: id}, store.Page{})
			if err != nil || len(changes) != 1 || changes[0].Action != "end" || changes[0].Noun != "call" || changes[0].By.Name != "Olga" {
				t.Errorf("%s: %+v, %v", id, changes, err)
			}
		}
		if err := s.NoteEnd(ctx, "none"); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("of no call: %v", err)
		}
	})
}
