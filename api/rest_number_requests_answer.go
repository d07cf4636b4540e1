package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/workflows"
)

// answerRequest answers a question.
type answerRequest struct {
	Text string         `json:"text,omitempty" maxLength:"4000"`
	Form map[string]any `json:"form,omitempty" doc:"What was asked, as in the form. What was asked as a whole, as address, is given as a whole; of address.city the city alone"`
}

// withdrawRequest takes a request back.
type withdrawRequest struct {
	Reason string `json:"reason,omitempty" maxLength:"4000"`
}

// commentRequest says something about a request.
type commentRequest struct {
	Text     string `json:"text" minLength:"1" maxLength:"4000"`
	Internal bool   `json:"internal,omitempty" default:"false" doc:"For reviewers alone"`
}

// mountAnswers adds what requesters do, and reviewers in their name.
func (a *rest) mountAnswers() {
	handleBody[answerRequest](a, roles(acting("answer", "Answer the question that waits, and change what was asked"), requesterRoles...),
		acts(a, workflows.UpdateReply, a.toAnswer))
	handleBody[withdrawRequest](a, roles(acting("withdraw", "Take a request back"), requesterRoles...), acts(a, workflows.UpdateWithdraw,
		func(ctx context.Context, _ models.NumberRequest, asked withdrawRequest) (models.ToWithdraw, error) {
			return models.ToWithdraw{By: whoOf(ctx), Reason: asked.Reason}, nil
		}))
	handleBody[commentRequest](a, roles(acting("comment", "Say something about a request"), requesterRoles...), acts(a, workflows.UpdateComment,
		func(ctx context.Context, _ models.NumberRequest, asked commentRequest) (models.ToComment, error) {
			return models.ToComment{By: whoOf(ctx), Text: asked.Text, Internal: asked.Internal}, nil
		}))
}

// toAnswer checks what an answer would make of the form before the run is asked.
func (a *rest) toAnswer(ctx context.Context, r models.NumberRequest, asked answerRequest) (models.ToAnswer, error) {
	to := models.ToAnswer{By: whoOf(ctx), Text: asked.Text}
	if err := reread(asked.Form, &to.Form); err != nil {
		return to, err
	}
	var question []string
	if r.Question != nil {
		question = r.Question.Fields
	}
	to.Fields = answered(asked.Form, question)
	if len(to.Fields) == 0 || r.Question == nil { // it is a repeat, or too late: the run knows
		return to, nil
	}
	var faults models.Faults
	for _, field := range to.Fields {
		if !slices.ContainsFunc(question, func(asked string) bool { return within(field, asked) }) {
			faults.Add("form."+field, "was not asked")
		}
	}
	if err := faults.Err(); err != nil {
		return to, err
	}
	merged, err := r.Form.With(to.Form, to.Fields)
	var wrong *models.InvalidError
	if errors.As(err, &wrong) {
		return to, &models.InvalidError{Field: "form." + wrong.Field, Reason: wrong.Reason}
	}
	if err != nil {
		return to, err
	}
	return to, a.checkAnswer(ctx, r, merged, to.Fields)
}

// reread turns a part of a form into one.
func reread(part map[string]any, form *models.RequestForm) error {
	text, err := json.Marshal(part)
	if err != nil {
		return err
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	var mistyped *json.UnmarshalTypeError
	switch err := decoder.Decode(form); {
	case errors.As(err, &mistyped):
		return &models.InvalidError{Field: strings.TrimSuffix("form."+mistyped.Field, "."), Reason: "is of another type in the form"}
	case err != nil:
		return &models.InvalidError{Field: "form", Reason: strings.TrimPrefix(err.Error(), "json: ")}
	}
	return nil
}

// answered are the fields that an answer gives: with their parts, unless they were asked as a whole. A new end user
// brings all that depends on it.
func answered(form map[string]any, asked []string) (fields []string) {
	_, endUser := form["end_user"]
	endUser = endUser && slices.Contains(asked, "end_user")
	for _, name := range slices.Sorted(maps.Keys(form)) {
		parts, parted := form[name].(map[string]any)
		switch {
		case endUser && slices.Contains([]string{"person", "address", "documents"}, name):
		case !parted || slices.Contains(asked, name):
			fields = append(fields, name)
		default:
			for _, part := range slices.Sorted(maps.Keys(parts)) {
				fields = append(fields, name+"."+part)
			}
		}
	}
	return fields
}

// within says whether a field is another one or a part of it.
func within(field, whole string) bool { return field == whole || strings.HasPrefix(field, whole+".") }

// checkAnswer checks a form as an answer would make it. What is wrong elsewhere is not held against the answer,
// which could not mend it.
func (a *rest) checkAnswer(ctx context.Context, r models.NumberRequest, merged models.RequestForm, fields []string) error {
	raw, err := json.Marshal(merged)
	if err != nil {
		return err
	}
	found, err := a.formFaults(ctx, merged, raw, r.Question.Fields...)
	if err != nil {
		return err
	}
	missing, err := a.missingFiles(ctx, r, merged)
	if err != nil {
		return err
	}
	var faults models.Faults
	for _, fault := range append(found, missing...) {
		if slices.Contains([]string{"country", "type"}, fault.Field) { // the catalogue has changed, not the request
			continue
		}
		concerned := func(field string) bool {
			return field == "end_user" || within(fault.Field, field) || within(field, fault.Field)
		}
		if slices.ContainsFunc(fields, concerned) {
			faults.Add("form."+fault.Field, "%s", fault.Reason)
		}
	}
	return faults.Err()
}

// missingFiles are the files of a form that are gone, another request's, or of neither the requester nor whoever
// answers.
func (a *rest) missingFiles(ctx context.Context, r models.NumberRequest, form models.RequestForm) (faults models.Faults, err error) {
	for _, name := range slices.Sorted(maps.Keys(form.Documents)) {
		id := form.Documents[name].File
		if id == "" {
			continue
		}
		d, err := a.store.Document(ctx, id)
		if err != nil && !errors.Is(err, models.ErrNotFound) {
			return nil, err
		}
		theirs := d.By.KeyID == r.Requester.KeyID || d.By.KeyID == whoOf(ctx).KeyID
		if err != nil || d.DeletedAt != nil || d.RequestID != r.ID && (d.RequestID != "" || !theirs) {
			faults.Add(fmt.Sprintf("documents.%s.file", name), "is gone, in another request, or somebody else's: upload it again")
		}
	}
	return faults, nil
}
