package simulator

import (
	"net/http"
	"slices"
)

// transcriptResource is a transcript as REST shows it.
type transcriptResource struct {
	AccountSID        string   `json:"account_sid"`
	APIVersion        string   `json:"api_version"`
	DateCreated       string   `json:"date_created"`
	DateUpdated       string   `json:"date_updated"`
	Duration          string   `json:"duration"`
	Price             *float64 `json:"price"`
	PriceUnit         string   `json:"price_unit"`
	RecordingSID      string   `json:"recording_sid"`
	SID               string   `json:"sid"`
	Status            string   `json:"status"`
	TranscriptionText *string  `json:"transcription_text"`
	Type              string   `json:"type"`
	URI               string   `json:"uri"`
}

func (c *Carrier) transcriptResourceLocked(rec *recording) transcriptResource {
	t := rec.transcript
	res := transcriptResource{
		AccountSID: c.cfg.AccountSID, APIVersion: apiVersion, DateCreated: stamp(t.created), DateUpdated: stamp(t.created),
		Duration: inSeconds(rec.length), PriceUnit: "USD", RecordingSID: rec.sid, SID: t.sid, Status: t.status(), Type: "fast",
		URI: c.accountPath() + "/Transcriptions/" + t.sid + ".json",
	}
	if t.completed {
		res.TranscriptionText = &t.text
	}
	return res
}

// listTranscripts lists the transcript of the recording in the path, if there is one.
func (c *Carrier) listTranscripts(r *http.Request) (int, any, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	rec := c.recordingLocked(r.PathValue("recording"))
	if rec == nil {
		return 0, nil, notFound(r)
	}
	all := []transcriptResource{}
	if rec.transcript != nil {
		all = append(all, c.transcriptResourceLocked(rec))
	}
	part, frame := paged(r, all)
	return http.StatusOK, struct {
		page
		Transcriptions []transcriptResource `json:"transcriptions"`
	}{frame, part}, nil
}

func (c *Carrier) getTranscript(r *http.Request) (int, any, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	rec := c.transcribedLocked(sid(r))
	if rec == nil {
		return 0, nil, notFound(r)
	}
	return http.StatusOK, c.transcriptResourceLocked(rec), nil
}

// transcribedLocked is the recording that a transcript was made of, nil where there is no such transcript. The recording
// may be deleted.
func (c *Carrier) transcribedLocked(sid string) *recording {
	i := slices.IndexFunc(c.recordings, func(rec *recording) bool { return rec.transcript != nil && rec.transcript.sid == sid })
	if i < 0 {
		return nil
	}
	return c.recordings[i]
}

func (c *Carrier) deleteTranscript(r *http.Request) (int, any, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	rec := c.transcribedLocked(sid(r))
	if rec == nil {
		return 0, nil, notFound(r)
	}
	rec.transcript = nil
	c.forgetLocked(rec)
	return http.StatusNoContent, nil, nil
}
