package activities_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ringdown/ringdown/activities"
	"github.com/ringdown/ringdown/activities/twilio"
	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
	"github.com/ringdown/ringdown/models/store/storetest"
	"github.com/ringdown/ringdown/simulator"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/testsuite"
)

// night is a night in which all numbers are looked at.
type night struct {
	*setup
	numbers *activities.Numbers
	logged  bytes.Buffer
	beats   []json.RawMessage // what the last try has told of how far it is
}

func newNight(t *testing.T, s *store.Store) *night {
	t.Helper()
	n := &night{setup: &setup{T: t, store: s}}
	n.sell()
	n.numbers = &activities.Numbers{
		Store: s, Carrier: n.client, PublicURL: "https://ringdown.example", FallbackURL: "https://documents.example",
		Log: slog.New(slog.NewJSONHandler(&n.logged, nil)),
	}
	return n
}

// has makes a number of ours, at the carrier with the webhooks that it should have.
func (n *night) has(i int) models.PhoneNumber {
	n.Helper()
	number, err := n.store.CreateNumber(n.Context(), models.PhoneNumber{
		ID: fmt.Sprintf("n%03d", i), Number: models.Phone(fmt.Sprintf("+44770090%04d", i)), Name: fmt.Sprint("Line ", i), Status: models.NumberActive,
	})
	n.must(err)
	want := twilio.WebhooksAt(n.numbers.PublicURL, models.EmergencyURL(n.numbers.FallbackURL, number.ID))
	n.carrier.AddNumber(simulator.Number{
		Phone: string(number.Number), VoiceURL: want.Voice, VoiceFallbackURL: want.Fallback, VoiceFallbackMethod: want.FallbackMethod, StatusCallback: want.Status,
	})
	return number
}

// drifts has somebody change where a number's calls go.
func (n *night) drifts(number models.PhoneNumber) {
	n.carrier.AddNumber(simulator.Number{Phone: string(number.Number), VoiceURL: "https://demo.example/voice?password=opensesame"})
}

// looks looks at all numbers once, as a try that comes after those that got so far.
func (n *night) looks(after ...json.RawMessage) (activities.Checked, error) {
	n.Helper()
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(log.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	env := suite.NewTestActivityEnvironment()
	env.SetTestTimeout(20 * time.Second)
	env.RegisterActivity(n.numbers)
	if len(after) > 0 {
		env.SetHeartbeatDetails(after[len(after)-1])
	}
	n.beats = nil
	env.SetOnActivityHeartbeatListener(func(_ *activity.Info, details converter.EncodedValues) {
		var beat json.RawMessage
		if err := details.Get(&beat); err != nil {
			n.Error(err)
		}
		n.beats = append(n.beats, beat)
	})
	var checked activities.Checked
	value, err := env.ExecuteActivity(n.numbers.CheckNumbers)
	if err == nil {
		n.must(value.Get(&checked))
	}
	return checked, err
}

// finds looks once, and compares what it came to.
func (n *night) finds(want activities.Checked) {
	n.Helper()
	if got, err := n.looks(); err != nil || got != want {
		n.Errorf("found %+v (%v), want %+v", got, err, want)
	}
}

// row is what the last look at a number has left of it.
func (n *night) row(number models.PhoneNumber) models.NumberCheck {
	n.Helper()
	kept, err := n.store.Number(n.Context(), number.ID)
	n.must(err)
	if kept.Version != number.Version {
		n.Errorf("a look has made a new version: %+v", kept)
	}
	return kept.Check
}

func (n *night) notices() []models.Notice {
	n.Helper()
	all, err := n.store.UnsentNotices(n.Context(), "")
	n.must(err)
	return all
}

func TestWhatALookAtANumberFinds(t *testing.T) {
	const trunk, application = "TK0123456789abcdef0123456789abcdef", "AP0123456789abcdef0123456789abcdef"
	for name, c := range map[string]struct {
		before func(n *night, number models.PhoneNumber)
		want   activities.Checked
		result models.CheckResult
		says   string // in detail
		notice string // its subject; empty: none
	}{
		"all is well": {func(*night, models.PhoneNumber) {}, activities.Checked{Looked: 1}, models.CheckFine, "", ""},
		"somebody has changed its webhooks": {(*night).drifts, activities.Checked{Looked: 1, Repaired: 1}, models.CheckRepaired,
			"It was set right: number", "Line 1: its webhooks were changed, and have been set right"},
		"a trunk takes its calls": {func(n *night, _ models.PhoneNumber) { n.stands(attached("trunk_sid", trunk)) },
			activities.Checked{Looked: 1, Broken: 1}, models.CheckBroken, "application or trunk (" + trunk + ")", "Line 1: its calls do not reach us"},
		"an application does": {func(n *night, _ models.PhoneNumber) { n.stands(attached("voice_application_sid", application)) },
			activities.Checked{Looked: 1, Broken: 1}, models.CheckBroken, "application or trunk (" + application + ")", "Line 1: its calls do not reach us"},
		"the carrier takes no others": {func(n *night, number models.PhoneNumber) {
			n.drifts(number)
			n.refuses("UpdateIncomingPhoneNumber", http.StatusBadRequest)
		}, activities.Checked{Looked: 1, Broken: 1}, models.CheckBroken, "Set that right in the carrier's console", "Line 1: its calls do not reach us"},
		"the account has it no more": {func(n *night, _ models.PhoneNumber) {
			n.must(n.client.Drop(n.Context(), n.carrier.Numbers()[0].SID))
		}, activities.Checked{Looked: 1, Gone: 1}, models.CheckGone, "Buy it back there, or release it here", "Line 1: it is gone"},
	} {
		t.Run(name, func(t *testing.T) {
			storetest.Each(t, func(t *testing.T, s *store.Store) {
				n := newNight(t, s)
				number := n.has(1)
				c.before(n, number)
				n.finds(c.want)
				check := n.row(number)
				if check.Result != c.result || check.At == nil || !strings.Contains(check.Detail, c.says) {
					t.Errorf("kept %+v", check)
				}
				notices := n.notices()
				if len(notices) != min(len(c.notice), 1) {
					t.Fatalf("told %+v", notices)
				}
				if len(notices) > 0 && (notices[0].Subject != c.notice || notices[0].To != models.PartyReviewer || !strings.HasPrefix(notices[0].Text, check.Detail)) {
					t.Errorf("told %+v", notices[0])
				}
				if said := fmt.Sprint(check, notices, n.logged.String()); strings.Contains(said, "opensesame") || strings.Contains(said, "+4477") {
					t.Errorf("it says what nobody is to read: %s", said)
				}
			})
		})
	}
}

func TestWhatWasSetRightIsFineTheNextTime(t *testing.T) {
	t.Parallel()
	n := newNight(t, storetest.SQLite(t))
	number := n.has(1)
	n.drifts(number)
	n.finds(activities.Checked{Looked: 1, Repaired: 1})
	n.finds(activities.Checked{Looked: 1})
	if check := n.row(number); check.Result != models.CheckFine || check.Detail != "" {
		t.Errorf("kept %+v", check)
	}
}

func TestANightTellsOfANumberOnce(t *testing.T) {
	t.Parallel()
	n := newNight(t, storetest.SQLite(t))
	number := n.has(1)
	n.has(2)
	n.must(n.client.Drop(t.Context(), n.carrier.Numbers()[0].SID))
	for range 3 {
		n.finds(activities.Checked{Looked: 2, Gone: 1})
	}
	notices := n.notices()
	// A look that goes on past midnight is of the next night.
	if len(notices) > 2 || len(notices) == 2 && notices[0].CreatedAt.Day() == notices[1].CreatedAt.Day() {
		t.Errorf("told %+v", notices)
	}
	yesterday := time.Now().Add(-24 * time.Hour)
	n.must(n.store.AddNotice(t.Context(), models.DriftNotice(number, models.NumberCheck{At: &yesterday, Result: models.CheckGone})))
	if now := n.notices(); len(now) != len(notices)+1 {
		t.Errorf("of another night there is nothing: %+v", now)
	}
}

func TestNumbersThatAreReleasedAreLeftAlone(t *testing.T) {
	t.Parallel()
	n := newNight(t, storetest.SQLite(t))
	number := n.has(1)
	n.drifts(number)
	_, err := n.store.ReleaseNumber(t.Context(), number.ID)
	n.must(err)
	n.finds(activities.Checked{})
	if at := n.carrier.Numbers()[0]; !strings.HasPrefix(at.VoiceURL, "https://demo.example") {
		t.Errorf("it was connected: %+v", at)
	}
}

// The carrier does not answer for some of the numbers. They are no finding, and the next try begins with them.
func TestWhatTheCarrierDoesNotAnswerIsNoFinding(t *testing.T) {
	t.Parallel()
	n := newNight(t, storetest.SQLite(t))
	var all []models.PhoneNumber
	for i := range 4 {
		all = append(all, n.has(i))
		n.drifts(all[i])
	}
	n.stands(silent(all[0], all[2]))
	_, err := n.looks()
	if err == nil || strings.Count(err.Error(), "look at number") != 2 || strings.Contains(err.Error(), "+4477") {
		t.Errorf("it says %v", err)
	}
	for i, want := range []models.CheckResult{"", models.CheckRepaired, "", models.CheckRepaired} {
		if got := n.row(all[i]).Result; got != want {
			t.Errorf("number %d is %q, want %q", i, got, want)
		}
	}
	if told := len(n.notices()); told != 2 {
		t.Errorf("%d notices", told)
	}
	if told := string(n.beats[len(n.beats)-1]); told != `{"after":"n003","left":["n000","n002"],"checked":{"looked":2,"repaired":2,"broken":0,"gone":0,"loose":0}}` {
		t.Errorf("it told %s", told)
	}
	n.stands(silent(all[2]))
	if _, err := n.looks(n.beats...); err == nil || n.row(all[0]).Result != models.CheckRepaired {
		t.Errorf("the next try says %v", err)
	}
	n.stands(nil)
	if got, err := n.looks(n.beats...); err != nil || got != (activities.Checked{Looked: 4, Repaired: 4}) || n.row(all[2]).Result != models.CheckRepaired {
		t.Errorf("in the end it found %+v (%v)", got, err)
	}
}

// silent is a carrier that does not answer for some numbers.
func silent(numbers ...models.PhoneNumber) front {
	return func(w http.ResponseWriter, r *http.Request, carrier http.Handler) {
		asked := models.Phone(r.URL.Query().Get("PhoneNumber"))
		if slices.ContainsFunc(numbers, func(n models.PhoneNumber) bool { return n.Number == asked }) {
			problem(w, http.StatusServiceUnavailable, 0)
			return
		}
		carrier.ServeHTTP(w, r)
	}
}

func TestALookGoesOnWhereItsWorkerHasDied(t *testing.T) {
	t.Parallel()
	n := newNight(t, storetest.SQLite(t))
	for i := range 120 { // more than a page
		n.has(i)
	}
	n.drifts(models.PhoneNumber{Number: "+447700900119"})
	n.finds(activities.Checked{Looked: 120, Repaired: 1})
	var looked atomic.Int32
	n.stands(func(w http.ResponseWriter, r *http.Request, carrier http.Handler) {
		looked.Add(1)
		carrier.ServeHTTP(w, r)
	})
	if got, err := n.looks(json.RawMessage(`{"after":"n099","checked":{"looked":100,"gone":7}}`)); err != nil || got != (activities.Checked{Looked: 120, Gone: 7}) || looked.Load() != 20 {
		t.Errorf("it looked at %d, and found %+v (%v)", looked.Load(), got, err)
	}
	if got, err := n.looks(json.RawMessage(`"what another version has told"`)); err != nil || got != (activities.Checked{Looked: 120}) {
		t.Errorf("it found %+v (%v)", got, err)
	}
}

func TestANumberThatWasReleasedMeanwhileIsNotLookedAtAgain(t *testing.T) {
	t.Parallel()
	n := newNight(t, storetest.SQLite(t))
	_, err := n.store.ReleaseNumber(t.Context(), n.has(1).ID)
	n.must(err)
	if got, err := n.looks(json.RawMessage(`{"after":"n001","left":["n001","there is none"]}`)); err != nil || got != (activities.Checked{}) {
		t.Errorf("it found %+v (%v)", got, err)
	}
}

func TestDocumentsThatNoRequestNamesAreRemoved(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		n := newNight(t, s)
		old := time.Now().Add(-models.LooseDocumentsLast - time.Hour)
		for id, at := range map[string]time.Time{"old": old, "young": old.Add(2 * time.Hour), "named": old} {
			_, err := s.AddDocument(t.Context(), models.Document{ID: id, Name: id + ".pdf", MediaType: "application/pdf", By: nora, CreatedAt: at}, []byte("sealed"))
			n.must(err)
		}
		form := germanForm()
		form.Documents["business_name_info"] = models.SubmittedDocument{Type: "commercial_registrar_excerpt", File: "named"}
		_, err := s.CreateNumberRequest(t.Context(), models.Submit("request-1", form, nora, time.Now().UTC()), 0)
		n.must(err)
		n.finds(activities.Checked{Loose: 1})
		for id, there := range map[string]bool{"old": false, "young": true, "named": true} {
			if _, err := s.Sealed(t.Context(), id); there == errors.Is(err, models.ErrNotFound) {
				t.Errorf("%s: %v", id, err)
			}
		}
	})
}

func TestADatabaseThatIsAwayEndsALook(t *testing.T) {
	t.Parallel()
	n := newNight(t, storetest.SQLite(t))
	n.has(1)
	n.must(n.store.Close())
	if _, err := n.looks(); err == nil || !strings.Contains(err.Error(), "list the numbers to look at") {
		t.Errorf("it says %v", err)
	}
}

// A worker that does not know where the emergency documents are leaves alone what is set.
func TestWithoutAnAddressOfTheEmergencyDocumentsWhatIsSetStays(t *testing.T) {
	n := newNight(t, storetest.SQLite(t))
	n.has(1)
	n.numbers.FallbackURL = ""
	n.finds(activities.Checked{Looked: 1})
}
