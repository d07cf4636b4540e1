package api

import (
	"cmp"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"
	"github.com/ringdown/ringdown/telemetry"
	"go.opentelemetry.io/otel/attribute"
)

// traced makes a span of each REST request, named by its route: an address may hold what nobody is to see. It goes
// inside whatever turns a panic into an answer.
func (s *Server) traced(next echo.HandlerFunc) echo.HandlerFunc {
	if s.tracing == nil {
		return next
	}
	return func(c echo.Context) error {
		if !strings.HasPrefix(c.Path(), "/v1/") {
			return next(c)
		}
		return s.within(c, c.Request().Method+" "+c.Path(), nil, func() error { return next(c) })
	}
}

// inTrace makes a span of a webhook whose signature is true, in the trace of its call.
func (s *Server) inTrace(w webhook, handler func(webhook) error) error {
	if s.tracing == nil {
		return handler(w)
	}
	line := w.form.Get("CallSid")
	call := cmp.Or(w.Param("call"), line)
	var about []attribute.KeyValue
	if callSID.MatchString(call) {
		about = append(about, telemetry.KeyCall.String(call))
		w.SetRequest(w.Request().WithContext(telemetry.OfCall(w.ctx(), call)))
	}
	if line != call && callSID.MatchString(line) {
		about = append(about, telemetry.KeyLeg.String(line))
	}
	if attempt := w.Param("attempt"); attemptID.MatchString(attempt) {
		about = append(about, telemetry.KeyAttempt.String(attempt))
	}
	return s.within(w.Context, "webhook "+w.Path(), about, func() error { return handler(w) })
}

// within answers a request within a span.
func (s *Server) within(c echo.Context, name string, about []attribute.KeyValue, answer func() error) error {
	ctx, span := s.tracing.Serve(c.Request().Context(), name, append(about,
		attribute.String("http.request.method", c.Request().Method), attribute.String("http.route", c.Path()))...)
	c.SetRequest(c.Request().WithContext(ctx))
	status := http.StatusInternalServerError // should it break
	defer func() {
		class := ""
		if status >= http.StatusInternalServerError {
			class = strconv.Itoa(status)
		}
		span.End(class, attribute.Int("http.response.status_code", status))
	}()
	err := answer()
	status = statusOf(c, err)
	return err
}

// statusOf is what a request is answered with. An error is turned into an answer further out.
func statusOf(c echo.Context, err error) int {
	var problem *echo.HTTPError
	switch {
	case err == nil:
		return c.Response().Status
	case errors.As(err, &problem):
		return problem.Code
	}
	return http.StatusInternalServerError
}
