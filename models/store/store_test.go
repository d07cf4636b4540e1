package store_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gorm.io/gorm"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
	"github.com/ringdown/ringdown/models/store/storetest"
)

var nouns = map[string]any{
	"users": &models.User{}, "schedules": &models.Schedule{}, "overrides": &models.Override{},
	"phone_numbers": store.PhoneNumberRow, "call_routes": &models.Route{}, "calls": &models.Call{}, "alerts": &models.Alert{},
	"blocked_callers": &models.BlockedCaller{}, "phone_faults": store.PhoneFaultRow,
	"changes": &models.Change{}, "api_keys": &models.APIKey{}, "kept_replies": &models.KeptReply{}, "calendar_links": &models.CalendarLink{},
	"outside_schedules": &models.OutsideSchedule{}, "outside_copies": &models.OutsideCopy{},
	"alert_sources": &models.AlertSource{}, "alert_routes": &models.AlertRoute{}, "incidents": &models.Incident{},
	"incident_alerts": &models.IncidentAlert{}, "participants": &models.Participant{}, "incident_messages": &models.IncidentMessage{},
	"receivers": &models.Receiver{}, "deliveries": &models.Delivery{},
	"countries": &models.Country{}, "number_requests": store.NumberRequestRow, "documents": store.DocumentRow, "notices": &models.Notice{},
	"erasures": &models.Erasure{}, "removals": &models.Removal{},
}

func TestEachFieldOfANounHasAColumnAndTheReverse(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		for table, noun := range nouns {
			statement := &gorm.Statement{DB: s.Writer()}
			if err := statement.Parse(noun); err != nil {
				t.Fatal(err)
			}
			if statement.Schema.Table != table {
				t.Errorf("%T is kept in %s, want %s", noun, statement.Schema.Table, table)
			}
			types, err := s.Writer().Migrator().ColumnTypes(noun)
			if err != nil {
				t.Fatal(err)
			}
			var columns []string
			for _, column := range types {
				columns = append(columns, column.Name())
			}
			fields := slices.Clone(statement.Schema.DBNames)
			slices.Sort(fields)
			slices.Sort(columns)
			if !slices.Equal(fields, columns) {
				t.Errorf("%s: the noun has %v, the table %v", table, fields, columns)
			}
		}
	})
}

func TestMigrationsGoUpDownAndUpAgain(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		if err := s.Migrate(ctx); err != nil { // nothing to do
			t.Fatal(err)
		}
		if err := s.Down(ctx); err != nil {
			t.Fatal(err)
		}
		for table := range nouns {
			if s.Writer().Migrator().HasTable(table) {
				t.Errorf("%s is still there", table)
			}
		}
		if err := s.Migrate(ctx); err != nil {
			t.Fatal(err)
		}
		if _, err := s.CreateUser(ctx, alice()); err != nil {
			t.Error(err)
		}
	})
}

func TestSeveralProcessesMigrateAtOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		if s.Writer().Name() == "sqlite" {
			return // one process owns the file
		}
		if err := s.Down(context.Background()); err != nil {
			t.Fatal(err)
		}
		atOnce(t, 2, func(int) error { return s.Migrate(context.Background()) })
	})
}

func TestAnEmptyDatabaseHasNoUsersAndNoRoutes(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		check := func(with string, want bool) {
			t.Helper()
			if empty, err := s.Empty(ctx); err != nil || empty != want {
				t.Errorf("with %s: empty %v, %v", with, empty, err)
			}
		}
		check("nothing", true)
		must[models.PhoneNumber](t)(s.CreateNumber(ctx, supportLine()))
		check("a number", true)
		must[models.User](t)(s.CreateUser(ctx, alice()))
		check("a user", false)
		if err := s.Writer().Exec("DELETE FROM users").Error; err != nil {
			t.Fatal(err)
		}
		must[models.Route](t)(s.CreateRoute(ctx, models.Route{Name: "Support"}))
		check("a route", false)
	})
}

func TestPingFailsOnAClosedDatabase(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		if err := s.Ping(context.Background()); err != nil {
			t.Error(err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if err := s.Ping(context.Background()); err == nil {
			t.Error("a closed database answers")
		}
	})
}

func TestOpenSaysWhatWasTriedAndWhatToDo(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "missing", "x.db")
	cases := []struct{ name, url, want string }{
		{"no scheme", "ringdown.db", "sqlite:PATH or postgres://"},
		{"another database", "mysql://root:hunter2@db/x", "sqlite:PATH or postgres://"},
		{"no path", "sqlite:", "needs the path of a file"},
		{"in memory", "sqlite::memory:", "needs the path of a file"},
		{"no such folder", "sqlite:" + missing, missing},
		{"no server", "postgres://ringdown:hunter2@127.0.0.1:1/rings", "must be running"},
		{"no URL at all", "postgres://ringdown:hunter2@host:port/rings", "parse"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, err := store.Open(context.Background(), c.url, slog.New(slog.DiscardHandler))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want a word of %q", err, c.want)
			}
			if err != nil && strings.Contains(err.Error(), "hunter2") {
				t.Errorf("the password is shown: %v", err)
			}
		})
	}
}

func TestASQLitePathMayHoldAnyCharacter(t *testing.T) {
	s := storetest.Open(t, "sqlite:"+filepath.Join(t.TempDir(), "who's on? 100% #1.db"))
	if _, err := s.CreateUser(context.Background(), alice()); err != nil {
		t.Error(err)
	}
}

func TestTheLogHoldsStatementsWithoutTheirValues(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		var out bytes.Buffer
		s = anotherLike(t, s, slog.NewJSONHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))
		for range 2 { // the second time fails
			_, _ = s.CreateNumber(context.Background(), models.PhoneNumber{Number: "+12025550123", Name: "Support line"})
		}
		_, _, _ = s.RouteForNumber(context.Background(), "+12025550123")
		if !strings.Contains(out.String(), "INSERT INTO") {
			t.Error("no statement was logged")
		}
		for _, secret := range []string{"2025550123", "Support line", "ERROR"} {
			if strings.Contains(out.String(), secret) {
				t.Errorf("the log holds %q:\n%s", secret, out.String())
			}
		}
	})
}

func TestManyWritersAtOnceAreNeverLockedOut(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		shared, err := s.CreateUser(ctx, alice())
		if err != nil {
			t.Fatal(err)
		}
		const writers, writes = 16, 25
		atOnce(t, writers, func(writer int) error {
			for i := range writes {
				u := models.User{Name: fmt.Sprintf("User %d of writer %d", i, writer)}
				if _, err := s.CreateUser(ctx, u); err != nil {
					return err
				}
				if _, err := s.UpdateUser(ctx, shared, 0); err != nil {
					return err
				}
				if _, _, err := s.Users(ctx, store.Page{Limit: 5}); err != nil {
					return err
				}
			}
			return nil
		})
		got, err := s.User(ctx, shared.ID)
		if err != nil {
			t.Fatal(err)
		}
		if want := 1 + writers*writes; got.Version != want {
			t.Errorf("version %d, want %d: an update was lost", got.Version, want)
		}
	})
}

func TestTwoProcessesWriteToOneSQLiteFile(t *testing.T) {
	url := "sqlite:" + filepath.Join(t.TempDir(), "test.db")
	stores := []*store.Store{storetest.Open(t, url), storetest.Open(t, url)}
	atOnce(t, len(stores), func(i int) error {
		for range 100 {
			u, err := stores[i].CreateUser(context.Background(), models.User{Name: "Somebody"})
			if err == nil {
				_, err = stores[i].UpdateUser(context.Background(), u, 1)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

func TestAnEndedContextEndsAQuery(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		if _, err := s.User(ctx, "x"); !errors.Is(err, context.Canceled) {
			t.Errorf("read: %v", err)
		}
		if _, err := s.CreateUser(ctx, alice()); !errors.Is(err, context.Canceled) {
			t.Errorf("write: %v", err)
		}
	})
}

// anotherLike opens another database of the same kind, with a log.
func anotherLike(t *testing.T, s *store.Store, log slog.Handler) *store.Store {
	t.Helper()
	url := "sqlite:" + filepath.Join(t.TempDir(), "test.db")
	if s.Writer().Name() == "postgres" {
		url = storetest.PostgresURL(t)
	}
	another, err := store.Open(context.Background(), url, slog.New(log))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = another.Close() })
	if err := another.Migrate(context.Background()); err != nil {
		t.Fatal(err)
	}
	return another
}

// atOnce runs f in n goroutines and fails on any error.
func atOnce(t *testing.T, n int, f func(i int) error) {
	t.Helper()
	faults := make(chan error, n)
	for i := range n {
		go func() { faults <- f(i) }()
	}
	for range n {
		if err := <-faults; err != nil {
			t.Error(err)
		}
	}
}
