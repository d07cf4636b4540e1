package models

import (
	"slices"
	"time"
)

// RequestStatus is how far a request for a number has come.
type RequestStatus string

// The states of a request. The comment says who acts next.
const (
	RequestInReview            RequestStatus = "in_review"             // a reviewer decides
	RequestWaitingForRequester RequestStatus = "waiting_for_requester" // the requester answers a question
	RequestProvisioning        RequestStatus = "provisioning"          // ringdown sets the number up
	RequestWaitingForCarrier   RequestStatus = "waiting_for_carrier"   // the carrier reviews the paperwork, which takes days
	RequestFailed              RequestStatus = "failed"                // a reviewer mends what is wrong and tries again, or gives up
	RequestActive              RequestStatus = "active"                // nobody: the number works
	RequestRejected            RequestStatus = "rejected"              // nobody
	RequestWithdrawn           RequestStatus = "withdrawn"             // nobody
)

// Final says whether nothing follows.
func (s RequestStatus) Final() bool {
	return s == RequestActive || s == RequestRejected || s == RequestWithdrawn
}

// Party is somebody who acts on a request.
type Party string

// The parties. Empty is nobody.
const (
	PartyReviewer  Party = "reviewer"
	PartyRequester Party = "requester"
	PartyRingdown  Party = "ringdown"
	PartyCarrier   Party = "carrier"
)

// ActsNext is who acts next in a state.
func (s RequestStatus) ActsNext() Party {
	switch s {
	case RequestInReview, RequestFailed:
		return PartyReviewer
	case RequestWaitingForRequester:
		return PartyRequester
	case RequestProvisioning:
		return PartyRingdown
	case RequestWaitingForCarrier:
		return PartyCarrier
	default:
		return ""
	}
}

// NumberRequest is somebody's wish for a number, with its review and what came of it. Its run owns it; the
// database holds the newest copy. It is kept in histories: fields are added, never renamed or reused.
type NumberRequest struct {
	ID        string        `json:"id" gorm:"primaryKey"`
	Form      RequestForm   `json:"form" gorm:"serializer:json"`
	Status    RequestStatus `json:"status"`
	ActsNext  Party         `json:"acts_next"`                      // empty: nobody
	Since     time.Time     `json:"since" gorm:"column:acts_since"` // they do
	Requester Actor         `json:"requester" gorm:"embedded;embeddedPrefix:by_"`
	Assignee  *Assignee     `json:"assignee,omitempty" gorm:"serializer:json"`
	Question  *Question     `json:"question,omitempty" gorm:"serializer:json"` // that waits for an answer
	Approval  *Approval     `json:"approval,omitempty" gorm:"serializer:json"`
	Reason    string        `json:"reason"` // why it was rejected, or what failed and what a person should do

	Provisioning  Provisioning   `json:"provisioning" gorm:"serializer:json"`
	PhoneNumberID string         `json:"phone_number_id"` // once it is active
	CallRouteID   string         `json:"call_route_id"`   // its draft
	History       []RequestEvent `json:"history" gorm:"serializer:json"`

	RemindAt  *time.Time `json:"remind_at"` // when whoever acts next is reminded; null: not any more
	Reminders int        `json:"reminders"` // since they act next, or last did anything

	Version   int       `json:"version"` // grows with each change; zero: no run has begun
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`

	EmptiedAt *time.Time `json:"emptied_at,omitempty"` // when what people had written was removed, long after it was over
}

// Assignee is the reviewer who looks after a request.
type Assignee struct {
	UserID string `json:"user_id"`
	Name   string `json:"name"`
}

// Question is what a requester is asked.
type Question struct {
	Text   string    `json:"text"`
	Fields []string  `json:"fields"` // of the form that may be changed in the answer; empty: words are enough
	By     string    `json:"by"`     // a reviewer's name, or the carrier
	At     time.Time `json:"at"`
}

// Approval is a reviewer's yes.
type Approval struct {
	By        Actor     `json:"by"`
	At        time.Time `json:"at"`
	Candidate Candidate `json:"candidate"` // its number is empty until one is chosen for them
	Choose    bool      `json:"choose"`    // any number that fits the wishes will do
	Override  string    `json:"override"`  // why there may be more numbers than allotted; empty: there may not
}

// Provisioning is how far the setting up of a number has come: what exists at the carrier, and what is done.
type Provisioning struct {
	Round     int  `json:"round"`     // from 1; what a later one makes at the carrier has names of its own
	Reserved  bool `json:"reserved"`  // within the allotment
	Regulated bool `json:"regulated"` // it is known what the country asks

	Regulation Regulation        `json:"regulation"` // without CarrierID there is none
	AddressID  string            `json:"address_id"`
	EndUserID  string            `json:"end_user_id"`
	Documents  map[string]string `json:"documents,omitempty"` // the carrier's ids, by the name of their rule
	BundleID   string            `json:"bundle_id"`
	Assigned   bool              `json:"assigned"`  // all is in the bundle
	Compliant  bool              `json:"compliant"` // the carrier finds nothing missing
	Submitted  bool              `json:"submitted"`
	Bundle     BundleStatus      `json:"bundle_status"`
	PollAt     *time.Time        `json:"poll_at"` // when the carrier is asked about the bundle, unless it tells before

	Tried         []Phone `json:"tried,omitempty"` // numbers that somebody else had bought
	NumberID      string  `json:"number_id"`       // the carrier's id of what was bought
	PhoneNumberID string  `json:"phone_number_id"` // ours; it is in the number's webhooks before there is a row
	Verified      bool    `json:"verified"`        // its webhooks are as they should be

	Unsure    Step     `json:"unsure,omitempty"`    // one of which nothing was heard, and which may have been done
	Exception string   `json:"exception,omitempty"` // why it is one more than allotted
	Leftovers []string `json:"leftovers,omitempty"` // the carrier's ids of what nobody needs any more, in the order in which it goes
}

// BundleStatus is how far the carrier is with paperwork, in its own words.
type BundleStatus string

// The states of a bundle. Source: Twilio, Bundles resource.
const (
	BundleDraft       BundleStatus = "draft"
	BundlePending     BundleStatus = "pending-review"
	BundleInReview    BundleStatus = "in-review"
	BundleRejected    BundleStatus = "twilio-rejected"
	BundleApproved    BundleStatus = "twilio-approved"
	BundleProvisional BundleStatus = "provisionally-approved" // good for numbers, and looked at once more
)

// Decided says whether the carrier has said yes or no. What nobody knows yet counts as decided, so that it is looked at.
func (s BundleStatus) Decided() bool {
	return s != BundleDraft && s != BundlePending && s != BundleInReview
}

// Good says whether numbers can be bought with a bundle.
func (s BundleStatus) Good() bool { return s == BundleApproved || s == BundleProvisional }

// CarrierReason is one thing that the carrier finds wrong with paperwork.
type CarrierReason struct {
	Field string `json:"field"` // of the form, as in person.business_name; empty when unknown
	Text  string `json:"text"`  // a sentence for people
}

// HistoryKind says what happened to a request.
type HistoryKind string

// What happens to requests.
const (
	HistorySubmitted HistoryKind = "submitted"
	HistoryAsked     HistoryKind = "asked"
	HistoryAnswered  HistoryKind = "answered"
	HistoryApproved  HistoryKind = "approved"
	HistoryRejected  HistoryKind = "rejected"
	HistoryFulfilled HistoryKind = "fulfilled"
	HistoryWithdrawn HistoryKind = "withdrawn"
	HistoryRetried   HistoryKind = "retried"
	HistoryCommented HistoryKind = "commented"
	HistoryAssigned  HistoryKind = "assigned"
	HistoryReminded  HistoryKind = "reminded"
	HistoryDone      HistoryKind = "done"     // a step of the setting up
	HistoryTaken     HistoryKind = "taken"    // somebody else bought the number first
	HistoryReturned  HistoryKind = "returned" // to the reviewers
	HistoryReviewed  HistoryKind = "reviewed" // the carrier has approved the paperwork, or begun to look at it
	HistoryRefused   HistoryKind = "refused"  // the carrier has refused it
	HistoryFailed    HistoryKind = "failed"
	HistoryActive    HistoryKind = "active"
	HistoryUndone    HistoryKind = "undone" // what was made at the carrier is gone
)

// RequestEvent is one line of a request's history.
type RequestEvent struct {
	Seq      int         `json:"seq"` // from 1
	At       time.Time   `json:"at"`
	By       Actor       `json:"by"`
	Kind     HistoryKind `json:"kind"`
	Text     string      `json:"text"`               // a sentence for people, or what they wrote
	Fields   []string    `json:"fields,omitempty"`   // of the form, that are asked or were answered
	Internal bool        `json:"internal,omitempty"` // for reviewers alone
	Tell     []Party     `json:"tell,omitempty"`     // who is told of it
	Assignee string      `json:"assignee,omitempty"` // the id of the user who is told among reviewers; empty: all are
}

// ForRequester is a request as its requester may see it: without what reviewers say among themselves, and without what
// went wrong at the carrier or here.
func (r NumberRequest) ForRequester() NumberRequest {
	r.History = slices.DeleteFunc(slices.Clone(r.History), func(e RequestEvent) bool { return e.Internal })
	for i := range r.History {
		r.History[i].Assignee = ""
	}
	r.Assignee, r.Provisioning = nil, Provisioning{}
	if r.Approval != nil {
		approval := *r.Approval
		approval.Override = ""
		r.Approval = &approval
	}
	if !r.Status.Final() {
		r.Reason = ""
	}
	return r
}

// Document is a file that was uploaded for a request. Its content is kept sealed, beside it.
type Document struct {
	ID        string     `json:"id" gorm:"primaryKey"`
	RequestID string     `json:"number_request_id"` // empty until a request names it
	Name      string     `json:"name"`              // of the file
	MediaType string     `json:"media_type"`        // as its content says: application/pdf, image/jpeg or image/png
	Size      int        `json:"size"`              // in bytes
	By        Actor      `json:"by" gorm:"embedded;embeddedPrefix:by_"`
	CreatedAt time.Time  `json:"created_at"`
	DeletedAt *time.Time `json:"deleted_at"` // when its content went, because nobody needs it any more
}

// DocumentAtMost is how large a document may be, in bytes.
const DocumentAtMost = 10 << 20

// DocumentTypes are the media types that documents may have.
var DocumentTypes = []string{"application/pdf", "image/jpeg", "image/png"}

// LooseDocumentsLast is how long a document is kept that no request names.
const LooseDocumentsLast = 48 * time.Hour
