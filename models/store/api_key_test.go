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

const secret = "rd_not-so-secret"

func pipeline() models.APIKey {
	expires := noon
	return models.APIKey{Name: "Deploy pipeline", Role: models.RoleReviewer, ExpiresAt: &expires}.WithSecret(secret)
}

func TestAPIKeysAreKept(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		editing[models.APIKey]{
			s.CreateAPIKey, s.APIKey, s.APIKeys, s.UpdateAPIKey,
			func(k *models.APIKey) (*string, *int, *time.Time, *time.Time) {
				return &k.ID, &k.Version, &k.CreatedAt, &k.UpdatedAt
			},
			func(k *models.APIKey) { k.Name, k.Role, k.ExpiresAt = "Pipeline", models.RoleViewer, nil },
		}.test(t, pipeline())
		all := must[[]models.APIKey](t)(s.AllAPIKeys(context.Background()))
		if len(all) != 1 || string(all[0].Hash) != string(models.HashKey(secret)) {
			t.Errorf("all keys: %+v", all)
		}
	})
}

func TestARevokedAPIKeyIsGone(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		key := must[models.APIKey](t)(s.CreateAPIKey(ctx, pipeline()))
		if err := s.DeleteAPIKey(ctx, key.ID, 2); !errors.Is(err, models.ErrStale) {
			t.Errorf("another version: %v", err)
		}
		if err := s.DeleteAPIKey(ctx, key.ID, 1); err != nil {
			t.Fatal(err)
		}
		if all := must[[]models.APIKey](t)(s.AllAPIKeys(ctx)); len(all) != 0 {
			t.Errorf("still there: %+v", all)
		}
		if err := s.DeleteAPIKey(ctx, key.ID, 0); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("twice: %v", err)
		}
	})
}

func TestTheAuditOfAnAPIKeyHoldsNoSecret(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		key := must[models.APIKey](t)(s.CreateAPIKey(ctx, pipeline()))
		changed := key
		changed.Name = "Pipeline"
		must[models.APIKey](t)(s.UpdateAPIKey(ctx, changed, 0))
		if err := s.DeleteAPIKey(ctx, key.ID, 0); err != nil {
			t.Fatal(err)
		}
		var rows []models.Change
		if err := s.Writer().Order("changed_at, id").Find(&rows).Error; err != nil || len(rows) != 3 {
			t.Fatalf("%d changes, %v", len(rows), err)
		}
		for _, row := range rows {
			if text := string(row.Before) + string(row.After); !strings.Contains(text, key.Prefix) || strings.Contains(strings.ToLower(text), "hash") || strings.Contains(text, secret) {
				t.Errorf("%s of a key holds %s", row.Action, text)
			}
			if row.Noun != "api key" || row.NounID != key.ID {
				t.Errorf("%s of a key is of %s %s", row.Action, row.Noun, row.NounID)
			}
		}
	})
}

func TestTheLatestUseOfAnAPIKeyIsNoted(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		key := must[models.APIKey](t)(s.CreateAPIKey(ctx, pipeline()))
		for _, used := range []time.Time{noon, noon.Add(time.Hour), noon.Add(time.Minute)} { // the last comes late
			if err := s.NoteUse(ctx, key.ID, used.In(time.FixedZone("", 9*3600))); err != nil {
				t.Fatal(err)
			}
		}
		got := must[models.APIKey](t)(s.APIKey(ctx, key.ID))
		if got.LastUsedAt == nil || !got.LastUsedAt.Equal(noon.Add(time.Hour)) || got.LastUsedAt.Location() != time.UTC {
			t.Errorf("last used %v", got.LastUsedAt)
		}
		if got.Version != 1 || !got.UpdatedAt.Equal(key.UpdatedAt) {
			t.Errorf("a use changed the key: version %d, updated %v", got.Version, got.UpdatedAt)
		}
		if err := s.NoteUse(ctx, "nobody", noon); err != nil {
			t.Errorf("a key that is gone: %v", err)
		}
	})
}
