package main

import (
	"fmt"
	"strings"
	"testing"
)

func TestLimitsAreCheckedAtStart(t *testing.T) {
	for name, c := range map[string]struct {
		settings settings
		says     []string // none: nothing of limits
	}{
		"nothing is set":          {settings{}, nil},
		"a proxy and a limit":     {settings{Proxies: []string{"10.0.0.0/8", " 192.0.2.7"}, RateLimit: 300}, nil},
		"half a request a second": {settings{RateLimit: 0.5}, nil},
		"less than nothing":       {settings{RateLimit: -1}, []string{"RINGDOWN_RATE_LIMIT: want requests a second, from 0 to 1000000"}},
		"more than anybody asks":  {settings{RateLimit: 1e9}, []string{"RINGDOWN_RATE_LIMIT: want"}},
		"a proxy by its name":     {settings{Proxies: []string{"caddy"}}, []string{`TRUSTED_PROXIES: "caddy" is no network: want`}},
		"several mistakes": {settings{Proxies: []string{"0.0.0.0/0", "10.0.0.0/40"}, RateLimit: -2},
			[]string{`TRUSTED_PROXIES: "0.0.0.0/0" is everybody`, `"10.0.0.0/40" is no network`, "RINGDOWN_RATE_LIMIT"}},
	} {
		said := fmt.Sprint(c.settings.mistakes(true))
		if c.says == nil && (strings.Contains(said, "TRUSTED_PROXIES") || strings.Contains(said, "RINGDOWN_RATE_LIMIT")) {
			t.Errorf("%s: it says %s", name, said)
		}
		for _, says := range c.says {
			if !strings.Contains(said, says) {
				t.Errorf("%s: it says %s, not %s", name, said, says)
			}
		}
	}
}
