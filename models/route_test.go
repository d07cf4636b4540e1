package models

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestRouteValidate(t *testing.T) {
	long := strings.Repeat("a", PromptLimit+1)
	for _, c := range []struct {
		name  string
		fault func(*Route)
		want  []string
	}{
		{"nothing is wrong", func(r *Route) {}, nil},
		{"no number yet is no fault", func(r *Route) { r.PhoneNumberID = "" }, nil},
		{"no name", func(r *Route) { r.Name = "" }, []string{"name"}},
		{"a long name", func(r *Route) { r.Name = strings.Repeat("a", 101) }, []string{"name"}},
		{"a number that is not ours", func(r *Route) { r.PhoneNumberID = "other" }, []string{"phone_number_id"}},
		{"a number that was released", func(r *Route) { r.PhoneNumberID = "released" }, []string{"phone_number_id"}},
		{"a language that the carrier does not speak", func(r *Route) { r.Language = "tlh" }, []string{"language"}},
		{"a language without prompts, without a voice and phrases", func(r *Route) { r.Language, r.Voice, r.Phrases = "cs-CZ", "", nil }, wordsMissing("voice")},
		{"with a voice, one phrase missing", func(r *Route) {
			r.Language, r.Voice, r.Phrases = "cs-CZ", "Google.cs-CZ-Standard-A", everyPhrase()
			delete(r.Phrases, PhraseGoodbye)
		}, []string{"phrases.goodbye"}},
		{"with a voice and all phrases", func(r *Route) {
			r.Language, r.Voice, r.Phrases = "cs-CZ", "Google.cs-CZ-Standard-A", everyPhrase()
		}, nil},
		{"some phrases of its own", func(r *Route) { r.Phrases = map[Phrase]string{PhraseGoodbye: "Bye"} }, nil},
		{"a phrase that there is not", func(r *Route) { r.Phrases = map[Phrase]string{"hello": "Hello"} }, []string{"phrases.hello"}},
		{"a phrase without its key", func(r *Route) { r.Phrases = map[Phrase]string{"press_key": "Press a key"} }, []string{"phrases.press_key"}},
		{"a phrase of nothing", func(r *Route) { r.Phrases = map[Phrase]string{PhraseGoodbye: " "} }, []string{"phrases.goodbye"}},
		{"a long voice", func(r *Route) { r.Voice = strings.Repeat("a", 101) }, []string{"voice"}},
		{"a long greeting", func(r *Route) { r.Greeting = long }, []string{"greeting"}},
		{"a control character in the greeting", func(r *Route) { r.Greeting = "Hello\x1b" }, []string{"greeting"}},
		{"unknown hold audio", func(r *Route) { r.Hold.Audio = "silence" }, []string{"hold.audio"}},
		{"a long refusal", func(r *Route) { r.Allowlist.Refusal = long }, []string{"allowlist.refusal"}},
		{"an allowlist that admits nobody", func(r *Route) { r.Allowlist.Callers = nil }, []string{"allowlist.callers"}},
		{"it may be empty while it is off", func(r *Route) { r.Allowlist = Allowlist{} }, nil},
		{"too many allowed callers", func(r *Route) {
			r.Allowlist.Callers = slices.Repeat(r.Allowlist.Callers, 5001)
		}, append([]string{"allowlist.callers"}, each(5000, "allowlist.callers[%d].number")...)},
		{"an allowed caller who is no number", func(r *Route) { r.Allowlist.Callers[0].Number = "anonymous" }, []string{"allowlist.callers[0].number"}},
		{"an allowed caller who stands for the withheld", func(r *Route) { r.Allowlist.Callers[0].Number = withheldNumber() }, []string{"allowlist.callers[0].number"}},
		{"an allowed caller twice", func(r *Route) { r.Allowlist.Callers = slices.Repeat(r.Allowlist.Callers, 2) }, []string{"allowlist.callers[1].number"}},
		{"an allowed caller with a long name", func(r *Route) { r.Allowlist.Callers[0].Name = strings.Repeat("a", 101) }, []string{"allowlist.callers[0].name"}},
		{"no key at the gate", func(r *Route) { r.Keypress.Key = "" }, []string{"keypress.key"}},
		{"a gate key that is no digit", func(r *Route) { r.Keypress.Key = "#" }, []string{"keypress.key"}},
		{"two gate keys", func(r *Route) { r.Keypress.Key = "12" }, []string{"keypress.key"}},
		{"nine opens a gate", func(r *Route) { r.Keypress.Key = "9" }, nil},
		{"a long gate prompt", func(r *Route) { r.Keypress.Prompt = long }, []string{"keypress.prompt"}},
		{"no level", func(r *Route) { r.Levels = nil }, []string{"levels"}},
		{"too many levels", func(r *Route) { r.Levels = slices.Repeat(r.Levels[:1], 21) }, []string{"levels"}},
		{"no level where callers may leave a message", func(r *Route) { r.Levels, r.Nobody.Action = nil, NobodyVoicemail }, nil},
		{"no level where callers are forwarded", func(r *Route) {
			r.Levels, r.Nobody = nil, Nobody{Action: NobodyForward, Number: "+447700900998"}
		}, nil},
		{"no level and no known end", func(r *Route) { r.Levels, r.Nobody.Action = nil, "music" }, []string{"nobody.action"}},
		{"every strategy", func(r *Route) {
			for i, strategy := range []Strategy{OneByOne, Shuffled, Staggered, AllAtOnce} {
				r.Levels = append(r.Levels[:i], Level{strategy, 10, r.Levels[0].Targets})
			}
		}, nil},
		{"the shortest and the longest lead", func(r *Route) { r.Levels[0].StaggerSeconds, r.Levels[1].StaggerSeconds = 5, 60 }, nil},
		{"too short a lead", func(r *Route) { r.Levels[1].StaggerSeconds = 4 }, []string{"levels[1].stagger_seconds"}},
		{"too long a lead", func(r *Route) { r.Levels[1].Strategy, r.Levels[1].StaggerSeconds = Staggered, 61 }, []string{"levels[1].stagger_seconds"}},
		{"less than no lead", func(r *Route) { r.Levels[0].StaggerSeconds = -1 }, []string{"levels[0].stagger_seconds"}},
		{"an unknown strategy", func(r *Route) { r.Levels[1].Strategy = "loudest" }, []string{"levels[1].strategy"}},
		{"a level without targets", func(r *Route) { r.Levels[1].Targets = nil }, []string{"levels[1].targets"}},
		{"too many targets", func(r *Route) { r.Levels[0].Targets = slices.Repeat(r.Levels[0].Targets[:1], 101) }, []string{"levels[0].targets"}},
		{"a target of no type", func(r *Route) { r.Levels[0].Targets[0].Type = "" }, []string{"levels[0].targets[0].type"}},
		{"a target that is no user", func(r *Route) { r.Levels[0].Targets[0].UserID = "zoe" }, []string{"levels[0].targets[0].user_id"}},
		{"a target that is no schedule", func(r *Route) { r.Levels[0].Targets[1].ScheduleID = "none" }, []string{"levels[0].targets[1].schedule_id"}},
		{"an unknown mode", func(r *Route) { r.Levels[0].Targets[1].Mode = "previous" }, []string{"levels[0].targets[1].mode"}},
		{"ringing too short", func(r *Route) { r.RingSeconds = 9 }, []string{"ring_seconds"}},
		{"ringing too long", func(r *Route) { r.RingSeconds = 61 }, []string{"ring_seconds"}},
		{"waiting too short", func(r *Route) { r.MaxWaitSeconds = 59 }, []string{"max_wait_seconds"}},
		{"waiting too long", func(r *Route) { r.MaxWaitSeconds = 3601 }, []string{"max_wait_seconds"}},
		{"no key to accept", func(r *Route) { r.Accept.Key = "" }, []string{"accept.key"}},
		{"nine declines, so it cannot accept", func(r *Route) { r.Accept.Key = DeclineKey }, []string{"accept.key"}},
		{"a long prompt to accept", func(r *Route) { r.Accept.Prompt = long }, []string{"accept.prompt"}},
		{"an unknown action when nobody takes it", func(r *Route) { r.Nobody.Action = "music" }, []string{"nobody.action"}},
		{"a long message", func(r *Route) { r.Nobody.Message = long }, []string{"nobody.message"}},
		{"voicemail", func(r *Route) { r.Nobody = Nobody{Action: NobodyVoicemail, Message: "Speak"} }, nil},
		{"a forward", func(r *Route) { r.Nobody = Nobody{Action: NobodyForward, Number: "+447700900998"} }, nil},
		{"a forward to nowhere", func(r *Route) { r.Nobody = Nobody{Action: NobodyForward} }, []string{"nobody.number"}},
		{"a forward to what is no number", func(r *Route) { r.Nobody = Nobody{Action: NobodyForward, Number: "112"} }, []string{"nobody.number"}},
		{"a forward to one of our own numbers", func(r *Route) { r.Nobody = Nobody{Action: NobodyForward, Number: "+447700900001"} }, []string{"nobody.number"}},
		{"a forward to a number that was ours", func(r *Route) { r.Nobody = Nobody{Action: NobodyForward, Number: "+447700900002"} }, nil},
		{"an emergency number of our own", func(r *Route) { r.EmergencyNumber = "+447700900001" }, []string{"emergency_number"}},
		{"the caller's number is shown", func(r *Route) { r.ResponderCallerID = ShowCaller }, nil},
		{"an emergency number that is none", func(r *Route) { r.EmergencyNumber = "112" }, []string{"emergency_number"}},
		{"an emergency number", func(r *Route) { r.EmergencyNumber = "+447700900999" }, nil},
		{"no call a minute", func(r *Route) { r.Limits.PerCallerPerMinute = -1 }, []string{"limits.per_caller_per_minute"}},
		{"too many calls a minute", func(r *Route) { r.Limits.PerCallerPerMinute = 1001 }, []string{"limits.per_caller_per_minute"}},
		{"no live call", func(r *Route) { r.Limits.LiveCalls = -1 }, []string{"limits.live_calls"}},
		{"too many live calls", func(r *Route) { r.Limits.LiveCalls = 10001 }, []string{"limits.live_calls"}},
		{"an unknown rule for the caller id", func(r *Route) { r.ResponderCallerID = "mine" }, []string{"responder_caller_id"}},
		{"several at once, in the order of the document", func(r *Route) {
			r.Name, r.Language, r.RingSeconds, r.Keypress.Key, r.Levels[0].Targets[0].UserID = "", "tlh", 5, "x", "zoe"
		}, []string{"name", "language", "keypress.key", "levels[0].targets[0].user_id", "ring_seconds"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := validRoute().Defaults()
			c.fault(&r)
			if diff := cmp.Diff(c.want, faulty(r.Validate(directory(), instant(monday)))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// everyPhrase has a phrase of the route's own for each.
func everyPhrase() map[Phrase]string {
	phrases := map[Phrase]string{}
	for _, form := range Phrases {
		phrases[form.Phrase] = strings.Join(append([]string{"Ahoj"}, form.Placeholders...), " ")
	}
	return phrases
}

// wordsMissing are the fields at fault where every phrase is missing, after others.
func wordsMissing(fields ...string) []string {
	for _, form := range Phrases {
		fields = append(fields, "phrases."+string(form.Phrase))
	}
	return fields
}

func TestWhomARouteNamesAtFaultIsSaidByName(t *testing.T) {
	const remedy = "; name an active user with a phone and an on-call licence"
	for _, c := range []struct {
		name    string
		targets []Target
		want    string
	}{
		{"a user with a phone", []Target{aUser("alice")}, ""},
		{"a user without a phone", []Target{aUser("dave")}, "levels: can reach nobody: Dave has no phone" + remedy},
		{"a user who left", []Target{aUser("frank")}, "levels: can reach nobody: Frank is deactivated" + remedy},
		{"a user without a licence", []Target{aUser("alice"), aUser("erin")}, "levels[0].targets[1].user_id: Erin has no on-call licence"},
		{"all of them", []Target{aUser("dave"), aUser("erin"), aUser("frank"), aUser("dave")},
			"levels[0].targets[1].user_id: Erin has no on-call licence; " +
				"levels: can reach nobody: Dave has no phone, Erin has no on-call licence, Frank is deactivated" + remedy},
		{"one of them has a phone", []Target{aUser("dave"), aUser("frank"), aUser("alice")}, ""},
		{"a schedule of users with phones", []Target{current("primary")}, ""},
		{"a schedule of which one has no licence", []Target{current("unreachable"), aUser("bob")}, ""},
		{"a schedule of users out of reach", []Target{current("unreachable")},
			"levels: can reach nobody: Dave has no phone, Erin has no on-call licence, Frank is deactivated" + remedy},
		{"a schedule of users without a licence", []Target{aUser("bob"), next("unlicensed")},
			"levels[0].targets[1].schedule_id: nobody of Unlicensed has an on-call licence: Erin"},
		{"it has one by an override to come", []Target{current("rescued")}, ""},
		{"an override is of no use to everyone", []Target{aUser("bob"), everyone("rescued")},
			"levels[0].targets[1].schedule_id: nobody of Rescued has an on-call licence: Erin"},
		{"a schedule whose able users were on call long ago", []Target{current("changed")}, "levels: can reach nobody: Dave has no phone" + remedy},
		{"a schedule whose able users are still to come", []Target{current("improved")}, ""},
		{"a schedule of users who are no more", []Target{current("forgotten")}, "levels: can reach nobody" + remedy},
		{"a schedule that begins years later", []Target{current("later")}, ""},
		{"a user's id left in a target of a schedule", []Target{{Type: TargetSchedule, ScheduleID: "unreachable", Mode: Everyone, UserID: "alice"}},
			"levels: can reach nobody: Dave has no phone, Erin has no on-call licence, Frank is deactivated" + remedy},
		{"a schedule's id left in a target of a user", []Target{{Type: TargetUser, ScheduleID: "primary", UserID: "dave"}},
			"levels: can reach nobody: Dave has no phone" + remedy},
		{"more people than anybody reads", []Target{aUser("frank"), everyone("crowd")},
			"levels[0].targets[1].schedule_id: nobody of Crowd has an on-call licence: P0, P1, P2, P3, P4, P5, P6, P7 and 2 more; " +
				"levels: can reach nobody: Frank is deactivated, P0 has no on-call licence, P1 has no on-call licence, P2 has no on-call licence, " +
				"P3 has no on-call licence, P4 has no on-call licence, P5 has no on-call licence, P6 has no on-call licence and 3 more" + remedy},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := directory()
			day := func(users ...string) Rotation { return rotation("day", "2026-03-02T09:00", daily, users...) }
			from := func(at string, r Rotation) Rotation { r.EffectiveFrom = moment(at); return r }
			crowd := day()
			for i := range 10 {
				id := fmt.Sprint("P", i)
				d.Users[id], crowd.Users = User{ID: id, Name: id, Active: true}, append(crowd.Users, id)
			}
			for name, rotations := range map[string][]Rotation{
				"Unlicensed": {day("erin", "zoe")}, "Rescued": {day("erin")}, "Forgotten": {day("zoe")}, "Crowd": {crowd},
				"Changed":  {day("alice"), from("2026-03-01T09:00:00Z", day("dave"))},
				"Improved": {day("dave"), from("2026-04-01T09:00:00Z", day("alice"))},
			} {
				d.Schedules[strings.ToLower(name)] = Schedule{Name: name, TimeZone: london, Rotations: rotations}
			}
			rescued := d.Schedules["rescued"]
			rescued.Overrides = []Override{{Rotation: "day", UserID: "alice", From: instant("2026-03-02T09:00:00Z"), To: instant("2026-03-02T17:00:00Z")}}
			d.Schedules["rescued"] = rescued
			r := validRoute()
			r.Levels = []Level{oneByOne(c.targets...)}
			got := ""
			if err := r.Defaults().Validate(d, instant(monday)); err != nil {
				got = err.Error()
			}
			if got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestOurOwnNumberIsSaidByName(t *testing.T) {
	r := validRoute().Defaults()
	r.EmergencyNumber, r.Nobody = "+447700900001", Nobody{Action: NobodyForward, Number: "+447700900001"}
	d := directory()
	d.Numbers["ours"] = PhoneNumber{ID: "ours", Number: "+447700900001", Name: "Support line", Status: NumberActive}
	const loop = `must not be our own number "Support line": the call would come back here`
	if got, want := fmt.Sprint(r.Validate(d, instant(monday))), "nobody.number: "+loop+"; emergency_number: "+loop; got != want {
		t.Errorf("got %s", got)
	}
}

func TestDefaults(t *testing.T) {
	target := func(mode string) Target { return Target{Type: TargetSchedule, ScheduleID: "primary", Mode: mode} }
	bare := Route{Name: "Support", Levels: []Level{{Targets: []Target{aUser("alice"), target(""), target(Everyone)}}}}
	want := Route{
		Name: "Support", Language: "en-GB", Voice: "Polly.Amy-Neural", Hold: Hold{HoldMusic},
		Keypress: Keypress{Key: "1"}, Accept: Acceptance{Key: "1"}, Nobody: Nobody{Action: NobodyMessage},
		Levels:      []Level{{OneByOne, 10, []Target{aUser("alice"), target(CurrentlyOnCall), target(Everyone)}}},
		RingSeconds: 30, MaxWaitSeconds: 900, Limits: Limits{10, 100}, ResponderCallerID: ShowRouteNumber,
	}
	for _, c := range []struct {
		name  string
		route Route
		want  Route
	}{
		{"what is empty is filled in", bare, want},
		{"what is set stays", want, want},
		{"a voice fits the language", Route{Language: "de-DE"}.Defaults(), func() Route {
			r := Route{Language: "de-DE", Voice: "Polly.Vicki-Neural"}
			return r.Defaults()
		}()},
		{"an unknown language has no voice", Route{Language: "tlh"}.Defaults(), func() Route {
			r := Route{}.Defaults()
			r.Language, r.Voice = "tlh", ""
			return r
		}()},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := c.route.Defaults()
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(got, got.Defaults()); diff != "" {
				t.Errorf("twice is not once:\n%s", diff)
			}
		})
	}
	if bare.Levels[0].Strategy != "" || bare.Levels[0].Targets[1].Mode != "" {
		t.Errorf("the route itself was changed: %+v", bare.Levels)
	}
}

func TestEveryLanguageFillsAValidRoute(t *testing.T) {
	for _, l := range Languages {
		r := validRoute()
		r.Language = l.Code
		r = r.Defaults()
		if err := r.Validate(directory(), instant(monday)); err != nil || r.Voice != l.Voice {
			t.Errorf("%s with voice %s: %v", l.Code, r.Voice, err)
		}
	}
}

func validRoute() Route {
	return Route{
		Name: "Support", PhoneNumberID: "ours", Enabled: true,
		Allowlist: Allowlist{Enabled: true, Callers: []AllowedCaller{{"Zoe", "+447700900100"}}},
		Levels: []Level{
			{Targets: []Target{aUser("alice"), current("primary")}},
			{Targets: []Target{aUser("bob")}},
		},
	}
}

// directory has alice, bob and carol, whom we can ring, and dave, erin and frank, whom we cannot.
func directory() Directory {
	phones := func(numbers ...Phone) (phones []UserPhone) {
		for i, number := range numbers {
			phones = append(phones, UserPhone{Label: []string{"mobile", "home"}[i], Number: number})
		}
		return phones
	}
	users := map[string]User{
		"alice": {Name: "Alice", Active: true, OnCallLicence: true, Phones: phones("+12025550101", "+12025550111")},
		"bob":   {Name: "Bob", Active: true, OnCallLicence: true, Phones: phones("+12025550102")},
		"carol": {Name: "Carol", Active: true, OnCallLicence: true, Phones: phones("+12025550103")},
		"dave":  {Name: "Dave", Active: true, OnCallLicence: true},
		"erin":  {Name: "Erin", Active: true, Phones: phones("+12025550105")},
		"frank": {Name: "Frank", OnCallLicence: true, Phones: phones("+12025550106")},
	}
	schedules := map[string]Schedule{
		"primary":     {Name: "Primary", Rotations: []Rotation{rotation("day", "2026-03-02T09:00", daily, "alice", "bob")}},
		"later":       {Name: "Later", Rotations: []Rotation{rotation("day", "2030-03-02T09:00", daily, "alice")}},
		"unreachable": {Name: "Unreachable", Rotations: []Rotation{rotation("day", "2026-03-02T09:00", daily, "dave", "erin", "frank", "zoe")}},
		"covered": {Name: "Covered", Rotations: []Rotation{rotation("day", "2026-03-02T09:00", daily, "alice", "bob")}, Overrides: []Override{
			{Rotation: "day", UserID: "carol", From: instant("2026-03-02T10:00:00Z"), To: instant("2026-03-02T12:00:00Z")},
		}},
	}
	for _, id := range slices.Collect(maps.Keys(users)) {
		u := users[id]
		u.ID = id
		users[id] = u
	}
	for _, id := range slices.Collect(maps.Keys(schedules)) {
		s := schedules[id]
		s.ID, s.TimeZone = id, london
		schedules[id] = s
	}
	return Directory{Users: users, Schedules: schedules, Numbers: map[string]PhoneNumber{
		"ours":     {ID: "ours", Number: "+447700900001", Status: NumberActive},
		"released": {ID: "released", Number: "+447700900002", Status: NumberReleased},
	}}
}

func mobile(number Phone) []UserPhone { return []UserPhone{{Label: "mobile", Number: number}} }

func oneByOne(targets ...Target) Level { return Level{Strategy: OneByOne, Targets: targets} }

func aUser(id string) Target { return Target{Type: TargetUser, UserID: id} }
func current(id string) Target {
	return Target{Type: TargetSchedule, ScheduleID: id, Mode: CurrentlyOnCall}
}
func next(id string) Target     { return Target{Type: TargetSchedule, ScheduleID: id, Mode: NextOnCall} }
func everyone(id string) Target { return Target{Type: TargetSchedule, ScheduleID: id, Mode: Everyone} }

// each is a field of the second and all further of n+1 elements.
func each(n int, field string) []string {
	fields := make([]string, n)
	for i := range fields {
		fields[i] = fmt.Sprintf(field, i+1)
	}
	return fields
}
