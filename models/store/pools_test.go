package store_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/ringdown/ringdown/models/store"
	"github.com/ringdown/ringdown/models/store/storetest"
)

func TestPoolsAreThoseThatQueriesUse(t *testing.T) {
	want := map[string][]string{"sqlite": {"reader", "writer"}, "postgres": {"writer"}}
	for name, s := range map[string]func(testing.TB) *store.Store{"sqlite": storetest.SQLite, "postgres": storetest.Postgres} {
		if name == "postgres" && !storetest.PostgresExpected() {
			continue
		}
		t.Run(name, func(t *testing.T) {
			opened := s(t)
			pools, err := opened.Pools()
			if err != nil {
				t.Fatal(err)
			}
			if got := slices.Sorted(maps.Keys(pools)); !slices.Equal(got, want[name]) {
				t.Errorf("pools %v, want %v", got, want[name])
			}
			for pool, db := range pools {
				if db.Stats().OpenConnections == 0 {
					t.Errorf("the pool of the %s has no connection after the migration", pool)
				}
				if err := db.Close(); err != nil {
					t.Error(err)
				}
			}
			if opened.Ping(t.Context()) == nil {
				t.Error("the store does not use these pools")
			}
		})
	}
}
