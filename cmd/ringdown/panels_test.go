package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"
)

const (
	runBooks  = "https://github.com/ringdown/ringdown/blob/main/docs/runbooks.md"
	rulesFile = "../../docker/prometheus/rules.yml"
)

// rule is an alert of Prometheus.
type rule struct {
	Alert, Expr         string
	Labels, Annotations map[string]string
}

func alertRules(t *testing.T) (rules []rule) {
	t.Helper()
	var file struct{ Groups []struct{ Rules []rule } }
	if err := yaml.Unmarshal(contents(t, rulesFile), &file); err != nil {
		t.Fatal(err)
	}
	for _, group := range file.Groups {
		rules = append(rules, group.Rules...)
	}
	if len(rules) < 20 {
		t.Errorf("%d alerts", len(rules))
	}
	return rules
}

// board is the dashboard.
type board struct {
	Annotations struct{ List []struct{ Expr string } }
	Panels      []struct {
		ID                       int
		Type, Title, Description string
		GridPos                  struct{ H, W, X, Y int }
		Targets                  []struct{ RefID, Expr, LegendFormat string }
		FieldConfig              struct{ Defaults struct{ Unit string } }
	}
}

func dashboard(t *testing.T) (b board) {
	t.Helper()
	decoder := json.NewDecoder(strings.NewReader(string(contents(t, "../../docker/grafana/dashboards/ringdown.json"))))
	if err := decoder.Decode(&b); err != nil || len(b.Panels) < 30 {
		t.Fatalf("%d panels (%v)", len(b.Panels), err)
	}
	return b
}

// asked are the expressions of the dashboard, by where they stand.
func (b board) asked() map[string]string {
	asked := map[string]string{}
	for i, a := range b.Annotations.List {
		asked[fmt.Sprint("annotation ", i)] = a.Expr
	}
	for _, p := range b.Panels {
		for _, target := range p.Targets {
			asked[p.Title+", "+target.RefID] = strings.ReplaceAll(target.Expr, "$__rate_interval", "1m")
		}
	}
	return asked
}

func contents(t *testing.T, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// Parts of an expression that name no metric.
var (
	texts    = regexp.MustCompile(`"[^"]*"|\{[^}]*\}|\[[^\]]*\]|\b(?:by|on|without|ignoring)\s*\([^)]*\)`)
	notNames = []string{"and", "or", "unless", "bool", "offset"}
	names    = regexp.MustCompile(`[a-zA-Z_]\w*\b(?:\s*\()?`)
)

// metricsIn are the names of metrics in an expression.
func metricsIn(expr string) (metrics []string) {
	for _, name := range names.FindAllString(texts.ReplaceAllString(expr, " "), -1) {
		if !strings.HasSuffix(name, "(") && !slices.Contains(notNames, name) {
			metrics = append(metrics, name)
		}
	}
	return metrics
}

// exposed are the metrics that there are: those of a process of ours, those that Temporal's SDK may report, and
// Prometheus's own. Those of Temporal's server were seen at version 1.29.1, those of the blackbox exporter at 0.27.0.
func exposed(t *testing.T) map[string]bool {
	t.Helper()
	there := map[string]bool{"up": true, "ALERTS": true}
	for _, name := range []string{"service_latency_bucket", "persistence_latency_bucket", "approximate_backlog_count", "probe_success", "probe_ssl_earliest_cert_expiry"} {
		there[name] = true
	}
	_, page := busyProcess(t)
	for _, line := range regexp.MustCompile(`(?m)^(\w+)[{ ]`).FindAllStringSubmatch(page, -1) {
		there[line[1]] = true
	}
	module, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Dir}}", "go.temporal.io/sdk").Output()
	if err != nil {
		t.Fatal(err)
	}
	source := string(contents(t, filepath.Join(strings.TrimSpace(string(module)), "internal/common/metrics/constants.go")))
	of := map[string]string{"TemporalMetricsPrefix": "temporal_"}
	for _, c := range regexp.MustCompile(`(?m)^\s*(\w+)\s*= (\w+) \+ "(\w+)"`).FindAllStringSubmatch(source, -1) {
		name := of[c[2]] + c[3]
		of[c[1]] = name
		if strings.HasSuffix(name, "_latency") {
			for _, part := range []string{"_bucket", "_sum", "_count"} {
				there[name+"_seconds"+part] = true
			}
			continue
		}
		there[name], there[name+"_total"] = true, true
	}
	return there
}

func TestWhatIsAskedOfPrometheusIsThere(t *testing.T) {
	asked := dashboard(t).asked()
	for _, rule := range alertRules(t) {
		asked[rule.Alert] = rule.Expr
	}
	for i, code := range regexp.MustCompile("`([^`]*(?:rate|increase)\\([^`]*)`").FindAllSubmatch(contents(t, "../../docs/runbooks.md"), -1) {
		asked[fmt.Sprint("run books, ", i)] = string(code[1])
	}
	there := exposed(t)
	_, page := busyProcess(t)
	for where, expr := range asked {
		metrics := metricsIn(expr)
		if len(metrics) == 0 {
			t.Errorf("%s asks for nothing: %s", where, expr)
		}
		for _, metric := range metrics {
			if !there[metric] {
				t.Errorf("%s asks for %s, which there is not", where, metric)
			}
		}
		for _, selector := range regexp.MustCompile(`(ringdown_\w+)\{([^}]*)\}`).FindAllStringSubmatch(expr, -1) {
			for _, label := range regexp.MustCompile(`(\w+)\s*[=!]`).FindAllStringSubmatch(selector[2], -1) {
				if !regexp.MustCompile(`(?m)^`+selector[1]+`\{[^}]*\b`+label[1]+`="`).MatchString(page) && label[1] != "instance" {
					t.Errorf("%s asks for the label %s of %s, which it has not", where, label[1], selector[1])
				}
			}
		}
	}
	for _, named := range regexp.MustCompile("`(temporal_\\w+)[{`]").FindAllSubmatch(contents(t, "../../docs/metrics.md"), -1) {
		name := string(named[1])
		if !there[name] && !there[name+"_bucket"] {
			t.Errorf("docs/metrics.md tells of %s, which there is not", name)
		}
	}
}

func TestEachAlertHasARunBookAndEachRunBookAnAlert(t *testing.T) {
	text := string(contents(t, "../../docs/runbooks.md"))
	tests := string(contents(t, "../../docker/prometheus/rules_test.yml"))
	var alerts []string
	for _, rule := range alertRules(t) {
		alerts = append(alerts, rule.Alert)
		if rule.Annotations["runbook_url"] != runBooks+"#"+strings.ToLower(rule.Alert) {
			t.Errorf("%s points to %s", rule.Alert, rule.Annotations["runbook_url"])
		}
		if rule.Annotations["summary"] == "" || rule.Labels["severity"] != "page" && rule.Labels["severity"] != "ticket" {
			t.Errorf("%s says %v", rule.Alert, rule)
		}
		if !strings.Contains(tests, `{labels: 'ALERTS{alertname="`+rule.Alert+`", alertstate="firing", severity="`+rule.Labels["severity"]+`"`) ||
			!strings.Contains(tests, `{expr: 'ALERTS{alertname="`+rule.Alert+`", alertstate="firing"}', eval_time:`) {
			t.Errorf("no test says when %s fires and when not", rule.Alert)
		}
		_, section, _ := strings.Cut(text, "\n## "+rule.Alert+"\n")
		section, _, _ = strings.Cut(section, "\n## ")
		for _, part := range []string{"**What it means.**", "**Callers now.**", "**Look at.**", "**Do.**", "**Over when.**", "*" + rule.Labels["severity"] + "*"} {
			if !strings.Contains(section, part) {
				t.Errorf("the run book of %s lacks %s", rule.Alert, part)
			}
		}
	}
	var books []string
	for _, heading := range regexp.MustCompile(`(?m)^## (\w+)$`).FindAllStringSubmatch(text, -1) {
		books = append(books, heading[1])
	}
	if diff := cmp.Diff(alerts, books); diff != "" {
		t.Errorf("alerts (-) and run books (+), in the same order:\n%s", diff)
	}
	for _, link := range regexp.MustCompile(`(?:runbooks\.md|\]\()#(ringdown\w+)`).FindAllStringSubmatch(text+string(contents(t, "../../docker/grafana/dashboards/ringdown.json")), -1) {
		if !slices.ContainsFunc(alerts, func(a string) bool { return strings.ToLower(a) == link[1] }) {
			t.Errorf("a link leads to %s, which there is not", link[1])
		}
	}
}

func TestTheDashboardIsLaidOutAndSaysWhatToDo(t *testing.T) {
	b := dashboard(t)
	seen, cells := map[int]bool{}, map[[2]int]string{}
	for _, p := range b.Panels {
		if seen[p.ID] || p.GridPos.W < 1 || p.GridPos.H < 1 || p.GridPos.X+p.GridPos.W > 24 {
			t.Errorf("%s: id %d at %+v", p.Title, p.ID, p.GridPos)
		}
		seen[p.ID] = true
		for x := range p.GridPos.W {
			for y := range p.GridPos.H {
				cell := [2]int{p.GridPos.X + x, p.GridPos.Y + y}
				if other, taken := cells[cell]; taken {
					t.Fatalf("%s lies on %s", p.Title, other)
				}
				cells[cell] = p.Title
			}
		}
		if p.Type == "row" {
			continue
		}
		if p.Description == "" || p.FieldConfig.Defaults.Unit == "" || len(p.Targets) == 0 {
			t.Errorf("%s lacks a description, a unit or a question: %+v", p.Title, p)
		}
	}
}

// promtool runs Prometheus's own tool, where it is installed; in CI it must be.
func promtool(t *testing.T, arguments ...string) {
	t.Helper()
	path, err := exec.LookPath("promtool")
	switch {
	case err != nil && os.Getenv("CI") == "":
		fmt.Fprintf(os.Stderr, "left out: the alert rules and the dashboard, as Prometheus takes them (%v)\n", err)
	case err != nil:
		t.Fatal(err)
	default:
		if out, err := exec.CommandContext(t.Context(), path, arguments...).CombinedOutput(); err != nil {
			t.Errorf("promtool %s: %v\n%s", strings.Join(arguments, " "), err, out)
		}
	}
}

func TestPrometheusTakesItsFilesAndTheAlertsFireWhenTheyShould(t *testing.T) {
	t.Parallel()
	promtool(t, "check", "config", "../../docker/prometheus/prometheus.yml")
	promtool(t, "check", "rules", rulesFile)
	promtool(t, "test", "rules", "../../docker/prometheus/rules_test.yml")
}

func TestPrometheusTakesWhatTheDashboardAsks(t *testing.T) {
	t.Parallel()
	type recorded struct {
		Record string `yaml:"record"`
		Expr   string `yaml:"expr"`
	}
	var rules []recorded
	for _, expr := range dashboard(t).asked() {
		rules = append(rules, recorded{fmt.Sprint("panel:", len(rules)), expr})
	}
	text, err := yaml.Marshal(map[string]any{"groups": []any{map[string]any{"name": "dashboard", "rules": rules}}})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "dashboard.yml")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	promtool(t, "check", "rules", file)
}
