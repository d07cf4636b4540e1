package activities_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ringdown/ringdown/activities"
	"github.com/ringdown/ringdown/activities/mail/mailtest"
	"github.com/ringdown/ringdown/activities/slack/slacktest"
	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
	"github.com/ringdown/ringdown/models/store/storetest"
)

func TestEverybodyIsToldOnceByEachWay(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		b := newBureau(t, s)
		for range 3 {
			if err := b.sends(); err != nil {
				t.Fatal(err)
			}
		}
		if got, want := b.mailed(), []string{"bob@example.com", "alice@example.com", "carol@example.com"}; !equalSorted(got, want) {
			t.Errorf("mailed to %q", got)
		}
		for _, m := range b.mail.Mails() {
			// Reviewers have mails of their own, told apart by a mark of the address.
			to, mark := models.PartyReviewer, map[string]string{"alice@example.com": "-ff8d9819", "carol@example.com": "-e0d47ca1"}[m.To[0]]
			if m.To[0] == "bob@example.com" {
				to = models.PartyRequester
			}
			n := b.is(to)
			if m.Subject != n.Subject || m.Header.Get("Message-Id") != "<"+n.ID+mark+"@example.com>" || !strings.HasPrefix(m.Text, strings.TrimSpace(n.Text)) ||
				!strings.HasSuffix(m.Text, "\nMore: https://ringdown.example/v1/number-requests/request-1\n") {
				t.Errorf("it is %+v", m)
			}
			if n.MailedAt == nil || n.SlackedAt == nil || n.GivenUpAt != nil || n.LastError != "" {
				t.Errorf("kept %+v", n)
			}
		}
		if reviews, direct := b.posted(); reviews != 1 || direct != 1 {
			t.Errorf("posted %d and %d", reviews, direct)
		}
		said := b.slack.Channel("@U0BOB").Messages[0]
		if !strings.HasPrefix(said.Text, b.is(models.PartyRequester).Subject+"\n\n") || !strings.HasSuffix(said.Text, "/v1/number-requests/request-1\n") || said.Markup {
			t.Errorf("posted %+v", said)
		}
	})
}

func equalSorted(got, want []string) bool {
	return slices.Equal(slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(want)))
}

func TestAWayThatIsNotSetUpCountsAsTold(t *testing.T) {
	for name, c := range map[string]struct {
		change          func(n *activities.Notices)
		mails           int
		reviews, direct int
	}{
		"all are set up":        {func(*activities.Notices) {}, 3, 1, 1},
		"no mail server":        {func(n *activities.Notices) { n.Mail = nil }, 0, 1, 1},
		"no Slack":              {func(n *activities.Notices) { n.Slack = nil }, 3, 0, 0},
		"neither":               {func(n *activities.Notices) { n.Mail, n.Slack = nil, nil }, 0, 0, 0},
		"no reviewers' address": {func(n *activities.Notices) { n.Reviewers = nil }, 1, 1, 1},
		"no reviewers' channel": {func(n *activities.Notices) { n.ReviewChannel = "" }, 3, 0, 1},
		"nothing for reviewers": {func(n *activities.Notices) { n.ReviewChannel, n.Reviewers = "", nil }, 1, 0, 1},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBureau(t, storetest.SQLite(t))
			c.change(b.notices)
			for range 2 {
				if err := b.sends(); err != nil {
					t.Error(err)
				}
			}
			if _, err := run(t, b.notices.GiveUpNotices, nil, b.request.ID, "a day has gone"); err != nil {
				t.Fatal(err)
			}
			if reviews, direct := b.posted(); len(b.mailed()) != c.mails || reviews != c.reviews || direct != c.direct {
				t.Errorf("mailed to %q, posted %d and %d", b.mailed(), reviews, direct)
			}
			for _, to := range []models.Party{models.PartyRequester, models.PartyReviewer} {
				if n := b.is(to); n.GivenUpAt != nil || n.LastError != "" {
					t.Errorf("kept %+v", n)
				}
			}
		})
	}
}

func TestTheAssigneeIsToldAndCalledByName(t *testing.T) {
	for name, c := range map[string]struct {
		user     models.User
		to, call string
	}{
		"by the address":          {models.User{Name: "Alice", Email: "alice@example.com", Active: true}, "alice@example.com", "U0ALICE"},
		"by the directory":        {models.User{Name: "Dave", Email: "dave@example.com", SlackUserID: "U0DAVE", Active: true}, "dave@example.com", "U0DAVE"},
		"who is not in Slack":     {models.User{Name: "Dave", Email: "dave@example.com", Active: true}, "dave@example.com", ""},
		"who is not here anymore": {models.User{Name: "Dave", Email: "dave@example.com"}, "alice@example.com, carol@example.com", ""},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBureau(t, storetest.SQLite(t))
			if err := b.sends(); err != nil {
				t.Fatal(err)
			}
			b.assigns(c.user)
			if err := b.sends(); err != nil {
				t.Fatal(err)
			}
			mailed, said := b.mailed(), b.slack.Channel("reviews").Messages
			if len(mailed) < 4 || strings.Join(mailed[3:], ", ") != c.to || len(said) != 2 || said[1].Calls != c.call || said[0].Calls != "" {
				t.Errorf("mailed to %q, said %+v", mailed, said)
			}
		})
	}
}

func TestWhoeverHasNoAccountIsToldByMailAlone(t *testing.T) {
	b := newBureau(t, storetest.SQLite(t))
	b.slack.Fail("users.lookupByEmail", slacktest.Trouble{Error: "users_not_found", Lasts: true})
	if err := b.sends(); err != nil {
		t.Fatal(err)
	}
	if n := b.is(models.PartyRequester); n.MailedAt == nil || n.SlackedAt != nil || n.GivenUpAt != nil || n.LastError != "" {
		t.Errorf("kept %+v", n)
	}
	b = newBureau(t, storetest.SQLite(t))
	b.notices.Mail = nil
	b.slack.Fail("users.lookupByEmail", slacktest.Trouble{Error: "users_not_found"})
	if err := b.sends(); err != nil {
		t.Fatal(err)
	}
	if n := b.is(models.PartyRequester); n.GivenUpAt == nil || !strings.Contains(n.LastError, "no account in Slack") {
		t.Errorf("kept %+v", n)
	}
}

func TestWhatIsAwayIsTriedAgainAndKeepsNothingElse(t *testing.T) {
	mailFails := func(command string, trouble mailtest.Trouble) func(b *bureau) {
		return func(b *bureau) { b.mail.Fail(command, trouble) }
	}
	slackFails := func(method string, trouble slacktest.Trouble) func(b *bureau) {
		return func(b *bureau) { b.slack.Fail(method, trouble) }
	}
	for name, c := range map[string]struct {
		fails           func(b *bureau)
		says            string
		wait            time.Duration
		mails           int // after the first try
		reviews, direct int
	}{
		"the mail server goes":   {mailFails("MAIL", mailtest.Trouble{Drops: true}), "the mail server broke off", 0, 0, 1, 1},
		"nobody may sign in":     {mailFails("MAIL", mailtest.Trouble{Code: 530}), "it wants user and password", 0, 0, 1, 1},
		"one address is put off": {mailFails("RCPT bob@example.com", mailtest.Trouble{Code: 450}), "says 450", 0, 2, 1, 1},
		"Slack is away":          {slackFails("users.lookupByEmail", slacktest.Trouble{Status: 503}), "status 503", 0, 3, 0, 0},
		"Slack is busy":          {slackFails("conversations.open", slacktest.Trouble{Status: 429, RetryAfter: "17"}), "wait 17 s", 17 * time.Second, 3, 0, 0},
		"the reviewers' channel is archived": {
			func(b *bureau) { b.slack.Change("reviews", func(c *slacktest.Channel) { c.Archived = true }) }, "#reviews", 0, 3, 0, 1},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBureau(t, storetest.SQLite(t))
			c.fails(b)
			failed := b.untold(b.sends())
			if !strings.Contains(failed.Error(), c.says) || failed.NextRetryDelay() != c.wait {
				t.Errorf("it says %v, wait %v", failed, failed.NextRetryDelay())
			}
			if reviews, direct := b.posted(); len(b.mailed()) != c.mails || reviews != c.reviews || direct != c.direct {
				t.Errorf("mailed to %q, posted %d and %d", b.mailed(), reviews, direct)
			}
			if requester, reviewer := b.is(models.PartyRequester), b.is(models.PartyReviewer); !strings.Contains(requester.LastError+reviewer.LastError, c.says) {
				t.Errorf("kept %+v and %+v", requester, reviewer)
			}
			b.slack.Change("reviews", func(c *slacktest.Channel) { c.Archived = false })
			if err := b.sends(); err != nil {
				t.Fatal(err)
			}
			if reviews, direct := b.posted(); len(b.mailed()) != 3 || reviews != 1 || direct != 1 {
				t.Errorf("mailed to %q, posted %d and %d", b.mailed(), reviews, direct)
			}
			for _, to := range []models.Party{models.PartyRequester, models.PartyReviewer} {
				if n := b.is(to); n.MailedAt == nil || n.SlackedAt == nil || n.LastError != "" {
					t.Errorf("kept %+v", n)
				}
			}
		})
	}
}

func TestAWayThatDoesNotWorkIsTriedOnceATime(t *testing.T) {
	b := newBureau(t, storetest.SQLite(t))
	b.mail.Fail("CONNECT", mailtest.Trouble{Code: 421, Lasts: true})
	b.slack.Fail("users.lookupByEmail", slacktest.Trouble{Error: "invalid_auth", Lasts: true})
	failed := b.untold(b.sends())
	if asked := b.slack.Asked(""); len(asked) != 1 || len(b.mail.Said()) != 0 {
		t.Errorf("asked %v, said %q", asked, b.mail.Said())
	}
	for _, says := range []string{"says 421", "SLACK_BOT_TOKEN"} {
		if strings.Count(failed.Error(), says) != 1 {
			t.Errorf("it says %v", failed)
		}
	}
}

func TestWhatWillNeverWorkIsLeft(t *testing.T) {
	for name, c := range map[string]struct {
		fails           func(b *bureau)
		says            string
		mails           int
		reviews, direct int
	}{
		"the mailbox is not there": {
			func(b *bureau) {
				b.mail.Fail("RCPT bob@example.com", mailtest.Trouble{Code: 550, Text: "5.1.1 <bob@example.com> who?"})
			},
			"it knows no such mailbox", 2, 1, 1},
		"the app may write to nobody alone": {
			func(b *bureau) { b.slack.Fail("conversations.open", slacktest.Trouble{Error: "missing_scope"}) },
			"add the bot scope im:write", 3, 1, 0},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBureau(t, storetest.SQLite(t))
			c.fails(b)
			for range 2 {
				if err := b.sends(); err != nil {
					t.Fatal(err)
				}
			}
			if reviews, direct := b.posted(); len(b.mailed()) != c.mails || reviews != c.reviews || direct != c.direct {
				t.Errorf("mailed to %q, posted %d and %d", b.mailed(), reviews, direct)
			}
			if n := b.is(models.PartyRequester); n.GivenUpAt == nil || !strings.Contains(n.LastError, c.says) || !strings.Contains(b.logged.String(), "notice given up") {
				t.Errorf("kept %+v", n)
			}
		})
	}
}

func TestWhatWasPostedBeforeTheWorkerDiedIsFound(t *testing.T) {
	b := newBureau(t, storetest.SQLite(t))
	b.slack.Fail("chat.postMessage", slacktest.Trouble{Acts: true, Breaks: true})
	b.untold(b.sends())
	for range 2 {
		if err := b.sends(); err != nil {
			t.Fatal(err)
		}
	}
	if reviews, direct := b.posted(); reviews != 1 || direct != 1 {
		t.Errorf("posted %d and %d", reviews, direct)
	}
}

func TestWhatNobodyTookIsGivenUp(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		b := newBureau(t, s)
		b.mail.Fail("RCPT bob@example.com", mailtest.Trouble{Code: 450, Lasts: true})
		b.untold(b.sends())
		for range 2 {
			if _, err := run(t, b.notices.GiveUpNotices, nil, b.request.ID, "a day has gone"); err != nil {
				t.Fatal(err)
			}
		}
		if n := b.is(models.PartyRequester); n.GivenUpAt == nil || n.LastError != "the mail server says 450" || n.SlackedAt == nil {
			t.Errorf("kept %+v", n)
		}
		if n := b.is(models.PartyReviewer); n.GivenUpAt != nil {
			t.Errorf("kept %+v", n)
		}
		if err := b.sends(); err != nil || len(b.mailed()) != 2 {
			t.Errorf("mailed to %q (%v)", b.mailed(), err)
		}
	})
}

func TestWhatIsYoungerThanADayIsNotGivenUp(t *testing.T) {
	b := newBureau(t, storetest.SQLite(t))
	now := time.Now().UTC()
	commented, err := b.request.Begin(now).Comment(models.ToComment{By: models.Who{Role: models.RoleReviewer}, Text: "Well."}, now)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.store.KeepNumberRequest(t.Context(), commented); err != nil {
		t.Fatal(err)
	}
	var younger int
	if _, err := run(t, b.notices.GiveUpNotices, &younger, b.request.ID, "a day has gone"); err != nil || younger != 1 {
		t.Errorf("%d notices are still to be told (%v)", younger, err)
	}
	if n := b.is(models.PartyRequester); n.GivenUpAt != nil {
		t.Errorf("given up: %+v", n)
	}
	if n := b.is(models.PartyReviewer); n.GivenUpAt == nil {
		t.Errorf("not given up: %+v", n)
	}
}

func TestWhatWasNeverTriedIsGivenUpWithAReason(t *testing.T) {
	b := newBureau(t, storetest.SQLite(t))
	if _, err := run(t, b.notices.GiveUpNotices, nil, b.request.ID, "no worker was there"); err != nil {
		t.Fatal(err)
	}
	for _, to := range []models.Party{models.PartyRequester, models.PartyReviewer} {
		if n := b.is(to); n.GivenUpAt == nil || n.LastError != "no worker was there" {
			t.Errorf("kept %+v", n)
		}
	}
}

func TestAWayThatIsSetUpLaterBringsUpNothingOld(t *testing.T) {
	for age, mails := range map[time.Duration]int{time.Hour: 3, 25 * time.Hour: 0} {
		b := newBureau(t, storetest.SQLite(t))
		for _, to := range []models.Party{models.PartyRequester, models.PartyReviewer} {
			if err := b.store.NoticeTold(t.Context(), b.is(to).ID, "slack", time.Now().Add(-age)); err != nil {
				t.Fatal(err)
			}
		}
		if err := b.sends(); err != nil || len(b.mailed()) != mails {
			t.Errorf("%v after it was told in Slack, mailed to %q (%v)", age, b.mailed(), err)
		}
	}
}

func TestNobodyIsToldWhenThereIsNothingToTell(t *testing.T) {
	b := newBureau(t, storetest.SQLite(t))
	b.request.ID = ""
	if err := b.sends(); err != nil || len(b.mailed()) != 0 {
		t.Errorf("mailed to %q (%v)", b.mailed(), err)
	}
}
