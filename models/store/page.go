package store

import (
	"encoding/base64"
	"fmt"
	"hash/crc32"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"gorm.io/gorm"

	"github.com/ringdown/ringdown/models"
)

// How many rows a page holds.
const (
	defaultLimit = 50
	mostLimit    = 200
)

// Page is which part of a list is asked for. Going from cursor to cursor meets each row once,
// also while others are added.
type Page struct {
	Limit  int    // rows; zero means 50, more than 200 means 200
	Cursor string // as the last page gave it; empty is the first page
}

func (p Page) limit() int {
	if p.Limit <= 0 {
		return defaultLimit
	}
	return min(p.Limit, mostLimit)
}

// place is where a row stands in its list: at a time, and by id among those of the same time.
type place struct {
	at time.Time
	id string
}

// sorting is the order of a list.
type sorting struct {
	column string // of the time
	beyond string // > with the oldest first, < with the newest first
}

var (
	oldestFirst = sorting{"created_at", ">"}
	newestFirst = sorting{"started_at", "<"}
)

func (s sorting) order() string {
	if s.beyond == "<" {
		return s.column + " DESC, id DESC"
	}
	return s.column + ", id"
}

// list reads one page of a query, and the cursor of the next, which is empty at the end.
func list[T any](query *gorm.DB, page Page, sort sorting, placeOf func(T) place) (rows []T, next string, err error) {
	of := reflect.TypeFor[T]().Name() + " " + sort.order()
	if page.Cursor != "" {
		after, err := parseCursor(page.Cursor, of)
		if err != nil {
			return nil, "", err
		}
		query = query.Where("("+sort.column+", id) "+sort.beyond+" (?, ?)", after.at, after.id)
	}
	limit := page.limit()
	if err := query.Order(sort.order()).Limit(limit + 1).Find(&rows).Error; err != nil {
		return nil, "", err
	}
	if len(rows) > limit {
		rows = slices.Clip(rows[:limit])
		next = placeOf(rows[limit-1]).cursor(of)
	}
	return rows, next, nil
}

// cursor is a place in a list that is of some rows in some order.
func (p place) cursor(of string) string {
	return base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "%08x %d %s", crc32.ChecksumIEEE([]byte(of)), p.at.UnixMicro(), p.id))
}

// parseCursor reads a place in a list. The cursor of another list is none.
func parseCursor(cursor, of string) (place, error) {
	text, err := base64.RawURLEncoding.Strict().DecodeString(cursor)
	rest, found := strings.CutPrefix(string(text), fmt.Sprintf("%08x ", crc32.ChecksumIEEE([]byte(of))))
	micros, id, ok := strings.Cut(rest, " ")
	n, notNumber := strconv.ParseInt(micros, 10, 64)
	at := time.UnixMicro(n).UTC()
	if err != nil || !found || !ok || notNumber != nil || id == "" || !storable(id) || at.Year() < 1 || at.Year() > 9999 {
		return place{}, &models.InvalidError{Field: "cursor", Reason: "must be the next_cursor of the page before"}
	}
	return place{at, id}, nil
}
