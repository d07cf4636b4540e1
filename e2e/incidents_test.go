package e2e

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
)

// declares makes an alert route for the calls to this line alone.
func (l *line) declares(settings ...func(*models.IncidentRule)) models.AlertRoute {
	l.t.Helper()
	r := models.AlertRoute{Name: l.route.Name, Enabled: true, Conditions: l.itself(), Incident: models.IncidentRule{Declare: true, StartInTriage: true}}
	for _, set := range settings {
		set(&r.Incident)
	}
	r, err := l.s.store.CreateAlertRoute(l.t.Context(), r.Defaults())
	if err != nil {
		l.t.Fatal(err)
	}
	return r
}

// incidents are those of an alert route, the newest first.
func (l *line) incidents(r models.AlertRoute) []models.Incident {
	l.t.Helper()
	incidents, _, err := l.s.store.Incidents(l.t.Context(), store.IncidentFilter{AlertRouteID: r.ID}, store.Page{})
	if err != nil {
		l.t.Fatal(err)
	}
	return incidents
}

// incident is the only one of an alert route.
func (l *line) incident(r models.AlertRoute) models.Incident {
	l.t.Helper()
	incidents := l.incidents(r)
	if len(incidents) != 1 {
		l.t.Fatalf("%d incidents, want 1: %+v", len(incidents), incidents)
	}
	return incidents[0]
}

// comes waits for what is to become true while nothing else is done.
func (l *line) comes(what string, is func() bool) {
	l.t.Helper()
	ctx, cancel := context.WithTimeout(l.t.Context(), patience)
	defer cancel()
	for !is() {
		if ctx.Err() != nil {
			l.t.Fatalf("it does not come to this: %s", what)
		}
		time.Sleep(5 * time.Millisecond) // until it is asked again
	}
}

// invited waits until somebody is a participant of the only incident of an alert route.
func (l *line) invited(r models.AlertRoute, name string) models.Participant {
	l.t.Helper()
	var found models.Participant
	l.comes(name+" is invited", func() bool {
		for _, i := range l.incidents(r) {
			all, err := l.s.store.Participants(l.t.Context(), i.ID)
			if err != nil {
				l.t.Fatal(err)
			}
			for _, p := range all {
				if p.Name == name {
					found = p
					return true
				}
			}
		}
		return false
	})
	return found
}

func (l *line) said(i models.Incident) (texts []string) {
	l.t.Helper()
	messages, _, err := l.s.store.Messages(l.t.Context(), i.ID, store.Page{})
	if err != nil {
		l.t.Fatal(err)
	}
	for _, m := range messages {
		texts = append(texts, m.Text)
	}
	return texts
}

func TestACallDeclaresAnIncidentAndInvitesPeopleAsTheyAreRung(t *testing.T) {
	each(t, func(t *testing.T, s *system) {
		l := s.line(t, "Alice / Bob / Carol")
		rule := l.declares()
		caller := l.calls()
		alice := l.rung("Alice")
		if p := l.invited(rule, "Alice"); p.Status != models.InvitationSent || p.Why != fmt.Sprintf("was rung by call route %q", l.route.Name) {
			t.Errorf("Alice's invitation: %+v", p)
		}
		alice.rejects()
		bob := l.rung("Bob")
		l.invited(rule, "Bob")
		bob.answers().hears("to take").presses("1").talks()
		caller.talks().hangsUp()
		bob.hears("hung up").ends("completed")
		call := l.ended(models.Connected)

		i := l.incident(rule)
		if i.Status != models.IncidentTriage || i.Name != "Call to "+l.route.Name || i.Channel.Provider != models.ChannelInternal {
			t.Errorf("the incident is %+v", i)
		}
		people, err := s.store.Participants(t.Context(), i.ID)
		if err != nil || len(people) != 2 {
			t.Errorf("%d people are invited, Carol among them: %+v (%v)", len(people), people, err)
		}
		want := []string{"Call to " + l.route.Name + " from " + l.from, "Alice (mobile) is rung.", "Alice (mobile) is busy, or rejected the call.", "Bob (mobile) is rung.", "Bob (mobile) took the call.", "The call ended after"}
		said := l.said(i)
		for n, words := range want {
			if n >= len(said) || !strings.HasPrefix(said[n], words) {
				t.Fatalf("what is said of it is %q, want %q", said, want)
			}
		}
		alert, err := s.store.AlertByCall(t.Context(), call.CarrierCallID)
		if err != nil || alert.ID != call.AlertID || alert.CallID != call.ID || !slices.Equal(alert.IncidentIDs, []string{i.ID}) || len(alert.Rings) != 2 {
			t.Errorf("the alert is %+v (%v)", alert, err)
		}
	})
}

func TestAnIncidentInTriageIsDeclinedWhenItsCallEndsOnlyIfTheAlertRouteSaysSo(t *testing.T) {
	each(t, func(t *testing.T, s *system) {
		l := s.line(t, "Alice", anyRoute)
		rule := l.declares(func(r *models.IncidentRule) { r.DeclineTriageWhenResolved = true })
		caller := l.calls()
		l.rung("Alice").rejects()
		caller.ends("completed")
		l.ended(models.Unanswered)
		if i := l.incident(rule); i.Status != models.IncidentDeclined || i.EndedAt == nil {
			t.Errorf("the incident is %s", i.Status)
		}
	})
}

func TestACallerWhoRingsAgainJoinsTheIncident(t *testing.T) {
	each(t, func(t *testing.T, s *system) {
		l := s.line(t, "Alice")
		rule := l.declares(func(r *models.IncidentRule) {
			r.Grouping = models.Grouping{By: []models.Attribute{models.AttrCaller}, WindowSeconds: 600}
		})
		for range 2 {
			caller := l.calls()
			l.rung("Alice").rejects()
			caller.ends("completed")
			l.comes("the alert has resolved", func() bool {
				alert, err := s.store.AlertByCall(t.Context(), l.leg.SID)
				return err == nil && alert.Status == models.AlertResolved
			})
		}
		i := l.incident(rule)
		alerts, err := s.store.AlertsOf(t.Context(), i.ID)
		if err != nil || len(alerts) != 2 {
			t.Errorf("%d alerts are linked (%v)", len(alerts), err)
		}
		if people, err := s.store.Participants(t.Context(), i.ID); err != nil || len(people) != 1 {
			t.Errorf("Alice is invited %d times (%v)", len(people), err)
		}
	})
}

func TestReceiversHearOfACallInTheirOwnWords(t *testing.T) {
	each(t, func(t *testing.T, s *system) {
		l := s.line(t, "Alice")
		io, pager := l.listens(models.ReceiverIncidentIO), l.listens(models.ReceiverPagerDuty)
		prom, hook := l.listens(models.ReceiverAlertmanager), l.listens(models.ReceiverWebhook)
		caller := l.calls()
		alice := l.rung("Alice").answers().hears("to take").presses("1").talks()
		caller.talks()
		hook.hears(2)
		caller.hangsUp()
		alice.hears("hung up").ends("completed")
		l.ended(models.Connected)
		for _, c := range []struct {
			h     *listener
			place string
			want  []string
		}{
			{io, "status", []string{"firing", "firing", "resolved"}},
			{pager, "event_action", []string{"trigger", "acknowledge", "resolve"}},
			{prom, "labels.alertname", []string{"IncomingCall", "IncomingCall"}},
			{hook, "type", []string{"alert.raised", "alert.answered", "alert.resolved"}},
		} {
			var got []string
			for _, o := range c.h.hears(len(c.want)) {
				got = append(got, o.field(c.place))
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("%s hears %q, want %q", c.h.receiver.Type, got, c.want)
			}
		}
		for place, h := range map[string]*listener{"deduplication_key": io, "dedup_key": pager} {
			for _, o := range h.hears(3) {
				if o.field(place) != h.hears(1)[0].field(place) || o.field(place) == "" {
					t.Errorf("%s hears of %q", h.receiver.Type, o.field(place))
				}
			}
		}
	})
}

// Nothing about receivers is in the way of a call: one answers nothing while it lasts, one answers errors.
func TestAReceiverThatIsAwayChangesNothingAboutACall(t *testing.T) {
	each(t, func(t *testing.T, s *system) {
		l := s.line(t, "Alice Bob")
		slow, broken := l.listens(models.ReceiverWebhook), l.listens(models.ReceiverPagerDuty)
		over := make(chan struct{})
		slow.answer = func(_ int, w http.ResponseWriter, r *http.Request) {
			select {
			case <-over:
			case <-r.Context().Done():
			}
		}
		broken.answer = func(nth int, w http.ResponseWriter, _ *http.Request) {
			if nth <= 2 {
				w.WriteHeader(http.StatusBadGateway)
			}
		}
		caller := l.calls()
		l.rung("Alice").rejects()
		bob := l.rung("Bob").answers().hears("to take").presses("1").talks()
		caller.talks().hangsUp()
		bob.hears("hung up").ends("completed")
		l.comes("the alert has resolved, although one receiver has heard nothing", func() bool {
			alert, err := s.store.AlertByCall(t.Context(), l.leg.SID)
			return err == nil && alert.Status == models.AlertResolved
		})
		close(over)
		slow.hears(3)
		broken.hears(3)
		l.ended(models.Connected)
	})
}

func TestWhatAReceiverRefusesIsADeadLetterThatCanBeSentAgain(t *testing.T) {
	each(t, func(t *testing.T, s *system) {
		l := s.line(t, "Alice")
		pager := l.listens(models.ReceiverPagerDuty)
		pager.answer = func(nth int, w http.ResponseWriter, _ *http.Request) {
			if nth == 2 { // the resolve
				w.WriteHeader(http.StatusUnauthorized)
			}
		}
		caller := l.calls()
		l.rung("Alice").rejects()
		caller.ends("completed")
		call := l.ended(models.Unanswered)
		failed, _, err := s.store.Deliveries(t.Context(), store.DeliveryFilter{AlertID: call.AlertID, Status: models.DeliveryFailed}, store.Page{})
		if err != nil || len(failed) != 1 || failed[0].Event != models.EventResolved || failed[0].LastStatus != http.StatusUnauthorized || failed[0].Tries != 1 {
			t.Fatalf("dead letters %+v (%v)", failed, err)
		}
		if status := s.post(t, "/v1/deliveries/"+failed[0].ID+"/resend"); status != http.StatusAccepted {
			t.Errorf("sending it again is answered %d", status)
		}
		if heard := pager.hears(2); heard[1].field("event_action") != "resolve" {
			t.Errorf("told %+v", heard)
		}
	})
}

// post asks for something of the REST API.
func (s *system) post(t *testing.T, path string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.public+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+adminKey)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	return res.StatusCode
}
