package workflows

import (
	"cmp"
	"time"

	"github.com/ringdown/ringdown/models"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

const (
	recordingGrace  = 10 * time.Second // for the carrier to tell of a message once its caller is gone
	recordingChecks = 5 * time.Minute  // how often the carrier is asked for a recording that it does not tell of
	recordingRounds = 3                // until it is held for missing
	noRecording     = time.Minute      // until the carrier is asked again whether it knows of none
	transcriptTime  = 10 * time.Minute // for the carrier to make a transcript
	moveRounds      = 3                // of asking the carrier to move the caller, two minutes each
	messageChecks   = 2 * time.Minute  // how often the carrier is asked after a caller who may leave a message, once firstCheck is over
)

// nobody gives the caller whom nobody reached what the route has for them, and lasts until their
// line ends.
func (c *call) nobody(ctx workflow.Context) (models.Outcome, error) {
	c.gaveUp = workflow.Now(ctx)
	c.note(ctx, "nobody took the call")
	heard := true
	if c.stage != models.StageNobody {
		c.stage = models.StageNobody
		var err error
		if heard, err = c.moveAtLast(ctx); err != nil {
			return models.Unanswered, err
		}
	}
	c.mark(ctx, CallStage.ValueSet(string(models.StageNobody)))
	outcome, err := c.lastResort(ctx, heard)
	if c.diverted {
		outcome, c.record.Reason = models.Diverted, ""
	}
	return outcome, err
}

// moveAtLast moves the caller to what the route has for them. A carrier that would not, for as long as it is asked, is
// asked again: nothing else is left for them, and they hear music meanwhile.
func (c *call) moveAtLast(ctx workflow.Context) (told bool, err error) {
	told, err = c.moveCaller(ctx)
	for round := 1; round < moveRounds && !told && err == nil && !c.over(); round++ {
		if workflow.GetVersion(ctx, "a caller is moved however late", workflow.DefaultVersion, 1) == workflow.DefaultVersion {
			break
		}
		move := c.askToMove(ctx)
		if err := workflow.Await(ctx, func() bool { return move.IsReady() || c.over() }); err != nil || c.over() {
			return false, err
		}
		told, err = c.isMoved(ctx, move)
	}
	return told, err
}

// lastResort is a voicemail, a fixed number or a sentence. A caller who could not be moved to it
// still waits, and nothing more is to come.
func (c *call) lastResort(ctx workflow.Context, heard bool) (models.Outcome, error) {
	switch {
	case !heard:
		return models.Unanswered, c.seeOut(ctx, hangUpGrace)
	case c.over() && c.voicemail == nil && c.forwarded == nil: // they left before it
		return models.Unanswered, nil
	case c.plan.Nobody.Action == models.NobodyForward:
		return c.forward(ctx)
	case c.plan.Nobody.Action == models.NobodyVoicemail:
		return c.takeMessage(ctx)
	default:
		return models.Unanswered, c.seeOut(ctx, messageTime)
	}
}

// forward lasts as long as the caller's line to the fixed number.
func (c *call) forward(ctx workflow.Context) (models.Outcome, error) {
	told := func() bool { return c.forwarded != nil }
	for check := messageTime; !told() && !c.over(); check = laterChecks {
		inTime, err := c.wait(ctx, check, "for the line to the fixed number", told)
		if err != nil {
			return models.Unanswered, err
		}
		if !inTime {
			if err := c.askCarrier(ctx, nil); err != nil {
				return models.Unanswered, err
			}
		}
	}
	if c.diverted {
		return models.Diverted, nil
	}
	if c.forwarded == nil {
		c.askForwarded(ctx)
	}
	if c.forwarded == nil || !c.forwarded.Answered {
		c.record.Reason = "the fixed number did not answer"
		if c.forwarded == nil {
			c.record.Reason = "nobody tells whether the fixed number answered"
		}
		c.note(ctx, c.record.Reason)
		return models.Unanswered, c.seeOut(ctx, messageTime)
	}
	c.note(ctx, "the fixed number answered")
	return models.Forwarded, c.seeOut(ctx, hangUpGrace)
}

// askForwarded asks the carrier how the line to the fixed number ended when nobody told.
func (c *call) askForwarded(ctx workflow.Context) {
	var answered bool
	if err := workflow.ExecuteActivity(asking(ctx, "ask whether the fixed number answered"), phone.ForwardAnswered, c.in.CallSID).Get(ctx, &answered); err != nil {
		workflow.GetLogger(ctx).Warn("the carrier does not say whether the fixed number answered", "cause", err)
		return
	}
	if c.forwarded == nil {
		c.forwarded = &Forwarded{Answered: answered}
	}
}

// takeMessage lasts until the caller has left a message, or none.
func (c *call) takeMessage(ctx workflow.Context) (models.Outcome, error) {
	c.expectMessage()
	if err := c.hearOut(ctx); err != nil {
		return models.Unanswered, err
	}
	if told, err := awaitFor(ctx, c.plan.Paced(recordingGrace), "for the carrier's word of the message", c.messageTold); err != nil {
		return models.Unanswered, err
	} else if !told || c.seemsEmpty(ctx) {
		if err := c.askRecording(ctx, false); err != nil {
			return models.Unanswered, err
		}
	}
	if c.voicemail.Status != models.RecordingReady {
		return c.leftNone(ctx), nil
	}
	c.note(ctx, "the caller left a message")
	return models.Voicemailed, nil
}

// hearOut gives the caller the time that the longest message takes, and asks meanwhile whether they
// are still there: their alert resolves when they have left. Then it ends their line.
func (c *call) hearOut(ctx workflow.Context) error {
	left := messageTime + models.VoicemailLimit
	for pause := firstCheck; left > 0; pause = min(messageChecks, left) {
		if gone, err := c.follows(ctx, pause); gone || err != nil {
			return err
		}
		left -= pause
		if workflow.GetVersion(ctx, "who may leave a message is asked after", workflow.DefaultVersion, 1) == workflow.DefaultVersion {
			break // one timer was for all of it
		}
	}
	c.endCaller(ctx)
	return c.hangUpWithin(ctx, hangUpGrace, 2)
}

// expectMessage makes room for what becomes known of the caller's message, whoever is first to tell.
func (c *call) expectMessage() {
	if c.voicemail == nil {
		c.voicemail = &models.Voicemail{Status: models.RecordingExpected, Transcribe: models.TranscriptNone}
	}
}

// tellMore tells the alert of a call that has ended what has become known of its message since.
func (c *call) tellMore(ctx workflow.Context, outcome models.Outcome) {
	if *c.voicemail != c.toldOf {
		c.tellAlert(ctx, SignalEnded, c.ended(outcome))
	}
}

// seemsEmpty says whether the carrier has told that nothing was said. Whoever was asked for a message twice may have said
// something the first time, of which word was lost.
func (c *call) seemsEmpty(ctx workflow.Context) bool {
	return c.voicemail.Status == models.RecordingEmpty &&
		workflow.GetVersion(ctx, "an empty message is asked after", workflow.DefaultVersion, 1) != workflow.DefaultVersion
}

func (c *call) messageTold() bool { return c.voicemail.Status != models.RecordingExpected }

// askRecording asks the carrier for a recording that it did not tell of. With last, one that it
// does not have is missing.
func (c *call) askRecording(ctx workflow.Context, last bool) error {
	var found models.Voicemail
	err := workflow.ExecuteActivity(asking(ctx, "ask for the recording"), phone.Recording, c.in.CallSID).Get(ctx, &found)
	switch {
	case temporal.IsCanceledError(err):
		return err
	case err != nil:
		workflow.GetLogger(ctx).Warn("the carrier does not say whether there is a recording", "cause", err)
	case found.Status == models.RecordingReady:
		c.onRecorded(ctx, Recorded{Recording: found.Recording, Seconds: found.Seconds, Final: true})
	case c.messageTold():
	case found.Status == models.RecordingEmpty && c.noneFound: // it may have been too early the first time
		c.voicemail.Status = models.RecordingEmpty
	default:
		c.noneFound = found.Status == models.RecordingEmpty
	}
	if last && !c.messageTold() {
		c.voicemail.Status = models.RecordingMissing
		c.note(ctx, "the recording never arrived")
	}
	return nil
}

// completeVoicemail waits, when the caller is long gone, for what the carrier still has to tell of
// their message. A call that seemed to end without one ended with it.
func (c *call) completeVoicemail(ctx workflow.Context, outcome models.Outcome) models.Outcome {
	for round := 1; round <= recordingRounds; round++ {
		pause := recordingChecks
		if c.noneFound {
			pause = noRecording
		}
		if told, err := awaitFor(ctx, c.plan.Paced(pause), "for the recording", c.messageTold); told || err != nil {
			break
		}
		if err := c.askRecording(ctx, round == recordingRounds); err != nil {
			break
		}
	}
	if outcome == models.Unanswered && c.voicemail.Status == models.RecordingReady {
		outcome, c.record.Reason = models.Voicemailed, ""
		c.note(ctx, "the caller left a message after all")
		c.mark(ctx, CallOutcome.ValueSet(string(outcome)))
	}
	c.tellMore(ctx, outcome)
	transcribed := func() bool { return c.voicemail.Transcribe != models.TranscriptPending }
	if done, err := awaitFor(ctx, c.plan.Paced(transcriptTime), "for the transcript", transcribed); !done && err == nil {
		c.askTranscript(ctx)
	}
	if outcome == models.Voicemailed && c.voicemail.Status == models.RecordingEmpty {
		outcome = c.leftNone(ctx)
		c.mark(ctx, CallOutcome.ValueSet(string(outcome)))
	}
	c.tellMore(ctx, outcome)
	return outcome
}

// leftNone is the outcome for a caller who was asked for a message and left none: they kept silent, or left before the tone.
func (c *call) leftNone(ctx workflow.Context) models.Outcome {
	c.record.Reason = "the caller left no message"
	c.note(ctx, c.record.Reason)
	return models.Unanswered
}

// askTranscript asks the carrier for a transcript that it did not tell of. There is none when it has none by now.
func (c *call) askTranscript(ctx workflow.Context) {
	said := Transcribed{Recording: c.voicemail.Recording}
	if workflow.GetVersion(ctx, "a transcript is asked for", workflow.DefaultVersion, 1) != workflow.DefaultVersion {
		err := workflow.ExecuteActivity(asking(ctx, "ask for the transcript"), phone.Transcript, said.Recording).Get(ctx, &said.Text)
		if err != nil {
			workflow.GetLogger(ctx).Warn("the carrier does not say whether there is a transcript", "cause", err)
		}
	}
	if c.voicemail.Transcribe == models.TranscriptPending {
		c.onTranscribed(ctx, said)
	}
}

// onRecorded notes what became of the caller's message. It may be told early, late and twice, and of several
// recordings: the longest is the message.
func (c *call) onRecorded(ctx workflow.Context, in Recorded) {
	c.expectMessage()
	ready, same := c.voicemail.Status == models.RecordingReady, in.Recording == c.voicemail.Recording
	switch {
	case in.Recording == "" && (in.Seconds > 0 || ready): // its id comes with another word
		return
	case !in.Final && in.Recording != "" && in.Recording == c.measured:
		return
	case ready && same && !in.Final:
		return
	case ready && !same && in.Seconds <= c.voicemail.Seconds:
		return
	case ready && (!same || in.Seconds == 0) && !c.heardAgain(ctx):
		return
	}
	if in.Final {
		c.measured = in.Recording
	}
	if in.Seconds == 0 {
		c.voicemail.Status, c.voicemail.Recording, c.voicemail.Seconds = models.RecordingEmpty, "", 0
		c.transcribe(ctx)
		return
	}
	c.voicemail.Status, c.voicemail.Recording, c.voicemail.Seconds = models.RecordingReady, in.Recording, in.Seconds
	c.transcribe(ctx)
	if !ready || !same {
		c.note(ctx, "the message is recorded")
	}
}

// heardAgain is asked where a message is another one, or none, by what is told later.
func (c *call) heardAgain(ctx workflow.Context) bool {
	return workflow.GetVersion(ctx, "what is told later of a message counts", workflow.DefaultVersion, 1) != workflow.DefaultVersion
}

func (c *call) onTranscribed(ctx workflow.Context, in Transcribed) {
	c.expectMessage()
	c.said = append(c.said, in)
	c.transcribe(ctx)
	if in.Text != "" && c.voicemail.Transcribe == models.TranscriptReady {
		c.note(ctx, "the message is transcribed")
	}
}

// transcribe sets what is known of the message in words.
func (c *call) transcribe(ctx workflow.Context) {
	v, told, text := c.voicemail, false, ""
	for _, said := range c.said {
		if said.Recording == "" || v.Recording == "" || said.Recording == v.Recording {
			told, text = true, cmp.Or(said.Text, text)
		}
	}
	switch {
	case text != "":
		v.Transcript, v.Transcribe = text, models.TranscriptReady
	case !told && v.Status == models.RecordingReady && c.awaitsTranscript(ctx):
		v.Transcript, v.Transcribe = "", models.TranscriptPending
	default:
		v.Transcript, v.Transcribe = "", models.TranscriptNone
	}
}

// awaitsTranscript says whether the carrier makes a transcript of the message. One that is not measured yet may be
// shorter than it seems.
func (c *call) awaitsTranscript(ctx workflow.Context) bool {
	switch seconds := c.voicemail.Seconds; {
	case !models.Transcribes(c.plan.Language):
		return false
	case models.Transcribable(seconds):
		return true
	default:
		return c.measured != c.voicemail.Recording && models.Transcribable(seconds-int(models.VoicemailPause/time.Second)) &&
			workflow.GetVersion(ctx, "a message is as long as the carrier measures", workflow.DefaultVersion, 1) != workflow.DefaultVersion
	}
}
