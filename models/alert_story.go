package models

import (
	"fmt"
	"strings"
	"time"
)

// AlertLine is one line of what people are told of an alert in an incident's channel.
type AlertLine struct {
	Key  string // the same however often it is told
	Text string // nothing in it is mark-up
	At   time.Time
}

// The keys of the lines that tell who calls, and what they said.
const (
	LineRaised     = "raised"
	LineTranscript = "transcript"
)

// Lines tell an alert so far. What is told once stays: of a later state there are more lines.
func (a Alert) Lines() []AlertLine {
	told := []AlertLine{{LineRaised, a.Title + " from " + a.callerWords() + ".", a.StartedAt}}
	add := func(key, text string, at time.Time) {
		told = append(told, AlertLine{key, oneLine(text), at})
	}
	for _, r := range a.Rings {
		add("rung/"+r.Attempt, r.who()+" is rung.", r.At)
		if r.EndedAt == nil {
			continue
		}
		if fate := r.fate(); fate != "" {
			add("fate/"+r.Attempt+"/"+string(r.State), r.who()+" "+fate+".", *r.EndedAt)
		}
	}
	if v := a.Voicemail; v != nil && v.Status == RecordingReady {
		add("voicemail", fmt.Sprintf("The caller left a message of %d s.", v.Seconds), a.endedAt())
		if v.Transcribe == TranscriptReady {
			add(LineTranscript, "The message says: "+shorten(v.Transcript, longestMessage-100), a.endedAt())
		}
	}
	if a.ResolvedAt != nil {
		add("ended/"+string(a.Outcome), "The call ended after "+spell(a.ResolvedAt.Sub(a.StartedAt))+": "+a.Outcome.Words()+".", *a.ResolvedAt)
	}
	return told
}

// endedAt is when the call ended, as far as it is known.
func (a Alert) endedAt() time.Time {
	if a.ResolvedAt != nil {
		return *a.ResolvedAt
	}
	return a.StartedAt
}

// callerWords name a caller for people.
func (a Alert) callerWords() string {
	who := string(a.Caller)
	switch {
	case a.ErasedAt != nil:
		who = "a caller whose data were removed"
	case who == "":
		who = "a caller who withholds their number"
	}
	var known []string
	for _, part := range []string{a.CallerName, a.Country} {
		if part != "" {
			known = append(known, part)
		}
	}
	if len(known) > 0 {
		who += " (" + strings.Join(known, ", ") + ")"
	}
	return oneLine(who)
}

func (r Ring) who() string { return r.Name + " (" + r.Label + ")" }

// fate is what became of a phone that was rung, as the end of a sentence; empty while there is nothing to
// tell.
func (r Ring) fate() string {
	switch {
	case r.State == Accepted:
		return "took the call"
	case r.Lost:
		return "was lost before they met the caller"
	case r.State == Declined:
		return "declined, or a mailbox answered"
	case r.State == Ringing || r.State == PickedUp:
		return ""
	case r.Result == ResultPickedUp:
		return "picked up and did not take the call"
	case r.Result == ResultCanceled || r.Result == "":
		return "was no longer rung"
	default:
		return r.Result.Words()
	}
}

// now is how a phone stands in a headline.
func (r Ring) now() string {
	switch fate := r.fate(); {
	case fate != "":
		return r.who() + " " + fate
	case r.State == PickedUp:
		return r.who() + " hears who calls"
	default:
		return r.who() + " rings"
	}
}

// Standing is an alert as it stands, in one line.
func (a Alert) Standing() string {
	switch {
	case a.Status == AlertResolved:
		return a.Title + ": ended after " + spell(a.endedAt().Sub(a.StartedAt)) + ", " + a.Outcome.Words()
	case a.AnsweredBy != "":
		return a.Title + ": " + a.nameOf(a.AnsweredBy) + " talks to the caller"
	case len(a.Rings) > 0:
		return a.Title + ": " + a.Rings[len(a.Rings)-1].now()
	default:
		return a.Title + ": nobody is rung yet"
	}
}

func (a Alert) nameOf(userID string) string {
	for _, r := range a.Rings {
		if r.UserID == userID {
			return r.Name
		}
	}
	return "somebody"
}

// ShownAlerts is how many alerts a headline tells of.
const ShownAlerts = 10

// Headline is the message about an incident that is kept current. alerts are the last that are linked to it,
// ShownAlerts at most and the oldest first; earlier is how many there were before them.
func (i Incident) Headline(alerts []Alert, earlier int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s · %s · %s · %s", i.Label(), oneLine(i.Name), i.Severity, i.Status)
	if i.Summary != "" {
		b.WriteString("\n" + i.Summary)
	}
	if earlier > 0 {
		fmt.Fprintf(&b, "\n%d earlier %s", earlier, either(earlier == 1, "call", "calls"))
	}
	for _, a := range alerts {
		b.WriteString("\n" + oneLine(a.Standing()) + ", from " + a.callerWords())
	}
	return b.String()
}

// Words are an outcome for people.
func (o Outcome) Words() string {
	switch o {
	case Connected:
		return "a responder took it"
	case Unanswered:
		return "nobody took it"
	case Voicemailed:
		return "nobody took it, and the caller left a message"
	case Forwarded:
		return "nobody took it, and it was forwarded"
	case Abandoned:
		return "the caller left before anybody took it"
	case Diverted:
		return "the caller was sent to the emergency number"
	case "":
		return "it is not known how"
	default:
		return string(o)
	}
}

// spell writes a length of time for people, as in 4 min 12 s.
func spell(d time.Duration) string {
	d = max(d.Round(time.Second), 0)
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%d s", d/time.Second)
	case d < time.Hour:
		return fmt.Sprintf("%d min %d s", d/time.Minute, d%time.Minute/time.Second)
	default:
		return fmt.Sprintf("%d h %d min", d/time.Hour, d%time.Hour/time.Minute)
	}
}
