package api

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	ics "github.com/arran4/golang-ical"
	"github.com/danielgtaylor/huma/v2"
	"github.com/labstack/echo/v4"

	"github.com/ringdown/ringdown/models"
)

type (
	calendarInput struct {
		ID          string `path:"id"`
		IfNoneMatch string `header:"If-None-Match" doc:"The ETag that was read; answered 304 while it is current"`
	}
	calendarFile struct {
		Status       int
		ContentType  string `header:"Content-Type"`
		ETag         string `header:"ETag" doc:"For If-None-Match"`
		CacheControl string `header:"Cache-Control"`
		Body         []byte
	}
	madeLink struct {
		Location     string `header:"Location" doc:"Where DELETE withdraws the link"`
		CacheControl string `header:"Cache-Control"`
		Body         calendarLink
	}
)

// calendarLink is a link as it was made, the only time that it is shown.
type calendarLink struct {
	URL       string    `json:"url" doc:"For calendars to subscribe to; shown once, and whoever has it needs no key"`
	CreatedAt time.Time `json:"created_at"`
}

// calendarsAt is where calendars subscribe without a key.
const calendarsAt = "/calendars/"

func (a *rest) mountCalendars(e *echo.Echo) {
	a.mountCalendarsOf("schedule", "/v1/schedules/{id}", func(id string) models.CalendarLink { return models.CalendarLink{ScheduleID: &id} })
	a.mountCalendarsOf("user", "/v1/users/{id}", func(id string) models.CalendarLink { return models.CalendarLink{UserID: &id} })
	e.Match([]string{http.MethodGet, http.MethodHead}, calendarsAt+":file", a.subscribed)
}

// mountCalendarsOf mounts the calendars of a noun. whose makes what a link of it names.
func (a *rest) mountCalendarsOf(noun, path string, whose func(id string) models.CalendarLink) {
	file := operation(http.MethodGet, path+"/calendar.ics", "get-"+noun+"-calendar",
		"Show the shifts of a "+noun+" as iCalendar, from 30 days ago to a year ahead", http.StatusNotFound)
	file.Responses = map[string]*huma.Response{
		"200": {Description: "The calendar", Content: map[string]*huma.MediaType{"text/calendar": {Schema: &huma.Schema{Type: huma.TypeString}}}},
		"304": {Description: "The calendar has not changed"},
	}
	handle(a, file, func(ctx context.Context, in *calendarInput) (*calendarFile, error) {
		body, err := a.calendar(ctx, whose(in.ID))
		return answerCalendar(body, in.IfNoneMatch), err
	})
	handle(a, shownOnce(operation(http.MethodPost, path+"/calendar-link", "make-"+noun+"-calendar-link",
		"Make the secret address of a "+noun+"'s calendar; the one before stops working", http.StatusNotFound)),
		func(ctx context.Context, in *idInput) (*madeLink, error) {
			made, err := a.makeLink(ctx, whose(in.ID))
			made.Location = strings.Replace(path, "{id}", in.ID, 1) + "/calendar-link"
			return &made, err
		})
	handle(a, operation(http.MethodDelete, path+"/calendar-link", "delete-"+noun+"-calendar-link",
		"Withdraw the secret address of a "+noun+"'s calendar", http.StatusNotFound),
		func(ctx context.Context, in *idInput) (*struct{}, error) {
			return nil, a.store.DeleteCalendarLink(ctx, whose(in.ID))
		})
}

func (a *rest) makeLink(ctx context.Context, link models.CalendarLink) (madeLink, error) {
	secret := strings.TrimPrefix(newSecret(), models.KeyPrefix) // it is no key
	link.Hash = models.HashKey(secret)
	link, err := a.store.SetCalendarLink(ctx, link)
	return madeLink{
		CacheControl: "no-store",
		Body:         calendarLink{URL: a.publicURL + calendarsAt + secret + ".ics", CreatedAt: link.CreatedAt},
	}, err
}

// calendar writes the calendar that a link shows now.
func (a *rest) calendar(ctx context.Context, link models.CalendarLink) ([]byte, error) {
	directory, err := a.store.Directory(ctx)
	if err != nil {
		return nil, err
	}
	calendar, err := directory.Calendar(link, a.now())
	if err != nil {
		return nil, err
	}
	return writeCalendar(calendar)
}

// writeCalendar writes iCalendar as RFC 5545 has it. What it writes changes with the shifts alone.
func writeCalendar(c models.Calendar) ([]byte, error) {
	calendar := ics.NewCalendar()
	calendar.SetProductId("-//Ringdown//On call//EN")
	calendar.SetXWRCalName(c.Name)
	calendar.SetRefreshInterval("PT1H") // the library adds VALUE=DURATION
	calendar.SetXPublishedTTL("PT1H")   // the same, for calendars that are older than RFC 7986
	for _, e := range c.Events {
		event := calendar.AddEvent(e.UID)
		event.SetDtStampTime(e.Revised)
		event.SetStartAt(e.From)
		event.SetEndAt(e.To)
		event.SetSummary(e.Summary)
		if e.Details != "" {
			event.SetDescription(e.Details)
		}
		event.SetTimeTransparency(ics.TransparencyTransparent) // who is on call may be invited all the same
	}
	var out bytes.Buffer
	err := calendar.SerializeTo(&out, ics.WithNewLine("\r\n"))
	return out.Bytes(), err
}

// answerCalendar answers with a calendar, or that what the client has of it is current.
func answerCalendar(body []byte, has string) *calendarFile {
	sum := sha256.Sum256(body)
	file := &calendarFile{
		Status: http.StatusOK, ContentType: "text/calendar; charset=utf-8",
		ETag: fmt.Sprintf(`"%x"`, sum[:16]), CacheControl: "private, no-cache", Body: body,
	}
	for tag := range strings.SplitSeq(has, ",") {
		if strings.TrimPrefix(strings.TrimSpace(tag), "W/") == file.ETag {
			file.Status, file.Body = http.StatusNotModified, nil
		}
	}
	return file
}

// subscribed serves a calendar to whoever has its secret address. A wrong one counts as a wrong key.
func (a *rest) subscribed(c echo.Context) error {
	ctx, cancel := context.WithTimeout(c.Request().Context(), requestWithin)
	defer cancel()
	if wait := a.keys.tries.wait(address(c)); wait > 0 {
		a.keys.tries.refused(c.Response().Header().Set, wait)
		a.limited(wrongKeys)
		return tooManyKeys()
	}
	body, err := a.calendarAt(ctx, c.Param("file"))
	if errors.Is(err, models.ErrNotFound) {
		a.keys.tries.spend(address(c))
		return problem(http.StatusNotFound, "There is no such calendar, or no longer: ask for a new address of it.")
	}
	if err != nil {
		return err
	}
	file := answerCalendar(body, c.Request().Header.Get("If-None-Match"))
	for name, value := range map[string]string{"ETag": file.ETag, "Cache-Control": file.CacheControl} {
		c.Response().Header().Set(name, value)
	}
	if file.Body == nil {
		return c.NoContent(file.Status)
	}
	return c.Blob(file.Status, file.ContentType, file.Body)
}

// calendarAt writes the calendar at a secret address. No error of it tells the secret.
func (a *rest) calendarAt(ctx context.Context, file string) ([]byte, error) {
	secret, isCalendar := strings.CutSuffix(file, ".ics")
	hash := models.HashKey(secret)
	link, err := a.store.CalendarLink(ctx, hash)
	if err == nil && (!isCalendar || subtle.ConstantTimeCompare(link.Hash, hash) != 1) {
		err = models.ErrNotFound
	}
	if err != nil {
		return nil, err
	}
	return a.calendar(ctx, link)
}
