package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/url"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/ringdown/ringdown/activities/mail"
	"github.com/ringdown/ringdown/activities/outside"
	"github.com/ringdown/ringdown/activities/receivers"
	"github.com/ringdown/ringdown/activities/slack"
	"github.com/ringdown/ringdown/activities/twilio"
	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
	"github.com/ringdown/ringdown/secrets"
	"github.com/ringdown/ringdown/telemetry"
	"github.com/ringdown/ringdown/worker"
	"github.com/ringdown/ringdown/workflows"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/envconfig"
	"go.temporal.io/sdk/log"
)

// settings are what a running role needs, from the environment or from flags.
type settings struct {
	DatabaseURL string   `env:"DATABASE_URL" help:"sqlite:PATH or postgres://…"`
	Listen      string   `env:"LISTEN" default:"127.0.0.1:8080" help:"Address of the API."`
	PublicURL   string   `env:"PUBLIC_URL" help:"Where the carrier reaches the API, without a trailing slash."`
	FallbackURL string   `env:"FALLBACK_URL" help:"Where the emergency documents are served, on another host, without a trailing slash."`
	FallbackDir string   `env:"FALLBACK_DIR" help:"Folder where they are published, a file for each number."`
	CacheDir    string   `env:"RINGDOWN_CACHE_DIR" help:"Folder of the last good copies of routes, of this installation alone; empty means ringdown in the user's cache folder."`
	AccountSID  string   `env:"TWILIO_ACCOUNT_SID" help:"Twilio account."`
	AuthTokens  []string `env:"TWILIO_AUTH_TOKEN" help:"Its auth token; two, comma-separated, while one is rotated."`
	CarrierURL  string   `env:"TWILIO_API_URL" help:"Where Twilio's REST API is; empty means Twilio itself."`
	CallsPerSec float64  `name:"carrier-calls-per-second" env:"CARRIER_CALLS_PER_SECOND" default:"1" help:"How many calls a second the account may place; 0 means no limit of ours."`
	AdminKey    string   `env:"RINGDOWN_ADMIN_KEY" help:"Key of the first administrator of the REST API."`
	Allotment   string   `env:"RINGDOWN_ALLOTMENT" help:"How many licences and numbers there may be, as in licences=50,numbers=5; empty means no limit."`
	Retention   string   `env:"RINGDOWN_RETENTION" help:"For how many days things are kept, as in calls=400d,recordings=90d,transcripts=90d,requests=400d,audit=730d; what is left out is kept for ever."`
	PayloadKey  string   `env:"RINGDOWN_PAYLOAD_KEY" help:"Keys that seal uploaded documents and the histories of runs, as in 2026:BASE64OF32BYTES; the first seals, all open."`

	PlainHistories    bool     `env:"RINGDOWN_PLAIN_HISTORIES" help:"Seal no histories, and read those that are sealed: while processes run that lack the key, or are older than v0.4.0."`
	TemporalUIOrigins []string `name:"temporal-ui-origin" env:"TEMPORAL_UI_ORIGIN" help:"Where browsers have Temporal's web UI, as in https://temporal.example.com; from there sealed histories may be read, with a key of the API. Several are separated by commas."`

	BuildID string `env:"RINGDOWN_BUILD_ID" help:"Of this worker's version, as Temporal's worker versioning has it; empty: versions are not told apart."`

	IncidentIOKey string `name:"incident-io-key" env:"INCIDENT_IO_API_KEY" help:"API key that may view schedules at incident.io; empty: none of its schedules is read."`
	IncidentIOURL string `name:"incident-io-url" env:"INCIDENT_IO_API_URL" help:"Where incident.io's API is; empty means incident.io itself."`
	PagerDutyKey  string `name:"pagerduty-key" env:"PAGERDUTY_API_KEY" help:"Read-only API key of PagerDuty; empty: none of its schedules is read."`
	PagerDutyURL  string `name:"pagerduty-url" env:"PAGERDUTY_API_URL" help:"Where PagerDuty's API is, as https://api.eu.pagerduty.com; empty means https://api.pagerduty.com."`

	SlackToken   string `name:"slack-bot-token" env:"SLACK_BOT_TOKEN" help:"Token of a Slack app; with it each incident has a channel in Slack."`
	SlackURL     string `name:"slack-api-url" env:"SLACK_API_URL" help:"Where Slack's API is; empty means https://slack.com/api/."`
	AllowPrivate bool   `name:"allow-private-receivers" env:"ALLOW_PRIVATE_RECEIVERS" help:"Let receivers of alerts be at private, loopback and link-local addresses."`

	SMTPURL       string   `name:"smtp-url" env:"SMTP_URL" help:"Mail server that tells requesters and reviewers, as in smtp://user:password@host:587?from=ringdown@example.com; empty: nobody is told by e-mail."`
	Reviewers     []string `name:"reviewer-emails" env:"REVIEWER_EMAILS" help:"E-mail addresses of those who review requests for numbers."`
	ReviewChannel string   `name:"slack-review-channel" env:"SLACK_REVIEW_CHANNEL" help:"Slack channel of those who review requests for numbers."`

	MetricsListen string `env:"METRICS_LISTEN" default:"127.0.0.1:9464" help:"Address of the metrics for Prometheus; empty for none."`

	Proxies   []string `name:"trusted-proxies" env:"TRUSTED_PROXIES" help:"Networks of the proxies in front of the API, as in 10.0.0.0/8,192.0.2.7: whom their X-Forwarded-For names is who asks; empty: whoever connects is."`
	RateLimit float64  `name:"rate-limit" env:"RINGDOWN_RATE_LIMIT" default:"300" help:"How many requests a second each key of the REST API may make, and twice as many at once; 0 means no limit."`

	unread secretFaults // what is wrong with the files of secrets
}

// note takes what is wrong with the files of secrets, for mistakes to list.
func (s *settings) note(unread secretFaults) { s.unread = unread }

// mistakes lists everything that is wrong with the settings of a role, each with what to do.
func (s settings) mistakes(api bool) error {
	wrong := s.unread.list()
	need := func(value, name, want string) {
		if strings.TrimSpace(value) == "" && s.unread[name] == nil {
			wrong = append(wrong, fmt.Errorf("%s is not set: want %s", name, want))
		}
	}
	need(s.DatabaseURL, "DATABASE_URL", "sqlite:PATH or postgres://…")
	need(s.PublicURL, "PUBLIC_URL", "the https address at which Twilio reaches this system")
	need(s.AccountSID, "TWILIO_ACCOUNT_SID", "the account's SID, AC…")
	need(strings.Join(s.AuthTokens, ""), "TWILIO_AUTH_TOKEN", "the account's auth token, or anybody could forge a webhook")
	if s.PublicURL != "" {
		if u, err := url.Parse(s.PublicURL); err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || strings.HasSuffix(s.PublicURL, "/") {
			wrong = append(wrong, fmt.Errorf("PUBLIC_URL %q: want https://host without a trailing slash", s.PublicURL))
		}
	}
	if api {
		if _, _, err := net.SplitHostPort(s.Listen); err != nil {
			wrong = append(wrong, fmt.Errorf("LISTEN %q: want host:port, as in 127.0.0.1:8080", s.Listen))
		}
		need(s.AdminKey, "RINGDOWN_ADMIN_KEY", "a long random key for the REST API")
		wrong = append(wrong, s.awayMistakes()...)
		wrong = append(wrong, s.originMistakes()...)
	}
	if _, err := models.ParseAllotment(s.Allotment); err != nil {
		wrong = append(wrong, fmt.Errorf("RINGDOWN_ALLOTMENT: %w", err))
	}
	if _, err := models.ParseRetention(s.Retention); err != nil {
		wrong = append(wrong, fmt.Errorf("RINGDOWN_RETENTION: %w", err))
	}
	if _, err := secrets.ParseKeys(s.PayloadKey); err != nil {
		wrong = append(wrong, fmt.Errorf("RINGDOWN_PAYLOAD_KEY: %w", err))
	}
	wrong = append(wrong, s.noticeMistakes()...)
	if _, _, err := net.SplitHostPort(s.MetricsListen); err != nil && s.MetricsListen != "" {
		wrong = append(wrong, fmt.Errorf("METRICS_LISTEN %q: want host:port, as in 127.0.0.1:9464, or nothing", s.MetricsListen))
	}
	wrong = append(wrong, telemetry.Mistakes())
	wrong = append(wrong, s.limitMistakes()...)
	if s.CallsPerSec < 0 {
		wrong = append(wrong, errors.New("CARRIER_CALLS_PER_SECOND: want 0 or more"))
	}
	return errors.Join(wrong...)
}

// noticeMistakes lists what is wrong with how people are told of requests for numbers.
func (s settings) noticeMistakes() (wrong []error) {
	if _, err := s.mail(nil); err != nil {
		wrong = append(wrong, err)
	}
	reviewers := s.reviewers()
	for i, address := range reviewers {
		if !mail.IsAddress(address) {
			wrong = append(wrong, fmt.Errorf("REVIEWER_EMAILS: number %d is no address: want addresses without names, comma-separated, as in alice@example.com,bob@example.com", i+1))
		}
	}
	if s.SMTPURL != "" && len(reviewers) == 0 {
		wrong = append(wrong, errors.New("REVIEWER_EMAILS is not set, but SMTP_URL is: want the addresses of those who review requests for numbers, comma-separated"))
	}
	if s.ReviewChannel != "" && s.SlackToken == "" && s.unread["SLACK_BOT_TOKEN"] == nil {
		wrong = append(wrong, errors.New("SLACK_BOT_TOKEN is not set, but SLACK_REVIEW_CHANNEL is: want the token of a Slack app that may post in that channel"))
	}
	return wrong
}

// reviewers are the addresses of the reviewers without what was typed around them.
func (s settings) reviewers() []string {
	var reviewers []string
	for _, address := range s.Reviewers {
		if address = strings.TrimSpace(address); address != "" {
			reviewers = append(reviewers, address)
		}
	}
	return reviewers
}

// mail is the mail server that tells people of requests for numbers; nil without one.
func (s settings) mail(log *slog.Logger) (*mail.Client, error) {
	if s.SMTPURL == "" {
		return nil, nil
	}
	return mail.New(mail.Config{URL: s.SMTPURL, Log: log})
}

// tokens are the auth tokens without what was typed around them.
func (s settings) tokens() []string {
	tokens := make([]string, len(s.AuthTokens))
	for i, token := range s.AuthTokens {
		tokens[i] = strings.TrimSpace(token)
	}
	return tokens
}

// parts are the connections that both roles share.
type parts struct {
	store     *store.Store
	temporal  client.Client
	namespace string
	carrier   *twilio.Client
	outside   *outside.Client
	receivers *receivers.Client
	slack     *slack.Client        // nil without a token
	mail      *mail.Client         // nil without a mail server
	keys      *secrets.Keys        // nil without any
	histories *secrets.Keys        // the same for histories; they may only open
	registry  *prometheus.Registry // what this process counts
	tracing   *telemetry.Tracing   // nil: no traces are made
	log       *slog.Logger
}

func (p parts) close() {
	p.temporal.Close()
	p.closeTracing()
	if err := p.store.Close(); err != nil {
		p.log.Error("close the database", "cause", err)
	}
}

// connect opens what a role works with. The database's schema is brought up to date with withSchema;
// else nothing is asked of the database, which may be away.
func (s settings) connect(ctx context.Context, logs io.Writer, withSchema bool) (parts, error) {
	p, options, err := s.assemble(ctx, logs)
	if err != nil {
		return parts{}, err
	}
	if withSchema {
		if err := migrate(ctx, p.store); err != nil {
			return parts{}, errors.Join(err, p.store.Close())
		}
	}
	if p.temporal, err = client.DialContext(ctx, options); err != nil {
		return parts{}, errors.Join(fmt.Errorf("reach Temporal at %s: %w; set TEMPORAL_ADDRESS and TEMPORAL_NAMESPACE", options.HostPort, err), p.store.Close())
	}
	return p, nil
}

// connectLater is connect for an API, for which Temporal too may be away.
func (s settings) connectLater(ctx context.Context, logs io.Writer) (parts, error) {
	p, options, err := s.assemble(ctx, logs)
	if err != nil {
		return parts{}, err
	}
	if p.temporal, err = client.NewLazyClient(options); err != nil {
		return parts{}, errors.Join(fmt.Errorf("reach Temporal at %s: %w; see the TEMPORAL_ settings", options.HostPort, err), p.store.Close())
	}
	if err := p.expectTemporal(ctx, options.HostPort); err != nil {
		p.close()
		return parts{}, err
	}
	return p, nil
}

// assemble makes everything that a role works with, and how it reaches Temporal. Nothing is asked of anybody.
func (s settings) assemble(ctx context.Context, logs io.Writer) (parts, client.Options, error) {
	p := parts{log: slog.New(slog.NewJSONHandler(logs, nil)), registry: prometheus.NewRegistry()}
	reports, err := worker.NewMetrics(p.registry)
	if err != nil {
		return parts{}, client.Options{}, fmt.Errorf("register metrics: %w", err)
	}
	if p.tracing, err = telemetry.FromEnvironment(ctx, version, p.log); err != nil {
		return parts{}, client.Options{}, err
	}
	p.carrier, err = twilio.New(twilio.Config{
		AccountSID: s.AccountSID, AuthToken: s.tokens()[0], APIURL: s.CarrierURL, Log: p.log, Asked: reports.CarrierAsked, Tracing: p.tracing,
	})
	if err != nil {
		return parts{}, client.Options{}, err
	}
	p.outside, err = outside.New(outside.Config{
		IncidentIOKey: s.IncidentIOKey, IncidentIOURL: s.IncidentIOURL, PagerDutyKey: s.PagerDutyKey, PagerDutyURL: s.PagerDutyURL,
	})
	if err != nil {
		return parts{}, client.Options{}, err
	}
	p.receivers = receivers.New(receivers.Config{AllowPrivate: s.AllowPrivate, PublicURL: s.PublicURL})
	if s.SlackToken != "" {
		if p.slack, err = slack.New(slack.Config{Token: s.SlackToken, APIURL: s.SlackURL, Log: p.log}); err != nil {
			return parts{}, client.Options{}, err
		}
	}
	if p.mail, err = s.mail(p.log); err != nil {
		return parts{}, client.Options{}, err
	}
	if p.keys, err = secrets.ParseKeys(s.PayloadKey); err != nil {
		return parts{}, client.Options{}, err
	}
	if p.histories = p.keys; s.PlainHistories {
		p.histories = p.keys.Opening()
	}
	if p.store, err = store.New(s.DatabaseURL, p.log); err != nil {
		return parts{}, client.Options{}, err
	}
	options, err := temporalOptions(p.log, p.histories)
	if err != nil {
		return parts{}, client.Options{}, errors.Join(err, p.store.Close())
	}
	options.MetricsHandler = reports.Handler()
	if options.Interceptors, err = p.tracing.Interceptors(); err != nil {
		return parts{}, client.Options{}, errors.Join(err, p.store.Close())
	}
	p.namespace = options.Namespace
	return p, options, nil
}

// A Temporal whose machine hangs, or is gone without a word, is asked whether it is there after some seconds without a word of it,
// and its connection given up when it does not answer. The server allows to be asked each 10 s.
const temporalAsked, temporalAnswers = 12 * time.Second, 3 * time.Second

// temporalOptions reads TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, TLS and API key settings. histories seal what runs are given
// and give; who reads none of that needs none.
func temporalOptions(logger *slog.Logger, histories *secrets.Keys) (client.Options, error) {
	options, err := envconfig.LoadDefaultClientOptions()
	if err != nil {
		return client.Options{}, fmt.Errorf("read the TEMPORAL_ settings: %w", err)
	}
	if options.HostPort == "" {
		options.HostPort = client.DefaultHostPort
	}
	if options.Namespace == "" {
		options.Namespace = client.DefaultNamespace
	}
	options.ConnectionOptions.KeepAliveTime, options.ConnectionOptions.KeepAliveTimeout = temporalAsked, temporalAnswers
	options.DataConverter, options.FailureConverter = workflows.DataConverter(histories), workflows.FailureConverter(histories)
	options.Logger = log.NewStructuredLogger(logger)
	return options, nil
}
