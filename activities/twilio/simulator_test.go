package twilio

import (
	"errors"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/simulator"
)

// simulated is a client of the simulated carrier, which knows nothing of how the client is made.
func simulated(t *testing.T) (*Client, *simulator.Carrier) {
	t.Helper()
	carrier := simulator.New(simulator.Config{AccountSID: account, AuthToken: token, Speed: 1000})
	server := httptest.NewServer(carrier.Handler())
	t.Cleanup(func() {
		server.Close()
		carrier.Close()
	})
	return newClient(t, server.URL), carrier
}

// papers is what is made at the carrier before a German number can be bought.
type papers struct {
	address, endUser, bundle string
	documents                []string
}

func (p papers) all() []string {
	return slices.Concat([]string{p.bundle}, p.documents, []string{p.endUser, p.address})
}

// prepare does all steps up to the bundle's submission. Each run is whole: it finds what others have made.
func prepare(t *testing.T, c *Client) (p papers, err error) {
	t.Helper()
	ctx := t.Context()
	regulations, err := c.Regulations(ctx, "DE", models.NumberLocal, models.Business)
	if err != nil || len(regulations) != 1 {
		return p, err
	}
	person := map[string]string{}
	for _, field := range regulations[0].Fields {
		person[field.Name] = "Example"
	}
	if p.address, err = c.EnsureAddress(ctx, aName+" address", anAddress); err != nil {
		return p, err
	}
	if p.endUser, err = c.EnsureEndUser(ctx, aName+" end user", models.Business, person); err != nil {
		return p, err
	}
	for _, rule := range regulations[0].Documents {
		accepted := rule.Accepted[0]
		document := Document{Type: accepted.Name, Attributes: map[string]any{}}
		for _, field := range accepted.Fields {
			document.Attributes[field.Name] = "Example"
		}
		if accepted.Address {
			document.Attributes[addressSIDs] = []string{p.address}
		}
		if accepted.File() {
			document.File = aFiledDocument.File
		}
		sid, err := c.EnsureDocument(ctx, aName+" "+rule.Name, document)
		if err != nil {
			return p, err
		}
		p.documents = append(p.documents, sid)
	}
	p.bundle, err = c.EnsureBundle(ctx, aName, Bundle{Email: "numbers@ringdown.example", RegulationID: regulations[0].CarrierID})
	if err != nil {
		return p, err
	}
	if err := c.Assign(ctx, p.bundle, append([]string{p.endUser}, p.documents...)); err != nil {
		return p, err
	}
	reasons, err := c.Evaluate(ctx, p.bundle)
	if err != nil {
		return p, err
	}
	if len(reasons) > 0 {
		t.Errorf("missing: %v", reasons)
	}
	return p, c.Submit(ctx, p.bundle)
}

// await waits until the carrier has made up its mind about a bundle.
func await(t *testing.T, c *Client, bundle string, want models.BundleStatus) {
	t.Helper()
	for until := time.Now().Add(20 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		status, err := c.BundleStatus(t.Context(), bundle)
		if err != nil || time.Now().After(until) {
			t.Fatalf("bundle is %s, %v", status, err)
		}
		if status == want {
			return
		}
	}
}

func TestANumberWithPaperworkIsBoughtAndGivenBack(t *testing.T) {
	t.Parallel()
	client, carrier := simulated(t)
	found, err := client.Search(t.Context(), models.Search{Country: "DE", Type: models.NumberLocal, Wishes: models.Wishes{AreaCode: "30"}, Limit: 2})
	if err != nil || len(found) != 2 || found[0].Locality != "Berlin" || found[0].Address != models.AddressLocal {
		t.Fatalf("Search = %+v, %v", found, err)
	}
	purchase := Purchase{Number: found[0].Number, Name: aName, Webhooks: webhooks}
	if _, err := client.Buy(t.Context(), purchase); !PaperworkMissing(err) {
		t.Fatalf("Buy = %v", err)
	}
	papers, err := prepare(t, client)
	if err != nil {
		t.Fatal(err)
	}
	await(t, client, papers.bundle, models.BundleApproved)
	purchase.AddressID, purchase.BundleID = papers.address, papers.bundle
	number, err := client.Buy(t.Context(), purchase)
	if err != nil || number.Connected(webhooks) != nil || !number.CanCall {
		t.Fatalf("Buy = %+v, %v", number, err)
	}
	if err := client.Drop(t.Context(), papers.bundle); ClassOf(err) != Refused {
		t.Errorf("a bundle with a number was dropped: %v", err)
	}
	for range 2 {
		for _, sid := range append([]string{number.SID}, papers.all()...) {
			if err := client.Drop(t.Context(), sid); err != nil {
				t.Errorf("Drop %s = %v", sid[:2], err)
			}
		}
	}
	if held := carrier.Ledger().Held(); len(held) > 0 {
		t.Errorf("left at the carrier: %+v", held)
	}
}

// Each of these is done by the carrier, and its answer is lost.
func TestNothingIsMadeTwiceWhenAnswersAreLost(t *testing.T) {
	t.Parallel()
	for _, operation := range []string{
		"CreateAddress", "CreateEndUser", "CreateSupportingDocument", "CreateBundle", "CreateItemAssignment", "CreateEvaluation",
		"UpdateBundle", "CreateIncomingPhoneNumber", "DeleteBundle", "DeleteSupportingDocument", "DeleteEndUser", "DeleteAddress",
		"DeleteIncomingPhoneNumber",
	} {
		for _, deed := range []simulator.Deed{simulator.LoseReply, simulator.StatusAfter, simulator.LoseRequest} {
			t.Run(operation+" "+string(deed), func(t *testing.T) {
				t.Parallel()
				loseAnswersTo(t, operation, deed)
			})
		}
	}
}

func loseAnswersTo(t *testing.T, operation string, deed simulator.Deed) {
	client, carrier := simulated(t)
	carrier.SetFaults(simulator.Faults{Rules: []simulator.Rule{
		{Match: simulator.Match{Operation: operation}, Do: deed, Times: 1},
	}})
	var papers papers
	// twice is whoever runs a step again that may have been done.
	twice := func(what func() error) {
		t.Helper()
		err := what()
		if ClassOf(err) == Unknown {
			err = what()
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	twice(func() (err error) { papers, err = prepare(t, client); return err })
	await(t, client, papers.bundle, models.BundleApproved)
	found, err := client.Search(t.Context(), models.Search{Country: "DE", Type: models.NumberLocal, Limit: 1})
	if err != nil || len(found) != 1 {
		t.Fatalf("Search = %v, %v", found, err)
	}
	var number Number
	twice(func() (err error) {
		number, err = client.Buy(t.Context(), Purchase{
			Number: found[0].Number, Name: aName, Webhooks: webhooks, AddressID: papers.address, BundleID: papers.bundle,
		})
		return err
	})
	bought := map[string]int{}
	for _, held := range carrier.Ledger().Held() {
		bought[held.What]++
	}
	for what, want := range map[string]int{
		simulator.LedgerNumber: 1, simulator.LedgerAddress: 1, simulator.LedgerEndUser: 1, simulator.LedgerDocument: 2,
		simulator.LedgerBundle: 1, simulator.LedgerAssignment: 3,
	} {
		if bought[what] != want {
			t.Errorf("%d times %s, want %d", bought[what], what, want)
		}
	}
	if n := len(carrier.Ledger().Of(simulator.LedgerSubmission)); n != 1 {
		t.Errorf("submitted %d times", n)
	}
	for _, sid := range append([]string{number.SID}, papers.all()...) {
		twice(func() error { return client.Drop(t.Context(), sid) })
	}
	if held := carrier.Ledger().Held(); len(held) > 0 {
		t.Errorf("left at the carrier: %+v", held)
	}
}

func TestANumberThatSomebodyElseBuysFirstIsTaken(t *testing.T) {
	t.Parallel()
	client, carrier := simulated(t)
	purchase := Purchase{Number: "+14155550110", Name: aName, Webhooks: webhooks}
	carrier.SellNextAway(1)
	if _, err := client.Buy(t.Context(), purchase); !errors.Is(err, models.ErrTaken) {
		t.Errorf("Buy = %v", err)
	}
	purchase.Number = "+14155550111"
	if _, err := client.Buy(t.Context(), purchase); err != nil {
		t.Errorf("Buy = %v", err)
	}
	purchase.Name = "another"
	if _, err := client.Buy(t.Context(), purchase); !errors.Is(err, models.ErrTaken) {
		t.Errorf("Buy = %v", err)
	}
}

func TestARefusedBundleSaysWhatTheFormMustMend(t *testing.T) {
	t.Parallel()
	client, carrier := simulated(t)
	carrier.ReviewBundles(simulator.Review{Verdict: simulator.ReviewRefuse, Reason: "It is too old.", Item: "commercial_registrar_excerpt"})
	papers, err := prepare(t, client)
	if err != nil {
		t.Fatal(err)
	}
	await(t, client, papers.bundle, models.BundleRejected)
	reasons, err := client.BundleFaults(t.Context(), papers.bundle, nil)
	if err != nil || len(reasons) != 1 || reasons[0].Field != "documents.business_name_info" {
		t.Errorf("BundleFaults = %v, %v", reasons, err)
	}
	if err := client.Submit(t.Context(), papers.bundle); err != nil {
		t.Error(err)
	}
	if n := len(carrier.Ledger().Of(simulator.LedgerSubmission)); n != 1 {
		t.Errorf("submitted %d times", n)
	}
}

func TestTheSimulatedCatalogueIsRead(t *testing.T) {
	t.Parallel()
	client, _ := simulated(t)
	countries, err := client.OfferedCountries(t.Context())
	if err != nil || len(countries) == 0 {
		t.Fatalf("OfferedCountries = %v, %v", countries, err)
	}
	for _, country := range countries {
		prices, err := client.Prices(t.Context(), country.Code)
		if err != nil || len(prices) != len(country.Types) {
			t.Errorf("%s: %v, %v", country.Code, prices, err)
		}
		for _, kind := range country.Types {
			if found, err := client.Search(t.Context(), models.Search{Country: country.Code, Type: kind}); err != nil || len(found) != 20 {
				t.Errorf("%s %s: %d found, %v", country.Code, kind, len(found), err)
			}
		}
	}
	if _, err := client.Search(t.Context(), models.Search{Country: "US", Type: models.NumberNational}); !errors.Is(err, models.ErrNotFound) {
		t.Errorf("Search = %v", err)
	}
	if _, err := client.Prices(t.Context(), "ZZ"); !errors.Is(err, models.ErrNotFound) {
		t.Errorf("Prices = %v", err)
	}
	if found, err := client.Regulations(t.Context(), "US", "", ""); err != nil || len(found) > 0 {
		t.Errorf("Regulations = %v, %v", found, err)
	}
}
