package models

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestUnreachable(t *testing.T) {
	phones := mobile("+12025550101")
	for _, c := range []struct {
		name string
		user User
		want string
	}{
		{"somebody with a phone and a licence", User{Active: true, OnCallLicence: true, Phones: phones}, ""},
		{"somebody without a phone", User{Active: true, OnCallLicence: true}, "has no phone"},
		{"somebody without a licence", User{Active: true, Phones: phones}, "has no on-call licence"},
		{"somebody who left", User{OnCallLicence: true, Phones: phones}, "is deactivated"},
		{"who left is told first", User{}, "is deactivated"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := c.user.Unreachable(); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestUserValidate(t *testing.T) {
	for _, c := range []struct {
		name  string
		fault func(*User)
		want  []string
	}{
		{"nothing is wrong", func(u *User) {}, nil},
		{"no phone is no fault", func(u *User) { u.Phones = nil }, nil},
		{"no name", func(u *User) { u.Name = "" }, []string{"name"}},
		{"a name of spaces", func(u *User) { u.Name = "  " }, []string{"name"}},
		{"a hundred characters are a name, whatever their bytes", func(u *User) { u.Name = strings.Repeat("ü", 100) }, nil},
		{"one more is too long", func(u *User) { u.Name = strings.Repeat("ü", 101) }, []string{"name"}},
		{"a control character in the name", func(u *User) { u.Name = "Ali\x00ce" }, []string{"name"}},
		{"broken text in the name", func(u *User) { u.Name = "Ali\xffce" }, []string{"name"}},
		{"no e-mail", func(u *User) { u.Email = "" }, []string{"email"}},
		{"an e-mail without @", func(u *User) { u.Email = "alice.example.com" }, []string{"email"}},
		{"an e-mail that begins with @", func(u *User) { u.Email = "@example.com" }, []string{"email"}},
		{"an e-mail that ends with @", func(u *User) { u.Email = "alice@" }, []string{"email"}},
		{"an e-mail with a line end", func(u *User) { u.Email = "alice@example.com\r\nBcc: bob" }, []string{"email"}},
		{"a long e-mail", func(u *User) { u.Email = strings.Repeat("a", 250) + "@b.co" }, []string{"email"}},
		{"a number that is not E.164", func(u *User) { u.Phones[0].Number = "2025550101" }, []string{"phones[0].number"}},
		{"a number that stands for a withheld caller", func(u *User) { u.Phones[0].Number = withheldNumber() }, []string{"phones[0].number"}},
		{"a phone without a label", func(u *User) { u.Phones[1].Label = "" }, []string{"phones[1].label"}},
		{"a long label", func(u *User) { u.Phones[1].Label = strings.Repeat("a", 41) }, []string{"phones[1].label"}},
		{"a number twice", func(u *User) { u.Phones[1].Number = u.Phones[0].Number }, []string{"phones[1].number"}},
		{"six phones", func(u *User) {
			for _, number := range []Phone{"+12025550103", "+12025550104", "+12025550105", "+12025550106"} {
				u.Phones = append(u.Phones, UserPhone{Label: "another", Number: number})
			}
		}, []string{"phones"}},
		{"no time zone", func(u *User) { u.TimeZone = "" }, []string{"time_zone"}},
		{"a time zone that is not in the database", func(u *User) { u.TimeZone = "Mars/Olympus" }, []string{"time_zone"}},
		{"several at once", func(u *User) { u.Name, u.Email, u.TimeZone, u.Phones[1].Label = "", "", "", "" }, []string{"name", "email", "phones[1].label", "time_zone"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			u := User{
				Name: "Alice", Email: "alice@example.com", TimeZone: london,
				Phones: []UserPhone{{Label: "mobile", Number: "+12025550101"}, {Label: "home", Number: "+12025550102"}},
			}
			c.fault(&u)
			if diff := cmp.Diff(c.want, faulty(u.Validate())); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func withheldNumber() Phone {
	for number := range withheld {
		return Phone(number)
	}
	return ""
}
