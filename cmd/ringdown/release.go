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

func (r releases) route(ctx context.Context, build string, percent float32) (err error) {
	if percent > 0 {
		_, err = r.deployment.SetRampingVersion(ctx, client.WorkerDeploymentSetRampingVersionOptions{BuildID: build, Percentage: percent})
	} else {
		_, err = r.deployment.SetCurrentVersion(ctx, client.WorkerDeploymentSetCurrentVersionOptions{BuildID: build})
	}
	return err
}

// awaitOthers waits until every call that goes on began with this build.
func (r releases) awaitOthers(ctx context.Context, build string, patience time.Duration, out io.Writer) error {
	deadline, said := time.Now().Add(patience), int64(0)
	for {
		info, err := r.known(ctx)
		if err != nil {
			return err
		}
		left := int64(0)
		for _, v := range info.VersionSummaries {
			if v.Version.BuildID != build {
				n, err := r.calls(ctx, v.Version.BuildID)
				if err != nil {
					return err
				}
				left += n
			}
		}
		switch {
		case left == 0:
			return nil
		case time.Now().After(deadline):
			return fmt.Errorf("%d calls of other builds go on after %s: leave their workers up, and run it again", left, patience)
		case left != said:
			_, _ = fmt.Fprintf(out, "%d calls of other builds go on\n", left)
			said = left
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

// calls counts what goes on and ends with this build.
func (r releases) calls(ctx context.Context, build string) (int64, error) {
	query := fmt.Sprintf(`WorkflowType = 'InboundCall' AND ExecutionStatus = 'Running' AND TemporalWorkerDeploymentVersion = '%s:%s'`, worker.Deployment, build)
	n, err := r.temporal.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{Namespace: r.namespace, Query: query})
	if err != nil {
		return 0, fmt.Errorf("count the calls of build %s: %w", build, err)
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
	ramping := routing.RampingVersion != nil && routing.RampingVersion.BuildID != ""
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
