package twilio

import (
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/ringdown/ringdown/models"
)

func bundleIn(status models.BundleStatus) string {
	return fmt.Sprintf(`{"sid": %q, "friendly_name": %q, "status": %q, "regulation_sid": %q, "valid_until": null}`,
		bundle1, aName, status, regulation1)
}

func TestSubmitGivesADraftAlone(t *testing.T) {
	t.Parallel()
	for status, want := range map[models.BundleStatus]int{
		models.BundleDraft: 2, models.BundlePending: 1, models.BundleInReview: 1, models.BundleApproved: 1,
		models.BundleProvisional: 1, models.BundleRejected: 1,
	} {
		t.Run(string(status), func(t *testing.T) {
			t.Parallel()
			client, carrier := newCarrier(t, says(bundleIn(status)))
			if err := client.Submit(t.Context(), bundle1); err != nil {
				t.Error(err)
			}
			got := carrier.got()
			if len(got) != want {
				t.Errorf("asked %v", got)
			}
			for _, asked := range got[1:] {
				if want := (map[string][]string{"Status": {"pending-review"}}); !reflect.DeepEqual(map[string][]string(asked.Form), want) {
					t.Errorf("changed %v", asked)
				}
			}
		})
	}
}

func TestABundleIsSubmittedOnceWhenTheAnswerIsLost(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		acts  bool
		class Class
	}{"it was submitted": {true, ""}, "it was not": {false, Unknown}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			status, submissions := models.BundleDraft, 0
			client, _ := newCarrier(t, func(carrier *carrier, w http.ResponseWriter, r *http.Request, nth int) {
				if r.Method == http.MethodPost {
					if submissions++; c.acts {
						status = models.BundlePending
					}
					lose(w)
					return
				}
				carrier.says(w, r, http.StatusOK, bundleIn(status))
			})
			if err := client.Submit(t.Context(), bundle1); ClassOf(err) != c.class {
				t.Errorf("Submit = %v", err)
			}
			if submissions != 1 {
				t.Errorf("submitted %d times", submissions)
			}
			if got, err := client.BundleStatus(t.Context(), bundle1); got != status || err != nil {
				t.Errorf("BundleStatus = %q, %v", got, err)
			}
		})
	}
}

// refused is a bundle that was refused, with an end user and documents.
func refused(t *testing.T, documents map[string]string) (*Client, *carrier) {
	return refusedOf(t, germanLocalBusiness, documents)
}

func refusedOf(t *testing.T, regulation string, documents map[string]string) (*Client, *carrier) {
	s := shelf{objects: []string{endUser1}}
	for sid := range documents {
		s.objects = append(s.objects, sid)
	}
	slices.Sort(s.objects)
	return newCarrier(t, func(c *carrier, w http.ResponseWriter, r *http.Request, nth int) {
		last := r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:]
		switch document, known := documents[last]; {
		case last == "ItemAssignments":
			s.answer(c, w, r, nth)
		case last == bundle1:
			c.says(w, r, http.StatusOK, bundleIn(models.BundleRejected))
		case last == regulation1:
			c.says(w, r, http.StatusOK, regulation)
		case known && document != "":
			c.says(w, r, http.StatusOK, fmt.Sprintf(`{"sid": %q, %s}`, last, document))
		default:
			always(http.StatusNotFound, "", refusal(404, 20404))(c, w, r, nth)
		}
	})
}

func TestBundleFaultsSayWhatIsWrongAndWhereTheFormAsksForIt(t *testing.T) {
	t.Parallel()
	document := func(n int) string { return fmt.Sprintf("RD%032d", n) }
	client, _ := refused(t, map[string]string{
		document(1): `"type": "commercial_registrar_excerpt", "status": "rejected", "failure_reason": "It is too old.", "errors": null`,
		document(2): `"type": "address", "status": "rejected", "failure_reason": "It is elsewhere.",
			"errors": [{"code": 18012, "message": "It is not in the country."}, {"code": 18013, "failure_reason": "It is elsewhere."}]`,
		document(3): `"type": "passport", "status": "rejected", "failure_reason": "Nobody asked for it.", "errors": ["what?"]`,
		document(4): `"type": "commercial_registrar_excerpt", "status": "approved", "failure_reason": "It was too old.", "errors": []`,
		document(5): "",
		document(6): `"type": "commercial_registrar_excerpt", "status": "rejected", "failure_reason": null, "errors": []`,
		document(7): `"type": "commercial_registrar_excerpt", "status": "rejected", "failure_reason": "", "errors": [{"code": 18002}, {"code": 99999}]`,
	})
	got, err := client.BundleFaults(t.Context(), bundle1, nil)
	want := []models.CarrierReason{
		{Field: "documents.business_name_info", Text: "It is too old."},
		{Field: "address", Text: "It is not in the country."},
		{Field: "address", Text: "It is elsewhere."},
		{Text: "Nobody asked for it."},
		{Field: "documents.business_name_info", Text: "The carrier has refused this document and does not say why."},
		{Field: "documents.business_name_info", Text: "This document cannot be read. Upload a sharp copy."},
	}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("BundleFaults = %v, %v\n want %v", got, err, want)
	}
}

// twoProofs is a regulation with two rules that the same document may prove.
const twoProofs = `{"sid": "` + regulation1 + `", "friendly_name": "Germany", "iso_country": "DE", "number_type": "local", "end_user_type": "business",
	"requirements": {"end_user": [], "supporting_document": [[
		{"name": "Name", "type": "document", "requirement_name": "name_info", "description": "", "accepted_documents": [{"name": "Bill", "type": "utility_bill", "fields": []}]},
		{"name": "Home", "type": "document", "requirement_name": "home_info", "description": "", "accepted_documents": [
			{"name": "Deed", "type": "deed", "fields": []}, {"name": "Bill", "type": "utility_bill", "fields": []}]}]]}}`

func TestARejectedDocumentIsBlamedOnTheRuleItWasHandedInFor(t *testing.T) {
	t.Parallel()
	const bill = `"type": "utility_bill", "status": "rejected", "failure_reason": "It is too old.", "errors": null`
	first, second := "RD"+strings.Repeat("1", 32), "RD"+strings.Repeat("2", 32)
	for name, c := range map[string]struct {
		documents map[string]string
		rejected  []string
		fields    []string
		asked     int
	}{
		"the second rule":              {map[string]string{"name_info": first, "home_info": second}, []string{second}, []string{"documents.home_info"}, 2},
		"both rules":                   {map[string]string{"name_info": first, "home_info": second}, []string{first, second}, []string{"documents.name_info", "documents.home_info"}, 3},
		"one document for both":        {map[string]string{"name_info": first, "home_info": first}, []string{first}, []string{"documents.home_info", "documents.name_info"}, 2},
		"nobody knows what it was for": {nil, []string{first}, []string{"documents.name_info", "documents.home_info"}, 4},
		"one of them is known":         {map[string]string{"home_info": second}, []string{first, second}, []string{"documents.name_info", "documents.home_info", "documents.home_info"}, 5},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			documents := map[string]string{}
			for _, sid := range c.rejected {
				documents[sid] = bill
			}
			client, carrier := refusedOf(t, twoProofs, documents)
			reasons, err := client.BundleFaults(t.Context(), bundle1, c.documents)
			var fields []string
			for _, reason := range reasons {
				fields = append(fields, reason.Field)
			}
			if err != nil || !slices.Equal(fields, c.fields) {
				t.Errorf("BundleFaults = %v, %v, want %v", reasons, err, c.fields)
			}
			if n := len(carrier.got()); n != c.asked {
				t.Errorf("%d requests, want %d: the regulation is read where it is needed", n, c.asked)
			}
		})
	}
}

func TestABundleMayBeRefusedWithoutAWord(t *testing.T) {
	t.Parallel()
	client, carrier := refused(t, map[string]string{document1: `"type": "address", "status": "pending-review", "failure_reason": ""`})
	if got, err := client.BundleFaults(t.Context(), bundle1, nil); len(got) != 0 || err != nil {
		t.Errorf("BundleFaults = %v, %v", got, err)
	}
	if n := len(carrier.got()); n != 2 {
		t.Errorf("%d requests: nobody needs the regulation", n)
	}
}
