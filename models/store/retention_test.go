package store_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
	"github.com/ringdown/ringdown/models/store/storetest"
)

const whatTheySaid = "Our boiler leaks."

// left is the message of the nth call.
func left(n int) *models.Voicemail {
	return &models.Voicemail{
		Status: models.RecordingReady, Recording: fmt.Sprintf("RE%032x", n), Seconds: 12, Transcript: whatTheySaid, Transcribe: models.TranscriptReady,
	}
}

// past puts Carol's nth call on record, so many days after noon, with its message, its alert and what a receiver was told.
func past(t *testing.T, s *store.Store, n, days int) models.Call {
	t.Helper()
	return pastOf(t, s, n, days, models.AllowedCaller{Name: "Carol", Number: carol})
}

func pastOf(t *testing.T, s *store.Store, n, days int, who models.AllowedCaller) models.Call {
	t.Helper()
	ctx := context.Background()
	call := ended()
	call.ID, call.CarrierCallID, call.Outcome, call.Voicemail = fmt.Sprint("c", n), fmt.Sprint("CA", n), models.Voicemailed, left(n)
	call.StartedAt, call.Caller = noon.AddDate(0, 0, days), who.Number
	over := call.StartedAt.Add(time.Minute)
	call.EndedAt = &over
	if err := s.RecordCall(ctx, call); err != nil {
		t.Fatal(err)
	}
	a := firingNth(n, 0)
	a.Caller, a.CallerName = who.Number, who.Name
	a.StartedAt, a.Rings = call.StartedAt, []models.Ring{ring("u1", "Alice", call.StartedAt)}
	raise(t, s, a)
	a.Status, a.ResolvedAt, a.Outcome, a.Voicemail = models.AlertResolved, &over, models.Voicemailed, left(n)
	record(t, s, a)
	d := models.Delivery{
		ID: models.DeliveryID(a.ID, "r1", 1), AlertID: a.ID, ReceiverID: "r1", Event: models.EventResolved, Alert: a, At: call.StartedAt,
		Status: models.DeliveryDelivered, Tries: 1,
	}
	if err := s.KeepDelivery(ctx, d); err != nil {
		t.Fatal(err)
	}
	return call
}

// aged makes all incidents, and what was said of them, as old as their last alert.
func aged(t *testing.T, s *store.Store) {
	t.Helper()
	for _, change := range []string{
		"UPDATE incidents SET created_at = last_alert_at, updated_at = last_alert_at",
		"UPDATE incident_messages SET added_at = said_at",
	} {
		if err := s.Writer().Exec(change).Error; err != nil {
			t.Fatal(err)
		}
	}
}

// closed closes all incidents.
func closed(t *testing.T, s *store.Store) {
	t.Helper()
	if err := s.Writer().Exec("UPDATE incidents SET status = 'closed'").Error; err != nil {
		t.Fatal(err)
	}
}

// rows counts what is in some tables.
func rows(t *testing.T, s *store.Store, tables ...string) string {
	t.Helper()
	var counts []string
	for _, table := range tables {
		var n int64
		if err := s.Writer().Table(table).Count(&n).Error; err != nil {
			t.Fatal(err)
		}
		counts = append(counts, fmt.Sprintf("%s %d", table, n))
	}
	return strings.Join(counts, ", ")
}

// references are what is to be removed elsewhere for an erasure, or because it is old.
func references(t *testing.T, s *store.Store, erasureID string) (all []string) {
	t.Helper()
	for _, r := range must[[]models.Removal](t)(s.Removals(context.Background(), erasureID, "", 200)) {
		all = append(all, string(r.Kind)+" "+r.Reference)
	}
	slices.Sort(all)
	return all
}

func TestOldCallsGoWithEverythingThatIsAboutThemAlone(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		must[models.AlertRoute](t)(s.CreateAlertRoute(ctx, declaring("Calls")))
		for n := range 3 {
			past(t, s, n, n)
		}
		closed(t, s)
		aged(t, s)
		if n := must[int](t)(s.RemoveCalls(ctx, noon, 100)); n != 0 {
			t.Errorf("%d are removed that are not old", n)
		}
		for _, removed := range []int{1, 1, 0, 0} { // one in each batch
			if n := must[int](t)(s.RemoveCalls(ctx, noon.AddDate(0, 0, 2), 1)); n != removed {
				t.Errorf("%d are removed, want %d", n, removed)
			}
		}
		want := "calls 1, alerts 1, deliveries 1, incident_alerts 1, incidents 1, participants 1, removed_calls 1, removals 2"
		if got := rows(t, s, "calls", "alerts", "deliveries", "incident_alerts", "incidents", "participants", "removed_calls", "removals"); got != want {
			t.Errorf("left are %s", got)
		}
		if got := references(t, s, ""); !slices.Equal(got, []string{"recording " + left(0).Recording, "recording " + left(1).Recording}) {
			t.Errorf("at the carrier are to be removed %q", got)
		}
		if naming := storetest.Naming(storetest.Dump(t, s), "CA0", "CA1", ": a0", ": a1", "/a0/", "/a1/"); len(naming) != 1 { // the alert that every ended() call names
			t.Errorf("left of the others is %q", naming)
		}
		must[models.Call](t)(s.Call(ctx, "c2"))
	})
}

func TestCallsThatAreNotOverStayHoweverOldTheyAre(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		live := arriving()
		live.CarrierCallID = "CA1"
		if err := s.Arrive(ctx, live); err != nil {
			t.Fatal(err)
		}
		past(t, s, 2, 0)
		if err := s.Writer().Exec("UPDATE alerts SET status = 'firing'").Error; err != nil {
			t.Fatal(err)
		}
		raise(t, s, firingNth(3, 0)) // of a call that has no row yet
		must[int](t)(s.RemoveCalls(ctx, noon.AddDate(0, 0, 9), 100))
		if got := rows(t, s, "calls", "alerts", "deliveries"); got != "calls 2, alerts 2, deliveries 1" {
			t.Errorf("left are %s", got)
		}
	})
}

func TestAnAlertOfNoCallAndADeliveryOfNoAlertGoToo(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		past(t, s, 1, 0)
		if err := s.Writer().Exec("DELETE FROM calls").Error; err != nil {
			t.Fatal(err)
		}
		late := delivery("r2", 1)
		late.AlertID, late.ID = "gone", "gone.r2.1"
		if err := s.KeepDelivery(ctx, late); err != nil {
			t.Fatal(err)
		}
		for _, removed := range []int{1, 1, 0} {
			if n := must[int](t)(s.RemoveCalls(ctx, noon.AddDate(0, 0, 9), 100)); n != removed {
				t.Errorf("%d are removed, want %d", n, removed)
			}
		}
		if got := rows(t, s, "alerts", "deliveries"); got != "alerts 0, deliveries 0" {
			t.Errorf("left are %s", got)
		}
	})
}

func TestTheAuditListSaysWhatANightHasRemoved(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx, since := context.Background(), noon.AddDate(0, 0, 9)
		calls := []models.Call{past(t, s, 1, 0), past(t, s, 2, 1), past(t, s, 3, 2)}
		for _, some := range [][]models.Call{calls[:2], calls[2:], calls} { // the last in vain
			if err := s.EmptyTranscripts(ctx, some, since); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.RecordingsDeleted(ctx, calls[:1], noon.AddDate(0, 0, 10), since); err != nil {
			t.Fatal(err)
		}
		for range 3 {
			must[int](t)(s.RemoveCalls(ctx, since, 2))
		}
		var lines []string
		for _, change := range audit(t, s, store.ChangeFilter{Noun: "retention"}) {
			lines = append(lines, change.By.Name+" "+change.NounID+" "+string(change.After))
		}
		slices.Sort(lines)
		before := `,"before":"` + since.Truncate(time.Microsecond).Format(time.RFC3339Nano) + `"}`
		want := []string{`ringdown calls {"count":3` + before, `ringdown recordings {"count":1` + before, `ringdown transcripts {"count":3` + before}
		if !slices.Equal(lines, want) {
			t.Errorf("it says %q, want %q", lines, want)
		}
	})
}

func TestOnlyMessagesOfWhichSomethingIsLeftAreListed(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx, since := context.Background(), noon.AddDate(0, 0, 9)
		calls := []models.Call{past(t, s, 1, 0), past(t, s, 2, 1)}
		if err := s.EmptyTranscripts(ctx, calls[:1], since); err != nil {
			t.Fatal(err)
		}
		if err := s.RecordingsDeleted(ctx, calls[1:], since, since); err != nil {
			t.Fatal(err)
		}
		for part, want := range map[store.MessagePart]string{store.Words: "c2", store.Sound: "c1"} {
			left := must[[]models.Call](t)(s.Voicemails(ctx, part, since, models.Call{}, 10))
			if len(left) != 1 || left[0].ID != want {
				t.Errorf("of the %s are left %v, want %s", part, left, want)
			}
		}
	})
}

func TestWhatCallersHaveSaidIsRemovedWhereverItIsKept(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		must[models.AlertRoute](t)(s.CreateAlertRoute(ctx, declaring("Calls")))
		for n := range 3 {
			past(t, s, n, n)
		}
		if got := len(storetest.Naming(storetest.Dump(t, s), whatTheySaid)); got != 3*4 { // call, alert, delivery, message
			t.Errorf("it is kept %d times", got)
		}
		first := must[[]models.Call](t)(s.Voicemails(ctx, store.Words, noon.AddDate(0, 0, 2), models.Call{}, 1))
		second := must[[]models.Call](t)(s.Voicemails(ctx, store.Words, noon.AddDate(0, 0, 2), first[0], 10))
		if len(second) != 1 || second[0].ID != "c1" {
			t.Fatalf("there are %v and %v", first, second)
		}
		for range 2 {
			if err := s.EmptyTranscripts(ctx, append(first, second...), noon.AddDate(0, 0, 2)); err != nil {
				t.Fatal(err)
			}
		}
		if naming := storetest.Naming(storetest.Dump(t, s), whatTheySaid); len(naming) != 4 {
			t.Errorf("it is still kept: %q", naming)
		}
		want := *left(0)
		want.Transcript, want.Transcribe = "", models.TranscriptDeleted
		same(t, &want, must[models.Call](t)(s.Call(ctx, "c0")).Voicemail)
		same(t, &want, must[models.Alert](t)(s.Alert(ctx, "a0")).Voicemail)
		if got := references(t, s, ""); !slices.Equal(got, []string{"transcripts " + left(0).Recording, "transcripts " + left(1).Recording}) {
			t.Errorf("at the carrier are to be removed %q", got)
		}
	})
}

func TestARecordingThatIsDeletedIsNotedWithItsTime(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		call := past(t, s, 1, 0)
		for _, at := range []time.Time{noon.AddDate(0, 1, 0), noon.AddDate(0, 2, 0)} { // the first stands
			if err := s.RecordingsDeleted(ctx, []models.Call{call}, at, noon); err != nil {
				t.Fatal(err)
			}
		}
		want, at := *left(1), noon.AddDate(0, 1, 0).Truncate(time.Microsecond)
		want.Status, want.Recording, want.DeletedAt = models.RecordingDeleted, "", &at
		same(t, &want, must[models.Call](t)(s.Call(ctx, "c1")).Voicemail)
		same(t, &want, must[models.Alert](t)(s.Alert(ctx, "a1")).Voicemail)
	})
}

func TestRequestsThatAreOverLoseWhatIsPersonal(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		filled := func(id string) models.NumberRequest {
			d := uploaded(t, s, requester)
			r := wish(id, 0)
			r.Form.Details, r.Form.Person = "For Nora.", map[string]string{"first_name": "Nora"}
			r.Form.Documents = map[string]models.SubmittedDocument{"proof": {File: d.ID, Fields: map[string]string{"name": "Nora"}}}
			return must[models.NumberRequest](t)(s.CreateNumberRequest(ctx, r, 0)).Begin(noon)
		}
		keep(t, s, commented(t, filled("open"), "Ask Nora."))
		over := withdrawn(t, commented(t, filled("over"), "Ask Nora."))
		keep(t, s, over)
		if n := must[int](t)(s.EmptyRequests(ctx, noon, 10)); n != 0 {
			t.Errorf("%d are emptied that are not old", n)
		}
		for _, emptied := range []int{1, 0} {
			if n := must[int](t)(s.EmptyRequests(ctx, noon.Add(time.Hour), 10)); n != emptied {
				t.Errorf("%d are emptied, want %d", n, emptied)
			}
		}
		keep(t, s, over) // what comes late
		got := must[models.NumberRequest](t)(s.NumberRequest(ctx, "over"))
		same(t, models.RequestForm{Name: over.Form.Name, Country: "DE", Type: models.NumberLocal}, got.Form)
		if got.Status != models.RequestWithdrawn || got.Reason != "" || got.EmptiedAt == nil || len(got.History) != len(over.History) || got.Requester != requester {
			t.Errorf("left is %+v", got)
		}
		naming := storetest.Naming(storetest.Dump(t, s), "Nora", "desk@example.com", "excerpt.pdf", "We have one.")
		if len(naming) == 0 {
			t.Error("nothing is left of the open request")
		}
		for _, notice := range keysOf(t, s, "over") {
			t.Errorf("there is the notice %s", notice)
		}
		for _, d := range must[[]models.Document](t)(s.Documents(ctx, "over")) {
			if d.Name != "" {
				t.Errorf("a file is called %s", d.Name)
			}
		}
		if text := asJSON(t, got); strings.Contains(text, "Nora") || strings.Contains(text, "desk@") || strings.Contains(text, "We have one") {
			t.Errorf("left is %s", text)
		}
		must[models.NumberRequest](t)(s.NumberRequest(ctx, "open"))
	})
}

func TestOldLinesOfTheAuditListGo(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		for i := range 5 {
			u := alice()
			u.Email = fmt.Sprintf("user%d@example.com", i)
			must[models.User](t)(s.CreateUser(ctx, u))
		}
		if err := s.Writer().Exec("UPDATE changes SET changed_at = ? WHERE id IN (SELECT id FROM changes ORDER BY id LIMIT 3)", noon).Error; err != nil {
			t.Fatal(err)
		}
		for _, removed := range []int{2, 1, 0} {
			if n := must[int](t)(s.RemoveChanges(ctx, noon.Add(time.Second), 2)); n != removed {
				t.Errorf("%d are removed, want %d", n, removed)
			}
		}
		if got := rows(t, s, "changes", "users"); got != "changes 3, users 5" {
			t.Errorf("left are %s", got)
		}
	})
}
