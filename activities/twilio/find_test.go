package twilio

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// listed is one call as the carrier lists it.
func listed(sid, status, created string) string {
	return fmt.Sprintf(`{"sid": %q, "status": %q, "date_created": %s, "direction": "outbound-api", "start_time": null}`,
		sid, status, created)
}

func page(next string, calls ...string) string {
	return `{"calls": [` + strings.Join(calls, ",") + `], "next_page_uri": ` + next + `}`
}

func sids(legs []State) (sids []string) {
	for _, leg := range legs {
		sids = append(sids, leg.SID)
	}
	return sids
}

func TestFindListsTheQueuedAndTheStarted(t *testing.T) {
	t.Parallel()
	client, carrier := newCarrier(t, func(c *carrier, w http.ResponseWriter, r *http.Request, _ int) {
		switch query := r.URL.Query(); {
		case query.Get("Status") == "queued":
			c.says(w, r, 200, page("null",
				listed(leg1, "queued", `"Sun, 01 Mar 2026 00:00:20 +0000"`), listed(leg2, "queued", "null")))
		case query.Get("Page") == "":
			c.says(w, r, 200, page(`"/2010-04-01/Accounts/`+account+`/Calls.json?Page=1&PageSize=100&PageToken=PACA1"`,
				listed(leg3, "ringing", `"Sun, 01 Mar 2026 00:00:02 +0000"`)))
		default:
			c.says(w, r, 200, page("null",
				listed(leg1, "ringing", `"Sun, 01 Mar 2026 00:00:20 +0000"`),
				listed(leg4, "no-answer", `"Sat, 28 Feb 2026 23:59:58 +0000"`)))
		}
	})
	// Four seconds after midnight, so that the clock allowance reaches into the day before.
	legs, err := client.Find(t.Context(), aLeg.To, aLeg.From, time.Date(2026, 3, 1, 0, 0, 4, 0, time.UTC))
	if err != nil {
		t.Fatal(err)
	}
	if got := sids(legs); !slices.Equal(got, []string{leg2, leg1, leg3}) {
		t.Errorf("found %v", got)
	}
	if legs[1].Status != "ringing" {
		t.Errorf("the older of two answers was kept: %+v", legs[1])
	}
	wants := []string{
		"From=%2B447700900001&PageSize=100&Status=queued&To=%2B12025550123",
		"From=%2B447700900001&PageSize=100&StartTime%3E=2026-02-28T00%3A00%3A00Z&To=%2B12025550123",
		"From=%2B447700900001&Page=1&PageSize=100&PageToken=PACA1&StartTime%3E=2026-02-28T00%3A00%3A00Z&To=%2B12025550123",
	}
	for i, asked := range carrier.got() {
		if got := asked.Query.Encode(); asked.Path != calls || got != wants[i] {
			t.Errorf("request %d: %s %s\n want %s", i, asked.Path, got, wants[i])
		}
	}
}

func TestFindLeavesOutWhatIsOlderOrWasNotPlacedByREST(t *testing.T) {
	t.Parallel()
	dialled := `{"sid": "` + leg2 + `", "status": "in-progress", "direction": "outbound-dial", "date_created": "Sun, 01 Mar 2026 12:00:01 +0000"}`
	client, _ := newCarrier(t, says(page("null",
		listed(leg1, "completed", `"Sun, 01 Mar 2026 11:59:54 +0000"`), dialled,
		listed(leg3, "ringing", `"Sun, 01 Mar 2026 11:59:55 +0000"`))))
	// In a zone of its own: the carrier thinks in UTC.
	since := time.Date(2026, 3, 1, 23, 0, 0, 0, time.FixedZone("", 11*60*60))
	legs, err := client.Find(t.Context(), aLeg.To, aLeg.From, since)
	if got := sids(legs); err != nil || !slices.Equal(got, []string{leg3}) {
		t.Errorf("found %v, %v", got, err)
	}
}

func TestFindDoesNotTakeAStrangersAnswerForNone(t *testing.T) {
	t.Parallel()
	client, _ := newCarrier(t, always(http.StatusOK, "", "{}"))
	if legs, err := client.Find(t.Context(), aLeg.To, aLeg.From, time.Now()); ClassOf(err) != Unknown {
		t.Errorf("Find = %v, %v", legs, err)
	}
	client, _ = newCarrier(t, says(page("null")))
	if legs, err := client.Find(t.Context(), aLeg.To, aLeg.From, time.Now()); len(legs) != 0 || err != nil {
		t.Errorf("Find = %v, %v", legs, err)
	}
}
