package api

import (
	"github.com/ringdown/ringdown/api/twiml"
	"github.com/ringdown/ringdown/models"
)

func wordsOf(p models.Plan) twiml.Words {
	return twiml.Words{Language: p.Language, Voice: p.Voice, Phrases: p.Phrases}
}

func wordsOfRoute(r models.Route) twiml.Words {
	return twiml.Words{Language: r.Language, Voice: r.Voice, Phrases: r.Phrases}
}

// words are what a leg hears when its run does not say: those of its route as it was last read,
// which takes no time, or of the language in the address where nothing is known of the route.
func (s *Server) words(w webhook) twiml.Words {
	if last, ok := s.routes.last(w.ours()); ok && last.route.Language == w.language() {
		return wordsOfRoute(last.route)
	}
	return twiml.Words{Language: w.language()}
}

// ours is our number in a call: the one that the caller dialled, or that a responder sees, unless
// they are shown the caller's.
func (w webhook) ours() models.Phone {
	end := "To"
	if w.form.Get("Direction") == "outbound-api" {
		end = "From"
	}
	number, _ := models.ParsePhone(w.form.Get(end))
	return number
}
