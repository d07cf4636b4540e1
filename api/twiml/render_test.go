package twiml

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ringdown/ringdown/models"
	"pgregory.net/rapid"
)

var update = flag.Bool("update", false, "rewrite the golden files")

var links = models.Links{Base: "https://example.com", CallSID: "CA00000000000000000000000000000001"}

const (
	attempt = "1.019a0000-0000-7000-8000-000000000001.1.1"
	room    = "room-7f3c9b1e"
	caller  = models.Phone("+12025550123")
)

// planOf is a plan whose texts are all built in.
func planOf(language string) models.Plan {
	l, _ := models.LanguageByCode(language)
	return models.Plan{
		RouteName: "Production", Language: l.Code, Voice: l.Voice, Hold: models.HoldMusic, RingSeconds: 30, MaxWaitSeconds: 900,
		Keypress: models.Keypress{Enabled: true, Key: "1"}, Accept: models.Acceptance{Required: true, Key: "1"},
	}
}

// documents are all that we can send in a language, by name.
func documents(language string) map[string][]byte {
	p := planOf(language)
	own := p
	own.Greeting = "Acme <Support> & friends, one moment."
	own.Hold = models.HoldRingback
	own.Keypress.Prompt = `Press 1 <break time="5s"/> for support.`
	own.Accept.Prompt = "Acme is on fire. Press 1."
	own.Allowlist.Refusal = "Please write to us instead."
	all := map[string][]byte{
		"reject":                 Render(p.Refusal(), links),
		"refusal":                Render(own.Refusal(), links),
		"ask-key":                Render(p.AskKey(1), links),
		"ask-key-again":          Render(p.AskKey(2), links),
		"ask-key-own-prompt":     Render(own.AskKey(1), links),
		"hold":                   Render(p.Wait(room, false), links),
		"hold-own-greeting":      Render(own.Wait(room, false), links),
		"hold-quiet":             Render(p.Wait(room, true), links),
		"screen":                 Render(p.Screen(attempt, caller, 1), links),
		"screen-again":           Render(p.Screen(attempt, caller, 2), links),
		"screen-withheld":        Render(p.Screen(attempt, "", 1), links),
		"screen-own-prompt":      Render(own.Screen(attempt, caller, 1), links),
		"join":                   Render(p.Join(attempt, room), links),
		"nothing":                Render(models.Answer{Do: models.DoNothing}, links),
		"hold-music":             HoldDocument(p.Language, p.Voice, models.HoldMusic, 2, links.Base),
		"hold-ringback":          HoldDocument(p.Language, p.Voice, models.HoldRingback, 1, links.Base),
		"one-moment-caller":      OneMoment(p.Language, false, 4, links.Voice(2)),
		"one-moment-leg":         OneMoment(p.Language, true, 3, links.Leg(attempt, p.Language)),
		"divert":                 Divert(p.Language, "+12025550199"),
		"fallback":               Fallback(p.Language, "+12025550199", links.VoiceAgain()),
		"fallback-no-emergency":  Fallback(p.Language, "", links.VoiceAgain()),
		"goodbye-run-is-gone":    Goodbye(p.Language, models.PhraseOver),
		"unknown-do":             Render(models.Answer{Do: "sing", Language: p.Language}, links),
		"unknown-phrase":         Goodbye(p.Language, "sing"),
		"hold-without-a-setting": HoldDocument(p.Language, "", "", 0, links.Base),
	}
	for _, phrase := range endings {
		all["say-"+string(phrase)] = Render(p.Say(phrase, ""), links)
	}
	return all
}

func TestGolden(t *testing.T) {
	for _, l := range models.Languages {
		for name, got := range documents(l.Code) {
			t.Run(l.Code+"/"+name, func(t *testing.T) {
				file := filepath.Join("testdata", l.Code, name+".xml")
				if *update {
					if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
						t.Fatal(err)
					}
					if err := os.WriteFile(file, got, 0o644); err != nil {
						t.Fatal(err)
					}
				}
				want, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				if !bytes.Equal(got, want) {
					t.Errorf("got\n%s\nwant\n%s", got, want)
				}
				if err := acceptable(got); err != nil {
					t.Errorf("the carrier would refuse it: %v\n%s", err, got)
				}
			})
		}
	}
}

func TestNoGoldenFileIsLeftOver(t *testing.T) {
	files, err := filepath.Glob("testdata/*/*.xml")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files: %v", len(files), err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".xml")
		if documents(filepath.Base(filepath.Dir(file)))[name] == nil {
			t.Errorf("%s is no document of ours", file)
		}
	}
}

// anything is text as it may arrive: markup, placeholders, control characters, broken UTF-8.
func anything() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.String(),
		rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) }),
		rapid.SampledFrom([]string{
			"", " \t\r\n ", "]]>", "<!--", "</Say><Hangup/>", `" loop="0`, "&amp;", "&#0;", "{caller}", "<speak>", "\x00", "\xff", "\uFFFE",
			strings.Repeat("word ", 2000), strings.Repeat("ü", 4000), strings.Repeat("語", 4000),
		}),
	)
}

// anyID is anything of the length of an id.
func anyID() *rapid.Generator[string] {
	return rapid.Map(anything(), func(s string) string { return s[:min(len(s), 200)] })
}

// anyAnswer has a good voice, because a wrong one is refused when the route is saved.
func anyAnswer() *rapid.Generator[models.Answer] {
	codes := []string{"", "fr-FR", "</Say>"}
	for _, l := range models.Languages {
		codes = append(codes, l.Code)
	}
	return rapid.Custom(func(t *rapid.T) models.Answer {
		text := func(name string) string { return anything().Draw(t, name) }
		return models.Answer{
			Do: models.Do(rapid.SampledFrom([]string{
				"reject", "say", "ask_key", "hold", "screen", "join", "nothing", "", "sing",
			}).Draw(t, "do")),
			Language: rapid.SampledFrom(codes).Draw(t, "language"),
			Voice:    rapid.SampledFrom(append([]string{""}, carrier().Enums["SayVoice"]...)).Draw(t, "voice"),
			Phrase:   models.Phrase(text("phrase")),
			Text:     text("text"),
			Key:      text("key"),
			Try:      rapid.IntRange(-1, 4).Draw(t, "try"),
			Caller:   models.Phone(text("caller")),
			Route:    text("route"),
			Attempt:  anyID().Draw(t, "attempt"),
			Room:     "room" + anyID().Draw(t, "room"),
			Hold:     models.HoldAudio(text("hold")),
			Rounds:   rapid.Int().Draw(t, "rounds"),
			Quiet:    rapid.Bool().Draw(t, "quiet"),
		}
	})
}

func TestTheCarrierTakesEveryAnswer(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := anyAnswer().Draw(t, "answer")
		l := models.Links{Base: "https://example.com", CallSID: anyID().Draw(t, "sid")}
		document := Render(a, l)
		if err := acceptable(document); err != nil {
			t.Fatalf("%v\n%s", err, document)
		}
		if !bytes.Equal(document, Render(a, l)) {
			t.Fatal("the same answer gave other bytes")
		}
	})
}

func TestNoDataChangesTheElements(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := anyAnswer().Draw(t, "answer")
		a.Voice = anything().Draw(t, "any voice")
		plain := models.Answer{Do: a.Do, Try: a.Try, Quiet: a.Quiet, Room: "room", Text: "text", Attempt: "1"}
		got, err := parse(Render(a, links))
		if err != nil {
			t.Fatal(err)
		}
		want, err := parse(Render(plain, links))
		if err != nil {
			t.Fatal(err)
		}
		if got.shape() != want.shape() {
			t.Fatalf("got %s, want %s", got.shape(), want.shape())
		}
	})
}

func TestTheCarrierTakesEveryOtherDocument(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		language := anything().Draw(t, "language")
		for _, document := range [][]byte{
			HoldDocument(language, rapid.SampledFrom(carrier().Enums["SayVoice"]).Draw(t, "voice"),
				models.HoldAudio(anything().Draw(t, "audio")), rapid.Int().Draw(t, "rounds"), links.Base),
			Goodbye(language, models.Phrase(anything().Draw(t, "phrase"))),
			OneMoment(language, rapid.Bool().Draw(t, "say"), rapid.IntRange(-1, 100).Draw(t, "seconds"), links.Voice(2)),
			Divert(language, "+447700900123"),
			Fallback(language, "", links.VoiceAgain()),
		} {
			if err := acceptable(document); err != nil {
				t.Fatalf("%v\n%s", err, document)
			}
		}
	})
}

func TestTheCarrierWouldRefuse(t *testing.T) {
	say := verb("Say", "language", "en-GB", "voice", "Polly.Amy-Neural")
	for name, document := range map[string][]byte{
		"an unknown verb":            document(verb("Shout").of("hello")),
		"an unknown attribute":       document(verb("Hangup", "reason", "busy")),
		"a wrong enum value":         document(verb("Reject", "reason", "tired")),
		"a voice that is not one":    document(verb("Say", "voice", "Polly.Nobody").of("hello")),
		"wrong nesting":              document(verb("Gather").around(verb("Hangup"))),
		"a text where none may be":   document(verb("Hangup").of("now")),
		"nothing to say":             document(say),
		"too much to say":            document(say.of(strings.Repeat("a", 3001))),
		"an address without a host":  document(verb("Redirect").of("/twilio/voice")),
		"a rejection after a prompt": document(say.of("no"), verb("Reject")),
		"a label that is too long":   document(verb("Dial").around(verb("Conference", "participantLabel", strings.Repeat("a", 129)).of("room"))),
		"XML that is not whole":      []byte("<Response><Say>hello</Response>"),
		"more than 64 kB":            document(slices.Repeat([]element{verb("Hangup")}, 8000)...),
	} {
		if acceptable(document) == nil {
			t.Errorf("%s was let through", name)
		}
	}
}

func TestRouteTextIsSaidAsWritten(t *testing.T) {
	p := planOf("en-GB")
	for _, c := range []struct{ written, said string }{
		{"Press 1.", "Press 1."},
		{`<break time="5s"/> & <speak>`, `<break time="5s"/> & <speak>`},
		{"&lt;b&gt; ]]> {caller}", "&lt;b&gt; ]]> {caller}"},
		{"two\r\n\tlines", "two lines"},
		{"bell\a and\x00 nothing", "bell and nothing"},
		{"Grüße, 日本 🙂", "Grüße, 日本 🙂"},
	} {
		p.Keypress.Prompt, p.Accept.Prompt, p.Greeting = c.written, c.written, c.written
		for _, a := range []models.Answer{p.AskKey(1), p.Screen(attempt, caller, 1), p.Wait(room, false), p.Say(models.PhraseOver, c.written)} {
			root, err := parse(Render(a, links))
			if err != nil {
				t.Fatal(err)
			}
			for _, say := range root.all("Say") {
				if say.text != c.said {
					t.Errorf("%s says %q, want %q", a.Do, say.text, c.said)
				}
			}
		}
	}
}

func TestCallerAndResponderBringTheSameHoldAudio(t *testing.T) {
	p := planOf("en-GB")
	urls := map[string]bool{}
	for _, a := range []models.Answer{p.Wait(room, false), p.Join(attempt, room)} {
		root, err := parse(Render(a, links))
		if err != nil {
			t.Fatal(err)
		}
		conference := root.all("Conference")[0]
		urls[conference.attrs["waitMethod"]+" "+conference.attrs["waitUrl"]] = true
	}
	if len(urls) != 1 {
		t.Errorf("two wait documents: %v", urls)
	}
}

func TestALongTextEndsAtAWord(t *testing.T) {
	long := strings.TrimSpace(strings.Repeat("seven letters ", 300))
	said := cut(long)
	if len(said) > sayLimit || len(said) < sayLimit-20 || !strings.HasPrefix(long, said+" ") {
		t.Errorf("%d characters, ending in %q", len(said), said[len(said)-20:])
	}
	if short := "short"; cut(short) != short {
		t.Error("a short text was cut")
	}
}

// A neural voice says about 15 characters a second and a digit in 0.4 s.
func TestTheScreeningFitsIntoTheAcceptWindow(t *testing.T) {
	for _, l := range models.Languages {
		p := planOf(l.Code)
		p.RouteName = "Production Database, Europe"
		root, err := parse(Render(p.Screen(attempt, caller, 1), links))
		if err != nil {
			t.Fatal(err)
		}
		seconds := 1.0 + 5.0
		for _, say := range root.all("Say") {
			for _, word := range strings.Fields(say.text) {
				if strings.Trim(word, "0123456789.,") == "" {
					seconds += 0.4
				} else {
					seconds += float64(len([]rune(word))+1) / 15
				}
			}
		}
		if seconds > models.AcceptWindow.Seconds() {
			t.Errorf("%s takes %.1f s", l.Code, seconds)
		}
	}
}

func TestHoldDocumentOfTheLongestWaitFits(t *testing.T) {
	p := planOf("en-GB")
	p.MaxWaitSeconds = 3600
	p.Levels = []models.PlanLevel{{People: []models.Person{{Phones: make([]models.UserPhone, 1000)}}}}
	if p.HoldRounds() > maxRounds {
		t.Errorf("the longest wait takes %d rounds, the document holds %d", p.HoldRounds(), maxRounds)
	}
	base := "https://" + strings.Repeat("long.", 20) + "example.com"
	for _, l := range models.Languages {
		document := HoldDocument(l.Code, "Polly.Joanna-Generative", models.HoldRingback, p.HoldRounds(), base)
		if err := acceptable(document); err != nil {
			t.Errorf("%s: %v", l.Code, err)
		}
	}
}
