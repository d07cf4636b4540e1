package api

import (
	"crypto/sha256"
	"crypto/subtle"
	"math"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humaecho"
	"golang.org/x/time/rate"
)

// How many wrong keys one address may try, and how many addresses are remembered.
const (
	triesPerMinute = 10
	mostAddresses  = 10_000
)

// keys knows who may use the API, and counts failed tries by address.
type keys struct {
	admin [sha256.Size]byte
	none  bool // no key is set, so that none is right
	now   func() time.Time

	mu    sync.Mutex
	tries map[string]*rate.Limiter
}

func newKeys(adminKey string, now func() time.Time) *keys {
	return &keys{
		admin: sha256.Sum256([]byte(adminKey)), none: adminKey == "", now: now,
		tries: map[string]*rate.Limiter{},
	}
}

// authorize lets a request pass whose key is right. An address that has used up its tries is
// refused whatever it brings, because a right key among many guesses would be a lucky guess.
func (a *rest) authorize(ctx huma.Context, next func(huma.Context)) {
	right, wait := a.keys.check(address(ctx), ctx.Header("Authorization"))
	switch {
	case wait > 0:
		ctx.SetHeader("Retry-After", strconv.Itoa(int(math.Ceil(wait.Seconds()))))
		_ = huma.WriteErr(a.api, ctx, http.StatusTooManyRequests, "Too many wrong keys came from this address.")
	case !right:
		ctx.SetHeader("WWW-Authenticate", `Bearer realm="ringdown"`)
		_ = huma.WriteErr(a.api, ctx, http.StatusUnauthorized, "Send a key of this system: Authorization: Bearer <key>.")
	default:
		next(ctx)
	}
}

// check says whether an Authorization header holds a right key, or how long its sender must wait.
func (k *keys) check(address, header string) (right bool, wait time.Duration) {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := k.now()
	bucket := k.tries[address]
	if bucket != nil && bucket.TokensAt(now) < 1 {
		missing := 1 - bucket.TokensAt(now)
		return false, time.Duration(missing * float64(time.Minute) / triesPerMinute)
	}
	scheme, key, _ := strings.Cut(header, " ")
	hash := sha256.Sum256([]byte(strings.TrimSpace(key)))
	if subtle.ConstantTimeCompare(hash[:], k.admin[:]) == 1 && strings.EqualFold(scheme, "Bearer") && !k.none {
		return true, 0
	}
	if bucket == nil {
		k.forget(now)
		bucket = rate.NewLimiter(rate.Every(time.Minute/triesPerMinute), triesPerMinute)
		k.tries[address] = bucket
	}
	bucket.AllowN(now, 1)
	return false, 0
}

// forget makes room for another address: those go that have all their tries again, or else all.
func (k *keys) forget(now time.Time) {
	if len(k.tries) < mostAddresses {
		return
	}
	for address, bucket := range k.tries {
		if bucket.TokensAt(now) >= triesPerMinute {
			delete(k.tries, address)
		}
	}
	if len(k.tries) >= mostAddresses {
		clear(k.tries)
	}
}

// address is where a request comes from: the connection's other end, or what the router's
// IPExtractor says behind a proxy. An IPv6 network counts as one address.
func address(ctx huma.Context) string {
	c := humaecho.Unwrap(ctx)
	host, _, err := net.SplitHostPort(c.Request().RemoteAddr)
	if err != nil {
		host = c.Request().RemoteAddr
	}
	if c.Echo().IPExtractor != nil {
		host = c.RealIP()
	}
	ip, err := netip.ParseAddr(host)
	if err != nil || ip.Unmap().Is4() {
		return host
	}
	network, _ := ip.WithZone("").Prefix(64) // an IPv6 address has 64 bits to keep
	return network.String()
}
