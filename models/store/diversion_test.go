package store_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
	"github.com/ringdown/ringdown/models/store/storetest"
)

func TestADiversionIsClaimedOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		if err := s.Arrive(ctx, arriving()); err != nil {
			t.Fatal(err)
		}
		claims := make(chan time.Time, 8)
		atOnce(t, 8, func(i int) error {
			at := noon.Add(time.Duration(i) * time.Second)
			claimed, err := s.Divert(ctx, "CA1", at)
			if claimed {
				claims <- at
			}
			return err
		})
		close(claims)
		if len(claims) != 1 {
			t.Fatalf("%d claimed it", len(claims))
		}
		first := <-claims
		if got := must[models.Call](t)(s.CallByCarrierID(ctx, "CA1")); got.DivertedAt == nil || !got.DivertedAt.Equal(first) {
			t.Errorf("diverted at %v, claimed at %v", got.DivertedAt, first)
		}
		if claimed, err := s.Divert(ctx, "CA9", noon); claimed || err != nil {
			t.Errorf("a call that never arrived: claimed %v, %v", claimed, err)
		}
		if n, err := s.CountCalls(ctx, store.CallFilter{}); n != 1 || err != nil {
			t.Errorf("%d calls, %v", n, err)
		}
	})
}

func TestADiversionIsNeverLost(t *testing.T) {
	plain := arriving()
	plain.Room = "room-1"
	diverted := func(second int) models.Call { // in another zone, and finer than the database
		c, at := arriving(), noon.Add(time.Duration(second)*time.Second+999).In(time.FixedZone("", 9*3600))
		c.DivertedAt = &at
		return c
	}
	nameless := ended() // a record as it comes from a run: without what only the row knows
	cases := []struct {
		name   string
		writes func(*store.Store, context.Context) []error
		at     int // seconds past noon
		room   string
	}{
		{"it arrives diverted", func(s *store.Store, ctx context.Context) []error {
			return []error{s.Arrive(ctx, diverted(5))}
		}, 5, ""},
		{"it arrives, then again diverted", func(s *store.Store, ctx context.Context) []error {
			return []error{s.Arrive(ctx, plain), s.Arrive(ctx, diverted(5))}
		}, 5, "room-1"},
		{"the first diversion stands", func(s *store.Store, ctx context.Context) []error {
			return []error{s.Arrive(ctx, diverted(5)), s.Arrive(ctx, diverted(9)), s.Arrive(ctx, plain)}
		}, 5, ""},
		{"it is diverted, then recorded", func(s *store.Store, ctx context.Context) []error {
			_, err := s.Divert(ctx, "CA1", noon)
			return []error{s.Arrive(ctx, plain), s.Arrive(ctx, diverted(5)), err, s.RecordCall(ctx, nameless), s.RecordCall(ctx, nameless)}
		}, 5, "room-1"},
		{"it is recorded, then its diversion comes in", func(s *store.Store, ctx context.Context) []error {
			return []error{s.RecordCall(ctx, nameless), s.Arrive(ctx, diverted(5))}
		}, 5, ""},
		{"its record knows another time", func(s *store.Store, ctx context.Context) []error {
			late := nameless
			late.DivertedAt, late.Room = diverted(9).DivertedAt, "room-2"
			return []error{s.Arrive(ctx, diverted(5)), s.RecordCall(ctx, late)}
		}, 5, "room-2"},
		{"only its record knows", func(s *store.Store, ctx context.Context) []error {
			late := nameless
			late.DivertedAt = diverted(9).DivertedAt
			return []error{s.Arrive(ctx, plain), s.RecordCall(ctx, late)}
		}, 9, "room-1"},
	}
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		for _, c := range cases {
			t.Run(c.name, func(t *testing.T) {
				if err := s.Writer().Exec("DELETE FROM calls").Error; err != nil {
					t.Fatal(err)
				}
				for _, err := range c.writes(s, ctx) {
					if err != nil {
						t.Fatal(err)
					}
				}
				got := must[models.Call](t)(s.CallByCarrierID(ctx, "CA1"))
				want := noon.Add(time.Duration(c.at) * time.Second)
				if got.DivertedAt == nil || !got.DivertedAt.Equal(want) || got.DivertedAt.Location() != time.UTC || got.Room != c.room {
					t.Errorf("diverted at %v in room %q, want %v and %q", got.DivertedAt, got.Room, want, c.room)
				}
				if untold := must[[]models.Call](t)(s.Untold(ctx)); len(untold) != 1 {
					t.Errorf("%d runs are to be told", len(untold))
				}
			})
		}
	})
}

func TestRunsAreToldOfTheirDiversionOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		untold := func() (sids []string) {
			t.Helper()
			for _, c := range must[[]models.Call](t)(s.Untold(ctx)) {
				if c.ID == "" || c.RouteID != "r1" || c.DivertedAt == nil {
					t.Errorf("it lists %v", c)
				}
				sids = append(sids, c.CarrierCallID)
			}
			return sids
		}
		for i := 1; i <= 3; i++ {
			sid := fmt.Sprintf("CA%d", i)
			if err := s.Arrive(ctx, earlier(sid, time.Minute)); err != nil {
				t.Fatal(err)
			}
			if i < 3 { // CA2 before CA1
				must[bool](t)(s.Divert(ctx, sid, noon.Add(-time.Duration(i)*time.Second)))
			}
		}
		if got := untold(); !slices.Equal(got, []string{"CA2", "CA1"}) {
			t.Errorf("to be told: %v", got)
		}
		for range 2 {
			if err := s.Told(ctx, "CA2"); err != nil {
				t.Fatal(err)
			}
		}
		record := ended()
		record.CarrierCallID = "CA2"
		if err := s.RecordCall(ctx, record); err != nil { // which says nothing of having been told
			t.Fatal(err)
		}
		if got := untold(); !slices.Equal(got, []string{"CA1"}) {
			t.Errorf("still to be told: %v", got)
		}
		if err := s.Told(ctx, "CA9"); err != nil {
			t.Errorf("a call that is not there: %v", err)
		}
	})
}

func TestAClaimMayBeWithdrawnUntilTheRunIsTold(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		if err := s.Arrive(ctx, earlier("CA1", time.Minute)); err != nil {
			t.Fatal(err)
		}
		diverted := func(want bool) {
			t.Helper()
			if got, err := s.Diverted(ctx, "CA1"); err != nil || got != want {
				t.Errorf("diverted %v (%v), want %v", got, err, want)
			}
		}
		diverted(false)
		must[bool](t)(s.Divert(ctx, "CA1", noon))
		diverted(true)
		for range 2 {
			if err := s.Undivert(ctx, "CA1"); err != nil {
				t.Fatal(err)
			}
			diverted(false)
		}
		if !must[bool](t)(s.Divert(ctx, "CA1", noon)) {
			t.Error("it cannot be claimed again")
		}
		for _, settle := range []func(context.Context, string) error{s.Told, s.Undivert} {
			if err := settle(ctx, "CA1"); err != nil {
				t.Fatal(err)
			}
			diverted(true)
		}
		if got, err := s.Diverted(ctx, "CA9"); got || err != nil {
			t.Errorf("a call that is not there is diverted %v (%v)", got, err)
		}
	})
}

func TestWhetherAnotherCallOfTheNumberGoesOn(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		alone := func(want bool) {
			t.Helper()
			if got, err := s.AloneOn(ctx, "CA1", earlier("", 0).Number); err != nil || got != want {
				t.Errorf("alone %v (%v), want %v", got, err, want)
			}
		}
		alone(true) // no arrival is written yet
		elsewhere := earlier("CA2", time.Minute)
		elsewhere.Number = "+12025550177"
		for _, call := range []models.Call{earlier("CA1", time.Minute), elsewhere} {
			if err := s.Arrive(ctx, call); err != nil {
				t.Fatal(err)
			}
		}
		alone(true)
		if err := s.Arrive(ctx, earlier("CA3", time.Second)); err != nil {
			t.Fatal(err)
		}
		alone(false)
		must[bool](t)(s.CloseCall(ctx, "CA3", models.Abandoned, "the caller left", noon))
		alone(true)
	})
}
