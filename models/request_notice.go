package models

import (
	"fmt"
	"strings"
)

// Notices are what people are told of a request: for each line of its history, those whom it concerns. Each has a
// Key of its own within the request, so that they may be listed again and again. None holds anything of the
// requester's paperwork.
func (r NumberRequest) Notices() []Notice {
	var notices []Notice
	for _, e := range r.History {
		for _, to := range e.Tell {
			n := Notice{
				RequestID: r.ID, Key: fmt.Sprintf("%d/%s", e.Seq, to), To: to, CreatedAt: e.At,
				Subject: fmt.Sprintf("%s: %s", r.Form.Name, headline(e, to)), Text: r.letter(e, to),
			}
			switch to {
			case PartyRequester:
				n.Email = r.Form.Email
			default:
				n.Assignee = e.Assignee
			}
			notices = append(notices, n)
		}
	}
	return notices
}

// headline says in a few words what happened.
func headline(e RequestEvent, to Party) string {
	switch {
	case e.Kind == HistorySubmitted && to == PartyReviewer:
		return "a number is asked for"
	case e.Kind == HistoryRefused && to == PartyRequester:
		return "we need something from you"
	}
	return map[HistoryKind]string{
		HistorySubmitted: "we have your request",
		HistoryAsked:     "a question about your request",
		HistoryAnswered:  "the requester has answered",
		HistoryApproved:  "approved",
		HistoryRejected:  "rejected",
		HistoryFulfilled: "your number works",
		HistoryWithdrawn: "withdrawn",
		HistoryCommented: "a comment",
		HistoryAssigned:  "it is yours to look after",
		HistoryReminded:  "it waits for you",
		HistoryReturned:  "it is back in review",
		HistoryReviewed:  "news of the paperwork",
		HistoryRefused:   "the carrier has refused the paperwork",
		HistoryFailed:    "it could not be set up",
		HistoryActive:    "the number works",
		HistoryUndone:    "something is left at the carrier",
	}[e.Kind]
}

// letter is the body of a notice.
func (r NumberRequest) letter(e RequestEvent, to Party) string {
	var b strings.Builder
	text := e.Text
	if e.Kind == HistoryReturned && to == PartyRequester {
		text = "A reviewer looks at your request once more."
	}
	fmt.Fprintf(&b, "%s\n\n", text)
	if e.By.Name != "" && e.By != ourselves {
		fmt.Fprintf(&b, "From: %s\n", e.By.Name)
	}
	if len(e.Fields) > 0 {
		fmt.Fprintf(&b, "Concerns: %s\n", strings.Join(e.Fields, ", "))
	}
	fmt.Fprintf(&b, "Request: %s (%s), id %s\n", r.Form.Name, wanted(r.Form), r.ID)
	if how := r.howTo(e.Kind, to); how != "" {
		fmt.Fprintf(&b, "What to do: %s\n", how)
	}
	return b.String()
}

// wanted is what a form asks for, in words.
func wanted(f RequestForm) string {
	if f.Country == OtherCountry {
		return "a number of another country"
	}
	return fmt.Sprintf("a %s number of %s", strings.ReplaceAll(string(f.Type), "_", "-"), f.Country)
}

// howTo says what whoever reads a notice may do.
func (r NumberRequest) howTo(kind HistoryKind, to Party) string {
	switch kind {
	case HistorySubmitted:
		if to == PartyReviewer {
			return "approve it, reject it, or ask back"
		}
		return "nothing; you hear from us within a couple of days"
	case HistoryAsked:
		return "answer it"
	case HistoryRefused:
		if to == PartyRequester {
			return "correct what is named, and answer"
		}
	case HistoryReminded:
		if to == PartyRequester {
			return "answer the question, or withdraw the request"
		}
		switch {
		case r.ActsNext == PartyCarrier:
			return "look into the carrier's console"
		case r.Status == RequestFailed:
			return "mend what is wrong and try again, or reject it"
		}
		return "approve it, reject it, or ask back"
	case HistoryAnswered:
		return "look at it again"
	case HistoryReturned:
		if to == PartyReviewer {
			return "look at it again"
		}
	case HistoryFailed:
		return "mend what is wrong and try again, or reject it"
	case HistoryActive, HistoryFulfilled:
		return "say whom its route rings, and switch it on"
	}
	return ""
}

// DriftNotice tells reviewers what a nightly look at a number has found.
func DriftNotice(n PhoneNumber, check NumberCheck) Notice {
	said := map[CheckResult]string{
		CheckRepaired: "its webhooks were changed, and have been set right", CheckBroken: "its calls do not reach us", CheckGone: "it is gone",
	}[check.Result]
	return Notice{
		Key: fmt.Sprintf("drift/%s/%s", n.ID, check.At.UTC().Format("2006-01-02")), To: PartyReviewer, CreatedAt: *check.At,
		Subject: fmt.Sprintf("%s: %s", n.Name, said), Text: check.Detail + "\n\nNumber: " + n.Name + ", id " + n.ID + "\n",
	}
}
