package simulator

import (
	"cmp"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// desk is where the phones lie: what their owners call them, and which run of the simulator this is.
type desk struct {
	c   *Carrier
	run string // differs from one run to the next

	mu    sync.Mutex
	names map[string]string // of phones
}

func newDesk(c *Carrier) *desk { return &desk{c: c, run: newSID(""), names: map[string]string{}} }

// picture is all that the page shows but the story, at one moment.
type picture struct {
	Run     string       `json:"run"`
	Numbers []Number     `json:"numbers"`
	Phones  []PhoneState `json:"phones"`
	Callers []CallView   `json:"callers"` // calls of callers that are not over, oldest first
	Faults  Faults       `json:"faults"`
}

func (d *desk) showPicture(*http.Request) (int, any, error) {
	p := picture{Run: d.run, Numbers: d.c.Numbers(), Phones: d.phones(), Callers: []CallView{}, Faults: d.c.Faults()}
	for i := range p.Phones {
		for j := range p.Phones[i].Calls {
			d.addWords(&p.Phones[i].Calls[j])
		}
	}
	for _, l := range d.c.Legs() {
		if l.Direction == Inbound && !l.isOver() {
			v := l.view()
			d.addWords(&v)
			p.Callers = append(p.Callers, v)
		}
	}
	return http.StatusOK, p, nil
}

// shownWords is how many of the last things said the page shows of a call.
const shownWords = 2

// addWords adds the last things said to a call.
func (d *desk) addWords(v *CallView) {
	heard := d.c.Leg(v.SID).Heard()
	for i := len(heard) - 1; i >= 0 && len(v.Heard) < shownWords; i-- {
		if heard[i].Kind == SoundSay {
			v.Heard = append(v.Heard, heard[i])
		}
	}
	slices.Reverse(v.Heard)
}

// phones are the carrier's, those that only have a name too, in the order of their digits.
func (d *desk) phones() []PhoneState {
	d.mu.Lock()
	names := maps.Clone(d.names)
	d.mu.Unlock()
	all := d.c.Phones()
	for i := range all {
		all[i].Name = names[all[i].Phone]
		delete(names, all[i].Phone)
	}
	for phone, name := range names {
		all = append(all, PhoneState{Phone: phone, Name: name, Script: Script{Answer: Manual}, Calls: []CallView{}})
	}
	slices.SortFunc(all, func(a, b PhoneState) int { return cmp.Compare(a.Phone, b.Phone) })
	return all
}

func (d *desk) showPhones(*http.Request) (int, any, error) { return http.StatusOK, d.phones(), nil }

func (d *desk) putName(r *http.Request) (int, any, error) {
	var n nameRequest
	if err := decode(r, &n); err != nil {
		return 0, nil, err
	}
	phone := r.PathValue("phone")
	if !phonePattern.MatchString(phone) {
		return 0, nil, &refused{http.StatusUnprocessableEntity, "the number must be E.164"}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.names[phone] = n.Name
	if n.Name == "" {
		delete(d.names, phone)
	}
	return http.StatusOK, n, nil
}

// place is the id of an event in a stream. Numbers start again with each run, so it names the run too.
func (d *desk) place(seq int) string { return d.run + "." + strconv.Itoa(seq) }

// resume is the number of the event after which a stream goes on. lastID, of which a browser tells when it comes back,
// goes before after; one of another run is from before everything. last is how many of the kept events a new stream
// begins with at most, 0 for all.
func (d *desk) resume(lastID, after, last string) int {
	if run, seq, ok := strings.Cut(lastID, "."); ok && run == d.run {
		n, _ := strconv.Atoi(seq)
		return n
	}
	n, _ := strconv.Atoi(after)
	if most, _ := strconv.Atoi(last); most > 0 {
		d.c.mu.Lock()
		defer d.c.mu.Unlock()
		n = max(n, d.c.feed.seq-most)
	}
	return n
}
