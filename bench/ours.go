package main

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/ringdown/ringdown/activities/receivers"
	"github.com/ringdown/ringdown/activities/twilio"
	"github.com/ringdown/ringdown/api"
	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
	"github.com/ringdown/ringdown/simulator"
	"github.com/ringdown/ringdown/worker"
	"github.com/ringdown/ringdown/workflows"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
)

const (
	accountSID = "AC00000000000000000000000000000001"
	authToken  = "aTokenOfNoAccountAtAll"
	holdNumber = models.Phone("+12025550110")
	gateNumber = models.Phone("+12025550111")
	caller     = "+447700900123"
	people     = 8 // on each route, more than are rung
)

// settings tell one installation of ours from another.
type settings struct {
	dir, temporal string              // its files, and the address of its server
	receiver      string              // address of what is told of each alert, all of which are incidents; empty: neither
	ended         func(activity.Info) // is told of each activity as it ends; may be nil
}

// ours is the product: the API and the worker in one process, as `ringdown serve` runs them, on
// SQLite. Webhooks reach it over HTTP, signed.
type ours struct {
	carrier  *carrier
	address  string // of its Temporal server
	store    *store.Store
	temporal client.Client
	web      *httptest.Server // nil where its processes are others'
	base     string           // where webhooks reach it, without a slash at its end
	client   *http.Client
	server   *api.Server
	ringing  callMap[leg]

	stopWorker context.CancelFunc
	worked     chan error
}

func startOurs(ctx context.Context, c settings) (*ours, error) {
	o := &ours{
		carrier: startCarrier(), address: c.temporal, worked: make(chan error, 1),
		client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 2 * crowd}},
	}
	logs, err := os.Create(filepath.Join(c.dir, "ringdown.log")) // logging costs what it costs in production
	if err != nil {
		return nil, fmt.Errorf("open the log: %w", err)
	}
	logger := slog.New(slog.NewJSONHandler(logs, nil))
	if o.store, err = store.Open(ctx, "sqlite:"+filepath.Join(c.dir, "ringdown.db"), logger); err != nil {
		return nil, err
	}
	if err := errors.Join(o.store.Migrate(ctx), o.seed(ctx), o.route(ctx, c.receiver)); err != nil {
		return nil, err
	}
	if o.temporal, err = dialTemporal(ctx, c.temporal, c.ended); err != nil {
		return nil, err
	}
	rest, err := twilio.New(twilio.Config{AccountSID: accountSID, AuthToken: authToken, APIURL: o.carrier.web.URL, Log: logger})
	if err != nil {
		return nil, err
	}
	o.web = httptest.NewUnstartedServer(nil)
	o.base = "http://" + o.web.Listener.Addr().String()
	if o.server, err = api.New(api.Config{
		Store: o.store, Temporal: o.temporal, Namespace: client.DefaultNamespace, Carrier: rest,
		AuthTokens: []string{authToken}, PublicURL: o.base, Log: logger,
	}); err != nil {
		return nil, err
	}
	o.web.Config.Handler = o.server
	o.web.Start()
	workerCtx, stop := context.WithCancel(context.WithoutCancel(ctx))
	o.stopWorker = stop
	go func() {
		o.worked <- worker.Run(workerCtx, worker.Config{
			Temporal: o.temporal, Store: o.store, Carrier: rest, PublicURL: o.base, Log: logger,
			Receivers: receivers.New(receivers.Config{AllowPrivate: true, PublicURL: o.base}),
		})
	}()
	return o, nil
}

// seed makes two routes over the same people: one that holds the caller at once, and one with a
// key gate.
func (o *ours) seed(ctx context.Context) error {
	var level models.Level
	for i := range people {
		user, err := o.store.CreateUser(ctx, models.User{
			Name: fmt.Sprintf("Person %d", i+1), Email: fmt.Sprintf("p%d@example.com", i+1), TimeZone: "Europe/London",
			Phones:        []models.UserPhone{{Label: "mobile", Number: models.Phone(fmt.Sprintf("+120255501%02d", 20+i))}},
			OnCallLicence: true, Active: true,
		})
		if err != nil {
			return err
		}
		level.Targets = append(level.Targets, models.Target{Type: models.TargetUser, UserID: user.ID})
	}
	for number, keypress := range map[models.Phone]models.Keypress{holdNumber: {}, gateNumber: {Enabled: true, Key: "1"}} {
		row, err := o.store.CreateNumber(ctx, models.PhoneNumber{Number: number, Name: string(number), Status: models.NumberActive})
		if err != nil {
			return err
		}
		route := models.Route{
			Name: "Route of " + row.ID, PhoneNumberID: row.ID, Enabled: true, Keypress: keypress,
			Accept: models.Acceptance{Required: true}, Levels: []models.Level{level}, MaxWaitSeconds: 3600,
			Limits: models.Limits{PerCallerPerMinute: 1000, LiveCalls: 10000},
		}
		if _, err := o.store.CreateRoute(ctx, route.Defaults()); err != nil {
			return err
		}
	}
	return nil
}

// route has each alert make an incident and tell a receiver. Without an address of one it does nothing.
func (o *ours) route(ctx context.Context, receiver string) error {
	if receiver == "" {
		return nil
	}
	every := models.AlertRoute{Name: "Every call", Enabled: true, Incident: models.IncidentRule{Declare: true, StartInTriage: true}}
	if _, err := o.store.CreateAlertRoute(ctx, every.Defaults()); err != nil {
		return err
	}
	_, err := o.store.CreateReceiver(ctx, models.Receiver{
		Name: "Receiver", Type: models.ReceiverWebhook, Enabled: true, URL: receiver,
		Secret: models.SecretPrefix + base64.StdEncoding.EncodeToString([]byte("a key of no receiver at all.....")),
	})
	return err
}

func (o *ours) stop() error {
	o.web.Close()
	o.server.Drain()
	o.stopWorker()
	err := <-o.worked
	o.temporal.Close()
	o.carrier.web.Close()
	return errors.Join(err, o.store.Close())
}

func (o *ours) begin(ctx context.Context, call string, gate bool) error {
	number := holdNumber
	if gate {
		number = gateNumber
	}
	form := url.Values{
		"CallSid": {call}, "CallStatus": {"ringing"}, "Direction": {"inbound"}, "AccountSid": {accountSID}, "ApiVersion": {"2010-04-01"},
		"From": {caller}, "Caller": {caller}, "FromCountry": {"GB"}, "To": {string(number)}, "Called": {string(number)}, "ToCountry": {"US"},
	}
	document, err := o.webhook(ctx, o.base+"/twilio/voice", form)
	for try := 1; err == nil && strings.Contains(document, "<Redirect"); try++ { // not ready in time: it counts until it is
		document, err = o.webhook(ctx, fmt.Sprintf("%s/twilio/voice?try=%d", o.base, try), form)
	}
	return err
}

func (o *ours) dialled(ctx context.Context, call string) (time.Time, error) {
	select {
	case l := <-o.carrier.legsOf(call):
		o.ringing.set(call, l)
		return l.at, nil
	case <-ctx.Done():
		return time.Time{}, fmt.Errorf("wait for a dial: %w", context.Cause(ctx))
	}
}

func (o *ours) attemptEnds(ctx context.Context, call string) error {
	l := o.ringing.get(call)
	_, err := o.webhook(ctx, l.statusURL, url.Values{
		"CallSid": {l.sid}, "CallStatus": {"busy"}, "Direction": {"outbound-api"}, "AccountSid": {accountSID}, "SipResponseCode": {"486"},
	})
	return err
}

// gather finds where a document asks for a key.
var gather = regexp.MustCompile(`<Gather [^>]*action="([^"]+)"`)

// takes tells that the phone which rings last was picked up, and that the key was pressed to take the call.
func (o *ours) takes(ctx context.Context, call string) error {
	l := o.ringing.get(call)
	form := url.Values{"CallSid": {l.sid}, "CallStatus": {"in-progress"}, "Direction": {"outbound-api"}, "AccountSid": {accountSID}}
	document, err := o.webhook(ctx, l.url, form)
	if err != nil {
		return err
	}
	action := gather.FindStringSubmatch(document)
	if action == nil {
		return fmt.Errorf("a responder is not asked for a key: %s", document)
	}
	form.Set("Digits", "1")
	_, err = o.webhook(ctx, html.UnescapeString(action[1]), form)
	return err
}

// hangsUp tells that the responder who took a call has hung up.
func (o *ours) hangsUp(ctx context.Context, call string) error {
	l := o.ringing.get(call)
	_, err := o.webhook(ctx, l.statusURL, url.Values{
		"CallSid": {l.sid}, "CallStatus": {"completed"}, "Direction": {"outbound-api"}, "AccountSid": {accountSID},
	})
	return err
}

func (o *ours) end(ctx context.Context, call string) error {
	_, err := o.webhook(ctx, o.base+"/twilio/status", url.Values{
		"CallSid": {call}, "CallStatus": {"completed"}, "Direction": {"inbound"}, "AccountSid": {accountSID},
	})
	return err
}

func (o *ours) runs(call string) []string {
	return []string{workflows.CallID(call), workflows.AlertID(call)}
}

func (o *ours) engine() client.Client { return o.temporal }

// tries is how often the carrier asks when it is told that we are not there, as our addresses of callbacks ask of it.
const tries = 4

// webhook posts a signed form and reads the whole answer. Like the carrier it asks again when we are not there.
func (o *ours) webhook(ctx context.Context, address string, form url.Values) (text string, err error) {
	for range tries {
		var status int
		if status, text, err = o.post(ctx, address, form); status != http.StatusServiceUnavailable {
			break
		}
	}
	return text, err
}

func (o *ours) post(ctx context.Context, address string, form url.Values) (status int, text string, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(form.Encode()))
	if err != nil {
		return 0, "", err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("X-Twilio-Signature", simulator.Sign(authToken, address, form))
	response, err := o.client.Do(request)
	if err != nil {
		return 0, "", err
	}
	body, err := io.ReadAll(response.Body)
	if err = errors.Join(err, response.Body.Close()); err != nil {
		return 0, "", err
	}
	if response.StatusCode >= http.StatusMultipleChoices {
		return response.StatusCode, "", fmt.Errorf("webhook %s: %s: %s", request.URL.Path, response.Status, body)
	}
	return response.StatusCode, string(body), nil
}

func newCallSID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	return "CA" + hex.EncodeToString(b[:])
}
