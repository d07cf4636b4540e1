package worker

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"go.temporal.io/sdk/client"
)

func TestTheSweepIsScheduledHoweverLateTemporalTakesIt(t *testing.T) {
	for name, c := range map[string]struct {
		fails int           // how often it is refused
		stops time.Duration // when the worker stops; zero never
		tries int
		took  time.Duration
	}{
		"at once":                      {0, 0, 1, 0},
		"at the fourth try":            {3, 0, 4, 3 * scheduleAgain},
		"never, when the worker stops": {1 << 20, 25 * time.Second, 3, 25 * time.Second},
		"or stops after the first try": {1 << 20, time.Nanosecond, 1, time.Nanosecond},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				if c.stops > 0 {
					time.AfterFunc(c.stops, cancel)
				}
				began, tries := time.Now(), 0
				untilScheduled(ctx, Config{Log: slog.New(slog.DiscardHandler)}, "sweep", func(context.Context, client.Client) error {
					if tries++; tries > c.fails {
						return nil
					}
					return errors.New("nobody is there")
				})
				if took := time.Since(began); tries != c.tries || took != c.took {
					t.Errorf("%d tries in %v, want %d in %v", tries, took, c.tries, c.took)
				}
			})
		})
	}
}
