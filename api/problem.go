package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/labstack/echo/v4"

	"github.com/ringdown/ringdown/activities/twilio"
	"github.com/ringdown/ringdown/models"
)

// problemFor is the one place where an error becomes a status. What it says is meant for the
// client; a cause that the client cannot mend is left out.
func problemFor(err error) *huma.ErrorModel {
	var (
		ready   *huma.ErrorModel
		invalid *models.InvalidError
		faults  models.Faults
		carrier *twilio.CarrierError
		inUse   *models.InUseError
		unable  *models.ConflictError
		full    *models.AllotmentError
		may     *models.ForbiddenError
	)
	switch {
	case errors.As(err, &ready):
		return ready
	case errors.As(err, &faults):
		return invalidProblem("body", faults)
	case errors.As(err, &invalid):
		return invalidProblem("body", models.Faults{invalid})
	case errors.As(err, &carrier):
		return carrierProblem(carrier)
	case errors.Is(err, models.ErrNotFound):
		return problem(http.StatusNotFound, "Nothing has this id.")
	case errors.Is(err, models.ErrTaken):
		return problem(http.StatusConflict, "Its name, e-mail address or number is already taken.")
	case errors.As(err, &inUse):
		return problem(http.StatusConflict, sentence(inUse.Error()))
	case errors.As(err, &unable):
		return problem(http.StatusConflict, sentence(unable.Error()))
	case errors.As(err, &full):
		return problem(http.StatusConflict, sentence(full.Error()))
	case errors.As(err, &may):
		return problem(http.StatusForbidden, sentence(may.Error()))
	case errors.Is(err, models.ErrStale):
		return problem(http.StatusPreconditionFailed, "It changed since it was read: read it again and repeat the change.")
	case errors.Is(err, models.ErrAway):
		return problem(http.StatusServiceUnavailable, "The database cannot be reached; try again in a moment.")
	default:
		return problem(http.StatusInternalServerError, "Something broke here; the log has the cause.")
	}
}

func problem(status int, detail string) *huma.ErrorModel {
	return &huma.ErrorModel{Type: "about:blank", Title: http.StatusText(status), Status: status, Detail: detail}
}

// sentence writes an error's text as one for people.
func sentence(text string) string { return strings.ToUpper(text[:1]) + text[1:] + "." }

// invalidProblem names every fault with its place in a part of the request: body or query.
func invalidProblem(part string, faults models.Faults) *huma.ErrorModel {
	p := problem(http.StatusUnprocessableEntity, "The request has faults; errors lists them all.")
	if len(faults) >= mostFaults {
		p.Detail = fmt.Sprintf("The request has many faults; errors lists %d of them.", mostFaults)
	}
	for _, f := range faults[:min(len(faults), mostFaults)] {
		p.Errors = append(p.Errors, &huma.ErrorDetail{Location: place(part, f.Field), Message: f.Reason})
	}
	return p
}

// carrierProblem says what to do about the carrier's answer. Everything that is asked of the
// carrier here may be repeated.
func carrierProblem(err *twilio.CarrierError) *huma.ErrorModel {
	what := map[twilio.Class]string{
		twilio.Busy:        "The carrier is busy; try again in a moment.",
		twilio.Unsent:      "The carrier cannot be reached; try again in a moment.",
		twilio.Unknown:     "The carrier gave no clear answer; try again.",
		twilio.Credentials: "The carrier does not accept our account; check its SID and token, and that it is active.",
	}[err.Class]
	if what == "" {
		what = "The carrier refused it."
	}
	if err.Code != 0 {
		what += fmt.Sprintf(" Its reason: https://www.twilio.com/docs/api/errors/%d", err.Code)
	}
	return problem(http.StatusBadGateway, what)
}

func place(part, field string) string {
	if field == "" {
		return part
	}
	return part + "." + field
}

// problemHandler answers echo's own errors (404, 405, a panic caught by its middleware) as
// problems too.
func problemHandler(log *slog.Logger) echo.HTTPErrorHandler {
	return func(err error, c echo.Context) {
		if c.Response().Committed {
			return
		}
		p := echoProblem(err)
		if p.Status >= http.StatusInternalServerError {
			log.ErrorContext(c.Request().Context(), "request failed", "path", c.Path(), "status", p.Status, "cause", err)
		}
		if c.Request().Method == http.MethodHead {
			_ = c.NoContent(p.Status) // the client is gone when this fails
			return
		}
		body, err := json.Marshal(p)
		if err == nil {
			_ = c.Blob(p.Status, "application/problem+json", body)
		}
	}
}

func echoProblem(err error) *huma.ErrorModel {
	var e *echo.HTTPError
	if !errors.As(err, &e) {
		return problemFor(err)
	}
	switch e.Code {
	case http.StatusNotFound:
		return problem(e.Code, "Nothing is at this address; /docs lists what is.")
	case http.StatusMethodNotAllowed:
		return problem(e.Code, "This address does not answer this method; the Allow header lists those it does.")
	case http.StatusRequestEntityTooLarge:
		return problem(e.Code, "The body is too large.")
	default: // its message may repeat what was sent
		return problem(e.Code, "The request cannot be answered.")
	}
}
