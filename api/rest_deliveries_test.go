package api

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/ringdown/ringdown/models"
)

// keeps writes how far a delivery has come.
func (rt *restTest) keeps(d models.Delivery) {
	rt.Helper()
	if err := rt.store.KeepDelivery(rt.Context(), d); err != nil {
		rt.Fatal(err)
	}
}

// delivers writes the nth delivery of an alert, an hour after the one before.
func (rt *restTest) delivers(alert models.Alert, receiverID string, nth int, status models.DeliveryStatus) string {
	rt.Helper()
	d := models.Delivery{
		ID: models.DeliveryID(alert.ID, receiverID, nth), AlertID: alert.ID, ReceiverID: receiverID, Event: models.EventRaised, Alert: alert,
		At: rt.now.Add(time.Duration(nth) * time.Hour), Status: status, Tries: 3, LastTriedAt: &rt.now, LastStatus: http.StatusBadGateway,
		LastError: "the receiver answers with status 502",
	}
	rt.keeps(d)
	return d.ID
}

func TestRESTDeliveriesAreFilteredAndShown(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil)
	receiver, other := rt.creates("/v1/receivers", aPagerDuty), rt.creates("/v1/receivers", anAlertmanager)
	first, second := rt.raises("a1", 0, models.ChannelInternal), rt.raises("a2", 1, models.ChannelInternal)
	ids := []string{
		rt.delivers(first, receiver, 1, models.DeliveryDelivered), rt.delivers(first, other, 2, models.DeliveryFailed), rt.delivers(second, receiver, 3, models.DeliveryPending),
	}
	for query, want := range map[string][]string{
		"":                           {ids[2], ids[1], ids[0]},
		"?alert_id=a1":               {ids[1], ids[0]},
		"?receiver_id=" + receiver:   {ids[2], ids[0]},
		"?status=failed":             {ids[1]},
		"?status=skipped":            nil,
		"?from=2026-03-04T14:00:00Z": {ids[2], ids[1]},
		"?to=2026-03-04T14:00:00Z":   {ids[0]},
		"?limit=1":                   {ids[2]},
		"?alert_id=a%00b":            nil,
	} {
		listed := rt.send(http.MethodGet, "/v1/deliveries"+query, "").is(http.StatusOK)
		if got, _ := listed.items("id"); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s lists %v, want %v", query, got, want)
		}
		if strings.Contains(listed.Body.String(), "+447700900123") {
			t.Errorf("%s lists whole alerts: %s", query, listed.Body)
		}
	}
	_, next := rt.send(http.MethodGet, "/v1/deliveries?limit=2", "").is(http.StatusOK).items("id")
	if got, end := rt.send(http.MethodGet, "/v1/deliveries?limit=2&cursor="+next, "").is(http.StatusOK).items("id"); fmt.Sprint(got) != fmt.Sprint(ids[:1]) || end != "" {
		t.Errorf("the second page is %v, next %q", got, end)
	}
	rt.send(http.MethodGet, "/v1/deliveries?status=lost", "").faults("query.status")
	rt.send(http.MethodGet, "/v1/deliveries?from=2026-03-05T12:00:00Z&to=2026-03-04T12:00:00Z", "").faults("query.to")
	rt.send(http.MethodGet, "/v1/deliveries?cursor=forged", "").faults("query.cursor")

	shown := rt.send(http.MethodGet, "/v1/deliveries/"+ids[1], "").is(http.StatusOK)
	got := shown.fields()
	if got["receiver_name"] != "Alerts" || got["tries"] != 3.0 || got["last_status"] != 502.0 || got["last_error"] != "the receiver answers with status 502" ||
		got["last_tried_at"] != "2026-03-04T12:00:00Z" || got["delivered_at"] != nil || !strings.Contains(shown.Body.String(), "+447700900123") {
		t.Errorf("shown as %s", shown.Body)
	}
	rt.send(http.MethodGet, "/v1/deliveries/none", "").is(http.StatusNotFound)
	if rt.log.Len() > 0 {
		t.Errorf("logged %s", rt.log)
	}
}

func TestRESTADeliveryThatFailedIsTriedAgain(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil)
	receiver := rt.creates("/v1/receivers", aPagerDuty)
	alert := rt.raises("a1", 0, models.ChannelInternal)
	failed := "/v1/deliveries/" + rt.delivers(alert, receiver, 1, models.DeliveryFailed)
	got := rt.send(http.MethodPost, failed+"/resend", "").is(http.StatusAccepted)
	if want := "a1 to Operators"; strings.Join(rt.resent, ", ") != want || got.fields()["receiver_name"] != "Operators" {
		t.Errorf("tries %v again, want %s: %s", rt.resent, want, got.Body)
	}

	later := rt.delivers(alert, receiver, 2, models.DeliveryPending)
	for _, status := range []models.DeliveryStatus{models.DeliveryPending, models.DeliveryDelivered} { // of what came later
		rt.settles(later, status)
		if says := rt.send(http.MethodPost, failed+"/resend", "").is(http.StatusConflict).problem().Detail; !strings.Contains(says, "told") {
			t.Errorf("one before another that is %s: %s", status, says)
		}
		path := "/v1/deliveries/" + later
		if says := rt.send(http.MethodPost, path+"/resend", "").is(http.StatusConflict).problem().Detail; !strings.Contains(says, string(status)) {
			t.Errorf("one that is %s: %s", status, says)
		}
	}
	rt.send(http.MethodPost, "/v1/deliveries/none/resend", "").is(http.StatusNotFound)
	if len(rt.resent) != 1 || rt.log.Len() > 0 {
		t.Errorf("tried %v again, logged %s", rt.resent, rt.log)
	}

	rt.away = errors.New("nobody there")
	failed = "/v1/deliveries/" + rt.delivers(rt.raises("a2", 1, models.ChannelInternal), receiver, 1, models.DeliverySkipped)
	rt.send(http.MethodPost, failed+"/resend", "").is(http.StatusServiceUnavailable)
	if !strings.Contains(rt.log.String(), "nobody there") {
		t.Errorf("logged %s", rt.log)
	}
}

// settles changes what came of a delivery.
func (rt *restTest) settles(id string, status models.DeliveryStatus) {
	rt.Helper()
	d, err := rt.store.Delivery(rt.Context(), id)
	if err != nil {
		rt.Fatal(err)
	}
	d.Status = status
	if err := rt.store.KeepDelivery(rt.Context(), d); err != nil {
		rt.Fatal(err)
	}
}

func TestRESTADeliveryToNobodyIsNotTriedAgain(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil)
	receiver := rt.creates("/v1/receivers", aPagerDuty)
	path := "/v1/deliveries/" + rt.delivers(rt.raises("a1", 0, models.ChannelInternal), receiver, 1, models.DeliveryFailed) + "/resend"
	rt.send(http.MethodPut, "/v1/receivers/"+receiver, strings.Replace(aPagerDuty, `{`, `{"enabled": false, `, 1)).is(http.StatusOK)
	if says := rt.send(http.MethodPost, path, "").is(http.StatusConflict).problem().Detail; !strings.Contains(says, "switch it on") {
		t.Errorf("to one that is switched off: %s", says)
	}
	rt.send(http.MethodDelete, "/v1/receivers/"+receiver, "").is(http.StatusNoContent)
	if says := rt.send(http.MethodPost, path, "").is(http.StatusConflict).problem().Detail; says != "Its receiver was removed." {
		t.Errorf("to one that is removed: %s", says)
	}
	if len(rt.resent) > 0 {
		t.Errorf("tried %v again", rt.resent)
	}
}
