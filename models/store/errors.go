package store

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"gorm.io/gorm"

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
	default:
		return fmt.Errorf("%s: %w", what, err)
	}
}

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
