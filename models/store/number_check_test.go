package store_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
	"github.com/ringdown/ringdown/models/store/storetest"
)

func TestWhatTheNightlyLookFindsIsNotedAndNoNewVersion(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		n := must[models.PhoneNumber](t)(s.CreateNumber(ctx, supportLine()))
		audited := len(audit(t, s, store.ChangeFilter{NounID: n.ID}))
		for i, c := range []struct {
			result models.CheckResult
			tells  bool
		}{
			{models.CheckFine, false}, {models.CheckRepaired, true}, {models.CheckFine, false}, {models.CheckBroken, true}, {models.CheckBroken, false},
			{models.CheckGone, true}, {models.CheckRepaired, true}, {models.CheckRepaired, false},
		} {
			at := noon.Add(time.Duration(i) * 24 * time.Hour).In(time.FixedZone("", 3600))
			if err := s.NumberChecked(ctx, n.ID, models.NumberCheck{At: &at, Result: c.result, Detail: "They were\x00 others."}); err != nil {
				t.Fatal(err)
			}
			kept := at.UTC()
			n.Check = models.NumberCheck{At: &kept, Result: c.result, Detail: "They were others."}
			same(t, n, must[models.PhoneNumber](t)(s.Number(ctx, n.ID)))
			changes := audit(t, s, store.ChangeFilter{NounID: n.ID})
			if tells := len(changes) > audited; tells != c.tells || tells && changes[audited].Action != "check" {
				t.Errorf("%d: %s: audited %v", i, c.result, changes[audited:])
			}
			audited = len(changes)
		}
		for _, missing := range []string{"", "none", "a\x00b"} {
			if err := s.NumberChecked(ctx, missing, models.NumberCheck{}); !errors.Is(err, models.ErrNotFound) {
				t.Errorf("checked %q: %v", missing, err)
			}
		}
	})
}

func TestWhoeverRenamesANumberKeepsWhatWasFoundOfIt(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		read := must[models.PhoneNumber](t)(s.CreateNumber(ctx, supportLine()))
		if err := s.NumberChecked(ctx, read.ID, models.NumberCheck{At: &noon, Result: models.CheckBroken}); err != nil {
			t.Fatal(err)
		}
		read.Name = "Sales" // as it was read before the check
		updated := must[models.PhoneNumber](t)(s.UpdateNumber(ctx, read, 1))
		if updated.Check.Result != models.CheckBroken {
			t.Errorf("the check reads %+v", updated.Check)
		}
		same(t, updated, must[models.PhoneNumber](t)(s.Number(ctx, read.ID)))

		must[models.PhoneNumber](t)(s.ReleaseNumber(ctx, read.ID))
		back := must[models.PhoneNumber](t)(s.UpdateNumber(ctx, updated, 0))
		if back.Status != models.NumberActive || back.Check != (models.NumberCheck{}) {
			t.Errorf("it comes back as %+v", back)
		}
	})
}

func TestActiveNumbersAreListedFromAnIDOn(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		for i, id := range []string{"n3", "n1", "n4", "n2"} {
			n := owned(i)
			n.ID = id
			must[models.PhoneNumber](t)(s.CreateNumber(ctx, n))
		}
		must[models.PhoneNumber](t)(s.ReleaseNumber(ctx, "n2"))
		for _, c := range []struct {
			after string
			limit int
			want  string
		}{{"", 10, "n1n3n4"}, {"", 2, "n1n3"}, {"n1", 10, "n3n4"}, {"n2", 10, "n3n4"}, {"n4", 10, ""}, {"a\x00b", 10, ""}} {
			got := ""
			for _, n := range must[[]models.PhoneNumber](t)(s.ActiveNumbers(ctx, c.after, c.limit)) {
				got += n.ID
			}
			if got != c.want {
				t.Errorf("%d after %q: %s, want %s", c.limit, c.after, got, c.want)
			}
		}
	})
}

func TestNumbersFromBeforeTheirChecksStay(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		n := must[models.PhoneNumber](t)(s.CreateNumber(ctx, supportLine()))
		const beforeChecks = 8
		if err := s.DownTo(ctx, beforeChecks); err != nil {
			t.Fatal(err)
		}
		if err := s.Migrate(ctx); err != nil {
			t.Fatal(err)
		}
		same(t, n, must[models.PhoneNumber](t)(s.Number(ctx, n.ID)))
	})
}
