package simulator

import "net/http"

// priceCountry is a country of the price list. Prices and PriceUnit are only shown of one country.
type priceCountry struct {
	Country    string  `json:"country"`
	ISOCountry string  `json:"iso_country"`
	Prices     []price `json:"phone_number_prices,omitempty"`
	PriceUnit  string  `json:"price_unit,omitempty"`
	URL        string  `json:"url"`
}

// price is what a number of a type costs a month.
type price struct {
	BasePrice    float64 `json:"base_price"`
	CurrentPrice float64 `json:"current_price"`
	NumberType   string  `json:"number_type"`
}

const priceList = "/v1/PhoneNumbers/Countries"

func (m *market) priceCountry(r *http.Request) priceCountry {
	return priceCountry{Country: m.name, ISOCountry: m.iso, URL: hostOf(r) + priceList + "/" + m.iso}
}

func listPriceCountries(r *http.Request) (int, any, error) {
	all := []priceCountry{}
	for i := range markets {
		all = append(all, markets[i].priceCountry(r))
	}
	return listed(r, "countries", all)
}

func getPriceCountry(r *http.Request) (int, any, error) {
	m := marketOf(r.PathValue("file"))
	if m == nil {
		return 0, nil, notFound(r)
	}
	p := m.priceCountry(r)
	p.PriceUnit = "USD"
	for _, t := range m.types() {
		p.Prices = append(p.Prices, price{m.prices[t], m.prices[t], t.price})
	}
	return http.StatusOK, p, nil
}
