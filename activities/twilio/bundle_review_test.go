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
			c.says(w, r, http.StatusOK, germanLocalBusiness)
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
	})
	got, err := client.BundleFaults(t.Context(), bundle1)
	want := []models.CarrierReason{
		{Field: "documents.business_name_info", Text: "It is too old."},
		{Field: "address", Text: "It is not in the country."},
		{Field: "address", Text: "It is elsewhere."},
		{Text: "Nobody asked for it."},
		{Field: "documents.business_name_info", Text: "The carrier has refused this document and does not say why."},
	}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("BundleFaults = %v, %v\n want %v", got, err, want)
	}
}

func TestABundleMayBeRefusedWithoutAWord(t *testing.T) {
	t.Parallel()
	client, carrier := refused(t, map[string]string{document1: `"type": "address", "status": "pending-review", "failure_reason": ""`})
	if got, err := client.BundleFaults(t.Context(), bundle1); len(got) != 0 || err != nil {
		t.Errorf("BundleFaults = %v, %v", got, err)
	}
	if n := len(carrier.got()); n != 2 {
		t.Errorf("%d requests: nobody needs the regulation", n)
	}
}
