package models

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestOnCall(t *testing.T) {
	base := rotation("primary", "2026-03-02T09:00", daily, "alice", "bob", "carol")
	with := func(change func(*Rotation)) Rotation { r := base; change(&r); return r }
	twoSeats := with(func(r *Rotation) { r.Seats = 2 })
	office := with(func(r *Rotation) {
		r.WorkingIntervals = []WorkingInterval{{"monday", 9 * 60, 17 * 60}, {"tuesday", 18 * 60, 24 * 60}, {"wednesday", 0, 6 * 60}}
	})
	edited := with(func(r *Rotation) { r.Users = []string{"dave"}; r.EffectiveFrom = moment("2026-03-10T12:00:00Z") })
	again := with(func(r *Rotation) { r.Users = []string{"erin"}; r.EffectiveFrom = moment("2026-03-20T12:00:00Z") })
	late := rotation("late", "2026-03-20T09:00", daily, "dave")
	override := func(user string, seat int, from, to, made string) Override {
		return Override{Rotation: "primary", Seat: seat, UserID: user, From: instant(from), To: instant(to), CreatedAt: instant(made)}
	}
	dave := override("dave", 0, "2026-03-03T10:00:00Z", "2026-03-03T12:00:00Z", "2026-03-01T08:00:00Z")
	erin := override("erin", 0, "2026-03-03T11:00:00Z", "2026-03-03T14:00:00Z", "2026-03-01T09:00:00Z")
	nobody := override("", 0, "2026-03-03T10:00:00Z", "2026-03-03T12:00:00Z", "2026-03-01T10:00:00Z")
	second := override("dave", 1, "2026-03-03T10:00:00Z", "2026-03-03T12:00:00Z", "2026-03-01T08:00:00Z")
	early := override("dave", 0, "2026-03-01T10:00:00Z", "2026-03-01T12:00:00Z", "2026-02-01T08:00:00Z")

	for _, c := range []struct {
		name      string
		rotations []Rotation
		overrides []Override
		at, want  string
	}{
		{"before the start nobody is on call", []Rotation{base}, nil, "2026-03-02T08:59:59Z", ""},
		{"at the start the first is", []Rotation{base}, nil, "2026-03-02T09:00:00Z", "alice until 2026-03-03T09:00:00Z"},
		{"after the last the first is again", []Rotation{base}, nil, "2026-03-05T09:00:00Z", "alice until 2026-03-06T09:00:00Z"},
		{"two seats hold two users in order", []Rotation{twoSeats}, nil, "2026-03-02T09:00:00Z", "alice until 2026-03-03T09:00:00Z, bob until 2026-03-03T09:00:00Z"},
		{"the second seat begins again with the first user", []Rotation{twoSeats}, nil, "2026-03-04T09:00:00Z", "carol until 2026-03-05T09:00:00Z, alice until 2026-03-05T09:00:00Z"},
		{"a seat without a user is left out", []Rotation{with(func(r *Rotation) { r.Users, r.Seats = []string{"alice"}, 2 })}, nil, "2026-03-02T09:00:00Z", "alice until 2026-03-03T09:00:00Z"},
		{"a rotation without users is empty", []Rotation{rotation("primary", "2026-03-02T09:00", daily)}, nil, "2026-03-02T09:00:00Z", ""},
		{"rotations are listed in their order", []Rotation{late, base}, nil, "2026-03-20T09:00:00Z", "dave until 2026-03-21T09:00:00Z, alice until 2026-03-21T09:00:00Z"},

		{"before work nobody is on call", []Rotation{office}, nil, "2026-03-09T08:59:59Z", ""},
		{"work begins on the minute", []Rotation{office}, nil, "2026-03-09T09:00:00Z", "bob until 2026-03-09T17:00:00Z"},
		{"work lasts to the second before its end", []Rotation{office}, nil, "2026-03-09T16:59:59Z", "bob until 2026-03-09T17:00:00Z"},
		{"its end is outside", []Rotation{office}, nil, "2026-03-09T17:00:00Z", ""},
		{"another weekday has its own hours", []Rotation{office}, nil, "2026-03-10T09:00:00Z", ""},
		{"24:00 is the end of the day", []Rotation{office}, nil, "2026-03-10T23:59:59Z", "carol until 2026-03-11T06:00:00Z"},
		{"a night goes on from 00:00", []Rotation{office}, nil, "2026-03-11T00:00:00Z", "carol until 2026-03-11T06:00:00Z"},
		{"work is on the wall clock: 09:30 summer time", []Rotation{office}, nil, "2026-03-30T08:30:00Z", "bob until 2026-03-30T16:00:00Z"},
		{"work is on the wall clock: 17:30 summer time", []Rotation{office}, nil, "2026-03-30T16:30:00Z", ""},

		{"an edit leaves the past alone", []Rotation{base, edited, again}, nil, "2026-03-10T11:59:59Z", "carol until 2026-03-10T12:00:00Z"},
		{"an edit counts from its instant", []Rotation{base, edited, again}, nil, "2026-03-10T12:00:00Z", "dave until 2026-03-11T09:00:00Z"},
		{"the latest edit that has passed counts", []Rotation{base, edited, again}, nil, "2026-03-20T12:00:00Z", "erin until 2026-03-21T09:00:00Z"},
		{"in whatever order they are listed", []Rotation{again, edited, base}, nil, "2026-03-20T12:00:00Z", "erin until 2026-03-21T09:00:00Z"},
		{"and so it was before", []Rotation{again, edited, base}, nil, "2026-03-19T12:00:00Z", "dave until 2026-03-20T09:00:00Z"},
		{"before the first version nobody is on call", []Rotation{edited}, nil, "2026-03-10T11:59:59Z", ""},

		{"a rotation ends", []Rotation{with(func(r *Rotation) { r.EffectiveUntil = moment("2026-03-10T12:00:00Z") })}, nil, "2026-03-10T11:59:59Z", "carol until 2026-03-10T12:00:00Z"},
		{"and then nobody is on call", []Rotation{with(func(r *Rotation) { r.EffectiveUntil = moment("2026-03-10T12:00:00Z") })}, nil, "2026-03-10T12:00:00Z", ""},
		{"nor does an earlier version count again", []Rotation{base, with(func(r *Rotation) {
			r.EffectiveFrom, r.EffectiveUntil = moment("2026-03-09T12:00:00Z"), moment("2026-03-10T12:00:00Z")
		})}, nil, "2026-03-10T12:00:00Z", ""},
		{"it may begin again", []Rotation{with(func(r *Rotation) { r.EffectiveUntil = moment("2026-03-10T12:00:00Z") }), again}, nil, "2026-03-20T12:00:00Z", "erin until 2026-03-21T09:00:00Z"},
		{"a rotation may have a zone of its own", []Rotation{with(func(r *Rotation) { r.TimeZone = newYork })}, nil, "2026-03-03T13:59:59Z", "alice until 2026-03-03T14:00:00Z"},

		{"an override has not begun", []Rotation{base}, []Override{dave}, "2026-03-03T09:59:59Z", "bob until 2026-03-03T10:00:00Z"},
		{"an override begins", []Rotation{base}, []Override{dave}, "2026-03-03T10:00:00Z", "dave (override) until 2026-03-03T12:00:00Z"},
		{"an override lasts to the second before its end", []Rotation{base}, []Override{dave}, "2026-03-03T11:59:59Z", "dave (override) until 2026-03-03T12:00:00Z"},
		{"an override ends", []Rotation{base}, []Override{dave}, "2026-03-03T12:00:00Z", "bob until 2026-03-04T09:00:00Z"},
		{"the override made later wins", []Rotation{base}, []Override{dave, erin}, "2026-03-03T11:00:00Z", "erin (override) until 2026-03-03T14:00:00Z"},
		{"in whatever order they are listed", []Rotation{base}, []Override{erin, dave}, "2026-03-03T11:00:00Z", "erin (override) until 2026-03-03T14:00:00Z"},
		{"an override by nobody leaves the seat empty", []Rotation{base}, []Override{dave, nobody}, "2026-03-03T11:00:00Z", ""},
		{"an override is of one seat", []Rotation{twoSeats}, []Override{second}, "2026-03-03T11:00:00Z", "bob until 2026-03-04T09:00:00Z, dave (override) until 2026-03-03T12:00:00Z"},
		{"an override of a seat that is no more counts for nothing", []Rotation{base}, []Override{second}, "2026-03-03T11:00:00Z", "bob until 2026-03-04T09:00:00Z"},
		{"an override is of one rotation", []Rotation{late}, []Override{dave}, "2026-03-03T11:00:00Z", ""},
		{"an override works outside working hours", []Rotation{office}, []Override{dave}, "2026-03-03T11:00:00Z", "dave (override) until 2026-03-03T12:00:00Z"},
		{"an override works before the start", []Rotation{base}, []Override{early}, "2026-03-01T11:00:00Z", "dave (override) until 2026-03-01T12:00:00Z"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := Schedule{TimeZone: london, Rotations: c.rotations, Overrides: c.overrides}
			if diff := cmp.Diff(c.want, inUTC(s.OnCall(instant(c.at)))); diff != "" {
				t.Error(diff)
			}
		})
	}
	if got := (Schedule{TimeZone: "Mars/Olympus", Rotations: []Rotation{base}}).OnCall(instant("2026-03-03T11:00:00Z")); got != nil {
		t.Errorf("in an unknown zone %v is on call", got)
	}
}

func TestNextOnCall(t *testing.T) {
	base := rotation("primary", "2026-03-02T09:00", daily, "alice", "bob", "carol")
	office := base
	office.WorkingIntervals = []WorkingInterval{{"monday", 10 * 60, 17 * 60}}
	twoSeats := base
	twoSeats.Seats = 2
	tomorrow := Override{Rotation: "primary", UserID: "dave", From: instant("2026-03-03T00:00:00Z"), To: instant("2026-03-04T00:00:00Z")}
	today := Override{Rotation: "primary", UserID: "dave", From: instant("2026-03-02T10:00:00Z"), To: instant("2026-03-02T11:00:00Z")}
	nobody := tomorrow
	nobody.UserID = ""
	later := Override{Rotation: "primary", UserID: "dave", From: instant("2026-03-03T12:00:00Z"), To: instant("2026-03-03T13:00:00Z")}
	only := func(r Rotation) []Rotation { return []Rotation{r} }
	abroad := base
	abroad.TimeZone = newYork
	ending := func(at string) Rotation { r := base; r.EffectiveUntil = moment(at); return r }
	edited := func(from string) []Rotation {
		r := rotation("primary", "2026-03-02T09:00", daily, "erin")
		r.EffectiveFrom = moment(from)
		return []Rotation{base, r}
	}

	for _, c := range []struct {
		name      string
		rotations []Rotation
		override  []Override
		at, want  string
	}{
		{"the next of the list", only(base), nil, "2026-03-02T10:00:00Z", "bob until 2026-03-04T09:00:00Z"},
		{"after the last comes the first", only(base), nil, "2026-03-04T10:00:00Z", "alice until 2026-03-06T09:00:00Z"},
		{"before the start the first is next", only(base), nil, "2026-03-01T10:00:00Z", "alice until 2026-03-03T09:00:00Z"},
		{"every seat moves on", only(twoSeats), nil, "2026-03-02T10:00:00Z", "bob until 2026-03-04T09:00:00Z, carol until 2026-03-04T09:00:00Z"},
		{"outside working hours too", only(office), nil, "2026-03-02T03:00:00Z", "alice until 2026-03-03T09:00:00Z"},
		{"an override that is over by then does not count", only(base), []Override{today}, "2026-03-02T10:30:00Z", "bob until 2026-03-04T09:00:00Z"},
		{"who stands in for the next is next", only(base), []Override{tomorrow}, "2026-03-02T10:30:00Z", "dave (override) until 2026-03-04T00:00:00Z"},
		{"a version that takes effect with the handover counts", edited("2026-03-03T09:00:00Z"), nil, "2026-03-02T10:30:00Z", "erin until 2026-03-04T09:00:00Z"},
		{"one that takes effect before it counts", edited("2026-03-02T12:00:00Z"), nil, "2026-03-02T10:30:00Z", "erin until 2026-03-04T09:00:00Z"},
		{"one that takes effect after it ends their duty", edited("2026-03-03T12:00:00Z"), nil, "2026-03-02T10:30:00Z", "bob until 2026-03-03T12:00:00Z"},
		{"an override that begins in their duty ends it", only(base), []Override{later}, "2026-03-02T10:30:00Z", "bob until 2026-03-03T12:00:00Z"},
		{"work that ends in their duty does not", only(office), nil, "2026-03-08T10:30:00Z", "bob until 2026-03-10T09:00:00Z"},
		{"a rotation that ends before has nobody next", only(ending("2026-03-02T12:00:00Z")), nil, "2026-03-02T10:30:00Z", ""},
		{"one that ends after it ends their duty", only(ending("2026-03-03T12:00:00Z")), nil, "2026-03-02T10:30:00Z", "bob until 2026-03-03T12:00:00Z"},
		{"a rotation in a zone of its own", only(abroad), nil, "2026-03-03T08:00:00Z", "bob until 2026-03-04T14:00:00Z"},
		{"a version in a zone of its own", func() []Rotation {
			versions := edited("2026-03-03T09:00:00Z")
			versions[1].TimeZone = newYork
			return versions
		}(), nil, "2026-03-02T10:30:00Z", "erin until 2026-03-03T14:00:00Z"},
		{"when nobody stands in nobody is next", only(base), []Override{nobody}, "2026-03-02T10:30:00Z", ""},
		{"an hour that the clocks skip is passed over", only(rotation("primary", "2026-03-29T00:00", hourly, "alice", "bob", "carol")), nil, "2026-03-29T00:30:00Z", "carol until 2026-03-29T02:00:00Z"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := Schedule{TimeZone: london, Rotations: c.rotations, Overrides: c.override}
			if diff := cmp.Diff(c.want, inUTC(s.NextOnCall(instant(c.at)))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestEveryone(t *testing.T) {
	old := rotation("primary", "2026-03-02T09:00", daily, "alice", "bob")
	edited := rotation("primary", "2026-03-02T09:00", daily, "bob", "carol")
	edited.EffectiveFrom = moment("2026-03-10T12:00:00Z")
	s := Schedule{TimeZone: london, Rotations: []Rotation{old, rotation("late", "2026-03-02T09:00", daily, "alice", "dave"), edited}}
	for _, c := range []struct{ name, at, want string }{
		{"all users of all rotations, in their order", "2026-03-10T11:00:00Z", "primary alice, primary bob, late alice, late dave"},
		{"of the version in force", "2026-03-10T12:00:00Z", "primary bob, primary carol, late alice, late dave"},
		{"before the start too", "2026-03-01T12:00:00Z", "primary alice, primary bob, late alice, late dave"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			for _, d := range s.Everyone(instant(c.at)) {
				got = append(got, d.Rotation+" "+d.UserID)
			}
			if diff := cmp.Diff(c.want, strings.Join(got, ", ")); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestScheduleValidate(t *testing.T) {
	valid := func() Schedule {
		r := rotation("primary", "2026-03-02T09:00", daily, "alice", "bob")
		r.WorkingIntervals = []WorkingInterval{{"monday", 9 * 60, 24 * 60}}
		return Schedule{Name: "Primary", TimeZone: london, Rotations: []Rotation{r}}
	}
	for _, c := range []struct {
		name  string
		fault func(*Schedule)
		want  []string
	}{
		{"nothing is wrong", func(s *Schedule) {}, nil},
		{"no name", func(s *Schedule) { s.Name = " " }, []string{"name"}},
		{"a long name", func(s *Schedule) { s.Name = strings.Repeat("a", 101) }, []string{"name"}},
		{"a zone that is not in the database", func(s *Schedule) { s.TimeZone = "Mars/Olympus" }, []string{"time_zone"}},
		{"no zone", func(s *Schedule) { s.TimeZone = "" }, []string{"time_zone"}},
		{"the zone of the machine", func(s *Schedule) { s.TimeZone = "Local" }, []string{"time_zone"}},
		{"no rotation", func(s *Schedule) { s.Rotations = nil }, []string{"rotations"}},
		{"a rotation without a name", func(s *Schedule) { s.Rotations[0].Name = "" }, []string{"rotations[0].name"}},
		{"nobody in a rotation", func(s *Schedule) { s.Rotations[0].Users = nil }, []string{"rotations[0].users"}},
		{"an unknown user", func(s *Schedule) { s.Rotations[0].Users[1] = "zoe" }, []string{"rotations[0].users[1]"}},
		{"a user twice", func(s *Schedule) { s.Rotations[0].Users[1] = "alice" }, []string{"rotations[0].users[1]"}},
		{"more seats than users", func(s *Schedule) { s.Rotations[0].Seats = 3 }, []string{"rotations[0].seats"}},
		{"fewer seats than none", func(s *Schedule) { s.Rotations[0].Seats = -1 }, []string{"rotations[0].seats"}},
		{"no start", func(s *Schedule) { s.Rotations[0].Handover.StartsAt = LocalTime{} }, []string{"rotations[0].handover.starts_at"}},
		{"no cadence", func(s *Schedule) { s.Rotations[0].Handover.Every = nil }, []string{"rotations[0].handover.every"}},
		{"too many cadences", func(s *Schedule) { s.Rotations[0].Handover.Every = slices.Repeat(daily, 21) }, []string{"rotations[0].handover.every"}},
		{"an unknown unit", func(s *Schedule) { s.Rotations[0].Handover.Every = []Cadence{{"months", 1}} }, []string{"rotations[0].handover.every[0].unit"}},
		{"no count", func(s *Schedule) { s.Rotations[0].Handover.Every = []Cadence{{"days", 0}} }, []string{"rotations[0].handover.every[0].count"}},
		{"an unknown weekday", func(s *Schedule) { s.Rotations[0].WorkingIntervals[0].Weekday = "Monday" }, []string{"rotations[0].working_intervals[0].weekday"}},
		{"work over midnight", func(s *Schedule) { s.Rotations[0].WorkingIntervals[0].To = 6 * 60 }, []string{"rotations[0].working_intervals[0].to"}},
		{"work that overlaps on one day", func(s *Schedule) {
			s.Rotations[0].WorkingIntervals = []WorkingInterval{{"monday", 9 * 60, 17 * 60}, {"monday", 8 * 60, 10 * 60}}
		}, []string{"rotations[0].working_intervals[1]"}},
		{"work that overlaps on no day", func(s *Schedule) {
			s.Rotations[0].WorkingIntervals = []WorkingInterval{{"monday", 9 * 60, 17 * 60}, {"monday", 17 * 60, 18 * 60}, {"tuesday", 9 * 60, 17 * 60}}
		}, nil},
		{"a version that ends as it begins", func(s *Schedule) {
			s.Rotations[0].EffectiveFrom, s.Rotations[0].EffectiveUntil = moment("2026-03-02T09:00:00Z"), moment("2026-03-02T09:00:00Z")
		}, []string{"rotations[0].effective_until"}},
		{"a version that ends", func(s *Schedule) { s.Rotations[0].EffectiveUntil = moment("2026-03-02T09:00:00Z") }, nil},
		{"a rotation's zone that is not in the database", func(s *Schedule) { s.Rotations[0].TimeZone = "Mars/Olympus" }, []string{"rotations[0].time_zone"}},
		{"a rotation's own zone", func(s *Schedule) { s.Rotations[0].TimeZone = "Asia/Tokyo" }, nil},
		{"more rotations than fifty", func(s *Schedule) {
			s.Rotations = many(51, s.Rotations[0], func(r *Rotation, i int) { r.Name = fmt.Sprint(i) })
		}, []string{"rotations"}},
		{"many versions of one", func(s *Schedule) { s.Rotations = many(1000, s.Rotations[0], since) }, nil},
		{"too many versions", func(s *Schedule) { s.Rotations = many(1001, s.Rotations[0], since) }, []string{"rotations"}},
		{"two versions from the same instant", func(s *Schedule) { s.Rotations = append(s.Rotations, s.Rotations[0]) }, []string{"rotations[1].effective_from"}},
		{"two versions from different instants", func(s *Schedule) {
			s.Rotations = append(s.Rotations, s.Rotations[0])
			s.Rotations[1].EffectiveFrom = moment("2026-03-02T09:00:00Z")
		}, nil},
		{"several at once", func(s *Schedule) { s.Name, s.TimeZone, s.Rotations[0].Users[0] = "", "", "zoe" }, []string{"name", "time_zone", "rotations[0].users[0]"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := valid()
			c.fault(&s)
			if diff := cmp.Diff(c.want, faulty(s.Validate(isUser))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// many are versions of a rotation, each with a change of its own.
func many(n int, r Rotation, change func(r *Rotation, i int)) []Rotation {
	all := slices.Repeat([]Rotation{r}, n)
	for i := range all {
		change(&all[i], i)
	}
	return all
}

func since(r *Rotation, i int) {
	at := instant(monday).AddDate(0, 0, i)
	r.EffectiveFrom = &at
}

var (
	hourly    = []Cadence{{"hours", 1}}
	daily     = []Cadence{{"days", 1}}
	weekly    = []Cadence{{"weeks", 1}}
	fourThree = []Cadence{{"days", 4}, {"days", 3}}
)

func rotation(name, starts string, every []Cadence, users ...string) Rotation {
	return Rotation{Name: name, Users: users, Handover: Handover{StartsAt: local(starts), Every: every}}
}

func local(s string) LocalTime {
	var l LocalTime
	if err := l.UnmarshalJSON([]byte(`"` + s + `"`)); err != nil {
		panic(err)
	}
	return l
}

func instant(s string) time.Time {
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		panic(err)
	}
	return t
}

func moment(s string) *time.Time { t := instant(s); return &t }

func mustZone(name string) *time.Location {
	loc, err := time.LoadLocation(name)
	if err != nil {
		panic(err)
	}
	return loc
}

func isUser(id string) bool { return id == "alice" || id == "bob" || id == "carol" }

// told is who is on call until when, in one line.
func told(duties []Duty) string {
	lines := make([]string, len(duties))
	for i, d := range duties {
		override := map[bool]string{true: " (override)"}[d.Override]
		lines[i] = d.UserID + override + " until " + d.Until.Format(time.RFC3339)
	}
	return strings.Join(lines, ", ")
}

func inUTC(duties []Duty) string {
	for i := range duties {
		duties[i].Until = duties[i].Until.UTC()
	}
	return told(duties)
}

// faulty lists the fields that an error names.
func faulty(err error) []string {
	if err == nil {
		return nil
	}
	var faults Faults
	if !errors.As(err, &faults) {
		return []string{err.Error()}
	}
	var fields []string
	for _, fault := range faults {
		fields = append(fields, fault.Field)
	}
	return fields
}
