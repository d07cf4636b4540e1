package simulator

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const pump = "The pump is down"

// voicemail makes the app record who calls; more are the Record's attributes beside its callbacks.
func (b *bench) voicemail(more string) {
	b.says("/voice", `<Say>Leave a message</Say><Record action="/recorded" recordingStatusCallback="/ready" `+more+
		` recordingStatusCallbackEvent="in-progress completed absent" transcribeCallback="/text"/><Say>I heard nothing</Say>`)
	b.says("/recorded", `<Say>Thank you</Say>`)
}

// recorded waits until what the phone says is recorded, and has been for d.
func (b *bench) recorded(l *Leg, d Seconds) {
	b.t.Helper()
	b.must(l.await(b.ctx, "be recorded", func() bool {
		return l.hasHeardLocked(func(h Heard) bool { return h.Kind == SoundRecording })
	}))
	b.must(b.sim.pass(b.ctx, d))
}

func TestRecord(t *testing.T) {
	for _, c := range []struct {
		name, more string
		script     CallerScript
		byHand     func(*bench, *Leg)
		digits     string // as the action is told
		least      string // RecordingDuration, whole seconds
		most       string // the same, when empty
		silence    int    // at least so much more is the action told, which is before it is trimmed
		hears      string // at last
	}{
		{name: "ends in silence, which is not kept", script: CallerScript{Message: pump, SpeakFor: 6}, least: "6", silence: 5, hears: "thank you"},
		{name: "keeps the silence when it is told to", more: `timeout="4" trim="do-not-trim"`,
			script: CallerScript{Message: pump, SpeakFor: 6}, least: "10", hears: "thank you"},
		{name: "takes as long as the words", script: CallerScript{Message: pump}, least: "2", silence: 5, hears: "thank you"},
		{name: "takes what nobody understands", script: CallerScript{SpeakFor: 3}, least: "3", silence: 5, hears: "thank you"},
		{name: "ends with a key", script: CallerScript{Message: pump, SpeakFor: 60},
			byHand: func(b *bench, l *Leg) { b.recorded(l, 5); l.Press("#") }, digits: "#", least: "5", most: "40", hears: "thank you"},
		{name: "goes on after a key that does not end it", more: `finishOnKey="#"`,
			script: CallerScript{SpeakFor: 12}, byHand: func(b *bench, l *Leg) { b.recorded(l, 5); l.Press("5") },
			least: "12", silence: 5, hears: "thank you"},
		{name: "ends when the caller hangs up", script: CallerScript{Message: pump, SpeakFor: 60},
			byHand: func(b *bench, l *Leg) { b.recorded(l, 5); l.HangUp() },
			digits: "hangup", least: "5", most: "40", hears: "leave a message"},
		{name: "ends when it is full", more: `maxLength="5"`, script: CallerScript{SpeakFor: 60}, least: "5", hears: "thank you"},
		{name: "waits until it is full when it may not time out", more: `maxLength="20" timeout="0" trim="do-not-trim"`,
			script: CallerScript{SpeakFor: 4}, least: "20", hears: "thank you"},
		{name: "takes what is said by hand, after the tone", script: CallerScript{Manual: true},
			byHand: func(b *bench, l *Leg) { l.Speak(pump, 7) }, least: "7", silence: 5, hears: "thank you"},
		{name: "takes what is said by hand while it runs, in pieces", script: CallerScript{Manual: true},
			byHand: func(b *bench, l *Leg) {
				b.recorded(l, 0)
				l.Speak("The pump", 3)
				l.Speak("is down", 4)
			}, least: "7", silence: 5, hears: "thank you"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := newBenchAt(t, 100)
			b.voicemail(c.more)
			l := b.sim.Dial(caller, ours, c.script)
			if c.byHand != nil {
				c.byHand(b, l)
			}
			b.hears(l, c.hears)
			b.ends(l, StatusCompleted)
			form, ready := b.waitHooks("/recorded", 1)[0].form, b.waitHooks("/ready", 2)
			length := ready[1].form.Get("RecordingDuration")
			taken, err := strconv.Atoi(form.Get("RecordingDuration"))
			kept, _ := strconv.Atoi(length)
			if form.Get("Digits") != c.digits || err != nil || taken < kept+c.silence {
				t.Errorf("the action is told %q, %d s; want %q, at least %d s and %d s of silence", form.Get("Digits"), taken, c.digits, kept, c.silence)
			}
			if want := map[bool]string{true: StatusCompleted, false: StatusInProgress}[c.digits == "hangup"]; form.Get("CallStatus") != want {
				t.Errorf("the action is told that the call is %s, want %s", form.Get("CallStatus"), want)
			}
			if ready[0].form.Get("RecordingStatus") != "in-progress" || ready[1].form.Get("RecordingStatus") != "completed" ||
				!within(length, c.least, orElse(c.most, c.least)) || ready[1].form.Get("CallSid") != l.SID ||
				ready[1].form.Get("RecordingSid") != form.Get("RecordingSid") || ready[1].form.Has("From") {
				t.Errorf("callbacks %v", ready)
			}
			if c.script.Message != "" || c.byHand != nil {
				if got := b.waitHooks("/text", 1)[0].form; c.hears == "thank you" && got.Get("TranscriptionStatus") == "completed" && got.Get("TranscriptionText") != pump {
					t.Errorf("transcript: %v", got)
				}
			}
		})
	}
}

// within compares whole seconds, which have at most two digits.
func within(got, least, most string) bool {
	pad := func(s string) string { return strings.Repeat("0", max(0, 2-len(s))) + s }
	return pad(got) >= pad(least) && pad(got) <= pad(most)
}

func TestARecordingInWhichNothingIsSaid(t *testing.T) {
	for _, c := range []struct {
		name   string
		script CallerScript
		byHand func(*bench, *Leg)
		hears  string
	}{
		{"falls through to the next verb", CallerScript{}, func(*bench, *Leg) {}, "I heard nothing"},
		{"falls through when a key ends it", CallerScript{Manual: true},
			func(b *bench, l *Leg) { b.recorded(l, 0); l.Press("#") }, "I heard nothing"},
		{"falls through when somebody keeps silent by hand", CallerScript{Manual: true},
			func(_ *bench, l *Leg) { l.Speak("", 0) }, "I heard nothing"},
		{"asks nothing when the caller hangs up", CallerScript{},
			func(b *bench, l *Leg) { b.recorded(l, 0); l.HangUp() }, "leave a message"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := newBenchAt(t, 100)
			b.voicemail("")
			l := b.sim.Dial(caller, ours, c.script)
			c.byHand(b, l)
			b.hears(l, c.hears)
			b.ends(l, StatusCompleted)
			got := b.waitHooks("/ready", 2)[1].form
			if got.Get("RecordingStatus") != "absent" || got.Has("RecordingDuration") || got.Get("ErrorCode") != "16102" {
				t.Errorf("callback %v", got)
			}
			b.must(b.sim.pass(b.ctx, settling+transcribing+2))
			if asked := slices.Concat(b.hooks("/recorded"), b.hooks("/text")); len(asked) > 0 {
				t.Errorf("asked %v", asked)
			}
			_, list := b.get("/Calls/" + l.SID + "/Recordings.json")
			if rec := list["recordings"].([]any)[0].(map[string]any); rec["status"] != "absent" || rec["error_code"] != 16102.0 {
				t.Errorf("%v", rec)
			}
		})
	}
}

func TestARecordingToldOnlyOfWhatWasAskedFor(t *testing.T) {
	b := newBench(t)
	b.says("/voice", `<Record action="/recorded" recordingStatusCallback="/ready"/>`)
	b.says("/recorded", ``)
	l := b.sim.Dial(caller, ours, CallerScript{Message: pump})
	b.ends(l, StatusCompleted)
	if got := b.waitHooks("/ready", 1); got[0].form.Get("RecordingStatus") != "completed" || len(got) != 1 {
		t.Errorf("%v", got)
	}
}

func TestAMovedCallKeepsItsRecordingAndAsksNoAction(t *testing.T) {
	b := newBench(t)
	b.voicemail("")
	b.says("/elsewhere", `<Say>Elsewhere</Say>`)
	l := b.sim.Dial(caller, ours, CallerScript{SpeakFor: 60})
	b.recorded(l, 3)
	b.post("/Calls/"+l.SID+".json", url.Values{"Url": {b.url + "/elsewhere"}})
	b.hears(l, "elsewhere")
	b.ends(l, StatusCompleted)
	if got := b.waitHooks("/ready", 2)[1].form; got.Get("RecordingStatus") != "completed" || len(b.hooks("/recorded")) > 0 {
		t.Errorf("%v; the action was asked %d times", got, len(b.hooks("/recorded")))
	}
}

func TestTranscripts(t *testing.T) {
	for _, c := range []struct {
		name, prompt string
		script       CallerScript
		status       string
	}{
		{"US English", `<Say language="en-US">Speak</Say>`, CallerScript{Message: pump, SpeakFor: 5}, "completed"},
		{"another English", `<Say language="en-GB">Speak</Say>`, CallerScript{Message: pump, SpeakFor: 5}, "failed"},
		{"German", `<Say language="de-DE">Sprechen Sie</Say>`, CallerScript{Message: "Die Pumpe steht", SpeakFor: 5}, "failed"},
		{"too short", `<Say>Speak</Say>`, CallerScript{Message: "Help", SpeakFor: 1.5}, "failed"},
		{"too long", `<Say>Speak</Say>`, CallerScript{Message: pump, SpeakFor: 121}, "failed"},
		{"no words", `<Say>Speak</Say>`, CallerScript{SpeakFor: 5}, "failed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := newBenchAt(t, 200)
			b.says("/voice", c.prompt+`<Record action="/bye" transcribe="true" transcribeCallback="/text"/>`)
			b.says("/bye", `<Hangup/>`)
			l := b.sim.Dial(caller, ours, c.script)
			form := b.waitHooks("/text", 1)[0].form
			if form.Get("TranscriptionStatus") != c.status || form.Get("CallSid") != l.SID || form.Get("From") != caller ||
				form.Has("TranscriptionText") != (c.status == "completed") {
				t.Fatalf("%v", form)
			}
			rec, id := form.Get("RecordingSid"), form.Get("TranscriptionSid")
			if !strings.HasSuffix(form.Get("TranscriptionUrl"), rec+"/Transcriptions/"+id) {
				t.Errorf("its address is %s", form.Get("TranscriptionUrl"))
			}
			for _, path := range []string{"/Transcriptions/" + id + ".json", "/Recordings/" + rec + "/Transcriptions/" + id + ".json"} {
				if status, body := b.get(path); status != 200 || body["status"] != c.status || body["recording_sid"] != rec {
					t.Errorf("%s: %d %v", path, status, body)
				}
			}
			_, list := b.get("/Recordings/" + rec + "/Transcriptions.json")
			if all := list["transcriptions"].([]any); len(all) != 1 || (c.status == "completed") != (all[0].(map[string]any)["transcription_text"] == pump) {
				t.Errorf("%v", list)
			}
		})
	}
}

// media asks for a recording's file and returns status, content type and body. password "" is the account's own.
func (b *bench) media(path, password string) (int, string, []byte) {
	b.t.Helper()
	req, err := http.NewRequestWithContext(b.ctx, http.MethodGet, b.rest.URL+"/2010-04-01/Accounts/"+testSID+path, nil)
	b.must(err)
	req.SetBasicAuth(testSID, orElse(password, testToken))
	res, err := http.DefaultClient.Do(req)
	b.must(err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	b.must(err)
	return res.StatusCode, res.Header.Get("Content-Type"), body
}

func TestTheSoundOfARecording(t *testing.T) {
	b := newBench(t)
	b.voicemail("")
	l := b.sim.Dial(caller, ours, CallerScript{Message: pump, SpeakFor: 6})
	id := b.waitHooks("/ready", 1)[0].form.Get("RecordingSid")
	path := "/Recordings/" + id
	if status, _, _ := b.media(path+".wav", ""); status != 404 {
		t.Errorf("a recording that runs has a sound: %d", status)
	}
	if _, body := b.get(path + ".json"); body["status"] != "in-progress" || body["duration"] != "-1" {
		t.Errorf("while it runs: %v", body)
	}
	b.waitHooks("/ready", 2)
	if _, body := b.get(path + ".json"); body["status"] != "completed" || body["duration"] != "6" || body["call_sid"] != l.SID {
		t.Errorf("%v", body)
	}
	for _, suffix := range []string{"", ".wav"} {
		if status, kind, body := b.media(path+suffix, ""); status != 200 || kind != "audio/x-wav" || wavLength(body) != 6 {
			t.Errorf("%q: %d %s, %v s", suffix, status, kind, wavLength(body))
		}
	}
	if status, kind, body := b.media(path+".mp3", ""); status != 200 || kind != "audio/mpeg" || len(body) != 167*36 {
		t.Errorf("mp3: %d %s, %d bytes", status, kind, len(body))
	}
	for _, name := range []string{".ogg", "0.wav"} {
		if status, _, _ := b.media(path+name, ""); status != 404 {
			t.Errorf("%s: %d", name, status)
		}
	}
	if status, _, _ := b.media(path+".wav", "wrong"); status != 401 {
		t.Errorf("without the account's token: %d", status)
	}
	for _, list := range []string{"/Calls/" + l.SID + "/Recordings.json", "/Recordings.json?CallSid=" + l.SID, "/Recordings.json"} {
		if _, body := b.get(list); len(body["recordings"].([]any)) != 1 {
			t.Errorf("%s: %v", list, body)
		}
	}
	if status, _ := b.get("/Calls/CA0/Recordings.json"); status != 404 {
		t.Errorf("recordings of an unknown call: %d", status)
	}
	if status := b.delete(path + ".json"); status != 204 {
		t.Errorf("delete: %d", status)
	}
	for _, gone := range []string{".json", ".wav"} {
		if status, _, _ := b.media(path+gone, ""); status != 404 {
			t.Errorf("%s after its deletion: %d", gone, status)
		}
	}
	if status := b.delete(path + ".json"); status != 404 {
		t.Errorf("delete again: %d", status)
	}
}

func (b *bench) delete(path string) int {
	b.t.Helper()
	req, err := http.NewRequestWithContext(b.ctx, http.MethodDelete, b.rest.URL+"/2010-04-01/Accounts/"+testSID+path, nil)
	b.must(err)
	req.SetBasicAuth(testSID, testToken)
	res, err := http.DefaultClient.Do(req)
	b.must(err)
	defer res.Body.Close()
	return res.StatusCode
}

func TestWhoDeletesARecordingIsToldNoMoreOfIt(t *testing.T) {
	for told, when := range map[int]string{1: "while it runs", 2: "when it is ready"} {
		t.Run(when, func(t *testing.T) {
			b := newBench(t)
			b.voicemail("")
			b.sim.Dial(caller, ours, CallerScript{Message: pump, SpeakFor: 6})
			b.delete("/Recordings/" + b.waitHooks("/ready", told)[0].form.Get("RecordingSid") + ".json")
			b.waitHooks("/recorded", 1)
			b.must(b.sim.pass(b.ctx, settling+transcribing+2))
			if got := slices.Concat(b.hooks("/ready"), b.hooks("/text")); len(got) != told {
				t.Errorf("told %v", got)
			}
		})
	}
}

func TestFaultsOfRecordings(t *testing.T) {
	for _, c := range []struct {
		name             string
		rule             Rule
		duration, status string // as the callback and the transcript say; empty: they never come
	}{
		{"none", Rule{}, "6", "completed"},
		{"the callback never comes", Rule{Match: Match{Kind: HookRecording}, Do: Drop}, "", "completed"},
		{"it is empty", Rule{Do: EmptyRecording}, "0", "failed"},
		{"it claims two hours", Rule{Do: LongRecording}, "7200", "failed"},
		{"nothing is understood", Rule{Do: FailTranscript, Times: 1}, "6", "failed"},
		{"the transcript never comes", Rule{Match: Match{Kind: HookTranscription}, Do: Drop}, "6", ""},
		{"another phone's", Rule{Match: Match{Phone: alice}, Do: EmptyRecording}, "6", "completed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := newBenchAt(t, 100)
			b.sim.SetFaults(Faults{Rules: []Rule{c.rule}})
			b.voicemail("")
			l := b.sim.Dial(caller, ours, CallerScript{Message: pump, SpeakFor: 6})
			b.ends(l, StatusCompleted)
			want := orElse(c.duration, "6")
			taken := map[string]string{"6": "11"}[want] // five seconds of silence ended it
			if got := b.waitHooks("/recorded", 1)[0].form.Get("RecordingDuration"); got != orElse(taken, want) {
				t.Errorf("the action is told %s s, want %s", got, orElse(taken, want))
			}
			if c.status != "" {
				if got := b.waitHooks("/text", 1)[0].form.Get("TranscriptionStatus"); got != c.status {
					t.Errorf("transcript %s, want %s", got, c.status)
				}
			}
			if c.duration != "" {
				if got := b.waitHooks("/ready", 2)[1].form.Get("RecordingDuration"); got != c.duration {
					t.Errorf("callback: %s s, want %s", got, c.duration)
				}
			}
			b.must(b.sim.pass(b.ctx, settling+transcribing+2))
			if c.duration == "" && len(b.hooks("/ready")) > 0 || c.status == "" && len(b.hooks("/text")) > 0 {
				t.Errorf("came all the same: %v", slices.Concat(b.hooks("/ready"), b.hooks("/text")))
			}
			if _, body := b.get("/Calls/" + l.SID + "/Recordings.json"); body["recordings"].([]any)[0].(map[string]any)["duration"] != want {
				t.Errorf("%v", body)
			}
		})
	}
	if len(quietWAV(longestMedia)) > 1<<20 {
		t.Error("the longest file is not small")
	}
	if _, body, _ := soundOf("wav", 7200); wavLength(body) != longestMedia {
		t.Errorf("a recording that claims two hours has a file of %v s", wavLength(body))
	}
}

func TestAMessageSpokenThroughTheControlAPI(t *testing.T) {
	b := newBench(t)
	b.voicemail("")
	client := &Client{BaseURL: b.rest.URL}
	v, err := client.Dial(b.ctx, caller, ours, CallerScript{Manual: true})
	b.must(err)
	b.must(client.Speak(b.ctx, v.SID, pump, 6))
	if got := b.waitHooks("/ready", 2)[1].form.Get("RecordingDuration"); got != "6" {
		t.Errorf("%s s", got)
	}
	if client.Speak(b.ctx, "CA0", pump, 6) == nil {
		t.Error("an unknown call was spoken into")
	}
	story, _ := json.Marshal(b.sim.History())
	if !strings.Contains(string(story), `"recorded"`) || !strings.Contains(string(story), pump) {
		t.Errorf("the story lacks the message: %s", story)
	}
}

func TestATranscriptOutlivesItsRecordingUntilItIsDeletedToo(t *testing.T) {
	b := newBenchAt(t, 200)
	b.says("/voice", `<Say>Speak</Say><Record action="/bye" transcribe="true" transcribeCallback="/text"/>`)
	b.says("/bye", `<Hangup/>`)
	b.sim.Dial(caller, ours, CallerScript{Message: pump, SpeakFor: 5})
	form := b.waitHooks("/text", 1)[0].form
	sound, words := testAccount+"/Recordings/"+form.Get("RecordingSid"), testAccount+"/Transcriptions/"+form.Get("TranscriptionSid")
	for _, c := range []struct {
		method, path string
		want         int
	}{
		{"DELETE", sound + ".json", 204},
		{"DELETE", sound + ".json", 404},
		{"GET", sound + ".json", 404},
		{"GET", sound + "/Transcriptions.json", 404},
		{"GET", words + ".json", 200},
		{"DELETE", words + ".json", 204},
		{"DELETE", words + ".json", 404},
		{"GET", words + ".json", 404},
	} {
		if status, body := b.order(c.method, c.path); status != c.want {
			t.Errorf("%s %s: %d %v, want %d", c.method, c.path, status, body, c.want)
		}
	}
}

func TestATranscriptIsDeletedWithItsRecordingLeft(t *testing.T) {
	b := newBenchAt(t, 200)
	b.says("/voice", `<Say>Speak</Say><Record action="/bye" transcribe="true" transcribeCallback="/text"/>`)
	b.says("/bye", `<Hangup/>`)
	b.sim.Dial(caller, ours, CallerScript{Message: pump, SpeakFor: 5})
	form := b.waitHooks("/text", 1)[0].form
	sound := testAccount + "/Recordings/" + form.Get("RecordingSid")
	if status, body := b.order("DELETE", sound+"/Transcriptions/"+form.Get("TranscriptionSid")+".json"); status != 204 {
		t.Errorf("%d %v", status, body)
	}
	if _, list := b.order("GET", sound+"/Transcriptions.json"); len(list["transcriptions"].([]any)) != 0 {
		t.Errorf("%v", list)
	}
	if status, _ := b.order("GET", sound+".json"); status != 200 {
		t.Errorf("the recording is gone: %d", status)
	}
}
