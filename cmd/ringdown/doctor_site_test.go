package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/ringdown/ringdown/models/store/storetest"
	"github.com/ringdown/ringdown/telemetry"
)

// apiThat answers as the API does, and then some.
func apiThat(changes map[string]http.HandlerFunc) http.Handler {
	pages := http.NewServeMux()
	for pattern, answer := range map[string]http.HandlerFunc{
		"GET /livez":         func(http.ResponseWriter, *http.Request) {},
		"POST /twilio/voice": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) },
		"GET /metrics":       func(http.ResponseWriter, *http.Request) {},
	} {
		if changes[pattern] != nil {
			answer = changes[pattern]
		}
		pages.HandleFunc(pattern, answer)
	}
	return pages
}

// statusOnly is somebody who answers with a status.
func statusOnly(status int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }
}

// diagnosed is what a doctor says.
func diagnosed(t *testing.T, look func(d *diagnosis)) string {
	t.Helper()
	var out bytes.Buffer
	d := diagnosis{out: &out}
	look(&d)
	if said := out.String(); d.faults == strings.Count(said, "FAULT") {
		return said
	}
	t.Errorf("%d faults, but it says\n%s", d.faults, out.String())
	return ""
}

func TestTheDoctorAsksTheSiteAsTheCarrierDoes(t *testing.T) {
	for name, c := range map[string]struct {
		changes map[string]http.HandlerFunc
		says    string // a regular expression
	}{
		"all is well": {nil, "^ok     PUBLIC_URL leads to the API\nok     webhooks without a signature are refused\nhint   certificate of PUBLIC_URL: it has none"},
		"another page is there": {map[string]http.HandlerFunc{"GET /livez": statusOnly(http.StatusNotFound)},
			`^FAULT  PUBLIC_URL leads to the API: GET http://127\.0\.0\.1:\d+/livez is answered 404 Not Found, want 200\n.*\n$`},
		"it leads elsewhere": {map[string]http.HandlerFunc{"GET /livez": func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/", http.StatusFound) }},
			"is answered 302 Found, want 200"},
		"webhooks are let in": {map[string]http.HandlerFunc{"POST /twilio/voice": statusOnly(http.StatusOK)},
			"FAULT  webhooks without a signature are refused: POST .*/twilio/voice is answered 200 OK, want 403"},
	} {
		t.Run(name, func(t *testing.T) {
			there := httptest.NewServer(apiThat(c.changes))
			defer there.Close()
			doctor := doctorCommand{settings: settings{PublicURL: there.URL}}
			if said := diagnosed(t, func(d *diagnosis) { doctor.checkSite(t.Context(), d) }); !regexp.MustCompile(c.says).MatchString(said) {
				t.Errorf("it says\n%s", said)
			}
		})
	}
	gone := httptest.NewServer(nil)
	gone.Close()
	doctor := doctorCommand{settings: settings{PublicURL: gone.URL}}
	if said := diagnosed(t, func(d *diagnosis) { doctor.checkSite(t.Context(), d) }); !strings.Contains(said, "refused\n       see that PUBLIC_URL leads to the API") {
		t.Errorf("of a site that is away it says\n%s", said)
	}
}

// certified is a site with a certificate that ends at a time, and who believes it.
func certified(t *testing.T, until time.Time) (server *httptest.Server, roots *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	about := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: until, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	signed, err := x509.CreateCertificate(rand.Reader, about, about, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	server = httptest.NewUnstartedServer(apiThat(nil))
	server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	server.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{signed}, PrivateKey: key}}}
	server.StartTLS()
	t.Cleanup(server.Close)
	parsed, err := x509.ParseCertificate(signed)
	if err != nil {
		t.Fatal(err)
	}
	roots = x509.NewCertPool()
	roots.AddCert(parsed)
	return server, roots
}

func TestTheDoctorSeesForHowLongACertificateIsValid(t *testing.T) {
	for name, c := range map[string]struct {
		left    time.Duration
		trusted bool
		proxies []string
		says    string // a regular expression
	}{
		"for months":                      {90 * 24 * time.Hour, true, []string{"127.0.0.1/32"}, "ok     certificate of PUBLIC_URL\nok     proxies that are believed\n$"},
		"for a week":                      {7 * 24 * time.Hour, true, []string{"127.0.0.1/32"}, `FAULT  certificate of PUBLIC_URL: it is valid until \d{4}-\d\d-\d\d only\n`},
		"for nobody":                      {90 * 24 * time.Hour, false, nil, "FAULT  PUBLIC_URL leads to the API: .*certificate"},
		"by a proxy that nobody believes": {90 * 24 * time.Hour, true, nil, "hint   proxies that are believed: TRUSTED_PROXIES is not set"},
	} {
		t.Run(name, func(t *testing.T) {
			there, roots := certified(t, time.Now().Add(c.left))
			doctor := doctorCommand{settings: settings{PublicURL: there.URL, Proxies: c.proxies}}
			if c.trusted {
				doctor.roots = roots
			}
			if said := diagnosed(t, func(d *diagnosis) { doctor.checkSite(t.Context(), d) }); !regexp.MustCompile(c.says).MatchString(said) {
				t.Errorf("it says\n%s", said)
			}
		})
	}
}

func TestTheDoctorComparesClocks(t *testing.T) {
	for name, c := range map[string]struct {
		ahead time.Duration // of the carrier's clock
		says  string
	}{
		"together":     {0, "ok     clock beside that of the carrier\n"},
		"ahead":        {time.Hour, "FAULT  clock beside that of the carrier: ours is "},
		"behind":       {-time.Hour, "FAULT  clock beside that of the carrier: ours is "},
		"not far away": {-2 * time.Second, "hint   clock beside that of the carrier: ours is "},
	} {
		t.Run(name, func(t *testing.T) {
			carrier := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Date", time.Now().Add(c.ahead).UTC().Format(http.TimeFormat))
				w.WriteHeader(http.StatusUnauthorized)
			}))
			defer carrier.Close()
			doctor := doctorCommand{settings: settings{CarrierURL: carrier.URL}}
			said := diagnosed(t, func(d *diagnosis) { doctor.checkClocks(t.Context(), parts{store: storetest.SQLite(t)}, d) })
			if !strings.HasPrefix(said, "ok     clock beside that of the database\n") || !strings.Contains(said, c.says) {
				t.Errorf("it says\n%s", said)
			}
		})
	}
}

func TestAClockIsBehindAtLeast(t *testing.T) {
	at := func(s float64) time.Time { return time.Unix(0, 0).Add(time.Duration(s * float64(time.Second))) }
	for name, c := range map[string]struct{ before, after, from, to, want float64 }{
		"within":                     {10, 11, 10.5, 10.5, 0},
		"behind":                     {10, 11, 14, 15, 3},
		"ahead":                      {10, 11, 6, 7, -3},
		"in the second that is told": {10.2, 10.3, 10, 11, 0},
	} {
		if got := behind(at(c.before), at(c.after), at(c.from), at(c.to)); got.Seconds() != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestTheDoctorAsksWhoeverWatches(t *testing.T) {
	there := httptest.NewServer(apiThat(map[string]http.HandlerFunc{"GET /metrics": statusOnly(http.StatusOK)}))
	defer there.Close()
	collector := httptest.NewServer(statusOnly(http.StatusForbidden))
	defer collector.Close()
	said := diagnosed(t, func(d *diagnosis) {
		doctor := doctorCommand{settings: settings{MetricsListen: there.Listener.Addr().String(), Retention: "calls=400d"}}
		doctor.checkWatching(t.Context(), parts{}, d)
	})
	if said != "ok     metrics\nok     retention\n" {
		t.Errorf("it says\n%s", said)
	}
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.URL)
	tracing, err := telemetry.FromEnvironment(t.Context(), "v1", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	said = diagnosed(t, func(d *diagnosis) {
		doctor := doctorCommand{settings: settings{MetricsListen: "127.0.0.1:1"}}
		doctor.checkWatching(t.Context(), parts{tracing: tracing}, d)
	})
	if !regexp.MustCompile(`^hint   metrics: .*refused\n.*\nFAULT  collector of traces: .*403.*\n.*\nhint   retention: RINGDOWN_RETENTION is not set`).MatchString(said) {
		t.Errorf("it says\n%s", said)
	}
}

func TestAnAddressIsAskedFromHere(t *testing.T) {
	for listen, want := range map[string]string{
		"127.0.0.1:9464": "127.0.0.1:9464", ":9464": "127.0.0.1:9464", "0.0.0.0:9464": "127.0.0.1:9464", "[::]:9464": "127.0.0.1:9464", "api-1:9464": "api-1:9464",
	} {
		if got, err := here(listen); got != want || err != nil {
			t.Errorf("%s is asked at %s (%v)", listen, got, err)
		}
	}
}
