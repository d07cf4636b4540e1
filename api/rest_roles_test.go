package api

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/ringdown/ringdown/models"
)

// eachOperation goes through the operations of the served document, with the roles that each
// declares there. The ids in its paths are of nothing.
func (rt *restTest) eachOperation(do func(method, path string, roles []string)) {
	rt.Helper()
	var document struct {
		Paths map[string]map[string]struct {
			Roles       []string `json:"x-roles"`
			Description string
			OperationID string
		}
	}
	served := rt.raw(httptest.NewRequest(http.MethodGet, "/openapi.json", nil)).Body.Bytes()
	if err := json.Unmarshal(served, &document); err != nil || len(document.Paths) == 0 {
		rt.Fatalf("%d paths, %v", len(document.Paths), err)
	}
	for path, operations := range document.Paths {
		for method, operation := range operations {
			if len(operation.Roles) == 0 || !strings.Contains(operation.Description, "whose role is "+operation.Roles[0]) {
				rt.Errorf("%s declares the roles %v and says %q", operation.OperationID, operation.Roles, operation.Description)
			}
			do(strings.ToUpper(method), pathParameter.ReplaceAllString(path, uuid.NewString()), operation.Roles)
		}
	}
}

var pathParameter = regexp.MustCompile(`\{[^}]*\}`)

func TestRESTEachOperationIsForItsRoles(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil)
	secrets := map[models.Role]string{}
	for _, role := range models.Roles {
		_, secrets[role] = rt.key(role)
	}
	gone, leave := context.WithCancel(t.Context()) // nobody waits for a reply: only who is let in counts
	leave()
	rt.eachOperation(func(method, path string, roles []string) {
		for role, secret := range secrets {
			r := httptest.NewRequestWithContext(gone, method, path, nil)
			r.Header.Set("Authorization", "Bearer "+secret)
			got := rt.raw(r)
			problem := reply{rt, got}
			switch allowed := slices.Contains(roles, string(role)); {
			case allowed && (got.Code == http.StatusForbidden || got.Code == http.StatusUnauthorized || got.Code == http.StatusTooManyRequests):
				t.Errorf("%s %s refuses a key of the role %s: %s", method, path, role, got.Body)
			case !allowed && got.Code != http.StatusForbidden:
				t.Errorf("%s %s lets in a key of the role %s: %d %s", method, path, role, got.Code, got.Body)
			case !allowed && !strings.Contains(problem.problem().Detail, roles[0]):
				t.Errorf("%s %s does not say whom it is for: %s", method, path, got.Body)
			}
		}
	})
}

// Whoever adds an operation that is not for the usual roles adds it here.
func TestRESTWhoMayDoWhat(t *testing.T) {
	t.Parallel()
	usual := map[string][]string{
		http.MethodGet:  {"admin", "reviewer", "viewer"},
		http.MethodPost: {"admin"}, http.MethodPut: {"admin"}, http.MethodDelete: {"admin"},
	}
	unusual := map[string][]string{
		"GET /v1/api-keys":                     {"admin"},
		"GET /v1/api-keys/*":                   {"admin"},
		"GET /v1/audit":                        {"admin"},
		"GET /v1/audit/*":                      {"admin"},
		"GET /v1/calls/*/recording":            {"admin", "reviewer"},
		"GET /v1/countries":                    {"admin", "reviewer", "requester", "viewer"},
		"GET /v1/documents":                    {"admin", "reviewer"},
		"GET /v1/documents/*":                  {"admin", "reviewer", "requester"},
		"GET /v1/documents/*/content":          {"admin", "reviewer"},
		"GET /v1/erasures":                     {"admin"},
		"GET /v1/erasures/*":                   {"admin"},
		"GET /v1/languages":                    {"admin", "reviewer", "requester", "viewer"},
		"GET /v1/notices":                      {"admin", "reviewer", "requester"},
		"GET /v1/number-requests":              {"admin", "reviewer", "requester"},
		"GET /v1/number-requests/*":            {"admin", "reviewer", "requester"},
		"GET /v1/number-requests/*/candidates": {"admin", "reviewer"},
		"GET /v1/number-requests/form":         {"admin", "reviewer", "requester", "viewer"},
		"POST /v1/alert-routes/evaluate":       {"admin", "reviewer", "viewer"}, // changes nothing
		"POST /v1/call-routes/*/simulate":      {"admin", "reviewer", "viewer"}, // changes nothing
		"POST /v1/documents":                   {"admin", "reviewer", "requester"},
		"POST /v1/number-requests":             {"admin", "reviewer", "requester"},
		"POST /v1/number-requests/*/answer":    {"admin", "reviewer", "requester"},
		"POST /v1/number-requests/*/approve":   {"admin", "reviewer"},
		"POST /v1/number-requests/*/ask":       {"admin", "reviewer"},
		"POST /v1/number-requests/*/assign":    {"admin", "reviewer"},
		"POST /v1/number-requests/*/comment":   {"admin", "reviewer", "requester"},
		"POST /v1/number-requests/*/fulfil":    {"admin", "reviewer"},
		"POST /v1/number-requests/*/reject":    {"admin", "reviewer"},
		"POST /v1/number-requests/*/retry":     {"admin", "reviewer"},
		"POST /v1/number-requests/*/withdraw":  {"admin", "reviewer", "requester"},
		"POST /v1/schedules/preview":           {"admin", "reviewer", "viewer"}, // changes nothing
	}
	newREST(t, nil).eachOperation(func(method, path string, roles []string) {
		operation := method + " " + anyID.ReplaceAllString(path, "*")
		want, ok := unusual[operation]
		if !ok {
			want = usual[method]
		}
		if !slices.Equal(roles, want) {
			t.Errorf("%s is for %v, want %v", operation, roles, want)
		}
		delete(unusual, operation)
	})
	for operation := range unusual {
		t.Errorf("%s is not there", operation)
	}
}

var anyID = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f-]{27}`)

func TestRESTAnOperationWithoutRolesIsForNobody(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil)
	a := rt.empty()
	op := operation(http.MethodGet, "/v1/things", "get-things", "Show things")
	op.Extensions = nil
	handle(a, op, func(context.Context, *struct{}) (*struct{}, error) { return nil, nil })
	r := httptest.NewRequest(http.MethodGet, "/v1/things", nil)
	r.Header.Set("Authorization", "Bearer "+restKey)
	if got := rt.raw(r); got.Code != http.StatusForbidden {
		t.Errorf("answered %d %s", got.Code, got.Body)
	}
}
