package activities

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ringdown/ringdown/activities/slack"
	"github.com/ringdown/ringdown/models"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"
)

// telling is one try to tell several notices.
type telling struct {
	*Notices
	shut     map[way]error     // ways that work for nobody now, and are left alone until the next try
	accounts map[string]string // in Slack, by e-mail address
	mailed   *mailed           // who has which notice, of those that not everybody has
	untold   []string          // why some notices are not told yet
	wait     time.Duration     // that Slack asks for
}

// unheard is why a way has not told a notice.
type unheard struct {
	cause error
	never bool // it will not, however often it is tried
}

func (u *unheard) Error() string { return u.cause.Error() }

// errNobody says that a way knows nobody who is to be told. It matters when no other way does.
var errNobody = errors.New("nobody can be told: there is no account in Slack, and no other way")

// tell tells a notice by each way that is left. Its error is the database's.
func (t *telling) tell(ctx context.Context, notice models.Notice) error {
	told, nobody := notice.MailedAt != nil || notice.SlackedAt != nil, false
	var later, never []string
	for _, by := range ways {
		if !t.pending(notice, by) {
			continue
		}
		err := t.by(ctx, by, notice)
		var not *unheard
		switch {
		case err == nil:
			told = true
		case errors.Is(err, errNobody):
			nobody = true
		case !errors.As(err, &not):
			return err
		case not.never:
			never = append(never, not.Error())
		default:
			later = append(later, not.Error())
		}
	}
	t.untold = append(t.untold, later...)
	switch {
	case len(later) > 0:
		return t.failed(ctx, notice, strings.Join(append(later, never...), "; "), false)
	case len(never) > 0:
		return t.failed(ctx, notice, strings.Join(never, "; "), true)
	case nobody && !told:
		return t.failed(ctx, notice, errNobody.Error(), true)
	default:
		return t.failed(ctx, notice, "", false)
	}
}

// by tells a notice by one way, and notes that. The error is errNobody, an unheard, or the database's.
func (t *telling) by(ctx context.Context, by way, notice models.Notice) error {
	if cause := t.shut[by]; cause != nil {
		return &unheard{cause: cause}
	}
	send := t.mail
	if by == bySlack {
		send = t.slack
	}
	err := send(ctx, notice)
	tried(ctx, by, err)
	if err != nil {
		return err
	}
	if err := t.Store.NoticeTold(context.WithoutCancel(ctx), notice.ID, string(by), time.Now()); err != nil {
		return fmt.Errorf("note that notice %s is told: %w", notice.ID, err)
	}
	if by == byMail {
		t.mailed.forget(notice.ID)
	}
	return nil
}

// tried counts what came of a try. Who knows nobody to tell, or could not ask the database, has tried nothing.
func tried(ctx context.Context, by way, err error) {
	result := TryTaken
	var not *unheard
	switch {
	case err == nil:
	case !errors.As(err, &not):
		return
	case not.never:
		result = TryRefused
	default:
		result = TryAway
	}
	activity.GetMetricsHandler(ctx).WithTags(map[string]string{"way": string(by), "result": result}).Counter(MetricNotices).Inc(1)
}

// slack tells a requester alone, where they have an account, and reviewers in their channel.
func (t *telling) slack(ctx context.Context, notice models.Notice) error {
	m := slack.Message{Key: notice.ID, Text: notice.Subject + "\n\n" + t.text(notice), Again: true, Since: notice.CreatedAt}
	requester := notice.To == models.PartyRequester
	var err error
	if requester {
		err = t.direct(ctx, notice.Email, m)
	} else if m.Mention, err = t.mention(ctx, notice); err == nil {
		_, err = t.Slack.PostTo(ctx, t.ReviewChannel, m)
	}
	switch failed := slack.ErrorIn(err); {
	case failed == nil:
		return err
	case failed.Class == slack.Final: // the reviewers' channel is a setting, which an operator can mend
		return &unheard{cause: err, never: requester}
	default:
		t.shut[bySlack], t.wait = err, max(t.wait, failed.RetryAfter)
		return &unheard{cause: err}
	}
}

func (t *telling) direct(ctx context.Context, email string, m slack.Message) error {
	account, err := t.account(ctx, models.User{Email: email})
	if err != nil {
		return err
	}
	if account == "" {
		return errNobody
	}
	_, err = t.Slack.DirectMessage(ctx, account, m)
	return err
}

// mention is the account of whoever looks after a request; empty when there is none.
func (t *telling) mention(ctx context.Context, notice models.Notice) (string, error) {
	assignee, err := t.assignee(ctx, notice)
	if err != nil || assignee.ID == "" {
		return "", err
	}
	account, err := t.account(ctx, assignee)
	if slack.ClassOf(err) == slack.Final { // they can be told without
		return "", nil
	}
	return account, err
}

func (t *telling) account(ctx context.Context, u models.User) (string, error) {
	if known, ok := t.accounts[u.Email]; ok && u.SlackUserID == "" {
		return known, nil
	}
	account, err := t.Slack.Account(ctx, u)
	if err == nil {
		t.accounts[u.Email] = account
	}
	return account, err
}

// assignee is the user whom a notice concerns, without an id when it concerns all reviewers. Nobody is
// written to who is not here any more.
func (t *telling) assignee(ctx context.Context, notice models.Notice) (models.User, error) {
	if notice.Assignee == "" {
		return models.User{}, nil
	}
	user, err := t.Store.User(ctx, notice.Assignee)
	switch {
	case errors.Is(err, models.ErrNotFound), err == nil && !user.Active:
		return models.User{}, nil
	case err != nil:
		return models.User{}, fmt.Errorf("read user %s: %w", notice.Assignee, err)
	default:
		return user, nil
	}
}

// text is what a notice says, with where there is more.
func (t *telling) text(notice models.Notice) string {
	if t.PublicURL == "" || notice.RequestID == "" {
		return notice.Text
	}
	return fmt.Sprintf("%s\nMore: %s/v1/number-requests/%s\n", strings.TrimRight(notice.Text, "\n"), t.PublicURL, notice.RequestID)
}

// left is the error of what is not told yet.
func (t *telling) left() error {
	if len(t.untold) == 0 {
		return nil
	}
	slices.Sort(t.untold)
	why := strings.Join(slices.Compact(t.untold), "; ")
	return temporal.NewApplicationErrorWithOptions("not everybody is told yet: "+why, ErrPeopleUntold,
		temporal.ApplicationErrorOptions{NextRetryDelay: t.wait})
}
