package activities

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/ringdown/ringdown/activities/twilio"
	"github.com/ringdown/ringdown/models"
	"go.temporal.io/sdk/activity"
)

// lookAgain is the try at which a number counts as somebody else's: it may have been bought by an earlier one.
const lookAgain = 4

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
	case errors.Is(err, models.ErrTaken) && activity.GetInfo(ctx).Attempt < lookAgain:
		// An earlier try may have bought it, also one of a run before this one, and the carrier's lists lag behind.
		return models.Found{}, fmt.Errorf("buy the number of request %s, which may be ours already: %w", r.ID, err)
	case errors.Is(err, models.ErrTaken):
		return models.Found{Taken: true}, nil
	case hasCode(err, codePaperworkWanted):
		return models.Found{Gone: true}, nil
	case twilio.PaperworkMissing(err) && !hasCode(err, codeDocumentUnfit):
		return models.Found{Reasons: []models.CarrierReason{{Field: "address", Text: "The carrier sells this number only with an address that fits it" + in(r.Approval.Candidate) + "."}}}, nil
	}
	if _, _, ofForm := twilio.FormFault(err); !ofForm && twilio.ClassOf(err) == twilio.Refused {
		return models.Found{Back: fmt.Sprintf("The carrier would not sell the number: %v. Mend that and approve it again, or choose another.", err)}, nil
	}
	return p.made(bought.SID, err, "")
}

func in(c models.Candidate) string {
	if c.Address != models.AddressLocal || c.Locality == "" {
		return ""
	}
	return ", in " + c.Locality
}

// webhooks are those of the number to be bought.
func (p *Provisioner) webhooks(ctx context.Context, r models.NumberRequest) (twilio.Webhooks, error) {
	id, err := p.idOf(ctx, r)
	return twilio.WebhooksAt(p.PublicURL, models.EmergencyURL(p.FallbackURL, id)), err
}

// idOf is our id of the number: that of its row where there is one, because it was ours before or somebody has
// imported it since it was bought.
func (p *Provisioner) idOf(ctx context.Context, r models.NumberRequest) (string, error) {
	known, err := p.Store.NumberByPhone(ctx, r.Approval.Candidate.Number)
	switch {
	case errors.Is(err, models.ErrNotFound):
		return r.Provisioning.PhoneNumberID, nil
	case err != nil:
		return "", fmt.Errorf("look whether the number of request %s has a row: %w", r.ID, err)
	}
	return known.ID, nil
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
	id, err := p.idOf(ctx, r)
	if err != nil {
		return models.Found{}, err
	}
	number, route, err := p.Store.TakeInNumber(ctx, models.PhoneNumber{
		ID: id, Number: c.Number, Name: r.Form.Name, Country: r.Form.Country, Type: r.Form.Type,
		Status: models.NumberActive, CarrierID: r.Provisioning.NumberID, Exception: r.Provisioning.Exception,
	}, r.ID, draft(r))
	if errors.Is(err, models.ErrTaken) {
		return models.Found{}, cannot(err, "The number is bought, but another entry of ours has it already: %v. Release that one and try again, or reject the request.", err)
	}
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
	if errors.Is(err, models.ErrNotFound) {
		return models.Found{}, cannot(err, "There is no number with the id %s: import one, and give it a route.", r.PhoneNumberID)
	}
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
		return models.Found{}, fmt.Errorf("look for what request %s does not need: %w", r.ID, err)
	}
	for _, id := range leftovers {
		ours, err := p.isOurs(ctx, id)
		switch {
		case err != nil:
			return models.Found{}, err
		case ours: // somebody has imported it, and calls to it are answered
			continue
		}
		err = p.Carrier.Drop(ctx, id)
		switch {
		case err == nil:
		case twilio.ClassOf(err) == twilio.Refused:
			found.Stays = append(found.Stays, id)
		default: // our account not being accepted included: what is left is not forgotten meanwhile
			return models.Found{}, fmt.Errorf("remove what request %s does not need: %w", r.ID, err)
		}
	}
	return found, nil
}

// isOurs says whether something at the carrier is a number that we have.
func (p *Provisioner) isOurs(ctx context.Context, id string) (bool, error) {
	_, err := p.Store.NumberByCarrierID(ctx, id)
	if errors.Is(err, models.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// leftovers are the carrier's ids of what nobody needs: what is known of, and whatever else has a name of this request,
// of which nothing was heard.
func (p *Provisioner) leftovers(ctx context.Context, r models.NumberRequest) ([]string, error) {
	made, err := p.Carrier.Made(ctx, r.ID+"/")
	if err != nil {
		return nil, err
	}
	for _, id := range r.Provisioning.Leftovers {
		if !slices.Contains(made, id) {
			made = append(made, id)
		}
	}
	return made, nil
}
