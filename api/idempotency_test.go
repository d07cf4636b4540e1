package api

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"

	"github.com/ringdown/ringdown/models"
)

func TestRESTARepeatedRequestIsDoneOnce(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil)
	first := rt.send(http.MethodPost, "/v1/users", alice, "Idempotency-Key", "one").is(http.StatusCreated)
	if first.Header().Get("Idempotency-Replayed") != "" {
		t.Error("the first is marked as replayed")
	}
	repeat := rt.process(rt.deps()).send(http.MethodPost, "/v1/users", alice, "Idempotency-Key", "one").is(http.StatusCreated)
	if repeat.Header().Get("Idempotency-Replayed") != "true" {
		t.Error("the repeat is not marked")
	}
	repeat.Header().Del("Idempotency-Replayed")
	for _, name := range []string{"Location", "ETag", "Content-Type"} {
		if got, want := repeat.Header().Get(name), first.Header().Get(name); got != want || want == "" {
			t.Errorf("%s %q, want %q", name, got, want)
		}
	}
	if repeat.Body.String() != first.Body.String() {
		t.Errorf("replayed as %s, want %s", repeat.Body, first.Body)
	}
	rt.send(http.MethodPost, "/v1/users", strings.Replace(alice, "alice@", "alicia@", 1)).is(http.StatusCreated) // without a token
	if users, _ := rt.send(http.MethodGet, "/v1/users", "").is(http.StatusOK).items("name"); len(users) != 2 {
		t.Errorf("the users are %v", users)
	}
}

func TestRESTATokenIsForOneRequest(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil)
	_, secret := rt.key(models.RoleAdmin)
	rt.send(http.MethodPost, "/v1/users", alice, "Idempotency-Key", "one").is(http.StatusCreated)
	rt.send(http.MethodPost, "/v1/users", bob, "Idempotency-Key", "one").faults("header.Idempotency-Key")
	rt.send(http.MethodPost, "/v1/blocked-callers", alice, "Idempotency-Key", "one").faults("header.Idempotency-Key")
	rt.send(http.MethodPost, "/v1/users", alice, "Idempotency-Key", "one", "Content-Type", "text/plain").faults("header.Idempotency-Key")
	rt.send(http.MethodPost, "/v1/users", alice, "Idempotency-Key", "one", "If-Match", "*").faults("header.Idempotency-Key")
	rt.with(secret, http.MethodPost, "/v1/users", bob, "Idempotency-Key", "one").is(http.StatusCreated)
	rt.send(http.MethodGet, "/v1/users", "", "Idempotency-Key", "one").is(http.StatusOK) // means nothing there
	rt.now = rt.now.Add(models.RepliesLast)
	rt.send(http.MethodPost, "/v1/users", `{"name": "Carol", "email": "carol@example.com", "time_zone": "UTC"}`, "Idempotency-Key", "one").is(http.StatusCreated)
}

func TestRESTARefusalIsRepeatedToo(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil)
	rt.send(http.MethodPost, "/v1/users", `{}`, "Idempotency-Key", "one").faults("body.name", "body.email", "body.time_zone")
	repeat := rt.send(http.MethodPost, "/v1/users", `{}`, "Idempotency-Key", "one")
	repeat.faults("body.name", "body.email", "body.time_zone")
	if repeat.Header().Get("Idempotency-Replayed") != "true" {
		t.Error("the repeat is not marked")
	}
}

func TestRESTATokenHasBounds(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil)
	for _, c := range []struct {
		name   string
		tokens []string
		taken  bool
	}{
		{"empty", []string{""}, false},
		{"longest", []string{strings.Repeat("x", 255)}, true},
		{"too long", []string{strings.Repeat("x", 256)}, false},
		{"printable", []string{"8e03978e-40d5 ~!\""}, true},
		{"a letter beyond ASCII", []string{"é"}, false},
		{"a tab", []string{"a\tb"}, false},
		{"two", []string{"a", "b"}, false},
	} {
		r := httptest.NewRequest(http.MethodPost, "/v1/users", strings.NewReader(`{}`))
		r.Header.Set("Authorization", "Bearer "+restKey)
		r.Header.Set("Content-Type", "application/json")
		r.Header["Idempotency-Key"] = c.tokens
		got := rt.do(r).is(http.StatusUnprocessableEntity).problem()
		if place := got.Errors[0].Location; (place == "header.Idempotency-Key") == c.taken {
			t.Errorf("%s: the fault is in %s", c.name, place)
		}
	}
	large := `{"name": "` + strings.Repeat("x", 1<<20) + `"}`
	rt.send(http.MethodPost, "/v1/users", large, "Idempotency-Key", "large").is(http.StatusRequestEntityTooLarge)
}

func TestRESTASecretIsNotKeptForARepeat(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil)
	const body = `{"name": "Pipeline", "role": "viewer"}`
	made := rt.send(http.MethodPost, "/v1/api-keys", body, "Idempotency-Key", "one").is(http.StatusCreated)
	repeat := rt.send(http.MethodPost, "/v1/api-keys", body, "Idempotency-Key", "one").is(http.StatusConflict)
	if !strings.Contains(repeat.problem().Detail, made.id()) {
		t.Errorf("the repeat does not say what was made: %s", repeat.Body)
	}
	rt.send(http.MethodPost, "/v1/api-keys", `{}`, "Idempotency-Key", "one").faults("header.Idempotency-Key")
	kept, err := rt.store.ClaimReply(t.Context(), models.KeptReply{Token: "one", Request: []byte("x"), ClaimedAt: rt.now})
	if err != nil || kept.Status != http.StatusCreated || len(kept.Body) > 0 {
		t.Errorf("kept is %d %s, %v", kept.Status, kept.Body, err)
	}
	for range 2 {
		rt.send(http.MethodPost, "/v1/api-keys", `{}`, "Idempotency-Key", "two").faults("body.name", "body.role")
	}
}

// jobs is an API with one operation, whose requests stop in it until they are let go.
type jobs struct {
	*restTest
	begun chan work
	done  atomic.Int32
}

// work is what a request has begun.
type work struct {
	ctx context.Context
	end chan error // what it answers; nil is its job done
}

func newJobs(t *testing.T) *jobs {
	t.Helper()
	j := &jobs{restTest: newREST(t, nil), begun: make(chan work)}
	a := j.empty()
	j.echo.Use(middleware.RecoverWithConfig(middleware.RecoverConfig{
		LogErrorFunc: func(_ echo.Context, err error, _ []byte) error { return err },
	}))
	handle(a, operation(http.MethodPost, "/v1/jobs", "do-job", "Do a job"), func(ctx context.Context, _ *struct{}) (*plain[string], error) {
		w := work{ctx, make(chan error)}
		j.begun <- w
		err := <-w.end
		if errors.Is(err, errPanic) {
			panic(err)
		}
		if err == nil {
			j.done.Add(1)
		}
		return &plain[string]{Body: "done"}, err
	})
	return j
}

var errPanic = errors.New("a fault of ours")

// ask makes a request with a token.
func (j *jobs) ask(ctx context.Context) *httptest.ResponseRecorder {
	r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/v1/jobs", nil)
	r.Header.Set("Authorization", "Bearer "+restKey)
	r.Header.Set("Idempotency-Key", "one")
	return j.raw(r)
}

// start makes a request that stops at work.
func (j *jobs) start(ctx context.Context) (reply chan *httptest.ResponseRecorder, begun work) {
	j.Helper()
	reply = make(chan *httptest.ResponseRecorder, 1)
	go func() { reply <- j.ask(ctx) }()
	select {
	case begun = <-j.begun:
	case got := <-reply:
		j.Fatalf("answered %d %s and not begun", got.Code, got.Body)
	}
	return reply, begun
}

func (j *jobs) replays(t *testing.T) {
	t.Helper()
	got := j.ask(t.Context())
	if got.Code != http.StatusCreated || got.Header().Get("Idempotency-Replayed") != "true" || strings.TrimSpace(got.Body.String()) != `"done"` {
		t.Errorf("the repeat is answered %d %s", got.Code, got.Body)
	}
	if j.done.Load() != 1 {
		t.Errorf("done %d times", j.done.Load())
	}
}

func TestRESTARepeatOfARequestAtWorkWaits(t *testing.T) {
	t.Parallel()
	j := newJobs(t)
	first, job := j.start(t.Context())
	if got := j.ask(t.Context()); got.Code != http.StatusConflict || got.Header().Get("Retry-After") != "1" {
		t.Errorf("a repeat meanwhile: %d, Retry-After %q", got.Code, got.Header().Get("Retry-After"))
	}
	job.end <- nil
	if got := <-first; got.Code != http.StatusCreated {
		t.Errorf("the first: %d %s", got.Code, got.Body)
	}
	j.replays(t)
}

func TestRESTOfManyRepeatsAtOnceOneIsDone(t *testing.T) {
	t.Parallel()
	j := newJobs(t)
	codes := make(chan int, 20)
	var all sync.WaitGroup
	for range cap(codes) {
		all.Go(func() { codes <- j.ask(t.Context()).Code })
	}
	job := <-j.begun
	for range cap(codes) - 1 { // the others are answered while the first is at work
		if code := <-codes; code != http.StatusConflict {
			t.Errorf("answered %d", code)
		}
	}
	job.end <- nil
	all.Wait()
	j.replays(t)
}

func TestRESTAClientThatLeavesGetsItsReplyLater(t *testing.T) {
	t.Parallel()
	j := newJobs(t)
	client, leave := context.WithCancel(t.Context())
	first, job := j.start(client)
	leave()
	if job.ctx.Err() != nil {
		t.Error("the work is stopped with its client")
	}
	job.end <- nil
	<-first
	j.replays(t)
}

func TestRESTAFailureIsTriedAgain(t *testing.T) {
	t.Parallel()
	for name, failure := range map[string]error{"an error": errors.New("broken"), "the database away": models.ErrAway, "a panic": errPanic} {
		t.Run(name, func(t *testing.T) {
			j := newJobs(t)
			first, job := j.start(t.Context())
			job.end <- failure
			if got := <-first; got.Code < http.StatusInternalServerError {
				t.Errorf("the first: %d %s", got.Code, got.Body)
			}
			second, job := j.start(t.Context())
			job.end <- nil
			if got := <-second; got.Code != http.StatusCreated || got.Header().Get("Idempotency-Replayed") != "" {
				t.Errorf("the second: %d %s", got.Code, got.Body)
			}
			j.replays(t)
		})
	}
}

func TestRESTARequestThatDiedBlocksForAMinute(t *testing.T) {
	t.Parallel()
	j := newJobs(t)
	first, dead := j.start(t.Context()) // is not heard of any more
	j.now = j.now.Add(models.ReplyWithin - time.Second)
	if got := j.ask(t.Context()); got.Code != http.StatusConflict {
		t.Errorf("within a minute: %d %s", got.Code, got.Body)
	}
	j.now = j.now.Add(time.Second)
	second, job := j.start(t.Context())
	job.end <- nil
	if got := <-second; got.Code != http.StatusCreated {
		t.Errorf("after a minute: %d %s", got.Code, got.Body)
	}
	dead.end <- errors.New("not dead after all")
	<-first
	j.replays(t)
}

func TestRESTAReplyThatCannotBeKeptIsSent(t *testing.T) {
	t.Parallel()
	j := newJobs(t)
	first, job := j.start(t.Context())
	if err := j.store.Close(); err != nil {
		t.Fatal(err)
	}
	job.end <- nil
	if got := <-first; got.Code != http.StatusCreated {
		t.Errorf("the first: %d %s", got.Code, got.Body)
	}
	if !strings.Contains(j.log.String(), "reply not kept") {
		t.Errorf("logged %s", j.log)
	}
	if got := j.ask(t.Context()); got.Code < http.StatusInternalServerError { // nobody knows whether it was done
		t.Errorf("the repeat: %d %s", got.Code, got.Body)
	}
}

func TestRESTOldRepliesAreForgotten(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil)
	old := models.KeptReply{Token: "old", Claim: "old", Request: []byte("x"), ClaimedAt: rt.now.Add(-models.RepliesLast - time.Second)}
	if _, err := rt.store.ClaimReply(t.Context(), old); err != nil {
		t.Fatal(err)
	}
	rt.send(http.MethodPost, "/v1/users", alice, "Idempotency-Key", "new").is(http.StatusCreated)
	old.Claim = "again" // of the same time: what is there would win
	if got, err := rt.store.ClaimReply(t.Context(), old); err != nil || got.Claim != "again" {
		t.Errorf("%+v is still there, %v", got, err)
	}
}
