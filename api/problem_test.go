package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"
	"github.com/labstack/echo/v4"

	"github.com/ringdown/ringdown/models"
)

func TestTheRoutersOwnErrorsAreProblems(t *testing.T) {
	for _, c := range []struct {
		name, method, path, body string
		status                   int
		detail                   string
		logged                   []string
	}{
		{"nothing is there", http.MethodGet, "/nothing", "", http.StatusNotFound, "Nothing is at this address", nil},
		{"nothing is there, of the API", http.MethodGet, "/v1/nothing", "", http.StatusNotFound, "Nothing is at this address", nil},
		{"another method", http.MethodDelete, "/livez", "", http.StatusMethodNotAllowed, "does not answer this method", nil},
		{"a form that is too large", http.MethodPost, "/twilio/voice", strings.Repeat("a", webhookLimit+1), http.StatusRequestEntityTooLarge, "too large", []string{"webhook not read"}},
		{"a panic", http.MethodGet, "/panics", "", http.StatusInternalServerError, "Something broke here", []string{"panic", "request failed"}},
		{"an error of ours", http.MethodGet, "/fails", "", http.StatusInternalServerError, "Something broke here", []string{"request failed"}},
		{"an error of the router that has no words of ours", http.MethodGet, "/teapot", "", http.StatusTeapot, "cannot be answered", nil},
	} {
		inCall(t, c.name, func(wt *webhookTest) {
			wt.echo.GET("/panics", func(echo.Context) error { panic("as told") })
			wt.echo.GET("/fails", func(echo.Context) error { return errors.New("as told") })
			wt.echo.GET("/teapot", func(echo.Context) error { return echo.NewHTTPError(http.StatusTeapot, alicesNumber) })
			r := httptest.NewRequest(c.method, c.path, strings.NewReader(c.body))
			r.Header.Set("X-Twilio-Signature", falseSignature)
			got := wt.do(r)
			var p huma.ErrorModel
			wt.must(json.Unmarshal(got.Body.Bytes(), &p))
			if got.Code != c.status || p.Status != c.status || p.Type != "about:blank" || p.Title == "" || !strings.Contains(p.Detail, c.detail) ||
				got.Header().Get("Content-Type") != "application/problem+json" {
				wt.Errorf("%d %s: %s", got.Code, got.Header().Get("Content-Type"), got.Body)
			}
			for _, told := range []string{"as told", "2025550", "7700900"} {
				if strings.Contains(got.Body.String(), told) {
					wt.Errorf("the problem tells %q: %s", told, got.Body)
				}
			}
			wt.logged(c.logged...)
		})
	}
}

func TestProblemsOfWhatIsInUseNameItsUsers(t *testing.T) {
	for _, c := range []struct {
		err    error
		detail string
	}{
		{&models.InUseError{What: `user "Alice"`, By: []string{`call route "Support"`, `schedule "Primary"`}},
			`User "Alice" is in use by call route "Support", schedule "Primary": change what uses it first.`},
		{fmt.Errorf("delete call route 7: %w", &models.InUseError{What: `call route "Support"`, By: []string{`phone number "Main"`}, First: "switch the route off first"}),
			`Call route "Support" is in use by phone number "Main": switch the route off first.`},
	} {
		if p := problemFor(c.err); p.Status != http.StatusConflict || p.Detail != c.detail {
			t.Errorf("%d %s, want %s", p.Status, p.Detail, c.detail)
		}
	}
}
