// Package cluster holds what a production topology promises while its parts come and go: a rolling deploy, a worker
// lost, all workers lost. It runs on real processes, and only when asked: make cluster-check.
package cluster

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ringdown/ringdown/cluster"
	"github.com/ringdown/ringdown/simulator"
)

var (
	asked = flag.Bool("cluster", false, "run what needs a cluster of real processes")
	old   = flag.String("cluster.old", "", "an older release's binary, to deploy from")
)

// town is a running cluster with its carrier.
type town struct {
	*cluster.Cluster
	t       *testing.T
	system  cluster.System
	carrier *simulator.Client
	key     string // of the REST API
	program string
}

// newTown starts a cluster of two APIs and two workers.
func newTown(t *testing.T, env ...string) *town {
	t.Helper()
	bin, err := filepath.Abs(filepath.Join("..", "..", "bin"))
	if err != nil {
		t.Fatal(err)
	}
	to := &town{t: t, program: filepath.Join(bin, "ringdown")}
	to.Cluster, err = cluster.Start(t.Context(), cluster.Config{
		Folder: folderFor(t), Program: to.program, Tools: bin, Env: env, WithoutUI: true, Out: io.Discard,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := to.Stop(); err != nil {
			t.Error(err)
		}
	})
	to.system = to.System()
	to.carrier = &simulator.Client{BaseURL: to.system.Carrier}
	key, err := os.ReadFile(to.system.AdminKeyFile)
	if err != nil {
		t.Fatal(err)
	}
	to.key = strings.TrimSpace(string(key))
	return to
}

// folderFor is a folder that stays when a test fails, for its logs.
func folderFor(t *testing.T) string {
	t.Helper()
	folder, err := os.MkdirTemp("", "ringdown-cluster-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("its logs stay in %s", filepath.Join(folder, "logs"))
			return
		}
		_ = os.RemoveAll(folder)
	})
	return folder
}

// does runs a command of ours as an operator would.
func (to *town) does(arguments ...string) string {
	to.t.Helper()
	c := exec.CommandContext(to.t.Context(), to.program, arguments...)
	c.Env = append(os.Environ(), "DATABASE_URL="+to.system.Database, "TEMPORAL_ADDRESS="+to.system.Temporal, "TEMPORAL_NAMESPACE="+to.system.Namespace)
	said, err := c.CombinedOutput()
	if err != nil {
		to.t.Fatalf("ringdown %s: %v: %s", strings.Join(arguments, " "), err, said)
	}
	return string(said)
}

// order does something with a part.
func (to *town) order(do func(context.Context, string) error, parts ...string) {
	to.t.Helper()
	for _, part := range parts {
		if err := do(to.t.Context(), part); err != nil {
			to.t.Fatal(err)
		}
	}
}

// replaces stops a role and starts it with another program.
func (to *town) replaces(part string, by cluster.Program) {
	to.t.Helper()
	if err := to.Run(to.t.Context(), part, by); err != nil {
		to.t.Fatal(err)
	}
}

// posts makes something by the REST API and answers its id.
func (to *town) posts(path string, body any) string {
	to.t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		to.t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(to.t.Context(), http.MethodPost, to.system.API+path, bytes.NewReader(text))
	if err != nil {
		to.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+to.key)
	r.Header.Set("Content-Type", "application/json")
	got, err := http.DefaultClient.Do(r)
	if err != nil {
		to.t.Fatal(err)
	}
	defer func() { _ = got.Body.Close() }()
	said, err := io.ReadAll(got.Body)
	if err != nil || got.StatusCode != http.StatusCreated {
		to.t.Fatalf("POST %s: %s %s (%v)", path, got.Status, said, err)
	}
	var made struct{ ID string }
	if err := json.Unmarshal(said, &made); err != nil {
		to.t.Fatal(err)
	}
	return cmp.Or(made.ID, string(said))
}

// fresh is the n-th number that nobody has, of those reserved for fiction.
func fresh(n int) string { return fmt.Sprintf("+1%d55501%02d", 202+n/100, n%100) }
