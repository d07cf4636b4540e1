package store_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
	"github.com/ringdown/ringdown/models/store/storetest"
)

// firingNth is the alert of the nth call of one caller, so many minutes after noon.
func firingNth(n, minutes int) models.Alert {
	a := firing()
	a.ID, a.CarrierCallID, a.CallID = fmt.Sprint("a", n), fmt.Sprint("CA", n), fmt.Sprint("c", n)
	a.StartedAt, a.Rings = noon.Add(time.Duration(minutes)*time.Minute), []models.Ring{}
	return a
}

func over(a models.Alert) models.Alert {
	end := a.StartedAt.Add(time.Minute)
	a.Status, a.Outcome, a.ResolvedAt = models.AlertResolved, models.Unanswered, &end
	return a
}

// byCaller groups the alerts of one caller for an hour.
func byCaller(name string) models.AlertRoute {
	r := declaring(name)
	r.Incident.Grouping.By = []models.Attribute{models.AttrCaller}
	return r
}

// incidents are all incidents, the first declared first.
func incidents(t *testing.T, s *store.Store) []models.Incident {
	t.Helper()
	all, next, err := s.Incidents(context.Background(), store.IncidentFilter{}, store.Page{Limit: 200})
	if err != nil || next != "" {
		t.Fatalf("next %q, %v", next, err)
	}
	slices.SortFunc(all, func(a, b models.Incident) int { return a.Number - b.Number })
	return all
}

// said are the messages of an incident, with who said them.
func said(t *testing.T, s *store.Store, incidentID string) (texts []string) {
	t.Helper()
	messages, _, err := s.Messages(context.Background(), incidentID, store.Page{Limit: 200})
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range messages {
		texts = append(texts, m.Author+": "+m.Text)
	}
	return texts
}

func TestAnAlertIsRaisedOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		route := declaring("Calls")
		route.Incident.StartInTriage, route.Incident.Severity, route.Incident.Summary = true, models.SeverityMajor, "From {{caller}}."
		route = must[models.AlertRoute](t)(s.CreateAlertRoute(ctx, route))
		told := must[models.Receiver](t)(s.CreateReceiver(ctx, hook("Desk")))
		off := hook("Switched off")
		off.Enabled = false
		must[models.Receiver](t)(s.CreateReceiver(ctx, off))

		began := time.Now().Add(-time.Millisecond)
		first := raise(t, s, firing())
		if !slices.Equal(first.Labels, []string{"INC-1"}) {
			t.Errorf("called %q", first.Labels)
		}
		for range 2 {
			same(t, first, raise(t, s, firing()))
		}
		if want := []models.ReceiverRef{{ID: told.ID, Name: "Desk", Type: models.ReceiverWebhook}}; !slices.Equal(first.Receivers, want) {
			t.Errorf("receivers %v", first.Receivers)
		}
		all := incidents(t, s)
		if len(all) != 1 || !slices.Equal(first.Incidents, []string{all[0].ID}) {
			t.Fatalf("%v of %v", first.Incidents, all)
		}
		i := all[0]
		if i.CreatedAt.Before(began) || !i.UpdatedAt.Equal(i.CreatedAt) {
			t.Errorf("declared at %v", i.CreatedAt)
		}
		same(t, models.Incident{
			ID: i.ID, Number: 1, Name: "Call to Support", Summary: "From +447700900111.", Severity: models.SeverityMajor, Status: models.IncidentTriage,
			AlertRouteID: route.ID, Channel: models.Channel{Provider: models.ChannelInternal}, LastAlertAt: noon, Version: 1,
			CreatedAt: i.CreatedAt, UpdatedAt: i.UpdatedAt,
		}, i)

		links := must[[]models.IncidentAlert](t)(s.IncidentLinks(ctx, "a1"))
		same(t, []models.IncidentAlert{{IncidentID: i.ID, AlertID: "a1", AlertRouteID: route.ID, LinkedAt: links[0].LinkedAt}}, links)
		want := firing()
		want.SourceID, want.IncidentIDs = theSource(t, s).ID, []string{i.ID}
		same(t, want, must[models.Alert](t)(s.Alert(ctx, "a1")))
		same(t, []models.Alert{want}, must[[]models.Alert](t)(s.AlertsOf(ctx, i.ID)))

		people := must[[]models.Participant](t)(s.Participants(ctx, i.ID))
		same(t, []models.Participant{{
			IncidentID: i.ID, UserID: "u1", Name: "Alice", Why: `was rung by call route "Support"`, InvitedAt: noon.Add(5 * time.Second),
			Status: models.InvitationSent, ToldAt: people[0].ToldAt,
		}}, people)
		if people[0].ToldAt == nil {
			t.Error("nobody was told at once")
		}
		wantSaid := []string{"ringdown: Call to Support from +447700900111 (Carol, GB).", "ringdown: Alice (mobile) is rung."}
		if got := said(t, s, i.ID); !slices.Equal(got, wantSaid) {
			t.Errorf("said %q", got)
		}
	})
}

func TestWhatWasDecidedAboutAnAlertStandsWhateverChangesAfterwards(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		if first := raise(t, s, firing()); len(first.Incidents) != 0 || first.Incidents == nil || first.Labels == nil || first.Receivers == nil {
			t.Errorf("without alert routes: %#v", first)
		}
		route := must[models.AlertRoute](t)(s.CreateAlertRoute(ctx, declaring("Calls")))
		if again := raise(t, s, firing()); len(again.Incidents) != 0 {
			t.Errorf("an alert route that came later took it: %v", again)
		}
		second := raise(t, s, firingNth(2, 1))
		if err := s.DeleteAlertRoute(ctx, route.ID, 0); err != nil {
			t.Fatal(err)
		}
		same(t, second, raise(t, s, firingNth(2, 1)))
		if all := incidents(t, s); len(all) != 1 {
			t.Errorf("incidents %v", all)
		}
	})
}

func TestAnAlertThatIsOnRecordAlreadyIsRoutedWhenItIsRaised(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		route := declaring("Calls")
		route.Incident.StartInTriage, route.Incident.DeclineTriageWhenResolved = true, true
		must[models.AlertRoute](t)(s.CreateAlertRoute(ctx, route))
		record(t, s, resolved())
		routed := raise(t, s, firing())
		a := must[models.Alert](t)(s.Alert(ctx, "a1"))
		if len(routed.Incidents) != 1 || a.Status != models.AlertResolved || !slices.Equal(a.IncidentIDs, routed.Incidents) {
			t.Fatalf("routed to %v, kept %+v", routed, a)
		}
		if i := must[models.Incident](t)(s.Incident(ctx, routed.Incidents[0])); i.Status != models.IncidentDeclined {
			t.Errorf("the call was over, and the incident is %s", i.Status)
		}
	})
}

func TestAlertsThatBelongTogetherShareAnIncident(t *testing.T) {
	other := func(n, minutes int) models.Alert {
		a := firingNth(n, minutes)
		a.Caller = "+447700900112"
		return a
	}
	withheld := func(n, minutes int) models.Alert {
		a := firingNth(n, minutes)
		a.Caller = ""
		return a
	}
	for _, c := range []struct {
		name   string
		alerts []models.Alert
		want   []int // the number of each one's incident
	}{
		{"within the window", []models.Alert{firingNth(1, 0), firingNth(2, 59)}, []int{1, 1}},
		{"the window begins anew with each", []models.Alert{firingNth(1, 0), firingNth(2, 59), firingNth(3, 118)}, []int{1, 1, 1}},
		{"after the window", []models.Alert{firingNth(1, 0), firingNth(2, 60)}, []int{1, 2}},
		{"one that started earlier is late", []models.Alert{firingNth(1, 30), firingNth(2, 0), firingNth(3, 89)}, []int{1, 1, 1}},
		{"the newest incident takes them", []models.Alert{firingNth(1, 0), firingNth(2, 70), firingNth(3, 71)}, []int{1, 2, 2}},
		{"another caller", []models.Alert{firingNth(1, 0), other(2, 1), firingNth(3, 2), other(4, 3)}, []int{1, 2, 1, 2}},
		{"who withholds their number is nobody in particular", []models.Alert{withheld(1, 0), withheld(2, 1)}, []int{1, 2}},
	} {
		t.Run(c.name, func(t *testing.T) {
			storetest.Each(t, func(t *testing.T, s *store.Store) {
				must[models.AlertRoute](t)(s.CreateAlertRoute(context.Background(), byCaller("Calls")))
				var got []int
				for _, a := range c.alerts {
					d := models.RouteAlert(must[[]models.AlertRoute](t)(s.AllAlertRoutes(context.Background())), a)[0].Declares
					foreseen, err := s.IncidentTaking(context.Background(), *d, a.StartedAt)
					id := raise(t, s, a).Incidents[0]
					if known := errors.Is(err, models.ErrNotFound); err != nil && !known || err == nil && foreseen.ID != id {
						t.Errorf("%s was to join %s, %v, and is in %s", a.ID, foreseen.ID, err, id)
					}
					got = append(got, must[models.Incident](t)(s.Incident(context.Background(), id)).Number)
					links := must[[]models.IncidentAlert](t)(s.IncidentLinks(context.Background(), a.ID))
					if joined := slices.Contains(got[:len(got)-1], got[len(got)-1]); len(links) != 1 || links[0].Joined != joined || (err == nil) != joined {
						t.Errorf("%s is linked as %+v", a.ID, links)
					}
				}
				if !slices.Equal(got, c.want) {
					t.Errorf("incidents %v, want %v", got, c.want)
				}
			})
		})
	}
}

func TestAnIncidentThatIsOverTakesInNoAlert(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		must[models.AlertRoute](t)(s.CreateAlertRoute(ctx, byCaller("Calls")))
		first := raise(t, s, firingNth(1, 0)).Incidents[0]
		must[models.Incident](t)(s.ActOnIncident(ctx, first, models.IncidentClose, 0))
		second := raise(t, s, firingNth(2, 1)).Incidents[0]
		if second == first {
			t.Fatal("a closed incident took it in")
		}
		must[models.Incident](t)(s.ActOnIncident(ctx, second, models.IncidentClose, 0))
		must[models.Incident](t)(s.ActOnIncident(ctx, first, models.IncidentReopen, 0))
		if third := raise(t, s, firingNth(3, 2)).Incidents[0]; third != first {
			t.Error("a reopened incident did not take it in")
		}
	})
}

func TestAnAlertMayMakeSeveralIncidents(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		for i, name := range []string{"First", "Second", "Third"} {
			route := byCaller(name)
			route.Position, route.LaterToo, route.Incident.Name = i, i == 0, models.Template(name)
			must[models.AlertRoute](t)(s.CreateAlertRoute(ctx, route))
		}
		ids := raise(t, s, firing()).Incidents
		var names []string
		for _, id := range ids {
			names = append(names, must[models.Incident](t)(s.Incident(ctx, id)).Name)
			if len(said(t, s, id)) != 2 || len(must[[]models.Participant](t)(s.Participants(ctx, id))) != 1 {
				t.Errorf("incident %s is not told", id)
			}
		}
		if !slices.Equal(names, []string{"First", "Second"}) {
			t.Errorf("incidents %v", names)
		}
		again := raise(t, s, firingNth(2, 1))
		if !slices.Equal(again.Incidents, ids) || !slices.Equal(again.Labels, []string{"INC-1", "INC-2"}) {
			t.Errorf("the next joined %v, which are called %q, want %v", again.Incidents, again.Labels, ids)
		}
		must[models.Incident](t)(s.ActOnIncident(ctx, ids[0], models.IncidentClose, 0))
		third := raise(t, s, firingNth(3, 2))
		if want := []string{"INC-3", "INC-2"}; !slices.Equal(third.Labels, want) {
			t.Errorf("called %q, want %q", third.Labels, want)
		}
		same(t, third, raise(t, s, firingNth(3, 2)))
	})
}

// A call that nobody could decide is announced again, and its run has another id than its row.
func TestAnAlertNamesTheRowOfItsCall(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		arrives := func(n int) string {
			call := arriving()
			call.CarrierCallID = fmt.Sprint("CA", n)
			if err := s.Arrive(ctx, call); err != nil {
				t.Fatal(err)
			}
			return must[models.Call](t)(s.CallByCarrierID(ctx, call.CarrierCallID)).ID
		}
		names := func(when string, n int, want string) {
			t.Helper()
			if got := must[models.Alert](t)(s.Alert(ctx, fmt.Sprint("a", n))).CallID; got != want {
				t.Errorf("%s: the alert is of call %s, want %s", when, got, want)
			}
		}
		first, second := arrives(1), arrives(2)
		raise(t, s, firingNth(1, 0))
		names("raised", 1, first)
		raise(t, s, firingNth(1, 0))
		record(t, s, over(firingNth(1, 0)))
		names("recorded after it was raised", 1, first)
		record(t, s, firingNth(2, 0))
		names("recorded before it is raised", 2, second)
		raise(t, s, firingNth(3, 0))
		names("raised before there is a row", 3, "c3")
		third := arrives(3)
		record(t, s, over(firingNth(3, 0)))
		names("recorded since there is a row", 3, third)
	})
}

func TestAlertsOfOneGroupAtOnceShareAnIncident(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		must[models.AlertRoute](t)(s.CreateAlertRoute(ctx, byCaller("Calls")))
		const callers, calls = 4, 6
		var mu sync.Mutex
		taken := map[models.Phone]map[string]bool{}
		atOnce(t, callers*calls, func(n int) error {
			a := firingNth(n, 0)
			a.Caller = models.Phone(fmt.Sprintf("+4477009001%02d", n%callers))
			a.Rings = []models.Ring{ring("u2", "Bob", noon), ring("u1", "Alice", noon)}
			if n%2 == 0 {
				slices.Reverse(a.Rings)
			}
			routed, err := s.RaiseAlert(ctx, a, models.ChannelInternal)
			if err != nil {
				return err
			}
			mu.Lock()
			defer mu.Unlock()
			if taken[a.Caller] == nil {
				taken[a.Caller] = map[string]bool{}
			}
			taken[a.Caller][routed.Incidents[0]] = true
			return nil
		})
		for caller, ids := range taken {
			if len(ids) != 1 {
				t.Errorf("the calls of %s have %d incidents", string(caller), len(ids))
			}
		}
		all := incidents(t, s)
		if len(all) != callers {
			t.Fatalf("%d incidents", len(all))
		}
		for n, i := range all {
			if i.Number != n+1 {
				t.Errorf("incident %d of %d has the number %d", n+1, callers, i.Number)
			}
			if alerts := must[[]models.Alert](t)(s.AlertsOf(ctx, i.ID)); len(alerts) != calls {
				t.Errorf("%s has %d alerts", i.Label(), len(alerts))
			}
		}
	})
}

func TestOneAlertThatIsRaisedAtOnceByManyIsRaisedOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		must[models.AlertRoute](t)(s.CreateAlertRoute(context.Background(), declaring("Calls")))
		atOnce(t, 8, func(i int) error {
			if i%2 == 0 {
				_, err := s.RecordAlert(context.Background(), firing())
				return err
			}
			_, err := s.RaiseAlert(context.Background(), firing(), models.ChannelInternal)
			return err
		})
		all := incidents(t, s)
		if len(all) != 1 || len(said(t, s, all[0].ID)) != 2 {
			t.Errorf("incidents %v", all)
		}
	})
}
