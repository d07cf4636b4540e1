package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"

	"github.com/ringdown/ringdown/workflows"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"google.golang.org/protobuf/types/known/durationpb"
)

type namespaceCommand struct {
	Retention time.Duration `default:"720h" help:"How long Temporal keeps the history of what is over, in a namespace that is made now."`
	Within    time.Duration `default:"1m" help:"How long to wait for Temporal."`
}

// Run makes the namespace and registers our search attributes, and returns when both can be used. It is safe to repeat,
// also beside running calls: what is there already is left as it is.
func (c *namespaceCommand) Run(ctx context.Context, out io.Writer) error {
	if c.Retention < 24*time.Hour {
		return fmt.Errorf("--retention %s: want a day or more, as in 720h", c.Retention)
	}
	options, err := temporalOptions(slog.New(slog.DiscardHandler), nil)
	if err != nil {
		return err
	}
	if err := c.prepare(ctx, options); err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "namespace %s is ready, with all search attributes\n", options.Namespace)
	return err
}

func (c *namespaceCommand) prepare(ctx context.Context, options client.Options) error {
	temporal, err := client.NewLazyClient(options)
	if err != nil {
		return fmt.Errorf("reach Temporal at %s: %w; see the TEMPORAL_ settings", options.HostPort, err)
	}
	defer temporal.Close()
	n := namespace{temporal: temporal, name: options.Namespace, retention: c.Retention}
	ctx, cancel := context.WithTimeout(ctx, c.Within)
	defer cancel()
	if err := untilDone(ctx, func(ctx context.Context) error {
		_, err := temporal.CheckHealth(ctx, &client.CheckHealthRequest{})
		return err
	}); err != nil {
		return fmt.Errorf("no Temporal answers at %s after %s: %w; start it, or set TEMPORAL_ADDRESS", options.HostPort, c.Within, err)
	}
	for _, step := range []struct {
		what, remedy string
		do           func(context.Context) error
	}{
		{"make namespace " + n.name, "make it where your Temporal's namespaces are kept, and run this again", n.register},
		{"register search attributes in namespace " + n.name, "register those of docs/production.md where your Temporal's are kept, and run this again", n.addAttributes},
		{"use namespace " + n.name, "run this again in a minute", n.tryAttributes},
	} {
		if err := untilDone(ctx, step.do); err != nil {
			return fmt.Errorf("%s: %w; %s", step.what, err, step.remedy)
		}
	}
	return nil
}

// namespace is the namespace of Temporal that is being made ready.
type namespace struct {
	temporal  client.Client
	name      string
	retention time.Duration
}

// untilDone tries again as long as Temporal is not up yet, or has not heard everywhere of what was made.
func untilDone(ctx context.Context, do func(context.Context) error) error {
	for {
		once, cancel := context.WithTimeout(ctx, 5*time.Second)
		err := do(once)
		cancel()
		if err == nil || !maySoonBeDone(err) {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(100 * time.Millisecond):
		}
	}
}

func maySoonBeDone(err error) bool {
	var unavailable *serviceerror.Unavailable
	var late *serviceerror.DeadlineExceeded
	var busy *serviceerror.ResourceExhausted
	var missing *serviceerror.NamespaceNotFound
	var unknown *notUsableYet
	return errors.As(err, &unavailable) || errors.As(err, &late) || errors.As(err, &busy) || errors.As(err, &missing) ||
		errors.As(err, &unknown) || errors.Is(err, context.DeadlineExceeded)
}

func (n namespace) register(ctx context.Context) error {
	_, err := n.temporal.WorkflowService().DescribeNamespace(ctx, &workflowservice.DescribeNamespaceRequest{Namespace: n.name})
	var missing *serviceerror.NamespaceNotFound
	if !errors.As(err, &missing) {
		return err
	}
	_, err = n.temporal.WorkflowService().RegisterNamespace(ctx, &workflowservice.RegisterNamespaceRequest{
		Namespace: n.name, Description: "Calls of Ringdown", WorkflowExecutionRetentionPeriod: durationpb.New(n.retention),
	})
	var there *serviceerror.NamespaceAlreadyExists // made by another run of this just now
	if errors.As(err, &there) {
		return nil
	}
	return err
}

func (n namespace) addAttributes(ctx context.Context) error {
	known, err := n.temporal.OperatorService().ListSearchAttributes(ctx, &operatorservice.ListSearchAttributesRequest{Namespace: n.name})
	if err != nil {
		return err
	}
	missing := map[string]enums.IndexedValueType{}
	for name, kind := range workflows.SearchAttributes() {
		want, err := enums.IndexedValueTypeFromString(kind)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		is, ok := known.GetCustomAttributes()[name]
		if ok && is != want {
			return fmt.Errorf("%s is there as %s, want %s: rename or remove that one", name, is, want)
		}
		if !ok {
			missing[name] = want
		}
	}
	if len(missing) == 0 {
		return nil
	}
	_, err = n.temporal.OperatorService().AddSearchAttributes(ctx, &operatorservice.AddSearchAttributesRequest{Namespace: n.name, SearchAttributes: missing})
	var there *serviceerror.AlreadyExists // made by another run of this just now
	if errors.As(err, &there) {
		return nil
	}
	return err
}

// notUsableYet is the error of a server that has not heard of a new attribute yet.
type notUsableYet struct{ cause error }

func (e *notUsableYet) Error() string { return e.cause.Error() }

// tryAttributes looks for runs by every attribute, which is refused as long as one is not known.
func (n namespace) tryAttributes(ctx context.Context) error {
	var conditions []string
	for name := range workflows.SearchAttributes() {
		conditions = append(conditions, name+" IS NOT NULL")
	}
	_, err := n.temporal.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{
		Namespace: n.name, PageSize: 1, Query: strings.Join(conditions, " AND "),
	})
	var invalid *serviceerror.InvalidArgument
	if errors.As(err, &invalid) {
		return &notUsableYet{err}
	}
	return err
}
