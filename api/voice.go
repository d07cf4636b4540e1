package api

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"

	"github.com/google/uuid"
	"github.com/ringdown/ringdown/api/twiml"
	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/workflows"
	"go.temporal.io/sdk/client"
)

const (
	// tryAgainAfter is the pause before an unanswered caller's call is announced to us again, in seconds.
	tryAgainAfter = 2
	// triesBeforeDiversion bound how long a caller hears it ring while nobody can decide: each
	// takes at most ringingWithin and the pause, 12 s together.
	triesBeforeDiversion = 3
	// triesBeforeApology is the same for a route without an emergency number.
	triesBeforeApology = 15
	// gateWithin is how long a caller may wait who pressed a key, or none: they have heard nothing for a
	// second already, in which the carrier waited for the key, and it is some way to the carrier and back.
	gateWithin = 600 * time.Millisecond
)

// voice answers a call to one of our numbers, and a caller whom another document sent back.
func (s *Server) voice(w webhook) error {
	sid := w.form.Get("CallSid")
	if !callSID.MatchString(sid) {
		s.log.Warn("call without a usable id", "path", w.Path())
		return w.say(twiml.Words{}.Goodbye(models.PhraseNoService))
	}
	number, _ := models.ParsePhone(w.form.Get("To"))
	route, directory, err := s.routes.forNumber(w.ctx(), number)
	switch {
	case inProgress(w): // its run has its plan, whatever became of the route
	case errors.Is(err, models.ErrNotFound):
		return s.noService(w, sid, number, models.Route{}, "no route has this number")
	case err != nil:
		s.log.Error("route not read", "call", sid, "cause", err)
		return s.later(w, models.Inbound{CallSID: sid}) // without a row: nothing is known of its route
	case !route.Enabled:
		return s.noService(w, sid, number, route, "the route is switched off")
	}
	in := s.inbound(w, sid, route, models.MakePlan(route, number, directory, s.now(), rand.Uint32()))
	answer, err := s.announce(w, in)
	switch {
	case err == nil && answer.Do != models.DoNothing && s.divertedBefore(w, in):
		return w.say(wordsOf(in.Plan).Divert(in.Plan.EmergencyNumber, w.shown()))
	case err == nil && answer.Do != models.DoNothing:
		s.arrive(arrival(in))
		return w.say(twiml.Render(answer, s.links(sid)))
	case gone(err):
		return w.say(wordsOf(in.Plan).Goodbye(models.PhraseOver))
	default:
		s.log.Warn("call not answered in time", "call", sid, "cause", err)
		return s.later(w, in)
	}
}

// inbound is what the run of a call starts with.
func (s *Server) inbound(w webhook, sid string, route models.Route, plan models.Plan) models.Inbound {
	plan.Pace, plan.CallsPerSecond = s.pace, s.callsPerSecond
	caller := w.caller()
	in := models.Inbound{
		CallID: uuid.Must(uuid.NewV7()).String(), AlertID: uuid.Must(uuid.NewV7()).String(),
		CallSID: sid, Caller: caller, Number: plan.Number,
		Country: w.form.Get("FromCountry"), Verstat: w.form.Get("StirVerstat"),
		At: plan.At, Room: roomOf(sid), Plan: plan,
	}
	in.CallerName, in.CallerListed = route.Allowlist.Entry(caller)
	if plan.CallerID == models.ShowCaller {
		in.CallToken = w.form.Get("CallToken")
	}
	if !inProgress(w) { // else its run knows
		in.Refusal = route.Refuses(caller, in.Verstat, s.knownOf(w, route.ID, caller, sid))
	}
	return in
}

// roomOf names the room of a call. Whoever announces the call again names the same one, so that the
// row that is written first has the room of the run that began later. Nobody can tell a call by it.
func roomOf(sid string) string {
	sum := sha256.Sum256([]byte("room of " + sid))
	return base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(sum[:20])
}

// caller is who calls, empty when withheld or unparsable.
func (w webhook) caller() models.Phone {
	caller, _ := models.ParsePhone(w.form.Get("From"))
	return caller
}

// shown is the number that the emergency number sees: empty, for the caller's own, unless they have
// none to show.
func (w webhook) shown() models.Phone {
	if w.caller() == "" {
		return w.ours()
	}
	return ""
}

// factsWithin is how long the database may take to say what it knows of a caller. A call goes on
// without it.
const factsWithin = 300 * time.Millisecond

func (s *Server) knownOf(w webhook, routeID string, caller models.Phone, sid string) models.CallerFacts {
	ctx, cancel := context.WithTimeout(w.ctx(), factsWithin)
	defer cancel()
	known, err := s.store.CallerFacts(ctx, routeID, caller, sid, s.now())
	if err != nil {
		s.log.Warn("call let in without looking at blocks and limits", "call", sid, "cause", err)
		return models.CallerFacts{}
	}
	return known
}

// arrival is the row of a call that has just come.
func arrival(in models.Inbound) models.Call {
	call := models.Call{
		ID: in.CallID, CarrierCallID: in.CallSID, RouteID: in.Plan.RouteID, RouteName: in.Plan.RouteName,
		Caller: in.Caller, Number: in.Number, Country: in.Country, Verstat: in.Verstat,
		Stage: models.StageArriving, StartedAt: in.At, Room: in.Room,
	}
	if in.Refusal != "" { // its run writes more, where there is one
		call.Stage, call.Outcome, call.Refusal, call.EndedAt = models.StageEnded, models.Refused, in.Refusal, &in.At
	}
	return call
}

// announce starts the run of a call, or finds the one that is there, and asks what the caller
// hears. Past the deadline the answer is stale, and a stale first answer starts no hunt.
func (s *Server) announce(w webhook, in models.Inbound) (models.Answer, error) {
	start := s.temporal.NewWithStartWorkflowOperation(workflows.StartCall(in), workflows.InboundCall, in)
	handle, err := s.temporal.UpdateWithStartWorkflow(w.ctx(), client.UpdateWithStartWorkflowOptions{
		StartWorkflowOperation: start,
		UpdateOptions: client.UpdateWorkflowOptions{
			UpdateID: answerID(w), UpdateName: workflows.UpdateAnswer,
			Args:         []any{workflows.Asked{AnswerBy: w.deadline()}},
			WaitForStage: client.WorkflowUpdateStageCompleted,
		},
	})
	var answer models.Answer
	if err == nil {
		err = handle.Get(w.ctx(), &answer)
	}
	return answer, err
}

// answerID names one wish for an answer: the try of a call that nobody has answered yet, or the
// delivery of a caller who came back.
func answerID(w webhook) string {
	if w.QueryParam("fallback") != "" || inProgress(w) {
		return "answer/again/" + w.delivery()
	}
	return "answer/" + strconv.Itoa(try(w))
}

// inProgress says whether the caller has been answered before.
func inProgress(w webhook) bool { return w.form.Get("CallStatus") == "in-progress" }

// try counts the announcements of a call that nobody could answer in time, from 0.
func try(w webhook) int {
	n, err := strconv.Atoi(w.QueryParam("try"))
	if err != nil {
		return 0
	}
	return min(max(n, 0), triesBeforeApology)
}

// later has the carrier announce the call again, while an unanswered caller hears it ring. After
// the last try the caller is sent to the emergency number, where the route has one. Who may not
// call is refused at once.
func (s *Server) later(w webhook, in models.Inbound) error {
	next, plan := try(w)+1, in.Plan
	words := wordsOf(plan)
	if next >= triesBeforeDiversion && plan.EmergencyNumber != "" && in.Refusal == "" {
		s.divertArriving(in)
		return w.say(words.Divert(plan.EmergencyNumber, w.shown()))
	}
	if plan.RouteID != "" {
		s.arrive(arrival(in))
	}
	switch {
	case in.Refusal != "":
		return w.say(twiml.Render(plan.Refuse(in.Refusal), s.links(in.CallSID)))
	case next >= triesBeforeApology:
		return w.say(words.Goodbye(models.PhraseNobody))
	default:
		links := s.links(in.CallSID)
		return w.say(words.OneMoment(inProgress(w), tryAgainAfter, links.Voice(next), links))
	}
}

// divertedBefore says whether this announcement has been answered with the emergency number before. Whichever of the two answers
// the carrier heard, its run has been told that the caller is gone: in the room they would wait for nobody.
func (s *Server) divertedBefore(w webhook, in models.Inbound) bool {
	if try(w)+1 < triesBeforeDiversion || in.Plan.EmergencyNumber == "" {
		return false
	}
	ctx, cancel := context.WithTimeout(w.ctx(), factsWithin)
	defer cancel()
	diverted, err := s.store.Diverted(ctx, in.CallSID)
	if err != nil {
		s.log.Warn("call answered without looking whether it was diverted", "call", in.CallSID, "cause", err)
	}
	return diverted
}

// noService tells a caller that the number does nothing, and keeps a record of it.
func (s *Server) noService(w webhook, sid string, number models.Phone, route models.Route, reason string) error {
	s.log.Warn("call to a number without service", "call", sid, "number", number, "route", route.ID, "reason", reason)
	now := s.now()
	s.arrive(models.Call{
		ID: uuid.Must(uuid.NewV7()).String(), CarrierCallID: sid, RouteID: route.ID, RouteName: route.Name,
		Caller: w.caller(), Number: number, Country: w.form.Get("FromCountry"), Verstat: w.form.Get("StirVerstat"),
		Stage: models.StageEnded, Outcome: models.Refused, Reason: reason, StartedAt: now, EndedAt: &now,
	})
	return w.say(wordsOfRoute(route).Goodbye(models.PhraseNoService))
}

// arrive writes the row of a call, once; nobody waits for it, and a call goes on without it. While the database is away it is
// remembered.
func (s *Server) arrive(call models.Call) {
	s.background(func(ctx context.Context) {
		if err := s.store.Arrive(ctx, call); err != nil {
			s.log.Error("arrival not written", "call", call.CarrierCallID, "cause", err)
			s.unwritten.add(call)
		}
	})
}

// gate takes the caller's key.
func (s *Server) gate(w webhook) error {
	if !w.known() {
		return s.unknown(w)
	}
	number, err := strconv.Atoi(w.QueryParam("try"))
	if err != nil {
		return s.unknown(w)
	}
	ctx, cancel := context.WithTimeout(w.ctx(), gateWithin)
	defer cancel()
	w.SetRequest(w.Request().WithContext(ctx))
	sid := w.Param("call")
	answer, err := s.update(w, workflows.CallID(sid), workflows.UpdateGate, "gate/"+strconv.Itoa(number),
		workflows.Pressed{Try: number, Digits: w.digits()})
	return s.reply(w, sid, answer, err, s.links(sid).VoiceAgain())
}

// nobody tells the caller that nobody takes the call.
func (s *Server) nobody(w webhook) error {
	if !w.known() {
		return s.unknown(w)
	}
	sid := w.Param("call")
	answer, err := s.update(w, workflows.CallID(sid), workflows.UpdateAnswer, "answer/nobody",
		workflows.Asked{AnswerBy: w.deadline()})
	if gone(err) {
		return w.say(s.words(w).Goodbye(models.PhraseNobody))
	}
	return s.reply(w, sid, answer, err, s.links(sid).VoiceAgain())
}

// callerDone is asked when the caller's time in the room is over: the responder hung up, or the
// room could not be had and the caller is to come back in a moment. Sent there at once, they would
// go to and fro as fast as the carrier can.
func (s *Server) callerDone(w webhook) error {
	switch {
	case !w.known():
		return s.unknown(w)
	case w.form.Get("CallStatus") == "completed":
		return w.say(s.words(w).Goodbye(models.PhraseOver)) // nobody listens
	case w.form.Get("DialCallStatus") != "failed":
		return w.say(s.words(w).Goodbye(models.PhraseOtherLeft))
	}
	sid := w.Param("call")
	s.log.Warn("room not to be had", "call", sid)
	return w.say(s.words(w).OneMoment(true, tryAgainAfter, s.links(sid).VoiceAgain(), s.links(sid)))
}

// status tells that a caller's leg has ended.
func (s *Server) status(w webhook) error {
	sid := w.form.Get("CallSid")
	if !callSID.MatchString(sid) || !over(w.form.Get("CallStatus")) {
		return s.unknown(w)
	}
	err := s.temporal.SignalWorkflow(w.ctx(), workflows.CallID(sid), "", workflows.SignalCallerOver,
		workflows.CallerOver{Status: w.form.Get("CallStatus")})
	return s.noted(w, sid, err)
}

// reply answers with a run's decision. A run that is gone gets a goodbye, one that is slow is
// asked again at next.
func (s *Server) reply(w webhook, sid string, answer models.Answer, err error, next string) error {
	switch {
	case err == nil && answer.Do != models.DoNothing:
		return w.say(twiml.Render(answer, s.links(sid)))
	case gone(err):
		s.log.Info("webhook of a call that is over", "path", w.Path(), "call", sid)
		return w.say(s.words(w).Goodbye(models.PhraseOver))
	default:
		s.log.Warn("no decision in time", "path", w.Path(), "call", sid, "cause", err)
		return w.say(s.words(w).OneMoment(true, tryAgainAfter, next, s.links(sid)))
	}
}

// noted answers a webhook that only tells. What could not be told is to be told again.
func (s *Server) noted(w webhook, sid string, err error) error {
	if gone(err) {
		s.log.Info("webhook of a call that is over", "path", w.Path(), "call", sid)
	}
	if err != nil && !gone(err) {
		s.log.Warn("word of the carrier not passed on", "path", w.Path(), "call", sid, "cause", err)
		return w.NoContent(http.StatusServiceUnavailable)
	}
	return w.NoContent(http.StatusNoContent)
}

// unknown answers a webhook that can concern nothing of ours.
func (s *Server) unknown(w webhook) error {
	s.log.Warn("webhook about nothing known", "path", w.Path())
	return w.say(twiml.Words{Language: w.language()}.Goodbye(models.PhraseOver))
}

// over says whether a carrier's word for a call's state is its last.
func over(status string) bool {
	_, ok := results[status]
	return ok
}
