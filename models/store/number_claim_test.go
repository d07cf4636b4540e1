package store_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
	"github.com/ringdown/ringdown/models/store/storetest"
)

// fulfilled is a request that a number by hand has ended.
func fulfilled(t *testing.T, r models.NumberRequest, numberID string) models.NumberRequest {
	t.Helper()
	return must[models.NumberRequest](t)(r.Fulfil(models.ToFulfil{By: reviewer, PhoneNumberID: numberID}, noon))
}

// owner is the request that a number is for, as whoever else claims it is told; empty for none.
func owner(t *testing.T, s *store.Store, numberID string) string {
	t.Helper()
	var row struct{ NumberRequestID *string }
	if err := s.Writer().Model(store.PhoneNumberRow).Take(&row, "id = ?", numberID).Error; err != nil {
		t.Fatal(err)
	}
	if row.NumberRequestID == nil {
		return ""
	}
	return *row.NumberRequestID
}

func TestOfAllRequestsThatClaimANumberOneGetsIt(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		for round := range 5 {
			n := must[models.PhoneNumber](t)(s.CreateNumber(t.Context(), owned(round)))
			var won atomic.Int32
			atOnce(t, 6, func(i int) error {
				fresh, err := s.ClaimNumber(context.Background(), n.ID, fmt.Sprintf("r%d", i))
				if errors.As(err, new(*models.ConflictError)) {
					return nil
				}
				if !fresh {
					return errors.New("it was somebody's before")
				}
				won.Add(1)
				return err
			})
			if won.Load() != 1 {
				t.Fatalf("%d have claimed it", won.Load())
			}
		}
	})
}

func TestAClaimEndsWithItsRequestAndWithTheNumber(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		given, spare := must[models.PhoneNumber](t)(s.CreateNumber(ctx, owned(1))), must[models.PhoneNumber](t)(s.CreateNumber(ctx, owned(2)))
		r := asked(t, s, "r1")
		for i, n := range []models.PhoneNumber{given, spare, given, spare} {
			if fresh := must[bool](t)(s.ClaimNumber(ctx, n.ID, "r1")); fresh != (i < 2) {
				t.Errorf("%d: fresh is %t", i, fresh)
			}
		}
		keep(t, s, r) // which is not over
		r = fulfilled(t, r, given.ID)
		keep(t, s, r)
		if owner(t, s, given.ID) != "r1" || owner(t, s, spare.ID) != "" {
			t.Errorf("they are of %q and %q", owner(t, s, given.ID), owner(t, s, spare.ID))
		}
		if err := s.FreeNumber(ctx, given.ID, "r1"); err != nil || owner(t, s, given.ID) != "r1" {
			t.Errorf("what a request was fulfilled with is free again: %v", err)
		}
		if _, err := s.ClaimNumber(ctx, given.ID, "r2"); !errors.As(err, new(*models.ConflictError)) {
			t.Errorf("claimed by another: %v", err)
		}

		must[models.PhoneNumber](t)(s.ReleaseNumber(ctx, given.ID))
		if _, err := s.ClaimNumber(ctx, given.ID, "r2"); !errors.As(err, new(*models.InvalidError)) {
			t.Errorf("a released number: %v", err)
		}
		given.Status = models.NumberActive
		must[models.PhoneNumber](t)(s.UpdateNumber(ctx, given, 0))
		keep(t, s, r.Fulfilled("route", noon)) // and late
		if fresh := must[bool](t)(s.ClaimNumber(ctx, given.ID, "r2")); !fresh {
			t.Error("a number that was imported again is of its old request")
		}
		for range 2 {
			if err := s.FreeNumber(ctx, given.ID, "r1"); err != nil || owner(t, s, given.ID) != "r2" {
				t.Errorf("freed by another: %v", err)
			}
		}
		for range 2 {
			if err := s.FreeNumber(ctx, given.ID, "r2"); err != nil || owner(t, s, given.ID) != "" {
				t.Errorf("it is not free again: %v", err)
			}
		}
		for _, missing := range []string{"", "none", "a\x00b"} {
			if _, err := s.ClaimNumber(ctx, missing, "r1"); !errors.Is(err, models.ErrNotFound) {
				t.Errorf("claimed %q: %v", missing, err)
			}
			if err := s.FreeNumber(ctx, missing, "r1"); err != nil {
				t.Error(err)
			}
		}
	})
}

// Somebody may have freed it while the run took it: what the run says stands.
func TestANumberThatARequestEndedWithIsItsOwn(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		n := must[models.PhoneNumber](t)(s.CreateNumber(t.Context(), owned(1)))
		keep(t, s, fulfilled(t, asked(t, s, "r1"), n.ID))
		if got := owner(t, s, n.ID); got != "r1" {
			t.Errorf("it is of %q", got)
		}
	})
}

func TestANumberThatIsBoughtForARequestIsForNoOther(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		n := owned(1)
		n.ID, n.CarrierID = "n1", "PN0123"
		n = must[models.PhoneNumber](t)(s.CreateNumber(ctx, n)) // by hand, before its run came so far
		other := must[models.PhoneNumber](t)(s.CreateNumber(ctx, owned(2)))
		r := asked(t, s, "r1")
		r.Provisioning.NumberID = "PN0123"
		keep(t, s, r)
		if _, err := s.ClaimNumber(ctx, n.ID, "r2"); !errors.As(err, new(*models.ConflictError)) {
			t.Errorf("claimed by another: %v", err)
		}
		for id, number := range map[string]string{"r1": n.ID, "r2": other.ID} {
			if _, err := s.ClaimNumber(ctx, number, id); err != nil {
				t.Errorf("%s: %v", id, err)
			}
		}
		for id, taken := range map[string]bool{"r1": false, "r2": true} {
			if _, _, err := s.TakeInNumber(ctx, n, id, models.Route{Name: "Draft"}); errors.Is(err, models.ErrTaken) != taken || !taken && err != nil {
				t.Errorf("taken in for %s: %v", id, err)
			}
		}
		bought := owned(3)
		bought.ID = "n3"
		if _, _, err := s.TakeInNumber(ctx, bought, "r3", models.Route{Name: "Draft"}); err != nil || owner(t, s, "n3") != "r3" {
			t.Errorf("what was bought for a request is of %q: %v", owner(t, s, "n3"), err)
		}
	})
}

// Whoever writes a request and whoever takes its number in lock both in one order.
func TestARequestEndsWhileItsNumberIsTakenIn(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		for round := range 10 {
			id := fmt.Sprint("r", round)
			n := must[models.PhoneNumber](t)(s.CreateNumber(ctx, owned(round)))
			over := fulfilled(t, asked(t, s, id), n.ID)
			atOnce(t, 6, func(i int) (err error) {
				switch i % 3 {
				case 0:
					_, err = s.KeepNumberRequest(ctx, over)
				case 1:
					_, _, err = s.TakeInNumber(ctx, n, id, models.Route{Name: "Draft"})
				default:
					_, err = s.ClaimNumber(ctx, n.ID, id)
				}
				return err
			})
			if got := owner(t, s, n.ID); got != id {
				t.Errorf("it is of %q", got)
			}
		}
	})
}
