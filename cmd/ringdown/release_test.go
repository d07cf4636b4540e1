package main

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	ours "github.com/ringdown/ringdown/worker"
	"github.com/ringdown/ringdown/workflows"
	"github.com/ringdown/ringdown/workflows/temporaltest"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
)

// waits is a call that goes on until it is told to end.
func waits(ctx workflow.Context) error {
	workflow.GetSignalChannel(ctx, "end").Receive(ctx, nil)
	return nil
}

// works starts a worker of a build.
func works(t *testing.T, c client.Client, build string) {
	t.Helper()
	w := worker.New(c, workflows.CallQueue, worker.Options{DeploymentOptions: worker.DeploymentOptions{
		UseVersioning: true, Version: worker.WorkerDeploymentVersion{DeploymentName: ours.Deployment, BuildID: build},
	}})
	w.RegisterWorkflowWithOptions(waits, workflow.RegisterOptions{Name: "InboundCall", VersioningBehavior: workflow.VersioningBehaviorPinned})
	if err := w.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Stop)
}

func TestReleasesSayWhichBuildHasWhichCalls(t *testing.T) {
	c := temporaltest.Start(t, temporaltest.SearchAttributes()...)
	r := releases{temporal: c, namespace: client.DefaultNamespace, deployment: c.WorkerDeploymentClient().GetHandle(ours.Deployment)}
	shows := func(want string) {
		t.Helper()
		var said bytes.Buffer
		if err := r.show(t.Context(), &said); err != nil {
			t.Fatal(err)
		}
		since := regexp.MustCompile(` +20\d\d-\d\d-\d\d \d\d:\d\d:\d\d|,?  +`)
		if got := strings.TrimSpace(since.ReplaceAllString(said.String(), ",")); got != want {
			t.Errorf("the builds are shown as\n%s\nwant\n%s", got, want)
		}
	}
	brings := func(build string, percent float32) {
		t.Helper()
		if err := r.bring(t.Context(), build, percent); err != nil {
			t.Fatal(err)
		}
	}
	shows("no worker has a build id: versions are not told apart (RINGDOWN_BUILD_ID)")

	works(t, c, "one")
	brings("one", 0)
	call, err := c.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{TaskQueue: workflows.CallQueue}, "InboundCall")
	if err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		if n, err := r.calls(t.Context(), "one"); err == nil && n == 1 {
			break
		} else if time.Now().After(deadline) {
			t.Fatalf("%d calls of one are counted (%v)", n, err)
		}
	}
	works(t, c, "two")
	brings("two", 25)
	shows("build,new calls,calls that go on,since\ntwo,25 %,0,\none,75 %,1,")
	brings("one", 0)
	shows("build,new calls,calls that go on,since\ntwo,none,0,\none,all,1,")
	if err := r.bring(t.Context(), "one", 10); err == nil || !strings.Contains(err.Error(), "current build already") {
		t.Errorf("a part for the current build: %v", err)
	}
	brings("two", 0)
	shows("build,new calls,calls that go on,since\ntwo,all,0,\none,none,1,")

	var said bytes.Buffer
	if err := r.awaitOthers(t.Context(), "two", time.Millisecond, &said); err == nil || !strings.Contains(err.Error(), "calls of other builds go on") {
		t.Errorf("waiting while a call goes on: %v", err)
	}
	if err := c.SignalWorkflow(t.Context(), call.GetID(), "", "end", nil); err != nil {
		t.Fatal(err)
	}
	if err := r.awaitOthers(t.Context(), "two", time.Minute, &said); err != nil {
		t.Error(err)
	}
}

func TestAReleaseThatCannotBeIsExplained(t *testing.T) {
	for want, command := range map[string]releaseCommand{
		"want 1 to 99":               {Build: "one", Percent: 100},
		"belong to a build: name it": {Wait: time.Second},
		"exclude each other":         {Build: "one", Percent: 10, Wait: time.Second},
	} {
		if err := command.Run(t.Context(), nil); err == nil || !strings.Contains(fmt.Sprint(err), want) {
			t.Errorf("%+v: %v, want %q", command, err, want)
		}
	}
}
