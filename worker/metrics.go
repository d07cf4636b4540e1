package worker

import (
	"cmp"
	"errors"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/ringdown/ringdown/activities"
	"github.com/ringdown/ringdown/activities/twilio"
	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/workflows"
)

// Metrics keeps for Prometheus what the clients of Temporal and of the carrier report.
type Metrics struct {
	counters map[string]counterVec
	timers   map[string]prometheus.Histogram
	carrier  *prometheus.HistogramVec
	temporal series
}

type counterVec struct {
	*prometheus.CounterVec
	labels []string
}

// NewMetrics registers everything; it errs when something of these names is there already.
func NewMetrics(registry prometheus.Registerer) (*Metrics, error) {
	m := &Metrics{
		counters: map[string]counterVec{
			workflows.MetricCalls:       newCounter(workflows.MetricCalls, "Calls that are over.", "outcome"),
			workflows.MetricRefusals:    newCounter(workflows.MetricRefusals, "Callers who were refused.", "reason"),
			workflows.MetricDials:       newCounter(workflows.MetricDials, "Dials that are over, by the carrier's code.", "result", "code"),
			activities.MetricDiversions: newCounter(activities.MetricDiversions, "Callers sent to the emergency number.", "form"),
			activities.MetricDeliveries: newCounter(activities.MetricDeliveries, "Tries to tell a receiver of an alert.", "type", "result"),
			activities.MetricNotices:    newCounter(activities.MetricNotices, "Tries to tell somebody of a request for a number.", "way", "result"),
		},
		timers: map[string]prometheus.Histogram{
			workflows.MetricAccept: newTimer(workflows.MetricAccept, "From the accepted phone's dial to the responder's key.",
				1, 2, 5, 10, 15, 20, 25, 30, 40, 60, 90),
			workflows.MetricWait: newTimer(workflows.MetricWait, "A caller's wait, from the first dial until somebody accepts or nobody is left.",
				5, 10, 20, 30, 45, 60, 90, 120, 180, 300, 600, 900),
			workflows.MetricGap: newTimer(workflows.MetricGap, "From the end of one phone's try to the next one's dial.",
				0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
			activities.MetricDeliveryLag: newTimer(activities.MetricDeliveryLag, "From what happened to an alert until a receiver had taken it.",
				0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 3600, 21600, 86400),
		},
		carrier: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "ringdown_carrier_request_seconds", Help: "Requests of the carrier's REST API.",
			Buckets: []float64{0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10},
		}, []string{"op", "class"}),
	}
	m.begin()
	collectors := []prometheus.Collector{m.carrier, &m.temporal}
	for _, c := range m.counters {
		collectors = append(collectors, c.CounterVec) // which the API looks for, and counts on
	}
	for _, t := range m.timers {
		collectors = append(collectors, t)
	}
	var faults []error
	for _, c := range collectors {
		faults = append(faults, registry.Register(c))
	}
	return m, errors.Join(faults...)
}

func newCounter(name, help string, labels ...string) counterVec {
	return counterVec{prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels), labels}
}

func newTimer(name, help string, buckets ...float64) prometheus.Histogram {
	return prometheus.NewHistogram(prometheus.HistogramOpts{Name: name, Help: help, Buckets: buckets})
}

// begin counts from zero what an alert waits for: Prometheus does not see a counter rise that
// begins at one.
func (m *Metrics) begin() {
	for _, o := range []models.Outcome{
		models.Connected, models.Unanswered, models.Voicemailed, models.Forwarded, models.Abandoned,
		models.Refused, models.GateFailed, models.Diverted, models.Failed,
	} {
		m.counters[workflows.MetricCalls].WithLabelValues(string(o))
	}
	for _, r := range models.RefusalReasons {
		m.counters[workflows.MetricRefusals].WithLabelValues(string(r))
	}
	for _, result := range []string{activities.TryTaken, activities.TryRefused, activities.TryAway} {
		for _, t := range models.ReceiverTypes {
			m.counters[activities.MetricDeliveries].WithLabelValues(string(t), result)
		}
		for _, way := range activities.NoticeWays {
			m.counters[activities.MetricNotices].WithLabelValues(way, result)
		}
	}
	m.counters[activities.MetricDiversions].WithLabelValues(activities.FormSweep)
	m.carrier.WithLabelValues("place leg", string(twilio.Credentials))
}

// CarrierAsked times a request of the carrier, for twilio.Config.
func (m *Metrics) CarrierAsked(op string, class twilio.Class, took time.Duration) {
	m.carrier.WithLabelValues(op, cmp.Or(string(class), "ok")).Observe(took.Seconds())
}
