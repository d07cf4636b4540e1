package config

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/ringdown/ringdown/models"
)

// Request is one request to the API.
type Request struct {
	Method, Path string
	Version      int    // for If-Match; zero for none
	Body         []byte // JSON, or nil
}

// Reply is what the API says of an entry that it has saved.
type Reply struct {
	ID       string           `json:"id"`
	Version  int              `json:"version"`
	Warnings []models.Warning `json:"warnings"`
}

// Problem is an answer of the API that says no.
type Problem struct {
	Status int    `json:"status"`
	Detail string `json:"detail"`
	Errors []struct {
		Location string `json:"location"`
		Message  string `json:"message"`
	} `json:"errors"`
}

func (p *Problem) Error() string {
	lines := []string{p.Detail}
	for _, e := range p.Errors {
		lines = append(lines, e.Location+": "+e.Message)
	}
	return strings.Join(lines, "\n")
}

// Apply does step after step and stops at the first that fails; its error then says what was done
// and what was not. Everything is changed only in the version that the plan was made for, so that
// no change of somebody else is lost. send makes a request; it answers with a Problem when the API
// refuses. done hears of each step that is done. A plan is applied once; to go on after a failure,
// make another.
func (p *Plan) Apply(ctx context.Context, send func(context.Context, Request) (Reply, error), done func(Step, Reply)) error {
	for i, step := range p.Steps {
		reply, err := p.do(ctx, step, send)
		if err != nil {
			return fmt.Errorf("%w%s", p.explain(step, err), p.standing(i))
		}
		done(step, reply)
	}
	return nil
}

// standing says how far a plan has come that stopped at a step.
func (p *Plan) standing(at int) string {
	titles := func(steps []Step) string {
		var all []string
		for _, s := range steps {
			all = append(all, string(s.Action)+" "+s.Title)
		}
		return strings.Join(all, ", ")
	}
	text := "\nnothing was done before"
	if at > 0 {
		text = "\ndone: " + titles(p.Steps[:at])
	}
	return text + "\nnot done: " + titles(p.Steps[at:]) + "\nmend what is named and run it again: it goes on from there"
}

// explain puts the faults that the API finds on their lines.
func (p *Plan) explain(step Step, err error) error {
	var problem *Problem
	if !errors.As(err, &problem) {
		return fmt.Errorf("%s: %w", step.Title, err)
	}
	if problem.Status == http.StatusPreconditionFailed {
		return fmt.Errorf("%s: somebody has changed it since it was read, and their change stands; run it again to see the difference now", step.Title)
	}
	if step.entry.at.Line == 0 || len(problem.Errors) == 0 {
		return fmt.Errorf("%s: %w", step.Title, problem)
	}
	var faults Faults
	check := checker{entry: step.entry, faults: &faults}
	for _, e := range problem.Errors {
		path := strings.TrimPrefix(strings.TrimPrefix(e.Location, "body"), ".")
		at, _, _ := step.entry.api.find(path)
		check.add(at.at, path, e.Message)
	}
	return faults.Err()
}

func (p *Plan) do(ctx context.Context, step Step, send func(context.Context, Request) (Reply, error)) (Reply, error) {
	e := step.entry
	if step.Action == Remove {
		return Reply{}, p.remove(ctx, e, send)
	}
	number := e.tree.get("phone_number").text()
	if holder := p.holders[number]; number != "" && holder != nil && holder.ref() != e.ref() {
		if err := p.put(ctx, holder, holder.tree.leaving("phone_number"), send); err != nil {
			return Reply{}, fmt.Errorf("take %s from the %s: %w", number, holder.title(), err)
		}
	}
	reply, err := p.save(ctx, e, e.tree, send)
	if err != nil {
		return reply, err
	}
	p.hold(e)
	return reply, nil
}

// hold notes which number a route has now.
func (p *Plan) hold(e *entry) {
	if e.kind != routes {
		return
	}
	for number, holder := range p.holders {
		if holder.ref() == e.ref() {
			delete(p.holders, number)
		}
	}
	if number := e.tree.get("phone_number").text(); number != "" {
		p.holders[number] = e
	}
}

// remove switches off a route that is called, without which the API keeps it.
func (p *Plan) remove(ctx context.Context, e *entry, send func(context.Context, Request) (Reply, error)) error {
	if number := e.tree.get("phone_number").text(); number != "" && p.holders[number] == e {
		off := e.tree.leaving("enabled")
		off.fields = append(off.fields, field{name: "enabled", value: &node{form: scalar, value: false}})
		if _, err := p.save(ctx, e, off, send); err != nil {
			return err
		}
	}
	key := e.ref()
	_, err := send(ctx, Request{Method: http.MethodDelete, Path: e.kind.list + "/" + p.ids[key], Version: p.versions[key]})
	return err
}

// put changes an entry that is not the step's own, and keeps what it is then.
func (p *Plan) put(ctx context.Context, e *entry, tree *node, send func(context.Context, Request) (Reply, error)) error {
	_, err := p.save(ctx, e, tree, send)
	if err == nil {
		e.tree = tree
		p.hold(e)
	}
	return err
}

// save makes or changes an entry.
func (p *Plan) save(ctx context.Context, e *entry, tree *node, send func(context.Context, Request) (Reply, error)) (Reply, error) {
	key := e.ref()
	body, err := json.Marshal(toAPI(tree, p.id))
	if err != nil {
		return Reply{}, err
	}
	request := Request{Method: http.MethodPost, Path: e.kind.list, Body: body}
	if id := p.ids[key]; id != "" {
		request = Request{Method: http.MethodPut, Path: e.kind.list + "/" + id, Version: p.versions[key], Body: body}
	}
	reply, err := send(ctx, request)
	if err == nil {
		p.ids[key], p.versions[key] = reply.ID, reply.Version
	}
	return reply, err
}

func (p *Plan) id(noun, name string) (id string) {
	for _, key := range meant(noun, byName(noun, name)) {
		id = cmp.Or(id, p.ids[key])
	}
	return id
}

// leaving is a mapping without one of its fields.
func (n *node) leaving(name string) *node {
	kept := &node{form: mapping, fields: slices.Clone(n.fields)}
	kept.fields = slices.DeleteFunc(kept.fields, func(f field) bool { return f.name == name })
	return kept
}
