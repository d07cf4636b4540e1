package simulator

import (
	"math/rand/v2"
	"strings"
	"time"
)

// Deed is what a fault does.
type Deed string

// The faults. Delays are real time, not scaled.
const (
	Delay       Deed = "delay"        // the webhook or REST request is held back for Delay, and may be overtaken
	Duplicate   Deed = "duplicate"    // the webhook is delivered twice, with the same idempotency token
	Drop        Deed = "drop"         // the webhook is never sent
	Reorder     Deed = "reorder"      // the same, for 0.3 s when no Delay is given
	ReplyStatus Deed = "status"       // REST answers with Rule.Status and does nothing
	LoseReply   Deed = "lose-reply"   // the request is processed, its answer is lost
	LoseRequest Deed = "lose-request" // the connection breaks before the request is processed
)

// Match says which requests a rule is for. Empty fields match everything.
type Match struct {
	Kind  string `json:"kind,omitempty"`  // rest, document, wait, audio, status, conference, recording
	Phone string `json:"phone,omitempty"` // the phone it is about; for POST /Calls the To
	Path  string `json:"path,omitempty"`  // part of the URL's path; for REST "METHOD path"
}

// Rule is one fault.
type Rule struct {
	Match       Match   `json:"match"`
	Do          Deed    `json:"do"`
	Delay       Seconds `json:"delay,omitempty"`       // real seconds
	Status      int     `json:"status,omitempty"`      // 0 means 503
	Times       int     `json:"times,omitempty"`       // how often it strikes; 0 means always
	Probability float64 `json:"probability,omitempty"` // 0 means 1
}

func (r Rule) delay() time.Duration {
	d := r.Delay
	if r.Do == Reorder {
		d = orElse(d, 0.3)
	}
	return time.Duration(float64(d) * float64(time.Second))
}

// Faults is what goes wrong from now on. The first rule that matches a request strikes.
type Faults struct {
	Rules []Rule `json:"rules,omitempty"`
	Seed  uint64 `json:"seed,omitempty"` // of the probabilities
	// CallsPerSecond queues calls asked for by REST beyond this rate, in carrier time. 0 means no limit.
	CallsPerSecond float64 `json:"calls_per_second,omitempty"`
}

type faults struct {
	Faults
	struck []int
	random *rand.Rand
}

// SetFaults replaces the fault plan. The zero value ends all faults.
func (c *Carrier) SetFaults(f Faults) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.faults = faults{Faults: f, struck: make([]int, len(f.Rules)), random: rand.New(rand.NewPCG(f.Seed, 1))}
}

// hit returns the rule that strikes a request, the zero Rule when none does.
func (f *faults) hit(c *Carrier, kind, phone, path string) Rule {
	c.mu.Lock()
	defer c.mu.Unlock()
	return f.strikeLocked(kind, phone, path)
}

func (f *faults) strikeLocked(kind, phone, path string) Rule {
	for i, r := range f.Rules {
		if !r.Match.fits(kind, phone, path) || (r.Times > 0 && f.struck[i] >= r.Times) {
			continue
		}
		if r.Probability > 0 && f.random.Float64() >= r.Probability {
			continue
		}
		f.struck[i]++
		return r
	}
	return Rule{}
}

func (m Match) fits(kind, phone, path string) bool {
	return (m.Kind == "" || m.Kind == kind) && (m.Phone == "" || m.Phone == phone) && strings.Contains(path, m.Path)
}
