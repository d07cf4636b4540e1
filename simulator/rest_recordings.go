package simulator

import (
	"encoding/binary"
	"net/http"
	"slices"
	"strings"
	"time"
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

func (c *Carrier) recordingResource(rec *recording) recordingResource {
	base := c.accountPath() + "/Recordings/" + rec.sid
	return recordingResource{
		AccountSID: c.cfg.AccountSID, APIVersion: apiVersion, CallSID: rec.call, Channels: 1,
		DateCreated: stamp(rec.created), DateUpdated: stamp(rec.created), Duration: rec.seconds(), MediaURL: rec.url(c),
		PriceUnit: "USD", SID: rec.sid, Source: "RecordVerb", StartTime: stamp(rec.created), Status: "completed",
		SubresourceURIs: map[string]string{"transcriptions": base + "/Transcriptions.json"}, URI: base + ".json",
	}
}

func (c *Carrier) listRecordings(r *http.Request) (int, any, error) {
	call := r.URL.Query().Get("CallSid")
	c.mu.Lock()
	defer c.mu.Unlock()
	found := slices.DeleteFunc(slices.Clone(c.recordings), func(rec *recording) bool { return call != "" && rec.call != call })
	slices.Reverse(found)
	part, frame := paged(r, found)
	body := struct {
		page
		Recordings []recordingResource `json:"recordings"`
	}{frame, make([]recordingResource, 0, len(part))}
	for _, rec := range part {
		body.Recordings = append(body.Recordings, c.recordingResource(rec))
	}
	return http.StatusOK, body, nil
}

func (c *Carrier) recordingBySID(sid string) *recording {
	c.mu.Lock()
	defer c.mu.Unlock()
	i := slices.IndexFunc(c.recordings, func(rec *recording) bool { return rec.sid == sid })
	if i < 0 {
		return nil
	}
	return c.recordings[i]
}

// getRecording answers .json with the resource, and anything else with the sound.
func (c *Carrier) getRecording(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("file")
	id, suffix, _ := strings.Cut(name, ".")
	rec := c.recordingBySID(id)
	switch {
	case rec == nil:
		write(w, http.StatusNotFound, notFound(r))
	case suffix == "json":
		write(w, http.StatusOK, c.recordingResource(rec))
	default:
		w.Header().Set("Content-Type", "audio/x-wav")
		_, _ = w.Write(quietWAV(rec.length))
	}
}

func (c *Carrier) deleteRecording(r *http.Request) (int, any, error) {
	rec := c.recordingBySID(sid(r))
	if rec == nil {
		return 0, nil, notFound(r)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.recordings = slices.DeleteFunc(c.recordings, func(other *recording) bool { return other == rec })
	return http.StatusNoContent, nil, nil
}

// quietWAV is a mono file of 8000 8-bit samples a second in which nothing is heard, of at most ten minutes.
func quietWAV(length Seconds) []byte {
	const rate = 8000
	n := int(min(length, Seconds((10*time.Minute).Seconds())) * rate)
	b := make([]byte, 44+n)
	copy(b, "RIFF")
	binary.LittleEndian.PutUint32(b[4:], uint32(36+n))
	copy(b[8:], "WAVEfmt ")
	binary.LittleEndian.PutUint32(b[16:], 16)
	binary.LittleEndian.PutUint16(b[20:], 1) // PCM
	binary.LittleEndian.PutUint16(b[22:], 1) // channel
	binary.LittleEndian.PutUint32(b[24:], rate)
	binary.LittleEndian.PutUint32(b[28:], rate) // bytes a second
	binary.LittleEndian.PutUint16(b[32:], 1)
	binary.LittleEndian.PutUint16(b[34:], 8) // bits
	copy(b[36:], "data")
	binary.LittleEndian.PutUint32(b[40:], uint32(n))
	for i := range b[44:] {
		b[44+i] = 128
	}
	return b
}
