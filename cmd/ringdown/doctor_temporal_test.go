package main

import (
	"context"
	"errors"
	"maps"
	"net"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ringdown/ringdown/workflows"
	"go.temporal.io/api/deployment/v1"
	"go.temporal.io/api/enums/v1"
	namespacepb "go.temporal.io/api/namespace/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/taskqueue/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// temporalServer is a Temporal as a doctor sees it.
type temporalServer struct {
	client.Client

	retention  time.Duration
	attributes map[string]enums.IndexedValueType
	partitions int // 0: they are not to be seen
	polled     map[string]time.Duration
	starts     time.Time // when its workers do
	build      string    // of its workers
	builds     []string
	current    string
	ramping    string
}

// wellTemporal is a server with which all is well.
func wellTemporal() *temporalServer {
	s := &temporalServer{
		retention: 720 * time.Hour, attributes: map[string]enums.IndexedValueType{}, partitions: 1,
		polled: map[string]time.Duration{"calls 1": time.Second, "calls 2": time.Minute, "dial 2": 0, "tell 2": 0},
	}
	for name, kind := range workflows.SearchAttributes() {
		s.attributes[name], _ = enums.IndexedValueTypeFromString(kind)
	}
	return s
}

func (s *temporalServer) WorkflowService() workflowservice.WorkflowServiceClient {
	return frontend{server: s}
}
func (s *temporalServer) OperatorService() operatorservice.OperatorServiceClient {
	return operators{attributes: s.attributes}
}
func (s *temporalServer) WorkerDeploymentClient() client.WorkerDeploymentClient {
	return deployments{server: s}
}

// frontend is what of Temporal the SDK has no method for.
type frontend struct {
	workflowservice.WorkflowServiceClient
	server *temporalServer
}

// operators are who registers search attributes.
type operators struct {
	operatorservice.OperatorServiceClient
	attributes map[string]enums.IndexedValueType
}

// deployments are what Temporal knows of builds.
type deployments struct {
	client.WorkerDeploymentClient
	client.WorkerDeploymentHandle
	server *temporalServer
}

func (d deployments) GetHandle(string) client.WorkerDeploymentHandle { return d }

func (f frontend) DescribeNamespace(context.Context, *workflowservice.DescribeNamespaceRequest, ...grpc.CallOption) (*workflowservice.DescribeNamespaceResponse, error) {
	if f.server.retention == 0 {
		return nil, serviceerror.NewNamespaceNotFound("ours")
	}
	return &workflowservice.DescribeNamespaceResponse{Config: &namespacepb.NamespaceConfig{WorkflowExecutionRetentionTtl: durationpb.New(f.server.retention)}}, nil
}

func (f frontend) ListTaskQueuePartitions(context.Context, *workflowservice.ListTaskQueuePartitionsRequest, ...grpc.CallOption) (*workflowservice.ListTaskQueuePartitionsResponse, error) {
	if f.server.partitions == 0 {
		return nil, serviceerror.NewPermissionDenied("not yours to see", "")
	}
	return &workflowservice.ListTaskQueuePartitionsResponse{ActivityTaskQueuePartitions: make([]*taskqueue.TaskQueuePartitionMetadata, f.server.partitions)}, nil
}

func (o operators) ListSearchAttributes(context.Context, *operatorservice.ListSearchAttributesRequest, ...grpc.CallOption) (*operatorservice.ListSearchAttributesResponse, error) {
	return &operatorservice.ListSearchAttributesResponse{CustomAttributes: o.attributes}, nil
}

func (s *temporalServer) DescribeTaskQueue(_ context.Context, queue string, kind enums.TaskQueueType) (*workflowservice.DescribeTaskQueueResponse, error) {
	since, polled := s.polled[queue+" "+string('0'+rune(kind))]
	if !polled || time.Now().Before(s.starts) {
		return &workflowservice.DescribeTaskQueueResponse{}, nil
	}
	poller := &taskqueue.PollerInfo{LastAccessTime: timestamppb.New(time.Now().Add(-since))}
	if s.build != "" {
		poller.DeploymentOptions = &deployment.WorkerDeploymentOptions{BuildId: s.build, WorkerVersioningMode: enums.WORKER_VERSIONING_MODE_VERSIONED}
	}
	return &workflowservice.DescribeTaskQueueResponse{
		Pollers:        []*taskqueue.PollerInfo{poller},
		VersioningInfo: &taskqueue.TaskQueueVersioningInfo{CurrentDeploymentVersion: &deployment.WorkerDeploymentVersion{BuildId: s.current}},
	}, nil
}

func (d deployments) Describe(context.Context, client.WorkerDeploymentDescribeOptions) (client.WorkerDeploymentDescribeResponse, error) {
	if len(d.server.builds) == 0 {
		return client.WorkerDeploymentDescribeResponse{}, serviceerror.NewNotFound("no such deployment")
	}
	var info client.WorkerDeploymentInfo
	for _, build := range d.server.builds {
		info.VersionSummaries = append(info.VersionSummaries, client.WorkerDeploymentVersionSummary{Version: worker.WorkerDeploymentVersion{BuildID: build}})
	}
	if d.server.current != "" {
		info.RoutingConfig.CurrentVersion = &worker.WorkerDeploymentVersion{BuildID: d.server.current}
	}
	if d.server.ramping != "" {
		info.RoutingConfig.RampingVersion, info.RoutingConfig.RampingVersionPercentage = &worker.WorkerDeploymentVersion{BuildID: d.server.ramping}, 10
	}
	return client.WorkerDeploymentDescribeResponse{Info: info}, nil
}

func TestTheDoctorSaysWhatTemporalLacks(t *testing.T) {
	const well = `ok     Temporal namespace
ok     histories are kept for a while
ok     Temporal search attributes
ok     partitions of the queue dial
ok     workers take tasks
`
	for name, c := range map[string]struct {
		change func(s *temporalServer)
		ours   doctorCommand
		says   string // a regular expression
	}{
		"nothing":     {func(*temporalServer) {}, doctorCommand{}, "^" + well + "$"},
		"a namespace": {func(s *temporalServer) { s.retention = 0 }, doctorCommand{}, "^FAULT  Temporal namespace: namespace ours: .*\n       run `ringdown namespace`.*\n$"},
		"a retention of days": {func(s *temporalServer) { s.retention = 24 * time.Hour }, doctorCommand{},
			"hint   histories are kept for a while: they are gone 24h0m0s after their end\n       `temporal operator namespace update --retention 720h ours`"},
		"a search attribute": {func(s *temporalServer) { delete(s.attributes, "CallStage") }, doctorCommand{},
			`FAULT  Temporal search attributes: CallStage \(Keyword\) is not registered in namespace ours\n`},
		"a search attribute of its kind": {func(s *temporalServer) { s.attributes["CallStage"] = enums.INDEXED_VALUE_TYPE_TEXT }, doctorCommand{},
			"FAULT  Temporal search attributes: CallStage is registered as Text in namespace ours, want Keyword"},
		"one partition": {func(s *temporalServer) { s.partitions = 4 }, doctorCommand{settings: settings{CallsPerSec: 1}},
			"FAULT  partitions of the queue dial: it has 4, .*\n       give the queue one partition"},
		"nothing, without a rate":                  {func(s *temporalServer) { s.partitions = 4 }, doctorCommand{}, "^" + well + "$"},
		"leave to see the partitions":              {func(s *temporalServer) { s.partitions = 0 }, doctorCommand{settings: settings{CallsPerSec: 1}}, "hint   partitions of the queue dial: they cannot be seen: not yours to see"},
		"workers":                                  {func(s *temporalServer) { clear(s.polled) }, doctorCommand{}, "FAULT  workers take tasks: nobody takes the workflow tasks of the queue calls\n(.*\n){3}       start `ringdown worker`"},
		"somebody who dials":                       {func(s *temporalServer) { delete(s.polled, "dial 2") }, doctorCommand{}, "FAULT  workers take tasks: nobody takes the activities of the queue dial\n"},
		"workers that are still there":             {func(s *temporalServer) { s.polled["tell 2"] = 4 * time.Minute }, doctorCommand{}, "nobody takes the activities of the queue tell\n"},
		"workers of our build":                     {func(s *temporalServer) { s.builds, s.current = []string{"v1"}, "v1" }, doctorCommand{settings: settings{BuildID: "v2"}}, "FAULT  build that gets new calls: no worker of build v2 was ever here\n       start workers with RINGDOWN_BUILD_ID=v2, then run `ringdown release v2`"},
		"any build":                                {func(*temporalServer) {}, doctorCommand{settings: settings{BuildID: "v2"}}, "no worker of build v2 was ever here\n"},
		"a current build":                          {func(s *temporalServer) { s.builds = []string{"v2"} }, doctorCommand{settings: settings{BuildID: "v2"}}, "FAULT  build that gets new calls: no build gets them\n       run `ringdown release v2`"},
		"our build as the current one":             {func(s *temporalServer) { s.builds, s.current = []string{"v1", "v2"}, "v1" }, doctorCommand{settings: settings{BuildID: "v2"}}, "hint   build that gets new calls: it is v1, not v2\n"},
		"nothing, as our build is the current one": {func(s *temporalServer) { s.builds, s.current, s.build = []string{"v1", "v2"}, "v2", "v2" }, doctorCommand{settings: settings{BuildID: "v2"}}, "^" + well + "ok     build that gets new calls\n$"},
		"nothing, as our build gets some of them": {func(s *temporalServer) {
			s.builds, s.current, s.ramping, s.build = []string{"v1", "v2"}, "v1", "v2", "v1"
		}, doctorCommand{settings: settings{BuildID: "v2"}}, "^" + well + "ok     build that gets new calls\n$"},
		"workers of the current build": {func(s *temporalServer) { s.builds, s.current, s.build = []string{"v1", "v2"}, "v2", "v1" }, doctorCommand{settings: settings{BuildID: "v2"}}, `FAULT  workers take tasks: nobody of build "v2", which gets new calls, takes the workflow tasks of the queue calls\n`},
		"workers without a build":      {func(s *temporalServer) { s.build = "v1" }, doctorCommand{}, `nobody of build "", which gets new calls, takes the activities of the queue dial\n`},
		"a build id of ours":           {func(s *temporalServer) { s.builds, s.current = []string{"v1"}, "v1" }, doctorCommand{}, "hint   build that gets new calls: it is v1, and RINGDOWN_BUILD_ID is not set"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				server := wellTemporal()
				c.change(server)
				said := diagnosed(t, func(d *diagnosis) { c.ours.checkTemporal(t.Context(), parts{temporal: server, namespace: "ours"}, d) })
				if !regexp.MustCompile(c.says).MatchString(said) {
					t.Errorf("it says\n%s", said)
				}
			})
		})
	}
}

func TestTheDoctorWaitsForAWorkerThatStarts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := wellTemporal()
		server.starts = time.Now().Add(startsWithin)
		said := diagnosed(t, func(d *diagnosis) {
			new(doctorCommand).checkTemporal(t.Context(), parts{temporal: server, namespace: "ours"}, d)
		})
		if !strings.Contains(said, "ok     workers take tasks\n") {
			t.Errorf("it says\n%s", said)
		}
	})
}

// Each queue that is polled here is one that a worker polls.
func TestTheDoctorLooksAtEachQueue(t *testing.T) {
	want := map[string]bool{workflows.CallQueue: true, workflows.DialQueue: true, workflows.TellQueue: true}
	got := map[string]bool{}
	for queue := range wellTemporal().polled {
		name, _, _ := strings.Cut(queue, " ")
		got[name] = true
	}
	if !maps.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestTheDoctorSeesAtOnceThatNobodyListens(t *testing.T) {
	nobody, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = nobody.Close()
	err = checkAnswers(t.Context(), nil, nobody.Addr().String())
	if refused := (*net.OpError)(nil); !errors.As(err, &refused) {
		t.Errorf("got %v", err)
	}
}
