package models

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
)

var (
	asked    = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	rita     = Who{Actor{"rita", "Rita"}, RoleReviewer}
	admin    = Who{Actor{"", "first admin key"}, RoleAdmin}
	owner    = Who{Actor{"nora", "Nora"}, RoleRequester}
	stranger = Who{Actor{"olaf", "Olaf"}, RoleRequester}
	viewer   = Who{Actor{"vera", "Vera"}, RoleViewer}
	berlin   = Candidate{Number: "+493023125001", Country: "DE", Type: NumberLocal, Locality: "Berlin", Address: AddressLocal, Voice: true}
)

// standsAt is a request in a state, as it gets there.
func standsAt(t *testing.T, status RequestStatus) NumberRequest {
	t.Helper()
	do := func(r NumberRequest, err error) NumberRequest {
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	r := Submit("0196", RequestForm{
		Name: "Support", Country: "DE", Type: NumberLocal, Email: "nora@example.com", EndUser: Business,
		Person: map[string]string{"business_name": "Example GmbH"}, Address: &Address{City: "Berlin"},
		Documents: map[string]SubmittedDocument{"proof": {Type: "excerpt", File: "f1"}},
	}, owner.Actor, asked).Begin(asked)
	switch status {
	case RequestWaitingForRequester:
		return do(r.Ask(ToAsk{By: rita, Question: "Which city?", Fields: []string{"address"}}, asked))
	case RequestRejected:
		return do(r.Reject(ToReject{By: rita, Reason: "No."}, asked))
	case RequestWithdrawn:
		return do(r.Withdraw(ToWithdraw{By: owner}, asked))
	case RequestInReview:
		return r
	}
	r = do(r.Approve(ToApprove{By: rita, Candidate: berlin}, asked))
	switch status {
	case RequestFailed:
		return r.Fail("The carrier is on strike.", asked)
	case RequestWaitingForCarrier:
		return r.After(StepSubmit, Found{Bundle: BundlePending}, asked)
	case RequestActive:
		return r.After(StepTakeIn, Found{ID: "n1", RouteID: "r1"}, asked)
	}
	return r
}

var allStatuses = []RequestStatus{
	RequestInReview, RequestWaitingForRequester, RequestProvisioning, RequestWaitingForCarrier, RequestFailed,
	RequestActive, RequestRejected, RequestWithdrawn,
}

// actions are all that people do, with where each leads from where it is possible.
var actions = map[string]struct {
	do    func(NumberRequest, Who) (NumberRequest, error)
	leads map[RequestStatus]RequestStatus
	owner bool // the requester may too
}{
	"approve": {
		func(r NumberRequest, by Who) (NumberRequest, error) {
			return r.Approve(ToApprove{By: by, Choose: true}, asked)
		},
		map[RequestStatus]RequestStatus{RequestInReview: RequestProvisioning}, false,
	},
	"reject": {
		func(r NumberRequest, by Who) (NumberRequest, error) {
			return r.Reject(ToReject{By: by, Reason: "No."}, asked)
		},
		map[RequestStatus]RequestStatus{RequestInReview: RequestRejected, RequestWaitingForRequester: RequestRejected, RequestFailed: RequestRejected}, false,
	},
	"ask": {
		func(r NumberRequest, by Who) (NumberRequest, error) {
			return r.Ask(ToAsk{By: by, Question: "Why?"}, asked)
		},
		map[RequestStatus]RequestStatus{RequestInReview: RequestWaitingForRequester, RequestFailed: RequestWaitingForRequester}, false,
	},
	"answer": {
		func(r NumberRequest, by Who) (NumberRequest, error) {
			return r.Answer(ToAnswer{By: by, Text: "So."}, asked)
		},
		map[RequestStatus]RequestStatus{RequestWaitingForRequester: RequestInReview}, true,
	},
	"fulfil": {
		func(r NumberRequest, by Who) (NumberRequest, error) {
			return r.Fulfil(ToFulfil{By: by, PhoneNumberID: "n9"}, asked)
		},
		map[RequestStatus]RequestStatus{RequestInReview: RequestActive, RequestFailed: RequestActive}, false,
	},
	"withdraw": {
		func(r NumberRequest, by Who) (NumberRequest, error) { return r.Withdraw(ToWithdraw{By: by}, asked) },
		map[RequestStatus]RequestStatus{
			RequestInReview: RequestWithdrawn, RequestWaitingForRequester: RequestWithdrawn,
			RequestWaitingForCarrier: RequestWithdrawn, RequestFailed: RequestWithdrawn,
		}, true,
	},
	"retry": {
		func(r NumberRequest, by Who) (NumberRequest, error) { return r.Retry(ToRetry{By: by}, asked) },
		map[RequestStatus]RequestStatus{RequestFailed: RequestProvisioning}, false,
	},
	"comment": {
		func(r NumberRequest, by Who) (NumberRequest, error) {
			return r.Comment(ToComment{By: by, Text: "Well."}, asked)
		},
		map[RequestStatus]RequestStatus{
			RequestInReview: RequestInReview, RequestWaitingForRequester: RequestWaitingForRequester, RequestProvisioning: RequestProvisioning,
			RequestWaitingForCarrier: RequestWaitingForCarrier, RequestFailed: RequestFailed,
		}, true,
	},
	"assign": {
		func(r NumberRequest, by Who) (NumberRequest, error) {
			return r.Assign(ToAssign{By: by, Assignee: &Assignee{"u1", "Alice"}}, asked)
		},
		map[RequestStatus]RequestStatus{
			RequestInReview: RequestInReview, RequestWaitingForRequester: RequestWaitingForRequester, RequestProvisioning: RequestProvisioning,
			RequestWaitingForCarrier: RequestWaitingForCarrier, RequestFailed: RequestFailed,
		}, false,
	},
}

func TestEachActionIsPossibleInItsStatesAlone(t *testing.T) {
	for name, action := range actions {
		for _, from := range allStatuses {
			before := standsAt(t, from)
			after, err := action.do(before, rita)
			to, possible := action.leads[from]
			switch {
			case !possible:
				if !errors.As(err, new(*ConflictError)) {
					t.Errorf("%s while %s: %v, want a conflict", name, from, err)
				}
				if after.Version != before.Version || after.Status != before.Status || len(after.History) != len(before.History) {
					t.Errorf("%s while %s is refused and changes something", name, from)
				}
			case err != nil:
				t.Errorf("%s while %s: %v", name, from, err)
			case after.Status != to || after.ActsNext != to.ActsNext() && name != "fulfil": // the number gets a route first
				t.Errorf("%s while %s leads to %s, %s acts next; want %s", name, from, after.Status, after.ActsNext, to)
			case after.Version != before.Version+1 || len(after.History) != len(before.History)+1:
				t.Errorf("%s while %s: not one more version and line", name, from)
			case len(before.History) > 0 && after.History[len(before.History)-1].Kind != before.History[len(before.History)-1].Kind:
				t.Errorf("%s while %s changed the past", name, from)
			}
		}
	}
}

func TestWhoMayActOnARequest(t *testing.T) {
	for name, action := range actions {
		var from RequestStatus
		for _, status := range allStatuses {
			if _, ok := action.leads[status]; ok {
				from = status
				break
			}
		}
		for _, by := range []Who{rita, admin, owner, stranger, viewer} {
			_, err := action.do(standsAt(t, from), by)
			may := by == rita || by == admin || by == owner && action.owner
			if forbidden := errors.As(err, new(*ForbiddenError)); forbidden == may {
				t.Errorf("%s by a %s (%s): %v, want it allowed: %v", name, by.Role, by.Name, err, may)
			}
		}
	}
}

func TestOfTwoReviewersTheSecondIsToldWhoWasFirst(t *testing.T) {
	first, err := standsAt(t, RequestInReview).Approve(ToApprove{By: rita, Choose: true}, asked.Add(time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	_, err = first.Reject(ToReject{By: admin, Reason: "No."}, asked.Add(2*time.Minute))
	if err == nil || !strings.Contains(err.Error(), "approved by Rita at 2026-03-02T09:01:00Z") {
		t.Errorf("got %v", err)
	}
}

func TestWhatIsSaidMustMakeSense(t *testing.T) {
	long := strings.Repeat("x", wordsAtMost+1)
	review, waiting := standsAt(t, RequestInReview), standsAt(t, RequestWaitingForRequester)
	other := review
	other.Form.Country = OtherCountry
	mute := berlin
	mute.Voice = false
	for name, c := range map[string]struct {
		field string
		do    func() (NumberRequest, error)
	}{
		"an approval of nothing": {"candidate", func() (NumberRequest, error) { return review.Approve(ToApprove{By: rita}, asked) }},
		"an approval of both": {"candidate", func() (NumberRequest, error) {
			return review.Approve(ToApprove{By: rita, Candidate: berlin, Choose: true}, asked)
		}},
		"a number of another country": {"candidate", func() (NumberRequest, error) {
			return review.Approve(ToApprove{By: rita, Candidate: Candidate{Number: "+12025550123", Country: "US", Type: NumberLocal, Voice: true}}, asked)
		}},
		"a number without voice":          {"candidate", func() (NumberRequest, error) { return review.Approve(ToApprove{By: rita, Candidate: mute}, asked) }},
		"an approval of an other country": {"candidate", func() (NumberRequest, error) { return other.Approve(ToApprove{By: rita, Choose: true}, asked) }},
		"a rejection without a reason":    {"reason", func() (NumberRequest, error) { return review.Reject(ToReject{By: rita, Reason: " "}, asked) }},
		"a question without words":        {"question", func() (NumberRequest, error) { return review.Ask(ToAsk{By: rita}, asked) }},
		"a question too long":             {"question", func() (NumberRequest, error) { return review.Ask(ToAsk{By: rita, Question: long}, asked) }},
		"an answer without anything":      {"text", func() (NumberRequest, error) { return waiting.Answer(ToAnswer{By: owner}, asked) }},
		"an answer to what was not asked": {"fields", func() (NumberRequest, error) {
			return waiting.Answer(ToAnswer{By: owner, Text: "x", Form: RequestForm{Email: "x@example.com"}, Fields: []string{"email"}}, asked)
		}},
		"a fulfilment without a number": {"phone_number_id", func() (NumberRequest, error) { return review.Fulfil(ToFulfil{By: rita}, asked) }},
		"a comment without words":       {"text", func() (NumberRequest, error) { return review.Comment(ToComment{By: rita}, asked) }},
		"words that are no text":        {"text", func() (NumberRequest, error) { return review.Comment(ToComment{By: rita, Text: "a\x00b"}, asked) }},
	} {
		_, err := c.do()
		var fault *InvalidError
		var faults Faults
		if errors.As(err, &faults) && len(faults) > 0 {
			fault = faults[0]
		} else if !errors.As(err, &fault) {
			t.Errorf("%s: %v, want a fault", name, err)
			continue
		}
		if fault.Field != c.field {
			t.Errorf("%s: fault in %s, want %s", name, fault.Field, c.field)
		}
	}
}

func TestAnAnswerChangesWhatWasAskedAndStartsThePaperworkAnew(t *testing.T) {
	r := standsAt(t, RequestWaitingForRequester)
	r.Provisioning = Provisioning{Round: 1, Reserved: true, Regulated: true, AddressID: "AD1", EndUserID: "IT1", BundleID: "BU1", Documents: map[string]string{"proof": "RD1", "place": "RD2"}, Regulation: german}
	after, err := r.Answer(ToAnswer{By: owner, Text: "Here.", Form: RequestForm{Address: &Address{City: "Hamburg"}}, Fields: []string{"address.city"}}, asked)
	if err != nil {
		t.Fatal(err)
	}
	if after.Form.Address.City != "Hamburg" || r.Form.Address.City != "Berlin" {
		t.Errorf("city %s, before %s", after.Form.Address.City, r.Form.Address.City)
	}
	if want := []string{"BU1", "RD1", "RD2", "IT1", "AD1"}; !slices.Equal(after.Provisioning.Leftovers, want) {
		t.Errorf("leftovers %v, want %v", after.Provisioning.Leftovers, want)
	}
	if after.Provisioning.Round != 2 || !after.Provisioning.Reserved {
		t.Errorf("%+v", after.Provisioning)
	}
	r.Question.Fields = []string{"area_code"}
	wish, err := r.Answer(ToAnswer{By: owner, Form: RequestForm{Wishes: Wishes{AreaCode: "40"}}, Fields: []string{"area_code"}}, asked)
	if err != nil || len(wish.Provisioning.Leftovers) != 0 || wish.Provisioning.BundleID != "BU1" {
		t.Errorf("another wish throws paperwork away: %v %v", wish.Provisioning.Leftovers, err)
	}
	words, err := r.Answer(ToAnswer{By: owner, Text: "It is right as it is."}, asked)
	if err != nil || len(words.Provisioning.Leftovers) != 0 {
		t.Errorf("words alone throw paperwork away: %v %v", words.Provisioning.Leftovers, err)
	}
}

func TestANumberThatIsBoughtIsNotAskedAbout(t *testing.T) {
	r := standsAt(t, RequestFailed)
	r.Provisioning.NumberID = "PN1"
	if _, err := r.Ask(ToAsk{By: rita, Question: "Why?"}, asked); !errors.As(err, new(*ConflictError)) {
		t.Errorf("got %v", err)
	}
	rejected, err := r.Reject(ToReject{By: rita, Reason: "No."}, asked)
	if err != nil || !slices.Contains(rejected.Provisioning.Leftovers, "PN1") {
		t.Errorf("a bought number is kept: %v %v", rejected.Provisioning.Leftovers, err)
	}
}

func TestRemindersComeAsAnnounced(t *testing.T) {
	r := standsAt(t, RequestInReview)
	for i, want := range []time.Duration{24 * time.Hour, 48 * time.Hour} {
		due := r.Due()
		if due != asked.Add(want) {
			t.Fatalf("reminder %d at %v, want after %v", i+1, due, want)
		}
		if r.RemindDue(due.Add(-time.Second)) || !r.RemindDue(due) {
			t.Fatal("due at another time than said")
		}
		r = r.Remind(due.Add(3 * time.Hour)) // a worker was away
		if last := r.History[len(r.History)-1]; last.Kind != HistoryReminded || !slices.Equal(last.Tell, []Party{PartyReviewer}) {
			t.Errorf("told %v", last.Tell)
		}
	}
	if !r.Due().IsZero() {
		t.Errorf("a third reminder at %v", r.Due())
	}
	late := standsAt(t, RequestInReview).Remind(asked.Add(60 * time.Hour)) // no worker was there for two days and a half
	if due := late.Due(); due != asked.Add(72*time.Hour) {
		t.Errorf("two reminders %v apart", due.Sub(asked.Add(60*time.Hour)))
	}
	commented, err := r.Comment(ToComment{By: rita, Text: "I look."}, asked.Add(100*time.Hour))
	if err != nil || commented.Due() != asked.Add(124*time.Hour) || commented.Since != asked {
		t.Errorf("after a comment: due %v since %v, %v", commented.Due(), commented.Since, err)
	}
	theirs, err := r.Comment(ToComment{By: owner, Text: "Well?"}, asked.Add(100*time.Hour))
	if err != nil || !theirs.Due().IsZero() {
		t.Errorf("a requester's comment counts as an action of reviewers: %v %v", theirs.Due(), err)
	}
	if due := standsAt(t, RequestWaitingForRequester).Due(); due != asked.Add(72*time.Hour) {
		t.Errorf("requesters are reminded at %v", due)
	}
	if due := standsAt(t, RequestWaitingForCarrier).Due(); due != asked.Add(24*time.Hour) {
		t.Errorf("the carrier is asked at %v", due)
	}
}

func TestInternalCommentsAreForReviewers(t *testing.T) {
	r, err := standsAt(t, RequestInReview).Comment(ToComment{By: rita, Text: "Odd.", Internal: true}, asked)
	if err != nil {
		t.Fatal(err)
	}
	if shown := r.ForRequester().History; len(shown) != 1 || len(r.History) != 2 {
		t.Errorf("the requester sees %d of %d lines", len(shown), len(r.History))
	}
	for _, n := range r.Notices() {
		if strings.Contains(n.Text, "Odd.") {
			t.Error("an internal comment is told")
		}
	}
}

func TestARequesterSeesNothingOfWhatReviewersAndMachinesSayAmongThemselves(t *testing.T) {
	r, err := standsAt(t, RequestFailed).Assign(ToAssign{By: rita, Assignee: &Assignee{"u1", "Alice"}}, asked)
	if err != nil {
		t.Fatal(err)
	}
	r.Provisioning.AddressID, r.Provisioning.Tried = "AD1", []Phone{"+493023125077"}
	r.Approval.Override = "For the launch."
	if r, err = r.Retry(ToRetry{By: rita, Note: "Paid the bill."}, asked); err != nil {
		t.Fatal(err)
	}
	r = r.Fail("dial tcp: no route to carrier.internal", asked)
	text, err := json.Marshal(r.ForRequester())
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"Alice", "u1", "AD1", "+493023125077", "Paid the bill", "carrier.internal", "on strike", "For the launch"} {
		if strings.Contains(string(text), secret) {
			t.Errorf("the requester sees %q", secret)
		}
	}
	rejected := standsAt(t, RequestRejected).ForRequester()
	if rejected.Reason != "No." {
		t.Errorf("the requester is not told why: %q", rejected.Reason)
	}
}

func TestARequestThatIsFullOfWordsCanStillBeDecided(t *testing.T) {
	r, said := standsAt(t, RequestInReview), ToComment{By: owner, Text: strings.Repeat("<", wordsAtMost)}
	n, err := 0, error(nil)
	for ; err == nil && n < 500; n++ {
		r, err = r.Comment(said, asked)
	}
	if !errors.As(err, new(*ConflictError)) || n > 30 {
		t.Fatalf("%d comments, then %v", n, err)
	}
	if _, err := r.Ask(ToAsk{By: rita, Question: "Why?"}, asked); !errors.As(err, new(*ConflictError)) {
		t.Errorf("a question fits: %v", err)
	}
	for name, decide := range map[string]func() (NumberRequest, error){
		"approve":  func() (NumberRequest, error) { return r.Approve(ToApprove{By: rita, Choose: true}, asked) },
		"reject":   func() (NumberRequest, error) { return r.Reject(ToReject{By: rita, Reason: "No."}, asked) },
		"withdraw": func() (NumberRequest, error) { return r.Withdraw(ToWithdraw{By: owner}, asked) },
	} {
		if _, err := decide(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTheLastReminderIsForAllReviewers(t *testing.T) {
	r, err := standsAt(t, RequestInReview).Assign(ToAssign{By: rita, Assignee: &Assignee{"u1", "Alice"}}, asked)
	if err != nil {
		t.Fatal(err)
	}
	r = r.Remind(r.Due())
	r = r.Remind(r.Due())
	var to []string
	for _, n := range r.Notices() {
		if strings.HasSuffix(n.Subject, "it waits for you") {
			to = append(to, n.Assignee)
		}
	}
	if !slices.Equal(to, []string{"u1", ""}) {
		t.Errorf("told %q", to)
	}
}

func TestABlankIsNoReasonForMoreThanAllotted(t *testing.T) {
	r, err := standsAt(t, RequestInReview).Approve(ToApprove{By: rita, Choose: true, Override: " \n"}, asked)
	if err != nil || r.Approval.Override != "" {
		t.Errorf("override %q, %v", r.Approval.Override, err)
	}
}
