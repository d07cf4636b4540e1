package activities_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/ringdown/ringdown/activities"
	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store/storetest"
	"go.temporal.io/sdk/client"
)

// behind raises alerts whose first phone was rung so many minutes ago and whose channel has been told all but
// that. It answers the incidents.
func behind(t *testing.T, w *activities.Waker, minutes ...int) (ids []string) {
	t.Helper()
	rule := models.AlertRoute{Name: "Calls", Enabled: true, Incident: models.IncidentRule{Declare: true}}
	if _, err := w.Store.CreateAlertRoute(t.Context(), rule.Defaults()); err != nil {
		t.Fatal(err)
	}
	for n, ago := range minutes {
		at := time.Now().Truncate(time.Minute).Add(-time.Duration(ago)*time.Minute - 30*time.Second)
		alert := models.Alert{ID: fmt.Sprint("a", n), CarrierCallID: fmt.Sprint("CA", n), Status: models.AlertFiring, StartedAt: at}
		alert.Rings = []models.Ring{{Attempt: "1.alice.1.1", UserID: "alice", Name: "Alice", At: at, State: models.Ringing}}
		routed, err := w.Store.RaiseAlert(t.Context(), alert, models.ChannelSlack)
		if err != nil {
			t.Fatal(err)
		}
		id := routed.Incidents[0]
		work, err := w.Store.ChannelWork(t.Context(), id)
		if err == nil {
			err = w.Store.KeepChannel(t.Context(), id, models.Channel{ID: "C01"})
		}
		for _, m := range work.Messages {
			m.Status = models.MessagePosted
			err = errors.Join(err, w.Store.KeepMessage(t.Context(), m))
		}
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
	}
	return ids
}

// wakes is what one look wakes of channels that have been behind for some minutes. fails is the nth that
// cannot be woken, from 1.
func wakes(t *testing.T, provider models.ChannelProvider, fails int, minutes ...int) (got activities.Woken, woken []int, err error) {
	t.Helper()
	var asked []string
	w := &activities.Waker{Store: storetest.SQLite(t), Channel: provider}
	w.Wake = func(_ context.Context, _ client.Client, id string) error {
		if asked = append(asked, id); len(asked) == fails {
			asked[fails-1] = ""
			return errors.New("Temporal is away")
		}
		return nil
	}
	ids := behind(t, w, minutes...)
	_, err = run(t, w.WakeBehind, &got)
	for n, id := range ids {
		if slices.Contains(asked, id) {
			woken = append(woken, n)
		}
	}
	return got, woken, err
}

// What is due now is due, or not, in a minute too: no case hangs on when the test is run.
func TestChannelsThatAreBehindAreWokenWhenItIsTime(t *testing.T) {
	for name, c := range map[string]struct {
		provider models.ChannelProvider
		minutes  []int
		want     activities.Woken
		woken    []int
	}{
		"one that is new, and none in between": {models.ChannelSlack, []int{5, 1, 9}, activities.Woken{Behind: 3, Woken: 1}, []int{1}},
		"none that has been behind for days":   {models.ChannelSlack, []int{3 * 24 * 60}, activities.Woken{}, nil},
		"none where Slack is not set up":       {models.ChannelInternal, []int{1}, activities.Woken{}, nil},
		"none where nothing is pending":        {models.ChannelSlack, nil, activities.Woken{}, nil},
	} {
		got, woken, err := wakes(t, c.provider, 0, c.minutes...)
		if got != c.want || !slices.Equal(woken, c.woken) || err != nil {
			t.Errorf("%s: %+v, woken are %v, %v", name, got, woken, err)
		}
	}
}

func TestAChannelThatCannotBeWokenStopsNoOther(t *testing.T) {
	_, woken, err := wakes(t, models.ChannelSlack, 2, 1, 1, 1)
	if len(woken) != 2 || err == nil {
		t.Errorf("woken are %v, %v", woken, err)
	}
}
