package api

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"

	"github.com/labstack/echo/v4"
)

// Proxies are the networks of the proxies in front of us, whose X-Forwarded-For is believed. None: whoever connects is
// who asks.
type Proxies []netip.Prefix

// ParseProxies reads networks, as in 10.0.0.0/8, and single addresses. Its error names every mistake.
func ParseProxies(networks []string) (Proxies, error) {
	var proxies Proxies
	var mistakes []error
	for _, text := range networks {
		text = strings.TrimSpace(text)
		if text == "" {
			continue
		}
		network, err := netip.ParsePrefix(text)
		if single, no := netip.ParseAddr(text); no == nil && single.Zone() == "" {
			network, err = netip.PrefixFrom(single, single.BitLen()), nil
		}
		switch {
		case err != nil:
			mistakes = append(mistakes, fmt.Errorf("%q is no network: want addresses with their length, comma-separated, as in 10.0.0.0/8,2001:db8::/32", text))
		case network.Bits() == 0:
			mistakes = append(mistakes, fmt.Errorf("%q is everybody, who could then say that they are anybody: want the proxies' networks", text))
		default:
			proxies = append(proxies, plainNetwork(network))
		}
	}
	return proxies, errors.Join(mistakes...)
}

// plainNetwork is an IPv4 network as one of IPv4, also where it is written as one of IPv6.
func plainNetwork(network netip.Prefix) netip.Prefix {
	if network.Addr().Is4In6() && network.Bits() >= 96 {
		network = netip.PrefixFrom(network.Addr().Unmap(), network.Bits()-96)
	}
	return network.Masked()
}

// hold says whether an address is one of theirs.
func (p Proxies) hold(ip netip.Addr) bool {
	ip = ip.WithZone("").Unmap()
	return slices.ContainsFunc(p, func(network netip.Prefix) bool { return network.Contains(ip) })
}

// extractor finds out who asks: the last address of X-Forwarded-For that is no proxy's, where a proxy has asked, else
// whoever has connected.
func (p Proxies) extractor(log *slog.Logger) echo.IPExtractor {
	if len(p) == 0 {
		return untold(log)
	}
	trust := []echo.TrustOption{echo.TrustLoopback(false), echo.TrustLinkLocal(false), echo.TrustPrivateNet(false)}
	for _, network := range p {
		ip := network.Addr().AsSlice()
		trust = append(trust, echo.TrustIPRange(&net.IPNet{IP: ip, Mask: net.CIDRMask(network.Bits(), 8*len(ip))}))
	}
	return echo.ExtractIPFromXFFHeader(trust...)
}

// untold takes whoever has connected for who asks, and says once when that may be a proxy of which it was not told.
func untold(log *slog.Logger) echo.IPExtractor {
	var once sync.Once
	direct := echo.ExtractIPDirect()
	return func(r *http.Request) string {
		from := direct(r)
		if r.Header.Get(echo.HeaderXForwardedFor) != "" {
			once.Do(func() {
				log.Warn("a request has X-Forwarded-For, which is not believed: if a proxy of ours is in front, all of its clients count as one; set TRUSTED_PROXIES", "from", from)
			})
		}
		return from
	}
}

// address is where a request comes from, as the router's IPExtractor says. An IPv6 network counts as one address.
func address(c echo.Context) string {
	ip, err := netip.ParseAddr(realIP(c))
	if err != nil {
		return ""
	}
	return networkOf(ip)
}

// realIP is c.RealIP, which believes X-Forwarded-For of everybody where nobody has said whom to believe.
func realIP(c echo.Context) string {
	if c.Echo().IPExtractor == nil {
		return echo.ExtractIPDirect()(c.Request())
	}
	return c.RealIP()
}

// networkOf is an IPv4 address, or the network of one of IPv6, in which a client has 64 bits to keep.
func networkOf(ip netip.Addr) string {
	ip = ip.WithZone("").Unmap()
	if ip.Is4() {
		return ip.String()
	}
	network, _ := ip.Prefix(64)
	return network.String()
}
