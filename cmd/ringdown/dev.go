package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"

	"github.com/ringdown/ringdown/cluster"
	"github.com/ringdown/ringdown/secrets"
	"github.com/ringdown/ringdown/workflows"
)

type devCommand struct {
	Data          string `default:".ringdown" type:"path" help:"Folder for everything that is kept."`
	Listen        string `env:"LISTEN" default:"127.0.0.1:8080" help:"Address of the API; loopback only."`
	TemporalPort  int    `default:"7233" help:"Port of the Temporal server; its web UI is 1000 above."`
	SimulatorPort int    `default:"8090" help:"Port of the simulated carrier."`
	MetricsListen string `env:"METRICS_LISTEN" default:"127.0.0.1:9464" help:"Address of the metrics for Prometheus, loopback only; empty for none."`
	NoDemo        bool   `help:"Start without the demo's people, schedule, numbers and routes."`

	CallsPerSec   float64  `name:"carrier-calls-per-second" env:"CARRIER_CALLS_PER_SECOND" default:"1" help:"With Twilio: how many calls a second the account may place; 0 means no limit of ours."`
	RateLimit     float64  `name:"rate-limit" env:"RINGDOWN_RATE_LIMIT" default:"300" help:"How many requests a second each key of the REST API may make; see ringdown serve."`
	FallbackURL   string   `env:"FALLBACK_URL" help:"Where the emergency documents are served, on another host."`
	FallbackDir   string   `env:"FALLBACK_DIR" help:"Folder where they are published."`
	AllowPrivate  bool     `name:"allow-private-receivers" env:"ALLOW_PRIVATE_RECEIVERS" help:"Let receivers of alerts be at private, loopback and link-local addresses."`
	SMTPURL       string   `name:"smtp-url" env:"SMTP_URL" help:"Mail server that tells requesters and reviewers; see ringdown serve."`
	Reviewers     []string `name:"reviewer-emails" env:"REVIEWER_EMAILS" help:"E-mail addresses of those who review requests for numbers."`
	ReviewChannel string   `name:"slack-review-channel" env:"SLACK_REVIEW_CHANNEL" help:"Slack channel of those who review requests for numbers."`
	PublicURL     string   `env:"PUBLIC_URL" help:"With Twilio: where it reaches the API."`
	AccountSID    string   `env:"TWILIO_ACCOUNT_SID" help:"Use Twilio, or what answers at TWILIO_API_URL, instead of the simulated carrier."`
	AuthTokens    []string `env:"TWILIO_AUTH_TOKEN" help:"Its auth token."`
	CarrierURL    string   `env:"TWILIO_API_URL" help:"Where its REST API is."`
}

// simulatedAccount is the one account of the simulated carrier.
const simulatedAccount = "AC00000000000000000000000000000000"

// Run runs the whole system on this machine until ctx ends.
func (c *devCommand) Run(ctx context.Context, out io.Writer) (err error) {
	if err := c.mistakes(); err != nil {
		return err
	}
	logs, err := c.openFolder()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, logs.Close()) }()
	listener, err := c.claimPorts()
	if err != nil {
		return err
	}
	run := &devRun{devCommand: *c, logs: logs, out: out}
	// The processes below are stopped last, whatever else goes wrong.
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer func() { err = errors.Join(err, run.stopProcesses()) }()
	if err := run.start(ctx, cancel); err != nil {
		return errors.Join(err, listener.Close())
	}
	s, err := run.settings()
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	p, err := s.connect(ctx, logs, true)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	defer p.close()
	if err := run.prepare(ctx, s, p); err != nil {
		return errors.Join(err, listener.Close())
	}
	metrics, err := s.exposeMetrics(p)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	defer func() { _ = metrics.Close() }()
	if err := run.greet(ctx, s, p, metrics.Addr); err != nil {
		return errors.Join(err, listener.Close())
	}
	err = run.serve(ctx, cancel, s, p, listener, metrics.Addr)
	if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, context.Canceled) {
		err = errors.Join(err, cause)
	}
	_, _ = fmt.Fprintln(out, "\nstopped; the next start goes on from here")
	return err
}

func (c *devCommand) mistakes() error {
	var wrong []error
	for name, port := range map[string]int{"--temporal-port": c.TemporalPort, "--simulator-port": c.SimulatorPort} {
		if port < 1 || port > 64000 {
			wrong = append(wrong, fmt.Errorf("%s %d: want a port from 1 to 64000", name, port))
		}
	}
	if c.AccountSID != "" && len(c.AuthTokens) == 0 {
		wrong = append(wrong, errors.New("TWILIO_AUTH_TOKEN is not set, but TWILIO_ACCOUNT_SID is: want the account's auth token"))
	}
	if c.AccountSID != "" && c.PublicURL == "" {
		wrong = append(wrong, errors.New("PUBLIC_URL is not set, but TWILIO_ACCOUNT_SID is: want the https address at which Twilio reaches this system"))
	}
	return errors.Join(wrong...)
}

// openFolder makes the data folder, takes it for this process alone, and opens the log.
func (c *devCommand) openFolder() (*os.File, error) {
	if err := os.MkdirAll(c.Data, 0o700); err != nil {
		return nil, fmt.Errorf("make the data folder %s: %w; choose another with --data", c.Data, err)
	}
	logs, err := os.OpenFile(filepath.Join(c.Data, "ringdown.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("write to the data folder %s: %w; choose another with --data", c.Data, err)
	}
	if err := syscall.Flock(int(logs.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, errors.Join(fmt.Errorf("another `ringdown dev` uses the data folder %s: stop it, or choose another with --data", c.Data), logs.Close())
	}
	return logs, nil
}

// claimPorts sees that every port is free before anything starts, and keeps the API's.
func (c *devCommand) claimPorts() (net.Listener, error) {
	var taken []error
	others := []struct {
		flag string
		port int
	}{{"--temporal-port", c.TemporalPort}, {"--temporal-port (its web UI is 1000 above)", c.TemporalPort + 1000}}
	if c.AccountSID == "" {
		others = append(others, struct {
			flag string
			port int
		}{"--simulator-port", c.SimulatorPort})
	}
	for _, o := range others {
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", o.port))
		if err != nil {
			taken = append(taken, fmt.Errorf("port %d is in use: choose another with %s", o.port, o.flag))
			continue
		}
		taken = append(taken, l.Close())
	}
	listener, err := listenOnLoopback(c.Listen)
	if err != nil {
		taken = append(taken, fmt.Errorf("%w; choose another with --listen", err))
	}
	if c.MetricsListen != "" {
		if l, err := listenOnLoopback(c.MetricsListen); err != nil {
			taken = append(taken, fmt.Errorf("%w; choose another with --metrics-listen", err))
		} else {
			taken = append(taken, l.Close())
		}
	}
	if err := errors.Join(taken...); err != nil {
		if listener != nil {
			err = errors.Join(err, listener.Close())
		}
		return nil, err
	}
	return listener, nil
}

// devRun is a development system while it runs.
type devRun struct {
	devCommand
	logs      *os.File
	out       io.Writer
	temporal  *devTemporal
	simulated *cluster.Process
}

func (r *devRun) simulatorURL() string { return fmt.Sprintf("http://127.0.0.1:%d", r.SimulatorPort) }

// callLink is where the Temporal UI shows the run of a call; {sid} stands for the call's SID.
func (r *devRun) callLink() string {
	id := strings.NewReplacer("%7B", "{", "%7D", "}").Replace(url.PathEscape(workflows.CallID("{sid}")))
	return fmt.Sprintf("http://127.0.0.1:%d/namespaces/default/workflows/%s", r.TemporalPort+1000, id)
}

// start starts the processes of their own: Temporal, and the simulated carrier where no other is set.
func (r *devRun) start(ctx context.Context, fail context.CancelCauseFunc) error {
	server, err := temporalBinary()
	if err != nil {
		return err
	}
	_, _ = fmt.Fprintln(r.out, "starting Temporal …")
	r.temporal = &devTemporal{
		command: cluster.Command{Name: "Temporal", Log: filepath.Join(r.Data, "temporal.log"), Path: server, Args: r.temporalArguments()},
		address: r.temporalAddress(), fail: fail,
	}
	if err := r.temporal.start(ctx); err != nil {
		return err
	}
	if r.AccountSID == "" {
		if err := r.simulate(ctx, fail); err != nil {
			return err
		}
	}
	return os.Setenv("TEMPORAL_ADDRESS", r.temporalAddress())
}

func (r *devRun) temporalAddress() string { return fmt.Sprintf("127.0.0.1:%d", r.TemporalPort) }

// simulate starts the simulated carrier.
func (r *devRun) simulate(ctx context.Context, fail context.CancelCauseFunc) error {
	token, err := r.secret("carrier-token", rand.Text)
	if err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find this program: %w", err)
	}
	r.simulated, err = cluster.StartProcess(cluster.Command{
		Name: "the simulated carrier", Log: filepath.Join(r.Data, "simulator.log"),
		Env:  append(os.Environ(), "TWILIO_ACCOUNT_SID="+simulatedAccount, "TWILIO_AUTH_TOKEN="+token),
		Path: self, Args: []string{"simulate", "--listen", fmt.Sprintf("127.0.0.1:%d", r.SimulatorPort), "--call-link", r.callLink()},
	})
	if err != nil {
		return err
	}
	if err := r.simulated.UntilReady(ctx, 20*time.Second, func(ctx context.Context) error {
		return cluster.Answers(ctx, r.simulatorURL()+"/sim/numbers")
	}); err != nil {
		return err
	}
	r.simulated.Watch(fail)
	return nil
}

// temporalArguments start the dev server with what a small server needs to be fast: see
// docs/production.md, "How ringdown dev runs Temporal".
func (r *devRun) temporalArguments() []string {
	arguments := []string{
		"server", "start-dev", "--ip", "127.0.0.1",
		"--port", fmt.Sprint(r.TemporalPort), "--ui-port", fmt.Sprint(r.TemporalPort + 1000),
		"--db-filename", filepath.Join(r.Data, "temporal.db"),
		"--sqlite-pragma", "journal_mode=wal", "--sqlite-pragma", "synchronous=normal",
		"--dynamic-config-value", "history.transferProcessorMaxPollRPS=2000",
		"--dynamic-config-value", "matching.numTaskqueueReadPartitions=1",
		"--dynamic-config-value", "matching.numTaskqueueWritePartitions=1",
		"--log-level", "error",
	}
	for name, kind := range workflows.SearchAttributes() {
		arguments = append(arguments, "--search-attribute", name+"="+kind)
	}
	if os.Getenv("RINGDOWN_PAYLOAD_KEY") != "" {
		arguments = append(arguments, "--ui-codec-endpoint", "http://"+r.Listen+"/codec")
	}
	return arguments
}

// settings are those of a development system.
func (r *devRun) settings() (settings, error) {
	s := settings{
		DatabaseURL: "sqlite:" + filepath.Join(r.Data, "ringdown.db"),
		Listen:      r.Listen, PublicURL: r.PublicURL,
		AccountSID: r.AccountSID, AuthTokens: r.AuthTokens, CarrierURL: r.CarrierURL,
		CallsPerSec: r.CallsPerSec, RateLimit: r.RateLimit, FallbackURL: r.FallbackURL, FallbackDir: r.FallbackDir,
		CacheDir:      filepath.Join(r.Data, "cache"),
		MetricsListen: r.MetricsListen,
		IncidentIOKey: os.Getenv("INCIDENT_IO_API_KEY"), IncidentIOURL: os.Getenv("INCIDENT_IO_API_URL"),
		PagerDutyKey: os.Getenv("PAGERDUTY_API_KEY"), PagerDutyURL: os.Getenv("PAGERDUTY_API_URL"),
		SlackToken: os.Getenv("SLACK_BOT_TOKEN"), SlackURL: os.Getenv("SLACK_API_URL"), AllowPrivate: r.AllowPrivate,
		Allotment: os.Getenv("RINGDOWN_ALLOTMENT"), Retention: os.Getenv("RINGDOWN_RETENTION"), PayloadKey: os.Getenv("RINGDOWN_PAYLOAD_KEY"),
		SMTPURL: r.SMTPURL, Reviewers: r.Reviewers, ReviewChannel: r.ReviewChannel,
		TemporalUIOrigins: []string{fmt.Sprintf("http://127.0.0.1:%d", r.TemporalPort+1000)},
	}
	var err error
	if s.PayloadKey == "" {
		s.PlainHistories = true // they are there for whoever runs this to look at
		if s.PayloadKey, err = r.secret("payload-key", secrets.NewKey); err != nil {
			return settings{}, err
		}
	}
	if s.AdminKey = os.Getenv("RINGDOWN_ADMIN_KEY"); s.AdminKey == "" {
		if s.AdminKey, err = r.secret("admin-key", rand.Text); err != nil {
			return settings{}, err
		}
	}
	if r.AccountSID == "" {
		token, err := r.secret("carrier-token", rand.Text)
		if err != nil {
			return settings{}, err
		}
		s.AccountSID, s.AuthTokens, s.CarrierURL = simulatedAccount, []string{token}, r.simulatorURL()
		s.PublicURL, s.CallsPerSec = "http://"+r.Listen, 0
	}
	return s, s.mistakes(true)
}

// secret reads a random secret of this folder, and makes it on first use.
func (r *devRun) secret(name string, fresh func() string) (string, error) {
	path := filepath.Join(r.Data, name)
	text, err := os.ReadFile(path)
	if err == nil && len(strings.TrimSpace(string(text))) > 0 {
		return strings.TrimSpace(string(text)), nil
	}
	secret := fresh()
	if err := os.WriteFile(path, []byte(secret+"\n"), 0o600); err != nil {
		return "", fmt.Errorf("keep a secret in the data folder: %w", err)
	}
	return secret, nil
}

// prepare seeds the demo on first start, and tells the simulated carrier of our numbers and phones.
func (r *devRun) prepare(ctx context.Context, s settings, p parts) error {
	if r.AccountSID != "" {
		return nil
	}
	if err := seedOnce(ctx, p.store, r.NoDemo); err != nil {
		return err
	}
	return tellCarrier(ctx, p.store, r.simulatorURL(), s.PublicURL, s.FallbackURL)
}

// greet prints where everything is.
func (r *devRun) greet(ctx context.Context, s settings, p parts, metrics string) error {
	table := tabwriter.NewWriter(r.out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintf(table, "\nAPI\thttp://%s\tdocs at /docs, key in %s\n", r.Listen, filepath.Join(r.Data, "admin-key"))
	_, _ = fmt.Fprintf(table, "Temporal UI\thttp://127.0.0.1:%d\tevery call as a story\n", r.TemporalPort+1000)
	if !s.PlainHistories {
		_, _ = fmt.Fprintf(table, "Sealed histories\thttp://%s/codec\tsign in there to read them in the Temporal UI\n", r.Listen)
	}
	if r.AccountSID == "" {
		_, _ = fmt.Fprintf(table, "Phones\t%s\ta simulated carrier: call, answer, press keys\n", r.simulatorURL())
	} else {
		_, _ = fmt.Fprintf(table, "Carrier\t%s\twebhooks at %s/twilio/voice\n", carrierName(s.CarrierURL), s.PublicURL)
	}
	if metrics != "" {
		_, _ = fmt.Fprintf(table, "Metrics\thttp://%s/metrics\tfor Prometheus\n", metrics)
	}
	_, _ = fmt.Fprintf(table, "Data and logs\t%s\tkept over restarts\n", r.Data)
	if err := listNumbers(ctx, table, p.store); err != nil {
		return err
	}
	_, _ = fmt.Fprintln(table, "\nTry: ringdown call --press 1 --responder bob=accept      Ctrl-C stops everything.")
	return table.Flush()
}

func carrierName(url string) string {
	if url == "" {
		return "Twilio"
	}
	return url
}
