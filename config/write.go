package config

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Export writes a running system as a file that Read reads: what counts at an instant or later,
// sorted by name, defaults left out. Its error names a schedule and an outside schedule of one name.
func Export(out io.Writer, system System, at time.Time) error {
	st, err := system.read(at)
	if err != nil {
		return err
	}
	for _, e := range st.entries {
		if twin := st.find(e.ref().twin()); twin != nil {
			return fmt.Errorf("the %s and the %s have one name, and a file could not say which of them a target names: rename one", e.title(), twin.title())
		}
	}
	var text bytes.Buffer
	text.WriteString("# Written by ringdown export; ringdown apply -f brings a system to this state.\n")
	for _, kind := range kinds {
		var all []*entry
		for _, e := range st.entries {
			if e.kind == kind {
				all = append(all, e)
			}
		}
		if len(all) == 0 {
			continue // a section without entries would let --prune remove what is made meanwhile
		}
		slices.SortFunc(all, func(a, b *entry) int { return cmp.Compare(a.key(), b.key()) })
		fmt.Fprintf(&text, "\n%s:\n", kind.section)
		for _, e := range all {
			lean, err := e.lean()
			if err != nil {
				return err
			}
			writeElement(&text, lean, "  ")
		}
	}
	_, err = out.Write(text.Bytes())
	return err
}

// lean is an entry without what it would have anyway.
func (e *entry) lean() (*node, error) {
	usual, err := nodeOf(e.kind.usual(e.model))
	if err != nil {
		return nil, err
	}
	return e.tree.without(toFile(usual, byName)), nil
}

// block is a node in lines of its own, as part of a plan.
func block(n *node) string {
	var text bytes.Buffer
	writeBlock(&text, n, "    ")
	return text.String()
}

// writeBlock writes a node in lines of their own, each after an indent.
func writeBlock(out *bytes.Buffer, n *node, indent string) {
	for _, element := range n.list {
		writeElement(out, element, indent)
	}
	for _, f := range n.fields {
		fmt.Fprintf(out, "%s%s:", indent, f.name)
		if f.value.form == scalar {
			fmt.Fprintf(out, " %s\n", scalarText(f.value.value))
			continue
		}
		out.WriteByte('\n')
		writeBlock(out, f.value, indent+"  ")
	}
}

// writeElement writes an element of a list: its first line begins with a dash.
func writeElement(out *bytes.Buffer, n *node, indent string) {
	if n.form == scalar {
		fmt.Fprintf(out, "%s- %s\n", indent, scalarText(n.value))
		return
	}
	var lines bytes.Buffer
	writeBlock(&lines, n, indent+"  ")
	out.WriteString(indent + "- ")
	out.Write(bytes.TrimPrefix(lines.Bytes(), []byte(indent+"  ")))
}

// plain is text that needs no quotes in any version of YAML, with what is a word for something
// else taken out by words.
var plain = regexp.MustCompile(`^[\pL/][\pL\pN_./@’'+-]*( [\pL\pN_./@’'(+-][\pL\pN_./@’'()+-]*)*$`)

var words = regexp.MustCompile(`(?i)^(y|yes|n|no|on|off|true|false|null|nan|inf)$`)

// scalarText is a scalar as YAML. Text in quotes is written as JSON, which YAML reads.
func scalarText(value any) string {
	text, ok := value.(string)
	switch {
	case !ok:
		return fmt.Sprint(value)
	case plain.MatchString(text) && !words.MatchString(text):
		return text
	}
	var quoted bytes.Buffer
	encoder := json.NewEncoder(&quoted)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(text) // text is always JSON
	return strings.TrimSpace(quoted.String())
}
