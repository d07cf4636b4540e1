package api

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
)

// deps are those of another process of the API on the same database and with the same clock.
func (rt *restTest) deps() restDeps {
	return restDeps{
		store: rt.store, adminKey: restKey, publicURL: restSite, emergency: rt.emergency,
		log: slog.New(slog.NewJSONHandler(rt.log, nil)), now: func() time.Time { return rt.now },
		background: func(task func(context.Context)) { task(context.Background()) },
		start:      rt.requests.start, actOn: rt.requests.act, done: rt.requests.did, sealing: rt.sealing,
	}
}

// process is such a process.
func (rt *restTest) process(deps restDeps) *restTest {
	other := *rt
	other.echo = echo.New()
	other.echo.HTTPErrorHandler = problemHandler(deps.log)
	mountREST(other.echo, deps)
	return &other
}

// empty replaces the API by one without operations, for a test to add its own.
func (rt *restTest) empty() *rest {
	rt.echo = echo.New()
	deps := rt.deps()
	rt.echo.HTTPErrorHandler = problemHandler(deps.log)
	return emptyREST(rt.echo, deps)
}

// key makes a key of a role, and answers its id and its secret.
func (rt *restTest) key(role models.Role) (id, secret string) {
	rt.Helper()
	made := rt.send(http.MethodPost, "/v1/api-keys", `{"name": "A `+string(role)+`", "role": "`+string(role)+`"}`).is(http.StatusCreated).fields()
	return made["id"].(string), made["secret"].(string)
}

// with makes a request with a key.
func (rt *restTest) with(secret, method, path, body string, headers ...string) reply {
	rt.Helper()
	return rt.send(method, path, body, append([]string{"Authorization", "Bearer " + secret}, headers...)...)
}

func TestRESTAKeyIsShownOnceAndWorksAtOnce(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil)
	rt.with("rd_unknown", http.MethodGet, "/v1/users", "").is(http.StatusUnauthorized) // the keys have been read by now
	made := rt.send(http.MethodPost, "/v1/api-keys", `{"name": "Pipeline", "role": "viewer", "expires_at": "2026-04-01T09:00:00+02:00"}`).is(http.StatusCreated)
	id, secret := made.id(), made.fields()["secret"].(string)
	if !strings.HasPrefix(secret, "rd_") || len(secret) != 46 || made.Header().Get("Location") != "/v1/api-keys/"+id || made.Header().Get("ETag") != `"1"` {
		t.Errorf("%q at %s, %s", secret, made.Header().Get("Location"), made.Header().Get("ETag"))
	}
	if _, another := rt.key(models.RoleAdmin); another == secret {
		t.Error("two keys have one secret")
	}
	rt.with(secret, http.MethodGet, "/v1/users", "").is(http.StatusOK)
	rt.with(strings.ToLower(secret)+"x", http.MethodGet, "/v1/users", "").is(http.StatusUnauthorized)

	shown := rt.send(http.MethodGet, "/v1/api-keys/"+id, "").is(http.StatusOK)
	if got := shown.fields(); got["prefix"] != secret[:9] || got["expires_at"] != "2026-04-01T07:00:00Z" || got["role"] != "viewer" {
		t.Errorf("shown as %s", shown.Body)
	}
	if strings.Contains(shown.Body.String(), secret[9:]) || strings.Contains(rt.send(http.MethodGet, "/v1/api-keys", "").is(http.StatusOK).Body.String(), secret[9:]) {
		t.Error("the secret is shown again")
	}
	if strings.Contains(rt.log.String(), secret[9:]) {
		t.Error("the secret is in the log")
	}
}

func TestRESTKeysHaveFaults(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil)
	rt.send(http.MethodPost, "/v1/api-keys", `{}`).faults("body.name", "body.role")
	rt.send(http.MethodPost, "/v1/api-keys", `{"name": "", "role": "owner", "expires_at": "2026-03-04T12:00:00Z"}`).
		faults("body.name", "body.role", "body.expires_at")
	rt.send(http.MethodPost, "/v1/api-keys", `{"name": "x", "role": "admin", "secret": "rd_mine"}`).faults("body.secret")
	id, _ := rt.key(models.RoleViewer)
	rt.send(http.MethodPut, "/v1/api-keys/"+id, `{"name": "x", "role": "admin", "expires_at": "2027-03-04T12:00:00Z"}`).faults("body.expires_at")
	for _, method := range []string{http.MethodGet, http.MethodDelete} {
		rt.send(method, "/v1/api-keys/none", "").is(http.StatusNotFound)
	}
	rt.send(http.MethodPut, "/v1/api-keys/none", `{"name": "x", "role": "admin"}`).is(http.StatusNotFound)
}

func TestRESTAKeyIsChanged(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil)
	id, secret := rt.key(models.RoleViewer)
	rt.with(secret, http.MethodPost, "/v1/users", alice).is(http.StatusForbidden)
	rt.send(http.MethodPut, "/v1/api-keys/"+id, `{"name": "Boss", "role": "admin"}`, "If-Match", `"2"`).is(http.StatusPreconditionFailed)
	changed := rt.send(http.MethodPut, "/v1/api-keys/"+id, `{"name": "Boss", "role": "admin"}`, "If-Match", `"1"`).is(http.StatusOK)
	if got := changed.fields(); got["name"] != "Boss" || got["role"] != "admin" || changed.Header().Get("ETag") != `"2"` {
		t.Errorf("changed to %s", changed.Body)
	}
	rt.with(secret, http.MethodPost, "/v1/users", alice).is(http.StatusCreated)
}

func TestRESTARevokedKeyStops(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil)
	other := rt.process(rt.deps())
	id, secret := rt.key(models.RoleViewer)
	rt.with(secret, http.MethodGet, "/v1/users", "").is(http.StatusOK)
	other.with(secret, http.MethodGet, "/v1/users", "").is(http.StatusOK)

	rt.send(http.MethodDelete, "/v1/api-keys/"+id, "", "If-Match", `"2"`).is(http.StatusPreconditionFailed)
	rt.send(http.MethodDelete, "/v1/api-keys/"+id, "", "If-Match", `"1"`).is(http.StatusNoContent)
	rt.with(secret, http.MethodGet, "/v1/users", "").is(http.StatusUnauthorized) // at once
	rt.now = rt.now.Add(10 * time.Second)
	other.with(secret, http.MethodGet, "/v1/users", "").is(http.StatusUnauthorized) // in another process
}

func TestRESTAKeyMadeElsewhereWorksWithinASecond(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil)
	other := rt.process(rt.deps())
	other.with("rd_unknown", http.MethodGet, "/v1/users", "").is(http.StatusUnauthorized)
	_, secret := rt.key(models.RoleViewer)
	rt.now = rt.now.Add(time.Second)
	other.with(secret, http.MethodGet, "/v1/users", "").is(http.StatusOK)
}

func TestRESTAnExpiredKeySaysSoAndIsNoGuess(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil)
	made := rt.send(http.MethodPost, "/v1/api-keys", `{"name": "Guest", "role": "viewer", "expires_at": "2026-03-04T13:00:00Z"}`).is(http.StatusCreated)
	secret := made.fields()["secret"].(string)
	rt.with(secret, http.MethodGet, "/v1/users", "").is(http.StatusOK)
	rt.now = rt.now.Add(time.Hour)
	for range 2 * triesPerMinute {
		if got := rt.with(secret, http.MethodGet, "/v1/users", "").is(http.StatusUnauthorized).problem().Detail; !strings.Contains(got, "2026-03-04T13:00:00Z") {
			t.Fatalf("refused with %q", got)
		}
	}
	rt.send(http.MethodGet, "/v1/users", "").is(http.StatusOK)
}

func TestRESTWithoutTheDatabaseTheLastGoodKeysCount(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil)
	_, secret := rt.key(models.RoleAdmin)
	rt.with(secret, http.MethodGet, "/v1/languages", "").is(http.StatusOK)
	late := rt.process(rt.deps()) // has read no keys yet
	if err := rt.store.Close(); err != nil {
		t.Fatal(err)
	}
	rt.now = rt.now.Add(keysAtMost - time.Second)
	rt.with(secret, http.MethodGet, "/v1/languages", "").is(http.StatusOK)
	rt.now = rt.now.Add(time.Second)
	rt.with(secret, http.MethodGet, "/v1/languages", "").is(http.StatusServiceUnavailable)
	rt.send(http.MethodGet, "/v1/languages", "").is(http.StatusOK) // the key of the environment
	for range triesPerMinute {
		late.with(secret, http.MethodGet, "/v1/languages", "").is(http.StatusServiceUnavailable)
	}
	late.with(secret, http.MethodGet, "/v1/languages", "").is(http.StatusTooManyRequests) // or it could be guessed
	if n := strings.Count(rt.log.String(), "keys of the API not read"); n != 2 {
		t.Errorf("logged %d times, want once for each process", n)
	}
}

func TestRESTTheUseOfAKeyIsNotedOnceAMinute(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil)
	id, secret := rt.key(models.RoleViewer)
	lastUse := func() string {
		used, _ := rt.send(http.MethodGet, "/v1/api-keys/"+id, "").is(http.StatusOK).fields()["last_used_at"].(string)
		return used
	}
	if lastUse() != "" {
		t.Error("used before it was")
	}
	for _, c := range []struct {
		after time.Duration
		want  string
	}{{0, "2026-03-04T12:00:00Z"}, {59 * time.Second, "2026-03-04T12:00:00Z"}, {time.Second, "2026-03-04T12:01:00Z"}} {
		rt.now = rt.now.Add(c.after)
		rt.with(secret, http.MethodGet, "/v1/users", "").is(http.StatusOK)
		if got := lastUse(); got != c.want {
			t.Errorf("last used %s, want %s", got, c.want)
		}
	}
}

func TestRESTChangesAreOfTheKeyThatMadeThem(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil)
	id, secret := rt.key(models.RoleAdmin)
	rt.with(secret, http.MethodPost, "/v1/users", alice).is(http.StatusCreated)
	changes, _, err := rt.store.Changes(t.Context(), store.ChangeFilter{}, store.Page{})
	if err != nil || len(changes) != 2 {
		t.Fatalf("%+v, %v", changes, err)
	}
	if got := changes[0].By; got != (models.Actor{KeyID: id, Name: "A admin"}) {
		t.Errorf("the user was made by %+v", got)
	}
	if got := changes[1].By; got != (models.Actor{Name: "first admin key"}) {
		t.Errorf("the key was made by %+v", got)
	}
}
