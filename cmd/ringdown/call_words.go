package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/nyaruka/phonenumbers"

	"github.com/ringdown/ringdown/models"
)

// beat is one line of the story.
type beat struct {
	At    float64 `json:"at"` // seconds since the caller dialled
	Kind  string  `json:"kind"`
	Who   string  `json:"who,omitempty"`
	Phone string  `json:"phone,omitempty"` // its label
	Text  string  `json:"text,omitempty"`  // what was said, played, pressed
	Words string  `json:"words"`           // the line as people read it
}

// link is where to read more.
type link struct{ name, url string }

// aside tells something that is no part of the call.
func (s *story) aside(words string) {
	if s.json {
		s.object(map[string]string{"kind": "note", "words": words})
		return
	}
	s.clear()
	_, _ = fmt.Fprintf(s.out, "%*s%s\n", indent, "", s.paint(dim, words))
}

// beside tells what becomes of the call beside its lines: its alert, its incidents.
func (s *story) beside(at time.Time, kind, who, words string) {
	words = strings.Map(printable, words)
	if s.json {
		s.object(beat{At: s.since(at), Kind: kind, Who: who, Words: words})
		return
	}
	s.write(at, words)
}

// end tells how the call ended, whether that was asked for, and where to read more.
func (s *story) end(now time.Time, call models.Call, asked ending, links []link) {
	how, met := s.endingOf(call), asked.isMetBy(call)
	waited := call.ConnectedAt
	if waited == nil {
		waited = call.EndedAt
	}
	wait := waited.Sub(call.StartedAt)
	if s.json {
		s.object(struct {
			At         float64           `json:"at"`
			Kind       string            `json:"kind"`
			Outcome    models.Outcome    `json:"outcome"`
			AnsweredBy string            `json:"answered_by,omitempty"`
			Reason     string            `json:"reason,omitempty"`
			Asked      string            `json:"asked"`
			AsAsked    bool              `json:"as_asked"`
			Waited     float64           `json:"waited_seconds"`
			Links      map[string]string `json:"links"`
		}{s.since(now), "outcome", call.Outcome, how.name, call.Reason, asked.String(), met, tenths(wait), linkMap(links)})
		return
	}
	words, colour := "as asked", green
	if !met {
		words, colour = "asked for: "+asked.String(), red
	}
	outcome := how.String()
	if call.Reason != "" {
		outcome += " (" + call.Reason + ")"
	}
	s.write(now, s.paint(colour, "outcome: "+outcome+" · "+words))
	if call.Outcome != models.Refused && call.Outcome != models.GateFailed {
		s.aside("the caller waited " + whole(wait))
	}
	for _, l := range links {
		s.aside(fmt.Sprintf("%-9s %s", l.name, l.url))
	}
}

// endingOf is how a call ended, with the name of who took it.
func (s *story) endingOf(call models.Call) ending {
	e := ending{outcome: call.Outcome, userID: call.AnsweredBy}
	for _, a := range s.scene.plan.Attempts() {
		if call.AnsweredBy != "" && a.UserID == call.AnsweredBy {
			e.name = a.Name
		}
	}
	return e
}

func linkMap(links []link) map[string]string {
	all := map[string]string{}
	for _, l := range links {
		all[strings.ToLower(l.name)] = l.url
	}
	return all
}

func (s *story) hears(l *line) string {
	subject := l.who + " hears"
	return subject + strings.Repeat(" ", max(0, s.width-utf8.RuneCountInString(subject)))
}

func (s *story) callerWords() string {
	if s.scene.caller == "" {
		return "Somebody with a withheld number"
	}
	return readable(string(s.scene.caller))
}

// say writes one line of the story.
func (s *story) say(at time.Time, l *line, kind, text, format string, args ...any) {
	words := strings.Map(printable, fmt.Sprintf(format, args...))
	if s.json {
		_, label, _ := strings.Cut(l.phone, "’s ")
		s.object(beat{s.since(at), kind, l.who, label, text, strings.Join(strings.Fields(words), " ")})
		return
	}
	if kind == "trouble" {
		words = s.paint(red, words)
	}
	s.write(at, words)
}

// printable keeps a line one line: what is said may hold line breaks.
func printable(r rune) rune {
	if unicode.IsControl(r) {
		return ' '
	}
	return r
}

// indent is the width of a line's time.
const indent = 9

func (s *story) write(at time.Time, words string) {
	s.clear()
	_, _ = fmt.Fprintf(s.out, "%s%s\n", s.paint(dim, fmt.Sprintf("%*.1f s  ", indent-4, s.since(at))), words)
}

func (s *story) object(o any) {
	text, err := json.Marshal(o)
	if err == nil {
		_, _ = fmt.Fprintf(s.out, "%s\n", text)
	}
}

func (s *story) since(at time.Time) float64 { return tenths(at.Sub(s.start)) }

// clear takes away the line that may be written over.
func (s *story) clear() {
	if s.below {
		_, _ = fmt.Fprint(s.out, "\r\x1b[K")
		s.below = false
	}
}

// What a terminal is told, to paint.
const (
	dim   = "2"
	red   = "31"
	green = "32"
)

func (s *story) paint(colour, words string) string {
	if !s.colour {
		return words
	}
	return "\x1b[" + colour + "m" + words + "\x1b[0m"
}

func tenths(d time.Duration) float64 {
	return float64(d.Round(100*time.Millisecond)) / float64(time.Second)
}

// whole is a length of time in whole seconds.
func whole(d time.Duration) string { return fmt.Sprintf("%.0f s", d.Seconds()) }

// readable groups the digits of a number.
func readable(number string) string {
	parsed, err := phonenumbers.Parse(number, "")
	if err != nil {
		return number
	}
	return strings.ReplaceAll(phonenumbers.Format(parsed, phonenumbers.INTERNATIONAL), "-", " ")
}
