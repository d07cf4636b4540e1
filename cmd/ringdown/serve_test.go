package main

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

func TestWhatIsTendedIsOverWhenItIsStopped(t *testing.T) {
	for name, ends := range map[string]bool{"by the process's own end": true, "by a failure": false} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, end := context.WithCancel(t.Context())
				defer end()
				over := [2]bool{}
				lingers := func(i int) func(context.Context) {
					return func(ctx context.Context) {
						<-ctx.Done()
						time.Sleep(time.Duration(i+1) * time.Second) // a question to the database that was begun
						over[i] = true
					}
				}
				stop := tend(ctx, lingers(0), lingers(1))
				if ends {
					end()
				}
				stop()
				if !over[0] || !over[1] {
					t.Errorf("over: %v", over)
				}
				stop()
			})
		})
	}
}
