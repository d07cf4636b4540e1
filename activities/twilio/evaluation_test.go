package twilio

import (
	"fmt"
	"net/http"
	"slices"
	"testing"

	"github.com/ringdown/ringdown/models"
)

func evaluation(status, results string) string {
	return fmt.Sprintf(`{"sid": "EL%s", "bundle_sid": %q, "status": %q, "results": %s}`, bundle1[2:], bundle1, status, results)
}

func TestEvaluateSaysWhatIsMissingInTheWordsOfTheForm(t *testing.T) {
	t.Parallel()
	missing := evaluation("noncompliant", `[
		{"object_type": "business", "requirement_name": "business_info", "passed": false, "failure_reason": "A business is missing.", "valid": [], "invalid": [
			{"object_field": "business_name", "failure_reason": "The business name is missing.", "error_code": 22215}]},
		{"object_type": "individual", "requirement_name": "individual_info", "passed": false, "failure_reason": "An individual is missing.", "valid": [], "invalid": []},
		{"object_type": "commercial_registrar_excerpt", "requirement_name": "business_name_info", "passed": false, "failure_reason": "An excerpt is missing.", "valid": [], "invalid": [
			{"object_field": "business_name", "failure_reason": "The name is another."},
			{"object_field": "address_sids", "failure_reason": "The address is missing."}]},
		{"object_type": "power_of_attorney", "requirement_name": "power_of_attorney_info", "passed": false, "failure_reason": "A power of attorney is missing.", "valid": [], "invalid": []},
		{"object_type": "address", "requirement_name": "proof_of_address", "passed": false, "failure_reason": "The address is missing.", "valid": [], "invalid": []},
		{"object_type": "passport", "requirement_name": "passport_info", "passed": true, "failure_reason": null, "valid": [], "invalid": []}]`)
	for name, c := range map[string]struct {
		says string
		want []models.CarrierReason
	}{
		"nothing": {evaluation("compliant", `[{"object_type": "business", "passed": true}]`), nil},
		"much": {missing, []models.CarrierReason{
			{Field: "person.business_name", Text: "The business name is missing."},
			{Field: "person", Text: "An individual is missing."},
			{Field: "documents.business_name_info", Text: "The name is another."},
			{Field: "address", Text: "The address is missing."},
			{Field: "documents.power_of_attorney_info", Text: "A power of attorney is missing."},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, carrier := newCarrier(t, func(carrier *carrier, w http.ResponseWriter, r *http.Request, _ int) {
				carrier.says(w, r, http.StatusCreated, c.says)
			})
			got, err := client.Evaluate(t.Context(), bundle1)
			if err != nil || !slices.Equal(got, c.want) {
				t.Errorf("Evaluate = %v, %v\n want %v", got, err, c.want)
			}
			if asked := carrier.got()[0]; asked.Path != oneBundle+"/Evaluations" || asked.Method != http.MethodPost {
				t.Errorf("asked %v", asked)
			}
		})
	}
}

func TestNothingIsCompliantWithoutTheCarriersWord(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		"{}", evaluation("noncompliant", "null"), evaluation("noncompliant", "[]"), evaluation("pending", "[]"),
		evaluation("noncompliant", `[{"passed": true}]`), evaluation("noncompliant", `["?"]`),
	} {
		client, _ := newCarrier(t, always(http.StatusCreated, "", body))
		if got, err := client.Evaluate(t.Context(), bundle1); ClassOf(err) != Unknown || len(got) > 0 {
			t.Errorf("%s: %v, %v", body, got, err)
		}
	}
}
