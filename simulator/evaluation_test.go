package simulator

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// verdict is what an evaluation says: its status and, by requirement, the fields that are wrong.
func (b *bench) verdict(sid string) (status string, wrong []string) {
	b.t.Helper()
	code, body := b.order(http.MethodPost, bundleList+"/"+sid+"/Evaluations")
	if code != http.StatusCreated {
		b.t.Fatalf("%d %v", code, body)
	}
	for _, f := range list(body, "results") {
		for _, field := range list(f, "invalid") {
			wrong = append(wrong, fmt.Sprintf("%s %s %v", f["requirement_name"], field["object_field"], field["error_code"]))
		}
		if f["passed"] != (len(list(f, "invalid")) == 0) || (f["failure_reason"] == nil) != f["passed"].(bool) {
			b.t.Errorf("%v", f)
		}
	}
	slices.Sort(wrong)
	return body["status"].(string), wrong
}

func TestEmptyBundlesLackAllThatIsAskedFor(t *testing.T) {
	b := newBench(t)
	for _, c := range []struct {
		iso, kind, who string
		lacks          []string
	}{
		{"AU", "local", individual, []string{"individual_info first_name 22215", "individual_info last_name 22215", "proof_of_address address_sids 22219"}},
		{"GB", "mobile", individual, []string{"individual_info first_name 22215", "individual_info last_name 22215", "proof_of_address address_sids 22219"}},
		{"GB", "local", business, []string{"business_info business_name 22215", "proof_of_address address_sids 22219"}},
		{"FR", "local", business, []string{
			"business_info business_name 22215", "business_info business_registration_number 22215",
			"business_name_info business_name 22217", "business_name_info file 22217", "proof_of_address address_sids 22219",
		}},
	} {
		sid := b.makes(bundleList, "FriendlyName", "x", "Email", "desk@example.com", "IsoCountry", c.iso, "NumberType", c.kind, "EndUserType", c.who)
		if status, wrong := b.verdict(sid); status != "noncompliant" || strings.Join(wrong, ", ") != strings.Join(c.lacks, ", ") {
			t.Errorf("%s %s %s: %s %v", c.iso, c.kind, c.who, status, wrong)
		}
		if status, body := b.order(http.MethodPost, bundleList+"/"+sid, "Status", BundlePending); status != 400 {
			t.Errorf("it was taken: %d %v", status, body)
		}
		_, body := b.order(http.MethodGet, bundleList+"/"+sid+"/Evaluations")
		if results := list(body, "results"); len(results) != 2 {
			t.Errorf("%v", body)
		}
	}
}

func TestFullBundlesComply(t *testing.T) {
	b := newBench(t)
	for _, c := range [][2]string{
		{"AU", individual}, {"AU", business}, {"DE", individual}, {"DE", business}, {"FR", business}, {"GB", individual}, {"GB", business},
	} {
		if status, wrong := b.verdict(b.bundle(c[0], c[1])); status != "compliant" {
			t.Errorf("%v: %s %v", c, status, wrong)
		}
	}
}

func TestMistakesInAGermanBundle(t *testing.T) {
	b := newBench(t)
	french := b.addressIn("FR", "Paris")
	for _, c := range []struct {
		name, path, attributes, want string
	}{
		{"an end user without a number", "/EndUsers", `{"business_name":"Example","first_name":"Alice","last_name":"Example"}`,
			"business_info business_registration_number 22215"},
		{"another name on the excerpt", "/SupportingDocuments commercial", `{"business_name":"Other"}`, "business_name_info business_name 22217"},
		{"an address elsewhere", "/SupportingDocuments address", `{"address_sids":["` + french + `"]}`, "proof_of_address address_sids 22219"},
		{"an address that does not exist", "/SupportingDocuments address", `{"address_sids":"AD1"}`, "proof_of_address address_sids 22219"},
	} {
		t.Run(c.name, func(t *testing.T) {
			sid := b.bundle("DE", business)
			path, kind, _ := strings.Cut(c.path, " ")
			_, body := b.order(http.MethodGet, compliance+path)
			for _, p := range list(body, "results")[:min(2, len(list(body, "results")))] { // the newest are this bundle's
				if strings.HasPrefix(p["type"].(string), orElse(kind, business)) {
					b.order(http.MethodPost, compliance+path+"/"+p["sid"].(string), "Attributes", c.attributes)
					break
				}
			}
			if status, wrong := b.verdict(sid); status != "noncompliant" || strings.Join(wrong, ", ") != c.want {
				t.Errorf("%s %v, want %s", status, wrong, c.want)
			}
		})
	}
}

func TestADocumentWithoutItsFileDoesNotComply(t *testing.T) {
	b := newBench(t)
	sid := b.bundle("FR", business)
	_, body := b.order(http.MethodGet, compliance+"/SupportingDocuments")
	excerpt := list(body, "results")[0]["sid"].(string)
	b.order(http.MethodDelete, compliance+"/SupportingDocuments/"+excerpt)
	if status, wrong := b.verdict(sid); status != "noncompliant" || len(wrong) != 2 {
		t.Errorf("without the document: %s %v", status, wrong)
	}
	bare := b.makes(compliance+"/SupportingDocuments", "FriendlyName", "x", "Type", docRegister, "Attributes", `{"business_name":"Example"}`)
	b.makes(bundleList+"/"+sid+"/ItemAssignments", "ObjectSid", bare)
	if status, wrong := b.verdict(sid); status != "noncompliant" || strings.Join(wrong, "") != "business_name_info file 22217" {
		t.Errorf("without the file: %s %v", status, wrong)
	}
}
