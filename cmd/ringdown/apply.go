package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/mattn/go-isatty"

	"github.com/ringdown/ringdown/config"
)

// errNotApplied says that there are differences which nobody has agreed to.
var errNotApplied = errors.New("nothing was changed: repeat it with --yes to apply this")

// running are the flags that say which Ringdown is meant.
type running struct {
	API  string `name:"api" env:"RINGDOWN_API" default:"http://127.0.0.1:8080" help:"Where Ringdown answers."`
	Key  string `env:"RINGDOWN_API_KEY,RINGDOWN_ADMIN_KEY" help:"A key of it. Default: the admin key in the data folder."`
	Data string `default:".ringdown" type:"path" help:"The data folder of ringdown dev."`
}

// system reads all that a file may hold.
func (r running) system(ctx context.Context) (restClient, config.System, error) {
	rest, err := newRESTClient(r.API, r.Key, r.Data)
	if err != nil {
		return rest, nil, err
	}
	system := config.System{}
	for _, list := range config.Lists {
		if system[list], err = getAll[json.RawMessage](ctx, rest, list, nil); err != nil {
			return rest, nil, err
		}
	}
	return rest, system, nil
}

type applyCommand struct {
	File  []string `short:"f" required:"" sep:"none" help:"A YAML file, or a folder of them; may be given more than once. See docs/config.md." placeholder:"PATH"`
	Yes   bool     `short:"y" help:"Apply the difference without asking."`
	Prune bool     `help:"Remove what the files do not list, in the sections that they have."`
	running
}

// Run shows how the system differs from the files, asks, and applies the difference.
func (c *applyCommand) Run(ctx context.Context, out io.Writer) error {
	sources, err := readSources(c.File)
	if err != nil {
		return err
	}
	files := config.Read(sources)
	rest, system, err := c.system(ctx)
	if err != nil {
		return errors.Join(inFiles(files.Check()), err)
	}
	plan, err := files.Plan(system, time.Now(), c.Prune)
	if err != nil {
		return inFiles(err)
	}
	fmt.Fprint(out, plan)
	if len(plan.Steps) == 0 {
		return nil
	}
	agreed := c.Yes || isatty.IsTerminal(os.Stdin.Fd()) && confirmed(os.Stdin, out)
	if !agreed {
		return errNotApplied
	}
	return plan.Apply(ctx, rest.send, func(step config.Step, reply config.Reply) {
		fmt.Fprintf(out, "done: %s %s\n", step.Action, step.Title)
		for _, warning := range reply.Warnings {
			fmt.Fprintf(out, "    warning: %s\n", warning.Message)
		}
	})
}

// inFiles adds to faults how many there are, and that nothing was done.
func inFiles(err error) error {
	var faults config.Faults
	if !errors.As(err, &faults) {
		return err
	}
	return fmt.Errorf("nothing was done, because of %d faults:\n%w", len(faults), err)
}

// confirmed asks on a terminal.
func confirmed(in io.Reader, out io.Writer) bool {
	fmt.Fprint(out, "Apply this? Type yes: ")
	answer, _ := bufio.NewReader(in).ReadString('\n') // no answer is no
	return slices.Contains([]string{"yes", "y"}, strings.ToLower(strings.TrimSpace(answer)))
}

// readSources reads files, and the YAML files of folders in the order of their names.
func readSources(paths []string) ([]config.Source, error) {
	var sources []config.Source
	for _, path := range paths {
		files, err := filesAt(path)
		if err != nil {
			return nil, fmt.Errorf("-f %s: %w", path, err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				return nil, fmt.Errorf("-f %s: %w", path, err)
			}
			sources = append(sources, config.Source{Name: file, Text: text})
		}
	}
	return sources, nil
}

func filesAt(path string) ([]string, error) {
	info, err := os.Stat(path)
	if err != nil || !info.IsDir() {
		return []string{path}, err
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, err
	}
	var files []string
	for _, e := range entries {
		if ext := filepath.Ext(e.Name()); !e.IsDir() && (ext == ".yaml" || ext == ".yml") {
			files = append(files, filepath.Join(path, e.Name()))
		}
	}
	if len(files) == 0 {
		return nil, errors.New("has no file that ends in .yaml or .yml")
	}
	return files, nil
}
