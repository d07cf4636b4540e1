package api

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ringdown/ringdown/activities/twilio"
	"github.com/ringdown/ringdown/models"
)

const carrierSecret = "0a1b2c3d4e5f"

// recordingCarrier is a carrier with recordings.
func recordingCarrier(t *testing.T, answer http.HandlerFunc) *twilio.Client {
	t.Helper()
	server := httptest.NewServer(answer)
	t.Cleanup(server.Close)
	client, err := twilio.New(twilio.Config{AccountSID: account, AuthToken: carrierSecret, APIURL: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// leaves puts a call with a message on record.
func (rt *restTest) leaves(id string, voicemail *models.Voicemail) {
	rt.Helper()
	call := models.Call{
		ID: id, CarrierCallID: "CA of " + id, Stage: models.StageEnded, Outcome: models.Voicemailed,
		StartedAt: rt.now, EndedAt: &rt.now, Voicemail: voicemail,
	}
	if err := rt.store.RecordCall(rt.Context(), call); err != nil {
		rt.Fatal(err)
	}
}

func ready() *models.Voicemail {
	return &models.Voicemail{Status: models.RecordingReady, Recording: aRecording, Seconds: 17, Transcribe: models.TranscriptNone}
}

// hear asks for a recording without checking the answer against the document, whose checker cannot
// read sound.
func (rt *restTest) hear(id string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, "/v1/calls/"+id+"/recording", nil)
	r.Header.Set("Authorization", "Bearer "+restKey)
	return rt.raw(r)
}

func TestRESTRecordingIsWhatTheCarrierKeeps(t *testing.T) {
	t.Parallel()
	sound := append([]byte("RIFF"), bytes.Repeat([]byte{0, 255, 7}, 5000)...)
	for name, chunked := range map[string]bool{"of a known length": false, "of a length that nobody knows": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			asked := ""
			rt := newREST(t, recordingCarrier(t, func(w http.ResponseWriter, r *http.Request) {
				user, password, _ := r.BasicAuth()
				asked = r.Method + " " + r.URL.Path + " as " + user + ":" + password
				if !chunked {
					w.Header().Set("Content-Length", strconv.Itoa(len(sound)))
				}
				_, _ = w.Write(sound)
			}))
			rt.leaves("c1", ready())
			got := rt.hear("c1")
			if got.Code != http.StatusOK || !bytes.Equal(got.Body.Bytes(), sound) || got.Header().Get("Content-Type") != "audio/wav" {
				t.Errorf("%d, %d bytes of %s", got.Code, got.Body.Len(), got.Header().Get("Content-Type"))
			}
			if length := got.Header().Get("Content-Length"); !chunked && length != strconv.Itoa(len(sound)) {
				t.Errorf("length %q", length)
			}
			if want := "GET /2010-04-01/Accounts/" + account + "/Recordings/" + aRecording + ".wav as " + account + ":" + carrierSecret; asked != want {
				t.Errorf("asked %s, want %s", asked, want)
			}
		})
	}
}

func TestRESTRecordingThatIsNotThere(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	rt := newREST(t, recordingCarrier(t, func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
	rt.leaves("without", nil)
	for name, status := range map[string]models.RecordingStatus{
		"expected": models.RecordingExpected, "empty": models.RecordingEmpty, "missing": models.RecordingMissing,
	} {
		rt.leaves(name, &models.Voicemail{Status: status, Transcribe: models.TranscriptNone})
	}
	for _, id := range []string{"without", "expected", "empty", "missing", "no-such-call"} {
		rt.send(http.MethodGet, "/v1/calls/"+id+"/recording", "").is(http.StatusNotFound)
	}
	if n := asked.Load(); n > 0 {
		t.Errorf("the carrier was asked %d times", n)
	}
}

func TestRESTRecordingNeedsAKey(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	rt := newREST(t, recordingCarrier(t, func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
	rt.leaves("c1", ready())
	for _, header := range []string{"", "Bearer wrong"} {
		rt.send(http.MethodGet, "/v1/calls/c1/recording", "", "Authorization", header).is(http.StatusUnauthorized)
	}
	if n := asked.Load(); n > 0 {
		t.Errorf("the carrier was asked %d times", n)
	}
}

func TestRESTRecordingThatTheCarrierDoesNotGive(t *testing.T) {
	t.Parallel()
	answers := func(status int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			_, _ = w.Write([]byte(`{"code": 20404, "message": "about +12025550123"}`))
		}
	}
	for _, c := range []struct {
		name   string
		answer http.HandlerFunc
		want   int
		detail string
	}{
		{"because it is deleted", answers(http.StatusNotFound), http.StatusNotFound, ""},
		{"because it refuses", answers(http.StatusForbidden), http.StatusBadGateway, "carrier"},
		{"because it is broken", answers(http.StatusInternalServerError), http.StatusBadGateway, "carrier"},
		{"because it breaks off", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, http.StatusBadGateway, "cannot be reached"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			rt := newREST(t, recordingCarrier(t, c.answer))
			rt.leaves("c1", ready())
			p := rt.send(http.MethodGet, "/v1/calls/c1/recording", "").is(c.want).problem()
			if !strings.Contains(p.Detail, c.detail) {
				t.Errorf("detail %q", p.Detail)
			}
			if log := rt.log.String(); strings.Contains(log, "+1202") || strings.Contains(log, carrierSecret) {
				t.Errorf("logged %s", log)
			}
		})
	}
}

// The carrier goes on only when the listener has heard the beginning, so that whoever collects a
// recording first waits for ever.
func TestRESTRecordingIsPassedOnAsItComes(t *testing.T) {
	t.Parallel()
	const blocks, block = 64, 128 << 10
	heard := make(chan struct{})
	rt := newREST(t, recordingCarrier(t, func(w http.ResponseWriter, r *http.Request) {
		for i := range blocks {
			_, _ = w.Write(make([]byte, block))
			if i == 0 {
				w.(http.Flusher).Flush()
				select {
				case <-heard:
				case <-r.Context().Done():
				}
			}
		}
	}))
	rt.leaves("c1", ready())
	server := httptest.NewServer(rt.echo)
	t.Cleanup(server.Close)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL+"/v1/calls/c1/recording", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+restKey)
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	if _, err := io.ReadFull(answer.Body, make([]byte, block/2)); err != nil {
		t.Fatal(err)
	}
	close(heard)
	if rest, err := io.Copy(io.Discard, answer.Body); err != nil || rest != blocks*block-block/2 {
		t.Errorf("%d bytes more: %v", rest, err)
	}
}

// A listener who leaves is not a reason to fetch the rest.
func TestRESTRecordingEndsWithItsListener(t *testing.T) {
	t.Parallel()
	begun, left := make(chan struct{}), make(chan struct{})
	rt := newREST(t, recordingCarrier(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte("RIFF"))
		w.(http.Flusher).Flush()
		close(begun)
		<-r.Context().Done()
		close(left)
	}))
	rt.leaves("c1", ready())
	ctx, cancel := context.WithCancel(t.Context())
	r := httptest.NewRequestWithContext(ctx, http.MethodGet, "/v1/calls/c1/recording", nil)
	r.Header.Set("Authorization", "Bearer "+restKey)
	over := make(chan struct{})
	go func() { defer close(over); rt.raw(r) }()
	<-begun
	cancel()
	<-over
	select {
	case <-left:
	case <-time.After(10 * time.Second):
		t.Error("the carrier still sends")
	}
}

func TestRESTRecordingThatNeverBeginsIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		asked := time.Now()
		_, _, err := begin(t.Context(), func(ctx context.Context) (twilio.Sound, error) {
			<-ctx.Done()
			return twilio.Sound{}, ctx.Err()
		})
		if err == nil || time.Since(asked) != beginWithin {
			t.Errorf("%v after %v", err, time.Since(asked))
		}
	})
	synctest.Test(t, func(t *testing.T) {
		var heard context.Context
		_, stop, err := begin(t.Context(), func(ctx context.Context) (twilio.Sound, error) {
			heard = ctx
			time.Sleep(beginWithin - 1)
			return twilio.Sound{}, nil
		})
		time.Sleep(time.Hour)
		if err != nil || heard.Err() != nil {
			t.Errorf("broken off: %v, %v", err, heard.Err())
		}
		if stop(); heard.Err() == nil {
			t.Error("goes on after it was stopped")
		}
	})
}
