package store_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
	"github.com/ringdown/ringdown/models/store/storetest"
)

func TestALicenceIsGivenWhileOneIsLeft(t *testing.T) {
	person := func(active, licence bool) models.User {
		return models.User{Name: "Bob", Active: active, OnCallLicence: licence}
	}
	for _, c := range []struct {
		name    string
		is      models.User
		becomes models.User
		grants  bool
	}{
		{"gets a licence", person(true, false), person(true, true), true},
		{"comes back with one", person(false, true), person(true, true), true},
		{"comes with both", person(false, false), person(true, true), true},
		{"has one already", person(true, true), person(true, true), false},
		{"loses it", person(true, true), person(true, false), false},
		{"leaves", person(true, true), person(false, true), false},
		{"never had one", person(true, false), person(true, false), false},
		{"is away", person(false, false), person(false, true), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			storetest.Each(t, func(t *testing.T, s *store.Store) {
				ctx := context.Background()
				must[models.User](t)(s.CreateUserWithin(ctx, alice(), 1))
				bob := must[models.User](t)(s.CreateUser(ctx, c.is))
				c.becomes.ID = bob.ID
				_, err := s.UpdateUserWithin(ctx, c.becomes, 1, 1)
				used, isFull := full(err)
				if isFull != c.grants || err != nil && !isFull || isFull && used != 1 {
					t.Errorf("updated with %v", err)
				}
				_, err = s.CreateUserWithin(ctx, c.becomes, 1)
				if _, isFull := full(err); isFull != (c.becomes.Active && c.becomes.OnCallLicence) {
					t.Errorf("created with %v", err)
				}
				if c.grants {
					must[models.User](t)(s.UpdateUserWithin(ctx, c.becomes, 1, 2))
				}
				c.becomes.ID = ""
				must[models.User](t)(s.CreateUserWithin(ctx, c.becomes, 0))
			})
		})
	}
}

func TestTheLastLicenceIsGivenOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		const each, rounds = 4, 6
		for round := range rounds {
			var waiting []models.User
			for i := range each {
				waiting = append(waiting, must[models.User](t)(s.CreateUser(ctx, models.User{Name: fmt.Sprint("Waiting ", i), Active: true})))
			}
			var given atomic.Int32
			atOnce(t, 2*each, func(i int) (err error) {
				u := waiting[i/2]
				u.OnCallLicence = true
				if i%2 == 0 {
					_, err = s.UpdateUserWithin(ctx, u, 0, round+1)
				} else {
					u.ID = ""
					_, err = s.CreateUserWithin(ctx, u, round+1)
				}
				if _, ok := full(err); ok {
					return nil
				}
				given.Add(1)
				return err
			})
			if n := given.Load(); n != 1 {
				t.Fatalf("round %d: the last licence was given %d times", round, n)
			}
		}
	})
}
