package activities

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/ringdown/ringdown/activities/twilio"
	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
	"go.temporal.io/sdk/activity"
)

// Numbers looks after the numbers that we own.
type Numbers struct {
	Store       *store.Store
	Carrier     *twilio.Client
	PublicURL   string // where the carrier reaches our webhooks, without a trailing slash
	FallbackURL string // where the emergency documents are served; may be empty
	Log         *slog.Logger
}

// Checked counts what a look at all numbers found. It is kept in histories: fields are added, never renamed or reused.
type Checked struct {
	Looked   int `json:"looked"`   // at numbers that should work
	Repaired int `json:"repaired"` // whose calls went elsewhere
	Broken   int `json:"broken"`   // whose calls still do
	Gone     int `json:"gone"`     // that the account does not own any more
	Loose    int `json:"loose"`    // documents that no request named, removed
}

// checkPage is how many numbers are listed at once.
const checkPage = 100

// progress is how far a look has come, so that one whose worker has died goes on.
type progress struct {
	After   string  `json:"after"`
	Checked Checked `json:"checked"`
}

// CheckNumbers looks at the webhooks of every number, sets right what somebody has changed, and tells reviewers. One number
// that cannot be looked at stops no other. It also removes documents that no request has named for two days. It is safe
// to repeat.
func (n *Numbers) CheckNumbers(ctx context.Context) (Checked, error) {
	var at progress
	if activity.HasHeartbeatDetails(ctx) {
		if err := activity.GetHeartbeatDetails(ctx, &at); err != nil {
			at = progress{}
		}
	}
	var faults []error
	for {
		numbers, err := n.Store.ActiveNumbers(ctx, at.After, checkPage)
		if err != nil {
			return at.Checked, fmt.Errorf("list the numbers to look at: %w", err)
		}
		for _, number := range numbers {
			if err := n.checkOne(ctx, number, &at.Checked); err != nil {
				faults = append(faults, fmt.Errorf("look at number %s: %w", number.ID, err))
			}
			at.After = number.ID
			activity.RecordHeartbeat(ctx, at)
		}
		if len(numbers) < checkPage {
			break
		}
	}
	loose, err := n.Store.ForgetLooseDocuments(ctx, time.Now().Add(-models.LooseDocumentsLast))
	at.Checked.Loose = loose
	return at.Checked, errors.Join(append(faults, err)...)
}

// checkOne looks at one number, and notes what was found. What the carrier does not answer is no finding.
func (n *Numbers) checkOne(ctx context.Context, number models.PhoneNumber, counts *Checked) error {
	counts.Looked++
	check, err := n.look(ctx, number)
	if err != nil {
		return err
	}
	now := time.Now()
	check.At = &now
	switch check.Result {
	case models.CheckRepaired:
		counts.Repaired++
	case models.CheckBroken:
		counts.Broken++
	case models.CheckGone:
		counts.Gone++
	}
	if check.Result != models.CheckFine {
		n.Log.WarnContext(ctx, "a number was not as it should be", "number", number.ID, "result", check.Result, "detail", check.Detail)
		if err := n.Store.AddNotice(ctx, models.DriftNotice(number, check)); err != nil {
			return err
		}
	}
	return n.Store.NumberChecked(ctx, number.ID, check)
}

// look asks the carrier about one number, and repairs it.
func (n *Numbers) look(ctx context.Context, number models.PhoneNumber) (models.NumberCheck, error) {
	want := twilio.WebhooksAt(n.PublicURL, models.EmergencyURL(n.FallbackURL, number.ID))
	owned, err := n.Carrier.Number(ctx, number.Number)
	switch {
	case errors.Is(err, models.ErrNotFound):
		return models.NumberCheck{Result: models.CheckGone,
			Detail: "The carrier account does not own the number any more. Buy it back there, or release it here."}, nil
	case err != nil:
		return models.NumberCheck{}, err
	}
	wrong := owned.Connected(want)
	if wrong == nil {
		return models.NumberCheck{Result: models.CheckFine}, nil
	}
	err = n.Carrier.Connect(ctx, owned.SID, want)
	switch {
	case err == nil:
		return models.NumberCheck{Result: models.CheckRepaired, Detail: "It was set right: " + wrong.Error()}, nil
	case twilio.ClassOf(err) == "" || twilio.ClassOf(err) == twilio.Refused:
		return models.NumberCheck{Result: models.CheckBroken,
			Detail: fmt.Sprintf("Calls to it do not reach us: %v. Set that right in the carrier's console, or import the number again.", err)}, nil
	}
	return models.NumberCheck{}, err
}
