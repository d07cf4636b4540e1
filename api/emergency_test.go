package api

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ringdown/ringdown/activities/twilio"
	"github.com/ringdown/ringdown/api/twiml"
	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
	"github.com/ringdown/ringdown/models/store/storetest"
	"github.com/ringdown/ringdown/simulator"
)

// diversion is the document that connects to a number in a language's own words. It shows the number
// that was called, because it is the same for callers who have none to show.
func diversion(language string, emergency, called models.Phone) string {
	return string(twiml.Words{Language: language}.Divert(emergency, called))
}

// restSite is where the carrier reaches the API of the tests for people.
const restSite = "https://ringdown.example"

// tryAgain is the document of a route without an emergency number.
var tryAgain = string(twiml.Words{}.Fallback("", "", models.Links{Base: restSite}.VoiceAgain()))

func TestEachChangeOfARouteIsPublished(t *testing.T) {
	t.Parallel()
	client, _ := newFakeCarrier(t, owned)
	rt := newREST(t, client)
	folder := filepath.Join(t.TempDir(), "not", "there", "yet")
	rt.emergency.folder = folder
	number := rt.send(http.MethodPost, "/v1/phone-numbers", supportLine).is(http.StatusCreated).id()
	holds(t, "with a number alone", folder, nil)

	plain := ringing(rt.user(alice))
	with := func(fields string) string { return strings.Replace(plain, "{", "{"+fields+", ", 1) }
	bound := `"phone_number_id": "` + number + `"`
	path := rt.send(http.MethodPost, "/v1/call-routes", with(bound+`, "emergency_number": "+447700900112"`)).
		is(http.StatusCreated).Header().Get("Location")
	holds(t, "with a route", folder, map[string]string{number + ".xml": diversion("en-GB", "+447700900112", "+12025550123")})

	for _, c := range []struct{ when, body, want string }{
		{"with another emergency number", with(bound + `, "emergency_number": "+447700900113"`), diversion("en-GB", "+447700900113", "+12025550123")},
		{"in another language", with(bound + `, "language": "de-DE", "emergency_number": "+447700900113"`), diversion("de-DE", "+447700900113", "+12025550123")},
		{"without an emergency number", with(bound), tryAgain},
		{"in its own words", with(bound + `, "emergency_number": "+447700900113", "phrases": {"diverting": "To the night watch."}`),
			string(twiml.Words{Phrases: map[models.Phrase]string{"diverting": "To the night watch."}}.Divert("+447700900113", "+12025550123"))},
		{"switched off", with(bound + `, "enabled": false`), ""},
		{"switched on again", with(bound), tryAgain},
		{"without its number", plain, ""},
		{"with its number again", with(bound), tryAgain},
	} {
		saved := rt.send(http.MethodPut, path, c.body).is(http.StatusOK)
		if strings.Contains(saved.Body.String(), "published") {
			t.Errorf("%s: %s", c.when, saved.Body)
		}
		want := map[string]string{}
		if c.want != "" {
			want[number+".xml"] = c.want
		}
		holds(t, c.when, folder, want)
	}
	if info, err := os.Stat(filepath.Join(folder, number+".xml")); err != nil || info.Mode() != 0o644 {
		t.Errorf("the host that serves it sees %v, %v", info.Mode(), err)
	}

	if err := os.Rename(folder, folder+"-gone"); err != nil {
		t.Fatal(err)
	}
	rt.send(http.MethodPut, "/v1/phone-numbers/"+number, `{"name": "Hotline"}`).is(http.StatusOK)
	holds(t, "made anew", folder, files(t, folder+"-gone"))

	released, err := rt.store.Number(t.Context(), number)
	released.Status = models.NumberReleased
	if _, err2 := rt.store.UpdateNumber(t.Context(), released, 0); err != nil || err2 != nil {
		t.Fatal(err, err2)
	}
	if err := rt.emergency.publish(t.Context()); err != nil {
		t.Fatal(err)
	}
	holds(t, "without the number", folder, nil)
}

func TestAPublicationThatFailsIsAWarningAndIsTriedAgain(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil)
	inTheWay := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(inTheWay, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	rt.emergency.folder = filepath.Join(inTheWay, "documents")
	number, err := rt.store.CreateNumber(t.Context(), models.PhoneNumber{Number: ourNumber, Status: models.NumberActive})
	if err != nil {
		t.Fatal(err)
	}
	body := strings.Replace(ringing(rt.user(alice)), "{", `{"phone_number_id": "`+number.ID+`", "emergency_number": "+447700900112", `, 1)
	warned := func(r reply) bool {
		t.Helper()
		var saved savedRoute
		r.into(&saved)
		return slices.ContainsFunc(saved.Warnings, func(w models.Warning) bool { return strings.Contains(w.Message, "could not be published") })
	}
	made := rt.send(http.MethodPost, "/v1/call-routes", body).is(http.StatusCreated)
	path := made.Header().Get("Location")
	if !warned(made) || !warned(rt.send(http.MethodPut, path, body).is(http.StatusOK)) {
		t.Errorf("nobody was warned: %s", made.Body)
	}
	if n := strings.Count(rt.log.String(), `"level":"ERROR"`); n != 1 || !strings.Contains(rt.log.String(), "FALLBACK_DIR") {
		t.Errorf("%d errors logged: %s", n, rt.log)
	}
	if err := os.Remove(inTheWay); err != nil {
		t.Fatal(err)
	}
	if mended := rt.send(http.MethodPut, path, body).is(http.StatusOK); warned(mended) {
		t.Errorf("still warned: %s", mended.Body)
	}
	holds(t, "mended", rt.emergency.folder, map[string]string{number.ID + ".xml": diversion("en-GB", "+447700900112", ourNumber)})
	if !strings.Contains(rt.log.String(), "over: emergency documents not published") || numberFamilies.MatchString(rt.log.String()) {
		t.Errorf("logged %s", rt.log)
	}
}

// boundNumber is the id of the number that has the route.
func (wt *webhookTest) boundNumber() string {
	wt.Helper()
	route, err := wt.store.Route(context.Background(), "support")
	wt.must(err)
	return route.PhoneNumberID
}

func TestAProcessPublishesAtItsStartAndEveryTenMinutes(t *testing.T) {
	keeps := func(wt *webhookTest) (folder string, stop func()) {
		folder = filepath.Join(wt.TempDir(), "documents")
		wt.emergency.folder = folder
		ctx, cancel := context.WithCancel(context.Background())
		var kept sync.WaitGroup
		kept.Go(func() { wt.Keep(ctx) })
		synctest.Wait()
		return folder, func() { cancel(); kept.Wait() }
	}
	diverts := func(wt *webhookTest, emergency models.Phone) map[string]string {
		return map[string]string{wt.boundNumber() + ".xml": diversion("de-DE", emergency, ourNumber)}
	}
	inCall(t, "so that a change by another process is seen", func(wt *webhookTest) {
		folder, stop := keeps(wt)
		defer stop()
		holds(wt.T, "at the start", folder, diverts(wt, emergencyNumber))
		wt.edit(func(r *models.Route) { r.EmergencyNumber = "+447700900113" })
		time.Sleep(10*time.Minute - time.Nanosecond)
		synctest.Wait()
		holds(wt.T, "before ten minutes", folder, diverts(wt, emergencyNumber))
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		holds(wt.T, "after ten minutes", folder, diverts(wt, "+447700900113"))
		stop()
		wt.logged()
	})
	inCall(t, "and sooner after a failure", func(wt *webhookTest) {
		folder, stop := keeps(wt)
		defer stop()
		wt.must(os.RemoveAll(folder))
		wt.must(os.WriteFile(folder, nil, 0o600))
		if wt.emergency.publish(context.Background()) == nil { // as when a route is saved
			wt.Error("published into a file")
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		wt.must(os.Remove(folder))
		time.Sleep(30 * time.Second)
		synctest.Wait()
		holds(wt.T, "mended", folder, diverts(wt, emergencyNumber))
		stop()
		wt.logged("emergency documents not published", "over: emergency documents not published") // each once
	})
	inCall(t, "but while the database is away what is published stays", func(wt *webhookTest) {
		folder, stop := keeps(wt)
		defer stop()
		want := diverts(wt, emergencyNumber)
		wt.must(wt.store.Close())
		time.Sleep(time.Hour)
		synctest.Wait()
		holds(wt.T, "without the database", folder, want)
		stop()
		wt.logged("emergency documents not published", "routes not copied")
	})
}

func TestEveryNumberIsPublishedHoweverManyThereAre(t *testing.T) {
	t.Parallel()
	s := storetest.SQLite(t)
	for i := range 205 {
		number, err := s.CreateNumber(t.Context(), models.PhoneNumber{Number: models.Phone(fmt.Sprintf("+12025550%03d", i)), Status: models.NumberActive})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.CreateRoute(t.Context(), models.Route{Name: fmt.Sprint(i), PhoneNumberID: number.ID, Enabled: true}); err != nil {
			t.Fatal(err)
		}
	}
	if documents, err := EmergencyDocuments(t.Context(), s, restSite); err != nil || len(documents) != 205 {
		t.Errorf("%d documents, %v", len(documents), err)
	}
	_, err := all(func(store.Page) ([]int, string, error) { return nil, "more", errAway })
	if !errors.Is(err, errAway) {
		t.Errorf("a page that fails: %v", err)
	}
}

// The simulated carrier refuses what the real one would refuse: the published file, served by a
// host of plain files, is what its callers hear while our site is away.
func TestTheCarrierObeysThePublishedDocument(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, caller string
		emergency    models.Phone
	}{
		{"and connects to the emergency number", callersNumber, emergencyNumber},
		{"and connects a withheld caller too", "anonymous", emergencyNumber},
		{"and rings on until we are back", callersNumber, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			wt := newWebhookTest(t)
			wt.edit(func(r *models.Route) { r.EmergencyNumber = c.emergency })
			away := httptest.NewServer(nil)
			away.Close()
			process := &emergency{store: wt.store, folder: t.TempDir(), public: away.URL, log: wt.Server.log}
			wt.must(process.publish(t.Context()))
			host := httptest.NewServer(http.FileServer(http.Dir(process.folder)))
			t.Cleanup(host.Close)
			carrier := simulator.New(simulator.Config{AccountSID: account, AuthToken: authToken, Speed: 100})
			t.Cleanup(carrier.Close)
			hooks := twilio.WebhooksAt(away.URL, models.EmergencyURL(host.URL, wt.boundNumber()))
			carrier.AddNumber(simulator.Number{
				Phone: ourNumber, VoiceURL: hooks.Voice, VoiceFallbackURL: hooks.Fallback, VoiceFallbackMethod: hooks.FallbackMethod,
			})
			carrier.Script(emergencyNumber, simulator.Script{})
			ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
			defer cancel()
			caller := carrier.Dial(c.caller, ourNumber, simulator.CallerScript{HangUpAfterJoined: 5})
			if c.emergency == "" {
				asksTheHost(ctx, t, carrier)
				comesBack(t, away.Listener.Addr().String())
				_, err := caller.WaitHeard(ctx, "We are back")
				wt.must(err)
			} else {
				wt.must(caller.WaitJoined(ctx))
			}
			<-caller.Done()
			if legs := carrier.Legs(); c.emergency != "" && (len(legs) != 2 || legs[1].Phone() != string(c.emergency)) || c.emergency == "" && len(legs) != 1 {
				t.Errorf("legs %v", legs)
			}
		})
	}
}

// asksTheHost waits until the carrier has asked for the emergency document twice: ours goes back to
// us in between.
func asksTheHost(ctx context.Context, t *testing.T, carrier *simulator.Carrier) {
	t.Helper()
	asked := 0
	for e := range carrier.Events(ctx, 0) {
		if e.Kind == simulator.EventFallback {
			asked++
		}
		if asked == 2 {
			return
		}
	}
	t.Fatal("the carrier never asks for the emergency document")
}

// comesBack has a site answer again at an address.
func comesBack(t *testing.T, address string) {
	t.Helper()
	listener, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	site := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/xml")
		_, _ = io.WriteString(w, "<Response><Say>We are back</Say></Response>")
	}))
	site.Listener = listener
	site.Start()
	t.Cleanup(site.Close)
}
