package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/ringdown/ringdown/workflows"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/testsuite"
)

// startTemporal starts the server as `ringdown dev` does, with the same settings and some more. What it complains of
// is written to faults.
func startTemporal(ctx context.Context, dir string, faults io.Writer, more ...string) (*testsuite.DevServer, error) {
	path := os.Getenv("TEMPORAL_CLI")
	if path == "" {
		path = filepath.Join("bin", "temporal")
	}
	if _, err := os.Stat(path); err != nil {
		return nil, fmt.Errorf("no Temporal server at %s: run `make bin/temporal`, or set TEMPORAL_CLI", path)
	}
	arguments := []string{
		"--sqlite-pragma", "journal_mode=wal", "--sqlite-pragma", "synchronous=normal",
		"--dynamic-config-value", "history.transferProcessorMaxPollRPS=2000",
		"--dynamic-config-value", "matching.numTaskqueueReadPartitions=1",
		"--dynamic-config-value", "matching.numTaskqueueWritePartitions=1",
	}
	for name, kind := range workflows.SearchAttributes() {
		arguments = append(arguments, "--search-attribute", name+"="+kind)
	}
	arguments = append(arguments, more...)
	server, err := testsuite.StartDevServer(ctx, testsuite.DevServerOptions{
		ExistingPath: path, DBFilename: filepath.Join(dir, "temporal.db"), LogLevel: "error", Stdout: io.Discard, Stderr: faults,
		ExtraArgs: arguments, ClientOptions: &client.Options{Logger: quiet()},
	})
	if err != nil {
		return nil, fmt.Errorf("start Temporal: %w", err)
	}
	return server, nil
}

// dialTemporal reaches a server. ended is told of each activity that ends in a worker of this client; it
// may be nil.
func dialTemporal(ctx context.Context, address string, ended func(activity.Info)) (client.Client, error) {
	options := client.Options{HostPort: address, DataConverter: workflows.DataConverter(nil), Logger: quiet()}
	if ended != nil {
		options.Interceptors = []interceptor.ClientInterceptor{&watch{ended: ended}}
	}
	c, err := client.DialContext(ctx, options)
	if err != nil {
		return nil, fmt.Errorf("reach Temporal: %w", err)
	}
	return c, nil
}

// watch tells of activities as they end.
type watch struct {
	interceptor.InterceptorBase
	ended func(activity.Info)
}

// InterceptActivity is asked for each activity.
func (w *watch) InterceptActivity(ctx context.Context, next interceptor.ActivityInboundInterceptor) interceptor.ActivityInboundInterceptor {
	return &watched{interceptor.ActivityInboundInterceptorBase{Next: w.WorkerInterceptorBase.InterceptActivity(ctx, next)}, w.ended}
}

type watched struct {
	interceptor.ActivityInboundInterceptorBase
	ended func(activity.Info)
}

// ExecuteActivity runs it.
func (w *watched) ExecuteActivity(ctx context.Context, in *interceptor.ExecuteActivityInput) (any, error) {
	defer w.ended(activity.GetInfo(ctx))
	return w.Next.ExecuteActivity(ctx, in)
}

func quiet() log.Logger { return log.NewStructuredLogger(slog.New(slog.DiscardHandler)) }
