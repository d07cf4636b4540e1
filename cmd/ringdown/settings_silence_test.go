package main

import (
	"context"
	"log/slog"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"google.golang.org/grpc"
	"google.golang.org/grpc/health"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/keepalive"
)

// A Temporal whose machine is gone closes nothing: what was asked is waited for until its connection is given up.
func TestATemporalThatIsGoneWithoutAWordIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		machines := &wires{accepted: make(chan net.Conn, 10), closed: make(chan struct{})}
		server := wellFrontend()
		go func() { _ = server.Serve(machines) }()
		defer server.Stop()

		options, err := temporalOptions(slog.New(slog.DiscardHandler), nil)
		if err != nil {
			t.Fatal(err)
		}
		options.HostPort = "passthrough:///temporal"
		options.ConnectionOptions.DialOptions = append(options.ConnectionOptions.DialOptions, grpc.WithContextDialer(machines.dial))
		temporal, err := client.NewLazyClient(options)
		if err != nil {
			t.Fatal(err)
		}
		defer temporal.Close()
		healthy := func(within time.Duration) bool {
			ctx, cancel := context.WithTimeout(t.Context(), within)
			defer cancel()
			_, err := temporal.CheckHealth(ctx, &client.CheckHealthRequest{})
			return err == nil
		}
		if !healthy(time.Second) {
			t.Fatal("it is not well from the start")
		}
		machines.cut()
		gone := time.Now()
		for !healthy(5 * time.Second) {
			if time.Since(gone) > time.Minute {
				t.Fatal("it is never asked over a new connection")
			}
		}
		if took := time.Since(gone); took > 20*time.Second {
			t.Errorf("its connection is given up after %v", took)
		}
	})
}

// wellFrontend is a Temporal that says it is well, and nothing else. It may be asked as often as a real one.
func wellFrontend() *grpc.Server {
	server := grpc.NewServer(grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: 10 * time.Second}))
	workflowservice.RegisterWorkflowServiceServer(server, workflowservice.UnimplementedWorkflowServiceServer{})
	well := health.NewServer()
	well.SetServingStatus(workflowservice.WorkflowService_ServiceDesc.ServiceName, grpc_health_v1.HealthCheckResponse_SERVING)
	grpc_health_v1.RegisterHealthServer(server, well)
	return server
}

// wires are connections to a machine; those that are cut stay open and carry nothing more.
type wires struct {
	accepted chan net.Conn
	closed   chan struct{}
	once     sync.Once

	mu   sync.Mutex
	open []*wire
}

func (w *wires) dial(context.Context, string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	wire := &wire{Conn: ours, dead: make(chan struct{}), shut: make(chan struct{})}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.open = append(w.open, wire)
	w.accepted <- theirs
	return wire, nil
}

func (w *wires) cut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, wire := range w.open {
		close(wire.dead)
	}
	w.open = nil
}

func (w *wires) Accept() (net.Conn, error) {
	select {
	case conn := <-w.accepted:
		return conn, nil
	case <-w.closed:
		return nil, net.ErrClosed
	}
}

func (w *wires) Close() error {
	w.once.Do(func() { close(w.closed) })
	return nil
}

func (w *wires) Addr() net.Addr { return &net.UnixAddr{Name: "temporal"} }

// wire is our end of one of them.
type wire struct {
	net.Conn
	dead, shut chan struct{}
	once       sync.Once
}

func (w *wire) Read(into []byte) (int, error) {
	n, err := w.Conn.Read(into)
	select {
	case <-w.dead:
		<-w.shut
		return 0, net.ErrClosed
	default:
		return n, err
	}
}

func (w *wire) Write(text []byte) (int, error) {
	select {
	case <-w.dead:
		return len(text), nil
	default:
		return w.Conn.Write(text)
	}
}

func (w *wire) Close() error {
	w.once.Do(func() { close(w.shut) })
	return w.Conn.Close()
}
