package simulator

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestANumberThatWasGivenBackIsNoLongerOwned(t *testing.T) {
	b := newBench(t)
	owned := b.sim.Numbers()
	if len(owned) != 1 {
		t.Fatalf("owned %v", owned)
	}
	for _, want := range []int{http.StatusNoContent, http.StatusNotFound} {
		r := httptest.NewRequest(http.MethodDelete, "/", nil)
		r.SetPathValue("file", owned[0].SID+".json")
		w := httptest.NewRecorder()
		serve(w, r, b.sim.deleteNumber)
		if w.Code != want || w.Code == http.StatusNoContent && w.Body.Len() > 0 {
			t.Errorf("answered %d %s, want %d", w.Code, w.Body, want)
		}
	}
	if left := b.sim.Numbers(); len(left) > 0 {
		t.Errorf("still owned: %v", left)
	}
}
