package twilio

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/ringdown/ringdown/models"
	api "github.com/twilio/twilio-go/rest/api/v2010"
)

// Webhooks are the URLs that a number asks when it is called.
type Webhooks struct {
	Voice          string // what to do with a call; by POST
	Fallback       string // asked when Voice fails; empty means none
	FallbackMethod string // GET or POST; empty means POST. A host of plain files wants GET
	Status         string // told, by POST, how a call ended; empty means nobody
}

// WebhooksAt are the webhooks of a number of ours: public is where the carrier reaches us, without
// a trailing slash, and fallback the number's emergency document on another host, empty for none.
func WebhooksAt(public, fallback string) Webhooks {
	links := models.Links{Base: public}
	w := Webhooks{Voice: links.Voice(0), Status: links.Status()}
	if fallback != "" {
		w.Fallback, w.FallbackMethod = models.WithRetries(fallback), http.MethodGet
	}
	return w
}

// Number is a number that the account owns.
type Number struct {
	SID            string
	Number         models.Phone
	Name           string // as the carrier's console shows it
	CanCall        bool   // it can be called and shown as caller
	Webhooks       Webhooks
	VoiceMethod    string
	StatusMethod   string
	ApplicationSID string // when set, the carrier ignores Webhooks.Voice and Fallback
	TrunkSID       string // the same
}

func numberOf(n *api.ApiV2010IncomingPhoneNumber) Number {
	return Number{
		SID: text(n.Sid), Number: models.Phone(text(n.PhoneNumber)), Name: text(n.FriendlyName),
		CanCall: n.Capabilities != nil && n.Capabilities.Voice,
		Webhooks: Webhooks{
			Voice: text(n.VoiceUrl), Fallback: text(n.VoiceFallbackUrl),
			FallbackMethod: text(n.VoiceFallbackMethod), Status: text(n.StatusCallback),
		},
		VoiceMethod: text(n.VoiceMethod), StatusMethod: text(n.StatusCallbackMethod),
		ApplicationSID: text(n.VoiceApplicationSid), TrunkSID: text(n.TrunkSid),
	}
}

// Number looks up a number of the account, models.ErrNotFound when the account does not own it.
func (c *Client) Number(ctx context.Context, phone models.Phone) (Number, error) {
	const op = "look up number"
	var owned []api.ApiV2010IncomingPhoneNumber
	err := c.ask(ctx, op, func(s *api.ApiService) error {
		page, err := s.PageIncomingPhoneNumber(
			new(api.ListIncomingPhoneNumberParams).SetPhoneNumber(string(phone)), "", "")
		if err != nil || page.IncomingPhoneNumbers == nil {
			return errors.Join(err, errNoAnswer)
		}
		owned = page.IncomingPhoneNumbers
		return nil
	})
	if err != nil {
		return Number{}, err
	}
	for i := range owned { // the carrier also lists numbers that merely contain this one
		if text(owned[i].PhoneNumber) == string(phone) {
			return numberOf(&owned[i]), nil
		}
	}
	return Number{}, fmt.Errorf("%s: %w in the carrier's account", op, models.ErrNotFound)
}

// Connect sets the webhooks of a number, reads them back and compares. Safe to repeat.
func (c *Client) Connect(ctx context.Context, sid string, want Webhooks) error {
	const op = "connect number"
	if err := checkNumberSID(sid); err != nil {
		return err
	}
	params := new(api.UpdateIncomingPhoneNumberParams).
		SetVoiceUrl(want.Voice).SetVoiceMethod(http.MethodPost).
		SetVoiceFallbackUrl(want.Fallback).SetVoiceFallbackMethod(want.fallbackMethod()).
		SetStatusCallback(want.Status).SetStatusCallbackMethod(http.MethodPost)
	err := c.ask(ctx, op, func(s *api.ApiService) error {
		_, err := s.UpdateIncomingPhoneNumber(sid, params)
		return err
	})
	if err != nil {
		return err
	}
	set, err := c.NumberBySID(ctx, sid)
	if err != nil {
		return err
	}
	return set.Connected(want)
}

// NumberBySID reads a number of the account by the carrier's id of it, models.ErrNotFound when the account does not
// own it.
func (c *Client) NumberBySID(ctx context.Context, sid string) (found Number, err error) {
	err = c.ask(ctx, "read number", func(s *api.ApiService) error {
		number, err := s.FetchIncomingPhoneNumber(sid, nil)
		if err != nil || text(number.Sid) != sid {
			return errors.Join(err, errNoAnswer)
		}
		found = numberOf(number)
		return nil
	})
	return found, err
}

func (w Webhooks) fallbackMethod() string { return cmp.Or(w.FallbackMethod, http.MethodPost) }

// Connected is nil when calls to the number reach the given webhooks, else what stands in the way.
func (n Number) Connected(want Webhooks) error {
	if n.ApplicationSID != "" || n.TrunkSID != "" {
		return fmt.Errorf("number %s: detach it from its application or trunk (%s%s), which takes its calls",
			n.SID, n.ApplicationSID, n.TrunkSID)
	}
	for _, hook := range []struct{ what, got, want string }{
		{"voice URL", n.Webhooks.Voice, want.Voice},
		{"voice method", n.VoiceMethod, http.MethodPost},
		{"fallback URL", n.Webhooks.Fallback, want.Fallback},
		{"fallback method", n.Webhooks.fallbackMethod(), want.fallbackMethod()},
		{"status callback", n.Webhooks.Status, want.Status},
		{"status callback method", n.StatusMethod, http.MethodPost},
	} {
		if hook.got != hook.want {
			// What is there instead is not shown: a stranger's URL may hold a password.
			return fmt.Errorf("number %s: %s is not %q", n.SID, hook.what, hook.want)
		}
	}
	return nil
}
