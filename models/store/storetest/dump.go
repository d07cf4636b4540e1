package storetest

import (
	"database/sql"
	"fmt"
	"strings"
	"testing"

	"github.com/ringdown/ringdown/models/store"
)

// Dump is everything that a database holds, a line for each column of each row: its table and its name in front.
func Dump(t testing.TB, s *store.Store) []string {
	t.Helper()
	pools, err := s.Pools()
	if err != nil {
		t.Fatal(err)
	}
	db := pools["writer"]
	tables := column(t, db, "SELECT name FROM sqlite_master WHERE type = 'table'", "SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
	var lines []string
	for _, table := range tables {
		lines = append(lines, dumpOf(t, db, table)...)
	}
	return lines
}

// column is what the first of two queries answers that the database knows.
func column(t testing.TB, db *sql.DB, queries ...string) (values []string) {
	t.Helper()
	var err error
	for _, query := range queries {
		var rows *sql.Rows
		if rows, err = db.QueryContext(t.Context(), query); err != nil {
			continue
		}
		for rows.Next() {
			var value string
			if err := rows.Scan(&value); err != nil {
				t.Fatal(err)
			}
			values = append(values, value)
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
		return values
	}
	t.Fatal(err)
	return nil
}

func dumpOf(t testing.TB, db *sql.DB, table string) (lines []string) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), "SELECT * FROM "+table) //nolint:gosec // a table of ours
	if err != nil {
		t.Fatal(err)
	}
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		values, places := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			places[i] = &values[i]
		}
		if err := rows.Scan(places...); err != nil {
			t.Fatal(err)
		}
		for i, value := range values {
			if raw, ok := value.([]byte); ok {
				value = string(raw)
			}
			lines = append(lines, fmt.Sprintf("%s.%s: %v", table, columns[i], value))
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return lines
}

// Naming are the lines of a dump that hold one of some texts.
func Naming(dump []string, texts ...string) (naming []string) {
	for _, line := range dump {
		for _, text := range texts {
			if strings.Contains(line, text) {
				naming = append(naming, line)
				break
			}
		}
	}
	return naming
}
