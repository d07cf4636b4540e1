package api

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/ringdown/ringdown/models"
)

// ringTest is a keyring over a list of keys that stands for the database.
type ringTest struct {
	*keyring
	mu    sync.Mutex
	keys  []models.APIKey
	err   error
	reads int
	clock time.Time
}

func newRing() *ringTest {
	rt := &ringTest{clock: time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)}
	now := func() time.Time {
		rt.mu.Lock()
		defer rt.mu.Unlock()
		return rt.clock
	}
	rt.keyring = newKeyring(rt.list, now, slog.New(slog.DiscardHandler))
	return rt
}

func (rt *ringTest) list(context.Context) ([]models.APIKey, error) {
	rt.mu.Lock()
	defer rt.mu.Unlock()
	rt.reads++
	return rt.keys, rt.err
}

func (rt *ringTest) set(keys ...string) {
	rt.mu.Lock()
	defer rt.mu.Unlock()
	rt.keys = nil
	for _, key := range keys {
		rt.keys = append(rt.keys, models.APIKey{ID: key}.WithSecret(key))
	}
}

func (rt *ringTest) passes(d time.Duration) {
	rt.mu.Lock()
	defer rt.mu.Unlock()
	rt.clock = rt.clock.Add(d)
}

func (rt *ringTest) knows(t *testing.T, secret string, want error) {
	t.Helper()
	key, err := rt.find(t.Context(), models.HashKey(secret))
	if !errors.Is(err, want) || err == nil && key.ID != secret {
		t.Errorf("%s: %+v, %v", secret, key, err)
	}
}

func TestRequestsWithAKeyCostNoQueryEach(t *testing.T) {
	t.Parallel()
	rt := newRing()
	rt.set("a", "b")
	for range 1000 {
		rt.knows(t, "a", nil)
		rt.knows(t, "b", nil)
		rt.knows(t, "guess", errWrongKey)
	}
	if rt.reads != 1 {
		t.Errorf("read %d times", rt.reads)
	}
	for i := range 100 { // 10 s of wrong keys
		rt.passes(100 * time.Millisecond)
		rt.knows(t, fmt.Sprint("guess", i), errWrongKey)
	}
	if rt.reads > 11 {
		t.Errorf("read %d times in 10 s", rt.reads)
	}
}

func TestWhileTheKeysCannotBeReadTheyAreTriedOnceASecond(t *testing.T) {
	t.Parallel()
	rt := newRing()
	rt.set("a")
	rt.knows(t, "a", nil)
	rt.err = models.ErrAway
	for range 100 { // 10 s
		rt.passes(100 * time.Millisecond)
		rt.knows(t, "a", nil)
	}
	rt.knows(t, "b", models.ErrAway) // it may be new
	if rt.reads > 11 {
		t.Errorf("read %d times in 10 s", rt.reads)
	}
	rt.err = nil
	rt.passes(time.Second)
	rt.knows(t, "b", errWrongKey)
}

func TestManyRequestsAtOnceReadTheKeysOnce(t *testing.T) {
	t.Parallel()
	rt := newRing()
	rt.set("a")
	begun, goOn := make(chan bool, 50), make(chan bool)
	rt.read = func(ctx context.Context) ([]models.APIKey, error) {
		begun <- true
		<-goOn
		return rt.list(ctx)
	}
	var all, come sync.WaitGroup
	come.Add(50)
	for range 50 {
		all.Go(func() {
			come.Done()
			rt.knows(t, "a", nil)
		})
	}
	come.Wait()
	<-begun
	close(goOn)
	all.Wait()
	if rt.reads != 1 {
		t.Errorf("read %d times", rt.reads)
	}
}

func TestAKeyRevokedWhileTheKeysAreReadIsNotTakenForGood(t *testing.T) {
	t.Parallel()
	rt := newRing()
	rt.set("a")
	begun, goOn := make(chan bool), make(chan bool)
	rt.read = func(ctx context.Context) ([]models.APIKey, error) {
		keys, err := rt.list(ctx) // as they were before
		if rt.reads == 1 {
			begun <- true
			<-goOn
		}
		return keys, err
	}
	before := make(chan error)
	go func() {
		_, err := rt.find(context.Background(), models.HashKey("a"))
		before <- err
	}()
	<-begun
	rt.set() // revoked
	rt.changed()
	close(goOn)
	<-before // came before: either answer is right
	rt.knows(t, "a", errWrongKey)
}

func TestARequestThatLeavesReadsTheKeysForOthersAllTheSame(t *testing.T) {
	t.Parallel()
	rt := newRing()
	rt.set("a")
	rt.read = func(ctx context.Context) ([]models.APIKey, error) {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return rt.list(ctx)
	}
	gone, leave := context.WithCancel(t.Context())
	leave()
	if _, err := rt.find(gone, models.HashKey("a")); err != nil {
		t.Error(err)
	}
}

func TestWhatIsKnownOfGoneKeysIsDropped(t *testing.T) {
	t.Parallel()
	rt := newRing()
	rt.set("a", "b")
	rt.knows(t, "a", nil)
	for _, key := range []string{"a", "b"} {
		if !rt.worthNoting(models.APIKey{ID: key}, rt.clock) || rt.worthNoting(models.APIKey{ID: key}, rt.clock) {
			t.Errorf("the use of %s is not noted once", key)
		}
	}
	rt.set("b")
	rt.passes(time.Minute)
	rt.knows(t, "b", nil)
	if len(rt.used) != 1 {
		t.Errorf("remembers the use of %v", rt.used)
	}
}
