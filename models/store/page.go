package store

import (
	"encoding/base64"
	"fmt"
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
	if page.Cursor != "" {
		after, err := parseCursor(page.Cursor)
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
		next = placeOf(rows[limit-1]).cursor()
	}
	return rows, next, nil
}

func (p place) cursor() string {
	return base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "%d %s", p.at.UnixMicro(), p.id))
}

func parseCursor(cursor string) (place, error) {
	text, err := base64.RawURLEncoding.DecodeString(cursor)
	micros, id, ok := strings.Cut(string(text), " ")
	n, notNumber := strconv.ParseInt(micros, 10, 64)
	at := time.UnixMicro(n).UTC()
	if err != nil || !ok || notNumber != nil || id == "" || !storable(id) || at.Year() < 1 || at.Year() > 9999 {
		return place{}, &models.InvalidError{Field: "cursor", Reason: "must be the next_cursor of the page before"}
	}
	return place{at, id}, nil
}
