package twilio

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestPlaceAsksForOneLeg(t *testing.T) {
	t.Parallel()
	client, carrier := newCarrier(t, func(c *carrier, w http.ResponseWriter, r *http.Request, _ int) {
		c.says(w, r, http.StatusCreated, `{"sid": "`+leg1+`", "status": "queued", "date_created": null, "start_time": null}`)
	})
	leg := aLeg
	leg.FallbackURL = "https://elsewhere.example/leg"
	sid, err := client.Place(t.Context(), leg)
	if err != nil || sid != leg1 {
		t.Errorf("Place = %q, %v", sid, err)
	}
	want := []asked{{http.MethodPost, calls, map[string][]string{}, map[string][]string{
		"To": {"+12025550123"}, "From": {"+447700900001"}, "Timeout": {"28"},
		"Url": {"https://ringdown.example/leg"}, "Method": {"POST"},
		"FallbackUrl": {"https://elsewhere.example/leg"}, "FallbackMethod": {"POST"},
		"StatusCallback": {"https://ringdown.example/status"}, "StatusCallbackMethod": {"POST"},
		"StatusCallbackEvent": {"completed"},
	}}}
	if got := carrier.got(); !reflect.DeepEqual(got, want) {
		t.Errorf("asked %v\n want %v", got, want)
	}
}

func TestPlaceSendsNoEmptyFields(t *testing.T) {
	t.Parallel()
	client, carrier := newCarrier(t, always(http.StatusCreated, "", `{"sid": "`+leg1+`"}`))
	if _, err := client.Place(t.Context(), Leg{To: aLeg.To, From: aLeg.From, URL: aLeg.URL}); err != nil {
		t.Fatal(err)
	}
	for name, values := range carrier.got()[0].Form {
		if values[0] == "" || name == "Timeout" || strings.HasPrefix(name, "StatusCallback") {
			t.Errorf("sent %s=%q", name, values)
		}
	}
}

// refusal is an error as Twilio words it, with a number that must go no further.
func refusal(status, code int) string {
	return fmt.Sprintf(`{"code": %d, "message": "+12025550123 is bad", "more_info": "https://www.twilio.com/docs/errors/%[1]d", "status": %[2]d}`, code, status)
}

func TestPlaceRepeatsOnlyWhatTheCarrierSurelyIgnored(t *testing.T) {
	t.Parallel()
	broken := func(_ *carrier, w http.ResponseWriter, _ *http.Request, _ int) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err == nil {
			_ = conn.Close()
		}
	}
	cut := func(_ *carrier, w http.ResponseWriter, _ *http.Request, _ int) {
		w.Header().Set("Content-Length", "1000")
		w.WriteHeader(http.StatusCreated)
		_, _ = w.Write([]byte(`{"sid": "` + leg1 + `"`))
	}
	redirect := func(_ *carrier, w http.ResponseWriter, r *http.Request, _ int) {
		http.Redirect(w, r, calls, http.StatusTemporaryRedirect)
	}
	for name, c := range map[string]struct {
		answer func(*carrier, http.ResponseWriter, *http.Request, int)
		class  Class
		posts  int
		code   int
		wait   time.Duration // that the carrier asked for
	}{
		"429 without Retry-After":              {always(429, "", refusal(429, 20429)), Busy, 5, 20429, 0},
		"429 with a Retry-After out of budget": {always(429, "30", refusal(429, 20429)), Busy, 1, 20429, 30 * time.Second},
		"429 without a body":                   {always(429, "", ""), Busy, 5, 0, 0},
		"400 for calls at once":                {always(400, "30", refusal(400, 10004)), Busy, 1, 10004, 30 * time.Second},
		"401":                                  {always(401, "", refusal(401, 20003)), Credentials, 1, 20003, 0},
		"401 in HTML":                          {always(401, "", "<html>"), Credentials, 1, 0, 0},
		"403 for a suspended account":          {always(403, "", refusal(403, 20005)), Credentials, 1, 20005, 0},
		"a bad number":                         {always(400, "", refusal(400, 21211)), Refused, 1, 21211, 0},
		"a country that is not allowed":        {always(403, "", refusal(403, 21215)), Refused, 1, 21215, 0},
		"an account that is not there":         {always(404, "", refusal(404, 20404)), NotFound, 1, 20404, 0},
		"404 of somebody else":                 {always(404, "", "<html>no such page"), Refused, 1, 0, 0},
		"a code in words":                      {always(400, "", `{"code": "bad"}`), Refused, 1, 0, 0},
		"408":                                  {always(408, "", ""), Unknown, 1, 0, 0},
		"500 in JSON":                          {always(500, "", refusal(500, 20500)), Unknown, 1, 20500, 0},
		"502 in HTML":                          {always(502, "", "<html>bad gateway"), Unknown, 1, 0, 0},
		"503 without a body":                   {always(503, "1", ""), Unknown, 1, 0, time.Second},
		"307":                                  {redirect, Unknown, 1, 0, 0},
		"302 with a fine body":                 {always(302, "", `{"sid": "`+leg1+`"}`), Unknown, 1, 0, 0},
		"201 with garbage":                     {always(201, "", "garbage"), Unknown, 1, 0, 0},
		"201 without a SID":                    {always(201, "", "{}"), Unknown, 1, 0, 0},
		"201 cut short":                        {cut, Unknown, 1, 0, 0},
		"closed once the request was read":     {broken, Unknown, 1, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, carrier := newCarrier(t, c.answer)
			within(t, 3*time.Second, func() {
				sid, err := client.Place(t.Context(), aLeg)
				var failed *CarrierError
				if !errors.As(err, &failed) || sid != "" {
					t.Fatalf("Place = %q, %v", sid, err)
				}
				if failed.Class != c.class || failed.Code != c.code || failed.RetryAfter != c.wait {
					t.Errorf("got %q, code %d, wait %v; %v", failed.Class, failed.Code, failed.RetryAfter, err)
				}
				if strings.Contains(fmt.Sprintf("%v %+v", err, errors.Unwrap(err)), "2025550123") {
					t.Errorf("shows a number: %v", err)
				}
			})
			if got := len(carrier.got()); got != c.posts {
				t.Errorf("%d posts, want %d", got, c.posts)
			}
		})
	}
}

func TestPlaceSucceedsOnceTheCarrierHasTime(t *testing.T) {
	t.Parallel()
	client, carrier := newCarrier(t, func(c *carrier, w http.ResponseWriter, r *http.Request, nth int) {
		if nth == 1 {
			always(429, "1", refusal(429, 20429))(c, w, r, nth)
			return
		}
		c.says(w, r, http.StatusCreated, `{"sid": "`+leg1+`", "status": "queued"}`)
	})
	began := time.Now()
	sid, err := client.Place(t.Context(), aLeg)
	if took := time.Since(began); err != nil || sid != leg1 || took < time.Second {
		t.Errorf("Place = %q, %v after %v", sid, err, took)
	}
	if got := len(carrier.got()); got != 2 {
		t.Errorf("%d posts, want 2", got)
	}
}

func TestPlaceTriesTwiceWhenNobodyListens(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	_ = listener.Close()
	client := newClient(t, "http://"+address)
	dials := 0
	network := client.transport
	client.transport = roundTrip(func(r *http.Request) (*http.Response, error) { dials++; return network.RoundTrip(r) })

	_, err = client.Place(t.Context(), aLeg)
	if ClassOf(err) != Unsent || dials != 2 {
		t.Errorf("%d dials, %v", dials, err)
	}
	if !strings.Contains(err.Error(), address) {
		t.Errorf("does not say what could not be reached: %v", err)
	}
}

// silent answers nothing for longer than any test waits, or until it is hung up on.
func silent(_ *carrier, _ http.ResponseWriter, r *http.Request, _ int) {
	select {
	case <-r.Context().Done():
	case <-time.After(5 * time.Second):
	}
}

func TestPlaceStopsAtOnceWhenItsContextEnds(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		answer func(*carrier, http.ResponseWriter, *http.Request, int)
		end    func(context.Context) (context.Context, context.CancelFunc)
		class  Class
		cause  error
		posts  int
	}{
		"time-out while the carrier thinks": {silent, func(ctx context.Context) (context.Context, context.CancelFunc) {
			return context.WithTimeout(ctx, 50*time.Millisecond)
		}, Unknown, context.DeadlineExceeded, 1},
		"cancelled while the carrier thinks": {silent, func(ctx context.Context) (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancel(ctx)
			time.AfterFunc(50*time.Millisecond, cancel)
			return ctx, cancel
		}, Unknown, context.Canceled, 1},
		"cancelled between two tries": {
			always(429, "2", ""),
			func(ctx context.Context) (context.Context, context.CancelFunc) {
				ctx, cancel := context.WithCancel(ctx)
				time.AfterFunc(50*time.Millisecond, cancel)
				return ctx, cancel
			}, Busy, nil, 1},
		"cancelled before": {silent, func(ctx context.Context) (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancel(ctx)
			cancel()
			return ctx, cancel
		}, Unsent, context.Canceled, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, carrier := newCarrier(t, c.answer)
			ctx, cancel := c.end(t.Context())
			defer cancel()
			within(t, time.Second, func() {
				_, err := client.Place(ctx, aLeg)
				if ClassOf(err) != c.class || (c.cause != nil && !errors.Is(err, c.cause)) {
					t.Errorf("class %q, %v", ClassOf(err), err)
				}
			})
			if got := len(carrier.got()); got != c.posts {
				t.Errorf("%d posts, want %d", got, c.posts)
			}
		})
	}
}

func TestPlaceGivesUpOnASilentCarrier(t *testing.T) {
	t.Parallel()
	client, carrier := newCarrier(t, silent)
	client.patience = 50 * time.Millisecond
	_, err := client.Place(t.Context(), aLeg)
	if ClassOf(err) != Unknown || !errors.Is(err, context.DeadlineExceeded) || len(carrier.got()) != 1 {
		t.Errorf("%d posts, %v", len(carrier.got()), err)
	}
}

func TestBackoffDoublesWithinTenPercent(t *testing.T) {
	t.Parallel()
	for try, want := range map[int]time.Duration{1: 100, 2: 200, 3: 400, 4: 800} {
		want *= time.Millisecond
		if low, high := backoff(try, 0), backoff(try, 1); low != want*9/10 || high != want*11/10 {
			t.Errorf("try %d: %v to %v", try, low, high)
		}
	}
}
