package drill

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/log"

	"github.com/ringdown/ringdown/cluster"
	"github.com/ringdown/ringdown/secrets"
	"github.com/ringdown/ringdown/simulator"
	"github.com/ringdown/ringdown/workflows"
)

// site is the running system, as the drill reaches it.
type site struct {
	rest     *restClient
	carrier  *simulator.Client
	control  cluster.Control // nil: nothing can be broken
	temporal client.Client   // nil: histories are not looked at
	failures converter.FailureConverter
}

// atOnceToOne is how many connections are kept to one address.
const atOnceToOne = 64

// visit finds the parts of a system. It errs where the carrier is a real one: people would be rung.
func visit(ctx context.Context, s cluster.System) (*site, error) {
	if s.Carrier == "" {
		return nil, errors.New("the system's carrier is not simulated: a drill would ring people; start `ringdown dev` or `ringdown cluster` without TWILIO_ACCOUNT_SID")
	}
	key, err := secret(s.AdminKeyFile, "RINGDOWN_ADMIN_KEY")
	if err != nil {
		return nil, fmt.Errorf("read the admin key: %w", err)
	}
	web := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: atOnceToOne, IdleConnTimeout: 30 * time.Second}}
	v := &site{
		rest:    &restClient{base: strings.TrimSuffix(s.API, "/"), key: key, http: web},
		carrier: &simulator.Client{BaseURL: s.Carrier, HTTP: web},
	}
	if _, err := v.carrier.Faults(ctx); err != nil {
		return nil, fmt.Errorf("no simulated carrier answers at %s: %w", s.Carrier, err)
	}
	if s.Control != "" {
		v.control = &cluster.Client{BaseURL: s.Control, HTTP: &http.Client{}} // a part may take its time
	}
	if s.Temporal != "" {
		if err := v.open(s); err != nil {
			return nil, err
		}
	}
	return v, nil
}

// secret is the text of a system's file, or what the environment has where the system keeps it in none.
func secret(file, variable string) (string, error) {
	if file == "" {
		return os.Getenv(variable), nil
	}
	text, err := os.ReadFile(file)
	return strings.TrimSpace(string(text)), err
}

// open opens histories with the system's keys.
func (v *site) open(s cluster.System) (err error) {
	text, err := secret(s.PayloadKeyFile, "RINGDOWN_PAYLOAD_KEY")
	if err != nil {
		return fmt.Errorf("read the key of histories: %w", err)
	}
	keys, err := secrets.ParseKeys(text)
	if err != nil {
		return fmt.Errorf("read the key of histories: %w", err)
	}
	v.failures = workflows.FailureConverter(keys)
	v.temporal, err = client.NewLazyClient(client.Options{
		HostPort: s.Temporal, Namespace: cmp.Or(s.Namespace, client.DefaultNamespace),
		DataConverter: workflows.DataConverter(keys), FailureConverter: v.failures,
		Logger: log.NewStructuredLogger(slog.New(slog.DiscardHandler)),
	})
	return err
}

func (v *site) leave() {
	if v.temporal != nil {
		v.temporal.Close()
	}
}
