package main

import (
	_ "embed"
	"io"
)

// licences are the texts of the licences under which others' code is in this program; go -C tools/licences run . writes them.
//
//go:embed licences.txt
var licences string

type licencesCommand struct{}

// Run prints the licences.
func (licencesCommand) Run(out io.Writer) error {
	_, err := io.WriteString(out, licences)
	return err
}
