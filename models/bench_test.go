package models

import (
	"fmt"
	"testing"
	"time"
)

// The plan of a call is made while the caller hears nothing yet: for 200 people it takes under
// 50 µs, and twice the people take about twice as long.
func BenchmarkPlan(b *testing.B) {
	for _, people := range []int{50, 100, 200, 400} {
		b.Run(fmt.Sprintf("%d people by name", people), func(b *testing.B) {
			d, named := benchDirectory(people)
			makePlan(b, named, d, people)
		})
	}
	for _, c := range []struct {
		mode   string
		target func(scheduleID string) Target
	}{{"on call", current}, {"next", next}, {"everyone", everyone}} {
		b.Run("200 people by schedules, "+c.mode, func(b *testing.B) {
			d, _ := benchDirectory(200)
			makePlan(b, []Level{oneByOne(c.target("s-0")), oneByOne(c.target("s-1"))}, d, 200)
		})
	}
}

// Memory is counted exactly, on whatever machine.
func TestPlansAreCheap(t *testing.T) {
	d, named := benchDirectory(200)
	for _, c := range []struct {
		name   string
		levels []Level
		atMost float64 // allocations for 200 people
	}{
		{"by name", named, 25},
		{"on call", []Level{oneByOne(current("s-0")), oneByOne(current("s-1"))}, 250},
		{"next", []Level{oneByOne(next("s-0")), oneByOne(next("s-1"))}, 100},
		{"everyone", []Level{oneByOne(everyone("s-0")), oneByOne(everyone("s-1"))}, 100},
	} {
		r, at := Route{Levels: c.levels}.Defaults(), instant(monday)
		if n := testing.AllocsPerRun(10, func() { MakePlan(r, "+447700900001", d, at, 7) }); n > c.atMost {
			t.Errorf("%s: %.0f allocations", c.name, n)
		}
	}
}

func BenchmarkOnCall(b *testing.B) {
	d, _ := benchDirectory(200)
	at, s := instant(monday), d.Schedules["s-0"]
	b.ReportAllocs()
	for b.Loop() {
		if n := len(s.OnCall(at)); n != 100 {
			b.Fatalf("%d people are on call", n)
		}
	}
}

// Who is on call now, of 20 people in turn, takes under 5 µs when the zone is at hand, as it is for a
// call. OnCall, which reads the zone from a file, takes as long as that does.
func BenchmarkOnCallNow(b *testing.B) {
	s, at, loc := rota(20, weekly), instant(monday), mustZone(london)
	for _, c := range []struct {
		name   string
		duties func() []Duty
	}{
		{"the zone at hand", func() []Duty { return s.duties(at, loc, false) }},
		{"the zone read", func() []Duty { return s.OnCall(at) }},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if len(c.duties()) != 1 {
					b.Fatal("nobody is on call")
				}
			}
		})
	}
}

// A year of 20 people who hand over weekly or daily takes under 1 ms, and two years twice that.
func BenchmarkEntries(b *testing.B) {
	office := rota(20, daily)
	for _, day := range []string{"monday", "tuesday", "wednesday", "thursday", "friday"} {
		office.Rotations[0].WorkingIntervals = append(office.Rotations[0].WorkingIntervals, WorkingInterval{day, 9 * 60, 17 * 60})
	}
	overridden := rota(20, daily)
	for at := range 730 {
		from := instant(monday).AddDate(0, 0, at)
		overridden.Overrides = append(overridden.Overrides, Override{
			ID: fmt.Sprint(at), Rotation: "primary", UserID: "erin", From: from, To: from.Add(30 * time.Hour), CreatedAt: from.AddDate(0, 0, -at%7),
		})
	}
	two := rota(20, daily)
	two.Rotations = append(two.Rotations, rotation("late", "2020-03-02T17:00", daily, "alice", "bob"))
	for _, c := range []struct {
		name string
		s    Schedule
	}{
		{"weekly", rota(20, weekly)}, {"daily", rota(20, daily)}, {"hourly", rota(20, hourly)},
		{"daily at work", office}, {"daily with an override a day", overridden}, {"two rotations, daily", two},
	} {
		for years := 1; years <= 2; years++ {
			b.Run(fmt.Sprintf("%s, years: %d", c.name, years), func(b *testing.B) {
				from := instant(monday)
				b.ReportAllocs()
				for b.Loop() {
					if len(c.s.entries(Stretch{from, from.AddDate(years, 0, 0)}, nil).Final) < 52 {
						b.Fatal("entries are missing")
					}
				}
			})
		}
	}
}

func rota(people int, every []Cadence) Schedule {
	var ids []string
	for i := range people {
		ids = append(ids, fmt.Sprintf("019a3c5e-0000-7000-8000-%012d", i))
	}
	return Schedule{TimeZone: london, Rotations: []Rotation{rotation("primary", "2020-03-02T09:00", every, ids...)}}
}

func BenchmarkShift(b *testing.B) {
	r := rotation("primary", "2020-03-02T09:00", fourThree, "alice", "bob", "carol")
	at, loc := instant("2026-03-29T00:30:00Z"), mustZone(london)
	for b.Loop() {
		r.shift(at, loc)
	}
}

func BenchmarkLongestWait(b *testing.B) {
	d, named := benchDirectory(200)
	for i := range named {
		named[i].Strategy = AllAtOnce
	}
	p := MakePlan(Route{Levels: named, MaxWaitSeconds: 900}, "+447700900001", d, instant(monday), 7)
	p.CallsPerSecond = 1
	for b.Loop() {
		p.LongestWait()
	}
}

func makePlan(b *testing.B, levels []Level, d Directory, people int) {
	r, at := Route{Levels: levels}.Defaults(), instant(monday)
	b.ReportAllocs()
	for b.Loop() {
		planned := 0
		for _, level := range MakePlan(r, "+447700900001", d, at, 7).Levels {
			planned += len(level.People)
		}
		if planned != people {
			b.Fatalf("%d people are planned", planned)
		}
	}
}

// benchDirectory has so many people, the levels of 20 that name them all, and two schedules of ten
// rotations that have half of them on call each. A tenth of their seats is overridden now by the
// one whose seat it is, and as many will be.
func benchDirectory(people int) (Directory, []Level) {
	d := Directory{Users: map[string]User{}, Schedules: map[string]Schedule{}, Zones: map[string]*time.Location{london: mustZone(london)}}
	var levels []Level
	var ids []string
	for i := range people {
		id := fmt.Sprintf("019a3c5e-0000-7000-8000-%012d", i)
		d.Users[id] = User{ID: id, Name: fmt.Sprint("Person ", i), Active: true, OnCallLicence: true, Phones: []UserPhone{
			{Label: "mobile", Number: Phone(fmt.Sprintf("+1202555%04d", 100+i%100))},
		}}
		if i%20 == 0 {
			levels = append(levels, Level{Strategy: OneByOne})
		}
		last := &levels[len(levels)-1]
		last.Targets, ids = append(last.Targets, aUser(id)), append(ids, id)
	}
	for _, id := range []string{"s-0", "s-1"} {
		s := Schedule{ID: id, Name: "Schedule " + id, TimeZone: london}
		for i := range 10 {
			r := rotation(fmt.Sprint("rotation ", i), "2020-03-02T09:00", fourThree, ids[:people/20]...)
			r.Seats, ids = people/20, ids[people/20:]
			s.Rotations = append(s.Rotations, r)
			seat := i % r.Seats
			for _, begins := range []time.Duration{-time.Hour, time.Hour} {
				at := instant(monday).Add(begins)
				s.Overrides = append(s.Overrides, Override{Rotation: r.Name, Seat: seat, UserID: holder(s, r, seat), From: at, To: at.Add(2 * time.Hour)})
			}
		}
		d.Schedules[id] = s
	}
	return d, levels
}

// holder is who holds a seat of a rotation by itself.
func holder(s Schedule, r Rotation, seat int) string {
	s.Rotations, s.Overrides = []Rotation{r}, nil
	return s.OnCall(instant(monday))[seat].UserID
}
