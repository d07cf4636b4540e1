package simulator

import (
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

const incoming = testAccount + "/IncomingPhoneNumbers.json"

func TestANumberIsBoughtCalledAndGivenBack(t *testing.T) {
	b := newBench(t)
	b.says("/sold", `<Say>You have reached the new number</Say>`)
	status, n := b.order(http.MethodPost, incoming, "PhoneNumber", "+14155550142", "VoiceUrl", b.url+"/sold", "VoiceMethod", "POST",
		"VoiceFallbackUrl", b.url+"/fallback", "VoiceFallbackMethod", "GET", "StatusCallback", b.url+"/over",
		"StatusCallbackMethod", "POST", "FriendlyName", "request 7")
	if status != 201 {
		t.Fatalf("%d %v", status, n)
	}
	for field, want := range map[string]string{
		"phone_number": "+14155550142", "friendly_name": "request 7", "type": "local", "address_requirements": "none",
		"voice_url": b.url + "/sold", "voice_fallback_url": b.url + "/fallback", "voice_fallback_method": "GET",
		"status_callback": b.url + "/over", "status": "in-use",
	} {
		if n[field] != want {
			t.Errorf("%s is %v, want %s", field, n[field], want)
		}
	}
	if owned, _ := b.sim.number("+14155550142"); owned.SID != n["sid"] || owned.MonthlyPrice != "1.15" {
		t.Errorf("%+v", owned)
	}
	call := b.sim.Dial(caller, "+14155550142", CallerScript{})
	b.hears(call, "the new number")
	if _, body := b.order(http.MethodGet, testAccount+"/AvailablePhoneNumbers/US/Local.json?Contains=4155550142"); len(list(body, "available_phone_numbers")) > 0 {
		t.Error("it is still for sale")
	}
	one := testAccount + "/IncomingPhoneNumbers/" + n["sid"].(string) + ".json"
	if status, _ := b.order(http.MethodDelete, one); status != http.StatusNoContent {
		t.Errorf("released: %d", status)
	}
	if status, body := b.order(http.MethodPost, incoming, "PhoneNumber", "+14155550142"); status != 201 || body["sid"] == n["sid"] ||
		body["friendly_name"] != "(415) 555-0142" {
		t.Errorf("bought again: %d %v", status, body)
	}
}

func TestPurchasesThatAreRefused(t *testing.T) {
	b := newBench(t)
	b.makes(incoming, "PhoneNumber", "+12125550101")
	b.sim.SellOut("+12125550102")
	b.sim.Script("+447700900009", Script{})
	berlin, paris := b.addressIn("DE", "Berlin"), b.addressIn("FR", "Paris")
	approved := b.approved("DE", business)
	draft := b.bundle("DE", business)
	british := b.approved("GB", business)
	for _, c := range []struct {
		name string
		code int
		form []string
	}{
		{"no number", 21421, nil},
		{"a number that is none", 21421, []string{"PhoneNumber", "12125550103"}},
		{"a number that we have", 21422, []string{"PhoneNumber", "+12125550101"}},
		{"a number that somebody else has", 21422, []string{"PhoneNumber", "+12125550102"}},
		{"a number whose phone is somebody's", 21422, []string{"PhoneNumber", "+447700900009"}},
		{"a number that was never for sale", 21422, []string{"PhoneNumber", "+12025550142"}},
		{"an area code that is none", 21451, []string{"AreaCode", "1"}},
		{"an area code without numbers", 21452, []string{"AreaCode", "907"}},
		{"a bad URL", 21502, []string{"PhoneNumber", "+12125550103", "VoiceUrl", "nowhere"}},
		{"no bundle", 21649, []string{"PhoneNumber", "+493023125001", "AddressSid", berlin}},
		{"a bundle that does not exist", 21649, []string{"PhoneNumber", "+493023125001", "BundleSid", newSID("BU")}},
		{"a bundle that is not approved", 21649, []string{"PhoneNumber", "+493023125001", "AddressSid", berlin, "BundleSid", draft}},
		{"a bundle of another country", 21649, []string{"PhoneNumber", "+493023125001", "AddressSid", berlin, "BundleSid", british}},
		{"a bundle of another type", 21649, []string{"PhoneNumber", "+447700900001", "BundleSid", british}},
		{"no address", 21631, []string{"PhoneNumber", "+493023125001", "BundleSid", approved}},
		{"an address that does not exist", 21631, []string{"PhoneNumber", "+493023125001", "BundleSid", approved, "AddressSid", newSID("AD")}},
		{"an address in another town", 21613, []string{"PhoneNumber", "+494066969001", "BundleSid", approved, "AddressSid", berlin}},
		{"an address in another country", 21613, []string{"PhoneNumber", "+493023125001", "BundleSid", approved, "AddressSid", paris}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if status, body := b.order(http.MethodPost, incoming, c.form...); status != 400 || body["code"] != float64(c.code) {
				t.Errorf("%d %v, want code %d", status, body, c.code)
			}
		})
	}
	b.makes(incoming, "PhoneNumber", "+493023125001", "BundleSid", approved, "AddressSid", berlin)
	b.makes(incoming, "PhoneNumber", "+442079460001", "BundleSid", british, "AddressSid", paris) // any address will do
	if n, _ := b.sim.number("+493023125001"); n.BundleSID != approved || n.AddressSID != berlin || n.AddressRequirements != "local" {
		t.Errorf("%+v", n)
	}
}

func TestPurchaseByAreaCodeTakesTheFirstFreeNumber(t *testing.T) {
	b := newBench(t)
	b.sim.SellOut("+13125550100")
	for _, want := range []string{"+13125550101", "+13125550102"} {
		if _, n := b.order(http.MethodPost, incoming, "AreaCode", "312"); n["phone_number"] != want {
			t.Errorf("bought %v, want %s", n["phone_number"], want)
		}
	}
}

func TestTypesOfBoughtNumbers(t *testing.T) {
	b := newBench(t)
	for phone, want := range map[string]string{
		"+18885550100": "tollfree", "+33639980001": "mobile", "+448081570001": "tollfree", "+61491570156": "mobile", "+16045550100": "local",
	} {
		if status, n := b.order(http.MethodPost, incoming, "PhoneNumber", phone); status != 201 || n["type"] != want {
			t.Errorf("%s: %d %v, want %s", phone, status, n["type"], want)
		}
	}
}

func TestNextPurchasesComeTooLate(t *testing.T) {
	b := newBench(t)
	b.sim.SellNextAway(2)
	for _, c := range []struct {
		phone string
		want  int
	}{{"+14155550100", 400}, {"+14155550101", 400}, {"+14155550102", 201}, {"+14155550100", 400}} {
		if status, body := b.order(http.MethodPost, incoming, "PhoneNumber", c.phone); status != c.want {
			t.Errorf("%s: %d %v, want %d", c.phone, status, body, c.want)
		}
	}
}

func TestOneOfManyBuyersGetsTheNumber(t *testing.T) {
	b := newBench(t)
	var sold atomic.Int32
	var buyers sync.WaitGroup
	for range 20 {
		buyers.Go(func() {
			r := b.request(http.MethodPost, incoming, strings.NewReader("PhoneNumber=%2B14155550100"), "application/x-www-form-urlencoded")
			if res, err := http.DefaultClient.Do(r); err == nil {
				res.Body.Close()
				if res.StatusCode == http.StatusCreated {
					sold.Add(1)
				}
			}
		})
	}
	buyers.Wait()
	if sold.Load() != 1 || len(b.sim.Ledger().Of(LedgerNumber)) != 1 {
		t.Errorf("sold %d times: %v", sold.Load(), b.sim.Ledger())
	}
}
