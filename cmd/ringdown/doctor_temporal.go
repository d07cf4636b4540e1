package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/ringdown/ringdown/worker"
	"github.com/ringdown/ringdown/workflows"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/taskqueue/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
)

// keptLongEnough is how long the histories of what is over should be there for whoever looks into a call.
const keptLongEnough = 72 * time.Hour

// polledLately is within which time somebody asks for work who waits for it: a poll lasts a minute.
const polledLately = 70 * time.Second

// startsWithin is how long a worker takes until it waits for work.
const startsWithin = 2 * time.Second

// checkAnswers asks Temporal for a sign of life. Where nothing listens it says so at once.
func checkAnswers(ctx context.Context, temporal client.Client, address string) error {
	if _, _, err := net.SplitHostPort(address); err == nil {
		there, err := new(net.Dialer).DialContext(ctx, "tcp", address)
		if err != nil {
			return err
		}
		_ = there.Close()
	}
	_, err := temporal.CheckHealth(ctx, &client.CheckHealthRequest{})
	return err
}

// checkTemporal checks what calls need of Temporal.
func (c *doctorCommand) checkTemporal(ctx context.Context, p parts, d *diagnosis) {
	var kept time.Duration
	if !d.check(ctx, "Temporal namespace", func(ctx context.Context) (err error) {
		kept, err = retentionOf(ctx, p)
		return err
	}, "run `ringdown namespace`, or correct TEMPORAL_NAMESPACE") {
		return
	}
	var short error
	if kept < keptLongEnough {
		short = fmt.Errorf("they are gone %s after their end", kept)
	}
	d.hint("histories are kept for a while", short, "`temporal operator namespace update --retention 720h "+p.namespace+"`")
	d.check(ctx, "Temporal search attributes", func(ctx context.Context) error { return checkSearchAttributes(ctx, p) }, "run `ringdown namespace`")
	const onePartition = "give the queue one partition in Temporal's dynamic configuration: see docs/production.md, Temporal"
	partitions, err := within(ctx, func(ctx context.Context) (int, error) { return dialPartitions(ctx, p) })
	switch {
	case err != nil:
		d.hint("partitions of the queue dial", fmt.Errorf("they cannot be seen: %w", err), onePartition)
	case c.CallsPerSec > 0 && partitions > 1:
		d.report("partitions of the queue dial", fmt.Errorf("it has %d, so that each gets its share of CARRIER_CALLS_PER_SECOND alone", partitions), onePartition)
	default:
		d.report("partitions of the queue dial", nil, "")
	}
	d.check(ctx, "workers take tasks", func(ctx context.Context) error {
		err := checkPollers(ctx, p.temporal)
		if err != nil {
			time.Sleep(startsWithin) // it may be starting just now
			err = checkPollers(ctx, p.temporal)
		}
		return err
	},
		"start `ringdown worker`, or see its log for why it takes none")
	c.checkBuilds(ctx, p, d)
}

// within asks somebody who may be away.
func within[T any](ctx context.Context, ask func(context.Context) (T, error)) (T, error) {
	ctx, cancel := context.WithTimeout(ctx, checkWithin)
	defer cancel()
	return ask(ctx)
}

// retentionOf is how long our namespace keeps the history of what is over.
func retentionOf(ctx context.Context, p parts) (time.Duration, error) {
	ours, err := p.temporal.WorkflowService().DescribeNamespace(ctx, &workflowservice.DescribeNamespaceRequest{Namespace: p.namespace})
	if err != nil {
		return 0, fmt.Errorf("namespace %s: %w", p.namespace, err)
	}
	return ours.GetConfig().GetWorkflowExecutionRetentionTtl().AsDuration(), nil
}

// checkSearchAttributes sees that every attribute is registered, without which no call starts.
func checkSearchAttributes(ctx context.Context, p parts) error {
	known, err := p.temporal.OperatorService().ListSearchAttributes(ctx, &operatorservice.ListSearchAttributesRequest{Namespace: p.namespace})
	if err != nil {
		return err
	}
	var wrong []error
	for name, kind := range workflows.SearchAttributes() {
		switch as, ok := known.GetCustomAttributes()[name]; {
		case !ok:
			wrong = append(wrong, fmt.Errorf("%s (%s) is not registered in namespace %s", name, kind, p.namespace))
		case as.String() != kind:
			wrong = append(wrong, fmt.Errorf("%s is registered as %s in namespace %s, want %s: it must be removed first", name, as, p.namespace, kind))
		}
	}
	return errors.Join(wrong...)
}

// dialPartitions counts the partitions among which the server divides the rate of dials.
func dialPartitions(ctx context.Context, p parts) (int, error) {
	of, err := p.temporal.WorkflowService().ListTaskQueuePartitions(ctx, &workflowservice.ListTaskQueuePartitionsRequest{
		Namespace: p.namespace, TaskQueue: &taskqueue.TaskQueue{Name: workflows.DialQueue},
	})
	return len(of.GetActivityTaskQueuePartitions()), err
}

// checkPollers sees that somebody waits for the work of each queue, of the build that gets new calls.
func checkPollers(ctx context.Context, temporal client.Client) error {
	var wrong []error
	for _, of := range []struct {
		queue, work string
		kind        enums.TaskQueueType
	}{
		{workflows.CallQueue, "workflow tasks", enums.TASK_QUEUE_TYPE_WORKFLOW},
		{workflows.CallQueue, "activities", enums.TASK_QUEUE_TYPE_ACTIVITY},
		{workflows.DialQueue, "activities", enums.TASK_QUEUE_TYPE_ACTIVITY},
		{workflows.TellQueue, "activities", enums.TASK_QUEUE_TYPE_ACTIVITY},
	} {
		queue, err := temporal.DescribeTaskQueue(ctx, of.queue, of.kind)
		if err != nil {
			return fmt.Errorf("queue %s: %w", of.queue, err)
		}
		current := queue.GetVersioningInfo().GetCurrentDeploymentVersion().GetBuildId()
		polled, others := false, false
		for _, poller := range queue.GetPollers() {
			if time.Since(poller.GetLastAccessTime().AsTime()) < polledLately {
				its := buildOf(poller) == current
				polled, others = polled || its, others || !its
			}
		}
		switch {
		case polled:
		case others:
			wrong = append(wrong, fmt.Errorf("nobody of build %q, which gets new calls, takes the %s of the queue %s", current, of.work, of.queue))
		default:
			wrong = append(wrong, fmt.Errorf("nobody takes the %s of the queue %s", of.work, of.queue))
		}
	}
	return errors.Join(wrong...)
}

// buildOf is the build that a poller takes work of; empty where it tells none apart.
func buildOf(poller *taskqueue.PollerInfo) string {
	if options := poller.GetDeploymentOptions(); options.GetWorkerVersioningMode() == enums.WORKER_VERSIONING_MODE_VERSIONED {
		return options.GetBuildId()
	}
	return ""
}

// checkBuilds sees that new calls go to a build of which there are workers, and says which that is.
func (c *doctorCommand) checkBuilds(ctx context.Context, p parts, d *diagnosis) {
	const what = "build that gets new calls"
	all, err := within(ctx, releases{
		temporal: p.temporal, namespace: p.namespace, deployment: p.temporal.WorkerDeploymentClient().GetHandle(worker.Deployment),
	}.known)
	routing, known := all.RoutingConfig, false
	for _, v := range all.VersionSummaries {
		known = known || v.Version.BuildID == c.BuildID
	}
	switch {
	case err != nil:
		d.report(what, err, "see the message")
	case len(all.VersionSummaries) == 0 && c.BuildID == "": // nobody tells builds apart
	case c.BuildID == "" && routing.CurrentVersion != nil && routing.CurrentVersion.BuildID != "":
		d.hint(what, fmt.Errorf("it is %s, and RINGDOWN_BUILD_ID is not set: a worker with these settings gets none", routing.CurrentVersion.BuildID),
			"set it for workers to what they run: see docs/releases.md")
	case c.BuildID == "":
		d.report(what, nil, "")
	case !known:
		d.report(what, fmt.Errorf("no worker of build %s was ever here", c.BuildID), "start workers with RINGDOWN_BUILD_ID="+c.BuildID+", then run `ringdown release "+c.BuildID+"`")
	case routing.CurrentVersion == nil || routing.CurrentVersion.BuildID == "":
		d.report(what, errors.New("no build gets them"), "run `ringdown release "+c.BuildID+"`")
	case share(routing, c.BuildID) == "none":
		d.hint(what, fmt.Errorf("it is %s, not %s", routing.CurrentVersion.BuildID, c.BuildID), "when they are to go to this one, run `ringdown release "+c.BuildID+"`")
	default:
		d.report(what, nil, "")
	}
}
