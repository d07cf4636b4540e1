package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"

	"github.com/ringdown/ringdown/config"
)

// send makes a request that changes something. It is made once: after an error other than a
// config.Problem it is unknown whether anything changed.
func (c restClient) send(ctx context.Context, r config.Request) (config.Reply, error) {
	var reply config.Reply
	ctx, cancel := context.WithTimeout(ctx, restWithin)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, r.Method, c.base+r.Path, bytes.NewReader(r.Body))
	if err != nil {
		return reply, err
	}
	req.Header.Set("Authorization", "Bearer "+c.key)
	if r.Body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if r.Version != 0 {
		req.Header.Set("If-Match", strconv.Quote(strconv.Itoa(r.Version)))
	}
	res, err := inTurn(req)
	if err != nil {
		return reply, fmt.Errorf("%s %s%s: %w", r.Method, c.base, r.Path, unwrapURL(err))
	}
	defer func() { _ = res.Body.Close() }() // only read
	switch {
	case res.StatusCode >= http.StatusBadRequest:
		problem := config.Problem{Status: res.StatusCode, Detail: res.Status}
		_ = json.NewDecoder(res.Body).Decode(&problem) // the status alone says enough
		return reply, &problem
	case res.StatusCode == http.StatusNoContent:
		return reply, nil
	}
	if err := json.NewDecoder(res.Body).Decode(&reply); err != nil {
		return reply, fmt.Errorf("%s %s%s: %w", r.Method, c.base, r.Path, err)
	}
	return reply, nil
}
