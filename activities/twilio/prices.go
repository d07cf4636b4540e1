package twilio

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/ringdown/ringdown/models"
	pricing "github.com/twilio/twilio-go/rest/pricing/v1"
)

// Prices asks what numbers of a country cost a month, as this account pays. models.ErrNotFound says that the carrier
// knows no price there. It is safe to repeat.
func (c *Client) Prices(ctx context.Context, country string) (map[models.NumberType]models.Price, error) {
	if err := checkCountry(country); err != nil {
		return nil, err
	}
	prices := map[models.NumberType]models.Price{}
	err := c.askPricing(ctx, "ask prices", func(s *pricing.ApiService) error {
		found, err := s.FetchPhoneNumberCountry(country)
		if err != nil || found.PhoneNumberPrices == nil {
			return errors.Join(err, errNoAnswer)
		}
		for _, price := range *found.PhoneNumberPrices {
			for t, spelling := range spellings {
				if price.NumberType == spelling.price {
					prices[t] = models.Price{Amount: amount(price.CurrentPrice), Currency: strings.ToUpper(text(found.PriceUnit))}
				}
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return prices, nil
}

// askPricing is ask for the carrier's service of prices.
func (c *Client) askPricing(ctx context.Context, op string, request func(*pricing.ApiService) error) error {
	return c.through(ctx, op, c.patience, func(t *http.Client) error {
		return request(pricing.NewApiService(c.handler(t)))
	})
}

// amount writes a price as the carrier did, who writes decimals that twilio-go reads as a float32, with no fewer
// than two digits after the point.
func amount(price float32) string {
	short := strconv.FormatFloat(float64(price), 'f', -1, 32)
	if _, decimals, _ := strings.Cut(short, "."); len(decimals) < 2 {
		return strconv.FormatFloat(float64(price), 'f', 2, 32)
	}
	return short
}
