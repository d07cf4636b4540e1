package simulator

import (
	"context"
	"net/http"
)

// speakRequest is what the person at a phone says. seconds of 0 means as long as the words take.
type speakRequest struct {
	Text    string  `json:"text"`
	Seconds Seconds `json:"seconds,omitempty"`
}

// speakRoutes let the person at a phone say something into a recording.
func (c *Carrier) speakRoutes(mux *http.ServeMux) {
	mux.Handle("POST /sim/calls/{sid}/speak", local(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		serveControl(w, r, c.speak)
	})))
}

func (c *Carrier) speak(r *http.Request) (int, any, error) {
	l := c.Leg(r.PathValue("sid"))
	if l == nil {
		return 0, nil, &refused{http.StatusNotFound, "no such call"}
	}
	var s speakRequest
	if err := decode(r, &s); err != nil {
		return 0, nil, err
	}
	l.Speak(s.Text, s.Seconds)
	return http.StatusOK, l.view(), nil
}

// Speak lets the person at a call's phone say text into the recording that runs, or the next one. d of 0 means as long as
// the words take.
func (c *Client) Speak(ctx context.Context, sid, text string, d Seconds) error {
	return c.act(ctx, sid, "speak", speakRequest{text, d})
}
