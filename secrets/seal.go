package secrets

import (
	"errors"
	"fmt"
	"slices"
)

// ErrNoKey says that something cannot be sealed or opened because there is no key at all.
var ErrNoKey = errors.New("there is no key: set RINGDOWN_PAYLOAD_KEY")

// ErrUnknownKey says that something was sealed with a key that is not among ours.
var ErrUnknownKey = errors.New("the key is not in RINGDOWN_PAYLOAD_KEY: add it there, behind the first")

// ErrBroken says that something is not as it was sealed, or was sealed about something else.
var ErrBroken = errors.New("not as it was sealed")

// version is the first byte of all that is sealed. The length of the key's id follows, the id, the nonce,
// the rest.
const version = 1

// Seal makes something unreadable. about is what it belongs to, as the id of a document: it opens for that
// alone. about may be read by anybody and is not kept. What was sealed twice does not look alike. Its error is
// ErrNoKey.
func (k *Keys) Seal(plain, about []byte) ([]byte, error) {
	if !k.Seals() {
		return nil, ErrNoKey
	}
	header := append([]byte{version, byte(len(k.first))}, k.first...)
	sealed := k.all[k.first].Seal(slices.Clone(header), nil, plain, append(header, about...)) //nolint:gosec // it makes its own nonce
	return sealed, nil
}

// Open is what was sealed about something. Its errors are ErrNoKey, ErrUnknownKey and ErrBroken; the first
// two name the key.
func (k *Keys) Open(sealed, about []byte) ([]byte, error) {
	id, header, err := keyOf(sealed)
	if err != nil {
		return nil, err
	}
	if !k.Ready() {
		return nil, fmt.Errorf("open what key %s has sealed: %w", id, ErrNoKey)
	}
	key, ok := k.all[id]
	if !ok {
		return nil, fmt.Errorf("open what key %s has sealed: %w", id, ErrUnknownKey)
	}
	plain, err := key.Open(nil, nil, sealed[header:], append(slices.Clone(sealed[:header]), about...))
	if err != nil {
		return nil, ErrBroken
	}
	return plain, nil
}

// KeyOf is the id of the key that has sealed something. Its error is ErrBroken.
func KeyOf(sealed []byte) (string, error) {
	id, _, err := keyOf(sealed)
	return id, err
}

// keyOf reads which key has sealed something, and how many bytes say so.
func keyOf(sealed []byte) (id string, header int, err error) {
	if len(sealed) < 2 || sealed[0] != version {
		return "", 0, ErrBroken
	}
	header = 2 + int(sealed[1])
	if len(sealed) < header || !keyID.Match(sealed[2:header]) {
		return "", 0, ErrBroken
	}
	return string(sealed[2:header]), header, nil
}
