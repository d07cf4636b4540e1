package simulator

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// buyNumber sells an exact number, or the first free one of an area code, together with what it asks when it is called.
func (c *Carrier) buyNumber(r *http.Request) (int, any, error) {
	n := Number{}
	if err := setNumberFields(&n, r.PostForm); err != nil {
		return 0, nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	b, phone, err := c.pickLocked(r.PostForm)
	if err != nil {
		return 0, nil, err
	}
	if err := c.mayBuyLocked(b, n); err != nil {
		return 0, nil, err
	}
	n.Phone, n.Type, n.AddressRequirements, n.MonthlyPrice = phone, b.kind.owned, b.address, b.price()
	n.FriendlyName = orElse(n.FriendlyName, friendly(phone))
	n = c.ownLocked(n)
	c.office.noteNumber(LedgerCreated, &n)
	return http.StatusCreated, c.numberResource(n), nil
}

// pickLocked finds the number that a purchase is for.
func (c *Carrier) pickLocked(f url.Values) (*block, string, error) {
	phone, area := f.Get("PhoneNumber"), f.Get("AreaCode")
	switch {
	case phone == "" && area == "":
		return nil, "", fault(400, 21421, "PhoneNumber or AreaCode is required.")
	case phone == "" && !areaCodePattern.MatchString(area):
		return nil, "", fault(400, 21451, "The AreaCode parameter is not valid.")
	case phone == "":
		if phone = c.firstFreeLocked(area); phone == "" {
			return nil, "", fault(400, 21452, "No phone numbers found in area code "+area+".")
		}
	case !phonePattern.MatchString(phone):
		return nil, "", fault(400, 21421, phone+" is not a valid phone number.")
	}
	if c.office.away > 0 {
		c.office.away--
		if c.numbers[phone] == nil {
			c.office.sold[phone] = true
		}
	}
	b := blockOf(phone)
	if b == nil || !c.freeLocked(phone) {
		return nil, "", fault(400, 21422, phone+" is not available.")
	}
	return b, phone, nil
}

// mayBuyLocked checks the paperwork of a purchase: the bundle, then the address.
func (c *Carrier) mayBuyLocked(b *block, n Number) error {
	if n.BundleSID != "" || regulated(b.iso, b.kind) {
		u := c.office.bundle(n.BundleSID)
		if u == nil || u.status != BundleApproved || u.regulation.iso != b.iso || u.regulation.kind != b.kind {
			return fault(400, 21649, "To purchase this number you must provide a bundle that is compliant with the rules for its country and type.")
		}
	}
	a := c.office.address(n.AddressSID)
	switch {
	case a == nil && (n.AddressSID != "" || b.address != addressNone):
		return fault(400, 21631, "Phone Number Requires an Address")
	case b.address == addressLocal && !a.inTown(b.iso, b.locality):
		return fault(400, 21613, "PhoneNumber Requires a Local Address")
	}
	return nil
}

func (c *Carrier) firstFreeLocked(area string) string {
	i := slices.IndexFunc(blocks, func(b block) bool { return b.kind == typeLocal && b.areaCode() == area })
	if i < 0 {
		return ""
	}
	for n := range blocks[i].size() {
		if phone := blocks[i].number(n); c.freeLocked(phone) {
			return phone
		}
	}
	return ""
}

// setNumberFields changes what a request gives of a number.
func setNumberFields(n *Number, f url.Values) error {
	for name, field := range map[string]*string{
		"VoiceUrl": &n.VoiceURL, "VoiceFallbackUrl": &n.VoiceFallbackURL, "StatusCallback": &n.StatusCallback,
		"FriendlyName": &n.FriendlyName, "BundleSid": &n.BundleSID, "AddressSid": &n.AddressSID,
		"VoiceMethod": &n.VoiceMethod, "VoiceFallbackMethod": &n.VoiceFallbackMethod,
		"StatusCallbackMethod": &n.StatusCallbackMethod,
	} {
		if !f.Has(name) {
			continue
		}
		*field = f.Get(name)
		if err := checkNumberField(name, *field); err != nil {
			return err
		}
	}
	if n.VoiceFallbackURL != "" && n.VoiceURL == "" {
		return fault(400, 21405, "VoiceFallbackUrl requires VoiceUrl")
	}
	return nil
}

func checkNumberField(name, value string) error {
	switch {
	case strings.HasSuffix(name, "Method") && !method(value):
		return fault(400, 21403, name+" must be GET or POST")
	case (strings.HasSuffix(name, "Url") || name == "StatusCallback") && value != "" && !validURL(value):
		return fault(400, 21502, name+" is not a valid URL")
	case name == "FriendlyName" && len(value) > 64:
		return fault(400, 21402, "FriendlyName is longer than 64 characters")
	}
	return nil
}
