package simulator

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// verb says which attributes, children and text an element may have. Taken from the TwiML definition in Twilio's
// npm library (lib/twiml/VoiceResponse.d.ts, MIT) and the TwiML pages of its documentation.
type verb struct {
	attrs map[string]check
	kids  []string
	text  textRule
}

// check reports whether an attribute's value is allowed.
type check func(string) bool

type textRule int

const (
	noText textRule = iota
	mayHaveText
	mustHaveText
)

func anything(string) bool { return true }

func boolean(s string) bool { return s == "true" || s == "false" }

func method(s string) bool { return s == "GET" || s == "POST" }

func oneOf(values ...string) check {
	return func(s string) bool { return slices.Contains(values, s) }
}

// listOf allows values separated by spaces.
func listOf(values ...string) check {
	return func(s string) bool {
		return !slices.ContainsFunc(strings.Fields(s), func(f string) bool { return !slices.Contains(values, f) })
	}
}

func whole(least, most int) check {
	return func(s string) bool {
		n, err := strconv.Atoi(s)
		return err == nil && n >= least && n <= most
	}
}

func either(a, b check) check {
	return func(s string) bool { return a(s) || b(s) }
}

func matching(pattern string) check { return regexp.MustCompile(pattern).MatchString }

var (
	languages = strings.Fields(`af-ZA am-ET ar-AE ar-XA arb bg-BG bn-IN ca-ES cmn-CN cmn-TW cs-CZ cy-GB da-DK de-AT de-DE
		el-GR en-AU en-CA en-GB en-GB-WLS en-IE en-IN en-NZ en-US en-ZA es-ES es-MX es-US fi-FI fil-PH fr-BE fr-CA fr-FR gu-IN
		he-IL hi-IN hu-HU id-ID is-IS it-IT ja-JP kn-IN ko-KR lv-LV ml-IN mr-IN ms-MY nb-NO nl-BE nl-NL pa-IN pl-PL pt-BR pt-PT
		ro-RO ru-RU sk-SK sr-RS sv-SE ta-IN te-IN th-TH tr-TR uk-UA vi-VN yue-HK zh-CN zh-HK zh-TW`)
	voice     = matching(`^(man|woman|alice|Polly\.[A-Z][a-z]+(-Neural|-Generative)?|Google\.[a-z]{2,3}-[A-Z]{2}-[A-Za-z0-9]+(-[A-Za-z]+)?)$`)
	address   = matching(`^(https?://[^\s]+|/?[^\s:]*([/?#][^\s]*)?)$`)
	keys      = matching(`^[0-9*#]?$`)
	label     = func(s string) bool { return utf8.RuneCountInString(s) <= 128 }
	digits    = matching(`^[0-9wW*#]+$`)
	trim      = oneOf("trim-silence", "do-not-trim")
	recordNow = oneOf("do-not-record", "record-from-answer", "record-from-ringing", "record-from-answer-dual",
		"record-from-ringing-dual", "true", "false")
	recordEvents = listOf("in-progress", "completed", "absent")
)

// speechMarkup are the SSML elements that Say may hold with a Polly or Google voice.
var speechMarkup = map[string]bool{
	"break": true, "emphasis": true, "lang": true, "p": true, "phoneme": true, "prosody": true, "s": true,
	"say-as": true, "sub": true, "w": true,
}

var speech = verb{
	attrs: map[string]check{"voice": voice, "language": oneOf(languages...), "loop": whole(0, 1000)},
	text:  mustHaveText,
}

// verbs are the elements that the simulator plays, by name.
var verbs = map[string]verb{
	"Response": {kids: strings.Fields("Say Play Pause Gather Dial Redirect Record Hangup Reject")},
	"Say":      speech,
	"Play":     {attrs: map[string]check{"loop": whole(0, 1000), "digits": digits}, text: mayHaveText},
	"Pause":    {attrs: map[string]check{"length": whole(0, 180)}},
	"Hangup":   {},
	"Reject":   {attrs: map[string]check{"reason": oneOf("rejected", "busy")}},
	"Redirect": {attrs: map[string]check{"method": method}, text: mayHaveText},
	"Gather": {
		attrs: map[string]check{
			"input": listOf("dtmf", "speech"), "action": address, "method": method, "timeout": whole(0, 600),
			"speechTimeout": either(oneOf("auto"), whole(0, 60)), "maxSpeechTime": whole(1, 60), "profanityFilter": boolean,
			"finishOnKey": keys, "numDigits": whole(1, 255), "partialResultCallback": address,
			"partialResultCallbackMethod": method, "language": anything, "hints": anything, "bargeIn": boolean, "debug": boolean,
			"actionOnEmptyResult": boolean, "speechModel": anything, "enhanced": boolean,
		},
		kids: []string{"Say", "Play", "Pause"},
	},
	"Record": {attrs: map[string]check{
		"action": address, "method": method, "timeout": whole(0, 600), "finishOnKey": matching(`^[0-9*#]*$`),
		"maxLength": whole(1, 14_400), "playBeep": boolean, "trim": trim, "recordingStatusCallback": address,
		"recordingStatusCallbackMethod": method, "recordingStatusCallbackEvent": recordEvents, "transcribe": boolean,
		"transcribeCallback": address,
	}},
	"Dial": {
		attrs: map[string]check{
			"action": address, "method": method, "timeout": whole(5, 600), "hangupOnStar": boolean,
			"timeLimit": whole(1, 86_400), "callerId": anything, "record": recordNow, "trim": trim,
			"recordingStatusCallback": address, "recordingStatusCallbackMethod": method,
			"recordingStatusCallbackEvent": recordEvents, "answerOnBridge": boolean, "ringTone": anything,
			"recordingTrack": oneOf("both", "inbound", "outbound"), "sequential": boolean, "referUrl": address,
			"referMethod": method, "callReason": func(s string) bool { return utf8.RuneCountInString(s) <= 50 },
		},
		kids: []string{"Number", "Conference"}, text: mayHaveText,
	},
	"Number": {
		attrs: map[string]check{
			"sendDigits": digits, "url": address, "method": method, "statusCallback": address,
			"statusCallbackMethod": method, "statusCallbackEvent": listOf("initiated", "ringing", "answered", "completed"),
			"byoc": anything, "machineDetection": oneOf("Enable", "DetectMessageEnd"), "amdStatusCallback": address,
			"amdStatusCallbackMethod": method, "machineDetectionTimeout": whole(3, 60),
			"machineDetectionSpeechThreshold": whole(1000, 6000), "machineDetectionSpeechEndThreshold": whole(500, 5000),
			"machineDetectionSilenceTimeout": whole(2000, 10_000),
		},
		text: mustHaveText,
	},
	"Conference": {
		attrs: map[string]check{
			"muted": boolean, "beep": oneOf("true", "false", "onEnter", "onExit"), "startConferenceOnEnter": boolean,
			"endConferenceOnExit": boolean, "waitUrl": address, "waitMethod": method, "maxParticipants": whole(2, 250),
			"record": oneOf("do-not-record", "record-from-start"), "region": anything, "coach": matching(`^CA[0-9a-f]{32}$`),
			"trim": trim, "statusCallback": address, "statusCallbackMethod": method,
			"statusCallbackEvent":     listOf("start", "end", "join", "leave", "mute", "hold", "modify", "speaker", "announcement"),
			"recordingStatusCallback": address, "recordingStatusCallbackMethod": method,
			"recordingStatusCallbackEvent": recordEvents, "eventCallbackUrl": address,
			"jitterBufferSize": oneOf("off", "small", "medium", "large"), "participantLabel": label,
		},
		text: mustHaveText,
	},
}

// notPlayed are verbs that Twilio knows and the simulator does not.
var notPlayed = strings.Fields("Connect Enqueue Leave Pay Prompt Queue Client Sip Sim Application Refer Siprec Sms Start Stop Stream Echo")

// checkResponse returns why the document is refused, or nothing.
func checkResponse(root *node) string {
	for i, n := range root.kids {
		if n.name == "Reject" && i > 0 && root.kids[i-1].name != "Pause" {
			return "Reject must come first"
		}
	}
	return checkNode(root)
}

func checkNode(n *node) string {
	rule, known := verbs[n.name]
	if !known {
		if slices.Contains(notPlayed, n.name) {
			return n.name + " is not played by the simulator"
		}
		return "unknown element " + n.name
	}
	for _, name := range sortedKeys(n.attr) {
		ok, known := rule.attrs[name]
		if !known {
			return fmt.Sprintf("attribute %s is not allowed in %s", name, n.name)
		}
		if !ok(n.attr[name]) {
			return fmt.Sprintf("attribute %s of %s cannot be %q", name, n.name, n.attr[name])
		}
	}
	if reason := checkText(n, rule.text); reason != "" {
		return reason
	}
	for _, kid := range n.kids {
		if n.name == "Say" && speechMarkup[kid.name] {
			continue
		}
		if !slices.Contains(rule.kids, kid.name) {
			return fmt.Sprintf("%s is not allowed in %s", kid.name, n.name)
		}
		if reason := checkNode(kid); reason != "" {
			return reason
		}
	}
	return checkWhole(n)
}

func checkText(n *node, rule textRule) string {
	switch {
	case rule == noText && n.text != "":
		return "text is not allowed in " + n.name
	case rule == mustHaveText && n.text == "" && len(n.kids) == 0:
		return n.name + " needs a text"
	}
	return ""
}

// checkWhole knows the rules that concern more than one attribute or child.
func checkWhole(n *node) string {
	switch n.name {
	case "Say":
		return checkSay(n)
	case "Play":
		if n.text == "" && n.attr["digits"] == "" {
			return "Play needs a URL or digits"
		}
		if n.text != "" && !address(n.text) {
			return fmt.Sprintf("Play cannot play %q", n.text)
		}
	case "Dial":
		return checkDial(n)
	case "Conference":
		if strings.ContainsAny(n.text, "&?=/") || len(n.text) > 128 {
			return fmt.Sprintf("bad conference name %q", n.text)
		}
	}
	return ""
}

func checkSay(n *node) string {
	voice := n.get("voice", "man")
	limit := 4096
	switch {
	case strings.HasPrefix(voice, "Polly."):
		limit = 3000
	case strings.HasPrefix(voice, "Google."):
		limit = 5000
	case len(n.kids) > 0:
		return "markup in Say needs a Polly or Google voice"
	}
	if got := utf8.RuneCountInString(n.text); got > limit {
		return fmt.Sprintf("Say holds %d characters, more than %d", got, limit)
	}
	language, set := n.attr["language"]
	if rest, google := strings.CutPrefix(voice, "Google."); google && set && !strings.HasPrefix(rest, language+"-") {
		return fmt.Sprintf("voice %s does not speak %s", voice, language)
	}
	return ""
}

func checkDial(n *node) string {
	rooms, numbers := 0, 0
	for _, kid := range n.kids {
		if kid.name == "Conference" {
			rooms++
		} else {
			numbers++
		}
	}
	switch {
	case rooms > 1 || (rooms == 1 && (numbers > 0 || n.text != "")):
		return "Dial holds one Conference and nothing beside it"
	case numbers > 10:
		return "Dial holds more than 10 Numbers"
	case rooms+numbers == 0 && n.text == "":
		return "Dial dials nothing"
	case numbers > 0 && n.text != "":
		return "Dial holds both a text and Numbers"
	}
	return ""
}
