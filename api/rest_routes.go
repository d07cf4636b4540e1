package api

import (
	"context"
	"net/http"

	"github.com/ringdown/ringdown/models"
)

// routeRequest is what a client may set of a route. What is left out gets its default.
type routeRequest struct {
	Name              string           `json:"name" minLength:"1" maxLength:"100" example:"Support"`
	PhoneNumberID     string           `json:"phone_number_id,omitempty" doc:"The number that is called; none yet when left out"`
	Enabled           *bool            `json:"enabled,omitempty" default:"true"`
	Language          string           `json:"language,omitempty" default:"en-GB" doc:"BCP 47, one of /v1/languages"`
	Voice             string           `json:"voice,omitempty" maxLength:"100" doc:"The carrier's name of a voice; the language's own when left out"`
	Greeting          string           `json:"greeting,omitempty" maxLength:"1000" doc:"Said as written; the language's own when left out"`
	Hold              holdRequest      `json:"hold,omitempty"`
	Allowlist         allowlistRequest `json:"allowlist,omitempty"`
	Keypress          keypressRequest  `json:"keypress,omitempty"`
	Levels            []levelRequest   `json:"levels,omitempty" maxItems:"20" doc:"Tried one after another; none only where callers may leave a message or are forwarded"`
	RingSeconds       int              `json:"ring_seconds,omitempty" minimum:"10" maximum:"60" default:"30" doc:"How long each phone rings"`
	RingAgain         bool             `json:"ring_again,omitempty" default:"false" doc:"Ring a person again in a later level"`
	Accept            acceptRequest    `json:"accept,omitempty"`
	Nobody            nobodyRequest    `json:"nobody,omitempty"`
	EmergencyNumber   models.Phone     `json:"emergency_number,omitempty" doc:"Dialled when our own service is away"`
	MaxWaitSeconds    int              `json:"max_wait_seconds,omitempty" minimum:"60" maximum:"3600" default:"900" doc:"The longest a caller waits"`
	Limits            limitsRequest    `json:"limits,omitempty"`
	RequireAttested   bool             `json:"require_attestation,omitempty" default:"false" doc:"Refuse callers whose number the network does not vouch for"`
	ResponderCallerID string           `json:"responder_caller_id,omitempty" enum:"route_number,caller" default:"route_number" doc:"Whose number a responder sees; the caller's own where the carrier allows it"`

	Phrases map[models.Phrase]string `json:"phrases,omitempty" doc:"Replace built-in phrases, by name, at most 300 characters each; a language without built-in phrases needs all of them"`
}

type holdRequest struct {
	Audio string `json:"audio,omitempty" enum:"music,ringback" default:"music"`
}

type allowlistRequest struct {
	Enabled bool                   `json:"enabled,omitempty" default:"false" doc:"Only listed callers pass"`
	Callers []allowedCallerRequest `json:"callers,omitempty" maxItems:"5000"`
	Refusal string                 `json:"refusal,omitempty" maxLength:"1000" doc:"Said to the refused; left out, the call is rejected unanswered"`
}

type allowedCallerRequest struct {
	Name   string       `json:"name,omitempty" maxLength:"100"`
	Number models.Phone `json:"number"`
}

type keypressRequest struct {
	Enabled bool   `json:"enabled,omitempty" default:"false" doc:"The caller must press the key"`
	Key     string `json:"key,omitempty" enum:"0,1,2,3,4,5,6,7,8,9" default:"1"`
	Prompt  string `json:"prompt,omitempty" maxLength:"1000" doc:"Said as written; the language's own when left out"`
}

type levelRequest struct {
	Strategy string          `json:"strategy,omitempty" enum:"one_by_one,all_at_once,staggered,shuffled" default:"one_by_one"`
	Stagger  int             `json:"stagger_seconds,omitempty" minimum:"5" maximum:"60" default:"10" doc:"For staggered: how long before the next phone rings too"`
	Targets  []targetRequest `json:"targets" minItems:"1" maxItems:"100"`
}

type targetRequest struct {
	Type       string `json:"type" enum:"user,schedule"`
	UserID     string `json:"user_id,omitempty" doc:"For a user"`
	ScheduleID string `json:"schedule_id,omitempty" doc:"For a schedule"`
	Mode       string `json:"mode,omitempty" enum:"currently_on_call,next_on_call,everyone" doc:"For a schedule: whom of it; currently_on_call when left out"`
}

type acceptRequest struct {
	Required *bool  `json:"required,omitempty" default:"true" doc:"False joins whoever or whatever picks up, a mailbox too"`
	Key      string `json:"key,omitempty" enum:"0,1,2,3,4,5,6,7,8" default:"1" doc:"Takes the call; 9 declines it"`
	Prompt   string `json:"prompt,omitempty" maxLength:"180" doc:"Said as written, twice; the language's own when left out"`
}

type nobodyRequest struct {
	Action  string       `json:"action,omitempty" enum:"voicemail,message,forward" default:"message"`
	Message string       `json:"message,omitempty" maxLength:"1000" doc:"Said as written; the language's own when left out"`
	Number  models.Phone `json:"number,omitempty" doc:"For forward: who is called last"`
}

type limitsRequest struct {
	PerCallerPerMinute int `json:"per_caller_per_minute,omitempty" minimum:"1" maximum:"1000" default:"10"`
	LiveCalls          int `json:"live_calls,omitempty" minimum:"1" maximum:"10000" default:"100"`
}

func (r routeRequest) route() models.Route {
	return models.Route{
		Name: r.Name, PhoneNumberID: r.PhoneNumberID, Enabled: orTrue(r.Enabled),
		Language: r.Language, Voice: r.Voice, Greeting: r.Greeting,
		Hold:      models.Hold{Audio: models.HoldAudio(r.Hold.Audio)},
		Allowlist: r.Allowlist.allowlist(),
		Keypress:  models.Keypress(r.Keypress),
		Levels:    each(r.Levels, levelRequest.level),
		Accept:    models.Acceptance{Required: orTrue(r.Accept.Required), Key: r.Accept.Key, Prompt: r.Accept.Prompt},
		Nobody:    models.Nobody{Action: models.NobodyAction(r.Nobody.Action), Message: r.Nobody.Message, Number: r.Nobody.Number},
		Limits:    models.Limits(r.Limits),

		RingSeconds: r.RingSeconds, RingAgain: r.RingAgain, MaxWaitSeconds: r.MaxWaitSeconds,
		EmergencyNumber: r.EmergencyNumber, RequireAttested: r.RequireAttested,
		ResponderCallerID: models.CallerIDRule(r.ResponderCallerID), Phrases: r.Phrases,
	}.Defaults()
}

func (r allowlistRequest) allowlist() models.Allowlist {
	callers := each(r.Callers, func(c allowedCallerRequest) models.AllowedCaller { return models.AllowedCaller(c) })
	return models.Allowlist{Enabled: r.Enabled, Callers: callers, Refusal: r.Refusal}
}

func (r levelRequest) level() models.Level {
	targets := each(r.Targets, func(t targetRequest) models.Target { return models.Target(t) })
	return models.Level{Strategy: models.Strategy(r.Strategy), StaggerSeconds: r.Stagger, Targets: targets}
}

// savedRoute is a route as it was saved, with what is risky about it.
type savedRoute struct {
	models.Route
	Warnings []models.Warning `json:"warnings" doc:"What is allowed but risky"`
}

func (a *rest) mountRoutes() {
	const path = "/v1/call-routes"
	handleBody[routeRequest](a, operation(http.MethodPost, path, "create-call-route",
		"Add a route; one that can reach nobody is refused", http.StatusConflict), a.createRoute)
	handle(a, operation(http.MethodGet, path, "list-call-routes", "List the routes, the oldest first"), a.routes)
	handle(a, operation(http.MethodGet, path+"/{id}", "get-call-route", "Show a route", http.StatusNotFound), a.route)
	handleBody[routeRequest](a, operation(http.MethodPut, path+"/{id}", "update-call-route",
		"Change a route as a whole; calls in progress go on as they began",
		http.StatusNotFound, http.StatusConflict, http.StatusPreconditionFailed), a.updateRoute)
	handle(a, operation(http.MethodDelete, path+"/{id}", "delete-call-route",
		"Remove a route that callers no longer reach; calls in progress go on",
		http.StatusNotFound, http.StatusConflict, http.StatusPreconditionFailed), a.deleteRoute)
	handle(a, operation(http.MethodGet, path+"/{id}/plan", "get-call-route-plan",
		"Show whom a call would ring, now or at another time", http.StatusNotFound), a.plan)
	a.mountSimulate()
}

func (a *rest) createRoute(ctx context.Context, in *createInput) (*made[savedRoute], error) {
	route, directory, err := a.decodeRoute(ctx, in.RawBody)
	if err != nil {
		return nil, err
	}
	if err := a.mayEnable(ctx, route); err != nil {
		return nil, err
	}
	route, err = a.store.CreateRoute(ctx, route)
	if err != nil {
		return nil, err
	}
	return create("/v1/call-routes", route.ID, a.saved(ctx, route, directory), route.Version), nil
}

func (a *rest) routes(ctx context.Context, in *pageInput) (*plain[list[models.Route]], error) {
	routes, next, err := a.store.Routes(ctx, in.page())
	return answerList(each(routes, withCallers), next), inQuery(err)
}

func (a *rest) route(ctx context.Context, in *idInput) (*one[models.Route], error) {
	route, err := a.store.Route(ctx, in.ID)
	return show(withCallers(route), route.Version), err
}

func (a *rest) updateRoute(ctx context.Context, in *updateInput) (*one[savedRoute], error) {
	route, directory, err := a.decodeRoute(ctx, in.RawBody)
	if err != nil {
		return nil, err
	}
	version, err := in.version()
	if err != nil {
		return nil, err
	}
	before, err := a.store.Route(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	if !before.Enabled {
		if err := a.mayEnable(ctx, route); err != nil {
			return nil, err
		}
	}
	route.ID = in.ID
	route, err = a.store.UpdateRoute(ctx, route, version)
	if err != nil {
		return nil, err
	}
	return show(a.saved(ctx, route, directory), route.Version), nil
}

// mayEnable is a *models.AllotmentError where a route is to be switched on while more is in use than allotted, exceptions
// left out: the allotment has become smaller. A route that is on already may be changed.
func (a *rest) mayEnable(ctx context.Context, r models.Route) error {
	if !r.Enabled || a.allotment == (models.Allotment{}) {
		return nil
	}
	used, err := a.store.Usage(ctx, a.now())
	if err != nil {
		return err
	}
	for _, of := range []models.AllotmentError{
		{What: "licences", Used: used.Licences.Used, Allotted: a.allotment.Licences},
		{What: "numbers", Used: used.Numbers.Used - used.Numbers.Exceptions, Allotted: a.allotment.Numbers},
	} {
		if of.Allotted > 0 && of.Used > of.Allotted {
			return &of
		}
	}
	return nil
}

func (a *rest) deleteRoute(ctx context.Context, in *deleteInput) (*struct{}, error) {
	version, err := in.version()
	if err != nil {
		return nil, err
	}
	err = a.store.DeleteRoute(ctx, in.ID, version)
	if err == nil {
		_ = a.emergency.publish(ctx) // its log says what is wrong, and it is tried again
	}
	return nil, err
}

func (a *rest) decodeRoute(ctx context.Context, raw []byte) (models.Route, models.Directory, error) {
	directory, err := a.store.Directory(ctx)
	if err != nil {
		return models.Route{}, directory, err
	}
	route, err := decode(a, raw, routeRequest.route, func(r models.Route) error { return r.Validate(directory, a.now()) })
	return route, directory, err
}

// saved publishes what has changed. That this fails is a warning: the route is saved all the same.
func (a *rest) saved(ctx context.Context, r models.Route, d models.Directory) savedRoute {
	warnings := r.Warnings(a.freeze(r, d, a.now(), 0), d)
	if a.emergency.publish(ctx) != nil {
		warnings = append(warnings, models.Warning{Message: "The emergency document could not be published, so that callers get the last one while this service is away; it is tried again, and the log has the cause."})
	}
	return savedRoute{Route: withCallers(r), Warnings: warnings}
}

// withCallers shows a route without an allowlist as one with an empty list, and so its phrases.
func withCallers(r models.Route) models.Route {
	if r.Phrases == nil {
		r.Phrases = map[models.Phrase]string{}
	}
	if r.Allowlist.Callers == nil {
		r.Allowlist.Callers = []models.AllowedCaller{}
	}
	return r
}
