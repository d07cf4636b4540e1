package twilio

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/ringdown/ringdown/models"
)

// sold is a number as the carrier offers it.
func sold(number, locality, address string) string {
	return fmt.Sprintf(`{"phone_number": %q, "friendly_name": "x", "locality": %q, "region": null, "iso_country": "XX", "beta": false, "lata": null,
		"latitude": null, "longitude": 13.4, "address_requirements": %q, "capabilities": {"voice": true, "sms": true, "mms": false}}`, number, locality, address)
}

func selling(numbers ...string) string {
	return `{"available_phone_numbers": [` + strings.Join(numbers, ",") + `]}`
}

func TestSearchAsksWhatTheCarrierCanLookFor(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		search models.Search
		path   string
		query  string
	}{
		"anything local":       {models.Search{Country: "US", Type: models.NumberLocal}, "/US/Local.json", "PageSize=20&VoiceEnabled=true"},
		"a few":                {models.Search{Country: "US", Type: models.NumberLocal, Limit: 3}, "/US/Local.json", "PageSize=3&VoiceEnabled=true"},
		"toll-free":            {models.Search{Country: "GB", Type: models.NumberTollFree}, "/GB/TollFree.json", "PageSize=20&VoiceEnabled=true"},
		"mobile":               {models.Search{Country: "GB", Type: models.NumberMobile}, "/GB/Mobile.json", "PageSize=20&VoiceEnabled=true"},
		"national":             {models.Search{Country: "FR", Type: models.NumberNational}, "/FR/National.json", "PageSize=20&VoiceEnabled=true"},
		"an American code":     {wish("US", "415", "", "99"), "/US/Local.json", "AreaCode=415&Contains=99&PageSize=20&VoiceEnabled=true"},
		"a code elsewhere":     {wish("DE", "30", "Berlin", ""), "/DE/Local.json", "Contains=%2B4930&InLocality=Berlin&PageSize=20&VoiceEnabled=true"},
		"a code and digits":    {wish("DE", "30", "", "99"), "/DE/Local.json", "Contains=%2B4930&PageSize=100&VoiceEnabled=true"},
		"too few digits":       {wish("DE", "", "", "9"), "/DE/Local.json", "PageSize=20&VoiceEnabled=true"},
		"a locality with dots": {wish("US", "", "St. Louis", ""), "/US/Local.json", "InLocality=St.+Louis&PageSize=20&VoiceEnabled=true"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, carrier := newCarrier(t, says(selling()))
			if found, err := client.Search(t.Context(), c.search); len(found) > 0 || err != nil {
				t.Errorf("Search = %v, %v", found, err)
			}
			if asked := carrier.got()[0]; asked.Path != forSale+c.path || asked.Query.Encode() != c.query {
				t.Errorf("asked %s %s", asked.Path, asked.Query.Encode())
			}
		})
	}
}

func wish(country, areaCode, locality, contains string) models.Search {
	return models.Search{
		Country: country, Type: models.NumberLocal, Wishes: models.Wishes{AreaCode: areaCode, Locality: locality, Contains: contains},
	}
}

func TestSearchTellsWhatIsForSale(t *testing.T) {
	t.Parallel()
	for _, kind := range models.NumberTypes {
		silent := strings.Replace(sold("+447700900124", "", "none"), `"voice": true`, `"voice": false`, 1)
		client, _ := newCarrier(t, says(selling(sold("+447700900123", "London", "local"), silent)))
		got, err := client.Search(t.Context(), models.Search{Country: "GB", Type: kind})
		want := []models.Candidate{{
			Number: "+447700900123", Country: "GB", Type: kind, Locality: "London", Address: models.AddressLocal, Voice: true, SMS: true,
		}}
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("Search = %+v, %v", got, err)
		}
	}
}

func TestDigitsThatTheCarrierCannotLookForAreLookedForHere(t *testing.T) {
	t.Parallel()
	client, _ := newCarrier(t, says(selling(
		sold("+447700900100", "", ""), sold("+447700900144", "", ""), sold("+447700900145", "", ""), sold("+447700900146", "", ""))))
	search := wish("GB", "7700", "", "44")
	search.Limit = 1
	got, err := client.Search(t.Context(), search)
	if err != nil || len(got) != 1 || got[0].Number != "+447700900144" {
		t.Errorf("Search = %+v, %v", got, err)
	}
	got, err = client.Search(t.Context(), wish("GB", "", "", "5"))
	if err != nil || len(got) != 1 || got[0].Number != "+447700900145" {
		t.Errorf("Search = %+v, %v", got, err)
	}
}

func TestSearchWhereNothingIsSold(t *testing.T) {
	t.Parallel()
	client, _ := newCarrier(t, always(http.StatusNotFound, "", refusal(404, 20404)))
	if got, err := client.Search(t.Context(), wish("DE", "", "", "")); !errors.Is(err, models.ErrNotFound) || len(got) > 0 {
		t.Errorf("Search = %v, %v", got, err)
	}
	for _, kind := range models.NumberTypes {
		client, _ = newCarrier(t, always(http.StatusOK, "", "{}"))
		if got, err := client.Search(t.Context(), models.Search{Country: "DE", Type: kind}); ClassOf(err) != Unknown || len(got) > 0 {
			t.Errorf("Search = %v, %v", got, err)
		}
	}
}

func TestASearchThatMakesNoSenseIsNotSent(t *testing.T) {
	t.Parallel()
	client, carrier := newCarrier(t, always(http.StatusOK, "", "{}"))
	for name, search := range map[string]models.Search{
		"no country": wish("", "", "", ""), "a path": wish("D/", "", "", ""), "a name": wish("Germany", "", "", ""),
		"no type":        {Country: "DE"},
		"a long code":    wish("DE", "1234567", "", ""),
		"a code of none": wish("US", "4*5", "", ""),
		"letters":        wish("US", "", "", "CALL"),
		"too many":       {Country: "DE", Type: models.NumberLocal, Limit: 101},
	} {
		var faults models.Faults
		if _, err := client.Search(t.Context(), search); !errors.As(err, &faults) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if got := carrier.got(); len(got) > 0 {
		t.Errorf("asked %v", got)
	}
}
