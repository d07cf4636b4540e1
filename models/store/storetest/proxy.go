package storetest

import (
	"io"
	"net"
	"net/url"
	"path/filepath"
	"sync"
	"testing"
)

// Line is the way to an empty Postgres database of a test, which can be cut.
type Line struct {
	URL string // of the database, by way of this line

	server string // the socket of the server
	mu     sync.Mutex
	isCut  bool
	open   map[net.Conn]bool
}

// PostgresLine makes an empty database, and a line to it that ends with the test.
func PostgresLine(t testing.TB) *Line {
	t.Helper()
	direct, err := url.Parse(PostgresURL(t))
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := &Line{
		URL:    "postgres://postgres@" + listener.Addr().String() + direct.Path + "?sslmode=disable",
		server: filepath.Join(direct.Query().Get("host"), ".s.PGSQL.5432"), open: map[net.Conn]bool{},
	}
	var carried sync.WaitGroup
	carried.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			carried.Go(func() { l.carry(conn) })
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		l.Cut()
		carried.Wait()
	})
	return l
}

// Cut ends every connection, and each that is tried from now on.
func (l *Line) Cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.isCut = true
	for conn := range l.open {
		_ = conn.Close()
	}
}

// Mend lets connections through again.
func (l *Line) Mend() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.isCut = false
}

// carry passes on what both sides say until one of them has left.
func (l *Line) carry(conn net.Conn) {
	server, err := net.Dial("unix", l.server)
	if err != nil {
		_ = conn.Close()
		return
	}
	if !l.keep(conn, server) {
		return
	}
	var both sync.WaitGroup
	for from, to := range map[net.Conn]net.Conn{conn: server, server: conn} {
		both.Go(func() {
			_, _ = io.Copy(to, from) // how it ends is of no interest
			_, _ = conn.Close(), server.Close()
		})
	}
	both.Wait()
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.open, conn)
	delete(l.open, server)
}

// keep notes two connections, or closes them where the line is cut.
func (l *Line) keep(conns ...net.Conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, conn := range conns {
		if l.isCut {
			_ = conn.Close()
		} else {
			l.open[conn] = true
		}
	}
	return !l.isCut
}
