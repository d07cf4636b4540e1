package simulator

import (
	"net/http"
	"slices"
	"strings"
)

// recordingResource is a recording as REST shows it.
type recordingResource struct {
	AccountSID        string            `json:"account_sid"`
	APIVersion        string            `json:"api_version"`
	CallSID           string            `json:"call_sid"`
	Channels          int               `json:"channels"`
	ConferenceSID     *string           `json:"conference_sid"`
	DateCreated       string            `json:"date_created"`
	DateUpdated       string            `json:"date_updated"`
	Duration          string            `json:"duration"`
	EncryptionDetails *string           `json:"encryption_details"`
	ErrorCode         *int              `json:"error_code"`
	MediaURL          string            `json:"media_url"`
	Price             *string           `json:"price"`
	PriceUnit         string            `json:"price_unit"`
	SID               string            `json:"sid"`
	Source            string            `json:"source"`
	StartTime         string            `json:"start_time"`
	Status            string            `json:"status"`
	SubresourceURIs   map[string]string `json:"subresource_uris"`
	URI               string            `json:"uri"`
}

func (c *Carrier) recordingResourceLocked(rec *recording) recordingResource {
	base := c.accountPath() + "/Recordings/" + rec.sid
	res := recordingResource{
		AccountSID: c.cfg.AccountSID, APIVersion: apiVersion, CallSID: rec.call, Channels: 1,
		DateCreated: stamp(rec.created), DateUpdated: stamp(rec.created), Duration: "-1", MediaURL: rec.url(c),
		PriceUnit: "USD", SID: rec.sid, Source: "RecordVerb", StartTime: stamp(rec.created), Status: rec.status,
		SubresourceURIs: map[string]string{"transcriptions": base + "/Transcriptions.json"}, URI: base + ".json",
	}
	switch rec.status {
	case recordingReady:
		res.Duration = inSeconds(rec.length)
	case recordingAbsent:
		code := codeSilent
		res.ErrorCode = &code
	}
	return res
}

// listRecordings lists those of the call in the path, or in ?CallSid=, or all; newest first.
func (c *Carrier) listRecordings(r *http.Request) (int, any, error) {
	call := orElse(r.PathValue("call"), r.URL.Query().Get("CallSid"))
	if r.PathValue("call") != "" && c.Leg(call) == nil {
		return 0, nil, notFound(r)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	found := slices.DeleteFunc(slices.Clone(c.recordings), func(rec *recording) bool { return rec.deleted || call != "" && rec.call != call })
	slices.Reverse(found)
	part, frame := paged(r, found)
	body := struct {
		page
		Recordings []recordingResource `json:"recordings"`
	}{frame, make([]recordingResource, 0, len(part))}
	for _, rec := range part {
		body.Recordings = append(body.Recordings, c.recordingResourceLocked(rec))
	}
	return http.StatusOK, body, nil
}

func (c *Carrier) recordingLocked(sid string) *recording {
	i := slices.IndexFunc(c.recordings, func(rec *recording) bool { return rec.sid == sid && !rec.deleted })
	if i < 0 {
		return nil
	}
	return c.recordings[i]
}

// getRecording answers .json with the resource; .wav, .mp3 and nothing with the sound, once it can be had.
func (c *Carrier) getRecording(w http.ResponseWriter, r *http.Request) {
	id, suffix, _ := strings.Cut(r.PathValue("file"), ".")
	c.mu.Lock()
	rec := c.recordingLocked(id)
	if rec == nil {
		c.mu.Unlock()
		write(w, http.StatusNotFound, notFound(r))
		return
	}
	res, length := c.recordingResourceLocked(rec), rec.length
	c.mu.Unlock()
	kind, body, media := soundOf(suffix, length)
	switch {
	case suffix == "json":
		write(w, http.StatusOK, res)
	case !media || res.Status != recordingReady:
		write(w, http.StatusNotFound, notFound(r))
	default:
		w.Header().Set("Content-Type", kind)
		w.WriteHeader(http.StatusOK)
		_, _ = w.Write(body)
	}
}

func (c *Carrier) deleteRecording(r *http.Request) (int, any, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	rec := c.recordingLocked(sid(r))
	if rec == nil {
		return 0, nil, notFound(r)
	}
	rec.deleted, rec.text = true, ""
	c.forgetLocked(rec)
	return http.StatusNoContent, nil, nil
}
