package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/google/licenseclassifier/v2"
	"github.com/google/licenseclassifier/v2/assets"
)

// fits are the licences under which code may be in a program that is under Apache-2.0, and be passed on with it: they ask
// for no more than that their text goes along. Copyleft of files (MPL) would fit where they stay as they are and the list
// says where their source is, but no code needs it: whoever wants to add some decides about it here.
var fits = []string{"Apache-2.0", "MIT", "BSD-2-Clause", "BSD-3-Clause", "ISC", "0BSD", "Unlicense", "CC0-1.0", publicDomain}

const publicDomain = "public domain"

// known are files of a module that nobody recognises by their text.
var known = map[string]string{
	"modernc.org/sqlite LICENSE-SQLITE": publicDomain, // a blessing in place of a licence
	"modernc.org/memory LICENSE-LOGO":   "",           // where a picture is from, which is not in the program
}

// unstated are modules that state no licence, in the version that was looked at, and why they are taken all the same.
var unstated = map[string]string{
	"github.com/nexus-rpc/nexus-proto-annotations@v0.1.0": "generated from a description of the protocol, and required by go.temporal.io/api (MIT) of the same makers, " +
		"whose github.com/nexus-rpc/sdk-go is under MIT",
}

var (
	licenceFile = regexp.MustCompile(`(?i)^(licen[cs]e|copying|unlicense)`)
	noticeFile  = regexp.MustCompile(`(?i)^notice|3rd-party`)
)

// sureEnough is how alike a text and a licence must be, from 0 to 1. What makes them differ is mostly the name of whom not
// to blame.
const sureEnough = 0.9

// judge knows licences by their texts.
type judge struct {
	classifier *classifier.Classifier
}

func newJudge() (judge, error) {
	c, err := assets.DefaultClassifier()
	return judge{c}, err
}

// read finds the licences of a module with their texts. Its error says which does not fit.
func (j judge) read(m *module) error {
	var faults []error
	for _, folder := range m.folders {
		faults = append(faults, j.look(m, folder))
	}
	slices.Sort(m.licences)
	m.licences = slices.Compact(m.licences)
	if err := errors.Join(faults...); err != nil || len(m.licences) > 0 || unstated[m.Path+"@"+m.Version] != "" {
		return err
	}
	return fmt.Errorf("%s %s states no licence: leave it out, or say in unstated why it is taken", m.Path, m.Version)
}

// look reads what a folder of a module says.
func (j judge) look(m *module, folder string) error {
	files, err := os.ReadDir(folder)
	if err != nil {
		return fmt.Errorf("look into %s: %w", m.Path, err)
	}
	var faults []error
	for _, file := range files {
		notice := noticeFile.MatchString(file.Name())
		if file.IsDir() || strings.HasSuffix(file.Name(), ".go") || !notice && !licenceFile.MatchString(file.Name()) {
			continue
		}
		name := strings.TrimPrefix(strings.TrimPrefix(filepath.Join(folder, file.Name()), m.Dir), "/")
		content, err := os.ReadFile(filepath.Join(folder, file.Name()))
		if err != nil {
			return err
		}
		var of []string
		if !notice {
			if of, err = j.licences(m.Path+" "+name, content); err != nil {
				faults = append(faults, fmt.Errorf("%s %s: %w", m.Path, m.Version, err))
			}
		}
		m.licences = append(m.licences, of...)
		if notice || len(of) > 0 {
			m.texts = append(m.texts, text{name, string(content)})
		}
	}
	return errors.Join(faults...)
}

// licences are those that a file holds.
func (j judge) licences(file string, content []byte) (found []string, err error) {
	if name, ok := known[file]; ok {
		return slices.DeleteFunc([]string{name}, func(name string) bool { return name == "" }), nil
	}
	for _, match := range j.classifier.Match(content).Matches {
		if (match.MatchType == "License" || match.MatchType == "Header") && match.Confidence >= sureEnough {
			found = append(found, match.Name)
		}
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("nobody knows the licence in %s: read it, and name it in known", strings.SplitN(file, " ", 2)[1])
	}
	for _, name := range found {
		if !slices.Contains(fits, name) {
			return nil, fmt.Errorf("%s is under %s, which does not fit Apache-2.0", strings.SplitN(file, " ", 2)[1], name)
		}
	}
	return found, nil
}
