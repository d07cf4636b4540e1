package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/ringdown/ringdown/models"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
)

// awayMistakes lists what is wrong with the settings for when our site or the database is away.
// The folders are made where they are not there yet.
func (s settings) awayMistakes() []error {
	var wrong []error
	switch {
	case s.FallbackURL != "" && s.FallbackDir == "":
		wrong = append(wrong, errors.New("FALLBACK_DIR is not set, but FALLBACK_URL is: want the folder where the emergency documents are published, to be served there"))
	case s.FallbackURL == "" && s.FallbackDir != "":
		wrong = append(wrong, errors.New("FALLBACK_URL is not set, but FALLBACK_DIR is: want the address on another host where that folder is served"))
	}
	if u, err := url.Parse(s.FallbackURL); s.FallbackURL != "" && (err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" ||
		u.RawQuery != "" || u.Fragment != "" || strings.HasSuffix(s.FallbackURL, "/")) {
		wrong = append(wrong, fmt.Errorf("FALLBACK_URL %q: want https://host/path without query and trailing slash", s.FallbackURL))
	}
	if s.FallbackDir != "" {
		if err := writable(s.FallbackDir, 0o755); err != nil {
			wrong = append(wrong, fmt.Errorf("FALLBACK_DIR: %w; want a folder that this process may write to", err))
		}
	}
	folder, err := s.cacheFolder()
	if err == nil {
		err = writable(folder, 0o700)
	}
	if err != nil {
		wrong = append(wrong, fmt.Errorf("RINGDOWN_CACHE_DIR: %w; want a folder that this process may write to, and that no other installation uses", err))
	}
	return wrong
}

// cacheFolder is where the last good copies of routes are kept.
func (s settings) cacheFolder() (string, error) {
	if s.CacheDir != "" {
		return s.CacheDir, nil
	}
	cache, err := os.UserCacheDir()
	return filepath.Join(cache, "ringdown"), err
}

// writable makes a folder where there is none, and tries to write there.
func writable(folder string, mode fs.FileMode) error {
	if err := os.MkdirAll(folder, mode); err != nil {
		return err
	}
	file, err := os.CreateTemp(folder, ".ringdown-*")
	if err != nil {
		return err
	}
	return errors.Join(file.Close(), os.Remove(file.Name()))
}

// expectDatabase fails when the database refuses us. One that is away is logged: calls are answered
// from the last good copies, and records written once it is back.
func (p parts) expectDatabase(ctx context.Context) error {
	err := p.store.Ping(ctx)
	if errors.Is(err, models.ErrAway) {
		p.log.Error("started without the database", "cause", err,
			"remedy", "bring it back; until then calls are answered from the last good copies of their routes, and their records wait")
		return nil
	}
	return err
}

// temporalWithin is how long an API that starts waits for a sign of life from Temporal.
const temporalWithin = 2 * time.Second

// expectTemporal fails when Temporal refuses us. One that is away is logged: callers are sent to the emergency number.
func (p parts) expectTemporal(ctx context.Context, address string) error {
	ctx, cancel := context.WithTimeout(ctx, temporalWithin)
	defer cancel()
	_, err := p.temporal.CheckHealth(ctx, &client.CheckHealthRequest{})
	switch {
	case errors.As(err, new(*serviceerror.PermissionDenied)), errors.As(err, new(*serviceerror.InvalidArgument)):
		return fmt.Errorf("reach Temporal at %s: %w; see the TEMPORAL_ settings", address, err)
	case err != nil:
		p.log.Error("started without Temporal", "cause", err, "address", address,
			"remedy", "bring it back, or correct the TEMPORAL_ settings; until then callers are sent to the emergency number of their route")
	}
	return nil
}
