package api

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/ringdown/ringdown/models"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
)

const (
	// replyWithin is how long a webhook may work for its answer: somebody listens meanwhile.
	replyWithin = 1800 * time.Millisecond
	// webhookLimit is far above any form of the carrier's.
	webhookLimit = 64 << 10
	// digitsLimit is as many keys as are worth recording.
	digitsLimit = 32
)

// webhook is one request of the carrier, its signature checked.
type webhook struct {
	echo.Context
	form url.Values
}

func (s *Server) mountWebhooks(e *echo.Echo) {
	for path, handler := range map[string]func(webhook) error{
		"/twilio/voice":                     s.voice,
		"/twilio/status":                    s.status,
		"/twilio/gate/:call":                s.gate,
		"/twilio/caller-done/:call":         s.callerDone,
		"/twilio/nobody/:call":              s.nobody,
		"/twilio/voicemail-done/:call":      s.voicemailDone,
		"/twilio/recording/:call":           s.recording,
		"/twilio/transcript/:call":          s.transcript,
		"/twilio/forward-done/:call":        s.forwardDone,
		"/twilio/divert/:call":              s.divert,
		"/twilio/leg/:call/:attempt":        s.leg,
		"/twilio/accept/:call/:attempt":     s.accept,
		"/twilio/leg-done/:call/:attempt":   s.legDone,
		"/twilio/leg-status/:call/:attempt": s.legStatus,
		"/twilio/bundle/:request":           s.bundle,
	} {
		e.POST(path, s.signed(handler))
	}
}

// signed lets only the carrier's own requests through, before anything else is looked at.
func (s *Server) signed(handler func(webhook) error) echo.HandlerFunc {
	return func(c echo.Context) error {
		r := c.Request()
		body, err := io.ReadAll(http.MaxBytesReader(c.Response(), r.Body, webhookLimit))
		if err != nil {
			s.log.Warn("webhook not read", "path", c.Path(), "cause", err)
			return echo.NewHTTPError(http.StatusRequestEntityTooLarge, "the form is larger than any of the carrier's")
		}
		form := parseForm(string(body))
		if !s.signatures.valid(r.Header.Get("X-Twilio-Signature"), s.publicURL+r.RequestURI, form) {
			s.log.Warn("webhook with a false signature", "path", c.Path(), "from", c.RealIP())
			return c.NoContent(http.StatusForbidden)
		}
		ctx, cancel := context.WithTimeout(r.Context(), replyWithin)
		defer cancel()
		c.SetRequest(r.WithContext(ctx))
		return handler(webhook{c, form})
	}
}

func (w webhook) ctx() context.Context { return w.Request().Context() }

// deadline is when the carrier stops listening for this answer.
func (w webhook) deadline() time.Time {
	t, _ := w.ctx().Deadline()
	return t
}

// delivery tells one delivery from another; its repeats share it. A carrier that does not say
// gets a new answer each time.
func (w webhook) delivery() string {
	return cmp.Or(w.Request().Header.Get("I-Twilio-Idempotency-Token"), rand.Text())
}

func (w webhook) language() string { return w.QueryParam("lang") }

func (w webhook) digits() string {
	digits := w.form.Get("Digits")
	return digits[:min(len(digits), digitsLimit)]
}

var (
	callSID   = regexp.MustCompile(`^CA[0-9a-fA-F]{32}$`)
	attemptID = regexp.MustCompile(`^[0-9]{1,3}\.[0-9A-Za-z-]{1,64}\.[0-9]{1,3}\.[0-9]{1,3}$`)
)

// known says whether a call and an attempt in the path, where there is one, can be ours.
func (w webhook) known() bool {
	return callSID.MatchString(w.Param("call")) &&
		(w.Param("attempt") == "" || attemptID.MatchString(w.Param("attempt")))
}

// say answers with a document.
func (w webhook) say(document []byte) error {
	return w.Blob(http.StatusOK, "text/xml; charset=utf-8", document)
}

// update asks a run for its decision, once per id: a repeat gets the same answer.
func (s *Server) update(w webhook, workflowID, name, id string, arg any) (models.Answer, error) {
	handle, err := s.temporal.UpdateWorkflow(w.ctx(), client.UpdateWorkflowOptions{
		WorkflowID: workflowID, UpdateID: id, UpdateName: name, Args: []any{arg},
		WaitForStage: client.WorkflowUpdateStageCompleted,
	})
	var answer models.Answer
	if err == nil {
		err = handle.Get(w.ctx(), &answer)
	}
	return answer, err
}

// gone says whether an error means that the run is over or never was, so that asking again is
// of no use.
func gone(err error) bool {
	var notFound *serviceerror.NotFound
	var finished *serviceerror.WorkflowExecutionAlreadyStarted
	return errors.As(err, &notFound) || errors.As(err, &finished)
}
