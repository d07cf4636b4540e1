package api

import (
	"context"
	"net/http"

	"github.com/ringdown/ringdown/models"
)

func (a *rest) mountLanguages() {
	languages := operation(http.MethodGet, "/v1/languages", "list-languages", "List the languages that the carrier speaks, those with built-in prompts first")
	handle(a, roles(languages, models.Roles...),
		func(context.Context, *struct{}) (*plain[list[models.Language]], error) {
			return answerList(models.CarrierLanguages, ""), nil
		})
}
