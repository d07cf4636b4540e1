package store_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
	"github.com/ringdown/ringdown/models/store/storetest"
)

// flagged is a row of the table, as anybody who looks into the database sees it.
type flagged struct {
	Number models.Phone
	Code   int
	SeenAt time.Time
}

func flags(t *testing.T, s *store.Store) (found []flagged) {
	t.Helper()
	if err := s.Writer().Table("phone_faults").Order("number").Find(&found).Error; err != nil {
		t.Fatal(err)
	}
	return found
}

func TestOfSeveralRefusalsOfAPhoneTheLatestStands(t *testing.T) {
	type flag struct{ code, second int }
	cases := []struct {
		name  string
		flags []flag
		want  flag
	}{
		{"one", []flag{{21211, 1}}, flag{21211, 1}},
		{"told twice", []flag{{21211, 1}, {21211, 1}}, flag{21211, 1}},
		{"a later one", []flag{{21211, 1}, {13224, 2}}, flag{13224, 2}},
		{"told late", []flag{{13224, 2}, {21211, 1}}, flag{13224, 2}},
	}
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		for i, c := range cases {
			t.Run(c.name, func(t *testing.T) {
				number := alice().Phones[i%2].Number
				if err := s.UnflagPhones(context.Background(), alice().Phones); err != nil {
					t.Fatal(err)
				}
				for _, f := range c.flags {
					at := noon.Add(time.Duration(f.second) * time.Second).In(time.FixedZone("", 9*3600))
					if err := s.FlagPhone(context.Background(), number, f.code, at); err != nil {
						t.Fatal(err)
					}
				}
				want := flagged{number, c.want.code, noon.Add(time.Duration(c.want.second) * time.Second)}
				same(t, []flagged{want}, flags(t, s))
			})
		}
	})
}

func TestOnlyThePhonesNamedAreUnflagged(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		for _, number := range []models.Phone{"+12025550123", "+12025550124", "+447700900123"} {
			if err := s.FlagPhone(ctx, number, 21211, noon); err != nil {
				t.Fatal(err)
			}
		}
		for range 2 {
			if err := s.UnflagPhones(ctx, alice().Phones); err != nil {
				t.Fatal(err)
			}
			if err := s.UnflagPhones(ctx, nil); err != nil {
				t.Fatal(err)
			}
			same(t, []flagged{{"+12025550124", 21211, noon}}, flags(t, s))
		}
	})
}

func TestUsersAreReadWithTheFaultsOfTheirPhones(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		made := must[models.User](t)(s.CreateUser(ctx, alice()))
		other := must[models.User](t)(s.CreateUser(ctx, models.User{Name: "Bob", Phones: []models.UserPhone{{Label: "mobile", Number: "+12025550124"}}}))
		number := must[models.PhoneNumber](t)(s.CreateNumber(ctx, supportLine()))
		must[models.Route](t)(s.CreateRoute(ctx, support(number.ID, models.Level{Targets: []models.Target{
			{Type: models.TargetUser, UserID: made.ID}, {Type: models.TargetUser, UserID: other.ID},
		}})))
		check := func(when string, want models.User) {
			t.Helper()
			alone := must[models.User](t)(s.User(ctx, made.ID))
			all, _, err := s.Users(ctx, store.Page{})
			if err != nil {
				t.Fatal(err)
			}
			whole := must[models.Directory](t)(s.Directory(ctx))
			_, part, err := s.RouteForNumber(ctx, number.Number)
			if err != nil {
				t.Fatal(err)
			}
			for _, got := range []models.User{alone, all[0], whole.Users[made.ID], part.Users[made.ID]} {
				same(t, want, got)
			}
			for _, got := range []models.User{all[1], whole.Users[other.ID], part.Users[other.ID]} {
				same(t, other, got)
			}
			if t.Failed() {
				t.Fatal(when)
			}
		}
		check("before anything was refused", made)

		desk := made.Phones[1].Number
		if err := s.FlagPhone(ctx, desk, 21211, noon); err != nil {
			t.Fatal(err)
		}
		refused := made
		refused.Phones = []models.UserPhone{made.Phones[0], made.Phones[1]}
		refused.Phones[1].Fault = &models.PhoneFault{Code: 21211, SeenAt: noon}
		check("with a phone refused", refused)

		if err := s.UnflagPhones(ctx, made.Phones); err != nil {
			t.Fatal(err)
		}
		check("when somebody has looked", made)
	})
}

func TestAFaultIsNotKeptWithTheUser(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		u := alice()
		u.Phones[0].Fault = &models.PhoneFault{Code: 21211, SeenAt: noon}
		check := func(what string, saved models.User) {
			t.Helper()
			var kept string
			err := s.Writer().Raw("SELECT phones FROM users").Scan(&kept).Error
			if err != nil || saved.Phones[0].Fault != nil || !strings.Contains(kept, "mobile") || strings.Contains(kept, "fault") {
				t.Errorf("%s: the row holds %s, %v", what, kept, err)
			}
			if u.Phones[0].Fault == nil {
				t.Errorf("%s: the store changed the list that it was given", what)
			}
		}
		made := must[models.User](t)(s.CreateUser(ctx, u))
		check("made", made)
		made.Phones = u.Phones
		check("updated", must[models.User](t)(s.UpdateUser(ctx, made, 1)))
	})
}
