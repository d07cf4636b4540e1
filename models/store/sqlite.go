package store

import (
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net/url"

	"github.com/pressly/goose/v3"
	"gorm.io/driver/sqlite"
	"gorm.io/gorm"
	driver "modernc.org/sqlite"
	codes "modernc.org/sqlite/lib"
)

// sqliteSettings go with each connection. Transactions take the write lock as they begin, or
// two that read before they write would fail each other. Times are text, so they must all be
// in one zone to compare.
const sqliteSettings = "?_pragma=journal_mode(WAL)&_pragma=busy_timeout(5000)&_pragma=foreign_keys(1)&_pragma=synchronous(NORMAL)" +
	"&_txlock=immediate&_time_format=sqlite&_timezone=UTC&_texttotime=1"

// sqliteReaders is how many queries run at once.
const sqliteReaders = 8

// newSQLite makes two pools on one file. SQLite has one writer at a time: a pool of one
// connection makes writers wait their turn in Go, in order, and not by trying again and again.
func newSQLite(path string, log *slog.Logger) (*Store, error) {
	if path == "" || path == ":memory:" {
		return nil, errors.New("open database: sqlite: needs the path of a file, as in sqlite:ringdown.db")
	}
	dsn := "file:" + (&url.URL{Path: path}).EscapedPath() + sqliteSettings
	writer, err := newSQLitePool(dsn, 1, log)
	if err != nil {
		return nil, fmt.Errorf("open database sqlite:%s: %w", path, err)
	}
	reader, err := newSQLitePool(dsn+"&_pragma=query_only(1)", sqliteReaders, log)
	if err != nil {
		onlyWriter := Store{reader: writer, writer: writer}
		return nil, fmt.Errorf("open database sqlite:%s: %w", path, errors.Join(err, onlyWriter.Close()))
	}
	about := fmt.Sprintf("database sqlite:%s, whose directory must exist and be ours to write to", path)
	return &Store{reader: reader, writer: writer, dialect: goose.DialectSQLite3, about: about, log: log}, nil
}

func newSQLitePool(dsn string, connections int, log *slog.Logger) (*gorm.DB, error) {
	db, err := sql.Open("sqlite", dsn)
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	return openGorm(sqliteDialect{sqlite.Dialector{Conn: db}}, log)
}

// sqliteDialect is gorm's with the errors of the driver in pure Go.
type sqliteDialect struct{ sqlite.Dialector }

// Initialize asks a database in memory for SQLite's version, as gorm wants to know: the file may
// be away.
func (d sqliteDialect) Initialize(g *gorm.DB) error {
	memory, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		return err
	}
	err = sqlite.Dialector{Conn: memory}.Initialize(g)
	g.ConnPool = d.Conn
	return errors.Join(err, memory.Close())
}

func (sqliteDialect) Translate(err error) error {
	var fault *driver.Error
	if !errors.As(err, &fault) {
		return err
	}
	switch fault.Code() {
	case codes.SQLITE_CONSTRAINT_UNIQUE, codes.SQLITE_CONSTRAINT_PRIMARYKEY:
		return fmt.Errorf("%w: %w", gorm.ErrDuplicatedKey, err)
	case codes.SQLITE_CONSTRAINT_FOREIGNKEY:
		return fmt.Errorf("%w: %w", gorm.ErrForeignKeyViolated, err)
	case codes.SQLITE_CONSTRAINT_CHECK:
		return fmt.Errorf("%w: %w", gorm.ErrCheckConstraintViolated, err)
	default:
		return err
	}
}
