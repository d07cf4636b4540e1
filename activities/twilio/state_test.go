package twilio

import (
	"errors"
	"net/http"
	"reflect"
	"testing"
	"time"

	"github.com/ringdown/ringdown/models"
)

func TestStateReadsTheCarriersWords(t *testing.T) {
	t.Parallel()
	at := func(second int) time.Time { return time.Date(2026, 3, 1, 9, 0, second, 0, time.UTC) }
	for name, c := range map[string]struct {
		body string
		want State
	}{
		"queued": {`"status": "queued", "date_created": null, "start_time": null, "end_time": null, "duration": null`,
			State{Status: "queued"}},
		"ringing": {`"status": "ringing", "date_created": "Sun, 01 Mar 2026 09:00:00 +0000"`,
			State{Status: "ringing", Created: at(0)}},
		"answered": {`"status": "in-progress", "start_time": "Sun, 01 Mar 2026 09:00:03 +0000"`,
			State{Status: "in-progress", Answered: true, Created: at(3), Started: at(3)}},
		"over": {`"status": "completed", "date_created": "Sun, 01 Mar 2026 09:00:00 +0000",
			"start_time": "Sun, 01 Mar 2026 09:00:03 +0000", "end_time": "Sun, 01 Mar 2026 09:00:09 +0000", "duration": "6"`,
			State{Status: "completed", Over: true, Answered: true, Created: at(0), Started: at(3), Ended: at(9), Duration: 6 * time.Second}},
		"nobody":    {`"status": "no-answer"`, State{Status: "no-answer", Over: true}},
		"engaged":   {`"status": "busy"`, State{Status: "busy", Over: true}},
		"failed":    {`"status": "failed"`, State{Status: "failed", Over: true}},
		"withdrawn": {`"status": "canceled"`, State{Status: "canceled", Over: true}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, _ := newCarrier(t, func(fake *carrier, w http.ResponseWriter, r *http.Request, _ int) {
				fake.says(w, r, http.StatusOK, `{"sid": "`+leg1+`", `+c.body+`}`)
			})
			got, err := client.State(t.Context(), leg1)
			c.want.SID = leg1
			if err != nil || got != c.want {
				t.Errorf("State = %+v, %v\n want %+v", got, err, c.want)
			}
		})
	}
}

func TestMoveRedirectsALiveCall(t *testing.T) {
	t.Parallel()
	client, carrier := newCarrier(t, func(c *carrier, w http.ResponseWriter, r *http.Request, _ int) {
		c.says(w, r, http.StatusOK, `{"sid": "`+leg1+`", "status": "in-progress"}`)
	})
	if err := client.Move(t.Context(), leg1, "https://ringdown.example/next"); err != nil {
		t.Error(err)
	}
	want := []asked{{http.MethodPost, oneCall, map[string][]string{}, map[string][]string{
		"Url": {"https://ringdown.example/next"}, "Method": {"POST"},
	}}}
	if got := carrier.got(); !reflect.DeepEqual(got, want) {
		t.Errorf("asked %v\n want %v", got, want)
	}
}

func TestMoveTellsACallThatIsNotLiveFromOneThatIsNotThere(t *testing.T) {
	t.Parallel()
	client, _ := newCarrier(t, always(400, "", refusal(400, 21220)))
	if err := client.Move(t.Context(), leg1, "https://ringdown.example/next"); !errors.Is(err, ErrNotLive) {
		t.Errorf("Move = %v", err)
	}
	client, _ = newCarrier(t, always(404, "", refusal(404, 20404)))
	err := client.Move(t.Context(), leg1, "https://ringdown.example/next")
	if errors.Is(err, ErrNotLive) || !errors.Is(err, models.ErrNotFound) {
		t.Errorf("Move = %v", err)
	}
}

func TestEndCompletesACall(t *testing.T) {
	t.Parallel()
	client, carrier := newCarrier(t, func(c *carrier, w http.ResponseWriter, r *http.Request, _ int) {
		c.says(w, r, http.StatusOK, `{"sid": "`+leg1+`", "status": "completed"}`)
	})
	for range 2 {
		state, err := client.End(t.Context(), leg1)
		if err != nil || !state.Over {
			t.Errorf("End = %+v, %v", state, err)
		}
	}
	once := asked{http.MethodPost, oneCall, map[string][]string{}, map[string][]string{"Status": {"completed"}}}
	if got := carrier.got(); !reflect.DeepEqual(got, []asked{once, once}) {
		t.Errorf("asked %v", got)
	}
}

func TestEndOfACallThatIsOverIsNoError(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		get   func(c *carrier, w http.ResponseWriter, r *http.Request, nth int)
		post  string
		want  State
		class Class
	}{
		"over, and its end is known": {says(`{"sid": "` + leg1 + `", "status": "no-answer"}`), refusal(400, 21220),
			State{SID: leg1, Status: "no-answer", Over: true}, ""},
		"the carrier contradicts itself": {says(`{"sid": "` + leg1 + `", "status": "ringing"}`), refusal(400, 21220),
			State{SID: leg1, Status: "ringing"}, NotLive},
		"over, and forgotten meanwhile": {always(404, "", refusal(404, 20404)), refusal(400, 21220),
			State{SID: leg1, Over: true}, ""},
		"forgotten": {nil, refusal(404, 20404), State{SID: leg1, Over: true}, ""},
		"over, but the carrier fails before it says how": {always(503, "", ""), refusal(400, 21220), State{}, Unknown},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, _ := newCarrier(t, func(fake *carrier, w http.ResponseWriter, r *http.Request, nth int) {
				if r.Method == http.MethodPost {
					always(400, "", c.post)(fake, w, r, nth)
					return
				}
				c.get(fake, w, r, nth)
			})
			state, err := client.End(t.Context(), leg1)
			if state != c.want || ClassOf(err) != c.class || (c.class == "") != (err == nil) {
				t.Errorf("End = %+v, %v", state, err)
			}
		})
	}
}

func says(body string) func(c *carrier, w http.ResponseWriter, r *http.Request, nth int) {
	return func(c *carrier, w http.ResponseWriter, r *http.Request, _ int) { c.says(w, r, http.StatusOK, body) }
}

func TestAMalformedSIDIsNeverSent(t *testing.T) {
	t.Parallel()
	client, carrier := newCarrier(t, always(200, "", "{}"))
	for _, sid := range []string{"", "CA1", leg1 + "/../" + leg2, number1} {
		var invalid *models.InvalidError
		_, ended := client.End(t.Context(), sid)
		_, asked := client.State(t.Context(), sid)
		for _, err := range []error{ended, asked, client.Move(t.Context(), sid, "https://ringdown.example/next")} {
			if !errors.As(err, &invalid) {
				t.Errorf("%q: %v", sid, err)
			}
		}
	}
	if got := carrier.got(); len(got) != 0 {
		t.Errorf("asked %v", got)
	}
}
