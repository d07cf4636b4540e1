package workflows

import (
	"errors"
	"fmt"
	"time"

	"github.com/ringdown/ringdown/activities"
	"github.com/ringdown/ringdown/models"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

// setUp does the next steps of the setting up, until the carrier is waited for, the number works, or a person is to
// act. What each step has found is kept with the request, so that a later run, or a retry, goes on after it.
func (r *request) setUp(ctx workflow.Context) error {
	for r.is.Status == models.RequestProvisioning {
		if workflow.GetInfo(ctx).GetContinueAsNewSuggested() {
			return nil
		}
		step := r.is.NextStep()
		workflow.SetCurrentDetails(ctx, r.is.Story())
		if step == models.StepPoll {
			if err := r.poll(ctx); err != nil {
				return err
			}
			continue
		}
		if step == models.StepBuy || r.acted { // for what money is about to be spent, is known without the run too
			if err := r.write(ctx); err != nil {
				return err
			}
		}
		var found models.Found
		err := workflow.ExecuteActivity(r.doing(ctx, step), activityOf(step), r.is).Get(ctx, &found)
		if err := r.after(ctx, step, found, err); err != nil {
			return err
		}
		if step == models.StepBuy {
			if err := r.write(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}

// poll asks the carrier how far its review is, because it has told something, or because it has not for a day. Whoever
// withdraws the request meanwhile does not wait for the answer.
func (r *request) poll(ctx workflow.Context) error {
	status, reason := r.is.Status, ""
	if r.news.BundleID == r.is.Provisioning.BundleID {
		reason = r.news.Reason
	}
	r.news.Looked = true
	asking, leave := workflow.WithCancel(ctx)
	defer leave()
	answer := workflow.ExecuteActivity(r.doing(asking, models.StepPoll), provisioner.Poll, r.is, reason)
	if err := workflow.Await(ctx, func() bool { return answer.IsReady() || r.is.Status != status }); err != nil {
		return err
	}
	if r.is.Status != status {
		return nil
	}
	var found models.Found
	err := answer.Get(ctx, &found)
	if away(err) && status == models.RequestWaitingForCarrier { // tomorrow it may answer
		r.is = r.is.PutOff(workflow.Now(ctx))
		return nil
	}
	return r.after(ctx, models.StepPoll, found, err)
}

// after takes in what came of a step. What no repeat mends is left to a person, with what they should do.
func (r *request) after(ctx workflow.Context, step models.Step, found models.Found, err error) error {
	now := workflow.Now(ctx)
	var cannot *temporal.ApplicationError
	switch {
	case err == nil:
		r.is = r.is.After(step, found, now)
	case temporal.IsCanceledError(err):
		return err
	case errors.As(err, &cannot) && cannot.Type() == activities.ErrCannot: // an earlier try may have done it all the same
		r.is = r.is.FailUnheard(step, cannot.Message(), now)
	default:
		why := fmt.Sprintf("It was tried for %d hours without success to %s: %s. Look whether the carrier is reachable, and try again.",
			int(stepWithin/time.Hour), step.Words(), rootCause(err))
		r.is = r.is.FailUnheard(step, why, now)
	}
	return nil
}

// tidy removes what was made at the carrier and nobody needs. It is tried until it is done.
func (r *request) tidy(ctx workflow.Context) error {
	var found models.Found
	if err := workflow.ExecuteActivity(tidying(ctx), provisioner.Tidy, r.is).Get(ctx, &found); err != nil {
		return err
	}
	r.is = r.is.After(models.StepTidy, found, workflow.Now(ctx))
	return nil
}

// doing limits a step. The database is waited for, the carrier not for ever.
func (r *request) doing(ctx workflow.Context, step models.Step) workflow.Context {
	switch step {
	case models.StepReserve, models.StepTakeIn:
		return recording(ctx, step.Words())
	default:
		return provisioning(ctx, step.Words())
	}
}

// activityOf is the activity that does a step.
func activityOf(step models.Step) any {
	switch step {
	case models.StepTidy:
		return provisioner.Tidy
	case models.StepReserve:
		return provisioner.Reserve
	case models.StepRegulation:
		return provisioner.Regulation
	case models.StepChoose:
		return provisioner.Choose
	case models.StepAddress:
		return provisioner.Address
	case models.StepEndUser:
		return provisioner.EndUser
	case models.StepDocument:
		return provisioner.Document
	case models.StepBundle:
		return provisioner.Bundle
	case models.StepAssign:
		return provisioner.Assign
	case models.StepEvaluate:
		return provisioner.Evaluate
	case models.StepSubmit:
		return provisioner.Submit
	case models.StepBuy:
		return provisioner.Buy
	case models.StepVerify:
		return provisioner.Verify
	default:
		return provisioner.TakeIn
	}
}

// away says whether an error means that the carrier could not be asked for as long as it was tried.
func away(err error) bool {
	var cannot *temporal.ApplicationError
	return err != nil && !temporal.IsCanceledError(err) && (!errors.As(err, &cannot) || cannot.Type() != activities.ErrCannot)
}

// rootCause is what an activity said last, without what Temporal puts around it.
func rootCause(err error) string {
	var said *temporal.ApplicationError
	if errors.As(err, &said) {
		return said.Message()
	}
	return err.Error()
}
