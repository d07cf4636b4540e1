package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"ringdown": main})
}

// The scripts in testdata/script run the binary as its user does.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(e *testscript.Env) error {
			e.Setenv("TEMPORAL_CLI", os.Getenv("TEMPORAL_CLI"))
			e.Setenv("METRICS_LISTEN", "127.0.0.1:0") // scripts run at once
			e.Setenv("RINGDOWN_CACHE_DIR", filepath.Join(e.WorkDir, "cache"))
			host := staticHost(filepath.Join(e.WorkDir, "host"))
			e.Defer(host.Close)
			e.Setenv("HOST", host.URL)
			// A port that is taken as long as the script runs.
			taken, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
			if err != nil {
				return err
			}
			e.Defer(func() { _ = taken.Close() })
			e.Setenv("TAKEN", fmt.Sprint(taken.Addr().(*net.TCPAddr).Port))
			for _, name := range []string{"PORT1", "PORT2", "PORT3", "PORT4"} {
				e.Setenv(name, fmt.Sprint(freePort(t)))
			}
			// The scripts find the Temporal server on PATH, as where nothing lies beside the binary.
			server, err := filepath.Abs(filepath.Join("..", "..", "bin"))
			if err != nil {
				return err
			}
			e.Setenv("PATH", e.Getenv("PATH")+string(filepath.ListSeparator)+server)
			return nil
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			// answers URL [STATUS] waits until something answers there with 200, or another status.
			"answers": func(ts *testscript.TestScript, _ bool, args []string) {
				want := append(args, "200")[1]
				deadline := time.Now().Add(30 * time.Second)
				for time.Now().Before(deadline) {
					response, err := http.Get(args[0])
					if err == nil {
						_ = response.Body.Close()
						if fmt.Sprint(response.StatusCode) == want {
							return
						}
					}
					time.Sleep(50 * time.Millisecond)
				}
				ts.Fatalf("nothing answers at %s with %s", args[0], want)
			},
			// fills FOLDER NUMBER waits until a folder has as many documents.
			"fills": func(ts *testscript.TestScript, _ bool, args []string) {
				deadline := time.Now().Add(30 * time.Second)
				for time.Now().Before(deadline) {
					if found, err := filepath.Glob(ts.MkAbs(args[0]) + "/*.xml"); err == nil && fmt.Sprint(len(found)) == args[1] {
						return
					}
					time.Sleep(20 * time.Millisecond)
				}
				ts.Fatalf("%s never had %s documents", args[0], args[1])
			},
			// shows URL TEXT waits until the page there has a text.
			"shows": func(ts *testscript.TestScript, _ bool, args []string) {
				deadline := time.Now().Add(30 * time.Second)
				for time.Now().Before(deadline) {
					response, err := http.Get(args[0])
					ts.Check(err)
					page, err := io.ReadAll(response.Body)
					ts.Check(errors.Join(err, response.Body.Close()))
					if strings.Contains(string(page), args[1]) {
						return
					}
					time.Sleep(50 * time.Millisecond)
				}
				ts.Fatalf("%s never shows %s", args[0], args[1])
			},
			// silent PORT holds that nothing listens there.
			"silent": func(ts *testscript.TestScript, _ bool, args []string) {
				if c, err := net.Dial("tcp", "127.0.0.1:"+args[0]); err == nil {
					_ = c.Close()
					ts.Fatalf("something still listens on port %s", args[0])
				}
			},
		},
	})
}

// staticHost serves a folder as another host would; below /plain it serves it as plain text.
func staticHost(folder string) *httptest.Server {
	files := http.FileServer(http.Dir(folder))
	pages := http.NewServeMux()
	pages.Handle("/", files)
	pages.Handle("/plain/", http.StripPrefix("/plain", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		files.ServeHTTP(w, r)
	})))
	return httptest.NewServer(pages)
}

// portsGiven are those that some test has. They are below those that the system gives to others meanwhile.
var portsGiven sync.Map

// freePort is a port that is free now, and so is the one 1000 above.
func freePort(t *testing.T) int {
	t.Helper()
	for range 50 {
		port := 10_000 + 2_000*rand.IntN(5) + rand.IntN(1_000) // none is 1000 above another
		if _, given := portsGiven.LoadOrStore(port, true); given {
			continue
		}
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			continue
		}
		_ = l.Close()
		above, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port+1000))
		if err == nil {
			_ = above.Close()
			return port
		}
	}
	t.Fatal("no free port")
	return 0
}
