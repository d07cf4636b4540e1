package simulator

import (
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// rfc2822 is how Twilio writes instants.
const rfc2822 = "Mon, 02 Jan 2006 15:04:05 +0000"

func stamp(t time.Time) string { return t.UTC().Format(rfc2822) }

// countries are the calling codes that webhooks name a country for.
var countries = map[string]string{
	"+1": "US", "+33": "FR", "+34": "ES", "+39": "IT", "+44": "GB", "+49": "DE", "+61": "AU", "+81": "JP", "+353": "IE",
}

func countryOf(phone string) string {
	for n := 4; n >= 2; n-- {
		if len(phone) >= n && countries[phone[:n]] != "" {
			return countries[phone[:n]]
		}
	}
	return ""
}

// paramsLocked are the parameters that every webhook of a leg carries.
func (l *Leg) paramsLocked() url.Values {
	v := url.Values{}
	set := func(name, value string) { v.Set(name, value) }
	set("CallSid", l.SID)
	set("AccountSid", l.c.cfg.AccountSID)
	set("ApiVersion", apiVersion)
	set("Direction", l.Direction)
	set("CallStatus", l.status)
	for _, side := range []struct{ name, alias, phone string }{{"From", "Caller", l.From}, {"To", "Called", l.To}} {
		set(side.name, side.phone)
		set(side.alias, side.phone)
		for _, prefix := range []string{side.name, side.alias} {
			set(prefix+"City", "")
			set(prefix+"State", "")
			set(prefix+"Zip", "")
			set(prefix+"Country", countryOf(side.phone))
		}
	}
	if l.parent != nil {
		set("ParentCallSid", l.parent.SID)
	}
	if l.plan.verstat != "" {
		set("StirVerstat", l.plan.verstat)
	}
	if l.plan.forwardedFrom != "" {
		set("ForwardedFrom", l.plan.forwardedFrom)
	}
	return v
}

func (l *Leg) deliveryLocked(kind string, a ask) delivery {
	params := l.paramsLocked()
	if l.token != "" && kind == HookDocument {
		params.Set("CallToken", l.token)
	}
	for name, values := range a.extra {
		params[name] = values
	}
	return delivery{
		kind: kind, leg: l, phone: l.Phone(), call: l.SID, method: orElse(a.method, http.MethodPost), url: a.url,
		params: params, jar: l.cookies,
	}
}

// notify sends the status callback for a status the leg has just reached, if one was asked for.
func (l *Leg) notify(status string) {
	l.c.mu.Lock()
	defer l.c.mu.Unlock()
	l.notifyLocked(status)
}

func (l *Leg) notifyLocked(status string) {
	if status == StatusInitiated {
		l.passed = append(l.passed, StatusInitiated)
	}
	event, terminal := callbackEvent(status)
	if l.plan.statusURL == "" || l.script.NoCallbacks || !slices.Contains(l.plan.statusEvents, event) {
		return
	}
	extra := url.Values{
		"CallStatus": {status}, "Timestamp": {stamp(time.Now())}, "CallbackSource": {"call-progress-events"},
		"SequenceNumber": {strconv.Itoa(l.sequence)},
	}
	if terminal {
		seconds := l.secondsLocked()
		extra.Set("CallDuration", strconv.Itoa(seconds))
		extra.Set("Duration", strconv.Itoa((seconds+59)/60))
		if l.sip != 0 {
			extra.Set("SipResponseCode", strconv.Itoa(l.sip))
		}
	}
	l.sequence++
	l.chain.sendLocked(l.c, l.deliveryLocked(HookStatus, ask{url: l.plan.statusURL, method: l.plan.statusMethod, extra: extra}))
}

// callbackEvent is the StatusCallbackEvent under which a status is reported.
func callbackEvent(status string) (event string, terminal bool) {
	switch status {
	case StatusInitiated, StatusRinging:
		return status, false
	case StatusInProgress:
		return "answered", false
	default:
		return "completed", true
	}
}

// secondsLocked is the billed length of the call, rounded up, in real time. 0 when nobody answered.
func (l *Leg) secondsLocked() int {
	if l.started.IsZero() {
		return 0
	}
	end := l.ended
	if end.IsZero() {
		end = time.Now()
	}
	return int(math.Ceil(end.Sub(l.started).Seconds()))
}

// absolute resolves a URL of a document against the document's own.
func absolute(base, ref string) string {
	if ref == "" {
		return base
	}
	target, fragment, has := strings.Cut(ref, "#")
	b, err := url.Parse(base)
	if err != nil {
		return ref
	}
	u, err := b.Parse(target)
	if err != nil {
		return ref
	}
	if strings.Contains(target, "://") {
		u = nil // left as it was written: printing it again could change its escapes
	}
	out := target
	if u != nil {
		out = u.String()
	}
	if has {
		out += "#" + fragment
	}
	return out
}
