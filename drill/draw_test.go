package drill

import (
	"reflect"
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/ringdown/ringdown/models"
)

var reserved = regexp.MustCompile(`^\+1[3-9][0-9]{2}55501[0-9]{2}$`)

func TestALineAndACallFollowFromTheSeed(t *testing.T) {
	for n := range 50 {
		one, again := drawLine(7, n, 50), drawLine(7, n, 50)
		if !reflect.DeepEqual(one, again) {
			t.Fatalf("line %d was drawn otherwise the second time", n)
		}
		a, b := drawCall(7, n, one), drawCall(7, n, again)
		a.seen, b.seen = nil, nil
		if !reflect.DeepEqual(a, b) {
			t.Fatalf("call %d was drawn otherwise the second time", n)
		}
	}
	if reflect.DeepEqual(drawLine(7, 1, 50).route, drawLine(8, 1, 50).route) {
		t.Error("another seed drew the same route")
	}
}

// One call is made again by itself, in a drill that may be of fewer calls.
func TestACallIsTheSameInADrillOfMoreCalls(t *testing.T) {
	for n := range linesAtMost {
		few, many := drawLine(7, n, n+1), drawLine(7, n, 10_000)
		one, other := drawCall(7, n, few), drawCall(7, n, many)
		if (&story{call: one}).listed() != (&story{call: other}).listed() {
			t.Errorf("call %d may call in one of them alone", n)
		}
		few.route.Allowlist, many.route.Allowlist, one.seen, other.seen = models.Allowlist{}, models.Allowlist{}, nil, nil
		if !reflect.DeepEqual(one, other) {
			t.Errorf("call %d differs", n)
		}
	}
}

func TestNoTwoPhonesOfADrillHaveOneNumber(t *testing.T) {
	owner := map[string]int{}
	take := func(number string, n int) {
		t.Helper()
		if !reserved.MatchString(number) {
			t.Errorf("%s is not reserved for fiction", number)
		}
		if _, taken := owner[number]; taken {
			t.Errorf("%s is taken twice", number)
		}
		owner[number] = n
	}
	for n := range linesAtMost {
		l := drawLine(11, n, 10_000)
		take(l.number, n)
		for _, p := range l.phones {
			take(p.number, n)
		}
	}
	for _, n := range []int{0, 1, 9_999, CallsAtMost - 1} {
		take(callerNumber(n), n)
	}
}

func TestARouteOfADrillIsOneThatCanBeSaved(t *testing.T) {
	for n := range linesAtMost {
		l := drawLine(3, n, 1000)
		d := models.Directory{Users: map[string]models.User{}, Numbers: map[string]models.PhoneNumber{"number": {Status: models.NumberActive}}}
		l.route.PhoneNumberID = "number"
		for i := range l.people {
			l.people[i].ID = l.people[i].Name
			d.Users[l.people[i].ID] = l.people[i]
			if err := l.people[i].Validate(); err != nil {
				t.Errorf("line %d: %v", n, err)
			}
		}
		l.aim()
		if err := l.route.Validate(d, time.Now()); err != nil {
			t.Errorf("line %d: %v", n, err)
		}
	}
}

func TestCallsBeginInTheirOrderWhereTheirLinesAreFree(t *testing.T) {
	lines := []*line{{n: 0}, {n: 1}, {n: 2}}
	w := newWaiting(&drill{Config: Config{Calls: linesAtMost + 2, Call: -1}, lines: lines})
	var order []int
	next := func() *line {
		l, n, left := w.next()
		if !left {
			t.Fatal("nothing is left")
		}
		if l != nil {
			order = append(order, n)
		}
		return l
	}
	for range lines {
		next()
	}
	if next() != nil {
		t.Error("a call began on a line that is taken")
	}
	w.free(lines[1])
	next()
	w.free(lines[2])
	w.free(lines[0])
	next()
	if want := []int{0, 1, 2, linesAtMost + 1, linesAtMost}; !slices.Equal(order, want) {
		t.Errorf("begun in the order %v, want %v", order, want)
	}
	if _, _, left := w.next(); left {
		t.Error("there is a call too many")
	}
}

func TestOneCallByItselfIsTheOnlyOne(t *testing.T) {
	const n = linesAtMost + 3
	w := newWaiting(&drill{Config: Config{Calls: n + 1, Call: n}, lines: []*line{{n: 3}}})
	if _, got, left := w.next(); !left || got != n {
		t.Errorf("call %d begins, want %d", got, n)
	}
	if _, _, left := w.next(); left {
		t.Error("there is a call too many")
	}
}

func TestFaultsAreReadAsTheyAreWritten(t *testing.T) {
	for _, text := range []string{"all", "none", "one-by-one", "429,late", "worker", "api,database,temporal"} {
		f, err := ParseFaults(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
		}
		if f.String() != text {
			t.Errorf("%s is written %s", text, f)
		}
	}
	carrier, err := ParseFaults("carrier, worker")
	if err != nil || len(carrier.Names) != len(carrierFaults)+1 {
		t.Errorf("carrier, worker are %v, %v", carrier.Names, err)
	}
	if _, err := ParseFaults("late,rain"); err == nil {
		t.Error("rain is a fault")
	}
}

func TestThePlanHasTheFaultsThatAreAskedForAlone(t *testing.T) {
	for _, c := range carrierFaults {
		if len(Faults{Names: []string{c.name}}.plan(1, 1).Rules) == 0 {
			t.Errorf("%s strikes nothing", c.name)
		}
	}
	if rules := (Faults{Names: []string{"worker"}}).plan(1, 1).Rules; len(rules) > 0 {
		t.Errorf("without the carrier's faults there are %+v", rules)
	}
}
