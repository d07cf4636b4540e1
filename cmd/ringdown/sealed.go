package main

import (
	"fmt"
	"strings"

	"github.com/ringdown/ringdown/api"
)

// uiOrigins are the origins of Temporal's web UI without what was typed around them.
func (s settings) uiOrigins() []string {
	var origins []string
	for _, origin := range s.TemporalUIOrigins {
		if origin = strings.TrimSpace(origin); origin != "" {
			origins = append(origins, origin)
		}
	}
	return origins
}

// originMistakes lists what is wrong with where browsers have Temporal's web UI.
func (s settings) originMistakes() (wrong []error) {
	for _, origin := range s.uiOrigins() {
		if err := api.CheckOrigin(origin); err != nil {
			wrong = append(wrong, fmt.Errorf("TEMPORAL_UI_ORIGIN: %w", err))
		}
	}
	return wrong
}
