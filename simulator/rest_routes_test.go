package simulator

import (
	"net/http"
	"slices"
	"testing"
)

// A test can lose the answer to any one step of a purchase, and the step is done all the same.
func TestTheReplyOfEachStepCanBeLost(t *testing.T) {
	b := newBench(t)
	sid := b.bundle("GB", business)
	one := bundleList + "/" + sid
	address := b.addressIn("GB", "London")
	spare := b.makes(compliance+"/EndUsers", "FriendlyName", "x", "Type", business)
	for _, c := range []struct {
		operation, method, path string
		form                    []string
		noted                   int
	}{
		{"CreateAddress", "POST", testAccount + "/Addresses.json", []string{
			"CustomerName", "x", "Street", "x", "City", "x", "Region", "x", "PostalCode", "x", "IsoCountry", "GB"}, 1},
		{"CreateEndUser", "POST", compliance + "/EndUsers", []string{"FriendlyName", "x", "Type", business}, 1},
		{"CreateSupportingDocument", "POST", compliance + "/SupportingDocuments", []string{"FriendlyName", "x", "Type", docAddress}, 1},
		{"CreateBundle", "POST", bundleList, []string{"FriendlyName", "x", "Email", "desk@example.com"}, 1},
		{"CreateItemAssignment", "POST", one + "/ItemAssignments", []string{"ObjectSid", spare}, 1},
		{"CreateEvaluation", "POST", one + "/Evaluations", nil, 0},
		{"UpdateBundle", "POST", one, []string{"Status", BundlePending}, 1},
		{"CreateIncomingPhoneNumber", "POST", incoming, []string{"PhoneNumber", "+14155550100"}, 1},
		{"DeleteAddress", "DELETE", testAccount + "/Addresses/" + address + ".json", nil, 1},
	} {
		t.Run(c.operation, func(t *testing.T) {
			b.sim.SetFaults(Faults{Rules: []Rule{{Match: Match{Kind: HookREST, Operation: c.operation}, Do: StatusAfter, Status: 502, Times: 1}}})
			before := len(b.sim.Ledger())
			if status, body := b.order(c.method, c.path, c.form...); status != 502 {
				t.Errorf("%d %v", status, body)
			}
			if noted := len(b.sim.Ledger()) - before; noted != c.noted {
				t.Errorf("the ledger has %d new lines, want %d", noted, c.noted)
			}
			last := b.sim.History()
			i := slices.IndexFunc(last, func(e Event) bool { return e.Kind == EventREST && e.Operation == c.operation && e.Fault == StatusAfter })
			if i < 0 {
				t.Error("the story does not tell")
			}
		})
	}
}

func TestAnOperationIsNotMistakenForAnother(t *testing.T) {
	b := newBench(t)
	sid := b.bundle("GB", business)
	b.sim.SetFaults(Faults{Rules: []Rule{{Match: Match{Operation: "CreateBundle"}, Do: ReplyStatus, Status: 429}}})
	for path, want := range map[string]int{bundleList: 429, bundleList + "/" + sid + "/Evaluations": 201} {
		if status, body := b.order(http.MethodPost, path); status != want {
			t.Errorf("%s: %d %v, want %d", path, status, body, want)
		}
	}
	b.sim.SetFaults(Faults{Rules: []Rule{{Match: Match{Phone: "+14155550100"}, Do: ReplyStatus}}})
	for phone, want := range map[string]int{"+14155550100": 503, "+14155550101": 201} {
		if status, body := b.order(http.MethodPost, incoming, "PhoneNumber", phone); status != want {
			t.Errorf("%s: %d %v, want %d", phone, status, body, want)
		}
	}
}
