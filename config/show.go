package config

import (
	"fmt"
	"strings"
)

// mostNamed is how many of the entries that are left alone are named.
const mostNamed = 10

// String is the plan as people read it before it is applied.
func (p *Plan) String() string {
	var text strings.Builder
	count := map[Action]int{}
	for _, step := range p.Steps {
		count[step.Action]++
		text.WriteString(step.String())
	}
	switch n := len(p.Left); {
	case n > mostNamed:
		fmt.Fprintf(&text, "left alone, not in the files: %s and %d more\n", strings.Join(p.Left[:mostNamed], ", "), n-mostNamed)
	case n > 0:
		fmt.Fprintf(&text, "left alone, not in the files: %s\n", strings.Join(p.Left, ", "))
	}
	fmt.Fprintf(&text, "%d to create, %d to change, %d to remove, %d as they should be\n",
		count[Create], count[Change], count[Remove], p.Same)
	return text.String()
}

func (s Step) String() string {
	var text strings.Builder
	switch s.Action {
	case Create:
		fmt.Fprintf(&text, "+ %s\n%s", s.Title, s.Text)
	case Remove:
		fmt.Fprintf(&text, "- %s\n", s.Title)
	default:
		fmt.Fprintf(&text, "~ %s\n", s.Title)
	}
	for _, d := range s.Differences {
		switch {
		case d.Old == "":
			fmt.Fprintf(&text, "    + %s: %s\n", d.Field, d.New)
		case d.New == "":
			fmt.Fprintf(&text, "    - %s: %s\n", d.Field, d.Old)
		default:
			fmt.Fprintf(&text, "    %s: %s → %s\n", d.Field, d.Old, d.New)
		}
	}
	return text.String()
}
