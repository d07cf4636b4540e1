package store_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
	"github.com/ringdown/ringdown/models/store/storetest"
)

// onSlack raises an alert whose incident has a channel on Slack.
func onSlack(t *testing.T, s *store.Store, a models.Alert) string {
	t.Helper()
	must[models.AlertRoute](t)(s.CreateAlertRoute(context.Background(), byCaller("Calls")))
	return must[models.Routed](t)(s.RaiseAlert(context.Background(), a, models.ChannelSlack)).Incidents[0]
}

// carryOut does what an incident's channel is to be told.
func carryOut(t *testing.T, s *store.Store, work store.ChannelWork) {
	t.Helper()
	ctx := context.Background()
	for _, p := range work.Participants {
		p.Status, p.ToldAt = models.InvitationSent, &noon
		if err := s.KeepParticipant(ctx, p); err != nil {
			t.Fatal(err)
		}
	}
	for _, m := range work.Messages {
		m.Status, m.Posted = models.MessagePosted, "1793534400.000100"
		if err := s.KeepMessage(ctx, m); err != nil {
			t.Fatal(err)
		}
	}
}

func TestWhatAChannelIsToBeToldIsKeptUntilItWas(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := store.As(context.Background(), operator)
		begins, goesOn, ends := story()
		id := onSlack(t, s, begins)
		pendingOf := func() (work store.ChannelWork, told []string) {
			t.Helper()
			work = must[store.ChannelWork](t)(s.ChannelWork(ctx, id))
			for _, p := range work.Participants {
				told = append(told, "invite "+p.Name)
			}
			for _, m := range work.Messages {
				told = append(told, m.Text)
			}
			return work, told
		}
		work, told := pendingOf()
		if want := []string{"invite Alice", "Call to Support from +447700900111 (Carol, GB).", "Alice (mobile) is rung."}; !slices.Equal(told, want) {
			t.Errorf("to be told: %q, want %q", told, want)
		}
		if !strings.HasPrefix(work.Headline, "INC-1 · Call to Support · minor · active\n") || !strings.Contains(work.Headline, "Alice (mobile) rings") {
			t.Errorf("headline %q", work.Headline)
		}
		same(t, must[models.Incident](t)(s.Incident(ctx, id)), work.Incident)
		carryOut(t, s, work)
		if work, told := pendingOf(); len(told) != 0 {
			t.Errorf("told already: %q of %+v", told, work.Incident)
		}

		if pending := record(t, s, goesOn); !slices.Equal(pending, []string{id}) {
			t.Errorf("somebody else is rung, and to be told is %v", pending)
		}
		if pending := record(t, s, goesOn); !slices.Equal(pending, []string{id}) {
			t.Errorf("it was not told yet, and to be told is %v", pending)
		}
		must[models.IncidentMessage](t)(s.AddMessage(ctx, id, "On it."))
		must[models.Participant](t)(s.AddParticipant(ctx, id, models.User{ID: "u3", Name: "Carol"}, "was added"))
		must[models.Incident](t)(s.ActOnIncident(ctx, id, models.IncidentClose, 0))
		work, told = pendingOf()
		want := []string{
			"invite Bob", "invite Carol", "Alice (mobile) did not answer.", "Bob (mobile) is rung.", "On it.", "Night desk closed the incident.",
		}
		if !slices.Equal(told, want) {
			t.Errorf("to be told: %q, want %q", told, want)
		}
		carryOut(t, s, work)
		if pending := record(t, s, goesOn); len(pending) != 0 {
			t.Errorf("nothing is new, and to be told is %v", pending)
		}
		if pending := record(t, s, ends); !slices.Equal(pending, []string{id}) {
			t.Errorf("the call has ended, and to be told is %v", pending)
		}
	})
}

func TestWhoPicksUpIsNewsOfAChannelThoughNoMessageSaysSo(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		id := onSlack(t, s, firing())
		carryOut(t, s, must[store.ChannelWork](t)(s.ChannelWork(ctx, id)))
		hears := firing()
		hears.Rings[0].State = models.PickedUp
		if pending := record(t, s, hears); !slices.Equal(pending, []string{id}) {
			t.Errorf("to be told is %v", pending)
		}
		if work := must[store.ChannelWork](t)(s.ChannelWork(ctx, id)); len(work.Messages) != 0 || !strings.Contains(work.Headline, "Alice (mobile) hears who calls") {
			t.Errorf("headline %q, and messages %v", work.Headline, work.Messages)
		}
	})
}

func TestAChannelIsKeptWithItsProvider(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		id := onSlack(t, s, firing())
		want := must[models.Incident](t)(s.Incident(ctx, id))
		channel := models.Channel{
			Provider: models.ChannelInternal, ID: "C0123", Name: "inc-1-call-to-support", URL: "https://slack.example.com/C0123",
			Headline: "1793534400.000200", ToldText: "INC-1", Fault: "\x00it is away",
		}
		for range 2 { // safe to repeat
			if err := s.KeepChannel(ctx, id, channel); err != nil {
				t.Fatal(err)
			}
		}
		want.Channel = channel
		want.Channel.Provider, want.Channel.Fault = models.ChannelSlack, "it is away"
		same(t, want, must[models.Incident](t)(s.Incident(ctx, id)))
		if changes := audit(t, s, store.ChangeFilter{NounID: id}); len(changes) != 0 {
			t.Errorf("audited: %v", changes)
		}
	})
}

func TestAnIncidentKeepsTheProviderThatItWasDeclaredWith(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		id := onSlack(t, s, firing())
		if joined := raise(t, s, firingNth(2, 1)).Incidents[0]; joined != id {
			t.Fatal("it is another incident")
		}
		if i := must[models.Incident](t)(s.Incident(ctx, id)); i.Channel.Provider != models.ChannelSlack {
			t.Errorf("the provider is %s", i.Channel.Provider)
		}
		if work := must[store.ChannelWork](t)(s.ChannelWork(ctx, id)); len(work.Messages) != 3 {
			t.Errorf("to be told: %v", work.Messages)
		}
	})
}

func TestAHeadlineCountsTheCallsThatItDoesNotTellOf(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		id := onSlack(t, s, firingNth(0, 0))
		for _, c := range []struct {
			calls int
			says  string
		}{{models.ShownAlerts, ""}, {models.ShownAlerts + 1, "\n1 earlier call\n"}, {215, "\n205 earlier calls\n"}} {
			for n := 1; n < c.calls; n++ {
				must[models.Routed](t)(s.RaiseAlert(ctx, firingNth(n, n), models.ChannelSlack))
			}
			headline := must[store.ChannelWork](t)(s.ChannelWork(ctx, id)).Headline
			if got := strings.Count(headline, "nobody is rung yet"); got != models.ShownAlerts || strings.Contains(headline, "earlier") != (c.says != "") || !strings.Contains(headline, c.says) {
				t.Errorf("of %d calls it tells of %d: %q", c.calls, got, headline)
			}
		}
	})
}

func TestWhatBecameOfInvitationsAndMessagesIsKept(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		id := onSlack(t, s, firing())
		work := must[store.ChannelWork](t)(s.ChannelWork(ctx, id))
		p, m := work.Participants[0], work.Messages[0]
		p.Status, p.Fault, p.ToldAt = models.InvitationNamed, "has no account there", &noon
		m.Status, m.Fault, m.Posted = models.MessageFailed, "is too long", "1"
		changedToo := p
		changedToo.Name, changedToo.Why = "Another", "for another reason"
		if err := errors.Join(s.KeepParticipant(ctx, changedToo), s.KeepMessage(ctx, m)); err != nil {
			t.Fatal(err)
		}
		same(t, []models.Participant{p}, must[[]models.Participant](t)(s.Participants(ctx, id)))
		messages, _, err := s.Messages(ctx, id, store.Page{})
		if err != nil {
			t.Fatal(err)
		}
		same(t, m, messages[0])
		p.UserID, m.ID = "nobody", "none"
		for _, err := range []error{s.KeepParticipant(ctx, p), s.KeepMessage(ctx, m), s.KeepChannel(ctx, "none", models.Channel{})} {
			if !errors.Is(err, models.ErrNotFound) {
				t.Errorf("what there is not: %v", err)
			}
		}
	})
}
