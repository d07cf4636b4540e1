package e2e

import (
	"strings"
	"sync"
	"testing"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/worker"
	"github.com/ringdown/ringdown/workflows"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
)

// startBuild starts one more worker, of a build, beside those that run, and has new work go to it.
func (p *parts) startBuild(t *testing.T, build string) {
	t.Helper()
	p.work.BuildID = build
	p.startWorker()
	p.stopWorker = sync.OnceFunc(p.stopWorker)
	t.Cleanup(p.stopWorker)
	deployment := p.temporal.WorkerDeploymentClient().GetHandle(worker.Deployment)
	eventually(t, build+" is current", func() bool {
		_, err := deployment.SetCurrentVersion(t.Context(), client.WorkerDeploymentSetCurrentVersionOptions{BuildID: build})
		return err == nil
	})
}

// worked says which builds did the workflow tasks of a run, in order and each once.
func (l *line) worked(id string) string {
	l.t.Helper()
	var builds []string
	for _, e := range l.history(id).GetEvents() {
		build := e.GetWorkflowTaskCompletedEventAttributes().GetDeploymentVersion().GetBuildId()
		if build != "" && (len(builds) == 0 || builds[len(builds)-1] != build) {
			builds = append(builds, build)
		}
	}
	return strings.Join(builds, ", ")
}

func TestACallEndsWithTheVersionItBeganWithAndItsAlertGoesOnWithTheNext(t *testing.T) {
	t.Parallel()
	p := newParts(t, t, "releases", pace, false)
	p.stopWorker()
	p.startBuild(t, "one")
	before := p.line(t, "Alice Bob", longRing)
	caller := before.calls()
	alice := before.rung("Alice")
	p.startBuild(t, "two")

	after := p.line(t, "Alice", longRing)
	second := after.calls()
	after.rung("Alice").answers().hears("to take").presses("1").talks()
	second.talks().hangsUp()
	after.ended(models.Connected)
	if got := after.worked(workflows.CallID(after.leg.SID)); got != "two" {
		t.Errorf("a call that began after the release was decided by %q, want two", got)
	}

	alice.rejects()
	before.rung("Bob").answers().hears("to take").presses("1").talks()
	caller.talks().hangsUp()
	before.ended(models.Connected)
	if got := before.worked(workflows.CallID(before.leg.SID)); got != "one" {
		t.Errorf("the call that began before the release was decided by %q, want one to its end", got)
	}
	if got := before.worked(workflows.AlertID(before.leg.SID)); got != "one, two" {
		t.Errorf("its alert was looked after by %q, want one and then two", got)
	}
	for id, want := range map[string]enums.VersioningBehavior{
		workflows.CallID(before.leg.SID): enums.VERSIONING_BEHAVIOR_PINNED, workflows.AlertID(before.leg.SID): enums.VERSIONING_BEHAVIOR_AUTO_UPGRADE,
	} {
		run, err := p.temporal.DescribeWorkflowExecution(t.Context(), id, "")
		if got := run.GetWorkflowExecutionInfo().GetVersioningInfo().GetBehavior(); err != nil || got != want {
			t.Errorf("%s is %s, want %s (%v)", id, got, want, err)
		}
	}
}

func TestACallerOnHoldWhoseBuildHasNoWorkersIsDiverted(t *testing.T) {
	t.Parallel()
	p := newParts(t, t, "releases-lost", pace, false)
	p.stopWorker()
	p.startBuild(t, "one")
	stopOne := p.stopWorker
	lost := p.lineWithEmergency(t, "Alice Bob Carol Dave", longRing) // whoever of them is rung by now
	caller := lost.calls().hears(music)
	lost.rung("Alice")
	p.startBuild(t, "two")
	stopOne()

	living := p.line(t, "Alice", longRing)
	second := living.calls() // which a worker of build two has
	living.rung("Alice").answers().hears("to take").presses("1").talks()
	second.talks()
	lost.rung(emergency).answers().talks()
	caller.talks()
	second.hangsUp()
	living.ended(models.Connected)
}
