package models

import "time"

// How long somebody may leave a request alone before they are reminded, and how often they are.
const (
	remindReviewersAfter = 24 * time.Hour // and once more after as long
	remindRequesterAfter = 72 * time.Hour
	remindReviewers      = 2 // times
	remindRequester      = 1

	// wonderAfter is how long the carrier may review paperwork before reviewers are told to look, each time.
	wonderAfter = 7 * 24 * time.Hour
	wonderTimes = 8

	// remindersApart is the least time between two reminders, also when no worker was there as the first was due.
	remindersApart = 12 * time.Hour
)

// Submit is a request as it begins.
func Submit(id string, form RequestForm, by Actor, now time.Time) NumberRequest {
	r := NumberRequest{ID: id, Form: form, Requester: by, CreatedAt: now}
	r = r.next(RequestInReview, by, now, RequestEvent{Kind: HistorySubmitted, Text: "Asked for " + wanted(form) + ".", Tell: []Party{PartyRequester, PartyReviewer}})
	r.Version = 0 // until a run has begun
	return r
}

// Begin is a request whose run has begun.
func (r NumberRequest) Begin(now time.Time) NumberRequest {
	r.Version++
	r.UpdatedAt = now
	return r
}

// next brings a request into another state, in which somebody acts next.
func (r NumberRequest) next(status RequestStatus, by Actor, now time.Time, e RequestEvent) NumberRequest {
	r = r.noted(by, now, e)
	r.Status, r.Since = status, now
	r.ActsNext = r.actsNext()
	return r.reminded(now, 0)
}

// actsNext is who acts next. After the end that is ringdown, while something is still to be removed or made.
func (r NumberRequest) actsNext() Party {
	if r.Untidy() && r.Status.Final() || r.Status == RequestActive && r.CallRouteID == "" {
		return PartyRingdown
	}
	return r.Status.ActsNext()
}

// noted adds a line to the history of a request, in a new version.
func (r NumberRequest) noted(by Actor, now time.Time, e RequestEvent) NumberRequest {
	e.Seq, e.At, e.By = len(r.History)+1, now, by
	if last := e.Kind == HistoryReminded && r.Reminders > 0; r.Assignee != nil && !last { // the last reminder is for all
		e.Assignee = r.Assignee.UserID
	}
	r.History = append(r.History[:len(r.History):len(r.History)], e)
	r.Version++
	r.UpdatedAt = now
	return r
}

// reminded says how often whoever acts next has been reminded, and when they are again.
func (r NumberRequest) reminded(now time.Time, times int) NumberRequest {
	after, most := time.Duration(0), 0
	switch r.ActsNext {
	case PartyReviewer:
		after, most = remindReviewersAfter, remindReviewers
	case PartyRequester:
		after, most = remindRequesterAfter, remindRequester
	case PartyCarrier:
		after, most = wonderAfter, wonderTimes
	}
	r.Reminders, r.RemindAt = times, nil
	if times < most {
		at := now.Add(after)
		r.RemindAt = &at
	}
	return r
}

// Remind notes that whoever acts next is reminded.
func (r NumberRequest) Remind(now time.Time) NumberRequest {
	due := now
	if r.RemindAt != nil { // counted from when it was due, so that a late timer moves nothing
		due = *r.RemindAt
	}
	since := " since " + r.Since.UTC().Format(time.RFC1123) + "."
	e := RequestEvent{Kind: HistoryReminded, Text: "It waits for a reviewer" + since, Tell: []Party{PartyReviewer}}
	switch r.ActsNext {
	case PartyRequester:
		e.Text, e.Tell = "A question waits for its requester"+since, []Party{PartyRequester}
	case PartyCarrier:
		e.Text, e.Internal = "The carrier has not decided on the paperwork"+since+" Its console may say why.", true
	}
	r = r.noted(ourselves, now, e)
	r = r.reminded(due, r.Reminders+1)
	if earliest := now.Add(remindersApart); r.RemindAt != nil && r.RemindAt.Before(earliest) {
		r.RemindAt = &earliest
	}
	return r
}

// ourselves is who acts when no person does.
var ourselves = Actor{Name: "ringdown"}

// Due is when something is to be done with a request though nobody acts; zero means never.
func (r NumberRequest) Due() time.Time {
	var due time.Time
	for _, at := range []*time.Time{r.RemindAt, r.pollAt()} {
		if at != nil && (due.IsZero() || at.Before(due)) {
			due = *at
		}
	}
	return due
}

// RemindDue says whether whoever acts next is to be reminded.
func (r NumberRequest) RemindDue(now time.Time) bool {
	return r.RemindAt != nil && !r.RemindAt.After(now)
}

// PollDue says whether the carrier is to be asked how far its review is.
func (r NumberRequest) PollDue(now time.Time) bool {
	at := r.pollAt()
	return at != nil && !at.After(now)
}

func (r NumberRequest) pollAt() *time.Time {
	if r.Status != RequestWaitingForCarrier {
		return nil
	}
	return r.Provisioning.PollAt
}

// PutOff puts the next question to the carrier off by a day, when this one had no answer.
func (r NumberRequest) PutOff(now time.Time) NumberRequest {
	at := now.Add(pollAfter)
	r.Provisioning.PollAt = &at
	return r
}
