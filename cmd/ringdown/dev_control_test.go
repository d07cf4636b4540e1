package main

import (
	"context"
	"errors"
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
