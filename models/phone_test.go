package models

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestParsePhone(t *testing.T) {
	for _, c := range []struct {
		name, in string
		ok       bool
	}{
		{"an american number", "+12025550123", true},
		{"a british number", "+447700900123", true},
		{"the fewest digits", "+1202555", true},
		{"the most digits", "+120255501230000", true},
		{"a digit too few", "+120255", false},
		{"a digit too many", "+1202555012300000", false},
		{"no plus", "12025550123", false},
		{"two pluses", "++12025550123", false},
		{"a country that begins with zero", "+02025550123", false},
		{"spaces", "+1 202 555 0123", false},
		{"a line end", "+12025550123\n", false},
		{"a letter", "+1202555012a", false},
		{"digits of another script", "+1٢025550123", false},
		{"a sip address", "sip:alice@example.com", false},
		{"a client of the carrier", "client:alice", false},
		{"a withheld caller by name", "anonymous", false},
		{"nothing", "", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			want := Phone("")
			if c.ok {
				want = Phone(c.in)
			}
			if got, ok := ParsePhone(c.in); ok != c.ok || got != want {
				t.Errorf("got %q, %t", string(got), ok)
			}
		})
	}
	for number := range withheld {
		if got, ok := ParsePhone(number); ok || got != "" {
			t.Errorf("%s stands for a withheld caller, got %q, %t", number, string(got), ok)
		}
	}
}

func TestPhoneIsMaskedInFmt(t *testing.T) {
	const phone, masked = Phone("+12025550123"), "+12•••23"
	person := Person{Name: "Alice", Phones: mobile(phone)}
	for _, c := range []struct{ name, got, want string }{
		{"print", fmt.Sprint(phone), masked},
		{"print with others", fmt.Sprintln("rings", phone), "rings " + masked + "\n"},
		{"with flags and widths", fmt.Sprintf("%+v %#v %-30s %08d % x %.2s", phone, phone, phone, phone, phone, phone), strings.Repeat(masked+" ", 5) + masked},
		{"behind a pointer", fmt.Sprintf("%v", new(phone)), masked},
		{"an argument too many", fmt.Sprintf(strings.Clone("rings"), phone), "rings%!(EXTRA models.Phone=" + masked + ")"},
		{"in an error", fmt.Errorf("dial %s: %w", phone, ErrNotFound).Error(), "dial " + masked + ": not found"},
		{"in a struct", fmt.Sprintf("%v", UserPhone{Label: "mobile", Number: phone}), "{mobile " + masked + " <nil>}"},
		{"in a struct with names", fmt.Sprintf("%+v", UserPhone{Label: "mobile", Number: phone}), "{Label:mobile Number:" + masked + " Fault:<nil>}"},
		{"in a struct as go", fmt.Sprintf("%#v", UserPhone{Label: "mobile", Number: phone}), `models.UserPhone{Label:"mobile", Number:` + masked + ", Fault:(*models.PhoneFault)(nil)}"},
		{"deep in a struct", fmt.Sprintf("%+v", person), "{UserID: Name:Alice Phones:[{Label:mobile Number:" + masked + " Fault:<nil>}] Why:}"},
		{"in a list", fmt.Sprint([]Phone{phone}), "[" + masked + "]"},
		{"as a key and value", fmt.Sprint(map[Phone]Phone{phone: phone}), "map[" + masked + ":" + masked + "]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, c.got); diff != "" {
				t.Error(diff)
			}
		})
	}
	// %T prints the type. %p and %w are no verbs for a string: vet refuses them.
	for _, verb := range "abcdefghijklmnoqrstuvxyzABCDEFGHIJKLMNOPQRSUVWXYZ" {
		if got := fmt.Sprintf("%"+string(verb), phone); got != masked {
			t.Errorf("%%%c prints %s", verb, got)
		}
	}
}

func TestPhoneIsMaskedInSlog(t *testing.T) {
	const phone = Phone("+12025550123")
	text := func(out *bytes.Buffer) slog.Handler { return slog.NewTextHandler(out, nil) }
	json := func(out *bytes.Buffer) slog.Handler { return slog.NewJSONHandler(out, nil) }
	for _, c := range []struct {
		name    string
		handler func(*bytes.Buffer) slog.Handler
		log     func(*slog.Logger)
	}{
		{"an attribute as text", text, func(l *slog.Logger) { l.Info("rings", "leg", phone) }},
		{"an attribute as JSON", json, func(l *slog.Logger) { l.Info("rings", "leg", phone) }},
		{"any as text", text, func(l *slog.Logger) { l.Info("rings", slog.Any("leg", phone)) }},
		{"any as JSON", json, func(l *slog.Logger) { l.Info("rings", slog.Any("leg", phone)) }},
		{"in a group as text", text, func(l *slog.Logger) { l.WithGroup("leg").Info("rings", slog.Group("to", "number", phone)) }},
		{"in a group as JSON", json, func(l *slog.Logger) { l.WithGroup("leg").Info("rings", slog.Group("to", "number", phone)) }},
		{"of the logger as text", text, func(l *slog.Logger) { l.With("leg", phone).Info("rings") }},
		{"of the logger as JSON", json, func(l *slog.Logger) { l.With("leg", phone).Info("rings") }},
		{"in a struct as text", text, func(l *slog.Logger) { l.Info("rings", "leg", UserPhone{Label: "mobile", Number: phone}) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			var out bytes.Buffer
			c.log(slog.New(c.handler(&out)))
			if line := out.String(); strings.Contains(line, "555") || !strings.Contains(line, "+12•••23") {
				t.Error(line)
			}
		})
	}
}

func TestMaskedShowsAtMostFiveCharacters(t *testing.T) {
	for _, c := range []struct{ name, phone, want string }{
		{"a number", "+12025550123", "+12•••23"},
		{"another", "+447700900123", "+44•••23"},
		{"the shortest number", "+1202555", "+12•••55"},
		{"shorter than any number", "+120255", "•••"},
		{"no number", "", "•••"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := Phone(c.phone).Masked(); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
	rapid.Check(t, func(t *rapid.T) {
		p := Phone(rapid.OneOf(rapid.StringMatching(`\+[1-9][0-9]{6,14}`), rapid.String()).Draw(t, "phone"))
		start, end, hidden := strings.Cut(p.Masked(), "•••")
		if !hidden || len(start)+len(end) > 5 || len(start)+len(end) > len(p)-3 && len(start) > 0 {
			t.Fatalf("%q shows %q", string(p), p.Masked())
		}
		if !strings.HasPrefix(string(p), start) || !strings.HasSuffix(string(p), end) {
			t.Fatalf("%q is shown as %q", string(p), p.Masked())
		}
	})
}
