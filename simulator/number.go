package simulator

import (
	"cmp"
	"slices"
	"time"
)

// Number is a phone number that the account owns, and what the carrier asks when it is called. Methods are POST or
// GET; empty means POST.
type Number struct {
	SID                  string    `json:"sid"` // PN and 32 hexadecimal digits; made when empty
	Phone                string    `json:"phone"`
	FriendlyName         string    `json:"friendly_name,omitempty"`
	VoiceURL             string    `json:"voice_url,omitempty"`
	VoiceMethod          string    `json:"voice_method,omitempty"`
	VoiceFallbackURL     string    `json:"voice_fallback_url,omitempty"`
	VoiceFallbackMethod  string    `json:"voice_fallback_method,omitempty"`
	StatusCallback       string    `json:"status_callback,omitempty"`
	StatusCallbackMethod string    `json:"status_callback_method,omitempty"`
	BundleSID            string    `json:"bundle_sid,omitempty"`
	AddressSID           string    `json:"address_sid,omitempty"`
	Type                 string    `json:"type,omitempty"`                 // local, mobile, tollfree, national; empty means local
	AddressRequirements  string    `json:"address_requirements,omitempty"` // none, any, local; empty means none
	MonthlyPrice         string    `json:"monthly_price,omitempty"`        // in US dollars; empty unless it was bought
	Created              time.Time `json:"created"`
	Updated              time.Time `json:"updated"`
}

// AddNumber makes the account own a number, or replaces its settings.
func (c *Carrier) AddNumber(n Number) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ownLocked(n)
}

func (c *Carrier) ownLocked(n Number) Number {
	if old, ok := c.numbers[n.Phone]; ok {
		n.SID, n.Created = old.SID, old.Created
	}
	if n.SID == "" {
		n.SID = newSID("PN")
	}
	n.Updated = time.Now()
	n.Created = orElse(n.Created, n.Updated)
	n.VoiceMethod = orElse(n.VoiceMethod, "POST")
	n.VoiceFallbackMethod = orElse(n.VoiceFallbackMethod, "POST")
	n.StatusCallbackMethod = orElse(n.StatusCallbackMethod, "POST")
	n.FriendlyName = orElse(n.FriendlyName, n.Phone)
	c.numbers[n.Phone] = &n
	return n
}

// Numbers are the numbers that the account owns, in the order of their digits.
func (c *Carrier) Numbers() []Number {
	c.mu.Lock()
	defer c.mu.Unlock()
	owned := make([]Number, 0, len(c.numbers))
	for _, n := range c.numbers {
		owned = append(owned, *n)
	}
	slices.SortFunc(owned, func(a, b Number) int { return cmp.Compare(a.Phone, b.Phone) })
	return owned
}

func (c *Carrier) number(phone string) (Number, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	n, ok := c.numbers[phone]
	if !ok {
		return Number{}, false
	}
	return *n, true
}
