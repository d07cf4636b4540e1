package api

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	ics "github.com/arran4/golang-ical"
	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"

	"github.com/ringdown/ringdown/models/store"
)

// get asks without a key, as calendars do.
func (rt *restTest) get(path string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, path, nil)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	return rt.raw(r)
}

// link makes the calendar link of a noun, and is its path.
func (rt *restTest) link(noun string) string {
	rt.Helper()
	made := rt.send(http.MethodPost, noun+"/calendar-link", "").is(http.StatusCreated)
	secret, err := url.Parse(fmt.Sprint(made.fields()["url"]))
	if err != nil || "https://"+secret.Host != restSite || made.Header().Get("Cache-Control") != "no-store" {
		rt.Fatalf("made %s with %v, %v", made.Body, made.Header(), err)
	}
	return secret.Path
}

// standing makes a schedule that has been there since the beginning of the month.
func (rt *restTest) standing(body string) (path string) {
	rt.Helper()
	id := rt.send(http.MethodPost, "/v1/schedules", body).is(http.StatusCreated).id()
	schedule, err := rt.store.Schedule(rt.Context(), id)
	if err == nil {
		err = rt.store.DeleteSchedule(rt.Context(), id, 0)
	}
	if err == nil {
		schedule.CreatedAt = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
		_, err = rt.store.CreateSchedule(rt.Context(), schedule)
	}
	if err != nil {
		rt.Fatal(err)
	}
	return "/v1/schedules/" + id
}

// events reads a calendar with the library, which undoes folding and escaping.
func events(t *testing.T, w *httptest.ResponseRecorder) (*ics.Calendar, []string) {
	t.Helper()
	if w.Code != http.StatusOK || w.Header().Get("Content-Type") != "text/calendar; charset=utf-8" || w.Header().Get("Cache-Control") != "private, no-cache" {
		t.Fatalf("%d with %v: %s", w.Code, w.Header(), w.Body)
	}
	calendar, err := ics.ParseCalendar(strings.NewReader(w.Body.String()))
	if err != nil {
		t.Fatal(err)
	}
	var told []string
	for _, e := range calendar.Events() {
		from, begins := e.GetStartAt()
		to, ends := e.GetEndAt()
		if begins != nil || ends != nil {
			t.Fatal(begins, ends)
		}
		told = append(told, from.Format(time.RFC3339)+" "+to.Format(time.RFC3339)+" "+e.GetProperty(ics.ComponentPropertySummary).Value)
	}
	return calendar, told
}

func TestRESTCalendarOfAScheduleAndOfAUser(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil)
	a := rt.user(alice)
	schedule := rt.standing(strings.Replace(handedOver(a, rt.user(bob)), `"count": 1`, `"count": 7`, 1))
	wants := map[string]string{
		schedule:         "2026-03-02T09:00:00Z 2026-03-09T09:00:00Z Alice on call: Primary, daily",
		"/v1/users/" + a: "2026-03-16T09:00:00Z 2026-03-23T09:00:00Z Alice on call: Primary, daily",
	}
	for noun, want := range wants {
		withKey := rt.send(http.MethodGet, noun+"/calendar.ics", "").ResponseRecorder
		calendar, told := events(t, withKey)
		if len(told) < 20 || !strings.Contains(strings.Join(told, "\n"), want) {
			t.Errorf("%s tells\n%s", noun, strings.Join(told, "\n"))
		}
		linked := rt.get(rt.link(noun))
		if linked.Body.String() != withKey.Body.String() || linked.Header().Get("ETag") != withKey.Header().Get("ETag") {
			t.Errorf("the link shows another calendar than the key does: %s", linked.Body)
		}
		for _, p := range calendar.CalendarProperties {
			if p.IANAToken == "X-WR-CALNAME" && p.Value != "On call: Primary" && p.Value != "On call: Alice" {
				t.Errorf("it is called %q", p.Value)
			}
		}
	}
	_, told := events(t, rt.send(http.MethodGet, schedule+"/calendar.ics", "").ResponseRecorder)
	if want := "2026-03-09T09:00:00Z 2026-03-16T09:00:00Z Nobody on call: Primary"; !strings.Contains(strings.Join(told, "\n"), want) {
		t.Errorf("nothing tells that Bob has no phone: %q", told)
	}
	for _, noun := range []string{"/v1/schedules/x", "/v1/users/x"} {
		rt.send(http.MethodGet, noun+"/calendar.ics", "").is(http.StatusNotFound)
		rt.send(http.MethodPost, noun+"/calendar-link", "").is(http.StatusNotFound)
		rt.send(http.MethodDelete, noun+"/calendar-link", "").is(http.StatusNotFound)
	}
	if w := rt.get(schedule + "/calendar.ics"); w.Code != http.StatusUnauthorized {
		t.Errorf("without a key: %d", w.Code)
	}
}

// A second look at what is written, with no library in between.
func TestRESTCalendarIsWrittenAsRFC5545HasIt(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil)
	name := `Zoë, "Zed"; of \n the ` + strings.Repeat("Ünïcödé ", 4) + strings.Repeat("語", 26)
	user := rt.user(strings.Replace(alice, `"Alice"`, fmt.Sprintf("%q", name), 1))
	body := strings.Replace(handedOver(user, rt.user(bob)), "Primary", `Primary; the \\\\ first, really`, 1)
	path := rt.standing(body)
	rt.send(http.MethodPost, path+"/overrides", fmt.Sprintf(`{"rotation": "daily", "user_id": %q, "from": "2026-03-04T13:00:00Z", "to": "2026-03-04T15:00:00Z"}`, user)).
		is(http.StatusCreated)

	w := rt.send(http.MethodGet, path+"/calendar.ics", "").ResponseRecorder
	_, told := events(t, w)
	if want := "2026-03-04T13:00:00Z 2026-03-04T15:00:00Z " + name + ` on call: Primary; the \\ first, really, daily`; !strings.Contains(strings.Join(told, "\n"), want) {
		t.Errorf("read back as\n%s", strings.Join(told, "\n"))
	}
	text := w.Body.String()
	if !strings.HasPrefix(text, "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:") || !strings.HasSuffix(text, "END:VEVENT\r\nEND:VCALENDAR\r\n") {
		t.Errorf("it is %q …", text[:80])
	}
	if strings.Count(text, "\n") != strings.Count(text, "\r\n") || strings.Count(text, "\r") != strings.Count(text, "\r\n") {
		t.Error("a line does not end with CRLF")
	}
	folded := 0
	for line := range strings.SplitSeq(text, "\r\n") {
		if len(line) > 75 {
			t.Errorf("%d octets: %q", len(line), line)
		}
		if strings.ToValidUTF8(line, "") != line {
			t.Errorf("folded within a character: %q", line)
		}
		if strings.HasPrefix(line, " ") {
			folded++
		}
	}
	if folded == 0 {
		t.Error("nothing is folded")
	}
	text = strings.ReplaceAll(text, "\r\n ", "")
	var properties []string
	seen := map[string]bool{}
	for line := range strings.SplitSeq(text, "\r\n") {
		switch token := line[:strings.IndexAny(line+":", ":;")]; token {
		case "UID":
			if seen[line] || !strings.HasSuffix(line, "@ringdown") {
				t.Errorf("%s", line)
			}
			seen[line] = true
		case "DTSTAMP", "DTSTART", "DTEND":
			if _, err := time.Parse(token+":20060102T150405Z", line); err != nil {
				t.Error(err)
			}
		case "SUMMARY", "BEGIN", "END", "TRANSP", "PRODID", "VERSION", "DESCRIPTION", "":
		default:
			properties = append(properties, line)
		}
	}
	if diff := cmp.Diff([]string{
		`X-WR-CALNAME:On call: Primary\; the \\\\ first\, really`, "REFRESH-INTERVAL;VALUE=DURATION:PT1H", "X-PUBLISHED-TTL:PT1H",
	}, properties); diff != "" {
		t.Error(diff)
	}
	for _, want := range []string{
		"\r\nSUMMARY:" + strings.NewReplacer(`\`, `\\`, ",", `\,`, ";", `\;`).Replace(name) + ` on call: Primary\; the \\\\ first\, really\, daily` + "\r\n",
		"\r\nTRANSP:TRANSPARENT\r\n", "\r\nDESCRIPTION:By an override.\r\n", "\r\nDESCRIPTION:daily: Bob has no phone\r\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("nowhere %q", want)
		}
	}
}

func TestRESTCalendarIsReadAgainOnlyWhenItHasChanged(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil)
	path := rt.send(http.MethodPost, "/v1/schedules", handedOver(rt.user(alice))).is(http.StatusCreated).Header().Get("Location")
	link := rt.link(path)
	tag := rt.get(link).Header().Get("ETag")
	if tag == "" {
		t.Fatal("no ETag")
	}
	rt.now = rt.now.Add(11 * time.Hour)
	unchanged := func(what, given string, want int) {
		t.Helper()
		for _, w := range []*httptest.ResponseRecorder{
			rt.get(link, "If-None-Match", given), rt.send(http.MethodGet, path+"/calendar.ics", "", "If-None-Match", given).ResponseRecorder,
		} {
			if w.Code != want || (w.Body.Len() == 0) != (want == http.StatusNotModified) || w.Header().Get("ETag") == "" {
				t.Errorf("%s: %d with %d bytes and %v", what, w.Code, w.Body.Len(), w.Header())
			}
		}
	}
	unchanged("the same", tag, http.StatusNotModified)
	unchanged("one of several, and a weak one", `"x", W/`+tag, http.StatusNotModified)
	unchanged("another", `"x"`, http.StatusOK)
	rt.send(http.MethodPost, path+"/overrides", `{"rotation": "daily", "from": "2026-03-08T13:00:00Z", "to": "2026-03-08T15:00:00Z"}`).is(http.StatusCreated)
	unchanged("the one before an override", tag, http.StatusOK)
	head := httptest.NewRequest(http.MethodHead, link, nil)
	if w := rt.raw(head); w.Code != http.StatusOK || w.Header().Get("ETag") == tag {
		t.Errorf("HEAD: %d with %v", w.Code, w.Header())
	}
}

func TestRESTCalendarLinkIsSecretAndCanBeWithdrawn(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil)
	made := rt.send(http.MethodPost, "/v1/schedules", handedOver(rt.user(alice))).is(http.StatusCreated)
	path := made.Header().Get("Location")
	first := rt.link(path)
	secret := strings.TrimSuffix(strings.TrimPrefix(first, "/calendars/"), ".ics")
	if len(secret) != 43 { // 32 bytes
		t.Errorf("the secret is %d characters", len(secret))
	}
	is := func(what, path string, want int) {
		t.Helper()
		if w := rt.get(path); w.Code != want {
			t.Errorf("%s: %d %s", what, w.Code, w.Body)
		} else if want != http.StatusOK && w.Header().Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: %v", what, w.Header())
		}
	}
	is("the link", first, http.StatusOK)
	is("without its ending", strings.TrimSuffix(first, ".ics"), http.StatusNotFound)
	is("with a letter more", strings.Replace(first, ".ics", "x.ics", 1), http.StatusNotFound)
	is("no secret at all", "/calendars/.ics", http.StatusNotFound)
	second := rt.link(path)
	is("the link that was replaced", first, http.StatusNotFound)
	is("the link that replaced it", second, http.StatusOK)
	rt.send(http.MethodDelete, path+"/calendar-link", "").is(http.StatusNoContent)
	is("the link that was withdrawn", second, http.StatusNotFound)
	rt.send(http.MethodDelete, path+"/calendar-link", "").is(http.StatusNotFound)
	third := rt.link(path)
	rt.send(http.MethodDelete, path, "").is(http.StatusNoContent)
	is("the link of a schedule that is gone", third, http.StatusNotFound)

	if err := rt.store.Close(); err != nil {
		t.Fatal(err)
	}
	is("while the database is shut", third, http.StatusInternalServerError)
	for _, hidden := range []string{secret, third} {
		if strings.Contains(rt.log.String(), hidden) {
			t.Errorf("the log tells the secret: %s", rt.log)
		}
	}
	if rt.log.Len() == 0 {
		t.Error("the log does not tell that the database is shut")
	}
}

func TestRESTCalendarLinkIsShownOnce(t *testing.T) {
	t.Parallel()
	rt := newREST(t, nil)
	path := rt.send(http.MethodPost, "/v1/schedules", handedOver(rt.user(alice))).is(http.StatusCreated).Header().Get("Location")
	made := rt.send(http.MethodPost, path+"/calendar-link", "", "Idempotency-Key", "once").is(http.StatusCreated)
	again := rt.send(http.MethodPost, path+"/calendar-link", "", "Idempotency-Key", "once").is(http.StatusConflict)
	if !strings.Contains(again.problem().Detail, path+"/calendar-link") {
		t.Errorf("it says %s", again.Body)
	}
	address, err := url.Parse(fmt.Sprint(made.fields()["url"]))
	if err != nil {
		t.Fatal(err)
	}
	if w := rt.get(address.Path); w.Code != http.StatusOK {
		t.Errorf("the first link: %d", w.Code)
	}
	changes, _, err := rt.store.Changes(t.Context(), store.ChangeFilter{Noun: "calendar link"}, store.Page{})
	if err != nil || len(changes) != 1 {
		t.Errorf("%d changes, %v", len(changes), err)
	}
}

func TestRESTGuessingCalendarLinksIsLimited(t *testing.T) {
	t.Parallel()
	clock := newREST(t, nil)
	rt := clock.limited(1000) // for keys: calendars have none
	path := rt.send(http.MethodPost, "/v1/schedules", handedOver(rt.user(alice))).is(http.StatusCreated).Header().Get("Location")
	link := rt.link(path)
	var guesses errgroup.Group
	for range triesPerMinute {
		guesses.Go(func() error { rt.get("/calendars/guess.ics"); return nil })
	}
	_ = guesses.Wait()
	w := rt.get(link)
	if w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") != "6" {
		t.Errorf("after %d guesses: %d with %v", triesPerMinute, w.Code, w.Header())
	}
	if want := []string{"wrong-keys"}; !slices.Equal(clock.policies, want) {
		t.Errorf("counted %q, want %q", clock.policies, want)
	}
	clock.now = clock.now.Add(6 * time.Second)
	if w := rt.get(link); w.Code != http.StatusOK {
		t.Errorf("6 s later: %d", w.Code)
	}
}
