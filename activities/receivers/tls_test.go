package receivers

import (
	"crypto/tls"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/ringdown/ringdown/models"
)

func TestAReceiverWithACertificateThatIsTrustedIsTold(t *testing.T) {
	heard := make(chan string, 2)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { heard <- r.Proto }))
	server.EnableHTTP2 = true
	server.StartTLS()
	t.Cleanup(server.Close)
	c := New(Config{AllowPrivate: true})
	c.http.Transport.(*http.Transport).TLSClientConfig = &tls.Config{
		RootCAs: server.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs, MinVersion: tls.VersionTLS12,
	}
	r := models.Receiver{Type: models.ReceiverAlertmanager, URL: server.URL}
	if _, err := c.Send(t.Context(), r, models.Delivery{Event: models.EventRaised, At: time.Now()}); err != nil {
		t.Fatal(err)
	}
	if protocol := <-heard; protocol != "HTTP/2.0" {
		t.Error(protocol)
	}
}
