package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/ringdown/ringdown/worker"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
)

// releaseCommand sends calls to the workers of a build. See docs/releases.md.
type releaseCommand struct {
	Build   string        `arg:"" optional:"" help:"The build that new calls go to, as its workers have it in RINGDOWN_BUILD_ID; without it, the builds are shown."`
	Percent float32       `help:"Only so many of a hundred new calls, from 1 to 99; the others stay with the current build."`
	Wait    time.Duration `help:"Then wait, at most so long, until no call of another build is left."`
}

// Run changes who gets new calls, or shows it. It is safe to repeat.
func (c *releaseCommand) Run(ctx context.Context, out io.Writer) error {
	if c.Percent != 0 && (c.Percent < 1 || c.Percent > 99) {
		return fmt.Errorf("--percent %g: want 1 to 99, or leave it out for all", c.Percent)
	}
	if c.Build == "" && (c.Percent != 0 || c.Wait != 0) {
		return errors.New("--percent and --wait belong to a build: name it, as in `ringdown release v0.4.0`")
	}
	if c.Percent != 0 && c.Wait != 0 {
		return errors.New("--percent and --wait exclude each other: calls of the current build come again and again")
	}
	options, err := temporalOptions(slog.New(slog.DiscardHandler), nil)
	if err != nil {
		return err
	}
	temporal, err := client.DialContext(ctx, options)
	if err != nil {
		return fmt.Errorf("reach Temporal at %s: %w; set TEMPORAL_ADDRESS and TEMPORAL_NAMESPACE", options.HostPort, err)
	}
	defer temporal.Close()
	r := releases{temporal: temporal, namespace: options.Namespace, deployment: temporal.WorkerDeploymentClient().GetHandle(worker.Deployment)}
	if c.Build != "" {
		if err := r.bring(ctx, c.Build, c.Percent); err != nil {
			return err
		}
	}
	if c.Wait > 0 {
		if err := r.awaitOthers(ctx, c.Build, c.Wait, out); err != nil {
			return err
		}
	}
	return r.show(ctx, out)
}

// releases are the builds of our workers that Temporal knows.
type releases struct {
	temporal   client.Client
	namespace  string
	deployment client.WorkerDeploymentHandle
}

// workersWithin is how long the workers of a build may take until they ask for work on every task queue.
const workersWithin = 30 * time.Second

// bring makes a build the current one, or the ramping one with so many of a hundred new calls. Workers that have just
// started are waited for.
func (r releases) bring(ctx context.Context, build string, percent float32) error {
	info, err := r.known(ctx)
	switch {
	case err != nil:
		return err
	case percent > 0 && info.RoutingConfig.CurrentVersion != nil && info.RoutingConfig.CurrentVersion.BuildID == build:
		return fmt.Errorf("--percent %g: %s is the current build already, which gets all calls that no other does", percent, build)
	}
	for deadline := time.Now().Add(workersWithin); ; {
		err := r.route(ctx, build, percent)
		notFound, notYet := (*serviceerror.NotFound)(nil), (*serviceerror.FailedPrecondition)(nil)
		switch {
		case err == nil:
			return nil
		case !errors.As(err, &notFound) && !errors.As(err, &notYet) || time.Now().After(deadline):
			return fmt.Errorf("send calls to build %s: %w; are its workers up, with RINGDOWN_BUILD_ID=%s? `ringdown release` shows which are known", build, err, build)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(500 * time.Millisecond):
		}
	}
}

// route tells Temporal who gets new calls. What becomes the current build gets all of them: no other ramps any more.
func (r releases) route(ctx context.Context, build string, percent float32) error {
	if percent > 0 {
		_, err := r.deployment.SetRampingVersion(ctx, client.WorkerDeploymentSetRampingVersionOptions{BuildID: build, Percentage: percent})
		return err
	}
	if _, err := r.deployment.SetCurrentVersion(ctx, client.WorkerDeploymentSetCurrentVersionOptions{BuildID: build}); err != nil {
		return err
	}
	info, err := r.known(ctx)
	if err != nil || !ramps(info.RoutingConfig) {
		return err
	}
	_, err = r.deployment.SetRampingVersion(ctx, client.WorkerDeploymentSetRampingVersionOptions{BuildID: info.RoutingConfig.RampingVersion.BuildID})
	return err
}

// ramps says whether a build beside the current one gets a part of the new calls.
func ramps(routing client.WorkerDeploymentRoutingConfig) bool {
	return routing.RampingVersion != nil && routing.RampingVersion.BuildID != "" && routing.RampingVersionPercentage > 0
}

// settled is how long no call of another build must be seen: Temporal's lists lag a little.
const settled = 10 * time.Second

// awaitOthers waits until every call that goes on is one of this build.
func (r releases) awaitOthers(ctx context.Context, build string, patience time.Duration, out io.Writer) error {
	deadline, said, none := time.Now().Add(patience), int64(0), time.Time{}
	for {
		all, err := r.count(ctx, goesOn)
		if err != nil {
			return err
		}
		ours, err := r.calls(ctx, build)
		if err != nil {
			return err
		}
		left := all - ours
		switch {
		case left > 0:
			none = time.Time{}
		case none.IsZero():
			none = time.Now()
		case time.Since(none) >= settled:
			return nil
		}
		if left > 0 && left != said {
			_, _ = fmt.Fprintf(out, "%d calls of other builds go on\n", left)
			said = left
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("calls of other builds go on, or went on a moment ago, after %s: leave their workers up, and run it again", patience)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Second):
		}
	}
}

// known is the deployment; one without any build when there is none yet.
func (r releases) known(ctx context.Context) (client.WorkerDeploymentInfo, error) {
	d, err := r.deployment.Describe(ctx, client.WorkerDeploymentDescribeOptions{})
	if notFound := (*serviceerror.NotFound)(nil); errors.As(err, &notFound) {
		return client.WorkerDeploymentInfo{}, nil
	}
	if err != nil {
		return client.WorkerDeploymentInfo{}, fmt.Errorf("ask Temporal for the builds: %w", err)
	}
	return d.Info, nil
}

// goesOn finds the calls that are not over.
const goesOn = "WorkflowType = 'InboundCall' AND ExecutionStatus = 'Running'"

// calls counts those that go on and end with this build.
func (r releases) calls(ctx context.Context, build string) (int64, error) {
	return r.count(ctx, fmt.Sprintf("%s AND TemporalWorkerDeploymentVersion = '%s:%s'", goesOn, worker.Deployment, build))
}

func (r releases) count(ctx context.Context, query string) (int64, error) {
	n, err := r.temporal.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{Namespace: r.namespace, Query: query})
	if err != nil {
		return 0, fmt.Errorf("count calls: %w", err)
	}
	return n.GetCount(), nil
}

// show prints the builds, newest first.
func (r releases) show(ctx context.Context, out io.Writer) error {
	info, err := r.known(ctx)
	if err != nil {
		return err
	}
	if len(info.VersionSummaries) == 0 {
		_, err := fmt.Fprintln(out, "no worker has a build id: versions are not told apart (RINGDOWN_BUILD_ID)")
		return err
	}
	slices.SortFunc(info.VersionSummaries, func(a, b client.WorkerDeploymentVersionSummary) int {
		return cmp.Or(b.CreateTime.Compare(a.CreateTime), strings.Compare(a.Version.BuildID, b.Version.BuildID))
	})
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(table, "build\tnew calls\tcalls that go on\tsince")
	for _, v := range info.VersionSummaries {
		calls, err := r.calls(ctx, v.Version.BuildID)
		if err != nil {
			return err
		}
		_, _ = fmt.Fprintf(table, "%s\t%s\t%d\t%s\n", v.Version.BuildID, share(info.RoutingConfig, v.Version.BuildID), calls, v.CreateTime.UTC().Format(time.DateTime))
	}
	return table.Flush()
}

// share is how many of the new calls a build gets.
func share(routing client.WorkerDeploymentRoutingConfig, build string) string {
	ramping := ramps(routing)
	switch {
	case ramping && routing.RampingVersion.BuildID == build:
		return fmt.Sprintf("%g %%", routing.RampingVersionPercentage)
	case routing.CurrentVersion != nil && routing.CurrentVersion.BuildID == build && ramping:
		return fmt.Sprintf("%g %%", 100-routing.RampingVersionPercentage)
	case routing.CurrentVersion != nil && routing.CurrentVersion.BuildID == build:
		return "all"
	}
	return "none"
}
