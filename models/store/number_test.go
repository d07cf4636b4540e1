package store_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
	"github.com/ringdown/ringdown/models/store/storetest"
)

func TestANumberIsFoundByTheCarriersID(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		n := must[models.PhoneNumber](t)(s.CreateNumber(ctx, supportLine()))
		must[models.PhoneNumber](t)(s.CreateNumber(ctx, owned(1))) // of which the carrier's is not known
		same(t, n, must[models.PhoneNumber](t)(s.NumberByCarrierID(ctx, n.CarrierID)))
		for _, missing := range []string{"", "PN9999", "a\x00b"} {
			if _, err := s.NumberByCarrierID(ctx, missing); !errors.Is(err, models.ErrNotFound) {
				t.Errorf("%q: %v", missing, err)
			}
		}
		must[models.PhoneNumber](t)(s.ReleaseNumber(ctx, n.ID))
		if _, err := s.NumberByCarrierID(ctx, n.CarrierID); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("a released one: %v", err)
		}
	})
}

func TestANumberIsFoundByItsDigits(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		made := must[models.PhoneNumber](t)(s.CreateNumber(ctx, supportLine()))
		if got, err := s.NumberByPhone(ctx, made.Number); err != nil || got.ID != made.ID {
			t.Errorf("found %v, %v", got, err)
		}
		_, err := s.NumberByPhone(ctx, "+12025550177")
		if !errors.Is(err, models.ErrNotFound) || strings.Contains(err.Error(), "2025550177") {
			t.Errorf("another: %v", err)
		}
	})
}

func TestANumberIsReleasedWhenNoRouteNeedsIt(t *testing.T) {
	for _, c := range []struct {
		name  string
		route func(id string) models.Route
		inUse bool
	}{
		{"no route has it", func(string) models.Route { return models.Route{Name: "Support", Enabled: true} }, false},
		{"its route is switched off", func(id string) models.Route { return models.Route{Name: "Support", PhoneNumberID: id} }, false},
		{"its route is switched on", func(id string) models.Route { return models.Route{Name: "Support", PhoneNumberID: id, Enabled: true} }, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			storetest.Each(t, func(t *testing.T, s *store.Store) {
				ctx := store.As(context.Background(), models.Actor{KeyID: "k1", Name: "Olga"})
				made := must[models.PhoneNumber](t)(s.CreateNumber(ctx, supportLine()))
				must[models.Route](t)(s.CreateRoute(ctx, c.route(made.ID)))
				for range 2 { // it may be repeated
					released, err := s.ReleaseNumber(ctx, made.ID)
					var inUse *models.InUseError
					if errors.As(err, &inUse) != c.inUse || (err == nil) == c.inUse {
						t.Fatalf("released with %v", err)
					}
					if c.inUse && (!strings.Contains(err.Error(), `call route "Support"`) || !strings.Contains(err.Error(), `phone number "`+made.Name)) {
						t.Errorf("%v does not name who uses what", err)
					}
					if !c.inUse && (released.Status != models.NumberReleased || released.Version != 2) {
						t.Errorf("released %+v", released)
					}
				}
				got := must[models.PhoneNumber](t)(s.Number(ctx, made.ID))
				if (got.Status == models.NumberReleased) == c.inUse || got.Name != made.Name || !got.CreatedAt.Equal(made.CreatedAt) {
					t.Errorf("the row says %+v", got)
				}
				changes, _, err := s.Changes(ctx, store.ChangeFilter{NounID: made.ID}, store.Page{})
				if err != nil || len(changes) != map[bool]int{true: 1, false: 2}[c.inUse] {
					t.Fatalf("audited %v, %v", changes, err)
				}
				if !c.inUse && (changes[0].Action != "release" || changes[0].By.Name != "Olga" || changes[0].Noun != "phone number") {
					t.Errorf("audited %+v", changes[0])
				}
			})
		})
	}
}

func TestANumberThatIsNotThereIsNotReleased(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		for _, id := range []string{"", "none", "a\x00b"} {
			if _, err := s.ReleaseNumber(context.Background(), id); !errors.Is(err, models.ErrNotFound) {
				t.Errorf("id %q: %v", id, err)
			}
		}
	})
}
