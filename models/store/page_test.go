package store_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
	"github.com/ringdown/ringdown/models/store/storetest"
)

func TestPagesMeetEachRowOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		began := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
		const rows = 250
		for i := range rows {
			at := began.Add(time.Duration(i/100) * 10 * time.Millisecond) // a hundred at one instant
			if _, err := s.CreateUser(ctx, models.User{Name: "Somebody", CreatedAt: at}); err != nil {
				t.Fatal(err)
			}
			if err := s.Arrive(ctx, models.Call{CarrierCallID: fmt.Sprintf("CA%d", i), StartedAt: at}); err != nil {
				t.Fatal(err)
			}
		}
		for _, limit := range []int{0, 1, 7, 100, 200, 250, 1000} {
			page := limit
			switch {
			case limit == 0:
				page = 50
			case limit > 200:
				page = 200
			case limit == 1 && testing.Short():
				continue
			}
			var users []models.User
			pages(t, page, rows, func(cursor string) (int, string, error) {
				some, next, err := s.Users(ctx, store.Page{Limit: limit, Cursor: cursor})
				users = append(users, some...)
				return len(some), next, err
			})
			for i := 1; i < len(users); i++ {
				a, b := users[i-1], users[i]
				if a.CreatedAt.After(b.CreatedAt) || a.CreatedAt.Equal(b.CreatedAt) && a.ID >= b.ID {
					t.Fatalf("limit %d: user %d is before user %d", limit, i, i-1)
				}
			}
			var calls []models.Call
			pages(t, page, rows, func(cursor string) (int, string, error) {
				some, next, err := s.Calls(ctx, store.CallFilter{}, store.Page{Limit: limit, Cursor: cursor})
				calls = append(calls, some...)
				return len(some), next, err
			})
			for i := 1; i < len(calls); i++ {
				a, b := calls[i-1], calls[i]
				if a.StartedAt.Before(b.StartedAt) || a.StartedAt.Equal(b.StartedAt) && a.ID <= b.ID {
					t.Fatalf("limit %d: call %d is newer than call %d", limit, i, i-1)
				}
			}
		}
	})
}

// pages reads all pages and checks that each but the last is full.
func pages(t *testing.T, size, total int, read func(cursor string) (int, string, error)) {
	t.Helper()
	cursor := ""
	for total > 0 {
		n, next, err := read(cursor)
		if err != nil {
			t.Fatal(err)
		}
		if n != min(size, total) {
			t.Fatalf("a page of %d rows, want %d", n, min(size, total))
		}
		total -= n
		if (next == "") != (total == 0) {
			t.Fatalf("next cursor %q with %d rows to go", next, total)
		}
		cursor = next
	}
}

func TestRowsAddedBetweenPagesMoveNothing(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		began := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
		arrive := func(name string, at time.Time) {
			t.Helper()
			if err := s.Arrive(ctx, models.Call{CarrierCallID: name, StartedAt: at}); err != nil {
				t.Fatal(err)
			}
		}
		for i := range 4 {
			arrive(fmt.Sprintf("CA%d", i), began.Add(time.Duration(i)*time.Second))
		}
		_, next, err := s.Calls(ctx, store.CallFilter{}, store.Page{Limit: 2})
		if err != nil {
			t.Fatal(err)
		}
		arrive("CAnew", began.Add(time.Hour))
		calls, next, err := s.Calls(ctx, store.CallFilter{}, store.Page{Limit: 2, Cursor: next})
		if err != nil || next != "" || len(calls) != 2 || calls[0].CarrierCallID != "CA1" || calls[1].CarrierCallID != "CA0" {
			t.Errorf("the second page is %v, next %q, %v", calls, next, err)
		}
	})
}

func TestAnEmptyListIsNoNil(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		users, next, err := s.Users(context.Background(), store.Page{})
		if users == nil || len(users) != 0 || next != "" || err != nil {
			t.Errorf("%v, %q, %v", users, next, err)
		}
	})
}

func TestAForgedCursorIsRefused(t *testing.T) {
	encode := base64.RawURLEncoding.EncodeToString
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		mark, other := marks(t, s)
		for _, cursor := range []string{
			"x", "!", encode([]byte("1 id")), encode([]byte(other + "1 id")), encode([]byte(mark)), encode([]byte(mark + "1")), encode([]byte(mark + "1 ")),
			encode([]byte(mark + "x id")), encode([]byte(mark + "1 a\x00b")), encode([]byte(mark + "1 \xff")),
			encode([]byte(mark + "9223372036854775807 id")), encode([]byte(mark + "-9223372036854775808 id")), encode([]byte(mark+"1 id")) + "=",
		} {
			_, _, err := s.Users(context.Background(), store.Page{Cursor: cursor})
			var invalid *models.InvalidError
			if !errors.As(err, &invalid) || invalid.Field != "cursor" {
				t.Errorf("cursor %q: %v", cursor, err)
			}
		}
		for _, harmless := range []string{"1 id", "-62135596800000000 id", "253402300799999999 ~", "1 id' OR 1=1"} {
			if _, _, err := s.Users(context.Background(), store.Page{Cursor: encode([]byte(mark + harmless))}); err != nil {
				t.Errorf("cursor of %q: %v", harmless, err)
			}
		}
	})
}

// marks are how the cursors of users and of calls begin.
func marks(t *testing.T, s *store.Store) (users, calls string) {
	t.Helper()
	for i := range 2 {
		if _, err := s.CreateUser(t.Context(), models.User{Name: fmt.Sprint("User ", i)}); err != nil {
			t.Fatal(err)
		}
		if err := s.Arrive(t.Context(), models.Call{CarrierCallID: fmt.Sprint("CA", i)}); err != nil {
			t.Fatal(err)
		}
	}
	_, user, err := s.Users(t.Context(), store.Page{Limit: 1})
	if err != nil {
		t.Fatal(err)
	}
	_, call, err := s.Calls(t.Context(), store.CallFilter{}, store.Page{Limit: 1})
	if err != nil {
		t.Fatal(err)
	}
	begins := func(cursor string) string {
		text, err := base64.RawURLEncoding.DecodeString(cursor)
		if err != nil {
			t.Fatal(err)
		}
		mark, _, _ := strings.Cut(string(text), " ")
		return mark + " "
	}
	return begins(user), begins(call)
}
