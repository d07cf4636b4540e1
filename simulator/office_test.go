package simulator

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

func TestPricesOfNumbers(t *testing.T) {
	b := newBench(t)
	status, body := b.order(http.MethodGet, priceList)
	if countries := list(body, "countries"); status != 200 || len(countries) != len(markets) || countries[0]["iso_country"] != "AU" {
		t.Errorf("%d %v", status, body)
	}
	_, body = b.order(http.MethodGet, priceList+"/GB")
	got := map[string]any{}
	for _, p := range list(body, "phone_number_prices") {
		got[p["number_type"].(string)] = p["current_price"]
	}
	if body["price_unit"] != "USD" || len(got) != 3 || got["local"] != 1.15 || got["toll free"] != 2.15 {
		t.Errorf("%v", body)
	}
	for _, path := range []string{priceList + "/XX", "/v1/Voice/Countries", "/v2/PhoneNumbers/+12025550100"} {
		if status, body := b.order(http.MethodGet, path); status != 404 || body["code"] != 20404.0 {
			t.Errorf("%s: %d %v", path, status, body)
		}
	}
}

func TestEveryHostAsksWhoCalls(t *testing.T) {
	b := newBench(t)
	for _, path := range []string{priceList, bundleList, testAccount + "/AvailablePhoneNumbers.json"} {
		r := b.request(http.MethodGet, path, nil, "")
		r.SetBasicAuth(testSID, "wrong")
		if status, _ := b.exchange(r); status != 401 {
			t.Errorf("%s: %d", path, status)
		}
	}
}

func TestAddressesAreMadeFoundChangedAndDeleted(t *testing.T) {
	b := newBench(t)
	sid := b.addressIn("DE", "Berlin")
	b.addressIn("FR", "Paris")
	base := testAccount + "/Addresses"
	for query, want := range map[string]int{
		"": 2, "IsoCountry=DE": 1, "CustomerName=Example%20GmbH": 2, "CustomerName=Nobody": 0, "FriendlyName=request%201": 2, "PageSize=1": 1,
	} {
		if _, body := b.order(http.MethodGet, base+".json?"+query); len(list(body, "addresses")) != want {
			t.Errorf("%s: %v, want %d", query, body, want)
		}
	}
	one := base + "/" + sid + ".json"
	_, body := b.order(http.MethodPost, one, "City", "Potsdam", "StreetSecondary", "2nd floor")
	if body["city"] != "Potsdam" || body["street_secondary"] != "2nd floor" || body["street"] != "Hauptstr. 1" || body["verified"] != false {
		t.Errorf("%v", body)
	}
	if status, body := b.order(http.MethodPost, one, "City", ""); status != 400 {
		t.Errorf("%d %v", status, body)
	}
	if _, body := b.order(http.MethodGet, one); body["city"] != "Potsdam" {
		t.Errorf("%v", body)
	}
	for _, want := range []int{204, 404} {
		if status, _ := b.order(http.MethodDelete, one); status != want {
			t.Errorf("deleted: %d, want %d", status, want)
		}
	}
	full := url.Values{}
	for _, name := range addressFields {
		full.Set(name, "DE")
	}
	for _, name := range append(addressFields[:len(addressFields):len(addressFields)], "country") {
		form := url.Values{}
		for k, v := range full {
			form[k] = v
		}
		form.Del(name)
		if name == "country" {
			form.Set("IsoCountry", "Germany")
		}
		if status, body := b.post("/Addresses.json", form); status != 400 || body["code"] != 20001.0 {
			t.Errorf("without %s: %d %v", name, status, body)
		}
	}
}

func TestWhatCountriesAskFor(t *testing.T) {
	b := newBench(t)
	for query, want := range map[string]int{
		"":                                       len(regulations),
		"IsoCountry=US":                          0,
		"IsoCountry=CA&NumberType=local":         0,
		"IsoCountry=GB&NumberType=toll-free":     0,
		"IsoCountry=GB":                          3,
		"IsoCountry=GB&NumberType=mobile":        1,
		"IsoCountry=DE&EndUserType=business":     1,
		"IsoCountry=FR&EndUserType=individual":   0,
		"IsoCountry=AU&IncludeConstraints=false": 2,
	} {
		if status, body := b.order(http.MethodGet, compliance+"/Regulations?"+query); status != 200 || len(list(body, "results")) != want {
			t.Errorf("%s: %d %v, want %d", query, status, body, want)
		}
	}
	_, body := b.order(http.MethodGet, compliance+"/Regulations?IsoCountry=DE&EndUserType=business")
	sid := list(body, "results")[0]["sid"].(string)
	_, g := b.order(http.MethodGet, compliance+"/Regulations/"+sid+"?IncludeConstraints=true")
	asked := g["requirements"].(map[string]any)
	user := list(asked, "end_user")[0]
	if g["friendly_name"] != "Germany: Local - Business" || user["requirement_name"] != "business_info" || list(user, "detailed_fields")[0]["constraint"] != "String" {
		t.Errorf("%v", g)
	}
	var documents []string
	for _, d := range asked["supporting_document"].([]any)[0].([]any) {
		documents = append(documents, list(d.(map[string]any), "accepted_documents")[0]["type"].(string))
	}
	if strings.Join(documents, " ") != "commercial_registrar_excerpt address" {
		t.Errorf("%v", documents)
	}
	if status, body := b.order(http.MethodGet, compliance+"/Regulations/"+newSID("RN")); status != 404 {
		t.Errorf("%d %v", status, body)
	}
	if status, body := b.order(http.MethodGet, compliance+"/Regulations?EndUserType=cat"); status != 400 {
		t.Errorf("%d %v", status, body)
	}
}

func TestTypesOfPapers(t *testing.T) {
	b := newBench(t)
	for path, key := range map[string]string{"/EndUserTypes": "end_user_types", "/SupportingDocumentTypes": "supporting_document_types"} {
		_, body := b.order(http.MethodGet, compliance+path)
		all := list(body, key)
		if len(all) < 2 {
			t.Fatalf("%v", body)
		}
		for _, name := range []string{"sid", "machine_name"} {
			if _, one := b.order(http.MethodGet, compliance+path+"/"+all[1][name].(string)); one["machine_name"] != all[1]["machine_name"] {
				t.Errorf("%v", one)
			}
		}
		if status, _ := b.order(http.MethodGet, compliance+path+"/"+newSID("OY")); status != 404 {
			t.Errorf("%s: %d", path, status)
		}
	}
}

func TestTheLedgerKnowsWhatIsHeld(t *testing.T) {
	b := newBench(t)
	number := b.makes(incoming, "PhoneNumber", "+14155550100", "FriendlyName", "request 1")
	sid := b.bundle("DE", business)
	b.submits(sid)
	b.must(b.sim.DecideBundle(sid, false, ""))
	counts := func(l Ledger) map[string]int {
		n := map[string]int{}
		for _, e := range l {
			n[e.What]++
		}
		return n
	}
	held := counts(b.sim.Ledger().Held())
	for what, want := range map[string]int{
		LedgerNumber: 1, LedgerAddress: 1, LedgerEndUser: 1, LedgerDocument: 2, LedgerBundle: 1, LedgerAssignment: 3, LedgerSubmission: 0,
	} {
		if held[what] != want {
			t.Errorf("%d of %s, want %d", held[what], what, want)
		}
	}
	first := b.sim.Ledger()[0]
	if first.SID != number || first.Phone != "+14155550100" || first.FriendlyName != "request 1" || first.Done != LedgerCreated || first.At.IsZero() {
		t.Errorf("%+v", first)
	}
	b.order(http.MethodDelete, testAccount+"/IncomingPhoneNumbers/"+number+".json")
	b.order(http.MethodDelete, bundleList+"/"+sid)
	held = counts(b.sim.Ledger().Held())
	if held[LedgerNumber] != 0 || held[LedgerBundle] != 0 || held[LedgerAssignment] != 0 || held[LedgerDocument] != 2 {
		t.Errorf("%v", held)
	}
	if done := b.sim.Ledger().Of(LedgerBundle); len(done) != 2 || done[1].Done != LedgerDeleted {
		t.Errorf("%v", done)
	}
}

func TestClientSteersTheOffice(t *testing.T) {
	b := newBench(t)
	client := &Client{BaseURL: b.rest.URL}
	b.must(client.ReviewBundles(b.ctx, Review{Verdict: ReviewHold}))
	b.must(client.ReviewNextBundle(b.ctx, "GB", Review{Verdict: ReviewRefuse, Reason: "No"}))
	if err := client.ReviewBundles(b.ctx, Review{Verdict: "shrug"}); err == nil {
		t.Error("an unknown verdict was taken")
	}
	german, british := b.bundle("DE", business), b.bundle("GB", business)
	b.submits(german)
	b.submits(british)
	b.waitHooks("/bundle", 5)
	b.must(client.DecideBundle(b.ctx, german, true, ""))
	if err := client.DecideBundle(b.ctx, german, true, ""); err == nil {
		t.Error("a bundle was decided twice")
	}
	bundles, err := client.Bundles(b.ctx)
	b.must(err)
	if len(bundles) != 2 || bundles[0].Status != BundleApproved || bundles[1].FailureReason != "No" || bundles[0].Papers[2].MimeType != "application/pdf" {
		t.Errorf("%+v", bundles)
	}
	b.must(client.SellOut(b.ctx, "+14155550100"))
	if err := client.SellOut(b.ctx, "+12025550100"); err == nil {
		t.Error("a number was sold that was never for sale")
	}
	b.must(client.SellNextAway(b.ctx, 1))
	for _, want := range []struct {
		phone  string
		status int
	}{{"+14155550101", 400}, {"+14155550100", 400}, {"+14155550102", 201}} {
		if status, body := b.order(http.MethodPost, incoming, "PhoneNumber", want.phone); status != want.status {
			t.Errorf("%s: %d %v", want.phone, status, body)
		}
	}
	ledger, err := client.Ledger(b.ctx)
	b.must(err)
	if bought := ledger.Held().Of(LedgerNumber); len(bought) != 1 || bought[0].Phone != "+14155550102" {
		t.Errorf("%v", ledger)
	}
	numbers, err := client.Numbers(b.ctx)
	b.must(err)
	if len(numbers) != 2 || numbers[1].Type != "local" {
		t.Errorf("%+v", numbers)
	}
}
