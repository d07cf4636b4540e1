package main

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"path"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/simulator"
)

// story tells a call line by line, from the events of the simulated carrier.
type story struct {
	out    io.Writer
	json   bool // an object a line
	live   bool // a terminal: its last line may be written over
	colour bool

	callSID string
	scene   scene
	names   map[string]string // how a person is called here, by full name
	width   int               // of "caller hears", so that what is heard stands in a column
	start   time.Time         // when the caller dialled; zero before the first event
	lines   map[string]*line  // by SID, the caller's too
	rung    map[models.Phone]int
	below   bool // a line that will be written over stands last
}

// line is one phone's part of the call.
type line struct {
	who    string // caller, or a person
	phone  string // Alice’s mobile
	rang   time.Time
	told   time.Duration // of its ringing
	picked time.Time
	said   string          // the sentence that it hears or heard last, until something else happens
	played map[string]bool // audio that it has heard
	talked bool
	left   bool // the room, and nothing was heard since
	hungUp bool
	over   bool
}

const callerWho = "caller"

func newStory(out io.Writer, callSID string, s scene) *story {
	st := &story{
		out: out, callSID: callSID, scene: s,
		names: map[string]string{}, lines: map[string]*line{}, rung: map[models.Phone]int{},
	}
	called := map[string]string{}
	for _, a := range s.plan.Attempts() {
		first := firstName(a.Name)
		if other, taken := called[first]; taken && other != a.Name {
			st.names[other], st.names[a.Name] = other, a.Name
			continue
		}
		called[first], st.names[a.Name] = a.Name, first
	}
	st.width = utf8.RuneCountInString(callerWho)
	for name := range maps.Values(st.names) {
		st.width = max(st.width, utf8.RuneCountInString(name))
	}
	st.width += len(" hears")
	return st
}

// tell tells an event, when it is of this call and worth a line.
func (s *story) tell(e simulator.Event) {
	l := s.lineOf(e)
	if l == nil || l.over {
		return
	}
	if e.Kind != simulator.EventWebhook && e.Kind != simulator.EventEnded {
		l.left = false
	}
	switch e.Kind {
	case simulator.EventRinging:
		s.ringing(l, e)
	case simulator.EventAnswered:
		l.picked = e.At
		if l.who != callerWho {
			s.say(e.At, l, "picks_up", "", "%s picks up after %s", l.who, whole(e.At.Sub(l.rang)))
		}
	case simulator.EventSaid:
		if l.said != e.Text { // a prompt may be said twice
			s.say(e.At, l, "hears", e.Text, "%s “%s”", s.hears(l), e.Text)
		}
		l.said = e.Text
	case simulator.EventPlayed:
		s.played(l, e)
	case simulator.EventPressed:
		l.said = ""
		if e.Digits != "" {
			s.say(e.At, l, "presses", e.Digits, "%s presses %s", l.who, e.Digits)
		}
	case simulator.EventTalking:
		l.talked = true
		if l.who != callerWho {
			s.say(e.At, l, "talks", "", "%s and the caller are talking", l.who)
		}
	case simulator.EventRecorded:
		s.say(e.At, l, "recorded", e.Text, "the caller says “%s”, and it is recorded", e.Text)
	case simulator.EventLeft:
		s.leaves(l, e)
	case simulator.EventEnded:
		s.ended(l, e)
	case simulator.EventRefused:
		s.say(e.At, l, "trouble", e.Text, "the carrier refuses a document of ours: %s", e.Text)
	case simulator.EventFallback:
		s.say(e.At, l, "trouble", e.Text, "the carrier asks the fallback, because of: %s", e.Text)
	case simulator.EventWebhook:
		s.webhook(l, e)
	}
}

// lineOf is the line that an event is about, nil when it is of no line of this call. A leg
// becomes ours as it is dialled, and stops to be ours when it proves to be another call's.
func (s *story) lineOf(e simulator.Event) *line {
	switch {
	case e.Kind == simulator.EventDialled && e.Call == s.callSID:
		s.start = e.At
		s.lines[e.Call] = &line{who: callerWho, played: map[string]bool{}}
		s.say(e.At, s.lines[e.Call], "calls", e.To, "%s calls %s (%s)", s.callerWords(), s.scene.route.Name, readable(e.To))
	case s.start.IsZero():
		return nil
	case e.Kind == simulator.EventDialled && e.Parent == s.callSID:
		who := "the emergency line"
		if e.To == string(s.scene.plan.Nobody.Number) {
			who = "the fixed number"
		}
		s.lines[e.Call] = &line{who: who, phone: who, played: map[string]bool{}}
	case e.Kind == simulator.EventDialled && e.Direction == simulator.OutboundAPI && e.From == string(s.scene.plan.Number):
		if l := s.responder(models.Phone(e.To)); l != nil {
			s.lines[e.Call] = l
		}
	case e.Kind == simulator.EventWebhook && s.ofAnotherCall(e):
		delete(s.lines, e.Call)
	}
	return s.lines[e.Call]
}

// responder is a new line to a phone of the plan, nil when the plan has no such phone. A phone
// that several people share is theirs in the order of the plan.
func (s *story) responder(number models.Phone) *line {
	var owners []models.Attempt
	for _, a := range s.scene.plan.Attempts() {
		if a.Number == number {
			owners = append(owners, a)
		}
	}
	if len(owners) == 0 {
		return nil
	}
	a := owners[min(s.rung[number], len(owners)-1)]
	s.rung[number]++
	name := s.names[a.Name]
	return &line{who: name, phone: name + "’s " + a.Label, played: map[string]bool{}}
}

// ofAnotherCall reads it off the address that was asked, which names the call.
func (s *story) ofAnotherCall(e simulator.Event) bool {
	return e.Call != s.callSID && strings.Contains(e.URL, "/CA") && !strings.Contains(e.URL, "/"+s.callSID)
}

func (s *story) ringing(l *line, e simulator.Event) {
	if l.who == callerWho {
		return
	}
	l.rang = e.At
	s.say(e.At, l, "rings", "", "%s rings", l.phone)
}

func (s *story) played(l *line, e simulator.Event) {
	l.said = ""
	if l.played[e.Text] {
		return
	}
	l.played[e.Text] = true
	name := strings.TrimSuffix(path.Base(e.Text), path.Ext(e.Text))
	s.say(e.At, l, "hears", e.Text, "%s ♪ %s", s.hears(l), name)
}

// leaves tells who ends a talk: the first to leave. The caller may also leave while they wait.
func (s *story) leaves(l *line, e simulator.Event) {
	l.left = true
	if l.talked {
		s.hangsUp(l, e.At)
		for _, other := range s.lines {
			other.talked = false
		}
	}
}

func (s *story) hangsUp(l *line, at time.Time) {
	who := l.who
	if who == callerWho {
		who = "the caller"
	}
	l.hungUp = true
	s.say(at, l, "hangs_up", "", "%s hangs up", who)
}

func (s *story) ended(l *line, e simulator.Event) {
	l.over = true
	rang := !l.rang.IsZero()
	switch {
	case l.hungUp: // is told already
	case l.who == callerWho:
		s.callerEnded(l, e)
	case !l.picked.IsZero():
		s.say(e.At, l, "line_ends", e.Status, "%s’s line ends", l.who)
	case e.Status == simulator.StatusNoAnswer:
		s.say(e.At, l, "no_answer", e.Status, "%s does not answer; it rang for %s", l.who, whole(e.At.Sub(l.rang)))
	case e.Status == simulator.StatusBusy && rang:
		s.say(e.At, l, "rejects", e.Status, "%s rejects the call", l.who)
	case e.Status == simulator.StatusBusy:
		s.say(e.At, l, "busy", e.Status, "%s is busy", l.phone)
	case e.Status == simulator.StatusFailed:
		s.say(e.At, l, "unreachable", e.Status, "%s cannot be reached", l.phone)
	case rang:
		s.say(e.At, l, "stops_ringing", e.Status, "%s stops ringing", l.phone)
	default:
		s.say(e.At, l, "not_rung", e.Status, "%s is not rung after all", l.phone)
	}
}

func (s *story) callerEnded(l *line, e simulator.Event) {
	leaves := s.scene.leaves
	switch {
	case l.left || leaves > 0 && e.At.Sub(s.start) >= leaves:
		s.hangsUp(l, e.At)
	case l.picked.IsZero():
		s.say(e.At, l, "line_ends", e.Status, "the caller is not let in: %s", e.Status)
	default:
		s.say(e.At, l, "line_ends", e.Status, "the caller’s line ends")
	}
}

// webhook tells of a request of the carrier that went wrong.
func (s *story) webhook(l *line, e simulator.Event) {
	switch {
	case e.HTTPStatus == 0:
		s.say(e.At, l, "trouble", e.URL, "no answer from %s: %s", e.URL, e.Text)
	case e.HTTPStatus >= http.StatusBadRequest:
		s.say(e.At, l, "trouble", e.URL, "%d from %s", e.HTTPStatus, e.URL)
	}
}

// tick tells, as time goes by, which phones ring.
func (s *story) tick(now time.Time) {
	var ringing []string
	for _, sid := range slices.SortedFunc(maps.Keys(s.lines), func(a, b string) int {
		return s.lines[a].rang.Compare(s.lines[b].rang)
	}) {
		l := s.lines[sid]
		if l.rang.IsZero() || !l.picked.IsZero() || l.over {
			continue
		}
		lasts := now.Sub(l.rang)
		ringing = append(ringing, fmt.Sprintf("%s %s", l.phone, whole(lasts)))
		if told := lasts.Truncate(progressEvery); !s.live && told > l.told {
			l.told = told
			s.say(now, l, "ringing", "", "%s has rung for %s", l.phone, whole(told))
		}
	}
	if s.live && len(ringing) > 0 {
		s.clear()
		_, _ = fmt.Fprint(s.out, s.paint(dim, fmt.Sprintf("%*s%s …", indent, "", strings.Join(ringing, " · "))))
		s.below = true
	}
}

// progressEvery is how often a ringing phone gets a line where lines cannot be written over.
const progressEvery = 5 * time.Second

// callerGone says whether the caller's line has ended.
func (s *story) callerGone() bool {
	caller := s.lines[s.callSID]
	return caller != nil && caller.over
}

// over says whether every line has ended.
func (s *story) over() bool {
	for _, l := range s.lines {
		if !l.over {
			return false
		}
	}
	return s.callerGone()
}
