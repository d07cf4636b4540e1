package store_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
	"github.com/ringdown/ringdown/models/store/storetest"
)

var operator = models.Actor{KeyID: "k1", Name: "Night desk"}

// audit is the whole list, whole, the oldest first.
func audit(t *testing.T, s *store.Store, filter store.ChangeFilter) (all []models.Change) {
	t.Helper()
	for page := (store.Page{Limit: 3}); ; {
		changes, next, err := s.Changes(t.Context(), filter, page)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range changes {
			if c.Before != nil || c.After != nil {
				t.Errorf("the list holds %s and %s", c.Before, c.After)
			}
			all = append(all, must[models.Change](t)(s.Change(t.Context(), c.ID)))
		}
		if next == "" {
			slices.Reverse(all)
			return all
		}
		page.Cursor = next
	}
}

// told is a change in one line.
func told(c models.Change) string {
	return fmt.Sprintf("%s: %s %s %q, %s -> %s", c.By.Name, c.Action, c.Noun, c.NounName, c.Before, c.After)
}

func asJSON(t *testing.T, noun any) string {
	t.Helper()
	text, err := json.Marshal(noun)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestEachChangeOfANounIsAuditedWithWhatWasBeforeAndAfter(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		began := time.Now().Add(-time.Millisecond)
		ctx := store.As(t.Context(), operator)
		var want []string
		note := func(action, noun, name string, before, after string) {
			want = append(want, fmt.Sprintf("Night desk: %s %s %q, %s -> %s", action, noun, name, before, after))
		}

		u := must[models.User](t)(s.CreateUser(ctx, alice()))
		note("create", "user", u.Name, "", asJSON(t, u))
		was := asJSON(t, u)
		u.Name = "Alice Adams"
		u = must[models.User](t)(s.UpdateUser(ctx, u, 1))
		note("update", "user", "Alice Adams", was, asJSON(t, u))
		if err := s.DeleteUser(ctx, u.ID, 2); err != nil {
			t.Fatal(err)
		}
		note("delete", "user", "Alice Adams", asJSON(t, u), "")

		n := must[models.PhoneNumber](t)(s.CreateNumber(ctx, supportLine()))
		note("create", "phone number", "Support", "", asJSON(t, n))
		note("create", "alert source", "Incoming calls", "", asJSON(t, theSource(t, s)))

		r := must[models.Route](t)(s.CreateRoute(ctx, support("", models.Level{Targets: []models.Target{{Type: models.TargetUser, UserID: "u1"}}})))
		note("create", "call route", "Support", "", asJSON(t, r))
		was = asJSON(t, r)
		r.Name, r.Allowlist.Enabled, r.Phrases = "Sales", false, map[models.Phrase]string{"connecting": "One moment."}
		r = must[models.Route](t)(s.UpdateRoute(ctx, r, 0))
		note("update", "call route", "Sales", was, asJSON(t, r))
		if err := s.DeleteRoute(ctx, r.ID, 0); err != nil {
			t.Fatal(err)
		}
		note("delete", "call route", "Sales", asJSON(t, r), "")

		schedule := must[models.Schedule](t)(s.CreateSchedule(ctx, nights(t, "u1")))
		note("create", "schedule", "Nights", "", asJSON(t, schedule))

		b := must[models.BlockedCaller](t)(s.CreateBlockedCaller(ctx, nuisance()))
		note("create", "blocked caller", "", "", asJSON(t, b))
		was = asJSON(t, b)
		b.Until = nil
		b = must[models.BlockedCaller](t)(s.UpdateBlockedCaller(ctx, b, 1))
		note("update", "blocked caller", "", was, asJSON(t, b))
		if err := s.DeleteBlockedCaller(ctx, b.ID, 0); err != nil {
			t.Fatal(err)
		}
		note("delete", "blocked caller", "", asJSON(t, b), "")

		var got []string
		for _, c := range audit(t, s, store.ChangeFilter{}) {
			got = append(got, told(c))
			if c.By != operator || c.NounID == "" || c.At.Before(began) || c.At.Location() != time.UTC {
				t.Errorf("%s by %v at %v of %q", told(c), c.By, c.At, c.NounID)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		if !strings.Contains(got[0], "+447700900123") {
			t.Errorf("phones are masked: %s", got[0])
		}
	})
}

func TestAnUpdateThatChangesNothingIsNoChange(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		u := must[models.User](t)(s.CreateUser(ctx, alice()))
		r := must[models.Route](t)(s.CreateRoute(ctx, support("n1", models.Level{Targets: []models.Target{{Type: models.TargetUser, UserID: "u1"}}})))
		schedule := must[models.Schedule](t)(s.CreateSchedule(ctx, nights(t, "u1")))
		b := must[models.BlockedCaller](t)(s.CreateBlockedCaller(ctx, nuisance()))
		made := len(audit(t, s, store.ChangeFilter{}))
		if u = must[models.User](t)(s.UpdateUser(ctx, u, 1)); u.Version != 2 {
			t.Errorf("version %d", u.Version)
		}
		must[models.Route](t)(s.UpdateRoute(ctx, r, 1))
		must[models.Schedule](t)(s.UpdateSchedule(ctx, schedule, 1))
		must[models.BlockedCaller](t)(s.UpdateBlockedCaller(ctx, b, 1))
		if all := audit(t, s, store.ChangeFilter{}); len(all) != made {
			t.Errorf("audited: %s", told(all[len(all)-1]))
		}
		u.Phones = nil
		must[models.User](t)(s.UpdateUser(ctx, u, 2))
		if all := audit(t, s, store.ChangeFilter{}); len(all) != made+1 {
			t.Errorf("the loss of a phone is not audited")
		}
	})
}

func TestAChangeThatIsRefusedIsNotAudited(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		u := must[models.User](t)(s.CreateUser(ctx, alice()))
		_, taken := s.CreateUser(ctx, alice())
		_, stale := s.UpdateUser(ctx, models.User{ID: u.ID, Name: "Bob"}, 7)
		_, missing := s.UpdateUser(ctx, models.User{ID: "nobody", Name: "Bob"}, 0)
		for _, err := range []error{taken, stale, missing, s.DeleteUser(ctx, u.ID, 7), s.DeleteUser(ctx, "nobody", 0)} {
			if err == nil {
				t.Error("taken")
			}
		}
		if all := audit(t, s, store.ChangeFilter{}); len(all) != 1 {
			t.Errorf("audited: %s", told(all[len(all)-1]))
		}
	})
}

// The list is taken away, so that nothing can be added to it.
func TestWhatCannotBeAuditedIsNotDone(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		u := must[models.User](t)(s.CreateUser(ctx, alice()))
		if err := s.FlagPhone(ctx, u.Phones[0].Number, 21211, noon); err != nil {
			t.Fatal(err)
		}
		schedule := must[models.Schedule](t)(s.CreateSchedule(ctx, nights(t, "u2")))
		o := models.Override{ScheduleID: schedule.ID, Rotation: "first", UserID: "u2", From: noon, To: noon.Add(time.Hour)}
		kept := must[models.Override](t)(s.CreateOverride(ctx, o))
		whole := func() models.Directory {
			d := must[models.Directory](t)(s.Directory(ctx))
			d.Zones = nil
			return d
		}
		before := whole()
		if err := s.Writer().Exec("ALTER TABLE changes RENAME TO elsewhere").Error; err != nil {
			t.Fatal(err)
		}
		changed := u
		changed.Name = "Bob"
		_, creating := s.CreateUser(ctx, models.User{Name: "Bob"})
		_, updating := s.UpdateUser(ctx, changed, 0)
		_, overriding := s.CreateOverride(ctx, o)
		for what, err := range map[string]error{
			"a new user": creating, "a change": updating, "a removal": s.DeleteUser(ctx, u.ID, 0),
			"a new override": overriding, "an override's removal": s.DeleteOverride(ctx, schedule.ID, kept.ID),
			"a refusal": s.FlagPhone(ctx, u.Phones[1].Number, 21211, noon), "a look at a phone": s.UnflagPhones(ctx, u.Phones),
		} {
			if err == nil {
				t.Errorf("%s is done without audit", what)
			}
		}
		if err := s.Writer().Exec("ALTER TABLE elsewhere RENAME TO changes").Error; err != nil {
			t.Fatal(err)
		}
		same(t, before, whole())
	})
}

func TestARefusedPhoneIsAuditedWithWhoHasIt(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		u := must[models.User](t)(s.CreateUser(ctx, alice()))
		longer := models.User{Name: "Bob", Phones: []models.UserPhone{{Label: "mobile", Number: u.Phones[1].Number + "4"}}}
		must[models.User](t)(s.CreateUser(ctx, longer))
		shares := must[models.User](t)(s.CreateUser(ctx, models.User{Name: "Carol", Phones: u.Phones[1:]}))
		made := len(audit(t, s, store.ChangeFilter{}))
		since := func() (all []string) {
			for _, c := range audit(t, s, store.ChangeFilter{})[made:] {
				all = append(all, fmt.Sprintf("%s: %s %s %s", c.By.Name, c.Action, c.Noun, c.NounName))
			}
			return all
		}
		flag := func(code int, at time.Time) {
			t.Helper()
			if err := s.FlagPhone(ctx, u.Phones[1].Number, code, at); err != nil {
				t.Fatal(err)
			}
		}
		flag(21211, noon)
		flag(21211, noon)
		flag(21211, noon.Add(time.Hour))
		flag(13224, noon) // told late
		first := []string{"ringdown: update user " + u.Name, "ringdown: update user Carol"}
		if diff := cmp.Diff(first, since()); diff != "" {
			t.Error(diff)
		}
		change, before, after := audit(t, s, store.ChangeFilter{NounID: shares.ID})[1], asJSON(t, shares), shares
		after.Phones = slices.Clone(shares.Phones)
		after.Phones[0].Fault = &models.PhoneFault{Code: 21211, SeenAt: noon}
		if string(change.Before) != before || string(change.After) != asJSON(t, after) {
			t.Errorf("audited %s -> %s", change.Before, change.After)
		}

		flag(13224, noon.Add(2*time.Hour))
		for range 2 {
			if err := s.UnflagPhones(store.As(ctx, operator), u.Phones); err != nil {
				t.Fatal(err)
			}
		}
		want := slices.Concat(first, first, []string{"Night desk: update user " + u.Name, "Night desk: update user Carol"})
		if diff := cmp.Diff(want, since()); diff != "" {
			t.Error(diff)
		}
		if err := s.FlagPhone(ctx, "+12025550177", 21211, noon); err != nil { // nobody has it any more
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, since()); diff != "" {
			t.Error(diff)
		}
	})
}

func TestTheAuditListIsNarrowed(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		desk, system := store.As(t.Context(), operator), t.Context()
		must[models.User](t)(s.CreateUser(desk, models.User{ID: "u1", Name: "Alice"}))
		must[models.User](t)(s.UpdateUser(system, models.User{ID: "u1", Name: "Alicia"}, 0))
		must[models.Schedule](t)(s.CreateSchedule(desk, models.Schedule{ID: "s1", Name: "Nights"}))
		must[models.BlockedCaller](t)(s.CreateBlockedCaller(system, models.BlockedCaller{ID: "u1", Number: "+12025550111"}))
		all := audit(t, s, store.ChangeFilter{})
		for _, c := range []struct {
			name   string
			filter store.ChangeFilter
			want   []int
		}{
			{"nothing asked", store.ChangeFilter{}, []int{0, 1, 2, 3}},
			{"a noun", store.ChangeFilter{Noun: "user"}, []int{0, 1}},
			{"an id", store.ChangeFilter{NounID: "u1"}, []int{0, 1, 3}},
			{"a noun and an id", store.ChangeFilter{Noun: "blocked caller", NounID: "u1"}, []int{3}},
			{"a key", store.ChangeFilter{KeyID: "k1"}, []int{0, 2}},
			{"a key and a noun", store.ChangeFilter{KeyID: "k1", Noun: "schedule"}, []int{2}},
			{"from a time", store.ChangeFilter{From: all[1].At}, []int{1, 2, 3}},
			{"before a time", store.ChangeFilter{To: all[1].At}, []int{0}},
			{"between two times", store.ChangeFilter{From: all[1].At.In(time.FixedZone("", 9*3600)), To: all[3].At}, []int{1, 2}},
			{"a noun that is none", store.ChangeFilter{Noun: "car"}, nil},
			{"what no database holds", store.ChangeFilter{NounID: "u1\x00"}, nil},
		} {
			t.Run(c.name, func(t *testing.T) {
				var want, got []string
				for _, i := range c.want {
					want = append(want, told(all[i]))
				}
				for _, change := range audit(t, s, c.filter) {
					got = append(got, told(change))
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Error(diff)
				}
			})
		}
		if _, _, err := s.Changes(system, store.ChangeFilter{}, store.Page{Cursor: "forged"}); !errors.As(err, new(*models.InvalidError)) {
			t.Errorf("forged cursor: %v", err)
		}
		for _, missing := range []string{"", "none", "a\x00b"} {
			if _, err := s.Change(system, missing); !errors.Is(err, models.ErrNotFound) {
				t.Errorf("change %q: %v", missing, err)
			}
		}
	})
}

// many fills the audit list with a change a minute, one in 900 of a key. %s is a minute.
const many = `INSERT INTO changes (id, changed_at, by_key_id, by_name, action, noun, noun_id, noun_name)
WITH RECURSIVE counted(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM counted WHERE i < 20000)
SELECT 'c' || CAST(100000 + i AS text), %s, 'k' || CAST(i %% 50 AS text), 'desk', 'update',
       CASE i %% 900 WHEN 0 THEN 'api key' ELSE 'user' END, 'n' || CAST(i %% 300 AS text), '' FROM counted`

func TestALongAuditListIsReadByItsIndexes(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		explain, minute, db := "EXPLAIN ", `timestamptz '2026-03-04 12:00:00+00' + i * interval '1 minute'`, s.Writer()
		if db.Name() == "sqlite" {
			explain, minute = "EXPLAIN QUERY PLAN ", `strftime('%Y-%m-%d %H:%M:%S+00:00', '2026-03-04 12:00:00', i || ' minutes')`
		}
		for _, statement := range []string{fmt.Sprintf(many, minute), "ANALYZE"} {
			if err := db.Exec(statement).Error; err != nil {
				t.Fatal(err)
			}
		}
		_, middle, err := s.Changes(t.Context(), store.ChangeFilter{To: time.Date(2026, 3, 11, 0, 0, 0, 0, time.UTC)}, store.Page{Limit: 1})
		if err != nil || middle == "" {
			t.Fatalf("the middle is at %q, %v", middle, err)
		}
		for index, filter := range map[string]store.ChangeFilter{
			"changes_changed_at": {}, "changes_noun": {Noun: "api key"}, "changes_noun_id": {NounID: "n17"}, "changes_by_key_id": {KeyID: "k3"},
		} {
			for _, page := range []store.Page{{}, {Cursor: middle}} {
				query, err := s.ChangesQuery(filter, page)
				if err != nil {
					t.Fatal(err)
				}
				var plan []map[string]any
				if err := db.Raw(explain + query).Find(&plan).Error; err != nil {
					t.Fatal(err)
				}
				// Postgres sorts the few changes of one id, and rightly.
				if said := fmt.Sprint(plan); !strings.Contains(said, index+" ") || strings.Contains(said, "Seq Scan") || strings.Contains(said, "TEMP B-TREE") {
					t.Errorf("%s is not used by %s: %s", index, query, said)
				}
			}
		}
	})
}
