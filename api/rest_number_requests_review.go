package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/workflows"
)

// approveRequest says yes.
type approveRequest struct {
	Candidate models.Phone `json:"candidate,omitempty" doc:"A number that is for sale; or choose"`
	Choose    bool         `json:"choose,omitempty" default:"false" doc:"Any number that fits the wishes will do"`
	Override  string       `json:"override,omitempty" maxLength:"4000" doc:"Why there may be more numbers than allotted; left out, there may not"`
}

// rejectRequest says no.
type rejectRequest struct {
	Reason string `json:"reason" minLength:"1" maxLength:"4000" doc:"The requester is told"`
}

// askRequest asks the requester something.
type askRequest struct {
	Question string   `json:"question" minLength:"1" maxLength:"4000"`
	Fields   []string `json:"fields,omitempty" maxItems:"50" doc:"Of the form, that the answer may change, as in email, address or address.city; none: words are enough"`
}

// fulfilRequest gives a number that was arranged by hand.
type fulfilRequest struct {
	PhoneNumberID string `json:"phone_number_id" minLength:"1" doc:"Of a number that was imported and came of no other request"`
}

// retryRequest goes on with what has failed.
type retryRequest struct {
	Note string `json:"note,omitempty" maxLength:"4000" doc:"What was mended"`
}

// assignRequest says who looks after a request.
type assignRequest struct {
	UserID string `json:"user_id" maxLength:"100" doc:"Of a user in the directory; empty: nobody"`
}

// mountReview adds what reviewers do.
func (a *rest) mountReview() {
	approving := acting("approve", "Have a number set up: one that is for sale, or one that is chosen by the wishes", http.StatusBadGateway)
	approving.Description = "Refused with 409 when as many numbers are in use as are allotted, unless there is an override."
	handleBody[approveRequest](a, roles(approving, reviewerRoles...), acts(a, workflows.UpdateApprove, a.toApprove))
	handleBody[rejectRequest](a, roles(acting("reject", "Say no to a request"), reviewerRoles...), acts(a, workflows.UpdateReject,
		func(ctx context.Context, _ models.NumberRequest, asked rejectRequest) (models.ToReject, error) {
			return models.ToReject{By: whoOf(ctx), Reason: asked.Reason}, nil
		}))
	handleBody[askRequest](a, roles(acting("ask", "Ask the requester something"), reviewerRoles...), acts(a, workflows.UpdateAsk, a.toAsk))
	handleBody[fulfilRequest](a, roles(acting("fulfil", "Give a number that was arranged by hand"), reviewerRoles...),
		acts(a, workflows.UpdateFulfil, a.toFulfil))
	handleBody[retryRequest](a, roles(acting("retry", "Go on where setting the number up has failed"), reviewerRoles...), acts(a, workflows.UpdateRetry,
		func(ctx context.Context, _ models.NumberRequest, asked retryRequest) (models.ToRetry, error) {
			return models.ToRetry{By: whoOf(ctx), Note: asked.Note}, nil
		}))
	handleBody[assignRequest](a, roles(acting("assign", "Say who looks after a request"), reviewerRoles...), acts(a, workflows.UpdateAssign, a.toAssign))
}

// toApprove asks the carrier whether the number is for sale, and looks at the allotment: the run does neither at once.
func (a *rest) toApprove(ctx context.Context, r models.NumberRequest, asked approveRequest) (models.ToApprove, error) {
	by := whoOf(ctx)
	to := models.ToApprove{By: by, Choose: asked.Choose, Override: asked.Override}
	if was := r.Approval; was != nil && r.Status != models.RequestInReview && was.By == by.Actor &&
		was.Choose == asked.Choose && (asked.Choose || was.Candidate.Number == asked.Candidate) {
		to.Candidate = was.Candidate // as it was when they said so: this is a repeat, or too late
		return to, nil
	}
	if r.Status.Final() {
		return to, r.Over()
	}
	if asked.Override == "" {
		if err := a.store.MayReserveNumber(ctx, r.ID, a.allotment.Numbers); err != nil {
			return to, err
		}
	}
	if asked.Candidate == "" || r.Form.Country == models.OtherCountry {
		to.Candidate.Number = asked.Candidate
		return to, nil
	}
	if _, ok := models.ParsePhone(string(asked.Candidate)); !ok {
		return to, &models.InvalidError{Field: "candidate", Reason: "must be E.164, as in +12025550123"}
	}
	candidate, err := a.candidate(ctx, r, asked.Candidate)
	to.Candidate = candidate
	return to, err
}

func (a *rest) toAsk(ctx context.Context, r models.NumberRequest, asked askRequest) (models.ToAsk, error) {
	to := models.ToAsk{By: whoOf(ctx), Question: asked.Question, Fields: asked.Fields}
	if len(asked.Fields) == 0 {
		return to, nil
	}
	country, err := a.countryOf(ctx, r.Form.Country)
	if err != nil {
		return to, err
	}
	form, err := models.FormFor(country, r.Form.Type, r.Form.EndUser, true)
	if err != nil {
		return to, err
	}
	var faults models.Faults
	askable := models.AskableFields(form)
	for i, field := range asked.Fields {
		if !slices.Contains(askable, field) {
			faults.Add(fmt.Sprintf("fields[%d]", i), "is no field of the form that may be changed; /v1/number-requests/form has them")
		}
	}
	return to, faults.Err()
}

func (a *rest) toFulfil(ctx context.Context, r models.NumberRequest, asked fulfilRequest) (models.ToFulfil, error) {
	to := models.ToFulfil{By: whoOf(ctx), PhoneNumberID: asked.PhoneNumberID}
	number, err := a.store.Number(ctx, asked.PhoneNumberID)
	switch {
	case errors.Is(err, models.ErrNotFound):
		return to, &models.InvalidError{Field: "phone_number_id", Reason: "is no number of ours; import it first"}
	case err != nil:
		return to, err
	case number.Status != models.NumberActive:
		return to, &models.InvalidError{Field: "phone_number_id", Reason: "is a number that was released; import it again first"}
	}
	other, err := a.store.RequestOfNumber(ctx, number.ID)
	switch {
	case errors.Is(err, models.ErrNotFound), err == nil && other == r.ID:
		return to, nil
	case err != nil:
		return to, err
	}
	return to, &models.ConflictError{Reason: "the number came of another request: " + other}
}

func (a *rest) toAssign(ctx context.Context, _ models.NumberRequest, asked assignRequest) (models.ToAssign, error) {
	to := models.ToAssign{By: whoOf(ctx)}
	if asked.UserID == "" {
		return to, nil
	}
	user, err := a.store.User(ctx, asked.UserID)
	switch {
	case errors.Is(err, models.ErrNotFound):
		return to, &models.InvalidError{Field: "user_id", Reason: "is no user"}
	case err != nil:
		return to, err
	case !user.Active:
		return to, &models.InvalidError{Field: "user_id", Reason: "is a user who is not active"}
	}
	to.Assignee = &models.Assignee{UserID: user.ID, Name: user.Name}
	return to, nil
}
