package simulator

import (
	"errors"
	"strings"
	"testing"
)

func TestTwiML(t *testing.T) {
	long := strings.Repeat("a", 4097)
	for _, c := range []struct {
		name, body string
		code       int // 0: accepted
	}{
		{"an empty Response", `<?xml version="1.0" encoding="UTF-8"?><Response/>`, 0},
		{"a comment", `<Response><!-- hello --><Say>Hi</Say></Response>`, 0},
		{"markup with a Polly voice", `<Response><Say voice="Polly.Joanna-Neural">Hi <break time="1s"/> <prosody rate="slow">you</prosody></Say></Response>`, 0},
		{"a Google voice in its language", `<Response><Say voice="Google.de-DE-Wavenet-A" language="de-DE">Hallo</Say></Response>`, 0},
		{"an empty wait URL", `<Response><Dial><Conference waitUrl="">r</Conference></Dial></Response>`, 0},
		{"a URL with overrides", `<Response><Redirect>https://example.com/a?b=1#rc=3&amp;rp=all</Redirect></Response>`, 0},
		{"a text to dial", `<Response><Dial>+12025550123</Dial></Response>`, 0},
		{"a Reject after a Pause", `<Response><Pause length="2"/><Reject reason="busy"/></Response>`, 0},
		{"nothing at all", ``, codeNotXML},
		{"no XML", `hello`, codeNotXML},
		{"an open element", `<Response><Say>Hi</Response>`, codeNotXML},
		{"a control character", "<Response><Say>a\x01b</Say></Response>", codeNotXML},
		{"another root", `<Reply/>`, codeNotXML},
		{"an attribute twice", `<Response><Say voice="man" voice="man">Hi</Say></Response>`, codeNotXML},
		{"an unknown verb", `<Response><Shout>Hi</Shout></Response>`, codeSchema},
		{"a verb in small letters", `<Response><say>Hi</say></Response>`, codeSchema},
		{"an unknown attribute", `<Response><Say speed="2">Hi</Say></Response>`, codeSchema},
		{"an unknown language", `<Response><Say language="en">Hi</Say></Response>`, codeSchema},
		{"a voice that does not speak the language", `<Response><Say voice="Google.de-DE-Wavenet-A" language="fr-FR">Hi</Say></Response>`, codeSchema},
		{"markup without a voice for it", `<Response><Say>Hi <break/></Say></Response>`, codeSchema},
		{"a Say without text", `<Response><Say></Say></Response>`, codeSchema},
		{"a Say that is too long", `<Response><Say>` + long + `</Say></Response>`, codeSchema},
		{"a Dial within a Gather", `<Response><Gather><Dial>+12025550123</Dial></Gather></Response>`, codeSchema},
		{"a Gather within a Dial", `<Response><Dial><Gather/></Dial></Response>`, codeSchema},
		{"a Dial of nothing", `<Response><Dial/></Response>`, codeSchema},
		{"two conferences", `<Response><Dial><Conference>a</Conference><Conference>b</Conference></Dial></Response>`, codeSchema},
		{"eleven numbers", `<Response><Dial>` + strings.Repeat(`<Number>+12025550123</Number>`, 11) + `</Dial></Response>`, codeSchema},
		{"a bad boolean", `<Response><Dial answerOnBridge="yes">+12025550123</Dial></Response>`, codeSchema},
		{"a bad method", `<Response><Redirect method="PUT">/a</Redirect></Response>`, codeSchema},
		{"a bad time-out", `<Response><Dial timeout="4">+12025550123</Dial></Response>`, codeSchema},
		{"a bad callback event", `<Response><Dial><Conference statusCallbackEvent="started">r</Conference></Dial></Response>`, codeSchema},
		{"text between the verbs", `<Response>hello<Hangup/></Response>`, codeSchema},
		{"a late Reject", `<Response><Say>Hi</Say><Reject/></Response>`, codeSchema},
		{"a verb the simulator does not play", `<Response><Enqueue>q</Enqueue></Response>`, codeSchema},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := parseTwiML([]byte(c.body))
			code := 0
			var r *refusal
			if errors.As(err, &r) {
				code = r.code
			}
			if code != c.code {
				t.Errorf("code %d (%v), want %d", code, err, c.code)
			}
		})
	}
}

func TestSayKeepsTheWordsOfItsMarkupInOrder(t *testing.T) {
	verbs, err := parseTwiML([]byte(`<Response><Say voice="Polly.Amy">Press <emphasis>one</emphasis> to accept</Say></Response>`))
	if err != nil || verbs[0].text != "Press one to accept" {
		t.Errorf("%q, %v", verbs[0].text, err)
	}
}
