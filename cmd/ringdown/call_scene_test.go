package main

import (
	"strings"
	"testing"
	"time"

	"github.com/ringdown/ringdown/models"
)

// The people of these tests, a phone each; Dana has two.
var directory = []models.User{
	{ID: "u1", Name: "Alice Adams"}, {ID: "u2", Name: "Bob Brown"}, {ID: "u3", Name: "Carol"},
	{ID: "u4", Name: "Dana Diaz"}, {ID: "u5", Name: "Alice Zane"},
}

var phonesOf = map[string][]models.UserPhone{
	"Alice Adams": {{Label: "mobile", Number: "+12025550101"}},
	"Bob Brown":   {{Label: "mobile", Number: "+12025550102"}},
	"Carol":       {{Label: "mobile", Number: "+12025550103"}},
	"Dana Diaz":   {{Label: "mobile", Number: "+12025550104"}, {Label: "home", Number: "+12025550105"}},
}

// testScene is a route that rings the named people, level by level: "Alice Adams, Bob Brown / Carol".
func testScene(t *testing.T, levels, roles string, changes ...func(*scene)) scene {
	t.Helper()
	route := models.Route{ID: "r1", Name: "Production down", Enabled: true, Accept: models.Acceptance{Required: true}}.Defaults()
	s := scene{route: route, plan: planOf(route, "+12025550110", nil), caller: "+12025550199"}
	for _, level := range strings.Split(levels, "/") {
		var people []models.Person
		for _, name := range strings.FieldsFunc(level, func(r rune) bool { return r == ',' }) {
			user, err := userNamed(directory, strings.TrimSpace(name))
			if err != nil {
				t.Fatal(err)
			}
			people = append(people, models.Person{UserID: user.ID, Name: user.Name, Phones: phonesOf[user.Name]})
		}
		s.plan.Levels = append(s.plan.Levels, models.PlanLevel{Strategy: models.OneByOne, People: people})
	}
	var err error
	if s.cast, _, err = castOf(s.plan, directory, rolesOf(t, roles)); err != nil {
		t.Fatal(err)
	}
	for _, change := range changes {
		change(&s)
	}
	return s
}

func rolesOf(t *testing.T, roles string) []role {
	t.Helper()
	var all []role
	for _, text := range strings.Fields(roles) {
		var r role
		if err := r.UnmarshalText([]byte(text)); err != nil {
			t.Fatal(err)
		}
		all = append(all, r)
	}
	return all
}

func pressing(keys ...string) func(*scene) {
	return func(s *scene) {
		s.plan.Keypress = models.Keypress{Enabled: true, Key: "1"}
		s.keys = keys
	}
}

func leaving(after time.Duration) func(*scene) { return func(s *scene) { s.leaves = after } }

func withoutKey(s *scene) { s.plan.Accept.Required = false }

func listing(number models.Phone) func(*scene) {
	return func(s *scene) {
		s.route.Allowlist = models.Allowlist{Enabled: true, Callers: []models.AllowedCaller{{Number: number}}}
	}
}

func TestWhatFollowsFromAScene(t *testing.T) {
	const abc = "Alice Adams, Bob Brown / Carol"
	for name, c := range map[string]struct {
		levels, roles string
		changes       []func(*scene)
		want          string
	}{
		"nobody acts":                           {abc, "", nil, "unanswered"},
		"the first takes it":                    {abc, "bob=accept carol=accept", nil, "connected, answered by Bob Brown"},
		"ring order, not the order of flags":    {abc, "carol=accept bob=accept", nil, "connected, answered by Bob Brown"},
		"everybody before says no":              {abc, "bob=decline carol=accept", nil, "connected, answered by Carol"},
		"a mailbox takes nothing":               {abc, "bob=mailbox", nil, "unanswered"},
		"no kind of refusal takes it":           {"Bob, Carol, Dana", "bob=reject carol=busy dana=unreachable", nil, "unanswered"},
		"who hangs up takes nothing":            {abc, "bob=hang-up", nil, "unanswered"},
		"a second phone is rung":                {"Dana", "dana=accept", nil, "connected, answered by Dana Diaz"},
		"too late to the phone":                 {abc, "bob=accept@28 carol=accept", nil, "connected, answered by Carol"},
		"just in time to the phone":             {abc, "bob=accept@27.9", nil, "connected, answered by Bob Brown"},
		"nobody is on call":                     {"/", "", nil, "unanswered"},
		"no key is asked: a mailbox takes it":   {abc, "bob=mailbox", []func(*scene){withoutKey}, "connected, answered by Bob Brown"},
		"no key is asked: a decline is none":    {abc, "bob=decline", []func(*scene){withoutKey}, "connected, answered by Bob Brown"},
		"no key is asked: a rejection is one":   {abc, "bob=reject", []func(*scene){withoutKey}, "unanswered"},
		"the right key":                         {abc, "bob=accept", []func(*scene){pressing("1")}, "connected, answered by Bob Brown"},
		"the right key at last":                 {abc, "bob=accept", []func(*scene){pressing("5", "", "1")}, "connected, answered by Bob Brown"},
		"three wrong keys":                      {abc, "bob=accept", []func(*scene){pressing("5", "5", "5")}, "gate_failed"},
		"the right key too late":                {abc, "bob=accept", []func(*scene){pressing("5", "5", "5", "1")}, "gate_failed"},
		"no key":                                {abc, "bob=accept", []func(*scene){pressing()}, "gate_failed"},
		"leaves at the gate":                    {abc, "bob=accept", []func(*scene){pressing(), leaving(10 * time.Second)}, "abandoned"},
		"leaves after the gate has failed":      {abc, "", []func(*scene){pressing("5", "5", "5"), leaving(time.Minute)}, "gate_failed"},
		"leaves before anybody can take it":     {abc, "bob=accept", []func(*scene){leaving(12 * time.Second)}, "abandoned"},
		"leaves while a prompt is heard":        {"Bob", "bob=accept@20", []func(*scene){leaving(21 * time.Second)}, "abandoned"},
		"leaves when somebody took it long ago": {abc, "bob=accept", []func(*scene){leaving(3 * time.Minute)}, "connected, answered by Bob Brown"},
		"leaves when nobody took it":            {abc, "", []func(*scene){leaving(3 * time.Minute)}, "unanswered"},
		"leaves about when it is decided":       {"Bob", "bob=accept", []func(*scene){leaving(12 * time.Second)}, "error: whether the caller"},
		"not listed":                            {abc, "bob=accept", []func(*scene){listing("+447700900123")}, "refused"},
		"not listed, and leaves":                {abc, "bob=accept", []func(*scene){listing("+447700900123"), leaving(time.Second)}, "refused"},
		"listed":                                {abc, "bob=accept", []func(*scene){listing("+12025550199")}, "connected, answered by Bob Brown"},
		"withheld, where callers are listed":    {abc, "bob=accept", []func(*scene){listing("+12025550199"), func(s *scene) { s.caller = "" }}, "refused"},
		"the route is off":                      {abc, "bob=accept", []func(*scene){func(s *scene) { s.route.Enabled = false }}, "refused"},
		"the longest wait is over before":       {"Bob, Carol, Dana", "dana=accept", []func(*scene){func(s *scene) { s.plan.MaxWaitSeconds = 40 }}, "unanswered"},
		"the longest wait is about over":        {"Bob, Carol, Dana", "dana=accept", []func(*scene){func(s *scene) { s.plan.MaxWaitSeconds = 60 }}, "error: whether Dana Diaz"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := testScene(t, c.levels, c.roles, c.changes...).derive()
			if want, failing := strings.CutPrefix(c.want, "error: "); failing {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("%v, %v; want an error with %q", got, err, want)
				}
				return
			}
			if err != nil || got.String() != c.want {
				t.Errorf("%v, %v; want %s", got, err, c.want)
			}
		})
	}
}

func TestBehaviours(t *testing.T) {
	for text, want := range map[string]string{
		"accept": "accept 2s", "Accept@12": "accept 12s", "reject@0.5s": "reject 500ms", "no-answer": "no-answer 0s",
		"dance": "is no behaviour: write one of accept, decline,", "busy@3": "busy takes no time",
		"accept@soon": "write how many seconds", "accept@61": "0.1 to 60", "": "is no behaviour",
	} {
		b, err := parseBehaviour(text)
		got := string(b.part) + " " + b.after.String()
		if err != nil {
			got = err.Error()
		}
		if !strings.Contains(got, want) {
			t.Errorf("%q: %s; want %s", text, got, want)
		}
	}
}

func TestPeopleByName(t *testing.T) {
	for name, want := range map[string]string{
		"bob": "Bob Brown", "BOB BROWN": "Bob Brown", "carol": "Carol", "alice zane": "Alice Zane",
		"alice": `"alice" may be Alice Adams, Alice Zane`, "zed": `nobody is called "zed": there are Alice Adams, Bob Brown,`,
		"bo": `nobody is called "bo"`,
	} {
		user, err := userNamed(directory, name)
		got := user.Name
		if err != nil {
			got = err.Error()
		}
		if !strings.HasPrefix(got, want) {
			t.Errorf("%q: %s; want %s", name, got, want)
		}
	}
}

func TestEverybodyHasOneBehaviourOnAllTheirPhones(t *testing.T) {
	s := testScene(t, "Bob, Dana", "dana=accept")
	cast, notRung, err := castOf(s.plan, directory, rolesOf(t, "dana=busy carol=accept"))
	if err != nil || len(notRung) != 1 || notRung[0] != "Carol" {
		t.Errorf("not rung %v, %v", notRung, err)
	}
	for number, want := range map[models.Phone]part{"+12025550102": partNoAnswer, "+12025550104": partBusy, "+12025550105": partBusy} {
		if cast[number].part != want {
			t.Errorf("%s is %s, want %s", string(number), cast[number].part, want)
		}
	}
	if _, _, err := castOf(s.plan, directory, rolesOf(t, "dana=busy Dana=accept")); err == nil || !strings.Contains(err.Error(), "two behaviours") {
		t.Errorf("two behaviours: %v", err)
	}
	s.plan.Levels[0].People[0].Phones = phonesOf["Dana Diaz"]
	if _, _, err := castOf(s.plan, directory, rolesOf(t, "dana=busy bob=accept")); err == nil || !strings.Contains(err.Error(), "share a phone") {
		t.Errorf("a shared phone: %v", err)
	}
}

func TestWhatIsExpected(t *testing.T) {
	for text, want := range map[string]string{
		"connected": "connected", "Connected:bob": "connected, answered by bob", "gate-failed": "gate_failed",
		"dance": "is no outcome", "refused:bob": "only connected has a name", "connected:": "only connected has a name",
	} {
		var e ending
		err := e.UnmarshalText([]byte(text))
		got := e.String()
		if err != nil {
			got = err.Error()
		}
		if !strings.Contains(got, want) {
			t.Errorf("%q: %s; want %s", text, got, want)
		}
	}
	bob := ending{outcome: models.Connected, name: "Bob Brown", userID: "u2"}
	for name, c := range map[string]struct {
		asked ending
		call  models.Call
		met   bool
	}{
		"as asked":       {bob, models.Call{Outcome: models.Connected, AnsweredBy: "u2"}, true},
		"anybody":        {ending{outcome: models.Connected}, models.Call{Outcome: models.Connected, AnsweredBy: "u2"}, true},
		"somebody else":  {bob, models.Call{Outcome: models.Connected, AnsweredBy: "u1"}, false},
		"another ending": {bob, models.Call{Outcome: models.Abandoned}, false},
	} {
		if c.asked.isMetBy(c.call) != c.met {
			t.Errorf("%s: met is %v", name, !c.met)
		}
	}
}

func TestRoutesByName(t *testing.T) {
	routes := []models.Route{
		{ID: "1", Name: "Off", PhoneNumberID: "n1"}, {ID: "2", Name: "Numberless", Enabled: true},
		{ID: "3", Name: "Production", PhoneNumberID: "n3", Enabled: true},
		{ID: "4", Name: "Production down", PhoneNumberID: "n4", Enabled: true},
	}
	for name, want := range map[string]string{
		"": "3", "production": "3", "production d": "4", "4": "4", "off": "1",
		"prod": `"prod" may be Production, Production down`, "num": "has no number", "x": `no route is called "x": there are Off,`,
	} {
		route, err := routeNamed(routes, name)
		got := route.ID
		if err != nil {
			got = err.Error()
		}
		if !strings.Contains(got, want) {
			t.Errorf("%q: %s; want %s", name, got, want)
		}
	}
	if _, err := routeNamed(nil, ""); err == nil || !strings.Contains(err.Error(), "no route to call") {
		t.Errorf("no routes: %v", err)
	}
}
