package models

import "testing"

func TestAllotmentsAreRead(t *testing.T) {
	for _, c := range []struct {
		text string
		want Allotment
		ok   bool
	}{
		{"", Allotment{}, true},
		{" ", Allotment{}, true},
		{"licences=50", Allotment{Licences: 50}, true},
		{"numbers=5, licences = 50", Allotment{Licences: 50, Numbers: 5}, true},
		{"licences", Allotment{}, false},
		{"licences=many", Allotment{}, false},
		{"licences=0", Allotment{}, false},
		{"numbers=-1", Allotment{}, false},
		{"seats=5", Allotment{}, false},
		{"licences=50,", Allotment{}, false},
	} {
		got, err := ParseAllotment(c.text)
		if got != c.want || (err == nil) != c.ok {
			t.Errorf("%q: %+v, %v", c.text, got, err)
		}
	}
}
