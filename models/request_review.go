package models

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Who is somebody who acts on a request, with the role that lets them.
type Who struct {
	Actor
	Role Role `json:"role"`
}

// What people say when they act on a request. Each is kept in histories: fields are added, never renamed or reused.
type (
	// ToApprove is a yes: to a candidate, or to any number that fits the wishes.
	ToApprove struct {
		By        Who       `json:"by"`
		Candidate Candidate `json:"candidate"` // empty with Choose
		Choose    bool      `json:"choose"`
		Override  string    `json:"override"` // why there may be more numbers than allotted; empty: there may not
	}
	// ToReject is a no.
	ToReject struct {
		By     Who    `json:"by"`
		Reason string `json:"reason"` // the requester is told
	}
	// ToAsk is a question to the requester.
	ToAsk struct {
		By       Who      `json:"by"`
		Question string   `json:"question"`
		Fields   []string `json:"fields"` // of the form that the answer may change; empty: words are enough
	}
	// ToAnswer answers the question that waits.
	ToAnswer struct {
		By     Who         `json:"by"`
		Text   string      `json:"text"`
		Form   RequestForm `json:"form"`   // of which Fields count
		Fields []string    `json:"fields"` // among those that were asked
	}
	// ToFulfil gives a number that was arranged by hand.
	ToFulfil struct {
		By            Who    `json:"by"`
		PhoneNumberID string `json:"phone_number_id"` // imported, and nobody's yet
	}
	// ToWithdraw takes a request back.
	ToWithdraw struct {
		By     Who    `json:"by"`
		Reason string `json:"reason"` // may be empty
	}
	// ToRetry goes on with what has failed.
	ToRetry struct {
		By   Who    `json:"by"`
		Note string `json:"note"` // what was mended; may be empty
	}
	// ToComment says something about a request.
	ToComment struct {
		By       Who    `json:"by"`
		Text     string `json:"text"`
		Internal bool   `json:"internal"` // for reviewers alone
	}
	// ToAssign says who looks after a request.
	ToAssign struct {
		By       Who       `json:"by"`
		Assignee *Assignee `json:"assignee"` // nil: nobody
	}
)

// ForbiddenError says that somebody may not do what they asked for.
type ForbiddenError struct{ Reason string }

func (e *ForbiddenError) Error() string { return e.Reason }

const (
	// wordsAtMost is how many characters a question, an answer, a reason or a comment may have.
	wordsAtMost = 4000
	// historyAtMost is how large a history may grow, in bytes of JSON, before nobody may add words to it but those of
	// a decision. The whole request goes through Temporal, which takes 2 MB and warns from 512 kB on.
	historyAtMost = 256 << 10
)

// full is a *ConflictError once so much has been said of a request that nothing more fits.
func (r NumberRequest) full() error {
	text, err := json.Marshal(r.History)
	if err != nil {
		return err
	}
	if len(text) < historyAtMost {
		return nil
	}
	return &ConflictError{Reason: "so much has been said of the request that nothing more fits: approve, reject or withdraw it"}
}

// Approve has a number set up.
func (r NumberRequest) Approve(a ToApprove, now time.Time) (NumberRequest, error) {
	if err := r.reviewed(a.By, "approved", RequestInReview); err != nil {
		return r, err
	}
	a.Override = strings.TrimSpace(a.Override)
	var faults Faults
	words(&faults, "override", a.Override, 0)
	switch {
	case r.Form.Country == OtherCountry:
		faults.Add("candidate", "a number of another country is arranged by hand: import it, and fulfil the request with it")
	case a.Choose == (a.Candidate.Number != ""):
		faults.Add("candidate", "name a number, or let one be chosen, not both")
	case !a.Choose && (a.Candidate.Country != r.Form.Country || a.Candidate.Type != r.Form.Type):
		faults.Add("candidate", "is no %s number of %s", r.Form.Type, r.Form.Country)
	case !a.Choose && !a.Candidate.Voice:
		faults.Add("candidate", "cannot take calls; the carrier sells it without voice")
	}
	if err := faults.Err(); err != nil {
		return r, err
	}
	if a.Choose {
		a.Candidate = Candidate{}
	}
	r.Approval = &Approval{By: a.By.Actor, At: now, Candidate: a.Candidate, Choose: a.Choose, Override: a.Override}
	r.Reason = ""
	r.Provisioning = r.Provisioning.again()
	text := "Approved: a number is chosen by the wishes."
	if !a.Choose {
		text = "Approved with a number in " + place(a.Candidate) + "."
	}
	return r.next(RequestProvisioning, a.By.Actor, now, RequestEvent{Kind: HistoryApproved, Text: text, Tell: []Party{PartyRequester}}), nil
}

// place is where a candidate is, in words.
func place(c Candidate) string {
	parts := slices.DeleteFunc([]string{c.Locality, c.Region, c.Country}, func(s string) bool { return s == "" })
	return strings.Join(parts, ", ")
}

// Reject ends a request with a no. What exists at the carrier is undone after it.
func (r NumberRequest) Reject(a ToReject, now time.Time) (NumberRequest, error) {
	if err := r.reviewed(a.By, "rejected", RequestInReview, RequestWaitingForRequester, RequestFailed); err != nil {
		return r, err
	}
	var faults Faults
	words(&faults, "reason", a.Reason, 1)
	if err := faults.Err(); err != nil {
		return r, err
	}
	r.Reason, r.Question = a.Reason, nil
	return r.abandon().next(RequestRejected, a.By.Actor, now, RequestEvent{Kind: HistoryRejected, Text: a.Reason, Tell: []Party{PartyRequester}}), nil
}

// Ask gives a request back to its requester with a question.
func (r NumberRequest) Ask(a ToAsk, now time.Time) (NumberRequest, error) {
	if err := r.reviewed(a.By, "asked about", RequestInReview, RequestFailed); err != nil {
		return r, err
	}
	if r.Provisioning.NumberID != "" || r.Provisioning.Unsure == StepBuy {
		return r, &ConflictError{Reason: "its number is, or may have been, bought already: mend what has failed and try again, or reject it"}
	}
	if err := r.full(); err != nil {
		return r, err
	}
	var faults Faults
	words(&faults, "question", a.Question, 1)
	if len(a.Fields) > 50 {
		faults.Add("fields", "at most 50")
	}
	if err := faults.Err(); err != nil {
		return r, err
	}
	r.Question, r.Reason = &Question{Text: a.Question, Fields: a.Fields, By: a.By.Name, At: now}, ""
	return r.next(RequestWaitingForRequester, a.By.Actor, now,
		RequestEvent{Kind: HistoryAsked, Text: a.Question, Fields: a.Fields, Tell: []Party{PartyRequester}}), nil
}

// Answer gives a request back to the reviewers, changed where the question let it be.
func (r NumberRequest) Answer(a ToAnswer, now time.Time) (NumberRequest, error) {
	if err := r.owned(a.By, "answered", RequestWaitingForRequester); err != nil {
		return r, err
	}
	if err := r.full(); err != nil {
		return r, err
	}
	var faults Faults
	words(&faults, "text", a.Text, 0)
	if a.Text == "" && len(a.Fields) == 0 {
		faults.Add("text", "say something, or change what was asked")
	}
	for _, field := range a.Fields {
		if !slices.ContainsFunc(r.Question.Fields, func(asked string) bool { return asked == field || strings.HasPrefix(field, asked+".") }) {
			faults.Add("fields", "%s was not asked; asked was: %s", field, askedFor(r.Question.Fields))
		}
	}
	if err := faults.Err(); err != nil {
		return r, err
	}
	form, err := r.Form.With(a.Form, a.Fields)
	if err != nil {
		return r, err
	}
	if slices.ContainsFunc(a.Fields, ofPaperwork) { // what was made of the old answers is of no use
		r.Provisioning = r.Provisioning.stale()
	}
	r.Form, r.Question = form, nil
	return r.next(RequestInReview, a.By.Actor, now,
		RequestEvent{Kind: HistoryAnswered, Text: a.Text, Fields: a.Fields, Tell: []Party{PartyReviewer}}), nil
}

// ofPaperwork says whether a field of the form is part of what the carrier is given.
func ofPaperwork(field string) bool {
	top, _, _ := strings.Cut(field, ".")
	return slices.Contains([]string{"email", "end_user", "person", "address", "documents"}, top)
}

func askedFor(fields []string) string {
	if len(fields) == 0 {
		return "words alone"
	}
	return strings.Join(fields, ", ")
}

// Fulfil ends a request with a number that was arranged by hand.
func (r NumberRequest) Fulfil(a ToFulfil, now time.Time) (NumberRequest, error) {
	if err := r.reviewed(a.By, "fulfilled", RequestInReview, RequestFailed); err != nil {
		return r, err
	}
	if a.PhoneNumberID == "" {
		return r, &InvalidError{Field: "phone_number_id", Reason: "must be the id of a number that was imported"}
	}
	r.Reason, r.PhoneNumberID = "", a.PhoneNumberID
	return r.abandon().next(RequestActive, a.By.Actor, now,
		RequestEvent{Kind: HistoryFulfilled, Text: "Fulfilled with a number that was arranged by hand.", Tell: []Party{PartyRequester}}), nil
}

// Withdraw takes a request back. What exists at the carrier is undone after it.
func (r NumberRequest) Withdraw(a ToWithdraw, now time.Time) (NumberRequest, error) {
	err := r.owned(a.By, "withdrawn", RequestInReview, RequestWaitingForRequester, RequestWaitingForCarrier, RequestFailed)
	if err != nil {
		return r, err
	}
	var faults Faults
	words(&faults, "reason", a.Reason, 0)
	if err := faults.Err(); err != nil {
		return r, err
	}
	r.Reason, r.Question = a.Reason, nil
	return r.abandon().next(RequestWithdrawn, a.By.Actor, now, RequestEvent{Kind: HistoryWithdrawn, Text: a.Reason, Tell: r.others(a.By)}), nil
}

// Retry goes on where the setting up failed.
func (r NumberRequest) Retry(a ToRetry, now time.Time) (NumberRequest, error) {
	if err := r.reviewed(a.By, "tried again", RequestFailed); err != nil {
		return r, err
	}
	var faults Faults
	words(&faults, "note", a.Note, 0)
	if err := faults.Err(); err != nil {
		return r, err
	}
	r.Reason = ""
	return r.next(RequestProvisioning, a.By.Actor, now, RequestEvent{Kind: HistoryRetried, Text: a.Note, Internal: true}), nil
}

// Comment adds words to a request. Of a reviewer it counts as news, so that nobody is reminded for a day.
func (r NumberRequest) Comment(a ToComment, now time.Time) (NumberRequest, error) {
	reviewer := reviews(a.By.Role)
	switch {
	case !reviewer && !r.owns(a.By):
		return r, &ForbiddenError{"only its requester and reviewers comment on a request"}
	case !reviewer && a.Internal:
		return r, &ForbiddenError{"only reviewers make internal comments"}
	case r.Status.Final():
		return r, r.conflict("commented on")
	}
	if err := r.full(); err != nil {
		return r, err
	}
	var faults Faults
	words(&faults, "text", a.Text, 1)
	if err := faults.Err(); err != nil {
		return r, err
	}
	said := RequestEvent{Kind: HistoryCommented, Text: a.Text, Internal: a.Internal, Tell: r.others(a.By)}
	if a.Internal {
		said.Tell = nil
	}
	r = r.noted(a.By.Actor, now, said)
	if reviewer && r.ActsNext == PartyReviewer {
		r = r.reminded(now, 0)
	}
	return r, nil
}

// Assign says who of the reviewers looks after a request, which counts as news.
func (r NumberRequest) Assign(a ToAssign, now time.Time) (NumberRequest, error) {
	if !reviews(a.By.Role) {
		return r, &ForbiddenError{"only reviewers assign requests"}
	}
	if r.Status.Final() {
		return r, r.conflict("assigned")
	}
	if err := r.full(); err != nil {
		return r, err
	}
	text := "Nobody looks after it any more."
	if a.Assignee != nil {
		text = a.Assignee.Name + " looks after it."
	}
	r.Assignee = a.Assignee
	told := RequestEvent{Kind: HistoryAssigned, Text: text, Internal: true}
	if a.Assignee != nil {
		told.Tell = []Party{PartyReviewer}
	}
	r = r.noted(a.By.Actor, now, told)
	if r.ActsNext == PartyReviewer {
		r = r.reminded(now, 0)
	}
	return r, nil
}

func reviews(role Role) bool { return role == RoleReviewer || role == RoleAdmin }

func (r NumberRequest) owns(who Who) bool {
	return who.Role == RoleRequester && who.KeyID != "" && who.KeyID == r.Requester.KeyID
}

// others are those who are told of what somebody did.
func (r NumberRequest) others(by Who) []Party {
	if reviews(by.Role) {
		return []Party{PartyRequester}
	}
	return []Party{PartyReviewer}
}

// reviewed lets reviewers act in some states.
func (r NumberRequest) reviewed(by Who, done string, in ...RequestStatus) error {
	if !reviews(by.Role) {
		return &ForbiddenError{fmt.Sprintf("a request is %s by reviewers and admins alone", done)}
	}
	if !slices.Contains(in, r.Status) {
		return r.conflict(done)
	}
	return nil
}

// owned lets whoever asked for a number, and reviewers in their name, act in some states.
func (r NumberRequest) owned(by Who, done string, in ...RequestStatus) error {
	if !reviews(by.Role) && !r.owns(by) {
		return &ForbiddenError{fmt.Sprintf("a request is %s by its requester, reviewers and admins alone", done)}
	}
	if !slices.Contains(in, r.Status) {
		return r.conflict(done)
	}
	return nil
}

// conflict says how things stand, and who has made them so.
func (r NumberRequest) conflict(done string) error {
	stands := map[RequestStatus]string{
		RequestInReview: "is in review", RequestWaitingForRequester: "waits for an answer of its requester",
		RequestProvisioning: "is being set up at this moment", RequestWaitingForCarrier: "waits for the carrier's review",
		RequestFailed: "has failed", RequestActive: "is active", RequestRejected: "is rejected", RequestWithdrawn: "is withdrawn",
	}[r.Status]
	since := "since " + r.Since.UTC().Format(time.RFC3339)
	if last, ok := r.lastMove(); ok {
		since = fmt.Sprintf("%s by %s at %s", last.Kind, last.By.Name, last.At.UTC().Format(time.RFC3339))
	}
	return &ConflictError{Reason: fmt.Sprintf("it cannot be %s: the request %s (%s)", done, stands, since)}
}

// lastMove is the newest event that brought a request into its state.
func (r NumberRequest) lastMove() (RequestEvent, bool) {
	for _, e := range slices.Backward(r.History) {
		switch e.Kind {
		case HistoryCommented, HistoryAssigned, HistoryReminded, HistoryDone, HistoryUndone, HistoryTaken:
		default:
			return e, true
		}
	}
	return RequestEvent{}, false
}

// words checks a text of several lines.
func words(faults *Faults, field, s string, least int) {
	n := utf8.RuneCountInString(strings.TrimSpace(s))
	switch {
	case !utf8.ValidString(s) || strings.ContainsRune(s, 0):
		faults.Add(field, "must be text")
	case n < least:
		faults.Add(field, "must not be empty")
	case n > wordsAtMost:
		faults.Add(field, "at most %d characters", wordsAtMost)
	}
}

// Over says why nothing can be done any more with a request that has ended.
func (r NumberRequest) Over() error { return r.conflict("changed") }
