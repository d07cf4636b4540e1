package drill

import (
	"fmt"

	"github.com/ringdown/ringdown/models"
)

// line is one number of the drill's with its route and its people. It takes one call at a time, so that nobody's phone rings for
// two; and it stays as it is for the whole drill, as routes do: so what is known of it while the database is away is right.
// It follows from the seed and its number.
type line struct {
	n      int
	taken  int // of its numbers
	number string
	route  models.Route
	people []models.User // whom the route names, by their place in places
	places [][]int       // who is in each level
	phones []phone       // that a call may ring
}

// phone is a phone of a line: of one of its people, or of nobody in the directory.
type phone struct {
	number string
	person int
}

// Phones of nobody in the directory.
const (
	fixedNumber = -1 // of callers whom nobody took
	emergency   = -2 // of callers for whom we can decide nothing
)

// Numbers are those reserved for fiction, 100 in each area code. Each line has some for itself, and each caller one.
const (
	linesAtMost    = 500
	numbersPerLine = 12
	firstArea      = 303
	callersAtMost  = (999-firstArea)*100 - linesAtMost*numbersPerLine
)

func fictional(at int) string { return fmt.Sprintf("+1%d55501%02d", firstArea+at/100, at%100) }

// callerNumber is the number of a call's caller, and of no other's.
func callerNumber(n int) string { return fictional(linesAtMost*numbersPerLine + n) }

// lineOf is the line on which a call comes.
func lineOf(n int) int { return n % linesAtMost }

// fresh is a number that no other line has.
func (l *line) fresh() string {
	at := l.n*numbersPerLine + l.taken
	l.taken++
	return fictional(at)
}

// drawLine is the line of that number, for a drill of so many calls.
func drawLine(seed uint64, n, calls int) *line {
	d := drawOf(seed, ofLines+uint64(n)) //nolint:gosec // never negative
	l := &line{n: n}
	l.number = l.fresh()
	l.phones = append(l.phones, phone{l.fresh(), emergency})
	l.route = models.Route{
		Name: fmt.Sprintf("%s%d", ourName, n), Enabled: true, Language: pick(d, "en-GB", "en-US", "de-DE"),
		RingSeconds: 10 + d.IntN(21), MaxWaitSeconds: pick(d, 60, 120, 180, 180), Accept: models.Acceptance{Required: d.chance(0.85)},
		ResponderCallerID: pick(d, models.ShowRouteNumber, models.ShowRouteNumber, models.ShowCaller),
		EmergencyNumber:   models.Phone(l.phones[0].number),
	}
	d.peopleOf(l)
	d.nobodyOf(l)
	d.gatesOf(l, calls)
	l.route = l.route.Defaults()
	return l
}

// peopleOf fills up to three levels; one line in thirty has nobody at all to ring.
func (d draw) peopleOf(l *line) {
	names := []string{"Alice", "Bob", "Carol", "Dave"}
	for enough := 0.03; len(names) > 0 && len(l.places) < 3 && !d.chance(enough); enough = 0.5 {
		level := models.Level{
			Strategy:       pick(d, models.OneByOne, models.OneByOne, models.AllAtOnce, models.Staggered, models.Shuffled),
			StaggerSeconds: 5 + d.IntN(11),
		}
		var who []int
		for range min(1+d.IntN(3), len(names)) {
			who = append(who, len(l.people))
			d.personOf(l, names[0])
			names = names[1:]
		}
		l.route.Levels, l.places = append(l.route.Levels, level), append(l.places, who)
	}
	if last := len(l.places) - 1; last > 0 && d.chance(0.2) {
		l.route.RingAgain = true
		l.places[last] = append(l.places[last], 0)
	}
}

// personOf adds somebody with one phone, or two.
func (d draw) personOf(l *line, name string) {
	user := models.User{Name: name, TimeZone: "Europe/London", OnCallLicence: true, Active: true}
	for _, label := range []string{"mobile", "desk"} {
		p := phone{l.fresh(), len(l.people)}
		l.phones = append(l.phones, p)
		user.Phones = append(user.Phones, models.UserPhone{Label: label, Number: models.Phone(p.number)})
		user.Email = name + p.number[1:] + ourMail
		if !d.chance(0.2) {
			break
		}
	}
	l.people = append(l.people, user)
}

// nobodyOf is what the route has for a caller whom nobody reached. One that rings nobody has more than a sentence for them.
func (d draw) nobodyOf(l *line) {
	l.route.Nobody.Action = pick(d, models.NobodyVoicemail, models.NobodyForward, models.NobodyMessage)
	if len(l.places) == 0 && l.route.Nobody.Action == models.NobodyMessage {
		l.route.Nobody.Action = models.NobodyVoicemail
	}
	if l.route.Nobody.Action == models.NobodyForward {
		last := phone{l.fresh(), fixedNumber}
		l.route.Nobody.Number = models.Phone(last.number)
		l.phones = append(l.phones, last)
	}
}

// gatesOf asks for a key on one line in three, and lists callers on one in twelve: most of those who call it. That is drawn last, because
// how many there are depends on how many calls the drill makes, and nothing else may.
func (d draw) gatesOf(l *line, calls int) {
	if d.chance(0.35) {
		l.route.Keypress = models.Keypress{Enabled: true, Key: "4"}
	}
	if !d.chance(0.08) {
		return
	}
	l.route.Allowlist = models.Allowlist{
		Enabled: true, Refusal: pick(d, "", "Please write to us instead."), Callers: []models.AllowedCaller{{Number: "+447700900123"}},
	}
	for n := l.n; n < calls; n += linesAtMost {
		if d.chance(0.7) {
			l.route.Allowlist.Callers = append(l.route.Allowlist.Callers, models.AllowedCaller{Number: models.Phone(callerNumber(n))})
		}
	}
}

// aim names the people in the route, once they have ids.
func (l *line) aim() {
	for level, who := range l.places {
		for _, person := range who {
			target := models.Target{Type: models.TargetUser, UserID: l.people[person].ID}
			l.route.Levels[level].Targets = append(l.route.Levels[level].Targets, target)
		}
	}
}
