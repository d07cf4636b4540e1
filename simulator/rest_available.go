package simulator

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// availableNumber is a number for sale as REST shows it. The pointers are always null: the carrier does not know.
type availableNumber struct {
	AddressRequirements string          `json:"address_requirements"`
	Beta                bool            `json:"beta"`
	Capabilities        map[string]bool `json:"capabilities"`
	FriendlyName        string          `json:"friendly_name"`
	ISOCountry          string          `json:"iso_country"`
	Lata                *string         `json:"lata"`
	Latitude            *float64        `json:"latitude"`
	Locality            *string         `json:"locality"`
	Longitude           *float64        `json:"longitude"`
	PhoneNumber         string          `json:"phone_number"`
	PostalCode          *string         `json:"postal_code"`
	RateCenter          *string         `json:"rate_center"`
	Region              *string         `json:"region"`
}

func (b *block) available(phone string) availableNumber {
	return availableNumber{
		AddressRequirements: b.address, Capabilities: capabilities(), FriendlyName: friendly(phone), ISOCountry: b.iso,
		Locality: optional(b.locality), PhoneNumber: phone, Region: optional(b.region),
	}
}

// capabilities are those of every number: people talk over it, and nothing else.
func capabilities() map[string]bool {
	return map[string]bool{"voice": true, "sms": false, "mms": false, "fax": false}
}

// friendly is how Twilio shows a number: (415) 555-0100 in North America, in full elsewhere.
func friendly(phone string) string {
	if !strings.HasPrefix(phone, "+1") || len(phone) != 12 {
		return phone
	}
	return "(" + phone[2:5] + ") " + phone[5:8] + "-" + phone[8:]
}

// optional is nil for an empty text.
func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// saleCountry is a country with numbers for sale as REST shows it.
type saleCountry struct {
	Beta            bool              `json:"beta"`
	Country         string            `json:"country"`
	CountryCode     string            `json:"country_code"`
	SubresourceURIs map[string]string `json:"subresource_uris"`
	URI             string            `json:"uri"`
}

func (c *Carrier) saleCountry(m *market) saleCountry {
	base := c.accountPath() + "/AvailablePhoneNumbers/" + m.iso
	s := saleCountry{Country: m.name, CountryCode: m.iso, SubresourceURIs: map[string]string{}, URI: base + ".json"}
	for _, t := range m.types() {
		s.SubresourceURIs[t.key] = base + "/" + t.path + ".json"
	}
	return s
}

func (c *Carrier) listSaleCountries(r *http.Request) (int, any, error) {
	body := struct {
		Countries []saleCountry `json:"countries"`
		URI       string        `json:"uri"`
	}{URI: r.URL.Path}
	for i := range markets {
		body.Countries = append(body.Countries, c.saleCountry(&markets[i]))
	}
	return http.StatusOK, body, nil
}

func (c *Carrier) getSaleCountry(r *http.Request) (int, any, error) {
	m := marketOf(sid(r))
	if m == nil {
		return 0, nil, notFound(r)
	}
	return http.StatusOK, c.saleCountry(m), nil
}

// searchLimit is how many numbers a search finds at most.
const searchLimit = 30

// search is an answer that looks for numbers of a type. Nothing is reserved by it.
func (c *Carrier) search(t *numberType) answer {
	return func(r *http.Request) (int, any, error) {
		m := marketOf(r.PathValue("country"))
		if m == nil || m.prices[t] == 0 {
			return 0, nil, notFound(r)
		}
		q := r.URL.Query()
		wanted, err := wantedFrom(m, q)
		if err != nil {
			return 0, nil, err
		}
		limit := searchLimit
		if size, err := strconv.Atoi(q.Get("PageSize")); err == nil && size > 0 {
			limit = min(size, searchLimit)
		}
		return http.StatusOK, struct {
			Numbers []availableNumber `json:"available_phone_numbers"`
			URI     string            `json:"uri"`
		}{c.find(m, t, wanted, limit), r.URL.RequestURI()}, nil
	}
}

// find looks through the blocks of a country in turn, one number of each at a time, so that a short answer shows each town.
func (c *Carrier) find(m *market, t *numberType, w wanted, limit int) []availableNumber {
	fit := slices.DeleteFunc(slices.Clone(blocks), func(b block) bool { return b.iso != m.iso || b.kind != t || !w.fits(&b) })
	found := []availableNumber{}
	c.mu.Lock()
	defer c.mu.Unlock()
	for i, more := 0, true; more; i++ {
		more = false
		for j := range fit {
			b := &fit[j]
			if i >= b.size() {
				continue
			}
			more = true
			if phone := b.number(i); w.pattern.MatchString(phone[1:]) && c.freeLocked(phone) {
				found = append(found, b.available(phone))
			}
			if len(found) == limit {
				return found
			}
		}
	}
	return found
}

// wanted is what a search asks for.
type wanted struct {
	areaCode, region, locality string
	pattern                    *regexp.Regexp // of the digits
	noAddress, noLocal, never  bool           // never: nothing can be found
}

func (w wanted) fits(b *block) bool {
	switch {
	case w.never, w.noAddress && b.address != addressNone, w.noLocal && b.address == addressLocal:
		return false
	case w.areaCode != "" && w.areaCode != b.areaCode(), w.region != "" && !strings.EqualFold(w.region, b.region):
		return false
	}
	return w.locality == "" || strings.EqualFold(w.locality, b.locality)
}

// searchFilters are those that the carrier obeys; it refuses all others rather than to pass them over.
var searchFilters = []string{
	"AreaCode", "Contains", "InRegion", "InLocality", "VoiceEnabled", "SmsEnabled", "MmsEnabled", "FaxEnabled", "Beta",
	"ExcludeAllAddressRequired", "ExcludeLocalAddressRequired", "ExcludeForeignAddressRequired", "PageSize", "Page", "PageToken",
}

func wantedFrom(m *market, q url.Values) (wanted, error) {
	w := wanted{areaCode: q.Get("AreaCode"), region: q.Get("InRegion"), locality: q.Get("InLocality")}
	for name := range q {
		if !slices.Contains(searchFilters, name) {
			return w, fault(400, 20001, "the simulated carrier does not search by "+name)
		}
	}
	if err := checkAreaCode(w.areaCode, m); err != nil {
		return w, err
	}
	var err error
	if w.pattern, err = digitPattern(q.Get("Contains")); err != nil {
		return w, err
	}
	for name, has := range map[string]bool{
		"VoiceEnabled": true, "SmsEnabled": false, "MmsEnabled": false, "FaxEnabled": false, "Beta": false,
	} {
		asked, given, err := flag(q, name)
		if err != nil {
			return w, err
		}
		w.never = w.never || given && asked != has
	}
	if w.noAddress, _, err = flag(q, "ExcludeAllAddressRequired"); err != nil {
		return w, err
	}
	if w.noLocal, _, err = flag(q, "ExcludeLocalAddressRequired"); err != nil {
		return w, err
	}
	_, _, err = flag(q, "ExcludeForeignAddressRequired") // no number asks for a foreign address
	return w, err
}

var areaCodePattern = regexp.MustCompile(`^[2-9][0-9]{2}$`)

func checkAreaCode(code string, m *market) error {
	switch {
	case code == "":
		return nil
	case !areaCodePattern.MatchString(code):
		return fault(400, 21451, "The AreaCode parameter is not valid.")
	case m.iso != "US" && m.iso != "CA":
		return fault(400, 21451, "The AreaCode parameter is only for numbers of the US and Canada.")
	}
	return nil
}

var containsPattern = regexp.MustCompile(`^\+?[0-9A-Za-z*]*$`)

// digitPattern reads Contains: digits, letters of a telephone's keys, and * for any digit.
func digitPattern(s string) (*regexp.Regexp, error) {
	if !containsPattern.MatchString(s) {
		return nil, fault(400, 21402, "Contains may hold digits, letters and * only.")
	}
	const keys = "22233344455566677778889999"
	var b strings.Builder
	if strings.HasPrefix(s, "+") {
		b.WriteString("^")
	}
	for _, r := range strings.ToUpper(strings.TrimPrefix(s, "+")) {
		switch {
		case r == '*':
			b.WriteString("[0-9]")
		case r >= 'A':
			b.WriteByte(keys[r-'A'])
		default:
			b.WriteRune(r)
		}
	}
	return regexp.MustCompile(b.String()), nil
}

// flag reads a parameter that is true, false or not given.
func flag(q url.Values, name string) (value, given bool, err error) {
	switch strings.ToLower(q.Get(name)) {
	case "":
		return false, false, nil
	case "true":
		return true, true, nil
	case "false":
		return false, true, nil
	}
	return false, false, fault(400, 20001, name+" must be true or false")
}
