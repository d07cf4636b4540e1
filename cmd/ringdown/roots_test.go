package main

import (
	"bytes"
	"crypto/x509"
	"os"
	"os/exec"
	"testing"
)

// An image without certificates trusts what browsers trust: Twilio, Slack and the others are asked over TLS. The roots
// are read once a process, so the test looks at one of its own.
func TestWithoutCertificatesOfTheSystemThoseOfTheBinaryAreTrusted(t *testing.T) {
	if os.Getenv("ROOTS_OF_THE_BINARY") != "" {
		pool, err := x509.SystemCertPool()
		if err != nil {
			t.Fatal(err)
		}
		subjects := pool.Subjects() //nolint:staticcheck // those of the binary are all there are
		known := func(subject []byte) bool { return bytes.Contains(subject, []byte("DigiCert Global Root G2")) }
		found := false
		for _, subject := range subjects {
			found = found || known(subject)
		}
		if len(subjects) < 100 || !found {
			t.Errorf("it trusts %d roots, DigiCert among them: %v", len(subjects), found)
		}
		return
	}
	self := exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^"+t.Name()+"$") //nolint:gosec // this test
	self.Env = append(os.Environ(), "ROOTS_OF_THE_BINARY=1", "SSL_CERT_FILE=/nowhere", "SSL_CERT_DIR=/nowhere")
	if out, err := self.CombinedOutput(); err != nil || !bytes.Contains(out, []byte("PASS")) {
		t.Errorf("%v\n%s", err, out)
	}
}
