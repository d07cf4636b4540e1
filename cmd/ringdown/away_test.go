package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
	"github.com/ringdown/ringdown/simulator"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
)

// An API that starts while Temporal is away sends callers to the emergency number, as one does that lost it later.
func TestAnAPIStartsWithoutTemporal(t *testing.T) {
	t.Setenv("TEMPORAL_ADDRESS", fmt.Sprintf("127.0.0.1:%d", freePort(t)))
	s := settings{
		DatabaseURL: "sqlite:" + t.TempDir() + "/calls.db", Listen: fmt.Sprintf("127.0.0.1:%d", freePort(t)), PublicURL: "https://ringdown.example.com",
		AccountSID: "AC00000000000000000000000000000000", AuthTokens: []string{"token"}, AdminKey: "key", CacheDir: t.TempDir(),
	}
	withEmergency(t, s.DatabaseURL, "+12025550123", "+12025550199")
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- (&apiCommand{s}).Run(ctx) }()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		answer, err := http.Get("http://" + s.Listen + "/livez")
		if err == nil {
			_ = answer.Body.Close()
			break
		}
		if len(ended) > 0 || time.Now().After(deadline) {
			t.Fatalf("it does not come up: %v", err)
		}
	}
	form := url.Values{"CallSid": {"CA00000000000000000000000000000001"}, "From": {"+447700900123"}, "To": {"+12025550123"}, "CallStatus": {"ringing"}, "Direction": {"inbound"}}
	const path = "/twilio/voice?try=2"
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+s.Listen+path, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("X-Twilio-Signature", simulator.Sign("token", s.PublicURL+path, form))
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	document, err := io.ReadAll(answer.Body)
	_ = answer.Body.Close()
	if err != nil || answer.StatusCode != http.StatusOK || !strings.Contains(string(document), "+12025550199") {
		t.Errorf("the caller hears %d, %s (%v)", answer.StatusCode, document, err)
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// refusingTemporal answers whether it is well with an error.
type refusingTemporal struct {
	client.Client
	err error
}

func (r refusingTemporal) CheckHealth(context.Context, *client.CheckHealthRequest) (*client.CheckHealthResponse, error) {
	return nil, r.err
}

func TestAnAPIDoesNotStartWhereTemporalRefusesIt(t *testing.T) {
	for _, c := range []struct {
		said   error
		starts bool
	}{
		{nil, true},
		{serviceerror.NewUnavailable("it is away"), true},
		{context.DeadlineExceeded, true},
		{fmt.Errorf("failed reaching server: %w", serviceerror.NewPermissionDenied("not yours", "")), false},
	} {
		p := parts{temporal: refusingTemporal{err: c.said}, log: slog.New(slog.DiscardHandler)}
		if err := p.expectTemporal(t.Context(), "temporal:7233"); (err == nil) != c.starts {
			t.Errorf("%v, and it says %v", c.said, err)
		}
	}
}

// withEmergency makes a database with a number whose route has an emergency number.
func withEmergency(t *testing.T, address, number, emergency string) {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	s, err := store.New(address, slog.New(slog.DiscardHandler))
	must(err)
	must(s.Migrate(t.Context()))
	n, err := s.CreateNumber(t.Context(), models.PhoneNumber{Number: models.Phone(number), Status: models.NumberActive})
	must(err)
	_, err = s.CreateRoute(t.Context(), models.Route{
		ID: "support", Name: "Support", PhoneNumberID: n.ID, Enabled: true, Language: "en-US", EmergencyNumber: models.Phone(emergency),
	}.Defaults())
	must(err)
	must(s.Close())
}
