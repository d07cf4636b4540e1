package twilio

import "github.com/ringdown/ringdown/models"

// spellings are how the carrier writes a type of number, in each of its services in another way.
var spellings = map[models.NumberType]struct {
	countries string // among the kinds that a country sells
	bundle    string // of a regulation
	price     string
}{
	models.NumberLocal:    {"local", "local", "local"},
	models.NumberMobile:   {"mobile", "mobile", "mobile"},
	models.NumberTollFree: {"toll_free", "toll-free", "toll free"},
	models.NumberNational: {"national", "national", "national"},
}
