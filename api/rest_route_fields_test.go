package api

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/ringdown/ringdown/models"
)

// routeWith is the body of a good route of Alice's, with fields of it set; nil leaves one out.
func (rt *restTest) routeWith(user string, fields map[string]any) string {
	rt.Helper()
	route := map[string]any{
		"name": "Support", "levels": []any{map[string]any{"targets": []any{map[string]any{"type": "user", "user_id": user}}}},
	}
	maps.Copy(route, fields)
	maps.DeleteFunc(route, func(_ string, value any) bool { return value == nil })
	body, err := json.Marshal(route)
	if err != nil {
		rt.Fatal(err)
	}
	return string(body)
}

// allPhrases are a route's own words for everything, but for some, by name.
func allPhrases(but map[models.Phrase]string) map[models.Phrase]string {
	phrases := map[models.Phrase]string{}
	for _, form := range models.Phrases {
		phrases[form.Phrase] = strings.Join(append([]string{"Slova"}, form.Placeholders...), " ")
	}
	maps.Copy(phrases, but)
	return phrases
}

func object(namesAndValues ...any) map[string]any {
	o := map[string]any{}
	for i := 0; i < len(namesAndValues); i += 2 {
		o[namesAndValues[i].(string)] = namesAndValues[i+1]
	}
	return o
}

func TestRESTRouteKeepsWhatItIsGiven(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil)
	user := rt.user(alice)
	level := func(strategy string, stagger int) map[string]any {
		return object("strategy", strategy, "stagger_seconds", stagger, "targets", []any{object("type", "user", "user_id", user)})
	}
	for name, fields := range map[string]map[string]any{
		"every strategy":                  {"levels": []any{level("one_by_one", 10), level("all_at_once", 10), level("staggered", 60), level("shuffled", 5)}},
		"a voicemail":                     {"nobody": object("action", "voicemail", "message", "Mluvte!", "number", "")},
		"a voicemail and no level":        {"nobody": object("action", "voicemail", "message", "", "number", ""), "levels": []any{}},
		"a fixed number":                  {"nobody": object("action", "forward", "message", "", "number", "+12025550188")},
		"the caller shown":                {"responder_caller_id": "caller"},
		"the least limits":                {"limits": object("per_caller_per_minute", 1, "live_calls", 1)},
		"the greatest limits":             {"limits": object("per_caller_per_minute", 1000, "live_calls", 10000)},
		"attested callers only":           {"require_attestation": true},
		"an emergency number":             {"emergency_number": "+447700900112"},
		"a phrase of its own":             {"phrases": map[string]any{"hold": `Wait & "see"`}},
		"a language of ours":              {"language": "ja-JP", "voice": "Polly.Kazuha-Neural"},
		"a language that we do not speak": {"language": "cs-CZ", "voice": "Google.cs-CZ-Wavenet-A", "phrases": allPhrases(nil)},
		"the longest prompts": {"greeting": strings.Repeat("ü", 1000), "keypress": object("enabled", true, "key", "0", "prompt", strings.Repeat("語", 1000)),
			"accept":  object("required", true, "key", "8", "prompt", strings.Repeat("🙂", 180)),
			"phrases": map[string]any{"over": strings.Repeat("x", 300)}},
	} {
		t.Run(name, func(t *testing.T) {
			fields["name"] = name
			made := rt.send(http.MethodPost, "/v1/call-routes", rt.routeWith(user, fields)).is(http.StatusCreated)
			path := made.Header().Get("Location")
			changed := rt.send(http.MethodPut, path, rt.routeWith(user, fields), "If-Match", made.Header().Get("ETag")).is(http.StatusOK)
			for _, got := range []map[string]any{made.fields(), changed.fields(), rt.send(http.MethodGet, path, "").is(http.StatusOK).fields()} {
				for field, want := range fields {
					if asJSON(got[field]) != asJSON(want) {
						t.Errorf("%s is %s, want %s", field, asJSON(got[field]), asJSON(want))
					}
				}
			}
		})
	}
}

// asJSON is a value with its names sorted.
func asJSON(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		return err.Error()
	}
	var plain any
	if err := json.Unmarshal(text, &plain); err != nil {
		return err.Error()
	}
	text, _ = json.Marshal(plain)
	return string(text)
}

func TestRESTRouteWithoutPhrasesHasNoneAndNotNull(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil)
	user := rt.user(alice)
	made := rt.send(http.MethodPost, "/v1/call-routes", rt.routeWith(user, nil)).is(http.StatusCreated)
	path := made.Header().Get("Location")
	for name, got := range map[string]reply{
		"made":    made,
		"read":    rt.send(http.MethodGet, path, ""),
		"listed":  rt.send(http.MethodGet, "/v1/call-routes", ""),
		"changed": rt.send(http.MethodPut, path, rt.routeWith(user, nil)),
	} {
		body := got.Body.String()
		if !strings.Contains(body, `"phrases":{}`) || !strings.Contains(body, `"callers":[]`) || strings.Contains(body, "null") {
			t.Errorf("%s: %s", name, body)
		}
	}
}

func TestRESTRouteFaultsAreNamedOneByOne(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil)
	user := rt.user(alice)
	long := strings.Repeat("x", 10_000)
	levels := func(fields ...any) []any {
		return []any{object(append(fields, "targets", []any{object("type", "user", "user_id", user)})...)}
	}
	czech := func(but map[models.Phrase]string, leaveOut ...models.Phrase) map[string]any {
		phrases := allPhrases(but)
		for _, phrase := range leaveOut {
			delete(phrases, phrase)
		}
		return map[string]any{"language": "cs-CZ", "voice": "Google.cs-CZ-Wavenet-A", "phrases": phrases}
	}
	for _, c := range []struct {
		name   string
		fields map[string]any
		place  string
		says   string // in the message
	}{
		{"a strategy that is none", map[string]any{"levels": levels("strategy", "random")}, "body.levels[0].strategy", "one_by_one"},
		{"a stagger that is too short", map[string]any{"levels": levels("strategy", "staggered", "stagger_seconds", 4)}, "body.levels[0].stagger_seconds", "5"},
		{"a stagger that is too long", map[string]any{"levels": levels("strategy", "staggered", "stagger_seconds", 61)}, "body.levels[0].stagger_seconds", "60"},
		{"no level and only a message", map[string]any{"levels": []any{}}, "body.levels", "at least one level"},
		{"an action that is none", map[string]any{"nobody": object("action", "sing")}, "body.nobody.action", "voicemail"},
		{"a fixed number that is missing", map[string]any{"nobody": object("action", "forward")}, "body.nobody.number", "E.164"},
		{"a fixed number that is none", map[string]any{"nobody": object("action", "forward", "number", "911")}, "body.nobody.number", "E.164"},
		{"an emergency number that is none", map[string]any{"emergency_number": "112"}, "body.emergency_number", "E.164"},
		{"a rule that is none", map[string]any{"responder_caller_id": "nobody"}, "body.responder_caller_id", "caller"},
		{"no call a minute", map[string]any{"limits": object("per_caller_per_minute", -1)}, "body.limits.per_caller_per_minute", "1"},
		{"too many calls a minute", map[string]any{"limits": object("per_caller_per_minute", 1001)}, "body.limits.per_caller_per_minute", "1000"},
		{"no live call", map[string]any{"limits": object("live_calls", -1)}, "body.limits.live_calls", "1"},
		{"too many live calls", map[string]any{"limits": object("live_calls", 10001)}, "body.limits.live_calls", "10000"},
		{"attestation that is neither", map[string]any{"require_attestation": "perhaps"}, "body.require_attestation", "boolean"},
		{"a language that the carrier does not speak", map[string]any{"language": "tlh"}, "body.language", "/v1/languages"},
		{"a language without a voice", map[string]any{"language": "cs-CZ", "phrases": allPhrases(nil)}, "body.voice", "cs-CZ"},
		{"a language with a phrase too few", czech(nil, models.PhraseVoicemailThanks), "body.phrases.voicemail_thanks", "no built-in phrases"},
		{"a language with an empty phrase", czech(map[models.Phrase]string{"hold": ""}), "body.phrases.hold", "empty"},
		{"a blank phrase", map[string]any{"phrases": object("hold", " \n ")}, "body.phrases.hold", "empty"},
		{"a phrase that is none", map[string]any{"phrases": object("sing", "La")}, "body.phrases.sing", "voicemail_thanks"},
		{"a phrase without its placeholder", map[string]any{"phrases": object("press_key", "Press one.")}, "body.phrases.press_key", "{key}"},
		{"a phrase without one of its placeholders", map[string]any{"phrases": object("screen", "{route} {caller} {key}")}, "body.phrases.screen", "{decline}"},
		{"a phrase that is too long", map[string]any{"phrases": object("hold", strings.Repeat("ü", 301))}, "body.phrases.hold", "300"},
		{"a phrase of 10,000 characters", map[string]any{"phrases": object("hold", long)}, "body.phrases.hold", "300"},
		{"a phrase with a control character", map[string]any{"phrases": object("hold", "Wait\a")}, "body.phrases.hold", "control characters"},
		{"a phrase that is no text", map[string]any{"phrases": object("hold", 1)}, "body.phrases.hold", "string"},
		{"phrases that are none", map[string]any{"phrases": []any{"hold"}}, "body.phrases", "object"},
		{"a greeting of 10,000 characters", map[string]any{"greeting": long}, "body.greeting", "1000"},
		{"a greeting with a control character", map[string]any{"greeting": "Hello\x1b[0m"}, "body.greeting", "control characters"},
		{"a prompt at the gate of 10,000 characters", map[string]any{"keypress": object("prompt", long)}, "body.keypress.prompt", "1000"},
		{"a prompt at the gate with a control character", map[string]any{"keypress": object("prompt", "\x00")}, "body.keypress.prompt", "control characters"},
		{"a prompt for responders of 10,000 characters", map[string]any{"accept": object("prompt", long)}, "body.accept.prompt", "180"},
		{"a prompt for responders that takes too long", map[string]any{"accept": object("prompt", strings.Repeat("x", 181))}, "body.accept.prompt", "180"},
		{"a prompt for responders with a control character", map[string]any{"accept": object("prompt", "\v")}, "body.accept.prompt", "control characters"},
		{"a refusal of 10,000 characters", map[string]any{"allowlist": object("refusal", long)}, "body.allowlist.refusal", "1000"},
		{"a refusal with a control character", map[string]any{"allowlist": object("refusal", "\u0085")}, "body.allowlist.refusal", "control characters"},
		{"a last message of 10,000 characters", map[string]any{"nobody": object("message", long)}, "body.nobody.message", "1000"},
		{"a last message with a control character", map[string]any{"nobody": object("message", "\u007f")}, "body.nobody.message", "control characters"},
		{"a voice of 10,000 characters", map[string]any{"voice": long}, "body.voice", "100"},
	} {
		t.Run(c.name, func(t *testing.T) {
			refused := rt.send(http.MethodPost, "/v1/call-routes", rt.routeWith(user, c.fields))
			refused.faults(c.place)
			if message := refused.problem().Errors[0].Message; !strings.Contains(message, c.says) {
				t.Errorf("says %q, not %q", message, c.says)
			}
			if strings.Contains(refused.Body.String(), "xxxx") {
				t.Error("what was sent is sent back")
			}
		})
	}
	if names, _ := rt.send(http.MethodGet, "/v1/call-routes", "").is(http.StatusOK).items("name"); len(names) > 0 {
		t.Errorf("saved all the same: %v", names)
	}
}

func TestRESTRouteIsNotSentBackToUs(t *testing.T) {
	t.Parallel()
	carrier, _ := newFakeCarrier(t, owned)
	rt := newREST(t, carrier)
	user := rt.user(alice)
	rt.send(http.MethodPost, "/v1/phone-numbers", supportLine).is(http.StatusCreated)
	rt.send(http.MethodPost, "/v1/call-routes", rt.routeWith(user, map[string]any{
		"emergency_number": "+12025550123", "nobody": object("action", "forward", "number", "+12025550123"),
	})).faults("body.emergency_number", "body.nobody.number")
}

func TestRESTEveryMissingPhraseIsNamed(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil)
	places := []string{"body.voice"}
	for _, form := range models.Phrases {
		places = append(places, fmt.Sprint("body.phrases.", form.Phrase))
	}
	slices.Sort(places)
	rt.send(http.MethodPost, "/v1/call-routes", rt.routeWith(rt.user(alice), map[string]any{"language": "cs-CZ"})).faults(places...)
}
