package api

import (
	queue "container/list"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/labstack/echo/v4"
	"golang.org/x/time/rate"

	"github.com/ringdown/ringdown/models"
)

// How often things may be asked of one process. Each process counts for itself.
const (
	// keyBurst is for how many seconds' worth of requests a key may ask at once.
	keyBurst = 2
	// addressRate and addressBurst are for what is answered without a key, of one address: requests a second, and at once.
	addressRate, addressBurst = 50, 200
	// triesPerMinute is how many wrong keys one address may try.
	triesPerMinute = 10
	// forgedLines is how many false signatures of one address are logged a minute.
	forgedLines = 30
	// mostNames is how many keys, and how many addresses of each kind, are remembered.
	mostNames = 10_000
)

// ration is how often one may do something.
type ration struct {
	policy string     // its name in the header RateLimit
	rate   rate.Limit // a second
	burst  int        // at once
}

var (
	perKey     = ration{policy: "key"} // how often is a setting
	withoutKey = ration{"address", addressRate, addressBurst}
	wrongKeys  = ration{"wrong-keys", rate.Limit(triesPerMinute) / 60, triesPerMinute}
	forgeries  = ration{"forgeries", rate.Limit(forgedLines) / 60, forgedLines}
)

// buckets let each of many names do something so often and no oftener. Only so many names are remembered: the one
// that has done nothing for the longest time is forgotten, and begins anew when it is back.
type buckets struct {
	ration
	now func() time.Time

	mu     sync.Mutex
	of     map[string]*queue.Element // of *bucket
	recent queue.List                // the one that did something last is in front
}

type bucket struct {
	name string
	*rate.Limiter
}

func newBuckets(each ration, now func() time.Time) *buckets {
	return &buckets{ration: each, now: now, of: map[string]*queue.Element{}}
}

// wait is how long a name must wait before it may do it again, zero when it need not.
func (b *buckets) wait(name string) time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	if e := b.of[name]; e != nil {
		return b.missing(e.Value.(*bucket).TokensAt(b.now()))
	}
	return 0
}

// spend lets a name do it once and says how often it may at once after that, or says how long it must wait.
func (b *buckets) spend(name string) (left int, wait time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now, limiter := b.now(), b.bucketOf(name)
	if limiter.AllowN(now, 1) {
		return int(limiter.TokensAt(now)), 0
	}
	return 0, b.missing(limiter.TokensAt(now))
}

// bucketOf is a name's bucket, which makes it the most recent.
func (b *buckets) bucketOf(name string) *rate.Limiter {
	if e := b.of[name]; e != nil {
		b.recent.MoveToFront(e)
		return e.Value.(*bucket).Limiter
	}
	if len(b.of) >= mostNames {
		delete(b.of, b.recent.Remove(b.recent.Back()).(*bucket).name)
	}
	made := &bucket{name, rate.NewLimiter(b.rate, b.burst)}
	b.of[name] = b.recent.PushFront(made)
	return made.Limiter
}

// missing is how long it takes until a bucket that holds some tokens holds one.
func (r ration) missing(tokens float64) time.Duration {
	if tokens >= 1 {
		return 0
	}
	return time.Duration((1 - tokens) / float64(r.rate) * float64(time.Second))
}

// tell writes into the header of an answer how much is left.
// Source: draft-ietf-httpapi-ratelimit-headers-10.
func (r ration) tell(set func(name, value string), left int) {
	seconds := func(requests int) int { return int(math.Ceil(float64(requests) / float64(r.rate))) }
	set("RateLimit-Policy", fmt.Sprintf("%q;q=%d;w=%d", r.policy, r.burst, seconds(r.burst)))
	set("RateLimit", fmt.Sprintf("%q;r=%d;t=%d", r.policy, left, seconds(r.burst-left)))
}

// refused writes what an answer of 429 says beside its problem.
func (r ration) refused(set func(name, value string), wait time.Duration) {
	r.tell(set, 0)
	set("Retry-After", strconv.Itoa(int(math.Ceil(wait.Seconds()))))
}

// newKeyLimit lets each key make so many requests a second, and twice as many at once. It is nil where there is no limit.
func newKeyLimit(perSecond float64, now func() time.Time) *buckets {
	if perSecond <= 0 {
		return nil
	}
	return newBuckets(ration{perKey.policy, rate.Limit(perSecond), max(int(perSecond*keyBurst), 1)}, now)
}

// spent counts a request of a key, and says why it may make no more for now; nil when it may. One that is refused was not
// begun: its Idempotency-Key is good for the next try.
func (a *rest) spent(key models.APIKey, header func(name, value string)) *huma.ErrorModel {
	if a.perKey == nil {
		return nil
	}
	left, wait := a.perKey.spend(key.ID)
	if wait == 0 {
		a.perKey.tell(header, left)
		return nil
	}
	a.perKey.refused(header, wait)
	a.limited(a.perKey.ration)
	return problem(http.StatusTooManyRequests, "This key makes more requests than it may; RateLimit-Policy says how many those are.")
}

// unlimited is what nobody limits by address: people's requests are limited by key or as wrong keys, and a carrier that is
// refused would leave a caller in silence.
var unlimited = []string{"/v1/", "/twilio/", "/audio/", "/livez", "/readyz"}

// perAddress limits by address what is answered without a key. limited hears of each request that is refused.
func perAddress(now func() time.Time, limited func(ration)) echo.MiddlewareFunc {
	all := newBuckets(withoutKey, now)
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			for _, prefix := range unlimited {
				if strings.HasPrefix(c.Request().URL.Path, prefix) {
					return next(c)
				}
			}
			if _, wait := all.spend(address(c)); wait > 0 {
				all.refused(c.Response().Header().Set, wait)
				limited(all.ration)
				return problem(http.StatusTooManyRequests, "Too many requests came from this address.")
			}
			return next(c)
		}
	}
}
