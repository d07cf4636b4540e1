package simulator

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// numberType is a kind of number, in the spellings of Twilio's APIs.
type numberType struct {
	path   string // in a search's path
	key    string // among a country's subresource_uris
	bundle string // of a bundle and a regulation
	price  string // in a price list
	owned  string // of an owned number
}

var (
	typeLocal    = &numberType{"Local", "local", "local", "local", "local"}
	typeMobile   = &numberType{"Mobile", "mobile", "mobile", "mobile", "mobile"}
	typeTollFree = &numberType{"TollFree", "toll_free", "toll-free", "toll free", "tollfree"}
	typeNational = &numberType{"National", "national", "national", "national", "national"}
)

var numberTypes = []*numberType{typeLocal, typeMobile, typeTollFree, typeNational}

// What address the carrier wants of who buys a number.
const (
	addressNone  = "none"
	addressAny   = "any"   // one anywhere in the world
	addressLocal = "local" // one in the number's country and town
)

// market is a country whose numbers are for sale. Prices are US dollars a month.
type market struct {
	iso, name string
	prices    map[*numberType]float64
}

var markets = []market{
	{"AU", "Australia", map[*numberType]float64{typeLocal: 3, typeMobile: 6.5}},
	{"CA", "Canada", map[*numberType]float64{typeLocal: 1.15}},
	{"DE", "Germany", map[*numberType]float64{typeLocal: 1.15}},
	{"FR", "France", map[*numberType]float64{typeLocal: 1.5, typeMobile: 3}},
	{"GB", "United Kingdom", map[*numberType]float64{typeLocal: 1.15, typeMobile: 1.15, typeTollFree: 2.15}},
	{"US", "United States", map[*numberType]float64{typeLocal: 1.15, typeTollFree: 2.15}},
}

func marketOf(iso string) *market {
	i := slices.IndexFunc(markets, func(m market) bool { return m.iso == iso })
	if i < 0 {
		return nil
	}
	return &markets[i]
}

// types are the kinds of number that are for sale in the country, in the order of numberTypes.
func (m *market) types() []*numberType {
	return slices.DeleteFunc(slices.Clone(numberTypes), func(t *numberType) bool { return m.prices[t] == 0 })
}

// block is a row of numbers for sale: the prefix followed by every group of so many digits.
type block struct {
	iso              string
	kind             *numberType
	prefix           string
	digits           int
	address          string
	locality, region string // empty: none
}

// blocks are all that is for sale: numbers reserved for fiction, so that none is anybody's.
var blocks = []block{
	{"US", typeLocal, "+141555501", 2, addressNone, "San Francisco", "CA"},
	{"US", typeLocal, "+121255501", 2, addressNone, "New York", "NY"},
	{"US", typeLocal, "+131255501", 2, addressNone, "Chicago", "IL"},
	{"US", typeLocal, "+120655501", 2, addressNone, "Seattle", "WA"},
	{"US", typeLocal, "+161755501", 2, addressNone, "Boston", "MA"},
	{"US", typeLocal, "+121355501", 2, addressNone, "Los Angeles", "CA"},
	{"US", typeLocal, "+130555501", 2, addressNone, "Miami", "FL"},
	{"US", typeLocal, "+140455501", 2, addressNone, "Atlanta", "GA"},
	{"US", typeLocal, "+151255501", 2, addressNone, "Austin", "TX"},
	{"US", typeLocal, "+130355501", 2, addressNone, "Denver", "CO"},
	{"US", typeLocal, "+160255501", 2, addressNone, "Phoenix", "AZ"},
	{"US", typeLocal, "+150355501", 2, addressNone, "Portland", "OR"},
	{"US", typeTollFree, "+180055501", 2, addressNone, "", ""},
	{"US", typeTollFree, "+188855501", 2, addressNone, "", ""},
	{"US", typeTollFree, "+187755501", 2, addressNone, "", ""},
	{"CA", typeLocal, "+141655501", 2, addressNone, "Toronto", "ON"},
	{"CA", typeLocal, "+160455501", 2, addressNone, "Vancouver", "BC"},
	{"CA", typeLocal, "+151455501", 2, addressNone, "Montreal", "QC"},
	{"GB", typeLocal, "+442079460", 3, addressAny, "London", ""},
	{"GB", typeMobile, "+447700900", 3, addressNone, "", ""},
	{"GB", typeTollFree, "+448081570", 3, addressNone, "", ""},
	{"DE", typeLocal, "+493023125", 3, addressLocal, "Berlin", ""},
	{"DE", typeLocal, "+494066969", 3, addressLocal, "Hamburg", ""},
	{"DE", typeLocal, "+492214710", 3, addressLocal, "Köln", ""},
	{"DE", typeLocal, "+498999998", 3, addressLocal, "München", ""},
	{"DE", typeLocal, "+496990009", 3, addressLocal, "Frankfurt", ""},
	{"FR", typeLocal, "+3319900", 4, addressLocal, "Paris", ""},
	{"FR", typeMobile, "+3363998", 4, addressNone, "", ""},
	{"AU", typeLocal, "+6125550", 4, addressAny, "Sydney", "NSW"},
	{"AU", typeMobile, "+61491570", 3, addressNone, "", ""},
}

// size is how many numbers the block holds.
func (b *block) size() int {
	n := 1
	for range b.digits {
		n *= 10
	}
	return n
}

func (b *block) number(i int) string { return b.prefix + fmt.Sprintf("%0*d", b.digits, i) }

// price is what a number costs a month, as Twilio writes money.
func (b *block) price() string {
	return strconv.FormatFloat(marketOf(b.iso).prices[b.kind], 'f', 2, 64)
}

// areaCode is the three digits after +1; empty elsewhere, where Twilio knows no area codes.
func (b *block) areaCode() string {
	if b.iso != "US" && b.iso != "CA" {
		return ""
	}
	return b.prefix[2:5]
}

// blockOf is the block that a number is of, nil for numbers that were never for sale.
func blockOf(phone string) *block {
	i := slices.IndexFunc(blocks, func(b block) bool {
		rest, ok := strings.CutPrefix(phone, b.prefix)
		return ok && len(rest) == b.digits && !strings.ContainsFunc(rest, func(r rune) bool { return r < '0' || r > '9' })
	})
	if i < 0 {
		return nil
	}
	return &blocks[i]
}

// freeLocked reports whether a number of a block can be bought: nobody has it. Who holds a phone with a script has it.
func (c *Carrier) freeLocked(phone string) bool {
	_, held := c.scripts[phone]
	return c.numbers[phone] == nil && !c.office.sold[phone] && !held
}

// SellOut sells a number to somebody else, unless the account owns it.
func (c *Carrier) SellOut(phone string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.numbers[phone] == nil {
		c.office.sold[phone] = true
	}
}

// SellNextAway sells the numbers of the next n purchases to somebody else just before.
func (c *Carrier) SellNextAway(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.office.away = n
}
