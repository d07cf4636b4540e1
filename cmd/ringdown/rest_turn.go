package main

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// inTurn makes a request, and makes it again for as long as our key is told that it makes too many: a request that is
// refused for that was not begun.
func inTurn(req *http.Request) (*http.Response, error) {
	for {
		res, err := http.DefaultClient.Do(req)
		if err != nil || res.StatusCode != http.StatusTooManyRequests || !strings.HasPrefix(res.Header.Get("RateLimit"), `"key"`) {
			return res, err
		}
		seconds, unsaid := strconv.Atoi(res.Header.Get("Retry-After"))
		if unsaid != nil {
			return res, err
		}
		_ = res.Body.Close()
		select {
		case <-req.Context().Done():
			return nil, req.Context().Err()
		case <-time.After(time.Duration(seconds) * time.Second):
		}
		if req.GetBody != nil {
			if req.Body, err = req.GetBody(); err != nil {
				return nil, err
			}
		}
	}
}
