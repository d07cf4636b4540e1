package twilio

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/simulator"
)

const (
	recording1  = "RE0123456789abcdef0123456789abcdef"
	transcript1 = "TR0123456789abcdef0123456789abcdef"
)

func TestARecordingIsDeletedAfterItsTranscripts(t *testing.T) {
	t.Parallel()
	one := "/2010-04-01/Accounts/" + account + "/Recordings/" + recording1
	gone := map[string]bool{}
	client, carrier := newCarrier(t, func(c *carrier, w http.ResponseWriter, r *http.Request, nth int) {
		switch {
		case r.Method == http.MethodDelete && gone[r.URL.Path]:
			always(http.StatusNotFound, "", refusal(404, 20404))(c, w, r, nth)
		case r.Method == http.MethodDelete:
			gone[r.URL.Path] = true
			always(http.StatusNoContent, "", "")(c, w, r, nth)
		case gone[one+"/Transcriptions/"+transcript1+".json"]:
			always(http.StatusOK, "", `{"transcriptions": []}`)(c, w, r, nth)
		default:
			always(http.StatusOK, "", `{"transcriptions": [{"sid": "`+transcript1+`"}]}`)(c, w, r, nth)
		}
	})
	for range 2 {
		if err := client.DeleteRecording(t.Context(), recording1); err != nil {
			t.Fatal(err)
		}
	}
	var asked []string
	for _, a := range carrier.got() {
		asked = append(asked, a.Method+" "+strings.TrimPrefix(a.Path, one))
	}
	want := []string{
		"GET /Transcriptions.json", "DELETE /Transcriptions/" + transcript1 + ".json", "DELETE .json",
		"GET /Transcriptions.json", "DELETE .json",
	}
	if !slices.Equal(asked, want) {
		t.Errorf("asked %q, want %q", asked, want)
	}
}

func TestDeletingARecordingSaysWhatTheCarrierSays(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status int
		body   string
		want   Class
	}{
		"all of it is gone":    {http.StatusNotFound, refusal(404, 20404), ""},
		"a stranger":           {http.StatusNotFound, "<html>", Refused},
		"it broke":             {http.StatusInternalServerError, "", Unknown},
		"too many requests":    {http.StatusTooManyRequests, refusal(429, 20429), Busy},
		"the wrong password":   {http.StatusUnauthorized, refusal(401, 20003), Credentials},
		"an answer of no sort": {http.StatusOK, "{}", Unknown},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, _ := newCarrier(t, always(c.status, "", c.body))
			for _, do := range []func() error{
				func() error { return client.DeleteRecording(t.Context(), recording1) },
				func() error { return client.DeleteTranscripts(t.Context(), recording1) },
			} {
				if err := do(); ClassOf(err) != c.want || (err == nil) != (c.want == "") {
					t.Errorf("it came to %v", err)
				}
			}
		})
	}
	client, carrier := newCarrier(t, always(http.StatusNoContent, "", ""))
	var invalid *models.InvalidError
	for _, sid := range []string{"", transcript1, recording1 + "0"} {
		if err := client.DeleteRecording(t.Context(), sid); !errors.As(err, &invalid) || len(carrier.got()) > 0 {
			t.Errorf("%q: %v", sid, err)
		}
	}
}

// recordsAt is where a document is that records whoever calls.
func recordsAt(t *testing.T) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/xml")
		if r.URL.Path == "/done" {
			_, _ = io.WriteString(w, `<Response><Hangup/></Response>`)
			return
		}
		_, _ = io.WriteString(w, `<Response><Say>Speak</Say><Record action="/done" timeout="2" transcribe="true"/></Response>`)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func TestTheSimulatedCarrierForgetsAMessage(t *testing.T) {
	t.Parallel()
	client, carrier := simulated(t)
	carrier.AddNumber(simulator.Number{Phone: "+12025550100", VoiceURL: recordsAt(t)})
	leg := carrier.Dial("+12025550123", "+12025550100", simulator.CallerScript{Message: "The pump is down", SpeakFor: 5})
	var recordings []Recording
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		var err error
		recordings, err = client.Recordings(t.Context(), leg.SID)
		if err == nil && len(recordings) == 1 && recordings[0].Ready() {
			if words, err := client.Transcripts(t.Context(), recordings[0].SID); err == nil && len(words) == 1 && words[0].Ready() && words[0].Text == "The pump is down" {
				break
			}
		}
		if time.Now().After(deadline) {
			t.Fatalf("there is no transcript: %v, %v", recordings, err)
		}
	}
	for range 2 {
		if err := client.DeleteTranscripts(t.Context(), recordings[0].SID); err != nil {
			t.Fatal(err)
		}
	}
	if words, err := client.Transcripts(t.Context(), recordings[0].SID); err != nil || len(words) > 0 {
		t.Errorf("it has %v, %v", words, err)
	}
	for range 2 {
		if err := client.DeleteRecording(t.Context(), recordings[0].SID); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := client.Listen(t.Context(), recordings[0].SID); !errors.Is(err, models.ErrNotFound) {
		t.Errorf("it can still be heard: %v", err)
	}
}

func TestTheSimulatedCarrierKnowsThatNothingWasSaid(t *testing.T) {
	t.Parallel()
	client, carrier := simulated(t)
	carrier.AddNumber(simulator.Number{Phone: "+12025550100", VoiceURL: recordsAt(t)})
	leg := carrier.Dial("+12025550123", "+12025550100", simulator.CallerScript{})
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		recordings, err := client.Recordings(t.Context(), leg.SID)
		if err == nil && len(recordings) == 1 && recordings[0].Silent() {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("not known to be silent: %v, %v", recordings, err)
		}
	}
}
