package drill

import (
	"fmt"
	"slices"
	"time"
)

// samples are times that were measured.
type samples []time.Duration

func (s *samples) add(d time.Duration) { *s = append(*s, d) }

// most is how long the shorter ones are, so many in a hundred.
func (s samples) most(percent int) time.Duration {
	if len(s) == 0 {
		return 0
	}
	all := slices.Sorted(slices.Values(s))
	return all[min(len(all)*percent/100, len(all)-1)]
}

// String is the median, the 95th and 99th percentile and the longest of them.
func (s samples) String() string {
	if len(s) == 0 {
		return "none"
	}
	at := func(percent int) string { return short(s.most(percent)) }
	return fmt.Sprintf("median %s, p95 %s, p99 %s, longest %s, of %d", at(50), at(95), at(99), at(100), len(s))
}

// over counts those that are longer.
func (s samples) over(d time.Duration) (n int) {
	for _, one := range s {
		if one > d {
			n++
		}
	}
	return n
}

// short is a time in milliseconds, or in seconds where it is long.
func short(d time.Duration) string {
	if d < 10*time.Second {
		return fmt.Sprintf("%d ms", d.Milliseconds())
	}
	return seconds(d)
}
