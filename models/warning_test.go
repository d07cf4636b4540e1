package models

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// inShort is a warning with its place before it, and a mark where it is serious.
func inShort(found []Warning) (lines []string) {
	for _, w := range found {
		line := w.Place + ": " + w.Message
		if w.Serious {
			line = "! " + line
		}
		lines = append(lines, line)
	}
	return lines
}

// safe is a route of which nothing but its levels can be warned of.
func safe(levels ...Level) Route {
	return Route{
		Enabled: true, PhoneNumberID: "ours", Levels: levels, Accept: Acceptance{Required: true}, EmergencyNumber: "+12025550199",
	}.Defaults()
}

func warningsOf(r Route, d Directory, at time.Time) []string {
	return inShort(r.Warnings(MakePlan(r, "+447700900001", d, at, 0), d))
}

func TestARouteWarnsOfLevelsThatAreEmptyWithinAWeek(t *testing.T) {
	const at = "2026-03-02T10:30:00Z" // a Monday
	day := func(users ...string) Rotation { return rotation("day", "2026-01-05T09:00", daily, users...) }
	offOn := func(from, to string) []Override {
		return []Override{{Rotation: "day", From: instant(from), To: instant(to)}}
	}
	office := func(users ...string) Rotation {
		r := day(users...)
		for _, weekday := range []string{"monday", "tuesday", "wednesday", "thursday", "friday"} {
			r.WorkingIntervals = append(r.WorkingIntervals, WorkingInterval{weekday, 9 * 60, 18 * 60})
		}
		return r
	}
	until := func(end string, r Rotation) Rotation { r.EffectiveUntil = moment(end); return r }
	from := func(begin string, r Rotation) Rotation { r.EffectiveFrom = moment(begin); return r }
	const weekend, sunday = "2026-03-07T18:00:00Z", "2026-03-09T09:00:00Z"
	for _, c := range []struct {
		name   string
		s      Schedule // "s" in london, unless it has another zone
		levels []Level
		want   []string
	}{
		{"never empty", Schedule{Rotations: []Rotation{day("alice")}}, []Level{oneByOne(current("s"))}, nil},
		{"empty once, in the second level", Schedule{Rotations: []Rotation{day("alice")}, Overrides: offOn(weekend, sunday)},
			[]Level{oneByOne(aUser("bob")), oneByOne(current("s"))},
			[]string{"levels[1]: Level 2 rings nobody from Sat 7 Mar 18:00 to Mon 9 Mar 09:00 (Europe/London)."}},
		{"somebody else in the level fills it", Schedule{Rotations: []Rotation{day("alice")}, Overrides: offOn(weekend, sunday)},
			[]Level{oneByOne(current("s"), aUser("bob"))}, nil},
		{"somebody out of reach does not", Schedule{Rotations: []Rotation{day("alice")}, Overrides: offOn(weekend, sunday)},
			[]Level{oneByOne(aUser("bob")), oneByOne(current("s"), aUser("dave"))},
			[]string{"levels[1]: Level 2 rings nobody from Sat 7 Mar 18:00 to Mon 9 Mar 09:00 (Europe/London).",
				"levels[1].targets[1]: Level 2 never rings Dave, who has no phone."}},
		{"empty every night", Schedule{Rotations: []Rotation{office("alice")}},
			[]Level{oneByOne(aUser("bob")), oneByOne(current("s"))},
			[]string{"levels[1]: Level 2 rings nobody from Mon 2 Mar 18:00 to Tue 3 Mar 09:00 (Europe/London), the first of 5 such times in the next 7 days."}},
		{"in the zone of the schedule", Schedule{Rotations: []Rotation{day("alice")}, TimeZone: newYork, Overrides: offOn(weekend, sunday)},
			[]Level{oneByOne(aUser("bob")), oneByOne(aUser("dave"), current("s"))},
			[]string{"levels[1]: Level 2 rings nobody from Sat 7 Mar 13:00 to Mon 9 Mar 05:00 (America/New_York).", // the clocks change between
				"levels[1].targets[0]: Level 2 never rings Dave, who has no phone."}},
		{"until it begins", Schedule{Rotations: []Rotation{rotation("day", "2026-03-04T09:00", daily, "alice")}},
			[]Level{oneByOne(aUser("bob")), oneByOne(current("s"))},
			[]string{"levels[1]: Level 2 rings nobody until Wed 4 Mar 09:00 (Europe/London)."}},
		{"since it ends", Schedule{Rotations: []Rotation{until("2026-03-06T12:00:00Z", day("alice"))}},
			[]Level{oneByOne(aUser("bob")), oneByOne(current("s"))},
			[]string{"levels[1]: Level 2 rings nobody from Fri 6 Mar 12:00 on (Europe/London)."}},
		{"for the whole week", Schedule{Rotations: []Rotation{rotation("day", "2030-03-04T09:00", daily, "alice")}},
			[]Level{oneByOne(aUser("bob")), oneByOne(current("s"))},
			[]string{"levels[1]: Level 2 rings nobody in the next 7 days."}},
		{"while somebody out of reach is on call", Schedule{Rotations: []Rotation{rotation("day", "2026-03-02T09:00", fourThree, "alice", "dave")}},
			[]Level{oneByOne(aUser("bob")), oneByOne(current("s"))},
			[]string{"levels[1]: Level 2 rings nobody from Fri 6 Mar 09:00 to Mon 9 Mar 09:00 (Europe/London).",
				"levels[1].targets[0]: Level 2 never rings Dave, who has no phone."}},
		{"while somebody out of reach is next", Schedule{Rotations: []Rotation{rotation("day", "2026-03-02T09:00", fourThree, "alice", "dave")}},
			[]Level{oneByOne(aUser("bob")), oneByOne(next("s"))},
			[]string{"levels[1]: Level 2 rings nobody until Fri 6 Mar 09:00 (Europe/London), the first of 2 such times in the next 7 days.",
				"levels[1].targets[0]: Level 2 never rings Dave, who has no phone."}},
		{"everyone is out of reach until an edit takes effect", Schedule{Rotations: []Rotation{day("dave"), from("2026-03-05T00:00:00Z", day("alice"))}},
			[]Level{oneByOne(aUser("bob")), oneByOne(everyone("s"))},
			[]string{"levels[1]: Level 2 rings nobody until Thu 5 Mar 00:00 (Europe/London).",
				"levels[1].targets[0]: Level 2 never rings Dave, who has no phone."}},
		{"the only level", Schedule{Rotations: []Rotation{day("alice")}, Overrides: offOn(weekend, sunday)}, []Level{oneByOne(current("s"))},
			[]string{"! levels: Nobody at all is rung from Sat 7 Mar 18:00 to Mon 9 Mar 09:00 (Europe/London)."}},
		{"every level at one time, and each at another too", Schedule{Rotations: []Rotation{office("alice")}},
			[]Level{oneByOne(current("s")), oneByOne(current("holey"))},
			[]string{"! levels: Nobody at all is rung from Wed 4 Mar 18:00 to Wed 4 Mar 20:00 (Europe/London).",
				"levels[0]: Level 1 rings nobody from Mon 2 Mar 18:00 to Tue 3 Mar 09:00 (Europe/London), the first of 5 such times in the next 7 days.",
				"levels[1]: Level 2 rings nobody from Wed 4 Mar 12:00 to Wed 4 Mar 20:00 (Europe/London)."}},
		{"levels that are never empty together", Schedule{Rotations: []Rotation{office("alice")}},
			[]Level{oneByOne(current("s")), oneByOne(aUser("bob"))},
			[]string{"levels[0]: Level 1 rings nobody from Mon 2 Mar 18:00 to Tue 3 Mar 09:00 (Europe/London), the first of 5 such times in the next 7 days."}},
		{"who was rung before is no emptiness of the week", Schedule{Rotations: []Rotation{day("alice")}},
			[]Level{oneByOne(current("s")), oneByOne(aUser("alice"))},
			[]string{"levels[1]: Level 2 rings nobody at this time: all of it were rung in an earlier level."}},
		{"nobody whom we know", Schedule{Rotations: []Rotation{day("zoe")}}, []Level{oneByOne(current("s"))},
			[]string{"! levels: Nobody at all is rung in the next 7 days.",
				"levels[0].targets[0]: Level 1 never rings a person, who is no longer in the directory."}},
		{"a zone that the machine does not know", Schedule{Rotations: []Rotation{day("alice")}, TimeZone: "Mars/Olympus"}, []Level{oneByOne(current("s"))},
			[]string{"! levels: Nobody at all is rung in the next 7 days."}},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := directory()
			if c.s.TimeZone == "" {
				c.s.TimeZone = london
			}
			d.Schedules["s"] = c.s
			d.Schedules["holey"] = Schedule{TimeZone: london, Rotations: []Rotation{day("bob")}, Overrides: offOn("2026-03-04T12:00:00Z", "2026-03-04T20:00:00Z")}
			r := safe(c.levels...)
			r.RingSeconds = 20 // no long wait
			if diff := cmp.Diff(c.want, warningsOf(r, d, instant(at))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Whether a level is empty at an instant is what the plan of a call at that instant says.
func TestALevelIsEmptyWhenItsPlanRingsNobody(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r, d, at := anyRoute(t)
		within := Stretch{at, at.Add(lookAhead)}
		known := map[Target][]Stretch{}
		for _, level := range r.Levels {
			empty := level.emptyBetween(d, within, known)
			for i, s := range empty {
				if !s.From.Before(s.To) || s.From.Before(within.From) || s.To.After(within.To) || i > 0 && s.From.Before(empty[i-1].To) {
					t.Fatalf("stretches %v", empty)
				}
			}
			instants := []time.Time{at}
			for _, s := range empty {
				instants = append(instants, s.From, s.To.Add(-1), s.To, s.From.Add(-1))
			}
			for range 5 {
				instants = append(instants, at.Add(time.Duration(rapid.Int64Range(0, int64(lookAhead)-1).Draw(t, "later"))))
			}
			for _, at := range instants {
				if at.Before(within.From) || !at.Before(within.To) {
					continue
				}
				told := slices.ContainsFunc(empty, func(s Stretch) bool { return !at.Before(s.From) && at.Before(s.To) })
				people := MakePlan(Route{Levels: []Level{level}}, "", d, at, 0).Levels[0].People
				if told != (len(people) == 0) {
					t.Fatalf("at %s %d people are rung, and empty is %v", at, len(people), empty)
				}
			}
		}
	})
}

func TestARouteWarnsOfLongWaits(t *testing.T) {
	three := []Level{oneByOne(aUser("alice"), aUser("bob"), aUser("carol"))} // of four phones
	for _, c := range []struct {
		name           string
		levels         []Level
		ringFor, waits int
		asksKey        bool
		callsPerSecond float64
		want           string
	}{
		{"a short one", []Level{oneByOne(aUser("bob"), aUser("carol"))}, 30, 900, true, 0, ""},
		{"more than three minutes", three, 30, 900, true, 0, "levels: A caller can wait for 4 min 8 s until everybody was tried."},
		{"three minutes", three, 43, 900, false, 0, ""},
		{"four phones in three minutes and 4 s", three, 44, 900, false, 0, "levels: A caller can wait for 3 min 4 s until everybody was tried."},
		{"whole minutes", three, 28, 900, true, 0, "levels: A caller can wait for 4 min until everybody was tried."},
		{"longer than the route lets them", three, 30, 120, true, 0,
			"max_wait_seconds: Trying everybody can take 4 min 8 s, and a caller waits for 2 min at most, so whoever comes last may never be rung."},
		{"all of it", three, 30, 248, true, 0, "levels: A caller can wait for 4 min 8 s until everybody was tried."},
		{"short, and longer than the route lets them", three[:1:1], 10, 90, true, 0,
			"max_wait_seconds: Trying everybody can take 2 min 48 s, and a caller waits for 1 min 30 s at most, so whoever comes last may never be rung."},
		{"all at once", []Level{{Strategy: AllAtOnce, Targets: three[0].Targets}}, 30, 900, true, 0, ""},
		{"all at once, and a slow carrier", []Level{{Strategy: AllAtOnce, Targets: three[0].Targets}}, 30, 900, true, 0.02,
			"levels: A caller can wait for 3 min 44 s until everybody was tried."},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := safe(c.levels...)
			r.RingSeconds, r.MaxWaitSeconds, r.Accept.Required = c.ringFor, c.waits, c.asksKey
			p := MakePlan(r, "", directory(), instant(monday), 0)
			p.CallsPerSecond = c.callsPerSecond
			got := slices.DeleteFunc(inShort(r.Warnings(p, directory())), func(w string) bool { return strings.HasPrefix(w, "accept") })
			if strings.Join(got, "") != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestARouteWarnsOfWhatIsLeftOpen(t *testing.T) {
	r := Route{Levels: []Level{oneByOne(aUser("bob"))}}.Defaults()
	want := []string{
		"enabled: The route is switched off.",
		"phone_number_id: The route has no phone number, so nobody can call it.",
		"accept.required: Responders are asked for no key, so a mailbox can take the call.",
		"emergency_number: There is no emergency number, so a caller reaches nobody while this service is away.",
	}
	if diff := cmp.Diff(want, warningsOf(r, directory(), instant(monday))); diff != "" {
		t.Error(diff)
	}
	if got := (Route{}).Warnings(Plan{}, Directory{}); got == nil {
		t.Error("no warnings are null")
	}
}

func TestARouteWarnsOfPhonesThatDoNotRing(t *testing.T) {
	refused := func(code int) *PhoneFault { return &PhoneFault{Code: code} }
	mobile := func(fault *PhoneFault) UserPhone {
		return UserPhone{Label: "mobile", Number: "+12025550101", Fault: fault}
	}
	desk := func(fault *PhoneFault) UserPhone {
		return UserPhone{Label: "desk", Number: "+12025550102", Fault: fault}
	}
	alice := func(phones ...UserPhone) User {
		return User{ID: "alice", Name: "Alice", Active: true, OnCallLicence: true, Phones: phones}
	}
	away := alice(mobile(refused(21211)))
	away.Active = false
	switchboard := UserPhone{Label: "switchboard", Number: "+12025550150"}

	twice, once := oneByOne(aUser("alice"), aUser("alice")), oneByOne(aUser("alice"))
	for _, c := range []struct {
		name   string
		user   User
		levels []Level
		want   []string
	}{
		{"no refusal, no warning", alice(mobile(nil), desk(nil)), []Level{once}, nil},
		{"one of two phones", alice(mobile(refused(21211)), desk(nil)), []Level{once}, []string{
			`levels[0].targets[0]: Level 1 may not reach Alice: the carrier refused to ring the phone "mobile", with code 21211.`,
		}},
		{"both phones", alice(mobile(refused(21211)), desk(refused(13224))), []Level{once}, []string{
			`levels[0].targets[0]: Level 1 may not reach Alice: the carrier refused to ring the phone "mobile", with code 21211.`,
			`levels[0].targets[0]: Level 1 may not reach Alice: the carrier refused to ring the phone "desk", with code 13224.`,
		}},
		{"named twice in a level, told once in each level", alice(mobile(refused(21211))), []Level{twice, once}, []string{
			`levels[0].targets[0]: Level 1 may not reach Alice: the carrier refused to ring the phone "mobile", with code 21211.`,
			`levels[1].targets[0]: Level 2 may not reach Alice: the carrier refused to ring the phone "mobile", with code 21211.`,
		}},
		{"who is not rung at all is told of only as that", away, []Level{once}, []string{
			"! levels: Nobody at all is rung in the next 7 days.", "levels[0].targets[0]: Level 1 never rings Alice, who is deactivated.",
		}},
		{"who has no phone", alice(), []Level{once}, []string{
			"! levels: Nobody at all is rung in the next 7 days.", "levels[0].targets[0]: Level 1 never rings Alice, who has no phone.",
		}},
		{"a phone that is our own number", alice(mobile(nil), switchboard), []Level{once}, []string{
			`levels[0].targets[0]: Level 1 may not reach Alice: the phone "switchboard" is our own number "Support line", and the call would come back here.`,
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := Directory{Users: map[string]User{"alice": c.user}, Numbers: map[string]PhoneNumber{
				"n1": {Number: switchboard.Number, Name: "Support line", Status: NumberActive},
				"n2": {Number: "+12025550101", Name: "Old line", Status: NumberReleased},
			}}
			r := safe(c.levels...)
			r.RingAgain = true
			got := warningsOf(r, d, instant(monday))
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
			if strings.Contains(strings.Join(got, ""), "55501") {
				t.Errorf("a warning names the number: %q", got)
			}
		})
	}
}

// The warnings of a schedule of 20 people take under 1 ms: they are made whenever a plan is shown.
func BenchmarkWarnings(b *testing.B) {
	d := Directory{Users: map[string]User{}, Schedules: map[string]Schedule{}, Zones: map[string]*time.Location{london: mustZone(london)}}
	var ids []string
	for i := range 20 {
		id := fmt.Sprintf("019a3c5e-0000-7000-8000-%012d", i)
		d.Users[id], ids = User{ID: id, Name: fmt.Sprint("Person ", i), Active: true, OnCallLicence: i%5 > 0, Phones: mobile("+12025550101")}, append(ids, id)
	}
	s := Schedule{Name: "Primary", TimeZone: london, Rotations: []Rotation{rotation("day", "2020-03-02T09:00", daily, ids...)}}
	for _, weekday := range []string{"monday", "tuesday", "wednesday", "thursday", "friday"} {
		s.Rotations[0].WorkingIntervals = append(s.Rotations[0].WorkingIntervals, WorkingInterval{weekday, 9 * 60, 18 * 60})
	}
	d.Schedules["s"] = s
	for _, c := range []struct {
		mode   string
		target func(string) Target
	}{{"on call", current}, {"next", next}, {"everyone", everyone}} {
		b.Run(c.mode, func(b *testing.B) {
			r := safe(oneByOne(c.target("s")), oneByOne(c.target("s"), aUser(ids[0])))
			p := MakePlan(r, "+447700900001", d, instant(monday), 0)
			b.ReportAllocs()
			for b.Loop() {
				r.Warnings(p, d)
			}
		})
	}
}
