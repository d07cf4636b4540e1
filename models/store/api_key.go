package store

import (
	"context"
	"time"

	"github.com/ringdown/ringdown/models"
)

func keyStamp(k *models.APIKey) stamp { return stamp{&k.ID, &k.Version, &k.CreatedAt, &k.UpdatedAt} }

// CreateAPIKey adds a key.
func (s *Store) CreateAPIKey(ctx context.Context, k models.APIKey) (models.APIKey, error) {
	k.ExpiresAt = instantOrNil(k.ExpiresAt)
	err := s.create(ctx, "api key", &k, keyStamp(&k))
	return k, err
}

// APIKey finds a key by id.
func (s *Store) APIKey(ctx context.Context, id string) (models.APIKey, error) {
	return one[models.APIKey](s.reader.WithContext(ctx), "api key", "id", id)
}

// APIKeys lists keys, the oldest first.
func (s *Store) APIKeys(ctx context.Context, page Page) ([]models.APIKey, string, error) {
	keys, next, err := list(s.reader.WithContext(ctx), page, oldestFirst,
		func(k models.APIKey) place { return place{k.CreatedAt, k.ID} })
	return keys, next, translate("list api keys", err)
}

// AllAPIKeys reads every key there is, for whoever has to tell right keys from wrong ones.
func (s *Store) AllAPIKeys(ctx context.Context) ([]models.APIKey, error) {
	var keys []models.APIKey
	err := s.reader.WithContext(ctx).Find(&keys).Error
	return keys, translate("read all api keys", err)
}

// UpdateAPIKey replaces a key whose version is ifVersion; zero means any. models.ErrStale says that
// it is another. A use that is noted at the same moment may be lost.
func (s *Store) UpdateAPIKey(ctx context.Context, k models.APIKey, ifVersion int) (models.APIKey, error) {
	k.ExpiresAt = instantOrNil(k.ExpiresAt)
	err := s.update(ctx, "api key", &k, keyStamp(&k), ifVersion)
	return k, err
}

// DeleteAPIKey revokes a key whose version is ifVersion; zero means any.
func (s *Store) DeleteAPIKey(ctx context.Context, id string, ifVersion int) error {
	return s.remove(ctx, "api key", &models.APIKey{}, id, ifVersion, nil)
}

// NoteUse notes that a key was used at an instant, unless a later use is noted already. It is no
// change of the key. It is safe to repeat.
func (s *Store) NoteUse(ctx context.Context, keyID string, at time.Time) error {
	err := s.writer.WithContext(ctx).Model(&models.APIKey{}).
		Where("id = ? AND (last_used_at IS NULL OR last_used_at < ?)", keyID, instant(at)).
		UpdateColumn("last_used_at", instant(at)).Error
	return translate("note use of api key "+keyID, err)
}
