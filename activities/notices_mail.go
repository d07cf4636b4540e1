package activities

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/ringdown/ringdown/activities/mail"
	"github.com/ringdown/ringdown/models"
	"go.temporal.io/sdk/activity"
)

// mail tells a notice by mail, each addressee by a message of their own, so that nobody waits for another's mailbox. It
// is told once everybody has it who can be reached, and somebody can.
func (t *telling) mail(ctx context.Context, notice models.Notice) error {
	to, err := t.addressees(ctx, notice)
	switch {
	case err != nil:
		return err
	case len(to) == 0:
		return errNobody
	}
	var later, refused error
	reached := false
	for _, address := range to {
		err := t.mailTo(ctx, notice, address)
		switch failed := mail.ErrorIn(err); {
		case err == nil:
			reached = true
		case failed == nil:
			return err
		case failed.Class == mail.Final:
			refused = err
		case failed.Class == mail.Unusable, failed.Code == 0: // no word of this one alone
			t.shut[byMail] = err
			return &unheard{cause: err}
		default:
			later = err
		}
	}
	switch {
	case later != nil:
		return &unheard{cause: later}
	case !reached:
		return &unheard{cause: refused, never: true}
	default:
		return nil
	}
}

// addressees are the addresses of those whom a notice is to, each once.
func (t *telling) addressees(ctx context.Context, notice models.Notice) ([]string, error) {
	if notice.To == models.PartyRequester {
		return []string{notice.Email}, nil
	}
	assignee, err := t.assignee(ctx, notice)
	switch {
	case err != nil:
		return nil, err
	case assignee.Email != "":
		return []string{assignee.Email}, nil
	}
	var to []string
	for _, address := range t.Reviewers {
		if !slices.ContainsFunc(to, func(other string) bool { return strings.EqualFold(other, address) }) {
			to = append(to, address)
		}
	}
	return to, nil
}

// mailTo tells one of them, unless an earlier try has, or has learned that it cannot.
func (t *telling) mailTo(ctx context.Context, notice models.Notice, address string) error {
	id := messageID(notice, address)
	if known, refused := t.mailed.knows(id); known {
		return refused
	}
	err := t.Mail.Send(ctx, mail.Message{To: []string{address}, Subject: notice.Subject, Text: t.text(notice), ID: id})
	failed := mail.ErrorIn(err)
	if failed != nil && failed.Code != 0 && failed.Class != mail.Unusable {
		t.Log.LogAttrs(ctx, slog.LevelInfo, "notice not taken for an address", slog.String("notice", notice.ID),
			slog.String("request", notice.RequestID), slog.String("address", mail.Mask(address)), slog.Any("cause", err))
	}
	if err == nil || failed != nil && failed.Class == mail.Final {
		t.mailed.note(ctx, id, failed)
	}
	return err
}

// messageID tells the mails of one notice apart, and is the same for each try. It shows no address.
func messageID(notice models.Notice, address string) string {
	if notice.To == models.PartyRequester {
		return notice.ID
	}
	sum := sha256.Sum256([]byte(strings.ToLower(address)))
	return notice.ID + "-" + hex.EncodeToString(sum[:4])
}

// mailed is who has which notice by mail, and who never will, by the ids of their messages. It is in the heartbeats of a
// try, so that the next one goes on from there: fields are added, never renamed or reused.
type mailed struct {
	Told    []string          `json:"told,omitempty"`
	Refused map[string]string `json:"refused,omitempty"` // what the mail server says

	mu sync.Mutex
}

// mailedBefore is what the last try of the same activity has done.
func mailedBefore(ctx context.Context) *mailed {
	var before mailed
	if activity.HasHeartbeatDetails(ctx) && activity.GetHeartbeatDetails(ctx, &before) != nil {
		return &mailed{}
	}
	return &before
}

// alive is as alive is for all, and says each time what is done.
func (m *mailed) alive(ctx context.Context) (stop func()) { return beating(ctx, m.beat) }

func (m *mailed) beat(ctx context.Context) {
	m.mu.Lock()
	defer m.mu.Unlock()
	activity.RecordHeartbeat(ctx, m)
}

// knows says whether there is nothing left to be done about a message, and why it was refused if it was.
func (m *mailed) knows(id string) (known bool, refused error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if what, ok := m.Refused[id]; ok {
		return true, &mail.Error{Class: mail.Final, What: what}
	}
	return slices.Contains(m.Told, id), nil
}

// note keeps that a message was taken, or refused for good.
func (m *mailed) note(ctx context.Context, id string, refused *mail.Error) {
	m.mu.Lock()
	if refused == nil {
		m.Told = append(m.Told, id)
	} else {
		if m.Refused == nil {
			m.Refused = map[string]string{}
		}
		m.Refused[id] = refused.What
	}
	m.mu.Unlock()
	m.beat(ctx)
}

// forget drops what is known of a notice that everybody has.
func (m *mailed) forget(notice string) {
	of := func(id string) bool { return strings.HasPrefix(id, notice) }
	m.mu.Lock()
	defer m.mu.Unlock()
	m.Told = slices.DeleteFunc(m.Told, of)
	maps.DeleteFunc(m.Refused, func(id, _ string) bool { return of(id) })
}
