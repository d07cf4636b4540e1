package simulator

import (
	"net/http"
	"strings"
	"testing"
)

func TestBundlesAreFoundByWhatTheyAre(t *testing.T) {
	b := newBench(t)
	german := b.bundle("DE", business)
	british := b.approved("GB", individual)
	_, body := b.order(http.MethodPost, bundleList, "FriendlyName", "request 2", "Email", "desk@example.com")
	bare := body["sid"].(string)
	_, body = b.order(http.MethodGet, compliance+"/Regulations?IsoCountry=DE&EndUserType=business")
	regulation := list(body, "results")[0]["sid"].(string)
	for query, want := range map[string][]string{
		"":                                  {bare, british, german},
		"FriendlyName=request%202":          {bare},
		"Status=draft":                      {bare, german},
		"Status=twilio-approved":            {british},
		"IsoCountry=DE&NumberType=local":    {german},
		"EndUserType=individual":            {british},
		"RegulationSid=" + regulation:       {german},
		"BundleSids=" + bare + "," + german: {bare, german},
		"HasValidUntilDate=true":            {},
		"PageSize=1&Page=1":                 {british},
	} {
		_, body := b.order(http.MethodGet, bundleList+"?"+query)
		got := []string{}
		for _, v := range list(body, "results") {
			got = append(got, v["sid"].(string))
		}
		if strings.Join(got, " ") != strings.Join(want, " ") {
			t.Errorf("%s: %v, want %v", query, got, want)
		}
	}
	if status, body := b.order(http.MethodGet, bundleList+"?Status=lost"); status != 400 || body["code"] != 22203.0 {
		t.Errorf("%d %v", status, body)
	}
	_, body = b.order(http.MethodGet, bundleList+"?PageSize=1")
	meta := body["meta"].(map[string]any)
	if next, _ := meta["next_page_url"].(string); !strings.HasPrefix(next, b.rest.URL+bundleList+"?") || meta["key"] != "results" {
		t.Errorf("%v", meta)
	}
}

func TestBundlesThatAreRefusedAtOnce(t *testing.T) {
	b := newBench(t)
	named := []string{"FriendlyName", "request 1", "Email", "desk@example.com"}
	for name, form := range map[string][]string{
		"no name":                 {"Email", "desk@example.com"},
		"no e-mail":               {"FriendlyName", "request 1"},
		"an unknown regulation":   append(named[:4:4], "RegulationSid", newSID("RN")),
		"a country without one":   append(named[:4:4], "IsoCountry", "US", "NumberType", "local", "EndUserType", business),
		"a callback that is none": append(named[:4:4], "StatusCallback", "nowhere"),
	} {
		if status, body := b.order(http.MethodPost, bundleList, form...); status != 400 {
			t.Errorf("%s: %d %v", name, status, body)
		}
	}
}

func TestABundleIsEditedUntilItIsHandedIn(t *testing.T) {
	b := newBench(t)
	b.sim.ReviewBundles(Review{Verdict: ReviewHold})
	sid := b.bundle("DE", individual)
	one := bundleList + "/" + sid
	if status, body := b.order(http.MethodPost, one, "FriendlyName", "request 3", "Email", "b@example.com"); status != 200 || body["friendly_name"] != "request 3" {
		t.Errorf("%d %v", status, body)
	}
	_, body := b.order(http.MethodGet, one+"/ItemAssignments")
	items := list(body, "results")
	item := one + "/ItemAssignments/" + items[0]["sid"].(string)
	object := items[0]["object_sid"].(string)
	if status, body := b.order(http.MethodGet, item); status != 200 || body["object_sid"] != object {
		t.Errorf("%d %v", status, body)
	}
	for _, c := range []struct {
		name, method, path string
		code               int
		form               []string
	}{
		{"a paper twice", "POST", one + "/ItemAssignments", 22205, []string{"ObjectSid", object}},
		{"a paper that does not exist", "POST", one + "/ItemAssignments", 22205, []string{"ObjectSid", newSID("RD")}},
		{"a status that is none", "POST", one, 22203, []string{"Status", "ready"}},
		{"a status that is not ours to set", "POST", one, 20001, []string{"Status", BundleApproved}},
		{"two things at once", "POST", one, 22204, []string{"Status", BundlePending, "FriendlyName", "x"}},
	} {
		if status, body := b.order(c.method, c.path, c.form...); status != 400 || body["code"] != float64(c.code) {
			t.Errorf("%s: %d %v, want code %d", c.name, status, body, c.code)
		}
	}
	b.submits(sid)
	user := ""
	for _, v := range items {
		if o := v["object_sid"].(string); strings.HasPrefix(o, "IT") {
			user = compliance + "/EndUsers/" + o
		}
	}
	for _, c := range []struct {
		name, method, path string
		form               []string
	}{
		{"its name", "POST", one, []string{"FriendlyName", "request 4"}},
		{"its status", "POST", one, []string{"Status", BundlePending}},
		{"what is in it", "DELETE", item, nil},
		{"what is not in it yet", "POST", one + "/ItemAssignments", []string{"ObjectSid", object}},
		{"the end user", "POST", user, []string{"FriendlyName", "x"}},
		{"the end user's being", "DELETE", user, nil},
		{"its being", "DELETE", one, nil},
	} {
		if status, body := b.order(c.method, c.path, c.form...); status != 400 {
			t.Errorf("%s was changed under review: %d %v", c.name, status, body)
		}
	}
}

func TestABundleWithNumbersIsNotDeleted(t *testing.T) {
	b := newBench(t)
	sid, address := b.approved("GB", business), b.addressIn("GB", "London")
	number := b.makes(incoming, "PhoneNumber", "+442079460001", "BundleSid", sid, "AddressSid", address)
	if status, body := b.order(http.MethodDelete, bundleList+"/"+sid); status != 400 || body["code"] != 21648.0 {
		t.Errorf("%d %v", status, body)
	}
	if status, body := b.order(http.MethodDelete, testAccount+"/Addresses/"+address+".json"); status != 400 {
		t.Errorf("its address: %d %v", status, body)
	}
	for _, path := range []string{
		testAccount + "/IncomingPhoneNumbers/" + number + ".json", testAccount + "/Addresses/" + address + ".json", bundleList + "/" + sid,
	} {
		if status, body := b.order(http.MethodDelete, path); status != http.StatusNoContent {
			t.Errorf("%s: %d %v", path, status, body)
		}
	}
}
