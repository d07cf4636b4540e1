package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"

	"github.com/ringdown/ringdown/api"
	"github.com/ringdown/ringdown/models"
)

// checkEmergency asks for each number's emergency document as the carrier would, and compares it
// with what is to be published now. Where there is to be none, none may be served.
func (c *doctorCommand) checkEmergency(ctx context.Context, p parts) error {
	want, err := api.EmergencyDocuments(ctx, p.store, c.PublicURL)
	if err != nil {
		return err
	}
	numbers, err := allNumbers(ctx, p.store)
	if err != nil {
		return err
	}
	var wrong []error
	for _, n := range numbers {
		address := models.EmergencyURL(c.FallbackURL, n.ID)
		if err := compareServed(ctx, address, want[n.ID]); err != nil {
			wrong = append(wrong, fmt.Errorf("%s: %s %w", n.Name, address, err))
		}
	}
	return errors.Join(wrong...)
}

// compareServed says how what is served at an address differs from a document; a nil document is
// not to be served.
func compareServed(ctx context.Context, address string, document []byte) error {
	ctx, cancel := context.WithTimeout(ctx, checkWithin)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("cannot be fetched: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	served, err := io.ReadAll(io.LimitReader(response.Body, 64<<10))
	kind, _, _ := mime.ParseMediaType(response.Header.Get("Content-Type"))
	switch {
	case document == nil && response.StatusCode == http.StatusOK:
		return errors.New("is still served, but the number's route is gone or switched off: remove the file there too")
	case document == nil:
		return nil
	case response.StatusCode == http.StatusNotFound:
		return errors.New("is missing: copy the file there, and check that an API process has published it")
	case response.StatusCode != http.StatusOK:
		return fmt.Errorf("answers %s", response.Status)
	case err != nil:
		return fmt.Errorf("cannot be read: %w", err)
	case !bytes.Equal(served, document):
		return errors.New("differs from what is to be published now: copy the file there again; a changed route may take some minutes")
	case kind != "text/xml" && kind != "application/xml":
		return fmt.Errorf("is served as %q, which the carrier does not take for a document: have the host serve .xml as text/xml", kind)
	}
	return nil
}
