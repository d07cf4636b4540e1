package api

import (
	"net/http"
	"strings"
	"testing"
)

var (
	aRecording      = "RE" + strings.Repeat("e", 32)
	recordingsPlace = "https://api.twilio.com/2010-04-01/Accounts/" + account + "/Recordings/"
)

// recorded is the form of a caller who left a message, with changes, names and values by turns.
func recorded(changes ...string) map[string][]string {
	return arriving(append([]string{
		"CallStatus", "in-progress", "RecordingSid", aRecording, "RecordingUrl", recordingsPlace + aRecording, "RecordingDuration", "17", "Digits", "hangup",
	}, changes...)...)
}

const (
	doneAddress       = "/twilio/voicemail-done/CALL?lang=de-DE"
	recordingAddress  = "/twilio/recording/CALL"
	transcriptAddress = "/twilio/transcript/CALL"
	forwardAddress    = "/twilio/forward-done/CALL?lang=de-DE"

	thanks = "Say de-DE voicemail_thanks, Hangup"
	empty  = "Say de-DE voicemail_empty, Hangup"
)

// signalRecorded is what a run is told of a message.
func signalRecorded(recording, seconds string) string {
	return "signal call/CALL recorded {Recording:" + recording + " Seconds:" + seconds + " Final:false}"
}

// signalMeasured is the last word of it.
func signalMeasured(recording, seconds string) string {
	return "signal call/CALL recorded {Recording:" + recording + " Seconds:" + seconds + " Final:true}"
}

func TestACallerWhoLeftAMessageIsThanked(t *testing.T) {
	none := signalRecorded(aRecording, "0")
	for _, c := range []struct {
		name    string
		changes []string
		want    string
		asks    string
	}{
		{"by its id", nil, thanks, signalRecorded(aRecording, "17")},
		{"by the end of its address alone", []string{"RecordingSid", ""}, thanks, signalRecorded(aRecording, "17")},
		{"by its id alone", []string{"RecordingUrl", ""}, thanks, signalRecorded(aRecording, "17")},
		{"of a second", []string{"RecordingDuration", "1"}, thanks, signalRecorded(aRecording, "1")},
		{"of two hours", []string{"RecordingDuration", "7200"}, thanks, signalRecorded(aRecording, "7200")},
		{"who has hung up", []string{"CallStatus", "completed"}, thanks, signalRecorded(aRecording, "17")},
		{"unless it is empty", []string{"RecordingDuration", "0"}, empty, none},
		{"unless it is of less than no length", []string{"RecordingDuration", "-1"}, empty, none},
		{"unless nobody knows how long it is", []string{"RecordingDuration", ""}, empty, none},
		{"unless its length is no number", []string{"RecordingDuration", "17 s"}, empty, none},
		{"unless its length is beyond all numbers", []string{"RecordingDuration", strings.Repeat("9", 40)}, empty, none},
		{"though it has no id at all", []string{"RecordingSid", "", "RecordingUrl", ""}, thanks, signalRecorded("", "17")},
		{"though its id is garbage", []string{"RecordingSid", "../" + aRecording}, thanks, signalRecorded("", "17")},
		{"though its id is a call's", []string{"RecordingSid", "CALL"}, thanks, signalRecorded("", "17")},
		{"though its address is garbage", []string{"RecordingSid", "", "RecordingUrl", "%zz/?\x00"}, thanks, signalRecorded("", "17")},
	} {
		inCall(t, c.name, func(wt *webhookTest) {
			for range 2 { // as often as the carrier repeats it
				wt.hears(c.want, wt.post(doneAddress, recorded(c.changes...)))
				wt.asks(c.asks)
			}
			wt.logged()
		})
	}
}

func TestWhatBecameOfAMessageIsToldToItsRun(t *testing.T) {
	told, none := signalMeasured(aRecording, "17"), signalMeasured(aRecording, "0")
	for _, c := range []struct {
		name    string
		changes []string
		asks    []string
	}{
		{"when it is there", []string{"RecordingStatus", "completed"}, []string{told}},
		{"when it lasted two hours", []string{"RecordingStatus", "completed", "RecordingDuration", "7200"}, []string{signalMeasured(aRecording, "7200")}},
		{"when there is none", []string{"RecordingStatus", "absent", "RecordingDuration", ""}, []string{none}},
		{"when there is none, whatever its length", []string{"RecordingStatus", "absent"}, []string{none}},
		{"when it failed", []string{"RecordingStatus", "failed"}, []string{none}},
		{"when it is there but empty", []string{"RecordingStatus", "completed", "RecordingDuration", "0"}, []string{none}},
		{"when it is there but without an id", []string{"RecordingStatus", "completed", "RecordingSid", "", "RecordingUrl", ""}, []string{signalMeasured("", "17")}},
		{"but not while it goes on", []string{"RecordingStatus", "in-progress"}, nil},
		{"but not while it is worked on", []string{"RecordingStatus", "processing"}, nil},
		{"but not in a word that is new", []string{"RecordingStatus", "archived"}, nil},
		{"but not without a word", nil, nil},
	} {
		inCall(t, c.name, func(wt *webhookTest) {
			for range 2 {
				wt.ends(http.StatusNoContent, wt.post(recordingAddress, recorded(c.changes...)))
				wt.asks(c.asks...)
			}
			wt.logged()
		})
	}
}

func TestWhatAMessageSaysIsToldToItsRun(t *testing.T) {
	told := func(text string) []string {
		return []string{"signal call/CALL transcribed {Recording:" + aRecording + " Text:" + text + "}"}
	}
	for _, c := range []struct {
		name, status, text string
		asks               []string
	}{
		{"as it is heard", "completed", "The lift is stuck.", told("The lift is stuck.")},
		{"with markup and all", "completed", `</Say> & "quotes"`, told(`</Say> & "quotes"`)},
		{"when nothing was understood", "completed", "", told("")},
		{"when it failed", "failed", "The lift", told("")},
		{"but not more than a run can bear", "completed", "x" + strings.Repeat("ü", 10_000), told("x" + strings.Repeat("ü", 9_999))},
		{"but not while the carrier is at it", "in-progress", "The lift", nil},
		{"but not without a word", "", "The lift", nil},
	} {
		inCall(t, c.name, func(wt *webhookTest) {
			for range 2 {
				wt.ends(http.StatusNoContent, wt.post(transcriptAddress, recorded("TranscriptionStatus", c.status, "TranscriptionText", c.text)))
				wt.asks(c.asks...)
			}
			wt.logged()
		})
	}
}

func TestTheEndOfAForwardedCallIsToldToItsRun(t *testing.T) {
	const left, failed = "Say de-DE other_left, Hangup", "Say de-DE forward_failed, Hangup"
	for _, c := range []struct{ name, status, want, asks string }{
		{"after a talk", "completed", left, "{Answered:true Status:completed}"},
		{"after a talk, in the word of a room", "answered", left, "{Answered:true Status:answered}"},
		{"when it is busy", "busy", failed, "{Answered:false Status:busy}"},
		{"when nobody answers", "no-answer", failed, "{Answered:false Status:no-answer}"},
		{"when it cannot be reached", "failed", failed, "{Answered:false Status:failed}"},
		{"when the caller gives up", "canceled", failed, "{Answered:false Status:canceled}"},
		{"when nobody says why", "", failed, "{Answered:false Status:}"},
		{"in a word that is new", "COMPLETED", failed, "{Answered:false Status:COMPLETED}"},
	} {
		inCall(t, c.name, func(wt *webhookTest) {
			for range 2 {
				wt.hears(c.want, wt.post(forwardAddress, arriving("CallStatus", "in-progress", "DialCallStatus", c.status)))
				wt.asks("signal call/CALL forwarded " + c.asks)
			}
			wt.logged()
		})
	}
}

func TestWhatARunCannotHearIsToldAgain(t *testing.T) {
	const notPassedOn = "word of the carrier not passed on"
	measured, forwarded := signalMeasured(aRecording, "17"), "signal call/CALL forwarded {Answered:true Status:completed}"
	form := recorded("RecordingStatus", "completed", "TranscriptionStatus", "completed", "TranscriptionText", "Hello", "DialCallStatus", "completed")
	for _, c := range []struct {
		name, target, hears string // empty: an answer without a document
		asks                string
	}{
		{"of a message, by us, while the caller is thanked", doneAddress, thanks, measured},
		{"of a forwarded call, by us, while the caller hears goodbye", forwardAddress, "Say de-DE other_left, Hangup", forwarded},
		{"of a recording, by the carrier", recordingAddress, "", measured},
		{"of a transcript, by the carrier", transcriptAddress, "", "signal call/CALL transcribed {Recording:" + aRecording + " Text:Hello}"},
	} {
		for how, err := range map[string]error{"slow": errImpatient, "away": errAway} {
			inCall(t, c.name+", when Temporal is "+how, func(wt *webhookTest) {
				wt.temporal.fails = failing(err)
				w := wt.post(c.target, form)
				wt.logged(notPassedOn)
				if c.hears == "" {
					wt.ends(http.StatusServiceUnavailable, w)
					wt.asks(c.asks)
					return
				}
				wt.hears(c.hears, w)
				wt.asks(c.asks, c.asks)
			})
		}
		inCall(t, c.name+", but not when the run is over", func(wt *webhookTest) {
			wt.temporal.fails = failing(errGone)
			w := wt.post(c.target, form)
			wt.asks(c.asks)
			if c.hears == "" {
				wt.ends(http.StatusNoContent, w)
				wt.logged("webhook of a call that is over")
				return
			}
			wt.hears(c.hears, w)
			wt.logged()
		})
	}
	inCall(t, "and once told is enough", func(wt *webhookTest) {
		wt.temporal.failsOnce = map[string]error{"signal": errImpatient}
		wt.hears(thanks, wt.post(doneAddress, form))
		wt.asks(measured, measured)
		wt.logged()
	})
}
