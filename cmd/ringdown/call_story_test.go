package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/simulator"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// demoScene is the demo's route with whom its plan names.
func demoScene(name string, number models.Phone, people ...string) scene {
	route := models.Route{ID: "r1", Name: name, Enabled: true}.Defaults()
	s := scene{route: route, plan: planOf(route, number, nil), caller: "+12025550199"}
	numbers := map[string]models.Phone{"Alice": "+12025550101", "Bob": "+12025550102", "Dan": "+12025550104"}
	for _, person := range people {
		s.plan.Levels = append(s.plan.Levels, models.PlanLevel{People: []models.Person{{
			UserID: "id-of-" + person, Name: person, Phones: []models.UserPhone{{Label: "mobile", Number: numbers[person]}},
		}}})
	}
	return s
}

func recorded(t *testing.T, name string) []simulator.Event {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "call", name+".jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	var events []simulator.Event
	lines := bufio.NewScanner(bytes.NewReader(text))
	for lines.Scan() {
		var e simulator.Event
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			t.Fatal(err)
		}
		events = append(events, e)
	}
	return events
}

// retell tells recorded events, with a tick after each second between them.
func retell(s *story, events []simulator.Event) {
	tick := events[0].At
	for _, e := range events {
		for ; tick.Before(e.At); tick = tick.Add(time.Second) {
			s.tick(tick)
		}
		s.tell(e)
	}
}

func TestTheStoryOfRecordedCalls(t *testing.T) {
	withheld := demoScene("Platform on call", "+12025550112", "Dan", "Alice")
	withheld.caller = ""
	connected := models.Connected
	for name, c := range map[string]struct {
		events  string
		scene   scene
		set     func(*story)
		outcome models.Outcome
		by      string
		asked   ending
	}{
		"taken.txt": {"taken", demoScene("Production down", "+12025550110", "Alice", "Bob", "Dan"), func(*story) {},
			connected, "Bob", ending{outcome: connected, name: "Bob", userID: "id-of-Bob"}},
		"taken-terminal.txt": {"taken", demoScene("Production down", "+12025550110", "Alice", "Bob", "Dan"),
			func(s *story) { s.live, s.colour = true, true }, connected, "Bob", ending{outcome: models.Unanswered}},
		"nobody.txt": {"nobody", demoScene("Partner line", "+12025550111", "Alice", "Bob"), func(*story) {},
			models.Unanswered, "", ending{outcome: models.Unanswered}},
		"responder-hangs-up.json": {"responder-hangs-up", withheld, func(s *story) { s.json = true },
			connected, "Alice", ending{outcome: connected}},
	} {
		t.Run(name, func(t *testing.T) {
			events := recorded(t, c.events)
			var out bytes.Buffer
			s := newStory(&out, events[0].Call, c.scene)
			c.set(s)
			s.aside("Carol is not rung by this route at this time")
			retell(s, events)
			if !s.over() {
				t.Error("the story is not over")
			}
			first, last := events[0].At, events[len(events)-1].At
			call := models.Call{ID: "ID", Outcome: c.outcome, StartedAt: first, EndedAt: &last}
			if c.by != "" {
				at := first.Add(9 * time.Second)
				call.ConnectedAt, call.AnsweredBy = &at, "id-of-"+c.by
			}
			s.end(last.Add(100*time.Millisecond), call, c.asked, []link{{"record", "http://127.0.0.1:8080/v1/calls/ID"}})
			golden(t, filepath.Join("testdata", "call", name), out.Bytes())
		})
	}
}

func golden(t *testing.T, path string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s is not what is told (make golden rewrites it):\n%s", path, got)
	}
}

func TestTheStoryLeavesOutOtherCallsAndTellsTrouble(t *testing.T) {
	var out bytes.Buffer
	s := newStory(&out, "CAours", demoScene("Production down", "+12025550110", "Alice"))
	at := time.Now()
	dial := func(sid, to string) simulator.Event {
		return simulator.Event{At: at, Kind: simulator.EventDialled, Call: sid, From: "+12025550110", To: to, Direction: simulator.OutboundAPI}
	}
	rings := func(sid string) simulator.Event {
		return simulator.Event{At: at, Kind: simulator.EventRinging, Call: sid}
	}
	for _, e := range []simulator.Event{
		dial("CAbefore", "+12025550101"), rings("CAbefore"),
		{At: at, Kind: simulator.EventDialled, Call: "CAours", From: "+12025550199", To: "+12025550110", Direction: simulator.Inbound},
		dial("CAtheirs", "+12025550101"),
		{At: at, Kind: simulator.EventWebhook, Call: "CAtheirs", HTTPStatus: 204, URL: "http://x/twilio/leg-status/CAother/1.u.1.1"},
		rings("CAtheirs"), dial("CAstranger", "+12025550177"), rings("CAstranger"),
		{At: at, Kind: simulator.EventWebhook, Call: "CAours", HTTPStatus: 503, URL: "http://x/twilio/voice"},
		{At: at, Kind: simulator.EventWebhook, Call: "CAours", URL: "http://x/twilio/status", Text: "timeout"},
		{At: at, Kind: simulator.EventRefused, Call: "CAours", Text: "12100 no verb"},
		{At: at, Kind: simulator.EventSaid, Call: "CAours", Text: "one\n\x1b[31mtwo"},
	} {
		s.tell(e)
	}
	want := `  0.0 s  +1 202 555 0199 calls Production down (+1 202 555 0110)
  0.0 s  503 from http://x/twilio/voice
  0.0 s  no answer from http://x/twilio/status: timeout
  0.0 s  the carrier refuses a document of ours: 12100 no verb
  0.0 s  caller hears “one  [31mtwo”
`
	if got := out.String(); got != want {
		t.Errorf("told:\n%s\nwant:\n%s", got, want)
	}
}

func TestPeopleWithOneFirstNameKeepTheirFullNames(t *testing.T) {
	s := demoScene("Production down", "+12025550110", "Alice")
	for _, name := range []string{"Alice Adams", "Alice Zane", "Bob Brown"} {
		s.plan.Levels = append(s.plan.Levels, models.PlanLevel{People: []models.Person{{
			UserID: name, Name: name, Phones: []models.UserPhone{{Label: "mobile", Number: "+12025550107"}},
		}}})
	}
	st := newStory(&bytes.Buffer{}, "CA", s)
	var called []string
	for _, name := range []string{"Alice", "Alice Adams", "Alice Zane", "Bob Brown"} {
		called = append(called, st.names[name])
	}
	if got := strings.Join(called, ", "); got != "Alice, Alice Adams, Alice Zane, Bob" {
		t.Error(got)
	}
}
