// Package store keeps the nouns of models in a database, SQLite or Postgres alike: the same
// queries, one folder of SQL migrations for each. Its methods may be called at once from many
// goroutines, answer times in UTC, and return the errors of models, never gorm's.
package store

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
	"gorm.io/gorm"
	"gorm.io/gorm/schema"
)

//go:embed migrations
var migrations embed.FS

// Store is one open database.
type Store struct {
	reader  *gorm.DB
	writer  *gorm.DB // the reader's own pool on Postgres; on SQLite another one, of one connection
	dialect goose.Dialect
	about   string // which database this is, and what it needs in order to answer
	log     *slog.Logger
}

// New makes a store for the database at a URL, sqlite:PATH or postgres://…, and asks nothing of it
// yet: a store works as soon as its database does.
func New(url string, log *slog.Logger) (*Store, error) {
	scheme, path, _ := strings.Cut(url, ":")
	switch scheme {
	case "sqlite":
		return newSQLite(path, log)
	case "postgres", "postgresql":
		return newPostgres(url, log)
	default: // the URL may hold a password: it is not repeated
		return nil, errors.New("open database: its URL must be sqlite:PATH or postgres://USER:PASSWORD@HOST/NAME")
	}
}

// Open is New with a sign of life from the database. It does not migrate.
func Open(ctx context.Context, url string, log *slog.Logger) (*Store, error) {
	s, err := New(url, log)
	if err != nil {
		return nil, err
	}
	if err := s.Ping(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// Migrate brings the schema up to date. Several processes may do so at once on Postgres: the
// first does it and the others wait.
func (s *Store) Migrate(ctx context.Context) error {
	provider, err := s.migrator()
	if err != nil {
		return fmt.Errorf("migrate database: %w", err)
	}
	results, err := provider.Up(ctx)
	for _, r := range results {
		s.log.InfoContext(ctx, "database migrated", "version", r.Source.Version, "took", r.Duration)
	}
	if err != nil {
		return fmt.Errorf("migrate database: %w", err)
	}
	return nil
}

func (s *Store) migrator() (*goose.Provider, error) {
	db, err := s.writer.DB()
	if err != nil {
		return nil, err
	}
	folder, options := "migrations/sqlite", []goose.ProviderOption{}
	if s.dialect == goose.DialectPostgres {
		oneAtATime, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 60)) // tries, a second apart
		if err != nil {
			return nil, err
		}
		folder, options = "migrations/postgres", append(options, goose.WithSessionLocker(oneAtATime))
	}
	files, err := fs.Sub(migrations, folder)
	if err != nil {
		return nil, err
	}
	return goose.NewProvider(s.dialect, db, files, options...)
}

// Ping asks the database for a sign of life. Its error says what the database needs.
func (s *Store) Ping(ctx context.Context) error {
	for _, g := range []*gorm.DB{s.writer, s.reader} {
		db, err := g.DB()
		if err == nil {
			err = db.PingContext(ctx)
		}
		if err != nil {
			return translate("reach "+s.about, err)
		}
	}
	return nil
}

// Close gives all connections back. Closing twice does no harm.
func (s *Store) Close() error {
	var faults []error
	for _, g := range []*gorm.DB{s.reader, s.writer} {
		db, err := g.DB()
		if err == nil {
			err = db.Close()
		}
		faults = append(faults, err)
	}
	return errors.Join(faults...)
}

// Empty says whether there are no users and no routes yet.
func (s *Store) Empty(ctx context.Context) (bool, error) {
	var used bool
	err := s.reader.WithContext(ctx).
		Raw("SELECT EXISTS (SELECT 1 FROM users) OR EXISTS (SELECT 1 FROM call_routes)").Scan(&used).Error
	return !used, translate("look for users and routes", err)
}

func openGorm(dialector gorm.Dialector, log *slog.Logger) (*gorm.DB, error) {
	return gorm.Open(dialector, &gorm.Config{
		NamingStrategy:         naming{},
		Logger:                 sqlLog{log},
		QueryFields:            true, // a column added by a newer release does not disturb this one
		SkipDefaultTransaction: true, // a single statement needs none
		DisableAutomaticPing:   true,
		TranslateError:         true,
	})
}

// naming gives each noun its table. A route's is named as in the API, because "routes" alone
// says too little in a database that others look into.
type naming struct{ schema.NamingStrategy }

func (n naming) TableName(noun string) string {
	if noun == "Route" {
		return "call_routes"
	}
	return n.NamingStrategy.TableName(noun)
}

// newID is a UUIDv7, so that ids sort by age.
func newID() string { return uuid.Must(uuid.NewV7()).String() }

// instant is a time as both databases keep it: UTC, in microseconds.
func instant(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }

func instantOrNil(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	kept := instant(*t)
	return &kept
}
