package workflows_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/workflows"
	"go.temporal.io/sdk/temporal"
)

// routed has an alert told to receivers of these types, and linked to an incident.
func (r *raised) routed(types ...models.ReceiverType) {
	r.route = true
	r.carrier.routed = models.Routed{Incidents: []string{"incident-1"}, Labels: []string{"INC-1"}}
	for _, kind := range types {
		r.carrier.routed.Receivers = append(r.carrier.routed.Receivers, models.ReceiverRef{ID: string(kind), Name: string(kind), Type: kind})
	}
}

// heard is what a receiver was told, in order.
func (r *raised) heard(receiver models.ReceiverType) (events []string) {
	for _, d := range r.carrier.delivered {
		if d.ReceiverID == string(receiver) {
			events = append(events, string(d.Event))
		}
	}
	return events
}

// aCall is a call that Alice does not take and Bob does, told to its alert.
func (r *raised) aCall() {
	rung := func(user string, state models.AttemptState) models.Rung {
		return models.Rung{UserID: user, Rings: []models.Ring{{Attempt: user, UserID: user, Name: user, Label: "mobile", At: monday, State: state}}}
	}
	r.told(0, workflows.SignalDialled, rung("alice", models.Ringing))
	r.told(28, workflows.SignalDialled, rung("bob", models.Ringing))
	r.told(40, workflows.SignalAnswered, "bob")
	ended := monday.Add(200 * time.Second)
	r.told(200, workflows.SignalEnded, models.CallEnd{
		Outcome: models.Connected, AnsweredBy: "bob", Dialled: []string{"alice", "bob"}, Whole: true, EndedAt: &ended,
	})
}

func TestReceiversAreToldInOrderAsItHappens(t *testing.T) {
	r := newAlert(t)
	r.routed(models.ReceiverWebhook, models.ReceiverPagerDuty, models.ReceiverAlertmanager)
	r.aCall()
	r.resolves(200)
	for receiver, want := range map[models.ReceiverType][]string{
		models.ReceiverWebhook:      {"raised", "answered", "resolved"},
		models.ReceiverPagerDuty:    {"raised", "answered", "resolved"},
		models.ReceiverAlertmanager: {"raised", "resolved"},
	} {
		if got := r.heard(receiver); !slices.Equal(got, want) {
			t.Errorf("%s is told %q, want %q", receiver, got, want)
		}
	}
	for _, d := range r.carrier.delivered {
		if d.Event == models.EventRaised && (d.Alert.Status != models.AlertFiring || d.Alert.AnsweredBy != "") ||
			d.Event == models.EventResolved && (d.Alert.Status != models.AlertResolved || d.Alert.AnsweredBy != "bob") || d.Tries != 0 {
			t.Errorf("told %s of %+v", d.Event, d.Alert)
		}
	}
}

// The call does not wait until the alert is routed.
func TestWhatHappensBeforeAnAlertIsRoutedIsToldAfterIt(t *testing.T) {
	r := newAlert(t)
	r.routed(models.ReceiverWebhook)
	r.aCall()
	r.carrier.routedAfter = 300 * time.Second
	r.resolves(200) // as the call says
	if got := r.heard(models.ReceiverWebhook); !slices.Equal(got, []string{"raised", "answered", "resolved"}) {
		t.Errorf("told %q", got)
	}
	if first := r.carrier.delivered[0].Alert; first.AnsweredBy != "" || !r.carrier.delivered[0].At.Equal(monday) {
		t.Errorf("raised as %+v", first)
	}
}

func TestAReceiverThatIsAwayGetsEverythingInOrderWhenItIsBack(t *testing.T) {
	r := newAlert(t)
	r.routed(models.ReceiverWebhook, models.ReceiverPagerDuty)
	r.aCall()
	back := monday.Add(time.Hour)
	r.carrier.onDeliver = func(d models.Delivery) error {
		if d.ReceiverID == string(models.ReceiverWebhook) && r.env.Now().Before(back) {
			return errors.New("away")
		}
		return nil
	}
	r.resolves(200) // at which it is recorded, whoever is away
	want := []string{"raised", "answered", "resolved"}
	if got := r.heard(models.ReceiverWebhook); !slices.Equal(got, want) {
		t.Errorf("who was away is told %q, want %q", got, want)
	}
	if first := r.carrier.delivered[0]; first.ReceiverID != string(models.ReceiverPagerDuty) {
		t.Errorf("the other receiver waited: %+v", first)
	}
	if after := r.env.Now().Sub(monday); after < time.Hour || after > 75*time.Minute {
		t.Errorf("all was told after %v", after)
	}
}

func TestWhatAReceiverRefusesIsNotRepeatedAndKeepsNothingElse(t *testing.T) {
	r := newAlert(t)
	r.routed(models.ReceiverWebhook)
	r.aCall()
	tries := map[models.AlertEvent]int{}
	r.carrier.onDeliver = func(d models.Delivery) error {
		if tries[d.Event]++; d.Event == models.EventAnswered {
			return temporal.NewNonRetryableApplicationError("refused", "refused_by_receiver", nil)
		}
		return nil
	}
	r.resolves(200)
	if got := r.heard(models.ReceiverWebhook); !slices.Equal(got, []string{"raised", "resolved"}) || tries[models.EventAnswered] != 1 || len(r.carrier.givenUp) != 0 {
		t.Errorf("told %q, tries %v, given up %v", got, tries, r.carrier.givenUp)
	}
}

func TestAfterADayADeliveryIsGivenUp(t *testing.T) {
	r := newAlert(t)
	r.routed(models.ReceiverWebhook)
	r.aCall()
	r.carrier.onDeliver = func(models.Delivery) error { return errors.New("away for good") }
	r.resolves(200)
	var given []string
	for _, d := range r.carrier.givenUp {
		given = append(given, string(d.Event))
	}
	if want := []string{"raised", "answered", "resolved"}; !slices.Equal(given, want) {
		t.Errorf("given up %q, want %q", given, want)
	}
	if after := r.env.Now().Sub(monday); after < models.DeliverWithin || after > models.DeliverWithin+10*time.Minute {
		t.Errorf("given up after %v", after)
	}
}

func TestAnAlertWithoutReceiversAndIncidentsIsWrittenAsOftenAsBefore(t *testing.T) {
	r := newAlert(t)
	r.route = true
	r.aCall()
	r.resolves(200)
	if n := len(r.carrier.alerts); n != 3 {
		t.Errorf("written %d times, want as it is raised, answered and resolved", n)
	}
}

// An incident's people are invited the moment they are rung.
func TestAnAlertOfAnIncidentIsWrittenAtEachRing(t *testing.T) {
	r := newAlert(t)
	r.routed()
	var rung []string
	r.aCall()
	for _, when := range []float64{1, 29} {
		r.env.RegisterDelayedCallback(func() {
			rung = append(rung, strings.Join(r.carrier.alerts[len(r.carrier.alerts)-1].Dialled, " "))
		}, seconds(when))
	}
	r.resolves(200)
	if diff := cmp.Diff([]string{"alice", "alice bob"}, rung); diff != "" {
		t.Error(diff)
	}
}

func TestACancelledAlertTellsReceiversAllTheSame(t *testing.T) {
	r := newAlert(t)
	r.routed(models.ReceiverWebhook)
	r.env.RegisterDelayedCallback(r.env.CancelWorkflow, seconds(40))
	r.cancelled()
	if got := r.heard(models.ReceiverWebhook); !slices.Equal(got, []string{"raised", "resolved"}) {
		t.Errorf("told %q", got)
	}
}

func TestAMessageThatComesLateIsToldToReceivers(t *testing.T) {
	r := newAlert(t)
	r.routed(models.ReceiverWebhook, models.ReceiverPagerDuty)
	pending := ready("RE1", 20)
	pending.Transcribe = models.TranscriptPending
	r.told(100, workflows.SignalEnded, ended(models.Voicemailed, pending))
	r.told(400, workflows.SignalEnded, ended(models.Voicemailed, transcript("The database is down.")))
	r.resolves(100)
	if got := r.heard(models.ReceiverWebhook); !slices.Equal(got, []string{"raised", "resolved", "updated"}) {
		t.Errorf("the webhook is told %q", got)
	}
	if got := r.heard(models.ReceiverPagerDuty); !slices.Equal(got, []string{"raised", "resolved"}) {
		t.Errorf("PagerDuty is told %q", got)
	}
	if last := r.carrier.delivered[len(r.carrier.delivered)-1]; last.Alert.Voicemail.Transcript != "The database is down." {
		t.Errorf("told of %+v", last.Alert.Voicemail)
	}
}

func TestWhatAReceiverHasNotTakenIsToldAgainInOrder(t *testing.T) {
	r := newAlert(t)
	for _, event := range []models.AlertEvent{models.EventRaised, models.EventResolved} {
		r.carrier.undelivered = append(r.carrier.undelivered, models.Delivery{
			ID: string(event), ReceiverID: "webhook", At: monday.Add(-48 * time.Hour), Event: event, Status: models.DeliveryFailed, Tries: 1,
		})
	}
	tries := 0
	r.carrier.onDeliver = func(d models.Delivery) error {
		if tries++; tries < 5 {
			return errors.New("away")
		}
		if !d.At.Equal(monday.Add(-48 * time.Hour)) {
			t.Errorf("it happened at %v", d.At)
		}
		return nil
	}
	r.env.ExecuteWorkflow(workflows.Redeliver, workflows.Redelivery{AlertID: "alert-1", Receiver: models.ReceiverRef{ID: "webhook"}})
	if err := r.env.GetWorkflowError(); err != nil || tries != 6 || !slices.Equal(r.heard(models.ReceiverWebhook), []string{"raised", "resolved"}) {
		t.Errorf("%d tries, told %q (%v)", tries, r.heard(models.ReceiverWebhook), err)
	}
}

// What waits behind a receiver that is away is in the list of deliveries all the same.
func TestDeliveriesAreExpectedAsThingsHappen(t *testing.T) {
	r := newAlert(t)
	r.routed(models.ReceiverWebhook, models.ReceiverAlertmanager)
	r.aCall()
	r.carrier.onDeliver = func(models.Delivery) error { return errors.New("away") }
	var expected []string
	r.env.RegisterDelayedCallback(func() {
		for _, d := range r.carrier.expected {
			expected = append(expected, d.ReceiverID+" "+string(d.Event))
		}
	}, 201*time.Second)
	r.resolves(200)
	if want := []string{"webhook answered", "webhook resolved", "alertmanager resolved"}; !slices.Equal(expected, want) { // raised is, as the alert is raised
		t.Errorf("expected %q, want %q", expected, want)
	}
}

func TestAnAlertThatIsCancelledAsItResolvesIsWrittenAsResolved(t *testing.T) {
	r := newAlert(t)
	r.route = true
	r.aCall()
	r.carrier.onResolve = r.env.CancelWorkflow // while the row is written
	r.env.ExecuteWorkflow(workflows.Alert, models.Raised{AlertID: "alert-1", CallSID: callSID, StartedAt: monday, Route: true})
	last := r.carrier.alerts[len(r.carrier.alerts)-1]
	if last.Status != models.AlertResolved || last.Outcome != models.Connected {
		t.Errorf("the alert is written as %+v", last)
	}
}

func TestAnAlertResolvesWhenItsCallEnded(t *testing.T) {
	r := newAlert(t)
	at := monday.Add(42 * time.Second)
	r.told(200, workflows.SignalEnded, models.CallEnd{Outcome: models.Connected, Whole: true, EndedAt: &at}) // we were away
	r.resolves(42)
}
