package api

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ringdown/ringdown/models"
)

func TestRESTARequestIsFulfilledWithANumberThatIsNobodys(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil).seeded()
	first, second := rt.asksFor(restKey, anotherCountrysNumber), rt.asksFor(restKey, anotherCountrysNumber)
	number := rt.number("+12025550190", "Moon", models.NumberActive)
	released := rt.number("+12025550191", "Mars", models.NumberReleased)
	rt.does(first, "fulfil", `{"phone_number_id": "`+aRequest+`"}`).faults("body.phone_number_id")
	rt.does(first, "fulfil", `{"phone_number_id": "`+released+`"}`).faults("body.phone_number_id")
	rt.does(first, "fulfil", `{}`).faults("body.phone_number_id")
	var r models.NumberRequest
	rt.does(first, "fulfil", `{"phone_number_id": "`+number+`"}`).is(http.StatusOK).into(&r)
	if r.Status != models.RequestActive || r.PhoneNumberID != number || r.ActsNext != models.PartyRingdown {
		t.Errorf("it is %+v", r)
	}
	detail := rt.does(second, "fulfil", `{"phone_number_id": "`+number+`"}`).is(http.StatusConflict).problem().Detail
	if !strings.Contains(detail, r.ID) {
		t.Errorf("said %q", detail)
	}
}

func TestRESTOneNumberFulfilsOneRequest(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil).seeded()
	number := rt.number("+12025550190", "Moon", models.NumberActive)
	fulfilment := `{"phone_number_id": "` + number + `"}`
	var paths [4]string
	for i := range paths {
		paths[i] = rt.asksFor(restKey, anotherCountrysNumber)
	}
	var codes [len(paths)]int
	var all sync.WaitGroup
	for i, path := range paths {
		all.Go(func() { codes[i] = rt.does(path, "fulfil", fulfilment).Code })
	}
	all.Wait()
	won := slices.Index(codes[:], http.StatusOK)
	if sorted := slices.Sorted(slices.Values(codes[:])); !slices.Equal(sorted, []int{200, 409, 409, 409}) {
		t.Fatalf("answered %v", codes)
	}
	said := rt.does(paths[won], "fulfil", fulfilment).is(http.StatusConflict).problem().Detail // and it stays its own
	if !strings.Contains(said, "fulfilled by first admin key") {
		t.Errorf("said %q", said)
	}
	other := paths[(won+1)%len(paths)]
	said = rt.does(other, "fulfil", fulfilment).is(http.StatusConflict).problem().Detail
	if !strings.Contains(said, strings.TrimPrefix(paths[won], requestsPath+"/")) {
		t.Errorf("said %q", said)
	}
	released, err := rt.store.ReleaseNumber(t.Context(), number)
	if err != nil {
		t.Fatal(err)
	}
	released.Status = models.NumberActive
	if _, err := rt.store.UpdateNumber(t.Context(), released, 0); err != nil {
		t.Fatal(err)
	}
	rt.does(other, "fulfil", fulfilment).is(http.StatusOK)
}

func TestRESTANumberIsFreeAgainWhenTheRunRefusesIt(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil).seeded()
	number := rt.number("+12025550190", "Moon", models.NumberActive)
	fulfilment := `{"phone_number_id": "` + number + `"}`
	first, second := rt.asksFor(restKey, anotherCountrysNumber), rt.asksFor(restKey, anotherCountrysNumber)
	rt.does(first, "ask", `{"question": "Which moon?"}`).is(http.StatusOK)
	rt.does(first, "fulfil", fulfilment).is(http.StatusConflict)
	rt.requests.away = models.ErrAway
	rt.does(second, "fulfil", fulfilment).is(http.StatusServiceUnavailable)
	rt.requests.away = nil
	third := rt.asksFor(restKey, anotherCountrysNumber)
	rt.does(third, "fulfil", fulfilment).is(http.StatusConflict) // the second may have been fulfilled
	rt.does(second, "reject", `{"reason": "It is another moon."}`).is(http.StatusOK)
	rt.does(third, "fulfil", fulfilment).is(http.StatusOK)
}

func TestRESTARequestIsAssignedToWhoIsThere(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil).seeded()
	path := rt.asksFor(restKey, anAmericanNumber)
	user := rt.user(bob)
	gone := rt.user(strings.Replace(alice, `"name"`, `"active": false, "name"`, 1))
	rt.does(path, "assign", `{"user_id": "`+gone+`"}`).faults("body.user_id")
	rt.does(path, "assign", `{"user_id": "nobody"}`).faults("body.user_id")
	rt.does(path, "assign", `{}`).faults("body.user_id")
	for body, want := range map[string]string{user: "&{" + user + " Bob}", "": "<nil>"} {
		var r models.NumberRequest
		rt.does(path, "assign", `{"user_id": "`+body+`"}`).is(http.StatusOK).into(&r)
		if got := fmt.Sprint(r.Assignee); got != want {
			t.Errorf("assigned to %s, want %s", got, want)
		}
	}
}

func TestRESTWhatHasFailedIsTriedAgain(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil).seeded()
	path := rt.asksFor(restKey, anAmericanNumber)
	rt.does(path, "retry", `{}`).is(http.StatusConflict)
	rt.does(path, "approve", `{"choose": true}`).is(http.StatusOK)
	failed := rt.requests.becomes(rt.request(path).ID, func(r models.NumberRequest) models.NumberRequest {
		return r.Fail("The carrier has refused it.", rt.now.Add(time.Hour))
	})
	if _, err := rt.store.KeepNumberRequest(t.Context(), failed); err != nil {
		t.Fatal(err)
	}
	if r := rt.request(path); r.Reason != "The carrier has refused it." || r.ActsNext != models.PartyReviewer {
		t.Errorf("it is %+v", r)
	}
	var r models.NumberRequest
	rt.does(path, "retry", `{"note": "The account has money again."}`).is(http.StatusOK).into(&r)
	if r.Status != models.RequestProvisioning || r.Reason != "" {
		t.Errorf("it is %+v", r)
	}
}

func TestRESTAnApprovalKeepsToTheAllotment(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil).seeded()
	rt = rt.allotting(models.Allotment{Numbers: 2})
	path, beside := rt.asksFor(restKey, anAmericanNumber), rt.asksFor(restKey, anAmericanNumber)
	rt.number("+12025550190", "Here", models.NumberActive)
	if _, err := rt.store.ReserveNumber(t.Context(), strings.TrimPrefix(beside, requestsPath+"/"), 2, false); err != nil {
		t.Fatal(err)
	}
	rt.does(beside, "approve", `{"choose": true}`).is(http.StatusOK) // its own place is no hindrance
	asked := len(rt.requests.asked)
	detail := rt.does(path, "approve", `{"choose": true}`).is(http.StatusConflict).problem().Detail
	if !strings.Contains(detail, `1 number and 1 request of 2 allotted are in use: give some up, have more allotted, or say in "override" why`) || len(rt.requests.asked) != asked {
		t.Errorf("said %q, and asked for %v", detail, rt.requests.asked[asked:])
	}
	var r models.NumberRequest
	rt.does(path, "approve", `{"choose": true, "override": " "}`).is(http.StatusConflict)
	rt.does(path, "approve", `{"choose": true, "override": "The board says so."}`).is(http.StatusOK).into(&r)
	if r.Approval.Override != "The board says so." {
		t.Errorf("approved as %+v", r.Approval)
	}
}

func TestRESTARunThatDoesNotAnswerIsSaidToBeAway(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil).seeded()
	path := rt.asksFor(restKey, anAmericanNumber)
	rt.requests.away = errors.New("nobody is there")
	said := rt.does(path, "reject", `{"reason": "x"}`).is(http.StatusServiceUnavailable).problem().Detail
	if strings.Contains(said, "Idempotency-Key") || !strings.Contains(said, "Read the request") {
		t.Errorf("who sent no Idempotency-Key is told %q", said)
	}
	if !strings.Contains(rt.log.String(), "nobody is there") {
		t.Errorf("logged %s", rt.log)
	}
}
