package main

import (
	"bytes"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/ringdown/ringdown/activities/mail"
	"github.com/ringdown/ringdown/activities/mail/mailtest"
	"github.com/ringdown/ringdown/activities/slack"
	"github.com/ringdown/ringdown/activities/slack/slacktest"
	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store/storetest"
	"github.com/ringdown/ringdown/secrets"
)

// practice is a doctor with a system in which all that requests for numbers need is well.
type practice struct {
	*testing.T
	doctor doctorCommand
	parts  parts
	mail   *mailtest.Server
	slack  *slacktest.Server
	number models.PhoneNumber
}

func newPractice(t *testing.T) *practice {
	t.Helper()
	p := &practice{T: t, mail: mailtest.New(t, mailtest.Offer{}), slack: slacktest.New(t)}
	p.slack.Open(slacktest.Channel{Name: "reviews", Creator: "U0ALICE", Members: []string{slacktest.App}})
	p.doctor.ReviewChannel = "#reviews"
	p.parts.store = storetest.SQLite(t)
	var err error
	if p.parts.mail, err = mail.New(mail.Config{URL: p.mail.URL()}); err != nil {
		t.Fatal(err)
	}
	if p.parts.slack, err = slack.New(slack.Config{Token: slacktest.Token, APIURL: p.slack.URL}); err != nil {
		t.Fatal(err)
	}
	if p.parts.keys, err = secrets.ParseKeys(secrets.NewKey()); err != nil {
		t.Fatal(err)
	}
	if err = p.parts.store.SeedCountries(t.Context(), models.SeedCountries()); err != nil {
		t.Fatal(err)
	}
	p.learns("US", models.Price{Amount: "1.15", Currency: "USD"})
	p.number, err = p.parts.store.CreateNumber(t.Context(), models.PhoneNumber{Number: "+12025550123", Name: "Support", Status: models.NumberActive})
	if err != nil {
		t.Fatal(err)
	}
	p.finds(models.NumberCheck{Result: models.CheckFine})
	return p
}

// learns has the catalogue say what a local number of a country costs.
func (p *practice) learns(country string, price models.Price) {
	p.Helper()
	err := p.parts.store.KeepCountries(p.Context(), []models.Country{
		{Code: country, Name: country, Types: []models.OfferedType{{Type: models.NumberLocal, Price: price}}},
	})
	if err != nil {
		p.Fatal(err)
	}
}

// finds notes what a look at the number has found.
func (p *practice) finds(check models.NumberCheck) {
	p.Helper()
	at := time.Date(2026, 3, 2, 2, 30, 0, 0, time.UTC)
	check.At = &at
	if err := p.parts.store.NumberChecked(p.Context(), p.number.ID, check); err != nil {
		p.Fatal(err)
	}
}

func TestTheDoctorSaysWhatRequestsForNumbersLack(t *testing.T) {
	const well = `ok     last nightly look at each number
ok     mail server
ok     reviewers' channel in Slack
ok     key for documents
ok     catalogue of numbers
`
	for name, c := range map[string]struct {
		before func(p *practice)
		faults int
		says   string // a regular expression
	}{
		"nothing": {func(*practice) {}, 0, "^" + well + "$"},
		"a number that is broken": {func(p *practice) {
			p.finds(models.NumberCheck{Result: models.CheckBroken, Detail: "Detach it from its trunk."})
		}, 1, "FAULT  last nightly look at each number: Support was broken at 2026-03-02T02:30:00Z: Detach it from its trunk.\n       do what it says.*schedule trigger"},
		"a number that is gone": {func(p *practice) {
			p.finds(models.NumberCheck{Result: models.CheckGone, Detail: "Buy it back."})
		}, 1, "Support was gone at .*: Buy it back."},
		"nothing, since it was set right": {func(p *practice) {
			p.finds(models.NumberCheck{Result: models.CheckRepaired, Detail: "It was set right."})
		}, 0, "^" + well + "$"},
		"nothing, since it is released": {func(p *practice) {
			p.finds(models.NumberCheck{Result: models.CheckGone, Detail: "Buy it back."})
			if _, err := p.parts.store.ReleaseNumber(p.Context(), p.number.ID); err != nil {
				p.Fatal(err)
			}
		}, 0, "^" + well + "$"},
		"a mail server that lets us in": {func(p *practice) { p.mail.Fail("CONNECT", mailtest.Trouble{Code: 554}) }, 1,
			"FAULT  mail server: the mail server says 554: .*\n       correct SMTP_URL"},
		"nothing, without a mail server": {func(p *practice) { p.parts.mail = nil }, 0, "^ok     last.*\nok     reviewers"},
		"a channel that the app is in": {func(p *practice) { p.doctor.ReviewChannel = "nowhere" }, 1,
			"FAULT  reviewers' channel in Slack: .*called #nowhere: add it there.*\n       see SLACK_BOT_TOKEN and SLACK_REVIEW_CHANNEL"},
		"a token for the channel":    {func(p *practice) { p.parts.slack = nil }, 1, "FAULT  reviewers' channel in Slack: .*set SLACK_BOT_TOKEN"},
		"nothing, without a channel": {func(p *practice) { p.doctor.ReviewChannel, p.parts.slack = "", nil }, 0, "^ok     last.*\nok     mail server\nok     key"},
		"a key": {func(p *practice) { p.parts.keys = nil }, 0,
			"hint   key for documents: RINGDOWN_PAYLOAD_KEY is not set, so nobody can upload .*\n       set it to .*openssl rand -base64 32"},
		"prices": {func(p *practice) { p.learns("US", models.Price{}) }, 0, "hint   catalogue of numbers: it is what Ringdown comes with.*\n       run `ringdown catalogue refresh`"},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPractice(t)
			c.before(p)
			var out bytes.Buffer
			d := diagnosis{out: &out}
			p.doctor.checkRequests(t.Context(), p.parts, &d)
			if said := out.String(); d.faults != c.faults || !regexp.MustCompile(c.says).MatchString(said) || strings.Count(said, "FAULT") != c.faults {
				t.Errorf("with %d faults it says\n%s", d.faults, said)
			}
			if len(p.mail.Mails()) != 0 || len(p.slack.Channel("reviews").Messages) != 0 {
				t.Error("somebody was told something")
			}
		})
	}
}

func TestTheDoctorGoesOnWithoutADatabase(t *testing.T) {
	p := newPractice(t)
	if err := p.parts.store.Close(); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	d := diagnosis{out: &out}
	p.doctor.checkRequests(t.Context(), p.parts, &d)
	if said := out.String(); d.faults != 1 || !strings.Contains(said, "FAULT  last nightly look") || !strings.Contains(said, "ok     mail server") {
		t.Errorf("it says\n%s", said)
	}
}
