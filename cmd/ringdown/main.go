// Command ringdown is the whole product in one binary: the API, the worker, the development
// system and the simulated carrier.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // schedules need time zones on images that have none

	"github.com/alecthomas/kong"
	_ "golang.org/x/crypto/x509roots/fallback" // and carriers are asked over TLS on images that have no certificates
)

// version is set by the build.
var version = "dev"

type commands struct {
	Dev       devCommand       `cmd:"" help:"Run everything on this machine: Temporal, database, API, worker and a simulated carrier."`
	Cluster   clusterCommand   `cmd:"" help:"Run the production topology on this machine: Postgres, Temporal on it, several APIs and workers, a simulated carrier."`
	Serve     serveCommand     `cmd:"" help:"Run the API and the worker, given Temporal and a database."`
	API       apiCommand       `cmd:"" name:"api" help:"Run the API alone."`
	Worker    workerCommand    `cmd:"" help:"Run the worker alone."`
	Call      callCommand      `cmd:"" help:"Place a call in the running dev system and watch it."`
	Drill     drillCommand     `cmd:"" help:"Make live calls on the running system, break parts of it meanwhile, and see that nobody is lost."`
	Simulate  simulateCommand  `cmd:"" help:"Run the simulated carrier alone."`
	Apply     applyCommand     `cmd:"" help:"Bring users, schedules and routes to the state in YAML files; shows the difference first."`
	Export    exportCommand    `cmd:"" help:"Write users, schedules and routes as a YAML file."`
	Catalogue catalogueCommand `cmd:"" help:"Look after the catalogue of countries and types of numbers."`
	Migrate   migrateCommand   `cmd:"" help:"Bring the database's schema up to date."`
	Namespace namespaceCommand `cmd:"" help:"Make the Temporal namespace and register our search attributes; safe to repeat."`
	Release   releaseCommand   `cmd:"" help:"Send new calls to the workers of a build, or show the builds."`
	Doctor    doctorCommand    `cmd:"" help:"Check settings, Temporal, database, carrier and numbers, and say what to do."`
	Health    healthCommand    `cmd:"" help:"Ask the API or the worker of this container whether it does its work; exit code 0 when it does."`
	Licences  licencesCommand  `cmd:"" help:"Print the licences of what is in this program."`

	Version kong.VersionFlag `help:"Print the version and leave."`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run is main with its surroundings as arguments. It returns the exit code: 0, 1 when the command
// failed, 2 when it was not understood, 3 when it found differences that it was not to apply.
func run(ctx context.Context, args []string, out, errOut io.Writer) int {
	exit, unread := -1, readSecretFiles()
	parser, err := kong.New(&commands{},
		kong.Name("ringdown"),
		kong.Description("One phone number that reaches whoever is on call."),
		kong.UsageOnError(),
		kong.Writers(out, errOut),
		kong.Exit(func(code int) { exit = code }),
		kong.Vars{"version": version},
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.BindTo(out, (*io.Writer)(nil)),
	)
	if err != nil {
		fmt.Fprintln(errOut, "ringdown:", err)
		return 1
	}
	command, err := parser.Parse(args)
	switch {
	case exit >= 0: // help or version has been printed
		return exit
	case err != nil:
		fmt.Fprintln(errOut, "ringdown:", errors.Join(append(unread.list(), err)...))
		return 2
	}
	err = unread.tell(command.Selected().Target.Addr().Interface())
	if err == nil {
		err = command.Run()
	}
	if err != nil {
		fmt.Fprintln(errOut, "ringdown:", err)
		if errors.Is(err, errNotApplied) {
			return 3
		}
		return 1
	}
	return 0
}
