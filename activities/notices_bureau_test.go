package activities_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/ringdown/ringdown/activities"
	"github.com/ringdown/ringdown/activities/mail"
	"github.com/ringdown/ringdown/activities/mail/mailtest"
	"github.com/ringdown/ringdown/activities/slack"
	"github.com/ringdown/ringdown/activities/slack/slacktest"
	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
)

// bureau is a request for a number that was submitted, and all who are told of it: Bob, who asks, and Alice and
// Carol, who review. Bob and Alice are in Slack.
type bureau struct {
	*testing.T
	store   *store.Store
	mail    *mailtest.Server
	slack   *slacktest.Server
	notices *activities.Notices
	request models.NumberRequest
	logged  bytes.Buffer
	kept    any // what the last try has left for the next one
}

func newBureau(t *testing.T, s *store.Store) *bureau {
	t.Helper()
	b := &bureau{T: t, store: s, mail: mailtest.New(t, mailtest.Offer{}), slack: slacktest.New(t)}
	b.slack.Add(slacktest.User{ID: "U0ALICE", Email: "alice@example.com"}, slacktest.User{ID: "U0BOB", Email: "bob@example.com"})
	b.slack.Open(slacktest.Channel{Name: "reviews", Creator: "U0ALICE", Members: []string{slacktest.App}})
	b.notices = &activities.Notices{
		Store: s, Reviewers: []string{"alice@example.com", "carol@example.com"}, ReviewChannel: "#reviews",
		PublicURL: "https://ringdown.example", Log: slog.New(slog.NewJSONHandler(&b.logged, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	var err error
	if b.notices.Mail, err = mail.New(mail.Config{URL: b.mail.URL(), Log: b.notices.Log}); err != nil {
		t.Fatal(err)
	}
	if b.notices.Slack, err = slack.New(slack.Config{Token: slacktest.Token, APIURL: b.slack.URL, Log: b.notices.Log}); err != nil {
		t.Fatal(err)
	}
	form := models.RequestForm{Name: "Berlin", Country: "DE", Type: models.NumberLocal, Email: "bob@example.com"}
	b.request, err = s.CreateNumberRequest(t.Context(), models.Submit("request-1", form, models.Actor{KeyID: "k1", Name: "Bob"}, time.Now().UTC().Add(-24*time.Hour)), 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.logsNoAddress)
	return b
}

func (b *bureau) logsNoAddress() {
	b.Helper()
	for _, person := range []string{"alice@", "bob@", "carol@"} {
		if strings.Contains(b.logged.String(), person) {
			b.Errorf("%s is logged: %s", person, b.logged.String())
		}
	}
}

// sends tells everybody, as the next try of what has failed, and looks at what the error says.
func (b *bureau) sends() error {
	b.Helper()
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(log.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	env := suite.NewTestActivityEnvironment()
	env.RegisterActivity(b.notices.SendNotices)
	if b.kept != nil {
		env.SetHeartbeatDetails(b.kept)
	}
	env.SetOnActivityHeartbeatListener(func(_ *activity.Info, details converter.EncodedValues) {
		if err := details.Get(&b.kept); err != nil || strings.Contains(fmt.Sprint(b.kept), "@") {
			b.Errorf("it leaves %v (%v)", b.kept, err)
		}
	})
	_, err := env.ExecuteActivity(b.notices.SendNotices, b.request.ID)
	if err == nil {
		b.kept = nil
	}
	if err != nil && strings.Contains(err.Error(), "@example.com") {
		b.Errorf("it says %v", err)
	}
	return err
}

// untold is the error of a try that is worth another.
func (b *bureau) untold(err error) *temporal.ApplicationError {
	b.Helper()
	var failed *temporal.ApplicationError
	if !errors.As(err, &failed) || failed.Type() != activities.ErrPeopleUntold || failed.NonRetryable() {
		b.Fatalf("it says %v", err)
	}
	return failed
}

// is the notice to a party, the newest of them.
func (b *bureau) is(to models.Party) models.Notice {
	b.Helper()
	all, _, err := b.store.Notices(b.Context(), store.NoticeFilter{RequestID: b.request.ID, To: to}, store.Page{})
	if err != nil || len(all) == 0 {
		b.Fatalf("there are %v (%v)", all, err)
	}
	return all[0]
}

// mailed lists to whom mail went, one line each.
func (b *bureau) mailed() []string {
	var all []string
	for _, m := range b.mail.Mails() {
		all = append(all, strings.Join(m.To, " "))
	}
	return all
}

// posted counts the messages in the reviewers' channel, and those to Bob alone.
func (b *bureau) posted() (reviews, direct int) {
	return len(b.slack.Channel("reviews").Messages), len(b.slack.Channel("@U0BOB").Messages)
}

// assigns has a reviewer look after the request.
func (b *bureau) assigns(u models.User) {
	b.Helper()
	u, err := b.store.CreateUser(b.Context(), u)
	if err != nil {
		b.Fatal(err)
	}
	by := models.Who{Actor: models.Actor{KeyID: "k2", Name: "Desk"}, Role: models.RoleReviewer}
	b.request, err = b.request.Begin(time.Now().UTC()).Assign(models.ToAssign{By: by, Assignee: &models.Assignee{UserID: u.ID, Name: u.Name}}, time.Now().UTC())
	if err == nil {
		_, err = b.store.KeepNumberRequest(b.Context(), b.request)
	}
	if err != nil {
		b.Fatal(err)
	}
}
