package api

import (
	"net/http"
	"strings"
	"testing"
)

func TestRESTTheSourceOfCallsComesWithTheFirstNumber(t *testing.T) {
	t.Parallel()
	client, _ := newFakeCarrier(t, owned)
	rt := newREST(t, client)
	if ids, _ := rt.send(http.MethodGet, "/v1/alert-sources", "").is(http.StatusOK).items("id"); len(ids) > 0 {
		t.Errorf("there are sources before there is a number: %v", ids)
	}
	rt.send(http.MethodPost, "/v1/phone-numbers", supportLine).is(http.StatusCreated)
	names, next := rt.send(http.MethodGet, "/v1/alert-sources", "").is(http.StatusOK).items("name")
	ids, _ := rt.send(http.MethodGet, "/v1/alert-sources?limit=1", "").is(http.StatusOK).items("id")
	if strings.Join(names, " ") != "Incoming calls" || next != "" {
		t.Fatalf("sources %v, next %q", names, next)
	}
	path := "/v1/alert-sources/" + ids[0]
	read := rt.send(http.MethodGet, path, "").is(http.StatusOK)
	if s := read.fields(); s["type"] != "incoming_calls" || read.Header().Get("ETag") != `"1"` {
		t.Errorf("read %s with ETag %s", read.Body, read.Header().Get("ETag"))
	}

	renamed := rt.send(http.MethodPut, path, `{"name": "Calls"}`, "If-Match", `"1"`).is(http.StatusOK)
	if s := renamed.fields(); s["name"] != "Calls" || s["type"] != "incoming_calls" || renamed.Header().Get("ETag") != `"2"` {
		t.Errorf("renamed to %s", renamed.Body)
	}
	rt.send(http.MethodPut, path, `{"name": "Calls again"}`, "If-Match", `"1"`).is(http.StatusPreconditionFailed)
	if changes, _ := rt.send(http.MethodGet, "/v1/audit?noun=alert+source", "").is(http.StatusOK).items("action"); strings.Join(changes, " ") != "update create" {
		t.Errorf("audited %v", changes)
	}
	if rt.log.Len() > 0 {
		t.Errorf("logged %s", rt.log)
	}
}

func TestRESTAnAlertSourceHasFaults(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil)
	rt.send(http.MethodPut, "/v1/alert-sources/none", `{"name": "", "type": "email"}`).faults("body.name", "body.type")
	rt.send(http.MethodPut, "/v1/alert-sources/none", `{"name": "Calls"}`).is(http.StatusNotFound)
	rt.send(http.MethodGet, "/v1/alert-sources/none", "").is(http.StatusNotFound)
	rt.send(http.MethodGet, "/v1/alert-sources?cursor=forged", "").faults("query.cursor")
	rt.send(http.MethodPost, "/v1/alert-sources", `{"name": "Mine"}`).is(http.StatusMethodNotAllowed)
}
