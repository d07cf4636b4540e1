package store_test

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/ringdown/ringdown/models/store"
	"github.com/ringdown/ringdown/models/store/storetest"
)

func TestTheSchemaSaysWhichVersionItIs(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		have, brings, err := s.Schema(t.Context())
		if err != nil || have != brings || brings < 9 {
			t.Errorf("version %d of %d (%v)", have, brings, err)
		}
	})
}

func TestADatabaseThatWasNeverMigratedHasNoSchema(t *testing.T) {
	for path, fault := range map[string]string{"/empty.db": "", "/nowhere/else.db": "directory must exist"} {
		s, err := store.New("sqlite:"+t.TempDir()+path, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		have, brings, err := s.Schema(t.Context())
		if have != 0 || brings < 9 || (err == nil) != (fault == "") || err != nil && !strings.Contains(err.Error(), fault) {
			t.Errorf("%s has version %d of %d (%v)", path, have, brings, err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestTheDatabaseTellsTheTime(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		before := time.Now()
		now, ok, err := s.Clock(t.Context())
		if err != nil || ok && (now.Before(before.Add(-time.Second)) || now.After(time.Now().Add(time.Second))) {
			t.Errorf("it is %v (%v)", now, err)
		}
	})
}
