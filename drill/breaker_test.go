package drill

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ringdown/ringdown/cluster"
	"github.com/ringdown/ringdown/simulator"
)

// toy is a system whose parts can be broken.
type toy struct {
	parts []cluster.Part

	mu     sync.Mutex
	down   map[string]bool
	orders []string
	fails  string // an order that fails
}

func (c *toy) Parts(context.Context) ([]cluster.Part, error) { return c.parts, nil }

func (c *toy) order(order, name string, down bool) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.orders = append(c.orders, order)
	if order == c.fails {
		return errors.New("it will not")
	}
	c.down[name] = down
	return nil
}

func (c *toy) Kill(_ context.Context, name string) error   { return c.order("kill", name, true) }
func (c *toy) Halt(_ context.Context, name string) error   { return c.order("halt", name, true) }
func (c *toy) Freeze(_ context.Context, name string) error { return c.order("freeze", name, true) }
func (c *toy) Resume(_ context.Context, name string) error { return c.order("resume", name, false) }

func newToy(names ...string) *toy {
	c := &toy{down: map[string]bool{}}
	for _, name := range names {
		kind, _, _ := strings.Cut(name, "-")
		c.parts = append(c.parts, cluster.Part{Name: name, Kind: kind, State: cluster.Up, PID: 7})
	}
	return c
}

// drillOf is a drill of a toy, whose carrier takes any fault plan; plans are how many it was given.
func drillOf(t *testing.T, control *toy, faults string) (d *drill, said *strings.Builder, plans *[]string) {
	t.Helper()
	said, plans = &strings.Builder{}, &[]string{}
	carrier := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { *plans = append(*plans, r.Method) }))
	t.Cleanup(carrier.Close)
	f, err := ParseFaults(faults)
	if err != nil {
		t.Fatal(err)
	}
	d = &drill{Config: Config{Calls: 40, Call: -1, Seed: 5, Faults: f, Out: said}, site: &site{control: control, carrier: &simulator.Client{BaseURL: carrier.URL}}}
	if d.breaks, err = newBreaker(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	d.breaks.pause = func(ctx context.Context, _ time.Duration) bool { return ctx.Err() == nil }
	return d, said, plans
}

func TestAllThatIsBrokenIsMendedWhenADrillIsEnded(t *testing.T) {
	control := newToy("worker-1", "worker-2", "temporal", "database")
	d, _, _ := drillOf(t, control, "all")
	ended, end := context.WithCancel(t.Context())
	end()
	for _, kind := range []string{"worker", "worker", "worker", "temporal", "database"} {
		if err := d.breaks.breakOne(ended, t.Context(), kind); err != nil {
			t.Fatal(err)
		}
	}
	for name, down := range control.down {
		if down {
			t.Errorf("%s is left broken", name)
		}
	}
	sorts := map[string]bool{}
	for _, o := range d.breaks.list() {
		sorts[o.sort()] = true
		if o.until.IsZero() || o.total != (o.sort() != "one worker of several") {
			t.Errorf("noted %+v", o)
		}
	}
	if !sorts["temporal"] || !sorts["database"] {
		t.Errorf("broken were %v", sorts)
	}
}

func TestAPartThatCannotBeBrokenIsMendedAllTheSame(t *testing.T) {
	control := newToy("temporal")
	d, _, _ := drillOf(t, control, "temporal")
	for _, order := range []string{"kill", "halt", "freeze"} {
		control.fails = order
		for !slices.Contains(control.orders, order) {
			_ = d.breaks.breakOne(t.Context(), t.Context(), "temporal")
		}
		if last := control.orders[len(control.orders)-1]; last != "resume" {
			t.Errorf("after a %s that failed came %s", order, last)
		}
	}
}

func TestWhatIsNoProcessOfItsOwnIsNotFrozen(t *testing.T) {
	control := newToy("worker")
	control.parts[0].PID = 0
	d, _, _ := drillOf(t, control, "worker")
	for range 30 {
		if err := d.breaks.breakOne(t.Context(), t.Context(), "worker"); err != nil {
			t.Fatal(err)
		}
	}
	if slices.Contains(control.orders, "freeze") {
		t.Errorf("the orders: %v", control.orders)
	}
}

// A balancer finds out that an API hangs only after longer than a caller may hear nothing.
func TestNoAPIIsFrozen(t *testing.T) {
	control := newToy("api-1", "api-2")
	d, _, _ := drillOf(t, control, "api")
	for range 30 {
		if err := d.breaks.breakOne(t.Context(), t.Context(), "api"); err != nil {
			t.Fatal(err)
		}
	}
	if slices.Contains(control.orders, "freeze") || !slices.Contains(control.orders, "halt") {
		t.Errorf("the orders: %v", control.orders)
	}
}

func TestADrillSaysWhatItCannotBreak(t *testing.T) {
	d, said, _ := drillOf(t, newToy("worker", "temporal", "api"), "all")
	for _, want := range []string{"not broken: the API", "not broken: the database"} {
		if !strings.Contains(said.String(), want) {
			t.Errorf("it did not say %q: %s", want, said)
		}
	}
	if len(d.breaks.parts["api"]) > 0 {
		t.Error("it would break the only API")
	}
}

func TestASystemThatIsBrokenAlreadyIsNotDrilled(t *testing.T) {
	control := newToy("worker-1")
	control.parts[0].State = cluster.Down
	d, _, _ := drillOf(t, newToy(), "none")
	d.control = control
	if _, err := newBreaker(t.Context(), d); err == nil || !strings.Contains(err.Error(), "worker-1 is down") {
		t.Errorf("the error is %v", err)
	}
}

func TestOneByOneEachFaultIsAnnouncedAndEnded(t *testing.T) {
	d, said, plans := drillOf(t, newToy("temporal"), "one-by-one")
	const enough = 100
	d.breaks.begun = make(chan int, enough)
	for n := range enough {
		d.breaks.oneMore(n)
	}
	control := d.control.(*toy)
	if err := d.breaks.oneByOne(t.Context(), t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, c := range carrierFaults {
		if !strings.Contains(said.String(), c.does) {
			t.Errorf("it did not announce that %s", c.does)
		}
	}
	if !strings.Contains(said.String(), "temporal") || !slices.Contains(control.orders, "resume") {
		t.Errorf("Temporal was not broken: %s", said)
	}
	if want := 2*len(carrierFaults) + 1; len(*plans) != want {
		t.Errorf("the carrier got %d plans, want %d", len(*plans), want)
	}
}
