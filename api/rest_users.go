package api

import (
	"context"
	"net/http"

	"github.com/ringdown/ringdown/models"
)

// userRequest is what a client may set of a user.
type userRequest struct {
	Name          string         `json:"name" minLength:"1" maxLength:"100" example:"Alice Adams"`
	Email         string         `json:"email" maxLength:"254" example:"alice@example.com"`
	Phones        []phoneRequest `json:"phones,omitempty" maxItems:"5" doc:"They ring in this order"`
	TimeZone      string         `json:"time_zone" doc:"IANA name; shown, never used to compute a schedule" example:"Europe/London"`
	OnCallLicence bool           `json:"on_call_licence,omitempty" default:"false" doc:"Without it the user is never rung"`
	SlackUserID   string         `json:"slack_user_id,omitempty" maxLength:"50"`
	Active        *bool          `json:"active,omitempty" default:"true" doc:"False keeps the history and rings nobody"`
}

type phoneRequest struct {
	Label  string       `json:"label" minLength:"1" maxLength:"40" example:"mobile"`
	Number models.Phone `json:"number"`
}

func (r userRequest) user() models.User {
	return models.User{
		Name: r.Name, Email: r.Email, TimeZone: r.TimeZone,
		Phones:        each(r.Phones, phoneRequest.phone),
		OnCallLicence: r.OnCallLicence, SlackUserID: r.SlackUserID, Active: orTrue(r.Active),
	}
}

func (r phoneRequest) phone() models.UserPhone {
	return models.UserPhone{Label: r.Label, Number: r.Number}
}

// savedUser is a user as they were saved, with what they are missed by.
type savedUser struct {
	models.User
	Warnings []models.Warning `json:"warnings" doc:"Which levels and schedules count on a user who cannot be rung"`
}

func (a *rest) mountUsers() {
	const path = "/v1/users"
	handleBody[userRequest](a, operation(http.MethodPost, path, "create-user", "Add a person", http.StatusConflict), a.createUser)
	handle(a, operation(http.MethodGet, path, "list-users", "List the people, the oldest entry first"), a.users)
	handle(a, operation(http.MethodGet, path+"/{id}", "get-user", "Show a person", http.StatusNotFound), a.user)
	handleBody[userRequest](a, operation(http.MethodPut, path+"/{id}", "update-user", "Change a person as a whole",
		http.StatusNotFound, http.StatusConflict, http.StatusPreconditionFailed), a.updateUser)
	handle(a, operation(http.MethodDelete, path+"/{id}", "delete-user", "Remove a person whom no schedule and no route names",
		http.StatusNotFound, http.StatusConflict, http.StatusPreconditionFailed), a.deleteUser)
}

func (a *rest) createUser(ctx context.Context, in *createInput) (*made[models.User], error) {
	user, err := decode(a, in.RawBody, userRequest.user, models.User.Validate)
	if err != nil {
		return nil, err
	}
	user, err = a.store.CreateUserWithin(ctx, user, a.allotment.Licences)
	if err == nil {
		err = a.store.UnflagPhones(ctx, user.Phones)
	}
	return create("/v1/users", user.ID, user, user.Version), err
}

func (a *rest) users(ctx context.Context, in *pageInput) (*plain[list[models.User]], error) {
	users, next, err := a.store.Users(ctx, in.page())
	return answerList(each(users, withPhones), next), inQuery(err)
}

func (a *rest) user(ctx context.Context, in *idInput) (*one[models.User], error) {
	user, err := a.store.User(ctx, in.ID)
	return show(withPhones(user), user.Version), err
}

func (a *rest) updateUser(ctx context.Context, in *updateInput) (*one[savedUser], error) {
	user, err := decode(a, in.RawBody, userRequest.user, models.User.Validate)
	if err != nil {
		return nil, err
	}
	version, err := in.version()
	if err != nil {
		return nil, err
	}
	user.ID = in.ID
	if user, err = a.store.UpdateUserWithin(ctx, user, version, a.allotment.Licences); err != nil {
		return nil, err
	}
	if err := a.store.UnflagPhones(ctx, user.Phones); err != nil { // somebody has looked at the phones
		return nil, err
	}
	uses, err := a.store.UsesOfUser(ctx, user.ID)
	return show(savedUser{user, user.Warnings(uses)}, user.Version), err
}

func (a *rest) deleteUser(ctx context.Context, in *deleteInput) (*struct{}, error) {
	version, err := in.version()
	if err != nil {
		return nil, err
	}
	return nil, a.store.DeleteUser(ctx, in.ID, version)
}

// withPhones shows a user without phones as one with an empty list.
func withPhones(u models.User) models.User {
	if u.Phones == nil {
		u.Phones = []models.UserPhone{}
	}
	return u
}
