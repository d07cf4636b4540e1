package simulator

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/ringdown/ringdown/api/twiml"
	"github.com/ringdown/ringdown/models"
)

// FuzzTwiML looks for a name, a prompt or a sentence by which a document of Ringdown's is none that the carrier takes.
func FuzzTwiML(f *testing.F) {
	does := []models.Do{
		models.DoReject, models.DoBusy, models.DoSay, models.DoAskKey, models.DoHold, models.DoScreen, models.DoJoin, models.DoRecord, models.DoForward, models.DoNothing,
	}
	f.Add(uint8(0), uint8(0), uint8(0), "Support", "Press 1", "Please hold", "+12025550123", "1", 1, 5)
	f.Add(uint8(3), uint8(2), uint8(18), `<break time="5s"/>`, "</Say><Hangup/>", "&lt;b&gt; ]]> {route}", "anonymous", "*", 2, 200)
	f.Add(uint8(5), uint8(14), uint8(21), "日本 🙂", "a\x00b\x1b\r\n\t", "\xff\xfe\xed\xa0\x80", "+", "", -1, -1)
	f.Add(uint8(4), uint8(60), uint8(20), strings.Repeat("é", 5000), strings.Repeat("a", 10000), strings.Repeat("word ", 900), "+1", "#", 1<<30, 1<<30)
	f.Add(uint8(7), uint8(200), uint8(255), "<!DOCTYPE x [<!ENTITY a \"b\">]>", "<![CDATA[x]]>", "\u2028\u2029\u0085\ufffe\uffff\U0001fffe", "{caller}", "{key}", 3, 0)
	f.Add(uint8(8), uint8(1), uint8(0), " ", "\u00a0", "\u200b", "", "10", 0, 1)
	f.Fuzz(func(t *testing.T, do, language, phrase uint8, name, prompt, sentence, caller, key string, try, rounds int) {
		spoken, phrases := models.CarrierLanguages[int(language)%len(models.CarrierLanguages)], models.Phrases
		said := phrases[int(phrase)%len(phrases)].Phrase
		a := models.Answer{
			Do: does[int(do)%len(does)], Language: spoken.Code, Phrase: said, Text: prompt, Key: key, Try: try, Caller: models.Phone(caller), Route: name,
			Attempt: "1." + name + ".1.1", Room: "room-1", Rounds: rounds, To: "+12025550188", Phrases: map[models.Phrase]string{said: sentence, models.Phrase(name): prompt},
		}
		l := models.Links{Base: "https://ringdown.example", CallSID: "CA" + name}
		words := twiml.Words{Language: spoken.Code, Phrases: a.Phrases}
		for _, document := range [][]byte{
			twiml.Render(a, l),
			twiml.HoldDocument(spoken.Code, "", firstOf(sentence, models.PhraseLimit), models.HoldAudio(name), rounds, l.Base),
			words.Goodbye(said),
			words.OneMoment(try > 0, rounds%120, l.Voice(try), l),
			words.Divert("+12025550188", ""),
			words.Fallback("", "+12025550110", l.VoiceAgain()),
		} {
			if _, err := parseTwiML(document); err != nil {
				t.Errorf("%v\n%s", err, document)
			}
		}
	})
}

func firstOf(s string, runes int) string {
	for i := range s {
		if runes--; runes < 0 {
			return s[:i]
		}
	}
	return s
}

// FuzzDocument looks for a document that the simulator chokes on, or that it takes although nobody could read it.
func FuzzDocument(f *testing.F) {
	for _, body := range []string{
		"", "<Response/>", "<Response><Say>Hi</Say></Response>", `<?xml version="1.0" encoding="UTF-8"?><Response><Dial><Conference waitUrl="">r</Conference></Dial></Response>`,
		`<?xml version="1.0" encoding="UTF-16"?><Response/>`, `<!DOCTYPE a [<!ENTITY b "c">]><Response>&b;</Response>`, "<Response><Say>a</Response>", "<a:Response xmlns:a='b'/>",
		`<Response><Say voice="Polly.Amy">Press <emphasis>one</emphasis></Say></Response>`, strings.Repeat("<Say>", 500), "<Response>" + strings.Repeat("<p>", 500), "\xef\xbb\xbf<Response/>",
		"<Response><Gather numDigits='99999999999999999999'/></Response>", "<Response/><Response/>", "</Response>", "<Response a='1' a='2'/>", "<?xml?><Response><!--",
	} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		played, err := parseTwiML(body)
		if err != nil {
			return
		}
		for _, v := range played {
			if _, known := verbs[v.name]; !known || !utf8.ValidString(v.text) {
				t.Errorf("took %s with %q", v.name, v.text)
			}
		}
	})
}
