package store

import (
	"context"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/logger"
)

// ChangesQuery is the statement that lists changes, with its values.
func (s *Store) ChangesQuery(filter ChangeFilter, page Page) (string, error) {
	var said statement
	dry := Store{reader: s.reader.Session(&gorm.Session{DryRun: true, Logger: &said})}
	_, _, err := dry.Changes(context.Background(), filter, page)
	return said.sql, err
}

// statement is a logger that keeps the last statement.
type statement struct {
	logger.Interface
	sql string
}

func (s *statement) Trace(_ context.Context, _ time.Time, said func() (string, int64), _ error) {
	s.sql, _ = said()
}
