package simulator

import (
	"context"
	"encoding/binary"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// wordsPerSecond is how fast the carrier's voices speak.
const wordsPerSecond = 2.6

// unknownLength is how long audio plays whose length cannot be read from a WAV header.
const unknownLength Seconds = 10

// spoken is how long it takes to say text.
func spoken(text string) Seconds {
	return max(0.4, Seconds(float64(len(strings.Fields(text)))/wordsPerSecond))
}

// say speaks h.Text.
func (l *Leg) say(ctx context.Context, h Heard) error {
	h.Kind = SoundSay
	return l.lasts(ctx, h, spoken(h.Text))
}

// pause is silence, or more ringing when nobody has answered yet.
func (l *Leg) pause(ctx context.Context, v *node) error {
	length := Seconds(number(v, "length", 1))
	if !l.answered() {
		return l.c.pass(ctx, length)
	}
	return l.lasts(ctx, Heard{Kind: SoundSilence, During: "in a Pause"}, length)
}

// sound plays a Say, Play or Pause, as often as its loop says. prompt is put on what is heard.
func (l *Leg) sound(ctx context.Context, doc document, v *node) error {
	return l.soundIn(ctx, doc, v, 0)
}

func (l *Leg) soundIn(ctx context.Context, doc document, v *node, prompt int) error {
	if v.name == "Pause" {
		return l.pause(ctx, v)
	}
	loop := number(v, "loop", 1)
	if loop == 0 {
		loop = 1000
	}
	for range loop {
		var err error
		if v.name == "Say" {
			err = l.say(ctx, Heard{
				Text: v.text, Voice: v.get("voice", "man"), Language: v.get("language", "en-US"), prompt: prompt,
			})
		} else {
			err = l.playAudio(ctx, doc, v, prompt)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (l *Leg) playAudio(ctx context.Context, doc document, v *node, prompt int) error {
	if v.text == "" { // tones of keys
		h := Heard{Kind: SoundPlay, Text: "keys " + v.attr["digits"], prompt: prompt}
		return l.lasts(ctx, h, Seconds(float64(len(v.attr["digits"]))*0.5))
	}
	target := absolute(doc.url, v.text)
	length, err := l.audioLength(ctx, target)
	if err != nil || length == 0 {
		return err // audio that cannot be fetched is skipped, as by Twilio
	}
	return l.lasts(ctx, Heard{Kind: SoundPlay, Text: target, prompt: prompt}, length)
}

type cachedAudio struct {
	length Seconds
	until  time.Time
}

// audioLength fetches a file to play, unless its Cache-Control still allows the last copy. 0 means that it cannot be played.
func (l *Leg) audioLength(ctx context.Context, target string) (Seconds, error) {
	l.c.mu.Lock()
	cached, ok := l.c.audio[target]
	l.c.mu.Unlock()
	if ok && time.Now().Before(cached.until) {
		return cached.length, nil
	}
	l.waitForReply(ctx, target)
	r, err := l.requestAudio(ctx, target)
	if err != nil || r.code != 0 || !strings.HasPrefix(r.contentType, "audio/") {
		return 0, err
	}
	length := wavLength(r.body)
	if age := maxAge(r.header); age > 0 {
		l.c.mu.Lock()
		l.c.audio[target] = cachedAudio{length, time.Now().Add(age)}
		l.c.mu.Unlock()
	}
	return length, nil
}

// requestAudio asks for a file by GET, without the parameters of the call, so that its URL can be cached.
func (l *Leg) requestAudio(ctx context.Context, target string) (reply, error) {
	d := delivery{kind: HookAudio, phone: l.Phone(), call: l.SID, method: http.MethodGet, url: target, jar: l.cookies}
	answer := make(chan reply, 1)
	l.c.spawn(func() { answer <- l.c.deliver(d) })
	select {
	case <-ctx.Done():
		return reply{}, context.Cause(ctx)
	case r := <-answer:
		return r, nil
	}
}

func maxAge(h http.Header) time.Duration {
	control := strings.ToLower(h.Get("Cache-Control"))
	if strings.Contains(control, "no-store") || strings.Contains(control, "no-cache") {
		return 0
	}
	_, rest, ok := strings.Cut(control, "max-age=")
	if !ok {
		return 0
	}
	rest, _, _ = strings.Cut(rest, ",")
	seconds, err := strconv.Atoi(strings.TrimSpace(rest))
	if err != nil {
		return 0
	}
	return time.Duration(seconds) * time.Second
}

// wavLength reads the chunks of a RIFF file: the length of data over the byte rate of fmt.
func wavLength(b []byte) Seconds {
	if len(b) < 12 || string(b[:4]) != "RIFF" || string(b[8:12]) != "WAVE" {
		return unknownLength
	}
	var rate uint32
	for at := 12; at+8 <= len(b); {
		size := binary.LittleEndian.Uint32(b[at+4:])
		switch string(b[at : at+4]) {
		case "fmt ":
			if at+20 <= len(b) {
				rate = binary.LittleEndian.Uint32(b[at+16:])
			}
		case "data":
			if rate == 0 {
				return unknownLength
			}
			return Seconds(float64(size) / float64(rate))
		}
		at += 8 + int(size) + int(size%2)
	}
	return unknownLength
}

// number is a numeric attribute; the document was checked before.
func number(v *node, name string, otherwise int) int {
	n, err := strconv.Atoi(v.get(name, ""))
	if err != nil {
		return otherwise
	}
	return n
}
