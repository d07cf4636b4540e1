package main

import (
	"fmt"
	"math"

	"github.com/ringdown/ringdown/api"
)

// mostRequests is beyond what one process answers in a second.
const mostRequests = 1_000_000

// limitMistakes lists what is wrong with who may ask the API how often.
func (s settings) limitMistakes() (wrong []error) {
	if _, err := s.proxies(); err != nil {
		wrong = append(wrong, err)
	}
	if s.RateLimit < 0 || s.RateLimit > mostRequests || math.IsNaN(s.RateLimit) {
		wrong = append(wrong, fmt.Errorf("RINGDOWN_RATE_LIMIT: want requests a second, from 0 to %d", mostRequests))
	}
	return wrong
}

// proxies are those in front of the API.
func (s settings) proxies() (api.Proxies, error) {
	proxies, err := api.ParseProxies(s.Proxies)
	if err != nil {
		return nil, fmt.Errorf("TRUSTED_PROXIES: %w", err)
	}
	return proxies, nil
}
