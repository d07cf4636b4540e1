package store

import (
	"context"
	"errors"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/ringdown/ringdown/models"
)

// claimTries is how often a claim is tried whose rival goes away just then.
const claimTries = 3

// ClaimReply answers what is kept under the token of a request: the claim itself where nothing is,
// or what is there is over. A reply that was lost or given up can be claimed by the same request alone.
// Of all who claim at once, in whatever process, one gets their own.
func (s *Store) ClaimReply(ctx context.Context, claim models.KeptReply) (kept models.KeptReply, err error) {
	claim.ClaimedAt = instant(claim.ClaimedAt)
	over := clause.Where{Exprs: []clause.Expression{clause.Expr{
		SQL: "kept_replies.claimed_at <= ? OR kept_replies.status = 0 AND kept_replies.request = ? AND " +
			"(kept_replies.claim = '' OR kept_replies.claimed_at <= ?)",
		Vars: []any{claim.ClaimedAt.Add(-models.RepliesLast), claim.Request, claim.ClaimedAt.Add(-models.ReplyWithin)},
	}}}
	for range claimTries {
		err = s.writer.WithContext(ctx).Clauses(clause.OnConflict{
			Columns:   []clause.Column{{Name: "key_id"}, {Name: "token"}},
			DoUpdates: s.columnsBut(&models.KeptReply{}, "key_id", "token"),
			Where:     over,
		}).Create(&claim).Error
		if err != nil {
			break
		}
		err = s.writer.WithContext(ctx).Take(&kept, "key_id = ? AND token = ?", claim.KeyID, claim.Token).Error
		if !errors.Is(err, gorm.ErrRecordNotFound) {
			break
		}
	}
	return kept, translate("claim a reply", err)
}

// KeepReply keeps the reply that a claim was for, unless somebody else has claimed it meanwhile.
func (s *Store) KeepReply(ctx context.Context, made models.KeptReply) error {
	err := ofClaim(s.writer.WithContext(ctx), made).Model(&models.KeptReply{}).
		Select("status", "header", "body").UpdateColumns(&made).Error
	return translate("keep a reply", err)
}

// DropReply gives a claim up: the same request has the next try.
func (s *Store) DropReply(ctx context.Context, claim models.KeptReply) error {
	err := ofClaim(s.writer.WithContext(ctx), claim).Model(&models.KeptReply{}).UpdateColumn("claim", "").Error
	return translate("drop a reply", err)
}

func ofClaim(query *gorm.DB, r models.KeptReply) *gorm.DB {
	return query.Where("key_id = ? AND token = ? AND claim = ?", r.KeyID, r.Token, r.Claim)
}

// ForgetReplies deletes the replies that were claimed before an instant.
func (s *Store) ForgetReplies(ctx context.Context, before time.Time) error {
	err := s.writer.WithContext(ctx).Delete(&models.KeptReply{}, "claimed_at < ?", instant(before)).Error
	return translate("forget kept replies", err)
}
