package simulator

import (
	"net/http"
	"strings"
	"time"
)

// faulty applies the fault plan to REST requests and tells the feed of each. nameOf is the operation that a request asks for.
func (c *Carrier) faulty(nameOf func(*http.Request) string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begun := time.Now()
		if err := r.ParseForm(); err != nil {
			write(w, 400, fault(400, 20001, "the form cannot be read"))
			return
		}
		phone, name := c.phoneOf(r), nameOf(r)
		rec := &recorder{ResponseWriter: w, status: 200}
		rule := c.faults.hit(c, occasion{HookREST, phone, r.Method + " " + r.URL.Path, name}, restDeeds)
		defer func() {
			c.emit(Event{
				Kind: EventREST, Method: r.Method, URL: r.URL.Path, Operation: name, HTTPStatus: rec.status, Phone: phone, Fault: rule.Do,
				Millis: time.Since(begun).Milliseconds(), Text: string(rule.Do), Status: r.PostForm.Get("Status"),
			})
		}()
		c.strike(rec, r, rule, next)
	})
}

// phoneOf is the phone that a request is about: the To of a new call, the number to be bought, or that of the call it names.
func (c *Carrier) phoneOf(r *http.Request) string {
	_, named, _ := strings.Cut(r.URL.Path, "/Calls/")
	if end := strings.IndexAny(named, "./"); end >= 0 {
		named = named[:end]
	}
	if l := c.Leg(named); l != nil {
		return l.Phone()
	}
	return orElse(r.PostForm.Get("To"), r.PostForm.Get("PhoneNumber"))
}

func (c *Carrier) strike(w *recorder, r *http.Request, rule Rule, next http.Handler) {
	switch rule.Do {
	case Delay:
		if !sleep(r.Context(), rule.delay()) {
			return
		}
	case SlowReply:
		next.ServeHTTP(&late{w, func() { sleep(r.Context(), rule.delay()) }}, r)
		return
	case ReplyStatus:
		writeStatus(w, rule)
		return
	case StatusAfter:
		next.ServeHTTP(discard{http.Header{}}, r)
		writeStatus(w, rule)
		return
	case LoseRequest, Drop:
		breakOff(w)
		return
	case LoseReply:
		next.ServeHTTP(discard{http.Header{}}, r)
		breakOff(w)
		return
	}
	next.ServeHTTP(w, r)
}

// writeStatus answers with the error of a rule.
func writeStatus(w http.ResponseWriter, rule Rule) {
	status, code := orElse(rule.Status, http.StatusServiceUnavailable), 20500
	if status == http.StatusTooManyRequests {
		code = 20429
	}
	write(w, status, fault(status, code, http.StatusText(status)))
}

// breakOff closes the connection without an answer.
func breakOff(w *recorder) {
	w.status = 0
	conn, _, err := http.NewResponseController(w.ResponseWriter).Hijack()
	if err == nil {
		_ = conn.Close()
	}
}

// discard is a ResponseWriter whose answer nobody gets.
type discard struct{ header http.Header }

func (d discard) Header() http.Header         { return d.header }
func (d discard) Write(b []byte) (int, error) { return len(b), nil }
func (d discard) WriteHeader(int)             {}

// recorder remembers the status of an answer.
type recorder struct {
	http.ResponseWriter
	status int
}

func (r *recorder) WriteHeader(status int) {
	r.status = status
	r.ResponseWriter.WriteHeader(status)
}

// late is a ResponseWriter that waits before it answers. Its user writes the status before the body.
type late struct {
	http.ResponseWriter
	wait func()
}

func (l *late) WriteHeader(status int) {
	l.wait()
	l.ResponseWriter.WriteHeader(status)
}
