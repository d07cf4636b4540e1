package api

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"sync"
	"time"

	"github.com/ringdown/ringdown/api/twiml"
	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
)

// emergencyFiles are the names of our documents among whatever else is in their folder.
var emergencyFiles = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.xml$`)

// EmergencyDocuments are the documents that are to be published now, by the ids of their numbers:
// one for each active number whose route is switched on. publicURL is where the carrier reaches us.
func EmergencyDocuments(ctx context.Context, s *store.Store, publicURL string) (map[string][]byte, error) {
	numbers, err := all(func(p store.Page) ([]models.PhoneNumber, string, error) { return s.Numbers(ctx, p) })
	if err != nil {
		return nil, err
	}
	routes, err := all(func(p store.Page) ([]models.Route, string, error) { return s.Routes(ctx, p) })
	if err != nil {
		return nil, err
	}
	active := map[string]models.Phone{}
	for _, n := range numbers {
		if n.Status == models.NumberActive {
			active[n.ID] = n.Number
		}
	}
	documents := map[string][]byte{}
	for _, r := range routes {
		if number, ok := active[r.PhoneNumberID]; ok && r.Enabled {
			documents[r.PhoneNumberID] = emergencyDocument(r.Defaults(), number, publicURL)
		}
	}
	return documents, nil
}

// emergencyDocument is what a caller of a route's number gets from another host while our site is away.
func emergencyDocument(r models.Route, number models.Phone, publicURL string) []byte {
	words := twiml.Words{Language: r.Language, Voice: r.Voice, Phrases: r.Phrases}
	return words.Fallback(r.EmergencyNumber, number, models.Links{Base: publicURL}.VoiceAgain())
}

// all reads every page of a list.
func all[T any](read func(store.Page) ([]T, string, error)) ([]T, error) {
	var found []T
	for page := (store.Page{Limit: 200}); ; {
		rows, next, err := read(page)
		found = append(found, rows...)
		if err != nil || next == "" {
			return found, err
		}
		page.Cursor = next
	}
}

// publishWithin is how long a publication may take: whoever saved a route waits for it.
const publishWithin = 3 * time.Second

// emergency publishes the emergency documents as files, which any host can serve.
type emergency struct {
	store  *store.Store
	folder string // empty publishes nothing
	public string // where the carrier reaches us, without a trailing slash
	log    *slog.Logger

	mu    sync.Mutex // one publication at a time, so that who reads last writes last
	fault complaint
}

// publish brings the folder up to date. It is safe to repeat. When it fails, what was published
// before stays.
func (e *emergency) publish(ctx context.Context) error {
	if e.folder == "" {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), publishWithin)
	defer cancel()
	e.mu.Lock()
	defer e.mu.Unlock()
	err := e.write(ctx)
	e.fault.note(e.log, err, "emergency documents not published", "folder", e.folder,
		"remedy", "the database must answer, and this process be let write to FALLBACK_DIR; until then callers get the last published ones while our site is away")
	return err
}

func (e *emergency) write(ctx context.Context) error {
	documents, err := EmergencyDocuments(ctx, e.store, e.public)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(e.folder, 0o755); err != nil { //nolint:gosec // another user may serve it
		return err
	}
	published := map[string]bool{}
	var faults []error
	for id, document := range documents {
		published[models.EmergencyFile(id)] = true
		faults = append(faults, replaceFile(filepath.Join(e.folder, models.EmergencyFile(id)), document, 0o644))
	}
	faults = append(faults, removeOthers(e.folder, emergencyFiles, published))
	return errors.Join(faults...)
}
