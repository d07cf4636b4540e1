package cluster

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// secrets are what a cluster keeps to itself, each in a file of its folder, made on the first start.
type secrets struct {
	adminKey, payloadKey, carrierToken, databasePassword string
}

// Names of the files of secrets.
const (
	adminKeyFile         = "admin-key"
	payloadKeyFile       = "payload-key"
	carrierTokenFile     = "carrier-token"
	databasePasswordFile = "database-password"
)

func readSecrets(folder string) (s secrets, err error) {
	for _, secret := range []struct {
		file  string
		into  *string
		fresh func() string
	}{
		{adminKeyFile, &s.adminKey, rand.Text}, {payloadKeyFile, &s.payloadKey, newPayloadKey},
		{carrierTokenFile, &s.carrierToken, rand.Text}, {databasePasswordFile, &s.databasePassword, rand.Text},
	} {
		if *secret.into, err = readSecret(filepath.Join(folder, secret.file), secret.fresh); err != nil {
			return secrets{}, err
		}
	}
	return s, nil
}

func readSecret(path string, fresh func() string) (string, error) {
	text, err := os.ReadFile(path)
	if secret := strings.TrimSpace(string(text)); err == nil && secret != "" {
		return secret, nil
	}
	secret := fresh()
	if err := os.WriteFile(path, []byte(secret+"\n"), 0o600); err != nil {
		return "", fmt.Errorf("keep a secret in the folder: %w", err)
	}
	return secret, nil
}

// newPayloadKey is a key as RINGDOWN_PAYLOAD_KEY has it.
func newPayloadKey() string {
	key := make([]byte, 32)
	_, _ = rand.Read(key) // it never fails
	return "cluster:" + base64.StdEncoding.EncodeToString(key)
}
