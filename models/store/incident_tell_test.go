package store_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
	"github.com/ringdown/ringdown/models/store/storetest"
)

// story is how the alert a1 comes along: its first phone rings, the next does, and the call ends.
func story() (begins, goesOn, ends models.Alert) {
	begins = firing()
	goesOn = firing()
	gaveUp := noon.Add(30 * time.Second)
	first, second := goesOn.Rings[0], ring("u2", "Bob", gaveUp)
	first.State, first.Result, first.EndedAt = models.Ending, models.ResultNoAnswer, &gaveUp
	goesOn.Rings = []models.Ring{first, second}
	ends = over(goesOn)
	return begins, goesOn, ends
}

func TestAnIncidentIsToldOfItsAlertHoweverOftenAndInWhateverOrder(t *testing.T) {
	begins, goesOn, ends := story()
	whole := []string{
		"ringdown: Call to Support from +447700900111 (Carol, GB).", "ringdown: Alice (mobile) is rung.",
		"ringdown: Alice (mobile) did not answer.", "ringdown: Bob (mobile) is rung.", "ringdown: The call ended after 1 min 0 s: nobody took it.",
	}
	for _, c := range []struct {
		name    string
		reports []models.Alert
		said    []string
		people  []string
	}{
		{"nothing new", []models.Alert{begins}, whole[:2], []string{"Alice"}},
		{"the next phone", []models.Alert{goesOn}, whole[:4], []string{"Alice", "Bob"}},
		{"the next phone, twice", []models.Alert{goesOn, goesOn}, whole[:4], []string{"Alice", "Bob"}},
		{"the end", []models.Alert{goesOn, ends, ends}, whole, []string{"Alice", "Bob"}},
		{"the end alone", []models.Alert{ends}, whole, []string{"Alice", "Bob"}},
		{"older word after the end", []models.Alert{ends, begins, goesOn}, whole, []string{"Alice", "Bob"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			storetest.Each(t, func(t *testing.T, s *store.Store) {
				ctx := context.Background()
				must[models.AlertRoute](t)(s.CreateAlertRoute(ctx, declaring("Calls")))
				id := raise(t, s, begins).Incidents[0]
				for _, report := range c.reports {
					if pending := record(t, s, report); len(pending) != 0 {
						t.Errorf("a channel is to be told, and there is none: %v", pending)
					}
				}
				if got := said(t, s, id); !slices.Equal(got, c.said) {
					t.Errorf("said %q, want %q", got, c.said)
				}
				var people []string
				for _, p := range must[[]models.Participant](t)(s.Participants(ctx, id)) {
					people = append(people, p.Name)
				}
				if !slices.Equal(people, c.people) {
					t.Errorf("invited %v, want %v", people, c.people)
				}
			})
		})
	}
}

func TestSomebodyWhoIsRungByTwoCallsIsInvitedOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		must[models.AlertRoute](t)(s.CreateAlertRoute(ctx, byCaller("Calls")))
		id := raise(t, s, firing()).Incidents[0]
		again := firingNth(2, 1)
		again.RouteName, again.Rings = "Sales", []models.Ring{ring("u1", "Alice", again.StartedAt), ring("u1", "Alice", again.StartedAt.Add(time.Second))}
		raise(t, s, again)
		people := must[[]models.Participant](t)(s.Participants(ctx, id))
		if len(people) != 1 || people[0].Why != `was rung by call route "Support"` || !people[0].InvitedAt.Equal(noon.Add(5*time.Second)) {
			t.Errorf("invited: %+v", people)
		}
	})
}

func TestWhoCouldNotBeHadInAChannelIsInvitedAnewOnceForEachLaterAlert(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		id := onSlack(t, s, firing())
		alice := func() models.Participant {
			t.Helper()
			return must[[]models.Participant](t)(s.Participants(ctx, id))[0]
		}
		settle := func(status models.InvitationStatus) {
			t.Helper()
			p := alice()
			p.Status, p.Fault, p.ToldAt = status, "has no account there", &noon
			if err := s.KeepParticipant(ctx, p); err != nil {
				t.Fatal(err)
			}
		}
		second, third := firingNth(2, 1), firingNth(3, 2)
		second.RouteName = "Sales"
		for _, a := range []*models.Alert{&second, &third} {
			a.Rings = []models.Ring{ring("u1", "Alice", a.StartedAt)}
		}
		rung := func(a models.Alert) models.Alert { // once more
			a.Rings = append(slices.Clone(a.Rings), models.Ring{Attempt: "2.u1.1.1", UserID: "u1", Name: "Alice", Label: "desk", At: noon.Add(time.Hour), State: models.Ringing})
			return a
		}
		for _, c := range []struct {
			name   string
			status models.InvitationStatus
			does   func() []string
			anew   bool
		}{
			{"the same alert again", models.InvitationFailed, func() []string { return record(t, s, over(firing())) }, false},
			{"a later alert, while they are there", models.InvitationSent, func() []string { return record(t, s, second) }, false},
			{"a later alert", models.InvitationFailed, func() []string {
				return must[models.Routed](t)(s.RaiseAlert(ctx, second, models.ChannelSlack)).Incidents
			}, true},
			{"it again", models.InvitationFailed, func() []string { return record(t, s, second) }, false},
			{"it again, with another phone of theirs", models.InvitationNamed, func() []string { return record(t, s, rung(second)) }, false},
			{"the earlier one again", models.InvitationNamed, func() []string { return record(t, s, rung(firing())) }, false},
			{"a still later alert, when they have no account", models.InvitationNamed, func() []string {
				must[models.Routed](t)(s.RaiseAlert(ctx, firingNth(3, 2), models.ChannelSlack)) // nobody is rung yet
				return record(t, s, third)
			}, false},
			{"a still later alert", models.InvitationFailed, func() []string { return record(t, s, third) }, true},
		} {
			settle(c.status)
			before := alice()
			pending := c.does()
			now := alice()
			if !c.anew {
				same(t, before, now)
				continue
			}
			if now.Status != models.InvitationPending || now.Fault != "" || now.ToldAt != nil || !now.InvitedAt.After(before.InvitedAt) || !slices.Contains(pending, id) {
				t.Errorf("%s: invited %+v, to be told is %v", c.name, now, pending)
			}
		}
		if why := alice().Why; why != `was rung by call route "Support"` {
			t.Errorf("Alice %s", why)
		}
	})
}

func TestTriageIsDeclinedWhenTheLastOfItsAlertsHasResolved(t *testing.T) {
	const declined = "ringdown: Declined: every call that it is about has ended."
	for _, c := range []struct {
		name     string
		triage   bool
		decline  bool
		reports  []models.Alert
		want     models.IncidentStatus
		declined bool
	}{
		{"one call goes on", true, true, []models.Alert{over(firingNth(1, 0))}, models.IncidentTriage, false},
		{"both have ended", true, true, []models.Alert{over(firingNth(1, 0)), over(firingNth(2, 1))}, models.IncidentDeclined, true},
		{"both have ended, told twice", true, true, []models.Alert{over(firingNth(2, 1)), over(firingNth(2, 1)), over(firingNth(1, 0)), over(firingNth(1, 0))}, models.IncidentDeclined, true},
		{"it is not to be declined", true, false, []models.Alert{over(firingNth(1, 0)), over(firingNth(2, 1))}, models.IncidentTriage, false},
		{"it is not in triage", false, true, []models.Alert{over(firingNth(1, 0)), over(firingNth(2, 1))}, models.IncidentActive, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			storetest.Each(t, func(t *testing.T, s *store.Store) {
				ctx := context.Background()
				route := byCaller("Calls")
				route.Incident.StartInTriage, route.Incident.DeclineTriageWhenResolved = c.triage, c.decline
				must[models.AlertRoute](t)(s.CreateAlertRoute(ctx, route))
				id := raise(t, s, firingNth(1, 0)).Incidents[0]
				raise(t, s, firingNth(2, 1))
				for _, report := range c.reports {
					record(t, s, report)
				}
				i := must[models.Incident](t)(s.Incident(ctx, id))
				if i.Status != c.want || (i.EndedAt != nil) != c.declined || (i.Version == 2) != c.declined {
					t.Errorf("it is %+v", i)
				}
				if slices.Contains(said(t, s, id), declined) != c.declined {
					t.Errorf("said %q", said(t, s, id))
				}
				changes := audit(t, s, store.ChangeFilter{NounID: id})
				if !c.declined && len(changes) > 0 || c.declined && (len(changes) != 1 || changes[0].Action != "decline" || changes[0].By.Name != "ringdown") {
					t.Errorf("audited: %v", changes)
				}
			})
		})
	}
}

func TestWhatSomebodyReopenedIsNotDeclinedByLateWord(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		route := declaring("Calls")
		route.Incident.StartInTriage, route.Incident.DeclineTriageWhenResolved = true, true
		must[models.AlertRoute](t)(s.CreateAlertRoute(ctx, route))
		id := raise(t, s, firing()).Incidents[0]
		record(t, s, resolved())
		must[models.Incident](t)(s.ActOnIncident(ctx, id, models.IncidentReopen, 0))
		late := resolved()
		late.Voicemail = &models.Voicemail{Status: models.RecordingReady, Seconds: 12, Transcribe: models.TranscriptNone}
		record(t, s, late)
		raise(t, s, firing())
		if i := must[models.Incident](t)(s.Incident(ctx, id)); i.Status != models.IncidentTriage || i.EndedAt != nil {
			t.Errorf("it is %s, ended %v", i.Status, i.EndedAt)
		}
		if !slices.Contains(said(t, s, id), "ringdown: The caller left a message of 12 s.") {
			t.Errorf("said %q", said(t, s, id))
		}
	})
}

func TestOfTwoAlertsThatResolveAtOnceOneDeclines(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		route := byCaller("Calls")
		route.Incident.StartInTriage, route.Incident.DeclineTriageWhenResolved = true, true
		must[models.AlertRoute](t)(s.CreateAlertRoute(ctx, route))
		const rounds, calls = 10, 4
		for round := range rounds {
			nth := func(i int) models.Alert {
				a := firingNth(round*calls+i, round*100)
				a.Rings = []models.Ring{ring("u2", "Bob", noon), ring("u1", "Alice", noon)}
				if i%2 == 0 {
					slices.Reverse(a.Rings)
				}
				return a
			}
			var id string
			for i := range calls {
				a := nth(i)
				a.Rings = nil
				id = raise(t, s, a).Incidents[0]
			}
			atOnce(t, calls, func(i int) error {
				_, err := s.RecordAlert(ctx, over(nth(i)))
				return err
			})
			if i := must[models.Incident](t)(s.Incident(ctx, id)); i.Status != models.IncidentDeclined || i.Version != 2 {
				t.Fatalf("round %d: it is %s in version %d", round, i.Status, i.Version)
			}
		}
	})
}

func TestAlertsAreRaisedResolvedAndWorkedOnAtOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		route := byCaller("Calls")
		route.Incident.StartInTriage, route.Incident.DeclineTriageWhenResolved = true, true
		must[models.AlertRoute](t)(s.CreateAlertRoute(ctx, route))
		id := raise(t, s, firingNth(0, 0)).Incidents[0]
		atOnce(t, 24, func(n int) error {
			a := firingNth(n, 0)
			a.Rings = []models.Ring{ring("u1", "Alice", noon), ring("u2", "Bob", noon)}
			_, err := s.RaiseAlert(ctx, a, models.ChannelSlack)
			if err == nil {
				_, err = s.RecordAlert(ctx, over(a))
			}
			if err == nil {
				_, err = s.AddParticipant(ctx, id, models.User{ID: "u2", Name: "Bob"}, "was added")
			}
			if err == nil {
				err = s.KeepChannel(ctx, id, models.Channel{Name: "inc-1"})
			}
			_, _ = s.ActOnIncident(ctx, id, models.IncidentReopen, 0) // or it is open
			return err
		})
		for n, i := range incidents(t, s) {
			if i.Number != n+1 {
				t.Errorf("incident %d has the number %d", n+1, i.Number)
			}
		}
	})
}
