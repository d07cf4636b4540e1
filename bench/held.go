package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/ringdown/ringdown/activities/twilio"
	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
	"github.com/ringdown/ringdown/worker"
	"github.com/ringdown/ringdown/workflows"
	"go.temporal.io/sdk/client"
)

const (
	heldCalls   = 1000             // on each side
	heldCallsUp = 5000             // then on ours alone
	heldFor     = 20 * time.Second // how long the waiting is watched
	heldRings   = 2 * time.Hour    // so that nothing happens meanwhile
	heldAtOnce  = 8                // calls that begin at a time
	// heldRole has the program be the worker of one side, in a process of its own.
	heldRole = "RINGDOWN_BENCH_WORKER"
)

// held is what a worker costs whose calls all wait.
type held struct {
	Calls    int     `json:"calls"`
	PerCall  float64 `json:"kib_a_call"`        // of the worker's resident memory
	Resident float64 `json:"resident_mib"`      // of the worker, all calls together
	CPU      float64 `json:"percent_of_a_core"` // while they wait
	PerFloor float64 `json:"ratio,omitempty"`   // of what a call takes, to the floor's
	Side     string  `json:"side"`              // ours or floor
	Pass     bool    `json:"pass"`              // true where there is no target
}

// The targets: memory of a call to that of the floor's pair of workflows, and percent of a core.
const (
	heldRatio = 1.5
	heldCPU   = 0.5
)

// usage is what a worker process says of itself.
type usage struct {
	Resident int64         `json:"resident"` // bytes, right after a collection
	CPU      time.Duration `json:"cpu"`      // since it began, until it was asked
	Answered time.Duration `json:"answered"` // since it began, with the collection that this took
	Dials    int64         `json:"dials"`    // that wait there; ours asks the carrier instead
	Held     int64         `json:"held"`     // runs in memory, of requests for numbers
	Missed   int64         `json:"missed"`   // how often such a run was read anew from its history
}

// measureHeld has calls wait in a worker of their own, first the floor's, then ours.
func measureHeld(ctx context.Context, dir, temporalAddress string, progress io.Writer) ([]held, error) {
	floor, err := hold(ctx, "floor", dir, temporalAddress, []int{heldCalls}, progress)
	if err != nil {
		return nil, fmt.Errorf("calls on hold on the floor: %w", err)
	}
	ours, err := hold(ctx, "ours", dir, temporalAddress, []int{heldCalls, heldCallsUp}, progress)
	if err != nil {
		return nil, fmt.Errorf("calls on hold: %w", err)
	}
	ours[0].PerFloor = ours[0].PerCall / floor[0].PerCall
	ours[0].Pass = ours[0].PerFloor <= heldRatio && ours[0].CPU <= heldCPU
	return append(floor, ours...), nil
}

// hold starts a side's worker and has ever more calls wait in it.
func hold(ctx context.Context, side, dir, temporalAddress string, counts []int, progress io.Writer) (found []held, err error) {
	carrier := startCarrier()
	defer carrier.web.Close()
	process, address, err := startHeldWorker(ctx, side, dir, temporalAddress, carrier.web.URL)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, process.Process.Kill(), ignoreKilled(process.Wait())) }()
	engine, err := dialTemporal(ctx, temporalAddress, nil)
	if err != nil {
		return nil, err
	}
	defer engine.Close()
	empty, err := askUsage(ctx, address)
	if err != nil {
		return nil, err
	}
	begun := 0
	for _, count := range counts {
		_, _ = fmt.Fprintf(progress, "%s: %d calls on hold\n", side, count)
		if err := beginHeld(ctx, engine, side, begun, count); err != nil {
			return nil, err
		}
		begun = count
		waiting := func(u usage) int64 { return u.Dials }
		if side == "ours" {
			waiting = func(usage) int64 { return carrier.asked.Load() }
		}
		if err := untilAllWait(ctx, address, int64(count), waiting); err != nil {
			return nil, err
		}
		before, err := askUsage(ctx, address)
		if err != nil {
			return nil, err
		}
		if err := wait(ctx, heldFor); err != nil {
			return nil, err
		}
		after, err := askUsage(ctx, address)
		if err != nil {
			return nil, err
		}
		found = append(found, held{
			Side: side, Calls: count, Pass: true, Resident: float64(after.Resident) / (1 << 20),
			PerCall: float64(after.Resident-empty.Resident) / float64(count) / (1 << 10),
			CPU:     float64(after.CPU-before.Answered) / float64(heldFor) * 100,
		})
	}
	return found, nil
}

// beginHeld starts calls as the webhook does.
func beginHeld(ctx context.Context, engine client.Client, side string, from, to int) error {
	next := atomic.Int64{}
	next.Store(int64(from))
	faults := make([]error, heldAtOnce)
	var all sync.WaitGroup
	for i := range heldAtOnce {
		all.Go(func() {
			for faults[i] == nil && next.Add(1) <= int64(to) {
				if side == "floor" {
					faults[i] = (&floor{temporal: engine}).begin(ctx, newCallSID(), false)
				} else {
					faults[i] = beginHeldCall(ctx, engine)
				}
			}
		})
	}
	all.Wait()
	return errors.Join(faults...)
}

func beginHeldCall(ctx context.Context, engine client.Client) error {
	in := heldCall()
	handle, err := engine.UpdateWithStartWorkflow(ctx, client.UpdateWithStartWorkflowOptions{
		StartWorkflowOperation: engine.NewWithStartWorkflowOperation(workflows.StartCall(in), workflows.InboundCall, in),
		UpdateOptions: client.UpdateWorkflowOptions{
			UpdateID: "answer/0", UpdateName: workflows.UpdateAnswer, WaitForStage: client.WorkflowUpdateStageCompleted,
			Args: []any{workflows.Asked{AnswerBy: time.Now().Add(patience)}},
		},
	})
	if err != nil {
		return err
	}
	return handle.Get(ctx, nil)
}

// heldCall is a call to a route with as many people as the other benchmarks have, the first of
// whom is rung for hours.
func heldCall() models.Inbound {
	var level models.PlanLevel
	for i := range people {
		level.People = append(level.People, models.Person{
			UserID: fmt.Sprintf("person-%d", i+1), Name: fmt.Sprintf("Person %d", i+1), Why: "named by the route",
			Phones: []models.UserPhone{{Label: "mobile", Number: models.Phone(fmt.Sprintf("+120255501%02d", 20+i))}},
		})
	}
	sid, now := newCallSID(), time.Now()
	return models.Inbound{
		CallID: sid, CallSID: sid, AlertID: sid, Caller: caller, Number: holdNumber, Country: "GB", At: now, Room: sid,
		Plan: models.Plan{
			At: now, RouteID: "held", RouteName: "Support", Number: holdNumber, Language: models.DefaultLanguage,
			Levels: []models.PlanLevel{level}, RingSeconds: int(heldRings.Seconds()), MaxWaitSeconds: 100 * int(heldRings.Seconds()),
			Accept: models.Acceptance{Required: true, Key: "1"},
		},
	}
}

func untilAllWait(ctx context.Context, address string, count int64, waiting func(usage) int64) error {
	ctx, cancel := context.WithTimeout(ctx, 4*patience)
	defer cancel()
	for {
		u, err := askUsage(ctx, address)
		if err != nil {
			return err
		}
		if waiting(u) >= count {
			return wait(ctx, 2*time.Second) // what the last ones have begun is done
		}
		if err := wait(ctx, 200*time.Millisecond); err != nil {
			return fmt.Errorf("%d of %d calls wait: %w", waiting(u), count, err)
		}
	}
}

func wait(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// startHeldWorker starts this program again as the worker of one side, and reads where it says what
// it uses.
func startHeldWorker(ctx context.Context, side, dir, temporalAddress, carrierURL string) (*exec.Cmd, string, error) {
	process, address, err := startSelf(ctx, heldRole, side, dir, temporalAddress, carrierURL)
	if err != nil {
		return nil, "", fmt.Errorf("start the worker of %s: %w", side, err)
	}
	return process, address, nil
}

// startSelf starts this program again in a role, and reads the address that it says.
func startSelf(ctx context.Context, role string, words ...string) (*exec.Cmd, string, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, "", err
	}
	process := exec.CommandContext(ctx, self)
	process.Env = append(os.Environ(), role+"="+strings.Join(words, " "))
	process.Stderr = os.Stderr
	process.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	out, err := process.StdoutPipe()
	if err != nil {
		return nil, "", err
	}
	if err := process.Start(); err != nil {
		return nil, "", err
	}
	var address string
	if _, err := fmt.Fscanln(out, &address); err != nil {
		return nil, "", errors.Join(err, process.Process.Kill(), ignoreKilled(process.Wait()))
	}
	return process, address, nil
}

func ignoreKilled(err error) error {
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		return nil
	}
	return err
}

func askUsage(ctx context.Context, address string) (u usage, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address, nil)
	if err != nil {
		return u, err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return u, err
	}
	return u, errors.Join(json.NewDecoder(answer.Body).Decode(&u), answer.Body.Close())
}

// serveHeldWorker is the worker of one side, until it is killed.
func serveHeldWorker(ctx context.Context, role string) error {
	words := strings.Fields(role)
	if len(words) != 4 {
		return fmt.Errorf("%s=%q: want side, folder, Temporal and carrier", heldRole, role)
	}
	side, dir, temporalAddress, carrierURL := words[0], words[1], words[2], words[3]
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	dials := func() int64 { return 0 }
	if side == "floor" {
		f, err := startFloor(ctx, temporalAddress, nil)
		if err != nil {
			return err
		}
		dials = f.asked.Load
	} else if err := startHeldOurs(ctx, dir, temporalAddress, carrierURL); err != nil {
		return err
	}
	fmt.Println(listener.Addr())
	web := &http.Server{ReadHeaderTimeout: patience, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		u := usageNow()
		u.Dials = dials()
		_ = json.NewEncoder(w).Encode(u)
	})}
	return web.Serve(listener)
}

// usageNow is what this process uses. The collection is the question's own work.
func usageNow() usage {
	before := cpu()
	debug.FreeOSMemory()
	return usage{Resident: resident(), CPU: before, Answered: cpu()}
}

func startHeldOurs(ctx context.Context, dir, temporalAddress, carrierURL string) error {
	logger := slog.New(slog.DiscardHandler)
	rows, err := store.Open(ctx, "sqlite:"+filepath.Join(dir, "held.db"), logger)
	if err != nil {
		return err
	}
	if err := rows.Migrate(ctx); err != nil {
		return err
	}
	engine, err := dialTemporal(ctx, temporalAddress, nil)
	if err != nil {
		return err
	}
	rest, err := twilio.New(twilio.Config{AccountSID: accountSID, AuthToken: authToken, APIURL: carrierURL, Log: logger})
	if err != nil {
		return err
	}
	go func() {
		err := worker.Run(ctx, worker.Config{Temporal: engine, Store: rows, Carrier: rest, PublicURL: carrierURL, Log: logger})
		_, _ = fmt.Fprintln(os.Stderr, "worker:", err)
		os.Exit(1)
	}()
	return nil
}

// resident is the memory of this process that is in RAM, in bytes; zero where the system does not
// say as Linux does.
func resident() int64 {
	statm, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(statm))
	if len(fields) < 2 {
		return 0
	}
	pages, _ := strconv.ParseInt(fields[1], 10, 64)
	return pages * int64(os.Getpagesize())
}

// cpu is the time that this process has worked.
func cpu() time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		return 0
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
