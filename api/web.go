package api

import (
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humaecho"
)

// How long a client may take, and how much it may send, before its request is at work.
const (
	headWithin  = 5 * time.Second   // for all the headers of a request
	sendWithin  = 15 * time.Second  // for a whole request, where its operation does not say otherwise
	takenWithin = 30 * time.Second  // from the headers on until the answer is taken; a stream lasts as long as somebody reads it
	quietWithin = 130 * time.Second // between two requests: longer than proxies keep theirs
	headLimit   = 16 << 10          // bytes of all headers of a request
)

// Web is the HTTP server around a Server, with its limits. Whoever gets it serves with it and shuts it down.
func (s *Server) Web() *http.Server {
	web := &http.Server{
		Handler:           s,
		ReadHeaderTimeout: headWithin, ReadTimeout: sendWithin, WriteTimeout: takenWithin, IdleTimeout: quietWithin,
		MaxHeaderBytes: headLimit,
		ErrorLog:       slog.NewLogLogger(s.log.Handler(), slog.LevelDebug), // of clients: anybody could fill the log
	}
	newCrowd(s.proxies).around(web)
	return web
}

// writeWithin is how long the client of a stream may take to accept something before it is dropped.
const writeWithin = 10 * time.Second

// patient writes a stream, for as long as its client goes on reading.
type patient struct {
	io.Writer
	control *http.ResponseController
	endless error // of a connection that knows no deadlines
}

func newPatient(out huma.Context) patient {
	w := humaecho.Unwrap(out).Response()
	control := http.NewResponseController(w)
	return patient{w, control, control.SetWriteDeadline(time.Now().Add(writeWithin))}
}

func (p patient) Write(text []byte) (int, error) {
	_ = p.control.SetWriteDeadline(time.Now().Add(writeWithin)) // it knows one where endless is nil
	return p.Writer.Write(text)
}

// patiently gives an operation whose body may take longer to come as much longer to answer.
func patiently(ctx huma.Context) {
	if within := ctx.Operation().BodyReadTimeout; within > sendWithin {
		control := http.NewResponseController(humaecho.Unwrap(ctx).Response())
		_ = control.SetWriteDeadline(time.Now().Add(within + takenWithin)) // not every connection knows one
	}
}
