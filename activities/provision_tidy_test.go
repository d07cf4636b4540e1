package activities_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
	"github.com/ringdown/ringdown/models/store/storetest"
	"github.com/ringdown/ringdown/simulator"
)

// gone are the kinds of what was removed at the carrier, in that order.
func (p *setup) gone() (kinds []string) {
	for _, entry := range p.carrier.Ledger() {
		if entry.Done == simulator.LedgerDeleted && entry.What != simulator.LedgerAssignment {
			kinds = append(kinds, entry.What)
		}
	}
	return kinds
}

// rejects has a reviewer give a request up that has failed.
func (p *setup) rejects() {
	p.Helper()
	rejected, err := p.request.Fail("It would not do.", time.Now()).Reject(models.ToReject{By: rita, Reason: "No."}, time.Now())
	p.must(err)
	p.request = rejected
	if p.request.NextStep() != models.StepTidy {
		p.Fatalf("nothing is to be tidied: %+v", p.request.Provisioning)
	}
}

// What nobody needs goes in the order in which the carrier lets it go, and once.
func TestWhatNobodyNeedsIsRemoved(t *testing.T) {
	t.Parallel()
	p := newSetup(t, storetest.SQLite(t), germanForm()).until(models.StepTakeIn)
	p.rejects()
	for range 2 {
		if found := p.finds(models.StepTidy); len(found.Stays) != 0 {
			t.Errorf("found %+v", found)
		}
	}
	want := []string{
		simulator.LedgerNumber, simulator.LedgerBundle, simulator.LedgerDocument, simulator.LedgerDocument, simulator.LedgerEndUser, simulator.LedgerAddress,
	}
	if gone := p.gone(); !slices.Equal(gone, want) || len(p.held()) != 0 {
		t.Errorf("removed %v, left %v", gone, p.held())
	}
	if p.goesOn(); p.request.Untidy() || p.request.Provisioning.Reserved {
		t.Errorf("it is %+v", p.request.Provisioning)
	}
}

func TestWhatTheCarrierDoesNotRemoveIsTold(t *testing.T) {
	t.Parallel()
	p := newSetup(t, storetest.SQLite(t), germanForm()).until(models.StepTakeIn)
	made := p.request.Provisioning
	p.rejects()
	p.refuses("DeleteIncomingPhoneNumber", http.StatusBadRequest)
	found := p.finds(models.StepTidy) // nor what the number needs
	if slices.Sort(found.Stays); !slices.Equal(found.Stays, []string{made.AddressID, made.BundleID, made.NumberID}) {
		t.Errorf("found %+v", found)
	}
	p.request = p.request.After(models.StepTidy, found, time.Now())
	last := p.request.History[len(p.request.History)-1]
	if p.request.Untidy() || !strings.Contains(last.Text, made.BundleID) || !last.Internal || !slices.Equal(last.Tell, []models.Party{models.PartyReviewer}) {
		t.Errorf("it says %+v", last)
	}
}

// Somebody has imported what was bought for a request that is given up: calls to it are answered.
func TestANumberThatSomebodyHasImportedIsNotGivenBack(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		p := newSetup(t, s, americanForm()).until(models.StepTakeIn)
		_, err := s.CreateNumber(t.Context(), models.PhoneNumber{
			Number: p.request.Approval.Candidate.Number, Name: "By hand", Status: models.NumberActive, CarrierID: p.request.Provisioning.NumberID,
		})
		p.must(err)
		p.rejects()
		if found := p.finds(models.StepTidy); len(found.Stays) != 0 || p.held()[simulator.LedgerNumber] != 1 {
			t.Errorf("found %+v, held %v", found, p.held())
		}
	})
}

func TestTidyingGoesOnUntilTheCarrierAnswers(t *testing.T) {
	t.Parallel()
	p := newSetup(t, storetest.SQLite(t), germanForm()).until(models.StepTakeIn)
	p.rejects()
	// Nothing is forgotten while our account is not accepted.
	for _, status := range []int{http.StatusServiceUnavailable, http.StatusTooManyRequests, http.StatusUnauthorized} {
		p.refuses("DeleteEndUser", status)
		_, err := p.tries(models.StepTidy)
		p.retries(err)
	}
	p.carrier.SetFaults(simulator.Faults{})
	if p.finds(models.StepTidy); len(p.held()) != 0 {
		t.Errorf("left %v", p.held())
	}
}

// Nothing was heard of a purchase for as long as it was tried: the number may be ours.
func TestAPurchaseOfWhichNothingWasHeardIsGivenBack(t *testing.T) {
	for name, c := range map[string]struct {
		deed   simulator.Deed // that the purchase meets
		before func(p *setup)
		held   int // numbers in the end
	}{
		"it was bought":                  {simulator.LoseReply, nil, 0},
		"it was not":                     {simulator.LoseRequest, nil, 0},
		"somebody else's request has it": {simulator.LoseRequest, func(p *setup) { p.owns("0196f3a0-5a3c-7c1e-8f00-00000000000b/1 number") }, 1},
		"it is in use otherwise":         {simulator.LoseRequest, func(p *setup) { p.owns("The office") }, 1},
		"an earlier round has bought it": {simulator.LoseRequest, func(p *setup) { p.owns(p.request.ID + "/7 number") }, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newSetup(t, storetest.SQLite(t), americanForm()).until(models.StepBuy)
			p.stands(lagging)
			p.carrier.SetFaults(simulator.Faults{Rules: []simulator.Rule{{Match: simulator.Match{Operation: "CreateIncomingPhoneNumber"}, Do: c.deed, Times: 1}}})
			_, err := p.tries(models.StepBuy)
			p.retries(err)
			p.stands(nil)
			if c.before != nil {
				c.before(p)
			}
			p.request = p.request.FailUnheard(models.StepBuy, "It was tried for long.", time.Now())
			p.rejects()
			for range 2 {
				if found := p.finds(models.StepTidy); len(found.Stays) != 0 {
					t.Errorf("found %+v", found)
				}
			}
			if n := len(p.carrier.Numbers()); n != c.held {
				t.Errorf("%d numbers are left", n)
			}
		})
	}
}

// owns has the account own the number that was to be bought, under a name.
func (p *setup) owns(name string) {
	p.carrier.AddNumber(simulator.Number{Phone: string(p.request.Approval.Candidate.Number), FriendlyName: name})
}

// What nothing was heard of may still be bought: whoever tries again finds it.
func TestAPurchaseOfWhichNothingWasHeardIsFoundByWhoeverTriesAgain(t *testing.T) {
	t.Parallel()
	p := newSetup(t, storetest.SQLite(t), americanForm()).until(models.StepBuy)
	p.finds(models.StepBuy)
	retried, err := p.request.FailUnheard(models.StepBuy, "It was tried for long.", time.Now()).Retry(models.ToRetry{By: rita}, time.Now())
	p.must(err)
	p.request = retried
	p.works()
	if bought := p.carrier.Ledger().Of(simulator.LedgerNumber); len(bought) != 1 || p.request.Provisioning.Unsure != "" {
		t.Errorf("bought %+v, unsure of %v", bought, p.request.Provisioning.Unsure)
	}
}

// The carrier keeps what it is looking at: people are told what is left for them to remove.
func TestWhatIsUnderReviewStays(t *testing.T) {
	t.Parallel()
	p := newSetup(t, storetest.SQLite(t), germanForm())
	p.carrier.ReviewBundles(simulator.Review{Verdict: simulator.ReviewHold})
	p.until(models.StepPoll)
	made := p.request.Provisioning
	withdrawn, err := p.request.Withdraw(models.ToWithdraw{By: rita}, time.Now())
	p.must(err)
	p.request = withdrawn
	if found := p.finds(models.StepTidy); !slices.Contains(found.Stays, made.BundleID) || slices.Contains(found.Stays, made.AddressID) {
		t.Errorf("found %+v", found)
	}
}
