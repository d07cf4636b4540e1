package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/labstack/echo/v4"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
	"github.com/ringdown/ringdown/models/store/storetest"
)

// FuzzForm looks for a form that we read otherwise than the library does, which refuses some that a carrier may send.
func FuzzForm(f *testing.F) {
	for _, body := range []string{
		"", "&", "=", "&&=&==", "a", "a=1&a=1&a=2", "CallSid=CAabc&From=%2B12025550123&FromCity=&Digits=", "a=b;c=d", "a=%zz&%=%&b=%e9",
		"a+b=c+d&%00=%00", "ä=ö&\xff=\xfe", strings.Repeat("a&", 100), "a=" + strings.Repeat("%41", 100), "%26=%3D", "\r\n=\n",
	} {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body string) {
		form := parseForm(body)
		pairs, fields := 0, 0
		for _, pair := range strings.Split(body, "&") {
			if pair != "" {
				pairs++
			}
		}
		for _, values := range form {
			fields += len(values)
		}
		if fields != pairs {
			t.Errorf("%d fields of %d pairs", fields, pairs)
		}
		if theirs, err := url.ParseQuery(body); err == nil && !reflect.DeepEqual(form, theirs) {
			t.Errorf("read as %q, the library reads %q", form, theirs)
		}
		if again := parseForm(form.Encode()); !reflect.DeepEqual(form, again) {
			t.Errorf("read as %q, and read again as %q", form, again)
		}
	})
}

// fuzzed is the API of people on a database of its own.
func fuzzed(f *testing.F) (*rest, *echo.Echo, *store.Store) {
	f.Helper()
	log := slog.New(slog.DiscardHandler)
	e, s := echo.New(), storetest.SQLite(f)
	e.HTTPErrorHandler = problemHandler(log)
	deps := restDeps{
		store: s, adminKey: restKey, publicURL: restSite, emergency: &emergency{store: s, public: restSite, log: log}, log: log, now: time.Now,
	}
	mountREST(e, deps)
	return emptyREST(echo.New(), deps), e, s
}

// FuzzRequestForm looks for a submission that breaks its check, or that is taken although it lacks what it must have.
func FuzzRequestForm(f *testing.F) {
	a, _, s := fuzzed(f)
	if err := s.SeedCountries(f.Context(), models.SeedCountries()); err != nil {
		f.Fatal(err)
	}
	for _, raw := range []string{
		anAmericanNumber, aGermanNumber, anotherCountrysNumber, "", "{", "[]", "null", `"text"`, "{}", `{"country":"DE"}`, `{"country":"XX","type":"local"}`,
		`{"country":"DE","type":"moon","end_user":"ghost"}`, strings.Replace(aGermanNumber, `"FILE"`, "1e400", 1), strings.Replace(aGermanNumber, `"Alice"`, "null", 1),
		strings.Replace(anAmericanNumber, "US", "other", 1), `{"country":"US","country":"DE","documents":{"":{}}}`, strings.Repeat(`{"person":`, 50) + "1" + strings.Repeat("}", 50),
		`{"name":"` + strings.Repeat("é", 300) + `","country":"FR","type":"mobile","exception":"` + "\u202e" + `"}`,
	} {
		f.Add([]byte(raw))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		form, err := a.decodeForm(t.Context(), raw)
		var faults models.Faults
		var refused *huma.ErrorModel
		switch {
		case err == nil && form.Validate() != nil:
			t.Errorf("taken with faults: %v", form.Validate())
		case err == nil:
			again, err := json.Marshal(form)
			if err != nil {
				t.Fatal(err)
			}
			if read, err := a.decodeForm(t.Context(), again); err != nil || !reflect.DeepEqual(read, form) {
				t.Errorf("taken, but written as %s it is not: %v", again, err)
			}
		case errors.As(err, &faults) && (len(faults) == 0 || len(faults) > mostFaults):
			t.Errorf("%d faults", len(faults))
		case !errors.As(err, &faults) && (!errors.As(err, &refused) || refused.Status != http.StatusBadRequest || json.Valid(raw) && !bytes.ContainsAny(raw, "eE0123456789")):
			t.Errorf("refused with %v", err)
		}
	})
}

// FuzzCursor looks for a cursor that breaks a list, or that two lists take.
func FuzzCursor(f *testing.F) {
	_, e, s := fuzzed(f)
	for i := range 2 {
		user, err := s.CreateUser(f.Context(), models.User{Name: "User", Email: string(rune('a'+i)) + "@example.com"})
		if err == nil {
			err = s.Arrive(f.Context(), models.Call{CarrierCallID: string(rune('a' + i)), StartedAt: user.CreatedAt})
		}
		if err != nil {
			f.Fatal(err)
		}
	}
	ask := func(t testing.TB, path string, query url.Values) *httptest.ResponseRecorder {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path+"?"+query.Encode(), nil)
		r.Header.Set("Authorization", "Bearer "+restKey)
		w := httptest.NewRecorder()
		e.ServeHTTP(w, r)
		return w
	}
	for _, path := range []string{"/v1/users", "/v1/calls"} {
		var page struct {
			Next string `json:"next_cursor"`
		}
		if w := ask(f, path, url.Values{"limit": {"1"}}); json.Unmarshal(w.Body.Bytes(), &page) != nil || page.Next == "" {
			f.Fatalf("%s has no second page: %s", path, w.Body)
		}
		for _, cursor := range []string{page.Next, page.Next[1:], page.Next[:len(page.Next)-1], page.Next + "=", page.Next + "\n", strings.ToUpper(page.Next)} {
			f.Add(cursor)
		}
	}
	for _, cursor := range []string{"", " ", "\x00", "é", "eyJub3QiOiJhIGN1cnNvciJ9", "MSBpZA", "..", "' OR 1=1 --", strings.Repeat("A", 300), "9223372036854775808"} {
		f.Add(cursor)
	}
	lists := listsOf(f, e)
	f.Fuzz(func(t *testing.T, cursor string) {
		var taken []string
		for _, path := range lists {
			w := ask(t, path, url.Values{"cursor": {cursor}})
			var p huma.ErrorModel
			switch {
			case w.Code == http.StatusOK && json.Valid(w.Body.Bytes()):
				taken = append(taken, path)
			case w.Code != http.StatusUnprocessableEntity || json.Unmarshal(w.Body.Bytes(), &p) != nil || len(p.Errors) != 1 || p.Errors[0].Location != "query.cursor":
				t.Errorf("%s: %d %s", path, w.Code, w.Body)
			}
		}
		if cursor == "" && len(taken) != len(lists) || cursor != "" && len(taken) > 1 {
			t.Errorf("%q is taken by %v", cursor, taken)
		}
	})
}

// listsOf are the addresses of all lists that have pages, but for those of one thing alone.
func listsOf(f *testing.F, e *echo.Echo) (paths []string) {
	f.Helper()
	w := httptest.NewRecorder()
	e.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/openapi.json", nil))
	var doc struct {
		Paths map[string]map[string]struct {
			Parameters []struct {
				Name string `json:"name"`
			} `json:"parameters"`
		} `json:"paths"`
	}
	if err := json.Unmarshal(w.Body.Bytes(), &doc); err != nil {
		f.Fatal(err)
	}
	for _, path := range slices.Sorted(maps.Keys(doc.Paths)) {
		for _, p := range doc.Paths[path]["get"].Parameters {
			if p.Name == "cursor" && !strings.Contains(path, "{") {
				paths = append(paths, path)
			}
		}
	}
	if len(paths) < 12 {
		f.Fatalf("the lists are %v", paths)
	}
	return paths
}
