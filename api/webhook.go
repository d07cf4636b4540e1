package api

import (
	"bytes"
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
	// replyWithin is how long a webhook may work for its answer: somebody hears nothing meanwhile, 2 s at most, and the way to
	// the carrier takes some of it. Who has not been answered yet hears it ring, and may wait for ringingWithin.
	replyWithin   = 1600 * time.Millisecond
	ringingWithin = 1800 * time.Millisecond
	// webhookLimit is far above any form of the carrier's, in bytes, and fieldsLimit in fields: looking at a flood of
	// forged ones is to cost little.
	webhookLimit = 64 << 10
	fieldsLimit  = 200
	// formWithin is how long a form may take to come: the carrier sends it in one piece.
	formWithin = 5 * time.Second
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
		s.metrics.begin(path)
	}
}

// signed lets only the carrier's own requests through, before anything else is looked at. None with a true signature is
// ever refused for how many there are: each is somebody's call.
func (s *Server) signed(handler func(webhook) error) echo.HandlerFunc {
	return func(c echo.Context) error {
		r := c.Request()
		signature := r.Header.Get("X-Twilio-Signature")
		if !plausible(signature) {
			c.Response().Header().Set(echo.HeaderConnection, "close") // its form is not waited for
			return s.forged(c)
		}
		read := awaited(r.Context())
		form, err := readForm(c)
		read()
		if err != nil {
			s.warn(c, "webhook not read", "cause", err)
			return err
		}
		if !s.signatures.valid(signature, s.publicURL+r.RequestURI, form) {
			return s.forged(c)
		}
		within := replyWithin
		if form.Get("CallStatus") == "ringing" {
			within = ringingWithin
		}
		ctx, cancel := context.WithTimeout(r.Context(), within)
		defer cancel()
		c.SetRequest(r.WithContext(ctx))
		return s.inTrace(webhook{c, form}, handler)
	}
}

// forged answers a request that is not the carrier's.
func (s *Server) forged(c echo.Context) error {
	s.warn(c, "webhook with a false signature")
	return c.NoContent(http.StatusForbidden)
}

// warn logs what anybody can bring about, unless it has been logged of their address often enough lately.
func (s *Server) warn(c echo.Context, message string, more ...any) {
	if _, wait := s.forgers.spend(address(c)); wait == 0 {
		s.log.Warn(message, append([]any{"path", c.Path(), "from", c.RealIP()}, more...)...)
	}
}

// readForm reads a form that may be one of the carrier's.
func readForm(c echo.Context) (url.Values, error) {
	r := c.Request()
	if r.ContentLength > webhookLimit {
		return nil, errFormTooLarge
	}
	_ = http.NewResponseController(c.Response()).SetReadDeadline(time.Now().Add(formWithin)) // not every connection knows one
	body, err := io.ReadAll(http.MaxBytesReader(c.Response(), r.Body, webhookLimit))
	switch {
	case errors.As(err, new(*http.MaxBytesError)), bytes.Count(body, []byte("&")) >= fieldsLimit:
		return nil, errFormTooLarge
	case err != nil:
		return nil, problem(http.StatusBadRequest, "The form broke off.")
	default:
		return parseForm(string(body)), nil
	}
}

var errFormTooLarge = echo.NewHTTPError(http.StatusRequestEntityTooLarge, "the form is larger than any of the carrier's")

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

// key is what was pressed, or what the address says was pressed before.
func (w webhook) key() string {
	return cmp.Or(w.digits(), w.QueryParam("key"))
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
