package api

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humaecho"
	"github.com/labstack/echo/v4"
	"golang.org/x/time/rate"

	"github.com/ringdown/ringdown/activities/outside"
	"github.com/ringdown/ringdown/activities/receivers"
	"github.com/ringdown/ringdown/activities/twilio"
	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
	"github.com/ringdown/ringdown/secrets"
)

// restDeps is what the people's API is made of.
type restDeps struct {
	store       *store.Store
	carrier     *twilio.Client
	outside     *outside.Client // nil: no service with schedules is asked
	adminKey    string          // the key that may do everything; empty lets nobody in
	publicURL   string          // where the carrier reaches us, without a slash at its end
	fallbackURL string          // where the emergency documents are served; may be empty
	emergency   *emergency
	log         *slog.Logger
	now         func() time.Time

	runs           *runs   // of live calls; nil: Temporal is not asked about them
	callsPerSecond float64 // what the carrier account may place; zero means no limit
	allotment      models.Allotment
	retention      models.Retention

	receivers *receivers.Client      // tries receivers of alerts; nil: tries those of the public internet
	channel   models.ChannelProvider // where the people of new incidents talk; empty means internal
	tryWithin time.Duration          // how long a receiver may take that is tried; zero means 10 s

	// wake has what is pending for the channel of an incident looked after. It logs what fails.
	wake func(ctx context.Context, incidentID string)
	// redeliver has a receiver told again of an alert what it has not taken. It is safe to repeat.
	redeliver func(ctx context.Context, alertID string, r models.ReceiverRef) error

	// start has the run of a request for a number begin. It is safe to repeat.
	start func(ctx context.Context, r models.NumberRequest) error
	// actOn asks the run of a request for an update, as workflows.Act does.
	actOn func(ctx context.Context, r models.NumberRequest, update, updateID string, payload any) (models.NumberRequest, error)
	// done is what an update of a run has come to that is done already; ok is false where the run knows of none.
	done func(ctx context.Context, requestID, updateID string) (after models.NumberRequest, ok bool, err error)
	// erase has an erasure begin, and waits a while for it. It is safe to repeat. nil: the next night begins it.
	erase func(ctx context.Context, erasureID string) error
	// sealing seals documents, and who has signed in for the codec. Without a key there is neither.
	sealing *secrets.Keys
	// histories seal what runs are given and give, or open it alone. Without a key there is no codec.
	histories *secrets.Keys
	namespace string   // of Temporal
	uiOrigins []string // where browsers have Temporal's web UI

	// uploadWait is how long an upload waits while as many are on their way as may be; zero means 10 s.
	uploadWait time.Duration
	// rateLimit is how many requests a second a key may make; zero means no limit.
	rateLimit float64
	// limited hears of each request that a limit refuses; nil: nobody does.
	limited func(by ration)

	// background does what no client waits for, within a bounded time. nil: a goroutine for each.
	background func(task func(ctx context.Context))
}

// rest answers people's requests under /v1.
type rest struct {
	restDeps
	api        huma.API
	keys       *keys
	perKey     *buckets        // how many requests keys make; nil: as many as they like
	forgetting *rate.Sometimes // of old replies
}

// mountREST adds the people's API, its OpenAPI document and its docs page to a router. The
// router's own errors become problems with e.HTTPErrorHandler = problemHandler(log).
func mountREST(e *echo.Echo, deps restDeps) {
	a := emptyREST(e, deps)
	a.mountUsers()
	a.mountSchedules()
	a.mountOverrides()
	a.mountOutside()
	a.mountEntries()
	a.mountCalendars(e)
	a.mountNumbers()
	a.mountRoutes()
	a.mountBlockedCallers()
	a.mountCallers()
	a.mountAlertSources()
	a.mountAlerts()
	a.mountAlertRoutes()
	a.mountIncidents()
	a.mountReceivers()
	a.mountDeliveries()
	a.mountAudit()
	a.mountCalls()
	a.mountLanguages()
	a.mountKeys()
	a.mountUsage()
	a.mountCountries()
	a.mountNumberRequests()
	a.mountDocuments()
	a.mountNotices()
	a.mountCodec(e)
	describeRoles(a.api.OpenAPI())
	tidySchemas(a.api.OpenAPI())
	mountDocs(e, a.api.OpenAPI())
}

// emptyREST is an API that has no operations yet.
func emptyREST(e *echo.Echo, deps restDeps) *rest {
	if deps.background == nil {
		deps.background = inBackground
	}
	if deps.limited == nil {
		deps.limited = func(ration) {}
	}
	if deps.receivers == nil {
		deps.receivers = receivers.New(receivers.Config{PublicURL: deps.publicURL})
	}
	made := newKeyring(deps.store.AllAPIKeys, deps.now, deps.log)
	a := &rest{
		restDeps: deps, api: humaecho.New(e, apiConfig()), keys: newKeys(deps.adminKey, made, deps.now),
		perKey: newKeyLimit(deps.rateLimit, deps.now), forgetting: &rate.Sometimes{Interval: forgetEvery},
	}
	a.api.UseMiddleware(a.authorize)
	return a
}

// inBackground does a task in a goroutine of its own.
func inBackground(task func(ctx context.Context)) {
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), backgroundWithin)
		defer cancel()
		task(ctx)
	}()
}

// apiConfig is huma without its own documents and docs page, which loads a CDN's assets.
func apiConfig() huma.Config {
	config := huma.DefaultConfig("Ringdown", "1")
	config.OpenAPIPath, config.DocsPath, config.SchemasPath = "", "", ""
	config.CreateHooks = nil
	config.RejectUnknownQueryParameters = true
	config.Transformers = []huma.Transformer{withoutValues}
	config.Info.Description = "One phone number that reaches whoever is on call. " +
		"Times are RFC 3339 in UTC, phone numbers E.164, errors application/problem+json. " +
		"Each operation says which roles of keys it is for, in its description and in x-roles. " +
		"A key that makes too many requests is answered 429 with Retry-After; RateLimit-Policy and RateLimit say in each answer " +
		"what it may do (draft-ietf-httpapi-ratelimit-headers-10). Bodies are taken as they are: none with a Content-Encoding."
	config.Info.License = &huma.License{Name: "Apache-2.0", Identifier: "Apache-2.0"}
	config.Servers = []*huma.Server{{URL: "/"}}
	config.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"key": {Type: "http", Scheme: "bearer", Description: "A key of this system"},
	}
	config.Security = []map[string][]string{{"key": {}}}
	config.Tags = []*huma.Tag{
		{Name: "users", Description: "The people in the directory, with their phones"},
		{Name: "schedules", Description: "Who is on call when"},
		{Name: "outside-schedules", Description: "Schedules that other services keep"},
		{Name: "phone-numbers", Description: "The numbers that we own"},
		{Name: "call-routes", Description: "What a number does when it is called"},
		{Name: "blocked-callers", Description: "Whose calls are refused on every route"},
		{Name: "callers", Description: "What there is of a caller"},
		{Name: "erasures", Description: "Who asked that what there is of a caller be removed, and what came of it"},
		{Name: "calls", Description: "Every call, live and finished"},
		{Name: "alert-sources", Description: "Where alerts come from"},
		{Name: "alerts", Description: "Raised by each call past its gates, resolved when it ends"},
		{Name: "alert-routes", Description: "Which incidents are made of which alerts"},
		{Name: "incidents", Description: "What people work on together"},
		{Name: "receivers", Description: "Outside systems that are told of alerts"},
		{Name: "deliveries", Description: "What receivers were told, and what became of it"},
		{Name: "audit", Description: "Who changed what, and when"},
		{Name: "api-keys", Description: "Who may use this API"},
		{Name: "usage", Description: "What is used of what was allotted"},
		{Name: "countries", Description: "Where numbers may be asked for"},
		{Name: "number-requests", Description: "Who asks for numbers, their review, and what came of it"},
		{Name: "documents", Description: "What proves who a number is for"},
		{Name: "notices", Description: "What people are told of requests for numbers"},
		{Name: "languages", Description: "What can be spoken to callers and responders"},
	}
	schemas := config.Components.Schemas
	schemas.RegisterTypeAlias(reflect.TypeFor[models.Phone](), reflect.TypeFor[phoneSchema]())
	schemas.RegisterTypeAlias(reflect.TypeFor[models.LocalTime](), reflect.TypeFor[localTimeSchema]())
	schemas.RegisterTypeAlias(reflect.TypeFor[models.ClockTime](), reflect.TypeFor[clockTimeSchema]())
	return config
}

// operation describes one operation, for the usual roles (see roles for others). errors are the
// statuses it can end with beside those of every operation.
func operation(method, path, id, summary string, errors ...int) huma.Operation {
	tag, _, _ := strings.Cut(strings.TrimPrefix(path, "/v1/"), "/")
	op := huma.Operation{
		Method: method, Path: path, OperationID: id, Tags: []string{tag}, Summary: summary,
		Errors: append(errors,
			http.StatusUnauthorized, http.StatusForbidden, http.StatusUnprocessableEntity, http.StatusTooManyRequests,
			http.StatusInternalServerError, http.StatusServiceUnavailable),
	}
	switch method {
	case http.MethodPost:
		op.DefaultStatus = http.StatusCreated
		op = repeatable(op)
	case http.MethodDelete:
		op.DefaultStatus = http.StatusNoContent
	}
	return roles(op, usualRoles(method)...)
}

// requestWithin is how long a request of the REST API may take: a database that hangs is away.
const requestWithin = 15 * time.Second

// handle registers an operation without a body.
func handle[I, O any](a *rest, op huma.Operation, handler func(context.Context, *I) (*O, error)) {
	handleLong(a, op, func(ctx context.Context, in *I) (*O, error) {
		ctx, cancel := context.WithTimeout(ctx, requestWithin)
		defer cancel()
		return handler(ctx, in)
	})
}

// handleLong registers an operation that takes as long as it takes.
func handleLong[I, O any](a *rest, op huma.Operation, handler func(context.Context, *I) (*O, error)) {
	huma.Register(a.api, op, func(ctx context.Context, in *I) (*O, error) {
		out, err := handler(ctx, in)
		if err != nil {
			p := problemFor(err)
			if p.Status >= http.StatusInternalServerError && !errors.Is(ctx.Err(), context.Canceled) {
				a.log.ErrorContext(ctx, "request failed", "operation", op.OperationID, "status", p.Status, "cause", err)
			}
			return nil, p
		}
		return out, nil
	})
}

// handleBody registers an operation with a body R. The handler gets it raw and reads it with
// decode, which reports more faults at once than huma's own reading.
func handleBody[R, I, O any](a *rest, op huma.Operation, handler func(context.Context, *I) (*O, error)) {
	schema := a.api.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[R](), true, "")
	op.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"application/json": {Schema: schema}}}
	op.SkipValidateBody = true
	op.MaxBodyBytes = bodyLimit
	op.BodyReadTimeout = bodyWithin
	op.Errors = append(op.Errors, http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType)
	handle(a, op, handler)
	delete(op.RequestBody.Content, "application/octet-stream") // huma's name for a raw body
}

// The inputs that operations share.
type (
	pageInput struct {
		Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"How many at most"`
		Cursor string `query:"cursor" doc:"next_cursor of the page before"`
	}
	idInput struct {
		ID string `path:"id"`
	}
	atInput struct {
		ID string    `path:"id"`
		At time.Time `query:"at" doc:"The instant to look at; now when left out"`
	}
	createInput struct {
		RawBody []byte
	}
	updateInput struct {
		ID      string `path:"id"`
		IfMatch string `header:"If-Match" doc:"The ETag that was read; the change is refused with 412 when it is no longer current"`
		RawBody []byte
	}
)

func (in pageInput) page() store.Page { return store.Page{Limit: in.Limit, Cursor: in.Cursor} }

// version is the version that If-Match names, 0 when any will do. A tag that we never gave
// cannot be current.
func (in updateInput) version() (int, error) {
	if in.IfMatch == "" || in.IfMatch == "*" {
		return 0, nil
	}
	tag, err := strconv.Unquote(in.IfMatch)
	if err != nil {
		return 0, models.ErrStale
	}
	version, err := strconv.Atoi(tag)
	if err != nil || version < 1 {
		return 0, models.ErrStale
	}
	return version, nil
}

// The answers that operations share.
type (
	one[T any] struct {
		ETag string `header:"ETag" doc:"The version, for If-Match"`
		Body T
	}
	made[T any] struct {
		Location string `header:"Location"`
		ETag     string `header:"ETag" doc:"The version, for If-Match"`
		Body     T
	}
	plain[T any] struct {
		Body T
	}
	list[T any] struct {
		Items      []T    `json:"items"`
		NextCursor string `json:"next_cursor" doc:"For the next page; empty on the last"`
	}
)

func show[T any](value T, version int) *one[T] {
	return &one[T]{ETag: etag(version), Body: value}
}

func create[T any](path, id string, value T, version int) *made[T] {
	return &made[T]{Location: path + "/" + id, ETag: etag(version), Body: value}
}

func answerList[T any](items []T, next string) *plain[list[T]] {
	if items == nil {
		items = []T{}
	}
	return &plain[list[T]]{Body: list[T]{Items: items, NextCursor: next}}
}

func etag(version int) string { return strconv.Quote(strconv.Itoa(version)) }

// inQuery places a fault in the query, where the errors of a list come from.
func inQuery(err error) error {
	var fault *models.InvalidError
	if errors.As(err, &fault) {
		return invalidProblem("query", models.Faults{fault})
	}
	return err
}
