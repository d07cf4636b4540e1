package store

import (
	"context"
	"slices"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/ringdown/ringdown/models"
)

// DeliveryFilter narrows a list of deliveries. Its zero value lets all pass.
type DeliveryFilter struct {
	AlertID    string
	ReceiverID string
	Status     models.DeliveryStatus
	From       time.Time // of what happened
	To         time.Time // exclusive
}

var latestHappened = sorting{"happened_at", "<"}

// KeepDelivery writes how far a delivery has come, over what was written of it before; what happened, and when,
// stays, and what is delivered stays delivered. It is safe to repeat.
func (s *Store) KeepDelivery(ctx context.Context, d models.Delivery) error {
	d.At, d.LastTriedAt, d.DeliveredAt = instant(d.At), instantOrNil(d.LastTriedAt), instantOrNil(d.DeliveredAt)
	d.LastError = storableText(d.LastError)
	err := s.writer.WithContext(ctx).Clauses(clause.OnConflict{
		Columns:   []clause.Column{{Name: "id"}},
		DoUpdates: s.columnsBut(&models.Delivery{}, "id", "alert_id", "receiver_id", "event", "alert", "happened_at"),
		Where: clause.Where{Exprs: []clause.Expression{clause.Expr{
			SQL: "deliveries.status <> ?", Vars: []any{models.DeliveryDelivered},
		}}},
	}).Create(&d).Error
	return translate("keep delivery "+d.ID, err)
}

// ExpectDeliveries writes deliveries that nobody has tried yet. What is written of one before stays. It is safe
// to repeat.
func (s *Store) ExpectDeliveries(ctx context.Context, expected []models.Delivery) error {
	if len(expected) == 0 {
		return nil
	}
	rows := slices.Clone(expected)
	for i := range rows {
		rows[i].At = instant(rows[i].At)
	}
	known := clause.OnConflict{Columns: []clause.Column{{Name: "id"}}, DoNothing: true}
	return translate("expect deliveries", s.writer.WithContext(ctx).Clauses(known).Create(&rows).Error)
}

// DeliveriesTo lists every delivery of an alert to a receiver, in the order in which it is told.
func (s *Store) DeliveriesTo(ctx context.Context, alertID, receiverID string) ([]models.Delivery, error) {
	var all []models.Delivery
	if !storable(alertID + receiverID) {
		return nil, nil
	}
	err := s.reader.WithContext(ctx).Order("happened_at, id").Find(&all, "alert_id = ? AND receiver_id = ?", alertID, receiverID).Error
	return all, translate("list deliveries of alert "+alertID, err)
}

// Delivery finds a delivery by id, with the name of its receiver while there is one.
func (s *Store) Delivery(ctx context.Context, id string) (models.Delivery, error) {
	d, err := one[models.Delivery](s.reader.WithContext(ctx), "delivery", "id", id)
	if err != nil {
		return d, err
	}
	named := []models.Delivery{d}
	err = nameReceivers(s.reader.WithContext(ctx), named)
	return named[0], translate("receiver of delivery "+id, err)
}

// Deliveries lists deliveries with the names of their receivers, the newest first.
func (s *Store) Deliveries(ctx context.Context, filter DeliveryFilter, page Page) ([]models.Delivery, string, error) {
	query := narrow(s.reader.WithContext(ctx), "happened_at", filter.From, filter.To,
		wanted{"alert_id", filter.AlertID}, wanted{"receiver_id", filter.ReceiverID}, wanted{"status", string(filter.Status)})
	deliveries, next, err := list(query, page, latestHappened, func(d models.Delivery) place { return place{d.At, d.ID} })
	if err == nil {
		err = nameReceivers(s.reader.WithContext(ctx), deliveries)
	}
	return deliveries, next, translate("list deliveries", err)
}

// WaitingDeliveries counts the deliveries of what happened since then that are not taken yet, and says when the oldest
// of them happened.
func (s *Store) WaitingDeliveries(ctx context.Context, since time.Time) (waiting int64, oldest time.Time, err error) {
	pending := s.reader.WithContext(ctx).Model(&models.Delivery{}).
		Where("status = ? AND happened_at > ?", models.DeliveryPending, instant(since))
	var first []models.Delivery
	err = pending.Session(&gorm.Session{}).Count(&waiting).Error
	if err == nil && waiting > 0 {
		err = pending.Session(&gorm.Session{}).Select("happened_at").Order("happened_at, id").Limit(1).Find(&first).Error
	}
	if len(first) > 0 {
		oldest = first[0].At
	}
	return waiting, oldest, translate("count waiting deliveries", err)
}

// nameReceivers fills in the names of the receivers of deliveries, in one query.
func nameReceivers(query *gorm.DB, deliveries []models.Delivery) error {
	if len(deliveries) == 0 {
		return nil
	}
	names := map[string]string{}
	for _, d := range deliveries {
		names[d.ReceiverID] = ""
	}
	ids := make([]string, 0, len(names))
	for id := range names {
		ids = append(ids, id)
	}
	var receivers []models.Receiver
	err := query.Select("id", "name").Find(&receivers, "id IN ?", ids).Error
	for _, r := range receivers {
		names[r.ID] = r.Name
	}
	for i, d := range deliveries {
		deliveries[i].ReceiverName = names[d.ReceiverID]
	}
	return err
}
