package models

import (
	"encoding/json"
	"testing"
)

func TestANumberIsTakenOutOfTextsHoweverItIsWritten(t *testing.T) {
	t.Parallel()
	for number, texts := range map[Phone]map[string]string{
		"+447700900123": {
			"Call to Support from +447700900123 (GB).": "Call to Support from [removed] (GB).",
			"447700900123":                                  "[removed]",
			"tel:+44 7700 900123;":                          "tel:[removed];",
			"+44 (0)7700 900123":                            "[removed]",
			"(+44) 7700 900 123 called":                     "[removed] called",
			"07700 900123":                                  "[removed]",
			"07700-900-123, twice: 07700.900.123":           "[removed], twice: [removed]",
			"0044 7700 900123 and 011447700900123":          "[removed] and [removed]",
			"%2B447700900123":                               "%2B[removed]",
			"inc-12-447700900123":                           "inc-12-[removed]",
			"inc-12-call-from-447700900123-2":               "inc-12-call-from-[removed]-2",
			"room 12 07700 900123 3 pm":                     "room 12 [removed] 3 pm",
			"+447700900124, +447700900122":                  "+447700900124, +447700900122",
			"1447700900123 and 4477009001234":               "1447700900123 and 4477009001234",
			"2026-11-29 and 900123":                         "2026-11-29 and 900123",
			"Alice (mobile) is rung.":                       "Alice (mobile) is rung.",
			"":                                              "",
			"+447700900123+447700900123 or +44 7700 900124": "[removed][removed] or +44 7700 900124",
		},
		"+12025550123": {
			"(202) 555-0123":                   "[removed]",
			"1-202-555-0123":                   "[removed]",
			"+1 302 555 0123":                  "+1 302 555 0123", // another area
			"3025550123":                       "3025550123",
			"Call 555-0123 or 202 555 0124":    "Call 555-0123 or 202 555 0124",
			"+120255501230 and +12025550123\n": "+120255501230 and [removed]\n",
		},
		"+4912345": {"+4912345": "[removed]", "12345": "12345"},
	} {
		for text, want := range texts {
			got, found := RedactionOf(number).Text(text)
			if got != want || found != (text != want) {
				t.Errorf("%q without %s is %q (found: %v), want %q", text, string(number), got, found, want)
			}
		}
	}
}

func TestNamesAreTakenOutWhereTheyAreWords(t *testing.T) {
	t.Parallel()
	r := RedactionOf("+447700900123", "Carol", "Carol Jones", "René Müller", " ", "")
	for text, want := range map[string]string{
		"Carol Jones called Support": "[removed] called Support",
		"Carol, Carol Carol.":        "[removed], [removed] [removed].",
		"Carolina and McCarol":       "Carolina and McCarol",
		"inc-12-carol-jones-called":  "inc-12-[removed]-called",
		"CAROL_JONES, carol  jones":  "[removed], [removed]",
		"inc-3-ren-m-ller":           "inc-3-[removed]",
		"René Müller, Dr. (night)":   "[removed], Dr. (night)",
		`["+447700900123","Carol"]`:  `["[removed]","[removed]"]`,
	} {
		if got, _ := r.Text(text); got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
}

func TestANumberIsTakenOutOfJSON(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{"number":"+447700900123","reason":"Silent","version":447700900123}`:                                                            `{"number":"[removed]","reason":"[removed]","version":447700900123}`,
		`{"name":"Support","allowlist":{"callers":[{"name":"Carol","number":"+447700900123"},{"name":"Dan","number":"+447700900199"}]}}`: `{"allowlist":{"callers":[{"name":"[removed]","number":"[removed]"},{"name":"Dan","number":"+447700900199"}]},"name":"Support"}`,
		`{"name":"Support","text":"rings 07700 900123"}`:                                                                                 `{"name":"Support","text":"rings [removed]"}`,
		`{"name":"Support","emergency_number":"+447700900123"}`:                                                                          `{"emergency_number":"[removed]","name":"Support"}`,
		`{"caller_name":"Carol","caller":"+447700900123"}`:                                                                               `{"caller":"[removed]","caller_name":"[removed]"}`,
		`{"name":"Support"}`: `{"name":"Support"}`,
		`"none"`:             `"none"`,
		``:                   ``,
	} {
		got, found, err := RedactionOf("+447700900123").JSON(json.RawMessage(text))
		if err != nil || string(got) != want || found != (text != want) {
			t.Errorf("%s is %s, want %s: %v", text, got, want, err)
		}
	}
	if _, _, err := RedactionOf("+447700900123").JSON(json.RawMessage("{")); err == nil {
		t.Error("half a value is taken for one")
	}
}

func TestEveryFormOfANumberEndsAlike(t *testing.T) {
	t.Parallel()
	for number, want := range map[Phone]string{"+447700900123": "700900123", "+12025550123": "25550123", "+4912345": "4912345", "+123456789": "3456789"} {
		if got := RedactionOf(number).Ending(); got != want {
			t.Errorf("%s ends with %s, want %s", string(number), got, want)
		}
	}
}
