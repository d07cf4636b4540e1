package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/workflows"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
)

var requestID = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)

// doneWithin is how long a run may take to say what an update has come to.
const doneWithin = 5 * time.Second

// reasonLimit is how much of the carrier's reason is worth recording, in bytes.
const reasonLimit = 2000

// bundle tells how the carrier's review of paperwork goes. Nobody listens, so it answers nothing; 503 has the carrier
// repeat it.
func (s *Server) bundle(w webhook) error {
	id, reason := w.Param("request"), w.form.Get("FailureReason")
	if !requestID.MatchString(id) {
		s.log.Warn("news of paperwork for what is no request of ours", "path", w.Path())
		return w.NoContent(http.StatusOK)
	}
	err := workflows.TellBundle(w.ctx(), s.temporal, id, workflows.BundleNews{
		BundleID: w.form.Get("BundleSid"), Status: models.BundleStatus(w.form.Get("Status")), Reason: strings.ToValidUTF8(reason[:min(len(reason), reasonLimit)], ""),
	})
	switch {
	case errors.Is(err, models.ErrNotFound): // its request is over
		return w.NoContent(http.StatusOK)
	case err != nil:
		s.log.Error("news of paperwork not told", "request", id, "cause", err)
		return w.NoContent(http.StatusServiceUnavailable)
	default:
		return w.NoContent(http.StatusOK)
	}
}

// start has a request for a number looked after.
func (s *Server) start(ctx context.Context, r models.NumberRequest) error {
	return workflows.StartRequest(ctx, s.temporal, r)
}

// actOn asks the run of a request for an action. A run that was terminated goes on from the newest copy.
func (s *Server) actOn(ctx context.Context, r models.NumberRequest, update, updateID string, payload any) (models.NumberRequest, error) {
	newest := func(ctx context.Context) (models.NumberRequest, error) { return s.store.NumberRequest(ctx, r.ID) }
	return workflows.Act(ctx, s.temporal, newest, r.ID, update, updateID, payload)
}

// done asks the run of a request for what an update has come to. One that was refused counts as not done: it is refused
// again.
func (s *Server) done(ctx context.Context, requestID, updateID string) (after models.NumberRequest, ok bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, doneWithin)
	defer cancel()
	update := client.GetWorkflowUpdateHandleOptions{WorkflowID: workflows.RequestID(requestID), UpdateID: updateID}
	err = s.temporal.GetWorkflowUpdateHandle(update).Get(ctx, &after)
	switch {
	case errors.As(err, new(*serviceerror.NotFound)), errors.As(err, new(*temporal.ApplicationError)):
		return models.NumberRequest{}, false, nil
	case err != nil:
		return models.NumberRequest{}, false, fmt.Errorf("ask the run of number request %s for an update: %w", requestID, err)
	}
	return after, true, nil
}
