package api

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
	"github.com/ringdown/ringdown/secrets"
	"github.com/ringdown/ringdown/workflows"
	"go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
)

const (
	theUI        = "https://ui.example"
	theNamespace = "ringdown"
)

// codecTest is an API that seals histories.
type codecTest struct {
	*restTest
	keys *secrets.Keys
}

func newCodec(t *testing.T) *codecTest {
	t.Helper()
	rt, keys := newREST(t, nil), sealingKeys(t)
	deps := rt.deps()
	deps.histories, deps.sealing, deps.namespace, deps.uiOrigins = keys, keys, theNamespace, []string{theUI}
	rt.echo = rt.process(deps).echo
	return &codecTest{rt, keys}
}

// payload is a value as it is sealed, or not.
func payload(t *testing.T, keys *secrets.Keys, value any) *common.Payload {
	t.Helper()
	p, err := workflows.DataConverter(keys).ToPayload(value)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func asBody(t *testing.T, payloads ...*common.Payload) string {
	t.Helper()
	text, err := json.Marshal(&common.Payloads{Payloads: payloads})
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// asks is a request to the codec. headers are name and value in turn, and may replace the usual ones.
func (ct *codecTest) asks(to, body string, headers ...string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/codec/"+to, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-Namespace", theNamespace)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	return r
}

// gets sends a request, and checks the status.
func (ct *codecTest) gets(status int, r *http.Request) reply {
	ct.Helper()
	got := reply{ct.restTest, ct.raw(r)}
	if got.Code != status {
		ct.Fatalf("%s %s: %d, want %d: %s", r.Method, r.URL, got.Code, status, got.Body)
	}
	if got.Header().Get("Cache-Control") != "no-store" {
		ct.Errorf("%s %s may be kept: %v", r.Method, r.URL, got.Header())
	}
	return got
}

// reads is what the codec opened, as texts.
func (r reply) reads() (texts []string) {
	r.Helper()
	var payloads common.Payloads
	r.into(&payloads)
	for _, p := range payloads.GetPayloads() {
		texts = append(texts, converter.GetDefaultDataConverter().ToString(p))
	}
	return texts
}

func bearer(secret string) []string { return []string{"Authorization", "Bearer " + secret} }

func TestTheCodecOpensAndSealsForThoseWhoMayReadCallers(t *testing.T) {
	t.Parallel()
	ct := newCodec(t)
	body := asBody(t, payload(t, ct.keys, "+12025550123"), payload(t, nil, "older"))
	for _, role := range models.Roles {
		_, secret := ct.key(role)
		if !role.ReadsCallers() {
			for _, to := range []string{"decode", "encode"} {
				refused := ct.gets(http.StatusForbidden, ct.asks(to, body, bearer(secret)...)).problem()
				if !strings.Contains(refused.Detail, "admin or reviewer") {
					t.Errorf("a %s is told %s", role, refused.Detail)
				}
			}
			continue
		}
		if got := ct.gets(http.StatusOK, ct.asks("decode", body, bearer(secret)...)).reads(); len(got) != 2 || got[0] != `"+12025550123"` || got[1] != `"older"` {
			t.Errorf("a %s reads %q", role, got)
		}
	}
	sealed := ct.gets(http.StatusOK, ct.asks("encode", asBody(t, payload(t, nil, "secret")), bearer(restKey)...))
	var payloads common.Payloads
	sealed.into(&payloads)
	var got string
	if err := workflows.DataConverter(ct.keys).FromPayloads(&payloads, &got); err != nil || got != "secret" || !workflows.Sealed(payloads.GetPayloads()[0]) {
		t.Errorf("it is sealed as %s (%v)", sealed.Body, err)
	}
}

// Temporal's command line asks like this.
func TestTheCodecAnswersTemporalsOwnClient(t *testing.T) {
	t.Parallel()
	ct := newCodec(t)
	server := httptest.NewServer(ct.echo)
	t.Cleanup(server.Close)
	remote := converter.NewRemotePayloadCodec(converter.RemotePayloadCodecOptions{
		Endpoint: server.URL + "/codec",
		ModifyRequest: func(r *http.Request) error {
			r.Header.Set("X-Namespace", theNamespace)
			r.Header.Set("Authorization", "Bearer "+restKey)
			return nil
		},
	})
	plain := payload(t, nil, map[string]string{"from": "+12025550123"})
	sealed, err := remote.Encode([]*common.Payload{plain})
	if err != nil || !workflows.Sealed(sealed[0]) {
		t.Fatalf("%v (%v)", sealed, err)
	}
	if opened, err := remote.Decode(sealed); err != nil || !opened[0].Equal(plain) {
		t.Errorf("%v (%v)", opened, err)
	}
}

func TestTheCodecRefusesWhatItIsNotMeantFor(t *testing.T) {
	t.Parallel()
	ct := newCodec(t)
	body := asBody(t, payload(t, ct.keys, "one"))
	for name, c := range map[string]struct {
		status  int
		body    string
		headers []string
		says    string
	}{
		"another namespace":         {http.StatusBadRequest, body, []string{"X-Namespace", "default"}, "which is " + theNamespace},
		"no namespace":              {http.StatusBadRequest, body, []string{"X-Namespace", ""}, "which is " + theNamespace},
		"a form of another site":    {http.StatusUnsupportedMediaType, body, []string{"Content-Type", "text/plain"}, "application/json"},
		"a page elsewhere":          {http.StatusForbidden, body, []string{"Origin", "https://evil.example"}, "TEMPORAL_UI_ORIGIN"},
		"a page without an origin":  {http.StatusForbidden, body, []string{"Origin", "null"}, "TEMPORAL_UI_ORIGIN"},
		"no JSON":                   {http.StatusBadRequest, "payloads", nil, "payloads"},
		"more than Temporal takes":  {http.StatusRequestEntityTooLarge, strings.Repeat(" ", codecLimit+1), nil, "too large"},
		"a key that we do not know": {http.StatusUnprocessableEntity, asBody(t, payload(t, sealingKeys(t), "one")), nil, "has sealed: the key is not in RINGDOWN_PAYLOAD_KEY"},
		"a payload that was changed": {http.StatusUnprocessableEntity,
			strings.Replace(body, payloadData(t, body)[30:34], "AAAA", 1), nil, "Not as it was sealed"},
	} {
		got := ct.gets(c.status, ct.asks("decode", c.body, append(bearer(restKey), c.headers...)...))
		if p := got.problem(); !strings.Contains(p.Detail, c.says) || got.Header().Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: it says %s", name, got.Body)
		}
	}
	deps := ct.deps()
	deps.histories, deps.namespace = ct.keys.Opening(), client.DefaultNamespace
	ct.echo = ct.process(deps).echo
	ct.gets(http.StatusOK, ct.asks("decode", body, append(bearer(restKey), "X-Namespace", "")...)) // as Temporal's command line asks about it
	if got := ct.raw(httptest.NewRequest(http.MethodGet, "/codec/decode", nil)); got.Code != http.StatusMethodNotAllowed {
		t.Errorf("GET is answered %d", got.Code)
	}
}

// payloadData is the data of the first payload in a body, as it is written there.
func payloadData(t *testing.T, body string) string {
	t.Helper()
	var written struct{ Payloads []struct{ Data string } }
	if err := json.Unmarshal([]byte(body), &written); err != nil {
		t.Fatal(err)
	}
	return written.Payloads[0].Data
}

func TestWithoutKeysThereIsNoCodec(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil)
	for _, at := range []string{"GET /codec", "POST /codec", "POST /codec/decode", "POST /codec/encode", "OPTIONS /codec/decode"} {
		method, path, _ := strings.Cut(at, " ")
		got := reply{rt, rt.raw(httptest.NewRequest(method, path, nil))}
		if got.Code != http.StatusNotFound || !strings.Contains(got.problem().Detail, "RINGDOWN_PAYLOAD_KEY") {
			t.Errorf("%s: %d %s", at, got.Code, got.Body)
		}
	}
}

func TestBrowsersAreToldOfTheUIsOriginAlone(t *testing.T) {
	t.Parallel()
	ct := newCodec(t)
	for origin, allowed := range map[string]bool{theUI: true, "https://evil.example": false, "http://ui.example": false, "": false, "null": false} {
		r := httptest.NewRequest(http.MethodOptions, "/codec/decode", nil) // without a key: browsers send none then
		r.Header.Set("Access-Control-Request-Method", http.MethodPost)
		r.Header.Set("Access-Control-Request-Headers", "content-type,x-namespace")
		status := http.StatusNoContent
		if origin != "" {
			r.Header.Set("Origin", origin)
			if !allowed {
				status = http.StatusForbidden
			}
		}
		header := ct.gets(status, r).Header()
		want := map[bool]string{true: origin}[allowed]
		if header.Get("Access-Control-Allow-Origin") != want || (header.Get("Access-Control-Allow-Credentials") == "true") != allowed || header.Get("Vary") != "Origin" {
			t.Errorf("%s is answered with %v", origin, header)
		}
		if allowed && (header.Get("Access-Control-Allow-Methods") != "POST" || header.Get("Access-Control-Allow-Headers") != "Content-Type, X-Namespace, Authorization") {
			t.Errorf("the UI is answered with %v", header)
		}
	}
	unsigned := ct.gets(http.StatusUnauthorized, ct.asks("decode", "{}", "Origin", theUI))
	if unsigned.Header().Get("Access-Control-Allow-Origin") != theUI || !strings.Contains(unsigned.problem().Detail, restSite+"/codec") {
		t.Errorf("who has not signed in is answered %v %s", unsigned.Header(), unsigned.Body)
	}
}

// signs sends the form of the page with a key, and answers the cookie; nil when none was set.
func (ct *codecTest) signs(status int, secret string, headers ...string) (*http.Cookie, reply) {
	ct.Helper()
	r := httptest.NewRequest(http.MethodPost, "/codec", strings.NewReader(url.Values{"key": {secret}}.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	got := ct.gets(status, r)
	for _, cookie := range got.Result().Cookies() {
		return cookie, got
	}
	return nil, got
}

// decodesWith asks with a cookie alone.
func (ct *codecTest) decodesWith(status int, cookie *http.Cookie) {
	ct.Helper()
	r := ct.asks("decode", asBody(ct.T, payload(ct.T, ct.keys, "one")), "Origin", theUI)
	r.AddCookie(cookie)
	ct.gets(status, r)
}

func TestThePageNamesTheAddressAtWhichItIsAskedWhereTheUIIsThereToo(t *testing.T) {
	t.Parallel()
	ct := newCodec(t)
	for from, want := range map[string]string{theUI: theUI + "/codec", "https://elsewhere.example": site + "/codec"} {
		r := httptest.NewRequest(http.MethodGet, from+"/codec", nil)
		if shown := ct.gets(http.StatusOK, r).Body.String(); !strings.Contains(shown, "<code>"+want+"</code>") {
			t.Errorf("asked at %s it does not name %s: %s", from, want, shown)
		}
	}
}

func TestWhoSignsInReadsForAnHour(t *testing.T) {
	t.Parallel()
	ct := newCodec(t)
	_, secret := ct.key(models.RoleReviewer)
	cookie, got := ct.signs(http.StatusSeeOther, " "+secret+"\n", "Sec-Fetch-Site", "same-origin")
	if got.Header().Get("Location") != "/codec" || !cookie.HttpOnly || !cookie.Secure || cookie.SameSite != http.SameSiteStrictMode ||
		cookie.Path != "/codec" || cookie.MaxAge != 3600 || strings.Contains(cookie.Value, secret) {
		t.Errorf("the cookie is %v", cookie)
	}
	ct.decodesWith(http.StatusOK, cookie)
	page := httptest.NewRequest(http.MethodGet, "/codec", nil)
	page.AddCookie(cookie)
	if body := ct.gets(http.StatusOK, page).Body.String(); !strings.Contains(body, "A reviewer") || !strings.Contains(body, "until 13:00 UTC") || !strings.Contains(body, "Sign out") {
		t.Errorf("the page is %s", body)
	}
	if style := ct.raw(httptest.NewRequest(http.MethodGet, "/codec/docs.css", nil)); style.Code != http.StatusOK || !strings.HasPrefix(style.Header().Get("Content-Type"), "text/css") {
		t.Errorf("its style is %d, %v", style.Code, style.Header())
	}
	out := httptest.NewRequest(http.MethodPost, "/codec/sign-out", nil)
	out.AddCookie(cookie)
	if gone := ct.gets(http.StatusSeeOther, out).Result().Cookies(); len(gone) != 1 || gone[0].MaxAge >= 0 || gone[0].Value != "" {
		t.Errorf("after it the cookie is %v", gone)
	}
	ct.now = ct.now.Add(time.Hour)
	ct.decodesWith(http.StatusUnauthorized, cookie)
	page = httptest.NewRequest(http.MethodGet, "/codec", nil)
	page.AddCookie(cookie)
	if body := ct.gets(http.StatusOK, page).Body.String(); !strings.Contains(body, "Sign in") || strings.Contains(body, "A reviewer") {
		t.Errorf("the page is %s", body)
	}
}

func TestASessionEndsWithItsKey(t *testing.T) {
	t.Parallel()
	ct := newCodec(t)
	id, secret := ct.key(models.RoleReviewer)
	cookie, _ := ct.signs(http.StatusSeeOther, secret)
	ct.send(http.MethodPut, "/v1/api-keys/"+id, `{"name": "Desk", "role": "viewer"}`).is(http.StatusOK)
	ct.decodesWith(http.StatusForbidden, cookie)
	ct.send(http.MethodPut, "/v1/api-keys/"+id, `{"name": "Desk", "role": "admin"}`).is(http.StatusOK)
	ct.decodesWith(http.StatusOK, cookie)
	ct.send(http.MethodDelete, "/v1/api-keys/"+id, "").is(http.StatusNoContent)
	ct.decodesWith(http.StatusUnauthorized, cookie)

	first, _ := ct.signs(http.StatusSeeOther, restKey)
	ct.decodesWith(http.StatusOK, first)
	deps := ct.deps()
	deps.adminKey, deps.histories, deps.sealing, deps.namespace, deps.uiOrigins = "another first key", ct.keys, ct.keys, theNamespace, []string{theUI}
	replaced := &codecTest{ct.process(deps), ct.keys}
	replaced.decodesWith(http.StatusUnauthorized, first)
}

func TestACookieThatWeDidNotMakeIsNone(t *testing.T) {
	t.Parallel()
	ct := newCodec(t)
	cookie, _ := ct.signs(http.StatusSeeOther, restKey)
	for range 3 * triesPerMinute { // it is no guess at a key
		ct.decodesWith(http.StatusUnauthorized, &http.Cookie{Name: sessionCookie, Value: "B" + cookie.Value[1:]})
	}
	sealed := payload(t, ct.keys, "one") // what the codec seals for anybody is no session
	forged := asBody(t, sealed)
	ct.decodesWith(http.StatusUnauthorized, &http.Cookie{Name: sessionCookie, Value: strings.TrimRight(payloadData(t, forged), "=")})
	ct.decodesWith(http.StatusOK, cookie)
}

func TestWrongKeysAtTheCodecAreLimited(t *testing.T) {
	t.Parallel()
	ct := newCodec(t)
	for range 2 * triesPerMinute { // a UI in which nobody has signed in guesses no key
		ct.gets(http.StatusUnauthorized, ct.asks("decode", "{}", "Origin", theUI))
	}
	_, viewer := ct.key(models.RoleViewer)
	if cookie, got := ct.signs(http.StatusForbidden, viewer); cookie != nil || !strings.Contains(got.Body.String(), "the role of yours is viewer") {
		t.Errorf("a viewer is answered %v %s", cookie, got.Body)
	}
	if cookie, _ := ct.signs(http.StatusForbidden, restKey, "Sec-Fetch-Site", "cross-site"); cookie != nil {
		t.Error("a form of another site signs somebody in")
	}
	for i := range triesPerMinute {
		if i%2 == 0 {
			ct.gets(http.StatusUnauthorized, ct.asks("decode", "{}", bearer("rd_wrong")...))
		} else if cookie, got := ct.signs(http.StatusUnauthorized, "rd_<b>wrong"); cookie != nil || !strings.Contains(got.Body.String(), "That is no key") || strings.Contains(got.Body.String(), "<b>") {
			t.Errorf("a wrong key is answered %v %s", cookie, got.Body)
		}
	}
	if _, got := ct.signs(http.StatusTooManyRequests, restKey); got.Header().Get("Retry-After") != "6" || !strings.Contains(got.Body.String(), "Too many wrong keys") {
		t.Errorf("it is answered %v %s", got.Header(), got.Body)
	}
	ct.gets(http.StatusTooManyRequests, ct.asks("decode", "{}", bearer(restKey)...))
	if strings.Contains(ct.log.String(), restKey) || strings.Contains(ct.log.String(), viewer) {
		t.Error("a key is in the log")
	}
}

func TestWhatIsReadIsOnRecordFirst(t *testing.T) {
	t.Parallel()
	ct := newCodec(t)
	_, secret := ct.key(models.RoleReviewer)
	sealed := asBody(t, payload(t, ct.keys, "one"), payload(t, nil, "older"), payload(t, ct.keys, "two"))
	for _, body := range []string{sealed, sealed, asBody(t, payload(t, nil, "older")), "{}"} {
		ct.gets(http.StatusOK, ct.asks("decode", body, bearer(secret)...))
	}
	ct.gets(http.StatusOK, ct.asks("encode", sealed, bearer(secret)...))
	changes, _, err := ct.store.Changes(t.Context(), store.ChangeFilter{Noun: "histories"}, store.Page{Limit: 10})
	slices.SortFunc(changes, func(a, b models.Change) int { return strings.Compare(a.Action, b.Action) })
	if err != nil || len(changes) != 2 || changes[0].By.Name != "A reviewer" || changes[0].Action != "read" || changes[1].By.Name != "A reviewer" || changes[1].Action != "seal" {
		t.Fatalf("on record is %+v (%v)", changes, err)
	}
	shown := ct.send(http.MethodGet, "/v1/audit/"+changes[0].ID, "").is(http.StatusOK).fields()["after"].(map[string]any)
	if shown["payloads"] != 4.0 || shown["requests"] != 2.0 || shown["last"] != "2026-03-04T12:00:00Z" {
		t.Errorf("it says %v", shown)
	}
	if err := ct.store.Close(); err != nil {
		t.Fatal(err)
	}
	if got := ct.raw(ct.asks("decode", sealed, bearer(restKey)...)); got.Code < http.StatusInternalServerError || strings.Contains(got.Body.String(), "payloads") {
		t.Errorf("without the record it is answered %d %s", got.Code, got.Body)
	}
}

func TestOriginsAreCheckedAtStart(t *testing.T) {
	t.Parallel()
	for origin, good := range map[string]bool{
		"https://temporal.example.com": true, "http://127.0.0.1:8233": true, "http://[::1]:8233": true, "https://ui.example:8443": true,
		"*": false, "https://*.example.com": false, "null": false, "": false, "temporal.example.com": false, "https://temporal.example.com/": false,
		"https://temporal.example.com/ui": false, "https://Temporal.example.com": false, "https://temporal.example.com:443": false,
		"http://temporal.example.com:80": false, "ftp://temporal.example.com": false, "https://a@temporal.example.com": false,
		"https://temporal.example.com?x": false, "https://one.example https://two.example": false,
	} {
		if err := CheckOrigin(origin); (err == nil) != good {
			t.Errorf("%q: %v", origin, err)
		}
	}
	_, err := New(Config{PublicURL: restSite, AuthTokens: []string{"token"}, TemporalUIOrigins: []string{"*", theUI, "null"}})
	if err == nil || !strings.Contains(err.Error(), `"*"`) || !strings.Contains(err.Error(), `"null"`) || strings.Contains(err.Error(), theUI) {
		t.Errorf("the server says %v", err)
	}
}
