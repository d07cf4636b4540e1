package api

import (
	"context"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/ringdown/ringdown/models"
)

// refusals are a caller for every reason: how the route or the database comes to refuse them, and
// what they hear.
var refusals = []struct {
	reason  models.RefusalReason
	name    string
	arrange func(wt *webhookTest)
	from    string
	verstat string
	hears   string
}{
	{models.RefusedOwnNumber, "one of our own numbers", nothing, unboundNumber, "", "Reject"},
	{models.RefusedBlocked, "a blocked caller", blocking(nil), callersNumber, "", "Reject"},
	{models.RefusedBlocked, "a caller who is blocked until later", blocking(after(time.Second)), callersNumber, "", "Reject"},
	{models.RefusedNotListed, "a caller who is not listed", listing(""), callersNumber, "", "Reject"},
	{models.RefusedNotListed, "a caller who is not listed, with words for it", listing("Bitte schreiben Sie uns."), callersNumber, "",
		`Say de-DE "Bitte schreiben Sie uns.", Hangup`},
	{models.RefusedNotListed, "a withheld caller", listing(""), "anonymous", "", "Reject"},
	{models.RefusedUnattested, "a caller whom nobody vouches for", vouching, callersNumber, "No-TN-Validation", "Say de-DE unverified, Hangup"},
	{models.RefusedUnattested, "a caller for whom another network vouches by half", vouching, callersNumber, "TN-Validation-Passed-B", "Say de-DE unverified, Hangup"},
	{models.RefusedUnattested, "a withheld caller whom somebody vouches for", vouching, "anonymous", "TN-Validation-Passed-A", "Say de-DE unverified, Hangup"},
	{models.RefusedTooMany, "a caller who called twice this minute", calling(2, callersNumber, true), callersNumber, "", "Reject busy"},
	{models.RefusedRouteFull, "a caller too many at once", calling(3, "+447700900188", false), callersNumber, "", "Reject busy"},
}

func nothing(*webhookTest) {}

func after(d time.Duration) *time.Duration { return &d }

// blocking blocks the caller for a while, or for ever.
func blocking(until *time.Duration) func(wt *webhookTest) {
	return func(wt *webhookTest) {
		blocked := models.BlockedCaller{Number: callersNumber}
		if until != nil {
			at := time.Now().Add(*until)
			blocked.Until = &at
		}
		_, err := wt.store.CreateBlockedCaller(context.Background(), blocked)
		wt.must(err)
	}
}

func listing(refusal string) func(wt *webhookTest) {
	return func(wt *webhookTest) {
		wt.edit(func(r *models.Route) {
			r.Allowlist = models.Allowlist{Enabled: true, Callers: []models.AllowedCaller{{Number: "+447700900177"}}, Refusal: refusal}
		})
	}
}

func vouching(wt *webhookTest) { wt.edit(func(r *models.Route) { r.RequireAttested = true }) }

// calling makes calls that came half a minute ago, to a route that bears two of a caller in a
// minute and three at once.
func calling(n int, caller models.Phone, over bool) func(wt *webhookTest) {
	return func(wt *webhookTest) {
		wt.edit(func(r *models.Route) { r.Limits = models.Limits{PerCallerPerMinute: 2, LiveCalls: 3} })
		for i := range n {
			call := models.Call{
				CarrierCallID: anotherCall[:33] + string(rune('0'+i)), RouteID: "support", Caller: caller, Number: ourNumber,
				Stage: models.StageArriving, StartedAt: time.Now().Add(-30 * time.Second),
			}
			if over {
				call.EndedAt = &call.StartedAt
			}
			wt.must(wt.store.Arrive(context.Background(), call))
		}
	}
}

// row is the call of the tests on record.
func (wt *webhookTest) row() models.Call {
	wt.Helper()
	wt.Drain()
	call, err := wt.store.CallByCarrierID(context.Background(), callerLeg)
	wt.must(err)
	return call
}

// isRefused checks the row of a call that was refused.
func (wt *webhookTest) isRefused(reason models.RefusalReason) {
	wt.Helper()
	got := wt.row()
	if got.Refusal != reason || got.Outcome != models.Refused || got.Stage != models.StageEnded || got.EndedAt == nil || got.DivertedAt != nil {
		wt.Errorf("on record is %q %s %s, ended %v, diverted %v", got.Refusal, got.Outcome, got.Stage, got.EndedAt, got.DivertedAt)
	}
}

func TestEveryReasonToRefuseIsTested(t *testing.T) {
	tested := map[models.RefusalReason]bool{}
	for _, c := range refusals {
		tested[c.reason] = true
	}
	for _, reason := range models.RefusalReasons {
		if !tested[reason] {
			t.Errorf("%s is not", reason)
		}
	}
}

func TestWhoMayNotCallIsRefusedBeforeAnythingRings(t *testing.T) {
	for _, c := range refusals {
		arriving := func() map[string][]string { return arriving("From", c.from, "StirVerstat", c.verstat) }
		inCall(t, c.name+", by their run", func(wt *webhookTest) {
			c.arrange(wt)
			wt.temporal.answer = models.Answer{Do: models.DoReject}
			for range 2 { // as often as the carrier repeats it
				wt.hears("Reject", wt.post("/twilio/voice", arriving()))
				wt.asks("start call/CALL answer answer/0 within 1.8s")
			}
			for _, in := range wt.temporal.inputs {
				if in.Refusal != c.reason || in.FirstStage() != models.StageEnded {
					wt.Errorf("starts with %q at %s", in.Refusal, in.FirstStage())
				}
			}
			wt.isRefused(c.reason)
			wt.logged()
		})
		for _, target := range []string{"/twilio/voice", "/twilio/voice?try=1", "/twilio/voice?try=2", "/twilio/voice?try=14", "/twilio/voice?try=99"} {
			inCall(t, c.name+", without Temporal, at "+target, func(wt *webhookTest) {
				c.arrange(wt)
				wt.temporal.fails = failing(errAway)
				for range 2 {
					wt.hears(c.hears, wt.post(target, arriving()))
					wt.logged("call not answered in time")
				}
				for _, asked := range wt.temporal.heard() {
					if asked[:5] != "start" {
						wt.Errorf("asked %s", asked)
					}
				}
				wt.isRefused(c.reason)
			})
		}
	}
}

func TestWhoMayCallIsNotRefused(t *testing.T) {
	for _, c := range []struct {
		name    string
		arrange func(wt *webhookTest)
		changes []string
	}{
		{"a caller of whom nothing is known", nothing, nil},
		{"a withheld caller on an open route", nothing, []string{"From", "anonymous"}},
		{"a withheld caller, whom no list of blocked ones names", blocking(nil), []string{"From", ""}},
		{"a caller whose block is over", blocking(after(0)), nil},
		{"a listed caller", listing(""), []string{"From", "+447700900177"}},
		{"a caller whose network vouches for them", vouching, []string{"StirVerstat", "TN-Validation-Passed-A-Passthrough"}},
		{"a caller who called once this minute", calling(1, callersNumber, true), nil},
		{"a caller who called twice, but to talk with others at once", calling(2, "+447700900188", false), nil},
		{"a caller on a route that was full", calling(3, "+447700900188", true), nil},
		{"a blocked caller whose call is in progress", blocking(nil), []string{"CallStatus", "in-progress"}},
	} {
		inCall(t, c.name, func(wt *webhookTest) {
			c.arrange(wt)
			wt.temporal.answer = inTheRoom
			wt.hears(theRoom, wt.post("/twilio/voice", arriving(c.changes...)))
			if in := wt.temporal.inputs[0]; in.Refusal != "" || in.FirstStage() != models.StageHunting {
				wt.Errorf("starts with %q at %s", in.Refusal, in.FirstStage())
			}
			if row := wt.row(); row.Refusal != "" || row.Outcome != "" || row.EndedAt != nil {
				wt.Errorf("on record is %q %s, ended %v", row.Refusal, row.Outcome, row.EndedAt)
			}
		})
	}
}

func TestACallDoesNotCountAgainstItself(t *testing.T) {
	inCall(t, "however often it is announced", func(wt *webhookTest) {
		wt.edit(func(r *models.Route) { r.Limits = models.Limits{PerCallerPerMinute: 1, LiveCalls: 1} })
		wt.temporal.answer = inTheRoom
		for range 3 {
			wt.hears(theRoom, wt.post("/twilio/voice", arriving()))
			wt.Drain()
		}
		for _, in := range wt.temporal.inputs {
			if in.Refusal != "" {
				wt.Errorf("refused: %s", in.Refusal)
			}
		}
	})
}

func TestWithoutTheDatabaseACallerIsLetIn(t *testing.T) {
	away := func(wt *webhookTest, arrange func(wt *webhookTest)) *httptest.ResponseRecorder {
		arrange(wt)
		wt.temporal.answer = inTheRoom
		wt.post("/twilio/voice", arriving("CallSid", anotherCall, "From", "+447700900177"))
		wt.rows() // waits until it is written
		wt.must(wt.store.Close())
		wt.log.Reset()
		return wt.post("/twilio/voice", arriving())
	}
	inCall(t, "though they are blocked", func(wt *webhookTest) {
		wt.hears(theRoom, away(wt, blocking(nil)))
		if got := wt.temporal.inputs[1].Refusal; got != "" {
			wt.Errorf("refused: %s", got)
		}
		wt.logged("call let in without looking at blocks and limits", "arrival not written")
	})
	inCall(t, "but not past the allowlist, which is the route's", func(wt *webhookTest) {
		away(wt, listing(""))
		if got := wt.temporal.inputs[1].Refusal; got != models.RefusedNotListed {
			wt.Errorf("refused: %q", got)
		}
	})
}
