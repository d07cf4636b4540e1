package twilio

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ringdown/ringdown/models"
)

func TestNewNamesEveryMistakeAtOnceAndNoSecret(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		cfg    Config
		faults []string
	}{
		"all well":           {Config{AccountSID: account, AuthToken: token}, nil},
		"a slash at the end": {Config{AccountSID: account, AuthToken: token, APIURL: "http://127.0.0.1:4010/"}, nil},
		"nothing":            {Config{}, []string{"AccountSID", "AuthToken: is empty"}},
		"swapped":            {Config{AccountSID: token, AuthToken: account}, []string{"AccountSID"}},
		"a line end":         {Config{AccountSID: account, AuthToken: token + "\n"}, []string{"AuthToken"}},
		"no scheme":          {Config{AccountSID: account, AuthToken: token, APIURL: "localhost:4010"}, []string{"APIURL"}},
		"a path":             {Config{AccountSID: account, AuthToken: token, APIURL: "http://localhost/x"}, []string{"APIURL"}},
		"a user":             {Config{AccountSID: account, AuthToken: token, APIURL: "http://a:b@localhost"}, []string{"APIURL"}},
		"no host":            {Config{AccountSID: account, AuthToken: token, APIURL: "http://"}, []string{"APIURL"}},
		"everything wrong":   {Config{AccountSID: "AC", AuthToken: "to ken", APIURL: ":"}, []string{"AccountSID", "AuthToken", "APIURL"}},
	} {
		_, err := New(c.cfg)
		var faults models.Faults
		if errors.As(err, &faults); len(faults) != len(c.faults) {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for i, fault := range faults {
			if !strings.HasPrefix(fault.Error(), c.faults[i]) || strings.Contains(fault.Error(), "to ken") {
				t.Errorf("%s: %v", name, fault)
			}
		}
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		answer func(*carrier, http.ResponseWriter, *http.Request, int)
		class  Class
		shows  string
	}{
		"active":      {says(`{"sid": "` + account + `", "status": "active"}`), "", ""},
		"suspended":   {says(`{"sid": "` + account + `", "status": "suspended"}`), Credentials, "suspended or closed"},
		"wrong token": {always(401, "", refusal(401, 20003)), Credentials, "check account SID and auth token"},
		"a stranger":  {always(200, "", "<html>"), Unknown, "http 200"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, carrier := newCarrier(t, c.answer)
			err := client.Check(t.Context())
			if ClassOf(err) != c.class || (err != nil && !strings.Contains(err.Error(), c.shows)) {
				t.Errorf("Check = %v", err)
			}
			if got := carrier.got()[0].Path; got != "/2010-04-01/Accounts/"+account+".json" {
				t.Errorf("asked %s", got)
			}
		})
	}
}

// Not parallel, for the environment.
func TestNoEnvironmentVariableMovesTheCarrier(t *testing.T) {
	t.Setenv("TWILIO_EDGE", "dublin")
	t.Setenv("TWILIO_REGION", "ie1")
	client := newClient(t, "")
	var asked []string
	client.transport = roundTrip(func(r *http.Request) (*http.Response, error) {
		asked = append(asked, r.Method+" "+r.URL.Scheme+"://"+r.URL.Host)
		if r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, "/SupportingDocuments") {
			return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader(plain()))}, nil
		}
		return nil, errors.New("no network in tests")
	})
	_ = client.Check(t.Context())
	_, _ = client.Prices(t.Context(), "GB")
	_, _ = client.EnsureDocument(t.Context(), aName, aFiledDocument)
	want := []string{
		"GET https://api.twilio.com", "GET https://pricing.twilio.com",
		"GET https://numbers.twilio.com", "POST https://numbers-upload.twilio.com",
	}
	if !slices.Equal(asked, want) {
		t.Errorf("asked %v", asked)
	}
}

func TestAPIURLGetsTheRequestsOfAllHosts(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var got []string
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		got = append(got, "http://"+r.Host+r.URL.String())
	}))
	defer server.Close()
	client := newClient(t, server.URL)
	for i, product := range []string{"api", "numbers", "numbers-upload", "lookups", "pricing"} {
		through := http.Client{Transport: client.carry(t.Context(), new(exchange))}
		answer, err := through.Get("https://" + product + ".twilio.com/v2/" + product + "?Page=1")
		if err != nil {
			t.Fatal(err)
		}
		_ = answer.Body.Close()
		if want := server.URL + "/v2/" + product + "?Page=1"; got[i] != want {
			t.Errorf("asked %s, want %s", got[i], want)
		}
	}
}

func TestEachRequestIsLoggedWithoutNumbers(t *testing.T) {
	t.Parallel()
	client, _ := newCarrier(t, always(400, "", refusal(400, 21211)))
	var log bytes.Buffer
	client.log = slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	_, _ = client.Place(t.Context(), aLeg)
	for _, want := range []string{
		`"level":"DEBUG"`, `"op":"place leg"`, `"status":400`, `"code":21211`, `"class":"refused"`, `"duration":`,
	} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("no %s in %s", want, log.String())
		}
	}
	if strings.Count(log.String(), "\n") != 1 || strings.Contains(log.String(), "2025550123") {
		t.Errorf("logged %s", log.String())
	}
}

func TestEachRequestIsToldOnceItIsOver(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		answer func(*carrier, http.ResponseWriter, *http.Request, int)
		want   string
	}{
		"all is well": {always(201, "", `{"sid": "`+leg1+`"}`), "place leg: "},
		"a refusal":   {always(400, "", refusal(400, 21211)), "place leg: refused"},
		"busy at first": {func(c *carrier, w http.ResponseWriter, r *http.Request, nth int) {
			if nth == 1 {
				always(429, "", refusal(429, 20429))(c, w, r, nth)
				return
			}
			always(201, "", `{"sid": "`+leg1+`"}`)(c, w, r, nth)
		}, "place leg: busy, place leg: "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, carrier := newCarrier(t, c.answer)
			var told []string
			client, err := New(Config{AccountSID: account, AuthToken: token, APIURL: carrier.server.URL, Asked: func(op string, class Class, took time.Duration) {
				if took <= 0 {
					t.Errorf("%s took %v", op, took)
				}
				told = append(told, op+": "+string(class))
			}})
			if err != nil {
				t.Fatal(err)
			}
			_, _ = client.Place(t.Context(), aLeg)
			if got := strings.Join(told, ", "); got != c.want {
				t.Errorf("told %q, want %q", got, c.want)
			}
		})
	}
}

func TestRefusalsDoNotUseUpConnections(t *testing.T) {
	t.Parallel()
	var opened atomic.Int32
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusBadRequest)
		_, _ = w.Write([]byte(refusal(400, 21211)))
		_ = http.NewResponseController(w).Flush() // chunked: the end comes apart from the body
	}))
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			opened.Add(1)
		}
	}
	server.Start()
	defer server.Close()
	client := newClient(t, server.URL)
	for range 20 {
		if _, err := client.Place(t.Context(), aLeg); ClassOf(err) != Refused {
			t.Fatal(err)
		}
	}
	if n := opened.Load(); n != 1 {
		t.Errorf("%d connections for 20 requests one after another", n)
	}
}
