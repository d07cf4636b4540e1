package workflows

import (
	"errors"
	"slices"
	"time"

	"github.com/ringdown/ringdown/models"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

// listen takes what people do as updates, and what the carrier tells as a signal.
func (r *request) listen(ctx workflow.Context) error {
	err := errors.Join(
		workflow.SetQueryHandlerWithOptions(ctx, QueryRequest, func() (models.NumberRequest, error) { return r.is, nil },
			workflow.QueryHandlerOptions{Description: "The request as it is."}),
		takes(ctx, r, UpdateApprove, `Approve it. {"by":{"name":"…","role":"reviewer"},"choose":true} has a number chosen by the wishes; "override" is the reason for one more than allotted.`, models.NumberRequest.Approve),
		takes(ctx, r, UpdateReject, `Reject it. {"by":{"name":"…","role":"reviewer"},"reason":"…"}; the requester is told the reason.`, models.NumberRequest.Reject),
		takes(ctx, r, UpdateAsk, `Ask the requester. {"by":{"name":"…","role":"reviewer"},"question":"…","fields":["address"]}; fields of the form may be changed in the answer.`, models.NumberRequest.Ask),
		takes(ctx, r, UpdateReply, `Answer for the requester. {"by":{"name":"…","role":"reviewer"},"text":"…"}`, models.NumberRequest.Answer),
		takes(ctx, r, UpdateFulfil, `Fulfil it with a number that was imported. {"by":{"name":"…","role":"reviewer"},"phone_number_id":"…"}`, models.NumberRequest.Fulfil),
		takes(ctx, r, UpdateWithdraw, `Withdraw it for the requester. {"by":{"name":"…","role":"reviewer"},"reason":"…"}; what exists at the carrier is removed.`, models.NumberRequest.Withdraw),
		takes(ctx, r, UpdateRetry, `Go on where the setting up failed. {"by":{"name":"…","role":"reviewer"},"note":"what was mended"}`, models.NumberRequest.Retry),
		takes(ctx, r, UpdateComment, `Comment. {"by":{"name":"…","role":"reviewer"},"text":"…","internal":true}; what is internal only reviewers see.`, models.NumberRequest.Comment),
		takes(ctx, r, UpdateAssign, `Say who looks after it. {"by":{"name":"…","role":"reviewer"},"assignee":{"user_id":"…","name":"…"}}`, models.NumberRequest.Assign),
	)
	bundle := workflow.GetSignalChannelWithOptions(ctx, SignalBundle, workflow.SignalChannelOptions{Description: "The carrier has news of the bundle."})
	workflow.Go(ctx, func(ctx workflow.Context) {
		for {
			var news BundleNews
			bundle.Receive(ctx, &news)
			if news.Reason == "" && r.news.BundleID == news.BundleID { // what came later says less
				news.Reason = r.news.Reason
			}
			r.news = news
		}
	})
	return err
}

// takes has an update decided by models: its validator refuses what is impossible, so that nothing of it is in the
// history, and its handler does it, without blocking. One that is repeated is done once.
func takes[T any](
	ctx workflow.Context, r *request, name, description string,
	decide func(models.NumberRequest, T, time.Time) (models.NumberRequest, error),
) error {
	done := func(ctx workflow.Context) bool {
		return slices.Contains(r.handled, workflow.GetCurrentUpdateInfo(ctx).ID)
	}
	return workflow.SetUpdateHandlerWithOptions(ctx, name,
		func(ctx workflow.Context, said T) (models.NumberRequest, error) {
			if done(ctx) {
				return r.is, nil
			}
			after, err := decide(r.is, said, workflow.Now(ctx))
			if err != nil { // another update of the same task was first
				return r.is, refusing(err)
			}
			r.is, r.acted = after, true
			r.remember(workflow.GetCurrentUpdateInfo(ctx).ID)
			return r.is, nil
		},
		workflow.UpdateHandlerOptions{
			Description: description,
			Validator: func(ctx workflow.Context, said T) error {
				if done(ctx) {
					return nil
				}
				_, err := decide(r.is, said, workflow.Now(ctx))
				return refusing(err)
			},
		})
}

// refusing is a refusal as it is told to whoever asked. See Act.
func refusing(err error) error {
	var conflict *models.ConflictError
	var forbidden *models.ForbiddenError
	var fault *models.InvalidError
	var faults models.Faults
	switch {
	case err == nil:
		return nil
	case errors.As(err, &conflict):
		return temporal.NewNonRetryableApplicationError(conflict.Error(), ErrConflict, nil)
	case errors.As(err, &forbidden):
		return temporal.NewNonRetryableApplicationError(forbidden.Error(), ErrForbidden, nil)
	case errors.As(err, &fault):
		return temporal.NewNonRetryableApplicationError(fault.Error(), ErrInvalid, nil, models.Faults{fault})
	case errors.As(err, &faults):
		return temporal.NewNonRetryableApplicationError(faults.Error(), ErrInvalid, nil, faults)
	}
	return err
}
