package config

import (
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var now = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)

// small is a system with Alice and Bob, a schedule of both, a number, and a route that it has.
var small = System{
	"/v1/users": {
		[]byte(`{"id": "u1", "name": "Alice", "email": "Alice@example.com", "time_zone": "Europe/London", "on_call_licence": true, "active": true, "version": 3,
			"phones": [{"label": "mobile", "number": "+12025550101", "fault": {"code": 13224, "seen_at": "2026-03-01T00:00:00Z"}}]}`),
		[]byte(`{"id": "u2", "name": "Bob", "email": "bob@example.com", "time_zone": "Europe/London", "on_call_licence": true, "active": true, "version": 1,
			"phones": [{"label": "mobile", "number": "+12025550102"}]}`),
	},
	"/v1/schedules": {
		[]byte(`{"id": "s1", "name": "Primary", "time_zone": "Europe/London", "version": 2, "rotations": [
			{"name": "weekly", "users": ["u1"], "seats": 1, "handover": {"starts_at": "2025-01-06T09:00:00", "every": [{"unit": "weeks", "count": 1}]}},
			{"name": "weekly", "users": ["u1", "u2"], "seats": 1, "handover": {"starts_at": "2026-01-05T09:00:00", "every": [{"unit": "weeks", "count": 1}]},
				"working_intervals": [{"weekday": "monday", "from": "09:00", "to": "24:00"}], "effective_from": "2026-01-01T00:00:00Z"},
			{"name": "weekly", "users": ["u2"], "seats": 1, "handover": {"starts_at": "2026-01-05T09:00:00", "every": [{"unit": "weeks", "count": 1}]},
				"effective_from": "2026-05-01T00:00:00Z"}]}`),
	},
	"/v1/phone-numbers": {
		[]byte(`{"id": "n1", "number": "+12025550110", "name": "Support line", "status": "active", "version": 1}`),
		[]byte(`{"id": "n2", "number": "+12025550111", "name": "Spare", "status": "active", "version": 1}`),
	},
	"/v1/call-routes": {
		[]byte(`{"id": "r1", "name": "Support", "phone_number_id": "n1", "enabled": true, "language": "en-GB", "version": 7,
			"accept": {"required": true, "key": "1", "prompt": ""}, "ring_seconds": 30, "max_wait_seconds": 900,
			"levels": [{"strategy": "one_by_one", "stagger_seconds": 10, "targets": [
				{"type": "schedule", "schedule_id": "s1", "mode": "currently_on_call"}, {"type": "user", "user_id": "u1"}]}]}`),
	},
	"/v1/blocked-callers": {},
}

// told are the faults of files in view of the system small, a line each.
func told(t *testing.T, prune bool, texts ...string) []string {
	t.Helper()
	var sources []Source
	for i, text := range texts {
		sources = append(sources, Source{Name: string(rune('a'+i)) + ".yaml", Text: []byte(text)})
	}
	_, err := Read(sources).Plan(small, now, prune)
	if err == nil {
		return nil
	}
	var faults Faults
	require.ErrorAs(t, err, &faults)
	return strings.Split(err.Error(), "\n")
}

func TestEveryBadLineIsNamed(t *testing.T) {
	const route = "call_routes:\n  - name: New\n    levels:\n      - targets:\n          - user: alice@example.com\n"
	const schedule = "schedules:\n  - name: New\n    time_zone: Europe/London\n    rotations:\n      - name: daily\n        users: [bob@example.com]\n" +
		"        handover: {starts_at: \"2026-03-02T09:00:00\", every: [{unit: days, count: 1}]}\n"
	const bob = "users:\n  - name: Bob\n    email: bob@example.com\n    time_zone: Europe/London\n"
	for _, c := range []struct {
		name, text string
		want       []string
	}{
		{"a file without faults has none", schedule + route, nil},
		{"an empty file has none", "# nothing yet\n", nil},
		{"what is no YAML", "users:\n  - name: [Bob\n", []string{"a.yaml:2:11: no YAML: "}},
		{"what is no mapping", "- users\n", []string{"a.yaml:1:1: must have sections: users, schedules, outside_schedules, call_routes, blocked_callers"}},
		{"an unknown section", "routes: []\n", []string{"a.yaml:1:1: routes: is no section; there are users,"}},
		{"a section that is no list", "users:\n", []string{"a.yaml:1:1: users: must be a list; write [] for none"}},
		{"an entry that is no mapping", "users:\n  - bob\n", []string{"a.yaml:2:5: users[0]: must be fields, among them email"}},
		{"an entry without its name", "users:\n  - name: Bob\n    time_zone: Europe/London\n", []string{"a.yaml:2:5: user: email: is required"}},
		{"an unknown field", bob + "    phone: \"+12025550102\"\n", []string{"a.yaml:5:5: user bob@example.com: phone: is no field; there are name, email, phones, time_zone,"}},
		{"a field written twice", bob + "    name: Robert\n", []string{"a.yaml:5:5: name is written twice; it is in line 2 too"}},
		{"an id", bob + "    id: 0190\n", []string{"a.yaml:5:5: user bob@example.com: id: has no place in a file; the system gives ids"}},
		{"a reference by id", "call_routes:\n  - name: New\n    nobody: {action: voicemail}\n    levels:\n      - targets:\n          - user_id: u1\n            user: bob@example.com\n",
			[]string{"a.yaml:6:13: call route New: levels[0].targets[0].user_id: has no place in a file; write user: with an e-mail address"}},
		{"a number without quotes", bob + "    phones:\n      - label: mobile\n        number: +12025550102\n",
			[]string{`a.yaml:7:17: user bob@example.com: phones[0].number: write the number in quotes, "+12025550102": without them YAML reads it as a number`}},
		{"a key without quotes", route + "    keypress: {key: 1}\n", []string{`a.yaml:6:21: call route New: keypress.key: must be text: write it in quotes, "1"`}},
		{"a number in quotes", route + "    ring_seconds: \"20\"\n", []string{"a.yaml:6:19: call route New: ring_seconds: must be a whole number, without quotes"}},
		{"a broken number", route + "    ring_seconds: 20.5\n", []string{"a.yaml:6:19: call route New: ring_seconds: must be a whole number"}},
		{"a word for a switch", bob + "    active: maybe\n", []string{"a.yaml:5:13: user bob@example.com: active: must be true or false"}},
		{"a value for a list", bob + "    phones: none\n", []string{"a.yaml:5:13: user bob@example.com: phones: must be a list, not a single value"}},
		{"an empty value", bob + "    slack_user_id:\n", []string{"a.yaml:5:5: user bob@example.com: slack_user_id: is empty: write a value, or leave the line out"}},
		{"a time that is none", strings.Replace(schedule, "2026-03-02T09", "2026-02-30T09", 1),
			[]string{"a.yaml:7:31: schedule New: rotations[0].handover.starts_at: must be a local date and time, as in 2026-03-02T09:00:00"}},
		{"a rule of the models", schedule + "        seats: 2\n", []string{"a.yaml:8:16: schedule New: rotations[0].seats: must be from 1 to the number of users"}},
		{"a required field", "users:\n  - name: Bob\n    email: bob@example.com\n", []string{"a.yaml:2:5: user bob@example.com: time_zone: must be an IANA time zone"}},
		{"an unknown user", strings.Replace(schedule, "bob@", "zed@", 1),
			[]string{"a.yaml:6:17: schedule New: rotations[0].users[0]: nobody has the e-mail address zed@example.com: list them under users"}},
		{"an unknown schedule, and no fault that only follows from it", strings.Replace(route, "user: alice@example.com", "schedule: Secondary", 1),
			[]string{`a.yaml:5:23: call route New: levels[0].targets[0].schedule: no schedule is called "Secondary": list it under schedules or outside_schedules`}},
		{"an unknown number", route + "    phone_number: \"+12025550119\"\n",
			[]string{"a.yaml:6:19: call route New: phone_number: +12025550119 is no number of ours: import it first"}},
		{"a number of another route", route + "    phone_number: \"+12025550110\"\n",
			[]string{"a.yaml:6:19: call route New: phone_number: +12025550110 belongs to the call route Support: list that, too, or remove it with --prune"}},
		{"a target of two", strings.Replace(route, "user: alice@example.com", "{user: alice@example.com, schedule: Primary}", 1),
			[]string{"a.yaml:5:14: call route New: levels[0].targets[0]: must name either a user or a schedule"}},
		{"a route that reaches nobody", strings.Replace(bob, "Bob\n", "Carol\n", 1) + "    active: false\n" + strings.Replace(route, "alice", "bob", 1),
			[]string{"a.yaml:8:5: call route New: levels: can reach nobody", "a.yaml:10:19: call route New: levels[0].targets[0].user: Carol has no on-call licence"}},
		{"an anchor that is not there", bob + "    phones: *mobile\n", []string{"a.yaml:5:13: *mobile: nothing before it is called &mobile"}},
		{"a merge", "users:\n  - &one {name: Bob, email: bob@example.com, time_zone: Europe/London}\n  - <<: *one\n    email: carol@example.com\n    name: Carol\n    time_zone: Europe/London\n",
			[]string{"a.yaml:3:5: << has no meaning here: write the fields out"}},
		{"a tag", bob + "    slack_user_id: !!str 5\n", []string{"a.yaml:5:20: tag has no meaning here: write the value plainly"}},
		{"an override", schedule + "    overrides: []\n", []string{"a.yaml:8:5: schedule New: overrides: has no place in a file; overrides come and go by the API alone"}},
		{"several at once, in the order of their lines", "users:\n  - name: Bob\n    email: bob@example.com\n    activ: true\nroutes: []\n",
			[]string{"a.yaml:2:5: user bob@example.com: time_zone: must be", "a.yaml:4:5: user bob@example.com: activ: is no field", "a.yaml:5:1: routes: is no section"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := told(t, false, c.text)
			require.Len(t, got, len(c.want), "%s", strings.Join(got, "\n"))
			for i, want := range c.want {
				require.Truef(t, strings.HasPrefix(got[i], want), "got  %s\nwant %s", got[i], want)
			}
		})
	}
}

func TestFilesCountAsOne(t *testing.T) {
	carol := `{name: Carol, email: carol@example.com, time_zone: Europe/London, on_call_licence: true, phones: [{label: mobile, number: "+12025550103"}]}`
	require.Empty(t, told(t, false,
		"call_routes:\n  - {name: New, levels: [{targets: [{user: CAROL@example.com}]}]}\n", "users:\n  - "+carol+"\n"))
	require.Equal(t, []string{"b.yaml:2:6: user Carol@example.com: is listed twice; it is at a.yaml:2:6 too"},
		told(t, false, "users:\n  - "+carol+"\n", "users:\n  - "+strings.Replace(carol, "carol@", "Carol@", 1)+"\n"))
	require.Equal(t, []string{"a.yaml:1:1: routes: is no section; there are users, schedules, outside_schedules, call_routes, blocked_callers", "b.yaml:1:1: users: must be a list; write [] for none"},
		told(t, false, "routes: []\n", "users:\n"))
}

func TestDocumentsAndAnchorsAreRead(t *testing.T) {
	require.Empty(t, told(t, false, `---
users:
  - name: Carol
    email: carol@example.com
    time_zone: &zone Europe/London
---
schedules:
  - name: New
    time_zone: *zone
    rotations:
      - name: daily
        users: &both [alice@example.com, bob@example.com]
        handover: {starts_at: 2026-03-02T09:00, every: [{unit: days, count: 1}]}
      - name: second
        users: *both
        handover: {starts_at: 2026-03-02T09:00, every: [{unit: days, count: 1}]}
        effective_from: 2026-06-01T00:00:00+01:00
`))
}

func TestTheExampleHasNoFaults(t *testing.T) {
	text, err := os.ReadFile("../docs/config.yaml")
	require.NoError(t, err)
	require.Empty(t, told(t, true, string(text)))
	whole := regexp.MustCompile(`(?m)^( *)#(\S|  )`).ReplaceAllString(string(text), "$1$2") // with what it leaves to its reader
	require.Contains(t, whole, "\noutside_schedules:\n")
	require.Empty(t, told(t, true, whole))
}
