package config

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// planned is the plan of a file for the system small.
func planned(t *testing.T, text string, at time.Time, prune bool) *Plan {
	t.Helper()
	plan, err := Read([]Source{{"a.yaml", []byte(text)}}).Plan(small, at, prune)
	require.NoError(t, err)
	return plan
}

// exported is the system small as a file.
func exported(t *testing.T) string {
	t.Helper()
	var text strings.Builder
	require.NoError(t, Export(&text, small, now))
	return text.String()
}

func TestAnExportLeavesOutIdsDefaultsAndThePast(t *testing.T) {
	require.Equal(t, `# Written by ringdown export; ringdown apply -f brings a system to this state.

users:
  - name: Alice
    email: Alice@example.com
    phones:
      - label: mobile
        number: "+12025550101"
    time_zone: Europe/London
    on_call_licence: true
  - name: Bob
    email: bob@example.com
    phones:
      - label: mobile
        number: "+12025550102"
    time_zone: Europe/London
    on_call_licence: true

schedules:
  - name: Primary
    time_zone: Europe/London
    rotations:
      - name: weekly
        users:
          - alice@example.com
          - bob@example.com
        handover:
          starts_at: "2026-01-05T09:00:00"
          every:
            - unit: weeks
              count: 1
        working_intervals:
          - weekday: monday
            from: "09:00"
            to: "24:00"
      - name: weekly
        users:
          - bob@example.com
        handover:
          starts_at: "2026-01-05T09:00:00"
          every:
            - unit: weeks
              count: 1
        effective_from: "2026-05-01T00:00:00Z"

call_routes:
  - name: Support
    phone_number: "+12025550110"
    levels:
      - targets:
          - schedule: Primary
          - user: alice@example.com
`, exported(t))
}

func TestWhatIsExportedDiffersInNothing(t *testing.T) {
	for _, at := range []time.Time{now, now.AddDate(0, 0, 14), now.AddDate(0, 3, 0)} { // also once the version to come has come
		plan := planned(t, exported(t), at, true)
		require.Empty(t, plan.Steps, "%v: %s", at, plan)
		require.Equal(t, 4, plan.Same)
		require.Equal(t, "0 to create, 0 to change, 0 to remove, 4 as they should be\n", plan.String())
	}
}

func TestDifferencesAreShown(t *testing.T) {
	for _, c := range []struct{ name, was, is, want string }{
		{"a field", "name: Bob", "name: Robert", "~ user bob@example.com\n    name: Bob → Robert\n"},
		{"a default that is written out", "      - targets:", "      - strategy: one_by_one\n        targets:", ""},
		{"a default that is left", "    levels:", "    ring_seconds: 45\n    levels:", "~ call route Support\n    ring_seconds: 30 → 45\n"},
		{"a field that appears", "name: Bob", "name: Bob\n    slack_user_id: U1", "~ user bob@example.com\n    + slack_user_id: U1\n"},
		{"a language brings its voice", "    levels:", "    language: de-DE\n    levels:", "~ call route Support\n    language: en-GB → de-DE\n    voice: "},
		{"a phone that is named by its number", `        number: "+12025550102"`, "        number: \"+12025550102\"\n      - {label: home, number: \"+12025550103\"}",
			"~ user bob@example.com\n    + phones[+12025550103]: {label: home, number: \"+12025550103\"}\n"},
		{"the order of duty", "          - alice@example.com\n          - bob@example.com", "          - bob@example.com\n          - alice@example.com",
			"~ schedule Primary\n    rotations[weekly].users: [alice@example.com, bob@example.com] → [bob@example.com, alice@example.com]\n"},
		{"a version to come", `effective_from: "2026-05-01T00:00:00Z"`, `effective_from: "2026-06-01T02:00:00+02:00"`,
			"~ schedule Primary\n    + rotations[weekly from 2026-06-01T00:00:00Z]: {name: weekly, users: [bob@example.com], handover: " +
				"{starts_at: \"2026-01-05T09:00:00\", every: [{unit: weeks, count: 1}]}, seats: 1, effective_from: \"2026-06-01T00:00:00Z\"}\n" +
				"    - rotations[weekly from 2026-05-01T00:00:00Z]: "},
		{"a version whose beginning is past", "        working_intervals:", "        effective_from: 2026-02-01T00:00:00Z\n        working_intervals:", ""},
		{"a target that goes", "          - schedule: Primary\n", "",
			"~ call route Support\n    - levels[0].targets[Primary]: {schedule: Primary, mode: currently_on_call}\n0 to create"},
		{"a target that comes first", "          - schedule: Primary\n", "          - user: bob@example.com\n          - schedule: Primary\n",
			"~ call route Support\n    + levels[0].targets[bob@example.com]: {user: bob@example.com}\n" +
				"    levels[0].targets, order: Primary, alice@example.com → bob@example.com, Primary, alice@example.com\n0 to create"},
		{"a level more", "          - user: alice@example.com\n", "          - user: alice@example.com\n      - targets: [{user: bob@example.com}]\n",
			"~ call route Support\n    + levels[1]: {strategy: one_by_one, stagger_seconds: 10, targets: [{user: bob@example.com}]}\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := exported(t)
			require.Contains(t, text, c.was)
			plan := planned(t, strings.Replace(text, c.was, c.is, 1), now, false)
			if c.want == "" {
				require.Empty(t, plan.Steps, "%s", plan)
				return
			}
			require.Len(t, plan.Steps, 1)
			require.Truef(t, strings.HasPrefix(plan.String(), c.want), "%s", plan)
		})
	}
}

func TestANewEntryIsShownAsItIsWritten(t *testing.T) {
	plan := planned(t, "users:\n  - {name: Carol, email: carol@example.com, time_zone: Europe/London, active: true}\n", now, false)
	require.Equal(t, `+ user carol@example.com
    name: Carol
    email: carol@example.com
    time_zone: Europe/London
left alone, not in the files: user Alice@example.com, user bob@example.com, schedule Primary, call route Support
1 to create, 0 to change, 0 to remove, 0 as they should be
`, plan.String())
}

func TestPruneRemovesOnlyInSectionsThatTheFilesHave(t *testing.T) {
	plan := planned(t, "call_routes: []\n", now, true)
	require.Equal(t, `- call route Support
left alone, not in the files: user Alice@example.com, user bob@example.com, schedule Primary
0 to create, 0 to change, 1 to remove, 0 as they should be
`, plan.String())
	plan = planned(t, "call_routes: []\nusers: []\nschedules: []\noutside_schedules: []\nblocked_callers: []\n", now, true)
	require.Equal(t, []string{"call route Support", "schedule Primary", "user Alice@example.com", "user bob@example.com"}, titles(plan))
	require.Equal(t, []string{
		"--prune: the user alice@example.com cannot go: the schedule Primary names it, and the files have no schedules",
		"--prune: the user bob@example.com cannot go: the schedule Primary names it, and the files have no schedules",
		"--prune: the user alice@example.com cannot go: the call route Support names it, and the files have no call_routes",
	}, told(t, true, "users: []\n"))
	require.Equal(t, []string{
		"a.yaml:18:13: schedule Primary: rotations[0].users[0]: --prune removes the user alice@example.com, which the files do not list",
		"a.yaml:45:19: call route Support: levels[0].targets[1].user: --prune removes the user alice@example.com, which the files do not list",
	}, told(t, true, withoutAlice(t)))
}

func titles(p *Plan) (titles []string) {
	for _, s := range p.Steps {
		titles = append(titles, s.Title)
	}
	return titles
}

func withoutAlice(t *testing.T) string {
	t.Helper()
	text := exported(t)
	from, to := strings.Index(text, "  - name: Alice"), strings.Index(text, "  - name: Bob")
	return text[:from] + text[to:]
}

func TestWhatWasRightOnceIsNotJudgedAgain(t *testing.T) {
	lost := System{}
	for list, all := range small {
		for _, raw := range all {
			lost[list] = append(lost[list], []byte(strings.ReplaceAll(string(raw), `"on_call_licence": true`, `"on_call_licence": false`)))
		}
	}
	var text strings.Builder
	require.NoError(t, Export(&text, lost, now))
	plan, err := Read([]Source{{"a.yaml", []byte(text.String())}}).Plan(lost, now, false)
	require.NoError(t, err)
	require.Empty(t, plan.Steps)
}
