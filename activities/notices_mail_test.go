package activities_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/ringdown/ringdown/activities/mail/mailtest"
	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
	"github.com/ringdown/ringdown/models/store/storetest"
)

func TestOneMailboxSilencesNoOther(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		b := newBureau(t, s)
		b.mail.Fail("RCPT alice@example.com", mailtest.Trouble{Code: 452}, mailtest.Trouble{Code: 451}, mailtest.Trouble{Code: 450})
		for range 3 {
			if failed := b.untold(b.sends()); !strings.Contains(failed.Error(), "says 45") {
				t.Errorf("it says %v", failed)
			}
			if mailed := b.mailed(); !equalSorted(mailed, []string{"bob@example.com", "carol@example.com"}) {
				t.Errorf("mailed to %q", mailed)
			}
			if n := b.is(models.PartyReviewer); n.MailedAt != nil || n.SlackedAt == nil || n.GivenUpAt != nil || !strings.Contains(n.LastError, "says 45") {
				t.Errorf("kept %+v", n)
			}
		}
		for range 2 {
			if err := b.sends(); err != nil {
				t.Fatal(err)
			}
		}
		if mailed := b.mailed(); !slices.Equal(slices.Sorted(slices.Values(mailed)), []string{"alice@example.com", "bob@example.com", "carol@example.com"}) {
			t.Errorf("mailed to %q", mailed)
		}
		if n := b.is(models.PartyReviewer); n.MailedAt == nil || n.LastError != "" {
			t.Errorf("kept %+v", n)
		}
	})
}

func TestWhoeverCannotBeReachedIsLeftOut(t *testing.T) {
	b := newBureau(t, storetest.SQLite(t))
	b.mail.Fail("RCPT alice@example.com", mailtest.Trouble{Code: 550, Text: "5.1.1 <alice@example.com> who?", Lasts: true})
	b.mail.Fail("RCPT carol@example.com", mailtest.Trouble{Code: 450})
	b.untold(b.sends())
	if err := b.sends(); err != nil {
		t.Fatal(err)
	}
	if mailed := b.mailed(); !equalSorted(mailed, []string{"bob@example.com", "carol@example.com"}) {
		t.Errorf("mailed to %q", mailed)
	}
	if n := b.is(models.PartyReviewer); n.MailedAt == nil || n.GivenUpAt != nil || n.LastError != "" {
		t.Errorf("kept %+v", n)
	}
	tried := slices.DeleteFunc(b.mail.Said(), func(line string) bool { return !strings.Contains(line, "<alice@") })
	if len(tried) != 1 || !strings.Contains(b.logged.String(), "a***@example.com") {
		t.Errorf("tried %q, logged %s", tried, b.logged.String())
	}
}

func TestWhereNobodyCanBeReachedItIsGivenUp(t *testing.T) {
	b := newBureau(t, storetest.SQLite(t))
	b.mail.Fail("RCPT alice@example.com", mailtest.Trouble{Code: 550, Text: "5.1.1 who?", Lasts: true})
	b.mail.Fail("RCPT carol@example.com", mailtest.Trouble{Code: 450}, mailtest.Trouble{Code: 552, Text: "5.2.2 full", Lasts: true})
	b.untold(b.sends())
	if err := b.sends(); err != nil {
		t.Fatal(err)
	}
	if n := b.is(models.PartyReviewer); n.GivenUpAt == nil || n.MailedAt != nil || !strings.Contains(n.LastError, "the mailbox is full") {
		t.Errorf("kept %+v", n)
	}
}

func TestAReviewerIsToldOnceWhateverBreaksOff(t *testing.T) {
	b := newBureau(t, storetest.SQLite(t))
	b.notices.Reviewers = append(b.notices.Reviewers, "dave@example.com", "Alice@example.com")
	b.mail.Fail("RCPT carol@example.com", mailtest.Trouble{Drops: true}) // and nobody is tried after her
	b.untold(b.sends())
	before := b.mailed()
	if slices.Contains(before, "dave@example.com") {
		t.Errorf("mailed to %q", before)
	}
	if err := b.sends(); err != nil {
		t.Fatal(err)
	}
	if mailed := b.mailed(); !equalSorted(mailed, []string{"bob@example.com", "alice@example.com", "carol@example.com", "dave@example.com"}) {
		t.Errorf("mailed to %q, first %q", mailed, before)
	}
}

func TestAWorkerThatDiesTellsAReviewerAgainByTheSameMail(t *testing.T) {
	b := newBureau(t, storetest.SQLite(t))
	b.mail.Fail("RCPT carol@example.com", mailtest.Trouble{Code: 450})
	b.untold(b.sends())
	b.kept = nil // its last heartbeat was lost
	if err := b.sends(); err != nil {
		t.Fatal(err)
	}
	ids := map[string]string{}
	for _, m := range b.mail.Mails() {
		id := m.Header.Get("Message-Id")
		if known, ok := ids[m.To[0]]; ok && known != id {
			t.Errorf("two mails to one reviewer: %s and %s", known, id)
		}
		ids[m.To[0]] = id
	}
	if len(ids) != 3 || ids["alice@example.com"] == ids["carol@example.com"] || len(b.mailed()) != 4 {
		t.Errorf("mailed %v", b.mail.Mails())
	}
}
