package api

import (
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// lately is what was counted last, which is shown for a while however often it is asked for.
type lately struct {
	mu      sync.Mutex
	until   time.Time
	counted []prometheus.Metric
}

// show counts, or shows the last count while it is fresh.
func (l *lately) show(out chan<- prometheus.Metric, fresh time.Duration, count func(now time.Time) []prometheus.Metric) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if now := time.Now(); now.After(l.until) {
		l.counted = count(now)
		l.until = time.Now().Add(fresh)
	}
	for _, metric := range l.counted {
		out <- metric
	}
}
