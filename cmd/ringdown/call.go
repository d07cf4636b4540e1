package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/mattn/go-isatty"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/simulator"
	"github.com/ringdown/ringdown/workflows"
)

type callCommand struct {
	Route string `arg:"" optional:"" help:"The route to call, by its name or the beginning of it. Default: the first that can be called."`

	Press            []string      `help:"The caller's key at each prompt, as in 5,5,1; - presses none (--press=-). Default: the right key."`
	Responder        []role        `help:"How a person behaves: alice=accept, decline, no-answer, busy, reject, unreachable, mailbox or hang-up; alice=accept@12 acts after 12 s of ringing. Who is not named lets it ring. forward=… is the fixed number of a route that forwards." placeholder:"NAME=BEHAVIOUR"`
	From             string        `default:"+12025550199" help:"The caller's number."`
	Withheld         bool          `help:"The caller hides their number."`
	Message          string        `help:"What the caller says when asked for a message." placeholder:"WORDS"`
	Verstat          string        `help:"What the network says of the caller's number, as in TN-Validation-Passed-A." placeholder:"WORD"`
	HangUpAfter      time.Duration `help:"The caller leaves so long after dialling, as in 12s."`
	Talk             time.Duration `default:"5s" help:"How long they talk."`
	ResponderHangsUp bool          `help:"The responder ends the talk, not the caller."`
	Expect           ending        `placeholder:"OUTCOME[:NAME]" help:"How the call must end, as in connected:bob, unanswered, voicemail, forwarded, abandoned, refused or gate_failed. Default: what must follow from the above."`
	JSON             bool          `name:"json" help:"Print one JSON object a line."`
	API              string        `name:"api" env:"RINGDOWN_API" default:"http://127.0.0.1:8080" help:"Where Ringdown answers."`
	Simulator        string        `default:"http://127.0.0.1:8090" help:"Where the simulated carrier answers."`
	UI               string        `name:"ui" default:"http://127.0.0.1:8233" help:"Where the Temporal UI is."`
	Key              string        `env:"RINGDOWN_ADMIN_KEY" help:"An admin key. Default: the one in the data folder."`
	Data             string        `default:".ringdown" type:"path" help:"The data folder of ringdown dev."`
}

// Validate reports what is wrong with the flags before anything is asked of the system.
func (c *callCommand) Validate() error {
	var wrong []error
	for _, key := range c.Press {
		if key != noKey && (len(key) != 1 || !strings.ContainsAny(key, keypad)) {
			wrong = append(wrong, fmt.Errorf("--press %q: want one key for each prompt, as in 5,5,1, or - for none", key))
		}
	}
	if _, ok := models.ParsePhone(compact(c.From)); !ok {
		wrong = append(wrong, fmt.Errorf("--from %q: want a number in full, as in +12025550199; or --withheld", c.From))
	}
	if c.HangUpAfter < 0 {
		wrong = append(wrong, fmt.Errorf("--hang-up-after %v: want a time after dialling, as in 12s", c.HangUpAfter))
	}
	if c.Talk <= 0 {
		wrong = append(wrong, fmt.Errorf("--talk %v: want a time, as in 5s", c.Talk))
	}
	return errors.Join(wrong...)
}

// keypad is what can be pressed.
const keypad = "0123456789*#"

// noKey stands for a prompt at which the caller presses nothing.
const noKey = "-"

// compact leaves out what people put between digits.
func compact(number string) string {
	return strings.NewReplacer(" ", "", "-", "", "(", "", ")", "", ".", "").Replace(number)
}

// Run places a call, tells it as it happens, and fails unless it ends as asked.
func (c *callCommand) Run(ctx context.Context, out io.Writer) (err error) {
	rest, err := newRESTClient(c.API, c.Key, c.Data)
	if err != nil {
		return err
	}
	stage, err := rest.setStage(ctx, c.Route)
	if err != nil {
		return err
	}
	cast, notRung, err := castOf(stage.plan, stage.users, c.Responder)
	if err != nil {
		return err
	}
	scene := c.scene(stage, cast)
	asked, err := c.asked(scene, stage.users)
	if err != nil {
		return err
	}
	carrier := &simulator.Client{BaseURL: c.Simulator}
	defer func() { err = errors.Join(err, c.putDown(ctx, carrier, scene)) }()
	if err := c.handOut(ctx, carrier, scene); err != nil {
		return err
	}
	placed, err := carrier.Dial(ctx, c.caller(), string(scene.plan.Number), c.callerScript(scene))
	if err != nil {
		return c.carrierError(fmt.Errorf("dial %s: %w", readable(string(scene.plan.Number)), err))
	}
	s := newStory(out, placed.SID, scene)
	s.json = c.JSON
	s.live, s.colour = onScreen(out)
	s.live = s.live && !s.json
	for _, name := range notRung {
		s.aside(notRungWords(name, stage.plan.Skipped))
	}
	w := watch{story: s, rest: rest, carrier: carrier, placed: placed, routeID: stage.route.ID}
	w.alert = newAlertWatch(rest, stage.route.ID, placed.SID, w.since())
	call, err := w.untilOver(ctx, longestCall(scene, c.Talk))
	if err != nil {
		return fmt.Errorf("%w; look at %s", err, c.workflow(placed.SID))
	}
	s.end(time.Now(), call, asked, []link{
		{"record", rest.base + "/v1/calls/" + call.ID},
		{"Temporal", c.workflow(placed.SID)},
	})
	if !asked.isMetBy(call) {
		return fmt.Errorf("asked for %s, but the call ended %s", asked, s.endingOf(call))
	}
	return nil
}

func (c *callCommand) scene(s stage, cast map[models.Phone]behaviour) scene {
	caller, _ := models.ParsePhone(compact(c.From)) // was checked before
	if c.Withheld {
		caller = ""
	}
	sc := scene{route: s.route, plan: s.plan, caller: caller, leaves: c.HangUpAfter, cast: cast, verstat: c.Verstat, message: c.Message}
	for _, key := range c.Press {
		sc.keys = append(sc.keys, strings.TrimPrefix(key, noKey))
	}
	if len(c.Press) == 0 && s.plan.Keypress.Enabled {
		sc.keys = []string{s.plan.Keypress.Key}
	}
	return sc
}

// asked is how the call must end: as the flag says, or else as follows from the scene.
func (c *callCommand) asked(s scene, users []models.User) (ending, error) {
	if c.Expect.outcome == "" {
		e, err := s.derive()
		if err != nil {
			return e, fmt.Errorf("%w; choose clearer times, or say what you expect with --expect", err)
		}
		return e, nil
	}
	e := c.Expect
	if e.name == "" {
		return e, nil
	}
	user, err := userNamed(users, e.name)
	e.name, e.userID = user.Name, user.ID
	return e, err
}

func (c *callCommand) caller() string {
	if c.Withheld {
		return "anonymous"
	}
	return compact(c.From)
}

func (c *callCommand) callerScript(s scene) simulator.CallerScript {
	script := simulator.CallerScript{HangUpAfter: inSeconds(s.leaves), Message: s.message, StirVerstat: s.verstat}
	for _, key := range s.keys {
		script.Keys = append(script.Keys, simulator.Press{Digits: key})
	}
	if !c.ResponderHangsUp {
		script.HangUpAfterJoined = inSeconds(c.Talk)
	}
	return script
}

// handOut gives each phone its behaviour.
func (c *callCommand) handOut(ctx context.Context, carrier *simulator.Client, s scene) error {
	var talk time.Duration
	if c.ResponderHangsUp {
		talk = c.Talk
	}
	for number, b := range s.cast {
		if err := carrier.PutScript(ctx, string(number), b.script(s.plan.Accept.Key, talk)); err != nil {
			return c.carrierError(fmt.Errorf("tell the phone %s what to do: %w", readable(string(number)), err))
		}
	}
	return nil
}

// putDown gives the phones back to whoever uses the page of phones.
func (c *callCommand) putDown(ctx context.Context, carrier *simulator.Client, s scene) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), restWithin)
	defer cancel()
	for number := range s.cast {
		if err := carrier.PutScript(ctx, string(number), simulator.Script{Answer: simulator.Manual}); err != nil {
			if isAway(err) {
				return nil // its scripts are gone with it
			}
			return fmt.Errorf("give the phone %s back: %w", readable(string(number)), err)
		}
	}
	return nil
}

func (c *callCommand) carrierError(err error) error {
	if isAway(err) {
		return fmt.Errorf("no simulated carrier answers at %s: `ringdown dev` starts one unless TWILIO_ACCOUNT_SID is set; --simulator says where it is (%w)", c.Simulator, unwrapURL(err))
	}
	return err
}

// isAway says whether an error is that nobody answered.
func isAway(err error) bool {
	var inURL *url.Error
	return errors.As(err, &inURL) && !errors.Is(err, context.Canceled)
}

func (c *callCommand) workflow(callSID string) string {
	return strings.TrimSuffix(c.UI, "/") + "/namespaces/default/workflows/" + url.PathEscape(workflows.CallID(callSID))
}

func notRungWords(name string, skipped []models.Skipped) string {
	i := slices.IndexFunc(skipped, func(s models.Skipped) bool { return s.Name == name })
	if i < 0 {
		return name + " is not rung by this route at this time"
	}
	return name + " is not rung: " + skipped[i].Reason
}

// longestCall is how long a call may take before something is wrong.
func longestCall(s scene, talk time.Duration) time.Duration {
	return models.GateWait + s.plan.LongestWait() + talk + models.VoicemailLimit + 2*time.Minute
}

// onScreen says whether out is a terminal, and whether to use its colours.
func onScreen(out io.Writer) (terminal, colour bool) {
	file, ok := out.(*os.File)
	if !ok || !isatty.IsTerminal(file.Fd()) || os.Getenv("TERM") == "dumb" {
		return false, false
	}
	return true, os.Getenv("NO_COLOR") == ""
}

// watch follows a placed call.
type watch struct {
	story   *story
	rest    restClient
	carrier *simulator.Client
	placed  simulator.CallView
	routeID string
	alert   *alertWatch
}

// since is before anything of the call was kept.
func (w watch) since() time.Time { return w.placed.Created.Add(-time.Minute) }

// How often the record is looked for once the caller is gone, and how long.
const (
	lookEvery  = 300 * time.Millisecond
	lookWithin = time.Minute
)

// untilOver tells the call until every line has ended and its record is complete. When ctx ends
// it hangs up the caller, and tells the rest.
func (w watch) untilOver(ctx context.Context, longest time.Duration) (models.Call, error) {
	interrupted := ctx.Done()
	ctx, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	events, broken := w.listen(ctx)
	look, tick, limit := time.NewTicker(lookEvery), time.NewTicker(time.Second), time.NewTimer(longest)
	defer look.Stop()
	defer tick.Stop()
	defer limit.Stop()
	hangUp := func(why string) error {
		interrupted = nil
		limit.Reset(lookWithin)
		w.story.aside(why)
		return w.carrier.HangUp(ctx, w.placed.SID)
	}
	var (
		call                 models.Call
		found, gone, tooLong bool
		lookError            error
	)
	for {
		var err error
		select {
		case e := <-events:
			w.story.tell(e)
			if w.story.callerGone() && !gone {
				gone = true
				limit.Reset(lookWithin)
			}
		case err = <-broken:
			err = fmt.Errorf("the simulated carrier tells no more: %w", err)
		case now := <-tick.C:
			w.story.tick(now)
		case <-look.C:
			if gone && !found {
				call, found, lookError = w.rest.record(ctx, w.routeID, w.placed.SID, w.since())
			}
			if alertError := w.alert.look(ctx, w.story); alertError != nil && ctx.Err() == nil {
				lookError = alertError
			}
			if found && w.story.over() && (call.AlertID == "" || w.alert.resolved) {
				return call, nil
			}
		case <-interrupted:
			err = hangUp("you end it: the caller hangs up")
		case <-limit.C:
			switch {
			case found:
				return call, nil
			case !gone && !tooLong:
				tooLong = true
				err = hangUp(fmt.Sprintf("it lasts longer than it can, %v: the caller hangs up", longest))
			default:
				err = errors.Join(fmt.Errorf("no complete record of the call %v after its end", lookWithin), lookError)
			}
		}
		if err != nil {
			return models.Call{}, err
		}
	}
}

// listen passes on the carrier's events. Those of before are among them, because the call may
// have been heard of before anybody listened.
func (w watch) listen(ctx context.Context) (<-chan simulator.Event, <-chan error) {
	events, broken := make(chan simulator.Event), make(chan error, 1)
	go func() {
		for e, err := range w.carrier.Events(ctx, 0) {
			if err != nil {
				broken <- err
				return
			}
			select {
			case events <- e:
			case <-ctx.Done():
				return
			}
		}
		broken <- errors.New("its stream of events ended")
	}()
	return events, broken
}
