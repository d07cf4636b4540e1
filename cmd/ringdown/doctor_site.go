package main

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/ringdown/ringdown/telemetry"
)

// renewedBefore is how long a certificate should still be valid: whoever renews them does so a month before.
const renewedBefore = 14 * 24 * time.Hour

// checkSite checks that the carrier reaches us, and nobody else is believed to be the carrier.
func (c *doctorCommand) checkSite(ctx context.Context, d *diagnosis) {
	const outside = "see that PUBLIC_URL leads to the API from here and from the internet, unchanged"
	reached := d.check(ctx, "PUBLIC_URL leads to the API", func(ctx context.Context) error {
		return c.answers(ctx, http.MethodGet, c.PublicURL+"/livez", http.StatusOK, "")
	}, outside)
	if !reached {
		return
	}
	d.check(ctx, "webhooks without a signature are refused", func(ctx context.Context) error {
		return c.answers(ctx, http.MethodPost, c.PublicURL+"/twilio/voice", http.StatusForbidden, "CallSid=CA00000000000000000000000000000000")
	}, "have nothing answer for the API, and nothing sign for others")
	if !strings.HasPrefix(c.PublicURL, "https://") {
		d.hint("certificate of PUBLIC_URL", errors.New("it has none: what callers say and press is sent in the open"), "put a proxy with TLS before the API, and set PUBLIC_URL to https://…")
		return
	}
	d.check(ctx, "certificate of PUBLIC_URL", c.checkCertificate, "renew it, and see why it was not renewed by itself")
	d.hint("proxies that are believed", c.checkProxies(), "set it to the addresses of the proxy that has the certificate, as in 10.0.0.0/24")
}

// ask asks as the carrier does: no redirect is followed.
func (c *doctorCommand) ask(request *http.Request) (*http.Response, error) {
	once := http.Client{
		Transport: &http.Transport{
			Proxy: http.ProxyFromEnvironment, DisableKeepAlives: true, TLSClientConfig: &tls.Config{RootCAs: c.roots, MinVersion: tls.VersionTLS12},
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return once.Do(request)
}

// answers sees with which status something is answered.
func (c *doctorCommand) answers(ctx context.Context, method, address string, want int, form string) error {
	request, err := http.NewRequestWithContext(ctx, method, address, strings.NewReader(form))
	if err != nil {
		return err
	}
	if form != "" {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	response, err := c.ask(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != want {
		return fmt.Errorf("%s %s is answered %s, want %d", method, address, response.Status, want)
	}
	_, err = io.Copy(io.Discard, io.LimitReader(response.Body, 64<<10))
	return err
}

// checkCertificate sees for how long the carrier can still trust us. That it does now has been seen.
func (c *doctorCommand) checkCertificate(ctx context.Context) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, c.PublicURL+"/livez", nil)
	if err != nil {
		return err
	}
	response, err := c.ask(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	until := response.TLS.PeerCertificates[0].NotAfter
	if time.Until(until) < renewedBefore {
		return fmt.Errorf("it is valid until %s only", until.UTC().Format(time.DateOnly))
	}
	return nil
}

// checkWatching checks how we are watched.
func (c *doctorCommand) checkWatching(ctx context.Context, p parts, d *diagnosis) {
	if c.MetricsListen != "" {
		d.hintOf(ctx, "metrics", func(ctx context.Context) error {
			address, err := here(c.MetricsListen)
			if err != nil {
				return err
			}
			return c.answers(ctx, http.MethodGet, "http://"+address+"/metrics", http.StatusOK, "")
		}, "nothing to do where the roles run elsewhere; else see METRICS_LISTEN")
	}
	if telemetry.Endpoint() != "" {
		d.check(ctx, "collector of traces", p.tracing.Probe, "correct OTEL_EXPORTER_OTLP_ENDPOINT and OTEL_EXPORTER_OTLP_HEADERS; until then traces are dropped")
	}
	var forEver error
	if c.Retention == "" {
		forEver = errors.New("RINGDOWN_RETENTION is not set, so that calls, recordings and what is known of callers are kept for ever")
	}
	d.hint("retention", forEver, "say for how long, as in calls=400d,recordings=90d,transcripts=90d: see docs/privacy.md")
}

// here is an address of this machine at which somebody who listens there answers.
func here(listen string) (string, error) {
	host, port, err := net.SplitHostPort(listen)
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, port), err
}

// How far clocks may be apart.
const (
	clocksApart  = 2 * time.Second
	clocksNotice = time.Second
)

// checkClocks compares our clock with those of whoever notes times beside us.
func (c *doctorCommand) checkClocks(ctx context.Context, p parts, d *diagnosis) {
	for _, of := range []struct {
		whom string
		ask  func(context.Context) (time.Duration, error)
	}{
		{"the database", func(ctx context.Context) (time.Duration, error) { return behindDatabase(ctx, p) }},
		{"the carrier", c.behindCarrier},
	} {
		what := "clock beside that of " + of.whom
		apart, err := within(ctx, of.ask)
		if err != nil {
			continue // that they do not answer has been said
		}
		if apart.Abs() > clocksNotice {
			err = fmt.Errorf("ours is %s apart", apart.Abs().Round(100*time.Millisecond))
		}
		const remedy = "have both machines keep time, by NTP: schedules and the order of events go by it"
		if apart.Abs() > clocksApart {
			d.report(what, err, remedy)
		} else {
			d.hint(what, err, remedy)
		}
	}
}

// behindDatabase is how far our clock is behind the database's, negative when it is ahead; zero where it has none of its own.
func behindDatabase(ctx context.Context, p parts) (time.Duration, error) {
	before := time.Now()
	there, ok, err := p.store.Clock(ctx)
	if err != nil || !ok {
		return 0, err
	}
	return behind(before, time.Now(), there, there), nil
}

// behindCarrier is the same of the carrier, which says the time in whole seconds.
func (c *doctorCommand) behindCarrier(ctx context.Context) (time.Duration, error) {
	address, err := url.JoinPath(cmp.Or(c.CarrierURL, "https://api.twilio.com"), "/")
	if err != nil {
		return 0, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return 0, err
	}
	before := time.Now()
	response, err := c.ask(request)
	if err != nil {
		return 0, err
	}
	after := time.Now()
	_ = response.Body.Close()
	there, err := http.ParseTime(response.Header.Get("Date"))
	return behind(before, after, there, there.Add(time.Second)), err
}

// behind is how far a clock that showed before and after, when another one showed something from one time to another, is
// behind it at least; negative when it is ahead.
func behind(before, after, from, to time.Time) time.Duration {
	switch {
	case from.After(after):
		return from.Sub(after)
	case to.Before(before):
		return to.Sub(before)
	}
	return 0
}

// checkProxies sees that we know whom to believe about who asks: with TLS somebody stands before us.
func (c *doctorCommand) checkProxies() error {
	if len(c.Proxies) > 0 {
		return nil
	}
	return errors.New("TRUSTED_PROXIES is not set, so that limits and logs take whoever has the certificate for everybody")
}
