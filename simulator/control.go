package simulator

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"
)

// PhoneState is a phone as the control API shows it.
type PhoneState struct {
	Phone   string     `json:"phone"`
	Name    string     `json:"name,omitempty"` // what its owner calls it; only through the control API
	Script  Script     `json:"script"`
	Ringing string     `json:"ringing,omitempty"` // SID of the call that rings there
	Calls   []CallView `json:"calls"`             // that are not over
}

// CallView is a call as the control API shows it.
type CallView struct {
	SID        string    `json:"sid"`
	Parent     string    `json:"parent,omitempty"`
	From       string    `json:"from"`
	To         string    `json:"to"`
	Phone      string    `json:"phone"` // whose phone this end of the call is
	Direction  string    `json:"direction"`
	Status     string    `json:"status"`
	Created    time.Time `json:"created"`
	Answered   time.Time `json:"answered,omitzero"`
	Ended      time.Time `json:"ended,omitzero"`
	SilenceMax Seconds   `json:"silence_max"`
	Hearing    *Heard    `json:"hearing,omitempty"` // the sound of this moment
	Heard      []Heard   `json:"heard,omitempty"`   // all sounds when one call is asked for, the last words in the picture
}

// view is the call without what was heard.
func (l *Leg) view() CallView {
	silence := l.SilenceMax()
	l.c.mu.Lock()
	defer l.c.mu.Unlock()
	v := CallView{
		SID: l.SID, From: l.From, To: l.To, Phone: l.Phone(), Direction: l.Direction, Status: l.status, Created: l.created,
		Answered: l.started, Ended: l.ended, SilenceMax: silence,
	}
	if l.parent != nil {
		v.Parent = l.parent.SID
	}
	if n := len(l.heard); n > 0 && l.heard[n-1].Until.IsZero() {
		now := l.heard[n-1]
		v.Hearing = &now
	}
	return v
}

func (l *Leg) isOver() bool {
	l.c.mu.Lock()
	defer l.c.mu.Unlock()
	return l.endedLocked()
}

// dialRequest asks for a call from a caller's phone.
type dialRequest struct {
	From   string       `json:"from"`
	To     string       `json:"to"`
	Script CallerScript `json:"script"`
}

type pressRequest struct {
	Digits string `json:"digits"`
}

// nameRequest says what the owner of a phone calls it.
type nameRequest struct {
	Name string `json:"name"`
}

func (c *Carrier) controlRoutes(mux *http.ServeMux) {
	control := http.NewServeMux()
	d := newDesk(c)
	handle := func(pattern string, a answer) {
		control.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) { serveControl(w, r, a) })
	}
	handle("GET /sim/numbers", c.showNumbers)
	handle("PUT /sim/numbers/{phone}", c.putNumber)
	handle("GET /sim/phones", d.showPhones)
	handle("PUT /sim/phones/{phone}", c.putScript)
	handle("PUT /sim/phones/{phone}/name", d.putName)
	handle("DELETE /sim/phones/{phone}", d.forgetPhone)
	handle("GET /sim/calls", c.showCalls)
	handle("POST /sim/calls", c.postCall)
	handle("GET /sim/calls/{sid}", c.showCall)
	handle("POST /sim/calls/{sid}/{act}", c.act)
	handle("GET /sim/faults", c.showFaults)
	handle("PUT /sim/faults", c.putFaults)
	handle("GET /sim/picture", d.showPicture)
	c.officeRoutes(handle)
	control.HandleFunc("GET /sim/page", Page{}.show)
	control.HandleFunc("GET /sim/events", d.streamEvents)
	mux.Handle("/sim/", local(control))
}

// local refuses requests that were not addressed to this machine by name, so that no web page elsewhere can steer the
// phones by pointing its own host name here, and writes that come from another site's page.
func local(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		origin := r.Header.Get("Origin")
		if !loopback(r.Host) || (origin != "" && origin != "http://"+r.Host) {
			write(w, http.StatusForbidden, controlError{"only for this machine"})
			return
		}
		next.ServeHTTP(w, r)
	})
}

func loopback(host string) bool {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	host = strings.Trim(host, "[]")
	ip := net.ParseIP(host)
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || (ip != nil && ip.IsLoopback())
}

type controlError struct {
	Error string `json:"error"`
}

// refused is a mistake in a control request.
type refused struct {
	status int
	reason string
}

func (r *refused) Error() string { return r.reason }

func serveControl(w http.ResponseWriter, r *http.Request, a answer) {
	status, body, err := a(r)
	var no *refused
	switch {
	case errors.As(err, &no):
		status, body = no.status, controlError{no.reason}
	case err != nil:
		status, body = http.StatusBadRequest, controlError{err.Error()}
	}
	write(w, status, body)
}

func decode(r *http.Request, into any) error {
	d := json.NewDecoder(http.MaxBytesReader(nil, r.Body, maxBody))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return fmt.Errorf("read the JSON body: %w", err)
	}
	return nil
}

func (c *Carrier) showNumbers(*http.Request) (int, any, error) {
	return http.StatusOK, c.Numbers(), nil
}

func (c *Carrier) putNumber(r *http.Request) (int, any, error) {
	var n Number
	if err := decode(r, &n); err != nil {
		return 0, nil, err
	}
	n.Phone = r.PathValue("phone")
	if !phonePattern.MatchString(n.Phone) {
		return 0, nil, &refused{http.StatusUnprocessableEntity, "the number must be E.164"}
	}
	c.AddNumber(n)
	n, _ = c.number(n.Phone)
	return http.StatusOK, n, nil
}

// Phones are the phones that have a script or were ever rung, in the order of their digits.
func (c *Carrier) Phones() []PhoneState {
	c.mu.Lock()
	scripts := map[string]Script{}
	for _, l := range c.legs {
		if l.Direction != Inbound {
			scripts[l.To] = Script{Answer: Manual}
		}
	}
	for phone, s := range c.scripts {
		scripts[phone] = s
	}
	c.mu.Unlock()
	states := make([]PhoneState, 0, len(scripts))
	for _, phone := range sortedKeys(scripts) {
		p := PhoneState{Phone: phone, Script: scripts[phone], Calls: []CallView{}}
		for _, l := range c.Phone(phone).Legs() {
			if l.isOver() {
				continue
			}
			v := l.view()
			if v.Status == StatusRinging {
				p.Ringing = v.SID
			}
			p.Calls = append(p.Calls, v)
		}
		states = append(states, p)
	}
	return states
}

func (c *Carrier) putScript(r *http.Request) (int, any, error) {
	var s Script
	if err := decode(r, &s); err != nil {
		return 0, nil, err
	}
	switch s.Answer {
	case "", Answer, NoAnswer, Busy, Decline, Fail, Mailbox, Manual:
	default:
		return 0, nil, &refused{http.StatusUnprocessableEntity, "unknown behaviour " + string(s.Answer)}
	}
	c.Script(r.PathValue("phone"), s)
	return http.StatusOK, s, nil
}

// showCalls lists all calls, or with ?live=true those that are not over.
func (c *Carrier) showCalls(r *http.Request) (int, any, error) {
	live := r.URL.Query().Get("live") == "true"
	views := []CallView{}
	for _, l := range c.Legs() {
		if !live || !l.isOver() {
			views = append(views, l.view())
		}
	}
	return http.StatusOK, views, nil
}

func (c *Carrier) postCall(r *http.Request) (int, any, error) {
	var d dialRequest
	if err := decode(r, &d); err != nil {
		return 0, nil, err
	}
	if _, owned := c.number(d.To); !owned {
		return 0, nil, &refused{http.StatusUnprocessableEntity, "the account does not own " + d.To}
	}
	return http.StatusCreated, c.Dial(d.From, d.To, d.Script).view(), nil
}

func (c *Carrier) showCall(r *http.Request) (int, any, error) {
	l := c.Leg(r.PathValue("sid"))
	if l == nil {
		return 0, nil, &refused{http.StatusNotFound, "no such call"}
	}
	v := l.view()
	v.Heard = l.Heard()
	return http.StatusOK, v, nil
}

// act lets the person at the phone press, answer, reject or hang up.
func (c *Carrier) act(r *http.Request) (int, any, error) {
	l := c.Leg(r.PathValue("sid"))
	if l == nil {
		return 0, nil, &refused{http.StatusNotFound, "no such call"}
	}
	switch r.PathValue("act") {
	case "press":
		var p pressRequest
		if err := decode(r, &p); err != nil {
			return 0, nil, err
		}
		l.Press(p.Digits)
	case "answer":
		l.Answer()
	case "reject":
		l.Reject()
	case "hangup":
		l.HangUp()
	default:
		return 0, nil, &refused{http.StatusNotFound, "no such act"}
	}
	return http.StatusOK, l.view(), nil
}

// Faults is the fault plan of this moment.
func (c *Carrier) Faults() Faults {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.faults.Faults
}

func (c *Carrier) showFaults(*http.Request) (int, any, error) { return http.StatusOK, c.Faults(), nil }

func (c *Carrier) putFaults(r *http.Request) (int, any, error) {
	var f Faults
	if err := decode(r, &f); err != nil {
		return 0, nil, err
	}
	c.SetFaults(f)
	return http.StatusOK, f, nil
}

// streamEvents sends every event after ?after= as server-sent events, no more than the ?last= newest, or goes on after
// Last-Event-ID. after=-1 sends only new ones.
func (d *desk) streamEvents(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	after := d.resume(r.Header.Get("Last-Event-ID"), query.Get("after"), query.Get("last"))
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	out := http.NewResponseController(w)
	_, _ = fmt.Fprint(w, "retry: 1000\n\n") // milliseconds until a browser comes back
	_ = out.Flush()
	for e := range d.c.Events(r.Context(), after) {
		line, err := json.Marshal(e)
		if err != nil {
			return
		}
		if _, err := fmt.Fprintf(w, "id: %s\ndata: %s\n\n", d.place(e.Seq), line); err != nil || out.Flush() != nil {
			return
		}
	}
}
