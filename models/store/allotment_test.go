package store_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
	"github.com/ringdown/ringdown/models/store/storetest"
)

// owned is the nth number of a customer.
func owned(n int) models.PhoneNumber {
	return models.PhoneNumber{Number: models.Phone(fmt.Sprintf("+120255501%02d", n)), Name: "Support", Status: models.NumberActive}
}

func reserve(s *store.Store, requestID string, allotted int, override bool) error {
	_, err := s.ReserveNumber(context.Background(), requestID, allotted, override)
	return err
}

// full says whether an error is that the allotment is used up, and with how many.
func full(err error) (used int, ok bool) {
	var allotment *models.AllotmentError
	if errors.As(err, &allotment) {
		return allotment.Used, true
	}
	return 0, false
}

func TestFinalStatesAreThoseThatModelsKnow(t *testing.T) {
	for _, status := range []models.RequestStatus{
		models.RequestInReview, models.RequestWaitingForRequester, models.RequestProvisioning, models.RequestWaitingForCarrier,
		models.RequestFailed, models.RequestActive, models.RequestRejected, models.RequestWithdrawn,
	} {
		if slices.Contains(store.Finals, status) != status.Final() {
			t.Errorf("%s: the store and the models disagree", status)
		}
	}
}

// What is on record counts once, or not at all, for whoever wants one number more.
func TestWhatCountsAgainstTheAllotmentOfNumbers(t *testing.T) {
	number := func(t *testing.T, s *store.Store) { must[models.PhoneNumber](t)(s.CreateNumber(t.Context(), owned(1))) }
	reserved := func(t *testing.T, s *store.Store) {
		asked(t, s, "other")
		if err := reserve(s, "other", 0, false); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		name              string
		there             func(t *testing.T, s *store.Store)
		toAsk, toHaveMore bool // whether it counts
	}{
		{"nothing", func(*testing.T, *store.Store) {}, false, false},
		{"a number", number, true, true},
		{"a released number", func(t *testing.T, s *store.Store) {
			number(t, s)
			n := must[models.PhoneNumber](t)(s.NumberByPhone(t.Context(), owned(1).Number))
			must[models.PhoneNumber](t)(s.ReleaseNumber(t.Context(), n.ID))
		}, false, false},
		{"a request in review", func(t *testing.T, s *store.Store) { asked(t, s, "other") }, true, false},
		{"a request with a reservation", reserved, true, true},
		{"a request that is over", func(t *testing.T, s *store.Store) { keep(t, s, withdrawn(t, asked(t, s, "other"))) }, false, false},
		{"a request that is over, and had a reservation", func(t *testing.T, s *store.Store) {
			reserved(t, s)
			keep(t, s, withdrawn(t, must[models.NumberRequest](t)(s.NumberRequest(t.Context(), "other"))))
		}, false, false},
		{"a number that was set aside, and is there", func(t *testing.T, s *store.Store) {
			reserved(t, s)
			n := owned(1)
			if _, _, err := s.TakeInNumber(t.Context(), n, "other", models.Route{Name: "Draft"}); err != nil {
				t.Fatal(err)
			}
			over := withdrawn(t, must[models.NumberRequest](t)(s.NumberRequest(t.Context(), "other")))
			keep(t, s, over)
		}, true, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			storetest.Each(t, func(t *testing.T, s *store.Store) {
				ctx := context.Background()
				back := must[models.PhoneNumber](t)(s.CreateNumber(ctx, owned(20)))
				back = must[models.PhoneNumber](t)(s.ReleaseNumber(ctx, back.ID))
				back.Status = models.NumberActive
				asked(t, s, "mine")
				c.there(t, s)

				_, asking := s.CreateNumberRequest(ctx, wish("another", 1), 2) // the one beside mine
				_, adding := s.CreateNumberWithin(ctx, owned(2), 1)
				if adding == nil {
					n := must[models.PhoneNumber](t)(s.NumberByPhone(ctx, owned(2).Number))
					must[models.PhoneNumber](t)(s.ReleaseNumber(ctx, n.ID))
				}
				_, reviving := s.UpdateNumberWithin(ctx, back, 0, 1)
				if reviving == nil {
					must[models.PhoneNumber](t)(s.ReleaseNumber(ctx, back.ID))
				}
				reserving := reserve(s, "mine", 1, false)
				for what, got := range map[string]struct {
					err    error
					counts bool
					used   int
				}{
					"asking": {asking, c.toAsk, 2}, "adding": {adding, c.toHaveMore, 1}, "reviving": {reviving, c.toHaveMore, 1}, "reserving": {reserving, c.toHaveMore, 1},
				} {
					used, isFull := full(got.err)
					if isFull != got.counts || got.err != nil && !isFull || isFull && used != got.used {
						t.Errorf("%s: %v", what, got.err)
					}
				}
				if err := reserve(s, "mine", 1, true); err != nil {
					t.Errorf("a reviewer overrides it: %v", err)
				}
				exception := wish("exception", 2)
				exception.Form.Exception = "For the fair."
				must[models.NumberRequest](t)(s.CreateNumberRequest(ctx, exception, 1))
				must[models.PhoneNumber](t)(s.CreateNumberWithin(ctx, owned(3), 0)) // without limit
				must[models.NumberRequest](t)(s.CreateNumberRequest(ctx, wish("unlimited", 3), 0))
			})
		})
	}
}

// What a reviewer has allowed beside the allotment is beside it from then on.
func TestAnExceptionCountsForNobodyElse(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		must[models.PhoneNumber](t)(s.CreateNumber(ctx, owned(1)))
		exceeded := func(id string, allotted int, override bool) bool {
			t.Helper()
			return must[bool](t)(s.ReserveNumber(ctx, id, allotted, override))
		}
		asked(t, s, "beside")
		for range 2 { // the reply to the first may be lost
			if !exceeded("beside", 1, true) {
				t.Error("one more than allotted is said to be within it")
			}
		}
		if exceeded(asked(t, s, "within").ID, 3, true) || exceeded(asked(t, s, "unlimited").ID, 0, true) {
			t.Error("an override that was not needed is said to have been")
		}
		count := func(want int) {
			t.Helper()
			for what, err := range map[string]error{"asking": s.MayAskForNumber(ctx, 1), "having": s.MayReserveNumber(ctx, "none", 1)} {
				if used, _ := full(err); used != want {
					t.Errorf("%s: %d are in use, want %d", what, used, want)
				}
			}
		}
		count(3)
		extra := owned(2)
		extra.Exception = "For the fair."
		if _, _, err := s.TakeInNumber(ctx, extra, "beside", models.Route{Name: "Draft"}); err != nil {
			t.Fatal(err)
		}
		keep(t, s, withdrawn(t, must[models.NumberRequest](t)(s.NumberRequest(ctx, "beside")).Begin(noon)))
		count(3)
	})
}

func TestWhatIsInUseIsToldInItsOwnWords(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		asked(t, s, "r1")
		says := func(want string) {
			t.Helper()
			if err := s.MayAskForNumber(ctx, 1); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("said %v, want %q", err, want)
			}
		}
		says(": 1 request of 1 allotted are in use: give some up, or have more allotted")
		must[models.PhoneNumber](t)(s.CreateNumber(ctx, owned(1)))
		says(": 1 number and 1 request of 1 allotted are in use")
		asked(t, s, "r2")
		says(": 1 number and 2 requests of 1 allotted are in use")
		if err := s.MayReserveNumber(ctx, "r1", 1); err == nil || !strings.Contains(err.Error(), ": 1 of 1 numbers are in use") {
			t.Errorf("said %v", err)
		}
	})
}

func TestABlankReasonIsNone(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		asked(t, s, "r1")
		blank := wish("r2", 0)
		blank.Form.Exception = " \n"
		if _, err := s.CreateNumberRequest(context.Background(), blank, 1); err == nil {
			t.Error("a blank exception lets somebody ask for one more")
		}
	})
}

func TestAReservationIsMadeOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		asked(t, s, "r1")
		for range 2 {
			if err := reserve(s, "r1", 1, false); err != nil {
				t.Error(err)
			}
		}
		if err := reserve(s, "r1", 0, true); err != nil {
			t.Error(err)
		}
		before := must[models.NumberRequest](t)(s.NumberRequest(ctx, "r1"))
		keep(t, s, commented(t, before.Begin(noon), "Hm.")) // the run writes what it knows, and the reservation stays
		if used, ok := full(reserve(s, asked(t, s, "r2").ID, 1, false)); !ok || used != 1 {
			t.Errorf("%d are in use", used)
		}
		for _, missing := range []string{"", "none", "a\x00b"} {
			if err := reserve(s, missing, 0, false); !errors.Is(err, models.ErrNotFound) {
				t.Errorf("reserved for %q: %v", missing, err)
			}
		}
	})
}

func TestTheLastNumberIsReservedOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		const rivals, rounds = 4, 10
		for round := range rounds {
			for i := range rivals {
				asked(t, s, fmt.Sprintf("r%d-%d", round, i))
			}
			var reserved atomic.Int32
			atOnce(t, rivals, func(i int) error {
				err := reserve(s, fmt.Sprintf("r%d-%d", round, i), round+1, false)
				if _, ok := full(err); ok {
					return nil
				}
				reserved.Add(1)
				return err
			})
			if n := reserved.Load(); n != 1 {
				t.Fatalf("round %d: the last number was reserved %d times", round, n)
			}
		}
	})
}

// Whatever takes a number of the allotment, at once with all the others.
func TestNumbersNeverExceedTheAllotment(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		const each, rounds = 3, 6
		for round := range rounds {
			var back []models.PhoneNumber
			for i := range each {
				n := must[models.PhoneNumber](t)(s.CreateNumber(ctx, owned(10*round+i)))
				n = must[models.PhoneNumber](t)(s.ReleaseNumber(ctx, n.ID))
				n.Status = models.NumberActive
				back = append(back, n)
				asked(t, s, fmt.Sprintf("r%d-%d", round, i))
			}
			var added atomic.Int32
			atOnce(t, 3*each, func(i int) (err error) {
				switch n := i / 3; i % 3 {
				case 0:
					err = reserve(s, fmt.Sprintf("r%d-%d", round, n), 2*(round+1), false)
				case 1:
					_, err = s.CreateNumberWithin(ctx, owned(10*round+each+n), 2*(round+1))
				default:
					_, err = s.UpdateNumberWithin(ctx, back[n], 0, 2*(round+1))
				}
				if _, ok := full(err); ok {
					return nil
				}
				added.Add(1)
				return err
			})
			if n := added.Load(); n != 2 {
				t.Fatalf("round %d: %d were added, and 2 were left", round, n)
			}
		}
	})
}

// A number takes the place of its reservation at once: whoever counts meanwhile sees the one or the other.
func TestANumberIsNeverMissingWhileItTakesThePlaceOfItsReservation(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		const rounds = 10
		for round := range rounds {
			id := fmt.Sprint("r", round)
			asked(t, s, id)
			if err := reserve(s, id, round+1, false); err != nil {
				t.Fatal(err)
			}
			atOnce(t, 4, func(i int) error {
				if i == 0 {
					_, _, err := s.TakeInNumber(ctx, owned(round), id, models.Route{Name: "Draft"})
					return err
				}
				_, err := s.CreateNumberWithin(ctx, owned(90+i), round+1)
				if _, ok := full(err); !ok {
					return fmt.Errorf("one number too many: %w", err)
				}
				return nil
			})
		}
	})
}

func TestOpenRequestsNeverExceedTheAllotment(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		var made atomic.Int32
		atOnce(t, 8, func(i int) error {
			_, err := s.CreateNumberRequest(context.Background(), wish(fmt.Sprint("r", i), 0), 3)
			if _, ok := full(err); ok {
				return nil
			}
			made.Add(1)
			return err
		})
		if n := made.Load(); n != 3 {
			t.Errorf("%d requests were made", n)
		}
	})
}
