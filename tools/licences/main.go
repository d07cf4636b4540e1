// Command licences lists whose code is in the binary, under which licences. It writes docs/licences.md and the texts that
// `ringdown licences` prints, or with --check fails when they are not up to date. It fails, too, when a licence does not
// fit ours.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// program is what the list is of. It is built without C, for the system that its image has.
const program = "./cmd/ringdown"

// Where the list and the texts are, from the repository's folder.
const (
	listFile  = "docs/licences.md"
	textsFile = "cmd/ringdown/licences.txt"
)

// module is one whose code is in the program.
type module struct {
	Path, Version, Dir string
	Main               bool

	folders  []string // of what the program has of it, and those around them
	licences []string // by their SPDX names
	texts    []text
}

// text is a file that says under which licence its module is, or what is to be said of it.
type text struct{ file, content string }

func main() {
	check := slices.Contains(os.Args[1:], "--check")
	if err := run("../..", check); err != nil {
		fmt.Fprintln(os.Stderr, "licences:", err)
		os.Exit(1)
	}
}

func run(root string, check bool) error {
	modules, err := inProgram(root)
	if err != nil {
		return err
	}
	judge, err := newJudge()
	if err != nil {
		return err
	}
	var faults []error
	for i := range modules {
		faults = append(faults, judge.read(&modules[i]))
	}
	if err := errors.Join(faults...); err != nil {
		return err
	}
	for path, content := range map[string]string{listFile: list(modules), textsFile: texts(modules)} {
		faults = append(faults, put(filepath.Join(root, path), content, check))
	}
	return errors.Join(faults...)
}

// put writes a file, or says that it is not what it should be.
func put(path, content string, check bool) error {
	if !check {
		return os.WriteFile(path, []byte(content), 0o644)
	}
	there, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if string(there) != content {
		return fmt.Errorf("%s is not up to date: run go -C tools/licences run .", path)
	}
	return nil
}

// inProgram lists the modules in the program, in the order of their paths, and Go itself.
func inProgram(root string) ([]module, error) {
	c := exec.Command("go", "list", "-deps", "-json=Dir,Module", program)
	c.Dir = root
	c.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH=amd64", "GOFLAGS=-mod=readonly")
	c.Stderr = os.Stderr
	out, err := c.Output()
	if err != nil {
		return nil, fmt.Errorf("list the modules of %s: %w", program, err)
	}
	found := map[string]*module{}
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var p struct {
			Dir    string
			Module *module
		}
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, err
		}
		if p.Module == nil || p.Module.Main {
			continue
		}
		if found[p.Module.Path] == nil {
			found[p.Module.Path] = p.Module
		}
		found[p.Module.Path].has(p.Dir)
	}
	var modules []module
	for _, m := range found {
		slices.Sort(m.folders)
		modules = append(modules, *m)
	}
	slices.SortFunc(modules, func(a, b module) int { return strings.Compare(a.Path, b.Path) })
	goroot, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return nil, fmt.Errorf("find Go: %w", err)
	}
	library := module{Path: "Go's standard library", Dir: strings.TrimSpace(string(goroot))}
	library.has(library.Dir)
	return append(modules, library), nil
}

// has notes that a folder of a module is in the program. Those around it may say more of its licence.
func (m *module) has(folder string) {
	for ; strings.HasPrefix(folder, m.Dir); folder = filepath.Dir(folder) {
		if !slices.Contains(m.folders, folder) {
			m.folders = append(m.folders, folder)
		}
	}
}
