package worker

import (
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.temporal.io/sdk/client"
)

// Handler is for client.Options. What workflows report it counts with the labels of ours alone;
// what Temporal's SDK reports, as temporal_…, with every tag that it has.
func (m *Metrics) Handler() client.MetricsHandler { return handler{metrics: m} }

type handler struct {
	metrics *Metrics
	tags    map[string]string
	key     string // the tags as text, in order
}

func (h handler) WithTags(tags map[string]string) client.MetricsHandler {
	all := make(map[string]string, len(h.tags)+len(tags))
	maps.Copy(all, h.tags)
	maps.Copy(all, tags)
	var key strings.Builder
	for _, name := range slices.Sorted(maps.Keys(all)) {
		key.WriteString("\x00" + name + "\x00" + all[name])
	}
	return handler{h.metrics, all, key.String()}
}

func (h handler) Counter(name string) client.MetricsCounter {
	if ours, ok := h.metrics.counters[name]; ok {
		values := make([]string, len(ours.labels))
		for i, label := range ours.labels {
			values[i] = h.tags[label]
		}
		return counter{ours.WithLabelValues(values...)}
	}
	name = strings.TrimSuffix(name, "_total") + "_total"
	return counter{kept(&h.metrics.temporal.counters, name+h.key, func() prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Name: name, Help: sdkHelp, ConstLabels: h.tags})
	})}
}

func (h handler) Gauge(name string) client.MetricsGauge {
	return gauge{kept(&h.metrics.temporal.gauges, name+h.key, func() prometheus.Gauge {
		return prometheus.NewGauge(prometheus.GaugeOpts{Name: name, Help: sdkHelp, ConstLabels: h.tags})
	})}
}

func (h handler) Timer(name string) client.MetricsTimer {
	if ours, ok := h.metrics.timers[name]; ok {
		return timer{ours}
	}
	name = strings.TrimSuffix(name, "_seconds") + "_seconds"
	return timer{kept(&h.metrics.temporal.timers, name+h.key, func() prometheus.Histogram {
		return prometheus.NewHistogram(prometheus.HistogramOpts{Name: name, Help: sdkHelp, ConstLabels: h.tags, Buckets: sdkBuckets})
	})}
}

type counter struct{ prometheus.Counter }

func (c counter) Inc(by int64) { c.Add(float64(by)) }

type gauge struct{ prometheus.Gauge }

func (g gauge) Update(value float64) { g.Set(value) }

type timer struct{ prometheus.Histogram }

func (t timer) Record(d time.Duration) { t.Observe(d.Seconds()) }

const sdkHelp = "Of Temporal's Go SDK."

// sdkBuckets reach from a request to the server, in milliseconds, to the length of a call.
var sdkBuckets = []float64{0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800}

// series are what the SDK reports, each kind by name and tags. The tags of one name may differ
// from report to report, which Prometheus takes from a collector that describes nothing.
type series struct{ counters, gauges, timers sync.Map }

// Describe says nothing beforehand.
func (s *series) Describe(chan<- *prometheus.Desc) {}

// Collect hands over every series.
func (s *series) Collect(out chan<- prometheus.Metric) {
	for _, kind := range []*sync.Map{&s.counters, &s.gauges, &s.timers} {
		kind.Range(func(_, metric any) bool {
			out <- metric.(prometheus.Metric)
			return true
		})
	}
}

// kept is the metric of a key, made on first use.
func kept[M prometheus.Metric](metrics *sync.Map, key string, create func() M) M {
	if metric, ok := metrics.Load(key); ok {
		return metric.(M)
	}
	metric, _ := metrics.LoadOrStore(key, create())
	return metric.(M)
}
