package models

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func TestInboundComesBackFromJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r, d, at := anyRoute(t)
		in := Inbound{CallID: "c-1", CallSID: "CA01", Caller: "+447700900100", At: at, Plan: MakePlan(r, "+447700900001", d, at, 7)}
		var out Inbound
		if err := json.Unmarshal([]byte(asJSON(t, in)), &out); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(in, out); diff != "" {
			t.Fatal(diff)
		}
	})
}

// The golden files are what histories hold: their fields are added to, never renamed or reused.
func TestHistoriesStayReadable(t *testing.T) {
	at := instant("2026-03-02T10:30:00.123456789Z")
	plan := Plan{
		At: at, RouteID: "r-1", RouteName: "Support", Number: "+447700900001",
		Language: "en-GB", Voice: "Polly.Amy-Neural", Greeting: "Hello", Hold: HoldMusic,
		Allowlist: Allowlist{true, []AllowedCaller{{"Zoe", "+447700900100"}}, "Sorry"},
		Keypress:  Keypress{true, "5", "Press 5"},
		Levels:    []PlanLevel{{Staggered, 10, []Person{{"u-1", "Alice", mobile("+12025550101"), "named by the route"}}}},
		Skipped:   []Skipped{{1, "u-2", "Bob", "has no phone"}}, RingSeconds: 30, Accept: Acceptance{true, "1", "Press 1"},
		Nobody: Nobody{NobodyForward, "Goodbye", "+447700900998"}, EmergencyNumber: "+447700900999", MaxWaitSeconds: 900, Seed: 7,
		CallerID: ShowCaller, Phrases: map[Phrase]string{PhraseGoodbye: "Bye"}, CallsPerSecond: 1.5, Pace: 2,
	}
	attempt := plan.Attempts()[0]
	ring := Ring{attempt.ID, "u-1", "Alice", "mobile", 1, at, Ending, ResultPickedUp, true, &at}
	for _, c := range []struct {
		file  string
		value any
	}{
		{"plan.json", &plan},
		{"inbound.json", &Inbound{
			CallID: "c-1", CallSID: "CA01", AlertID: "a-1", Caller: "+447700900100", Number: "+447700900001", Country: "GB",
			Verstat: "TN-Validation-Passed-A", At: at, Room: "room-1", Refusal: RefusedBlocked, CallToken: "token", Plan: plan,
			CallerName: "Zoe", CallerListed: true,
		}},
		{"raised.json", &Raised{
			AlertID: "a-1", CallSID: "CA01", RouteID: "r-1", RouteName: "Support", Number: "+447700900001", Caller: "+447700900100",
			Country: "GB", StartedAt: at, CallID: "c-1", CallerName: "Zoe", CallerListed: true, Verstat: "TN-Validation-Passed-A", Route: true,
		}},
		{"rung.json", &Rung{UserID: "u-1", Rings: []Ring{ring}}},
		{"call_end.json", &CallEnd{
			Outcome: Voicemailed, AnsweredBy: "u-1", Dialled: []string{"u-1"}, Whole: true, AnsweredAt: &at, Rings: []Ring{ring},
			Voicemail: &Voicemail{Status: RecordingReady, Recording: "RE01", Seconds: 12, Transcript: "The shop is down", Transcribe: TranscriptReady}, EndedAt: &at,
		}},
		{"routed.json", &Routed{Incidents: []string{"i-1"}, Labels: []string{"INC-1"}, Receivers: []ReceiverRef{{"rc-1", "Pager", ReceiverPagerDuty}}}},
		{"attempt.json", &attempt},
		{"dialled.json", &Dialled{Result: ResultFailed, Leg: "CA02", Code: 486}},
	} {
		t.Run(c.file, func(t *testing.T) {
			path := filepath.Join("testdata", c.file)
			written, err := json.MarshalIndent(c.value, "", "  ")
			if err != nil {
				t.Fatal(err)
			}
			written = append(written, '\n')
			if *update {
				if err := os.WriteFile(path, written, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			golden, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(golden), string(written)); diff != "" {
				t.Errorf("it is written differently:\n%s", diff)
			}
			read := reflect.New(reflect.TypeOf(c.value).Elem()).Interface()
			strict := json.NewDecoder(bytes.NewReader(golden))
			strict.DisallowUnknownFields()
			if err := strict.Decode(read); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.value, read); diff != "" {
				t.Errorf("it is read differently:\n%s", diff)
			}
			for _, field := range empty(c.file, reflect.ValueOf(c.value).Elem()) {
				t.Errorf("%s is empty: give it a value, so that the file shows its name", field)
			}
		})
	}
}

func asJSON(t *rapid.T, value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// empty lists the fields within v that have their zero value.
func empty(path string, v reflect.Value) []string {
	switch {
	case v.Type() == reflect.TypeFor[*PhoneFault](): // no plan holds one
		return nil
	case v.IsZero():
		return []string{path}
	case v.Kind() == reflect.Slice:
		return empty(path, v.Index(0))
	case v.Kind() != reflect.Struct || v.Type() == reflect.TypeFor[time.Time]():
		return nil
	}
	var fields []string
	for i := range v.NumField() {
		fields = append(fields, empty(strings.TrimPrefix(path+"."+v.Type().Field(i).Name, "."), v.Field(i))...)
	}
	return fields
}
