// Package secrets seals what nobody may read who holds the database or a history alone. It is AES-256-GCM:
// what was sealed can neither be read nor changed without the key.
package secrets

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
)

// keySize is in bytes, that of AES-256.
const keySize = 32

// Keys seal with the first and open with any. They are safe for concurrent use and show nothing of
// themselves. A nil one has no key.
type Keys struct {
	first string // the id of the one that seals
	all   map[string]cipher.AEAD
}

// keyID is what an id may be: it stands before each thing that is sealed, for all to read.
var keyID = regexp.MustCompile(`^[a-z0-9-]{1,20}$`)

// ParseKeys reads RINGDOWN_PAYLOAD_KEY, which is id:base64 of 32 bytes, and more of them behind commas. The
// first seals, all open: a new one is put before the others, and an old one stays until nothing is sealed
// with it any more. An empty text has no keys. The error names every mistake at once and repeats no key.
func ParseKeys(text string) (*Keys, error) {
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	keys := &Keys{all: map[string]cipher.AEAD{}}
	var wrong []error
	for i, part := range strings.Split(text, ",") {
		id, key, err := parseKey(strings.TrimSpace(part))
		if _, twice := keys.all[id]; err == nil && twice {
			err = fmt.Errorf("%s is the id of another key too", id)
		}
		if err != nil {
			wrong = append(wrong, fmt.Errorf("RINGDOWN_PAYLOAD_KEY: key %d: %w", i+1, err))
			continue
		}
		if keys.first == "" {
			keys.first = id
		}
		keys.all[id] = key
	}
	if err := errors.Join(wrong...); err != nil {
		return nil, err
	}
	return keys, nil
}

func parseKey(text string) (id string, key cipher.AEAD, err error) {
	id, encoded, parted := strings.Cut(text, ":")
	if !parted {
		return "", nil, errors.New("want id:key, as in 2026-03:… with 32 random bytes in base64")
	}
	if !keyID.MatchString(id) {
		return "", nil, errors.New("its id must be 1 to 20 of a-z, 0-9 and -")
	}
	plain, err := base64.StdEncoding.Strict().DecodeString(encoded)
	if err != nil {
		return "", nil, errors.New("must be standard base64, as `openssl rand -base64 32` writes it")
	}
	if len(plain) != keySize {
		return "", nil, fmt.Errorf("has %d bytes, want %d, as `openssl rand -base64 32` writes them", len(plain), keySize)
	}
	block, err := aes.NewCipher(plain)
	if err != nil {
		return "", nil, err
	}
	key, err = cipher.NewGCMWithRandomNonce(block)
	return id, key, err
}

// NewKey makes a key of its own as ParseKeys reads it.
func NewKey() string {
	random := make([]byte, 4+keySize)
	_, _ = rand.Read(random) // it never fails
	return hex.EncodeToString(random[:4]) + ":" + base64.StdEncoding.EncodeToString(random[4:])
}

// Ready says whether there is a key.
func (k *Keys) Ready() bool { return k != nil }

// Seals says whether there is a key that seals.
func (k *Keys) Seals() bool { return k.Ready() && k.first != "" }

// Opening are the same keys, which open and do not seal.
func (k *Keys) Opening() *Keys {
	if !k.Ready() {
		return nil
	}
	return &Keys{all: k.all}
}

// Format shows that there are keys and none of them, whatever the verb.
func (k *Keys) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "[keys]") }
