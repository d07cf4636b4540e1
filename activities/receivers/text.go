package receivers

import (
	"strings"
	"unicode"

	"github.com/ringdown/ringdown/models"
)

// How long texts are, in characters. What is longer is cut.
const (
	longestLine        = 200   // a title, a name, a label
	longestTranscript  = 4000  // more than is said in the 120 s that are transcribed
	longestDescription = 10000 // what is told of an alert
	longestSaid        = 200   // a receiver's own words
)

// tidy is an alert whose texts are fit to be told: one line each, of printable characters, none too long.
// Its lists are there even when they are empty.
func tidy(a models.Alert) models.Alert {
	for _, text := range []*string{&a.Title, &a.RouteName, &a.CallerName, &a.Country, &a.Verstat} {
		*text = oneLine(*text, longestLine)
	}
	a.Rings = append([]models.Ring{}, a.Rings...)
	for i := range a.Rings {
		r := &a.Rings[i]
		r.Name, r.Label = oneLine(r.Name, longestLine), oneLine(r.Label, longestLine)
	}
	a.Dialled, a.IncidentIDs = append([]string{}, a.Dialled...), append([]string{}, a.IncidentIDs...)
	if a.Voicemail != nil {
		v := *a.Voicemail
		v.Transcript = oneLine(v.Transcript, longestTranscript)
		a.Voicemail = &v
	}
	return a
}

// oneLine makes a text of somebody else's fit to be told: one line of printable characters, and at most so
// many of them.
func oneLine(text string, most int) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case !unicode.IsPrint(r): // marks that turn the direction of a text among them
			return -1
		default:
			return r
		}
	}, strings.ToValidUTF8(text, ""))
	return cut(strings.Join(strings.Fields(text), " "), most)
}

// cut is a text of at most so many characters.
func cut(text string, most int) string {
	if len(text) <= most {
		return text
	}
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most-1]) + "…"
	}
	return text
}
