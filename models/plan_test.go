package models

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// On Monday 2 March 2026 at 10:30 alice is on call in primary and carol stands in for her in covered.
const monday = "2026-03-02T10:30:00Z"

func TestMakePlan(t *testing.T) {
	for _, c := range []struct {
		name      string
		ringAgain bool
		levels    [][]Target
		want      []string // who is rung in which level, then who is skipped and why
	}{
		{"targets ring in their order", false, [][]Target{{aUser("bob"), aUser("alice")}}, []string{"1 bob", "1 alice"}},
		{"levels ring in their order", false, [][]Target{{aUser("bob")}, {aUser("alice")}, {aUser("carol")}}, []string{"1 bob", "2 alice", "3 carol"}},
		{"a schedule rings who is on call", false, [][]Target{{current("primary")}}, []string{"1 alice"}},
		{"a schedule rings who is next", false, [][]Target{{next("primary")}}, []string{"1 bob"}},
		{"a schedule rings everyone", false, [][]Target{{everyone("primary")}}, []string{"1 alice", "1 bob"}},
		{"an override rings in their place", false, [][]Target{{current("covered")}}, []string{"1 carol"}},
		{"twice in one level rings once, at the first place", false, [][]Target{{aUser("alice"), aUser("bob"), current("primary"), aUser("alice")}}, []string{"1 alice", "1 bob"}},
		{"twice in one level rings once, even where people ring again", true, [][]Target{{aUser("alice"), current("primary")}}, []string{"1 alice"}},
		{"a later level rings again where the route says so", true, [][]Target{{aUser("alice")}, {current("primary"), aUser("bob")}}, []string{"1 alice", "2 alice", "2 bob"}},
		{"a later level does not where it does not", false, [][]Target{{aUser("alice")}, {current("primary"), aUser("bob")}}, []string{"1 alice", "2 bob", "skips 2 Alice: was rung in an earlier level"}},
		{"who was rung before is told once a level", false, [][]Target{{aUser("alice")}, {aUser("alice"), aUser("alice")}}, []string{"1 alice", "skips 2 Alice: was rung in an earlier level"}},
		{"somebody without a phone is skipped", false, [][]Target{{aUser("dave"), aUser("bob")}}, []string{"1 bob", "skips 1 Dave: has no phone"}},
		{"somebody without a licence is skipped", false, [][]Target{{aUser("erin"), aUser("bob")}}, []string{"1 bob", "skips 1 Erin: has no on-call licence"}},
		{"somebody who left is skipped", false, [][]Target{{aUser("frank"), aUser("bob")}}, []string{"1 bob", "skips 1 Frank: is deactivated"}},
		{"each level tells of its own", false, [][]Target{{aUser("dave")}, {aUser("dave")}}, []string{"skips 1 Dave: has no phone", "skips 2 Dave: has no phone"}},
		{"somebody skipped twice in one level is told once", false, [][]Target{{aUser("dave"), aUser("dave")}}, []string{"skips 1 Dave: has no phone"}},
		{"a user who is no more is skipped", false, [][]Target{{aUser("zoe"), aUser("bob")}}, []string{"1 bob", "skips 1 zoe: is no longer in the directory"}},
		{"and told once a level", false, [][]Target{{aUser("zoe"), aUser("zoe")}}, []string{"skips 1 zoe: is no longer in the directory"}},
		{"so is one whom a schedule names", false, [][]Target{{everyone("unreachable")}}, []string{
			"skips 1 Dave: has no phone", "skips 1 Erin: has no on-call licence", "skips 1 Frank: is deactivated", "skips 1 zoe: is no longer in the directory",
		}},
		{"a schedule that has nobody is told by its name", false, [][]Target{{current("later"), aUser("bob")}}, []string{"1 bob", "skips 1 Later: nobody is on call"}},
		{"a schedule that is no more by its id", false, [][]Target{{current("gone"), aUser("bob")}}, []string{"1 bob", "skips 1 gone: nobody is on call"}},
		{"a level without targets rings nobody", false, [][]Target{{}, {aUser("bob")}}, []string{"2 bob"}},
		{"no level rings nobody", false, nil, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := Route{RingAgain: c.ringAgain}
			for _, targets := range c.levels {
				r.Levels = append(r.Levels, Level{Targets: targets})
			}
			p := MakePlan(r.Defaults(), "+447700900001", directory(), instant(monday), 0)
			var got []string
			for i, level := range p.Levels {
				for _, person := range level.People {
					got = append(got, fmt.Sprintf("%d %s", i+1, person.UserID))
				}
			}
			for _, s := range p.Skipped {
				got = append(got, fmt.Sprintf("skips %d %s: %s", s.Level, s.Name, s.Reason))
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
			if len(p.Levels) != len(c.levels) || p.Levels == nil {
				t.Errorf("%d levels have become %v", len(c.levels), p.Levels)
			}
		})
	}
}

func TestPlanSaysWhyItRingsSomebody(t *testing.T) {
	for _, c := range []struct {
		name   string
		target Target
		want   string
	}{
		{"a user", aUser("alice"), "named by the route"},
		{"on call", current("primary"), "Primary, rotation day: on call until 2026-03-03T09:00:00Z"},
		{"an override", current("covered"), "Covered, rotation day: override until 2026-03-02T12:00:00Z"},
		{"next on call", next("primary"), "Primary, rotation day: next on call"},
		{"everyone", everyone("primary"), "Primary, rotation day: everyone"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := MakePlan(Route{Levels: []Level{oneByOne(c.target)}}, "", directory(), instant(monday), 0)
			if got := p.Levels[0].People[0].Why; got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestPlanSaysWhyOfEachOne(t *testing.T) {
	d := directory()
	s := d.Schedules["primary"]
	late := rotation("late", "2026-03-02T09:00", daily, "alice", "bob", "carol")
	late.Seats = 3
	day := rotation("day", "2026-03-02T09:00", daily, "bob", "carol")
	day.Seats = 2
	s.Rotations = []Rotation{late, day}
	seat := func(seat int, user, from, to string) Override {
		return Override{Rotation: "late", Seat: seat, UserID: user, From: instant(from), To: instant(to)}
	}
	s.Overrides = []Override{seat(1, "dora", "2026-03-02T12:00:00Z", "2026-03-02T13:00:00Z"), seat(2, "dora", "2026-03-02T09:00:00Z", "2026-03-02T12:00:00Z")}
	d.Schedules["primary"] = s
	var got []string
	for _, n := range current("primary").resolve(nil, d, instant(monday)) {
		got = append(got, n.userID+": "+n.why)
	}
	want := []string{
		"alice: Primary, rotation late: on call until 2026-03-03T09:00:00Z",
		"bob: Primary, rotation late: on call until 2026-03-02T12:00:00Z",
		"dora: Primary, rotation late: override until 2026-03-02T12:00:00Z",
		"bob: Primary, rotation day: on call until 2026-03-03T09:00:00Z",
		"carol: Primary, rotation day: on call until 2026-03-03T09:00:00Z",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	got = nil
	for _, n := range everyone("primary").resolve(nil, d, instant(monday)) {
		got = append(got, n.userID+": "+n.why)
	}
	want = []string{
		"alice: Primary, rotation late: everyone", "bob: Primary, rotation late: everyone", "carol: Primary, rotation late: everyone",
		"bob: Primary, rotation day: everyone", "carol: Primary, rotation day: everyone",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestPlanTakesOverTheRoute(t *testing.T) {
	r := Route{
		ID: "r-1", Name: "Support", Language: "de-DE", Voice: "Polly.Vicki-Neural", Greeting: "Hallo", Hold: Hold{HoldRingback},
		Allowlist: Allowlist{true, []AllowedCaller{{"Zoe", "+447700900100"}}, "No"}, Keypress: Keypress{true, "5", "Press 5"},
		Levels: []Level{{Staggered, 15, []Target{aUser("bob")}}}, RingSeconds: 20, Accept: Acceptance{true, "2", "Press 2"},
		Nobody: Nobody{NobodyForward, "Sorry", "+447700900998"}, EmergencyNumber: "+447700900999", MaxWaitSeconds: 600,
		ResponderCallerID: ShowCaller, Phrases: map[Phrase]string{PhraseGoodbye: "Tschüss"},
	}
	at := instant("2026-07-01T10:00:00+01:00")
	want := Plan{
		At: instant("2026-07-01T09:00:00Z"), RouteID: "r-1", RouteName: "Support", Number: "+447700900001",
		Language: "de-DE", Voice: "Polly.Vicki-Neural", Greeting: "Hallo", Hold: HoldRingback,
		Allowlist: Allowlist{Refusal: "No"}, Keypress: r.Keypress, RingSeconds: 20, Accept: r.Accept, Nobody: r.Nobody,
		EmergencyNumber: "+447700900999", MaxWaitSeconds: 600, Seed: 7, CallerID: ShowCaller, Phrases: r.Phrases,
		Levels: []PlanLevel{{Staggered, 15, []Person{{"bob", "Bob", mobile("+12025550102"), "named by the route"}}}},
	}
	got := MakePlan(r, "+447700900001", directory(), at, 7)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if got.At.Location() != time.UTC {
		t.Errorf("the plan's time is in %s", got.At.Location())
	}
	others := []string{"Allowlist.Enabled", "Allowlist.Callers", "Skipped", "CallsPerSecond", "Pace"}
	if diff := cmp.Diff(others, empty("", reflect.ValueOf(got))); diff != "" {
		t.Errorf("what is not of the route, or was forgotten:\n%s", diff)
	}
}

func TestPlanComputesInTheZonesOfTheDirectory(t *testing.T) {
	d := directory()
	onCall := func(at string) string {
		p := MakePlan(Route{Levels: []Level{oneByOne(current("primary"))}}, "", d, instant(at), 0)
		return p.Levels[0].People[0].UserID
	}
	const nineInLondon = "2026-03-03T09:00:00Z" // four in the morning in New York
	for _, c := range []struct {
		name  string
		zones map[string]*time.Location
		want  string
	}{
		{"none is loaded", nil, "bob"},
		{"the schedule's is", map[string]*time.Location{london: mustZone(london)}, "bob"},
		{"only another is", map[string]*time.Location{newYork: mustZone(newYork)}, "bob"},
		{"another goes by its name", map[string]*time.Location{london: mustZone(newYork)}, "alice"},
	} {
		if d.Zones = c.zones; onCall(nineInLondon) != c.want {
			t.Errorf("%s: %s is on call", c.name, onCall(nineInLondon))
		}
	}
	lost := d.Schedules["primary"]
	lost.TimeZone = "Mars/Olympus"
	d.Schedules["primary"] = lost
	p := MakePlan(Route{Levels: []Level{oneByOne(current("primary"))}}, "", d, instant(nineInLondon), 0)
	if len(p.Levels[0].People) != 0 || len(p.Skipped) != 1 {
		t.Errorf("in an unknown zone %v is on call", p.Levels[0].People)
	}
}

func TestPlanLeavesFaultsOfPhonesBehind(t *testing.T) {
	d := directory()
	alice := d.Users["alice"]
	alice.Phones[1].Fault = &PhoneFault{Code: 21211}
	p := MakePlan(Route{Levels: []Level{oneByOne(aUser("alice"), aUser("bob"))}}, "", d, instant(monday), 0)
	want := []UserPhone{{Label: "mobile", Number: "+12025550101"}, {Label: "home", Number: "+12025550111"}}
	if diff := cmp.Diff(want, p.Levels[0].People[0].Phones); diff != "" {
		t.Error(diff)
	}
	if alice.Phones[1].Fault == nil {
		t.Error("the directory has forgotten it too")
	}
}

func TestShuffledLevelsAreDrawnBySeed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r, d, at := anyRoute(t)
		seed := rapid.Uint32().Draw(t, "seed")
		inOrder := r
		inOrder.Levels = slices.Clone(r.Levels)
		for i := range inOrder.Levels {
			inOrder.Levels[i].Strategy = OneByOne
		}
		straight, drawn := MakePlan(inOrder, "", d, at, seed), MakePlan(r, "", d, at, seed)
		if diff := cmp.Diff(drawn, MakePlan(r, "", d, at, seed)); diff != "" {
			t.Fatalf("a seed draws twice:\n%s", diff)
		}
		if drawn.Seed != seed || !cmp.Equal(straight.Skipped, drawn.Skipped) {
			t.Fatalf("seed %d, skipped %v, in order %v", drawn.Seed, drawn.Skipped, straight.Skipped)
		}
		for i, l := range drawn.Levels {
			people, want := l.People, straight.Levels[i].People
			if l.Strategy == Shuffled {
				byID := func(a, b Person) int { return strings.Compare(a.UserID, b.UserID) }
				slices.SortFunc(people, byID)
				slices.SortFunc(want, byID)
			}
			if diff := cmp.Diff(want, people); diff != "" {
				t.Fatalf("level %d, %s, has become\n%s", i+1, l.Strategy, diff)
			}
		}
	})
}

func TestEveryOrderIsDrawn(t *testing.T) {
	people := oneByOne(aUser("alice"), aUser("bob"), aUser("carol"), aUser("grace"))
	people.Strategy = Shuffled
	d := directory()
	grace := d.Users["carol"]
	grace.ID, grace.Name = "grace", "Grace"
	d.Users["grace"] = grace
	orders, alike := map[string]int{}, 0
	const draws = 2400
	for seed := range uint32(draws) {
		p := MakePlan(Route{Levels: []Level{people, people}, RingAgain: true}, "", d, instant(monday), seed)
		first, second := order(p.Levels[0]), order(p.Levels[1])
		orders[first]++
		if first == second {
			alike++
		}
	}
	for order, n := range orders { // 100 are to be expected of each
		if n < 50 || n > 200 {
			t.Errorf("%s is drawn %d times of %d", order, n, draws)
		}
	}
	if len(orders) != 24 || alike > 200 {
		t.Errorf("%d orders of 24 are drawn, two levels are alike %d times of %d", len(orders), alike, draws)
	}
}

func order(l PlanLevel) string {
	var ids []string
	for _, person := range l.People {
		ids = append(ids, person.UserID)
	}
	return strings.Join(ids, " ")
}

func TestMakePlanIsPure(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r, d, at := anyRoute(t)
		before := asJSON(t, r) + asJSON(t, d) + overrides(d)
		first := MakePlan(r, "+447700900001", d, at, 7)
		second := MakePlan(r, "+447700900001", d, at, 7)
		if diff := cmp.Diff(first, second); diff != "" {
			t.Fatalf("twice the same differs:\n%s", diff)
		}
		if diff := cmp.Diff(before, asJSON(t, r)+asJSON(t, d)+overrides(d)); diff != "" {
			t.Fatalf("its arguments have changed:\n%s", diff)
		}
	})
}

func TestPlanNamesEverybodyOnceALevel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r, d, at := anyRoute(t)
		p := MakePlan(r, "+447700900001", d, at, 7)
		before := map[string]bool{}
		for i, level := range p.Levels {
			here := map[string]bool{}
			for _, s := range p.Skipped {
				if s.Level == i+1 && s.UserID != "" && here[s.UserID] {
					t.Fatalf("level %d skips %s twice", i+1, s.UserID)
				} else if s.Level == i+1 {
					here[s.UserID] = true
				}
			}
			for _, person := range level.People {
				if here[person.UserID] || before[person.UserID] && !r.RingAgain {
					t.Fatalf("level %d rings %s twice", i+1, person.UserID)
				}
				if d.Users[person.UserID].Unreachable() != "" || person.Why == "" {
					t.Fatalf("level %d rings %s because %q", i+1, person.UserID, person.Why)
				}
				here[person.UserID], before[person.UserID] = true, true
			}
		}
	})
}

// anyRoute draws a directory and a route over it, its defaults filled in, with people and
// schedules that are twice there, no more there, or out of reach.
func anyRoute(t *rapid.T) (Route, Directory, time.Time) {
	ids := []string{"019a3c5e-0000-7000-8000-000000000001", "019a3c5e-0000-7000-8000-000000000002", "u-3", "u-4", "u-5", "u-6"}
	anyID := rapid.SampledFrom(ids)
	at := instant(monday).Add(time.Duration(rapid.Int64Range(0, int64(60*24*time.Hour)).Draw(t, "at")))
	d := Directory{Users: map[string]User{}, Schedules: map[string]Schedule{}}
	for i, id := range ids[:5] {
		u := User{ID: id, Name: rapid.StringMatching(`[A-Zé][a-z ü]{0,9}`).Draw(t, "name")}
		u.Active, u.OnCallLicence = rapid.IntRange(0, 9).Draw(t, "left") > 0, rapid.IntRange(0, 9).Draw(t, "no licence") > 0
		for j := range rapid.IntRange(0, 3).Draw(t, "phones") {
			u.Phones = append(u.Phones, UserPhone{Label: []string{"mobile", "home", "desk"}[j], Number: Phone(fmt.Sprintf("+1202555%04d", 100+10*i+j))})
		}
		d.Users[id] = u
	}
	for _, id := range []string{"s-1", "s-2"} {
		s := Schedule{ID: id, Name: "Schedule " + id, TimeZone: rapid.SampledFrom([]string{london, newYork, lordHowe}).Draw(t, "zone")}
		for i := range rapid.IntRange(0, 3).Draw(t, "rotations") {
			r := rotation(fmt.Sprint("rotation ", i), "2026-03-09T09:00", fourThree)
			r.Users = rapid.SliceOfNDistinct(anyID, 1, 6, rapid.ID[string]).Draw(t, "users")
			r.Seats = rapid.IntRange(0, len(r.Users)).Draw(t, "seats")
			s.Rotations = append(s.Rotations, r)
		}
		for range rapid.IntRange(0, 2).Draw(t, "overrides") {
			o := Override{Rotation: "rotation 0", UserID: rapid.SampledFrom(append([]string{""}, ids...)).Draw(t, "override")}
			o.From = at.Add(time.Duration(rapid.IntRange(-48, 48).Draw(t, "from")) * time.Hour)
			o.To = o.From.Add(24 * time.Hour)
			s.Overrides = append(s.Overrides, o)
		}
		d.Schedules[id] = s
	}
	target := rapid.Custom(func(t *rapid.T) Target {
		if rapid.Bool().Draw(t, "user") {
			return aUser(anyID.Draw(t, "target"))
		}
		mode := rapid.SampledFrom([]string{"", CurrentlyOnCall, NextOnCall, Everyone}).Draw(t, "mode")
		return Target{Type: TargetSchedule, ScheduleID: rapid.SampledFrom([]string{"s-1", "s-2", "s-3"}).Draw(t, "schedule"), Mode: mode}
	})
	level := rapid.Custom(func(t *rapid.T) Level {
		strategy := rapid.SampledFrom([]Strategy{OneByOne, Shuffled, Staggered, AllAtOnce}).Draw(t, "strategy")
		return Level{strategy, rapid.IntRange(5, 60).Draw(t, "stagger"), rapid.SliceOfN(target, 0, 5).Draw(t, "targets")}
	})
	r := Route{
		ID: "r-1", Name: "Support", Levels: rapid.SliceOfN(level, 0, 4).Draw(t, "levels"), RingAgain: rapid.Bool().Draw(t, "again"),
		RingSeconds: rapid.IntRange(10, 60).Draw(t, "ring"), MaxWaitSeconds: rapid.IntRange(60, 3600).Draw(t, "wait"),
		Accept: Acceptance{Required: rapid.Bool().Draw(t, "key")},
	}
	return r.Defaults(), d, at
}

// overrides are in no JSON of their schedule.
func overrides(d Directory) string {
	return fmt.Sprintf("%+v %+v", d.Schedules["s-1"].Overrides, d.Schedules["s-2"].Overrides)
}
