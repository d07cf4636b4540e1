package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ringdown/ringdown/activities/twilio"
	"github.com/ringdown/ringdown/api"
	"github.com/ringdown/ringdown/api/twiml"
	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
	"github.com/ringdown/ringdown/models/store/storetest"
	"github.com/ringdown/ringdown/simulator"
	"github.com/ringdown/ringdown/worker"
	"github.com/ringdown/ringdown/workflows"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
)

const (
	// crashPace is slow enough for every stage to outlast the set-up of all calls and the crash.
	crashPace = 2
	// perStage is how many calls are in each stage when the process is killed, and arriving how
	// many are announced in that very moment.
	perStage, arriving = 36, 20
	// atOnce is how many callers or responders act together.
	atOnce = 9
)

// stageOfCrash is where a call is when the process is killed, and what its people do before and
// after.
type stageOfCrash struct {
	name  string
	route func(*models.Route)
	phone simulator.Script // the responder's
	// ready waits until the call has come to this stage.
	ready func(c *crashCall)
	// after is what the people do when the process is back; nil: nothing, it all goes by itself.
	after func(c *crashCall)
	want  models.Outcome
}

// crashCall is one caller with one responder, Alice.
type crashCall struct {
	*line
	stage  *stageOfCrash
	caller *phone
}

// takes is a responder who picks up, presses 1 when asked and hangs up after a short talk.
var takes = simulator.Script{Answer: simulator.Answer, RingFor: 1, Keys: []simulator.Press{{Digits: "1"}}, HangUpAfterJoined: 4}

func stagesOfCrash() []*stageOfCrash {
	byHand := takes
	byHand.Answer = simulator.Manual
	keyByHand := simulator.Script{Answer: simulator.Manual, HangUpAfterJoined: 4}
	talker := takes
	talker.HangUpAfterJoined = 0
	longRing := func(r *models.Route) { r.RingSeconds = 60 }
	return []*stageOfCrash{
		{
			name: "talking", phone: talker, want: models.Connected,
			ready: func(c *crashCall) { c.caller.talks() },
			after: func(c *crashCall) { c.caller.hangsUp() },
		},
		{
			name: "at the key gate", phone: takes, want: models.Connected,
			route: func(r *models.Route) {
				r.Keypress = models.Keypress{Enabled: true, Key: "1", Prompt: "Please press 1. " + strings.Repeat("Then you are connected. ", 25)}
			},
			ready: func(c *crashCall) { c.caller.hears("press 1") },
			after: func(c *crashCall) { c.caller.presses("1") },
		},
		{
			name: "being told nobody", phone: simulator.Script{Answer: simulator.Busy}, want: models.Unanswered,
			route: func(r *models.Route) {
				r.Nobody.Message = "Nobody is there. " + strings.Repeat("Please write to support instead. ", 25)
			},
			ready: func(c *crashCall) { c.caller.hears("nobody is there") },
		},
		{
			name: "on hold", phone: byHand, route: longRing, want: models.Connected,
			ready: func(c *crashCall) { c.rung("Alice") },
			after: func(c *crashCall) { c.people["Alice"].answers() },
		},
		{
			name: "a responder hears the prompt", phone: keyByHand, want: models.Connected,
			route: func(r *models.Route) {
				longRing(r)
				r.Accept.Prompt = "Press 1 to take it. " + strings.Repeat("Somebody needs you now. ", 6)
			},
			ready: func(c *crashCall) { c.rung("Alice") }, // they pick up when all have come so far
			after: func(c *crashCall) { c.people["Alice"].presses("1") },
		},
	}
}

func TestCallsOfEveryStageGoOnAfterACrashOfAPIAndWorker(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a minute")
	}
	s, server := newCrashSystem(t)
	server.start(t)
	stages := stagesOfCrash()
	var calls []*crashCall
	for _, stage := range stages {
		calls = append(calls, s.callersOf(t, stage, perStage)...)
	}
	last := &stageOfCrash{name: "arriving", phone: takes, want: models.Connected, route: func(r *models.Route) { r.RingSeconds = 10 }}
	lastCalls := s.callersOf(t, last, arriving)

	for group := range slices.Chunk(calls, atOnce) {
		for _, c := range group {
			c.caller = c.calls()
		}
		for _, c := range group {
			c.stage.ready(c)
		}
	}
	prompted := calls[len(calls)-perStage:]
	for group := range slices.Chunk(prompted, atOnce) {
		for _, c := range group {
			c.people["Alice"].answers()
		}
		for _, c := range group {
			c.people["Alice"].hears("to take")
		}
	}
	for _, c := range calls {
		c.checkStage()
	}
	for _, c := range lastCalls {
		c.caller = c.calls()
	}
	server.kill(t)
	server.start(t)
	t.Logf("killed and back with %d calls; %s", len(calls)+len(lastCalls), server.outage())

	for group := range slices.Chunk(slices.Backward2(calls), atOnce) {
		_ = group
	}
	s.checkAllEnded(t, server, append(calls, lastCalls...))
}
