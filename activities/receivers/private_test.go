package receivers

import (
	"net/netip"
	"testing"
)

func TestWhereNoReceiverMayBe(t *testing.T) {
	for address, where := range map[string]string{
		"127.0.0.1": "a loopback address", "127.255.255.255": "a loopback address", "::1": "a loopback address",
		"10.1.2.3": "a private address", "172.16.0.1": "a private address", "172.31.255.255": "a private address", "192.168.1.1": "a private address",
		"fd00::1": "a private address", "fec0::1": "a private address",
		"100.64.0.1": "an address of a carrier's own network", "100.127.255.255": "an address of a carrier's own network",
		"169.254.169.254": "a link-local address", "fe80::1": "a link-local address", "fe80::1%eth0": "a link-local address",
		"224.0.0.1": "a multicast address", "239.255.255.250": "a multicast address", "ff02::1": "a multicast address",
		"0.0.0.0": "the unspecified address", "::": "the unspecified address",
		"0.1.2.3": "a reserved address", "192.0.0.8": "a reserved address", "192.0.2.1": "a reserved address", "198.19.0.1": "a reserved address",
		"198.51.100.1": "a reserved address", "203.0.113.1": "a reserved address", "240.0.0.1": "a reserved address", "255.255.255.255": "a reserved address",
		"::ffff:10.0.0.1": "a private address", "::ffff:127.0.0.1": "a loopback address", "::ffff:169.254.169.254": "a link-local address",
		"64:ff9b::7f00:1": "a loopback address", "64:ff9b::a9fe:a9fe": "a link-local address", "64:ff9b:1::7f00:1": "a reserved address",
		"::7f00:1": "a reserved address", "2002:7f00:1::": "a reserved address", "2001::1": "a reserved address", "2001:db8::1": "a reserved address",
		"100::1": "a reserved address", "4000::1": "a reserved address", "5f00::1": "a reserved address",

		// Where clouds tell machines their secrets.
		"169.254.170.2": "a link-local address", "fd00:ec2::254": "a private address", "fd20:ce::254": "a private address", "192.0.0.192": "a reserved address",
		"100.100.100.200": "an address of a carrier's own network", "168.63.129.16": "an address of a cloud's own services",
		"64:ff9b::a83f:8110": "an address of a cloud's own services",

		"1.1.1.1": "", "172.15.255.255": "", "172.32.0.0": "", "100.63.255.255": "", "100.128.0.0": "", "223.255.255.255": "",
		"2606:4700::1111": "", "2a00:1450:4001::1": "", "::ffff:1.1.1.1": "", "64:ff9b::101:101": "",
	} {
		if got := private(netip.MustParseAddr(address)); got != where {
			t.Errorf("%s is at %q, want %q", address, got, where)
		}
	}
}

func TestAnAddressThatCannotBeReadIsRefused(t *testing.T) {
	for address, refused := range map[string]bool{"": true, "receiver.example:443": true, "/var/run/docker.sock": true, "127.0.0.1:80": true, "[fe80::1%eth0]:80": true, "1.1.1.1:443": false, "[2606:4700::1111]:443": false} {
		if err := refusePrivate("tcp", address, nil); (err != nil) != refused {
			t.Errorf("%q: %v", address, err)
		}
	}
}
