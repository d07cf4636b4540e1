package mail

import (
	"crypto/x509"
	"time"
)

// Trust has a client trust the certificates of a test.
func (c *Client) Trust(roots *x509.CertPool) { c.roots = roots }

// Hurry has a client wait no longer for one message.
func (c *Client) Hurry(patience time.Duration) { c.patience = patience }
