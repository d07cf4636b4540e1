package twilio

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/ringdown/ringdown/models"
)

const (
	address1    = "AD00000000000000000000000000000001"
	bundle1     = "BU00000000000000000000000000000001"
	document1   = "RD00000000000000000000000000000001"
	endUser1    = "IT00000000000000000000000000000001"
	regulation1 = "RN00000000000000000000000000000001"

	addresses  = "/2010-04-01/Accounts/" + account + "/Addresses.json"
	regulatory = "/v2/RegulatoryCompliance"
	aName      = "ringdown 7f3a round 1"
)

var anAddress = models.Address{
	CustomerName: "Example Ltd", Street: "1 High Street", City: "Berlin", PostalCode: "10115", Country: "DE",
}

// results is a page of a list, as the carrier's newer services answer.
func results(next string, items ...string) string {
	return fmt.Sprintf(`{"results": [%s], "meta": {"page": 0, "page_size": 50, "key": "results", "next_page_url": %s}}`,
		strings.Join(items, ","), next)
}

// made is one thing at the carrier, as a list shows it.
func made(sid, name string) string {
	return fmt.Sprintf(`{"sid": %q, "friendly_name": %q, "status": "draft"}`, sid, name)
}

// ensured are all things that are found or made.
var ensured = map[string]struct {
	sid    string
	ensure func(*testing.T, *Client) (string, error)
	list   func(items ...string) string
}{
	"an address": {address1, func(t *testing.T, c *Client) (string, error) {
		return c.EnsureAddress(t.Context(), aName, anAddress)
	}, func(items ...string) string {
		items = append([]string{}, items...)
		for i := range items { // an address has no status
			items[i] = strings.Replace(items[i], `, "status": "draft"`, "", 1)
		}
		return `{"addresses": [` + strings.Join(items, ",") + `], "next_page_uri": null}`
	}},
	"an end user": {endUser1, func(t *testing.T, c *Client) (string, error) {
		return c.EnsureEndUser(t.Context(), aName, models.Business, map[string]string{"business_name": "Example Ltd"})
	}, plain},
	"a document": {document1, func(t *testing.T, c *Client) (string, error) {
		return c.EnsureDocument(t.Context(), aName, Document{Type: "address", Attributes: map[string]any{"address_sids": []string{address1}}})
	}, plain},
	"a document with a file": {document1, func(t *testing.T, c *Client) (string, error) {
		return c.EnsureDocument(t.Context(), aName, aFiledDocument)
	}, plain},
	"a bundle": {bundle1, func(t *testing.T, c *Client) (string, error) {
		return c.EnsureBundle(t.Context(), aName, Bundle{Email: "numbers@ringdown.example", RegulationID: regulation1})
	}, plain},
}

func plain(items ...string) string { return results("null", items...) }

// lose ends the connection instead of an answer.
func lose(w http.ResponseWriter) {
	if conn, _, err := http.NewResponseController(w).Hijack(); err == nil {
		_ = conn.Close()
	}
}

func TestWhatIsThereUnderTheNameIsNotMadeAgain(t *testing.T) {
	t.Parallel()
	for name, c := range ensured {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			other := c.sid[:33] + "2"
			client, carrier := newCarrier(t, says(c.list(made(other, aName+"2"), made(c.sid, aName))))
			sid, err := c.ensure(t, client)
			if err != nil || sid != c.sid {
				t.Errorf("ensured %q, %v", sid, err)
			}
			if got := carrier.got(); len(got) != 1 {
				t.Errorf("asked %v", got)
			}
		})
	}
}

func TestWhatIsNotThereIsMadeOnce(t *testing.T) {
	t.Parallel()
	for name, c := range ensured {
		// Each letter is what becomes of one request: l lists none, f finds it, c creates it, x loses the answer that it
		// was created, e breaks before anything was done, r refuses, b is busy.
		for course, want := range map[string]struct {
			class Class
			then  string // of a second run, empty for none
		}{
			"lc":  {"", "f"},
			"lxf": {"", "f"},
			"lxl": {Unknown, "f"}, // the list lags
			"lel": {Unknown, "lc"},
			"lxe": {Unknown, "f"},
			"lr":  {Refused, "lc"},
			"lb":  {Busy, "lc"},
			"e":   {Unknown, "lc"},
			"b":   {Busy, "lc"},
		} {
			t.Run(name+" "+course, func(t *testing.T) {
				t.Parallel()
				steps := course + want.then
				client, carrier := newCarrier(t, func(carrier *carrier, w http.ResponseWriter, r *http.Request, nth int) {
					if nth > len(steps) {
						t.Errorf("asked more than %s: %s", steps, r.URL)
						return
					}
					step := steps[nth-1]
					if create := r.Method == http.MethodPost; create != strings.ContainsRune("cxr", rune(step)) && strings.ContainsRune("lfcxr", rune(step)) {
						t.Errorf("%s %s at %d of %s", r.Method, r.URL, nth, steps)
					}
					switch step {
					case 'l':
						carrier.says(w, r, http.StatusOK, c.list())
					case 'f':
						carrier.says(w, r, http.StatusOK, c.list(made(c.sid, aName)))
					case 'c':
						carrier.says(w, r, http.StatusCreated, strings.Replace(made(c.sid, aName), `, "status": "draft"`, "", 1))
					case 'x':
						lose(w)
					case 'e':
						always(http.StatusBadGateway, "", "<html>")(carrier, w, r, nth)
					case 'r':
						always(http.StatusBadRequest, "", refusal(400, 20001))(carrier, w, r, nth)
					case 'b':
						always(http.StatusTooManyRequests, "", refusal(429, 20429))(carrier, w, r, nth)
					}
				})
				sid, err := c.ensure(t, client)
				if ClassOf(err) != want.class || (err == nil) != (sid == c.sid) {
					t.Errorf("ensured %q, %v", sid, err)
				}
				if n := len(carrier.got()); n != len(course) {
					t.Errorf("%d requests, want %s", n, course)
				}
				if sid, err := c.ensure(t, client); err != nil || sid != c.sid {
					t.Errorf("ensured %q, %v by the second run", sid, err)
				}
			})
		}
	}
}

func TestAStrangersAnswerIsNotTakenForNone(t *testing.T) {
	t.Parallel()
	for name, c := range ensured {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, carrier := newCarrier(t, always(http.StatusOK, "", "{}"))
			if sid, err := c.ensure(t, client); ClassOf(err) != Unknown || sid != "" {
				t.Errorf("ensured %q, %v", sid, err)
			}
			if n := len(carrier.got()); n != 1 {
				t.Errorf("%d requests, want to look alone", n)
			}
		})
	}
}

func TestANameIsWhatTheCarrierFinds(t *testing.T) {
	t.Parallel()
	client, carrier := newCarrier(t, always(http.StatusOK, "", "{}"))
	for _, name := range []string{"", "round 1.2", strings.Repeat("n", 65)} {
		var invalid *models.InvalidError
		if _, err := client.EnsureAddress(t.Context(), name, anAddress); !errors.As(err, &invalid) || invalid.Field != "name" {
			t.Errorf("%q: %v", name, err)
		}
		if _, err := client.EnsureBundle(t.Context(), name, Bundle{RegulationID: regulation1}); !errors.As(err, &invalid) {
			t.Errorf("%q: %v", name, err)
		}
		if _, err := client.EnsureDocument(t.Context(), name, Document{}); !errors.As(err, &invalid) {
			t.Errorf("%q: %v", name, err)
		}
		if _, err := client.EnsureEndUser(t.Context(), name, models.Business, nil); !errors.As(err, &invalid) {
			t.Errorf("%q: %v", name, err)
		}
	}
	if got := carrier.got(); len(got) > 0 {
		t.Errorf("asked %v", got)
	}
}

func TestAllPagesAreLookedThrough(t *testing.T) {
	t.Parallel()
	client, carrier := newCarrier(t, func(c *carrier, w http.ResponseWriter, r *http.Request, _ int) {
		if r.URL.Query().Get("Page") == "" {
			c.says(w, r, http.StatusOK, results(`"https://numbers.twilio.com`+regulatory+`/EndUsers?PageSize=1000&Page=1&PageToken=PAIT1"`, made(endUser1, "another")))
			return
		}
		c.says(w, r, http.StatusOK, plain(made(endUser1[:33]+"2", aName)))
	})
	sid, err := client.EnsureEndUser(t.Context(), aName, models.Individual, nil)
	if err != nil || sid != endUser1[:33]+"2" {
		t.Errorf("EnsureEndUser = %q, %v", sid, err)
	}
	if got := carrier.got()[1].Query.Encode(); got != "Page=1&PageSize=1000&PageToken=PAIT1" {
		t.Errorf("asked %s", got)
	}
}
