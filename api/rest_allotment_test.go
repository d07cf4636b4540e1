package api

import (
	"net/http"
	"strings"
	"testing"

	"github.com/ringdown/ringdown/models"
)

func TestRESTNoMoreIsAddedThanAllotted(t *testing.T) {
	t.Parallel()
	client, carrier := newFakeCarrier(t, owned)
	rt := newREST(t, client)
	deps := rt.deps()
	deps.carrier, deps.allotment = client, models.Allotment{Licences: 1, Numbers: 1}
	rt = rt.process(deps)
	full := func(r reply, says string) {
		t.Helper()
		if detail := r.is(http.StatusConflict).problem().Detail; !strings.Contains(detail, says) {
			t.Errorf("said %q, want %q", detail, says)
		}
	}
	licences, numbers := "1 of 1 licences are in use", "1 of 1 numbers are in use"

	id := rt.user(alice)
	full(rt.send(http.MethodPost, "/v1/users", bob), licences)
	unlicensed := strings.Replace(bob, "true", "false", 1)
	other := rt.user(unlicensed)
	full(rt.send(http.MethodPut, "/v1/users/"+other, bob), licences)
	rt.send(http.MethodPut, "/v1/users/"+id, strings.Replace(alice, "Alice", "Alicia", 1)).is(http.StatusOK) // has hers
	rt.send(http.MethodPut, "/v1/users/"+id, strings.Replace(alice, "{", `{"active": false, `, 1)).is(http.StatusOK)
	rt.send(http.MethodPut, "/v1/users/"+other, bob).is(http.StatusOK)
	full(rt.send(http.MethodPut, "/v1/users/"+id, alice), licences)

	ours := rt.imported()
	rt.send(http.MethodPost, "/v1/phone-numbers/"+ours+"/release", confirmed).is(http.StatusOK)
	rt.number("+12025550190", "Another", models.NumberActive)
	full(rt.send(http.MethodPost, "/v1/phone-numbers", supportLine), numbers) // it is not revived either
	full(rt.send(http.MethodPost, "/v1/phone-numbers", strings.Replace(supportLine, "{", `{"exception": " ", `, 1)), `or say in "exception" why`)
	if carrier.hooks.Get("VoiceUrl") != "" {
		t.Error("the carrier sends calls to a number that was not taken in")
	}
	rt.send(http.MethodPost, "/v1/phone-numbers", strings.Replace(supportLine, "{", `{"exception": "For the launch.", `, 1)).is(http.StatusCreated)
	if used := rt.send(http.MethodGet, "/v1/usage", "").is(http.StatusOK).Body.String(); !strings.Contains(used, `"exceptions":1`) {
		t.Errorf("used is %s", used)
	}
}

func TestRESTNoRouteIsSwitchedOnWhileTooMuchIsInUse(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil)
	id := rt.user(alice)
	route := `{"name": "Support", "levels": [{"targets": [{"type": "user", "user_id": "` + id + `"}]}]}`
	off := strings.Replace(route, "{", `{"enabled": false, `, 1)
	path := rt.send(http.MethodPost, "/v1/call-routes", route).is(http.StatusCreated).Header().Get("Location")
	rt.number("+12025550190", "One", models.NumberActive)
	rt.number("+12025550191", "Two", models.NumberActive)
	for _, c := range []struct {
		name, says string
		allotment  models.Allotment
	}{
		{"numbers", "2 of 1 numbers are in use", models.Allotment{Numbers: 1}},
		{"as many as may be", "", models.Allotment{Numbers: 2, Licences: 1}},
		{"no limit", "", models.Allotment{}},
	} {
		rt := rt.allotting(c.allotment)
		rt.send(http.MethodPut, path, off).is(http.StatusOK)
		on := rt.send(http.MethodPut, path, route)
		if c.says == "" {
			on.is(http.StatusOK)
			continue
		}
		if detail := on.is(http.StatusConflict).problem().Detail; !strings.Contains(detail, c.says) {
			t.Errorf("%s: said %q", c.name, detail)
		}
		rt.send(http.MethodPost, "/v1/call-routes", strings.Replace(route, "Support", "Sales", 1)).is(http.StatusConflict)
	}
	rt = rt.allotting(models.Allotment{Numbers: 1})
	rt.send(http.MethodPut, path, strings.Replace(route, "Support", "Support line", 1)).is(http.StatusOK) // it is on already
	rt.send(http.MethodPut, path, off).is(http.StatusOK)
	two, err := rt.store.NumberByPhone(t.Context(), "+12025550191")
	if err != nil {
		t.Fatal(err)
	}
	two.Exception = "A second line for the launch."
	if _, err := rt.store.UpdateNumber(t.Context(), two, 0); err != nil {
		t.Fatal(err)
	}
	rt.send(http.MethodPut, path, route).is(http.StatusOK)
}
