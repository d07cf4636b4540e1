package api

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"net/http"
	"time"

	"github.com/ringdown/ringdown/models"
)

// keyRequest is what a client may set of a key that is made.
type keyRequest struct {
	Name      string     `json:"name" minLength:"1" maxLength:"100" example:"Deploy pipeline"`
	Role      string     `json:"role" enum:"admin,reviewer,requester,viewer"`
	ExpiresAt *time.Time `json:"expires_at,omitempty" doc:"Exclusive; never when left out"`
}

func (r keyRequest) key() models.APIKey {
	return models.APIKey{Name: r.Name, Role: models.Role(r.Role), ExpiresAt: r.ExpiresAt}
}

// keyChangeRequest is what a client may change of a key.
type keyChangeRequest struct {
	Name string `json:"name" minLength:"1" maxLength:"100" example:"Deploy pipeline"`
	Role string `json:"role" enum:"admin,reviewer,requester,viewer"`
}

// madeKey is a key as it was made.
type madeKey struct {
	models.APIKey
	Secret string `json:"secret" doc:"Shown this once; what is kept of it cannot be turned back into it"`
}

func (a *rest) mountKeys() {
	const path = "/v1/api-keys"
	handleBody[keyRequest](a, shownOnce(operation(http.MethodPost, path, "create-api-key", "Make a key; its secret is shown once")), a.createKey)
	handle(a, roles(operation(http.MethodGet, path, "list-api-keys", "List the keys, the oldest first"), models.RoleAdmin), a.listKeys)
	handle(a, roles(operation(http.MethodGet, path+"/{id}", "get-api-key", "Show a key", http.StatusNotFound), models.RoleAdmin), a.key)
	handleBody[keyChangeRequest](a, operation(http.MethodPut, path+"/{id}", "update-api-key", "Change the name and the role of a key",
		http.StatusNotFound, http.StatusPreconditionFailed), a.updateKey)
	handle(a, operation(http.MethodDelete, path+"/{id}", "delete-api-key",
		"Revoke a key; within seconds nobody can use it any more", http.StatusNotFound, http.StatusPreconditionFailed), a.deleteKey)
}

func (a *rest) createKey(ctx context.Context, in *createInput) (*made[madeKey], error) {
	key, err := decode(a, in.RawBody, keyRequest.key, func(k models.APIKey) error { return k.Validate(a.now()) })
	if err != nil {
		return nil, err
	}
	secret := newSecret()
	key, err = a.store.CreateAPIKey(ctx, key.WithSecret(secret))
	a.keys.made.changed()
	return create("/v1/api-keys", key.ID, madeKey{key, secret}, key.Version), err
}

// newSecret is the secret of a key: 256 bits that nobody guesses.
func newSecret() string {
	var random [32]byte
	_, _ = rand.Read(random[:]) // it never fails
	return models.KeyPrefix + base64.RawURLEncoding.EncodeToString(random[:])
}

func (a *rest) listKeys(ctx context.Context, in *pageInput) (*plain[list[models.APIKey]], error) {
	keys, next, err := a.store.APIKeys(ctx, in.page())
	return answerList(keys, next), inQuery(err)
}

func (a *rest) key(ctx context.Context, in *idInput) (*one[models.APIKey], error) {
	key, err := a.store.APIKey(ctx, in.ID)
	return show(key, key.Version), err
}

func (a *rest) updateKey(ctx context.Context, in *updateInput) (*one[models.APIKey], error) {
	key, err := a.store.APIKey(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	changed := func(r keyChangeRequest) models.APIKey {
		key.Name, key.Role = r.Name, models.Role(r.Role)
		return key
	}
	key, err = decode(a, in.RawBody, changed, func(k models.APIKey) error { return k.Validate(a.now()) })
	if err != nil {
		return nil, err
	}
	version, err := in.version()
	if err != nil {
		return nil, err
	}
	key, err = a.store.UpdateAPIKey(ctx, key, version)
	a.keys.made.changed()
	return show(key, key.Version), err
}

// deleteKey revokes a key, for this process at once and for others as soon as their copy is old.
func (a *rest) deleteKey(ctx context.Context, in *deleteInput) (*struct{}, error) {
	version, err := in.version()
	if err != nil {
		return nil, err
	}
	defer a.keys.made.changed() // even after a failure, of which nobody knows what it did
	return nil, a.store.DeleteAPIKey(ctx, in.ID, version)
}
