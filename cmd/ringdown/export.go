package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/ringdown/ringdown/config"
)

type exportCommand struct {
	Out string `short:"o" help:"The file to write; it is replaced. Default: standard output." placeholder:"PATH"`
	running
}

// Run writes the running system as a file for `ringdown apply`.
func (c *exportCommand) Run(ctx context.Context, out io.Writer) error {
	_, system, err := c.system(ctx)
	if err != nil {
		return err
	}
	var text bytes.Buffer
	if err := config.Export(&text, system, time.Now()); err != nil {
		return err
	}
	if c.Out == "" {
		_, err := out.Write(text.Bytes())
		return err
	}
	if err := os.WriteFile(c.Out, text.Bytes(), 0o600); err != nil {
		return fmt.Errorf("-o %s: %w", c.Out, err)
	}
	return nil
}
