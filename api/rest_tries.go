package api

import (
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/labstack/echo/v4"
	"golang.org/x/time/rate"
)

// How many wrong keys one address may try, and how many addresses are remembered.
const (
	triesPerMinute = 10
	mostAddresses  = 10_000
)

// tries counts wrong keys by the address that they came from.
type tries struct {
	now func() time.Time
	mu  sync.Mutex
	of  map[string]*rate.Limiter
}

// wait is how long an address must wait before it may try again, zero when it need not.
func (t *tries) wait(address string) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	return missing(t.of[address], t.now())
}

// spend takes a try from an address, or says how long it must wait when it has none left.
func (t *tries) spend(address string) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.now()
	if t.of[address] == nil {
		t.forget(now)
		t.of[address] = rate.NewLimiter(rate.Every(time.Minute/triesPerMinute), triesPerMinute)
	}
	if t.of[address].AllowN(now, 1) {
		return 0
	}
	return missing(t.of[address], now)
}

// missing is how long a bucket needs until it holds a try.
func missing(b *rate.Limiter, now time.Time) time.Duration {
	if b == nil || b.TokensAt(now) >= 1 {
		return 0
	}
	return time.Duration((1 - b.TokensAt(now)) * float64(time.Minute) / triesPerMinute)
}

// forget makes room for other addresses: those go that have all their tries again, or all when that
// is less than half, because looking through them for each address of a flood costs too much.
func (t *tries) forget(now time.Time) {
	if len(t.of) < mostAddresses {
		return
	}
	for address, b := range t.of {
		if b.TokensAt(now) >= triesPerMinute {
			delete(t.of, address)
		}
	}
	if len(t.of) > mostAddresses/2 {
		clear(t.of)
	}
}

// address is where a request comes from: the connection's other end, or what the router's
// IPExtractor says behind a proxy. An IPv6 network counts as one address.
func address(c echo.Context) string {
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
