package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/ringdown/ringdown/cluster"
)

// Names of the parts of a development system that can be broken on purpose.
const (
	temporalPart = "temporal"
	workerPart   = "worker"
)

// devTemporal is the Temporal server of a development system.
type devTemporal struct {
	command cluster.Command
	address string
	fail    context.CancelCauseFunc // hears when it ends by itself

	mu      sync.Mutex
	process *cluster.Process // the newest one
}

// start starts the server on what it has kept, and waits until it takes requests.
func (t *devTemporal) start(ctx context.Context) error {
	process, err := cluster.StartProcess(t.command)
	if err != nil {
		return err
	}
	t.mu.Lock()
	t.process = process
	t.mu.Unlock()
	if err := t.ready(ctx, process); err != nil {
		process.Kill()
		return err
	}
	process.Watch(t.fail)
	return nil
}

// ready waits until the server takes requests.
func (t *devTemporal) ready(ctx context.Context, process *cluster.Process) error {
	return process.UntilReady(ctx, time.Minute, func(ctx context.Context) error { return cluster.TemporalServes(ctx, t.address) })
}

// resume starts the server where it is down, or has it go on where it is frozen.
func (t *devTemporal) resume(ctx context.Context) error {
	process := t.up()
	if process == nil {
		return t.start(ctx)
	}
	process.Thaw()
	return t.ready(ctx, process)
}

// up is the server's process; nil when it is down.
func (t *devTemporal) up() *cluster.Process {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.process == nil || !t.process.Alive() {
		return nil
	}
	return t.process
}

// devWorker is the worker within a development system's process.
type devWorker struct {
	work func(context.Context) error // until its context ends
	fail context.CancelCauseFunc     // hears when it ends by itself

	mu   sync.Mutex
	stop func() error // nil when it is down
}

func (w *devWorker) start() {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() {
		err := w.work(ctx)
		if ctx.Err() == nil {
			w.fail(fmt.Errorf("the worker ended by itself: %w", cmp.Or(err, errors.New("it left without an error"))))
			err = nil // it is told
		}
		ended <- err
	}()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stop = func() error {
		cancel()
		return <-ended
	}
}

// halt ends the worker as it ends with the process, and waits for it.
func (w *devWorker) halt() error {
	w.mu.Lock()
	stop := w.stop
	w.stop = nil
	w.mu.Unlock()
	if stop == nil {
		return nil
	}
	return stop()
}

func (w *devWorker) up() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.stop != nil
}

// devParts are the parts of a development system that can be broken on purpose. The worker has no process of its own, so
// it can be neither killed nor frozen: it is halted instead.
type devParts struct {
	orders   sync.Mutex // one at a time
	temporal *devTemporal
	worker   *devWorker
}

var _ cluster.Control = (*devParts)(nil)

// Parts lists both parts.
func (d *devParts) Parts(context.Context) ([]cluster.Part, error) {
	temporal := cluster.Part{Name: temporalPart, Kind: cluster.Temporal, State: cluster.Down}
	if process := d.temporal.up(); process != nil {
		temporal.State, temporal.PID = cluster.Up, process.PID()
		if process.Frozen() {
			temporal.State = cluster.Frozen
		}
	}
	worker := cluster.Part{Name: workerPart, Kind: cluster.Worker, State: cluster.Down, Build: version}
	if d.worker.up() {
		worker.State = cluster.Up
	}
	return []cluster.Part{temporal, worker}, nil
}

// Kill ends a part at once, but for the worker, which is halted.
func (d *devParts) Kill(_ context.Context, name string) error {
	return d.end(name, func(p *cluster.Process) error { p.Kill(); return nil })
}

// Halt asks a part to end, and waits until it has.
func (d *devParts) Halt(_ context.Context, name string) error {
	return d.end(name, func(p *cluster.Process) error { return p.Halt(haltWithin) })
}

// Freeze has Temporal stand still. The worker is halted.
func (d *devParts) Freeze(_ context.Context, name string) error {
	return d.end(name, func(p *cluster.Process) error { p.Freeze(); return nil })
}

// haltWithin is how long a process may take to end.
const haltWithin = 10 * time.Second

func (d *devParts) end(name string, temporal func(*cluster.Process) error) error {
	d.orders.Lock()
	defer d.orders.Unlock()
	switch name {
	case temporalPart:
		if process := d.temporal.up(); process != nil {
			return temporal(process)
		}
		return nil
	case workerPart:
		return d.worker.halt()
	default:
		return fmt.Errorf("%s: %w", name, cluster.ErrNoPart)
	}
}

// Resume starts a part that is down, or has it go on, and waits until it is ready.
func (d *devParts) Resume(ctx context.Context, name string) error {
	d.orders.Lock()
	defer d.orders.Unlock()
	switch {
	case name == temporalPart:
		return d.temporal.resume(ctx)
	case name == workerPart && !d.worker.up():
		d.worker.start()
		return nil
	case name == workerPart:
		return nil
	default:
		return fmt.Errorf("%s: %w", name, cluster.ErrNoPart)
	}
}

// serve runs both roles until ctx ends, and says meanwhile in the data folder where everything is. The worker ends last:
// what the API has begun, it still answers.
func (r *devRun) serve(ctx context.Context, fail context.CancelCauseFunc, s settings, p parts, listener net.Listener, metrics string) (err error) {
	all := &devParts{temporal: r.temporal, worker: &devWorker{
		work: func(ctx context.Context) error { return s.work(ctx, p) }, fail: fail,
	}}
	control, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return errors.Join(fmt.Errorf("listen for the system's control: %w", err), listener.Close())
	}
	all.worker.start()
	web := &http.Server{Handler: cluster.Handler(all), ReadHeaderTimeout: 5 * time.Second}
	go func() { _ = web.Serve(control) }() // until it is closed below
	if err := r.system(s, control.Addr(), metrics).Write(r.Data); err != nil {
		return errors.Join(err, web.Close(), listener.Close(), all.worker.halt())
	}
	err = s.runRoles(ctx, p, listener, false, 0)
	return errors.Join(err, cluster.RemoveSystem(r.Data), web.Close(), all.worker.halt())
}

// system says where everything is. What of the secrets was given to us in the environment is in no file.
func (r *devRun) system(s settings, control net.Addr, metrics string) cluster.System {
	at := cluster.System{
		Kind: cluster.KindDev, API: "http://" + r.Listen, Temporal: r.temporalAddress(), Namespace: "default",
		TemporalUI: fmt.Sprintf("http://127.0.0.1:%d", r.TemporalPort+1000), Database: s.DatabaseURL,
		Control: "http://" + control.String(), Logs: r.Data, AccountSID: s.AccountSID,
	}
	if r.AccountSID == "" {
		at.Carrier = r.simulatorURL()
	}
	if metrics != "" {
		at.Metrics = []string{"http://" + metrics + "/metrics"}
	}
	if os.Getenv("RINGDOWN_ADMIN_KEY") == "" {
		at.AdminKeyFile = filepath.Join(r.Data, "admin-key")
	}
	return at
}

// stopProcesses stops what is left of the processes of their own.
func (r *devRun) stopProcesses() error {
	var faults []error
	if r.simulated != nil {
		faults = append(faults, r.simulated.Halt(haltWithin))
	}
	if r.temporal != nil {
		if process := r.temporal.up(); process != nil {
			faults = append(faults, process.Halt(haltWithin))
		}
	}
	return errors.Join(faults...)
}
