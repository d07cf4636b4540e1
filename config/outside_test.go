package config

import (
	"context"
	"maps"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// beside is the system small with an outside schedule, as the API shows it, and a route that names
// it. One of those whom it maps is a user no more.
func beside() System {
	system := maps.Clone(small)
	system["/v1/outside-schedules"] = append(system["/v1/outside-schedules"], []byte(
		`{"id": "o1", "name": "Platform", "provider": "pagerduty", "reference": "P1", "version": 4,
			"people": [{"outside": "PA", "user_id": "u1"}, {"outside": "PG", "user_id": "gone"}, {"outside": "al@elsewhere.example", "user_id": "u1"}],
			"fetched_at": "2026-03-04T11:59:00Z", "age_seconds": 60, "reaches_to": "2026-04-04T00:00:00Z", "last_error": "", "unmatched": ["zed@example.com"],
			"on_call": [{"from": "2026-03-04T08:00:00Z", "to": "2026-03-04T18:00:00Z", "user_id": "u1", "name": "Alice"}]}`))
	system["/v1/call-routes"] = append(system["/v1/call-routes"][:1:1], []byte(
		`{"id": "r2", "name": "Platform", "enabled": true, "language": "en-GB", "version": 1,
			"accept": {"required": true, "key": "1", "prompt": ""}, "ring_seconds": 30, "max_wait_seconds": 900,
			"levels": [{"strategy": "one_by_one", "stagger_seconds": 10, "targets": [{"type": "schedule", "schedule_id": "o1", "mode": "currently_on_call"}]}]}`))
	return system
}

func exportedFrom(t *testing.T, system System) string {
	t.Helper()
	var text strings.Builder
	require.NoError(t, Export(&text, system, now))
	return text.String()
}

// toldOf are the faults of a file in view of a system, a line each.
func toldOf(system System, prune bool, text string) []string {
	_, err := Read([]Source{{"a.yaml", []byte(text)}}).Plan(system, now, prune)
	if err == nil {
		return nil
	}
	return strings.Split(err.Error(), "\n")
}

func TestAnOutsideScheduleIsExported(t *testing.T) {
	text := exportedFrom(t, beside())
	require.Contains(t, text, `
outside_schedules:
  - name: Platform
    provider: pagerduty
    reference: P1
    people:
      - outside: PA
        user: alice@example.com
      - outside: al@elsewhere.example
        user: alice@example.com

call_routes:
  - name: Platform
    levels:
      - targets:
          - schedule: Platform
`)
	plan, err := Read([]Source{{"a.yaml", []byte(text)}}).Plan(beside(), now, true)
	require.NoError(t, err)
	require.Equal(t, "0 to create, 0 to change, 0 to remove, 6 as they should be\n", plan.String())
}

func TestDifferencesOfAnOutsideScheduleAreShown(t *testing.T) {
	for _, c := range []struct{ name, was, is, want string }{
		{"another reference", "reference: P1", "reference: P2", "    reference: P1 → P2\n"},
		{"somebody is somebody else", "outside: PA\n        user: alice@", "outside: PA\n        user: BOB@", "    people[PA].user: alice@example.com → bob@example.com\n"},
		{"somebody more", "    people:\n", "    people:\n      - {outside: PB, user: bob@example.com}\n",
			"    + people[PB]: {outside: PB, user: bob@example.com}\n    people, order: PA, al@elsewhere.example → PB, PA, al@elsewhere.example\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := exportedFrom(t, beside())
			require.Contains(t, text, c.was)
			plan, err := Read([]Source{{"a.yaml", []byte(strings.Replace(text, c.was, c.is, 1))}}).Plan(beside(), now, false)
			require.NoError(t, err)
			require.Equal(t, "~ outside schedule Platform\n"+c.want+"0 to create, 1 to change, 0 to remove, 5 as they should be\n", plan.String())
		})
	}
}

const platform = `outside_schedules:
  - name: Theirs
    provider: incident_io
    reference: S1
    people:
      - {outside: carol@elsewhere.example, user: Carol@example.com}
`

const carol = `users:
  - {name: Carol, email: carol@example.com, time_zone: Europe/London, on_call_licence: true, phones: [{label: mobile, number: "+12025550103"}]}
`

const toTheirs = `call_routes:
  - name: New
    levels:
      - targets:
          - {schedule: Theirs, mode: next_on_call}
`

func TestEveryBadLineOfAnOutsideScheduleIsNamed(t *testing.T) {
	both := beside() // with a schedule of one name with the outside schedule
	both["/v1/schedules"] = append(both["/v1/schedules"][:1:1],
		[]byte(strings.NewReplacer("s1", "s2", "Primary", "Platform").Replace(string(small["/v1/schedules"][0]))))
	const toPlatform = "call_routes:\n  - name: New\n    levels: [{targets: [{schedule: Platform}, {user: bob@example.com}]}]\n"
	for _, c := range []struct {
		name   string
		system System
		prune  bool
		text   string
		want   []string
	}{
		{"none, and who is on call there is not judged here", small, false, toTheirs + platform + carol, nil},
		{"one that the system has may be a target", beside(), false, toPlatform, nil},
		{"a provider that is none", small, false, strings.Replace(platform, "incident_io", "opsgenie", 1) + carol,
			[]string{"a.yaml:3:15: outside schedule Theirs: provider: must be incident_io or pagerduty"}},
		{"a field that is none", small, false, strings.Replace(platform, "    people:", "    time_zone: Europe/London\n    people:", 1) + carol,
			[]string{"a.yaml:5:5: outside schedule Theirs: time_zone: is no field; there are name, provider, reference, people"}},
		{"what only the API has", small, false, strings.Replace(platform, "    people:", "    on_call: []\n    people:", 1) + carol,
			[]string{"a.yaml:5:5: outside schedule Theirs: on_call: is no field; there are name, provider, reference, people"}},
		{"an unknown user", small, false, platform, []string{"a.yaml:6:50: outside schedule Theirs: people[0].user: nobody has the e-mail address carol@example.com: list them under users"}},
		{"a person without a user", small, false, strings.Replace(platform, ", user: Carol@example.com", "", 1),
			[]string{"a.yaml:6:10: outside schedule Theirs: people[0].user: is no user"}},
		{"a user by id", small, false, strings.Replace(platform, "user: Carol@example.com", "user_id: u1", 1),
			[]string{"a.yaml:6:10: outside schedule Theirs: people[0].user: is no user",
				"a.yaml:6:44: outside schedule Theirs: people[0].user_id: has no place in a file; write user: with an e-mail address"}},
		{"somebody twice", small, false, platform + "      - {outside: Carol@Elsewhere.example, user: bob@example.com}\n" + carol,
			[]string{"a.yaml:7:19: outside schedule Theirs: people[1].outside: is listed twice"}},
		{"one listed twice", small, false, platform + "  - {name: Theirs, provider: pagerduty, reference: P1}\n" + carol,
			[]string{"a.yaml:7:6: outside schedule Theirs: is listed twice; it is at a.yaml:2:5 too"}},
		{"a target that is neither", small, false, toTheirs, []string{`a.yaml:5:24: call route New: levels[0].targets[0].schedule: no schedule is called "Theirs": list it under schedules or outside_schedules`}},

		{"the name of a schedule in the files", small, false, strings.Replace(platform, "Theirs", "Ours", 1) + carol +
			"schedules:\n  - name: Ours\n    time_zone: Europe/London\n    rotations: [{name: daily, users: [bob@example.com], handover: {starts_at: 2026-03-02T09:00, every: [{unit: days, count: 1}]}}]\n",
			[]string{"a.yaml:10:11: schedule Ours: name: the outside schedule Ours at a.yaml:2:5 has this name too, and a target names either by it alone: give one of them another"}},
		{"the name of a schedule in the system", small, false, strings.Replace(platform, "Theirs", "Primary", 1) + carol,
			[]string{"a.yaml:2:11: outside schedule Primary: name: the schedule Primary has this name too"}},
		{"also of one that goes", small, true, strings.Replace(platform, "Theirs", "Primary", 1) + carol + "call_routes: []\nschedules: []\n",
			[]string{"a.yaml:2:11: outside schedule Primary: name: the schedule Primary has this name too"}},
		{"a target that may mean either, of which the files list none", both, false, toPlatform,
			[]string{"a.yaml:3:36: call route New: levels[0].targets[0].schedule: may mean the schedule Platform or the outside schedule Platform: give one of them another name"}},

		{"one that goes and is still a target", beside(), true, "outside_schedules: []\n" + toPlatform,
			[]string{"a.yaml:4:36: call route New: levels[0].targets[0].schedule: --prune removes the outside schedule Platform, which the files do not list"}},
		{"one that goes and that a route names which stays", beside(), true, "outside_schedules: []\n",
			[]string{"--prune: the outside schedule Platform cannot go: the call route Platform names it, and the files have no call_routes"}},
		{"one of two that go by one name, which the API alone can tell apart", both, true, "outside_schedules: []\n", nil},
		{"a user who goes and whom it maps", beside(), true, "users:\n  - {name: Bob, email: bob@example.com, time_zone: Europe/London, on_call_licence: true, phones: [{label: mobile, number: \"+12025550102\"}]}\n" +
			"call_routes: []\nschedules: []\n",
			[]string{"--prune: the user alice@example.com cannot go: the outside schedule Platform names it, and the files have no outside_schedules"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := toldOf(c.system, c.prune, c.text)
			require.Len(t, got, len(c.want), "%s", strings.Join(got, "\n"))
			for i, want := range c.want {
				require.Truef(t, strings.HasPrefix(got[i], want), "got  %s\nwant %s", got[i], want)
			}
		})
	}
	var text strings.Builder
	require.ErrorContains(t, Export(&text, both, now), "the schedule Platform and the outside schedule Platform have one name")
}

func TestAnOutsideScheduleIsMadeAfterUsersAndBeforeRoutes(t *testing.T) {
	plan, err := Read([]Source{{"a.yaml", []byte(toTheirs + platform + carol)}}).Plan(small, now, false)
	require.NoError(t, err)
	require.Equal(t, []string{"user carol@example.com", "outside schedule Theirs", "call route New"}, titles(plan))
	ids := map[string]string{"/v1/users": "u3", "/v1/outside-schedules": "o2", "/v1/call-routes": "r2"}
	bodies := map[string]string{}
	require.NoError(t, plan.Apply(t.Context(), func(_ context.Context, r Request) (Reply, error) {
		require.Equal(t, http.MethodPost, r.Method)
		bodies[r.Path] = string(r.Body)
		return Reply{ID: ids[r.Path], Version: 1}, nil
	}, func(Step, Reply) {}))
	require.JSONEq(t, `{"name": "Theirs", "provider": "incident_io", "reference": "S1", "people": [{"outside": "carol@elsewhere.example", "user_id": "u3"}]}`,
		bodies["/v1/outside-schedules"])
	require.Contains(t, bodies["/v1/call-routes"], `"targets":[{"mode":"next_on_call","schedule_id":"o2","type":"schedule"}]`)

	plan, err = Read([]Source{{"a.yaml", []byte("call_routes: []\nusers: []\nschedules: []\noutside_schedules: []\n")}}).Plan(beside(), now, true)
	require.NoError(t, err)
	require.Equal(t, []string{"call route Support", "call route Platform", "outside schedule Platform", "schedule Primary", "user Alice@example.com", "user bob@example.com"}, titles(plan))
}
