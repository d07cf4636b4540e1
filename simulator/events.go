package simulator

import (
	"context"
	"iter"
	"time"
)

// EventKind names what happened.
type EventKind string

// The kinds of event.
const (
	EventDialled  EventKind = "dialled"       // a call was asked for, by a caller or by REST
	EventRinging  EventKind = "ringing"       // its phone rings, or the caller hears ringing
	EventAnswered EventKind = "answered"      //
	EventSaid     EventKind = "said"          // Text in Language is being spoken to it
	EventPlayed   EventKind = "played"        // Text is the URL of the audio
	EventPressed  EventKind = "pressed"       // Digits
	EventJoined   EventKind = "joined"        // entered the room named Text
	EventTalking  EventKind = "talking"       // hears another person, at last
	EventLeft     EventKind = "left"          // left the room named Text
	EventRecorded EventKind = "recorded"      // Text is what was said
	EventEnded    EventKind = "ended"         // Status says how
	EventWebhook  EventKind = "webhook"       // the carrier asked URL, got HTTPStatus after Millis; 0: no answer, see Text
	EventREST     EventKind = "rest"          // somebody asked the carrier: Method, URL, HTTPStatus
	EventRefused  EventKind = "refused-twiml" // a document the carrier would not play; Text says why
	EventFallback EventKind = "fallback"      // a document failed, the fallback URL is asked; Text is the error
)

// Event is one line of the carrier's story. Fields that do not apply are empty.
type Event struct {
	Seq        int       `json:"seq"` // from 1, without gaps
	At         time.Time `json:"at"`
	Kind       EventKind `json:"kind"`
	Call       string    `json:"call,omitempty"`   // SID of the leg
	Parent     string    `json:"parent,omitempty"` // SID of the leg that dialled it by TwiML
	Phone      string    `json:"phone,omitempty"`  // whose phone it is
	From       string    `json:"from,omitempty"`
	To         string    `json:"to,omitempty"`
	Direction  string    `json:"direction,omitempty"`
	Text       string    `json:"text,omitempty"`
	Language   string    `json:"language,omitempty"`
	Status     string    `json:"status,omitempty"`
	Digits     string    `json:"digits,omitempty"`
	Method     string    `json:"method,omitempty"`
	URL        string    `json:"url,omitempty"`       // without query and fragment
	Webhook    string    `json:"webhook,omitempty"`   // what the request was for; see Match.Kind
	Operation  string    `json:"operation,omitempty"` // of REST; see Match.Operation
	HTTPStatus int       `json:"http_status,omitempty"`
	Millis     int64     `json:"millis,omitempty"` // real time
	Fault      Deed      `json:"fault,omitempty"`  // what the fault plan did to the webhook or REST request
}

// feedLength is how many events are kept for late subscribers.
const feedLength = 50_000

// feed is the ordered list of events. Its methods need Carrier.mu.
type feed struct {
	events  []Event
	seq     int
	changed bell
}

func (f *feed) add(e Event) {
	f.seq++
	e.Seq, e.At = f.seq, time.Now()
	if len(f.events) >= feedLength {
		f.events = append(f.events[:0:0], f.events[feedLength/2:]...)
	}
	f.events = append(f.events, e)
	f.changed.ring()
}

func (f *feed) after(seq int) []Event {
	if len(f.events) == 0 || seq >= f.seq {
		return nil
	}
	skip := max(0, seq-f.events[0].Seq+1)
	return f.events[skip:len(f.events):len(f.events)]
}

func (c *Carrier) emit(e Event) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.feed.add(e)
}

// Events yields every event after the one numbered after, then each new one as it happens, until ctx or the carrier ends.
// 0 yields all that are kept, -1 only those that are new when the iteration starts.
func (c *Carrier) Events(ctx context.Context, after int) iter.Seq[Event] {
	return func(yield func(Event) bool) {
		if after < 0 {
			c.mu.Lock()
			after = c.feed.seq
			c.mu.Unlock()
		}
		for ctx.Err() == nil {
			c.mu.Lock()
			batch, next, closed := c.feed.after(after), c.feed.changed.listen(), c.closed
			c.mu.Unlock()
			for _, e := range batch {
				if !yield(e) {
					return
				}
				after = e.Seq
			}
			if len(batch) > 0 {
				continue
			}
			if closed {
				return
			}
			select {
			case <-ctx.Done():
			case <-next:
			}
		}
	}
}

// History is every event kept so far.
func (c *Carrier) History() []Event {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]Event(nil), c.feed.events...)
}
