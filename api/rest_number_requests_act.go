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
		asked, err := decode(a, in.RawBody, func(asked R) R { return asked }, func(R) error { return nil })
		if err != nil {
			return nil, err
		}
		if in.IfMatch != "" && in.IfMatch != "*" && in.IfMatch != etag(r.Version) {
			return nil, models.ErrStale
		}
		p, err := payload(ctx, r, asked)
		if err != nil {
			return nil, err
		}
		return a.askRun(ctx, r, update, p)
	}
}

// askRun has the run of a request do something, once for all repeats with one Idempotency-Key. It decides, whatever
// the row says. The run writes the row too, so that it does no harm when that fails here.
func (a *rest) askRun(ctx context.Context, r models.NumberRequest, update string, payload any) (*one[models.NumberRequest], error) {
	after, err := a.actOn(ctx, r, update, updateID(ctx, update), payload)
	if err != nil {
		return nil, notActed(err)
	}
	if _, err := a.store.KeepNumberRequest(ctx, after); err != nil {
		a.log.WarnContext(ctx, "number request not written yet", "request", r.ID, "cause", err)
	}
	return show(requestFor(ctx, after), after.Version), nil
}

// updateID is the same for all repeats of a request with one Idempotency-Key.
func updateID(ctx context.Context, update string) string {
	token := tokenOf(ctx)
	if token == "" {
		return uuid.NewString()
	}
	hash := sha256.Sum256(fmt.Appendf(nil, "%s\n%s\n%s", whoOf(ctx).KeyID, update, token))
	return hex.EncodeToString(hash[:])
}

// notActed tells what a run has refused from a run that did not answer.
func notActed(err error) error {
	for _, refusal := range []any{
		new(*models.ConflictError), new(*models.ForbiddenError), new(*models.InvalidError), new(models.Faults),
	} {
		if errors.As(err, refusal) {
			return err
		}
	}
	away := problem(http.StatusServiceUnavailable, "What looks after the request does not answer, so that it is not known whether this was done. "+
		"Repeat it with the same "+tokenHeader+", or look at the request in a moment.")
	return errors.Join(away, err)
}
