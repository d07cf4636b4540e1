package activities_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ringdown/ringdown/activities"
	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
	"github.com/ringdown/ringdown/models/store/storetest"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/testsuite"
)

func TestARequestIsWrittenWithWhatPeopleAreToBeTold(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		b := newBureau(t, s)
		requests := &activities.Requests{Store: s, Notices: b.notices}
		keeps := func(r models.NumberRequest, unsent int) {
			t.Helper()
			var kept activities.Kept
			if _, err := run(t, requests.KeepRequest, &kept, r); err != nil || kept.Unsent != unsent {
				t.Errorf("kept %+v (%v), want %d unsent", kept, err, unsent)
			}
		}
		begun := b.request.Begin(time.Now().UTC())
		keeps(begun, 2) // that it was submitted, to both
		if err := b.sends(); err != nil {
			t.Fatal(err)
		}
		keeps(begun, 0)
		commented, err := begun.Comment(models.ToComment{By: rita, Text: "Soon."}, time.Now().UTC())
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			keeps(commented, 1)
		}
		keeps(begun, 1) // it comes too late
		kept, err := s.NumberRequest(t.Context(), commented.ID)
		if err != nil || kept.Version != commented.Version || len(kept.History) != 2 {
			t.Errorf("kept %+v (%v)", kept, err)
		}
		b.notices.Mail, b.notices.Slack = nil, nil // no way to tell anybody
		keeps(commented, 0)
	})
}

func TestARequestThatNobodyHasWrittenYetIsWritten(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		requests := &activities.Requests{Store: s, Notices: &activities.Notices{Store: s}}
		r := models.Submit("request-1", americanForm(), nora, time.Now().UTC()).Begin(time.Now().UTC())
		if _, err := run(t, requests.KeepRequest, nil, r); err != nil {
			t.Fatal(err)
		}
		if kept, err := s.NumberRequest(t.Context(), r.ID); err != nil || kept.Version != 1 || kept.Form.AreaCode != "212" {
			t.Errorf("kept %+v (%v)", kept, err)
		}
	})
}

func TestARequestIsNotWrittenWhileTheDatabaseIsAway(t *testing.T) {
	s := storetest.SQLite(t)
	requests := &activities.Requests{Store: s, Notices: &activities.Notices{Store: s}}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := run(t, requests.KeepRequest, nil, models.NumberRequest{ID: "request-1"}); err == nil {
		t.Error("it was written in no database")
	}
	if _, err := run(t, requests.ReviveRequests, nil); err == nil {
		t.Error("requests were listed in no database")
	}
}

// submits has so many requests taken in, a minute apart, the last of them now.
func submits(t *testing.T, s *store.Store, n int, change func(i int, r models.NumberRequest) models.NumberRequest) (ids []string) {
	t.Helper()
	now := time.Now().UTC()
	for i := range n {
		r := models.Submit(fmt.Sprintf("request-%03d", i), americanForm(), nora, now.Add(time.Duration(i-n+1)*time.Minute))
		if _, err := s.CreateNumberRequest(t.Context(), r, 0); err != nil {
			t.Fatal(err)
		}
		if changed := change(i, r); changed.Version != r.Version {
			if _, err := s.KeepNumberRequest(t.Context(), changed); err != nil {
				t.Fatal(err)
			}
		}
		ids = append(ids, r.ID)
	}
	return ids
}

func TestEveryOpenRequestIsLookedAfter(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		const all = 230 // more than two pages
		var open []string
		for i, id := range submits(t, s, all, func(i int, r models.NumberRequest) models.NumberRequest {
			if r = r.Begin(r.CreatedAt); i%10 == 0 { // it is over
				r.Status, r.ActsNext = models.RequestRejected, ""
			}
			return r
		}) {
			if i%10 != 0 {
				open = append(open, id)
			}
		}
		var begun []string
		requests := &activities.Requests{Store: s, Begin: func(_ context.Context, _ client.Client, r models.NumberRequest) error {
			if r.Version != 1 || r.Form.AreaCode != "212" {
				t.Errorf("begun with %+v", r)
			}
			begun = append(begun, r.ID)
			return nil
		}}
		if n, err := revives(t, requests); err != nil || n != len(open) {
			t.Errorf("%d are open (%v)", n, err)
		}
		if slices.Sort(begun); !slices.Equal(begun, open) {
			t.Errorf("begun %v", begun)
		}
	})
}

// revives has all open requests looked after, and says how many there are.
func revives(t *testing.T, requests *activities.Requests) (open int, err error) {
	t.Helper()
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(log.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	env := suite.NewTestActivityEnvironment()
	env.SetTestTimeout(20 * time.Second)
	env.RegisterActivity(requests)
	value, err := env.ExecuteActivity(requests.ReviveRequests)
	if err == nil {
		err = value.Get(&open)
	}
	return open, err
}

func TestARequestThatCannotBeBegunKeepsNoOtherFromIt(t *testing.T) {
	s := storetest.SQLite(t)
	submits(t, s, 5, func(_ int, r models.NumberRequest) models.NumberRequest { return r.Begin(r.CreatedAt) })
	begun := 0
	requests := &activities.Requests{Store: s, Begin: func(_ context.Context, _ client.Client, r models.NumberRequest) error {
		if r.ID == "request-001" || r.ID == "request-003" {
			return fmt.Errorf("begin %s: %w", r.ID, errors.New("Temporal is away"))
		}
		begun++
		return nil
	}}
	_, err := revives(t, requests)
	if err == nil || strings.Count(err.Error(), "Temporal is away") != 2 || begun != 3 {
		t.Errorf("begun %d, and it says %v", begun, err)
	}
}
