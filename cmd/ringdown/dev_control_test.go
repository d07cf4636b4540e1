package main

import (
	"context"
	"errors"
	"net"
	"path/filepath"
	"testing"

	"github.com/ringdown/ringdown/cluster"
)

func TestTheWorkerOfADevSystemIsHaltedAndResumed(t *testing.T) {
	begun, over := make(chan struct{}, 1), make(chan struct{}, 1)
	worker := &devWorker{
		work: func(ctx context.Context) error {
			begun <- struct{}{}
			<-ctx.Done()
			over <- struct{}{}
			return nil
		},
		fail: func(err error) { t.Errorf("its end was asked for: %v", err) },
	}
	d := &devParts{temporal: &devTemporal{}, worker: worker}
	for _, end := range []func(context.Context, string) error{d.Kill, d.Halt, d.Freeze} {
		if err := errors.Join(d.Resume(t.Context(), workerPart), d.Resume(t.Context(), workerPart)); err != nil {
			t.Fatal(err)
		}
		<-begun
		if parts, err := d.Parts(t.Context()); err != nil || parts[1].State != cluster.Up || parts[0].State != cluster.Down {
			t.Errorf("the parts: %+v, %v", parts, err)
		}
		if err := errors.Join(end(t.Context(), workerPart), end(t.Context(), workerPart)); err != nil {
			t.Fatal(err)
		}
		<-over
		if parts, err := d.Parts(t.Context()); err != nil || parts[1].State != cluster.Down {
			t.Errorf("the parts: %+v, %v", parts, err)
		}
	}
	for name, order := range map[string]func(context.Context, string) error{"kill": d.Kill, "halt": d.Halt, "freeze": d.Freeze, "resume": d.Resume} {
		if err := order(t.Context(), "api-1"); !errors.Is(err, cluster.ErrNoPart) {
			t.Errorf("%s of what is no part: %v", name, err)
		}
	}
}

func TestTemporalOfADevSystemIsFrozenAndGoesOn(t *testing.T) {
	frontend, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := wellFrontend()
	go func() { _ = server.Serve(frontend) }()
	t.Cleanup(server.Stop)
	temporal := &devTemporal{
		command: cluster.Command{Name: "temporal", Log: filepath.Join(t.TempDir(), "temporal.log"), Path: "/bin/sleep", Args: []string{"60"}},
		address: frontend.Addr().String(), fail: func(err error) { t.Errorf("its end was asked for: %v", err) },
	}
	d := &devParts{temporal: temporal, worker: &devWorker{}}
	is := func(want string) (pid int) {
		t.Helper()
		parts, err := d.Parts(t.Context())
		if err != nil || parts[0].State != want {
			t.Fatalf("the parts: %+v, %v", parts, err)
		}
		return parts[0].PID
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	is(cluster.Down)
	must(d.Freeze(t.Context(), temporalPart)) // what is down stays down
	must(d.Resume(t.Context(), temporalPart))
	first := is(cluster.Up)
	must(d.Freeze(t.Context(), temporalPart))
	is(cluster.Frozen)
	must(d.Resume(t.Context(), temporalPart))
	if pid := is(cluster.Up); pid != first {
		t.Errorf("process %d goes on as %d", first, pid)
	}
	must(d.Freeze(t.Context(), temporalPart))
	must(d.Kill(t.Context(), temporalPart))
	is(cluster.Down)
	must(d.Resume(t.Context(), temporalPart))
	if pid := is(cluster.Up); pid == first {
		t.Errorf("process %d is still there", first)
	}
	must(d.Kill(t.Context(), temporalPart))
}

func TestAWorkerThatEndsByItselfEndsTheDevSystem(t *testing.T) {
	failed := make(chan error, 1)
	cause := errors.New("no work for us")
	worker := &devWorker{work: func(context.Context) error { return cause }, fail: func(err error) { failed <- err }}
	worker.start()
	if err := <-failed; !errors.Is(err, cause) {
		t.Errorf("it ends with %v", err)
	}
	if err := worker.halt(); err != nil {
		t.Errorf("it is told twice: %v", err)
	}
}
