package api

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/ringdown/ringdown/models"
)

// receiverRequest is what a client may set of a receiver.
type receiverRequest struct {
	Name       string             `json:"name" minLength:"1" maxLength:"100" example:"Status page"`
	Type       string             `json:"type" enum:"incident_io,pagerduty,alertmanager,webhook"`
	Enabled    *bool              `json:"enabled,omitempty" default:"true"`
	URL        string             `json:"url,omitempty" maxLength:"500" doc:"Of Alertmanager or the webhook; left out for the others, the service itself" example:"https://alerts.example.com/ringdown"`
	Reference  string             `json:"reference,omitempty" maxLength:"100" doc:"For incident_io: the id of the alert source's configuration there"`
	Conditions []conditionRequest `json:"conditions,omitempty" maxItems:"20" doc:"Which alerts it is told of: all must hold; none: of every alert"`
	Secret     string             `json:"secret,omitempty" maxLength:"500" writeOnly:"true" doc:"For incident_io the token of the alert source, for pagerduty the integration key of the service, for alertmanager a bearer token where it wants one, for webhook the key of the signatures: whsec_ and 24 to 64 bytes in base64. Never shown. Left out when a webhook is made, one is made up; left out of a change, it stays"`
}

func (r receiverRequest) receiver() models.Receiver {
	return models.Receiver{
		Name: r.Name, Type: models.ReceiverType(r.Type), Enabled: orTrue(r.Enabled), URL: r.URL, Reference: r.Reference, Secret: r.Secret,
		Conditions: each(r.Conditions, conditionRequest.condition),
	}
}

// madeReceiver is a receiver as it was made.
type madeReceiver struct {
	models.Receiver
	Secret string `json:"secret,omitempty" doc:"The key of a webhook's signatures that was made up, shown this once; left out where the client brought one"`
}

// triedReceiver is what came of trying a receiver.
type triedReceiver struct {
	Delivered bool   `json:"delivered"`
	Status    int    `json:"status" doc:"Of HTTP; 0: no answer"`
	Error     string `json:"error" doc:"Why it was not delivered; empty: it was"`
	TookMS    int64  `json:"took_ms" doc:"How long the receiver took, in milliseconds"`
}

// tryWithin is how long a receiver may take when somebody tries it.
const tryWithin = 10 * time.Second

func (a *rest) mountReceivers() {
	const path = "/v1/receivers"
	making := operation(http.MethodPost, path, "create-receiver", "Add an outside system that is told of alerts", http.StatusConflict)
	making.Description = "A webhook for which no secret is brought gets one made up, which this reply shows once."
	handleBody[receiverRequest](a, shownOnce(making), a.createReceiver)
	listing := operation(http.MethodGet, path, "list-receivers", "List the receivers, the oldest first")
	showing := operation(http.MethodGet, path+"/{id}", "get-receiver", "Show a receiver, without its secret", http.StatusNotFound)
	const hostAlone = "Admins see whole addresses, others the scheme and the host alone: the rest often holds a secret."
	listing.Description, showing.Description = hostAlone, hostAlone
	handle(a, listing, a.listReceivers)
	handle(a, showing, a.receiver)
	changing := operation(http.MethodPut, path+"/{id}", "update-receiver", "Change a receiver as a whole; a secret that is left out stays",
		http.StatusNotFound, http.StatusConflict, http.StatusPreconditionFailed)
	changing.Description = "Where the type changes, or the scheme or host of what a secret is sent to, the secret is given again, " +
		"so that nobody has it sent elsewhere who does not know it."
	handleBody[receiverRequest](a, changing, a.updateReceiver)
	handle(a, operation(http.MethodDelete, path+"/{id}", "delete-receiver", "Remove a receiver; the list of its deliveries stays",
		http.StatusNotFound, http.StatusPreconditionFailed), a.deleteReceiver)
	trying := operation(http.MethodPost, path+"/{id}/test", "test-receiver",
		"Tell a receiver of an alert that is none, once and at once, and say what it answers", http.StatusNotFound)
	trying.DefaultStatus = http.StatusOK
	handle(a, trying, a.testReceiver)
}

func (a *rest) createReceiver(ctx context.Context, in *createInput) (*made[madeReceiver], error) {
	var madeUp string
	receiver, err := decode(a, in.RawBody, func(r receiverRequest) models.Receiver {
		receiver := r.receiver()
		if receiver.Type == models.ReceiverWebhook && receiver.Secret == "" {
			madeUp = newSigningKey()
			receiver.Secret = madeUp
		}
		return receiver
	}, models.Receiver.Validate)
	if err != nil {
		return nil, err
	}
	receiver, err = a.store.CreateReceiver(ctx, receiver)
	return create("/v1/receivers", receiver.ID, madeReceiver{receiverFor(ctx, receiver), madeUp}, receiver.Version), err
}

// newSigningKey is the secret of a webhook: 256 bits that nobody guesses.
func newSigningKey() string {
	var random [32]byte
	_, _ = rand.Read(random[:]) // it never fails
	return models.SecretPrefix + base64.StdEncoding.EncodeToString(random[:])
}

func (a *rest) listReceivers(ctx context.Context, in *pageInput) (*plain[list[models.Receiver]], error) {
	receivers, next, err := a.store.Receivers(ctx, in.page())
	return answerList(eachFor(ctx, receivers, receiverFor), next), inQuery(err)
}

func (a *rest) receiver(ctx context.Context, in *idInput) (*one[models.Receiver], error) {
	receiver, err := a.store.Receiver(ctx, in.ID)
	return show(receiverFor(ctx, receiver), receiver.Version), err
}

func (a *rest) updateReceiver(ctx context.Context, in *updateInput) (*one[models.Receiver], error) {
	before, err := a.store.Receiver(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	given := false
	receiver, err := decode(a, in.RawBody, func(r receiverRequest) models.Receiver {
		receiver := r.receiver()
		receiver.ID = in.ID
		if given = r.Secret != ""; !given {
			receiver.Secret = before.Secret
		}
		return receiver
	}, func(r models.Receiver) error {
		if !given && takesSecretElsewhere(before, r) {
			return secretAgain(r)
		}
		return r.Validate()
	})
	if err != nil {
		return nil, err
	}
	version, err := in.version()
	if err != nil {
		return nil, err
	}
	if !given {
		receiver.Secret = "" // that which is there when it is saved stays
	}
	receiver, err = a.store.UpdateReceiver(ctx, receiver, version)
	return show(receiverFor(ctx, receiver), receiver.Version), err
}

// takesSecretElsewhere says whether a change has the secret of a receiver sent to where it was not sent
// before. A webhook is sent none.
func takesSecretElsewhere(before, after models.Receiver) bool {
	moved := after.Type != models.ReceiverWebhook && siteOf(before.URL) != siteOf(after.URL)
	return before.Secret != "" && (before.Type != after.Type || moved)
}

// siteOf is the scheme and the host of an address.
func siteOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	return u.Scheme + "://" + u.Host
}

// secretAgain adds to what is wrong about a receiver that its secret is to be given.
func secretAgain(r models.Receiver) error {
	var faults models.Faults
	_ = errors.As(r.Validate(), &faults) // or nothing else is wrong
	faults = slices.DeleteFunc(faults, func(f *models.InvalidError) bool { return f.Field == "secret" })
	faults.Add("secret", "must be given again where the type changes, or the scheme or the host of url")
	return faults
}

func (a *rest) deleteReceiver(ctx context.Context, in *deleteInput) (*struct{}, error) {
	version, err := in.version()
	if err != nil {
		return nil, err
	}
	return nil, a.store.DeleteReceiver(ctx, in.ID, version)
}

// testReceiver answers what came of it, whatever that is. Also one that is switched off can be tried.
func (a *rest) testReceiver(ctx context.Context, in *idInput) (*plain[triedReceiver], error) {
	receiver, err := a.store.Receiver(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, cmp.Or(a.tryWithin, tryWithin))
	defer cancel()
	began := time.Now()
	status, err := a.receivers.Send(ctx, receiver, testOf(receiver, a.now()))
	tried := triedReceiver{Delivered: err == nil, Status: status, TookMS: time.Since(began).Milliseconds()}
	if err != nil {
		tried.Error = err.Error()
	}
	return &plain[triedReceiver]{Body: tried}, nil
}

// testOf is a delivery that tells of nothing.
func testOf(r models.Receiver, at time.Time) models.Delivery {
	alert := models.Raised{AlertID: uuid.Must(uuid.NewV7()).String(), StartedAt: at}.Alert()
	alert.Title = "A test of " + r.Name + " by Ringdown"
	return models.Delivery{
		ID: models.DeliveryID(alert.ID, r.ID, 1), AlertID: alert.ID, ReceiverID: r.ID,
		Event: models.EventTest, Alert: alert, At: at, Status: models.DeliveryPending,
	}
}
