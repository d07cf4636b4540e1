package twilio

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strconv"

	"github.com/ringdown/ringdown/models"
	api "github.com/twilio/twilio-go/rest/api/v2010"
)

var recordingSID = regexp.MustCompile(`^RE[0-9a-fA-F]{32}$`)

// Recording is what a caller said, as the carrier keeps it.
type Recording struct {
	SID     string
	Status  string // in the carrier's words
	Seconds int    // -1 while it is not known
	Source  string // what made it, in the carrier's words
}

// Message says whether it is what somebody said after a tone, and not a recording of a whole call.
func (r Recording) Message() bool { return r.Source == "RecordVerb" }

// Ready says whether it can be heard.
func (r Recording) Ready() bool { return r.Status == "completed" && r.Seconds > 0 }

// Silent says whether it has ended with nothing to hear.
func (r Recording) Silent() bool {
	return r.Status == "absent" || r.Status == "completed" && r.Seconds == 0
}

// Recordings lists what was recorded of a call. It is safe to repeat.
func (c *Client) Recordings(ctx context.Context, call string) ([]Recording, error) {
	if !callSID.MatchString(call) {
		return nil, &models.InvalidError{Field: "sid", Reason: "must be CA and 32 hexadecimal digits"}
	}
	var recordings []Recording
	err := c.ask(ctx, "find recordings", func(s *api.ApiService) error {
		page, err := s.PageCallRecording(call, new(api.ListCallRecordingParams).SetPageSize(20), "", "")
		if err != nil || page.Recordings == nil {
			return errors.Join(err, errNoAnswer)
		}
		recordings = make([]Recording, len(page.Recordings))
		for i, r := range page.Recordings {
			seconds, err := strconv.Atoi(text(r.Duration))
			if err != nil {
				seconds = -1
			}
			recordings[i] = Recording{SID: text(r.Sid), Status: text(r.Status), Seconds: max(seconds, -1), Source: text(r.Source)}
		}
		return nil
	})
	return recordings, err
}

// Sound is a recording as a stream of WAV. Whoever gets it closes it.
type Sound struct {
	io.ReadCloser
	Length int64 // in bytes, -1 when the carrier does not say
}

// Listen opens a recording. It reads nothing ahead, so that a long one takes no memory; ctx ends the
// stream too. models.ErrNotFound says that the carrier no longer has it.
func (c *Client) Listen(ctx context.Context, sid string) (Sound, error) {
	if !recordingSID.MatchString(sid) {
		return Sound{}, &models.InvalidError{Field: "sid", Reason: "must be RE and 32 hexadecimal digits"}
	}
	host := &url.URL{Scheme: "https", Host: "api.twilio.com"}
	if c.apiURL != nil {
		host = c.apiURL
	}
	address := host.JoinPath("2010-04-01", "Accounts", c.accountSID, "Recordings", sid+".wav")
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address.String(), nil)
	if err != nil {
		return Sound{}, err
	}
	request.SetBasicAuth(c.accountSID, c.authToken)
	answer, err := (&http.Client{Transport: c.transport}).Do(request)
	if err != nil {
		return Sound{}, &CarrierError{Op: "open recording", Class: Unsent, cause: err}
	}
	if answer.StatusCode != http.StatusOK {
		class := Refused
		if answer.StatusCode == http.StatusNotFound {
			class = NotFound
		}
		return Sound{}, errors.Join(&CarrierError{Op: "open recording", Class: class, Status: answer.StatusCode}, answer.Body.Close())
	}
	return Sound{answer.Body, answer.ContentLength}, nil
}

// DeleteTranscripts deletes what the carrier has made of a recording in words. What is gone already is no error, so that it
// is safe to repeat.
func (c *Client) DeleteTranscripts(ctx context.Context, recording string) error {
	if !recordingSID.MatchString(recording) {
		return &models.InvalidError{Field: "sid", Reason: "must be RE and 32 hexadecimal digits"}
	}
	transcripts, err := c.Transcripts(ctx, recording)
	if errors.Is(err, models.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, t := range transcripts {
		err := c.ask(ctx, "delete transcript", func(s *api.ApiService) error { return s.DeleteRecordingTranscription(recording, t.SID, nil) })
		if err != nil && !errors.Is(err, models.ErrNotFound) {
			return err
		}
	}
	return nil
}

// Transcript is a recording in words.
type Transcript struct {
	SID    string
	Status string // in the carrier's words
	Text   string // empty unless it is completed
}

// Ready says whether it can be read.
func (t Transcript) Ready() bool { return t.Status == "completed" && t.Text != "" }

// Transcripts lists those of a recording, which has one at most. It is safe to repeat.
func (c *Client) Transcripts(ctx context.Context, recording string) (found []Transcript, err error) {
	if !recordingSID.MatchString(recording) {
		return nil, &models.InvalidError{Field: "sid", Reason: "must be RE and 32 hexadecimal digits"}
	}
	err = c.ask(ctx, "find transcripts", func(s *api.ApiService) error {
		page, err := s.PageRecordingTranscription(recording, new(api.ListRecordingTranscriptionParams).SetPageSize(20), "", "")
		if err != nil || page.Transcriptions == nil {
			return errors.Join(err, errNoAnswer)
		}
		for _, t := range page.Transcriptions {
			found = append(found, Transcript{SID: text(t.Sid), Status: text(t.Status), Text: text(t.TranscriptionText)})
		}
		return nil
	})
	return found, err
}

// DeleteRecording deletes a recording, and its transcripts before it: they could not be found after it. What is gone
// already is no error, so that it is safe to repeat.
func (c *Client) DeleteRecording(ctx context.Context, sid string) error {
	if err := c.DeleteTranscripts(ctx, sid); err != nil {
		return err
	}
	err := c.ask(ctx, "delete recording", func(s *api.ApiService) error { return s.DeleteRecording(sid, nil) })
	if errors.Is(err, models.ErrNotFound) {
		return nil
	}
	return err
}
