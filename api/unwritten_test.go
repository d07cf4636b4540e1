package api

import (
	"context"
	"testing"

	"github.com/ringdown/ringdown/models"
)

// Whoever calls while database and Temporal are away is on record when they are back, though no run knows of them.
func TestCallsThatCameWithoutTheDatabaseAreWrittenWhenItIsBack(t *testing.T) {
	for name, c := range map[string]struct {
		path     string
		diverted bool
	}{
		"one that was diverted":          {"/twilio/voice?try=2", true},
		"one whose caller heard it ring": {"/twilio/voice", false},
	} {
		copied(t, name, func(at *awayTest) {
			wt := at.restart()
			wt.temporal.fails = failing(errAway)
			wt.post(c.path, arriving())
			wt.Drain()
			away := wt.Server.store
			wt.looks(0)
			if _, err := at.store.CallByCarrierID(context.Background(), callerLeg); err == nil {
				at.Error("it was written to a database that is away")
			}
			wt.Server.store = at.store
			wt.looks(0)
			row, err := at.store.CallByCarrierID(context.Background(), callerLeg)
			if err != nil || row.Stage != models.StageArriving || (row.DivertedAt != nil) != c.diverted {
				at.Errorf("on record is %+v, %v", row, err)
			}
			if left := wt.unwritten.take(); len(left) > 0 {
				at.Errorf("%d calls are left to write", len(left))
			}
			wt.Server.store = away
		})
	}
}

func TestOfTooManyUnwrittenCallsTheNewestAreKept(t *testing.T) {
	var u unwritten
	for range unwrittenAtMost {
		u.add(models.Call{ID: "old"})
	}
	u.add(models.Call{ID: "new"})
	if calls := u.take(); len(calls) != unwrittenAtMost || calls[len(calls)-1].ID != "new" {
		t.Errorf("%d are kept, the last of them %s", len(calls), calls[len(calls)-1].ID)
	}
}
