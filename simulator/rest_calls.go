package simulator

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// callResource is a call as REST shows it.
type callResource struct {
	AccountSID      string            `json:"account_sid"`
	AnsweredBy      *string           `json:"answered_by"`
	APIVersion      string            `json:"api_version"`
	CallerName      *string           `json:"caller_name"`
	DateCreated     string            `json:"date_created"`
	DateUpdated     string            `json:"date_updated"`
	Direction       string            `json:"direction"`
	Duration        *string           `json:"duration"`
	EndTime         *string           `json:"end_time"`
	ForwardedFrom   *string           `json:"forwarded_from"`
	From            string            `json:"from"`
	FromFormatted   string            `json:"from_formatted"`
	GroupSID        *string           `json:"group_sid"`
	ParentCallSID   *string           `json:"parent_call_sid"`
	PhoneNumberSID  *string           `json:"phone_number_sid"`
	Price           *string           `json:"price"`
	PriceUnit       string            `json:"price_unit"`
	QueueTime       string            `json:"queue_time"`
	SID             string            `json:"sid"`
	StartTime       *string           `json:"start_time"`
	Status          string            `json:"status"`
	SubresourceURIs map[string]string `json:"subresource_uris"`
	To              string            `json:"to"`
	ToFormatted     string            `json:"to_formatted"`
	TrunkSID        *string           `json:"trunk_sid"`
	URI             string            `json:"uri"`
}

var subresources = map[string]string{
	"events": "Events", "notifications": "Notifications", "payments": "Payments", "recordings": "Recordings",
	"siprec": "Siprec", "streams": "Streams", "transcriptions": "Transcriptions",
	"user_defined_message_subscriptions": "UserDefinedMessageSubscriptions", "user_defined_messages": "UserDefinedMessages",
}

func (l *Leg) resourceLocked() callResource {
	base := l.c.accountPath() + "/Calls/" + l.SID
	r := callResource{
		AccountSID: l.c.cfg.AccountSID, APIVersion: apiVersion, DateCreated: stamp(l.created), DateUpdated: stamp(l.updated),
		Direction: l.Direction, From: l.From, FromFormatted: l.From, To: l.To, ToFormatted: l.To, PriceUnit: "USD",
		QueueTime: strconv.FormatInt(l.queued.Milliseconds(), 10), SID: l.SID, Status: l.status, URI: base + ".json",
		SubresourceURIs: map[string]string{},
	}
	for key, name := range subresources {
		r.SubresourceURIs[key] = base + "/" + name + ".json"
	}
	if l.parent != nil {
		r.ParentCallSID = &l.parent.SID
	}
	if l.plan.forwardedFrom != "" {
		r.ForwardedFrom = &l.plan.forwardedFrom
	}
	own := l.From
	if l.Direction == Inbound {
		own = l.To
	}
	if n := l.c.numbers[own]; n != nil {
		r.PhoneNumberSID = &n.SID
	}
	if !l.started.IsZero() || (l.Direction == Inbound && l.endedLocked()) {
		started := stamp(orElse(l.started, l.created))
		r.StartTime = &started
	}
	if l.endedLocked() {
		end, duration := stamp(l.ended), strconv.Itoa(l.secondsLocked())
		r.EndTime, r.Duration = &end, &duration
	}
	return r
}

func (c *Carrier) accountPath() string { return "/" + apiVersion + "/Accounts/" + c.cfg.AccountSID }

func (l *Leg) resource() callResource {
	l.c.mu.Lock()
	defer l.c.mu.Unlock()
	return l.resourceLocked()
}

var phonePattern = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)

func (c *Carrier) createCall(r *http.Request) (int, any, error) {
	f := r.PostForm
	plan, err := callPlanFrom(f)
	if err != nil {
		return 0, nil, err
	}
	to, from := f.Get("To"), f.Get("From")
	if !phonePattern.MatchString(to) {
		return 0, nil, fault(400, 21211, "The phone number you are attempting to call, "+to+", is not valid.")
	}
	if err := c.mayShow(from, f.Get("CallToken")); err != nil {
		return 0, nil, err
	}
	if code := c.refuses(to); code != 0 {
		return 0, nil, fault(400, code, "The carrier does not call "+to+".")
	}
	l := c.place(&Leg{From: from, To: to, Direction: OutboundAPI, plan: plan})
	res := l.resource()
	res.Status, res.StartTime = StatusQueued, nil
	return http.StatusCreated, res, nil
}

// mayShow refuses a From that is neither ours nor that of a caller who is on the line, with whose token it is asked for.
func (c *Carrier) mayShow(from, token string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	callers := func(l *Leg) bool { return token != "" && l.token == token && l.From == from && !l.endedLocked() }
	switch {
	case c.numbers[from] != nil:
		return nil
	case !phonePattern.MatchString(from):
		return fault(400, 21212, "The 'From' number "+from+" is not a valid phone number.")
	case slices.ContainsFunc(c.legs, callers):
		return nil
	}
	return fault(400, 21210, "The source phone number provided, "+from+", is not yet verified for your account.")
}

// refuses is the error with which the carrier refuses to ring a phone, 0 when it does not.
func (c *Carrier) refuses(phone string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.scripts[phone].Refuse
}

// callPlanFrom reads what POST /Calls orders.
func callPlanFrom(f url.Values) (callPlan, error) {
	p := callPlan{
		fallbackURL: f.Get("FallbackUrl"), fallbackMethod: orElse(f.Get("FallbackMethod"), "POST"),
		statusURL: f.Get("StatusCallback"), statusMethod: orElse(f.Get("StatusCallbackMethod"), "POST"),
		statusEvents: f["StatusCallbackEvent"], timeout: 60,
	}
	switch {
	case f.Get("To") == "":
		return p, fault(400, 21201, "No 'To' number is specified")
	case f.Get("From") == "":
		return p, fault(400, 21213, "'From' phone number is required")
	}
	if f.Get("Timeout") != "" {
		n, err := strconv.Atoi(f.Get("Timeout"))
		if err != nil || n < 1 || n > 600 {
			return p, fault(400, 21207, "Timeout must be a number of seconds up to 600")
		}
		p.timeout = Seconds(max(n, 5))
	}
	if len(p.statusEvents) == 0 {
		p.statusEvents = []string{"completed"}
	}
	first, err := askFrom(f)
	if err != nil {
		return p, err
	}
	if first == nil {
		return p, fault(400, 21205, "Url parameter is required.")
	}
	p.first = *first
	for _, target := range []string{p.fallbackURL, p.statusURL} {
		if target != "" && !validURL(target) {
			return p, fault(400, 21609, "Invalid URL: "+target)
		}
	}
	for _, m := range []string{p.fallbackMethod, p.statusMethod} {
		if !method(m) {
			return p, fault(400, 20001, "Method must be GET or POST")
		}
	}
	return p, nil
}

// askFrom reads Url and Method, or Twiml. It returns nil when neither is given.
func askFrom(f url.Values) (*ask, error) {
	m := orElse(f.Get("Method"), "POST")
	if !method(m) {
		return nil, fault(400, 20001, "Method must be GET or POST")
	}
	target, twiml := f.Get("Url"), f.Get("Twiml")
	switch {
	case target != "" && !validURL(target):
		return nil, fault(400, 21205, "Url is not a valid URL: "+target)
	case target != "":
		return &ask{url: target, method: m}, nil
	case utf8.RuneCountInString(twiml) > 4000:
		return nil, fault(400, 20001, "Twiml must not exceed 4000 characters")
	case twiml != "":
		return &ask{twiml: twiml}, nil
	}
	return nil, nil
}

func validURL(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != ""
}

func (c *Carrier) getCall(r *http.Request) (int, any, error) {
	l := c.Leg(sid(r))
	if l == nil {
		return 0, nil, notFound(r)
	}
	return http.StatusOK, l.resource(), nil
}

func (c *Carrier) updateCall(r *http.Request) (int, any, error) {
	l := c.Leg(sid(r))
	if l == nil {
		return 0, nil, notFound(r)
	}
	to, err := askFrom(r.PostForm)
	if err != nil {
		return 0, nil, err
	}
	switch status := r.PostForm.Get("Status"); status {
	case "":
		err = l.updateDocument(to, r.PostForm)
	case StatusCompleted, StatusCanceled:
		err = l.updateStatus(status)
	default:
		err = fault(400, 20001, "Status must be canceled or completed")
	}
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, l.resource(), nil
}

var errNotLive = fault(400, 21220, "Call is not in-progress. Cannot redirect.")

func (l *Leg) updateDocument(to *ask, f url.Values) error {
	if to == nil {
		return nil // nothing to change
	}
	var fallbackURL, fallbackMethod *string
	if f.Has("FallbackUrl") {
		u, m := f.Get("FallbackUrl"), orElse(f.Get("FallbackMethod"), "POST")
		fallbackURL, fallbackMethod = &u, &m
	}
	if !l.redirect(*to, fallbackURL, fallbackMethod) {
		return errNotLive
	}
	return nil
}

// updateStatus ends the call and waits until it has ended. A call that is over cannot be ended; canceled spares a live one.
func (l *Leg) updateStatus(status string) error {
	select {
	case <-l.done:
		return fault(400, 21220, "Call is not in-progress.")
	default:
	}
	if l.answered() && status == StatusCanceled {
		return nil
	}
	l.cancel(errCompleted)
	select {
	case <-l.done:
	case <-l.c.ctx.Done():
	}
	return nil
}

func (c *Carrier) listCalls(r *http.Request) (int, any, error) {
	fits, err := callFilter(r.URL.Query())
	if err != nil {
		return 0, nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	found := []*Leg{}
	for _, l := range slices.Backward(c.legs) { // newest first
		if fits(l) {
			found = append(found, l)
		}
	}
	part, frame := paged(r, found)
	body := struct {
		page
		Calls []callResource `json:"calls"`
	}{frame, make([]callResource, 0, len(part))}
	for _, l := range part {
		body.Calls = append(body.Calls, l.resourceLocked())
	}
	return http.StatusOK, body, nil
}

// callFilter reads To, From, ParentCallSid, Status and StartTime, which compares days when it is only a day.
func callFilter(q url.Values) (func(*Leg) bool, error) {
	type bound struct {
		name string
		ok   func(started, given time.Time, day bool) bool
	}
	var times []func(*Leg) bool
	for _, b := range []bound{
		{"StartTime", func(s, g time.Time, _ bool) bool { return !s.Before(g) && s.Before(g.AddDate(0, 0, 1)) }},
		{"StartTime>", func(s, g time.Time, _ bool) bool { return !s.Before(g) }},
		{"StartTime<", func(s, g time.Time, day bool) bool {
			if day {
				g = g.AddDate(0, 0, 1)
			}
			return s.Before(g)
		}},
	} {
		text := q.Get(b.name)
		if text == "" {
			continue
		}
		given, day, err := parseTime(text)
		if err != nil {
			return nil, fault(400, 20001, b.name+" is not a time")
		}
		times = append(times, func(l *Leg) bool { return b.ok(orElse(l.started, l.created).UTC(), given, day) })
	}
	is := func(name, value string) bool { return q.Get(name) == "" || q.Get(name) == value }
	return func(l *Leg) bool {
		parent := ""
		if l.parent != nil {
			parent = l.parent.SID
		}
		return is("To", l.To) && is("From", l.From) && is("Status", l.status) && is("ParentCallSid", parent) &&
			!slices.ContainsFunc(times, func(ok func(*Leg) bool) bool { return !ok(l) })
	}, nil
}

func parseTime(s string) (t time.Time, day bool, err error) {
	s = strings.TrimPrefix(s, "=")
	if t, err = time.Parse(time.DateOnly, s); err == nil {
		return t, true, nil
	}
	t, err = time.Parse(time.RFC3339, s)
	return t.UTC(), false, err
}
