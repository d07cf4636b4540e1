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
	"github.com/ringdown/ringdown/simulator"
	"github.com/ringdown/ringdown/workflows"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/history/v1"
)

// line is one number with its route and its people, for one test alone.
type line struct {
	t      *testing.T
	s      *system
	number string
	route  models.Route
	people map[string]*phone
	from   string
	leg    *simulator.Leg // the caller's
}

// phone is a phone on a table, or in the hand of who picked it up.
type phone struct {
	t      *testing.T
	s      *system
	number string
	leg    *simulator.Leg
	rung   bool // the test expects it to ring
}

// person makes somebody with one phone, which does nothing by itself.
func (s *system) person(t *testing.T, name string) (models.User, *phone) {
	t.Helper()
	p := &phone{t: t, s: s, number: s.fresh()}
	s.carrier.Script(p.number, simulator.Script{Answer: simulator.Manual})
	user, err := s.store.CreateUser(t.Context(), models.User{
		Name: name, Email: name + p.number[1:] + "@example.com", TimeZone: "Europe/London",
		Phones: []models.UserPhone{{Label: "mobile", Number: models.Phone(p.number)}}, OnCallLicence: true, Active: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	return user, p
}

// fresh is a number that nobody has yet, of those reserved for fiction.
func (s *system) fresh() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.numbers++
	return fmt.Sprintf("+1%d55501%02d", 202+s.numbers/100, s.numbers%100)
}

// line makes a number that rings the named people, level by level: "alice bob / carol". Each
// setting changes the route before it is stored.
func (s *system) line(t *testing.T, levels string, settings ...func(*models.Route)) *line {
	t.Helper()
	l := &line{t: t, s: s, number: s.fresh(), people: map[string]*phone{}, from: s.fresh()}
	s.carrier.AddNumber(simulator.Number{Phone: l.number, VoiceURL: s.public + "/twilio/voice", StatusCallback: s.public + "/twilio/status"})
	number, err := s.store.CreateNumber(t.Context(), models.PhoneNumber{Number: models.Phone(l.number), Name: "test", Status: models.NumberActive})
	if err != nil {
		t.Fatal(err)
	}
	route := models.Route{
		Name: fmt.Sprintf("%s %d", t.Name(), s.numbers), PhoneNumberID: number.ID, Enabled: true, Language: "en-GB", Accept: models.Acceptance{Required: true},
	}
	for _, names := range strings.Split(levels, "/") {
		if strings.TrimSpace(names) == "" {
			continue // a route without levels
		}
		var level models.Level
		for _, name := range strings.Fields(names) {
			user, phone := s.person(t, name)
			l.people[name] = phone
			level.Targets = append(level.Targets, models.Target{Type: models.TargetUser, UserID: user.ID})
		}
		route.Levels = append(route.Levels, level)
	}
	for _, set := range settings {
		set(&route)
	}
	if l.route, err = s.store.CreateRoute(t.Context(), route.Defaults()); err != nil {
		t.Fatal(err)
	}
	return l
}

// rung expects a person's phone to ring now.
func (l *line) rung(name string) *phone {
	l.t.Helper()
	p := l.people[name]
	p.rung = true
	ctx, cancel := context.WithTimeout(l.t.Context(), patience)
	defer cancel()
	leg, err := l.s.carrier.Phone(p.number).WaitRinging(ctx)
	if err != nil {
		l.t.Fatalf("%s is not rung: %v", name, err)
	}
	p.leg = leg
	return p
}

// calls dials the number.
func (l *line) calls() *phone {
	l.leg = l.s.carrier.Dial(l.from, l.number, simulator.CallerScript{Manual: true})
	return &phone{t: l.t, s: l.s, number: l.from, leg: l.leg}
}

func (p *phone) answers() *phone { p.leg.Answer(); return p }

func (p *phone) rejects() { p.leg.Reject() }

func (p *phone) presses(keys string) *phone { p.leg.Press(keys); return p }

func (p *phone) hangsUp() { p.leg.HangUp() }

// says speaks into a recording.
func (p *phone) says(words string) *phone { p.leg.Speak(words, 4); return p }

// hears waits until the phone has heard these words.
func (p *phone) hears(words string) *phone {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), patience)
	defer cancel()
	if _, err := p.leg.WaitHeard(ctx, words); err != nil {
		p.t.Fatalf("%v; heard %+v", err, p.leg.Heard())
	}
	return p
}

// talks waits until the phone hears another person.
func (p *phone) talks() *phone {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), patience)
	defer cancel()
	if err := p.leg.WaitJoined(ctx); err != nil {
		p.t.Fatalf("%v; heard %+v", err, p.leg.Heard())
	}
	return p
}

// ends waits until the call of this phone is over, with this status.
func (p *phone) ends(status string) *phone {
	p.t.Helper()
	select {
	case <-p.leg.Done():
	case <-time.After(patience):
		p.t.Fatalf("the line does not end; heard %+v", p.leg.Heard())
	}
	if got := p.leg.Status(); got != status {
		p.t.Errorf("the line ends %s, want %s; heard %+v", got, status, p.leg.Heard())
	}
	return p
}

// toldOfTheEnd waits until the run has been told that the caller's line ended, and has taken it in.
func (l *line) toldOfTheEnd() {
	l.t.Helper()
	told := false
	l.historyShows(func(e *history.HistoryEvent) bool {
		told = told || ofTheEnd(e)
		return told && e.GetEventType() == enums.EVENT_TYPE_WORKFLOW_TASK_COMPLETED
	})
}

func ofTheEnd(e *history.HistoryEvent) bool {
	return e.GetWorkflowExecutionSignaledEventAttributes().GetSignalName() == workflows.SignalCallerOver
}

// historyShows waits for an event in the history of the run.
func (l *line) historyShows(wanted func(*history.HistoryEvent) bool) {
	l.t.Helper()
	ctx, cancel := context.WithTimeout(l.t.Context(), patience)
	defer cancel()
	events := l.s.temporal.GetWorkflowHistory(ctx, workflows.CallID(l.leg.SID), "", true, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for events.HasNext() {
		e, err := events.Next()
		if err != nil {
			l.t.Fatalf("the run is not told: %v", err)
		}
		if wanted(e) {
			return
		}
	}
}

// arrived waits until the row of the call is written, which nobody who calls waits for.
func (l *line) arrived() {
	l.t.Helper()
	ctx, cancel := context.WithTimeout(l.t.Context(), patience)
	defer cancel()
	for {
		if _, err := l.s.store.CallByCarrierID(ctx, l.leg.SID); err == nil {
			return
		} else if ctx.Err() != nil {
			l.t.Fatalf("the call's row is not written: %v", err)
		}
		time.Sleep(5 * time.Millisecond) // until it is asked again
	}
}

// ended waits for the run to close, and checks what holds after each call: its outcome and its
// record, the alert, that nobody else was rung, that no line is left and no number is in the log.
func (l *line) ended(want models.Outcome) models.Call {
	l.t.Helper()
	ctx, cancel := context.WithTimeout(l.t.Context(), patience)
	defer cancel()
	var outcome models.Outcome
	if err := l.s.temporal.GetWorkflow(ctx, workflows.CallID(l.leg.SID), "").Get(ctx, &outcome); err != nil {
		l.t.Fatalf("the run does not end: %v", err)
	}
	call, err := l.s.store.CallByCarrierID(ctx, l.leg.SID)
	if err != nil {
		l.t.Fatal(err)
	}
	if call, err = l.s.store.Call(ctx, call.ID); err != nil {
		l.t.Fatal(err)
	}
	if outcome != want || call.Outcome != want || call.EndedAt == nil {
		l.t.Errorf("outcome %s, recorded %s, want %s; timeline %+v", outcome, call.Outcome, want, call.Timeline)
	}
	l.checkAlert(ctx, call)
	l.checkPhones()
	l.checkSilence()
	for _, number := range append(l.numbers(), l.number, l.from) {
		if l.s.log.has(number) {
			l.t.Errorf("the log holds the number %s", number)
		}
	}
	return call
}

// checkAlert holds that a call past its gates has raised one alert, and that it is resolved.
func (l *line) checkAlert(ctx context.Context, call models.Call) {
	l.t.Helper()
	if call.Outcome == models.Refused || call.Outcome == models.GateFailed || call.AlertID == "" {
		if _, err := l.s.store.AlertByCall(ctx, call.CarrierCallID); err == nil {
			l.t.Error("a call that did not pass its gates raised an alert")
		}
		return
	}
	if err := l.s.temporal.GetWorkflow(ctx, workflows.AlertID(call.CarrierCallID), "").Get(ctx, nil); err != nil {
		l.t.Errorf("the alert does not end: %v", err)
	}
	alert, err := l.s.store.AlertByCall(ctx, call.CarrierCallID)
	if err != nil || alert.Status != models.AlertResolved || alert.Outcome != call.Outcome || alert.AnsweredBy != call.AnsweredBy {
		l.t.Errorf("alert %+v (%v) of a call that ended %s", alert, err, call.Outcome)
	}
}

// tellAgain is how a webhook that only tells is answered when we are too busy to pass it on: the
// carrier repeats it.
const tellAgain = http.StatusServiceUnavailable

// checkPhones holds that only expected phones rang, once each, and that no line is left.
func (l *line) checkPhones() {
	l.t.Helper()
	for name, p := range l.people {
		legs := l.s.carrier.Phone(p.number).Legs()
		want := 0
		if p.rung {
			want = 1
		}
		if len(legs) != want {
			l.t.Errorf("%s was rung %d times, want %d", name, len(legs), want)
		}
		for _, leg := range legs {
			select {
			case <-leg.Done():
			default:
				l.t.Errorf("a leg of %s is left %s", name, leg.Status())
			}
		}
	}
	for _, e := range l.s.carrier.History() {
		ours := e.Call == l.leg.SID || slices.Contains(l.numbers(), e.Phone)
		if ours && (e.Kind == simulator.EventRefused || e.Kind == simulator.EventFallback ||
			e.Kind == simulator.EventWebhook && e.HTTPStatus >= http.StatusBadRequest && e.HTTPStatus != tellAgain) {
			l.t.Errorf("the carrier met %+v", e)
		}
	}
}

// silenceAtMost is how long a caller may hear nothing at all.
const silenceAtMost = 2.0

// checkSilence holds that the caller always heard something.
func (l *line) checkSilence() {
	l.t.Helper()
	for _, silence := range l.leg.Silences() {
		if silence.Length > silenceAtMost {
			l.t.Errorf("the caller heard nothing for %.1f s %s", silence.Length, silence.During)
		}
	}
}

func (l *line) numbers() []string {
	var numbers []string
	for _, p := range l.people {
		numbers = append(numbers, p.number)
	}
	return numbers
}
