package simulator

import (
	"net/http"
	"strings"
	"testing"
)

// told is what a bundle's callbacks have said, in the order of their arrival.
func told(hooks []hook, sid string) string {
	var all []string
	for _, h := range hooks {
		if h.form.Get("BundleSid") == sid && h.form.Get("AccountSid") == testSID {
			all = append(all, strings.TrimSuffix(h.form.Get("Status")+": "+h.form.Get("FailureReason"), ": "))
		}
	}
	return strings.Join(all, ", ")
}

func (b *bench) document(sid string) map[string]any {
	b.t.Helper()
	for _, v := range b.sim.Bundles() {
		for _, p := range v.Papers {
			if v.SID == sid && p.Type == docRegister {
				_, body := b.order(http.MethodGet, compliance+"/SupportingDocuments/"+p.SID)
				return body
			}
		}
	}
	b.t.Fatal("the bundle has no excerpt")
	return nil
}

func TestReviewsEndAsScripted(t *testing.T) {
	for _, c := range []struct {
		name, want, document string
		review               Review
	}{
		{"by default", "pending-review, in-review, twilio-approved", documentApproved, Review{}},
		{"refused", "pending-review, in-review, twilio-rejected: " + badPaperwork, documentDraft, Review{Verdict: ReviewRefuse}},
		{
			"refused for a document", "pending-review, in-review, twilio-rejected: Not legible", documentRejected,
			Review{Verdict: ReviewRefuse, After: 1, Reason: "Not legible", Item: docRegister},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t)
			b.sim.ReviewBundles(c.review)
			sid := b.bundle("DE", business)
			b.submits(sid)
			if got := told(b.waitHooks("/bundle", 3), sid); got != c.want {
				t.Errorf("told %s, want %s", got, c.want)
			}
			d := b.document(sid)
			if d["status"] != c.document || (d["failure_reason"] != nil) != (c.document == documentRejected) {
				t.Errorf("%v, want %s", d, c.document)
			}
			if _, body := b.order(http.MethodGet, bundleList+"/"+sid); body["failure_reason"] != nil {
				t.Errorf("the bundle says why: %v", body)
			}
		})
	}
}

func TestARefusedBundleIsChangedAndHandedInAgain(t *testing.T) {
	b := newBench(t)
	b.sim.ReviewNextBundle("DE", Review{Verdict: ReviewRefuse, Item: docRegister})
	sid := b.bundle("DE", business)
	b.submits(sid)
	b.waitHooks("/bundle", 3)
	d := compliance + "/SupportingDocuments/" + b.document(sid)["sid"].(string)
	if _, body := b.order(http.MethodPost, d, "FriendlyName", "better"); body["status"] != documentDraft || body["failure_reason"] != nil {
		t.Errorf("%v", body)
	}
	if _, body := b.order(http.MethodPost, bundleList+"/"+sid, "Status", BundleDraft); body["status"] != BundleDraft {
		t.Errorf("%v", body)
	}
	b.submits(sid)
	if got := told(b.waitHooks("/bundle", 7), sid); !strings.HasSuffix(got, "draft, pending-review, in-review, twilio-approved") {
		t.Errorf("told %s", got)
	}
	if got := len(b.sim.Ledger().Of(LedgerSubmission)); got != 2 {
		t.Errorf("handed in %d times", got)
	}
}

func TestNextReviewIsForOneCountryAndOneBundle(t *testing.T) {
	b := newBench(t)
	b.sim.ReviewNextBundle("GB", Review{Verdict: ReviewHold})
	german, first, second := b.bundle("DE", business), b.bundle("GB", business), b.bundle("GB", business)
	for _, sid := range []string{german, first, second} {
		b.submits(sid)
	}
	b.waitHooks("/bundle", 8)
	for sid, want := range map[string]string{german: BundleApproved, first: BundleInReview, second: BundleApproved} {
		if _, body := b.order(http.MethodGet, bundleList+"/"+sid); body["status"] != want {
			t.Errorf("%v, want %s", body, want)
		}
	}
}

func TestABundleOnHoldIsDecidedOnce(t *testing.T) {
	b := newBench(t)
	b.sim.ReviewBundles(Review{Verdict: ReviewHold})
	sid := b.bundle("AU", business)
	if err := b.sim.DecideBundle(sid, true, ""); err == nil {
		t.Error("a draft was decided")
	}
	b.submits(sid)
	b.waitHooks("/bundle", 2)
	b.must(b.sim.DecideBundle(sid, false, "Wrong address"))
	if got := told(b.waitHooks("/bundle", 3), sid); got != "pending-review, in-review, twilio-rejected: Wrong address" {
		t.Errorf("told %s", got)
	}
	for _, sid := range []string{sid, newSID("BU")} {
		if err := b.sim.DecideBundle(sid, true, ""); err == nil {
			t.Errorf("%s was decided again", sid)
		}
	}
	if got := b.sim.Bundles()[0]; got.FailureReason != "Wrong address" || got.Country != "AU" || len(got.Papers) != 2 {
		t.Errorf("%+v", got)
	}
}

func TestAnEarlyDecisionOvertakesTheReview(t *testing.T) {
	b := newBench(t)
	b.sim.ReviewNextBundle("GB", Review{Verdict: ReviewRefuse, After: 2})
	sid := b.approved("GB", business)
	other := b.bundle("GB", business)
	b.submits(other) // its review ends later than the one that was overtaken
	b.waitHooks("/bundle", 5)
	if got := told(b.hooks("/bundle"), sid); got != "pending-review, twilio-approved" {
		t.Errorf("told %s", got)
	}
}

func TestATestBundleIsRefused(t *testing.T) {
	b := newBench(t)
	sid := b.makes(bundleList, "FriendlyName", "x", "Email", "desk@example.com", "IsoCountry", "GB", "NumberType", "local",
		"EndUserType", business, "StatusCallback", b.url+"/bundle", "IsTest", "true")
	for _, object := range b.papersFor("GB", business) {
		b.makes(bundleList+"/"+sid+"/ItemAssignments", "ObjectSid", object)
	}
	b.submits(sid)
	if got := told(b.waitHooks("/bundle", 3), sid); !strings.Contains(got, "twilio-rejected") {
		t.Errorf("told %s", got)
	}
}

func TestFaultsOfBundlesCallbacks(t *testing.T) {
	match := Match{Kind: HookBundle}
	for _, c := range []struct {
		name, want string
		rule       Rule
	}{
		{"the verdict is lost", "pending-review, in-review", Rule{Match: Match{Kind: HookBundle, Operation: BundleApproved}, Do: Drop}},
		{"the first comes twice", "pending-review, pending-review, in-review, twilio-approved", Rule{Match: match, Do: Duplicate, Times: 1}},
		{"the first is late", "in-review, twilio-approved, pending-review", Rule{Match: match, Do: Delay, Delay: 0.4, Times: 1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t)
			b.sim.SetFaults(Faults{Rules: []Rule{c.rule}})
			sid := b.bundle("GB", business)
			b.submits(sid)
			hooks := b.waitHooks("/bundle", strings.Count(c.want, ",")+1)
			for b.sim.Bundles()[0].Status != BundleApproved {
				b.order(http.MethodGet, bundleList+"/"+sid)
			}
			if got := told(hooks, sid); got != c.want {
				t.Errorf("told %s, want %s", got, c.want)
			}
		})
	}
}
