package api

import (
	"context"
	"errors"
	"net/http"
	"regexp"
	"strings"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/workflows"
)

var requestID = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)

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

// actOn asks the run of a request for an action.
func (s *Server) actOn(ctx context.Context, r models.NumberRequest, update, updateID string, payload any) (models.NumberRequest, error) {
	return workflows.Act(ctx, s.temporal, r, update, updateID, payload)
}
