package models

import (
	"fmt"
	"strings"
	"time"
)

// Story tells a request in Markdown, for whoever looks at its run: the state, who acts next and since when, and the
// last lines of its history.
func (r NumberRequest) Story() string {
	var b strings.Builder
	fmt.Fprintf(&b, "**%s** · %s", strings.ReplaceAll(string(r.Status), "_", " "), wanted(r.Form))
	if r.ActsNext != "" {
		fmt.Fprintf(&b, " · next: %s, since %s", r.ActsNext, r.Since.UTC().Format(time.RFC3339))
	}
	if r.Status == RequestProvisioning {
		fmt.Fprintf(&b, "\n\nnow: %s", r.NextStep().Words())
	}
	if r.RemindAt != nil {
		fmt.Fprintf(&b, "\n\nreminded at %s", r.RemindAt.UTC().Format(time.RFC3339))
	}
	const lines = 20
	b.WriteString("\n")
	for _, e := range r.History[max(0, len(r.History)-lines):] {
		fmt.Fprintf(&b, "\n- %s · %s · %s", e.At.UTC().Format(time.DateTime), e.Kind, e.By.Name)
	}
	return b.String()
}
