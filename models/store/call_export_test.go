package store

import (
	"context"
	"strings"

	"gorm.io/gorm"
)

// ExplainReads is how the database goes about what is read meanwhile, one plan a statement.
func (s *Store) ExplainReads(ctx context.Context, read func()) (plans []string, err error) {
	const name = "explain"
	explain := "EXPLAIN "
	if s.reader.Name() == "sqlite" {
		explain = "EXPLAIN QUERY PLAN "
	}
	after := s.reader.Callback().Query().After("gorm:query")
	if err := after.Register(name, func(query *gorm.DB) {
		statement := query.Statement
		var lines []map[string]any
		if query.Error == nil && err == nil {
			asked := s.writer.WithContext(ctx).Raw(explain+statement.SQL.String(), statement.Vars...)
			err = asked.Scan(&lines).Error
		}
		var plan strings.Builder
		for _, line := range lines {
			for _, column := range []string{"detail", "QUERY PLAN"} {
				if text, ok := line[column].(string); ok {
					plan.WriteString(text + "\n")
				}
			}
		}
		plans = append(plans, plan.String())
	}); err != nil {
		return nil, err
	}
	read()
	if gone := s.reader.Callback().Query().Remove(name); err == nil {
		err = gone
	}
	return plans, err
}
