package store_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
	"github.com/ringdown/ringdown/models/store/storetest"
)

// theSource is the only alert source there is.
func theSource(t *testing.T, s *store.Store) models.AlertSource {
	t.Helper()
	sources, next, err := s.AlertSources(context.Background(), store.Page{})
	if err != nil || next != "" || len(sources) != 1 {
		t.Fatalf("alert sources %v, next %q, %v", sources, next, err)
	}
	return sources[0]
}

func TestTheSourceOfCallsComesWithTheFirstNumber(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		if sources, _, err := s.AlertSources(ctx, store.Page{}); err != nil || len(sources) != 0 {
			t.Fatalf("before there is a number: %v, %v", sources, err)
		}
		atOnce(t, 8, func(i int) error {
			_, err := s.CreateNumber(ctx, models.PhoneNumber{Number: models.Phone(fmt.Sprintf("+1202555010%d", i))})
			return err
		})
		source := theSource(t, s)
		if source.Type != models.IncomingCalls || source.Name != models.IncomingCallsName || source.Version != 1 || source.ID == "" {
			t.Errorf("the source is %+v", source)
		}
		same(t, source, must[models.AlertSource](t)(s.AlertSource(ctx, source.ID)))
		if made := audit(t, s, store.ChangeFilter{Noun: "alert source"}); len(made) != 1 || made[0].NounID != source.ID {
			t.Errorf("audited: %v", made)
		}
	})
}

func TestANumberThatIsRefusedMakesNoSource(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		must[models.PhoneNumber](t)(s.CreateNumber(ctx, supportLine()))
		if err := s.Writer().Exec("DELETE FROM alert_sources").Error; err != nil {
			t.Fatal(err)
		}
		if _, err := s.CreateNumber(ctx, supportLine()); !errors.Is(err, models.ErrTaken) {
			t.Errorf("the number twice: %v", err)
		}
		if sources, _, err := s.AlertSources(ctx, store.Page{}); err != nil || len(sources) != 0 {
			t.Errorf("alert sources %v, %v", sources, err)
		}
	})
}

func TestAnAlertSourceIsRenamedAndNothingElse(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		must[models.PhoneNumber](t)(s.CreateNumber(ctx, supportLine()))
		source := theSource(t, s)
		renamed := must[models.AlertSource](t)(s.UpdateAlertSource(ctx, models.AlertSource{ID: source.ID, Type: "another", Name: "Calls"}, 1))
		want := source
		want.Name, want.Version, want.UpdatedAt = "Calls", 2, renamed.UpdatedAt
		same(t, want, renamed)
		same(t, want, theSource(t, s))
		must[models.PhoneNumber](t)(s.CreateNumber(ctx, models.PhoneNumber{Number: "+12025550101"}))
		raise(t, s, firing())
		same(t, want, theSource(t, s))
		if _, err := s.UpdateAlertSource(ctx, source, 1); !errors.Is(err, models.ErrStale) {
			t.Errorf("an update of an old version: %v", err)
		}
		for _, missing := range []string{"", "none", "a\x00b"} {
			if _, err := s.UpdateAlertSource(ctx, models.AlertSource{ID: missing}, 0); !errors.Is(err, models.ErrNotFound) {
				t.Errorf("update of %q: %v", missing, err)
			}
		}
	})
}
