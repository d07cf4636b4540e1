package store_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
	"github.com/ringdown/ringdown/models/store/storetest"
)

// uploaded is a document that no request names.
func uploaded(t *testing.T, s *store.Store, by models.Actor) models.Document {
	t.Helper()
	d := models.Document{Name: "excerpt.pdf", MediaType: "application/pdf", Size: 5, By: by}
	return must[models.Document](t)(s.AddDocument(context.Background(), d, []byte{0, 1, 2, 0xff}))
}

// attached is a document of a request.
func attached(t *testing.T, s *store.Store, requestID string) models.Document {
	t.Helper()
	d := uploaded(t, s, requester)
	r := wish(requestID, 0)
	r.Form.Documents = map[string]models.SubmittedDocument{"proof": {File: d.ID}}
	must[models.NumberRequest](t)(s.CreateNumberRequest(context.Background(), r, 0))
	return must[models.Document](t)(s.Document(context.Background(), d.ID))
}

func TestADocumentIsKeptWithItsContent(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		d := models.Document{ID: "d1", RequestID: "r1", Name: "a\x00b.pdf", MediaType: "application/pdf", Size: 5, By: requester, DeletedAt: &noon}
		made := must[models.Document](t)(s.AddDocument(ctx, d, []byte{0, 1, 2, 0xff}))
		if made.ID != "d1" || made.RequestID != "" || made.DeletedAt != nil || made.Name != "ab.pdf" || made.CreatedAt.IsZero() {
			t.Errorf("made %+v", made)
		}
		same(t, made, must[models.Document](t)(s.Document(ctx, "d1")))
		if sealed := must[[]byte](t)(s.Sealed(ctx, "d1")); string(sealed) != "\x00\x01\x02\xff" {
			t.Errorf("its content is %x", sealed)
		}
		if _, err := s.AddDocument(ctx, d, nil); !errors.Is(err, models.ErrTaken) {
			t.Errorf("added twice: %v", err)
		}
		for _, missing := range []string{"", "none", "a\x00b"} {
			_, err := s.Document(ctx, missing)
			_, unsealed := s.Sealed(ctx, missing)
			if !errors.Is(err, models.ErrNotFound) || !errors.Is(unsealed, models.ErrNotFound) {
				t.Errorf("read %q: %v, %v", missing, err, unsealed)
			}
			if of, err := s.Documents(ctx, missing); err != nil || len(of) != 0 {
				t.Errorf("documents of request %q: %v, %v", missing, of, err)
			}
		}
	})
}

func TestDocumentsThatNoRequestNamesAreForgotten(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		named, old := attached(t, s, "r1"), uploaded(t, s, requester)
		later := time.Now().Add(time.Hour)
		fresh := must[models.Document](t)(s.AddDocument(ctx, models.Document{CreatedAt: later}, []byte("x")))
		for _, want := range []int{1, 0} {
			if n, err := s.ForgetLooseDocuments(ctx, later); err != nil || n != want {
				t.Errorf("forgot %d, %v, want %d", n, err, want)
			}
		}
		if _, err := s.Document(ctx, old.ID); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("the old one: %v", err)
		}
		for _, d := range []models.Document{named, fresh} {
			if _, err := s.Sealed(ctx, d.ID); err != nil {
				t.Error(err)
			}
		}
		if changes := audit(t, s, store.ChangeFilter{NounID: old.ID}); len(changes) != 2 || changes[1].Action != "delete" {
			t.Errorf("audited %v", changes)
		}
	})
}

func TestDocumentsAreForgottenHoweverManyThereAre(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		const many = 1200
		err := s.Writer().Exec(`WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
			INSERT INTO documents (id, request_id, name, media_type, size, by_key_id, by_name, created_at)
			SELECT 'd' || i, '', '', '', 0, '', '', ? FROM n`, many, noon).Error
		if err != nil {
			t.Fatal(err)
		}
		if n, err := s.ForgetLooseDocuments(t.Context(), noon.Add(time.Minute)); err != nil || n != many {
			t.Errorf("forgot %d, %v, want %d", n, err, many)
		}
		var left int64
		if err := s.Writer().Model(store.DocumentRow).Count(&left).Error; err != nil || left > 0 {
			t.Errorf("left are %d, %v", left, err)
		}
	})
}

func TestOneKeyHasFewDocumentsThatNoRequestNames(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		const most = 20
		var added, refused atomic.Int32
		atOnce(t, most+5, func(int) error {
			_, err := s.AddDocument(context.Background(), models.Document{By: requester}, []byte("x"))
			if errors.As(err, new(*models.ConflictError)) {
				refused.Add(1)
				return nil
			}
			added.Add(1)
			return err
		})
		if added.Load() != most || refused.Load() != 5 {
			t.Errorf("%d were added, %d refused", added.Load(), refused.Load())
		}
		uploaded(t, s, operator) // another key has its own
		var one models.Document
		if err := s.Writer().Take(&one, "by_key_id = ?", requester.KeyID).Error; err != nil {
			t.Fatal(err)
		}
		r := wish("r1", 0)
		r.Form.Documents = map[string]models.SubmittedDocument{"proof": {File: one.ID}}
		must[models.NumberRequest](t)(s.CreateNumberRequest(t.Context(), r, 0))
		uploaded(t, s, requester) // one is in a request by now
	})
}

func TestTheAuditListHoldsNoNameOfAFile(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		d := attached(t, s, "r1")
		if err := s.DocumentRead(store.As(t.Context(), operator), d); err != nil {
			t.Fatal(err)
		}
		keep(t, s, withdrawn(t, must[models.NumberRequest](t)(s.NumberRequest(t.Context(), "r1"))))
		var actions []string
		for _, c := range audit(t, s, store.ChangeFilter{NounID: d.ID}) {
			actions = append(actions, c.By.Name+": "+c.Action)
			if strings.Contains(told(c)+c.NounName, d.Name) {
				t.Errorf("it holds the name: %s", told(c))
			}
		}
		if want := []string{"ringdown: create", operator.Name + ": read", "ringdown: delete"}; !slices.Equal(actions, want) {
			t.Errorf("audited %q, want %q", actions, want)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if err := s.DocumentRead(t.Context(), d); err == nil {
			t.Error("it is read without a line in the list")
		}
	})
}

func TestADocumentIsTakenByOneRequestOrForgotten(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		for range 10 {
			d := uploaded(t, s, requester)
			taken := make(chan string, 3)
			atOnce(t, 3, func(i int) error {
				if i == 0 {
					n, err := s.ForgetLooseDocuments(ctx, time.Now().Add(time.Hour))
					if n > 0 {
						taken <- "forgotten"
					}
					return err
				}
				r := wish(d.ID+string(rune('a'+i)), 0)
				r.Form.Documents = map[string]models.SubmittedDocument{"proof": {File: d.ID}}
				_, err := s.CreateNumberRequest(ctx, r, 0)
				if errors.As(err, new(*models.InvalidError)) {
					return nil
				}
				taken <- r.ID
				return err
			})
			if len(taken) != 1 {
				t.Fatalf("it was taken %d times", len(taken))
			}
			got, err := s.Document(ctx, d.ID)
			if by := <-taken; (by == "forgotten") != errors.Is(err, models.ErrNotFound) || err == nil && got.RequestID != by {
				t.Errorf("taken by %s, and it reads %+v, %v", by, got, err)
			}
		}
	})
}
