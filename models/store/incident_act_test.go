package store_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
	"github.com/ringdown/ringdown/models/store/storetest"
)

// declared is an incident in triage.
func declared(t *testing.T, s *store.Store) models.Incident {
	t.Helper()
	route := declaring("Calls")
	route.Incident.StartInTriage = true
	must[models.AlertRoute](t)(s.CreateAlertRoute(context.Background(), route))
	return must[models.Incident](t)(s.Incident(context.Background(), raise(t, s, firing()).Incidents[0]))
}

func TestWhatPeopleDoWithAnIncidentIsSaidAndAudited(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := store.As(context.Background(), operator)
		was := declared(t, s)
		for n, step := range []struct {
			action models.IncidentAction
			status models.IncidentStatus
			says   string
		}{
			{models.IncidentDecline, models.IncidentDeclined, "Night desk declined the incident."},
			{models.IncidentReopen, models.IncidentTriage, "Night desk reopened the incident."},
			{models.IncidentAccept, models.IncidentActive, "Night desk accepted the incident."},
			{models.IncidentClose, models.IncidentClosed, "Night desk closed the incident."},
			{models.IncidentReopen, models.IncidentActive, "Night desk reopened the incident."},
		} {
			now := must[models.Incident](t)(s.ActOnIncident(ctx, was.ID, step.action, n+1))
			if now.Status != step.status || now.Version != n+2 || (now.EndedAt == nil) != step.status.Open() || now.UpdatedAt.Before(was.UpdatedAt) {
				t.Errorf("%s left %+v", step.action, now)
			}
			same(t, now, must[models.Incident](t)(s.Incident(ctx, was.ID)))
			texts := said(t, s, was.ID)
			if last := texts[len(texts)-1]; last != "Night desk: "+step.says {
				t.Errorf("%s said %q", step.action, last)
			}
			changes := audit(t, s, store.ChangeFilter{NounID: was.ID})
			change := changes[len(changes)-1]
			want := fmt.Sprintf("Night desk: %s incident %q, %s -> %s", step.action, was.Name, asJSON(t, was), asJSON(t, now))
			if len(changes) != n+1 || told(change) != want {
				t.Errorf("audited %s, want %s", told(change), want)
			}
			was = now
		}
	})
}

func TestAnActionThatAnIncidentDoesNotKnowChangesNothing(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := store.As(context.Background(), operator)
		was := declared(t, s)
		var conflict *models.ConflictError
		for _, action := range []models.IncidentAction{models.IncidentClose, models.IncidentReopen, "explode"} {
			if _, err := s.ActOnIncident(ctx, was.ID, action, 0); !errors.As(err, &conflict) || !strings.Contains(conflict.Reason, "accepted or declined") {
				t.Errorf("%s: %v", action, err)
			}
		}
		if _, err := s.ActOnIncident(ctx, was.ID, models.IncidentAccept, 7); !errors.Is(err, models.ErrStale) {
			t.Errorf("another version: %v", err)
		}
		for _, missing := range []string{"", "none", "a\x00b"} {
			_, acted := s.ActOnIncident(ctx, missing, models.IncidentAccept, 0)
			_, added := s.AddParticipant(ctx, missing, models.User{ID: "u1"}, "was added")
			_, written := s.AddMessage(ctx, missing, "Hello.")
			_, read := s.Incident(ctx, missing)
			_, asked := s.ChannelWork(ctx, missing)
			for _, err := range []error{acted, added, written, read, asked} {
				if !errors.Is(err, models.ErrNotFound) {
					t.Errorf("incident %q: %v", missing, err)
				}
			}
		}
		same(t, was, must[models.Incident](t)(s.Incident(ctx, was.ID)))
		if changes := audit(t, s, store.ChangeFilter{NounID: was.ID}); len(changes) != 0 || len(said(t, s, was.ID)) != 2 {
			t.Errorf("audited %v, said %q", changes, said(t, s, was.ID))
		}
	})
}

func TestOfManyWhoActAtOnceOneDoes(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		was := declared(t, s)
		actions := []models.IncidentAction{models.IncidentAccept, models.IncidentDecline}
		atOnce(t, 8, func(n int) error {
			_, err := s.ActOnIncident(context.Background(), was.ID, actions[n%2], 0)
			if errors.As(err, new(*models.ConflictError)) {
				return nil
			}
			return err
		})
		if now := must[models.Incident](t)(s.Incident(context.Background(), was.ID)); now.Version != 2 || len(said(t, s, was.ID)) != 3 {
			t.Errorf("it is %+v, and %q", now, said(t, s, was.ID))
		}
	})
}

func TestSomebodyIsAddedToAnIncidentOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := store.As(context.Background(), operator)
		incident := declared(t, s)
		began := time.Now().Add(-time.Millisecond)
		atOnce(t, 4, func(int) error {
			_, err := s.AddParticipant(ctx, incident.ID, models.User{ID: "u2", Name: "Bob"}, "was added by Night desk")
			return err
		})
		bob := must[models.Participant](t)(s.AddParticipant(ctx, incident.ID, models.User{ID: "u2", Name: "Robert"}, "was added again"))
		if bob.Name != "Bob" || bob.Why != "was added by Night desk" || bob.Status != models.InvitationSent || bob.ToldAt == nil || bob.InvitedAt.Before(began) {
			t.Errorf("invited %+v", bob)
		}
		rung := must[models.Participant](t)(s.AddParticipant(ctx, incident.ID, models.User{ID: "u1", Name: "Alice"}, "was added"))
		if rung.Why != `was rung by call route "Support"` {
			t.Errorf("who was rung is now %+v", rung)
		}
		same(t, []models.Participant{rung, bob}, must[[]models.Participant](t)(s.Participants(ctx, incident.ID)))
		changes := audit(t, s, store.ChangeFilter{NounID: incident.ID})
		if len(changes) != 1 || told(changes[0]) != `Night desk: create participant "Bob",  -> `+asJSON(t, bob) {
			t.Errorf("audited: %v", changes)
		}
	})
}

func TestWhoCouldNotBeHadInAChannelIsInvitedAnewWhenTheyAreAdded(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := store.As(context.Background(), operator)
		id := onSlack(t, s, firing())
		for n, c := range []struct {
			status models.InvitationStatus
			anew   bool
		}{
			{models.InvitationPending, false}, {models.InvitationFailed, true}, {models.InvitationNamed, true}, {models.InvitationSent, false},
		} {
			before := must[[]models.Participant](t)(s.Participants(ctx, id))[0]
			before.Status, before.Fault, before.ToldAt = c.status, "has no account there", &noon
			if err := s.KeepParticipant(ctx, before); err != nil {
				t.Fatal(err)
			}
			audited := len(audit(t, s, store.ChangeFilter{NounID: id}))
			now := must[models.Participant](t)(s.AddParticipant(ctx, id, models.User{ID: "u1", Name: "Alice"}, fmt.Sprint("was added ", n)))
			same(t, []models.Participant{now}, must[[]models.Participant](t)(s.Participants(ctx, id)))
			changes := audit(t, s, store.ChangeFilter{NounID: id})[audited:]
			if !c.anew {
				same(t, before, now)
				if len(changes) > 0 {
					t.Errorf("%s: audited %v", c.status, changes)
				}
				continue
			}
			if now.Status != models.InvitationPending || now.Fault != "" || now.ToldAt != nil || now.Why != fmt.Sprint("was added ", n) || !now.InvitedAt.After(before.InvitedAt) {
				t.Errorf("%s: invited %+v", c.status, now)
			}
			if want := `Night desk: update participant "Alice", ` + asJSON(t, before) + " -> " + asJSON(t, now); len(changes) != 1 || told(changes[0]) != want {
				t.Errorf("%s: audited %v, want %s", c.status, changes, want)
			}
			if work := must[store.ChannelWork](t)(s.ChannelWork(ctx, id)); len(work.Participants) != 1 {
				t.Errorf("%s: to be invited are %v", c.status, work.Participants)
			}
		}
	})
}

func TestWhoInvitedWhomIsReadForManyIncidentsAtOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		first := declared(t, s).ID
		second := raise(t, s, firingNth(2, 1)).Incidents[0]
		must[models.Participant](t)(s.AddParticipant(ctx, first, models.User{ID: "u2", Name: "Bob"}, "was added"))
		got := must[map[string][]models.Participant](t)(s.Invitations(ctx, []string{first, second, "none", "a\x00b"}))
		same(t, map[string][]models.Participant{first: must[[]models.Participant](t)(s.Participants(ctx, first))}, got)
		if len(got[first]) != 2 {
			t.Errorf("invited %v", got[first])
		}
		for _, id := range []string{second, "none", "a\x00b"} {
			if people := must[[]models.Participant](t)(s.Participants(ctx, id)); people == nil || len(people) != 0 {
				t.Errorf("invited to %q: %v", id, people)
			}
		}
		if none := must[map[string][]models.Participant](t)(s.Invitations(ctx, nil)); len(none) != 0 {
			t.Errorf("invited to nothing: %v", none)
		}
	})
}
