package twilio

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/ringdown/ringdown/models"
	api "github.com/twilio/twilio-go/rest/api/v2010"
)

// Leg is a phone to ring.
type Leg struct {
	To, From       models.Phone
	URL            string // asked, by POST, what to say once somebody picks up
	FallbackURL    string // asked instead when URL fails; empty means none
	StatusCallback string // told, by POST, how the leg ended; empty means nobody
	CallToken      string // the carrier's leave to show the number of a live caller; empty when From is ours
	Timeout        int    // seconds of ringing, 5 to 600; zero means the carrier's 60
}

// placeBudget is how long Place may go on beginning tries. The person's ring time is running.
const placeBudget = 3 * time.Second

// placeTries is how often a leg is asked for, by the class of the last error. Every other class
// gets one try, Unknown above all: the phone may be ringing.
var placeTries = map[Class]int{Busy: 5, Unsent: 2}

// Place starts a leg and returns its SID, as soon as the carrier has queued it. Running it twice
// is not safe: each run may ring the phone. After an error of class Unknown a leg may exist; Find
// looks for it. After any other there is none.
func (c *Client) Place(ctx context.Context, leg Leg) (sid string, err error) {
	began := time.Now()
	for try := 1; ; try++ {
		sid, err = c.place(ctx, leg)
		var failed *CarrierError
		if !errors.As(err, &failed) || try >= placeTries[failed.Class] {
			return sid, err
		}
		wait := max(backoff(try, rand.Float64()), failed.RetryAfter)
		if time.Since(began)+wait > placeBudget || !sleep(ctx, wait) {
			return "", err
		}
	}
}

// backoff is 0.1 s after the first try, then twice as long each time, give or take 10 %. chance is
// from 0 to 1.
func backoff(try int, chance float64) time.Duration {
	wait := 100 * time.Millisecond << (try - 1)
	return time.Duration(float64(wait) * (0.9 + 0.2*chance))
}

// sleep is false when ctx ended first.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}

func (c *Client) place(ctx context.Context, leg Leg) (sid string, err error) {
	params := new(api.CreateCallParams).
		SetTo(string(leg.To)).SetFrom(string(leg.From)).SetUrl(leg.URL).SetMethod(http.MethodPost)
	if leg.FallbackURL != "" {
		params.SetFallbackUrl(leg.FallbackURL).SetFallbackMethod(http.MethodPost)
	}
	if leg.StatusCallback != "" {
		params.SetStatusCallback(leg.StatusCallback).SetStatusCallbackMethod(http.MethodPost).
			SetStatusCallbackEvent([]string{"completed"})
	}
	if leg.CallToken != "" {
		params.SetCallToken(leg.CallToken)
	}
	if leg.Timeout > 0 {
		params.SetTimeout(leg.Timeout)
	}
	err = c.ask(ctx, "place leg", func(s *api.ApiService) error {
		call, err := s.CreateCall(params)
		if err != nil || !callSID.MatchString(text(call.Sid)) {
			return errors.Join(err, errNoAnswer)
		}
		sid = *call.Sid
		return nil
	})
	if err != nil {
		return "", err
	}
	return sid, nil
}
