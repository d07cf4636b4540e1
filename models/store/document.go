package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/ringdown/ringdown/models"
)

// document is the row of a document.
type document struct {
	models.Document
	Content []byte // sealed; null once nobody needs it any more
}

// looseAtMost is how many documents that no request names somebody may have at once.
const looseAtMost = 20

// AddDocument keeps a document with its sealed content. No request names it yet; a *models.ConflictError says that
// whoever brings it has as many such documents as they may.
func (s *Store) AddDocument(ctx context.Context, d models.Document, sealed []byte) (models.Document, error) {
	fill(&d.ID, newID)
	fill(&d.CreatedAt, time.Now)
	d.CreatedAt, d.RequestID, d.DeletedAt, d.Name = instant(d.CreatedAt), "", nil, storableText(d.Name)
	err := s.writer.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		if err := mayAdd(tx, d.By.KeyID); err != nil {
			return err
		}
		if err := tx.Create(&document{d, sealed}).Error; err != nil {
			return err
		}
		return s.audited(ctx, tx, models.ActionCreate, "document", d.ID, nil, documentChangeOf(d))
	})
	return d, translate("add document", err)
}

func mayAdd(tx *gorm.DB, keyID string) error {
	if err := ofDocuments.take(tx); err != nil {
		return err
	}
	var loose int64
	err := tx.Model(&document{}).Where("request_id = '' AND by_key_id = ?", keyID).Count(&loose).Error
	if err == nil && loose >= looseAtMost {
		err = &models.ConflictError{Reason: fmt.Sprintf("%d documents are there that no request names: name them in a request, or wait until they are deleted, after %d hours",
			loose, int(models.LooseDocumentsLast.Hours()))}
	}
	return err
}

// documentChange is what the audit list shows of a document. The name of the file stays out of it: it is often that
// of a person.
type documentChange struct {
	RequestID string `json:"number_request_id"`
	MediaType string `json:"media_type"`
	Size      int    `json:"size"`
}

func documentChangeOf(d models.Document) documentChange {
	return documentChange{d.RequestID, d.MediaType, d.Size}
}

// actionRead is a document's own among the actions of the audit list.
const actionRead = "read"

// DocumentRead notes that somebody reads a document.
func (s *Store) DocumentRead(ctx context.Context, d models.Document) error {
	return translate("note that document "+d.ID+" is read", s.audited(ctx, s.writer.WithContext(ctx), actionRead, "document", d.ID, nil, documentChangeOf(d)))
}

// Document finds a document by id, also one whose content is gone.
func (s *Store) Document(ctx context.Context, id string) (models.Document, error) {
	return one[models.Document](s.reader.WithContext(ctx), "document", "id", id)
}

// Sealed reads the content of a document as it was kept. models.ErrNotFound says that it is gone.
func (s *Store) Sealed(ctx context.Context, id string) ([]byte, error) {
	row, err := one[document](s.reader.WithContext(ctx).Where("deleted_at IS NULL"), "content of document", "id", id)
	return row.Content, err
}

// Documents lists the documents of a request, the oldest first.
func (s *Store) Documents(ctx context.Context, requestID string) ([]models.Document, error) {
	documents := []models.Document{}
	if !storable(requestID) || requestID == "" {
		return documents, nil
	}
	err := s.reader.WithContext(ctx).Order("created_at, id").Find(&documents, "request_id = ?", requestID).Error
	return documents, translate("documents of number request "+requestID, err)
}

// ForgetLooseDocuments deletes the documents that were added before an instant and that no request names, and
// says how many.
func (s *Store) ForgetLooseDocuments(ctx context.Context, before time.Time) (int, error) {
	all := 0
	for {
		n, err := s.forgetSomeDocuments(ctx, before)
		all += n
		if err != nil || n < atATime {
			return all, translate("forget documents", err)
		}
	}
}

// forgetSomeDocuments is ForgetLooseDocuments of so many that one statement takes their ids.
func (s *Store) forgetSomeDocuments(ctx context.Context, before time.Time) (int, error) {
	var loose []models.Document
	err := s.writer.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		err := lockedDocuments(tx).Limit(atATime).Find(&loose, "request_id = '' AND created_at < ?", instant(before)).Error
		if err != nil || len(loose) == 0 {
			return err
		}
		if err := tx.Delete(&loose).Error; err != nil {
			return err
		}
		return s.goneForGood(ctx, tx, loose)
	})
	if err != nil {
		return 0, err
	}
	return len(loose), nil
}

// emptyDocuments takes the content from the documents that a condition finds.
func (s *Store) emptyDocuments(ctx context.Context, tx *gorm.DB, condition string, values ...any) error {
	var documents []models.Document
	err := lockedDocuments(tx).Where("deleted_at IS NULL").Where(condition, values...).Find(&documents).Error
	if err != nil || len(documents) == 0 {
		return err
	}
	err = tx.Model(&document{}).Where("id IN ?", idsOf(documents)).
		UpdateColumns(map[string]any{"content": nil, "deleted_at": instant(time.Now())}).Error
	if err != nil {
		return err
	}
	return s.goneForGood(ctx, tx, documents)
}

func (s *Store) goneForGood(ctx context.Context, tx *gorm.DB, documents []models.Document) error {
	for _, d := range documents {
		if err := s.audited(ctx, tx, models.ActionDelete, "document", d.ID, documentChangeOf(d), nil); err != nil {
			return err
		}
	}
	return nil
}

// attach makes the files of a request's form its own. missing are those that are not there, gone, another
// request's, or not from anybody who filled in the form.
func attach(tx *gorm.DB, r models.NumberRequest) (missing []string, err error) {
	missing = slices.Compact(slices.Sorted(slices.Values(r.Form.Files())))
	named := slices.DeleteFunc(slices.Clone(missing), func(id string) bool { return !storable(id) })
	if len(named) == 0 {
		return missing, nil
	}
	var documents []models.Document
	if err := lockedDocuments(tx).Find(&documents, "id IN ? AND deleted_at IS NULL", named).Error; err != nil {
		return missing, err
	}
	var loose []models.Document
	for _, d := range documents {
		if !fits(d, r) {
			continue
		}
		missing = slices.DeleteFunc(missing, func(id string) bool { return id == d.ID })
		if d.RequestID == "" {
			loose = append(loose, d)
		}
	}
	if len(loose) == 0 {
		return missing, nil
	}
	return missing, tx.Model(&document{}).Where("id IN ?", idsOf(loose)).UpdateColumn("request_id", r.ID).Error
}

// fits says whether a document is a request's, or may become so: whoever uploaded it asked for the number, or
// answered a question about it.
func fits(d models.Document, r models.NumberRequest) bool {
	if d.RequestID != "" {
		return d.RequestID == r.ID
	}
	return d.By.KeyID == r.Requester.KeyID || slices.ContainsFunc(r.History, func(e models.RequestEvent) bool {
		return e.Kind == models.HistoryAnswered && e.By.KeyID == d.By.KeyID
	})
}

// lockedDocuments locks documents until the transaction ends, always in one order.
func lockedDocuments(tx *gorm.DB) *gorm.DB {
	return tx.Clauses(clause.Locking{Strength: clause.LockingStrengthUpdate}).Order("id")
}

func idsOf(documents []models.Document) []string {
	ids := make([]string, len(documents))
	for i, d := range documents {
		ids[i] = d.ID
	}
	return ids
}
