package api

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
)

const (
	// openFor is how long a count of open requests is shown before the database is asked again, however
	// often it is scraped meanwhile.
	openFor = 10 * time.Second
	// openWithin is how long a scrape waits for the count.
	openWithin = 2 * time.Second
	// overdueAfter is how long a request may wait for a reviewer.
	overdueAfter = 24 * time.Hour
)

// openStatuses are the states in which somebody acts next. In the last three we do, as long as something is left to
// be cleared up.
var openStatuses = []models.RequestStatus{
	models.RequestInReview, models.RequestWaitingForRequester, models.RequestProvisioning, models.RequestWaitingForCarrier, models.RequestFailed,
	models.RequestActive, models.RequestRejected, models.RequestWithdrawn,
}

// openRequests shows how many requests for numbers are open in each state, and how many wait for a reviewer
// for too long. While the database does not answer it shows nothing.
type openRequests struct {
	store  *store.Store
	lately lately
}

var (
	openDesc    = prometheus.NewDesc("ringdown_number_requests", "Requests for numbers that are open, by their state.", []string{"status"}, nil)
	overdueDesc = prometheus.NewDesc("ringdown_number_requests_overdue", "Requests for numbers that wait for a reviewer for more than a day.", nil, nil)
)

// Describe names both metrics.
func (o *openRequests) Describe(out chan<- *prometheus.Desc) {
	out <- openDesc
	out <- overdueDesc
}

// Collect counts, or shows the last count while it is fresh.
func (o *openRequests) Collect(out chan<- prometheus.Metric) {
	o.lately.show(out, openFor, o.count)
}

// count is empty when the database does not answer.
func (o *openRequests) count(now time.Time) []prometheus.Metric {
	ctx, cancel := context.WithTimeout(context.Background(), openWithin)
	defer cancel()
	open, overdue, err := o.store.OpenRequests(ctx, now.Add(-overdueAfter))
	if err != nil {
		return nil
	}
	counted := []prometheus.Metric{prometheus.MustNewConstMetric(overdueDesc, prometheus.GaugeValue, float64(overdue))}
	for _, status := range openStatuses {
		counted = append(counted, prometheus.MustNewConstMetric(openDesc, prometheus.GaugeValue, float64(open[status]), string(status)))
	}
	return counted
}
