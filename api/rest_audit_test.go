package api

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ringdown/ringdown/models"
)

func TestRESTAuditTellsWhoDidWhat(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil)
	id := rt.user(alice)
	was := rt.send(http.MethodGet, "/v1/users/"+id, "").is(http.StatusOK).fields()
	is := rt.send(http.MethodPut, "/v1/users/"+id, strings.Replace(alice, `"Alice"`, `"Alice Adams"`, 1)).is(http.StatusOK).fields()
	delete(is, "warnings")
	if err := rt.store.FlagPhone(t.Context(), "+12025550101", 21211, rt.now); err != nil {
		t.Fatal(err)
	}
	rt.send(http.MethodDelete, "/v1/users/"+id, "").is(http.StatusNoContent)

	listed := rt.send(http.MethodGet, "/v1/audit", "").is(http.StatusOK)
	ids, next := listed.items("id")
	actions, _ := listed.items("action")
	if strings.Join(actions, " ") != "delete update update create" || next != "" || strings.Contains(listed.Body.String(), `"before"`) {
		t.Fatalf("audit %s", listed.Body)
	}
	show := func(i int) map[string]any {
		return rt.send(http.MethodGet, "/v1/audit/"+ids[i], "").is(http.StatusOK).fields()
	}
	for _, c := range []struct {
		change        map[string]any
		action, name  string
		before, after any
	}{
		{show(3), "create", "Alice", nil, was},
		{show(2), "update", "Alice Adams", was, is},
	} {
		if c.change["action"] != c.action || c.change["noun"] != "user" || c.change["noun_id"] != id || c.change["noun_name"] != c.name ||
			fmt.Sprint(c.change["before"]) != fmt.Sprint(c.before) || fmt.Sprint(c.change["after"]) != fmt.Sprint(c.after) {
			t.Errorf("%v", c.change)
		}
	}
	if by := fmt.Sprint(show(1)["by"]); by != "map[key_id: name:ringdown]" {
		t.Errorf("the refusal of the phone is by %s", by)
	}
	if gone := show(0); gone["after"] != nil || gone["before"] == nil {
		t.Errorf("deleted: %v", gone)
	}
	rt.send(http.MethodGet, "/v1/audit/none", "").is(http.StatusNotFound)
}

func TestRESTAuditIsNarrowedAndPaged(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil)
	for _, name := range []string{"A", "B", "C"} {
		rt.user(fmt.Sprintf(`{"name": %q, "email": "%s@example.com", "time_zone": "UTC"}`, name, name))
	}
	blocked := rt.send(http.MethodPost, "/v1/blocked-callers", nuisance).is(http.StatusCreated).id()
	all := rt.send(http.MethodGet, "/v1/audit", "").is(http.StatusOK)
	var times struct{ Items []models.Change }
	all.into(&times)
	middle := url.QueryEscape(times.Items[1].At.Format(time.RFC3339Nano))
	const nameless = "" // as blocked callers are
	for _, c := range []struct {
		query string
		want  []string
	}{
		{"noun=user", []string{"C", "B", "A"}},
		{"noun=blocked+caller", []string{nameless}},
		{"noun_id=" + blocked, []string{nameless}},
		{"key=none", nil},
		{"noun=user&from=" + middle, []string{"C"}},
		{"noun=user&to=" + middle, []string{"B", "A"}},
	} {
		names, next := rt.send(http.MethodGet, "/v1/audit?"+c.query, "").is(http.StatusOK).items("noun_name")
		if !slices.Equal(names, c.want) || next != "" {
			t.Errorf("%s: %q, want %q, next %q", c.query, names, c.want, next)
		}
	}
	first, next := rt.send(http.MethodGet, "/v1/audit?limit=3", "").is(http.StatusOK).items("noun_name")
	last, end := rt.send(http.MethodGet, "/v1/audit?limit=3&cursor="+next, "").is(http.StatusOK).items("noun_name")
	if !slices.Equal(first, []string{nameless, "C", "B"}) || !slices.Equal(last, []string{"A"}) || end != "" {
		t.Errorf("pages %q and %q", first, last)
	}
	rt.send(http.MethodGet, "/v1/audit?cursor=forged", "").faults("query.cursor")
	rt.send(http.MethodGet, "/v1/audit?limit=1000", "").faults("query.limit")
	rt.send(http.MethodGet, "/v1/audit?from=yesterday", "").faults("query.from")
	rt.send(http.MethodGet, "/v1/audit?colour=red", "").faults("query.colour")
}
