package store

import (
	"database/sql"
	"fmt"

	"gorm.io/gorm"
)

// Pools are the pools of connections, for whoever counts them: reader and writer on SQLite, on
// Postgres the writer's alone, which reads too.
func (s *Store) Pools() (map[string]*sql.DB, error) {
	pools := map[string]*sql.DB{}
	for name, g := range map[string]*gorm.DB{"reader": s.reader, "writer": s.writer} {
		db, err := g.DB()
		if err != nil {
			return nil, fmt.Errorf("look at the pool of the %s: %w", name, err)
		}
		pools[name] = db
	}
	if s.reader == s.writer {
		delete(pools, "reader")
	}
	return pools, nil
}
