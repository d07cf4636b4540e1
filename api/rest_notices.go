package api

import (
	"context"
	"net/http"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
)

type noticesInput struct {
	Limit     int    `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"How many at most"`
	Cursor    string `query:"cursor" maxLength:"200" doc:"next_cursor of the page before"`
	RequestID string `query:"number_request_id" maxLength:"100" doc:"Of the request with this id"`
}

func (a *rest) mountNotices() {
	op := operation(http.MethodGet, "/v1/notices", "list-notices", "List what people were told of requests for numbers, the newest first")
	op.Description = "By e-mail and in Slack, where these are set up. Requesters see what they were told of their own requests."
	handle(a, roles(op, requesterRoles...), a.notices)
}

func (a *rest) notices(ctx context.Context, in *noticesInput) (*plain[list[models.Notice]], error) {
	filter := store.NoticeFilter{RequestID: in.RequestID, RequesterKeyID: ownAlone(ctx)}
	if filter.RequesterKeyID != nil {
		filter.To = models.PartyRequester
	}
	notices, next, err := a.store.Notices(ctx, filter, store.Page{Limit: in.Limit, Cursor: in.Cursor})
	return answerList(eachFor(ctx, notices, noticeFor), next), inQuery(err)
}

// noticeFor is a notice as whoever asks may see it: requesters do not see what went wrong here.
func noticeFor(ctx context.Context, n models.Notice) models.Notice {
	if ownAlone(ctx) != nil {
		n.LastError = ""
	}
	return n
}
