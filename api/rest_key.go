package api

import (
	"context"
	"crypto/subtle"
	"errors"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humaecho"
	"golang.org/x/time/rate"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
)

// keys knows who may use the API.
type keys struct {
	first *models.APIKey // of the environment, good whatever the database says; nil when none is set
	made  *keyring       // the keys that admins made
	tries *tries
	now   func() time.Time
}

func newKeys(firstKey string, made *keyring, now func() time.Time) *keys {
	k := &keys{made: made, tries: &tries{now: now, of: map[string]*rate.Limiter{}}, now: now}
	if firstKey != "" {
		first := models.APIKey{Name: "first admin key", Role: models.RoleAdmin}.WithSecret(firstKey)
		k.first = &first
	}
	return k
}

// Why a key is refused.
var (
	errWrongKey   = errors.New("wrong key")
	errExpiredKey = errors.New("expired key")
)

// authorize lets a request pass whose key is right and has a role that the operation is for. An
// address that has used up its tries is refused whatever it brings, because a right key among many
// guesses would be a lucky guess.
func (a *rest) authorize(ctx huma.Context, next func(huma.Context)) {
	key, wait, err := a.keys.check(ctx.Context(), address(humaecho.Unwrap(ctx)), ctx.Header("Authorization"))
	who := rolesOf(ctx.Operation())
	switch {
	case wait > 0:
		ctx.SetHeader("Retry-After", strconv.Itoa(int(math.Ceil(wait.Seconds()))))
		a.refuse(ctx, problem(http.StatusTooManyRequests, "Too many wrong keys came from this address."))
	case errors.Is(err, errWrongKey):
		ctx.SetHeader("WWW-Authenticate", `Bearer realm="ringdown"`)
		a.refuse(ctx, problem(http.StatusUnauthorized, "Send a key of this system: Authorization: Bearer <key>."))
	case errors.Is(err, errExpiredKey):
		ctx.SetHeader("WWW-Authenticate", `Bearer realm="ringdown", error="invalid_token"`)
		a.refuse(ctx, problem(http.StatusUnauthorized, "The key expired at "+key.ExpiresAt.Format(time.RFC3339)+"; an admin makes a new one."))
	case err != nil: // logged where the keys are read
		a.refuse(ctx, problemFor(err))
	case !slices.Contains(who, key.Role):
		a.refuse(ctx, problem(http.StatusForbidden, "This needs a key whose role is "+models.RoleList(who)+"; the role of yours is "+string(key.Role)+"."))
	default:
		a.noteUse(key)
		by := withWho(store.As(ctx.Context(), key.Actor()), models.Who{Actor: key.Actor(), Role: key.Role})
		a.through(huma.WithContext(ctx, by), func(ctx huma.Context) { a.once(ctx, key.ID, next) })
	}
}

// refuse answers a request with a problem before its operation has begun.
func (a *rest) refuse(ctx huma.Context, p *huma.ErrorModel) {
	faults := make([]error, len(p.Errors))
	for i, fault := range p.Errors {
		faults[i] = fault
	}
	_ = huma.WriteErr(a.api, ctx, p.Status, p.Detail, faults...) // the client is gone when this fails
}

// noteUse notes in the background when a key was used, at most once a minute.
func (a *rest) noteUse(key models.APIKey) {
	now := a.now()
	if key.ID == "" || !a.keys.made.worthNoting(key, now) {
		return
	}
	a.background(func(ctx context.Context) {
		if err := a.store.NoteUse(ctx, key.ID, now); err != nil {
			a.log.WarnContext(ctx, "use of a key not noted", "key", key.ID, "cause", err)
		}
	})
}

// check finds the key that an Authorization header holds, or says how long its sender must wait
// before they may try again. The key of an errExpiredKey comes with it. A key that cannot be told
// right from wrong while the database is away counts as a try too.
func (k *keys) check(ctx context.Context, address, header string) (key models.APIKey, wait time.Duration, err error) {
	if wait := k.tries.wait(address); wait > 0 {
		return models.APIKey{}, wait, nil
	}
	key, err = k.find(ctx, header)
	if err == nil || errors.Is(err, errExpiredKey) {
		return key, k.tries.wait(address), err // others may have guessed meanwhile
	}
	return models.APIKey{}, k.tries.spend(address), err
}

func (k *keys) find(ctx context.Context, header string) (models.APIKey, error) {
	scheme, secret, _ := strings.Cut(header, " ")
	if secret = strings.TrimSpace(secret); secret == "" || !strings.EqualFold(scheme, "Bearer") {
		return models.APIKey{}, errWrongKey
	}
	hash := models.HashKey(secret)
	if k.first != nil && subtle.ConstantTimeCompare(hash, k.first.Hash) == 1 {
		return *k.first, nil
	}
	if !strings.HasPrefix(secret, models.KeyPrefix) {
		return models.APIKey{}, errWrongKey // the database need not be asked
	}
	key, err := k.made.find(ctx, hash)
	if err == nil && key.Expired(k.now()) {
		err = errExpiredKey
	}
	return key, err
}
