package simulator

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// numberResource is an owned number as REST shows it.
type numberResource struct {
	AccountSID             string          `json:"account_sid"`
	AddressRequirements    string          `json:"address_requirements"`
	AddressSID             *string         `json:"address_sid"`
	APIVersion             string          `json:"api_version"`
	Beta                   bool            `json:"beta"`
	BundleSID              *string         `json:"bundle_sid"`
	Capabilities           map[string]bool `json:"capabilities"`
	DateCreated            string          `json:"date_created"`
	DateUpdated            string          `json:"date_updated"`
	EmergencyAddressSID    *string         `json:"emergency_address_sid"`
	EmergencyAddressStatus string          `json:"emergency_address_status"`
	EmergencyStatus        string          `json:"emergency_status"`
	FriendlyName           string          `json:"friendly_name"`
	IdentitySID            *string         `json:"identity_sid"`
	Origin                 string          `json:"origin"`
	PhoneNumber            string          `json:"phone_number"`
	SID                    string          `json:"sid"`
	SMSApplicationSID      *string         `json:"sms_application_sid"`
	SMSFallbackMethod      string          `json:"sms_fallback_method"`
	SMSFallbackURL         string          `json:"sms_fallback_url"`
	SMSMethod              string          `json:"sms_method"`
	SMSURL                 string          `json:"sms_url"`
	Status                 string          `json:"status"`
	StatusCallback         string          `json:"status_callback"`
	StatusCallbackMethod   string          `json:"status_callback_method"`
	TrunkSID               *string         `json:"trunk_sid"`
	Type                   string          `json:"type"`
	URI                    string          `json:"uri"`
	VoiceApplicationSID    *string         `json:"voice_application_sid"`
	VoiceCallerIDLookup    bool            `json:"voice_caller_id_lookup"`
	VoiceFallbackMethod    string          `json:"voice_fallback_method"`
	VoiceFallbackURL       string          `json:"voice_fallback_url"`
	VoiceMethod            string          `json:"voice_method"`
	VoiceReceiveMode       string          `json:"voice_receive_mode"`
	VoiceURL               string          `json:"voice_url"`
}

func (c *Carrier) numberResource(n Number) numberResource {
	return numberResource{
		AccountSID: c.cfg.AccountSID, AddressRequirements: orElse(n.AddressRequirements, addressNone),
		AddressSID: optional(n.AddressSID), APIVersion: apiVersion, BundleSID: optional(n.BundleSID), Capabilities: capabilities(),
		DateCreated: stamp(n.Created), DateUpdated: stamp(n.Updated), EmergencyAddressStatus: "unregistered",
		EmergencyStatus: "Inactive", FriendlyName: n.FriendlyName, Origin: "twilio", PhoneNumber: n.Phone, SID: n.SID,
		SMSFallbackMethod: "POST", SMSMethod: "POST", Status: "in-use", StatusCallback: n.StatusCallback,
		StatusCallbackMethod: n.StatusCallbackMethod, Type: orElse(n.Type, typeLocal.owned),
		URI:                 c.accountPath() + "/IncomingPhoneNumbers/" + n.SID + ".json",
		VoiceFallbackMethod: n.VoiceFallbackMethod, VoiceFallbackURL: n.VoiceFallbackURL, VoiceMethod: n.VoiceMethod,
		VoiceReceiveMode: "voice", VoiceURL: n.VoiceURL,
	}
}

func (c *Carrier) listNumbers(r *http.Request) (int, any, error) {
	q := r.URL.Query()
	owned := slices.DeleteFunc(c.Numbers(), func(n Number) bool {
		name := q.Get("FriendlyName")
		return !strings.Contains(n.Phone, q.Get("PhoneNumber")) || (name != "" && name != n.FriendlyName)
	})
	part, frame := paged(r, owned)
	body := struct {
		page
		Numbers []numberResource `json:"incoming_phone_numbers"`
	}{frame, make([]numberResource, 0, len(part))}
	for _, n := range part {
		body.Numbers = append(body.Numbers, c.numberResource(n))
	}
	return http.StatusOK, body, nil
}

func (c *Carrier) numberBySID(sid string) (Number, bool) {
	owned := c.Numbers()
	i := slices.IndexFunc(owned, func(n Number) bool { return n.SID == sid })
	if i < 0 {
		return Number{}, false
	}
	return owned[i], true
}

func (c *Carrier) getNumber(r *http.Request) (int, any, error) {
	n, ok := c.numberBySID(sid(r))
	if !ok {
		return 0, nil, notFound(r)
	}
	return http.StatusOK, c.numberResource(n), nil
}

func (c *Carrier) updateNumber(r *http.Request) (int, any, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, owned := range c.numbers {
		if owned.SID != sid(r) {
			continue
		}
		n := *owned
		if err := setNumberFields(&n, r.PostForm); err != nil {
			return 0, nil, err
		}
		return http.StatusOK, c.numberResource(c.ownLocked(n)), nil
	}
	return 0, nil, notFound(r)
}

// deleteNumber gives a number back: the account no longer owns it, and it is for sale again.
func (c *Carrier) deleteNumber(r *http.Request) (int, any, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for phone, n := range c.numbers {
		if n.SID == sid(r) {
			delete(c.numbers, phone)
			c.office.noteNumber(LedgerDeleted, n)
			return http.StatusNoContent, nil, nil
		}
	}
	return 0, nil, notFound(r)
}

func (c *Carrier) getAccount(r *http.Request) (int, any, error) {
	if sid(r) != c.cfg.AccountSID {
		return 0, nil, notFound(r)
	}
	born := stamp(time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC))
	return http.StatusOK, map[string]any{
		"sid": c.cfg.AccountSID, "friendly_name": "Simulated account", "status": "active", "type": "Full",
		"owner_account_sid": c.cfg.AccountSID, "auth_token": nil, "date_created": born, "date_updated": born,
		"uri": c.accountPath() + ".json", "subresource_uris": map[string]string{
			"calls": c.accountPath() + "/Calls.json", "conferences": c.accountPath() + "/Conferences.json",
			"incoming_phone_numbers": c.accountPath() + "/IncomingPhoneNumbers.json",
		},
	}, nil
}
