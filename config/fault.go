package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Fault is something that its writer must mend, and where.
type Fault struct {
	Place Place
	Text  string
}

// Faults are all that were found; nothing is done while there are any.
type Faults []Fault

func (f *Faults) add(at Place, format string, args ...any) {
	*f = append(*f, Fault{at, fmt.Sprintf(format, args...)})
}

// Err is the faults as one error in the order of their lines, nil when there are none.
func (f Faults) Err() error {
	if len(f) == 0 {
		return nil
	}
	inOrder := slices.Clone(f)
	slices.SortStableFunc(inOrder, func(a, b Fault) int {
		return cmp.Or(cmp.Compare(a.Place.File, b.Place.File), cmp.Compare(a.Place.Line, b.Place.Line), cmp.Compare(a.Place.Column, b.Place.Column))
	})
	return slices.Compact(inOrder)
}

// Error has a line for each fault, which begins with file, line and column.
func (f Faults) Error() string {
	lines := make([]string, len(f))
	for i, fault := range f {
		lines[i] = fmt.Sprintf("%s: %s", fault.Place, fault.Text)
	}
	return strings.Join(lines, "\n")
}
