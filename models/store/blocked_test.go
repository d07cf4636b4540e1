package store_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
	"github.com/ringdown/ringdown/models/store/storetest"
)

func nuisance() models.BlockedCaller {
	until := noon
	return models.BlockedCaller{Number: "+12025550111", Reason: "Silent calls at night", Until: &until}
}

func TestBlockedCallersAreKept(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		editing[models.BlockedCaller]{
			s.CreateBlockedCaller, s.BlockedCaller, s.BlockedCallers, s.UpdateBlockedCaller,
			func(b *models.BlockedCaller) (*string, *int, *time.Time, *time.Time) {
				return &b.ID, &b.Version, &b.CreatedAt, &b.UpdatedAt
			},
			func(b *models.BlockedCaller) { b.Number, b.Reason, b.Until = "+447700900222", "", nil },
		}.test(t, nuisance())
	})
}

func TestTheEndOfABlockIsKeptInUTC(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		b := nuisance()
		elsewhere := noon.Add(999).In(time.FixedZone("", 9*3600)) // and finer than the database
		b.Until = &elsewhere
		made := must[models.BlockedCaller](t)(s.CreateBlockedCaller(context.Background(), b))
		made.Until = &elsewhere
		made = must[models.BlockedCaller](t)(s.UpdateBlockedCaller(context.Background(), made, 1))
		got := must[models.BlockedCaller](t)(s.BlockedCaller(context.Background(), made.ID))
		same(t, made, got)
		if !got.Until.Equal(noon) || got.Until.Location() != time.UTC {
			t.Errorf("the block ends %v, want %v", got.Until, noon)
		}
	})
}

func TestANumberIsBlockedOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		must[models.BlockedCaller](t)(s.CreateBlockedCaller(ctx, nuisance()))
		if _, err := s.CreateBlockedCaller(ctx, nuisance()); !errors.Is(err, models.ErrTaken) || !strings.Contains(err.Error(), " number: already taken") {
			t.Errorf("blocked twice: %v", err)
		}
		other := nuisance()
		other.Number = "+447700900222"
		other = must[models.BlockedCaller](t)(s.CreateBlockedCaller(ctx, other))
		other.Number = nuisance().Number
		if _, err := s.UpdateBlockedCaller(ctx, other, 1); !errors.Is(err, models.ErrTaken) {
			t.Errorf("another entry takes the number: %v", err)
		}
	})
}

func TestABlockedCallerIsForgiven(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		b := must[models.BlockedCaller](t)(s.CreateBlockedCaller(ctx, nuisance()))
		for _, missing := range []string{"", "none", "a\x00b", "\xff"} {
			if err := s.DeleteBlockedCaller(ctx, missing, 0); !errors.Is(err, models.ErrNotFound) {
				t.Errorf("delete %q: %v", missing, err)
			}
		}
		if err := s.DeleteBlockedCaller(ctx, b.ID, 2); !errors.Is(err, models.ErrStale) {
			t.Errorf("a version that is not current: %v", err)
		}
		if err := s.DeleteBlockedCaller(ctx, b.ID, 1); err != nil {
			t.Fatal(err)
		}
		if _, err := s.BlockedCaller(ctx, b.ID); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("it is still there: %v", err)
		}
		must[models.BlockedCaller](t)(s.CreateBlockedCaller(ctx, nuisance()))
	})
}
