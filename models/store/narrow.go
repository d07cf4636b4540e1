package store

import (
	"strings"
	"time"

	"gorm.io/gorm"
)

// wanted is a value that the rows of a list have in a column; an empty one lets all pass.
type wanted struct{ column, value string }

// narrow keeps the rows that have all of the values, and whose time, in a column, is not before from
// and before to, where those are given.
func narrow(query *gorm.DB, column string, from, to time.Time, values ...wanted) *gorm.DB {
	for _, w := range values {
		if !storable(w.value) {
			return query.Where("1 = 0") // no row has it
		}
		if w.value != "" {
			query = query.Where(w.column+" = ?", w.value)
		}
	}
	if !from.IsZero() {
		query = query.Where(column+" >= ?", instant(from))
	}
	if !to.IsZero() {
		query = query.Where(column+" < ?", instant(to))
	}
	return query
}

// storableText is a text from elsewhere as both databases can hold it.
func storableText(text string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\x00", "")
}
