package store

import (
	"fmt"
	"path"
	"regexp"
	"strings"
	"testing"
)

// lastAlone is the last migration that no older binary has to run on: since then a deploy is rolling.
const lastAlone = "00009"

// contracts is what must stand before a statement that an older binary would not survive: it says from
// which release on nobody uses what goes.
var contracts = regexp.MustCompile(`-- contract: unused since v\d+\.\d+\.\d+\n[^;]*$`)

// breaking are statements after which a binary that does not know of them fails.
var breaking = map[string]*regexp.Regexp{
	"drops what an older binary reads":        regexp.MustCompile(`(?i)\bDROP\s+(TABLE|COLUMN|INDEX|DEFAULT)\b`),
	"renames what an older binary names":      regexp.MustCompile(`(?i)\bRENAME\b`),
	"changes a column's type or makes it due": regexp.MustCompile(`(?i)\bALTER\s+(COLUMN\s+)?\w+\s+(SET\s+NOT\s+NULL|(SET\s+DATA\s+)?TYPE)\b`),
	"adds a constraint to what is there":      regexp.MustCompile(`(?i)\bADD\s+(CONSTRAINT|CHECK|UNIQUE|FOREIGN|PRIMARY)\b`),
}

var (
	aStatement = regexp.MustCompile(`[^;]*;`)
	comment    = regexp.MustCompile(`--[^\n]*`)
	added      = regexp.MustCompile(`(?is)\bALTER\s+TABLE\s+\S+\s+ADD\s+(.*)`)
	index      = regexp.MustCompile(`(?is)\bCREATE\s+UNIQUE\s+INDEX\b.*\bON\s+(\w+)`)
	table      = regexp.MustCompile(`(?is)\bCREATE\s+TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?(\w+)`)
)

// notExpanding says what of a migration an older binary would not survive.
func notExpanding(up string) (faults []string) {
	fresh := map[string]bool{} // tables that this migration makes
	for _, at := range aStatement.FindAllStringIndex(up, -1) {
		whole := up[at[0]:at[1]]
		bare := comment.ReplaceAllString(whole, "")
		if m := table.FindStringSubmatch(bare); m != nil {
			fresh[m[1]] = true
			continue
		}
		if contracts.MatchString(strings.TrimSuffix(up[:at[1]], ";")) {
			continue
		}
		for fault, pattern := range breaking {
			if pattern.MatchString(bare) {
				faults = append(faults, fault)
			}
		}
		if m := added.FindStringSubmatch(bare); m != nil &&
			strings.Contains(strings.ToUpper(m[1]), "NOT NULL") && !strings.Contains(strings.ToUpper(m[1]), "DEFAULT") {
			faults = append(faults, "adds a column that an older binary would have to fill")
		}
		if m := index.FindStringSubmatch(bare); m != nil && !fresh[m[1]] {
			faults = append(faults, "forbids what an older binary writes")
		}
	}
	return faults
}

func TestAnOlderBinaryRunsOnTheNewSchema(t *testing.T) {
	for _, folder := range []string{"migrations/sqlite", "migrations/postgres"} {
		files, err := migrations.ReadDir(folder)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			if f.Name() < lastAlone+"~" {
				continue
			}
			text, err := migrations.ReadFile(path.Join(folder, f.Name()))
			if err != nil {
				t.Fatal(err)
			}
			up, _, _ := strings.Cut(string(text), "-- +goose Down")
			for _, fault := range notExpanding(up) {
				t.Errorf("%s/%s %s: expand first, and contract in a later release (docs/releases.md)", folder, f.Name(), fault)
			}
		}
	}
}

func TestWhatAnOlderBinaryWouldNotSurviveIsFound(t *testing.T) {
	for up, want := range map[string]string{
		"CREATE TABLE a (b text NOT NULL); CREATE UNIQUE INDEX c ON a (b);": "[]",
		"ALTER TABLE a ADD COLUMN b text;":                                  "[]",
		"ALTER TABLE a ADD COLUMN b text NOT NULL DEFAULT '';":              "[]",
		"CREATE INDEX c ON a (b);":                                          "[]",
		"-- It will DROP TABLE nothing.\nUPDATE a SET b = 1;":               "[]",
		"ALTER TABLE a ADD COLUMN b text NOT NULL;":                         "[adds a column that an older binary would have to fill]",
		"ALTER TABLE a ADD b text NOT NULL;":                                "[adds a column that an older binary would have to fill]",
		"DROP INDEX c;":                                                     "[drops what an older binary reads]",
		"ALTER TABLE a DROP COLUMN b;":                                      "[drops what an older binary reads]",
		"-- contract: unused since v0.4.0\nALTER TABLE a DROP COLUMN b;":    "[]",
		"-- contract: unused since v0.4.0\nDROP TABLE a; DROP TABLE b;":     "[drops what an older binary reads]",
		"DROP TABLE a;":                                 "[drops what an older binary reads]",
		"ALTER TABLE a RENAME TO b;":                    "[renames what an older binary names]",
		"ALTER TABLE a ALTER COLUMN b SET NOT NULL;":    "[changes a column's type or makes it due]",
		"ALTER TABLE a ALTER COLUMN b TYPE bigint;":     "[changes a column's type or makes it due]",
		"ALTER TABLE a ADD CONSTRAINT c CHECK (b > 0);": "[adds a constraint to what is there]",
		"CREATE UNIQUE INDEX c ON a (b);":               "[forbids what an older binary writes]",
	} {
		if got := fmt.Sprint(notExpanding(up)); got != want {
			t.Errorf("%s\n\tgives %s, want %s", up, got, want)
		}
	}
}
