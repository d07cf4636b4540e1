package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/licenseclassifier/v2/assets"
)

func TestWhatIsTakenAndWhatIsNot(t *testing.T) {
	j, err := newJudge()
	if err != nil {
		t.Fatal(err)
	}
	of := func(name string) string {
		t.Helper()
		file := "pristine.txt"
		if strings.HasPrefix(name, "GPL") {
			file = "license.txt"
		}
		content, err := assets.ReadLicenseFile("License/" + name + "/" + file)
		if err != nil {
			t.Fatal(err)
		}
		return string(content)
	}
	for name, c := range map[string]struct {
		files    map[string]string
		licences []string
		says     string
	}{
		"MIT":                      {map[string]string{"LICENSE": "Copyright (c) 2026 Somebody\n\n" + of("MIT")}, []string{"MIT"}, ""},
		"Apache-2.0 with a notice": {map[string]string{"LICENSE.md": of("Apache-2.0"), "NOTICE": "Somebody made it."}, []string{"Apache-2.0"}, ""},
		"two":                      {map[string]string{"COPYING": of("ISC"), "licence.txt": of("BSD-3-Clause")}, []string{"BSD-3-Clause", "ISC"}, ""},
		"one in a folder below":    {map[string]string{"LICENSE": of("MIT"), "used/LICENSE": of("ISC"), "unused/LICENSE": of("GPL-3.0")}, []string{"ISC", "MIT"}, ""},
		"GPL":                      {map[string]string{"LICENSE": of("GPL-3.0")}, nil, "LICENSE is under GPL-3.0, which does not fit"},
		"GPL in a folder below":    {map[string]string{"LICENSE": of("MIT"), "used/COPYING": of("GPL-2.0")}, nil, "used/COPYING is under GPL-2.0, which does not fit"},
		"MPL":                      {map[string]string{"LICENSE": of("MPL-2.0")}, nil, "is under MPL-2.0"},
		"words of somebody's own":  {map[string]string{"LICENSE": "Use it for good, not for evil."}, nil, "nobody knows the licence in LICENSE"},
		"no licence at all":        {map[string]string{"README": "Free for all."}, nil, "states no licence"},
		"a notice without licence": {map[string]string{"NOTICE": "Somebody made it."}, nil, "states no licence"},
		"code that is called so":   {map[string]string{"LICENSE": of("MIT"), "license.go": "package license"}, []string{"MIT"}, ""},
	} {
		m := module{Path: "example.com/m", Version: "v1.0.0", Dir: t.TempDir()}
		for file, content := range c.files {
			path := filepath.Join(m.Dir, file)
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		m.has(m.Dir)
		if _, err := os.Stat(filepath.Join(m.Dir, "used")); err == nil {
			m.has(filepath.Join(m.Dir, "used"))
		}
		err := j.read(&m)
		switch {
		case c.says == "" && (err != nil || !slices.Equal(m.licences, c.licences)):
			t.Errorf("%s: %v, %v", name, m.licences, err)
		case c.says != "" && (err == nil || !strings.Contains(err.Error(), c.says)):
			t.Errorf("%s: %v, want %s", name, err, c.says)
		}
	}
}

func TestAlikeTextsAreWrittenOnce(t *testing.T) {
	got := texts([]module{
		{Path: "a", Version: "v1", texts: []text{{"LICENSE", "Do as\r\n  you like. \n"}}},
		{Path: "b", Version: "v2", texts: []text{{"COPYING", "Do as you like."}, {"NOTICE", "By b."}}},
	})
	if strings.Count(got, "you like") != 1 || !strings.Contains(got, "a v1\nb v2\n") || !strings.Contains(got, "b v2\n"+strings.Repeat("=", 80)+"\n\nBy b.") {
		t.Error(got)
	}
}
