package api

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/ringdown/ringdown/models"
)

// acting is an operation that does something to a request.
func acting(action, summary string, errors ...int) huma.Operation {
	op := operation(http.MethodPost, requestsPath+"/{id}/"+action, action+"-number-request", summary,
		append(errors, http.StatusNotFound, http.StatusPreconditionFailed)...)
	op.DefaultStatus = http.StatusOK
	return op
}

// acts makes a handler of what turns a body into what the run of a request is asked for: the update of that name.
func acts[R, P any](a *rest, update string, payload func(ctx context.Context, r models.NumberRequest, asked R) (P, error),
) func(context.Context, *updateInput) (*one[models.NumberRequest], error) {
	return func(ctx context.Context, in *updateInput) (*one[models.NumberRequest], error) {
		r, err := a.requestOf(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		id := updateID(ctx, update, in.RawBody)
		if again, err := a.actedBefore(ctx, r, id); again != nil || err != nil {
			return again, err
		}
		asked, err := decode(a, in.RawBody, func(asked R) R { return asked }, func(R) error { return nil })
		if err != nil {
			return nil, err
		}
		if in.IfMatch != "" && in.IfMatch != "*" && in.IfMatch != etag(shownVersion(r)) {
			return nil, models.ErrStale
		}
		p, err := payload(ctx, r, asked)
		if err != nil {
			return nil, err
		}
		return a.askRun(ctx, r, update, id, p)
	}
}

// actedBefore is what an action has come to that is repeated with its Idempotency-Key, because its reply was lost; nil
// where it is not done. The rest of the request is not looked at then: by now it may be held against what the action
// itself has changed.
func (a *rest) actedBefore(ctx context.Context, r models.NumberRequest, id string) (*one[models.NumberRequest], error) {
	if tokenOf(ctx) == "" {
		return nil, nil
	}
	after, ok, err := a.done(ctx, r.ID, id)
	if err != nil {
		return nil, notActed(ctx, err)
	}
	if !ok {
		return nil, nil
	}
	return a.acted(ctx, after), nil
}

// askRun has the run of a request do something, once for all repeats with one Idempotency-Key. It decides, whatever
// the row says.
func (a *rest) askRun(ctx context.Context, r models.NumberRequest, update, id string, payload any) (*one[models.NumberRequest], error) {
	after, err := a.actOn(ctx, r, update, id, payload)
	if err != nil {
		return nil, notActed(ctx, err)
	}
	return a.acted(ctx, after), nil
}

// acted writes how far a request has come, and shows it. The run writes the row too, so that it does no harm when that
// fails here.
func (a *rest) acted(ctx context.Context, after models.NumberRequest) *one[models.NumberRequest] {
	if _, err := a.store.KeepNumberRequest(ctx, after); err != nil {
		a.log.WarnContext(ctx, "number request not written yet", "request", after.ID, "cause", err)
	}
	return show(requestFor(ctx, after), shownVersion(after))
}

// updateID is the same for all repeats of a request with one Idempotency-Key.
func updateID(ctx context.Context, update string, body []byte) string {
	token := tokenOf(ctx)
	if token == "" {
		return uuid.NewString()
	}
	hash := sha256.Sum256(fmt.Appendf(nil, "%s\n%s\n%s\n%s", whoOf(ctx).KeyID, update, token, body))
	return hex.EncodeToString(hash[:])
}

// refused says whether an error means that an action was surely not done.
func refused(err error) bool {
	for _, refusal := range []any{
		new(*models.ConflictError), new(*models.ForbiddenError), new(*models.InvalidError), new(models.Faults),
	} {
		if errors.As(err, refusal) {
			return true
		}
	}
	return false
}

// notActed tells what a run has refused from a run that did not answer.
func notActed(ctx context.Context, err error) error {
	if refused(err) {
		return err
	}
	next := "Read the request in a moment to see whether it was."
	if tokenOf(ctx) != "" {
		next = "Repeat it with the same " + tokenHeader + "."
	}
	away := problem(http.StatusServiceUnavailable, "What looks after the request does not answer, so that it is not known whether this was done. "+next)
	return errors.Join(away, err)
}
