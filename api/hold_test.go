package api

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/ringdown/ringdown/models"
)

// get asks as the carrier's player does: without a signature.
func (wt *webhookTest) get(target string, headers ...string) *httptest.ResponseRecorder {
	wt.Helper()
	r := httptest.NewRequest(http.MethodGet, target, nil)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	return wt.do(r)
}

func TestAWaitingCallerHearsAudioAndASentenceByTurns(t *testing.T) {
	const music = `Play, Say de-DE hold, Redirect /audio/hold.xml?audio=music&lang=de-DE&rounds=1&voice=Polly.Vicki-Neural`
	for _, c := range []struct{ name, query, want string }{
		{"once", "audio=music&lang=de-DE&rounds=1&voice=Polly.Vicki-Neural", music},
		{"in the voice of the language", "audio=music&lang=de-DE&rounds=1", music},
		{"as ring-back", "audio=ringback&lang=de-DE&rounds=1", "Play, Say de-DE hold, Redirect /audio/hold.xml?audio=ringback&lang=de-DE&rounds=1&voice=Polly.Vicki-Neural"},
		{"in the route's own words", "audio=music&lang=de-DE&rounds=1&say=%3CWir%3E+suchen.", `Play, Say de-DE "<Wir> suchen.", Redirect /audio/hold.xml?audio=music&lang=de-DE&rounds=1&say=%3CWir%3E+suchen.&voice=Polly.Vicki-Neural`},
		{"in a language without built-in words", "audio=music&lang=cs-CZ&rounds=1&say=Vydr%C5%BEte.&voice=Google.cs-CZ-Wavenet-A", `Play, Say cs-CZ "Vydržte.", Redirect /audio/hold.xml?audio=music&lang=cs-CZ&rounds=1&say=Vydr%C5%BEte.&voice=Google.cs-CZ-Wavenet-A`},
		{"in words that are too many", "audio=music&lang=de-DE&rounds=1&say=" + strings.Repeat("x", 301), music},
		{"in no words", "audio=music&lang=de-DE&rounds=1&say=", music},
		{"twice", "audio=music&lang=de-DE&rounds=2", "Play, Say de-DE hold, Play, Say de-DE hold, Redirect /audio/hold.xml?audio=music&lang=de-DE&rounds=2&voice=Polly.Vicki-Neural"},
		{"with an audio that is none of ours", "audio=../server.go&lang=de-DE&rounds=1", music},
		{"with no rounds", "lang=de-DE&rounds=0", music},
		{"with fewer rounds than none", "lang=de-DE&rounds=-2147483649", music},
		{"with a word for rounds", "lang=de-DE&rounds=many", music},
		{"with a language that nobody speaks", "lang=xx&rounds=1&voice=Polly.Vicki-Neural", "Play, Say en-GB hold, Redirect /audio/hold.xml?audio=music&lang=en-GB&rounds=1&voice=Polly.Amy-Neural"},
		{"with nothing said", "", "Play, Say en-GB hold, Redirect /audio/hold.xml?audio=music&lang=en-GB&rounds=1&voice=Polly.Amy-Neural"},
		{"with a query that does not decode", "%zz&lang=%&rounds=;", "Play, Say en-GB hold, Redirect /audio/hold.xml?audio=music&lang=en-GB&rounds=1&voice=Polly.Amy-Neural"},
	} {
		inCall(t, c.name, func(wt *webhookTest) {
			wt.hears(c.want, wt.get("/audio/hold.xml?"+c.query))
			wt.logged()
		})
	}
}

func TestTheWaitIsTheSameForAllAndAnsweredFromACopy(t *testing.T) {
	inCall(t, "by its tag", func(wt *webhookTest) {
		address := strings.TrimPrefix(models.Links{Base: site}.HoldDocument("de-DE", "Polly.Vicki-Neural", "", models.HoldMusic, 9), site)
		address, _, _ = strings.Cut(address, "#")
		first := wt.get(address)
		tag := first.Header().Get("ETag")
		if tag == "" || !strings.Contains(first.Header().Get("Cache-Control"), "public") {
			wt.Errorf("headers %v", first.Header())
		}
		if again := wt.get(address); !bytes.Equal(again.Body.Bytes(), first.Body.Bytes()) || again.Header().Get("ETag") != tag {
			wt.Error("another document at the same address")
		}
		wt.ends(http.StatusNotModified, wt.get(address, "If-None-Match", tag))
		if other := wt.get(address+"0", "If-None-Match", tag); other.Code != http.StatusOK {
			wt.Errorf("another document is answered with %d", other.Code)
		}
		if other := wt.get(address, "If-None-Match", `"something else"`); other.Code != http.StatusOK {
			wt.Errorf("another tag is answered with %d", other.Code)
		}
	})
	inCall(t, "while everything else is away", func(wt *webhookTest) {
		wt.must(wt.store.Close())
		wt.temporal.fails = failing(errImpatient)
		for _, target := range []string{"/audio/hold.xml?lang=de-DE&rounds=3", "/audio/music.wav", "/audio/ringback.wav"} {
			if w := wt.get(target); w.Code != http.StatusOK {
				wt.Errorf("%s: %d", target, w.Code)
			}
		}
		wt.asks()
	})
}

// documentLimit is the longest document that the carrier takes.
const documentLimit = 64 << 10

func TestTheWaitFitsIntoTheCarriersLimitWhateverIsAsked(t *testing.T) {
	for name, query := range map[string]url.Values{
		"with the most rounds":           {"rounds": {"200"}},
		"with more rounds than the most": {"rounds": {"2147483647"}},
		"with endless rounds":            {"rounds": {strings.Repeat("9", 1000)}},
		"with an endless voice":          {"rounds": {"200"}, "lang": {"en-GB"}, "voice": {strings.Repeat("x", 100_000)}},
		"with an endless language":       {"rounds": {"200"}, "lang": {strings.Repeat("x", 100_000)}},
		"with an endless audio":          {"rounds": {"200"}, "lang": {"en-GB"}, "audio": {strings.Repeat("x", 100_000)}},
		"with markup for a voice":        {"rounds": {"200"}, "lang": {"en-GB"}, "voice": {`"/><Hangup/><Say voice="`}},
		"with a voice full of quotes":    {"rounds": {"200"}, "lang": {"en-GB"}, "voice": {strings.Repeat(`"`, voiceLimit)}},
		"with an endless sentence":       {"rounds": {"200"}, "lang": {"en-GB"}, "say": {strings.Repeat("x", 100_000)}},
		"with no text for a voice":       {"rounds": {"200"}, "lang": {"en-GB"}, "voice": {"\x00\xff\ufffe"}},
	} {
		inCall(t, name, func(wt *webhookTest) {
			w := wt.get("/audio/hold.xml?" + query.Encode())
			if w.Code != http.StatusOK || w.Body.Len() > documentLimit {
				wt.Errorf("answered %d with %d bytes", w.Code, w.Body.Len())
			}
			if document := outline(wt.T, w.Body.Bytes()); !strings.HasPrefix(document, "Play, Say en-GB hold, Play") || strings.Contains(document, ", Hangup") {
				wt.Errorf("the caller hears %.200s", document)
			}
		})
	}
}

func TestALongSentenceOnHoldFitsIntoTheCarriersLimit(t *testing.T) {
	for name, sentence := range map[string]string{
		"of three bytes a letter": strings.Repeat("語", models.PhraseLimit),
		"of nothing but markup":   strings.Repeat("<", models.PhraseLimit),
	} {
		inCall(t, name, func(wt *webhookTest) {
			w := wt.get("/audio/hold.xml?" + url.Values{"rounds": {"200"}, "lang": {"ja-JP"}, "say": {sentence}}.Encode())
			if w.Code != http.StatusOK || w.Body.Len() > documentLimit || !strings.Contains(outline(wt.T, w.Body.Bytes()), sentence) {
				wt.Errorf("answered %d with %d bytes", w.Code, w.Body.Len())
			}
		})
	}
}

func TestTheRecordingsAreServed(t *testing.T) {
	inCall(t, "as wav", func(wt *webhookTest) {
		links := models.Links{Base: site}
		for _, address := range []string{links.HoldFile(models.HoldMusic), links.HoldFile(models.HoldRingback), links.Moment()} {
			target := strings.TrimPrefix(address, site)
			w := wt.get(target)
			if w.Code != http.StatusOK || w.Header().Get("Content-Type") != "audio/wav" || !bytes.HasPrefix(w.Body.Bytes(), []byte("RIFF")) {
				wt.Errorf("%s: %d %s, %d bytes", target, w.Code, w.Header().Get("Content-Type"), w.Body.Len())
			}
			wt.ends(http.StatusNotModified, wt.get(target, "If-None-Match", w.Header().Get("ETag")))
		}
	})
	inCall(t, "and nothing else is", func(wt *webhookTest) {
		for _, target := range []string{
			"/audio/", "/audio", "/audio/music", "/audio/music.mp3", "/audio/MUSIC.WAV", "/audio/.", "/audio/..", "/audio/audio.go",
			"/audio/../server.go", "/audio/..%2fserver.go", "/audio/%2e%2e/server.go", "/audio/..%5cserver.go", "/audio//etc/passwd",
			"/audio/%2fetc%2fpasswd", "/audio/music.wav/..%2fmusic.wav", "/audio/music.wav%00", "/audio/./music.wav", "/audio/generate/main.go",
		} {
			if w := wt.get(target); w.Code != http.StatusNotFound {
				wt.Errorf("%s: %d", target, w.Code)
			}
		}
		wt.logged()
	})
}
