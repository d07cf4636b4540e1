package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ringdown/ringdown/cluster"
	"github.com/ringdown/ringdown/models/store"
)

const (
	clusterBlock = 80  // calls, alertsAtOnce of them at a time
	clusterSteps = 2   // phones that are busy before the caller hangs up
	clusterRate  = 0.7 // of the floor's calls a second, at least
	clusterCPU   = 2.0 // of the floor's CPU a call, at most
)

// clusterReport is what a cluster manages: two processes of the API behind a balancer, two workers, Temporal and
// Ringdown on Postgres, payloads sealed; beside the floor on the same Temporal.
type clusterReport struct {
	Calls      int     `json:"calls"` // of each side
	Ours       float64 `json:"calls_a_second"`
	Floor      float64 `json:"floor_calls_a_second"`
	Rate       float64 `json:"rate_ratio"`
	OursCPU    float64 `json:"cpu_ms_a_call"` // of API and worker processes together
	FloorCPU   float64 `json:"floor_cpu_ms_a_call"`
	CPU        float64 `json:"cpu_ratio"`
	PassesRate bool    `json:"passes_rate"`
	PassesCPU  bool    `json:"passes_cpu"`
}

func (r *clusterReport) passes() bool { return r == nil || r.PassesRate && r.PassesCPU }

func (r *clusterReport) print(out io.Writer) error {
	if r == nil {
		return nil
	}
	_, err := fmt.Fprintf(out, "\na cluster, %d calls of each side, %d at once\n"+
		"  calls a second     %6.1f, floor %6.1f: ratio %.2f, target ≥ %.1f  %s\n"+
		"  CPU ms a call      %6.1f, floor %6.1f: ratio %.2f, target ≤ %.1f  %s\n",
		r.Calls, alertsAtOnce, r.Ours, r.Floor, r.Rate, clusterRate, verdict(r.PassesRate),
		r.OursCPU, r.FloorCPU, r.CPU, clusterCPU, verdict(r.PassesCPU))
	return err
}

// measureCluster makes whole calls on both sides by turns, block by block.
func measureCluster(ctx context.Context, dir string, n int, progress io.Writer) (r *clusterReport, err error) {
	ours, c, err := startCluster(ctx, dir)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, c.Stop()) }()
	defer ours.temporal.Close()
	defer ours.carrier.web.Close()
	f, err := startFloor(ctx, ours.address, nil)
	if err != nil {
		return nil, err
	}
	defer f.stop()
	m := &measurement{ours: ours, floor: f, progress: progress}
	if err := m.compareCommands(ctx); err != nil {
		return nil, err
	}
	roles, err := rolesOf(ctx, c)
	if err != nil {
		return nil, err
	}
	self := func() (time.Duration, error) { return processorTime(os.Getpid()) }
	theirs := func() (time.Duration, error) { return processorTime(roles...) }
	var oursSeen, floorSeen blocks
	rounds := max(n/20, 1)
	for i := range rounds + 1 { // the first only warms up
		_, _ = fmt.Fprintf(progress, "whole calls on a cluster, %d at once: %d of %d\n", alertsAtOnce, i+1, rounds+1)
		if err := m.inTurn(i, func(s side, isOurs bool) error {
			if isOurs {
				return oursSeen.add(ctx, s, theirs, i > 0)
			}
			return floorSeen.add(ctx, s, self, i > 0)
		}); err != nil {
			return nil, err
		}
	}
	r = &clusterReport{
		Calls: rounds * clusterBlock, Ours: oursSeen.rate(), Floor: floorSeen.rate(),
		OursCPU: oursSeen.cpu(), FloorCPU: floorSeen.cpu(),
	}
	r.Rate, r.CPU = r.Ours/r.Floor, r.OursCPU/r.FloorCPU
	r.PassesRate, r.PassesCPU = r.Rate >= clusterRate, r.CPU <= clusterCPU
	return r, nil
}

// blocks are what blocks of calls of one side came to.
type blocks struct {
	rates, cpus []float64 // calls a second, and CPU milliseconds a call
}

// add makes one block of whole calls: two phones are busy, and the caller hangs up while the third rings.
func (b *blocks) add(ctx context.Context, s side, used func() (time.Duration, error), counts bool) error {
	before, err := used()
	if err != nil {
		return err
	}
	began := time.Now()
	if _, err := atOnce(clusterBlock, func(call string) error {
		_, err := oneCall(ctx, s, call, course{steps: clusterSteps})
		return err
	}); err != nil {
		return err
	}
	took := time.Since(began)
	after, err := used()
	if err == nil && counts {
		b.rates = append(b.rates, clusterBlock/took.Seconds())
		b.cpus = append(b.cpus, float64(after-before)/float64(time.Millisecond)/clusterBlock)
	}
	return err
}

func (b *blocks) rate() float64 { return medianOf(b.rates) }
func (b *blocks) cpu() float64  { return medianOf(b.cpus) }

// medianOf is the median.
func medianOf(of []float64) float64 {
	of = slices.Sorted(slices.Values(of))
	return of[len(of)/2]
}

// startCluster starts the processes, with the carrier of this program, which plays nothing.
func startCluster(ctx context.Context, dir string) (*ours, *cluster.Cluster, error) {
	o := &ours{carrier: startCarrier()}
	program, err := filepath.Abs(filepath.Join("bin", "ringdown"))
	if err != nil {
		return nil, nil, err
	}
	c, err := cluster.Start(ctx, cluster.Config{
		Folder: filepath.Join(dir, "cluster"), Program: program, Tools: filepath.Dir(program), WithoutUI: true, Out: io.Discard,
		Env: []string{"TWILIO_ACCOUNT_SID=" + accountSID, "TWILIO_AUTH_TOKEN=" + authToken, "TWILIO_API_URL=" + o.carrier.web.URL},
	})
	if err != nil {
		return nil, nil, fmt.Errorf("start a cluster: %w; `make cluster-tools` builds what it needs", err)
	}
	if err := o.reach(ctx, c.System()); err != nil {
		return nil, nil, errors.Join(err, c.Stop())
	}
	return o, c, nil
}

// reach is ours at the processes of a cluster.
func (o *ours) reach(ctx context.Context, s cluster.System) (err error) {
	o.base, o.address, o.client = s.API, s.Temporal, &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 2 * crowd}}
	if o.store, err = store.Open(ctx, s.Database, slog.New(slog.DiscardHandler)); err != nil {
		return err
	}
	if err := errors.Join(o.seed(ctx), o.store.Close()); err != nil {
		return err
	}
	o.temporal, err = dialTemporal(ctx, s.Temporal, nil)
	return err
}

// rolesOf are the processes of API and worker.
func rolesOf(ctx context.Context, c *cluster.Cluster) (pids []int, err error) {
	parts, err := c.Parts(ctx)
	for _, p := range parts {
		if p.Kind == "api" || p.Kind == "worker" {
			pids = append(pids, p.PID)
		}
	}
	return pids, err
}

// clockTick is the unit of the processor times of Linux.
const clockTick = 10 * time.Millisecond

// processorTime is what processes have used of the processors since they began, in user and kernel mode.
func processorTime(pids ...int) (sum time.Duration, err error) {
	for _, pid := range pids {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err != nil {
			return 0, fmt.Errorf("read what process %d has used: %w", pid, err)
		}
		_, rest, _ := strings.Cut(string(text), ") ")
		fields := strings.Fields(rest)
		for _, field := range fields[11:13] { // utime and stime: proc(5)
			ticks, err := strconv.ParseInt(field, 10, 64)
			if err != nil {
				return 0, fmt.Errorf("read what process %d has used: %w", pid, err)
			}
			sum += time.Duration(ticks) * clockTick
		}
	}
	return sum, nil
}
