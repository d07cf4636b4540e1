package api

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/google/uuid"
	"github.com/nyaruka/phonenumbers"

	"github.com/ringdown/ringdown/activities/twilio"
	"github.com/ringdown/ringdown/models"
)

// importNumberRequest names a number that the carrier account owns.
type importNumberRequest struct {
	Number models.Phone `json:"number"`
	Name   string       `json:"name" minLength:"1" maxLength:"100" example:"Support line"`

	Exception string `json:"exception,omitempty" maxLength:"4000" doc:"Why there should be one more number than allotted; left out, there may not"`
}

func (r importNumberRequest) number() models.PhoneNumber {
	country, kind := originOf(r.Number)
	return models.PhoneNumber{Number: r.Number, Name: r.Name, Country: country, Type: kind, Status: models.NumberActive, Exception: strings.TrimSpace(r.Exception)}
}

// renameNumberRequest is what a client may change of a number.
type renameNumberRequest struct {
	Name string `json:"name" minLength:"1" maxLength:"100" example:"Support line"`
}

// originOf reads country and type off a number; both are empty when it does not tell.
func originOf(phone models.Phone) (country string, kind models.NumberType) {
	parsed, err := phonenumbers.Parse(string(phone), "")
	if err != nil {
		return "", ""
	}
	country = phonenumbers.GetRegionCodeForNumber(parsed)
	if len(country) != 2 || country == "ZZ" { // numbers of no country, as +800
		country = ""
	}
	switch phonenumbers.GetNumberType(parsed) {
	case phonenumbers.TOLL_FREE:
		kind = models.NumberTollFree
	case phonenumbers.MOBILE:
		kind = models.NumberMobile
	case phonenumbers.FIXED_LINE:
		kind = models.NumberLocal
	case phonenumbers.UAN:
		kind = models.NumberNational
	}
	return country, kind
}

// releaseNumberRequest says twice which number is meant, since its callers are lost.
type releaseNumberRequest struct {
	Number   models.Phone `json:"number" doc:"The number itself, so that no other is released by mistake"`
	GiveBack bool         `json:"give_back,omitempty" doc:"True gives it back to the carrier, who may sell it to anybody: that cannot be undone. Else it stays in the account, without our webhooks"`
}

func (a *rest) mountNumbers() {
	const path = "/v1/phone-numbers"
	handleBody[importNumberRequest](a, operation(http.MethodPost, path, "import-phone-number",
		"Import a number that the carrier account owns, and have its calls sent here", http.StatusConflict, http.StatusBadGateway), a.importNumber)
	handle(a, operation(http.MethodGet, path, "list-phone-numbers", "List our numbers, the oldest entry first"), a.numbers)
	handle(a, operation(http.MethodGet, path+"/{id}", "get-phone-number", "Show a number", http.StatusNotFound), a.number)
	handleBody[renameNumberRequest](a, operation(http.MethodPut, path+"/{id}", "update-phone-number", "Rename a number",
		http.StatusNotFound, http.StatusPreconditionFailed), a.updateNumber)
	release := operation(http.MethodPost, path+"/{id}/release", "release-phone-number",
		"Give up a number whose route is switched off; its record stays, and importing it again revives it",
		http.StatusNotFound, http.StatusConflict, http.StatusBadGateway)
	release.DefaultStatus = http.StatusOK
	handleBody[releaseNumberRequest](a, release, a.releaseNumber)
	a.mountContacts(path)
}

// importNumber may be repeated: setting the webhooks again changes nothing, and the number is
// taken in once.
func (a *rest) importNumber(ctx context.Context, in *createInput) (*made[models.PhoneNumber], error) {
	number, err := decode(a, in.RawBody, importNumberRequest.number, models.PhoneNumber.Validate)
	if err != nil {
		return nil, err
	}
	owned, err := a.ownedNumber(ctx, number.Number)
	if err != nil {
		return nil, err
	}
	known, err := a.knownNumber(ctx, number.Number)
	if err != nil {
		return nil, err
	}
	if known.Status != models.NumberActive { // the carrier is told of none that cannot be taken in
		if err := a.store.MayReserveNumber(ctx, "", a.allotted(number)); err != nil {
			return nil, unlessReason(err, "exception")
		}
	}
	number.ID = known.ID
	webhooks := twilio.WebhooksAt(a.publicURL, models.EmergencyURL(a.fallbackURL, number.ID))
	if err := a.carrier.Connect(ctx, owned.SID, webhooks); err != nil {
		if twilio.ClassOf(err) == "" { // what stands in the way, said for people
			err = errors.Join(problem(http.StatusBadGateway, "The carrier does not send the number's calls here: "+err.Error()), err)
		}
		return nil, err
	}
	number.CarrierID = owned.SID
	number, err = a.takeIn(ctx, number, known)
	if err != nil {
		return nil, unlessReason(err, "exception")
	}
	_ = a.emergency.publish(ctx) // its log says what is wrong, and it is tried again
	return create("/v1/phone-numbers", number.ID, number, number.Version), nil
}

// ownedNumber is a number that the carrier account owns, and that can take calls.
func (a *rest) ownedNumber(ctx context.Context, phone models.Phone) (twilio.Number, error) {
	owned, err := a.carrier.Number(ctx, phone)
	switch {
	case errors.Is(err, models.ErrNotFound):
		return owned, &models.InvalidError{Field: "number", Reason: "is no number of the carrier account; buy it there first, or check which account is configured"}
	case err == nil && !owned.CanCall:
		return owned, &models.InvalidError{Field: "number", Reason: "cannot take calls; the carrier sells it without voice"}
	}
	return owned, err
}

// knownNumber is a number that we have or had, else one with an id alone. The carrier learns the id
// before the row is made, because it is in the address of the number's emergency document.
func (a *rest) knownNumber(ctx context.Context, phone models.Phone) (models.PhoneNumber, error) {
	known, err := a.store.NumberByPhone(ctx, phone)
	if errors.Is(err, models.ErrNotFound) {
		return models.PhoneNumber{ID: uuid.Must(uuid.NewV7()).String()}, nil
	}
	return known, err
}

// takeIn makes the row of a number, or revives that of a released one. models.ErrTaken says that it is
// in use, a *models.AllotmentError that there are as many as may be.
func (a *rest) takeIn(ctx context.Context, number, known models.PhoneNumber) (models.PhoneNumber, error) {
	if known.Status != models.NumberReleased {
		return a.store.CreateNumberWithin(ctx, number, a.allotted(number))
	}
	revived, err := a.store.UpdateNumberWithin(ctx, number, known.Version, a.allotted(number))
	if errors.Is(err, models.ErrStale) { // somebody else was first
		err = models.ErrTaken
	}
	return revived, err
}

// allotted is how many numbers there may be with this one; zero means no limit.
func (a *rest) allotted(n models.PhoneNumber) int {
	if n.Exception != "" {
		return 0
	}
	return a.allotment.Numbers
}

// releaseNumber marks the row first: were the carrier asked first, a route that is switched on
// meanwhile would have a number that nobody can call. It may be repeated.
func (a *rest) releaseNumber(ctx context.Context, in *updateInput) (*one[models.PhoneNumber], error) {
	number, err := a.store.Number(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	request, err := decode(a, in.RawBody, func(r releaseNumberRequest) releaseNumberRequest { return r },
		func(r releaseNumberRequest) error { return r.confirms(number) })
	if err != nil {
		return nil, err
	}
	number, err = a.store.ReleaseNumber(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	_ = a.emergency.publish(ctx) // its log says what is wrong, and it is tried again
	if request.GiveBack {
		err = a.carrier.GiveBack(ctx, number.CarrierID)
	} else {
		err = a.carrier.Disconnect(ctx, number.CarrierID, a.publicURL)
	}
	if err != nil {
		detail := "The number is released here, but the carrier has not been told: release it once more. "
		return nil, errors.Join(problem(http.StatusBadGateway, detail+problemFor(err).Detail), err)
	}
	return show(number, number.Version), nil
}

func (r releaseNumberRequest) confirms(n models.PhoneNumber) error {
	var faults models.Faults
	if r.Number != n.Number {
		faults.Add("number", "is not the number that this id has; nothing is released")
	}
	return faults.Err()
}

func (a *rest) numbers(ctx context.Context, in *pageInput) (*plain[list[models.PhoneNumber]], error) {
	numbers, next, err := a.store.Numbers(ctx, in.page())
	return answerList(numbers, next), inQuery(err)
}

func (a *rest) number(ctx context.Context, in *idInput) (*one[models.PhoneNumber], error) {
	number, err := a.store.Number(ctx, in.ID)
	return show(number, number.Version), err
}

func (a *rest) updateNumber(ctx context.Context, in *updateInput) (*one[models.PhoneNumber], error) {
	number, err := a.store.Number(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	renamed := func(r renameNumberRequest) models.PhoneNumber {
		number.Name = r.Name
		return number
	}
	number, err = decode(a, in.RawBody, renamed, models.PhoneNumber.Validate)
	if err != nil {
		return nil, err
	}
	version, err := in.version()
	if err != nil {
		return nil, err
	}
	number, err = a.store.UpdateNumber(ctx, number, version)
	if err != nil {
		return nil, err
	}
	_ = a.emergency.publish(ctx) // its log says what is wrong, and it is tried again
	return show(number, number.Version), nil
}
