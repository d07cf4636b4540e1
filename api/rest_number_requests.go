package api

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
)

// The roles of operations on requests for numbers.
var (
	reviewerRoles  = []models.Role{models.RoleAdmin, models.RoleReviewer}
	requesterRoles = []models.Role{models.RoleAdmin, models.RoleReviewer, models.RoleRequester}
)

const requestsPath = "/v1/number-requests"

// startWithin is how long a request's run may take to begin while its requester waits.
const startWithin = 5 * time.Second

type numberRequestsInput struct {
	Limit       int       `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"How many at most"`
	Cursor      string    `query:"cursor" maxLength:"200" doc:"next_cursor of the page before"`
	Status      string    `query:"status" enum:"in_review,waiting_for_requester,provisioning,waiting_for_carrier,failed,active,rejected,withdrawn"`
	ActsNext    string    `query:"acts_next" enum:"reviewer,requester,ringdown,carrier" doc:"Those that wait for this party"`
	SinceBefore time.Time `query:"since_before" doc:"Those that wait for whoever acts next since before this time"`
}

func (a *rest) mountNumberRequests() {
	asking := operation(http.MethodPost, requestsPath, "create-number-request", "Ask for a number", http.StatusConflict)
	asking.Description = "What must be said depends on the country, the type of number and who it is for: " +
		"/v1/number-requests/form tells, as JSON Schema. Every fault is told at once, with its place."
	handleBody[models.RequestForm](a, roles(asking, requesterRoles...), a.createNumberRequest)
	listing := operation(http.MethodGet, requestsPath, "list-number-requests", "List the requests for numbers, the newest first")
	listing.Description = "Without the history of each, which /v1/number-requests/{id} has. Requesters see their own."
	handle(a, roles(listing, requesterRoles...), a.numberRequests)
	showing := operation(http.MethodGet, requestsPath+"/{id}", "get-number-request", "Show a request for a number with its history",
		http.StatusNotFound)
	showing.Description = "Requesters see their own, without what reviewers say among themselves."
	handle(a, roles(showing, requesterRoles...), a.numberRequest)
	a.mountForm()
	a.mountCandidates()
	a.mountReview()
	a.mountAnswers()
}

// createNumberRequest begins a run, too. That this fails does no harm: requests without one are looked after each
// minute.
func (a *rest) createNumberRequest(ctx context.Context, in *createInput) (*made[models.NumberRequest], error) {
	form, err := a.decodeForm(ctx, in.RawBody)
	if err != nil {
		return nil, err
	}
	id := uuid.Must(uuid.NewV7()).String()
	r, err := a.store.CreateNumberRequest(ctx, models.Submit(id, form, whoOf(ctx).Actor, a.now()), a.allotment.Numbers)
	if errors.As(err, new(*models.AllotmentError)) {
		err = &models.InvalidError{Field: "exception", Reason: "as many numbers as allotted are in use or asked for: say why there should be one more"}
	}
	if err != nil {
		return nil, err
	}
	starting, cancel := context.WithTimeout(ctx, startWithin)
	defer cancel()
	if err := a.start(starting, r); err != nil {
		a.log.WarnContext(ctx, "number request not looked after yet", "request", r.ID, "cause", err)
	}
	return create(requestsPath, r.ID, requestFor(ctx, r), shownVersion(r)), nil
}

// listedRequest is a request in a list.
type listedRequest struct {
	models.NumberRequest
	History []models.RequestEvent `json:"history,omitempty" hidden:"true"` // is left out: it may be long
}

func (a *rest) numberRequests(ctx context.Context, in *numberRequestsInput) (*plain[list[listedRequest]], error) {
	filter := store.NumberRequestFilter{
		Status: models.RequestStatus(in.Status), ActsNext: models.Party(in.ActsNext), SinceBefore: in.SinceBefore, RequesterKeyID: ownAlone(ctx),
		Brief: true,
	}
	requests, next, err := a.store.NumberRequests(ctx, filter, store.Page{Limit: in.Limit, Cursor: in.Cursor})
	listed := each(requests, func(r models.NumberRequest) listedRequest { return listedRequest{NumberRequest: requestFor(ctx, r)} })
	return answerList(listed, next), inQuery(err)
}

func (a *rest) numberRequest(ctx context.Context, in *idInput) (*one[models.NumberRequest], error) {
	r, err := a.requestOf(ctx, in.ID)
	return show(requestFor(ctx, r), shownVersion(r)), err
}

// ownAlone is the key whose requests somebody may see; nil: they may see all.
func ownAlone(ctx context.Context) *string {
	who := whoOf(ctx)
	if who.Role != models.RoleRequester {
		return nil
	}
	return &who.KeyID
}

// requestOf finds a request. To a requester that of somebody else is none.
func (a *rest) requestOf(ctx context.Context, id string) (models.NumberRequest, error) {
	r, err := a.store.NumberRequest(ctx, id)
	if own := ownAlone(ctx); err == nil && own != nil && r.Requester.KeyID != *own {
		return models.NumberRequest{}, models.ErrNotFound
	}
	return r, err
}

// requestFor is a request as whoever asks may see it. Its empty lists show as such.
func requestFor(ctx context.Context, r models.NumberRequest) models.NumberRequest {
	if ownAlone(ctx) != nil {
		r = r.ForRequester()
	}
	r.Version = shownVersion(r)
	if r.History == nil {
		r.History = []models.RequestEvent{}
	}
	if r.Question != nil && r.Question.Fields == nil {
		question := *r.Question
		question.Fields = []string{}
		r.Question = &question
	}
	r.Provisioning.Regulation = regulationShown(r.Provisioning.Regulation)
	return r
}

// shownVersion is the version of a request as clients know it. The first is 1, as of everything: that no run has begun
// is no business of theirs.
func shownVersion(r models.NumberRequest) int { return max(r.Version, 1) }

// countryShown is an entry of the catalogue whose empty lists show as such.
func countryShown(c models.Country) models.Country {
	c.Types = each(c.Types, func(t models.OfferedType) models.OfferedType {
		t.Regulations = each(t.Regulations, regulationShown)
		return t
	})
	return c
}

func regulationShown(r models.Regulation) models.Regulation {
	r.Fields = each(r.Fields, func(f models.Field) models.Field { return f })
	r.Documents = each(r.Documents, func(rule models.DocumentRule) models.DocumentRule {
		rule.Accepted = each(rule.Accepted, func(t models.DocumentType) models.DocumentType {
			t.Fields = each(t.Fields, func(f models.Field) models.Field { return f })
			return t
		})
		return rule
	})
	return r
}
