package models

import (
	"fmt"
	"strings"
	"time"
)

// Story tells a request in Markdown, for whoever looks at its run: the state, who acts next and since when, and the
// last lines of its history.
func (r NumberRequest) Story() string {
	head := fmt.Sprintf("**%s** · %s", strings.ReplaceAll(string(r.Status), "_", " "), wanted(r.Form))
	if r.ActsNext != "" {
		head += fmt.Sprintf(" · next: %s, since %s", r.ActsNext, r.Since.UTC().Format(time.RFC3339))
	}
	lines := []string{head}
	if r.Status == RequestProvisioning {
		lines = append(lines, "", "now: "+r.NextStep().Words())
	}
	if r.RemindAt != nil {
		lines = append(lines, "", "reminded at "+r.RemindAt.UTC().Format(time.RFC3339))
	}
	lines = append(lines, "")
	const shown = 20
	for _, e := range r.History[max(0, len(r.History)-shown):] {
		lines = append(lines, fmt.Sprintf("- %s · %s · %s", e.At.UTC().Format(time.DateTime), e.Kind, e.By.Name))
	}
	return strings.Join(lines, "\n")
}
