package cluster

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

const (
	checkEvery  = 500 * time.Millisecond
	checkWithin = time.Second
	// answerWithin is how long one API may take to answer a webhook before another is asked. Ours answer within 2 s; the
	// carrier waits 15 s.
	answerWithin = 2500 * time.Millisecond
	// webhookSize is how large a webhook and its answer may be, in bytes.
	webhookSize = 1 << 20
)

// balancer shares requests among the APIs that live. A webhook that was not answered is tried on the next one, because
// webhooks may be repeated; another request only where it was surely not heard.
type balancer struct {
	proxy  *httputil.ReverseProxy
	kept   *http.Transport // for what may be repeated: its connections are kept
	fresh  *http.Transport // for the rest: a connection for each, so that none was closed since it was used last
	within time.Duration   // answerWithin, but in tests

	turn     atomic.Uint64
	mu       sync.Mutex
	backends []*backend
}

// backend is one API.
type backend struct {
	address string // host:port
	down    atomic.Bool
}

func newBalancer() *balancer {
	b := &balancer{kept: transport(), fresh: transport(), within: answerWithin}
	b.fresh.DisableKeepAlives = true
	b.proxy = &httputil.ReverseProxy{
		Transport: b,
		Rewrite: func(r *httputil.ProxyRequest) {
			r.Out.URL.Scheme = "http"
			r.Out.Host = r.In.Host
			r.SetXForwarded()
		},
		FlushInterval: -1, // streams pass as they come
		ErrorHandler: func(w http.ResponseWriter, r *http.Request, err error) {
			switch {
			case r.Context().Err() != nil: // nobody waits for the answer
			case errors.Is(err, errTooLarge):
				http.Error(w, err.Error(), http.StatusRequestEntityTooLarge)
			default:
				http.Error(w, "no API answered", http.StatusBadGateway)
			}
		},
	}
	return b
}

func transport() *http.Transport {
	return &http.Transport{
		DialContext:         (&net.Dialer{Timeout: time.Second}).DialContext,
		MaxIdleConnsPerHost: 100, IdleConnTimeout: time.Minute, DisableCompression: true,
	}
}

func (b *balancer) ServeHTTP(w http.ResponseWriter, r *http.Request) { b.proxy.ServeHTTP(w, r) }

// add lets an API have its share as soon as it lives.
func (b *balancer) add(address string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	fresh := &backend{address: address}
	fresh.down.Store(true)
	b.backends = append(b.backends, fresh)
}

// all are the APIs, those that live first, and among these another one first each time.
func (b *balancer) all() []*backend {
	b.mu.Lock()
	defer b.mu.Unlock()
	n := len(b.backends)
	var up, down []*backend
	first := int(b.turn.Add(1) % uint64(max(n, 1)))
	for i := range n {
		one := b.backends[(first+i)%n]
		if one.down.Load() {
			down = append(down, one)
		} else {
			up = append(up, one)
		}
	}
	return append(up, down...)
}

// check sees twice a second which APIs live, until ctx ends.
func (b *balancer) check(ctx context.Context) {
	web := &http.Client{Timeout: checkWithin, Transport: &http.Transport{DisableKeepAlives: true}}
	for {
		var checks sync.WaitGroup
		for _, one := range b.all() {
			checks.Go(func() { one.down.Store(!lives(ctx, web, one.address)) })
		}
		checks.Wait()
		select {
		case <-ctx.Done():
			return
		case <-time.After(checkEvery):
		}
	}
}

func lives(ctx context.Context, web *http.Client, address string) bool {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+"/livez", nil)
	if err != nil {
		return false
	}
	response, err := web.Do(request)
	if err != nil {
		return false
	}
	return response.Body.Close() == nil && response.StatusCode == http.StatusOK
}

// RoundTrip has a request answered by one of the APIs.
func (b *balancer) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		defer func() { _ = r.Body.Close() }() // ours to close; it has nothing more to say
	}
	if r.Method == http.MethodPost && strings.HasPrefix(r.URL.Path, "/twilio/") || r.Method == http.MethodGet && strings.HasPrefix(r.URL.Path, "/audio/") {
		return b.webhook(r) // a caller waits for what is played as for any document
	}
	return b.once(r)
}

var errTooLarge = fmt.Errorf("a webhook is larger than %d bytes", webhookSize)

// webhook tries all APIs until one has given a whole answer.
func (b *balancer) webhook(r *http.Request) (*http.Response, error) {
	body, err := whole(r.Body)
	if err != nil {
		return nil, err
	}
	faults := []error{errors.New("no API lives")}
	for _, one := range b.all() {
		response, err := b.try(r, one, body)
		if err == nil {
			return response, nil
		}
		if r.Context().Err() != nil {
			return nil, err
		}
		one.note(err)
		faults = append(faults, err)
	}
	return nil, errors.Join(faults...)
}

// try asks one API and reads its answer to the end: a document that breaks off is none.
func (b *balancer) try(r *http.Request, one *backend, body []byte) (*http.Response, error) {
	ctx, cancel := context.WithTimeout(r.Context(), b.within)
	defer cancel()
	to := r.Clone(ctx)
	to.URL.Host = one.address
	to.Body, to.ContentLength, to.TransferEncoding = io.NopCloser(bytes.NewReader(body)), int64(len(body)), nil
	response, err := b.kept.RoundTrip(to)
	if err != nil {
		return nil, err
	}
	answer, err := whole(response.Body)
	if err := errors.Join(err, response.Body.Close()); err != nil {
		return nil, err
	}
	response.Body, response.ContentLength = io.NopCloser(bytes.NewReader(answer)), int64(len(answer))
	return response, nil
}

// once asks the APIs until one was reached, which alone may have heard the request.
func (b *balancer) once(r *http.Request) (*http.Response, error) {
	over := b.fresh
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		over = b.kept
	}
	faults := []error{errors.New("no API lives")}
	for _, one := range b.all() {
		to := r.Clone(r.Context())
		to.URL.Host = one.address
		if r.Body != nil && r.Body != http.NoBody {
			to.Body = io.NopCloser(r.Body) // a refused request leaves it for the next
		}
		response, err := over.RoundTrip(to)
		if err == nil {
			return response, nil
		}
		faults = append(faults, err)
		if !one.note(err) {
			break
		}
	}
	return nil, errors.Join(faults...)
}

// note takes an API that could not be reached for down until a check finds that it lives, and says whether that was so.
func (o *backend) note(err error) (unreached bool) {
	var network *net.OpError
	if !errors.As(err, &network) || network.Op != "dial" {
		return false
	}
	o.down.Store(true)
	return true
}

// whole reads a body of at most webhookSize.
func whole(body io.Reader) ([]byte, error) {
	if body == nil {
		return nil, nil
	}
	text, err := io.ReadAll(io.LimitReader(body, webhookSize+1))
	if err == nil && len(text) > webhookSize {
		err = errTooLarge
	}
	return text, err
}
