package api

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/labstack/echo/v4"
)

func TestProxiesAreNetworksAndAddresses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		given  string
		want   string // as they are taken, comma-separated
		faults []string
	}{
		{"", "", nil},
		{" , ", "", nil},
		{"127.0.0.1/32", "127.0.0.1/32", nil},
		{"10.0.0.0/8, 192.0.2.7 ,2001:db8::/32", "10.0.0.0/8,192.0.2.7/32,2001:db8::/32", nil},
		{"10.1.2.3/8", "10.0.0.0/8", nil},
		{"::ffff:10.1.2.3", "10.1.2.3/32", nil},
		{"::ffff:10.0.0.0/104", "10.0.0.0/8", nil},
		{"::1", "::1/128", nil},
		{"10.0.0.0/33", "", []string{`"10.0.0.0/33" is no network`}},
		{"proxy.internal,10.0.0.0/8,10.0.0", "10.0.0.0/8", []string{`"proxy.internal" is no network`, `"10.0.0" is no network`}},
		{"fe80::1%eth0", "", []string{`"fe80::1%eth0" is no network`}},
		{"0.0.0.0/0,::/0", "", []string{`"0.0.0.0/0" is everybody`, `"::/0" is everybody`}},
		{"*", "", []string{`"*" is no network: want addresses with their length, comma-separated, as in 10.0.0.0/8,2001:db8::/32`}},
	} {
		proxies, err := ParseProxies(strings.Split(c.given, ","))
		var got []string
		for _, p := range proxies {
			got = append(got, p.String())
		}
		if strings.Join(got, ",") != c.want || (err != nil) != (c.faults != nil) {
			t.Errorf("%q: %v, %v", c.given, got, err)
		}
		for _, fault := range c.faults {
			if err == nil || !strings.Contains(err.Error(), fault) {
				t.Errorf("%q: %v, want %s", c.given, err, fault)
			}
		}
	}
}

func TestWhoAsksIsWhomAProxyOfOursTellsOf(t *testing.T) {
	t.Parallel()
	const client, spoofed, proxy, inner = "198.51.100.1", "203.0.113.9", "10.1.2.3", "10.9.9.9"
	for _, c := range []struct {
		name, proxies, from string
		told                []string // X-Forwarded-For, header by header
		want                string
	}{
		{"nobody is in front", "", client, nil, client},
		{"a client says that it is another", "", client, []string{spoofed}, client},
		{"a client on this machine says so", "", "127.0.0.1", []string{spoofed}, "127.0.0.1"},
		{"a client in a private network says so", "", proxy, []string{spoofed}, proxy},
		{"our proxy tells", "10.0.0.0/8", proxy, []string{client}, client},
		{"our proxy tells what the client said before", "10.0.0.0/8", proxy, []string{spoofed + ", " + client}, client},
		{"the same in two headers", "10.0.0.0/8", proxy, []string{spoofed, client}, client},
		{"two proxies of ours", "10.0.0.0/8", proxy, []string{spoofed + "," + client + "," + inner}, client},
		{"a client says that it is our proxy", "10.0.0.0/8", client, []string{inner}, client},
		{"a client says that our proxy told of another", "10.0.0.0/8", proxy, []string{spoofed + "," + inner + "," + client}, client},
		{"a proxy of nobody's", "10.0.0.0/8", "192.168.1.1", []string{spoofed}, "192.168.1.1"},
		{"loopback is no proxy unless it is set", "10.0.0.0/8", "127.0.0.1", []string{spoofed}, "127.0.0.1"},
		{"our proxy tells nothing", "10.0.0.0/8", proxy, nil, proxy},
		{"our proxy tells nonsense", "10.0.0.0/8", proxy, []string{"unknown"}, proxy},
		{"nonsense behind the client", "10.0.0.0/8", proxy, []string{"<script>, " + client}, client},
		{"an empty header", "10.0.0.0/8", proxy, []string{""}, proxy},
		{"our proxy itself asks", "10.0.0.0/8", proxy, []string{inner}, inner},
		{"a client of IPv6", "10.0.0.0/8", proxy, []string{"2001:db8:1:2:3:4:5:6"}, "2001:db8:1:2::/64"},
		{"in brackets", "10.0.0.0/8", proxy, []string{"[2001:db8:1:2::1]"}, "2001:db8:1:2::/64"},
		{"a proxy of IPv6", "2001:db8:ffff::/48", "2001:db8:ffff::1", []string{client}, client},
		{"IPv4 as IPv6", "10.0.0.0/8", "::ffff:" + proxy, []string{"::ffff:" + client}, client},
	} {
		wt := newREST(t, nil)
		proxies, err := ParseProxies(strings.Split(c.proxies, ","))
		if err != nil {
			t.Fatal(err)
		}
		e := echo.New()
		e.IPExtractor = proxies.extractor(wt.deps().log)
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.RemoteAddr = c.from + ":1000"
		if strings.Contains(c.from, ":") {
			r.RemoteAddr = "[" + c.from + "]:1000"
		}
		r.Header["X-Forwarded-For"] = c.told
		r.Header.Set("X-Real-Ip", spoofed)
		r.Header.Set("Forwarded", "for="+spoofed)
		if got := address(e.NewContext(r, httptest.NewRecorder())); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

func TestAProxyThatNobodyHasToldOfIsWarnedOfOnce(t *testing.T) {
	inCall(t, "behind a proxy", func(wt *webhookTest) {
		for range 3 {
			wt.from("10.1.2.3", http.MethodGet, "/docs", "X-Forwarded-For", "198.51.100.1")
		}
		wt.logged("a request has X-Forwarded-For, which is not believed: if a proxy of ours is in front, all of its clients count as one; set TRUSTED_PROXIES")
	})
}

func TestClientsBehindAProxyAreLimitedEachOnItsOwn(t *testing.T) {
	inCall(t, "behind a proxy", func(wt *webhookTest) {
		proxies, err := ParseProxies([]string{"10.0.0.0/8"})
		wt.must(err)
		wt.Server, err = New(Config{
			Store: wt.store, Temporal: wt.temporal, AuthTokens: []string{authToken}, PublicURL: site, AdminKey: restKey, Log: wt.Server.log, Proxies: proxies,
		})
		wt.must(err)
		ask := func(client, key string) int {
			return wt.from("10.1.2.3", http.MethodGet, "/v1/languages", "X-Forwarded-For", client, "Authorization", "Bearer "+key).Code
		}
		for range triesPerMinute {
			ask("198.51.100.1", "wrong")
		}
		if got := ask("198.51.100.1", restKey); got != http.StatusTooManyRequests {
			wt.Errorf("who has tried too often: %d", got)
		}
		if got := ask("198.51.100.2", restKey); got != http.StatusOK {
			wt.Errorf("another client: %d", got)
		}
	})
}
