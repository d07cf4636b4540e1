package api

import (
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ringdown/ringdown/models"
)

func TestRESTUsageShowsWhatIsUsedAndAllotted(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil)
	rt.user(alice)
	for carrierID, month := range map[string]int{"CA1": 2, "CA2": 3} { // now is March
		call := models.Call{CarrierCallID: carrierID, StartedAt: rt.now.AddDate(0, month-int(rt.now.Month()), 0)}
		if err := rt.store.Arrive(t.Context(), call); err != nil {
			t.Fatal(err)
		}
	}
	limited := rt.deps()
	limited.allotment, limited.retention = models.Allotment{Licences: 50}, models.Retention{Calls: 400, Recordings: 90}
	want := map[string]any{
		"licences": map[string]any{"used": 1., "allotted": 50.}, "numbers": map[string]any{"used": 0.}, "calls_this_month": 1.,
		"retention": map[string]any{"calls_days": 400., "recordings_days": 90., "transcripts_days": 0., "requests_days": 0., "audit_days": 0.},
	}
	if diff := cmp.Diff(want, rt.process(limited).send(http.MethodGet, "/v1/usage", "").is(http.StatusOK).fields()); diff != "" {
		t.Error(diff)
	}
}
