package activities_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ringdown/ringdown/activities"
	"github.com/ringdown/ringdown/models"
	"go.temporal.io/sdk/client"
)

// beginning has a sweep begin requests, all but those that fail, and answers the ids of those that it began, in order.
func (st *sweepTest) beginning(fails ...string) *[]string {
	var begun []string
	st.sweep.Begin = func(_ context.Context, c client.Client, r models.NumberRequest) error {
		if c != client.Client(st.runs) {
			st.Error("begun in another Temporal")
		}
		if slices.Contains(fails, r.ID) {
			return errors.New("Temporal does not begin it")
		}
		begun = append(begun, r.ID)
		return nil
	}
	return &begun
}

func TestTheSweepBeginsRequestsThatWereTakenInWhileTemporalWasAway(t *testing.T) {
	t.Parallel()
	st := newSweepTest(t)
	submits(t, st.store, 5, func(i int, r models.NumberRequest) models.NumberRequest {
		if i == 1 { // its run has begun
			return r.Begin(r.CreatedAt)
		}
		return r
	})
	begun := st.beginning()
	st.did(activities.Swept{Begun: 3})
	// The last was taken in just now: whoever did so is about to begin its run.
	if !slices.Equal(*begun, []string{"request-000", "request-002", "request-003"}) {
		t.Errorf("begun %v", *begun)
	}
}

func TestTheSweepLeavesARequestAloneForTenSeconds(t *testing.T) {
	t.Parallel()
	for age, begins := range map[time.Duration]int{5 * time.Second: 0, 15 * time.Second: 1} {
		st := newSweepTest(t)
		r := models.Submit("request-1", americanForm(), nora, time.Now().UTC().Add(-age))
		_, err := st.store.CreateNumberRequest(t.Context(), r, 0)
		st.must(err)
		st.beginning()
		st.did(activities.Swept{Begun: begins})
	}
}

func TestARequestThatTheSweepCannotBeginKeepsNothingElseFromIt(t *testing.T) {
	t.Parallel()
	st := newSweepTest(t)
	submits(t, st.store, 5, func(_ int, r models.NumberRequest) models.NumberRequest { return r })
	sid := st.call(1, long)
	st.lines.legs[sid] = "completed"
	begun := st.beginning("request-000", "request-002")
	if _, err := st.sweeps(); err == nil || strings.Count(err.Error(), "Temporal does not begin it") != 2 {
		t.Errorf("it says %v", err)
	}
	if !slices.Equal(*begun, []string{"request-001", "request-003"}) {
		t.Errorf("begun %v", *begun)
	}
	st.row(sid, models.Failed)
}

func TestASweepThatLooksAfterNoRequestsBeginsNone(t *testing.T) {
	t.Parallel()
	st := newSweepTest(t)
	submits(t, st.store, 2, func(_ int, r models.NumberRequest) models.NumberRequest { return r })
	st.did(activities.Swept{})
}
