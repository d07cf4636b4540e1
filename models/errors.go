// Package models holds the nouns of live call routing and the decisions about them: who is on
// call at an instant, whom a call rings in which order, what a pressed key means. Everything
// here is a function of its arguments; nothing reads a clock, a file or the network.
package models

import (
	"errors"
	"fmt"
	"strings"
)

// ErrNotFound says that nothing has the id or number asked for.
var ErrNotFound = errors.New("not found")

// ErrTaken says that a unique name or number is already in use.
var ErrTaken = errors.New("already taken")

// ErrStale says that a row changed since it was read.
var ErrStale = errors.New("changed since it was read")

// ErrAway says that the database cannot be reached or does not answer in time. Of a change it is
// then unknown whether it was made.
var ErrAway = errors.New("database away")

// InUseError says that something cannot be removed while others need it.
type InUseError struct {
	What  string   // what was to be removed, as in: user "Alice Adams"
	By    []string // each that needs it, as in: call route "Support"
	First string   // what to do, as in: switch the route off first; empty: change those that need it
}

func (e *InUseError) Error() string {
	first := e.First
	if first == "" {
		first = "change what uses it first"
	}
	return e.What + " is in use by " + strings.Join(e.By, ", ") + ": " + first
}

// AllotmentError says that a customer has as much of something as they may have.
type AllotmentError struct {
	What     string // numbers or licences
	Used     int    // requests that count as numbers among them
	Requests int    // how many these are
	Allotted int
	Reason   string // the field in which a reason for one more may be given; empty: none may
}

func (e *AllotmentError) Error() string {
	used := fmt.Sprintf("%d of %d %s are in use", e.Used, e.Allotted, e.What)
	switch numbers := e.Used - e.Requests; {
	case e.Requests > 0 && numbers > 0:
		used = fmt.Sprintf("%s and %s of %d allotted are in use", counted(numbers, "number"), counted(e.Requests, "request"), e.Allotted)
	case e.Requests > 0:
		used = fmt.Sprintf("%s of %d allotted are in use", counted(e.Requests, "request"), e.Allotted)
	}
	if e.Reason == "" {
		return used + ": give some up, or have more allotted"
	}
	return fmt.Sprintf("%s: give some up, have more allotted, or say in %q why there should be one more", used, e.Reason)
}

// counted is a number of things, as in 1 number and 2 numbers.
func counted(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// InvalidError is a value that its giver must mend before trying again.
type InvalidError struct {
	Field  string // path in the JSON of the request, as in "levels[0].targets"
	Reason string // what is wrong and what would be right
}

func (e *InvalidError) Error() string { return e.Field + ": " + e.Reason }

// Faults collects every InvalidError of one value, so that all are reported at once.
type Faults []*InvalidError

// Add notes one fault.
func (f *Faults) Add(field, format string, args ...any) {
	*f = append(*f, &InvalidError{Field: field, Reason: fmt.Sprintf(format, args...)})
}

// Err is the faults as one error, nil when there are none. errors.As finds Faults in it.
func (f Faults) Err() error {
	if len(f) == 0 {
		return nil
	}
	return f
}

func (f Faults) Error() string {
	lines := make([]string, len(f))
	for i, fault := range f {
		lines[i] = fault.Error()
	}
	return strings.Join(lines, "; ")
}
