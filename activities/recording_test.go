package activities_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/ringdown/ringdown/activities"
	"github.com/ringdown/ringdown/activities/twilio"
	"github.com/ringdown/ringdown/models"
)

const recording1, recording2 = "RE00000000000000000000000000000001", "RE00000000000000000000000000000002"

// answering is a phone whose carrier has one document, at one address below its account; nothing is found elsewhere.
func answering(t *testing.T, path string, document any) *activities.Phone {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/2010-04-01/Accounts/"+account+path {
			problem(w, http.StatusNotFound, 20404)
			return
		}
		answer(w, http.StatusOK, document)
	}))
	t.Cleanup(server.Close)
	client, err := twilio.New(twilio.Config{AccountSID: account, AuthToken: "0123456789abcdef", APIURL: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	return &activities.Phone{Carrier: client}
}

func TestWhatTheCarrierKnowsOfAMessage(t *testing.T) {
	type has = map[string]any
	recorded := func(sid, status string, seconds any) has {
		return has{"sid": sid, "status": status, "duration": seconds, "source": "RecordVerb"}
	}
	absent, ready := recorded(recording1, "absent", "0"), recorded(recording2, "completed", "3")
	for name, c := range map[string]struct {
		recordings []has
		want       models.RecordingStatus
		recording  string
		seconds    int
	}{
		"nothing":                       {[]has{}, models.RecordingEmpty, "", 0},
		"one that it makes":             {[]has{recorded(recording1, "in-progress", nil)}, models.RecordingExpected, "", 0},
		"one that it works on":          {[]has{recorded(recording1, "processing", "-1")}, models.RecordingExpected, "", 0},
		"one to be heard":               {[]has{recorded(recording1, "completed", "20")}, models.RecordingReady, recording1, 20},
		"one of a length not known":     {[]has{recorded(recording1, "completed", nil)}, models.RecordingExpected, "", 0},
		"one of no length":              {[]has{recorded(recording1, "completed", "0")}, models.RecordingEmpty, "", 0},
		"one in which nothing is said":  {[]has{absent}, models.RecordingEmpty, "", 0},
		"one silent, one to come":       {[]has{absent, recorded(recording2, "processing", "-1")}, models.RecordingExpected, "", 0},
		"one silent, one to be heard":   {[]has{absent, ready}, models.RecordingReady, recording2, 3},
		"a few words and then more":     {[]has{recorded(recording1, "completed", "20"), ready}, models.RecordingReady, recording1, 20},
		"more and then a few words":     {[]has{ready, recorded(recording1, "completed", "20")}, models.RecordingReady, recording1, 20},
		"a few words, and one to come":  {[]has{recorded(recording1, "processing", "-1"), ready}, models.RecordingReady, recording2, 3},
		"the whole call, for others":    {[]has{{"sid": recording1, "status": "completed", "duration": "90", "source": "StartCallRecordingAPI"}}, models.RecordingEmpty, "", 0},
		"the whole call, and a message": {[]has{{"sid": recording1, "status": "completed", "duration": "90", "source": "StartCallRecordingAPI"}, ready}, models.RecordingReady, recording2, 3},
	} {
		t.Run(name, func(t *testing.T) {
			phone := answering(t, "/Calls/"+callerLeg+"/Recordings.json", has{"recordings": c.recordings})
			var got models.Voicemail
			if _, err := run(t, phone.Recording, &got, callerLeg); err != nil {
				t.Fatal(err)
			}
			if want := (models.Voicemail{Status: c.want, Recording: c.recording, Seconds: c.seconds, Transcribe: models.TranscriptNone}); got != want {
				t.Errorf("told %+v, want %+v", got, want)
			}
		})
	}
}

func TestWhatTheCarrierKnowsOfAMessageInWords(t *testing.T) {
	type has = map[string]any
	words := func(status, text string) []has {
		return []has{{"sid": "TR00000000000000000000000000000001", "status": status, "transcription_text": text}}
	}
	for name, c := range map[string]struct {
		recording   string
		transcripts []has
		want        string
	}{
		"all of it":                      {recording1, words("completed", "The pump is down."), "The pump is down."},
		"nothing yet":                    {recording1, words("in-progress", ""), ""},
		"that it could not make it out":  {recording1, words("failed", "The pump"), ""},
		"nothing":                        {recording1, []has{}, ""},
		"that there is no recording any": {recording2, nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			phone := answering(t, "/Recordings/"+recording1+"/Transcriptions.json", has{"transcriptions": c.transcripts})
			var got string
			if _, err := run(t, phone.Transcript, &got, c.recording); err != nil || got != c.want {
				t.Errorf("told %q, %v; want %q", got, err, c.want)
			}
		})
	}
	if _, err := run(t, answering(t, "/elsewhere", has{}).Transcript, nil, "RE1/../../Calls"); err == nil {
		t.Error("what is no recording is asked for")
	}
}
