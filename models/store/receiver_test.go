package store_test

import (
	"context"
	"encoding/base64"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
	"github.com/ringdown/ringdown/models/store/storetest"
)

var (
	firstSecret  = models.SecretPrefix + base64.StdEncoding.EncodeToString([]byte("the first secret of these tests"))
	secondSecret = models.SecretPrefix + base64.StdEncoding.EncodeToString([]byte("the second secret of these tests"))
)

func hook(name string) models.Receiver {
	return models.Receiver{
		Name: name, Type: models.ReceiverWebhook, Enabled: true, URL: "https://alerts.example.com/ringdown", Secret: firstSecret,
	}.Shown()
}

func TestReceiversAreKept(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		receiver := hook("Desk")
		receiver.Conditions = []models.Condition{{Attribute: models.AttrCountry, Operation: models.OpEquals, Value: "GB"}}
		editing[models.Receiver]{
			s.CreateReceiver, s.Receiver, s.Receivers, s.UpdateReceiver,
			func(r *models.Receiver) (*string, *int, *time.Time, *time.Time) {
				return &r.ID, &r.Version, &r.CreatedAt, &r.UpdatedAt
			},
			func(r *models.Receiver) {
				r.Name, r.Enabled, r.URL, r.Conditions, r.Secret = "Pager", false, "", []models.Condition{}, secondSecret
			},
		}.test(t, receiver)
	})
}

func TestASecretStaysUntilAnotherIsGiven(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		made := must[models.Receiver](t)(s.CreateReceiver(ctx, hook("Desk")))
		for _, c := range []struct{ name, given, want string }{
			{"none is given", "", firstSecret},
			{"another is given", secondSecret, secondSecret},
			{"none is given again", "", secondSecret},
		} {
			made.Secret, made.HasSecret = c.given, false
			updated := must[models.Receiver](t)(s.UpdateReceiver(ctx, made, 0))
			got := must[models.Receiver](t)(s.Receiver(ctx, made.ID))
			if got.Secret != c.want || updated.Secret != c.want || !got.HasSecret || !updated.HasSecret {
				t.Errorf("%s: kept %q, answered %q", c.name, got.Secret, updated.Secret)
			}
		}
		same(t, []models.Receiver{must[models.Receiver](t)(s.Receiver(ctx, made.ID))}, must[[]models.Receiver](t)(s.AllReceivers(ctx)))
	})
}

func TestNoSecretIsInTheAuditListButThatItChanged(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		r := must[models.Receiver](t)(s.CreateReceiver(ctx, hook("Desk")))
		r = must[models.Receiver](t)(s.UpdateReceiver(ctx, r, 1)) // nothing changes
		r.Secret = secondSecret
		r = must[models.Receiver](t)(s.UpdateReceiver(ctx, r, 2))
		r.Secret, r.Name = "", "Pager"
		r = must[models.Receiver](t)(s.UpdateReceiver(ctx, r, 3))
		r.Secret, r.Enabled = firstSecret, false
		r = must[models.Receiver](t)(s.UpdateReceiver(ctx, r, 4))
		if err := s.DeleteReceiver(ctx, r.ID, 5); err != nil {
			t.Fatal(err)
		}
		var actions []string
		for _, c := range audit(t, s, store.ChangeFilter{NounID: r.ID}) {
			actions = append(actions, c.Action+" "+c.NounName)
			said := told(c)
			for _, secret := range []string{firstSecret, secondSecret, models.SecretPrefix} {
				if strings.Contains(said, secret) {
					t.Errorf("the audit list tells the secret: %s", said)
				}
			}
			if strings.Contains(said, `"has_secret":false`) || !strings.Contains(said, `"has_secret":true`) {
				t.Errorf("the audit list does not say that there is a secret: %s", said)
			}
		}
		want := []string{"create Desk", "new_secret Desk", "update Pager", "update Pager", "new_secret Pager", "delete Pager"}
		if !slices.Equal(actions, want) {
			t.Errorf("audited %v, want %v", actions, want)
		}
	})
}

func TestTheAuditListKeepsTheHostOfAReceiverAlone(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		r := hook("Desk")
		r.URL = "https://alerts.example.com/in-confidence?key=in-confidence"
		r = must[models.Receiver](t)(s.CreateReceiver(ctx, r))
		r.URL = "https://alerts.example.com/also-in-confidence" // the path alone, which is a change all the same
		r = must[models.Receiver](t)(s.UpdateReceiver(ctx, r, 0))
		r.Secret = secondSecret
		r = must[models.Receiver](t)(s.UpdateReceiver(ctx, r, 0))
		if kept := must[models.Receiver](t)(s.Receiver(ctx, r.ID)); kept.URL != "https://alerts.example.com/also-in-confidence" {
			t.Errorf("the address is %s", kept.URL)
		}
		if err := s.DeleteReceiver(ctx, r.ID, 0); err != nil {
			t.Fatal(err)
		}
		var actions []string
		for _, c := range audit(t, s, store.ChangeFilter{NounID: r.ID}) {
			actions = append(actions, c.Action)
			if said := told(c); strings.Contains(said, "in-confidence") || !strings.Contains(said, `"url":"https://alerts.example.com/…"`) {
				t.Errorf("audited: %s", said)
			}
		}
		if want := []string{"create", "update", "new_secret", "delete"}; !slices.Equal(actions, want) {
			t.Errorf("audited %v, want %v", actions, want)
		}
	})
}

func TestAReceiverGoesAndItsDeliveriesStay(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		r := must[models.Receiver](t)(s.CreateReceiver(ctx, hook("Desk")))
		d := delivery(r.ID, 1)
		if err := s.KeepDelivery(ctx, d); err != nil {
			t.Fatal(err)
		}
		if got := must[models.Delivery](t)(s.Delivery(ctx, d.ID)); got.ReceiverName != "Desk" {
			t.Errorf("its receiver is %q", got.ReceiverName)
		}
		if err := s.DeleteReceiver(ctx, r.ID, 7); !errors.Is(err, models.ErrStale) {
			t.Errorf("a removal of another version: %v", err)
		}
		if err := s.DeleteReceiver(ctx, r.ID, 1); err != nil {
			t.Fatal(err)
		}
		same(t, d, must[models.Delivery](t)(s.Delivery(ctx, d.ID)))
	})
}
