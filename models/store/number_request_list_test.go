package store_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
	"github.com/ringdown/ringdown/models/store/storetest"
)

func TestRequestsAreListedByStateRequesterAndWhoeverActsNext(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		for i, id := range []string{"a", "b", "c", "d"} {
			r := wish(id, i)
			if id == "b" {
				r.Requester = models.Actor{Name: "The first key"} // of the environment, whose id is empty
			}
			r = must[models.NumberRequest](t)(s.CreateNumberRequest(ctx, r, 0)).Begin(noon)
			switch id {
			case "c":
				r = must[models.NumberRequest](t)(r.Ask(models.ToAsk{By: reviewer, Question: "Which?"}, noon.Add(time.Hour)))
			case "d":
				r = withdrawn(t, r)
			}
			keep(t, s, r)
		}
		key, none, strange := requester.KeyID, "", "a\x00b"
		for name, c := range map[string]struct {
			filter store.NumberRequestFilter
			want   string
		}{
			"all, the newest first":           {store.NumberRequestFilter{}, "dcba"},
			"in review":                       {store.NumberRequestFilter{Status: models.RequestInReview}, "ba"},
			"that wait for a requester":       {store.NumberRequestFilter{ActsNext: models.PartyRequester}, "c"},
			"of a key":                        {store.NumberRequestFilter{RequesterKeyID: &key}, "dca"},
			"of the first key":                {store.NumberRequestFilter{RequesterKeyID: &none}, "b"},
			"of a key that cannot be":         {store.NumberRequestFilter{RequesterKeyID: &strange}, ""},
			"of a state that cannot be":       {store.NumberRequestFilter{Status: "a\x00b"}, ""},
			"that wait for long":              {store.NumberRequestFilter{SinceBefore: noon.Add(time.Minute)}, "da"},
			"that wait for long for somebody": {store.NumberRequestFilter{SinceBefore: noon.Add(2 * time.Hour), ActsNext: models.PartyReviewer}, "ba"},
		} {
			got := ""
			for page := (store.Page{Limit: 1}); ; {
				requests, next, err := s.NumberRequests(ctx, c.filter, page)
				if err != nil {
					t.Fatal(err)
				}
				for _, r := range requests {
					got += r.ID
					same(t, must[models.NumberRequest](t)(s.NumberRequest(ctx, r.ID)), r)
				}
				if page.Cursor = next; next == "" {
					break
				}
			}
			if got != c.want {
				t.Errorf("%s: %q, want %q", name, got, c.want)
			}
		}
	})
}

func TestAListMayLeaveTheHistoriesOut(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		asked(t, s, "a")
		for brief, lines := range map[bool]int{true: 0, false: 1} {
			requests, _, err := s.NumberRequests(t.Context(), store.NumberRequestFilter{Brief: brief}, store.Page{})
			if err != nil || len(requests) != 1 || len(requests[0].History) != lines || requests[0].Form.Name != "Berlin a" {
				t.Errorf("brief %t: %+v, %v", brief, requests, err)
			}
		}
	})
}

func TestRequestsOfWhichNoRunKnowsAreFound(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		for i, id := range []string{"a", "b", "c", "d"} {
			must[models.NumberRequest](t)(s.CreateNumberRequest(ctx, wish(id, i), 0))
		}
		keep(t, s, must[models.NumberRequest](t)(s.NumberRequest(ctx, "b")).Begin(noon))
		for limit, want := range map[int]string{1: "a", 10: "ac"} {
			got := ""
			for _, r := range must[[]models.NumberRequest](t)(s.UnstartedRequests(ctx, noon.Add(3*time.Minute), limit)) {
				got += r.ID
			}
			if got != want {
				t.Errorf("at most %d: %q, want %q", limit, got, want)
			}
		}
	})
}

// manyRequests fills the lists: a request a minute, with its notice and a document. %[1]s is the minute i, in the
// words of each database.
var manyRequests = []string{
	`INSERT INTO number_requests (id, status, acts_next, acts_since, by_key_id, by_name, reason, phone_number_id, call_route_id, reminders, reserved, exceeds,
			version, created_at, updated_at)
		SELECT 'r' || i, CASE WHEN i %% 100 = 0 THEN 'in_review' ELSE 'active' END, CASE WHEN i %% 100 = 0 THEN 'reviewer' ELSE '' END, %[1]s,
			'k' || i %% 50, '', '', '', '', 0, (1 = 0), (1 = 0), CASE WHEN i > 4990 THEN 0 ELSE 9 END, %[1]s, %[1]s FROM n`,
	`INSERT INTO documents (id, request_id, name, media_type, size, by_key_id, by_name, created_at)
		SELECT 'd' || i, 'r' || i, '', '', 0, '', '', %[1]s FROM n`,
	`INSERT INTO notices (id, request_id, key, told_party, email, assignee, subject, text, last_error, created_at, mailed_at, slacked_at)
		SELECT 'm' || i, 'r' || i %% 1000, i, 'reviewer', '', '', '', '', '', %[1]s, %[1]s, %[1]s FROM n`,
}

func TestAPageOfRequestsAndNoticesCostsNoMoreWhateverTheTablesHold(t *testing.T) {
	const counted = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) "
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx, key := context.Background(), "k3"
		for _, fill := range manyRequests {
			into, rows, _ := strings.Cut(fmt.Sprintf(fill, calledEachMinute[s.Writer().Name()]), "SELECT")
			if err := s.Writer().Exec(into + counted + "SELECT" + rows).Error; err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Writer().Exec("ANALYZE").Error; err != nil {
			t.Fatal(err)
		}
		page := store.Page{Limit: 2}
		for name, read := range map[string]func(){
			"all": func() { _, _, _ = s.NumberRequests(ctx, store.NumberRequestFilter{}, page) },
			"in review": func() {
				_, _, _ = s.NumberRequests(ctx, store.NumberRequestFilter{Status: models.RequestInReview}, page)
			},
			"of a key":             func() { _, _, _ = s.NumberRequests(ctx, store.NumberRequestFilter{RequesterKeyID: &key}, page) },
			"without a run":        func() { _, _ = s.UnstartedRequests(ctx, noon, 2) },
			"documents":            func() { _, _ = s.Documents(ctx, "r3") },
			"notices":              func() { _, _, _ = s.Notices(ctx, store.NoticeFilter{}, page) },
			"notices of a request": func() { _, _, _ = s.Notices(ctx, store.NoticeFilter{RequestID: "r3"}, page) },
			"notices to be told":   func() { _, _ = s.UnsentNotices(ctx, "r3") },
		} {
			plans, err := s.ExplainReads(ctx, read)
			if err != nil || len(plans) != 1 {
				t.Fatalf("%s: %q, %v", name, plans, err)
			}
			if readThrough(plans[0]) {
				t.Errorf("%s: the whole table is read, or sorted:\n%s", name, plans[0])
			}
		}
	})
}

// What a run does after each step costs the same however much has happened.
func TestKeepingARequestTakesAFewStatements(t *testing.T) {
	s, counted := storetest.Counted(t, "sqlite:"+t.TempDir()+"/test.db")
	r := asked(t, s, "r1")
	keep(t, s, r)
	var counts []int
	for range 3 {
		r = commented(t, r, "Hm.")
		counts = append(counts, counted.During(func() { keep(t, s, r) }))
	}
	if slices.Max(counts) != slices.Min(counts) || counts[0] > 7 {
		t.Errorf("statements %v", counts)
	}
}
