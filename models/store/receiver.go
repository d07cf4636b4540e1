package store

import (
	"context"
	"time"

	"gorm.io/gorm"

	"github.com/ringdown/ringdown/models"
)

// actionNewSecret is a receiver's own among the actions of the audit list: its secret is another one,
// and is not told.
const actionNewSecret = "new_secret"

func receiverStamp(r *models.Receiver) stamp {
	return stamp{&r.ID, &r.Version, &r.CreatedAt, &r.UpdatedAt}
}

// CreateReceiver adds a receiver. models.ErrTaken says that another has the name.
func (s *Store) CreateReceiver(ctx context.Context, r models.Receiver) (models.Receiver, error) {
	r = r.Shown()
	err := s.writer.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		receiverStamp(&r).begin()
		if err := tx.Create(&r).Error; err != nil {
			return err
		}
		return s.audited(ctx, tx, models.ActionCreate, "receiver", r.ID, nil, r.HostAlone())
	})
	return r, translate("create receiver", err)
}

// Receiver finds a receiver by id, with its secret.
func (s *Store) Receiver(ctx context.Context, id string) (models.Receiver, error) {
	r, err := one[models.Receiver](s.reader.WithContext(ctx), "receiver", "id", id)
	return r.Shown(), err
}

// Receivers lists receivers with their secrets, the oldest first.
func (s *Store) Receivers(ctx context.Context, page Page) ([]models.Receiver, string, error) {
	receivers, next, err := list(s.reader.WithContext(ctx), page, oldestFirst,
		func(r models.Receiver) place { return place{r.CreatedAt, r.ID} })
	return allShown(receivers), next, translate("list receivers", err)
}

// AllReceivers lists every receiver with its secret, the oldest first.
func (s *Store) AllReceivers(ctx context.Context) ([]models.Receiver, error) {
	receivers, err := allReceivers(s.reader.WithContext(ctx))
	return receivers, translate("list receivers", err)
}

func allReceivers(query *gorm.DB) ([]models.Receiver, error) {
	var receivers []models.Receiver
	err := query.Order("created_at, id").Find(&receivers).Error
	return allShown(receivers), err
}

func allShown(receivers []models.Receiver) []models.Receiver {
	for i, r := range receivers {
		receivers[i] = r.Shown()
	}
	return receivers
}

// UpdateReceiver replaces a receiver whose version is ifVersion; zero means any. An empty secret
// keeps the one that is there. models.ErrStale says that the version is another, models.ErrTaken that
// another receiver has the name.
func (s *Store) UpdateReceiver(ctx context.Context, r models.Receiver, ifVersion int) (models.Receiver, error) {
	if !storable(r.ID) {
		return r, translate("update receiver", gorm.ErrRecordNotFound)
	}
	err := s.writer.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		if _, err := held(tx, &models.Receiver{}, r.ID, ifVersion); err != nil {
			return err
		}
		var before models.Receiver
		if err := tx.Take(&before, "id = ?", r.ID).Error; err != nil {
			return err
		}
		if r.Secret == "" {
			r.Secret = before.Secret
		}
		r.Version, r.CreatedAt, r.UpdatedAt = before.Version+1, before.CreatedAt, instant(time.Now())
		before, r = before.Shown(), r.Shown()
		if err := tx.Model(&r).Select("*").UpdateColumns(&r).Error; err != nil {
			return err
		}
		return s.auditReceiver(ctx, tx, before, r)
	})
	return r, translate("update receiver "+r.ID, err)
}

// auditReceiver audits what everybody may see of a receiver, and that its secret is another one. Where the rest
// of its address alone changes, before and after look the same.
func (s *Store) auditReceiver(ctx context.Context, tx *gorm.DB, before, after models.Receiver) error {
	same, err := alike(before, after)
	if err == nil && !same {
		err = s.audited(ctx, tx, models.ActionUpdate, "receiver", after.ID, before.HostAlone(), after.HostAlone())
	}
	if err == nil && before.Secret != after.Secret {
		err = s.audited(ctx, tx, actionNewSecret, "receiver", after.ID, before.HostAlone(), after.HostAlone())
	}
	return err
}

// DeleteReceiver removes a receiver whose version is ifVersion; zero means any. models.ErrStale says
// that it is another. Its deliveries stay.
func (s *Store) DeleteReceiver(ctx context.Context, id string, ifVersion int) error {
	var r models.Receiver
	return s.remove(ctx, "receiver", &r, id, ifVersion, func(*gorm.DB) error {
		r = r.Shown().HostAlone() // as the audit list has it
		return nil
	})
}
