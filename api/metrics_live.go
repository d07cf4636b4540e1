package api

import (
	"context"
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/ringdown/ringdown/models"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
)

const (
	// liveFor is how long a count of live calls is shown before Temporal is asked again, however
	// often it is scraped meanwhile.
	liveFor = 10 * time.Second
	// liveWithin is how long a scrape waits for the count.
	liveWithin = 2 * time.Second
)

// liveStages are the stages that a run marks itself with.
var liveStages = []models.Stage{
	models.StageGate, models.StageHunting, models.StageTalking, models.StageNobody, models.StageEnded,
}

// liveCalls shows how many calls are at each stage, from Temporal's list of runs. While Temporal
// does not answer it shows nothing.
type liveCalls struct {
	temporal  client.Client
	namespace string
	lately    lately
}

var liveDesc = prometheus.NewDesc("ringdown_calls_live", "Calls that are not over, by stage.", []string{"stage"}, nil)

// Describe names the one metric.
func (l *liveCalls) Describe(out chan<- *prometheus.Desc) { out <- liveDesc }

// Collect counts, or shows the last count while it is fresh.
func (l *liveCalls) Collect(out chan<- prometheus.Metric) {
	l.lately.show(out, liveFor, l.count)
}

// count is empty when any stage could not be counted. Each is asked for by itself, since the
// server groups by the status of runs alone.
func (l *liveCalls) count(time.Time) []prometheus.Metric {
	ctx, cancel := context.WithTimeout(context.Background(), liveWithin)
	defer cancel()
	var counted []prometheus.Metric
	for _, stage := range liveStages {
		answer, err := l.temporal.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{
			Namespace: l.namespace,
			Query:     fmt.Sprintf("WorkflowType = 'InboundCall' AND ExecutionStatus = 'Running' AND CallStage = '%s'", stage),
		})
		if err != nil {
			return nil
		}
		counted = append(counted, prometheus.MustNewConstMetric(liveDesc, prometheus.GaugeValue, float64(answer.GetCount()), string(stage)))
	}
	return counted
}
