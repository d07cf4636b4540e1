package models

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestLocalTimeIn(t *testing.T) {
	for _, c := range []struct{ name, zone, wall, want string }{
		{"winter in london", london, "2026-01-15T09:00", "2026-01-15T09:00:00Z"},
		{"summer in london", london, "2026-07-15T09:00", "2026-07-15T09:00:00+01:00"},
		{"before the skip", london, "2026-03-29T00:59:59", "2026-03-29T00:59:59Z"},
		{"the first time that is skipped", london, "2026-03-29T01:00", "2026-03-29T02:00:00+01:00"},
		{"the last time that is skipped", london, "2026-03-29T01:59:59", "2026-03-29T02:00:00+01:00"},
		{"after the skip", london, "2026-03-29T02:00", "2026-03-29T02:00:00+01:00"},
		{"the first of a time that happens twice", london, "2026-10-25T01:00", "2026-10-25T01:00:00+01:00"},
		{"the last time that happens twice", london, "2026-10-25T01:59:59", "2026-10-25T01:59:59+01:00"},
		{"after it", london, "2026-10-25T02:00", "2026-10-25T02:00:00Z"},
		{"a skip in new york", newYork, "2026-03-08T02:30", "2026-03-08T03:00:00-04:00"},
		{"a time that happens twice in new york", newYork, "2026-11-01T01:30", "2026-11-01T01:30:00-04:00"},
		{"a skip of half an hour", lordHowe, "2026-10-04T02:15", "2026-10-04T02:30:00+11:00"},
		{"half an hour that happens twice", lordHowe, "2026-04-05T01:45", "2026-04-05T01:45:00+11:00"},
		{"an hour that happens twice for ramadan", casablanca, "2026-02-15T02:30", "2026-02-15T02:30:00+01:00"},
		{"a skip after ramadan", casablanca, "2026-03-22T02:30", "2026-03-22T03:00:00+01:00"},
		{"a midnight that is skipped", "Asia/Beirut", "2026-03-29T00:00", "2026-03-29T01:00:00+03:00"},
		{"a day that is skipped", apia, "2011-12-30T09:00", "2011-12-31T00:00:00+14:00"},
		{"its last second", apia, "2011-12-30T23:59:59", "2011-12-31T00:00:00+14:00"},
		{"the second before it", apia, "2011-12-29T23:59:59", "2011-12-29T23:59:59-10:00"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := local(c.wall).In(mustZone(c.zone)).Format(time.RFC3339); got != c.want {
				t.Errorf("%s is at %s, want %s", c.wall, got, c.want)
			}
		})
	}
}

func TestLocalTimeIsTheFirstInstantOfItsMinute(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		loc := anyZone(t)
		near := nearClockChange(t, time.Date(2008, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, rapid.IntRange(0, 9000).Draw(t, "day")), loc)
		wall := wallClock(near.In(loc)).Truncate(time.Minute).Add(time.Duration(rapid.IntRange(-90, 90).Draw(t, "minutes")) * time.Minute)
		first := wall.Add(-50 * time.Hour)
		for wallClock(first.In(loc)).Before(wall) {
			first = first.Add(time.Minute)
		}
		if got := LocalTime(wall).In(loc); !got.Equal(first) {
			t.Fatalf("%s is at %s, want %s", wall, got, first.In(loc))
		}
	})
}

func TestLocalTimeJSON(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"with seconds", `"2026-03-02T09:00:30"`, `"2026-03-02T09:00:30"`},
		{"without seconds", `"2026-03-02T09:00"`, `"2026-03-02T09:00:00"`},
		{"a zone is refused", `"2026-03-02T09:00:00Z"`, ""},
		{"a part of a second is refused", `"2026-03-02T09:00:00.5"`, ""},
		{"a date alone is refused", `"2026-03-02"`, ""},
		{"a day that does not exist is refused", `"2026-02-30T09:00:00"`, ""},
		{"a number is refused", `9`, ""},
		{"nothing is refused", `""`, ""},
	} {
		t.Run(c.name, func(t *testing.T) { sameJSON[LocalTime](t, c.in, c.want) })
	}
}

func TestClockTimeJSON(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"midnight", `"00:00"`, `"00:00"`},
		{"the morning", `"09:05"`, `"09:05"`},
		{"the last minute", `"23:59"`, `"23:59"`},
		{"the end of the day", `"24:00"`, `"24:00"`},
		{"later than the end is refused", `"24:01"`, ""},
		{"minutes beyond the hour are refused", `"09:60"`, ""},
		{"seconds are refused", `"09:00:00"`, ""},
		{"an hour alone is refused", `"09"`, ""},
		{"twelve hours are refused", `"9:00 pm"`, ""},
		{"minutes as a number are refused", `540`, ""},
	} {
		t.Run(c.name, func(t *testing.T) { sameJSON[ClockTime](t, c.in, c.want) })
	}
}

func TestClockTimeCountsMinutes(t *testing.T) {
	for text, want := range map[string]ClockTime{"00:00": 0, "09:05": 545, "24:00": 1440} {
		var got ClockTime
		if err := got.UnmarshalText([]byte(text)); err != nil || got != want {
			t.Errorf("%s is %d, %v, want %d", text, got, err, want)
		}
	}
}

// sameJSON reads a T and writes it again; want is empty where reading must fail.
func sameJSON[T any](t *testing.T, in, want string) {
	t.Helper()
	var value T
	err := json.Unmarshal([]byte(in), &value)
	if (err != nil) != (want == "") {
		t.Fatalf("reading %s: %v", in, err)
	}
	if err != nil {
		return
	}
	out, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, string(out)); diff != "" {
		t.Error(diff)
	}
}
