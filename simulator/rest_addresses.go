package simulator

import (
	"net/http"
	"regexp"
	"slices"
)

// addressOperations are those of customers' addresses.
func (c *Carrier) addressOperations() []operation {
	const list = accounts + "{account}/Addresses.json"
	const one = accounts + "{account}/Addresses/{file}"
	return []operation{
		{"CreateAddress", "POST " + list, c.createAddress},
		{"ListAddress", "GET " + list, c.listAddresses},
		{"FetchAddress", "GET " + one, c.getAddress},
		{"UpdateAddress", "POST " + one, c.updateAddress},
		{"DeleteAddress", "DELETE " + one, c.deleteAddress},
	}
}

var countryPattern = regexp.MustCompile(`^[A-Z]{2}$`)

func (c *Carrier) createAddress(r *http.Request) (int, any, error) {
	for _, name := range addressFields {
		if r.PostForm.Get(name) == "" {
			return 0, nil, missing(name)
		}
	}
	a := &postalAddress{AccountSID: c.cfg.AccountSID, SID: newSID("AD"), ISOCountry: r.PostForm.Get("IsoCountry")}
	if !countryPattern.MatchString(a.ISOCountry) {
		return 0, nil, fault(400, 20001, "IsoCountry must be two capital letters")
	}
	if err := a.change(r.PostForm); err != nil {
		return 0, nil, err
	}
	a.DateCreated, a.URI = a.DateUpdated, c.accountPath()+"/Addresses/"+a.SID+".json"
	c.mu.Lock()
	defer c.mu.Unlock()
	c.office.addresses = append(c.office.addresses, a)
	c.office.note(LedgerCreated, LedgerAddress, a.SID, a.FriendlyName)
	return http.StatusCreated, *a, nil
}

func (c *Carrier) listAddresses(r *http.Request) (int, any, error) {
	q := r.URL.Query()
	fits := func(filter, value string) bool { return q.Get(filter) == "" || q.Get(filter) == value }
	c.mu.Lock()
	defer c.mu.Unlock()
	all := []postalAddress{}
	for _, a := range slices.Backward(c.office.addresses) {
		if fits("CustomerName", a.CustomerName) && fits("FriendlyName", a.FriendlyName) && fits("IsoCountry", a.ISOCountry) {
			all = append(all, *a)
		}
	}
	part, frame := paged(r, all)
	return http.StatusOK, struct {
		page
		Addresses []postalAddress `json:"addresses"`
	}{frame, part}, nil
}

func (c *Carrier) getAddress(r *http.Request) (int, any, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	a := c.office.address(sid(r))
	if a == nil {
		return 0, nil, notFound(r)
	}
	return http.StatusOK, *a, nil
}

func (c *Carrier) updateAddress(r *http.Request) (int, any, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	a := c.office.address(sid(r))
	if a == nil {
		return 0, nil, notFound(r)
	}
	changed := *a
	if err := changed.change(r.PostForm); err != nil {
		return 0, nil, err
	}
	*a = changed
	return http.StatusOK, changed, nil
}

// deleteAddress deletes an address, unless a number depends on it.
func (c *Carrier) deleteAddress(r *http.Request) (int, any, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	a := c.office.address(sid(r))
	if a == nil {
		return 0, nil, notFound(r)
	}
	for _, n := range c.numbers {
		if n.AddressSID == a.SID {
			return 0, nil, fault(400, 20001, "The address is used by a phone number.")
		}
	}
	c.office.addresses = slices.DeleteFunc(c.office.addresses, func(other *postalAddress) bool { return other == a })
	c.office.note(LedgerDeleted, LedgerAddress, a.SID, a.FriendlyName)
	return http.StatusNoContent, nil, nil
}
