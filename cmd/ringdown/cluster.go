package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"text/tabwriter"

	"github.com/ringdown/ringdown/cluster"
	"github.com/ringdown/ringdown/models/store"
)

type clusterCommand struct {
	Data      string `default:".ringdown/cluster" type:"path" help:"Folder for everything that is kept."`
	Tools     string `type:"path" placeholder:"FOLDER" help:"Folder with temporal-server, temporal-sql-tool and temporal-ui; empty means that of this program."`
	Ports     int    `default:"8400" help:"First of 40 ports of this machine; 0 takes free ones."`
	APIs      int    `name:"apis" default:"2" help:"How many APIs run."`
	Workers   int    `default:"2" help:"How many workers run."`
	FastDisk  bool   `help:"Let Postgres not wait for the disk: quicker, but a power cut may lose the data."`
	WithoutUI bool   `name:"without-ui" help:"Start without Temporal's web UI."`
	NoDemo    bool   `help:"Start without the demo's people, schedule, numbers and routes."`
}

// Run runs the production topology on this machine until ctx ends, or a part ends by itself.
func (c *clusterCommand) Run(ctx context.Context, out io.Writer) error {
	if c.APIs < 1 || c.Workers < 1 {
		return errors.New("--apis and --workers: want 1 or more of each")
	}
	program, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find this program: %w", err)
	}
	if c.Tools == "" {
		c.Tools = filepath.Dir(program)
	}
	running, err := cluster.Start(ctx, cluster.Config{
		Folder: c.Data, Program: program, Tools: c.Tools, Ports: c.Ports, APIs: c.APIs, Workers: c.Workers,
		FastDisk: c.FastDisk, WithoutUI: c.WithoutUI, Begin: c.begin, Out: out,
	})
	if err != nil && ctx.Err() != nil {
		return errors.New("stopped before everything was up; the next start goes on from here")
	}
	if err != nil {
		return err
	}
	err = greetCluster(ctx, out, running)
	if err == nil {
		err = running.Wait(ctx)
	}
	_, _ = fmt.Fprintln(out, "\nstopping …")
	err = errors.Join(err, running.Stop())
	_, _ = fmt.Fprintln(out, "stopped; the next start goes on from here")
	return err
}

// begin seeds the demo on first start, and tells the simulated carrier of our numbers and phones.
func (c *clusterCommand) begin(ctx context.Context, at cluster.System) error {
	return onStore(ctx, at.Database, func(s *store.Store) error {
		if err := seedOnce(ctx, s, c.NoDemo); err != nil {
			return err
		}
		return tellCarrier(ctx, s, at.Carrier, at.API, os.Getenv("FALLBACK_URL"))
	})
}

// onStore does something on a database that is open as long.
func onStore(ctx context.Context, url string, do func(*store.Store) error) error {
	s, err := store.Open(ctx, url, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	return errors.Join(do(s), s.Close())
}

// greetCluster prints where everything is.
func greetCluster(ctx context.Context, out io.Writer, running *cluster.Cluster) error {
	at := running.System()
	parts, err := running.Parts(ctx)
	if err != nil {
		return err
	}
	folder := filepath.Dir(at.Logs)
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintf(table, "\nAPI\t%s\ta balancer before all of them; docs at /docs, key in %s\n", at.API, at.AdminKeyFile)
	if at.TemporalUI != "" {
		_, _ = fmt.Fprintf(table, "Temporal UI\t%s\tevery call as a story; sign in at %s/codec to read it\n", at.TemporalUI, at.API)
	}
	_, _ = fmt.Fprintf(table, "Phones\t%s\ta simulated carrier: call, answer, press keys\n", at.Carrier)
	_, _ = fmt.Fprintf(table, "Control\t%s/parts\tPOST /parts/NAME/kill, halt, freeze or resume\n", at.Control)
	_, _ = fmt.Fprintf(table, "Data\t%s\tkept over restarts; logs below, addresses for programs in system.json\n", folder)
	for _, p := range parts {
		_, _ = fmt.Fprintf(table, "%s\tprocess %d\t%s\n", p.Name, p.PID, filepath.Join(at.Logs, p.Name+".log"))
	}
	for _, address := range at.Metrics {
		_, _ = fmt.Fprintf(table, "Metrics\t%s\tfor Prometheus\n", address)
	}
	if err := onStore(ctx, at.Database, func(s *store.Store) error { return listNumbers(ctx, table, s) }); err != nil {
		return err
	}
	_, _ = fmt.Fprintf(table, "\nTry: ringdown call --data %s --api %s --simulator %s --press 1 --responder bob=accept\nCtrl-C stops everything.\n", folder, at.API, at.Carrier)
	return table.Flush()
}
