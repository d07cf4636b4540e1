package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/ringdown/ringdown/config"
)

type catalogueCommand struct {
	Refresh refreshCommand `cmd:"" help:"Ask the carrier where it sells numbers, at what price and with what paperwork; takes a minute or more."`
}

type refreshCommand struct{ running }

// refreshWithin is how long the carrier may take to tell of all countries.
const refreshWithin = 11 * time.Minute

// Run refreshes the catalogue of the running system. It is safe to repeat.
func (c *refreshCommand) Run(ctx context.Context, out io.Writer) error {
	rest, err := newRESTClient(c.API, c.Key, c.Data)
	if err != nil {
		return err
	}
	changes, err := rest.refreshCatalogue(ctx)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "the carrier sells numbers in %d countries\nnew in the catalogue: %s\nchanged: %s\n",
		changes.Countries, codes(changes.Added), codes(changes.Changed))
	return err
}

// catalogueChanges is what a refresh came to.
type catalogueChanges struct {
	Countries      int
	Added, Changed []string // codes of countries
}

func (c restClient) refreshCatalogue(ctx context.Context) (changes catalogueChanges, err error) {
	ctx, cancel := context.WithTimeout(ctx, refreshWithin)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.base+"/v1/catalogue/refresh", nil)
	if err != nil {
		return changes, fmt.Errorf("--api %s: %w", c.base, err)
	}
	req.Header.Set("Authorization", "Bearer "+c.key)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return changes, fmt.Errorf("no Ringdown answers at %s: start it with `make run` (%w)", c.base, unwrapURL(err))
	}
	defer func() { _ = res.Body.Close() }() // only read
	if res.StatusCode >= http.StatusBadRequest {
		problem := config.Problem{Status: res.StatusCode, Detail: res.Status}
		_ = json.NewDecoder(res.Body).Decode(&problem) // the status alone says enough
		return changes, fmt.Errorf("refresh the catalogue: %w", &problem)
	}
	return changes, json.NewDecoder(res.Body).Decode(&changes)
}

func codes(countries []string) string {
	if len(countries) == 0 {
		return "none"
	}
	return strings.Join(countries, " ")
}
