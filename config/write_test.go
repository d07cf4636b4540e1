package config

import (
	"encoding/json"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestEveryTextIsReadAsItWasWritten(t *testing.T) {
	for _, odd := range []string{"no", "true", "Null", "~", "1e3", "+12025550101", "09:00", "2026-03-02", "a: b", "a #b", "- a", "? a", "#", "*a", "&a", "!a",
		"|", ">", "%a", "@a", "`a", "{route}", "[a]", "'a'", `"a"`, `a\b`, " a", "a ", "a\nb", "a\tb", "ä ö", "\u2028", "😀", "\u00a0", "0x1F", "1_000", "<<",
		"a:", "...", "---", "=", "a,b", "Europe/London", "alice@example.com", "Partner's line (day)"} {
		require.Equal(t, odd, readBack(t, odd))
	}
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.String(), rapid.StringMatching(`[ a-z0-9:#'"{},\[\]&*!|>%@-]{1,12}`)).Draw(t, "text")
		text = strings.ToValidUTF8(text, "")
		require.Equal(t, text, readBack(t, text))
	})
}

// readBack writes a text as one of several values, and reads it.
func readBack(t require.TestingT, text string) any {
	documents, faults := readYAML("a.yaml", []byte("a:\n  - b: "+scalarText(text)+"\n    c: 1\n"))
	require.Empty(t, faults, "%s", scalarText(text))
	return documents[0].get("a").list[0].get("b").value
}

func TestWordsOfOlderYAMLAreQuoted(t *testing.T) {
	for text, want := range map[string]string{"no": `"no"`, "On": `"On"`, "Norway": "Norway", "": `""`, "Support line": "Support line"} {
		require.Equal(t, want, scalarText(text))
	}
}

type schema struct {
	Ref        string            `json:"$ref"`
	Items      *schema           `json:"items"`
	Properties map[string]schema `json:"properties"`
}

// Each request of the API has the fields that a file may have, no more and no less.
func TestAFileHasTheFieldsOfTheAPI(t *testing.T) {
	raw, err := os.ReadFile("../api/openapi.json")
	require.NoError(t, err)
	var document struct {
		Components struct {
			Schemas map[string]schema `json:"schemas"`
		} `json:"components"`
	}
	require.NoError(t, json.Unmarshal(raw, &document))
	var compare func(name string, s schema, of reflect.Type)
	compare = func(name string, s schema, of reflect.Type) {
		if ref := strings.TrimPrefix(s.Ref, "#/components/schemas/"); ref != "" {
			s = document.Components.Schemas[ref]
		}
		switch {
		case s.Items != nil:
			compare(name, *s.Items, of.Elem())
		case len(s.Properties) > 0:
			var inAPI []string
			for field, below := range s.Properties {
				if inFile := asInFile(field); notInFiles[inFile] == "" {
					inAPI = append(inAPI, inFile)
				}
				if typ := fieldType(of, field); typ != nil {
					compare(name+"."+field, below, typ)
				}
			}
			require.ElementsMatch(t, inAPI, fieldsOf(of), "%s", name)
		}
	}
	for name, kind := range map[string]*kind{
		"UserRequest": users, "ScheduleRequest": schedules, "OutsideScheduleRequest": outsideSchedules, "RouteRequest": routes,
		"BlockedCallerRequest": blockedCallers,
	} {
		require.Contains(t, document.Components.Schemas, name)
		compare(name, document.Components.Schemas[name], kind.model)
	}
}
