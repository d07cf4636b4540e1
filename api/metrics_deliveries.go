package api

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
)

// waitingDeliveries shows how many events of alerts wait for their receivers to take them, and for how long the first
// has: what has been taken is timed, but a receiver that is away takes nothing. While the database does not answer
// it shows nothing.
type waitingDeliveries struct {
	store  *store.Store
	lately lately
}

var (
	waitingDesc = prometheus.NewDesc("ringdown_deliveries_waiting", "Events of alerts that a receiver has not taken yet.", nil, nil)
	oldestDesc  = prometheus.NewDesc("ringdown_delivery_oldest_seconds", "How long the oldest of them waits; 0 when none does.", nil, nil)
)

// Describe names both metrics.
func (w *waitingDeliveries) Describe(out chan<- *prometheus.Desc) {
	out <- waitingDesc
	out <- oldestDesc
}

// Collect counts, or shows the last count while it is fresh.
func (w *waitingDeliveries) Collect(out chan<- prometheus.Metric) {
	w.lately.show(out, openFor, w.count)
}

// count is empty when the database does not answer. What is older than a delivery may become is sent again, or has no
// run any more: it is no lag.
func (w *waitingDeliveries) count(now time.Time) []prometheus.Metric {
	ctx, cancel := context.WithTimeout(context.Background(), openWithin)
	defer cancel()
	waiting, oldest, err := w.store.WaitingDeliveries(ctx, now.Add(-models.DeliverWithin))
	if err != nil {
		return nil
	}
	var age time.Duration
	if waiting > 0 {
		age = max(now.Sub(oldest), 0)
	}
	return []prometheus.Metric{
		prometheus.MustNewConstMetric(waitingDesc, prometheus.GaugeValue, float64(waiting)),
		prometheus.MustNewConstMetric(oldestDesc, prometheus.GaugeValue, age.Seconds()),
	}
}
