package api

import (
	"net/http"
	"strings"
	"testing"
)

const nuisance = `{"number": "+12025550111", "reason": "Silent calls at night", "until": "2026-03-05T12:00:00Z"}`

func TestRESTBlockedCallerLife(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil)
	made := rt.send(http.MethodPost, "/v1/blocked-callers", nuisance).is(http.StatusCreated)
	path := "/v1/blocked-callers/" + made.id()
	if got := made.Header().Get("Location"); got != path {
		t.Errorf("Location %q, want %q", got, path)
	}
	read := rt.send(http.MethodGet, path, "").is(http.StatusOK)
	if b := read.fields(); read.Body.String() != made.Body.String() || read.Header().Get("ETag") != `"1"` ||
		b["number"] != "+12025550111" || b["reason"] != "Silent calls at night" || b["until"] != "2026-03-05T12:00:00Z" {
		t.Errorf("read %s with ETag %s, made %s", read.Body, read.Header().Get("ETag"), made.Body)
	}
	rt.send(http.MethodPost, "/v1/blocked-callers", nuisance).is(http.StatusConflict)

	forever := `{"number": "+12025550111"}`
	changed := rt.send(http.MethodPut, path, forever, "If-Match", `"1"`).is(http.StatusOK)
	if b := changed.fields(); b["until"] != nil || b["reason"] != "" || changed.Header().Get("ETag") != `"2"` {
		t.Errorf("changed to %s", changed.Body)
	}
	rt.send(http.MethodPut, path, nuisance, "If-Match", `"1"`).is(http.StatusPreconditionFailed)

	if ids, next := rt.send(http.MethodGet, "/v1/blocked-callers", "").is(http.StatusOK).items("number"); strings.Join(ids, " ") != "+12025550111" || next != "" {
		t.Errorf("list %v, next %q", ids, next)
	}
	rt.send(http.MethodDelete, path, "", "If-Match", `"1"`).is(http.StatusPreconditionFailed)
	if got := rt.send(http.MethodDelete, path, "", "If-Match", `"2"`); got.Code != http.StatusNoContent {
		t.Errorf("deleted: %d %s", got.Code, got.Body)
	}
	rt.send(http.MethodDelete, path, "").is(http.StatusNotFound)
	rt.send(http.MethodGet, path, "").is(http.StatusNotFound)
	rt.send(http.MethodPut, path, forever).is(http.StatusNotFound)
	if ids, _ := rt.send(http.MethodGet, "/v1/blocked-callers", "").is(http.StatusOK).items("id"); len(ids) > 0 {
		t.Errorf("still listed: %v", ids)
	}
	if rt.log.Len() > 0 {
		t.Errorf("logged %s", rt.log)
	}
}

func TestRESTBlockedCallerFaultsAreReportedAtOnce(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil)
	rt.send(http.MethodPost, "/v1/blocked-callers", `{"number": "12025550111", "reason": "`+strings.Repeat("x", 201)+`", "for": "ever"}`).
		faults("body.number", "body.reason", "body.for")
	rt.send(http.MethodPost, "/v1/blocked-callers", `{"number": "+12025550111", "until": "tomorrow"}`).faults("body.until")
	rt.send(http.MethodPost, "/v1/blocked-callers", `{"number": "+12025550111", "until": null}`).faults("body.until")
	rt.send(http.MethodPost, "/v1/blocked-callers", `{}`).faults("body.number")
	rt.send(http.MethodGet, "/v1/blocked-callers?cursor=forged", "").faults("query.cursor")
}
