package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// databaseUser is who everything on Postgres belongs to.
const databaseUser = "ringdown"

// Databases: Temporal and Ringdown have their own.
const (
	ringdownDatabase   = "ringdown"
	temporalDatabase   = "temporal"
	visibilityDatabase = "temporal_visibility"
)

func (c *Cluster) dataFolder() string { return filepath.Join(c.config.Folder, "postgres") }

// databaseURL is the address of a database, as in DATABASE_URL.
func (c *Cluster) databaseURL(name string) string {
	return fmt.Sprintf("postgres://%s:%s@%s/%s?sslmode=disable", databaseUser, c.secrets.databasePassword, c.ports.address(postgresPort), name)
}

// postgres is the database server.
func (c *Cluster) postgres(binaries string) *part {
	arguments := []string{
		"-D", c.dataFolder(), "-p", strconv.Itoa(c.ports.at(postgresPort)), "-k", "",
		"-c", "listen_addresses=127.0.0.1", "-c", "max_connections=400", "-c", "log_checkpoints=off",
	}
	if c.config.FastDisk {
		arguments = append(arguments, "-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off")
	}
	return &part{
		name: "postgres", kind: Database, within: time.Minute, drain: 20 * time.Second,
		command: func(Program) Command {
			return Command{
				Name: "postgres", Log: c.logOf("postgres"), Path: filepath.Join(binaries, "postgres"), Args: arguments,
				Env: environment("LC_ALL=C"), Dir: "/", Unprivileged: true,
				Stop:     syscall.SIGINT, // it ends connections; with SIGTERM it would wait for them
				Children: func() []int { return backends(c.dataFolder()) },
			}
		},
		before: func(ctx context.Context) error { return endBackends(ctx, c.dataFolder()) },
		killed: func(ctx context.Context) error { return endBackends(ctx, c.dataFolder()) },
		ready: func(ctx context.Context) error {
			return c.onDatabase(ctx, "postgres", func(ctx context.Context, db *pgx.Conn) error { return db.Ping(ctx) })
		},
	}
}

// initDatabase makes the data folder of the database server where there is none yet.
func (c *Cluster) initDatabase(ctx context.Context, binaries string) error {
	data := c.dataFolder()
	if _, err := os.Stat(data); err == nil {
		return nil
	}
	fresh := data + ".new" // of a start that was broken off, perhaps
	if err := errors.Join(os.RemoveAll(fresh), os.Mkdir(fresh, 0o700)); err != nil {
		return fmt.Errorf("make the database's folder: %w", err)
	}
	who, err := unprivilegedUser()
	if err != nil {
		return err
	}
	if who != nil {
		if err := os.Chown(fresh, int(who.Uid), int(who.Gid)); err != nil {
			return fmt.Errorf("make the database's folder: %w", err)
		}
	}
	arguments := []string{
		"-D", fresh, "-U", databaseUser, "-A", "scram-sha-256", "--pwfile", filepath.Join(c.config.Folder, databasePasswordFile),
		"-E", "UTF8", "--no-locale",
	}
	if c.config.FastDisk {
		arguments = append(arguments, "--no-sync")
	}
	if err := runJob(ctx, Command{
		Name: "initdb", Log: c.logOf("initdb"), Path: filepath.Join(binaries, "initdb"), Args: arguments,
		Env: environment("LC_ALL=C"), Dir: "/", Unprivileged: true,
	}); err != nil {
		return fmt.Errorf("%w; where the folder is not to be used by another user, choose another", err)
	}
	return os.Rename(fresh, data)
}

// onDatabase does something on a connection of its own.
func (c *Cluster) onDatabase(ctx context.Context, name string, do func(context.Context, *pgx.Conn) error) error {
	db, err := pgx.Connect(ctx, c.databaseURL(name))
	if err != nil {
		return err
	}
	return errors.Join(do(ctx, db), db.Close(ctx))
}

// makeDatabases makes the databases that are not there yet.
func (c *Cluster) makeDatabases(ctx context.Context) error {
	return c.onDatabase(ctx, "postgres", func(ctx context.Context, db *pgx.Conn) error {
		for _, name := range []string{ringdownDatabase, temporalDatabase, visibilityDatabase} {
			var there bool
			if err := db.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", name).Scan(&there); err != nil {
				return fmt.Errorf("look for database %s: %w", name, err)
			}
			if there {
				continue
			}
			if _, err := db.Exec(ctx, "CREATE DATABASE "+name+" TEMPLATE template0"); err != nil {
				return fmt.Errorf("make database %s: %w", name, err)
			}
		}
		return nil
	})
}

// postgresBinaries finds the folder with initdb and postgres: on PATH, else the newest of Debian's.
func postgresBinaries() (string, error) {
	folders, _ := filepath.Glob("/usr/lib/postgresql/*/bin")
	version := func(folder string) int {
		n, _ := strconv.Atoi(filepath.Base(filepath.Dir(folder)))
		return n
	}
	slices.SortFunc(folders, func(a, b string) int { return version(b) - version(a) })
	if found, err := exec.LookPath("initdb"); err == nil {
		folders = append([]string{filepath.Dir(found)}, folders...)
	}
	for _, folder := range folders {
		_, noInitdb := os.Stat(filepath.Join(folder, "initdb"))
		_, noServer := os.Stat(filepath.Join(folder, "postgres"))
		if noInitdb == nil && noServer == nil {
			return folder, nil
		}
	}
	return "", errors.New("no PostgreSQL on this machine (initdb and postgres): install it, as with `apt-get install postgresql`")
}

// endBackends ends what a killed server has left running on its data, and waits until none of it is left: Postgres does
// not start beside it.
func endBackends(ctx context.Context, data string) error {
	for {
		left := backends(data)
		if len(left) == 0 {
			return nil
		}
		for _, pid := range left {
			_ = syscall.Kill(pid, syscall.SIGKILL) // gone already is as good
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("processes of the killed Postgres are still there: %v: %w", left, context.Cause(ctx))
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// backends are the ids of all Postgres processes whose working folder is data, as that of each of a server's is, and of
// the server itself as long as nobody has taken note of its end: Postgres takes it for alive until then. Where the system
// has no /proc there are none.
func backends(data string) []int {
	processes, _ := filepath.Glob("/proc/[0-9]*")
	lock, _ := os.ReadFile(filepath.Join(data, "postmaster.pid"))
	server, _, _ := strings.Cut(string(lock), "\n")
	var pids []int
	for _, process := range processes {
		folder, err := os.Readlink(filepath.Join(process, "cwd"))
		ours := folder == data || errors.Is(err, os.ErrNotExist) && filepath.Base(process) == server
		if !ours {
			continue
		}
		name, _ := os.ReadFile(filepath.Join(process, "comm"))
		if pid, err := strconv.Atoi(filepath.Base(process)); err == nil && strings.TrimSpace(string(name)) == "postgres" {
			pids = append(pids, pid)
		}
	}
	return pids
}
