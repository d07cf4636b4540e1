package twilio

import (
	"context"
	"net/http"
	"regexp"

	"github.com/ringdown/ringdown/models"
	compliance "github.com/twilio/twilio-go/rest/numbers/v2"
)

// askCompliance is ask for the carrier's service that knows what countries demand.
func (c *Client) askCompliance(ctx context.Context, op string, request func(*compliance.ApiService) error) error {
	return c.through(ctx, op, c.patience, func(t *http.Client) error {
		return request(compliance.NewApiService(c.handler(t)))
	})
}

// ensure is the SID of what find finds, else of what create makes. What may have been made is looked for once
// before the error is told; a list of the carrier's may lag, so that the next run may find it still.
func ensure(find, create func() (sid string, err error)) (string, error) {
	found, err := find()
	if found != "" || err != nil {
		return found, err
	}
	made, err := create()
	if ClassOf(err) != Unknown {
		return made, err
	}
	if found, lost := find(); lost == nil && found != "" {
		return found, nil
	}
	return "", err
}

// thing is something in the account that is found by its name.
type thing struct{ sid, name string }

// named picks the SID of the first of that name from a list; empty when there is none.
func named(name string) func([]thing, error) (string, error) {
	return func(things []thing, err error) (string, error) {
		for _, t := range things {
			if t.name == name {
				return t.sid, nil
			}
		}
		return "", err
	}
}

// names are what things at the carrier are found by. twilio-go cuts a dot with digits after it out of what is
// looked for, so there must be none.
var names = regexp.MustCompile(`^[^.]{1,64}$`)

func checkName(name string) error {
	if !names.MatchString(name) {
		return &models.InvalidError{Field: "name", Reason: "must be 1 to 64 letters long, without a dot"}
	}
	return nil
}

var anySID = regexp.MustCompile(`^[A-Z]{2}[0-9a-fA-F]{32}$`)

// is says whether sid is one of a kind, as in BU for bundles.
func is(kind, sid string) bool { return anySID.MatchString(sid) && sid[:2] == kind }

// checkSID looks at what becomes part of a path.
func checkSID(kind, sid string) error {
	if !is(kind, sid) {
		return &models.InvalidError{Field: "sid", Reason: "must be " + kind + " and 32 hexadecimal digits"}
	}
	return nil
}

var countryCode = regexp.MustCompile(`^[A-Z]{2}$`)

// checkCountry looks at what becomes part of a path.
func checkCountry(country string) error {
	if !countryCode.MatchString(country) {
		return &models.InvalidError{Field: "country", Reason: "must be two capital letters of ISO 3166-1"}
	}
	return nil
}
