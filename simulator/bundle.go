package simulator

import (
	"net/http"
	"net/url"
	"slices"
	"time"
)

// The states of a bundle.
const (
	BundleDraft    = "draft"
	BundlePending  = "pending-review"  // handed in
	BundleInReview = "in-review"       // somebody looks at it
	BundleRejected = "twilio-rejected" // may be changed and handed in again
	BundleApproved = "twilio-approved" // numbers can be bought with it
)

// bundleStates are all that Twilio has.
var bundleStates = []string{
	BundleDraft, BundlePending, BundleInReview, BundleRejected, BundleApproved, "provisionally-approved",
}

// bundle is paperwork for numbers of a country and type, on its way through the review.
type bundle struct {
	sid, name, email string
	callback         string
	regulation       *regulation // nil until one is known
	test             bool        // will be refused
	status, reason   string      // reason is why it was refused last
	created, updated time.Time
	assignments      []assignment
	evaluations      []evaluation
	round            int // counts how often it was handed in or decided, so that a review knows that it is overtaken
	chain            chain
}

// assignment is a paper's place in a bundle.
type assignment struct {
	sid, object string
	created     time.Time
}

func (b *bundle) underReview() bool { return b.status == BundlePending || b.status == BundleInReview }

// locked reports whether the bundle cannot be edited.
func (b *bundle) locked() bool { return b.underReview() || b.status == BundleApproved }

func (o *office) bundle(sid string) *bundle {
	i := slices.IndexFunc(o.bundles, func(b *bundle) bool { return b.sid == sid })
	if i < 0 {
		return nil
	}
	return o.bundles[i]
}

// usedIn reports whether a paper is in a bundle of which ok is true.
func (o *office) usedIn(p *paper, ok func(*bundle) bool) bool {
	return slices.ContainsFunc(o.bundles, func(b *bundle) bool {
		return ok(b) && slices.ContainsFunc(b.assignments, func(a assignment) bool { return a.object == p.sid })
	})
}

// unassign takes papers out of a bundle.
func (o *office) unassign(b *bundle, which func(assignment) bool) {
	for _, a := range b.assignments {
		if which(a) {
			o.note(LedgerDeleted, LedgerAssignment, a.sid, b.name)
		}
	}
	b.assignments = slices.DeleteFunc(b.assignments, which)
}

// papersOf are the papers in a bundle.
func (o *office) papersOf(b *bundle) []*paper {
	var all []*paper
	for _, a := range b.assignments {
		if p := o.paper(a.object); p != nil {
			all = append(all, p)
		}
	}
	return all
}

// moveLocked changes a bundle's status and tells whoever asked to be told. reason is why it was refused.
func (c *Carrier) moveLocked(b *bundle, status, reason string) {
	b.status, b.reason, b.updated = status, reason, time.Now()
	if b.callback == "" {
		return
	}
	b.chain.sendLocked(c, delivery{
		kind: HookBundle, tells: status, method: http.MethodPost, url: b.callback,
		params: url.Values{
			"AccountSid": {c.cfg.AccountSID}, "BundleSid": {b.sid}, "Status": {status}, "FailureReason": {reason},
		},
	})
}

// bundleResource is a bundle as REST shows it. It does not say why one was refused.
type bundleResource struct {
	AccountSID     string            `json:"account_sid"`
	DateCreated    string            `json:"date_created"`
	DateUpdated    string            `json:"date_updated"`
	Email          string            `json:"email"`
	FriendlyName   string            `json:"friendly_name"`
	Links          map[string]string `json:"links"`
	RegulationSID  *string           `json:"regulation_sid"`
	SID            string            `json:"sid"`
	Status         string            `json:"status"`
	StatusCallback *string           `json:"status_callback"`
	URL            string            `json:"url"`
	ValidUntil     *string           `json:"valid_until"`
}

func (b *bundle) resource(c *Carrier, r *http.Request) bundleResource {
	at := hostOf(r) + bundleList + "/" + b.sid
	res := bundleResource{
		AccountSID: c.cfg.AccountSID, DateCreated: b.created.UTC().Format(iso8601), DateUpdated: b.updated.UTC().Format(iso8601),
		Email: b.email, FriendlyName: b.name, SID: b.sid, Status: b.status, StatusCallback: optional(b.callback), URL: at,
		Links: map[string]string{
			"evaluations": at + "/Evaluations", "item_assignments": at + "/ItemAssignments", "bundle_copies": at + "/Copies",
		},
	}
	if b.regulation != nil {
		res.RegulationSID = optional(b.regulation.sid())
	}
	return res
}
