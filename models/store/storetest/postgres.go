package storetest

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// server is the Postgres of this process; it starts when the first test asks for it.
var server = sync.OnceValues(startPostgres)

var sayLeftOut = sync.OnceFunc(func() {
	_, why := postgresBinaries()
	fmt.Fprintf(os.Stderr, "left out: Postgres tests (%v)\n", why)
})

var databases atomic.Int64

// PostgresURL makes an empty database for a test and drops it when the test ends.
func PostgresURL(t testing.TB) string {
	t.Helper()
	return untilTheEnd(t)(Database())
}

// untilTheEnd drops a database when the test ends.
func untilTheEnd(t testing.TB) func(url string, drop func() error, err error) string {
	return func(url string, drop func() error, err error) string {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := drop(); err != nil {
				t.Error(err)
			}
		})
		return url
	}
}

// Database makes an empty database on the Postgres of this process.
func Database() (url string, drop func() error, err error) { return databaseLike("template0") }

// migratedPostgres is a database with the schema of today, for others to be made like it.
var migratedPostgres = sync.OnceValues(func() (name string, err error) {
	url, _, err := Database() // it goes with the server
	if err != nil {
		return "", err
	}
	if err := migrate(url); err != nil {
		return "", err
	}
	return databaseIn(url)
})

func databaseIn(address string) (string, error) {
	u, err := url.Parse(address)
	if err != nil {
		return "", err
	}
	return strings.TrimPrefix(u.Path, "/"), nil
}

func databaseLike(template string) (url string, drop func() error, err error) {
	dir, err := server()
	if err != nil {
		return "", nil, err
	}
	name := fmt.Sprintf("test_%d", databases.Add(1))
	if err := execute(dir, "CREATE DATABASE "+name+" TEMPLATE "+template); err != nil {
		return "", nil, err
	}
	return address(dir, name), func() error { return execute(dir, "DROP DATABASE "+name+" WITH (FORCE)") }, nil
}

// address is the URL of a database of the server in dir, which listens on a socket there: no
// port to collide on, and nobody else can connect.
func address(dir, database string) string {
	return "postgres://postgres@/" + database + "?host=" + url.QueryEscape(dir)
}

func execute(dir, statement string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, address(dir, "postgres"))
	if err != nil {
		return err
	}
	_, err = conn.Exec(ctx, statement)
	return errors.Join(err, conn.Close(ctx))
}

// watched runs the server until standard input closes, which happens when the test process
// ends, however it ends; then it stops the server and removes its files.
const watched = `
"$0/initdb" -D "$1/data" -U postgres -A trust -E UTF8 --no-sync --no-locale || exit 1
"$0/postgres" -D "$1/data" -k "$1" -c listen_addresses= -c max_connections=300 \
	-c fsync=off -c synchronous_commit=off -c full_page_writes=off </dev/null &
while read -r _; do :; done
kill -QUIT $!
wait $!
rm -rf "$1"
`

// startPostgres starts a server and answers its folder.
func startPostgres() (dir string, err error) {
	binaries, err := postgresBinaries()
	if err != nil {
		return "", err
	}
	dir, err = os.MkdirTemp(fastest(), "pg")
	if err != nil {
		return "", err
	}
	attributes := &syscall.SysProcAttr{Setsid: true} // an interrupt at the terminal is not for it
	if os.Getuid() == 0 {                            // Postgres refuses to run as root
		uid, gid, err := unprivileged()
		if err != nil {
			return "", err
		}
		if err := os.Chown(dir, uid, gid); err != nil {
			return "", err
		}
		attributes.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	}
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		return "", err
	}
	defer func() { _ = log.Close() }()

	shell := exec.Command("/bin/sh", "-c", watched, binaries, dir)
	shell.Dir, shell.Stdout, shell.Stderr, shell.SysProcAttr = dir, log, log, attributes
	if _, err := shell.StdinPipe(); err != nil { // never written to: it lasts as long as we do
		return "", err
	}
	if err := shell.Start(); err != nil {
		return "", err
	}
	ended := make(chan error, 1)
	go func() { ended <- shell.Wait() }()
	if err := ready(dir, ended); err != nil {
		return "", errors.Join(err, os.RemoveAll(dir))
	}
	return dir, nil
}

// fastest is the folder for temporary files, or shared memory where that has 2 GiB to spare: a
// new database is hundreds of small files.
func fastest() string {
	const memory = "/dev/shm"
	var stat syscall.Statfs_t
	if err := syscall.Statfs(memory, &stat); err == nil && stat.Bavail*uint64(stat.Bsize) >= 2<<30 {
		return memory
	}
	return ""
}

// ready waits until the server answers.
func ready(dir string, ended <-chan error) error {
	timeout := time.After(60 * time.Second)
	for {
		err := execute(dir, "SELECT 1")
		if err == nil {
			return nil
		}
		select {
		case <-time.After(10 * time.Millisecond):
			continue
		case err = <-ended:
		case <-timeout:
		}
		said, _ := os.ReadFile(filepath.Join(dir, "log"))
		return fmt.Errorf("start postgres: %w\n%s", err, said)
	}
}

// postgresBinaries finds the folder with initdb and postgres, the newest where there are several.
func postgresBinaries() (string, error) {
	folders, _ := filepath.Glob("/usr/lib/postgresql/*/bin")
	slices.SortFunc(folders, func(a, b string) int { return version(b) - version(a) })
	if initdb, err := exec.LookPath("initdb"); err == nil {
		folders = append([]string{filepath.Dir(initdb)}, folders...)
	}
	for _, folder := range folders {
		_, noInitdb := os.Stat(filepath.Join(folder, "initdb"))
		_, noServer := os.Stat(filepath.Join(folder, "postgres"))
		if noInitdb == nil && noServer == nil {
			return folder, nil
		}
	}
	return "", errors.New("no postgres binaries; apt-get install postgresql")
}

func version(folder string) int {
	n, _ := strconv.Atoi(filepath.Base(filepath.Dir(folder)))
	return n
}

// unprivileged finds a user to run the server as.
func unprivileged() (uid, gid int, err error) {
	for _, name := range []string{"postgres", "nobody"} {
		found, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, _ = strconv.Atoi(found.Uid)
		gid, _ = strconv.Atoi(found.Gid)
		return uid, gid, nil
	}
	return 0, 0, errors.New("start postgres: it refuses to run as root, and there is no user postgres or nobody")
}
