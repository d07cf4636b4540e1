package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// list is the page for people.
func list(modules []module) string {
	var b strings.Builder
	b.WriteString(`# Licences

Ringdown is under the Apache License 2.0 (see LICENSE). Its binary holds code of others, under the licences below; their texts and notices
are in the binary, and ` + "`ringdown licences`" + ` prints them. The list is made by ` + "`tools/licences`" + `, which fails when a licence does not fit
ours: ` + strings.Join(fits[:len(fits)-1], ", ") + ` and what is in the ` + publicDomain + ` do.

| module | version | licence |
|---|---|---|
`)
	var remarks []string
	for _, m := range modules {
		licences := strings.Join(m.licences, ", ")
		if why := unstated[m.Path+"@"+m.Version]; why != "" {
			licences = "states none"
			remarks = append(remarks, fmt.Sprintf("`%s` %s states no licence; it is %s.", m.Path, m.Version, why))
		}
		fmt.Fprintf(&b, "| %s | %s | %s |\n", m.Path, cmp.Or(m.Version, "that of the build"), licences)
	}
	b.WriteString(`
Besides:

- The time zones that Go brings are in the public domain.
- The certificate authorities that the binary trusts where a system brings none are Mozilla's list, under MPL-2.0, as
  ` + "`golang.org/x/crypto/x509roots/fallback`" + ` brings it, unchanged; its source is ` + "`certdata.txt`" + ` of Mozilla's NSS.
- What the carrier's verbs may hold, and its voices and languages, are facts taken from Twilio's npm package ` + "`twilio`" + ` (MIT).
- The hold music and the tones were made by ` + "`api/audio/generate`" + `.
`)
	for _, remark := range remarks {
		b.WriteString("- " + remark + "\n")
	}
	return b.String()
}

// texts are all licences and notices, each text once with whose it is.
func texts(modules []module) string {
	type shared struct {
		content string
		of      []string
	}
	var all []*shared
	seen := map[string]*shared{}
	for _, m := range modules {
		for _, t := range m.texts {
			content := plain(t.content)
			alike := strings.Join(strings.Fields(content), " ")
			if seen[alike] == nil {
				seen[alike] = &shared{content: content}
				all = append(all, seen[alike])
			}
			if name := strings.TrimSpace(m.Path + " " + m.Version); !slices.Contains(seen[alike].of, name) {
				seen[alike].of = append(seen[alike].of, name)
			}
		}
	}
	var b strings.Builder
	for _, s := range all {
		b.WriteString(strings.Repeat("=", 80) + "\n" + strings.Join(s.of, "\n") + "\n" + strings.Repeat("=", 80) + "\n\n" + s.content + "\n\n")
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// plain is a text without what differs between systems.
func plain(content string) string {
	lines := strings.Split(strings.ReplaceAll(content, "\r\n", "\n"), "\n")
	for i, line := range lines {
		lines[i] = strings.TrimRight(line, " \t")
	}
	return strings.Trim(strings.Join(lines, "\n"), "\n")
}
