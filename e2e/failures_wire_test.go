package e2e

import (
	"io"
	"net"
	"sync"
	"testing"
)

// wire joins two parts of a system by TCP. A test can cut, stall and mend it.
type wire struct {
	address string // to dial instead of the part itself
	to      string

	mu    sync.Mutex
	isCut bool
	flows chan struct{} // closed unless the wire is stalled
	open  map[net.Conn]bool
}

func newWire(t testing.TB, to string) *wire {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{address: listener.Addr().String(), to: to, flows: make(chan struct{}), open: map[net.Conn]bool{}}
	close(w.flows)
	var carried sync.WaitGroup
	carried.Go(func() {
		for {
			near, err := listener.Accept()
			if err != nil {
				return
			}
			carried.Go(func() { w.carry(near) })
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		w.cut()
		carried.Wait()
	})
	return w
}

// cut breaks every connection, and each that is tried from now on.
func (w *wire) cut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.isCut = true
	for conn := range w.open {
		_ = conn.Close()
	}
	w.flowLocked()
}

// stall keeps every connection open and lets nothing through.
func (w *wire) stall() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.flows = make(chan struct{})
}

// mend lets everything through again, what was kept meanwhile first.
func (w *wire) mend() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.isCut = false
	w.flowLocked()
}

func (w *wire) flowLocked() {
	select {
	case <-w.flows:
	default:
		close(w.flows)
	}
}

// carry passes on what both sides say until one of them has left.
func (w *wire) carry(near net.Conn) {
	w.awaitFlow()
	far, err := net.Dial("tcp", w.to)
	if err != nil || !w.keep(near, far) {
		_ = near.Close()
		return
	}
	var both sync.WaitGroup
	for from, to := range map[net.Conn]net.Conn{near: far, far: near} {
		both.Go(func() {
			_, _ = io.Copy(to, flowing{from, w}) // how it ends is of no interest
			_, _ = near.Close(), far.Close()
		})
	}
	both.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.open, near)
	delete(w.open, far)
}

// keep notes the two ends of a connection, or closes them where the wire is cut.
func (w *wire) keep(ends ...net.Conn) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, end := range ends {
		if w.isCut {
			_ = end.Close()
		} else {
			w.open[end] = true
		}
	}
	return !w.isCut
}

func (w *wire) awaitFlow() {
	w.mu.Lock()
	flows := w.flows
	w.mu.Unlock()
	<-flows
}

// flowing is one end of a connection, whose words wait while the wire is stalled.
type flowing struct {
	net.Conn
	w *wire
}

func (f flowing) Read(b []byte) (int, error) {
	n, err := f.Conn.Read(b)
	f.w.awaitFlow()
	return n, err
}
