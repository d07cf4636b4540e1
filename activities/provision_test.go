package activities_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
	"github.com/ringdown/ringdown/models/store/storetest"
	"github.com/ringdown/ringdown/simulator"
)

// A worker may die after each step, before anybody hears of it: another does it again.
func TestEachStepFindsWhatAnEarlierTryHasMade(t *testing.T) {
	for name, c := range map[string]struct {
		form  func() models.RequestForm
		steps []models.Step
		held  map[string]int
	}{
		"without paperwork": {americanForm, []models.Step{
			models.StepReserve, models.StepRegulation, models.StepChoose, models.StepBuy, models.StepVerify, models.StepTakeIn,
		}, map[string]int{simulator.LedgerNumber: 1}},
		"with paperwork": {germanForm, []models.Step{
			models.StepReserve, models.StepRegulation, models.StepChoose, models.StepAddress, models.StepEndUser, models.StepDocument,
			models.StepBundle, models.StepAssign, models.StepEvaluate, models.StepSubmit, models.StepPoll, models.StepBuy,
			models.StepVerify, models.StepTakeIn,
		}, map[string]int{
			simulator.LedgerNumber: 1, simulator.LedgerAddress: 1, simulator.LedgerEndUser: 1, simulator.LedgerDocument: 2,
			simulator.LedgerBundle: 1, simulator.LedgerAssignment: 3,
		}},
	} {
		t.Run(name, func(t *testing.T) {
			storetest.Each(t, func(t *testing.T, s *store.Store) {
				p := newSetup(t, s, c.form())
				p.carrier.ReviewBundles(simulator.Review{Verdict: simulator.ReviewHold})
				var did []models.Step
				p.untilTrue(func() bool {
					step := p.request.NextStep()
					if did = append(did, step); step == models.StepPoll && !slices.Contains(did[:len(did)-1], step) {
						p.must(p.carrier.DecideBundle(p.request.Provisioning.BundleID, true, ""))
					}
					first, again := p.finds(step), p.finds(step)
					if step == models.StepReserve { // each makes an id, of which the first that is heard of stays
						first.ID = again.ID
					}
					// The carrier's review goes on meanwhile.
					if diff := cmp.Diff(first, again, cmpopts.IgnoreFields(models.Found{}, "Bundle")); diff != "" {
						t.Errorf("%s finds something else the second time: %s", step, diff)
					}
					return p.request.Status == models.RequestActive
				})
				if did = slices.Compact(did[:len(did)-1]); !slices.Equal(did, c.steps) {
					t.Errorf("did %v", did)
				}
				if held := p.held(); !maps.Equal(held, c.held) {
					t.Errorf("at the carrier there is %v", held)
				}
				if n := len(p.carrier.Ledger().Of(simulator.LedgerSubmission)); n != c.held[simulator.LedgerBundle] {
					t.Errorf("submitted %d times", n)
				}
				p.isOurs()
			})
		})
	}
}

// isOurs looks at the number that a request came to: its row, its route and its webhooks.
func (p *setup) isOurs() {
	p.Helper()
	at := p.carrier.Numbers()[0]
	number, err := p.store.Number(p.Context(), p.request.PhoneNumberID)
	if err != nil || number.ID != p.request.Provisioning.PhoneNumberID || number.Number != models.Phone(at.Phone) || number.CarrierID != at.SID ||
		number.Status != models.NumberActive || number.Name != p.request.Form.Name || number.Country != p.request.Form.Country || number.Type != models.NumberLocal {
		p.Errorf("it is %+v (%v)", number, err)
	}
	route, err := p.store.Route(p.Context(), p.request.CallRouteID)
	if err != nil || route.PhoneNumberID != number.ID || route.Enabled || route.Name != p.request.Form.Name || len(route.Levels) != 0 {
		p.Errorf("its route is %+v (%v)", route, err)
	}
	if !strings.HasPrefix(at.VoiceURL, p.provisioner.PublicURL+"/twilio/voice") || !strings.Contains(at.VoiceFallbackURL, "https://documents.example/"+number.ID+".xml") ||
		!strings.HasPrefix(at.StatusCallback, p.provisioner.PublicURL+"/twilio/status") || !strings.HasPrefix(at.FriendlyName, p.request.ID+"/1 ") {
		p.Errorf("at the carrier it is %+v", at)
	}
}

func TestTheCarrierTellsOfItsReviewToTheRequest(t *testing.T) {
	t.Parallel()
	p := newSetup(t, storetest.SQLite(t), germanForm())
	p.until(models.StepBuy)
	path := "/twilio/bundle/" + p.request.ID
	until(t, "a word at "+path, func() bool {
		p.mu.Lock()
		defer p.mu.Unlock()
		return slices.Contains(p.told, path)
	})
}

func TestAnEvaluationThatFindsSomethingMissingGoesToTheRequester(t *testing.T) {
	t.Parallel()
	p := newSetup(t, storetest.SQLite(t), germanForm()).until(models.StepAddress)
	p.request.Form.Address.Country = "FR" // where the carrier takes it, and the regulation does not
	found := p.until(models.StepEvaluate).finds(models.StepEvaluate)
	if len(found.Reasons) != 1 || found.Reasons[0].Field != "address" || found.Reasons[0].Text == "" {
		t.Errorf("found %+v", found)
	}
	p.request = p.request.After(models.StepEvaluate, found, time.Now())
	if p.request.Status != models.RequestWaitingForRequester || !slices.Equal(p.request.Question.Fields, []string{"address"}) || !p.request.Untidy() {
		t.Errorf("it is %+v", p.request)
	}
}

func TestARefusedReviewSaysWhatTheCarrierFindsWrong(t *testing.T) {
	const tooOld, told = "It is too old.", "Your excerpt cannot be read."
	ofDocument := models.CarrierReason{Field: "documents.business_name_info", Text: tooOld}
	for name, c := range map[string]struct {
		review simulator.Review
		told   string
		want   []models.CarrierReason
	}{
		"of a document":                {simulator.Review{Reason: tooOld, Item: "commercial_registrar_excerpt"}, "", []models.CarrierReason{ofDocument}},
		"of a document, and told more": {simulator.Review{Reason: tooOld, Item: "commercial_registrar_excerpt"}, told, []models.CarrierReason{{Text: told}, ofDocument}},
		"in its webhook alone":         {simulator.Review{Reason: told}, told, []models.CarrierReason{{Text: told}}},
		"in a webhook that was lost":   {simulator.Review{Reason: told}, "", []models.CarrierReason{{Text: "The carrier gives no reason; its console may say more."}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newSetup(t, storetest.SQLite(t), germanForm())
			c.review.Verdict = simulator.ReviewRefuse
			if c.review.After == 0 {
				c.review.After = 1000 // a second: it is not over before it is asked for
			}
			p.carrier.ReviewBundles(c.review)
			p.until(models.StepPoll)
			var found models.Found
			until(t, "a verdict", func() bool {
				_, err := run(t, p.provisioner.Poll, &found, p.request, c.told)
				p.must(err)
				return found.Bundle == models.BundleRejected
			})
			if !slices.Equal(found.Reasons, c.want) {
				t.Errorf("found %+v", found.Reasons)
			}
		})
	}
}
