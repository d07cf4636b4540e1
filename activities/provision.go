package activities

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/ringdown/ringdown/activities/twilio"
	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
	"github.com/ringdown/ringdown/secrets"
	"go.temporal.io/sdk/temporal"
)

// Provisioner sets up the number of a request. Each of its steps looks first whether it is done, so that all of them
// are safe to repeat: a reply may be lost, a worker may die, and nothing is made or bought twice.
type Provisioner struct {
	Store       *store.Store
	Carrier     *twilio.Client
	Keys        *secrets.Keys // open documents; nil opens none
	PublicURL   string        // where the carrier reaches our webhooks, without a trailing slash
	FallbackURL string        // where the emergency documents are served; may be empty
	Allotted    int           // how many numbers there may be; zero means no limit
}

// ErrCannot is the type of errors that no repeat mends. Their message tells a person what to do.
const ErrCannot = "cannot"

func cannot(cause error, format string, args ...any) error {
	return temporal.NewNonRetryableApplicationError(fmt.Sprintf(format, args...), ErrCannot, cause)
}

// Reserve keeps a place in the allotment for the request, and gives the number an id of ours, which is in its webhooks
// before there is a row. Where no place is left, a reviewer is to look again.
func (p *Provisioner) Reserve(ctx context.Context, r models.NumberRequest) (models.Found, error) {
	exceeded, err := p.Store.ReserveNumber(ctx, r.ID, p.Allotted, r.Approval.Override != "")
	var full *models.AllotmentError
	if errors.As(err, &full) {
		return models.Found{Back: fmt.Sprintf("%d of %d numbers are in use or approved: approve it with a reason for one more, or reject it.", full.Used, full.Allotted)}, nil
	}
	if err != nil {
		return models.Found{}, fmt.Errorf("keep a place for number request %s: %w", r.ID, err)
	}
	return models.Found{ID: uuid.Must(uuid.NewV7()).String(), Exceeded: exceeded}, nil
}

// Regulation asks what the country asks of the end user, and compares it with what the form says.
func (p *Provisioner) Regulation(ctx context.Context, r models.NumberRequest) (models.Found, error) {
	defer alive(ctx)()
	found, err := p.Carrier.Regulations(ctx, r.Form.Country, r.Form.Type, "")
	if err != nil && !errors.Is(err, models.ErrNotFound) {
		return p.failed(err)
	}
	offer := models.OfferedType{Type: r.Form.Type}
	for _, regulation := range found {
		offer.Regulations = append(offer.Regulations, regulation.Regulation)
	}
	err = p.learn(ctx, r, func(known *models.OfferedType) { known.Regulations = offer.Regulations })
	if err != nil {
		return models.Found{}, err
	}
	regulation, ok := offer.For(r.Form.EndUser)
	if !ok && len(offer.Regulations) > 0 {
		return models.Found{Reasons: []models.CarrierReason{
			{Field: "end_user", Text: "Such a number is for " + allOf(offer.EndUsers()) + " alone: say whom it is for."},
			{Field: "person", Text: "Say what is asked of them."},
		}}, nil
	}
	return models.Found{Regulation: regulation, Reasons: r.Missing(regulation)}, nil
}

// allOf is a list of kinds in words.
func allOf(kinds []models.EndUserType) string {
	words := make([]string, len(kinds))
	for i, kind := range kinds {
		words[i] = map[models.EndUserType]string{models.Business: "businesses", models.Individual: "individuals"}[kind]
	}
	return strings.Join(words, " and ")
}

// learn notes in the catalogue what the carrier says of the type of number that is asked for, so that the form lets
// people answer what it asks.
func (p *Provisioner) learn(ctx context.Context, r models.NumberRequest, change func(known *models.OfferedType)) error {
	country, err := p.Store.Country(ctx, r.Form.Country)
	if err != nil {
		return fmt.Errorf("look up %s in the catalogue: %w", r.Form.Country, err)
	}
	learned, news := country.With(r.Form.Type, change)
	if !news {
		return nil
	}
	if err := p.Store.KeepCountries(ctx, []models.Country{learned}); err != nil {
		return fmt.Errorf("note in the catalogue what %s asks: %w", r.Form.Country, err)
	}
	return nil
}

// Choose looks for a number that fits the wishes, or is like the one that was approved.
func (p *Provisioner) Choose(ctx context.Context, r models.NumberRequest) (models.Found, error) {
	defer alive(ctx)()
	like := r.Approval.Candidate
	search := models.Search{Country: r.Form.Country, Type: r.Form.Type, Wishes: r.WishesNow(), Limit: 50}
	sold, err := p.Carrier.Search(ctx, search)
	if err != nil && !errors.Is(err, models.ErrNotFound) {
		return p.failed(err)
	}
	if candidate, ok := r.Choose(sold); ok {
		candidate.Price = p.price(ctx, r)
		if candidate.Address.Needed() {
			if err := p.learn(ctx, r, func(known *models.OfferedType) { known.Address = candidate.Address }); err != nil {
				return models.Found{}, err
			}
		}
		return models.Found{Candidate: candidate, Reasons: r.MissingFor(candidate)}, nil
	}
	if like.Country != "" {
		return models.Found{Back: "Somebody else has bought the number, and the carrier sells none like it: choose another."}, nil
	}
	return models.Found{Back: "The carrier sells no number that fits the wishes: choose one that comes near, or ask the requester."}, nil
}

// price is what such a number costs a month, as the catalogue has it; unknown where it does not.
func (p *Provisioner) price(ctx context.Context, r models.NumberRequest) models.Price {
	country, err := p.Store.Country(ctx, r.Form.Country)
	if err != nil {
		return models.Price{}
	}
	offer, _ := country.Offer(r.Form.Type)
	return offer.Price
}

// Address registers the address of the request at the carrier.
func (p *Provisioner) Address(ctx context.Context, r models.NumberRequest) (models.Found, error) {
	defer alive(ctx)()
	if r.Form.Address == nil {
		return models.Found{Reasons: []models.CarrierReason{{Field: "address", Text: "An address is missing."}}}, nil
	}
	id, err := p.Carrier.EnsureAddress(ctx, r.CarrierName("address"), *r.Form.Address)
	return p.made(id, err, "")
}

// EndUser tells the carrier whom the number is for.
func (p *Provisioner) EndUser(ctx context.Context, r models.NumberRequest) (models.Found, error) {
	defer alive(ctx)()
	attributes := map[string]string{}
	for _, field := range r.Provisioning.Regulation.Fields {
		attributes[field.Name] = r.Form.Person[field.Name]
	}
	id, err := p.Carrier.EnsureEndUser(ctx, r.CarrierName("end user"), r.Form.EndUser, attributes)
	return p.made(id, err, "")
}

// Document hands in the next document.
func (p *Provisioner) Document(ctx context.Context, r models.NumberRequest) (models.Found, error) {
	defer alive(ctx)()
	rule := r.NextDocument()
	submitted, kind, ok := r.DocumentFor(rule)
	if !ok {
		return models.Found{Reasons: r.Missing(r.Provisioning.Regulation)}, nil
	}
	document := twilio.Document{Type: kind.Name, Attributes: map[string]any{}}
	for name, value := range submitted.Fields {
		document.Attributes[name] = value
	}
	if kind.Address {
		document.Attributes["address_sids"] = []string{r.Provisioning.AddressID}
	}
	if submitted.File != "" {
		file, err := p.file(ctx, submitted.File)
		switch {
		case errors.Is(err, models.ErrNotFound), errors.Is(err, secrets.ErrBroken):
			return models.Found{Reasons: []models.CarrierReason{{Field: "documents." + rule.Name, Text: rule.Label + ": its file is gone. Upload it again."}}}, nil
		case err != nil:
			return models.Found{}, err
		}
		document.File = file
	}
	id, err := p.Carrier.EnsureDocument(ctx, r.DocumentName(rule), document)
	return p.made(id, err, "documents."+rule.Name)
}

// file opens a document that was uploaded. models.ErrNotFound and secrets.ErrBroken say that it must be once more.
func (p *Provisioner) file(ctx context.Context, id string) (*twilio.File, error) {
	document, err := p.Store.Document(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("read document %s: %w", id, err)
	}
	sealed, err := p.Store.Sealed(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("read document %s: %w", id, err)
	}
	content, err := p.Keys.Open(sealed, []byte(id))
	switch {
	case errors.Is(err, secrets.ErrBroken):
		return nil, fmt.Errorf("open document %s: %w", id, err)
	case err != nil:
		return nil, cannot(err, "A document cannot be opened: RINGDOWN_PAYLOAD_KEY lacks the key that sealed it. Add that key, restart the workers, and try again.")
	}
	return &twilio.File{Name: document.Name, MediaType: document.MediaType, Content: content}, nil
}

// Bundle opens the regulatory file.
func (p *Provisioner) Bundle(ctx context.Context, r models.NumberRequest) (models.Found, error) {
	defer alive(ctx)()
	id, err := p.Carrier.EnsureBundle(ctx, r.CarrierName("bundle"), twilio.Bundle{
		Email: r.Form.Email, RegulationID: r.Provisioning.Regulation.CarrierID,
		StatusCallback: models.Links{Base: p.PublicURL}.BundleStatus(r.ID),
	})
	return p.made(id, err, "")
}

// codeObjectGone is the carrier's for an end user or a document that it does not know any more, and codePaperworkWanted
// for a purchase that wants another regulatory file, and codeDocumentUnfit for one with the wrong document. Source: Twilio's error dictionary.
const (
	codeObjectGone      = 22205
	codePaperworkWanted = 21649
	codeDocumentUnfit   = 21651
)

// Assign puts all that was made into the regulatory file.
func (p *Provisioner) Assign(ctx context.Context, r models.NumberRequest) (models.Found, error) {
	defer alive(ctx)()
	err := p.Carrier.Assign(ctx, r.Provisioning.BundleID, r.Provisioning.Objects())
	if hasCode(err, codeObjectGone) {
		return models.Found{Gone: true}, nil
	}
	return p.made("", err, "")
}

func hasCode(err error, code int) bool {
	var carrier *twilio.CarrierError
	return errors.As(err, &carrier) && carrier.Class == twilio.Refused && carrier.Code == code
}

// Evaluate has the carrier look for what is missing.
func (p *Provisioner) Evaluate(ctx context.Context, r models.NumberRequest) (models.Found, error) {
	defer alive(ctx)()
	reasons, err := p.Carrier.Evaluate(ctx, r.Provisioning.BundleID)
	if err != nil {
		return p.failed(err)
	}
	return models.Found{Reasons: reasons}, nil
}

// Submit gives the regulatory file to the carrier's reviewers.
func (p *Provisioner) Submit(ctx context.Context, r models.NumberRequest) (models.Found, error) {
	defer alive(ctx)()
	if err := p.Carrier.Submit(ctx, r.Provisioning.BundleID); err != nil {
		return p.failed(err)
	}
	return p.Poll(ctx, r, "")
}

// Poll asks how far the carrier's review is. told is the reason that the carrier told of a refusal, empty when
// none was heard.
func (p *Provisioner) Poll(ctx context.Context, r models.NumberRequest, told string) (models.Found, error) {
	defer alive(ctx)()
	status, err := p.Carrier.BundleStatus(ctx, r.Provisioning.BundleID)
	if err != nil {
		return p.failed(err)
	}
	if status != models.BundleRejected {
		return models.Found{Bundle: status}, nil
	}
	reasons, err := p.Carrier.BundleFaults(ctx, r.Provisioning.BundleID, r.Provisioning.Documents)
	if err != nil {
		return p.failed(err)
	}
	if told != "" {
		reasons = append([]models.CarrierReason{{Text: told}}, reasons...)
	}
	if len(reasons) == 0 {
		reasons = []models.CarrierReason{{Text: "The carrier gives no reason; its console may say more."}}
	}
	return models.Found{Bundle: status, Reasons: reasons}, nil
}

// made is what a request to the carrier came to. What speaks against the form, goes to the requester; document is the
// field of the document that was handed in, empty for anything else.
func (p *Provisioner) made(id string, err error, document string) (models.Found, error) {
	if err == nil {
		return models.Found{ID: id}, nil
	}
	field, text, ok := twilio.FormFault(err)
	if !ok {
		return p.failed(err)
	}
	if field == "documents" && document != "" {
		field = document
	}
	return models.Found{Reasons: []models.CarrierReason{{Field: field, Text: text}}}, nil
}

// failed is an error for the workflow: one that a repeat may mend, or one that a person must.
func (p *Provisioner) failed(err error) (models.Found, error) {
	var carrier *twilio.CarrierError
	if !errors.As(err, &carrier) {
		return models.Found{}, err
	}
	switch carrier.Class {
	case twilio.NotFound:
		return models.Found{Gone: true}, nil
	case twilio.Refused, twilio.NotLive:
		return models.Found{}, cannot(err, "The carrier has refused it: %v. Mend that and try again, or reject the request.", err)
	case twilio.Credentials:
		return models.Found{}, cannot(err, "The carrier does not accept our account: %v. Mend that and try again.", err)
	}
	return models.Found{}, temporal.NewApplicationErrorWithOptions(err.Error(), string(carrier.Class),
		temporal.ApplicationErrorOptions{Cause: err, NextRetryDelay: min(carrier.RetryAfter, 10*time.Minute)})
}
