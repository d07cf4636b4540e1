package twiml

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/ringdown/ringdown/models"
	"pgregory.net/rapid"
)

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

// anyAnswer has a good voice and a good number, because wrong ones are refused when the route is saved.
func anyAnswer() *rapid.Generator[models.Answer] {
	codes := append(spoken(), "", "tlh", "</Say>")
	return rapid.Custom(func(t *rapid.T) models.Answer {
		text := func(name string) string { return anything().Draw(t, name) }
		return models.Answer{
			Do: models.Do(rapid.SampledFrom([]string{
				"reject", "busy", "say", "ask_key", "hold", "screen", "join", "record", "forward", "nothing", "", "sing",
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
			To:       "+447700900188",
			Shown:    rapid.SampledFrom([]models.Phone{"", called}).Draw(t, "shown"),
			Phrases:  rapid.MapOf(anyPhrase(), anything()).Draw(t, "phrases"),
		}
	})
}

// anyPhrase is one of ours, or anything.
func anyPhrase() *rapid.Generator[models.Phrase] {
	ours := make([]models.Phrase, len(models.Phrases))
	for i, form := range models.Phrases {
		ours[i] = form.Phrase
	}
	return rapid.OneOf(rapid.SampledFrom(ours), rapid.Map(anything(), func(s string) models.Phrase { return models.Phrase(s) }))
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
		plain := models.Answer{Do: a.Do, Language: a.Language, Try: a.Try, Quiet: a.Quiet, Room: "room", Text: "text", Attempt: "1", To: a.To, Shown: a.Shown}
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
		words := Words{
			Language: rapid.OneOf(rapid.SampledFrom(spoken()), anything()).Draw(t, "language"),
			Voice:    rapid.SampledFrom(append([]string{""}, carrier().Enums["SayVoice"]...)).Draw(t, "voice"),
			Phrases:  rapid.MapOf(anyPhrase(), anything()).Draw(t, "phrases"),
		}
		for _, document := range [][]byte{
			HoldDocument(words.Language, words.Voice, anySentence().Draw(t, "sentence"),
				models.HoldAudio(anything().Draw(t, "audio")), rapid.Int().Draw(t, "rounds"), links.Base),
			words.Goodbye(anyPhrase().Draw(t, "phrase")),
			words.OneMoment(rapid.Bool().Draw(t, "answered"), rapid.IntRange(-1, 100).Draw(t, "seconds"), links.Voice(2), links),
			words.Divert("+447700900123", rapid.SampledFrom([]models.Phone{"", called}).Draw(t, "shown")),
			words.Fallback("", "", links.VoiceAgain()),
			words.Fallback("+447700900123", called, links.VoiceAgain()),
		} {
			if err := acceptable(document); err != nil {
				t.Fatalf("%v\n%s", err, document)
			}
		}
	})
}

// anySentence is anything of the length of a phrase.
func anySentence() *rapid.Generator[string] {
	return rapid.Map(anything(), func(s string) string {
		runes := []rune(s)
		return string(runes[:min(len(runes), models.PhraseLimit)])
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
		"a message without end":      document(verb("Record", "maxLength", "86401")),
		"a tone for a key":           document(verb("Record", "finishOnKey", "A")),
		"a relative callback":        document(verb("Record", "recordingStatusCallback", "/twilio/recording")),
		"an event that never is":     document(verb("Record", "recordingStatusCallbackEvent", "completed failed")),
		"a number with a letter":     document(verb("Dial").around(verb("Number").of("+1202555O188"))),
		"music without end":          document(verb("Play", "loop", "0").of("https://example.com/audio/moment.wav")),
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
	long := strings.TrimSpace(strings.Repeat("word ", 2000)) // 10,000 characters
	for _, c := range []struct{ written, said string }{
		{"Press 1.", "Press 1."},
		{`<break time="5s"/> & <speak>`, `<break time="5s"/> & <speak>`},
		{"</Say><Hangup/>", "</Say><Hangup/>"},
		{"&lt;b&gt; ]]> {route}", "&lt;b&gt; ]]> {route}"},
		{"two\r\n\tlines", "two lines"},
		{"bell\a and\x00 nothing", "bell and nothing"},
		{"Grüße, 日本 🙂", "Grüße, 日本 🙂"},
		{long, long[:2999]},
	} {
		p.Keypress.Prompt, p.Accept.Prompt, p.Greeting, p.Nobody.Message = c.written, c.written, c.written, c.written
		p.Nobody.Number = "+12025550188"
		p.Phrases = map[models.Phrase]string{models.PhraseOver: c.written, connecting: c.written, models.PhraseVoicemailEmpty: c.written}
		answers := []models.Answer{p.AskKey(1), p.Screen(attempt, caller, 1), p.Wait(room, false), p.Join(attempt, room),
			p.Say(models.PhraseNobody, c.written), p.Say(models.PhraseOver, "")}
		for _, action := range []models.NobodyAction{models.NobodyMessage, models.NobodyVoicemail, models.NobodyForward} {
			p.Nobody.Action = action
			answers = append(answers, p.Apologise())
		}
		for _, a := range answers {
			document := Render(a, links)
			if err := acceptable(document); err != nil {
				t.Errorf("%s: %v", a.Do, err)
			}
			root, err := parse(document)
			if err != nil {
				t.Fatal(err)
			}
			for _, say := range root.all("Say") {
				if say.text != c.said {
					t.Errorf("%s says %.60q, want %.60q", a.Do, say.text, c.said)
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
		document := HoldDocument(l.Code, "Polly.Joanna-Generative", "", models.HoldRingback, p.HoldRounds(), base)
		if err := acceptable(document); err != nil {
			t.Errorf("%s: %v", l.Code, err)
		}
		if rounds := strings.Count(string(document), "<Play>"); rounds != p.HoldRounds() {
			t.Errorf("%s: %d rounds instead of %d", l.Code, rounds, p.HoldRounds())
		}
	}
}

func TestALongSentenceOnHoldTakesRoundsAwayAndNothingElse(t *testing.T) {
	for name, sentence := range map[string]string{
		"in Latin letters":            strings.TrimSpace(strings.Repeat("still looking ", 300))[:models.PhraseLimit-1] + ".",
		"in kanji":                    strings.Repeat("語", models.PhraseLimit),
		"in characters of four bytes": strings.Repeat("🙂", models.PhraseLimit),
		"full of markup":              strings.Repeat("&", models.PhraseLimit),
	} {
		document := HoldDocument("ja-JP", "Polly.Kazuha-Neural", sentence, models.HoldMusic, maxRounds, links.Base)
		if err := acceptable(document); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		root, err := parse(document)
		if err != nil {
			t.Fatal(err)
		}
		if len(document) < documentLimit/2 || len(root.all("Play")) != len(root.all("Say")) || root.all("Say")[0].text != sentence {
			t.Errorf("%s: %d bytes with %d rounds", name, len(document), len(root.all("Play")))
		}
		if again := root.all("Redirect")[0].text; !strings.Contains(again, "rounds=200") || root.kids[len(root.kids)-1].name != "Redirect" {
			t.Errorf("%s: goes on at %s", name, again)
		}
	}
}
