package store_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
	"github.com/ringdown/ringdown/models/store/storetest"
)

var (
	requester = models.Actor{KeyID: "k2", Name: "Front desk"}
	reviewer  = models.Who{Actor: operator, Role: models.RoleReviewer}
)

// wish is a request for a local number in Germany, so many minutes after noon.
func wish(id string, minutes int) models.NumberRequest {
	form := models.RequestForm{Name: "Berlin " + id, Country: "DE", Type: models.NumberLocal, Email: "desk@example.com", Wishes: models.Wishes{AreaCode: "30"}}
	return models.Submit(id, form, requester, noon.Add(time.Duration(minutes)*time.Minute))
}

// asked makes a request that is on record, and another version of it that its run has begun.
func asked(t *testing.T, s *store.Store, id string) models.NumberRequest {
	t.Helper()
	return must[models.NumberRequest](t)(s.CreateNumberRequest(context.Background(), wish(id, 0), 0)).Begin(noon)
}

func keep(t *testing.T, s *store.Store, r models.NumberRequest) (unsent int) {
	t.Helper()
	return must[int](t)(s.KeepNumberRequest(context.Background(), r))
}

// withdrawn is a request whose requester wants no number any more.
func withdrawn(t *testing.T, r models.NumberRequest) models.NumberRequest {
	t.Helper()
	by := models.Who{Actor: requester, Role: models.RoleRequester}
	return must[models.NumberRequest](t)(r.Withdraw(models.ToWithdraw{By: by, Reason: "We have one."}, noon))
}

func commented(t *testing.T, r models.NumberRequest, text string) models.NumberRequest {
	t.Helper()
	return must[models.NumberRequest](t)(r.Comment(models.ToComment{By: reviewer, Text: text}, noon))
}

// keysOf are the keys of everything that is told of a request, the first first.
func keysOf(t *testing.T, s *store.Store, id string) (keys []string) {
	t.Helper()
	notices, _, err := s.Notices(context.Background(), store.NoticeFilter{RequestID: id}, store.Page{Limit: 200})
	if err != nil {
		t.Fatal(err)
	}
	slices.Reverse(notices)
	for _, n := range notices {
		keys = append(keys, n.Key)
	}
	return keys
}

// wantKeys are the keys of what is to be told of a request.
func wantKeys(r models.NumberRequest) (keys []string) {
	for _, n := range r.Notices() {
		keys = append(keys, n.Key)
	}
	return keys
}

// history is what the audit list tells of a request.
func history(t *testing.T, s *store.Store, id string) (lines []string) {
	t.Helper()
	for _, c := range audit(t, s, store.ChangeFilter{Noun: "number request", NounID: id}) {
		lines = append(lines, fmt.Sprintf("%s: %s %q", c.By.Name, c.Action, c.NounName))
	}
	return lines
}

func TestARequestIsKeptWithWhatPeopleAreToldOfIt(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		r := wish("r1", 0)
		r.Version = 7 // no run knows of it
		made := must[models.NumberRequest](t)(s.CreateNumberRequest(ctx, r, 0))
		if made.Version != 0 || len(made.History) != 1 {
			t.Errorf("made %+v", made)
		}
		same(t, made, must[models.NumberRequest](t)(s.NumberRequest(ctx, "r1")))
		if _, err := s.CreateNumberRequest(ctx, wish("r1", 1), 0); !errors.Is(err, models.ErrTaken) {
			t.Errorf("made twice: %v", err)
		}
		if got, want := keysOf(t, s, "r1"), wantKeys(made); len(want) == 0 || !slices.Equal(got, want) {
			t.Errorf("told %q, want %q", got, want)
		}
		if got, want := history(t, s, "r1"), []string{`Front desk: submitted "Berlin r1"`}; !slices.Equal(got, want) {
			t.Errorf("audited %q, want %q", got, want)
		}
		for _, c := range audit(t, s, store.ChangeFilter{}) {
			if strings.Contains(string(c.Before)+string(c.After), "desk@example.com") {
				t.Errorf("the audit list holds the form: %s", told(c))
			}
		}
		for _, missing := range []string{"", "none", "a\x00b"} {
			if _, err := s.NumberRequest(ctx, missing); !errors.Is(err, models.ErrNotFound) {
				t.Errorf("read %q: %v", missing, err)
			}
		}
	})
}

func TestTheNewestVersionOfARequestWins(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		first := asked(t, s, "r1")
		second := commented(t, first, "Which street?")
		third := commented(t, second, "Never mind.")
		for _, r := range []models.NumberRequest{first, third, second, first, third} {
			keep(t, s, r)
		}
		same(t, third, must[models.NumberRequest](t)(s.NumberRequest(ctx, "r1")))
		want := []string{`Front desk: submitted "Berlin r1"`, `Night desk: commented "Berlin r1"`, `Night desk: commented "Berlin r1"`}
		if got := history(t, s, "r1"); !slices.Equal(got, want) {
			t.Errorf("audited %q, want %q", got, want)
		}
		if got := keysOf(t, s, "r1"); !slices.Equal(got, wantKeys(third)) {
			t.Errorf("told %q, want %q", got, wantKeys(third))
		}
		polled := third.PutOff(noon) // is no version of its own
		keep(t, s, polled)
		same(t, polled, must[models.NumberRequest](t)(s.NumberRequest(ctx, "r1")))
	})
}

func TestARequestThatIsOverStaysAsItEnded(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		r := asked(t, s, "r1")
		keep(t, s, withdrawn(t, r))
		over := must[models.NumberRequest](t)(s.NumberRequest(ctx, "r1"))
		rejected := must[models.NumberRequest](t)(r.Reject(models.ToReject{By: reviewer, Reason: "No."}, noon))
		later := commented(t, commented(t, r, "Hm."), "Well.")
		elsewhere := over
		elsewhere.Reason, elsewhere.Version = "Something else.", over.Version-1
		for _, copied := range []models.NumberRequest{over, rejected, later, r, elsewhere} {
			keep(t, s, copied)
			same(t, over, must[models.NumberRequest](t)(s.NumberRequest(ctx, "r1")))
		}
		tidied := over
		tidied.Version++
		keep(t, s, tidied)
		same(t, tidied, must[models.NumberRequest](t)(s.NumberRequest(ctx, "r1")))
	})
}

func TestOfTwoCopiesOfOneVersionTheFirstStays(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		r := asked(t, s, "r1")
		question := must[models.NumberRequest](t)(r.Ask(models.ToAsk{By: reviewer, Question: "Which?"}, noon))
		keep(t, s, question)
		failed := r.Fail("It would not do.", noon)
		keep(t, s, failed)
		same(t, question, must[models.NumberRequest](t)(s.NumberRequest(context.Background(), "r1")))
		if got := history(t, s, "r1"); len(got) != 2 {
			t.Errorf("audited %q", got)
		}
	})
}

func TestWhatPeopleWriteIsNotInTheAuditList(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		r := asked(t, s, "r1")
		r = must[models.NumberRequest](t)(r.Ask(models.ToAsk{By: reviewer, Question: "Is it Main Street?", Fields: []string{"address"}}, noon))
		keep(t, s, r)
		changes := audit(t, s, store.ChangeFilter{NounID: "r1"})
		last := changes[len(changes)-1]
		if strings.Contains(told(last), "Main Street") {
			t.Errorf("it holds the question: %s", told(last))
		}
		var after struct{ Event map[string]any }
		if err := json.Unmarshal(last.After, &after); err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(after.Event); got != "map[fields:[address] kind:asked seq:2]" {
			t.Errorf("it tells of %s", got)
		}
	})
}

func TestAFileThatWasReplacedLosesItsContent(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		passport, excerpt := attached(t, s, "r1"), uploaded(t, s, requester)
		question := models.ToAsk{By: reviewer, Question: "Is it new?", Fields: []string{"documents"}}
		asks := must[models.NumberRequest](t)(must[models.NumberRequest](t)(s.NumberRequest(ctx, "r1")).Begin(noon).Ask(question, noon))
		keep(t, s, asks)
		answer := models.ToAnswer{By: models.Who{Actor: requester, Role: models.RoleRequester}, Fields: []string{"documents.proof"}}
		answer.Form.Documents = map[string]models.SubmittedDocument{"proof": {File: excerpt.ID}}
		answered := must[models.NumberRequest](t)(asks.Answer(answer, noon))
		if _, err := s.Sealed(ctx, passport.ID); err != nil {
			t.Fatalf("before the answer: %v", err)
		}
		for range 2 {
			keep(t, s, answered)
			keep(t, s, asks) // late
		}
		if _, err := s.Sealed(ctx, passport.ID); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("what was replaced is kept: %v", err)
		}
		if _, err := s.Sealed(ctx, excerpt.ID); err != nil {
			t.Errorf("what replaces it: %v", err)
		}
		if changes := audit(t, s, store.ChangeFilter{NounID: passport.ID}); len(changes) != 2 || changes[1].Action != "delete" {
			t.Errorf("audited %v", changes)
		}
	})
}

func TestAllVersionsAtOnceLeaveTheNewest(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		versions := []models.NumberRequest{wish("r1", 0)} // nobody has made the row
		for len(versions) < 8 {
			versions = append(versions, commented(t, versions[len(versions)-1], "Hm."))
		}
		atOnce(t, 3*len(versions), func(i int) error {
			_, err := s.KeepNumberRequest(ctx, versions[i%len(versions)])
			return err
		})
		newest := versions[len(versions)-1]
		same(t, newest, must[models.NumberRequest](t)(s.NumberRequest(ctx, "r1")))
		if got := history(t, s, "r1"); len(got) != len(newest.History) {
			t.Errorf("audited %q", got)
		}
		got, want := keysOf(t, s, "r1"), wantKeys(newest)
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("told %q, want %q", got, want)
		}
	})
}

func TestARequestWithoutARowIsKept(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		r := commented(t, wish("r1", 0).Begin(noon), "Which street?")
		r.Reason, r.History[1].Text = "a\x00b\xff", "a\x00b" // the carrier may say anything
		if unsent := keep(t, s, r); unsent != len(r.Notices()) {
			t.Errorf("%d notices are unsent, want %d", unsent, len(r.Notices()))
		}
		r.Reason = "ab\uFFFD"
		same(t, r, must[models.NumberRequest](t)(s.NumberRequest(context.Background(), "r1")))
		if got := history(t, s, "r1"); len(got) != 2 {
			t.Errorf("audited %q", got)
		}
	})
}

func TestWhatIsToldOfARequestIsUnsentUntilEachWayHasToldIt(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		r := asked(t, s, "r1")
		unsent := func() int { return keep(t, s, r) }
		all := must[[]models.Notice](t)(s.UnsentNotices(ctx, "r1"))
		if len(all) < 2 || unsent() != len(all) {
			t.Fatalf("%d are unsent, want %d", unsent(), len(all))
		}
		for _, way := range []string{"mail", "slack"} {
			if err := s.NoticeTold(ctx, all[0].ID, way, noon); err != nil {
				t.Fatal(err)
			}
		}
		if n := unsent(); n != len(all)-1 {
			t.Errorf("%d are unsent when one is told", n)
		}
		if err := s.NoticeFailed(ctx, all[1].ID, "no such mailbox", true); err != nil {
			t.Fatal(err)
		}
		if n := unsent(); n != len(all)-2 {
			t.Errorf("%d are unsent when one is told and one is given up", n)
		}
	})
}

func TestWhatIsOverIsSetAsideForNobodyAndItsDocumentsAreEmpty(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		proof := uploaded(t, s, requester)
		r := wish("r1", 0)
		r.Form.Documents = map[string]models.SubmittedDocument{"proof": {Type: "excerpt", File: proof.ID}}
		r = must[models.NumberRequest](t)(s.CreateNumberRequest(ctx, r, 0)).Begin(noon)
		if err := reserve(s, "r1", 1, false); err != nil {
			t.Fatal(err)
		}
		other := asked(t, s, "r2")
		var full *models.AllotmentError
		if err := reserve(s, other.ID, 1, false); !errors.As(err, &full) {
			t.Fatalf("the last number is reserved twice: %v", err)
		}

		over := withdrawn(t, r)
		for range 2 {
			keep(t, s, over)
		}
		documents := must[[]models.Document](t)(s.Documents(ctx, "r1"))
		if len(documents) != 1 || documents[0].DeletedAt == nil || documents[0].Name != proof.Name {
			t.Errorf("documents %+v", documents)
		}
		if _, err := s.Sealed(ctx, proof.ID); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("its content is still there: %v", err)
		}
		if changes := audit(t, s, store.ChangeFilter{NounID: proof.ID}); len(changes) != 2 || changes[1].Action != "delete" {
			t.Errorf("audited %v", changes)
		}
		if err := reserve(s, other.ID, 1, false); err != nil {
			t.Errorf("what is over holds a number: %v", err)
		}
	})
}

func TestARequestTakesTheFilesOfWhoeverFilledItIn(t *testing.T) {
	stranger := models.Actor{KeyID: "k9", Name: "Somebody"}
	for _, c := range []struct {
		name  string
		file  func(t *testing.T, s *store.Store) string
		fits  bool
		loose bool // it is of no request afterwards
	}{
		{"the requester's", func(t *testing.T, s *store.Store) string { return uploaded(t, s, requester).ID }, true, false},
		{"somebody else's", func(t *testing.T, s *store.Store) string { return uploaded(t, s, stranger).ID }, false, true},
		{"of another request", func(t *testing.T, s *store.Store) string { return attached(t, s, "other").ID }, false, false},
		{"gone", func(t *testing.T, s *store.Store) string {
			d := attached(t, s, "other")
			keep(t, s, withdrawn(t, must[models.NumberRequest](t)(s.NumberRequest(t.Context(), "other"))))
			return d.ID
		}, false, false},
		{"never there", func(*testing.T, *store.Store) string { return "none" }, false, true},
		{"no text", func(*testing.T, *store.Store) string { return "a\x00b" }, false, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			storetest.Each(t, func(t *testing.T, s *store.Store) {
				ctx := context.Background()
				r := wish("r1", 0)
				file := c.file(t, s)
				r.Form.Documents = map[string]models.SubmittedDocument{"a": {File: file}, "b": {File: uploaded(t, s, requester).ID}, "c": {File: file}}
				_, err := s.CreateNumberRequest(ctx, r, 0)
				var invalid *models.InvalidError
				if (err == nil) != c.fits || errors.As(err, &invalid) == c.fits || invalid != nil && invalid.Field != "documents" {
					t.Errorf("made with %v", err)
				}
				if _, err := s.NumberRequest(ctx, "r1"); (err == nil) != c.fits {
					t.Errorf("read: %v", err)
				}
				d, err := s.Document(ctx, file)
				if of := map[bool]string{true: "r1", false: "other"}[c.fits]; err == nil && !c.loose && d.RequestID != of || c.loose && d.RequestID != "" {
					t.Errorf("it is of request %q", d.RequestID)
				}
			})
		})
	}
}

func TestAnAnswerBringsFilesOfWhoeverGivesIt(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		r := asked(t, s, "r1")
		theirs, ours, strange := uploaded(t, s, requester), uploaded(t, s, operator), uploaded(t, s, models.Actor{KeyID: "k9", Name: "Somebody"})
		r = must[models.NumberRequest](t)(r.Ask(models.ToAsk{By: reviewer, Question: "Which?", Fields: []string{"documents"}}, noon))
		keep(t, s, r)
		r.Form.Documents = map[string]models.SubmittedDocument{"a": {File: theirs.ID}, "b": {File: ours.ID}, "c": {File: strange.ID}}
		r.Version++
		keep(t, s, r)
		of := func(d models.Document) string { return must[models.Document](t)(s.Document(ctx, d.ID)).RequestID }
		if of(theirs) != "r1" || of(ours) != "" || of(strange) != "" {
			t.Errorf("before the answer: %q, %q, %q", of(theirs), of(ours), of(strange))
		}
		r = must[models.NumberRequest](t)(r.Answer(models.ToAnswer{By: reviewer, Text: "This one."}, noon))
		for range 2 {
			keep(t, s, r)
		}
		if of(theirs) != "r1" || of(ours) != "r1" || of(strange) != "" {
			t.Errorf("after the answer: %q, %q, %q", of(theirs), of(ours), of(strange))
		}
	})
}
