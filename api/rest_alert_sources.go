package api

import (
	"context"
	"net/http"

	"github.com/ringdown/ringdown/models"
)

// alertSourceRequest is what a client may change of an alert source.
type alertSourceRequest struct {
	Name string `json:"name" minLength:"1" maxLength:"100" example:"Calls to the support line"`
}

func (r alertSourceRequest) source() models.AlertSource { return models.AlertSource{Name: r.Name} }

func (a *rest) mountAlertSources() {
	const path = "/v1/alert-sources"
	handle(a, operation(http.MethodGet, path, "list-alert-sources",
		"List where alerts come from, the oldest first; that of calls comes with the first number"), a.alertSources)
	handle(a, operation(http.MethodGet, path+"/{id}", "get-alert-source", "Show an alert source", http.StatusNotFound), a.alertSource)
	handleBody[alertSourceRequest](a, operation(http.MethodPut, path+"/{id}", "update-alert-source", "Rename an alert source",
		http.StatusNotFound, http.StatusPreconditionFailed), a.updateAlertSource)
}

func (a *rest) alertSources(ctx context.Context, in *pageInput) (*plain[list[models.AlertSource]], error) {
	sources, next, err := a.store.AlertSources(ctx, in.page())
	return answerList(sources, next), inQuery(err)
}

func (a *rest) alertSource(ctx context.Context, in *idInput) (*one[models.AlertSource], error) {
	source, err := a.store.AlertSource(ctx, in.ID)
	return show(source, source.Version), err
}

func (a *rest) updateAlertSource(ctx context.Context, in *updateInput) (*one[models.AlertSource], error) {
	source, err := decode(a, in.RawBody, alertSourceRequest.source, models.AlertSource.Validate)
	if err != nil {
		return nil, err
	}
	version, err := in.version()
	if err != nil {
		return nil, err
	}
	source.ID = in.ID
	source, err = a.store.UpdateAlertSource(ctx, source, version)
	return show(source, source.Version), err
}
