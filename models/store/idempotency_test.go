package store_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
	"github.com/ringdown/ringdown/models/store/storetest"
)

// claimed is a claim for a reply, and replied what it became.
func claimed(claim string) models.KeptReply {
	return models.KeptReply{KeyID: "key", Token: "token", Claim: claim, Request: []byte("one"), ClaimedAt: noon}
}

func replied(claim string) models.KeptReply {
	r := claimed(claim)
	r.Status, r.Body = 201, []byte(`{"name":"Grüß Gott"}`)
	r.Header = map[string][]string{"Location": {"/v1/users/1"}, "Etag": {`"1"`}}
	return r
}

func TestAReplyIsKept(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		same(t, claimed("a"), must[models.KeptReply](t)(s.ClaimReply(ctx, claimed("a"))))
		if err := s.KeepReply(ctx, replied("a")); err != nil {
			t.Fatal(err)
		}
		same(t, replied("a"), must[models.KeptReply](t)(s.ClaimReply(ctx, claimed("b"))))
	})
}

func TestAClaimLastsAMinuteAndAReplyADay(t *testing.T) {
	after := func(wait time.Duration) models.KeptReply {
		c := claimed("b")
		c.ClaimedAt = noon.Add(wait)
		return c
	}
	elsewhere := func(change func(*models.KeptReply)) models.KeptReply {
		c := claimed("b")
		change(&c)
		return c
	}
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		for _, c := range []struct {
			name  string
			claim models.KeptReply
			kept  bool // the first claim was answered
			want  string
		}{
			{"at once", after(0), false, "a"},
			{"within the minute", after(time.Minute - time.Microsecond), false, "a"},
			{"after a minute without a reply", after(time.Minute), false, "b"},
			{"an hour after the reply", after(time.Hour), true, "a"},
			{"within a day of it", after(24*time.Hour - time.Microsecond), true, "a"},
			{"after a day", after(24 * time.Hour), true, "b"},
			{"with another token", elsewhere(func(c *models.KeptReply) { c.Token = "another" }), true, "b"},
			{"with another key of the API", elsewhere(func(c *models.KeptReply) { c.KeyID = "another" }), true, "b"},
			{"with the key of the environment", elsewhere(func(c *models.KeptReply) { c.KeyID = "" }), true, "b"},
			{"with another request", elsewhere(func(c *models.KeptReply) { c.Request = []byte("two") }), true, "a"},
		} {
			t.Run(c.name, func(t *testing.T) {
				if err := s.Writer().Exec("DELETE FROM kept_replies").Error; err != nil {
					t.Fatal(err)
				}
				must[models.KeptReply](t)(s.ClaimReply(ctx, claimed("a")))
				if c.kept {
					if err := s.KeepReply(ctx, replied("a")); err != nil {
						t.Fatal(err)
					}
				}
				got := must[models.KeptReply](t)(s.ClaimReply(ctx, c.claim))
				want := c.claim
				if c.want == "a" {
					if want = claimed("a"); c.kept {
						want = replied("a")
					}
				}
				same(t, want, got)
			})
		}
	})
}

func TestALostClaimKeepsAndDropsNothing(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		must[models.KeptReply](t)(s.ClaimReply(ctx, claimed("slow")))
		next := claimed("next")
		next.ClaimedAt = noon.Add(time.Minute)
		must[models.KeptReply](t)(s.ClaimReply(ctx, next))
		if err := s.KeepReply(ctx, replied("slow")); err != nil {
			t.Fatal(err)
		}
		if err := s.DropReply(ctx, claimed("slow")); err != nil {
			t.Fatal(err)
		}
		late := claimed("late")
		late.ClaimedAt = next.ClaimedAt
		same(t, next, must[models.KeptReply](t)(s.ClaimReply(ctx, late)))
		if err := s.DropReply(ctx, next); err != nil {
			t.Fatal(err)
		}
		same(t, late, must[models.KeptReply](t)(s.ClaimReply(ctx, late)))
	})
}

func TestWhatWasGivenUpIsForTheSameRequestAlone(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		must[models.KeptReply](t)(s.ClaimReply(ctx, claimed("first")))
		if err := s.DropReply(ctx, claimed("first")); err != nil {
			t.Fatal(err)
		}
		other, given := claimed("other"), claimed("")
		other.Request, other.ClaimedAt = []byte("two"), noon.Add(time.Hour)
		same(t, given, must[models.KeptReply](t)(s.ClaimReply(ctx, other)))
		same(t, claimed("second"), must[models.KeptReply](t)(s.ClaimReply(ctx, claimed("second"))))
		same(t, claimed("second"), must[models.KeptReply](t)(s.ClaimReply(ctx, other))) // it may have died, and is not another's
		other.ClaimedAt = noon.Add(24 * time.Hour)
		same(t, other, must[models.KeptReply](t)(s.ClaimReply(ctx, other)))
	})
}

func TestOfManyClaimsAtOnceOneWins(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		var won atomic.Int32
		atOnce(t, 16, func(i int) error {
			claim := claimed(fmt.Sprint(i))
			got, err := s.ClaimReply(context.Background(), claim)
			if got.Claim == claim.Claim {
				won.Add(1)
			}
			return err
		})
		if won.Load() != 1 {
			t.Errorf("%d won", won.Load())
		}
	})
}

func TestOldRepliesAreForgotten(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		for i, at := range []time.Time{noon.Add(-time.Second), noon, noon.Add(time.Second)} {
			claim := claimed("a")
			claim.Token, claim.ClaimedAt = fmt.Sprint(i), at
			must[models.KeptReply](t)(s.ClaimReply(ctx, claim))
		}
		if err := s.ForgetReplies(ctx, noon); err != nil {
			t.Fatal(err)
		}
		var left []string
		if err := s.Writer().Model(&models.KeptReply{}).Order("token").Pluck("token", &left).Error; err != nil || fmt.Sprint(left) != "[1 2]" {
			t.Errorf("left are %v, %v", left, err)
		}
	})
}
