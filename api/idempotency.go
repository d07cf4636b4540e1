package api

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humaecho"
	"github.com/google/uuid"

	"github.com/ringdown/ringdown/models"
)

// The headers of a request that may be repeated, and of the reply to its repeat.
const (
	tokenHeader    = "Idempotency-Key" //nolint:gosec // a header's name
	replayedHeader = "Idempotency-Replayed"
)

const (
	// tokenAtMost is how long an Idempotency-Key may be, in characters.
	tokenAtMost = 255
	// keepWithin is how long it may take to keep a reply.
	keepWithin = 5 * time.Second
	// forgetEvery is how often old replies are deleted, while there are new ones.
	forgetEvery = 10 * time.Minute
)

// shownOnceField marks an operation whose reply holds a secret.
const shownOnceField = "shown once"

// repeatable declares what Idempotency-Key does to an operation.
func repeatable(op huma.Operation) huma.Operation {
	least, most := 1, tokenAtMost
	op.Parameters = append(op.Parameters, &huma.Param{
		Name: tokenHeader, In: "header", Schema: &huma.Schema{Type: huma.TypeString, MinLength: &least, MaxLength: &most, Pattern: "^[ -~]*$"},
		Description: "Any text of the client's own. Within 24 hours, the same request with the same text and the same key of the API " +
			"is not done again: it gets the first reply, marked " + replayedHeader + ": true. With the same text another request is refused with 422, " +
			"and one that comes while the first is still at work with 409. Replies of 412 and of 500 and above are not kept: " +
			"the same request is tried again.",
	})
	op.Errors = append(op.Errors, http.StatusBadRequest, http.StatusConflict, http.StatusRequestEntityTooLarge)
	return op
}

// shownOnce marks an operation whose reply holds a secret: it is not kept for a repeat, which is
// refused with 409 and told what was made.
func shownOnce(op huma.Operation) huma.Operation {
	op.Metadata = map[string]any{shownOnceField: true}
	return op
}

// once lets a request through, unless it repeats one with the same Idempotency-Key: that gets the
// reply of the first.
func (a *rest) once(ctx huma.Context, keyID string, body []byte, next func(huma.Context)) {
	tokens := humaecho.Unwrap(ctx).Request().Header.Values(tokenHeader)
	if ctx.Method() != http.MethodPost || len(tokens) == 0 {
		next(ctx)
		return
	}
	if err := claimable(tokens); err != nil {
		a.refuse(ctx, problemFor(err))
		return
	}
	claim := models.KeptReply{
		KeyID: keyID, Token: tokens[0], Claim: uuid.NewString(), Request: fingerprint(ctx, body), ClaimedAt: a.now(),
	}
	kept, err := a.claim(ctx.Context(), claim)
	ctx = huma.WithContext(ctx, withToken(ctx.Context(), claim.Token))
	secret, _ := ctx.Operation().Metadata[shownOnceField].(bool)
	switch {
	case err != nil:
		p := problemFor(err)
		a.log.ErrorContext(ctx.Context(), "request failed", "operation", ctx.Operation().OperationID, "status", p.Status, "cause", err)
		a.refuse(ctx, p)
	case kept.Claim == claim.Claim:
		a.answer(ctx, claim, body, secret, next)
	case !bytes.Equal(kept.Request, claim.Request):
		a.refuse(ctx, invalidProblem("header", models.Faults{{Field: tokenHeader, Reason: "was sent with another request; give each its own"}}))
	case kept.Status == 0:
		ctx.SetHeader("Retry-After", "1")
		a.refuse(ctx, problem(http.StatusConflict, "The first request with this "+tokenHeader+" is still at work; repeat it in a moment."))
	case secret && kept.Status < http.StatusMultipleChoices:
		made := http.Header(kept.Header).Get("Location")
		a.refuse(ctx, problem(http.StatusConflict, "This was done already; its secret was shown once and is not kept. What was made: "+made))
	default:
		ctx.SetHeader(replayedHeader, "true")
		write(ctx, kept)
	}
}

type tokenKey struct{}

// withToken makes a request one with an Idempotency-Key.
func withToken(ctx context.Context, token string) context.Context {
	return context.WithValue(ctx, tokenKey{}, token)
}

// tokenOf is the Idempotency-Key that a request came with, empty for none.
func tokenOf(ctx context.Context) string {
	token, _ := ctx.Value(tokenKey{}).(string)
	return token
}

// claimable says what is wrong with the Idempotency-Key of a request.
func claimable(tokens []string) error {
	unprintable := func(r rune) bool { return r < ' ' || r > '~' }
	if token := tokens[0]; len(tokens) > 1 || token == "" || len(token) > tokenAtMost || strings.ContainsFunc(token, unprintable) {
		reason := fmt.Sprintf("must be one text of 1 to %d printable ASCII characters", tokenAtMost)
		return invalidProblem("header", models.Faults{{Field: tokenHeader, Reason: reason}})
	}
	return nil
}

// fingerprint tells one request from another.
func fingerprint(ctx huma.Context, body []byte) []byte {
	address := ctx.URL()
	hash := sha256.New()
	fmt.Fprintf(hash, "%s %s\n%s\n%s\n", ctx.Method(), address.RequestURI(), ctx.Header("Content-Type"), ctx.Header("If-Match"))
	hash.Write(body)
	return hash.Sum(nil)
}

// claim also forgets old replies, in the background and now and then.
func (a *rest) claim(ctx context.Context, claim models.KeptReply) (models.KeptReply, error) {
	a.forgetting.Do(func() {
		a.background(func(ctx context.Context) {
			if err := a.store.ForgetReplies(ctx, claim.ClaimedAt.Add(-models.RepliesLast)); err != nil {
				a.log.WarnContext(ctx, "old replies not forgotten yet", "cause", err)
			}
		})
	})
	ctx, cancel := context.WithTimeout(ctx, keepWithin)
	defer cancel()
	return a.store.ClaimReply(ctx, claim)
}

// answer lets a request through and keeps its reply before it is sent. It goes on when the client
// leaves, who may ask for the reply again.
func (a *rest) answer(ctx huma.Context, claim models.KeptReply, body []byte, secret bool, next func(huma.Context)) {
	lasting := context.WithoutCancel(ctx.Context())
	reply := &replyWriter{request: huma.WithContext(ctx, lasting), body: bytes.NewReader(body), header: http.Header{}}
	func() {
		defer func() { a.settle(lasting, reply.kept(claim, secret)) }() // also when next panics
		next(reply)
	}()
	write(ctx, reply.kept(claim, false))
}

// settle keeps a reply, or gives its claim up: after a failure of ours the repeat tries again, and after a 412 it
// looks again which version there is.
func (a *rest) settle(ctx context.Context, made models.KeptReply) {
	ctx, cancel := context.WithTimeout(ctx, keepWithin)
	defer cancel()
	settle := a.store.KeepReply
	if made.Status == 0 || made.Status == http.StatusPreconditionFailed || made.Status >= http.StatusInternalServerError {
		settle = a.store.DropReply
	}
	if err := settle(ctx, made); err != nil {
		a.log.ErrorContext(ctx, "reply not kept, so that its repeat is refused for a minute and then done again", "cause", err)
	}
}

type request = huma.Context

// replyWriter takes a reply instead of the client, for a request whose body has been read.
type replyWriter struct {
	request
	body   io.Reader
	status int
	header http.Header
	reply  bytes.Buffer
}

func (w *replyWriter) Unwrap() huma.Context            { return w.request }
func (w *replyWriter) BodyReader() io.Reader           { return w.body }
func (w *replyWriter) SetStatus(code int)              { w.status = code }
func (w *replyWriter) Status() int                     { return w.status }
func (w *replyWriter) SetHeader(name, value string)    { w.header.Set(name, value) }
func (w *replyWriter) AppendHeader(name, value string) { w.header.Add(name, value) }
func (w *replyWriter) BodyWriter() io.Writer           { return &w.reply }

// kept is the reply as it is kept for a claim; no secret is.
func (w *replyWriter) kept(claim models.KeptReply, secret bool) models.KeptReply {
	claim.Status, claim.Header = w.status, w.header
	if !secret || w.status >= http.StatusMultipleChoices {
		claim.Body = w.reply.Bytes()
	}
	return claim
}

// write sends a reply to the client.
func write(ctx huma.Context, kept models.KeptReply) {
	for name, values := range kept.Header {
		ctx.SetHeader(name, values[0]) // instead of what every answer says
		for _, value := range values[1:] {
			ctx.AppendHeader(name, value)
		}
	}
	ctx.SetStatus(kept.Status)
	if len(kept.Body) > 0 {
		_, _ = ctx.BodyWriter().Write(kept.Body) // the client is gone when this fails, and may ask again
	}
}
