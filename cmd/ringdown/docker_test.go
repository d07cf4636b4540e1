package main

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"
	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"
)

const dockerFolder = "../../docker"

// composeFile is as much of docker/compose.yaml as there are promises about.
type composeFile struct {
	Services map[string]composeService
	Networks map[string]struct{ Internal bool }
	Secrets  map[string]struct{ File string }
}

type composeService struct {
	Image, Restart  string
	Command         []string
	Environment     map[string]any
	Ports, Volumes  []string
	Networks        []string
	Secrets         []string
	Privileged      bool
	ReadOnly        bool          `yaml:"read_only"`
	CapDrop         []string      `yaml:"cap_drop"`
	CapAdd          []string      `yaml:"cap_add"`
	SecurityOpt     []string      `yaml:"security_opt"`
	NetworkMode     string        `yaml:"network_mode"`
	PIDs            int           `yaml:"pids_limit"`
	PullPolicy      string        `yaml:"pull_policy"`
	StopGracePeriod time.Duration `yaml:"stop_grace_period"`
	Healthcheck     struct{ Test []string }
	Logging         struct{ Options map[string]string }
	Deploy          struct {
		Resources struct{ Limits struct{ Memory string } }
	}
	DependsOn map[string]struct{ Condition string } `yaml:"depends_on"`
}

// once says whether a service ends by itself.
func (s composeService) once() bool { return s.Restart == "no" }

// ours says whether it runs our image.
func (s composeService) ours() bool { return strings.HasPrefix(s.Image, "ringdown:") }

func dockerFile(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dockerFolder, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func compose(t *testing.T) composeFile {
	t.Helper()
	var file composeFile
	if err := yaml.Unmarshal([]byte(dockerFile(t, "compose.yaml")), &file); err != nil {
		t.Fatal(err)
	}
	if len(file.Services) < 10 {
		t.Fatalf("%d services", len(file.Services))
	}
	return file
}

func TestEachContainerMayDoNoMoreThanItMust(t *testing.T) {
	for name, s := range compose(t).Services {
		if !s.ReadOnly || !slices.Equal(s.CapDrop, []string{"ALL"}) || !slices.Equal(s.SecurityOpt, []string{"no-new-privileges:true"}) || s.Privileged || s.NetworkMode != "" {
			t.Errorf("%s may do more than it must", name)
		}
		if len(s.CapAdd) > 0 && name != "caddy" {
			t.Errorf("%s has powers %s", name, s.CapAdd)
		}
		if s.PIDs == 0 || s.Deploy.Resources.Limits.Memory == "" || s.Logging.Options["max-size"] == "" || s.Logging.Options["max-file"] == "" {
			t.Errorf("%s has no limit of processes, memory or logs", name)
		}
		if s.ours() && s.PullPolicy != "never" {
			t.Errorf("%s may be an image of somebody else", name)
		}
		if !s.ours() && !regexp.MustCompile(`^[\w/-]+:v?\d+\.\d+[\w.-]*$`).MatchString(s.Image) {
			t.Errorf("%s runs %s, which is no version", name, s.Image)
		}
	}
}

// Compose waits for what ends by itself only where something that goes on needs it.
func TestEachServiceTellsWhetherItIsWellOrEnds(t *testing.T) {
	services := compose(t).Services
	for name, s := range services {
		switch {
		case s.once():
			if !slices.ContainsFunc(slices.Collect(maps.Values(services)), func(other composeService) bool {
				return !other.once() && other.DependsOn[name].Condition == "service_completed_successfully"
			}) {
				t.Errorf("nothing that goes on waits for %s", name)
			}
		case len(s.Healthcheck.Test) < 2 || s.Restart != "unless-stopped":
			t.Errorf("%s does not say whether it is well, or is not started again", name)
		}
		for needed, how := range s.DependsOn {
			if services[needed].Image == "" || services[needed].once() != (how.Condition == "service_completed_successfully") || how.Condition == "service_started" {
				t.Errorf("%s waits for %s until %s", name, needed, how.Condition)
			}
		}
		if s.ours() && !s.once() && s.StopGracePeriod < drainWithin+20*time.Second {
			t.Errorf("%s is killed after %s, in the midst of its work", name, s.StopGracePeriod)
		}
	}
}

func TestTheWorldReachesTheProxyAloneAndTheDatabaseReachesNobody(t *testing.T) {
	file := compose(t)
	for name, s := range file.Services {
		for _, port := range s.Ports {
			if open := port == "80:80" || strings.HasPrefix(port, "443:443"); name != "caddy" || !open && !strings.HasPrefix(port, "127.0.0.1:") {
				t.Errorf("%s is open at %s", name, port)
			}
		}
		for _, network := range s.Networks {
			allowed := file.Networks[network].Internal || name == "caddy" && network == "edge" ||
				network == "internet" && (strings.HasPrefix(name, "api-") || strings.HasPrefix(name, "worker-") || name == "alertmanager" || name == "blackbox")
			if !allowed {
				t.Errorf("%s has a way out by %s", name, network)
			}
		}
		if len(s.Networks) == 0 {
			t.Errorf("%s is in a network with everything else", name)
		}
	}
	if got := file.Services["postgres"].Networks; !slices.Equal(got, []string{"data"}) {
		t.Errorf("the database is in %s", got)
	}
}

func TestNoSecretStandsInTheComposeFile(t *testing.T) {
	file := compose(t)
	secret := regexp.MustCompile(`(PASSWORD|_KEY|_TOKEN|SECRET|DATABASE_URL|SMTP_URL)$`)
	for name, s := range file.Services {
		for variable, value := range s.Environment {
			if secret.MatchString(variable) {
				t.Errorf("%s has %s in its environment", name, variable)
			}
			path, ok := strings.CutPrefix(anyText(value), "/run/secrets/")
			if ok && !slices.Contains(s.Secrets, path) {
				t.Errorf("%s: %s is no secret that it is given", name, value)
			}
		}
	}
	made := dockerFile(t, "init")
	for name, s := range file.Secrets {
		if s.File != "./secrets/"+name || !strings.Contains(made, name) {
			t.Errorf("docker/init does not make %s", s.File)
		}
	}
	if ignored := dockerFile(t, ".gitignore"); ignored != "/.env\n/secrets/\n" {
		t.Errorf("git ignores %q", ignored)
	}
}

func anyText(value any) string {
	text, _ := value.(string)
	return text
}

// settingsOf are the names of the variables that a command reads, by what it may set.
func settingsOf(t *testing.T, command string) map[string]bool {
	t.Helper()
	parser, err := kong.New(&commands{}, kong.Vars{"version": version})
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{
		"TEMPORAL_ADDRESS": true, "TEMPORAL_NAMESPACE": true, "OTEL_EXPORTER_OTLP_ENDPOINT": true, // read by libraries
		"OTEL_EXPORTER_OTLP_HEADERS_FILE": true, "OTEL_TRACES_SAMPLER": true, "OTEL_TRACES_SAMPLER_ARG": true, "OTEL_SERVICE_NAME": true,
		"OTEL_RESOURCE_ATTRIBUTES": true, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": true, "OTEL_EXPORTER_OTLP_CERTIFICATE": true,
		"OTEL_EXPORTER_OTLP_TIMEOUT": true, "GOMEMLIMIT": true,
	}
	for _, node := range parser.Model.Children {
		if node.Name != command {
			continue
		}
		for _, flag := range node.Flags {
			for _, name := range flag.Envs {
				known[name] = true
				known[name+"_FILE"] = slices.Contains(secretSettings, name)
			}
		}
	}
	return known
}

func TestWhatIsSetForARoleIsASettingAndTheOtherWayRound(t *testing.T) {
	// Only tests and rare installations have these elsewhere, and the folder is the image's.
	left := []string{"TWILIO_API_URL", "SLACK_API_URL", "INCIDENT_IO_API_URL", "RINGDOWN_CACHE_DIR"}
	// What the API alone needs.
	left = append(left, "LISTEN", "RINGDOWN_ADMIN_KEY", "RINGDOWN_RATE_LIMIT", "TEMPORAL_UI_ORIGIN", "TRUSTED_PROXIES")
	for name, s := range compose(t).Services {
		if !s.ours() {
			continue
		}
		known := settingsOf(t, s.Command[0])
		for variable := range s.Environment {
			if !known[variable] {
				t.Errorf("%s does not know %s", name, variable)
			}
		}
		for variable, is := range known {
			_, set := s.Environment[variable]
			_, file := s.Environment[variable+"_FILE"]
			if is && !set && !file && !s.once() && !strings.HasSuffix(variable, "_FILE") && !slices.Contains(left, variable) {
				t.Errorf("%s cannot be told %s", name, variable)
			}
		}
	}
}

func TestWhatComposeAsksForIsInTheExampleOfItsSettings(t *testing.T) {
	names := func(pattern, text string) []string {
		found := map[string]bool{}
		for _, match := range regexp.MustCompile(pattern).FindAllStringSubmatch(text, -1) {
			found[match[1]] = true
		}
		return slices.Sorted(maps.Keys(found))
	}
	asked := append(names(`\$\{(\w+)`, dockerFile(t, "compose.yaml")), "COMPOSE_PROJECT_NAME")
	slices.Sort(asked)
	if diff := cmp.Diff(asked, names(`(?m)^(\w+)=`, dockerFile(t, "env.example"))); diff != "" {
		t.Errorf("asked for (-) and told (+):\n%s", diff)
	}
	given := slices.Sorted(maps.Keys(compose(t).Services["caddy"].Environment))
	if diff := cmp.Diff(names(`\{\$(\w+)\}`, dockerFile(t, "caddy/Caddyfile")), given); diff != "" {
		t.Errorf("asked for by the Caddyfile (-) and told (+):\n%s", diff)
	}
}

func TestEachMountedFileIsThere(t *testing.T) {
	for name, s := range compose(t).Services {
		for _, volume := range s.Volumes {
			source, target, _ := strings.Cut(volume, ":")
			if !strings.HasPrefix(source, "./") || source == "./secrets/more" { // which docker/init makes
				continue
			}
			if _, err := os.Stat(filepath.Join(dockerFolder, source)); err != nil || !strings.HasSuffix(target, ":ro") {
				t.Errorf("%s mounts %s: %v", name, volume, err)
			}
		}
	}
}

// What is tried here is what runs there.
func TestComposeRunsTheVersionsThatAreTried(t *testing.T) {
	services := compose(t).Services
	for tools, pairs := range map[string]map[string]string{
		"caddy":    {"github.com/caddyserver/caddy/v2": services["caddy"].Image},
		"temporal": {"go.temporal.io/server": services["temporal"].Image, "github.com/temporalio/ui-server/v2": services["temporal-ui"].Image},
	} {
		pins, err := os.ReadFile(filepath.Join("../../tools", tools, "go.mod"))
		if err != nil {
			t.Fatal(err)
		}
		for module, image := range pairs {
			pin := regexp.MustCompile(regexp.QuoteMeta(module) + ` v(\S+)`).FindStringSubmatch(string(pins))
			if pin == nil || !regexp.MustCompile(`:`+regexp.QuoteMeta(pin[1])+`(-|$)`).MatchString(image) {
				t.Errorf("compose runs %s, tools/%s/go.mod has %v", image, tools, pin)
			}
		}
	}
	if image := services["temporal-schema"].Image; !strings.Contains(image, strings.TrimPrefix(services["temporal"].Image, "temporalio/server")+"-") {
		t.Errorf("the schema is that of %s", image)
	}
	here, err := os.ReadFile("../../cluster/temporal.yaml")
	if err != nil {
		t.Fatal(err)
	}
	shards := regexp.MustCompile(`numHistoryShards: \d+`)
	if a, b := shards.FindString(dockerFile(t, "temporal/server.yaml")), shards.FindString(string(here)); a == "" || a != b {
		t.Errorf("%q in compose, %q in the cluster", a, b)
	}
}

// targets are whom Prometheus asks, each SERVICE:PORT.
func targets(t *testing.T) (all []string) {
	t.Helper()
	for _, list := range regexp.MustCompile(`targets: \[(.*)\]|replacement: "(.*)"`).FindAllStringSubmatch(dockerFile(t, "prometheus/prometheus.yml"), -1) {
		all = append(all, strings.Split(list[1]+list[2], ", ")...)
	}
	return all
}

func TestEverythingOnTheWayOfACallIsWatchedAndSomebodyCanBeTold(t *testing.T) {
	services, watched := compose(t).Services, map[string]bool{}
	for _, target := range targets(t) {
		name, _, _ := strings.Cut(target, ":")
		watched[name] = true
		if name != "127.0.0.1" && !slices.Contains(services[name].Networks, "metrics") {
			t.Errorf("Prometheus does not reach %s", target)
		}
	}
	for _, name := range []string{"api-1", "api-2", "worker-1", "worker-2", "temporal", "caddy", "blackbox", "alertmanager"} {
		if !watched[name] {
			t.Errorf("nobody watches %s", name)
		}
	}
	if config := dockerFile(t, "prometheus/prometheus.yml"); !strings.Contains(config, "\nalerting:\n") {
		t.Error("no alert reaches anybody")
	}
}
