package store_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
	"github.com/ringdown/ringdown/models/store/storetest"
)

func TestABoughtNumberIsTakenInWithADraftRoute(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		asked(t, s, "r1")
		if err := reserve(s, "r1", 1, false); err != nil {
			t.Fatal(err)
		}
		bought := supportLine()
		bought.ID, bought.Status = "n1", ""
		draft := models.Route{Name: "Berlin", Enabled: true}.Defaults()
		n, route, err := s.TakeInNumber(ctx, bought, "r1", draft)
		if err != nil {
			t.Fatal(err)
		}
		if n.ID != "n1" || n.Status != models.NumberActive || n.Version != 1 || n.CarrierID != bought.CarrierID {
			t.Errorf("taken in as %+v", n)
		}
		if route.PhoneNumberID != "n1" || route.Enabled || route.Name != "Berlin" || route.Version != 1 || route.ID == "" || route.Language != draft.Language {
			t.Errorf("its draft is %+v", route)
		}
		same(t, n, must[models.PhoneNumber](t)(s.Number(ctx, "n1")))
		same(t, route, must[models.Route](t)(s.Route(ctx, route.ID)))
		theSource(t, s)
		var nouns []string
		for _, c := range audit(t, s, store.ChangeFilter{}) {
			nouns = append(nouns, c.Action+" "+c.Noun)
		}
		if got := strings.Join(nouns, ", "); got != "submitted number request, create phone number, create alert source, create call route" {
			t.Errorf("audited %s", got)
		}

		route.Name = "Sales" // somebody has gone on with it
		route = must[models.Route](t)(s.UpdateRoute(ctx, route, 1))
		again, drafted, err := s.TakeInNumber(ctx, bought, "r1", draft)
		if err != nil {
			t.Fatal(err)
		}
		same(t, n, again)
		same(t, route, drafted)
		same(t, route, must[models.Route](t)(s.DraftRoute(ctx, "n1", draft)))
		if used, ok := full(reserve(s, asked(t, s, "r2").ID, 1, false)); !ok || used != 1 {
			t.Errorf("%d are in use", used) // the number, and no reservation
		}
	})
}

func TestAReleasedNumberThatIsBoughtAgainIsRevived(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		old := must[models.PhoneNumber](t)(s.CreateNumber(ctx, supportLine()))
		if err := s.NumberChecked(ctx, old.ID, models.NumberCheck{At: &noon, Result: models.CheckGone}); err != nil {
			t.Fatal(err)
		}
		route := must[models.Route](t)(s.CreateRoute(ctx, models.Route{Name: "Old", PhoneNumberID: old.ID}))
		must[models.PhoneNumber](t)(s.ReleaseNumber(ctx, old.ID))
		bought := supportLine()
		bought.ID, bought.Name, bought.CarrierID = "n2", "Berlin", "PN0456"
		n, drafted, err := s.TakeInNumber(ctx, bought, "r1", models.Route{Name: "Berlin"})
		if err != nil {
			t.Fatal(err)
		}
		if n.ID != old.ID || n.Status != models.NumberActive || n.Name != "Berlin" || n.CarrierID != "PN0456" || n.Version != 3 || !n.CreatedAt.Equal(old.CreatedAt) {
			t.Errorf("revived as %+v", n)
		}
		if n.Check != (models.NumberCheck{}) {
			t.Errorf("what was found of it before stands: %+v", n.Check)
		}
		same(t, n, must[models.PhoneNumber](t)(s.Number(ctx, old.ID)))
		same(t, route, drafted)
	})
}

func TestANumberThatIsInUseIsNotTakenIn(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		there := must[models.PhoneNumber](t)(s.CreateNumber(ctx, supportLine()))
		sameNumber, sameID := supportLine(), owned(1)
		sameNumber.ID, sameID.ID = "n2", there.ID
		for _, n := range []models.PhoneNumber{sameNumber, sameID} {
			if _, _, err := s.TakeInNumber(ctx, n, "r1", models.Route{Name: "Draft"}); !errors.Is(err, models.ErrTaken) {
				t.Errorf("%s taken in: %v", n.ID, err)
			}
		}
		if routes, _, err := s.Routes(ctx, store.Page{}); err != nil || len(routes) != 0 {
			t.Error(routes, err)
		}
		same(t, there, must[models.PhoneNumber](t)(s.Number(ctx, there.ID)))
	})
}

func TestADraftIsCalledLikeNoOtherRoute(t *testing.T) {
	long := strings.Repeat("ä", 99) + "x"
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		for i, c := range []struct{ name, want string }{
			{"Berlin", "Berlin"}, {"Berlin", "Berlin 2"}, {"Berlin 2", "Berlin 2 2"}, {"Berlin", "Berlin 3"},
			{long, long}, {long, strings.Repeat("ä", 98) + " 2"},
		} {
			n := must[models.PhoneNumber](t)(s.CreateNumber(ctx, owned(i)))
			if route := must[models.Route](t)(s.DraftRoute(ctx, n.ID, models.Route{Name: c.name})); route.Name != c.want {
				t.Errorf("the draft of %q is called %q, want %q", c.name, route.Name, c.want)
			}
		}
	})
}

func TestADraftThatHasGoneToAnotherNumberIsNotMadeTwice(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		n, other := must[models.PhoneNumber](t)(s.CreateNumber(ctx, owned(1))), must[models.PhoneNumber](t)(s.CreateNumber(ctx, owned(2)))
		draft := models.Route{ID: "d1", Name: "Berlin"}
		moved := must[models.Route](t)(s.DraftRoute(ctx, n.ID, draft))
		moved.PhoneNumberID = other.ID
		moved = must[models.Route](t)(s.UpdateRoute(ctx, moved, 1))
		same(t, moved, must[models.Route](t)(s.DraftRoute(ctx, n.ID, draft)))
		for _, missing := range []string{"", "none", "a\x00b"} {
			if _, err := s.DraftRoute(ctx, missing, draft); !errors.Is(err, models.ErrNotFound) {
				t.Errorf("of number %q: %v", missing, err)
			}
		}
	})
}

func TestDraftsAtOnceAreOneForEachNumber(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		const numbers = 3
		var ids [numbers]string
		for i := range ids {
			ids[i] = must[models.PhoneNumber](t)(s.CreateNumber(ctx, owned(i))).ID
		}
		atOnce(t, 5*numbers, func(i int) error {
			id := ids[i%numbers]
			if i < numbers { // somebody makes a route for it just then
				_, err := s.CreateRoute(ctx, models.Route{Name: fmt.Sprint("Berlin ", i+2), PhoneNumberID: id})
				if errors.Is(err, models.ErrTaken) {
					return nil
				}
				return err
			}
			_, err := s.DraftRoute(ctx, id, models.Route{Name: "Berlin"})
			return err
		})
		routes, _, err := s.Routes(ctx, store.Page{})
		if err != nil || len(routes) != numbers {
			t.Fatal(routes, err)
		}
		of := map[string]bool{}
		for _, r := range routes {
			of[r.PhoneNumberID] = true
		}
		if len(of) != numbers {
			t.Errorf("routes %v", routes)
		}
	})
}
