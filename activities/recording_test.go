package activities_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/ringdown/ringdown/activities"
	"github.com/ringdown/ringdown/activities/twilio"
	"github.com/ringdown/ringdown/models"
)

func TestWhatTheCarrierKnowsOfAMessage(t *testing.T) {
	const one, two = "RE00000000000000000000000000000001", "RE00000000000000000000000000000002"
	type has = map[string]any
	for name, c := range map[string]struct {
		recordings []has
		want       models.RecordingStatus
		recording  string
		seconds    int
	}{
		"nothing":                      {nil, models.RecordingEmpty, "", 0},
		"one that it makes":            {[]has{{"sid": one, "status": "in-progress", "duration": nil}}, models.RecordingExpected, "", 0},
		"one that it works on":         {[]has{{"sid": one, "status": "processing", "duration": "-1"}}, models.RecordingExpected, "", 0},
		"one to be heard":              {[]has{{"sid": one, "status": "completed", "duration": "20"}}, models.RecordingReady, one, 20},
		"one of a length not known":    {[]has{{"sid": one, "status": "completed", "duration": nil}}, models.RecordingExpected, "", 0},
		"one of no length":             {[]has{{"sid": one, "status": "completed", "duration": "0"}}, models.RecordingEmpty, "", 0},
		"one in which nothing is said": {[]has{{"sid": one, "status": "absent", "duration": "0"}}, models.RecordingEmpty, "", 0},
		"one silent, one to come":      {[]has{{"sid": one, "status": "absent"}, {"sid": two, "status": "processing"}}, models.RecordingExpected, "", 0},
		"one silent, one to be heard":  {[]has{{"sid": one, "status": "absent"}, {"sid": two, "status": "completed", "duration": "3"}}, models.RecordingReady, two, 3},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path != "/2010-04-01/Accounts/"+account+"/Calls/"+callerLeg+"/Recordings.json" {
					problem(w, http.StatusNotFound, 20404)
					return
				}
				answer(w, http.StatusOK, has{"recordings": append([]has{}, c.recordings...)})
			}))
			t.Cleanup(server.Close)
			client, err := twilio.New(twilio.Config{AccountSID: account, AuthToken: "0123456789abcdef", APIURL: server.URL})
			if err != nil {
				t.Fatal(err)
			}
			var got models.Voicemail
			if _, err := run(t, (&activities.Phone{Carrier: client}).Recording, &got, callerLeg); err != nil {
				t.Fatal(err)
			}
			if want := (models.Voicemail{Status: c.want, Recording: c.recording, Seconds: c.seconds, Transcribe: models.TranscriptNone}); got != want {
				t.Errorf("told %+v, want %+v", got, want)
			}
		})
	}
}
