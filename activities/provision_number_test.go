package activities_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/ringdown/ringdown/activities/twilio"
	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store/storetest"
	"github.com/ringdown/ringdown/simulator"
)

func TestANumberThatSomebodyElseBoughtIsLookedForOnceMoreWhereItMayBeOurs(t *testing.T) {
	t.Parallel()
	p := newSetup(t, storetest.SQLite(t), americanForm()).until(models.StepBuy)
	p.carrier.SellOut(string(p.request.Approval.Candidate.Number))
	for _, c := range []struct {
		try   int32
		taken bool
	}{{1, false}, {2, false}, {3, false}, {4, true}, {100, true}} {
		p.try = c.try
		found, err := p.tries(models.StepBuy)
		if c.taken && (err != nil || !found.Taken) {
			t.Errorf("the %dth try found %+v (%v)", c.try, found, err)
		}
		if !c.taken && !strings.Contains(p.retries(err).Error(), "may be ours already") {
			t.Errorf("the %dth try says %v", c.try, err)
		}
	}
	if n := len(p.carrier.Ledger()); n != 0 {
		t.Errorf("%d things were bought", n)
	}
}

// The carrier sells the number, its reply is lost, and its lists show the number a while later only.
func TestAPurchaseOfWhichNothingIsHeardIsFoundOnceTheCarrierListsIt(t *testing.T) {
	for _, deed := range []simulator.Deed{simulator.LoseReply, simulator.StatusAfter} {
		t.Run(string(deed), func(t *testing.T) {
			t.Parallel()
			p := newSetup(t, storetest.SQLite(t), americanForm()).until(models.StepBuy)
			p.carrier.SetFaults(simulator.Faults{Rules: []simulator.Rule{
				{Match: simulator.Match{Operation: "CreateIncomingPhoneNumber"}, Do: deed, Times: 1},
			}})
			p.stands(lagging)
			for p.try = 1; p.try <= 3; p.try++ {
				_, err := p.tries(models.StepBuy)
				p.retries(err)
			}
			p.stands(nil)
			found := p.finds(models.StepBuy)
			if bought := p.carrier.Ledger().Of(simulator.LedgerNumber); len(bought) != 1 || bought[0].SID != found.ID || found.ID == "" {
				t.Errorf("found %+v, bought %+v", found, bought)
			}
		})
	}
}

// lagging is a carrier whose list of numbers does not show the newest.
func lagging(w http.ResponseWriter, r *http.Request, carrier http.Handler) {
	if r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, "/IncomingPhoneNumbers.json") {
		answer(w, http.StatusOK, map[string]any{"incoming_phone_numbers": []any{}})
		return
	}
	carrier.ServeHTTP(w, r)
}

func TestANumberThatTheAccountHasForSomethingElseIsTaken(t *testing.T) {
	t.Parallel()
	p := newSetup(t, storetest.SQLite(t), americanForm()).until(models.StepBuy)
	p.carrier.AddNumber(simulator.Number{Phone: string(p.request.Approval.Candidate.Number), FriendlyName: "The office"})
	p.try = 4
	if found := p.finds(models.StepBuy); !found.Taken {
		t.Errorf("found %+v", found)
	}
}

func TestANumberThatTheCarrierWouldNotSellGoesBackToTheReviewers(t *testing.T) {
	p := newSetup(t, storetest.SQLite(t), germanForm()).until(models.StepBuy)
	p.refuses("CreateIncomingPhoneNumber", http.StatusForbidden)
	found := p.finds(models.StepBuy)
	after := p.request.After(models.StepBuy, found, time.Now())
	if after.Status != models.RequestInReview || after.Provisioning.BundleID == "" || !strings.Contains(found.Back, "would not sell") {
		t.Errorf("found %+v, it is %s", found, after.Status)
	}
}

func TestAPurchaseThatWantsOtherPaperworkBeginsAnew(t *testing.T) {
	p := newSetup(t, storetest.SQLite(t), germanForm()).until(models.StepBuy)
	p.request.Provisioning.BundleID = ""
	found := p.finds(models.StepBuy)
	after := p.request.After(models.StepBuy, found, time.Now())
	if after.Status != models.RequestFailed || after.Provisioning.Regulated || len(after.Provisioning.Leftovers) == 0 {
		t.Errorf("found %+v, it is %+v", found, after.Provisioning)
	}
}

func TestAPurchaseThatLacksPaperworkGoesToTheRequester(t *testing.T) {
	elsewhere := func(p *setup) { p.request.Form.Address.City = "Hamburg" }
	for name, c := range map[string]struct {
		before func(p *setup) // the address is made
		change func(p *setup)
		want   models.CarrierReason
	}{
		"an address in another town": {elsewhere, nil, models.CarrierReason{Field: "address", Text: "The carrier sells this number only with an address that fits it, in Berlin."}},
		"no address": {nil, func(p *setup) { p.request.Provisioning.AddressID = "" },
			models.CarrierReason{Field: "address", Text: "The carrier sells this number only with an address that fits it, in Berlin."}},
		"no address, anywhere": {nil, func(p *setup) {
			p.request.Provisioning.AddressID, p.request.Approval.Candidate.Locality = "", ""
		}, models.CarrierReason{Field: "address", Text: "The carrier sells this number only with an address that fits it."}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newSetup(t, storetest.SQLite(t), germanForm()).until(models.StepAddress)
			if c.before != nil {
				c.before(p)
			}
			if p.until(models.StepBuy); c.change != nil {
				c.change(p)
			}
			found := p.finds(models.StepBuy)
			if len(found.Reasons) != 1 || found.Reasons[0] != c.want {
				t.Errorf("found %+v", found)
			}
			if after := p.request.After(models.StepBuy, found, time.Now()); after.Status != models.RequestWaitingForRequester || after.Provisioning.NumberID != "" {
				t.Errorf("it is %+v", after)
			}
			if bought := p.carrier.Ledger().Of(simulator.LedgerNumber); len(bought) != 0 {
				t.Errorf("bought %+v", bought)
			}
		})
	}
}

func TestWebhooksThatSomebodyHasChangedAreSetRight(t *testing.T) {
	t.Parallel()
	p := newSetup(t, storetest.SQLite(t), americanForm()).until(models.StepVerify)
	number := p.carrier.Numbers()[0]
	number.VoiceURL, number.StatusCallback = "https://demo.example/voice", ""
	p.carrier.AddNumber(number)
	if found := p.finds(models.StepVerify); found.ID != "" || len(found.Reasons) != 0 || found.Gone {
		t.Errorf("found %+v", found)
	}
	p.works()
	p.isOurs()
}

func TestANumberWhoseCallsSomethingElseTakesIsLeftToAPerson(t *testing.T) {
	t.Parallel()
	p := newSetup(t, storetest.SQLite(t), americanForm()).until(models.StepVerify)
	p.stands(attached("trunk_sid", "TK0123456789abcdef0123456789abcdef"))
	_, err := p.tries(models.StepVerify)
	for _, word := range []string{"is bought", "detach it from its application or trunk (TK0123456789abcdef0123456789abcdef)", "try again", "reject the request, which gives the number back"} {
		if says := p.cannot(err); !strings.Contains(says, word) {
			t.Errorf("it says nothing of %q: %s", word, says)
		}
	}
	p.stands(nil)
	p.works()
}

// attached is a carrier whose numbers are attached to something that takes their calls.
func attached(field, sid string) front {
	return func(w http.ResponseWriter, r *http.Request, carrier http.Handler) {
		carrier.ServeHTTP(&changing{w, `"` + field + `":null`, `"` + field + `":"` + sid + `"`}, r)
	}
}

// changing changes what an answer says.
type changing struct {
	http.ResponseWriter
	from, to string
}

func (c *changing) Write(body []byte) (int, error) {
	_, err := c.ResponseWriter.Write([]byte(strings.ReplaceAll(string(body), c.from, c.to)))
	return len(body), err
}

func (c *changing) Unwrap() http.ResponseWriter { return c.ResponseWriter }

// A number that we have had before gets its id back, which is in the address of its emergency document.
func TestWebhooksAreThoseOfTheRowThatANumberHas(t *testing.T) {
	t.Parallel()
	s := storetest.SQLite(t)
	p := newSetup(t, s, americanForm()).until(models.StepBuy)
	before, err := s.CreateNumber(t.Context(), models.PhoneNumber{Number: p.request.Approval.Candidate.Number, Name: "Old", Status: models.NumberReleased, CarrierID: "PN1"})
	p.must(err)
	p.works()
	at := p.carrier.Numbers()[0]
	if p.request.PhoneNumberID != before.ID || at.VoiceFallbackURL != twilio.WebhooksAt(p.provisioner.PublicURL, "https://documents.example/"+before.ID+".xml").Fallback {
		t.Errorf("it is %s, at the carrier %+v", p.request.PhoneNumberID, at)
	}
	revived, err := s.Number(t.Context(), before.ID)
	if err != nil || revived.Status != models.NumberActive || revived.Name != "Support" || revived.CarrierID != at.SID {
		t.Errorf("it is %+v (%v)", revived, err)
	}
}
