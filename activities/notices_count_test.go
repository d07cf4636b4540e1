package activities_test

import (
	"maps"
	"testing"
	"time"

	"github.com/ringdown/ringdown/activities/mail/mailtest"
	"github.com/ringdown/ringdown/activities/slack/slacktest"
	"github.com/ringdown/ringdown/models/store/storetest"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"
)

func TestTriesToTellSomebodyAreCounted(t *testing.T) {
	const taken, refused, away = "ringdown_notices_total taken ", "ringdown_notices_total refused ", "ringdown_notices_total away "
	for name, c := range map[string]struct {
		before func(b *bureau)
		want   map[string]int64 // of two tries
	}{
		"all are told": {func(*bureau) {}, map[string]int64{taken + "mail": 2, taken + "slack": 2}},
		"one mailbox is not there": {func(b *bureau) { b.mail.Fail("RCPT bob@example.com", mailtest.Trouble{Code: 550}) },
			map[string]int64{taken + "mail": 1, refused + "mail": 1, taken + "slack": 2}},
		"the mail server is busy once": {func(b *bureau) { b.mail.Fail("RCPT bob@example.com", mailtest.Trouble{Code: 450}) },
			map[string]int64{taken + "mail": 2, away + "mail": 1, taken + "slack": 2}},
		"the mail server is away": {func(b *bureau) { b.mail.Fail("CONNECT", mailtest.Trouble{Drops: true, Lasts: true}) },
			map[string]int64{away + "mail": 2, taken + "slack": 2}}, // who comes after the first is not tried
		"there is no mail server": {func(b *bureau) { b.notices.Mail = nil }, map[string]int64{taken + "slack": 2}},
		"the requester is not in Slack": {func(b *bureau) {
			b.slack.Fail("users.lookupByEmail", slacktest.Trouble{Error: "users_not_found", Lasts: true})
		}, map[string]int64{taken + "mail": 2, taken + "slack": 1}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBureau(t, storetest.SQLite(t))
			c.before(b)
			told := &counts{of: map[string]int64{}}
			for range 2 {
				var suite testsuite.WorkflowTestSuite
				env := suite.NewTestActivityEnvironment()
				env.SetTestTimeout(20 * time.Second)
				env.SetWorkerOptions(worker.Options{Interceptors: []interceptor.WorkerInterceptor{&counting{counts: told}}})
				env.RegisterActivity(b.notices)
				_, _ = env.ExecuteActivity(b.notices.SendNotices, b.request.ID) // what it says, other tests look at
			}
			if !maps.Equal(told.of, c.want) {
				t.Errorf("counted %v, want %v", told.of, c.want)
			}
		})
	}
}
