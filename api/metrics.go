package api

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/workflows"
)

// metrics are what the API counts.
type metrics struct {
	webhooks   *prometheus.HistogramVec
	forged     prometheus.Counter
	diversions *prometheus.CounterVec
	calls      *prometheus.CounterVec
	limited    *prometheus.CounterVec
	mute       prometheus.Gauge
}

// Forms of a diversion, as they are counted.
const (
	divertedOnArrival = "arrival" // nobody could answer the call in time
	divertedFromHold  = "hold"    // the workers were away while the caller waited
)

// newMetrics registers everything, with what shows itself; without a registry it counts for nobody.
func newMetrics(registry prometheus.Registerer, shown ...prometheus.Collector) (*metrics, error) {
	m := &metrics{
		webhooks: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "ringdown_webhook_seconds", Help: "Webhooks of the carrier, until they are answered.",
			Buckets: []float64{0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 1.5, 2, 5, 15},
		}, []string{"path", "status"}),
		forged: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "ringdown_signature_failures_total", Help: "Webhooks without a true signature.",
		}),
		diversions: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "ringdown_diversions_total", Help: "Callers sent to the emergency number.",
		}, []string{"form"}),
		calls: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: workflows.MetricCalls, Help: "Calls that are over.",
		}, []string{"outcome"}),
		limited: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "ringdown_limited_total", Help: "Requests answered 429, by the limit that they met.",
		}, []string{"policy"}),
		mute: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "ringdown_calls_mute", Help: "Callers on hold whose own run gives no sign of life although others do.",
		}),
	}
	var faults []error
	if registry != nil {
		for _, c := range []**prometheus.CounterVec{&m.diversions, &m.calls} {
			faults = append(faults, share(registry, c))
		}
	}
	for _, form := range []string{divertedOnArrival, divertedFromHold} {
		m.diversions.WithLabelValues(form) // from zero, so that the first one is seen as a rise
	}
	m.calls.WithLabelValues(string(models.Diverted))
	for _, policy := range []ration{perKey, withoutKey, wrongKeys} {
		m.limited.WithLabelValues(policy.policy)
	}
	if registry == nil {
		return m, nil
	}
	for _, c := range append(shown, m.webhooks, m.forged, m.limited, m.mute) {
		faults = append(faults, registry.Register(c))
	}
	return m, errors.Join(faults...)
}

// share registers a counter, or takes the one of that name that the worker of this process counts on.
func share(registry prometheus.Registerer, c **prometheus.CounterVec) error {
	err := registry.Register(*c)
	if there := (prometheus.AlreadyRegisteredError{}); errors.As(err, &there) {
		if same, ok := there.ExistingCollector.(*prometheus.CounterVec); ok {
			*c, err = same, nil
		}
	}
	return err
}

// begin counts the errors of a webhook from zero, so that the first one is seen as a rise.
func (m *metrics) begin(path string) {
	m.webhooks.WithLabelValues(path, strconv.Itoa(http.StatusInternalServerError))
}

// closed counts a call that is over and that no run counts.
func (m *metrics) closed(outcome models.Outcome) { m.calls.WithLabelValues(string(outcome)).Inc() }

// refused counts a request that came too early for a limit.
func (m *metrics) refused(by ration) { m.limited.WithLabelValues(by.policy).Inc() }

// diverted counts a caller who was sent to the emergency number.
func (m *metrics) diverted(form string) { m.diversions.WithLabelValues(form).Inc() }

// timed times each webhook. It goes around whatever may turn an error into an answer.
func (m *metrics) timed(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if !strings.HasPrefix(c.Path(), "/twilio/") { // of a route: unknown addresses have none
			return next(c)
		}
		began := time.Now()
		if err := next(c); err != nil {
			c.Error(err)
		}
		status := c.Response().Status
		if status == http.StatusForbidden {
			m.forged.Inc()
		}
		m.webhooks.WithLabelValues(c.Path(), strconv.Itoa(status)).Observe(time.Since(began).Seconds())
		return nil
	}
}
