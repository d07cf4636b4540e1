// Package ringdown holds the test of the house: who may import whom.
package ringdown

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"path"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/ringdown/ringdown"

// rules say what each folder's code, tests left out, imports directly. ours lists the folders of
// ours that are allowed; never lists what is forbidden, with everything below it.
var rules = []struct {
	folder, name string
	ours, never  []string
}{
	{"models", "decisions are pure",
		nil, []string{"database/sql", "net", "os", "gorm.io", "github.com/labstack", "go.temporal.io", "github.com/twilio"}},
	{"secrets", "what is sealed is sealed by the standard library",
		nil, []string{"net", "os", "github.com", "go.temporal.io", "gorm.io"}},
	{"telemetry", "traces know nothing of what they tell of",
		nil, []string{"gorm.io", "github.com/labstack", "github.com/twilio"}},
	{"models/store", "the store decides nothing",
		[]string{"models"}, []string{"go.temporal.io", "github.com/labstack", "net/http"}},
	{"activities/twilio", "the carrier client writes no TwiML",
		[]string{"models", "telemetry"}, []string{"go.temporal.io", "github.com/labstack", "gorm.io", "github.com/twilio/twilio-go/twiml"}},
	{"activities/outside", "other services' schedules are only read",
		[]string{"models"}, []string{"go.temporal.io", "github.com/labstack", "gorm.io", "os"}},
	{"activities/receivers", "receivers are only told",
		[]string{"models"}, []string{"go.temporal.io", "github.com/labstack", "gorm.io", "os"}},
	{"activities/slack", "Slack is only told",
		[]string{"models"}, []string{"go.temporal.io", "github.com/labstack", "gorm.io", "os"}},
	{"activities/mail", "mail is only sent",
		[]string{"models"}, []string{"go.temporal.io", "github.com/labstack", "gorm.io", "net/http", "os"}},
	{"activities", "activities know nothing of workflows",
		[]string{"models", "activities/mail", "activities/outside", "activities/receivers", "activities/slack", "activities/twilio", "models/store", "secrets"}, []string{"github.com/labstack", "gorm.io", "github.com/twilio"}},
	{"workflows", "a workflow is the order of events",
		[]string{"models", "activities", "secrets"}, []string{"gorm.io", "github.com/labstack", "github.com/twilio", "net/http", "os"}},
	{"api/twiml", "documents are pure", []string{"models"}, []string{"net/http", "os", "go.temporal.io", "github.com/labstack"}},
	{"api/audio", "audio is files", nil, []string{"net", "os", "go.temporal.io"}},
	{"api", "the API is HTTP",
		[]string{"models", "models/store", "workflows", "activities/outside", "activities/receivers", "activities/twilio", "api/twiml", "api/audio", "secrets", "telemetry"}, []string{"gorm.io", "github.com/twilio"}},
	{"worker", "the worker registers",
		[]string{"models", "models/store", "activities", "activities/mail", "activities/outside", "activities/receivers", "activities/slack", "activities/twilio", "secrets", "workflows"}, []string{"github.com/labstack", "gorm.io"}},
	{"simulator", "nothing of ours behind the carrier",
		nil, []string{"go.temporal.io", "github.com", "gorm.io", "google.golang.org"}},
	{"config", "configuration is text",
		[]string{"models"}, []string{"os", "gorm.io", "github.com/labstack", "go.temporal.io", "github.com/twilio"}},
	{"cluster", "a cluster knows the product as a program",
		nil, []string{"gorm.io", "github.com/labstack", "github.com/twilio"}},
	{"drill", "a drill looks from outside",
		[]string{"cluster", "models", "secrets", "simulator", "workflows"}, []string{"database/sql", "gorm.io", "github.com/labstack", "github.com/twilio"}},
	{"cmd/ringdown", "the command wires",
		[]string{"api", "cluster", "config", "drill", "worker", "models", "models/store", "activities/mail", "activities/outside", "activities/receivers", "activities/slack", "activities/twilio", "secrets", "telemetry", "workflows", "simulator"}, []string{"gorm.io", "github.com/labstack"}},
}

func TestFoldersImportWhatTheyMay(t *testing.T) {
	packages := list(t)
	for _, rule := range rules {
		imports, ok := packages[path.Join(module, rule.folder)]
		if !ok {
			t.Errorf("%s: there is no folder %s", rule.name, rule.folder)
		}
		for _, imported := range imports {
			if own, ours := strings.CutPrefix(imported, module+"/"); ours && !slices.Contains(rule.ours, own) {
				t.Errorf("%s: %s imports %s", rule.name, rule.folder, own)
			}
			for _, forbidden := range rule.never {
				if imported == forbidden || strings.HasPrefix(imported, forbidden+"/") {
					t.Errorf("%s: %s imports %s", rule.name, rule.folder, imported)
				}
			}
		}
	}
}

// list is every package of the module with what it imports directly.
func list(t *testing.T) map[string][]string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Imports", "./...").Output()
	if err != nil {
		t.Fatal(err)
	}
	packages := map[string][]string{}
	for decoder := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p struct {
			ImportPath string
			Imports    []string
		}
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			return packages
		} else if err != nil {
			t.Fatal(err)
		}
		// net/url is a way to write text, not to reach anything.
		for _, imported := range p.Imports {
			if imported != "net/url" {
				packages[p.ImportPath] = append(packages[p.ImportPath], imported)
			}
		}
	}
}
