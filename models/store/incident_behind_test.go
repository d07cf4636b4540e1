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

func TestChannelsThatAreBehindAreFound(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		must[models.AlertRoute](t)(s.CreateAlertRoute(ctx, declaring("Calls")))
		now := time.Now()
		declare := func(n int, provider models.ChannelProvider) string {
			t.Helper()
			a := firingNth(n, 0)
			a.Rings = []models.Ring{ring("u1", "Alice", now.Add(-time.Minute))}
			return must[models.Routed](t)(s.RaiseAlert(ctx, a, provider)).Incidents[0]
		}
		opened := func(id string) string {
			t.Helper()
			carryOut(t, s, must[store.ChannelWork](t)(s.ChannelWork(ctx, id)))
			if err := s.KeepChannel(ctx, id, models.Channel{ID: "C" + id}); err != nil {
				t.Fatal(err)
			}
			return id
		}
		declare(1, models.ChannelInternal)
		told := opened(declare(2, models.ChannelSlack))
		noChannel := declare(3, models.ChannelSlack)
		carryOut(t, s, must[store.ChannelWork](t)(s.ChannelWork(ctx, noChannel)))
		written := opened(declare(4, models.ChannelSlack))
		must[models.IncidentMessage](t)(s.AddMessage(ctx, written, "On it."))
		invited := opened(declare(5, models.ChannelSlack))
		must[models.Participant](t)(s.AddParticipant(ctx, invited, models.User{ID: "u2", Name: "Bob"}, "was added"))
		both := declare(6, models.ChannelSlack)

		ids := func(since time.Time, limit int) (found []string) {
			t.Helper()
			behind := must[[]models.Behind](t)(s.ChannelsBehind(ctx, since, limit))
			for i, b := range behind {
				found = append(found, b.IncidentID)
				if b.Since.Before(now.Add(-time.Millisecond)) || b.Since.After(time.Now()) || i > 0 && b.Since.After(behind[i-1].Since) {
					t.Errorf("%s has been behind since %v", b.IncidentID, b.Since)
				}
			}
			return found
		}
		if got, want := ids(now.Add(-models.BehindFor), 100), []string{both, invited, written, noChannel}; !slices.Equal(got, want) {
			t.Errorf("behind are %v, want %v; %s was told", got, want, told)
		}
		if got, want := ids(now.Add(-models.BehindFor), 1), []string{both, invited}; !slices.Contains(got, want[0]) || slices.Contains(got, noChannel) {
			t.Errorf("of each kind one: %v, want %v", got, want)
		}
		if got := ids(time.Now().Add(time.Minute), 100); len(got) != 0 {
			t.Errorf("since then: %v", got)
		}
		opened(both)
		opened(written)
		if got, want := ids(now.Add(-models.BehindFor), 100), []string{invited, noChannel}; !slices.Equal(got, want) {
			t.Errorf("behind are %v, want %v", got, want)
		}
	})
}
