package store

import "context"

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
