package models

import (
	"bytes"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// Redaction takes a number, in whatever form people write it, and the names of who has it out of texts.
type Redaction struct {
	digits string // of the number in E.164
	names  *regexp.Regexp
}

// Removed stands where a number or a name was.
const Removed = "[removed]"

// leastDigits is how many digits of a number, at its end, tell it from others.
const leastDigits = 7

// RedactionOf takes a number out, and names where they stand as words of their own: in capitals or not, and as names of
// channels have them, as in carol-jones.
func RedactionOf(number Phone, names ...string) Redaction {
	r := Redaction{digits: strings.TrimPrefix(string(number), "+")}
	var forms []string
	for _, name := range names {
		forms = append(forms, name)
		if slug := notInSlug.ReplaceAllString(strings.ToLower(name), "-"); len(strings.Trim(slug, "-")) >= leastSlug {
			forms = append(forms, slug)
		}
	}
	slices.SortStableFunc(forms, func(a, b string) int { return len(b) - len(a) }) // the longest of two that begin alike
	var patterns []string
	for _, form := range forms {
		words := strings.FieldsFunc(form, func(r rune) bool { return unicode.IsSpace(r) || r == '-' || r == '_' })
		for i := range words {
			words[i] = regexp.QuoteMeta(words[i])
		}
		if len(words) > 0 {
			patterns = append(patterns, strings.Join(words, `[\s_-]+`))
		}
	}
	if len(patterns) > 0 {
		r.names = regexp.MustCompile(`(?i)(^|[^\pL\pN])(?:` + strings.Join(patterns, "|") + `)($|[^\pL\pN])`)
	}
	return r
}

// notInSlug is what names of channels do not have of a name.
var notInSlug = regexp.MustCompile(`[^a-z0-9]+`)

// leastSlug is how much of a name a channel must have of it to tell of it.
const leastSlug = 3

// Ending are the digits that every form of the number ends with.
func (r Redaction) Ending() string {
	return r.digits[max(0, min(3, len(r.digits)-leastDigits)):]
}

// Apart are what people write between the digits of a number.
var Apart = []string{" ", "-", ".", "/", "(", ")", "\u00a0"}

var (
	digitRuns = regexp.MustCompile(`[+(]*\d[\d\s().\-/\x{a0}]*`)
	digitsIn  = regexp.MustCompile(`\d+`)
)

// Text is a text without the number and the names, and whether they were in it.
func (r Redaction) Text(s string) (redacted string, found bool) {
	redacted = digitRuns.ReplaceAllStringFunc(s, r.run)
	if r.names != nil {
		for range 2 { // two names may share what stands between them
			redacted = r.names.ReplaceAllString(redacted, "${1}"+Removed+"${2}")
		}
	}
	return redacted, redacted != s
}

// run takes the number out of digits and what stands between them.
func (r Redaction) run(run string) string {
	groups := digitsIn.FindAllStringIndex(run, -1)
	for first := range groups {
		digits := ""
		for last := first; last < len(groups) && len(digits) <= len(r.digits)+3; last++ {
			digits += run[groups[last][0]:groups[last][1]]
			if r.is(digits) {
				before := strings.TrimRight(run[:groups[first][0]], "+(")
				return before + Removed + r.run(run[groups[last][1]:])
			}
		}
	}
	return run
}

// is says whether digits are the number: in E.164, as it is dialled from abroad, or as it is dialled at home, whose country
// codes have up to three digits.
func (r Redaction) is(digits string) bool {
	if r.digits == "" {
		return false
	}
	if digits == r.digits || digits == "00"+r.digits || digits == "011"+r.digits {
		return true
	}
	for code := 1; code <= 3 && len(r.digits)-code >= leastDigits; code++ {
		home := r.digits[code:]
		if digits == home || digits == "0"+home || digits == r.digits[:code]+"0"+home || digits == "00"+r.digits[:code]+"0"+home {
			return true
		}
	}
	return false
}

// numberFields are the fields of a number, where what stands beside them tells who has it: no name stands beside the
// emergency number of a route but the route's own.
var numberFields = []string{"number", "caller"}

// nameFields are the fields of who has a number, where it stands beside them in JSON.
var nameFields = []string{"name", "caller_name", "reason"}

// JSON is a JSON value whose texts are without the number and the names. Who has the number loses the name that stands
// beside it.
func (r Redaction) JSON(raw json.RawMessage) (redacted json.RawMessage, found bool, err error) {
	if len(raw) == 0 {
		return raw, false, nil
	}
	var value any
	reader := json.NewDecoder(bytes.NewReader(raw))
	reader.UseNumber() // so that a number stays as it is written
	if err := reader.Decode(&value); err != nil {
		return raw, false, err
	}
	value, found = r.value(value)
	if !found {
		return raw, false, nil
	}
	redacted, err = json.Marshal(value)
	return redacted, true, err
}

func (r Redaction) value(value any) (redacted any, found bool) {
	switch v := value.(type) {
	case string:
		return r.Text(v)
	case []any:
		for i := range v {
			one, in := r.value(v[i])
			v[i], found = one, found || in
		}
	case map[string]any:
		own := false // it is about who has the number
		for key := range v {
			one, in := r.value(v[key])
			v[key], found, own = one, found || in, own || in && one == Removed && slices.Contains(numberFields, key)
		}
		for _, key := range nameFields {
			if name, ok := v[key].(string); own && ok && name != "" {
				v[key] = Removed
			}
		}
	}
	return value, found
}
