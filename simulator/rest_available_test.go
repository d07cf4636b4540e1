package simulator

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

func TestCountriesShowTheTypesTheyHave(t *testing.T) {
	b := newBench(t)
	status, body := b.order(http.MethodGet, testAccount+"/AvailablePhoneNumbers.json")
	if countries := list(body, "countries"); status != 200 || len(countries) != 6 || countries[5]["country_code"] != "US" {
		t.Errorf("%d %v", status, body)
	}
	for iso, want := range map[string]string{"US": "local toll_free", "GB": "local mobile toll_free", "DE": "local", "AU": "local mobile"} {
		_, body := b.order(http.MethodGet, testAccount+"/AvailablePhoneNumbers/"+iso+".json")
		types := body["subresource_uris"].(map[string]any)
		if got := strings.Join(sortedKeys(types), " "); got != want {
			t.Errorf("%s has %s, want %s", iso, got, want)
		}
		for _, uri := range types {
			if status, body := b.order(http.MethodGet, uri.(string)); status != 200 || len(list(body, "available_phone_numbers")) == 0 {
				t.Errorf("%s: %d %v", uri, status, body)
			}
		}
	}
}

func TestSearchesForNumbers(t *testing.T) {
	b := newBench(t)
	for _, c := range []struct {
		name, path string
		filters    url.Values
		found      int
		first      string
	}{
		{"a town after the other", "US/Local", nil, 30, "+14155550100"},
		{"an area code", "US/Local", url.Values{"AreaCode": {"212"}, "PageSize": {"3"}}, 3, "+12125550100"},
		{"an area code without numbers", "US/Local", url.Values{"AreaCode": {"202"}}, 0, ""},
		{"of Canada", "CA/Local", url.Values{"AreaCode": {"514"}, "VoiceEnabled": {"true"}}, 30, "+15145550100"},
		{"a region", "US/Local", url.Values{"InRegion": {"WA"}, "PageSize": {"1"}}, 1, "+12065550100"},
		{"a town", "DE/Local", url.Values{"InLocality": {"Köln"}}, 30, "+492214710000"},
		{"another town", "DE/Local", url.Values{"InLocality": {"Bonn"}}, 0, ""},
		{"digits", "GB/Mobile", url.Values{"Contains": {"900777"}}, 1, "+447700900777"},
		{"any digits between others", "GB/Mobile", url.Values{"Contains": {"7700900*7*"}, "PageSize": {"2"}}, 2, "+447700900070"},
		{"letters of the keys", "US/Local", url.Values{"Contains": {"JKL0177"}, "PageSize": {"1"}}, 1, "+14155550177"},
		{"a whole number", "US/Local", url.Values{"Contains": {"+13125550142"}}, 1, "+13125550142"},
		{"numbers without address", "GB/Local", url.Values{"ExcludeAllAddressRequired": {"true"}}, 0, ""},
		{"numbers without local address", "DE/Local", url.Values{"ExcludeLocalAddressRequired": {"true"}}, 0, ""},
		{"any address will do", "AU/Local", url.Values{"ExcludeLocalAddressRequired": {"true"}}, 30, "+61255500000"},
		{"text messages", "US/Local", url.Values{"SmsEnabled": {"true"}}, 0, ""},
		{"toll-free", "US/TollFree", url.Values{"PageSize": {"2"}}, 2, "+18005550100"},
	} {
		t.Run(c.name, func(t *testing.T) {
			status, body := b.order(http.MethodGet, testAccount+"/AvailablePhoneNumbers/"+c.path+".json?"+c.filters.Encode())
			found := list(body, "available_phone_numbers")
			if status != 200 || len(found) != c.found {
				t.Fatalf("%d, %d numbers, want %d: %v", status, len(found), c.found, body)
			}
			if c.found > 0 && found[0]["phone_number"] != c.first {
				t.Errorf("the first is %v, want %s", found[0], c.first)
			}
		})
	}
}

func TestSearchesThatAreRefused(t *testing.T) {
	b := newBench(t)
	for _, c := range []struct {
		name, path   string
		status, code int
	}{
		{"an unknown country", "XX/Local", 404, 20404},
		{"a type that the country does not have", "GB/National", 404, 20404},
		{"a type that nobody sells", "US/MachineToMachine", 404, 20404},
		{"an area code that is none", "US/Local?AreaCode=12", 400, 21451},
		{"an area code outside of North America", "GB/Local?AreaCode=207", 400, 21451},
		{"digits that are none", "US/Local?Contains=(415)", 400, 21402},
		{"neither true nor false", "US/Local?VoiceEnabled=maybe", 400, 20001},
		{"a filter that would be passed over", "US/Local?NearNumber=%2B14155550100", 400, 20001},
	} {
		t.Run(c.name, func(t *testing.T) {
			path, query, _ := strings.Cut(c.path, "?")
			status, body := b.order(http.MethodGet, testAccount+"/AvailablePhoneNumbers/"+path+".json?"+query)
			if status != c.status || body["code"] != float64(c.code) {
				t.Errorf("%d %v, want %d %d", status, body, c.status, c.code)
			}
		})
	}
}

func TestNumbersForSaleAreReservedForFictionAndOfOneBlock(t *testing.T) {
	seen := map[string]bool{}
	for i := range blocks {
		for n := range blocks[i].size() {
			phone := blocks[i].number(n)
			if seen[phone] || !phonePattern.MatchString(phone) || blockOf(phone) != &blocks[i] {
				t.Fatalf("%s is of two blocks, or of none", phone)
			}
			seen[phone] = true
			if strings.HasPrefix(phone, "+1") && !strings.HasPrefix(phone[5:], "55501") {
				t.Fatalf("%s may be somebody's", phone)
			}
			if strings.HasPrefix(phone, "+120255501") {
				t.Fatalf("%s is the demo's", phone)
			}
		}
	}
}
