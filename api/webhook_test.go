package api

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
	"github.com/ringdown/ringdown/models/store/storetest"
)

const (
	site      = "https://ringdown.example"
	authToken = "0123456789abcdef0123456789abcdef"

	ourNumber       = "+12025550199"
	unboundNumber   = "+12025550198"
	releasedNumber  = "+12025550197"
	callersNumber   = "+447700900111"
	emergencyNumber = "+447700900112"
	alicesNumber    = "+447700900123"
)

var (
	callerLeg    = "CA" + strings.Repeat("c", 32) // CALL in what tests expect
	anotherCall  = "CA" + strings.Repeat("a", 32)
	responderLeg = "CA" + strings.Repeat("d", 32) // LEG in what tests expect
)

// webhookTest is the server with a database and a Temporal of its own, and a carrier that signs.
type webhookTest struct {
	*testing.T
	*Server
	temporal *fakeTemporal
	log      *bytes.Buffer
	store    *store.Store
}

// inCall runs one case with a server of its own. Time passes only while everybody waits, so that
// waiting takes none and is measured to the nanosecond.
func inCall(t *testing.T, name string, f func(wt *webhookTest)) {
	t.Helper()
	t.Run(name, func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) { f(newWebhookTest(t)) })
	})
}

func newWebhookTest(t *testing.T) *webhookTest {
	t.Helper()
	wt := &webhookTest{T: t, temporal: &fakeTemporal{}, log: &bytes.Buffer{}, store: storetest.SQLite(t)}
	server, err := New(Config{
		Store: wt.store, Temporal: wt.temporal, Namespace: "default", AuthTokens: []string{authToken}, PublicURL: site,
		Log: slog.New(slog.NewJSONHandler(wt.log, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	wt.Server = server
	wt.setUp()
	t.Cleanup(func() {
		wt.Drain()
		if number := numberFamilies.Find(wt.log.Bytes()); number != nil {
			t.Errorf("the log holds the number %s: %s", number, wt.log)
		}
	})
	return wt
}

// numberFamilies match every phone number of the tests, whole or without its country.
var numberFamilies = regexp.MustCompile(`2025550\d{3}|7700900\d{3}|266696687`)

// setUp makes a route that rings Alice, a number without a route, and one that was given back.
func (wt *webhookTest) setUp() {
	wt.Helper()
	ctx := context.Background()
	alice, err := wt.store.CreateUser(ctx, models.User{
		ID: "alice", Name: "Alice", Email: "alice@example.com", OnCallLicence: true, Active: true,
		Phones: []models.UserPhone{{Label: "mobile", Number: alicesNumber}},
	})
	wt.must(err)
	bound := ""
	for _, n := range []models.PhoneNumber{
		{Number: unboundNumber, Status: models.NumberActive},
		{Number: releasedNumber, Status: models.NumberReleased},
		{Number: ourNumber, Status: models.NumberActive},
	} {
		n, err = wt.store.CreateNumber(ctx, n)
		wt.must(err)
		bound = n.ID
	}
	_, err = wt.store.CreateRoute(ctx, models.Route{
		ID: "support", Name: "Support", PhoneNumberID: bound, Enabled: true, Language: "de-DE",
		Levels: []models.Level{{Targets: []models.Target{{Type: models.TargetUser, UserID: alice.ID}}}},
		Accept: models.Acceptance{Required: true, Key: "1"}, EmergencyNumber: emergencyNumber,
	}.Defaults())
	wt.must(err)
}

func (wt *webhookTest) must(err error) {
	wt.Helper()
	if err != nil {
		wt.Fatal(err)
	}
}

// edit changes the route.
func (wt *webhookTest) edit(change func(r *models.Route)) {
	wt.Helper()
	route, err := wt.store.Route(context.Background(), "support")
	wt.must(err)
	change(&route)
	_, err = wt.store.UpdateRoute(context.Background(), route, 0)
	wt.must(err)
}

// passes moves the server's clock.
func (wt *webhookTest) passes(d time.Duration) {
	now := func() time.Time { return time.Now().Add(d) }
	wt.now, wt.routes.now = now, now
}

// rows are the calls on record, once everything is written.
func (wt *webhookTest) rows() []models.Call {
	wt.Helper()
	wt.Drain()
	calls, _, err := wt.store.Calls(context.Background(), store.CallFilter{}, store.Page{})
	wt.must(err)
	return calls
}

// logged checks which messages were logged, in order, since it was last asked.
func (wt *webhookTest) logged(want ...string) {
	wt.Helper()
	wt.Drain()
	var got []string
	for line := range bytes.Lines(wt.log.Bytes()) {
		var entry struct{ Msg string }
		wt.must(json.Unmarshal(line, &entry))
		got = append(got, entry.Msg)
	}
	if !slices.Equal(got, want) {
		wt.Errorf("logged %q, want %q", got, want)
	}
	if number := numberFamilies.Find(wt.log.Bytes()); number != nil {
		wt.Errorf("the log holds the number %s: %s", number, wt.log)
	}
	wt.log.Reset()
}

// form is a form from names and values by turns; CALL and LEG in a value are the ids of the two legs.
func form(namesAndValues ...string) url.Values {
	form := url.Values{}
	for i := 0; i < len(namesAndValues); i += 2 {
		form.Add(namesAndValues[i], withIDs(namesAndValues[i+1]))
	}
	return form
}

// arriving is the form of a new call, with changes, names and values by turns.
func arriving(changes ...string) url.Values {
	f := form("CallSid", "CALL", "From", callersNumber, "To", ourNumber, "CallStatus", "ringing", "Direction", "inbound",
		"FromCountry", "GB", "StirVerstat", "TN-Validation-Passed-A", "CallerName", "")
	for i := 0; i < len(changes); i += 2 {
		f.Set(changes[i], withIDs(changes[i+1]))
	}
	return f
}

func withIDs(s string) string {
	return strings.NewReplacer("CALL", callerLeg, "LEG", responderLeg).Replace(s)
}

func withoutIDs(s string) string {
	return strings.NewReplacer(callerLeg, "CALL", responderLeg, "LEG").Replace(s)
}

// post is a webhook as the carrier sends it. headers are name and value in turn.
func (wt *webhookTest) post(target string, form url.Values, headers ...string) *httptest.ResponseRecorder {
	wt.Helper()
	target = withIDs(target)
	return wt.send(target, form.Encode(), append([]string{"X-Twilio-Signature", sign(authToken, site+target, form)}, headers...)...)
}

// answersWithin is how soon every webhook is answered.
const answersWithin = 2 * time.Second

func (wt *webhookTest) send(target, body string, headers ...string) *httptest.ResponseRecorder {
	wt.Helper()
	r := httptest.NewRequest(http.MethodPost, target, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=UTF-8")
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	return wt.do(r)
}

func (wt *webhookTest) do(r *http.Request) *httptest.ResponseRecorder {
	wt.Helper()
	asked, w := time.Now(), httptest.NewRecorder()
	wt.ServeHTTP(w, r)
	if took := time.Since(asked); took > answersWithin {
		wt.Errorf("%s was answered after %v", r.URL.Path, took)
	}
	return w
}

// hears checks that an answer is the document that outline tells as want.
func (wt *webhookTest) hears(want string, w *httptest.ResponseRecorder) {
	wt.Helper()
	if w.Code != http.StatusOK || w.Header().Get("Content-Type") != "text/xml; charset=utf-8" {
		wt.Errorf("answered %d %s, not a document", w.Code, w.Header().Get("Content-Type"))
	}
	if got := outline(wt.T, w.Body.Bytes()); got != want {
		wt.Errorf("the leg hears\n%s, want\n%s", got, want)
	}
}

// ends checks an answer without a document.
func (wt *webhookTest) ends(code int, w *httptest.ResponseRecorder) {
	wt.Helper()
	if w.Code != code || w.Body.Len() > 0 {
		wt.Errorf("answered %d with %q, want %d with nothing", w.Code, w.Body, code)
	}
}

func TestAMalformedWebhookChangesNothing(t *testing.T) {
	const over, noService = "Say de-DE over, Hangup", "Say en-GB no_service, Hangup"
	const nothingKnown, unusable = "webhook about nothing known", "call without a usable id"
	id := func(sid string) url.Values { return arriving("CallSid", sid, "CallStatus", "completed") }
	for _, c := range []struct {
		name, target string
		form         url.Values
		want, logged string
	}{
		{"a call without an id", "/twilio/voice", id(""), noService, unusable},
		{"a call with a short id", "/twilio/voice", id("CA123"), noService, unusable},
		{"a call with a long id", "/twilio/voice", id("CALLc"), noService, unusable},
		{"a call with an id that is no hex", "/twilio/voice", id("CA" + strings.Repeat("g", 32)), noService, unusable},
		{"a call with a line end in its id", "/twilio/voice", id("CALL\n"), noService, unusable},
		{"a call with a path for an id", "/twilio/voice", id("CALL/../1"), noService, unusable},
		{"a message instead of a call", "/twilio/voice", id("SM" + strings.Repeat("c", 32)), noService, unusable},
		{"an empty form", "/twilio/voice", nil, noService, unusable},
		{"a status without an id", "/twilio/status?lang=de-DE", id(""), over, nothingKnown},
		{"a status of a message", "/twilio/status?lang=de-DE", id("SM" + strings.Repeat("c", 32)), over, nothingKnown},
		{"a gate of no call", "/twilio/gate/CA1?lang=de-DE&try=1", id("CALL"), over, nothingKnown},
		{"a gate without its try", "/twilio/gate/CALL?lang=de-DE", id("CALL"), over, nothingKnown},
		{"a gate with a word for a try", "/twilio/gate/CALL?lang=de-DE&try=one", id("CALL"), over, nothingKnown},
		{"a gate with an endless try", "/twilio/gate/CALL?lang=de-DE&try=" + strings.Repeat("9", 100), id("CALL"), over, nothingKnown},
		{"nobody for no call", "/twilio/nobody/CALLc?lang=de-DE", id("CALL"), over, nothingKnown},
		{"no call is done", "/twilio/caller-done/-?lang=de-DE", id("CALL"), over, nothingKnown},
		{"a leg of no call", "/twilio/leg/CA/1.alice.1.1?lang=de-DE", id("LEG"), over, nothingKnown},
		{"a leg without an id", "/twilio/leg/CALL/1.alice.1.1?lang=de-DE", id(""), over, nothingKnown},
		{"a leg of more than an attempt", "/twilio/leg/CALL/1.alice.1.1/x?lang=de-DE", id("LEG"), over, nothingKnown},
		{"a leg of half an attempt", "/twilio/leg/CALL/1.alice?lang=de-DE", id("LEG"), over, nothingKnown},
		{"a leg of an attempt in level 1000", "/twilio/leg/CALL/1000.alice.1.1?lang=de-DE", id("LEG"), over, nothingKnown},
		{"a leg of an attempt with a slash", "/twilio/leg/CALL/1.al%2Fice.1.1?lang=de-DE", id("LEG"), over, nothingKnown},
		{"a leg of an attempt with a number", "/twilio/leg/CALL/1.%2B447700900123.1.1?lang=de-DE", id("LEG"), over, nothingKnown},
		{"a leg of a very long attempt", "/twilio/leg/CALL/1." + strings.Repeat("a", 65) + ".1.1?lang=de-DE", id("LEG"), over, nothingKnown},
		{"a key without its hearing", "/twilio/accept/CALL/1.alice.1.1?lang=de-DE", id("LEG"), over, nothingKnown},
		{"a key for no attempt", "/twilio/accept/CALL/-?hearing=1&lang=de-DE", id("LEG"), over, nothingKnown},
		{"a key of no leg", "/twilio/accept/CALL/1.alice.1.1?hearing=1&lang=de-DE", id("x"), over, nothingKnown},
		{"the end of no attempt", "/twilio/leg-status/CALL/..?lang=de-DE", id("LEG"), over, nothingKnown},
		{"the end of no leg", "/twilio/leg-status/CALL/1.alice.1.1?lang=de-DE", id("x"), over, nothingKnown},
		{"a message of no call", "/twilio/voicemail-done/CA1?lang=de-DE", recorded(), over, nothingKnown},
		{"a message of a call with a longer id", "/twilio/voicemail-done/CALLc?lang=de-DE", recorded(), over, nothingKnown},
		{"a recording of no call", "/twilio/recording/CA1?lang=de-DE", recorded("RecordingStatus", "completed"), over, nothingKnown},
		{"a transcript of no call", "/twilio/transcript/-?lang=de-DE", id("CALL"), over, nothingKnown},
		{"the end of a forwarded call that is none", "/twilio/forward-done/+12025550199?lang=de-DE", id("CALL"), over, nothingKnown},
		{"a diversion of no call", "/twilio/divert/CA1?lang=de-DE", id("CALL"), over, nothingKnown},
		{"a language that nobody speaks", "/twilio/gate/x?lang=%00%3Cx%3E", id("CALL"), "Say en-GB over, Hangup", nothingKnown},
	} {
		inCall(t, c.name, func(wt *webhookTest) {
			wt.hears(c.want, wt.post(c.target, c.form))
			wt.logged(c.logged)
			wt.asks()
			if rows := wt.rows(); len(rows) > 0 {
				wt.Errorf("%d calls are on record", len(rows))
			}
		})
	}
}

func TestEveryWebhookThatThereIsAsksForASignature(t *testing.T) {
	inCall(t, "before anything is looked at", func(wt *webhookTest) {
		wt.must(wt.store.Close())
		asked := 0
		for _, route := range wt.echo.Routes() {
			if !strings.HasPrefix(route.Path, "/twilio/") {
				continue
			}
			asked++
			target := strings.NewReplacer(":call", callerLeg, ":attempt", "1.alice.1.1", ":request", aRequest).Replace(route.Path)
			form := recorded("RecordingStatus", "completed", "TranscriptionStatus", "completed", "DialCallStatus", "completed")
			for name, signature := range map[string]string{"none": "", "another token's": sign("another token", site+target, form)} {
				if w := wt.send(target, url.Values(form).Encode(), "X-Twilio-Signature", signature); w.Code != http.StatusForbidden || w.Body.Len() > 0 {
					wt.Errorf("%s with %s: %d %s", target, name, w.Code, w.Body)
				}
				wt.logged("webhook with a false signature")
				wt.asks()
			}
		}
		if asked != 15 {
			wt.Errorf("%d webhooks", asked)
		}
	})
}

func TestWhatNoWebhookLooksLikeIsTurnedAway(t *testing.T) {
	inCall(t, "a form of a megabyte", func(wt *webhookTest) {
		f := arriving("CallToken", strings.Repeat("x", 1<<20))
		if w := wt.post("/twilio/voice", f); w.Code != http.StatusRequestEntityTooLarge {
			wt.Errorf("answered %d", w.Code)
		}
		wt.logged("webhook not read")
		wt.asks()
	})
	inCall(t, "a form of the greatest size is taken", func(wt *webhookTest) {
		f := arriving("CallToken", "")
		f.Set("CallToken", strings.Repeat("x", webhookLimit-len(f.Encode())))
		wt.temporal.answer = models.Answer{Do: models.DoReject}
		wt.hears("Reject", wt.post("/twilio/voice", f))
	})
	inCall(t, "a form that does not decode is taken as it stands", func(wt *webhookTest) {
		const body = "Digits=%zz&%=%&&;=a;b&CallSid="
		target := withIDs("/twilio/gate/CALL?lang=de-DE&try=1")
		wt.temporal.answer = models.Answer{Do: models.DoReject}
		wt.hears("Reject", wt.send(target, body+callerLeg, "X-Twilio-Signature", sign(authToken, site+target, url.Values{
			"Digits": {"%zz"}, "%": {"%"}, ";": {"a;b"}, "CallSid": {callerLeg},
		})))
		wt.asks("update call/CALL gate gate/1 {Try:1 Digits:%zz}")
	})
	inCall(t, "another method", func(wt *webhookTest) {
		for _, target := range everyWebhook {
			for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPut, http.MethodDelete} {
				target := withIDs(target)
				r := httptest.NewRequest(method, target, nil)
				r.Header.Set("X-Twilio-Signature", sign(authToken, site+target, nil))
				if w := wt.do(r); w.Code != http.StatusMethodNotAllowed {
					wt.Errorf("%s %s: %d", method, target, w.Code)
				}
			}
		}
		wt.logged()
		wt.asks()
	})
	inCall(t, "another address", func(wt *webhookTest) {
		for _, target := range []string{
			"/twilio", "/twilio/", "/twilio/sms", "/twilio/voice/", "/twilio/voice/x", "/twilio/gate", "/twilio/leg/CALL",
			"/twilio/leg/CALL/", "//twilio/voice", "/Twilio/Voice", "/twilio/../twilio/voice", "/twilio/voice%3Ftry=1",
		} {
			if w := wt.post(target, arriving()); w.Code != http.StatusNotFound {
				wt.Errorf("%s: %d", target, w.Code)
			}
		}
		wt.logged()
		wt.asks()
	})
}

func TestAThousandKeysAreNotAllPassedOn(t *testing.T) {
	keys := form("CallSid", "LEG", "Digits", strings.Repeat("1234567890", 100))
	for target, want := range map[string]string{
		"/twilio/gate/CALL?lang=de-DE&try=1":                   "update call/CALL gate gate/1 {Try:1 Digits:%s}",
		"/twilio/accept/CALL/1.alice.1.1?hearing=1&lang=de-DE": "update call/CALL accept accept/1.alice.1.1/1/LEG {Attempt:1.alice.1.1 Leg:LEG Hearing:1 Digits:%s}",
	} {
		inCall(t, target, func(wt *webhookTest) {
			wt.temporal.answer = models.Answer{Do: models.DoReject}
			wt.hears("Reject", wt.post(target, keys))
			wt.asks(fmt.Sprintf(want, "12345678901234567890123456789012"))
		})
	}
}
