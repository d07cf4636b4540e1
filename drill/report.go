package drill

import (
	"cmp"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/ringdown/ringdown/cluster"
	"github.com/ringdown/ringdown/models"
)

// Report is what a drill came to.
type Report struct {
	Begun time.Time
	Took  time.Duration // until all calls were judged: runs may wait for a word of the carrier that was dropped

	config     Config
	mu         sync.Mutex
	over       samples // when the callers' lines ended
	calls      int     // that were judged
	legs       int
	outcomes   map[models.Outcome]int
	tookLate   int           // connected, and the caller left before the responder was in the room
	unknown    int           // the caller left while it rang, and nothing could be noted
	held       time.Duration // in which no call began, because answers were slow
	notJudged  int           // because the drill was ended
	again      int           // callbacks that were to be told again
	goOn       int           // alerts whose runs go on: somebody is being told
	broken     map[promise]int
	silences   []silenceOf // the longest of all
	toTalk     samples     // from the key that takes a call to the caller's hearing it
	gaps       samples     // from the end of a phone's try to the next one's dial
	arrivals   samples     // until the caller hears something of ours
	worst      map[string]worst
	violations []string
	stories    []string // of the calls that they are about, the first of them

	outages []outage
	struck  map[string]int
	hooks   samples
	logged  map[string]int // errors, by their message
}

type silenceOf struct {
	silence
	call int
}

// worst is the worst of a kind of outage.
type worst struct{ hook, gap, arrival time.Duration }

const (
	silencesTold = 5
	storiesTold  = 30
)

func newReport(c Config) *Report {
	return &Report{
		config: c, outcomes: map[models.Outcome]int{}, broken: map[promise]int{}, worst: map[string]worst{}, logged: map[string]int{},
	}
}

// Kept says whether everything that was promised was so.
func (r *Report) Kept() bool { return len(r.violations) == 0 }

// add takes in a call that is judged.
func (r *Report) add(d *drill, y *story) {
	text := ""
	if len(y.faults) > 0 {
		text = d.tell(y)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.calls++
	d.tallies.judged.Add(1)
	r.legs += len(y.rung)
	r.outcomes[y.record.Outcome]++
	if y.record.ID == "" {
		r.unknown++
	}
	if y.alertRun.open {
		r.goOn++
	}
	for _, e := range y.told() {
		if toldAgain(e) {
			r.again++
		}
	}
	if y.caller != nil {
		r.measure(y)
	}
	broken := map[promise]bool{}
	for _, fault := range y.faults {
		broken[fault.promise] = true
		r.violations = append(r.violations, fmt.Sprintf("call %d: %s: %s", y.n, fault.promise, fault.text))
	}
	for p := range broken {
		r.broken[p]++
	}
	if len(y.faults) > 0 && len(r.stories) < storiesTold {
		r.stories = append(r.stories, text)
	}
	d.tallies.wrong.Store(int64(len(r.violations)))
	if len(y.faults) > 0 || d.Each {
		d.say("%s", y.inOneLine())
	}
}

// hungUp notes when a caller's line ended.
func (r *Report) hungUp(after time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.over.add(after)
}

// heldBack notes that no call began for a while, because answers were slow.
func (r *Report) heldBack(d time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.held += d
}

// unsettled notes a call that was not judged, because the drill was ended.
func (r *Report) unsettled() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.notJudged++
}

// breaks notes a violation that is of no call.
func (r *Report) breaks(p promise, text string) {
	r.broken[p]++
	r.violations = append(r.violations, string(p)+": "+text)
}

// measure notes the figures of a call.
func (r *Report) measure(y *story) {
	longest := silenceOf{call: y.n}
	for _, s := range y.silences() {
		if s.ours > longest.ours || s.ours == longest.ours && s.all > longest.all {
			longest.silence = s
		}
	}
	r.silences = append(r.silences, longest)
	slices.SortFunc(r.silences, func(a, b silenceOf) int { return cmp.Or(cmp.Compare(b.ours, a.ours), cmp.Compare(b.all, a.all)) })
	r.silences = r.silences[:min(len(r.silences), silencesTold)]

	arrived := y.decided()
	if !y.caller.answered.IsZero() || y.diverted != nil {
		took := arrived.Sub(y.caller.dialled)
		r.arrivals.add(took)
		r.meanwhile(y, y.caller.dialled, arrived, func(w *worst) { w.arrival = max(w.arrival, took) })
	}
	for _, g := range y.gaps() {
		took := g.until.Sub(g.from)
		r.gaps.add(took)
		r.meanwhile(y, g.from, g.until, func(w *worst) { w.gap = max(w.gap, took) })
	}
	if met := y.met(); met != nil {
		r.toTalk.add(y.caller.talked.Sub(met.took()))
	} else if y.record.Outcome == models.Connected {
		r.tookLate++
	}
}

// meanwhile notes what is the worst of the kinds of outages that met a call between two moments.
func (r *Report) meanwhile(y *story, from, until time.Time, note func(*worst)) {
	for _, o := range y.outages {
		if o.meets(from, until) {
			w := r.worst[o.sort()]
			note(&w)
			r.worst[o.sort()] = w
		}
	}
}

// sort is what kind of outage it is, in words.
func (o outage) sort() string {
	switch {
	case o.kind == cluster.Worker && o.total:
		return "all workers"
	case o.total || o.kind == machineKind:
		return o.kind
	default:
		return "one " + o.kind + " of several"
	}
}

// close takes in what is known when all calls are judged.
func (r *Report) close(d *drill, logs logMarks) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.outages = d.breaks.list()
	d.ear.mu.Lock()
	r.struck, r.hooks = maps.Clone(d.ear.struck), slices.Clone(d.ear.hooks)
	for _, text := range d.ear.strays {
		r.breaks(rungOnce, text)
	}
	for sort, hook := range d.ear.worst {
		w := r.worst[sort]
		w.hook = hook
		r.worst[sort] = w
	}
	d.ear.mu.Unlock()
	found, logged := logs.read()
	r.logged = logged
	for _, text := range found {
		r.breaks(noNumber, text)
	}
}

// machine is what the drill ran on.
func machine() string {
	return fmt.Sprintf("%d cores, %s, %s", runtime.NumCPU(), memory(), runtime.Version())
}

func sorted[K ~string, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }
