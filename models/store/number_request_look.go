package store

import (
	"context"

	"gorm.io/gorm"

	"github.com/ringdown/ringdown/models"
)

// MayAskForNumber is a *models.AllotmentError where numbers and open requests are as many as are allotted, so that
// who asks for one more asks for an exception. Zero allots without limit. Nothing is set aside by a look.
func (s *Store) MayAskForNumber(ctx context.Context, allotted int) error {
	return translate("look at the allotment of numbers", numbersWithin(s.reader.WithContext(ctx), allotted, openRequests, ""))
}

// MayReserveNumber is a *models.AllotmentError where ReserveNumber would be one for a request at this moment. Zero
// allots without limit. Nothing is set aside by a look.
func (s *Store) MayReserveNumber(ctx context.Context, requestID string, allotted int) error {
	return translate("look at the allotment of numbers", numbersWithin(s.reader.WithContext(ctx), allotted, reservedRequests, requestID))
}

// RequestOfNumber is the id of the request that a number came of, or is about to. models.ErrNotFound says that it
// came of none.
func (s *Store) RequestOfNumber(ctx context.Context, numberID string) (string, error) {
	if !storable(numberID) || numberID == "" {
		return "", translate("request of a number", gorm.ErrRecordNotFound)
	}
	var found struct{ ID string }
	err := s.reader.WithContext(ctx).Model(&models.NumberRequest{}).Select("id").
		Where("phone_number_id = ?", numberID).
		Or("status NOT IN ? AND CAST(provisioning AS text) LIKE ?", finals, inJSON(numberID)).
		Order("id").Take(&found).Error
	return found.ID, translate("request of phone number "+numberID, err)
}
