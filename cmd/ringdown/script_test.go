package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
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
			// A port that is taken as long as the script runs.
			taken, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
			if err != nil {
				return err
			}
			e.Defer(func() { _ = taken.Close() })
			e.Setenv("TAKEN", fmt.Sprint(taken.Addr().(*net.TCPAddr).Port))
			for _, name := range []string{"PORT1", "PORT2", "PORT3"} {
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
			// answers URL waits until something answers there with 200.
			"answers": func(ts *testscript.TestScript, _ bool, args []string) {
				deadline := time.Now().Add(30 * time.Second)
				for time.Now().Before(deadline) {
					response, err := http.Get(args[0])
					if err == nil {
						_ = response.Body.Close()
						if response.StatusCode == http.StatusOK {
							return
						}
					}
					time.Sleep(50 * time.Millisecond)
				}
				ts.Fatalf("nothing answers at %s", args[0])
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

// freePort is a port that is free now, and so is the one 1000 above.
func freePort(t *testing.T) int {
	t.Helper()
	for range 50 {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		port := l.Addr().(*net.TCPAddr).Port
		_ = l.Close()
		above, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port+1000))
		if err == nil && port < 60000 {
			_ = above.Close()
			return port
		}
	}
	t.Fatal("no free port")
	return 0
}
