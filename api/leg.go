package api

import (
	"net/http"
	"strconv"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/telemetry"
	"github.com/ringdown/ringdown/workflows"
)

// results are the carrier's last words on a leg. A leg that completed without having asked for
// its document was picked up and gone at once; one that asked has been settled before.
var results = map[string]models.Result{
	"busy":      models.ResultBusy,
	"no-answer": models.ResultNoAnswer,
	"failed":    models.ResultFailed,
	"canceled":  models.ResultCanceled,
	"completed": models.ResultHungUp,
}

// leg is asked when a responder's phone was picked up.
func (s *Server) leg(w webhook) error {
	leg := w.form.Get("CallSid")
	if !w.known() || !callSID.MatchString(leg) {
		return s.unknown(w)
	}
	sid, attempt := w.Param("call"), w.Param("attempt")
	// A dial that is settled already is no end of the story: the update says what it means.
	if err := s.settle(w, sid, attempt, models.Dialled{Result: models.ResultPickedUp, Leg: leg}); err != nil && !gone(err) {
		s.log.Warn("dial not settled", "call", sid, "attempt", attempt, "cause", err)
	}
	id, next := "leg/"+attempt+"/"+leg, s.links(sid).Leg(attempt, w.language())
	if after, err := strconv.Atoi(w.QueryParam("hearing")); err == nil { // another question: the key may have been noted
		id, next = id+"/"+strconv.Itoa(after), s.links(sid).LegAgain(attempt, after, w.language())
	}
	answer, err := s.update(w, workflows.CallID(sid), workflows.UpdateLeg, id, workflows.PickedUp{Attempt: attempt, Leg: leg})
	if gone(err) {
		return w.say(s.words(w).Goodbye(models.PhraseGone))
	}
	return s.reply(w, sid, answer, err, next)
}

// accept takes a responder's key. One that could not be told is told again, so that nobody has to press it twice.
func (s *Server) accept(w webhook) error {
	leg := w.form.Get("CallSid")
	hearing, err := strconv.Atoi(w.QueryParam("hearing"))
	if !w.known() || !callSID.MatchString(leg) || err != nil {
		return s.unknown(w)
	}
	sid, attempt, key := w.Param("call"), w.Param("attempt"), w.key()
	answer, err := s.update(w, workflows.CallID(sid), workflows.UpdateAccept,
		"accept/"+attempt+"/"+strconv.Itoa(hearing)+"/"+leg,
		workflows.Chosen{Attempt: attempt, Leg: leg, Hearing: hearing, Digits: key})
	if gone(err) {
		return w.say(s.words(w).Goodbye(models.PhraseGone))
	}
	next := s.links(sid).LegAgain(attempt, hearing, w.language())
	if err != nil && key != "" { // it may not have been told
		next = s.links(sid).AcceptAgain(attempt, hearing, key, w.language())
	}
	return s.reply(w, sid, answer, err, next)
}

// legDone is asked when a responder's time in the room is over: the caller has hung up.
func (s *Server) legDone(w webhook) error {
	return w.say(s.words(w).Goodbye(models.PhraseCallerLeft))
}

// legStatus tells that a responder's leg has ended. While it rings that settles its dial; later
// it is word for the run.
func (s *Server) legStatus(w webhook) error {
	leg, status := w.form.Get("CallSid"), w.form.Get("CallStatus")
	if !w.known() || !callSID.MatchString(leg) {
		return s.unknown(w)
	}
	if !over(status) {
		return w.NoContent(http.StatusNoContent)
	}
	sid, attempt := w.Param("call"), w.Param("attempt")
	code, _ := strconv.Atoi(w.form.Get("SipResponseCode"))
	err := s.settle(w, sid, attempt, models.Dialled{Result: results[status], Leg: leg, Code: code})
	if gone(err) { // its dial is settled, or the call is over
		err = s.temporal.SignalWorkflow(w.ctx(), workflows.CallID(sid), "", workflows.SignalLegOver,
			workflows.LegOver{Attempt: attempt, Leg: leg, Result: results[status], At: s.now()})
	}
	return s.noted(w, sid, err)
}

// settle completes a dial; gone when it was settled before.
func (s *Server) settle(w webhook, sid, attempt string, d models.Dialled) error {
	ctx, span := s.tracing.Ask(w.ctx(), "CompleteActivity:Dial", telemetry.KeyCall.String(sid), telemetry.KeyAttempt.String(attempt))
	err := s.temporal.CompleteActivityByID(ctx, s.namespace, workflows.CallID(sid), "", attempt, d, nil)
	span.EndOf(err)
	return err
}
