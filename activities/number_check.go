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
	Looked   int `json:"looked"`   // at numbers that should work, of which the carrier told
	Repaired int `json:"repaired"` // whose calls went elsewhere
	Broken   int `json:"broken"`   // whose calls still do
	Gone     int `json:"gone"`     // that the account does not own any more
	Loose    int `json:"loose"`    // documents that no request named, removed
}

// checkPage is how many numbers are listed at once.
const checkPage = 100

// progress is how far a look has come, so that the next try of one whose worker has died, or that met a fault, goes on.
type progress struct {
	After   string   `json:"after"`
	Left    []string `json:"left,omitempty"` // ids of numbers up to there that could not be looked at
	Checked Checked  `json:"checked"`
}

// CheckNumbers looks at the webhooks of every number, sets right what somebody has changed, and tells reviewers. One number
// that cannot be looked at stops no other: the next try begins with it. It also removes documents that no request has named
// for two days. It is safe to repeat.
func (n *Numbers) CheckNumbers(ctx context.Context) (Checked, error) {
	r := round{Numbers: n}
	if activity.HasHeartbeatDetails(ctx) {
		if err := activity.GetHeartbeatDetails(ctx, &r.at); err != nil {
			r.at = progress{}
		}
	}
	if err := errors.Join(r.checkLeft(ctx), r.checkAll(ctx)); err != nil {
		return r.at.Checked, err
	}
	var err error
	r.at.Checked.Loose, err = n.Store.ForgetLooseDocuments(ctx, time.Now().Add(-models.LooseDocumentsLast))
	return r.at.Checked, errors.Join(append(r.faults, err)...)
}

// round is one try to look at all numbers.
type round struct {
	*Numbers
	at     progress
	faults []error // of numbers that could not be looked at, the first of them
}

// checkLeft looks at the numbers that an earlier try could not look at.
func (r *round) checkLeft(ctx context.Context) error {
	for range len(r.at.Left) {
		number, err := r.Store.Number(ctx, r.at.Left[0])
		if err != nil && !errors.Is(err, models.ErrNotFound) {
			return fmt.Errorf("list the numbers to look at: %w", err)
		}
		r.at.Left = r.at.Left[1:]
		if number.Status == models.NumberActive {
			r.checkOne(ctx, number)
		}
		activity.RecordHeartbeat(ctx, r.at)
	}
	return nil
}

func (r *round) checkAll(ctx context.Context) error {
	for {
		numbers, err := r.Store.ActiveNumbers(ctx, r.at.After, checkPage)
		if err != nil {
			return fmt.Errorf("list the numbers to look at: %w", err)
		}
		for _, number := range numbers {
			r.checkOne(ctx, number)
			r.at.After = number.ID
			activity.RecordHeartbeat(ctx, r.at)
		}
		if len(numbers) < checkPage {
			return nil
		}
	}
}

// checkOne looks at one number, and notes what was found. What the carrier does not answer is no finding.
func (r *round) checkOne(ctx context.Context, number models.PhoneNumber) {
	check, err := r.look(ctx, number)
	if err == nil {
		err = r.note(ctx, number, check)
	}
	if err == nil {
		return
	}
	r.at.Left = append(r.at.Left, number.ID)
	if len(r.faults) < faultsAtMost {
		r.faults = append(r.faults, fmt.Errorf("look at number %s: %w", number.ID, err))
	}
}

// note keeps what was found of a number, counts it, and has reviewers told where it was not fine.
func (r *round) note(ctx context.Context, number models.PhoneNumber, check models.NumberCheck) error {
	now := time.Now()
	check.At = &now
	if check.Result != models.CheckFine {
		r.Log.WarnContext(ctx, "a number was not as it should be", "number", number.ID, "result", check.Result, "detail", check.Detail)
	}
	if check.Result == models.CheckRepaired || check.Result != models.CheckFine && check.Result != number.Check.Result { // what is still so is not told each night
		if err := r.Store.AddNotice(ctx, models.DriftNotice(number, check)); err != nil {
			return err
		}
	}
	if err := r.Store.NumberChecked(ctx, number.ID, check); err != nil {
		return err
	}
	counts := &r.at.Checked
	counts.Looked++
	switch check.Result {
	case models.CheckRepaired:
		counts.Repaired++
	case models.CheckBroken:
		counts.Broken++
	case models.CheckGone:
		counts.Gone++
	}
	return nil
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
	if n.FallbackURL == "" { // it is not known here where the emergency documents are: what is set stays
		want.Fallback, want.FallbackMethod = owned.Webhooks.Fallback, owned.Webhooks.FallbackMethod
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
