package api

import (
	"context"
	"crypto/subtle"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humaecho"
	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
)

// keys knows who may use the API.
type keys struct {
	first *models.APIKey // of the environment, good whatever the database says; nil when none is set
	made  *keyring       // the keys that admins made
	tries *buckets       // of wrong keys, by address
	now   func() time.Time
}

func newKeys(firstKey string, made *keyring, now func() time.Time) *keys {
	k := &keys{made: made, tries: newBuckets(wrongKeys, now), now: now}
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
	p := a.denial(key, wait, err, rolesOf(ctx.Operation()), ctx.SetHeader)
	if p == nil && encoded(ctx) {
		ctx.SetHeader("Accept-Encoding", "identity")
		p = problem(http.StatusUnsupportedMediaType, "Send the body as it is, without a Content-Encoding.")
	}
	if p != nil {
		a.refuse(ctx, p)
		return
	}
	patiently(ctx)
	a.noteUse(key)
	by := withWho(store.As(ctx.Context(), key.Actor()), models.Who{Actor: key.Actor(), Role: key.Role})
	a.through(huma.WithContext(ctx, by), func(ctx huma.Context) {
		a.whole(ctx, func(ctx huma.Context, body []byte) { a.once(ctx, key.ID, body, next) })
	})
}

// denial says why a key, as check found it, may not do now what is for some roles; nil when it may. header gets what
// belongs to the answer.
func (a *rest) denial(key models.APIKey, wait time.Duration, err error, who []models.Role, header func(name, value string)) *huma.ErrorModel {
	switch {
	case wait > 0:
		wrongKeys.refused(header, wait)
		a.limited(wrongKeys)
		return tooManyKeys()
	case errors.Is(err, errWrongKey):
		header("WWW-Authenticate", `Bearer realm="ringdown"`)
		return problem(http.StatusUnauthorized, "Send a key of this system: Authorization: Bearer <key>.")
	case err != nil && !errors.Is(err, errExpiredKey): // logged where the keys are read
		return problemFor(err)
	}
	if p := a.spent(key, header); p != nil {
		return p
	}
	switch {
	case err != nil:
		header("WWW-Authenticate", `Bearer realm="ringdown", error="invalid_token"`)
		return problem(http.StatusUnauthorized, "The key expired at "+key.ExpiresAt.Format(time.RFC3339)+"; an admin makes a new one.")
	case !slices.Contains(who, key.Role):
		return problem(http.StatusForbidden, "This needs a key whose role is "+models.RoleList(who)+"; the role of yours is "+string(key.Role)+".")
	default:
		return nil
	}
}

// encoded says whether an operation's body comes packed: a small one could be large when it is unpacked.
func encoded(ctx huma.Context) bool {
	encoding := ctx.Header("Content-Encoding")
	return ctx.Operation().RequestBody != nil && encoding != "" && !strings.EqualFold(encoding, "identity")
}

func tooManyKeys() *huma.ErrorModel {
	return problem(http.StatusTooManyRequests, "Too many wrong keys came from this address.")
}

// refuse answers a request with a problem before its operation has begun. What it has not read of the body is not waited
// for.
func (a *rest) refuse(ctx huma.Context, p *huma.ErrorModel) {
	if r := humaecho.Unwrap(ctx).Request(); r.ContentLength != 0 {
		ctx.SetHeader("Connection", "close")
	}
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
	_, wait = k.tries.spend(address)
	return models.APIKey{}, wait, err
}

func (k *keys) find(ctx context.Context, header string) (models.APIKey, error) {
	scheme, secret, _ := strings.Cut(header, " ")
	if secret = strings.TrimSpace(secret); secret == "" || !strings.EqualFold(scheme, "Bearer") {
		return models.APIKey{}, errWrongKey
	}
	hash := models.HashKey(secret)
	if !strings.HasPrefix(secret, models.KeyPrefix) && !k.isFirst(hash) {
		return models.APIKey{}, errWrongKey // the database need not be asked
	}
	return k.known(ctx, hash)
}

func (k *keys) isFirst(hash []byte) bool {
	return k.first != nil && subtle.ConstantTimeCompare(hash, k.first.Hash) == 1
}

// known is the key with a hash. The key of an errExpiredKey comes with it.
func (k *keys) known(ctx context.Context, hash []byte) (models.APIKey, error) {
	if k.isFirst(hash) {
		return *k.first, nil
	}
	key, err := k.made.find(ctx, hash)
	if err == nil && key.Expired(k.now()) {
		err = errExpiredKey
	}
	return key, err
}
