package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/workflows"
)

const (
	// erasedWithin is how long whoever asks for an erasure waits for it: most are done by then.
	erasedWithin = 8 * time.Second
	// awaitedWithin is how long after a call something of it may be awaited: the transcript of a message takes half of it.
	awaitedWithin = time.Hour
	// readAgainWithin is how long an erasure that has begun is read, however long it took.
	readAgainWithin = 2 * time.Second
	// runsAskedAtOnce is how many runs Temporal is asked after in one request.
	runsAskedAtOnce = 100
)

type callerInput struct {
	Number   string `path:"number" maxLength:"20" doc:"The caller's number in E.164; its plus may be sent as %2B"`
	Settings bool   `query:"settings" doc:"Also remove the number from the lists of blocked and allowed callers"`
}

// erasureAnswer is an erasure, done or under way.
type erasureAnswer struct {
	Status   int
	Location string `header:"Location" doc:"Where to see how it goes on"`
	Body     models.Erasure
}

func (a *rest) mountCallers() {
	removal := operation(http.MethodDelete, "/v1/callers/{number}", "delete-caller",
		"Remove what there is of a caller, here and at the carrier", http.StatusConflict)
	removal.Description = "Calls stay as records of nobody in particular: without the number, the message and what it says; how they went, and " +
		"whom of ours they rang, stays. So do their alerts. The number is removed from incidents, messages, deliveries, replies that are kept " +
		"and the audit list; recordings and transcripts are deleted at the carrier, and closed runs in Temporal. Entries of lists that name the number, " +
		"users who have it, and whatever else names it by intent stay, and are listed as kept. While a call of theirs is not over it is refused with 409, and nothing is done. " +
		"200: all is done. 202: it goes on until it is done, see left and Location. It may be repeated."
	removal.DefaultStatus = http.StatusOK
	schema := a.api.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[models.Erasure](), true, "")
	removal.Responses = map[string]*huma.Response{"202": {
		Description: "It goes on until it is done",
		Headers:     map[string]*huma.Param{"Location": {Schema: &huma.Schema{Type: huma.TypeString}, Description: "Where to see how it goes on"}},
		Content:     map[string]*huma.MediaType{"application/json": {Schema: schema}},
	}}
	handle(a, removal, a.deleteCaller)
	const path = "/v1/erasures"
	listing := operation(http.MethodGet, path, "list-erasures", "List the removals of callers, the newest first")
	handle(a, roles(listing, models.RoleAdmin), a.erasures)
	showing := operation(http.MethodGet, path+"/{id}", "get-erasure", "Show how far the removal of a caller has come", http.StatusNotFound)
	handle(a, roles(showing, models.RoleAdmin), a.erasure)
}

func (a *rest) deleteCaller(ctx context.Context, in *callerInput) (*erasureAnswer, error) {
	text, _ := url.PathUnescape(in.Number) // a plus that was sent as %2B arrives so
	number, ok := models.ParsePhone(text)
	if !ok {
		return nil, invalidProblem("path", models.Faults{{Field: "number", Reason: "must be a number in E.164, as in +12025550123; whoever withholds theirs has none"}})
	}
	if err := a.mayErase(ctx, number); err != nil {
		return nil, err
	}
	begun, err := a.store.BeginErasure(ctx, number, in.Settings)
	if err != nil {
		return nil, err
	}
	if a.erase != nil {
		err = a.erase(ctx, begun.ID)
	}
	if err != nil { // it is kept: the next night begins it
		a.log.WarnContext(ctx, "an erasure has not begun yet", "erasure", begun.ID, "cause", err)
	}
	answer := &erasureAnswer{Status: http.StatusAccepted, Location: "/v1/erasures/" + begun.ID, Body: begun}
	reading, cancel := context.WithTimeout(context.WithoutCancel(ctx), readAgainWithin)
	defer cancel()
	erasure, err := a.store.Erasure(reading, begun.ID)
	if err != nil { // it goes on all the same
		a.log.WarnContext(ctx, "it cannot be read how far an erasure has come", "erasure", begun.ID, "cause", err)
		return answer, nil
	}
	if answer.Body = erasure; erasure.DoneAt != nil {
		answer.Status = http.StatusOK
	}
	return answer, nil
}

// mayErase refuses while a call of the caller is not over: also when it is on record, but something of it is still
// awaited.
func (a *rest) mayErase(ctx context.Context, number models.Phone) error {
	live, late, err := a.store.CallerCalls(ctx, number, a.now().Add(-awaitedWithin))
	if err != nil {
		return err
	}
	late = slices.DeleteFunc(late, func(id string) bool { return !callSID.MatchString(id) }) // which no run has
	for some := range slices.Chunk(late, runsAskedAtOnce) {
		open, err := a.runs.stages(ctx, some...)
		if err != nil {
			away := problem(http.StatusServiceUnavailable, "Temporal, which knows what runs, does not answer; nothing was removed, try again in a moment.")
			return errors.Join(away, err)
		}
		for call := range open {
			live = append(live, call)
		}
	}
	if len(live) > 0 {
		return &models.ConflictError{Reason: fmt.Sprintf("%d of the caller's calls are not over, or something of them is still awaited, "+
			"as the transcript of a message, for half an hour at most: nothing was removed, end them or try again later", len(live))}
	}
	return nil
}

func (a *rest) erasures(ctx context.Context, in *pageInput) (*plain[list[models.Erasure]], error) {
	erasures, next, err := a.store.Erasures(ctx, in.page())
	return answerList(erasures, next), inQuery(err)
}

func (a *rest) erasure(ctx context.Context, in *idInput) (*plain[models.Erasure], error) {
	erasure, err := a.store.Erasure(ctx, in.ID)
	return &plain[models.Erasure]{Body: erasure}, err
}

// erase has an erasure begin and waits a while for it. How far it has come, its row says.
func (s *Server) erase(ctx context.Context, erasureID string) error {
	ctx, cancel := context.WithTimeout(ctx, erasedWithin)
	defer cancel()
	run, err := workflows.StartErasure(ctx, s.temporal, erasureID)
	if err != nil {
		return err
	}
	err = run.Get(ctx, nil)
	if ctx.Err() != nil {
		return nil // it goes on
	}
	return err
}
