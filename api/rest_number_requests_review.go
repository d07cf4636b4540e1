package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

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
	handleBody[fulfilRequest](a, roles(acting("fulfil", "Give a number that was arranged by hand"), reviewerRoles...), a.fulfil)
	handleBody[retryRequest](a, roles(acting("retry", "Go on where setting the number up has failed"), reviewerRoles...), acts(a, workflows.UpdateRetry,
		func(ctx context.Context, _ models.NumberRequest, asked retryRequest) (models.ToRetry, error) {
			return models.ToRetry{By: whoOf(ctx), Note: asked.Note}, nil
		}))
	handleBody[assignRequest](a, roles(acting("assign", "Say who looks after a request"), reviewerRoles...), acts(a, workflows.UpdateAssign, a.toAssign))
}

// toApprove asks the carrier whether the number is for sale, and looks at the allotment: the run does neither at once.
// What is not in review is left to the run, which says who was first.
func (a *rest) toApprove(ctx context.Context, r models.NumberRequest, asked approveRequest) (models.ToApprove, error) {
	to := models.ToApprove{By: whoOf(ctx), Choose: asked.Choose, Override: strings.TrimSpace(asked.Override)}
	to.Candidate.Number = asked.Candidate
	if r.Status != models.RequestInReview {
		return to, nil
	}
	candidate, err := a.approvable(ctx, r, to)
	if errors.As(err, new(*models.ConflictError)) || errors.As(err, new(*models.AllotmentError)) {
		newest, again := a.store.NumberRequest(ctx, r.ID)
		if again == nil && newest.Status != models.RequestInReview { // who was first has taken the number, or the place
			return to, nil
		}
	}
	to.Candidate = candidate
	return to, err
}

// approvable is the number of an approval as the carrier sells it now; it is empty where none is named. It is a
// *models.AllotmentError where as many are in use as are allotted, and a *models.ConflictError where the number is not
// for sale.
func (a *rest) approvable(ctx context.Context, r models.NumberRequest, to models.ToApprove) (models.Candidate, error) {
	if to.Override == "" {
		if err := a.store.MayReserveNumber(ctx, r.ID, a.allotment.Numbers); err != nil {
			return models.Candidate{}, unlessReason(err, "override")
		}
	}
	number := to.Candidate.Number
	if number == "" || r.Form.Country == models.OtherCountry {
		return to.Candidate, nil
	}
	if _, ok := models.ParsePhone(string(number)); !ok {
		return models.Candidate{}, &models.InvalidError{Field: "candidate", Reason: "must be E.164, as in +12025550123"}
	}
	return a.candidate(ctx, r, number)
}

// unlessReason has a *models.AllotmentError name the field in which a reason for one more is given.
func unlessReason(err error, field string) error {
	var full *models.AllotmentError
	if errors.As(err, &full) {
		full.Reason = field
	}
	return err
}

func (a *rest) toAsk(ctx context.Context, r models.NumberRequest, asked askRequest) (models.ToAsk, error) {
	to := models.ToAsk{By: whoOf(ctx), Question: asked.Question, Fields: asked.Fields}
	if len(asked.Fields) == 0 {
		return to, nil
	}
	form, err := a.formOf(ctx, r)
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

// formOf is the form for what a request asks. It is a *models.ConflictError where the catalogue does not offer that any
// more.
func (a *rest) formOf(ctx context.Context, r models.NumberRequest) (models.Form, error) {
	country, err := a.countryOf(ctx, r.Form.Country)
	var form models.Form
	if err == nil {
		form, err = models.FormFor(country, r.Form.Type, r.Form.EndUser, true)
	}
	if errors.Is(err, models.ErrNotFound) || errors.As(err, new(*models.InvalidError)) {
		err = &models.ConflictError{Reason: "the catalogue does not offer such a number any more, so that there is no form: ask in words, without fields"}
	}
	return form, err
}

// fulfil claims the number before the run is asked: it fulfils one request. When the run refuses, the number is free
// again.
func (a *rest) fulfil(ctx context.Context, in *updateInput) (*one[models.NumberRequest], error) {
	var claimed models.ToFulfil // by this request; empty when it was before
	out, err := acts(a, workflows.UpdateFulfil, func(ctx context.Context, r models.NumberRequest, asked fulfilRequest) (models.ToFulfil, error) {
		to, fresh, err := a.toFulfil(ctx, r, asked)
		if fresh {
			claimed = to
		}
		return to, err
	})(ctx, in)
	if refused(err) && claimed.PhoneNumberID != "" {
		if err := a.store.FreeNumber(ctx, claimed.PhoneNumberID, in.ID); err != nil {
			a.log.WarnContext(ctx, "number not free again until its request is over", "request", in.ID, "cause", err)
		}
	}
	return out, err
}

// toFulfil claims the number; fresh says that the request had not claimed it before.
func (a *rest) toFulfil(ctx context.Context, r models.NumberRequest, asked fulfilRequest) (to models.ToFulfil, fresh bool, err error) {
	to = models.ToFulfil{By: whoOf(ctx), PhoneNumberID: asked.PhoneNumberID}
	if r.Status.Final() { // the run says how it ended
		return to, false, nil
	}
	fresh, err = a.store.ClaimNumber(ctx, asked.PhoneNumberID, r.ID)
	if errors.Is(err, models.ErrNotFound) {
		err = &models.InvalidError{Field: "phone_number_id", Reason: "is no number of ours; import it first"}
	}
	return to, fresh, err
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
