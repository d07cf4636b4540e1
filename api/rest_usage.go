package api

import (
	"context"
	"net/http"
	"time"

	"github.com/ringdown/ringdown/models"
)

func (a *rest) mountUsage() {
	handle(a, operation(http.MethodGet, "/v1/usage", "get-usage",
		"Count on-call licences, numbers and this month's calls; a month begins at midnight UTC"), a.usage)
}

func (a *rest) usage(ctx context.Context, _ *struct{}) (*plain[models.Usage], error) {
	now := a.now().UTC()
	usage, err := a.store.Usage(ctx, time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, time.UTC))
	usage.Licences.Allotted, usage.Numbers.Allotted = a.allotment.Licences, a.allotment.Numbers
	usage.Retention = a.retention
	return &plain[models.Usage]{Body: usage}, err
}
