package store

import (
	"context"
	"database/sql"
	sqldriver "database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"regexp"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"gorm.io/gorm"
	driver "modernc.org/sqlite"
	codes "modernc.org/sqlite/lib"

	"github.com/ringdown/ringdown/models"
)

// translate says what was tried, and turns gorm's errors into those of models.
func translate(what string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, gorm.ErrRecordNotFound):
		return fmt.Errorf("%s: %w", what, models.ErrNotFound)
	case errors.Is(err, gorm.ErrForeignKeyViolated): // nothing is deleted that others refer to
		return fmt.Errorf("%s: what it refers to: %w", what, models.ErrNotFound)
	case errors.Is(err, gorm.ErrDuplicatedKey):
		return fmt.Errorf("%s: %s: %w", what, takenField(err), models.ErrTaken)
	case away(err):
		return fmt.Errorf("%s: %w: %w", what, models.ErrAway, err)
	default:
		return fmt.Errorf("%s: %w", what, err)
	}
}

// away says whether an error means that the database cannot be reached or does not answer in time.
// A caller who left does not mean so.
func away(err error) bool {
	var postgres *pgconn.PgError
	var sqlite *driver.Error
	var network net.Error
	var connecting *pgconn.ConnectError
	switch {
	case errors.Is(err, context.Canceled):
		return false
	case errors.As(err, &postgres): // it answered
		return awayCodes.MatchString(postgres.Code)
	case errors.As(err, &sqlite):
		switch sqlite.Code() & 0xff { // the rest is the detail
		case codes.SQLITE_CANTOPEN, codes.SQLITE_IOERR, codes.SQLITE_BUSY:
			return true
		}
		return false
	default:
		return errors.As(err, &network) || errors.As(err, &connecting) ||
			errors.Is(err, context.DeadlineExceeded) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
			errors.Is(err, sqldriver.ErrBadConn) || errors.Is(err, sql.ErrConnDone)
	}
}

// awayCodes are Postgres's for a lost connection, too many of them, a query that was stopped, and
// a server that is stopping or starting.
var awayCodes = regexp.MustCompile(`^(08...|53300|57014|57P0[123])$`)

var sqliteUnique = regexp.MustCompile(`UNIQUE constraint failed: \w+\.(\w+)`)

// takenField is the column whose value another row has already.
func takenField(err error) string {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return strings.TrimSuffix(strings.TrimPrefix(pg.ConstraintName, pg.TableName+"_"), "_key")
	}
	if found := sqliteUnique.FindStringSubmatch(err.Error()); found != nil {
		return found[1]
	}
	return "value"
}
