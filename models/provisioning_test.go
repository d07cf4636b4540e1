package models

import (
	"slices"
	"strings"
	"testing"
	"time"
)

var german = Regulation{
	CarrierID: "RN1", EndUser: Business, Fields: []Field{{Name: "business_name", Label: "Business name"}},
	Documents: []DocumentRule{
		{Name: "proof", Label: "Proof of the business", Accepted: []DocumentType{{Name: "excerpt", Label: "Excerpt"}}},
		{Name: "place", Label: "Proof of the address", Accepted: []DocumentType{{Name: AddressDocument, Address: true}}},
	},
}

// ideal is what each step finds when all goes well.
func ideal(step Step, r NumberRequest) Found {
	switch step {
	case StepRegulation:
		return Found{Regulation: german}
	case StepChoose:
		return Found{Candidate: berlin}
	case StepSubmit:
		return Found{Bundle: BundlePending}
	case StepPoll:
		return Found{Bundle: BundleApproved}
	case StepTakeIn:
		return Found{ID: r.Provisioning.PhoneNumberID, RouteID: "route"}
	}
	return Found{ID: "ID-" + string(step) + r.NextDocument().Name}
}

func TestANumberWithPaperworkTakesEachStepOnce(t *testing.T) {
	r, err := standsAt(t, RequestInReview).Approve(ToApprove{By: rita, Choose: true}, asked)
	if err != nil {
		t.Fatal(err)
	}
	var steps []Step
	for !r.Status.Final() && len(steps) < 30 {
		step := r.NextStep()
		steps = append(steps, step)
		r = r.After(step, ideal(step, r), asked)
	}
	want := []Step{
		StepReserve, StepRegulation, StepChoose, StepAddress, StepEndUser, StepDocument, StepDocument, StepBundle, StepAssign,
		StepEvaluate, StepSubmit, StepPoll, StepBuy, StepVerify, StepTakeIn,
	}
	if !slices.Equal(steps, want) {
		t.Errorf("steps %v, want %v", steps, want)
	}
	if r.Status != RequestActive || r.PhoneNumberID != "ID-reserve" || r.CallRouteID != "route" || r.Provisioning.Reserved {
		t.Errorf("ends as %s with number %q and route %q", r.Status, r.PhoneNumberID, r.CallRouteID)
	}
}

func TestANumberWithoutPaperworkTakesFewSteps(t *testing.T) {
	r := standsAt(t, RequestInReview)
	r.Form.Country = "US"
	r, err := r.Approve(ToApprove{By: rita, Candidate: Candidate{Number: "+14155550101", Country: "US", Type: NumberLocal, Voice: true}}, asked)
	if err != nil {
		t.Fatal(err)
	}
	var steps []Step
	for !r.Status.Final() && len(steps) < 30 {
		step := r.NextStep()
		steps = append(steps, step)
		found := ideal(step, r)
		found.Regulation = Regulation{}
		r = r.After(step, found, asked)
	}
	if want := []Step{StepReserve, StepRegulation, StepBuy, StepVerify, StepTakeIn}; !slices.Equal(steps, want) {
		t.Errorf("steps %v, want %v", steps, want)
	}
}

func TestWhatAStepFindsDecidesWhoActsNext(t *testing.T) {
	made := standsAt(t, RequestProvisioning)
	made.Provisioning = Provisioning{Round: 1, Reserved: true, Regulated: true, Regulation: german, AddressID: "AD1", EndUserID: "IT1", BundleID: "BU1", Submitted: true, Bundle: BundlePending}
	for name, c := range map[string]struct {
		step  Step
		found Found
		want  RequestStatus
		kind  HistoryKind
	}{
		"no place in the allotment":  {StepReserve, Found{Back: "3 of 3 numbers are in use."}, RequestInReview, HistoryReturned},
		"the form lacks something":   {StepRegulation, Found{Reasons: []CarrierReason{{Field: "person.business_name", Text: "Missing."}}}, RequestWaitingForRequester, HistoryRefused},
		"nothing fits the wishes":    {StepChoose, Found{Back: "None."}, RequestInReview, HistoryReturned},
		"the file is not compliant":  {StepEvaluate, Found{Reasons: []CarrierReason{{Text: "Blurred."}}}, RequestWaitingForRequester, HistoryRefused},
		"the carrier takes its time": {StepPoll, Found{Bundle: BundleInReview}, RequestWaitingForCarrier, HistoryReviewed},
		"the carrier has approved":   {StepPoll, Found{Bundle: BundleApproved}, RequestProvisioning, HistoryReviewed},
		"provisionally":              {StepPoll, Found{Bundle: BundleProvisional}, RequestProvisioning, HistoryReviewed},
		"the carrier has refused":    {StepPoll, Found{Bundle: BundleRejected, Reasons: []CarrierReason{{Field: "address", Text: "Wrong city."}}}, RequestWaitingForRequester, HistoryRefused},
		"the carrier has forgotten":  {StepPoll, Found{Gone: true}, RequestFailed, HistoryFailed},
		"somebody was first":         {StepBuy, Found{Taken: true}, RequestProvisioning, HistoryTaken},
	} {
		after := made.After(c.step, c.found, asked)
		if last := after.History[len(after.History)-1]; after.Status != c.want || last.Kind != c.kind {
			t.Errorf("%s: %s (%s), want %s (%s)", name, after.Status, last.Kind, c.want, c.kind)
		}
	}
	refused := made.After(StepPoll, Found{Bundle: BundleRejected, Reasons: []CarrierReason{{Field: "address", Text: "Wrong city."}}}, asked)
	if q := refused.Question; q == nil || !slices.Equal(q.Fields, []string{"address"}) || !strings.Contains(q.Text, "Wrong city.") {
		t.Errorf("the requester is asked %+v", q)
	}
	if !slices.Equal(refused.Provisioning.Leftovers, []string{"BU1", "IT1", "AD1"}) {
		t.Errorf("left over: %v", refused.Provisioning.Leftovers)
	}
	nothing := made.After(StepPoll, Found{Bundle: BundleRejected, Reasons: []CarrierReason{{Text: "No."}}}, asked)
	if len(nothing.Question.Fields) == 0 {
		t.Error("a refusal without a field lets the requester change nothing")
	}
}

func TestANumberThatIsTakenIsFollowedByOneLikeIt(t *testing.T) {
	r := standsAt(t, RequestProvisioning)
	r = r.After(StepBuy, Found{Taken: true}, asked)
	if r.Approval.Candidate.Number != "" || r.Approval.Candidate.Locality != "Berlin" {
		t.Fatalf("candidate %+v", r.Approval.Candidate)
	}
	next, hamburg := berlin, berlin
	next.Number, hamburg.Number, hamburg.Locality = "+493023125002", "+494066969001", "Hamburg"
	if c, ok := r.Choose([]Candidate{berlin, hamburg, next}); !ok || c.Number != next.Number {
		t.Errorf("chosen %+v %v", c, ok)
	}
	if _, ok := r.Choose([]Candidate{berlin, hamburg}); ok {
		t.Error("a number of another city, or one that was tried, is taken")
	}
	for range triedAtMost - 1 {
		r.Approval = r.Approval.with(next)
		r = r.After(StepBuy, Found{Taken: true}, asked)
	}
	if r.Status != RequestInReview {
		t.Errorf("after %d sold numbers: %s", triedAtMost, r.Status)
	}
}

func TestALaterRoundKeepsTheNumbersIDAndWhyItIsOneMore(t *testing.T) {
	r := standsAt(t, RequestProvisioning)
	r.Approval.Override = "For the launch."
	r = r.After(StepReserve, Found{ID: "n1", Exceeded: true}, asked)
	r = r.After(StepRegulation, Found{Regulation: german}, asked)
	r = r.After(StepEvaluate, Found{Reasons: []CarrierReason{{Field: "address", Text: "Wrong city."}}}, asked)
	if p := r.Provisioning; p.PhoneNumberID != "n1" || p.Exception != "For the launch." || !p.Reserved || p.Round != 2 {
		t.Errorf("%+v", p)
	}
}

func TestAStepOfWhichNothingWasHeardIsTidiedOnlyWhenItIsNotTriedAgain(t *testing.T) {
	r := standsAt(t, RequestProvisioning)
	r.Provisioning = Provisioning{Round: 1, Reserved: true, Regulated: true, AddressID: "AD1"}
	r = r.FailUnheard(StepBuy, "No answer.", asked)
	if r.Untidy() {
		t.Error("it is tidied before anybody has decided")
	}
	again, err := r.Retry(ToRetry{By: rita}, asked)
	if err != nil || again.NextStep() != StepBuy {
		t.Errorf("tried again, the next step is %s, %v", again.NextStep(), err)
	}
	if done := again.After(StepBuy, Found{ID: "PN1"}, asked); done.Provisioning.Unsure != "" {
		t.Error("it counts as unheard though it was heard")
	}
	rejected, err := r.Reject(ToReject{By: rita, Reason: "No."}, asked)
	if err != nil || !rejected.Untidy() || rejected.ActsNext != PartyRingdown {
		t.Errorf("rejected, it is tidied: %v, next %q, %v", rejected.Untidy(), rejected.ActsNext, err)
	}
	if gone := rejected.After(StepTidy, Found{}, asked); gone.Untidy() || gone.ActsNext != "" {
		t.Errorf("tidied, next is %q", gone.ActsNext)
	}
}

func TestPaperworkThatIsADraftAgainIsSubmittedOnceMore(t *testing.T) {
	r := standsAt(t, RequestWaitingForCarrier)
	r.Provisioning.Reserved, r.Provisioning.Regulated, r.Provisioning.Regulation = true, true, Regulation{CarrierID: "RN1"}
	r.Provisioning.EndUserID, r.Provisioning.BundleID, r.Provisioning.Assigned, r.Provisioning.AddressID = "IT1", "BU1", true, "AD1"
	r = r.After(StepPoll, Found{Bundle: BundleDraft}, asked)
	if r.Status != RequestProvisioning || r.NextStep() != StepEvaluate {
		t.Errorf("%s, next %s", r.Status, r.NextStep())
	}
}

func TestWhatWasWishedForIsKeptWhereTheApprovedNumberHadIt(t *testing.T) {
	wished := Wishes{AreaCode: "415", Contains: "55"}
	for name, c := range map[string]struct {
		choose bool
		tried  Phone
		want   Wishes
	}{
		"chosen by the wishes":      {true, "+14155550101", Wishes{AreaCode: "415", Contains: "55", Locality: "San Francisco"}},
		"named, as was wished for":  {false, "+14155550101", Wishes{AreaCode: "415", Contains: "55", Locality: "San Francisco"}},
		"named, something else":     {false, "+16285550101", Wishes{Contains: "55", Locality: "San Francisco"}},
		"named, of no known number": {false, "", Wishes{AreaCode: "415", Contains: "55", Locality: "San Francisco"}},
	} {
		r := standsAt(t, RequestProvisioning)
		r.Form.Wishes = wished
		r.Approval = &Approval{Choose: c.choose, Candidate: Candidate{Country: "US", Locality: "San Francisco"}}
		if c.tried != "" {
			r.Provisioning.Tried = []Phone{c.tried}
		}
		if got := r.WishesNow(); got != c.want {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
	r := standsAt(t, RequestProvisioning)
	r.Form.Wishes, r.Approval = wished, &Approval{Choose: true}
	if got := r.WishesNow(); got != wished {
		t.Errorf("at first: %+v", got)
	}
}

func TestOnlyStepsThatMakeSomethingLeaveDoubt(t *testing.T) {
	r := standsAt(t, RequestProvisioning)
	if r = r.FailUnheard(StepChoose, "No answer.", asked); r.Provisioning.Unsure != "" {
		t.Errorf("unsure of %s", r.Provisioning.Unsure)
	}
	r.Provisioning.Unsure = StepBundle
	if r = r.After(StepTakeIn, Found{ID: "n1", RouteID: "r1"}, asked); r.Untidy() {
		t.Error("the paperwork of a number that works is removed")
	}
}

func TestReviewersAreToldOfACarrierThatTakesWeeks(t *testing.T) {
	r := standsAt(t, RequestWaitingForCarrier)
	if r.RemindAt == nil || *r.RemindAt != asked.Add(7*24*time.Hour) {
		t.Fatalf("reminded at %v", r.RemindAt)
	}
	r = r.Remind(*r.RemindAt)
	last := r.History[len(r.History)-1]
	if !slices.Equal(last.Tell, []Party{PartyReviewer}) || r.RemindAt == nil {
		t.Errorf("told %v, again at %v", last.Tell, r.RemindAt)
	}
}

func TestWhatAFormLacksIsNamed(t *testing.T) {
	r := standsAt(t, RequestInReview)
	if missing := r.Missing(german); len(missing) != 0 {
		t.Errorf("missing %v", missing)
	}
	r.Form.Person, r.Form.Address, r.Form.Documents = nil, nil, nil
	var fields []string
	for _, m := range r.Missing(german) {
		fields = append(fields, m.Field)
	}
	if want := []string{"person.business_name", "address", "documents.proof"}; !slices.Equal(fields, want) {
		t.Errorf("missing %v, want %v", fields, want)
	}
}

func TestNamesAtTheCarrierAreOfOneRoundAndFit(t *testing.T) {
	r := NumberRequest{ID: "01960000-0000-7000-8000-000000000000", Provisioning: Provisioning{Round: 12}}
	if name := r.CarrierName("documents.business_registration_proof"); len(name) > 64 || !strings.HasPrefix(name, r.ID+"/12 ") {
		t.Errorf("name %q", name)
	}
}
