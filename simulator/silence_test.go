package simulator

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

// slowly makes a path answer with verbs after a while.
func (a *app) slowly(path, verbs string, d time.Duration) {
	a.on(path, func(w http.ResponseWriter, r *http.Request) {
		sleep(r.Context(), d)
		w.Header().Set("Content-Type", "text/xml")
		_, _ = w.Write([]byte("<Response>" + verbs + "</Response>"))
	})
}

// audio makes a path answer with a file that lasts d. Only a cached one is asked for once.
func (a *app) audio(path string, d Seconds, cached bool) {
	a.on(path, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "audio/wav")
		if cached {
			w.Header().Set("Cache-Control", "public, max-age=3600")
		}
		_, _ = w.Write(quietWAV(d))
	})
}

func TestWhatIsSilenceToACaller(t *testing.T) {
	const lag = 100 * time.Millisecond // of a slow webhook; 4 s if it were scaled
	for _, c := range []struct {
		name, voice string
		script      CallerScript
		least, most Seconds // of the longest silence; webhooks of this machine take some milliseconds
		during      string  // of the longest
	}{
		{"waiting for a key after the prompt", `<Gather timeout="6"><Say>Press a key</Say></Gather>`,
			CallerScript{}, 6, 6.01, "waiting for a key"},
		{"waiting for the second key", `<Gather timeout="6" numDigits="2" action="/bye"><Say>Press</Say></Gather>`,
			CallerScript{Keys: []Press{{Digits: "1", Delay: 4}}}, 10, 14, "waiting for a key, then waiting for /bye"},
		{"a pause", `<Say>Hello</Say><Pause length="4"/>`, CallerScript{}, 4, 4.01, "in a Pause"},
		{"a pause between two prompts for a key", `<Gather timeout="2"><Say>One</Say><Pause length="5"/><Say>Two</Say></Gather>`,
			CallerScript{}, 5, 5.01, "in a Pause"},
		{"waiting for a key, then a pause", `<Gather timeout="3"><Say>Press</Say></Gather><Pause length="4"/>`,
			CallerScript{}, 7, 7.01, "waiting for a key, then in a Pause"},
		{"waiting for the next document", `<Say>Hello</Say><Redirect>/slow</Redirect>`, CallerScript{}, 0.1, 2, "waiting for /slow"},
		{"waiting for the answer to a key", `<Gather numDigits="1" action="/slow"><Say>Press</Say></Gather>`,
			CallerScript{Keys: []Press{{Digits: "1", Delay: 0.1}}}, 0.2, 2, "waiting for a key, then waiting for /slow"},
		{"waiting for a file to play", `<Play>/slow.wav</Play>`, CallerScript{}, 0.1, 2, "waiting for /slow.wav"},
		{"a room without wait audio", `<Dial><Conference waitUrl="">r</Conference></Dial>`,
			CallerScript{HangUpAfter: 10}, 5, 20, "waiting in a room without wait audio"},
		{"a room whose wait audio is over", `<Dial><Conference waitUrl="/hold">r</Conference></Dial>`,
			CallerScript{HangUpAfter: 10}, 4, 20, "waiting in a room whose wait audio is over"},
		{"a room with the carrier's music", `<Dial><Conference>r</Conference></Dial>`, CallerScript{HangUpAfter: 10}, 0, 0, ""},
		{"a room whose wait audio goes on", `<Dial><Conference waitUrl="/music" waitMethod="GET">r</Conference></Dial>`,
			CallerScript{HangUpAfter: 20}, 0, 2, ""},
		{"before the answer", `<Pause length="6"/><Redirect>/slow</Redirect>`, CallerScript{}, 0, 0, ""},
		{"a phone that rings", `<Say>Hello</Say><Dial timeout="5">+12025550121</Dial>`, CallerScript{}, 0, 0, ""},
		{"a phone that rings before the answer", `<Dial answerOnBridge="true" timeout="5">+12025550121</Dial>`, CallerScript{}, 0, 0, ""},
		{"a talk", `<Dial>+447700900122</Dial>`, CallerScript{HangUpAfter: 15}, 0, 0, ""},
		{"while the other hears what the call is", `<Dial><Number url="/screen">+447700900122</Number></Dial>`,
			CallerScript{HangUpAfter: 12}, 0, 0, ""},
		{"speaking into a recording", `<Record timeout="5" action="/bye"/>`, CallerScript{SpeakFor: 10}, 0, 2, "waiting for /bye"},
		{"not speaking into a recording", `<Record timeout="5"/><Say>Nothing</Say>`, CallerScript{}, 0, 0, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.says("/voice", c.voice)
			b.slowly("/slow", `<Say>At last</Say>`, lag)
			b.on("/slow.wav", func(w http.ResponseWriter, r *http.Request) {
				sleep(r.Context(), lag)
				w.Header().Set("Content-Type", "audio/wav")
				_, _ = w.Write(quietWAV(2))
			})
			b.says("/hold", `<Say>Please wait</Say>`)
			b.says("/music", `<Play loop="0">/music.wav</Play>`)
			b.audio("/music.wav", 3, true)
			b.says("/screen", `<Gather numDigits="1" timeout="9"><Say>Press 1</Say></Gather>`)
			b.says("/bye", `<Hangup/>`)
			b.sim.Script(alice, Script{Answer: NoAnswer})
			b.sim.Script(bob, Script{RingFor: 1})
			in := b.sim.Dial(caller, ours, c.script)
			<-in.Done()
			longest := Silence{}
			for _, s := range in.Silences() {
				if s.Length > longest.Length {
					longest = s
				}
			}
			if in.SilenceMax() != longest.Length || longest.Length < c.least || longest.Length > c.most || longest.During != c.during && c.during != "" {
				t.Errorf("longest silence %.2f s: %q, want %.2f to %.2f s: %q; heard %+v",
					longest.Length, longest.During, c.least, c.most, c.during, in.Heard())
			}
			if longest.Length > 0 && longest.At.Before(in.view().Answered) {
				t.Errorf("the silence began at %s, before the answer", longest.At)
			}
		})
	}
}

func TestWebhooksAreNoSlowerForAFasterCarrier(t *testing.T) {
	for _, speed := range []float64{100, 400} {
		b := newBenchAt(t, speed)
		b.says("/voice", `<Say>Hello</Say><Redirect>/slow</Redirect>`)
		b.slowly("/slow", `<Say>At last</Say><Pause length="3"/>`, 50*time.Millisecond)
		in := b.sim.Dial(caller, ours, CallerScript{})
		<-in.Done()
		silences := in.Silences()
		if len(silences) != 2 || silences[0].Length < 0.05 || silences[0].Length > 2.5 || silences[1].Length != 3 {
			t.Errorf("at speed %v: %v", speed, silences)
		}
	}
}

func TestALateTimerIsNoLongerSilence(t *testing.T) {
	b := newBench(t)
	l := b.sim.Dial(caller, ours, CallerScript{})
	now := time.Now()
	pause := Heard{At: now, rate: 40, most: 5}
	for after, want := range map[time.Duration]Seconds{50 * time.Millisecond: 2, 125 * time.Millisecond: 5, time.Second: 5} {
		if got := l.lastedLocked(pause, now.Add(after)); got != want {
			t.Errorf("after %s it has lasted %v s, want %v", after, got, want)
		}
	}
}

func TestWhoIsLeftAloneHearsSilence(t *testing.T) {
	b := newBench(t)
	b.room(``, ``)
	in := b.sim.Dial(caller, ours, CallerScript{})
	b.hears(in, "hold music")
	leg := b.ring(alice, "/leg")
	b.must(leg.WaitJoined(b.ctx))
	leg.HangUp()
	b.ends(leg, StatusCompleted)
	b.must(in.await(b.ctx, "hear silence", func() bool { return in.hasHeardLocked(Heard.silent) }))
	b.must(b.sim.pass(b.ctx, 8))
	in.HangUp()
	b.ends(in, StatusCompleted)
	silences := in.Silences()
	if len(silences) != 1 || silences[0].Length < 8 || !strings.Contains(silences[0].String(), "s of silence alone in a room") {
		t.Errorf("%v", silences)
	}
}

func TestARespondersSilence(t *testing.T) {
	b := newBench(t)
	b.slowly("/leg", `<Say>Hello</Say>`, 100*time.Millisecond)
	b.sim.Script(alice, Script{RingFor: 5})
	leg := b.ring(alice, "/leg")
	b.ends(leg, StatusCompleted)
	if s := leg.Silences(); len(s) != 1 || s[0].Length < 0.1 || s[0].Length > 2 || s[0].During != "waiting for /leg" {
		t.Errorf("%v", s)
	}
}

func TestAKeyEndsThePromptWhereverItIs(t *testing.T) {
	const prompt = `<Gather numDigits="1" timeout="2" action="/key"><Play>/one.wav</Play><Say>Two</Say><Play>/three.wav</Play><Say>Four</Say></Gather>`
	for _, c := range []struct {
		name  string
		press string // after this is heard; empty: never
		want  []string
	}{
		{"nobody presses", "", []string{"/one.wav", "Two", "/three.wav", "Four"}},
		{"pressed in the first file", "/one.wav", []string{"/one.wav"}},
		{"pressed in the second file", "/three.wav", []string{"/one.wav", "Two", "/three.wav"}},
		{"pressed after all", "Four", []string{"/one.wav", "Two", "/three.wav", "Four"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.says("/voice", prompt)
			b.says("/key", `<Say>Pressed {Digits}</Say>`)
			b.audio("/one.wav", 6, false)
			b.audio("/three.wav", 6, false)
			in := b.sim.Dial(caller, ours, CallerScript{})
			want := c.want
			if c.press != "" {
				b.hears(in, c.press)
				in.Press("7")
				want = append(want, "Pressed 7")
			}
			b.ends(in, StatusCompleted)
			var got []string
			for _, h := range in.Heard() {
				if h.Kind == SoundSay || h.Kind == SoundPlay {
					got = append(got, strings.TrimPrefix(h.Text, b.url))
				}
			}
			if strings.Join(got, "|") != strings.Join(want, "|") {
				t.Errorf("heard %q, want %q", got, want)
			}
		})
	}
}
