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
	"go.temporal.io/sdk/activity"
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
	err := p.Store.ReserveNumber(ctx, r.ID, p.Allotted, r.Approval.Override != "")
	var full *models.AllotmentError
	if errors.As(err, &full) {
		return models.Found{Refused: fmt.Sprintf("%d of %d numbers are in use or approved: approve it with a reason for one more, or reject it.",
			full.Used, full.Allotted)}, nil
	}
	if err != nil {
		return models.Found{}, fmt.Errorf("keep a place for number request %s: %w", r.ID, err)
	}
	return models.Found{ID: uuid.Must(uuid.NewV7()).String()}, nil
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
			{Field: "end_user", Text: fmt.Sprintf("Such a number is for %v alone: say whom it is for.", offer.EndUsers())},
			{Field: "person", Text: "Say what is asked of them."},
		}}, nil
	}
	return models.Found{Regulation: regulation, Reasons: r.Missing(regulation)}, nil
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
	search := models.Search{Country: r.Form.Country, Type: r.Form.Type, Wishes: r.Form.Wishes, Limit: 50}
	if like.Country != "" && like.Locality != "" && search.AreaCode == "" {
		search.Locality = like.Locality
	}
	sold, err := p.Carrier.Search(ctx, search)
	if err != nil && !errors.Is(err, models.ErrNotFound) {
		return p.failed(err)
	}
	if candidate, ok := r.Choose(sold); ok {
		if candidate.Address.Needed() {
			if err := p.learn(ctx, r, func(known *models.OfferedType) { known.Address = candidate.Address }); err != nil {
				return models.Found{}, err
			}
		}
		return models.Found{Candidate: candidate, Reasons: r.MissingFor(candidate)}, nil
	}
	if like.Country != "" {
		return models.Found{Refused: "Somebody else has bought the number, and the carrier sells none like it: choose another."}, nil
	}
	return models.Found{Refused: "The carrier sells no number that fits the wishes: choose one that comes near, or ask the requester."}, nil
}

// Address registers the address of the request at the carrier.
func (p *Provisioner) Address(ctx context.Context, r models.NumberRequest) (models.Found, error) {
	defer alive(ctx)()
	if r.Form.Address == nil {
		return models.Found{Reasons: []models.CarrierReason{{Field: "address", Text: "An address is missing."}}}, nil
	}
	id, err := p.Carrier.EnsureAddress(ctx, r.CarrierName("address"), *r.Form.Address)
	return p.made(id, err, "address")
}

// EndUser tells the carrier whom the number is for.
func (p *Provisioner) EndUser(ctx context.Context, r models.NumberRequest) (models.Found, error) {
	defer alive(ctx)()
	attributes := map[string]string{}
	for _, field := range r.Provisioning.Regulation.Fields {
		attributes[field.Name] = r.Form.Person[field.Name]
	}
	id, err := p.Carrier.EnsureEndUser(ctx, r.CarrierName("end user"), r.Form.EndUser, attributes)
	return p.made(id, err, "person")
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
		if err != nil {
			return models.Found{}, err
		}
		document.File = file
	}
	id, err := p.Carrier.EnsureDocument(ctx, r.DocumentName(rule), document)
	return p.made(id, err, "documents."+rule.Name)
}

// file opens a document that was uploaded.
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
	if err != nil {
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
	return p.made(id, err, "email")
}

// Assign puts all that was made into the regulatory file.
func (p *Provisioner) Assign(ctx context.Context, r models.NumberRequest) (models.Found, error) {
	defer alive(ctx)()
	return p.made("", p.Carrier.Assign(ctx, r.Provisioning.BundleID, r.Provisioning.Objects()), "")
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
	reasons, err := p.Carrier.BundleFaults(ctx, r.Provisioning.BundleID)
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

// lookAgain is the try at which a number counts as somebody else's that may have been bought by an earlier one.
const lookAgain = 6

// Buy buys the number, with all its webhooks.
func (p *Provisioner) Buy(ctx context.Context, r models.NumberRequest) (models.Found, error) {
	defer alive(ctx)()
	webhooks, err := p.webhooks(ctx, r)
	if err != nil {
		return models.Found{}, err
	}
	bought, err := p.Carrier.Buy(ctx, twilio.Purchase{
		Number: r.Approval.Candidate.Number, Name: r.CarrierName("number"), Webhooks: webhooks,
		AddressID: r.Provisioning.AddressID, BundleID: r.Provisioning.BundleID,
	})
	switch {
	case errors.Is(err, models.ErrTaken) && activity.GetInfo(ctx).Attempt > 1 && activity.GetInfo(ctx).Attempt < lookAgain:
		// An earlier try may have bought it, and the carrier's lists lag behind.
		return models.Found{}, fmt.Errorf("buy the number of request %s, which may be ours already: %w", r.ID, err)
	case errors.Is(err, models.ErrTaken):
		return models.Found{Taken: true}, nil
	case twilio.PaperworkMissing(err):
		return models.Found{Reasons: []models.CarrierReason{{Field: "address", Text: "The carrier sells this number only with an address that fits it" + in(r.Approval.Candidate) + "."}}}, nil
	}
	return p.made(bought.SID, err, "")
}

func in(c models.Candidate) string {
	if c.Address != models.AddressLocal || c.Locality == "" {
		return ""
	}
	return ", in " + c.Locality
}

// webhooks are those of the number to be bought. One that we had before has its row, and the id of that, back.
func (p *Provisioner) webhooks(ctx context.Context, r models.NumberRequest) (twilio.Webhooks, error) {
	id := r.Provisioning.PhoneNumberID
	known, err := p.Store.NumberByPhone(ctx, r.Approval.Candidate.Number)
	switch {
	case err == nil:
		id = known.ID
	case !errors.Is(err, models.ErrNotFound):
		return twilio.Webhooks{}, fmt.Errorf("look whether the number of request %s was ours before: %w", r.ID, err)
	}
	return twilio.WebhooksAt(p.PublicURL, models.EmergencyURL(p.FallbackURL, id)), nil
}

// Verify sees that the webhooks of the number are ours, and sets them right where they are not.
func (p *Provisioner) Verify(ctx context.Context, r models.NumberRequest) (models.Found, error) {
	defer alive(ctx)()
	webhooks, err := p.webhooks(ctx, r)
	if err != nil {
		return models.Found{}, err
	}
	owned, err := p.Carrier.NumberBySID(ctx, r.Provisioning.NumberID)
	if err != nil {
		return p.failed(err)
	}
	if owned.Connected(webhooks) == nil {
		return models.Found{}, nil
	}
	err = p.Carrier.Connect(ctx, r.Provisioning.NumberID, webhooks)
	if err != nil && twilio.ClassOf(err) == "" {
		return models.Found{}, cannot(err, "The number is bought, but its calls do not reach us: %v. Set that right in the carrier's console and try again, or reject the request, which gives the number back.", err)
	}
	return p.made("", err, "")
}

// TakeIn makes the number one of ours, with a route that is a draft.
func (p *Provisioner) TakeIn(ctx context.Context, r models.NumberRequest) (models.Found, error) {
	c := r.Approval.Candidate
	number, route, err := p.Store.TakeInNumber(ctx, models.PhoneNumber{
		ID: r.Provisioning.PhoneNumberID, Number: c.Number, Name: r.Form.Name, Country: r.Form.Country, Type: r.Form.Type,
		Status: models.NumberActive, CarrierID: r.Provisioning.NumberID, Exception: r.Approval.Override,
	}, r.ID, draft(r))
	if err != nil {
		return models.Found{}, fmt.Errorf("take in the number of request %s: %w", r.ID, err)
	}
	return models.Found{ID: number.ID, RouteID: route.ID}, nil
}

// draft is the route that a new number begins with: it rings nobody yet, and is switched off.
func draft(r models.NumberRequest) models.Route {
	return models.Route{Name: r.Form.Name, Accept: models.Acceptance{Required: true}}.Defaults()
}

// DraftRoute gives a number that was arranged by hand a route, unless it has one.
func (p *Provisioner) DraftRoute(ctx context.Context, r models.NumberRequest) (models.Found, error) {
	route, err := p.Store.DraftRoute(ctx, r.PhoneNumberID, draft(r))
	if err != nil {
		return models.Found{}, fmt.Errorf("make a route for the number of request %s: %w", r.ID, err)
	}
	return models.Found{RouteID: route.ID}, nil
}

// Tidy removes what was made at the carrier and nobody needs, and lists what the carrier would not remove.
func (p *Provisioner) Tidy(ctx context.Context, r models.NumberRequest) (models.Found, error) {
	defer alive(ctx)()
	var found models.Found
	leftovers, err := p.leftovers(ctx, r)
	if err != nil {
		return p.failed(err)
	}
	for _, id := range leftovers {
		err := p.Carrier.Drop(ctx, id)
		switch {
		case err == nil:
		case twilio.ClassOf(err) == twilio.Refused:
			found.Stays = append(found.Stays, id)
		default:
			return p.failed(err)
		}
	}
	return found, nil
}

// leftovers are the carrier's ids of what nobody needs, with that of a number that turns out to have been bought.
func (p *Provisioner) leftovers(ctx context.Context, r models.NumberRequest) ([]string, error) {
	unsure := r.Provisioning.Unsure
	if unsure == "" {
		return r.Provisioning.Leftovers, nil
	}
	owned, err := p.Carrier.Number(ctx, unsure)
	switch {
	case errors.Is(err, models.ErrNotFound):
		return r.Provisioning.Leftovers, nil
	case err != nil:
		return nil, err
	case !strings.HasPrefix(owned.Name, r.ID+"/"): // bought for something else
		return r.Provisioning.Leftovers, nil
	}
	return append([]string{owned.SID}, r.Provisioning.Leftovers...), nil
}

// made is what a request to the carrier came to. field is what of the form it was made of: a refusal speaks against it.
func (p *Provisioner) made(id string, err error, field string) (models.Found, error) {
	if err == nil {
		return models.Found{ID: id}, nil
	}
	var carrier *twilio.CarrierError
	if field != "" && errors.As(err, &carrier) && carrier.Class == twilio.Refused && carrier.Status == 400 {
		return models.Found{Reasons: []models.CarrierReason{{Field: field, Text: fmt.Sprintf("The carrier does not take it as it is (its reason: https://www.twilio.com/docs/api/errors/%d).", carrier.Code)}}}, nil
	}
	return p.failed(err)
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
