package activities

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/ringdown/ringdown/activities/mail"
	"github.com/ringdown/ringdown/activities/slack"
	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
)

// Notices tells people of requests for numbers, by e-mail and in Slack. Its errors and logs hold no address.
type Notices struct {
	Store         *store.Store
	Mail          *mail.Client  // nil: there is no mail server
	Slack         *slack.Client // nil: there is no token
	Reviewers     []string      // their e-mail addresses
	ReviewChannel string        // theirs in Slack, by name or id; empty: they are not told there
	PublicURL     string        // of our API, without a trailing slash, linked from notices; may be empty
	Log           *slog.Logger
}

// way is one in which a notice is told, as models/store knows it.
type way string

const (
	byMail  way = "mail"
	bySlack way = "slack"
)

var ways = []way{byMail, bySlack}

// MetricNotices counts tries to tell somebody, with way and result. See docs/metrics.md.
const MetricNotices = "ringdown_notices_total"

// NoticeWays are the ways that are counted.
var NoticeWays = []string{string(byMail), string(bySlack)}

// ErrPeopleUntold is the type of the error of notices that a way may still take. Its delay is the one that
// Slack asks for.
const ErrPeopleUntold = "people_untold"

// tellLate is how long after it was told in one way a notice may be told in the other. A way that is set up
// one day brings up nothing that is long past.
const tellLate = 24 * time.Hour

// giveUpAfter is how long somebody is tried to be told. It is shorter than the day for which a run tries, which begins a
// little after the notice was made.
const giveUpAfter = 23 * time.Hour

// SendNotices tells people what they are to be told of a request, the oldest first, by each way that is set up. No
// request means what is of none. It is safe to repeat: who has a mail gets no other from the next try, unless the worker
// died, and then it has the same Message-ID; what is in Slack is found there. Its error is the database's, or of type
// ErrPeopleUntold while it is worth trying again; what will never be told in a way is on the notice, and no error.
func (n *Notices) SendNotices(ctx context.Context, requestID string) error {
	unsent, err := n.Store.UnsentNotices(ctx, requestID)
	if err != nil {
		return fmt.Errorf("read what people are to be told: %w", err)
	}
	t := telling{Notices: n, shut: map[way]error{}, accounts: map[string]string{}, mailed: mailedBefore(ctx)}
	defer t.mailed.alive(ctx)()
	for _, notice := range unsent {
		if err := t.tell(ctx, notice); err != nil {
			return err
		}
	}
	return t.left()
}

// GiveUpNotices notes that nobody tries any more to tell people of a request what they were not told for a day, and
// why. It returns how many notices are younger, and still to be told. It is safe to repeat.
func (n *Notices) GiveUpNotices(ctx context.Context, requestID, why string) (younger int, err error) {
	untold, err := n.untold(ctx, requestID)
	if err != nil {
		return 0, err
	}
	for _, notice := range untold {
		if time.Since(notice.CreatedAt) < giveUpAfter {
			younger++
			continue
		}
		reason := why
		if notice.LastError != "" {
			reason = notice.LastError // which is its own
		}
		if err := n.failed(ctx, notice, reason, true); err != nil {
			return 0, err
		}
	}
	return younger, nil
}

// untold lists the notices of a request that some way may still take.
func (n *Notices) untold(ctx context.Context, requestID string) ([]models.Notice, error) {
	unsent, err := n.Store.UnsentNotices(ctx, requestID)
	if err != nil {
		return nil, fmt.Errorf("read what people were not told: %w", err)
	}
	return slices.DeleteFunc(unsent, func(notice models.Notice) bool {
		return !n.pending(notice, byMail) && !n.pending(notice, bySlack)
	}), nil
}

// pending says whether a notice is still to be told by a way. One that is not set up counts as told.
func (n *Notices) pending(notice models.Notice, by way) bool {
	told, other := notice.MailedAt, notice.SlackedAt
	if by == bySlack {
		told, other = other, told
	}
	return told == nil && (other == nil || time.Since(*other) < tellLate) && n.reaches(notice, by)
}

// reaches says whether a way is set up for those whom a notice is to.
func (n *Notices) reaches(notice models.Notice, by way) bool {
	requester := notice.To == models.PartyRequester
	switch {
	case requester && notice.Email == "":
		return false
	case by == byMail:
		return n.Mail.Ready() && (requester || len(n.Reviewers) > 0 || notice.Assignee != "")
	default:
		return n.Slack.Ready() && (requester || n.ReviewChannel != "")
	}
}

// failed notes why a notice is not told, or that nothing is wrong any more.
func (n *Notices) failed(ctx context.Context, notice models.Notice, why string, givenUp bool) error {
	if givenUp {
		n.Log.WarnContext(ctx, "notice given up", "notice", notice.ID, "request", notice.RequestID, "cause", why)
	} else if why == notice.LastError {
		return nil
	}
	if err := n.Store.NoticeFailed(context.WithoutCancel(ctx), notice.ID, why, givenUp); err != nil {
		return fmt.Errorf("note what came of notice %s: %w", notice.ID, err)
	}
	return nil
}
