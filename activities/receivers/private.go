package receivers

import (
	"net/netip"
	"syscall"
)

// privateError says that a receiver is where none may be.
type privateError struct{ where string } // as in: a loopback address

func (e *privateError) Error() string { return "the receiver is at " + e.where }

// refusePrivate refuses to connect to an address that is not of the public internet. It is asked with the
// address itself, after the name was looked up, so that no name can lead elsewhere the second time.
func refusePrivate(_, address string, _ syscall.RawConn) error {
	to, err := netip.ParseAddrPort(address)
	if err != nil {
		return &privateError{"an address that cannot be read"}
	}
	if where := private(to.Addr()); where != "" {
		return &privateError{where}
	}
	return nil
}

// ranges are no part of the public internet.
// Source: IANA's registries of special-purpose addresses for IPv4 and IPv6.
var ranges = []struct {
	prefix netip.Prefix
	where  string
}{
	{netip.MustParsePrefix("127.0.0.0/8"), "a loopback address"},
	{netip.MustParsePrefix("::1/128"), "a loopback address"},
	{netip.MustParsePrefix("10.0.0.0/8"), "a private address"},
	{netip.MustParsePrefix("172.16.0.0/12"), "a private address"},
	{netip.MustParsePrefix("192.168.0.0/16"), "a private address"},
	{netip.MustParsePrefix("fc00::/7"), "a private address"},
	{netip.MustParsePrefix("fec0::/10"), "a private address"},
	{netip.MustParsePrefix("100.64.0.0/10"), "an address of a carrier's own network"},
	{netip.MustParsePrefix("169.254.0.0/16"), "a link-local address"},
	{netip.MustParsePrefix("fe80::/10"), "a link-local address"},
	{netip.MustParsePrefix("224.0.0.0/4"), "a multicast address"},
	{netip.MustParsePrefix("ff00::/8"), "a multicast address"},
	{netip.MustParsePrefix("0.0.0.0/32"), "the unspecified address"},
	{netip.MustParsePrefix("::/128"), "the unspecified address"},
	{netip.MustParsePrefix("0.0.0.0/8"), reserved},
	{netip.MustParsePrefix("192.0.0.0/24"), reserved},
	{netip.MustParsePrefix("192.0.2.0/24"), reserved},
	{netip.MustParsePrefix("192.88.99.0/24"), reserved},
	{netip.MustParsePrefix("198.18.0.0/15"), reserved},
	{netip.MustParsePrefix("198.51.100.0/24"), reserved},
	{netip.MustParsePrefix("203.0.113.0/24"), reserved},
	{netip.MustParsePrefix("240.0.0.0/4"), reserved},
	{netip.MustParsePrefix("2001::/23"), reserved}, // Teredo among them
	{netip.MustParsePrefix("2001:db8::/32"), reserved},
	{netip.MustParsePrefix("2002::/16"), reserved}, // 6to4
	{netip.MustParsePrefix("3fff::/20"), reserved},
	{netip.MustParsePrefix("168.63.129.16/32"), "an address of a cloud's own services"}, // of Azure, in each of its networks
}

const reserved = "a reserved address"

var (
	nat64   = netip.MustParsePrefix("64:ff9b::/96") // an IPv4 address follows
	public6 = netip.MustParsePrefix("2000::/3")     // all that is given out of IPv6
)

// private says where an address is that is not of the public internet, and is empty for one that is. An
// IPv4 address that is written as one of IPv6 is judged as what it is.
func private(ip netip.Addr) string {
	ip = ip.WithZone("").Unmap()
	if nat64.Contains(ip) {
		whole := ip.As16()
		ip = netip.AddrFrom4([4]byte(whole[12:]))
	}
	for _, r := range ranges {
		if r.prefix.Contains(ip) {
			return r.where
		}
	}
	if ip.Is6() && !public6.Contains(ip) {
		return reserved
	}
	return ""
}
