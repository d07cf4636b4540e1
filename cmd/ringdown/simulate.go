package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/ringdown/ringdown/simulator"
)

type simulateCommand struct {
	Listen     string   `default:"127.0.0.1:8090" help:"Address of the simulated carrier; loopback only."`
	AccountSID string   `env:"TWILIO_ACCOUNT_SID" default:"AC00000000000000000000000000000000" help:"Its one account."`
	AuthTokens []string `env:"TWILIO_AUTH_TOKEN" required:"" help:"The account's auth token."`
	Speed      float64  `default:"1" help:"How much faster than life its phones ring and its voices speak."`
	CallLink   string   `placeholder:"URL" help:"What its page links each call to: a web address in which {sid} stands for the call's SID."`
}

// Run runs the simulated carrier until ctx ends.
func (c *simulateCommand) Run(ctx context.Context, out io.Writer) error {
	if err := c.mistake(); err != nil {
		return err
	}
	listener, err := listenOnLoopback(c.Listen)
	if err != nil {
		return err
	}
	carrier := simulator.New(simulator.Config{AccountSID: c.AccountSID, AuthToken: c.AuthTokens[0], Speed: c.Speed})
	page := simulator.Page{CallLink: c.CallLink}
	server := &http.Server{Handler: page.Handler(carrier), ReadHeaderTimeout: 5 * time.Second}
	go func() {
		<-ctx.Done()
		carrier.Close()
		_ = server.Close()
	}()
	if _, err := fmt.Fprintf(out, "simulated carrier at http://%s\n", listener.Addr()); err != nil {
		return err
	}
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

func (c *simulateCommand) mistake() error {
	if c.CallLink == "" {
		return nil
	}
	link, err := url.Parse(c.CallLink)
	if err != nil || link.Scheme != "http" && link.Scheme != "https" || !strings.Contains(c.CallLink, "{sid}") {
		return fmt.Errorf("--call-link %q: want a web address with {sid} in it, as in https://example.com/calls/{sid}", c.CallLink)
	}
	return nil
}

// listenOnLoopback opens an address of this machine alone.
func listenOnLoopback(address string) (net.Listener, error) {
	host, _, err := net.SplitHostPort(address)
	if ip := net.ParseIP(host); err != nil || host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, fmt.Errorf("listen on %q: want an address of this machine alone, as in 127.0.0.1:8090", address)
	}
	return net.Listen("tcp", address)
}
