package simulator

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// overrides are the budgets of one webhook, in real time. A URL's fragment may set them: #ct=2000&rt=6000&tt=14000&rc=3&rp=ct,rt,5xx
type overrides struct {
	connect time.Duration // ct, for the TCP and TLS connection
	read    time.Duration // rt, to the first byte and between packets
	total   time.Duration // tt, retries included
	retries int           // rc, after the first try
	policy  []string      // rp, the classes of failure that are retried
}

// ceiling is what no webhook may exceed, whatever its overrides say.
const ceiling = 15 * time.Second

func defaultOverrides() overrides {
	return overrides{connect: 5 * time.Second, read: ceiling, total: ceiling, retries: 1, policy: []string{"ct"}}
}

// parseOverrides reads a fragment. ok is false when a value is none that Twilio knows (its error 11243).
func parseOverrides(fragment string) (o overrides, ok bool) {
	o = defaultOverrides()
	values, err := url.ParseQuery(fragment)
	if err != nil {
		return o, false
	}
	ok = true
	millis := func(key string, least, most int, into *time.Duration) {
		if !values.Has(key) {
			return
		}
		n, err := strconv.Atoi(values.Get(key))
		if err != nil || n < least || n > most {
			ok = false
			return
		}
		*into = time.Duration(n) * time.Millisecond
	}
	millis("ct", 100, 10_000, &o.connect)
	millis("rt", 100, 15_000, &o.read)
	millis("tt", 100, 15_000, &o.total)
	if values.Has("rc") {
		n, err := strconv.Atoi(values.Get("rc"))
		ok = ok && err == nil && n >= 0 && n <= 5
		o.retries = n
	}
	if values.Has("rp") {
		o.policy = strings.Split(values.Get("rp"), ",")
		for _, class := range o.policy {
			ok = ok && slices.Contains([]string{"ct", "rt", "4xx", "5xx", "all"}, class)
		}
	}
	return o, ok
}

// again reports whether a failure of that class is retried.
func (o overrides) again(class string) bool {
	return slices.Contains(o.policy, class) || slices.Contains(o.policy, "all")
}
