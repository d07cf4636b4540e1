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

func TestEverythingThatWasMadeForARequestIsFoundInTheOrderInWhichItGoes(t *testing.T) {
	t.Parallel()
	client, carrier := simulated(t)
	papers, err := prepare(t, client)
	if err != nil {
		t.Fatal(err)
	}
	await(t, client, papers.bundle, models.BundleApproved)
	bought, err := client.Buy(t.Context(), Purchase{
		Number: "+493023125000", Name: aName + " number", Webhooks: webhooks, AddressID: papers.address, BundleID: papers.bundle,
	})
	if err != nil {
		t.Fatal(err)
	}
	other, err := client.Buy(t.Context(), Purchase{Number: "+14155550110", Name: "another number", Webhooks: webhooks})
	if err != nil {
		t.Fatal(err)
	}
	made, err := client.Made(t.Context(), aName)
	want := append([]string{bought.SID}, papers.all()...)
	if err != nil || !sameKinds(made, want) {
		t.Fatalf("Made = %v, %v\n want %v", made, err, want)
	}
	for _, sid := range made {
		if err := client.Drop(t.Context(), sid); err != nil {
			t.Errorf("Drop %s = %v", sid, err)
		}
	}
	if held := carrier.Ledger().Held(); len(held) != 1 || held[0].SID != other.SID {
		t.Errorf("left at the carrier: %+v", held)
	}
	if made, err := client.Made(t.Context(), aName); len(made) > 0 || err != nil {
		t.Errorf("Made = %v, %v", made, err)
	}
}

// sameKinds says whether two lists have the same SIDs, with the kinds of things in the same order.
func sameKinds(got, want []string) bool {
	kinds := func(all []string) (kinds []string) {
		for _, sid := range all {
			kinds = append(kinds, sid[:2])
		}
		return kinds
	}
	return slices.Equal(kinds(got), kinds(want)) && slices.Equal(slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(want)))
}

func TestMadeReadsAllPages(t *testing.T) {
	t.Parallel()
	sid := func(kind string, n int) string { return fmt.Sprintf("%s%032d", kind, n) }
	client, carrier := newCarrier(t, func(c *carrier, w http.ResponseWriter, r *http.Request, _ int) {
		last := r.URL.Query().Get("Page") == "1"
		kind := map[string]string{"IncomingPhoneNumbers.json": "PN", "Bundles": "BU", "SupportingDocuments": "RD", "EndUsers": "IT", "Addresses.json": "AD"}[r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:]]
		things := fmt.Sprintf(`[{"sid": %q, "friendly_name": "request 1/1 x"}, {"sid": %q, "friendly_name": "request 10/1 x"}, {"sid": %q, "friendly_name": null}]`,
			sid(kind, 1), sid(kind, 2), sid(kind, 3))
		next := `"https://carrier.example` + r.URL.Path + `?PageSize=1000&Page=1&PageToken=PAX"`
		if last {
			things, next = fmt.Sprintf(`[{"sid": %q, "friendly_name": "request 1/2 x"}]`, sid(kind, 4)), "null"
		}
		name := map[string]string{"PN": "incoming_phone_numbers", "AD": "addresses"}[kind]
		body := fmt.Sprintf(`{%q: %s, "next_page_uri": %s}`, name, things, next)
		if name == "" {
			body = fmt.Sprintf(`{"results": %s, "meta": {"next_page_url": %s}}`, things, next)
		}
		always(http.StatusOK, "", body)(c, w, r, 0)
	})
	var want []string
	for _, kind := range []string{"PN", "BU", "RD", "IT", "AD"} {
		want = append(want, sid(kind, 1), sid(kind, 4))
	}
	if made, err := client.Made(t.Context(), "request 1/"); err != nil || !slices.Equal(made, want) {
		t.Errorf("Made = %v, %v\n want %v", made, err, want)
	}
	if got := carrier.got(); len(got) != 10 || got[0].Query.Get("PageSize") != "1000" {
		t.Errorf("asked %v", got)
	}
}

func TestNothingIsMadeWhereAListIsMissing(t *testing.T) {
	t.Parallel()
	client, carrier := newCarrier(t, always(http.StatusOK, "", `{"incoming_phone_numbers": [{"sid": "`+number1+`", "friendly_name": "request 1/1 number"}]}`))
	if made, err := client.Made(t.Context(), "request 1/"); ClassOf(err) != Unknown || made != nil {
		t.Errorf("Made = %v, %v", made, err)
	}
	asked := len(carrier.got())
	var invalid *models.InvalidError
	if made, err := client.Made(t.Context(), ""); !errors.As(err, &invalid) || made != nil {
		t.Errorf("without a name: %v, %v", made, err)
	}
	if len(carrier.got()) != asked {
		t.Error("without a name, the carrier is asked")
	}
}
