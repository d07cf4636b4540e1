package simulator

import (
	"hash/fnv"
	"math/rand/v2"
	"slices"
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
	Reorder     Deed = "reorder"      // the webhook is held back for 0.3 s when no Delay is given, and overtaken
	ReplyStatus Deed = "status"       // REST answers with Rule.Status and does nothing
	StatusAfter Deed = "status-after" // REST does what is asked, and answers with Rule.Status all the same
	SlowReply   Deed = "slow-reply"   // REST does what is asked at once, and answers after Delay
	LoseReply   Deed = "lose-reply"   // the request is processed, its answer is lost
	LoseRequest Deed = "lose-request" // the connection breaks before the request is processed

	EmptyRecording Deed = "empty-recording" // what was recorded is 0 s long
	LongRecording  Deed = "long-recording"  // what was recorded claims to be 7200 s long
	FailTranscript Deed = "fail-transcript" // the carrier understands nothing of a recording
)

// Where each deed is possible: on the way of a webhook or a REST request, or when a recording or transcript is made.
var (
	hookDeeds       = []Deed{Delay, Duplicate, Drop, Reorder, LoseReply, LoseRequest}
	restDeeds       = []Deed{Delay, Drop, ReplyStatus, StatusAfter, SlowReply, LoseReply, LoseRequest}
	recordingDeeds  = []Deed{EmptyRecording, LongRecording}
	transcriptDeeds = []Deed{FailTranscript}
)

// Match says which requests, or recordings, a rule is for. Empty fields match everything.
type Match struct {
	Kind  string `json:"kind,omitempty"`  // rest, document, wait, audio, status, conference, recording, transcription, bundle
	Phone string `json:"phone,omitempty"` // the phone it is about; for POST /Calls the To, for a purchase the PhoneNumber
	Path  string `json:"path,omitempty"`  // part of the URL's path; for REST "METHOD path"
	// Operation is what REST is asked to do, by its name in Twilio's description, such as CreateIncomingPhoneNumber or
	// CreateItemAssignment. Of a bundle's webhook it is the status that is told.
	Operation string `json:"operation,omitempty"`
}

// Rule is one fault. A rule whose deed is impossible for a request, such as a duplicate of a REST request, is passed over.
type Rule struct {
	Match       Match   `json:"match"`
	Do          Deed    `json:"do"`
	Delay       Seconds `json:"delay,omitempty"`       // real seconds
	Vary        bool    `json:"vary,omitempty"`        // each delay is drawn, from 0 up to Delay
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

// Faults is what goes wrong from now on. The first rule that matches a request strikes. The zero value is a carrier
// without fault.
type Faults struct {
	Rules []Rule `json:"rules,omitempty"`
	// Seed of the probabilities. What happens to a request depends on it, on the request's kind and phone, and on how
	// many of that kind that phone has had: not on what other phones do meanwhile.
	Seed uint64 `json:"seed,omitempty"`
	// CallsPerSecond queues calls asked for by REST beyond this rate, in carrier time. 0 means no limit.
	CallsPerSecond float64 `json:"calls_per_second,omitempty"`
}

type faults struct {
	Faults
	struck []int
	dice   map[string]map[string]*rand.Rand // by phone and kind
	chance map[string]uint64                // Script.Chance, by phone
}

// SetFaults replaces the fault plan. The zero value ends all faults.
func (c *Carrier) SetFaults(f Faults) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.faults = faults{Faults: f, struck: make([]int, len(f.Rules)), dice: map[string]map[string]*rand.Rand{}, chance: c.faults.chance}
}

// occasion is a request, or a recording, that a fault may strike. See Match.Operation.
type occasion struct{ kind, phone, path, operation string }

// hit returns the rule that strikes a request with one of the possible deeds, the zero Rule when none does.
func (f *faults) hit(c *Carrier, o occasion, possible []Deed) Rule {
	c.mu.Lock()
	defer c.mu.Unlock()
	return f.strikeLocked(o, possible)
}

func (f *faults) strikeLocked(o occasion, possible []Deed) Rule {
	for i, r := range f.Rules {
		if !slices.Contains(possible, r.Do) || !r.Match.fits(o) || (r.Times > 0 && f.struck[i] >= r.Times) {
			continue
		}
		if r.Probability > 0 && f.diceLocked(o.kind, o.phone).Float64() >= r.Probability {
			continue
		}
		if r.Vary {
			r.Delay *= Seconds(f.diceLocked(o.kind, o.phone).Float64())
		}
		f.struck[i]++
		return r
	}
	return Rule{}
}

func (f *faults) diceLocked(kind, phone string) *rand.Rand {
	if f.dice[phone] == nil {
		f.dice[phone] = map[string]*rand.Rand{}
	}
	if f.dice[phone][kind] == nil {
		h := fnv.New64a()
		_, _ = h.Write([]byte(kind + " " + phone)) // never fails
		f.dice[phone][kind] = rand.New(rand.NewPCG(f.Seed^f.chance[phone], h.Sum64()))
	}
	return f.dice[phone][kind]
}

// rollLocked begins anew what is drawn of a phone's faults; a chance of 0 is that of the plan's seed alone.
func (f *faults) rollLocked(phone string, chance uint64) {
	delete(f.dice, phone)
	delete(f.chance, phone)
	if chance != 0 {
		f.chance[phone] = chance
	}
}

func (m Match) fits(o occasion) bool {
	return (m.Kind == "" || m.Kind == o.kind) && (m.Phone == "" || m.Phone == o.phone) &&
		(m.Operation == "" || m.Operation == o.operation) && strings.Contains(o.path, m.Path)
}
