package models

import (
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// User is a person in the directory.
type User struct {
	ID            string      `json:"id" gorm:"primaryKey"`
	Name          string      `json:"name"`
	Email         string      `json:"email"`
	Phones        []UserPhone `json:"phones" gorm:"serializer:json"`
	TimeZone      string      `json:"time_zone"`       // IANA name; shown, never used to compute a schedule
	OnCallLicence bool        `json:"on_call_licence"` // without it the user is never rung
	SlackUserID   string      `json:"slack_user_id,omitempty"`
	Active        bool        `json:"active"` // false keeps the history and rings nobody
	Version       int         `json:"version"`
	CreatedAt     time.Time   `json:"created_at"`
	UpdatedAt     time.Time   `json:"updated_at"`
}

// UserPhone is one of a user's phones; they ring in the order of the list.
type UserPhone struct {
	Label  string      `json:"label"`
	Number Phone       `json:"number"`
	Fault  *PhoneFault `json:"fault,omitempty"` // the carrier refused to ring it; kept beside the user, not with it
}

// PhoneFault says that the carrier refused to ring a phone of the directory. It stands until
// somebody has looked at the phone's user and saved them.
type PhoneFault struct {
	Code   int       `json:"code"` // the carrier's error code
	SeenAt time.Time `json:"seen_at"`
}

// Unreachable says why nobody can be rung at this user, and is empty when somebody can.
func (u User) Unreachable() string {
	switch {
	case !u.Active:
		return "is deactivated"
	case !u.OnCallLicence:
		return "has no on-call licence"
	case len(u.Phones) == 0:
		return "has no phone"
	default:
		return ""
	}
}

// Validate reports every fault of a user at once.
func (u User) Validate() error {
	var faults Faults
	text(&faults, "name", u.Name, 1, 100)
	email(&faults, "email", u.Email)
	if len(u.Phones) > 5 {
		faults.Add("phones", "at most 5")
	}
	seen := map[Phone]bool{}
	for i, p := range u.Phones {
		place := fmt.Sprintf("phones[%d]", i)
		text(&faults, place+".label", p.Label, 1, 40)
		if _, ok := ParsePhone(string(p.Number)); !ok {
			faults.Add(place+".number", "must be E.164, as in +12025550123")
		}
		if seen[p.Number] {
			faults.Add(place+".number", "is listed twice")
		}
		seen[p.Number] = true
	}
	zone(&faults, "time_zone", u.TimeZone)
	return faults.Err()
}

// text checks the length in characters and that it is one line of printable text.
func text(faults *Faults, field, s string, least, most int) {
	if strings.ContainsAny(s, "\n\u2028\u2029") {
		faults.Add(field, "must be a single line")
		return
	}
	lines(faults, field, s, least, most)
}

// spoken is text for what is said: it may have several lines, which are said as one. Mark-up is refused
// rather than read aloud.
func spoken(faults *Faults, field, s string, least, most int) {
	if strings.ContainsAny(s, "<>") {
		faults.Add(field, "must not contain < or >: it is said as it is written, and mark-up is not read")
		return
	}
	lines(faults, field, s, least, most)
}

func lines(faults *Faults, field, s string, least, most int) {
	n := 0
	for _, r := range s {
		n++
		if unicode.IsControl(r) && r != '\n' || r == 0xfffd || r == 0xfffe || r == 0xffff {
			faults.Add(field, "must not contain control characters")
			return
		}
	}
	switch {
	case n < least || least > 0 && strings.TrimSpace(s) == "":
		faults.Add(field, "must not be empty")
	case n > most:
		faults.Add(field, "at most %d characters, not %d", most, n)
	}
}

func zone(faults *Faults, field, name string) {
	if name != "" && name != "Local" {
		if _, err := time.LoadLocation(name); err == nil {
			return
		}
	}
	faults.Add(field, "must be an IANA time zone, as in Europe/London")
}

// emailAtMost is how long an e-mail address may be, in bytes.
const emailAtMost = 254

// email checks what is surely no address; whether it is one, only a mail to it tells.
func email(faults *Faults, field, s string) {
	if at := strings.IndexByte(s, '@'); at < 1 || at == len(s)-1 || len(s) > emailAtMost || strings.ContainsFunc(s, notInEmail) {
		faults.Add(field, "must be an e-mail address")
	}
}

// notInEmail tells what no address holds: spaces, control characters, bytes that are no text.
func notInEmail(r rune) bool {
	return unicode.IsSpace(r) || unicode.IsControl(r) || r == utf8.RuneError
}

// Clip is a text of at most so many bytes, cut between two characters.
func Clip(s string, most int) string {
	if len(s) <= most {
		return s
	}
	for most > 0 && !utf8.RuneStart(s[most]) {
		most--
	}
	return s[:most]
}
