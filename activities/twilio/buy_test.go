package twilio

import (
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/ringdown/ringdown/models"
)

var aPurchase = Purchase{Number: "+12025550123", Name: aName, Webhooks: webhooks, AddressID: address1, BundleID: bundle1}

// owning is the list of what the account owns: another number, and ours under a name, empty for not at all.
func owning(name string) string {
	numbers := []string{`{"sid": "` + number2 + `", "phone_number": "+12025550124", "friendly_name": "` + aName + `"}`}
	if name != "" {
		numbers = append(numbers, ownedAs(name))
	}
	return `{"incoming_phone_numbers": [` + strings.Join(numbers, ",") + `]}`
}

func ownedAs(name string) string {
	return fmt.Sprintf(`{"sid": %q, "phone_number": "+12025550123", "friendly_name": %q}`, number1, name)
}

func TestBuyBuysOneNumberAndNoOther(t *testing.T) {
	t.Parallel()
	form := map[string][]string{
		"PhoneNumber": {"+12025550123"}, "FriendlyName": {aName},
		"VoiceUrl": {webhooks.Voice}, "VoiceMethod": {"POST"}, "VoiceFallbackUrl": {webhooks.Fallback}, "VoiceFallbackMethod": {"GET"},
		"StatusCallback": {webhooks.Status}, "StatusCallbackMethod": {"POST"}, "AddressSid": {address1}, "BundleSid": {bundle1},
	}
	for name, c := range map[string]struct {
		purchase Purchase
		form     map[string][]string
	}{
		"with everything": {aPurchase, form},
		"with nothing more": {Purchase{Number: aPurchase.Number, Name: aName, Webhooks: Webhooks{Voice: webhooks.Voice}}, map[string][]string{
			"PhoneNumber": {"+12025550123"}, "FriendlyName": {aName}, "VoiceUrl": {webhooks.Voice}, "VoiceMethod": {"POST"},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, carrier := newCarrier(t, creating(owning(""), ownedAs(aName)))
			number, err := client.Buy(t.Context(), c.purchase)
			if err != nil || number.SID != number1 || number.Name != aName {
				t.Errorf("Buy = %+v, %v", number, err)
			}
			want := []asked{
				{http.MethodGet, numbers, map[string][]string{"PhoneNumber": {"+12025550123"}}, map[string][]string{}},
				{http.MethodPost, numbers, map[string][]string{}, c.form},
			}
			if got := carrier.got(); !reflect.DeepEqual(got, want) {
				t.Errorf("asked %v\n want %v", got, want)
			}
		})
	}
}

func TestANumberIsBoughtOnce(t *testing.T) {
	t.Parallel()
	// Each letter is what becomes of one request: l lists no such number, f finds ours, s finds it under a stranger's
	// name; c sells it, x loses the answer that it was sold, t says that somebody else has it, r refuses, b is busy, e
	// breaks, w sells another number than was asked for.
	for course, want := range map[string]struct {
		class Class
		taken bool
		then  string // of a second run, which must find or buy it; empty for none
	}{
		"lc":  {then: "f"},
		"f":   {then: "f"},
		"s":   {taken: true},
		"lxf": {then: "f"},
		"lxl": {class: Unknown, then: "f"}, // the list lags
		"lxe": {class: Unknown, then: "f"},
		"lxs": {taken: true},
		"lel": {class: Unknown, then: "lc"},
		"lwl": {class: Unknown},
		"ltl": {class: Refused, taken: true},
		"ltf": {then: "f"}, // an answer was lost before, and the list lagged
		"lts": {taken: true},
		"lte": {class: Unknown, then: "f"}, // who knows: it may be ours
		"ltb": {class: Busy, then: "f"},
		"lr":  {class: Refused},
		"lb":  {class: Busy, then: "lc"},
		"e":   {class: Unknown, then: "lc"},
	} {
		t.Run(course, func(t *testing.T) {
			t.Parallel()
			steps := course + want.then
			client, carrier := newCarrier(t, func(carrier *carrier, w http.ResponseWriter, r *http.Request, nth int) {
				if nth > len(steps) {
					t.Errorf("asked more than %s: %s", steps, r.URL)
					return
				}
				step := rune(steps[nth-1])
				if r.Method == http.MethodPost && !strings.ContainsRune("cxtrbew", step) || r.Method == http.MethodGet && strings.ContainsRune("cxtrw", step) {
					t.Errorf("%s %s at %d of %s", r.Method, r.URL, nth, steps)
				}
				switch step {
				case 'l':
					carrier.says(w, r, http.StatusOK, owning(""))
				case 'f':
					carrier.says(w, r, http.StatusOK, owning(aName))
				case 's':
					carrier.says(w, r, http.StatusOK, owning("support"))
				case 'c':
					carrier.says(w, r, http.StatusCreated, ownedAs(aName))
				case 'w':
					carrier.says(w, r, http.StatusCreated, strings.Replace(ownedAs(aName), "0123", "0124", 1))
				case 'x':
					lose(w)
				case 't':
					always(http.StatusBadRequest, "", refusal(400, 21422))(carrier, w, r, nth)
				case 'r':
					always(http.StatusBadRequest, "", refusal(400, 21649))(carrier, w, r, nth)
				case 'b':
					always(http.StatusTooManyRequests, "", refusal(429, 20429))(carrier, w, r, nth)
				case 'e':
					always(http.StatusBadGateway, "", "<html>")(carrier, w, r, nth)
				}
			})
			number, err := client.Buy(t.Context(), aPurchase)
			bought := want.class == "" && !want.taken
			if ClassOf(err) != want.class || errors.Is(err, models.ErrTaken) != want.taken || (err == nil) != bought || (number.SID == number1) != bought {
				t.Errorf("Buy = %+v, %v", number, err)
			}
			if err != nil && strings.Contains(err.Error(), "2025550123") {
				t.Errorf("a number in %v", err)
			}
			if n := len(carrier.got()); n != len(course) {
				t.Errorf("%d requests, want %s", n, course)
			}
			if want.then == "" {
				return
			}
			if number, err := client.Buy(t.Context(), aPurchase); err != nil || number.SID != number1 {
				t.Errorf("Buy = %+v, %v by the second run", number, err)
			}
		})
	}
}

func TestAPurchaseThatMakesNoSenseIsNotSent(t *testing.T) {
	t.Parallel()
	client, carrier := newCarrier(t, always(http.StatusOK, "", "{}"))
	for field, change := range map[string]func(*Purchase){
		"number":     func(p *Purchase) { p.Number = "" },
		"name":       func(p *Purchase) { p.Name = "" },
		"address_id": func(p *Purchase) { p.AddressID = bundle1 },
		"bundle_id":  func(p *Purchase) { p.BundleID = address1 },
	} {
		p := aPurchase
		change(&p)
		var invalid *models.InvalidError
		if _, err := client.Buy(t.Context(), p); !errors.As(err, &invalid) || invalid.Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
	if got := carrier.got(); len(got) > 0 {
		t.Errorf("asked %v", got)
	}
}

func TestPaperworkIsMissingWhereTheCarrierSaysSo(t *testing.T) {
	t.Parallel()
	for code, want := range map[int]bool{21613: true, 21615: true, 21631: true, 21649: true, 21651: true, 21422: false, 20404: false, 0: false} {
		err := fmt.Errorf("buy: %w", &CarrierError{Op: "buy number", Class: classOfRefusal(http.StatusBadRequest, code), Code: code})
		if PaperworkMissing(err) != want {
			t.Errorf("%d: %v", code, !want)
		}
	}
	if PaperworkMissing(nil) || PaperworkMissing(models.ErrTaken) {
		t.Error("said of what is no answer of the carrier's")
	}
}
