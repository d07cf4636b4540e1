package api

import (
	queue "container/list"
	"context"
	"net"
	"net/http"
	"net/netip"
	"sync"
)

// How many connections a process keeps at once: in all, and of one address that is no proxy of ours. Each takes some
// 15 KB.
const (
	mostConnections  = 4000
	mostOfOneAddress = 1000
)

// crowd bounds the connections to a server. When there is one too many, the one that has had no request at work for the
// longest time goes, so that no number of idle or slow ones keeps a webhook out. One without a whole head of a request
// is idle, and so is a webhook whose form has not come yet.
type crowd struct {
	most, mostOfOne int
	proxies         Proxies // may have as many as they like

	mu    sync.Mutex
	all   map[net.Conn]*guest
	of    map[string]int // connections of each address
	quiet queue.List     // of net.Conn, the longest quiet in front
}

// guest is what is known of a connection.
type guest struct {
	address string         // empty for a proxy's
	quiet   *queue.Element // nil while a request is at work
}

func newCrowd(proxies Proxies) *crowd {
	return &crowd{most: mostConnections, mostOfOne: mostOfOneAddress, proxies: proxies, all: map[net.Conn]*guest{}, of: map[string]int{}}
}

// around has a server tell of its connections.
func (c *crowd) around(web *http.Server) {
	web.ConnState = c.note
	web.ConnContext = func(ctx context.Context, conn net.Conn) context.Context {
		return context.WithValue(ctx, awaitedKey{}, func() (read func()) {
			c.quieten(conn)
			return func() { c.note(conn, http.StateActive) }
		})
	}
}

// awaitedKey is where the context of a request has what makes its connection one of the quiet ones.
type awaitedKey struct{}

// awaited has the connection of a request count as quiet until read is called.
func awaited(ctx context.Context) (read func()) {
	if quieten, ok := ctx.Value(awaitedKey{}).(func() func()); ok {
		return quieten()
	}
	return func() {}
}

// quieten puts a connection among the quiet ones, as the one that has been so for the shortest time.
func (c *crowd) quieten(conn net.Conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if p := c.all[conn]; p != nil {
		c.calm(p)
		p.quiet = c.quiet.PushBack(conn)
	}
}

// note is told by the server of each change of a connection.
func (c *crowd) note(conn net.Conn, state http.ConnState) {
	c.mu.Lock()
	defer c.mu.Unlock()
	p := c.all[conn]
	switch {
	case state == http.StateNew:
		c.enter(conn)
	case p == nil: // it has been sent away
	case state == http.StateActive:
		c.calm(p)
	case state == http.StateIdle:
		c.calm(p)
		p.quiet = c.quiet.PushBack(conn)
	default: // closed, or taken over by a handler
		c.leave(conn)
	}
}

// calm takes a connection out of the quiet ones.
func (c *crowd) calm(p *guest) {
	if p.quiet != nil {
		c.quiet.Remove(p.quiet)
		p.quiet = nil
	}
}

func (c *crowd) enter(conn net.Conn) {
	p := &guest{address: c.addressOf(conn)}
	c.all[conn] = p
	p.quiet = c.quiet.PushBack(conn)
	c.of[p.address]++
	switch {
	case p.address != "" && c.of[p.address] > c.mostOfOne:
		c.sendAway(func(other *guest) bool { return other.address == p.address })
	case len(c.all) > c.most:
		c.sendAway(func(*guest) bool { return true })
	}
}

// sendAway closes the longest quiet connection of some. There is one: whoever has just come.
func (c *crowd) sendAway(of func(*guest) bool) {
	for e := c.quiet.Front(); e != nil; e = e.Next() {
		if conn := e.Value.(net.Conn); of(c.all[conn]) {
			c.leave(conn)
			_ = conn.Close() // the server sees it by itself
			return
		}
	}
}

func (c *crowd) leave(conn net.Conn) {
	p := c.all[conn]
	c.calm(p)
	delete(c.all, conn)
	if c.of[p.address]--; c.of[p.address] == 0 {
		delete(c.of, p.address)
	}
}

// addressOf is whose connection it is, empty for a proxy's and for one that has no address.
func (c *crowd) addressOf(conn net.Conn) string {
	from, err := netip.ParseAddrPort(conn.RemoteAddr().String())
	if err != nil || c.proxies.hold(from.Addr()) {
		return ""
	}
	return networkOf(from.Addr())
}
