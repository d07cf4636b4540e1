package store_test

import (
	"testing"

	"github.com/ringdown/ringdown/models/store"
	"github.com/ringdown/ringdown/models/store/storetest"
)

func TestALookAtTheAllotmentSeesWhatCountsAndSetsNothingAside(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		asked(t, s, "first")
		asked(t, s, "second")
		for range 2 {
			if used, ok := full(s.MayAskForNumber(t.Context(), 2)); !ok || used != 2 {
				t.Errorf("who asks for one more is told of %d, %t", used, ok)
			}
			if err := s.MayReserveNumber(t.Context(), "first", 1); err != nil {
				t.Errorf("nothing is set aside, but %v", err)
			}
		}
		if err := reserve(s, "first", 1, false); err != nil {
			t.Fatal(err)
		}
		if err := s.MayReserveNumber(t.Context(), "first", 1); err != nil {
			t.Errorf("its own place is in its way: %v", err)
		}
		if used, ok := full(s.MayReserveNumber(t.Context(), "second", 1)); !ok || used != 1 {
			t.Errorf("the other is told of %d, %t", used, ok)
		}
		for _, err := range []error{s.MayAskForNumber(t.Context(), 3), s.MayAskForNumber(t.Context(), 0), s.MayReserveNumber(t.Context(), "second", 0)} {
			if err != nil {
				t.Error(err)
			}
		}
	})
}
