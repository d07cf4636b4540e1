package activities_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ringdown/ringdown/activities"
	"github.com/ringdown/ringdown/activities/twilio"
	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
	"github.com/ringdown/ringdown/models/store/storetest"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/testsuite"
)

// archive is a carrier that keeps recordings, each with one transcript.
type archive struct {
	mu      sync.Mutex
	sounds  map[string]bool
	words   map[string]bool
	away    bool
	refuses string            // the recording that it does not delete
	of      map[string]string // recordings by the path of their call
	asked   int
}

func newArchive(t testing.TB, recordings ...string) (*twilio.Client, *archive) {
	t.Helper()
	a := &archive{sounds: map[string]bool{}, words: map[string]bool{}}
	for _, r := range recordings {
		a.sounds[r], a.words[r] = true, true
	}
	server := httptest.NewServer(a)
	t.Cleanup(server.Close)
	client, err := twilio.New(twilio.Config{AccountSID: account, AuthToken: "0123456789abcdef", APIURL: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	return client, a
}

func (a *archive) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.asked++
	path := strings.TrimPrefix(r.URL.Path, "/2010-04-01/Accounts/"+account+"/Recordings/")
	recording, rest, _ := strings.Cut(strings.TrimSuffix(path, ".json"), "/")
	switch {
	case a.away:
		problem(w, http.StatusServiceUnavailable, 0)
	case a.of[r.URL.Path] != "":
		answer(w, http.StatusOK, map[string]any{"recordings": []any{map[string]any{"sid": a.of[r.URL.Path]}}})
	case r.Method == http.MethodDelete && recording == a.refuses && rest == "":
		problem(w, http.StatusBadRequest, 20001)
	case r.Method == http.MethodDelete && rest == "" && a.sounds[recording]:
		delete(a.sounds, recording)
		w.WriteHeader(http.StatusNoContent)
	case r.Method == http.MethodDelete && rest != "" && a.words[recording]:
		delete(a.words, recording)
		w.WriteHeader(http.StatusNoContent)
	case r.Method == http.MethodGet && rest == "Transcriptions" && a.words[recording]:
		answer(w, http.StatusOK, map[string]any{"transcriptions": []any{map[string]any{"sid": strings.Replace(recording, "RE", "TR", 1)}}})
	case r.Method == http.MethodGet && rest == "Transcriptions" && a.sounds[recording]:
		answer(w, http.StatusOK, map[string]any{"transcriptions": []any{}})
	default:
		problem(w, http.StatusNotFound, 20404)
	}
}

func (a *archive) has() (sounds, words int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.sounds), len(a.words)
}

func (a *archive) set(change func(*archive)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	change(a)
}

func recordingOf(n int) string { return fmt.Sprintf("RE%032x", n) }

// left puts the nth call on record, so many days ago, with a message.
func left(t *testing.T, s *store.Store, n, days int) {
	t.Helper()
	at := time.Now().AddDate(0, 0, -days)
	call := models.Call{
		ID: fmt.Sprint("c", n), CarrierCallID: fmt.Sprintf("CA%032x", n), Caller: "+447700900123", Stage: models.StageEnded, Outcome: models.Voicemailed,
		StartedAt: at, EndedAt: &at, Voicemail: &models.Voicemail{
			Status: models.RecordingReady, Recording: recordingOf(n), Seconds: 9, Transcript: "The pump is down.", Transcribe: models.TranscriptReady,
		},
	}
	if err := s.RecordCall(context.Background(), call); err != nil {
		t.Fatal(err)
	}
	alert := models.Alert{
		ID: fmt.Sprint("a", n), CarrierCallID: call.CarrierCallID, Title: "Call to Support", Caller: call.Caller, Status: models.AlertResolved,
		StartedAt: at, ResolvedAt: &at,
	}
	if _, err := s.RecordAlert(context.Background(), alert); err != nil {
		t.Fatal(err)
	}
}

// does runs an activity as a worker would.
func does(t testing.TB, k *activities.Keeper, activity any, args ...any) (n int, err error) {
	t.Helper()
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestActivityEnvironment()
	env.RegisterActivity(k)
	value, err := env.ExecuteActivity(activity, args...)
	if err == nil && value.HasValue() {
		err = value.Get(&n)
	}
	return n, err
}

func newKeeper(s *store.Store, carrier *twilio.Client, r models.Retention) *activities.Keeper {
	return &activities.Keeper{
		Store: s, Carrier: carrier, Retention: r, Log: slog.New(slog.DiscardHandler),
		CallID:     func(sid string) string { return "call/" + sid },
		AlertID:    func(sid string) string { return "alert/" + sid },
		DeliveryID: func(alertID, receiverID string) string { return "delivery/" + alertID + "/" + receiverID },
		Wake:       func(context.Context, client.Client, string) error { return nil },
	}
}

func TestWhatIsKeptForEverIsLeftAlone(t *testing.T) {
	t.Parallel()
	s := storetest.SQLite(t)
	left(t, s, 1, 5000)
	carrier, a := newArchive(t, recordingOf(1))
	k := newKeeper(s, carrier, models.Retention{})
	before := storetest.Dump(t, s)
	for _, activity := range []any{k.EmptyTranscripts, k.DeleteRecordings, k.RemoveCalls, k.EmptyRequests, k.RemoveChanges} {
		if n, err := does(t, k, activity); n != 0 || err != nil {
			t.Errorf("%d, %v", n, err)
		}
	}
	if _, err := does(t, k, k.RemoveElsewhere, ""); err != nil {
		t.Error(err)
	}
	if after := storetest.Dump(t, s); !slices.Equal(before, after) || a.asked > 0 {
		t.Errorf("something was done: %q, %d requests", after, a.asked)
	}
}

func TestRecordingsAreDeletedAtTheCarrierWhenTheyAreOld(t *testing.T) {
	t.Parallel()
	s := storetest.SQLite(t)
	var all []string
	for n := range 120 { // more than a page
		left(t, s, n, 100)
		all = append(all, recordingOf(n))
	}
	left(t, s, 500, 10)
	carrier, a := newArchive(t, append(all, recordingOf(500))...)
	a.refuses = recordingOf(7)
	delete(a.sounds, recordingOf(8)) // somebody has deleted it in the carrier's console
	k := newKeeper(s, carrier, models.Retention{Recordings: 90})

	a.away = true
	if n, err := does(t, k, k.DeleteRecordings); err == nil || n != 0 {
		t.Errorf("the carrier is away: %d, %v", n, err)
	}
	a.set(func(a *archive) { a.away = false })
	if n, err := does(t, k, k.DeleteRecordings); err != nil || n != 119 {
		t.Errorf("deleted are %d, %v", n, err)
	}
	if sounds, words := a.has(); sounds != 2 || words != 1 {
		t.Errorf("the carrier has %d recordings and %d transcripts", sounds, words)
	}
	for id, want := range map[string]models.RecordingStatus{"c1": models.RecordingDeleted, "c7": models.RecordingReady, "c8": models.RecordingDeleted, "c500": models.RecordingReady} {
		call, err := s.Call(t.Context(), id)
		if err != nil || call.Voicemail.Status != want || (call.Voicemail.DeletedAt != nil) != (want == models.RecordingDeleted) || call.Voicemail.Transcript == "" {
			t.Errorf("%s: %+v, %v", id, call.Voicemail, err)
		}
	}
	a.set(func(a *archive) { a.refuses = "" })
	if n, err := does(t, k, k.DeleteRecordings); err != nil || n != 1 {
		t.Errorf("the next night %d are deleted, %v", n, err)
	}
}

func TestTranscriptsGoHereAndThenAtTheCarrier(t *testing.T) {
	t.Parallel()
	s := storetest.SQLite(t)
	for n := range 60 {
		left(t, s, n, 100)
	}
	left(t, s, 500, 10)
	var all []string
	for n := range 60 {
		all = append(all, recordingOf(n))
	}
	carrier, a := newArchive(t, append(all, recordingOf(500))...)
	a.away = true
	k := newKeeper(s, carrier, models.Retention{Transcripts: 90})
	if n, err := does(t, k, k.EmptyTranscripts); err != nil || n != 60 {
		t.Errorf("emptied are %d, %v", n, err)
	}
	if naming := storetest.Naming(storetest.Dump(t, s), "pump"); len(naming) != 1 {
		t.Errorf("left is %q", naming)
	}
	if _, err := does(t, k, k.RemoveElsewhere, ""); err == nil {
		t.Error("the carrier is away, and nobody says so")
	}
	removals, err := s.Removals(t.Context(), "", "", 200)
	if err != nil || len(removals) != 60 || removals[0].Tries != 1 || removals[0].LastError == "" {
		t.Fatalf("%d are to be removed: %v", len(removals), err)
	}
	a.set(func(a *archive) { a.away = false })
	if _, err := does(t, k, k.RemoveElsewhere, ""); err != nil {
		t.Error(err)
	}
	if sounds, words := a.has(); sounds != 61 || words != 1 {
		t.Errorf("the carrier has %d recordings and %d transcripts", sounds, words)
	}
	if removals, err := s.Removals(t.Context(), "", "", 200); err != nil || len(removals) > 0 {
		t.Errorf("left are %v, %v", removals, err)
	}
}

func TestOldCallsGoAndTheirRecordingsWithThem(t *testing.T) {
	t.Parallel()
	s := storetest.SQLite(t)
	var all []string
	for n := range 120 {
		left(t, s, n, 401)
		all = append(all, recordingOf(n))
	}
	left(t, s, 500, 399)
	carrier, a := newArchive(t, append(all, recordingOf(500))...)
	k := newKeeper(s, carrier, models.Retention{Calls: 400})
	if n, err := does(t, k, k.RemoveCalls); err != nil || n != 120 {
		t.Errorf("removed are %d, %v", n, err)
	}
	if _, err := does(t, k, k.RemoveElsewhere, ""); err != nil {
		t.Error(err)
	}
	if sounds, words := a.has(); sounds != 1 || words != 1 {
		t.Errorf("the carrier has %d recordings and %d transcripts", sounds, words)
	}
}
