// Package worker runs the workflows and their activities.
package worker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/ringdown/ringdown/activities"
	"github.com/ringdown/ringdown/activities/mail"
	"github.com/ringdown/ringdown/activities/outside"
	"github.com/ringdown/ringdown/activities/receivers"
	"github.com/ringdown/ringdown/activities/slack"
	"github.com/ringdown/ringdown/activities/twilio"
	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
	"github.com/ringdown/ringdown/secrets"
	"github.com/ringdown/ringdown/workflows"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
)

// Config is what a worker needs.
type Config struct {
	Temporal       client.Client // with workflows.DataConverter and workflows.FailureConverter of Histories
	Store          *store.Store
	Carrier        *twilio.Client
	Outside        *outside.Client   // nil: outside schedules are not read
	Receivers      *receivers.Client // nil: one that reaches no private address
	Slack          *slack.Client     // nil: incidents have no channel but their messages
	PublicURL      string            // where the carrier reaches our webhooks, without a trailing slash
	FallbackURL    string            // where the emergency documents are served; may be empty
	CallsPerSecond float64           // what the carrier account may place; zero means no limit of ours
	CacheSize      int               // runs that this process holds in memory at most; zero means the SDK's 10,000
	BuildID        string            // of this worker among versions of the deployment Deployment; empty: workers are not told apart
	Allotment      models.Allotment
	Retention      models.Retention // for how long things are kept
	Keys           *secrets.Keys    // open documents of requests for numbers; nil opens none
	Histories      *secrets.Keys    // seal what runs are given and give, or open it alone; nil: it is not sealed
	Mail           *mail.Client     // nil: nobody is told by e-mail
	Reviewers      []string         // e-mail addresses
	ReviewChannel  string           // Slack's, of reviewers; empty: they are not told there
	Log            *slog.Logger
}

// stopTimeout is how long running activities may take when the worker stops.
const stopTimeout = 15 * time.Second

// stickyTimeout is how long a call waits for the worker that has it in memory before another
// takes over. It is shorter than a webhook waits for its answer: after a crash the first one of a
// call is still answered at once.
const stickyTimeout = time.Second

// scheduleAgain is how long after a failure something is scheduled anew.
const scheduleAgain = 10 * time.Second

// Run works until ctx is done, or the server has no work for us any more, and returns when running
// activities have ended.
func Run(ctx context.Context, c Config) error {
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	if c.CacheSize > 0 {
		worker.SetStickyWorkflowCacheSize(c.CacheSize)
	}
	calls := worker.New(c.Temporal, workflows.CallQueue, options(fail, c.BuildID))
	// A call ends with the code that it began with; whatever lives longer goes on with the newest, which replays older
	// histories. Without a build id neither means anything.
	calls.RegisterWorkflowWithOptions(workflows.InboundCall, workflow.RegisterOptions{VersioningBehavior: workflow.VersioningBehaviorPinned})
	calls.RegisterWorkflow(workflows.Alert)
	calls.RegisterWorkflow(workflows.Redeliver)
	calls.RegisterWorkflow(workflows.IncidentChannel)
	calls.RegisterWorkflow(workflows.Sweep)
	calls.RegisterWorkflow(workflows.ReadOutside)
	calls.RegisterWorkflow(workflows.WakeChannels)
	calls.RegisterWorkflow(workflows.NumberRequest)
	calls.RegisterWorkflow(workflows.CheckNumbers)
	calls.RegisterWorkflow(workflows.Retain)
	calls.RegisterWorkflow(workflows.EraseCaller)
	if c.Receivers == nil {
		c.Receivers = receivers.New(receivers.Config{PublicURL: c.PublicURL})
	}
	phone := &activities.Phone{
		Carrier: c.Carrier, PublicURL: c.PublicURL, Diverted: c.Store.Diverted, Alone: c.Store.AloneOn, Converter: workflows.DataConverter(c.Histories), Log: c.Log,
	}
	calls.RegisterActivity(phone)
	calls.RegisterActivity(&activities.Records{Store: c.Store})
	calls.RegisterActivity(&activities.Outside{Store: c.Store, Client: c.Outside, Log: c.Log})
	calls.RegisterActivity(&activities.Sweeper{
		Temporal: c.Temporal, Store: c.Store, Carrier: c.Carrier, PublicURL: c.PublicURL,
		Converter: workflows.DataConverter(c.Histories), Log: c.Log,
		CallID: workflows.CallID, AlertID: workflows.AlertID, Ended: workflows.SignalEnded, Begin: workflows.StartRequest,
	})

	alerts := &activities.Alerts{
		Store: c.Store, Receivers: c.Receivers, Channel: c.Slack.Provider(), Wake: workflows.WakeIncident, Log: c.Log,
	}
	calls.RegisterActivity(alerts)
	calls.RegisterActivity(&activities.Waker{Store: c.Store, Channel: c.Slack.Provider(), Wake: workflows.WakeIncident})

	notices := &activities.Notices{
		Store: c.Store, Mail: c.Mail, Slack: c.Slack, Reviewers: c.Reviewers, ReviewChannel: c.ReviewChannel,
		PublicURL: c.PublicURL, Log: c.Log,
	}
	provisioner := &activities.Provisioner{
		Store: c.Store, Carrier: c.Carrier, Keys: c.Keys, PublicURL: c.PublicURL, FallbackURL: c.FallbackURL, Allotted: c.Allotment.Numbers,
	}
	calls.RegisterActivity(&activities.Requests{Store: c.Store, Notices: notices, Begin: workflows.StartRequest})
	calls.RegisterActivity(provisioner) // those of its steps that ask the database alone
	calls.RegisterActivity(notices.GiveUpNotices)

	tellOptions := options(fail, c.BuildID)
	tellOptions.DisableWorkflowWorker = true
	tells := worker.New(c.Temporal, workflows.TellQueue, tellOptions)
	tells.RegisterActivity(alerts.Deliver)
	tells.RegisterActivity(&activities.Channels{Store: c.Store, Slack: c.Slack, Log: c.Log})
	tells.RegisterActivity(provisioner)
	tells.RegisterActivity(notices.SendNotices)
	tells.RegisterActivity(&activities.Numbers{
		Store: c.Store, Carrier: c.Carrier, PublicURL: c.PublicURL, FallbackURL: c.FallbackURL, Log: c.Log,
	})

	tells.RegisterActivity(&activities.Keeper{
		Store: c.Store, Carrier: c.Carrier, Temporal: c.Temporal, Retention: c.Retention, Log: c.Log,
		Wake: workflows.WakeIncident, Resume: workflows.ResumeErasure,
		CallID: workflows.CallID, AlertID: workflows.AlertID, DeliveryID: workflows.RedeliverID,
	})

	dialOptions := options(fail, c.BuildID)
	dialOptions.DisableWorkflowWorker = true
	dialOptions.TaskQueueActivitiesPerSecond = c.CallsPerSecond
	dials := worker.New(c.Temporal, workflows.DialQueue, dialOptions)
	dials.RegisterActivity(phone.Dial)

	var stopping sync.WaitGroup
	defer stopping.Wait()
	for _, w := range []worker.Worker{calls, dials, tells} {
		if err := w.Start(); err != nil {
			return fmt.Errorf("start worker: %w", err)
		}
		defer func() { stopping.Go(w.Stop) }() // all at once: a slow one keeps no other polling
	}
	var scheduling sync.WaitGroup
	defer scheduling.Wait()
	scheduling.Go(func() { untilScheduled(ctx, c, "sweep", workflows.ScheduleSweep) })
	scheduling.Go(func() { untilScheduled(ctx, c, "look at numbers", workflows.ScheduleNumbers) })
	scheduling.Go(func() { untilScheduled(ctx, c, "removal of what is too old", workflows.ScheduleRetention) })
	if c.Slack.Ready() {
		scheduling.Go(func() { untilScheduled(ctx, c, "waking of channels", workflows.ScheduleWake) })
	}
	if c.Outside.Ready() {
		scheduling.Go(func() { untilScheduled(ctx, c, "reading of outside schedules", workflows.ScheduleOutside) })
	}
	c.Log.Info("worker started")
	<-ctx.Done()
	c.Log.Info("worker stopping")
	if err := context.Cause(ctx); !errors.Is(err, context.Canceled) {
		return fmt.Errorf("worker: %w", err)
	}
	return nil
}

// untilScheduled tries until something is scheduled, or ctx is done: without the sweep nobody looks
// after the calls of terminated runs, and the next start may be weeks away.
func untilScheduled(ctx context.Context, c Config, what string, schedule func(context.Context, client.Client) error) {
	for {
		err := schedule(ctx, c.Temporal)
		if err == nil || ctx.Err() != nil {
			return
		}
		c.Log.Error("not scheduled yet", "what", what, "cause", err)
		select {
		case <-ctx.Done():
			return
		case <-time.After(scheduleAgain):
		}
	}
}

// Deployment is the name under which Temporal knows the workers that have a build id.
const Deployment = "ringdown"

// options are those of every worker. One that cannot go on fails, rather than poll no more. With a build id it gets no
// work until that version is the deployment's current or ramping one: see docs/releases.md.
func options(fail func(error), buildID string) worker.Options {
	o := worker.Options{
		OnFatalError:                 fail,
		WorkerStopTimeout:            stopTimeout,
		StickyScheduleToStartTimeout: stickyTimeout,
		// Autoscaling keeps a poll open against each partition of a queue; a fixed few may leave
		// one unpolled for seconds.
		WorkflowTaskPollerBehavior: worker.NewPollerBehaviorAutoscaling(worker.PollerBehaviorAutoscalingOptions{}),
		ActivityTaskPollerBehavior: worker.NewPollerBehaviorAutoscaling(worker.PollerBehaviorAutoscalingOptions{}),
	}
	if buildID != "" {
		o.DeploymentOptions = worker.DeploymentOptions{
			UseVersioning:             true,
			Version:                   worker.WorkerDeploymentVersion{DeploymentName: Deployment, BuildID: buildID},
			DefaultVersioningBehavior: workflow.VersioningBehaviorAutoUpgrade,
		}
	}
	return o
}
