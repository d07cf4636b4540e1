package cluster

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// simulatedAccount is the one account of the simulated carrier.
const simulatedAccount = "AC00000000000000000000000000000000"

// environment is ours with more. Left out is where we are to find a Temporal and which build we are, which is not meant
// for a part, and the file of a secret that is given here.
func environment(more ...string) []string {
	given := map[string]bool{}
	for _, one := range more {
		name, _, _ := strings.Cut(one, "=")
		given[name+"_FILE"] = true
	}
	ours := slices.DeleteFunc(os.Environ(), func(one string) bool {
		name, _, _ := strings.Cut(one, "=")
		return strings.HasPrefix(name, "TEMPORAL_") || name == "RINGDOWN_BUILD_ID" || given[name]
	})
	return append(ours, more...)
}

// roleEnvironment is that of every run of the product's program but the carrier's.
func (c *Cluster) roleEnvironment(more ...string) []string {
	return append(environment(append([]string{
		"DATABASE_URL=" + c.databaseURL(ringdownDatabase),
		"TEMPORAL_ADDRESS=" + c.ports.address(temporalPort), "TEMPORAL_NAMESPACE=" + temporalNamespace,
		"PUBLIC_URL=" + c.ports.url(balancerPort), "TRUSTED_PROXIES=127.0.0.1/32", "TEMPORAL_UI_ORIGIN=" + c.ports.url(uiPort),
		"TWILIO_ACCOUNT_SID=" + simulatedAccount, "TWILIO_AUTH_TOKEN=" + c.secrets.carrierToken, "TWILIO_API_URL=" + c.ports.url(carrierPort),
		"CARRIER_CALLS_PER_SECOND=0",
		"RINGDOWN_ADMIN_KEY=" + c.secrets.adminKey, "RINGDOWN_PAYLOAD_KEY=" + c.secrets.payloadKey,
	}, more...)...), c.config.Env...)
}

// job runs a one-shot command of the product.
func (c *Cluster) job(ctx context.Context, command string) error {
	return runJob(ctx, Command{
		Name: command, Log: c.logOf(command), Path: c.config.Program, Args: []string{command}, Env: c.roleEnvironment(),
	})
}

// carrier is the simulated carrier.
func (c *Cluster) carrier() *part {
	return &part{
		name: "carrier", kind: Carrier, within: 30 * time.Second, drain: 10 * time.Second,
		command: func(Program) Command {
			arguments := []string{"simulate", "--listen", c.ports.address(carrierPort)}
			if !c.config.WithoutUI {
				arguments = append(arguments, "--call-link", c.callLink())
			}
			return Command{
				Name: "carrier", Log: c.logOf("carrier"), Path: c.config.Program, Args: arguments,
				Env: environment("TWILIO_ACCOUNT_SID="+simulatedAccount, "TWILIO_AUTH_TOKEN="+c.secrets.carrierToken),
			}
		},
		ready: func(ctx context.Context) error { return Answers(ctx, c.ports.url(carrierPort)+"/sim/numbers") },
		after: func(ctx context.Context) error { return c.config.Begin(ctx, c.System()) },
	}
}

// callLink is where the Temporal UI shows the run of a call; {sid} stands for the call's SID.
func (c *Cluster) callLink() string {
	return fmt.Sprintf("%s/namespaces/%s/workflows/%s{sid}", c.ports.url(uiPort), temporalNamespace, url.PathEscape("call/"))
}

// role is an API or a worker, the n-th of all roles, from 0.
func (c *Cluster) role(kind, name string, n int, program Program) *part {
	listen, metrics := firstRole+2*n, firstRole+2*n+1
	p := &part{name: name, kind: kind, program: program, within: time.Minute, drain: 40 * time.Second, metrics: c.ports.url(metrics) + "/metrics"}
	p.command = func(program Program) Command {
		env := append(c.roleEnvironment(
			"LISTEN="+c.ports.address(listen), "METRICS_LISTEN="+c.ports.address(metrics),
			"RINGDOWN_CACHE_DIR="+filepath.Join(c.config.Folder, "cache", name),
		), program.Env...)
		return Command{Name: name, Log: c.logOf(name), Path: c.programOf(program), Args: []string{kind}, Env: env}
	}
	p.ready = func(ctx context.Context) error { return polls(ctx, p.metrics) }
	if kind == API {
		p.address = c.ports.address(listen)
		p.ready = func(ctx context.Context) error { return Answers(ctx, "http://"+p.address+"/livez") }
	}
	return p
}

func (c *Cluster) programOf(program Program) string {
	if program.Path != "" {
		return program.Path
	}
	return c.config.Program
}

// buildOf says what a command runs: its build id, else the version that it tells.
func buildOf(ctx context.Context, c Command) string {
	for _, one := range slices.Backward(c.Env) {
		if id, ok := strings.CutPrefix(one, "RINGDOWN_BUILD_ID="); ok && id != "" {
			return id
		}
	}
	said, err := exec.CommandContext(ctx, c.Path, "--version").Output()
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(said))
}

// Answers asks once whether a page is there.
func Answers(ctx context.Context, address string) error {
	_, err := page(ctx, address)
	return err
}

// polls asks once whether a worker asks Temporal for work on calls, by its metrics.
func polls(ctx context.Context, address string) error {
	text, err := page(ctx, address)
	if err != nil {
		return err
	}
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "temporal_num_pollers{") && strings.Contains(line, `poller_type="workflow_task"`) &&
			strings.Contains(line, `task_queue="calls"`) && !strings.HasSuffix(strings.TrimSpace(line), " 0") {
			return nil
		}
	}
	return fmt.Errorf("%s has no pollers yet", address)
}

// page reads a page of this machine.
func page(ctx context.Context, address string) (string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return "", err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", err
	}
	defer func() { _ = response.Body.Close() }() // only read
	if response.StatusCode != http.StatusOK {
		return "", fmt.Errorf("%s answers %s", address, response.Status)
	}
	text, err := io.ReadAll(response.Body)
	return string(text), err
}
