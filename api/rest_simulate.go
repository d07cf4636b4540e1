package api

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/ringdown/ringdown/models"
)

// simulateRequest is what happens in a simulated call. What is left out makes for the plain case:
// now, somebody who may call, presses the right key and stays, and responders who do not answer.
type simulateRequest struct {
	At          time.Time          `json:"at,omitempty" doc:"When the call arrives; now when left out"`
	Caller      models.Phone       `json:"caller,omitempty" doc:"Who calls; left out, somebody who may"`
	Withheld    bool               `json:"withheld,omitempty" default:"false" doc:"The caller hides their number"`
	Verstat     string             `json:"verstat,omitempty" maxLength:"100" doc:"What the network says of the caller's number; left out, it vouches for it" example:"TN-Validation-Passed-A"`
	Keys        []string           `json:"keys,omitempty" maxItems:"3" doc:"The caller's key at each prompt of the keypress gate, empty or missing for none; left out altogether, the right one"`
	HangUpAfter int                `json:"hang_up_after_seconds,omitempty" minimum:"1" maximum:"7200" doc:"When the caller leaves, unless somebody has taken the call; left out, they stay"`
	Responders  []responderRequest `json:"responders,omitempty" maxItems:"1000" doc:"How people behave whose phones ring; whoever is not listed does not answer"`
	Seed        uint32             `json:"seed,omitempty" doc:"Draws the order of shuffled levels; each real call has another"`
}

type responderRequest struct {
	UserID    string `json:"user_id,omitempty" doc:"This or the name"`
	Name      string `json:"name,omitempty" doc:"In any case of letters, where nobody else has it"`
	Behaviour string `json:"behaviour" enum:"accept,decline,no_answer,busy,unreachable,mailbox,hang_up" doc:"On each of their phones alike"`
	After     *int   `json:"after_seconds,omitempty" minimum:"0" maximum:"3600" default:"5" doc:"From the first ring until they pick up, or the network tells"`
}

// simulated is what a simulated call came to.
type simulated struct {
	At time.Time `json:"at"`
	models.Simulation
	Skipped []models.Skipped `json:"skipped" doc:"Who is named but not rung, and why"`
}

type simulateInput struct {
	ID      string `path:"id"`
	RawBody []byte
}

func (a *rest) mountSimulate() {
	op := operation(http.MethodPost, "/v1/call-routes/{id}/simulate", "simulate-call",
		"Show what a call would come to: who would be rung when, and how it would end; no phone rings", http.StatusNotFound)
	op.DefaultStatus = http.StatusOK
	handleBody[simulateRequest](a, roles(op, usualRoles(http.MethodGet)...), a.simulate)
}

func (a *rest) simulate(ctx context.Context, in *simulateInput) (*plain[simulated], error) {
	route, err := a.store.Route(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	directory, err := a.store.RouteDirectory(ctx, route, time.Unix(0, 0)) // for whatever instant is asked for
	if err != nil {
		return nil, err
	}
	asked, err := decode(a, in.RawBody, func(r simulateRequest) scripted { return r.in(directory) }, scripted.validate)
	if err != nil {
		return nil, err
	}
	at, refusal := a.instant(asked.At), models.RefusalReason("")
	if asked.Caller != "" || asked.Withheld {
		refusal, err = a.refusal(ctx, route, asked.Caller, cmp.Or(asked.Verstat, models.VouchedFor), at)
		if err != nil {
			return nil, err
		}
	}
	plan := a.freeze(route, directory, at, asked.Seed)
	return &plain[simulated]{Body: simulated{
		At: plan.At, Simulation: models.Simulate(plan, refusal, asked.script), Skipped: append([]models.Skipped{}, plan.Skipped...),
	}}, nil
}

// scripted is a request whose people are found, with what is wrong about them.
type scripted struct {
	simulateRequest
	script models.Script
	faults models.Faults
}

func (s scripted) validate() error { return s.faults.Err() }

func (r simulateRequest) in(d models.Directory) scripted {
	s := scripted{simulateRequest: r, script: models.Script{
		Keys: r.Keys, HangsUpAt: time.Duration(r.HangUpAfter) * time.Second, Parts: map[string]models.Part{},
	}}
	if _, ok := models.ParsePhone(string(r.Caller)); r.Caller != "" && !ok {
		s.faults.Add("caller", "must be E.164, as in +12025550123")
	}
	if r.Caller != "" && r.Withheld {
		s.faults.Add("withheld", "must be left out where the caller's number is given")
	}
	for i, key := range r.Keys {
		if len(key) > 1 || strings.Trim(key, "0123456789*#") != "" {
			s.faults.Add(fmt.Sprintf("keys[%d]", i), "must be one key from 0 to 9, * or #, or empty for none")
		}
	}
	for i, responder := range r.Responders {
		field, id, wrong := responder.who(d)
		if _, twice := s.script.Parts[id]; twice && wrong == "" {
			wrong = "is listed twice"
		}
		if wrong != "" {
			s.faults.Add(fmt.Sprintf("responders[%d].%s", i, field), "%s", wrong)
			continue
		}
		s.script.Parts[id] = responder.part()
	}
	return s
}

// who is the user that is meant, or what is wrong with a field.
func (r responderRequest) who(d models.Directory) (field, id, wrong string) {
	switch _, known := d.Users[r.UserID]; {
	case r.UserID != "" && r.Name != "":
		return "name", "", "must be left out where user_id is given"
	case known:
		return "user_id", r.UserID, ""
	case r.UserID != "":
		return "user_id", "", "is no user"
	case r.Name == "":
		return "user_id", "", "must be given, or a name"
	}
	for _, user := range d.Users {
		if !strings.EqualFold(user.Name, r.Name) {
			continue
		}
		if id != "" {
			return "name", "", "is that of several people; give user_id"
		}
		id = user.ID
	}
	if id == "" {
		return "name", "", "is nobody's"
	}
	return "name", id, ""
}

func (r responderRequest) part() models.Part {
	after := 5
	if r.After != nil {
		after = *r.After
	}
	return models.Part{Conduct: models.Conduct(r.Behaviour), After: time.Duration(after) * time.Second}
}
