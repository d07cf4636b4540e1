package store_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
	"github.com/ringdown/ringdown/models/store/storetest"
)

func firing() models.Alert {
	return models.Alert{
		ID: "a1", CarrierCallID: "CA1", RouteID: "r1", Title: "Call to Support", Number: "+12025550199", Caller: "+447700900111",
		Country: "GB", Status: models.AlertFiring, Dialled: []string{"u1"}, StartedAt: noon,
		CallID: "c1", SourceID: "s1", RouteName: "Support", CallerName: "Carol", CallerListed: true, Verstat: "TN-Validation-Passed-A",
		Rings: []models.Ring{ring("u1", "Alice", noon.Add(5*time.Second))}, IncidentIDs: []string{},
	}
}

// ring is a phone that rings.
func ring(userID, name string, at time.Time) models.Ring {
	return models.Ring{Attempt: "1." + userID + ".1.1", UserID: userID, Name: name, Label: "mobile", Level: 1, At: at, State: models.Ringing}
}

func resolved() models.Alert {
	a, over := firing(), noon.Add(time.Minute)
	met := noon.Add(20 * time.Second)
	a.AnsweredAt = &met
	a.Status, a.Outcome, a.AnsweredBy, a.Dialled, a.ResolvedAt = models.AlertResolved, models.Connected, "u2", []string{"u1", "u2"}, &over
	return a
}

func TestAnAlertFiresOnceAndResolvesForGood(t *testing.T) {
	again := firing()
	again.ID, again.Dialled, again.StartedAt = "a2", []string{"u1", "u2"}, noon.Add(time.Hour)
	firingAgain := again
	firingAgain.ID, firingAgain.StartedAt = "a1", noon

	cases := []struct {
		name    string
		reports []models.Alert
		want    models.Alert
	}{
		{"fires", []models.Alert{firing()}, firing()},
		{"fires twice", []models.Alert{firing(), firing()}, firing()},
		{"knows more later", []models.Alert{firing(), again}, firingAgain},
		{"resolves", []models.Alert{firing(), resolved()}, resolved()},
		{"resolves twice", []models.Alert{firing(), resolved(), resolved()}, resolved()},
		{"resolves without having fired", []models.Alert{resolved()}, resolved()},
		{"never fires again", []models.Alert{resolved(), firing(), again}, resolved()},
	}
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		for _, c := range cases {
			t.Run(c.name, func(t *testing.T) {
				of := func(a models.Alert) models.Alert { // each case is a call of its own
					a.ID, a.CarrierCallID = a.ID+c.name, c.name
					return a
				}
				for _, report := range c.reports {
					record(t, s, of(report))
				}
				got, err := s.AlertByCall(context.Background(), c.name)
				if err != nil {
					t.Fatal(err)
				}
				same(t, of(c.want), got)
			})
		}
	})
}

func TestAnAlertWithoutAnIDIsGivenOne(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		a := firing()
		a.ID = ""
		record(t, s, a)
		if got, err := s.AlertByCall(context.Background(), "CA1"); err != nil || got.ID == "" {
			t.Errorf("id %q, %v", got.ID, err)
		}
	})
}

func TestAnAlertResolvesWhileOldReportsComeIn(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		atOnce(t, 8, func(i int) error {
			report := firing()
			if i == 4 {
				report = resolved()
			}
			_, err := s.RecordAlert(context.Background(), report)
			return err
		})
		got, err := s.AlertByCall(context.Background(), "CA1")
		if err != nil || got.Status != models.AlertResolved || got.ResolvedAt == nil {
			t.Errorf("%v, %v", got, err)
		}
	})
}

func TestACallWithoutAnAlertHasNone(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		if _, err := s.AlertByCall(context.Background(), "CA1"); !errors.Is(err, models.ErrNotFound) {
			t.Error(err)
		}
	})
}

func TestAReportThatComesWithoutWhatIsKnownTakesNothingAway(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		route := must[models.AlertRoute](t)(s.CreateAlertRoute(ctx, declaring("Calls")))
		raised := raise(t, s, firing())
		report := resolved()
		report.SourceID, report.CallID, report.RouteName, report.IncidentIDs = "", "", "", nil
		record(t, s, report)
		want := resolved()
		want.SourceID, want.IncidentIDs = theSource(t, s).ID, raised.Incidents
		if len(raised.Incidents) != 1 {
			t.Fatalf("alert route %s made incidents %v", route.ID, raised.Incidents)
		}
		same(t, want, must[models.Alert](t)(s.Alert(ctx, "a1")))
	})
}

// record writes what is known of an alert, and answers which channels are to be told.
func record(t *testing.T, s *store.Store, a models.Alert) []string {
	t.Helper()
	return must[[]string](t)(s.RecordAlert(context.Background(), a))
}

// raise raises an alert whose people talk by the API alone.
func raise(t *testing.T, s *store.Store, a models.Alert) models.Routed {
	t.Helper()
	return must[models.Routed](t)(s.RaiseAlert(context.Background(), a, models.ChannelInternal))
}
