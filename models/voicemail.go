package models

import "time"

// VoicemailLimit is the longest message that a caller can leave; the carrier stops recording there.
const VoicemailLimit = 5 * time.Minute

// VoicemailPause is how much silence ends a message.
const VoicemailPause = 10 * time.Second

// TranscriptLimit is the longest transcript that is kept, in bytes: two minutes of fast speech take a tenth of it.
const TranscriptLimit = 20_000

// Transcribes says whether the carrier makes a transcript of what is said in a language.
// Source: Twilio, Record: US English only.
func Transcribes(language string) bool { return language == "en-US" }

// Transcribable says whether the carrier makes a transcript of a recording of that many seconds.
// Source: Twilio, Record: 2 to 120 s.
func Transcribable(seconds int) bool { return seconds >= 2 && seconds <= 120 }

// Voicemail is the message that a caller left because nobody took the call. Its recording stays
// with the carrier.
type Voicemail struct {
	Status     RecordingStatus  `json:"status"`
	Recording  string           `json:"recording"` // the carrier's id of it; empty while there is none
	Seconds    int              `json:"seconds"`   // as the carrier says; up to VoicemailLimit unless it does not keep to it
	Transcript string           `json:"transcript,omitempty"`
	Transcribe TranscriptStatus `json:"transcript_status"`
	DeletedAt  *time.Time       `json:"deleted_at,omitempty"` // when its recording was deleted, because it is not kept any longer
}

// RecordingStatus is how far a recording has come.
type RecordingStatus string

// The states of a recording.
const (
	RecordingExpected RecordingStatus = "expected" // the caller was asked to speak; no word from the carrier yet
	RecordingReady    RecordingStatus = "ready"    // it can be heard
	RecordingEmpty    RecordingStatus = "empty"    // nothing was said
	RecordingMissing  RecordingStatus = "missing"  // the carrier never told of one, and has none
	RecordingDeleted  RecordingStatus = "deleted"  // it was there
)

// TranscriptStatus is how far the transcript of a recording has come.
type TranscriptStatus string

// The states of a transcript.
const (
	TranscriptNone    TranscriptStatus = "none"    // the carrier makes none for this language or length, or it failed
	TranscriptPending TranscriptStatus = "pending" // the carrier is at it
	TranscriptReady   TranscriptStatus = "ready"
	TranscriptDeleted TranscriptStatus = "deleted" // it was there
)

// Final says whether nothing more is to be learnt of a message.
func (v Voicemail) Final() bool {
	return v.Status != RecordingExpected && v.Transcribe != TranscriptPending
}

// beyond says whether more is known of a message than another word of it knows.
func (v Voicemail) beyond(o Voicemail) bool {
	known := func(v Voicemail) (n int) {
		if v.Status != RecordingExpected {
			n += 2
		}
		if v.Final() {
			n++
		}
		return n
	}
	return known(v) > known(o)
}
