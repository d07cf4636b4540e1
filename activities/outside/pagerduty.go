package outside

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/ringdown/ringdown/models"
)

// pagerDutyPage is how many entries a page has at most.
const pagerDutyPage = 100

func pagerDutyHeaders(key string) http.Header {
	return http.Header{"Authorization": {"Token token=" + key}, "Accept": {"application/vnd.pagerduty+json;version=2"}}
}

func checkPagerDuty(ctx context.Context, ask asking, reference string) error {
	var answer struct{}
	return ask(ctx, "/schedules/"+url.PathEscape(reference), nil, &answer)
}

type pagerDutyOncalls struct {
	Oncalls *[]struct {
		Schedule *struct {
			ID string `json:"id"`
		} `json:"schedule"` // nil: somebody is on call always, by an escalation policy
		User struct {
			ID      string `json:"id"`
			Summary string `json:"summary"`
			Name    string `json:"name"`
			Email   string `json:"email"`
		} `json:"user"`
		Start *time.Time `json:"start"` // nil: since ever
		End   *time.Time `json:"end"`   // nil: for ever
	} `json:"oncalls"`
	More bool `json:"more"`
}

// pagerDutyShifts reads page after page. A schedule that several escalation policies name is told of
// several times; a copy holds each shift once.
func pagerDutyShifts(ctx context.Context, ask asking, reference string, within models.Stretch) ([]models.OutsideShift, error) {
	query := url.Values{
		"schedule_ids[]": {reference}, "include[]": {"users"}, "limit": {strconv.Itoa(pagerDutyPage)},
		"since": {within.From.Format(time.RFC3339)}, "until": {within.To.Format(time.RFC3339)},
	}
	var shifts []models.OutsideShift
	for page := range mostPages {
		query.Set("offset", strconv.Itoa(page*pagerDutyPage))
		var answer pagerDutyOncalls
		if err := ask(ctx, "/oncalls", query, &answer); err != nil {
			return nil, err
		}
		if answer.Oncalls == nil {
			return nil, &Error{Provider: models.PagerDuty, What: "gave an answer without on-calls", Class: Away}
		}
		for _, o := range *answer.Oncalls {
			if o.Schedule == nil || o.Schedule.ID != reference {
				continue
			}
			shift := models.OutsideShift{
				From: within.From, To: within.To,
				ID: oneLine(o.User.ID), Name: oneLine(cmp.Or(o.User.Name, o.User.Summary)), Email: oneLine(o.User.Email),
			}
			if o.Start != nil {
				shift.From = *o.Start
			}
			if o.End != nil {
				shift.To = *o.End
			}
			shifts = append(shifts, shift)
		}
		if !answer.More {
			return shifts, nil
		}
	}
	return nil, &Error{Provider: models.PagerDuty, What: "has more pages than any schedule needs", Class: Away}
}
