package models

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// After is a request after a step has found or made something.
func (r NumberRequest) After(step Step, found Found, now time.Time) NumberRequest {
	p := &r.Provisioning
	if p.Unsure == step { // now something was heard
		p.Unsure = ""
	}
	switch {
	case found.Gone:
		r.Provisioning = r.Provisioning.stale()
		return r.Fail("What was made at the carrier for this request does not serve any more: somebody has removed it there, or "+
			"other paperwork is asked by now. Try again, and it is made anew.", now)
	case found.Back != "":
		return r.back(found.Back, now)
	case len(found.Reasons) > 0:
		return r.refused(step, found, now)
	}
	switch step {
	case StepTidy:
		return r.tidied(found.Stays, now)
	case StepReserve:
		p.Reserved = true
		if found.Exceeded {
			p.Exception = r.Approval.Override
		}
		if p.PhoneNumberID == "" {
			p.PhoneNumberID = found.ID
		}
	case StepRegulation:
		p.Regulated, p.Regulation = true, found.Regulation
	case StepChoose:
		r.Approval = r.Approval.with(found.Candidate)
		r = r.done(now, "A number is chosen"+inPlace(found.Candidate)+".")
	case StepAddress:
		p.AddressID = found.ID
		r = r.done(now, "The carrier has the address.")
	case StepEndUser:
		p.EndUserID = found.ID
		r = r.done(now, "The carrier knows whom the number is for.")
	case StepDocument:
		rule := r.NextDocument()
		p.Documents = maps.Clone(p.Documents)
		if p.Documents == nil {
			p.Documents = map[string]string{}
		}
		p.Documents[rule.Name] = found.ID
		r = r.done(now, "The carrier has the document: "+rule.Label+".")
	case StepBundle:
		p.BundleID = found.ID
	case StepAssign:
		p.Assigned = true
	case StepEvaluate:
		p.Compliant = true
	case StepSubmit, StepPoll:
		return r.polled(step, found.Bundle, now)
	case StepBuy:
		return r.bought(found, now)
	case StepVerify:
		p.Verified = true
	case StepTakeIn:
		r.PhoneNumberID, r.CallRouteID = found.ID, found.RouteID
		p.Reserved, p.Unsure = false, ""
		return r.next(RequestActive, ourselves, now, RequestEvent{
			Kind: HistoryActive, Text: "The number works. Its route is a draft: say whom it rings, and switch it on.",
			Tell: []Party{PartyRequester, PartyReviewer},
		})
	}
	return r
}

func (r NumberRequest) done(now time.Time, text string) NumberRequest {
	return r.noted(ourselves, now, RequestEvent{Kind: HistoryDone, Text: text})
}

// inPlace says where a candidate is; empty when that is unknown.
func inPlace(c Candidate) string {
	if c.Locality == "" {
		return ""
	}
	return " in " + c.Locality
}

// with is an approval of a candidate.
func (a *Approval) with(c Candidate) *Approval {
	approval := *a
	approval.Candidate = c
	return &approval
}

// back gives a request to the reviewers.
func (r NumberRequest) back(why string, now time.Time) NumberRequest {
	r.Approval = nil
	return r.next(RequestInReview, ourselves, now, RequestEvent{Kind: HistoryReturned, Text: why, Internal: true, Tell: []Party{PartyReviewer, PartyRequester}})
}

// refused gives a request to its requester, with what is wrong with the paperwork.
func (r NumberRequest) refused(step Step, found Found, now time.Time) NumberRequest {
	var lines, fields []string
	for _, reason := range found.Reasons {
		lines = append(lines, "- "+reason.Text)
		if reason.Field != "" && !slices.Contains(fields, reason.Field) {
			fields = append(fields, reason.Field)
		}
	}
	if len(fields) == 0 { // it may be anything of the paperwork
		fields = []string{"person", "address", "documents"}
	}
	text := "The carrier needs this for the paperwork:\n"
	if step == StepPoll {
		text = "The carrier has refused the paperwork:\n"
	}
	text += strings.Join(lines, "\n")
	r.Provisioning = r.Provisioning.stale()
	r.Question = &Question{Text: text, Fields: fields, By: "the carrier", At: now}
	return r.next(RequestWaitingForRequester, ourselves, now, RequestEvent{
		Kind: HistoryRefused, Text: text, Fields: fields, Tell: []Party{PartyRequester, PartyReviewer},
	})
}

// polled takes in how far the carrier's review is.
func (r NumberRequest) polled(step Step, status BundleStatus, now time.Time) NumberRequest {
	p := &r.Provisioning
	p.Submitted, p.Bundle, p.PollAt = true, status, nil
	switch {
	case status == BundleDraft && step == StepPoll: // somebody has taken it back in the carrier's console
		p.Submitted, p.Compliant = false, false
		return r.next(RequestProvisioning, ourselves, now, RequestEvent{
			Kind: HistoryReviewed, Text: "The paperwork is a draft again at the carrier. It is checked and submitted once more.", Internal: true,
		})
	case status.Good() && step == StepSubmit: // it had been submitted before
		return r
	case status.Good():
		return r.next(RequestProvisioning, ourselves, now, RequestEvent{
			Kind: HistoryReviewed, Text: "The carrier has approved the paperwork.", Tell: []Party{PartyRequester, PartyReviewer},
		})
	}
	at := now.Add(pollAfter)
	p.PollAt = &at
	if r.Status == RequestWaitingForCarrier {
		return r
	}
	return r.next(RequestWaitingForCarrier, ourselves, now, RequestEvent{
		Kind: HistoryReviewed, Text: "The carrier has the paperwork and reviews it. That takes days.", Tell: []Party{PartyRequester},
	})
}

// triedAtMost is how many numbers may be sold to somebody else before a reviewer is to look.
const triedAtMost = 5

// bought takes in a purchase, or that somebody else was first.
func (r NumberRequest) bought(found Found, now time.Time) NumberRequest {
	p := &r.Provisioning
	if !found.Taken {
		p.NumberID = found.ID
		return r.done(now, "The number is bought.")
	}
	p.Tried = append(p.Tried[:len(p.Tried):len(p.Tried)], r.Approval.Candidate.Number)
	if len(p.Tried) >= triedAtMost {
		return r.back(fmt.Sprintf("%d numbers in a row were sold to somebody else. Choose another, or try later.", triedAtMost), now)
	}
	next := r.Approval.Candidate
	next.Number = "" // the rest says what the next one should be like
	r.Approval = r.Approval.with(next)
	return r.noted(ourselves, now, RequestEvent{Kind: HistoryTaken, Text: "Somebody else has bought the number. Another one like it is looked for."})
}

// tidied takes in that what nobody needs is gone.
func (r NumberRequest) tidied(stays []string, now time.Time) NumberRequest {
	r.Provisioning.Leftovers, r.Provisioning.Unsure = nil, ""
	e := RequestEvent{Kind: HistoryUndone, Text: "What was made at the carrier and is not needed is gone."}
	if len(stays) > 0 {
		e.Text = "The carrier would not remove all that is not needed. Remove by hand in its console, or leave it: " + strings.Join(stays, ", ") + "."
		e.Internal, e.Tell = true, []Party{PartyReviewer}
	}
	r.ActsNext = r.actsNext()
	return r.noted(ourselves, now, e)
}

// Fail parks a request: a person is to act.
func (r NumberRequest) Fail(why string, now time.Time) NumberRequest {
	r.Reason = why
	return r.next(RequestFailed, ourselves, now, RequestEvent{Kind: HistoryFailed, Text: why, Internal: true, Tell: []Party{PartyReviewer}})
}

// FailUnheard parks a request of whose last step nothing was heard: it may have been done.
func (r NumberRequest) FailUnheard(step Step, why string, now time.Time) NumberRequest {
	if step.makes() {
		r.Provisioning.Unsure = step
	}
	return r.Fail(why, now)
}

// Unrouted is a request that was fulfilled by hand with what is no number of ours: reviewers are to give it a route.
func (r NumberRequest) Unrouted(why string, now time.Time) NumberRequest {
	r = r.noted(ourselves, now, RequestEvent{Kind: HistoryFailed, Text: why, Internal: true, Tell: []Party{PartyReviewer}})
	r.ActsNext = ""
	return r
}

// Fulfilled is a request that was fulfilled by hand, once its number has a route.
func (r NumberRequest) Fulfilled(routeID string, now time.Time) NumberRequest {
	r.CallRouteID = routeID
	r.ActsNext = r.actsNext()
	return r.done(now, "The number has a route.")
}
