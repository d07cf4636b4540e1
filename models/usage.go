package models

import (
	"fmt"
	"strconv"
	"strings"
)

// Usage is how much of what a customer may have is in use.
type Usage struct {
	Licences       Share `json:"licences"` // held by active users
	Numbers        Share `json:"numbers"`  // not released
	CallsThisMonth int   `json:"calls_this_month"`

	Retention Retention `json:"retention"` // for how many days what is kept; zero: for ever
}

// Share is what is used of one thing.
type Share struct {
	Used     int `json:"used"`
	Allotted int `json:"allotted,omitempty"` // zero: no limit

	Exceptions int `json:"exceptions,omitempty"` // of those that are used, how many a reviewer has allowed beside what is allotted
}

// Allotment is how much of each thing a customer may have. Zero means no limit.
type Allotment struct {
	Licences int
	Numbers  int
}

// ParseAllotment reads a setting such as "licences=50,numbers=5". What it leaves out has no limit.
func ParseAllotment(text string) (Allotment, error) {
	var a Allotment
	if strings.TrimSpace(text) == "" {
		return a, nil
	}
	for part := range strings.SplitSeq(text, ",") {
		name, value, _ := strings.Cut(part, "=")
		most, err := strconv.Atoi(strings.TrimSpace(value))
		if err != nil || most < 1 {
			return Allotment{}, fmt.Errorf("allotment %q: want whole numbers above 0, as in licences=50,numbers=5", text)
		}
		switch strings.TrimSpace(name) {
		case "licences":
			a.Licences = most
		case "numbers":
			a.Numbers = most
		default:
			return Allotment{}, fmt.Errorf("allotment %q: knows licences and numbers, as in licences=50,numbers=5", text)
		}
	}
	return a, nil
}
