package activities_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/ringdown/ringdown/activities"
	"github.com/ringdown/ringdown/models"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
)

// run executes one activity in Temporal's test environment.
func run(t *testing.T, do any, into any, args ...any) (heartbeats []string, err error) {
	t.Helper()
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(log.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	env := suite.NewTestActivityEnvironment()
	env.RegisterActivity(do)
	env.SetOnActivityHeartbeatListener(func(_ *activity.Info, details converter.EncodedValues) {
		var leg string
		if err := details.Get(&leg); err != nil {
			t.Error(err)
		}
		heartbeats = append(heartbeats, leg)
	})
	value, err := env.ExecuteActivity(do, args...)
	if err == nil && into != nil && value.HasValue() {
		err = value.Get(into)
	}
	return heartbeats, err
}

func TestADialLeavesItsCompletionToOthersAndTellsItsLeg(t *testing.T) {
	phone, c := newCarrier(t)
	told, err := run(t, phone.Dial, nil, aDial())
	if !errors.Is(err, activity.ErrResultPending) {
		t.Fatalf("the dial ends with %v", err)
	}
	if len(c.placed) != 1 || len(told) != 1 || told[0] != c.placed[0] {
		t.Errorf("placed %v, told %v", c.placed, told)
	}
	want := map[string]string{
		"To": string(alice), "From": string(ours), "Timeout": "28",
		"Url":            "https://ringdown.example/twilio/leg/" + callerLeg + "/1.alice.1.1?lang=en-GB",
		"StatusCallback": "https://ringdown.example/twilio/leg-status/" + callerLeg + "/1.alice.1.1",
	}
	for name, value := range want {
		if got, _, _ := strings.Cut(c.calls[name], "#"); got != value {
			t.Errorf("%s is %q, want %q", name, got, value)
		}
	}
}

func TestADialThatTheCarrierDoesNotPlace(t *testing.T) {
	for name, c := range map[string]struct {
		replies []reply
		posts   int
		result  models.Result // empty: it is placed
		code    int
	}{
		"refused":                    {[]reply{{status: 400, code: 21210}}, 1, models.ResultRefused, 21210},
		"refused for the phone":      {[]reply{{status: 400, code: 21211}}, 1, models.ResultBadNumber, 21211},
		"refused for the account":    {[]reply{{status: 401, code: 20003}}, 1, models.ResultRefused, 20003},
		"busy, then placed":          {[]reply{{status: 429, code: 20429}, {legs: 1}}, 2, "", 0},
		"busy for ever":              {[]reply{{status: 429, code: 20429}, {status: 429}, {status: 429}, {status: 429}, {status: 429, code: 20429}, {legs: 1}}, 5, models.ResultRefused, 20429},
		"reply lost, no leg made":    {[]reply{{lost: true}}, 1, models.ResultUnknown, 0},
		"an error that tells little": {[]reply{{status: http.StatusBadGateway}}, 1, models.ResultUnknown, 0},
		"reply lost, leg adopted":    {[]reply{{legs: 1, lost: true}}, 1, "", 0},
		"error, leg adopted":         {[]reply{{legs: 1, status: http.StatusServiceUnavailable}}, 1, "", 0},
		"reply lost, leg queued":     {[]reply{{legs: 1, as: "queued", lost: true}}, 1, "", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			phone, carrier := newCarrier(t, c.replies...)
			var d models.Dialled
			told, err := run(t, phone.Dial, &d, aDial())
			if pending := errors.Is(err, activity.ErrResultPending); pending != (c.result == "") || err != nil && !pending {
				t.Fatalf("the dial ends with %v", err)
			}
			if d.Result != c.result || d.Code != c.code || carrier.posts != c.posts {
				t.Errorf("%+v after %d requests, want %s (%d) after %d", d, carrier.posts, c.result, c.code, c.posts)
			}
			if c.result == "" && (len(told) != 1 || told[0] != carrier.placed[0]) {
				t.Errorf("told %v of %v", told, carrier.placed)
			}
		})
	}
}

// A leg that may be another call's, or that somebody talks on, is not told as ours: its own first
// callback does that.
func TestALegThatCannotBeToldFromOthersIsNotAdopted(t *testing.T) {
	for name, r := range map[string]reply{
		"two of them":        {legs: 2, lost: true},
		"picked up already":  {legs: 1, as: "in-progress", lost: true},
		"over already":       {legs: 1, as: "busy", lost: true},
		"two, one picked up": {legs: 2, as: "in-progress", lost: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			phone, c := newCarrier(t, r)
			told, err := run(t, phone.Dial, nil, aDial())
			if !errors.Is(err, activity.ErrResultPending) || len(told) != 0 || c.posts != 1 {
				t.Errorf("the dial ends with %v, told %v after %d requests", err, told, c.posts)
			}
		})
	}
}

// The leg may be the other call's: ended as ours, it would cut off their talk.
func TestALegIsNotTakenForOursWhileAnotherCallOfTheNumberGoesOn(t *testing.T) {
	for name, known := range map[string]error{"another goes on": nil, "nobody knows": errors.New("the database is away")} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			phone, c := newCarrier(t, reply{legs: 1, lost: true})
			phone.Alone = func(_ context.Context, call string, number models.Phone) (bool, error) {
				if call != callerLeg || number != ours {
					t.Errorf("asked after call %s, number %s", call, number)
				}
				return false, known
			}
			dial, hangUp := aDial(), endOf("")
			dial.Ours, hangUp.Ours = ours, ours
			told, err := run(t, phone.Dial, nil, dial)
			if !errors.Is(err, activity.ErrResultPending) || len(told) > 0 || c.posts != 1 {
				t.Errorf("the dial ends with %v, told %v after %d requests", err, told, c.posts)
			}
			got := onStage(t, phone, order{HangUp: hangUp}).comesTo()
			if got.HungUp != (activities.HungUp{Found: true}) || c.is(c.placed[0]) != "ringing" {
				t.Errorf("came to %+v, the leg is %s", got.HungUp, c.is(c.placed[0]))
			}
		})
	}
}

func TestALegOfAnEarlierCallIsNotAdopted(t *testing.T) {
	t.Parallel()
	phone, c := newCarrier(t, reply{lost: true})
	c.add("CA00000000000000000000000000000777", "ringing", string(alice), string(ours), time.Now().Add(-time.Minute))
	var d models.Dialled
	if _, err := run(t, phone.Dial, &d, aDial()); err != nil || d.Result != models.ResultUnknown {
		t.Errorf("the dial ends %+v, %v", d, err)
	}
}

func TestADialAsksAfterACallerOfWhomNothingWasHeardForLong(t *testing.T) {
	for status, placed := range map[string]int{"in-progress": 1, "completed": 0} {
		phone, c := newCarrier(t)
		c.set(callerLeg, status)
		r := aDial()
		r.AskFirst = true
		var d models.Dialled
		_, err := run(t, phone.Dial, &d, r)
		if pending := errors.Is(err, activity.ErrResultPending); c.posts != placed || pending != (placed == 1) || !pending && d.Result != models.ResultGone {
			t.Errorf("for a caller who is %s: %d legs, %+v, %v", status, c.posts, d, err)
		}
	}
}

func TestTheCallerIsToldThatNobodyTakesTheCall(t *testing.T) {
	t.Run("moved", func(t *testing.T) {
		phone, c := newCarrier(t)
		var moved bool
		if _, err := run(t, phone.TellNobody, &moved, callerLeg, "en-GB", models.Phone("")); err != nil || !moved {
			t.Errorf("moved %v, %v", moved, err)
		}
		if got, _, _ := strings.Cut(c.moved[callerLeg], "#"); got != "https://ringdown.example/twilio/nobody/"+callerLeg+"?lang=en-GB" {
			t.Errorf("moved to %s", got)
		}
	})
	t.Run("gone", func(t *testing.T) {
		phone, c := newCarrier(t)
		c.set(callerLeg, "completed")
		moved := true
		if _, err := run(t, phone.TellNobody, &moved, callerLeg, "en-GB", models.Phone("")); err != nil || moved {
			t.Errorf("moved %v, %v", moved, err)
		}
	})
	t.Run("refused while the caller is there, to be tried again", func(t *testing.T) {
		phone, c := newCarrier(t)
		c.stuck = true
		if _, err := run(t, phone.TellNobody, nil, callerLeg, "en-GB", models.Phone("")); err == nil || strings.Contains(err.Error(), "+") {
			t.Errorf("ends with %v", err)
		}
	})
	t.Run("no answer, to be tried again", func(t *testing.T) {
		phone, c := newCarrier(t)
		c.busy = 1
		if _, err := run(t, phone.TellNobody, nil, callerLeg, "en-GB", models.Phone("")); err == nil {
			t.Error("ends well")
		}
	})
}

func TestTheCallerIsHungUpOn(t *testing.T) {
	for status, want := range map[string]string{"in-progress": "completed", "ringing": "canceled", "busy": "busy", "completed": "completed"} {
		phone, c := newCarrier(t)
		c.set(callerLeg, status)
		if _, err := run(t, phone.EndCaller, nil, callerLeg, models.Phone("")); err != nil || c.is(callerLeg) != want {
			t.Errorf("a caller who is %s becomes %s, %v", status, c.is(callerLeg), err)
		}
	}
	phone, c := newCarrier(t)
	c.busy = 1
	if _, err := run(t, phone.EndCaller, nil, callerLeg, models.Phone("")); err == nil {
		t.Error("no answer is taken for an end")
	}
}

func TestTheCarrierSaysHowLegsStand(t *testing.T) {
	phone, c := newCarrier(t)
	const ringing, busy, unknown = "CA0000000000000000000000000000000a", "CA0000000000000000000000000000000b", "CA0000000000000000000000000000000c"
	c.add(ringing, "ringing", string(alice), string(ours), time.Now())
	c.add(busy, "busy", string(alice), string(ours), time.Now())
	var got []activities.Standing
	if _, err := run(t, phone.AskCarrier, &got, []string{callerLeg, ringing, busy, unknown}); err != nil {
		t.Fatal(err)
	}
	want := []activities.Standing{{Answered: true}, {}, {Over: true}, {Over: true}}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("leg %d stands %+v, want %+v", i, got[i], want[i])
		}
	}
	c.busy = 1
	if _, err := run(t, phone.AskCarrier, nil, []string{callerLeg}); err == nil {
		t.Error("no answer is taken for a standing")
	}
}

// The API writes a diversion to the call's row before it moves the caller; the run hears of it later.
func TestACallerAtTheEmergencyNumberIsLeftThere(t *testing.T) {
	away := errors.New("the database is away")
	for name, known := range map[string]struct {
		diverted bool
		err      error
	}{"diverted": {true, nil}, "not diverted": {false, nil}, "nobody knows": {false, away}} {
		t.Run(name, func(t *testing.T) {
			phone, c := newCarrier(t)
			phone.Diverted = func(context.Context, string) (bool, error) { return known.diverted, known.err }
			var d models.Dialled
			_, err := run(t, phone.Dial, &d, aDial())
			if placed := len(c.placed) > 0; placed == known.diverted || known.diverted && (err != nil || d.Result != models.ResultDiverted) {
				t.Errorf("placed %v; the dial ends %+v, %v", placed, d, err)
			}
			_, err = run(t, phone.TellNobody, nil, callerLeg, "en-GB", models.Phone(""))
			if moved := c.moved[callerLeg] != ""; moved == known.diverted || isDiverted(err) != known.diverted {
				t.Errorf("moved %v: %v", moved, err)
			}
			_, err = run(t, phone.EndCaller, nil, callerLeg, models.Phone(""))
			if ended := c.is(callerLeg) == "completed"; ended == known.diverted || isDiverted(err) != known.diverted {
				t.Errorf("ended %v: %v", ended, err)
			}
		})
	}
}

// The carrier sends a caller to the emergency number by itself when a document of ours cannot be had: our
// database knows nothing of it.
func TestACallerWhomTheCarrierHasDivertedIsLeftThere(t *testing.T) {
	const emergency, fixed, line = models.Phone("+447700900199"), models.Phone("+447700900177"), "CA0000000000000000000000000000000d"
	for name, c := range map[string]struct {
		to      models.Phone // whom the caller's document has dialled
		status  string
		fixed   models.Phone
		told    bool // the caller is not moved, and that is as it should be
		diverts bool
	}{
		"while it rings there":                      {emergency, "ringing", "", false, true},
		"while they talk":                           {emergency, "in-progress", "", false, true},
		"and not sent to the fixed number instead":  {emergency, "in-progress", fixed, false, true},
		"unless nobody is there any more":           {emergency, "completed", "", false, false},
		"unless it is engaged":                      {emergency, "busy", fixed, false, false},
		"unless it is the fixed number":             {fixed, "in-progress", fixed, true, false},
		"unless the fixed number has hung up":       {fixed, "completed", fixed, false, false},
		"at a number that is no longer the route's": {fixed, "in-progress", "", false, true},
	} {
		t.Run(name, func(t *testing.T) {
			phone, carrier := newCarrier(t)
			carrier.dials(line, c.status, c.to)
			var standings []activities.Standing
			if _, err := run(t, phone.AskCarrier, &standings, []string{callerLeg}); err != nil || (standings[0].DialledTo == c.to) != (c.told || c.diverts) {
				t.Errorf("the caller stands %+v, %v", standings, err)
			}
			var told bool
			_, err := run(t, phone.TellNobody, &told, callerLeg, "en-GB", c.fixed)
			if moved := carrier.moved[callerLeg] != ""; moved != (!c.told && !c.diverts) || told == c.diverts || isDiverted(err) != c.diverts {
				t.Errorf("moved %t, told %t: %v", moved, told, err)
			}
			_, err = run(t, phone.EndCaller, nil, callerLeg, c.fixed)
			if ended := carrier.is(callerLeg) == "completed"; ended == c.diverts || isDiverted(err) != c.diverts {
				t.Errorf("ended %t: %v", ended, err)
			}
		})
	}
	t.Run("and is not touched while the carrier does not say so", func(t *testing.T) {
		phone, carrier := newCarrier(t)
		carrier.unlisted = true
		_, tell := run(t, phone.TellNobody, nil, callerLeg, "en-GB", fixed)
		_, end := run(t, phone.EndCaller, nil, callerLeg, fixed)
		_, ask := run(t, phone.AskCarrier, nil, []string{callerLeg})
		if tell == nil || end == nil || ask == nil || carrier.moved[callerLeg] != "" || carrier.is(callerLeg) != "in-progress" {
			t.Errorf("told %v, ended %v, asked %v; the caller is %s", tell, end, ask, carrier.is(callerLeg))
		}
	})
}

func isDiverted(err error) bool {
	var refused *temporal.ApplicationError
	return errors.As(err, &refused) && refused.Type() == activities.ErrDiverted && refused.NonRetryable()
}
