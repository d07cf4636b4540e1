package store_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"gorm.io/gorm"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
	"github.com/ringdown/ringdown/models/store/storetest"
)

func TestACalendarLinkReplacesTheOneBefore(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		schedule := must[models.Schedule](t)(s.CreateSchedule(ctx, nights(t, "u1")))
		alice := must[models.User](t)(s.CreateUser(ctx, alice()))
		set := func(link models.CalendarLink, hash string) models.CalendarLink {
			t.Helper()
			link.Hash = []byte(hash)
			return must[models.CalendarLink](t)(s.SetCalendarLink(ctx, link))
		}
		ofSchedule, ofUser := models.CalendarLink{ScheduleID: &schedule.ID}, models.CalendarLink{UserID: &alice.ID}
		first := set(ofSchedule, "one\x00\xff")
		same(t, first, must[models.CalendarLink](t)(s.CalendarLink(ctx, []byte("one\x00\xff"))))
		user := set(ofUser, "two")
		second := set(ofSchedule, "three")
		if first.ID == second.ID {
			t.Error("the second link has the id of the first")
		}
		same(t, second, must[models.CalendarLink](t)(s.CalendarLink(ctx, []byte("three"))))
		same(t, user, must[models.CalendarLink](t)(s.CalendarLink(ctx, []byte("two"))))
		gone := func(why, hash string) {
			t.Helper()
			if _, err := s.CalendarLink(ctx, []byte(hash)); !errors.Is(err, models.ErrNotFound) {
				t.Errorf("%s: %v", why, err)
			}
		}
		gone("replaced", "one\x00\xff")
		if err := s.DeleteCalendarLink(ctx, ofSchedule); err != nil {
			t.Fatal(err)
		}
		gone("withdrawn", "three")
		if err := s.DeleteCalendarLink(ctx, ofSchedule); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("withdrawn twice: %v", err)
		}
		if err := s.DeleteUser(ctx, alice.ID, 0); err != nil {
			t.Fatal(err)
		}
		gone("of a user who is gone", "two")
	})
}

func TestACalendarLinkNeedsWhoseShiftsItShows(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		for _, id := range []string{"none", "none\x00"} {
			link := models.CalendarLink{UserID: &id, Hash: []byte("h")}
			if _, err := s.SetCalendarLink(context.Background(), link); !errors.Is(err, models.ErrNotFound) {
				t.Errorf("set for %q: %v", id, err)
			}
			if err := s.DeleteCalendarLink(context.Background(), link); !errors.Is(err, models.ErrNotFound) {
				t.Errorf("withdrawn from %q: %v", id, err)
			}
		}
	})
}

func TestCalendarLinksAreAuditedWithoutTheirHash(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		schedule := must[models.Schedule](t)(s.CreateSchedule(ctx, nights(t, "u1")))
		link := models.CalendarLink{ScheduleID: &schedule.ID, Hash: []byte("hidden")}
		must[models.CalendarLink](t)(s.SetCalendarLink(ctx, link))
		if err := s.DeleteCalendarLink(ctx, link); err != nil {
			t.Fatal(err)
		}
		changes, _, err := s.Changes(ctx, store.ChangeFilter{Noun: "calendar link"}, store.Page{})
		if err != nil || len(changes) != 2 || changes[0].Action != models.ActionDelete || changes[1].Action != models.ActionCreate {
			t.Fatalf("%+v, %v", changes, err)
		}
		for _, c := range changes {
			change := must[models.Change](t)(s.Change(ctx, c.ID))
			told := string(change.Before) + string(change.After)
			if !strings.Contains(told, schedule.ID) || strings.Contains(strings.ToLower(told), "hash") {
				t.Errorf("told %s", told)
			}
		}
	})
}

func TestACalendarLinkHasAColumnForEachField(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		statement := &gorm.Statement{DB: s.Writer()}
		if err := statement.Parse(&models.CalendarLink{}); err != nil {
			t.Fatal(err)
		}
		types, err := s.Writer().Migrator().ColumnTypes(&models.CalendarLink{})
		if err != nil {
			t.Fatal(err)
		}
		var columns []string
		for _, column := range types {
			columns = append(columns, column.Name())
		}
		fields := slices.Sorted(slices.Values(statement.Schema.DBNames))
		slices.Sort(columns)
		if !slices.Equal(fields, columns) {
			t.Errorf("the link has %v, the table %v", fields, columns)
		}
	})
}
