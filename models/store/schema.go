package store

import (
	"context"
	"io/fs"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/pressly/goose/v3"
)

// Schema is the version of the database's schema, 0 when it has none, and the one that this program brings. A newer one
// is fine: it only has more.
func (s *Store) Schema(ctx context.Context) (have, brings int64, err error) {
	if brings, err = s.newest(); err != nil {
		return 0, 0, err
	}
	found := s.reader.WithContext(ctx)
	if !found.Migrator().HasTable("goose_db_version") {
		return 0, brings, translate("read the version of the schema", s.Ping(ctx))
	}
	err = found.Raw("SELECT COALESCE(MAX(version_id), 0) FROM goose_db_version WHERE is_applied").Scan(&have).Error
	return have, brings, translate("read the version of the schema", err)
}

// newest is the version of the last migration.
func (s *Store) newest() (int64, error) {
	folder := "migrations/sqlite"
	if s.dialect == goose.DialectPostgres {
		folder = "migrations/postgres"
	}
	files, err := fs.Glob(migrations, folder+"/*.sql") // in the order of their names
	if err != nil || len(files) == 0 {
		return 0, err
	}
	number, _, _ := strings.Cut(path.Base(files[len(files)-1]), "_")
	return strconv.ParseInt(number, 10, 64)
}

// Clock is the time at the database. ok is false for one without a clock of its own.
func (s *Store) Clock(ctx context.Context) (now time.Time, ok bool, err error) {
	if s.dialect != goose.DialectPostgres {
		return time.Time{}, false, nil
	}
	err = s.reader.WithContext(ctx).Raw("SELECT clock_timestamp()").Scan(&now).Error
	return now.UTC(), err == nil, translate("ask the database for the time", err)
}
