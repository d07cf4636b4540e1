package api

import (
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ringdown/ringdown/models"
)

// raises raises the alert of a call to Support, so many minutes after twelve.
func (rt *restTest) raises(id string, minutes int, provider models.ChannelProvider, changes ...func(*models.Raised)) models.Alert {
	rt.Helper()
	raised := models.Raised{
		AlertID: id, CallSID: "CA" + id, CallID: "call-" + id, RouteID: "r1", RouteName: "Support", Number: "+12025550123",
		Caller: "+447700900123", Country: "GB", Verstat: models.VouchedFor, StartedAt: rt.now.Add(time.Duration(minutes) * time.Minute),
	}
	for _, change := range changes {
		change(&raised)
	}
	if _, err := rt.store.RaiseAlert(rt.Context(), raised.Alert(), provider); err != nil {
		rt.Fatal(err)
	}
	alert, err := rt.store.Alert(rt.Context(), id)
	if err != nil {
		rt.Fatal(err)
	}
	return alert
}

// alertIs writes an alert as it has come on.
func (rt *restTest) alertIs(alert models.Alert) {
	rt.Helper()
	if _, err := rt.store.RecordAlert(rt.Context(), alert); err != nil {
		rt.Fatal(err)
	}
}

// ringingAlice has an alert's first phone rung.
func ringingAlice(alert models.Alert, userID string) models.Alert {
	alert.Dialled = []string{userID}
	alert.Rings = []models.Ring{{Attempt: "1.u.1.1", UserID: userID, Name: "Alice", Label: "mobile", Level: 1, At: alert.StartedAt, State: models.Ringing}}
	return alert
}

// everything makes an incident of each alert.
const everything = `{"name": "Everything"}`

func TestRESTAlertsAreFiltered(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil)
	rt.raises("a1", 0, models.ChannelInternal)
	route := rt.creates("/v1/alert-routes", everything)
	second := rt.raises("a2", 60, models.ChannelInternal, func(r *models.Raised) { r.RouteID, r.Caller = "r2", "" })
	third := rt.raises("a3", 120, models.ChannelInternal, func(r *models.Raised) { r.Caller = "+447700900124" })
	ended := rt.now
	third.Status, third.Outcome, third.ResolvedAt = models.AlertResolved, models.Voicemailed, &ended
	rt.alertIs(third)
	for query, want := range map[string]string{
		"":                                 "[a3 a2 a1]",
		"?status=firing":                   "[a2 a1]",
		"?status=resolved":                 "[a3]",
		"?call_route_id=r1":                "[a3 a1]",
		"?outcome=voicemail":               "[a3]",
		"?caller=%2B447700900124":          "[a3]",
		"?caller=+447700900123":            "[a1]",
		"?from=2026-03-04T13:00:00Z":       "[a3 a2]",
		"?to=2026-03-04T13:00:00Z":         "[a1]",
		"?call_route_id=r1&limit=1":        "[a3]",
		"?call_route_id=a%00b":             "[]",
		"?incident_id=none":                "[]",
		"?incident_id=" + incident(second): "[a2]",
	} {
		ids, _ := rt.send(http.MethodGet, "/v1/alerts"+query, "").is(http.StatusOK).items("id")
		if fmt.Sprint(ids) != want {
			t.Errorf("%s lists %v, want %s", query, ids, want)
		}
	}
	first := rt.send(http.MethodGet, "/v1/alerts?limit=2", "").is(http.StatusOK)
	_, next := first.items("id")
	if ids, end := rt.send(http.MethodGet, "/v1/alerts?limit=2&cursor="+next, "").is(http.StatusOK).items("id"); fmt.Sprint(ids) != "[a1]" || end != "" {
		t.Errorf("the second page is %v, next %q", ids, end)
	}
	rt.send(http.MethodGet, "/v1/alerts?status=loud&outcome=great&caller=2025550101&from=2026-03-04T13:00:00Z&to=2026-03-04T13:00:00Z", "").
		faults("query.status", "query.outcome")
	rt.send(http.MethodGet, "/v1/alerts?caller=2025550101&from=2026-03-04T13:00:00Z&to=2026-03-04T13:00:00Z", "").faults("query.caller", "query.to")
	rt.send(http.MethodGet, "/v1/alerts?cursor=forged", "").faults("query.cursor")
	rt.send(http.MethodGet, "/v1/alerts/none", "").is(http.StatusNotFound)
	rt.send(http.MethodDelete, "/v1/alert-routes/"+route, "").is(http.StatusNoContent)
	rt.send(http.MethodGet, "/v1/alerts/a2", "").is(http.StatusOK)
	if rt.log.Len() > 0 {
		t.Errorf("logged %s", rt.log)
	}
}

// incident is the one that an alert is linked to.
func incident(alert models.Alert) string { return strings.Join(alert.IncidentIDs, " ") }

func TestRESTAnAlertShowsWhatCameOfIt(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil)
	user := rt.user(alice)
	route := rt.creates("/v1/alert-routes", everything)
	receiver := rt.creates("/v1/receivers", aPagerDuty)
	alert := ringingAlice(rt.raises("a1", 0, models.ChannelInternal), user)
	rt.alertIs(alert)
	for n, event := range []models.AlertEvent{models.EventRaised, models.EventAnswered} {
		rt.keeps(models.Delivery{
			ID: models.DeliveryID("a1", receiver, n+1), AlertID: "a1", ReceiverID: receiver, Event: event, Alert: alert,
			At: rt.now.Add(time.Duration(n) * time.Minute), Status: models.DeliveryFailed, Tries: n + 1, LastTriedAt: &rt.now,
			LastStatus: http.StatusGone, LastError: "the receiver has nothing at this address, with status 410",
		})
	}

	var shown shownAlert
	rt.send(http.MethodGet, "/v1/alerts/a1", "").is(http.StatusOK).into(&shown)
	if shown.Title != "Call to Support" || len(shown.Rings) != 1 || shown.Rings[0].Name != "Alice" || shown.CallID != "call-a1" {
		t.Errorf("%+v", shown.Alert)
	}
	if len(shown.Incidents) != 1 || shown.Incidents[0].Label != "INC-1" || shown.Incidents[0].Name != "Call to Support" ||
		shown.Incidents[0].Status != models.IncidentActive || shown.Incidents[0].AlertRouteID != route || shown.Incidents[0].ID != incident(shown.Alert) {
		t.Errorf("incidents %+v of %v", shown.Incidents, shown.IncidentIDs)
	}
	if len(shown.Invitations) != 1 || shown.Invitations[0].Name != "Alice" || shown.Invitations[0].Status != models.InvitationSent ||
		shown.Invitations[0].Why == "" || shown.Invitations[0].InvitedAt.IsZero() || shown.Invitations[0].Incident != shown.Incidents[0].ID {
		t.Errorf("invitations %+v", shown.Invitations)
	}
	if len(shown.Deliveries) != 2 || shown.Deliveries[0].Event != models.EventRaised || shown.Deliveries[1].Event != models.EventAnswered ||
		shown.Deliveries[1].ReceiverName != "Operators" || shown.Deliveries[1].Tries != 2 || shown.Deliveries[1].LastStatus != http.StatusGone {
		t.Errorf("deliveries %+v", shown.Deliveries)
	}
	if listed := rt.send(http.MethodGet, "/v1/alerts", "").is(http.StatusOK).Body.String(); strings.Contains(listed, "1.u.1.1") {
		t.Errorf("the list holds every ring: %s", listed)
	}
	rt.send(http.MethodDelete, "/v1/receivers/"+receiver, "").is(http.StatusNoContent)
	rt.send(http.MethodGet, "/v1/alerts/a1", "").is(http.StatusOK).into(&shown)
	if len(shown.Deliveries) != 2 || shown.Deliveries[0].ReceiverName != "" {
		t.Errorf("deliveries of a receiver that is gone %+v", shown.Deliveries)
	}
}

func TestRESTAnAlertOfManyIncidentsMakesNoMoreStatements(t *testing.T) {
	t.Parallel()
	p := newPlenty(t, "sqlite:"+filepath.Join(t.TempDir(), "test.db"))
	shows := func(id string, want ...string) (statements int) {
		t.Helper()
		var shown shownAlert
		statements = p.counted.During(func() { p.send(http.MethodGet, "/v1/alerts/"+id, "").is(http.StatusOK).into(&shown) })
		var labels []string
		for _, i := range shown.Incidents {
			labels = append(labels, i.Label)
		}
		if !slices.Equal(labels, want) {
			t.Errorf("%s is linked to %v, want %v", id, labels, want)
		}
		return statements
	}
	for n := range 3 {
		p.creates("/v1/alert-routes", fmt.Sprintf(`{"name": "Route %d", "position": %d, "later_too": true}`, n, n))
		p.raises(fmt.Sprint("a", n), n, models.ChannelInternal)
	}
	if one, three := shows("a0", "INC-1"), shows("a2", "INC-4", "INC-5", "INC-6"); one != three || one == 0 {
		t.Errorf("%d statements for one incident, and %d for three", one, three)
	}
}

func TestRESTAnAlertOfWhichNothingCameShowsSo(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil)
	rt.raises("a1", 0, models.ChannelInternal)
	got := rt.send(http.MethodGet, "/v1/alerts/a1", "").is(http.StatusOK).fields()
	for _, list := range []string{"incidents", "invitations", "deliveries", "rings", "dialled", "incident_ids"} {
		if fmt.Sprint(got[list]) != "[]" {
			t.Errorf("%s is %v", list, got[list])
		}
	}
}

func TestRESTACallNamesItsIncidents(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil)
	rt.creates("/v1/alert-routes", everything)
	alert := rt.raises("a1", 0, models.ChannelInternal)
	for id, sid := range map[string]string{"c1": "CAa1", "c2": "CAa2"} {
		call := models.Call{ID: id, CarrierCallID: sid, RouteID: "r1", Stage: models.StageEnded, Outcome: models.Abandoned, StartedAt: rt.now, EndedAt: &rt.now}
		if err := rt.store.RecordCall(t.Context(), call); err != nil {
			t.Fatal(err)
		}
	}
	for id, want := range map[string]string{"c1": "[" + incident(alert) + "]", "c2": "[]"} {
		if got := rt.send(http.MethodGet, "/v1/calls/"+id, "").is(http.StatusOK).fields(); fmt.Sprint(got["incident_ids"]) != want || want == "[]" && incident(alert) == "" {
			t.Errorf("%s is linked to %v, want %s", id, got["incident_ids"], want)
		}
	}
}
