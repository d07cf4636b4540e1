package drill

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// outage is a time in which something of the system was broken on purpose.
type outage struct {
	kind  string   // of the parts
	parts []string // their names
	how   string   // killed, halted or frozen
	total bool     // nobody could decide anything meanwhile
	from  time.Time
	until time.Time // when all was ready again; zero while it lasts
}

// recovers is how long after it is ready again a part is still being found by the others: connections are tried again after
// pauses of some seconds.
const recovers = 10 * time.Second

// meets says whether an outage may have been noticed between two moments.
func (o outage) meets(from, until time.Time) bool {
	return o.from.Before(until) && (o.until.IsZero() || from.Before(o.until.Add(recovers)))
}

func (o outage) lasted() time.Duration {
	if o.until.IsZero() {
		return time.Since(o.from)
	}
	return o.until.Sub(o.from)
}

// String is what was broken, in words.
func (o outage) String() string { return fmt.Sprintf("%s %s", strings.Join(o.parts, " and "), o.how) }

// outages are all of a drill so far.
type outages struct {
	mu  sync.Mutex
	all []outage
}

// open notes that one begins now, and returns its number.
func (l *outages) open(o outage) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	o.from = time.Now()
	l.all = append(l.all, o)
	return len(l.all) - 1
}

// note adds one that is over.
func (l *outages) note(o outage) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = append(l.all, o)
}

func (l *outages) close(i int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all[i].until = time.Now()
}

// undecided says whether one goes on in which nothing can be decided.
func (l *outages) undecided() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.ContainsFunc(l.all, func(o outage) bool { return o.total && o.until.IsZero() })
}

// between are those that may have been noticed between two moments.
func (l *outages) between(from, until time.Time) []outage {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(l.all), func(o outage) bool { return !o.meets(from, until) })
}

// list is a copy of all.
func (l *outages) list() []outage {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.all)
}
