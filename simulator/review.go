package simulator

import (
	"fmt"
	"net/http"
)

// What a review comes to.
const (
	ReviewApprove = "approve"
	ReviewRefuse  = "refuse"
	ReviewHold    = "hold" // in review until DecideBundle
)

// Review is how the carrier looks at a bundle that was handed in.
type Review struct {
	Verdict string  `json:"verdict,omitempty"` // empty means approve
	After   Seconds `json:"after,omitempty"`   // carrier time until the verdict, half of it until somebody looks; 0 means 5 s
	Reason  string  `json:"reason,omitempty"`  // why it is refused
	Item    string  `json:"item,omitempty"`    // type of the document that is at fault, such as passport; may be empty
}

func (r Review) valid() bool {
	switch r.Verdict {
	case "", ReviewApprove, ReviewRefuse, ReviewHold:
		return r.After >= 0
	}
	return false
}

// badPaperwork is why a bundle is refused when nobody says.
const badPaperwork = "The documents do not meet the regulation's requirements."

// ReviewBundles says how bundles are looked at that are handed in from now on.
func (c *Carrier) ReviewBundles(r Review) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.office.review = r
}

// ReviewNextBundle says how the next bundle of a country is looked at. Said twice, it is for the next two, in turn.
func (c *Carrier) ReviewNextBundle(country string, r Review) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.office.nextReviews[country] = append(c.office.nextReviews[country], r)
}

// DecideBundle ends the review of a bundle at once. It is an error when the bundle is not under review.
func (c *Carrier) DecideBundle(sid string, approve bool, reason string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	b := c.office.bundle(sid)
	switch {
	case b == nil:
		return fmt.Errorf("there is no bundle %s", sid)
	case !b.underReview():
		return fmt.Errorf("bundle %s is %s", sid, b.status)
	}
	r := Review{Verdict: ReviewRefuse, Reason: reason}
	if approve {
		r.Verdict = ReviewApprove
	}
	c.concludeLocked(b, r)
	return nil
}

// submitLocked hands a bundle in. One that lacks something is sent back at once.
func (c *Carrier) submitLocked(b *bundle) error {
	if b.regulation == nil {
		return unregulated()
	}
	if e := c.office.evaluate(b); !e.compliant {
		b.evaluations = append(b.evaluations, e)
		return fault(http.StatusBadRequest, codeNoncompliant, "The bundle is noncompliant; see evaluation "+e.sid+".")
	}
	r := c.office.reviewOf(b)
	b.round++
	round := b.round
	c.settleLocked(b, func(*paper) (string, string) { return documentPending, "" })
	c.moveLocked(b, BundlePending, "")
	c.office.note(LedgerCreated, LedgerSubmission, b.sid, b.name)
	if !c.closed {
		c.wg.Go(func() { c.look(b, round, r) })
	}
	return nil
}

// codeNoncompliant is the error for handing in what lacks something. Twilio does not publish its own.
const codeNoncompliant = 20001

// reviewOf is how a bundle will be looked at. What was said of the next one is used up.
func (o *office) reviewOf(b *bundle) Review {
	if b.test {
		return Review{Verdict: ReviewRefuse, Reason: "This is a test bundle."}
	}
	if next := o.nextReviews[b.regulation.iso]; len(next) > 0 {
		o.nextReviews[b.regulation.iso] = next[1:]
		return next[0]
	}
	return o.review
}

// look is a review from beginning to end. It stops when the bundle is decided otherwise.
func (c *Carrier) look(b *bundle, round int, r Review) {
	half := orElse(r.After, 5) / 2
	step := func(do func()) bool {
		if c.pass(c.ctx, half) != nil {
			return false
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		if b.round != round {
			return false
		}
		do()
		return true
	}
	if step(func() { c.moveLocked(b, BundleInReview, "") }) && r.Verdict != ReviewHold {
		step(func() { c.concludeLocked(b, r) })
	}
}

func (c *Carrier) concludeLocked(b *bundle, r Review) {
	b.round++
	if r.Verdict != ReviewRefuse {
		c.settleLocked(b, func(*paper) (string, string) { return documentApproved, "" })
		c.moveLocked(b, BundleApproved, "")
		return
	}
	reason := orElse(r.Reason, badPaperwork)
	c.settleLocked(b, func(p *paper) (string, string) {
		if p.kind == r.Item {
			return documentRejected, reason
		}
		return documentDraft, ""
	})
	c.moveLocked(b, BundleRejected, reason)
}

// settleLocked gives each document of a bundle its status, and why it is at fault.
func (c *Carrier) settleLocked(b *bundle, to func(*paper) (status, failure string)) {
	for _, p := range c.office.papersOf(b) {
		if p.sort == documentSort {
			p.status, p.failure = to(p)
		}
	}
}
