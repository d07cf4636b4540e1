package api

import (
	"os"
	"regexp"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
	"github.com/ringdown/ringdown/models/store/storetest"
)

// asksForNumber has a request taken in that waits for a reviewer for some time, unless change does something with it.
func asksForNumber(t *testing.T, s *store.Store, id string, waits time.Duration, change func(r models.NumberRequest) models.NumberRequest) {
	t.Helper()
	form := models.RequestForm{Name: "Support", Country: "US", Type: models.NumberLocal, Email: "nora@example.com"}
	r := models.Submit(id, form, models.Actor{KeyID: "nora", Name: "Nora"}, time.Now().UTC().Add(-waits))
	_, err := s.CreateNumberRequest(t.Context(), r, 0)
	if err == nil && change != nil {
		_, err = s.KeepNumberRequest(t.Context(), change(r.Begin(r.Since)))
	}
	if err != nil {
		t.Fatal(err)
	}
}

// opened is what a scrape shows of open requests.
func opened(inReview, waiting, failed, rejected, overdue string) []string {
	return []string{
		`ringdown_number_requests{status="active"} 0`, `ringdown_number_requests{status="failed"} ` + failed,
		`ringdown_number_requests{status="in_review"} ` + inReview, `ringdown_number_requests{status="provisioning"} 0`,
		`ringdown_number_requests{status="rejected"} ` + rejected, `ringdown_number_requests{status="waiting_for_carrier"} 0`,
		`ringdown_number_requests{status="waiting_for_requester"} ` + waiting, `ringdown_number_requests{status="withdrawn"} 0`,
		`ringdown_number_requests_overdue ` + overdue,
	}
}

func TestOpenRequestsAreCountedByState(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		shows := func(want []string) {
			t.Helper()
			if diff := cmp.Diff(want, scrape(t, &openRequests{store: s})); diff != "" {
				t.Error(diff)
			}
		}
		shows(opened("0", "0", "0", "0", "0"))
		asksForNumber(t, s, "new", time.Hour, nil)
		asksForNumber(t, s, "old", 25*time.Hour, nil)
		asksForNumber(t, s, "asked", 50*time.Hour, func(r models.NumberRequest) models.NumberRequest {
			r.Status, r.ActsNext = models.RequestWaitingForRequester, models.PartyRequester
			return r
		})
		asksForNumber(t, s, "failed", 50*time.Hour, func(r models.NumberRequest) models.NumberRequest { return r.Fail("It went wrong.", r.Since) })
		asksForNumber(t, s, "over", 50*time.Hour, func(r models.NumberRequest) models.NumberRequest {
			r.Status, r.ActsNext = models.RequestActive, ""
			return r
		})
		asksForNumber(t, s, "cleared up", 50*time.Hour, func(r models.NumberRequest) models.NumberRequest {
			r.Status, r.ActsNext = models.RequestRejected, models.PartyRingdown
			return r
		})
		shows(opened("2", "1", "1", "1", "2"))
	})
}

func TestOpenRequestsAreCountedOnceInTenSeconds(t *testing.T) {
	s := storetest.SQLite(t)
	shown := &openRequests{store: s}
	first := scrape(t, shown)
	asksForNumber(t, s, "new", time.Hour, nil)
	if diff := cmp.Diff(first, scrape(t, shown)); diff != "" {
		t.Errorf("counted again: %s", diff)
	}
	if left := time.Until(shown.lately.until); left > openFor || left < openFor/2 {
		t.Errorf("it is shown for another %v", left)
	}
	shown.lately.until = time.Now()
	if diff := cmp.Diff(opened("1", "0", "0", "0", "0"), scrape(t, shown)); diff != "" {
		t.Error(diff)
	}
}

func TestOpenRequestsAreNotShownWhileTheDatabaseIsAway(t *testing.T) {
	if !storetest.PostgresExpected() {
		return // which is reported: a SQLite database does not go away and come back
	}
	line := storetest.PostgresLine(t)
	shown := &openRequests{store: storetest.Open(t, line.URL)}
	shows := func(when string, n int) {
		t.Helper()
		shown.lately.until = time.Time{}
		if lines := scrape(t, shown); len(lines) != n {
			t.Errorf("%s, %v is shown", when, lines)
		}
	}
	all := len(openStatuses) + 1
	shows("at first", all)
	line.Cut()
	shows("while the database is away", 0)
	line.Mend()
	shows("once it is back", all)
}

// A state that nobody counts would be requests that nobody sees.
func TestEveryStateOfARequestIsCounted(t *testing.T) {
	source, err := os.ReadFile("../models/number_request.go")
	if err != nil {
		t.Fatal(err)
	}
	var want []models.RequestStatus
	for _, status := range regexp.MustCompile(`Request\w+ +RequestStatus = "(\w+)"`).FindAllSubmatch(source, -1) {
		want = append(want, models.RequestStatus(status[1]))
	}
	if diff := cmp.Diff(want, openStatuses); diff != "" {
		t.Error(diff)
	}
}
