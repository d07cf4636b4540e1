package api

import (
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
	"github.com/ringdown/ringdown/models/store/storetest"
)

// plenty is an API whose database is filled row by row.
type plenty struct {
	*restTest
	counted *storetest.Statements
	rows    int
	first   map[string]string // the id of the first row of each noun, by its folder under /v1
	outside models.OutsideSchedule
}

func newPlenty(t *testing.T, url string) *plenty {
	t.Helper()
	rt := newREST(t, nil)
	deps := rt.deps()
	var carrier *fakeCarrier
	deps.carrier, carrier = newFakeCarrier(t, "")
	carrier.status = http.StatusServiceUnavailable // what it is asked is not what counts
	p := &plenty{first: map[string]string{}}
	deps.store, p.counted = storetest.Counted(t, url)
	p.restTest = rt.process(deps)
	p.store = deps.store
	return p
}

// keeps says that a row is there. The first of its noun is the one that paths name.
func (p *plenty) keeps(folder, id string, err error) string {
	p.Helper()
	if err != nil {
		p.Fatalf("a row of %s: %v", folder, err)
	}
	if p.first[folder] == "" {
		p.first[folder] = id
	}
	return id
}

// fill adds one row after another to every list, until there are so many. Whoever adds a list adds a
// row of it here.
func (p *plenty) fill(rows int) {
	p.Helper()
	ctx, s := p.Context(), p.store
	for ; p.rows < rows; p.rows++ {
		name, at := fmt.Sprintf("Row %d", p.rows), p.now.Add(time.Duration(p.rows)*time.Hour)
		phone := models.Phone(fmt.Sprintf("+120255501%02d", p.rows))
		caller := models.Phone(fmt.Sprintf("+4477009001%02d", p.rows))

		u, err := s.CreateUser(ctx, models.User{
			Name: name, Email: name, TimeZone: "UTC", OnCallLicence: true, Active: true, Phones: []models.UserPhone{{Label: "mobile", Number: phone}},
		})
		user := p.keeps("users", u.ID, err)
		p.keeps("faults of phones", user, s.FlagPhone(ctx, phone, 21211, at))
		rotation := models.Rotation{Name: "weekly", Users: []string{p.first["users"], user}, Seats: 2, Handover: models.Handover{
			StartsAt: models.LocalTime(p.now), Every: []models.Cadence{{Unit: "days", Count: 1}},
		}}
		schedule, err := s.CreateSchedule(ctx, models.Schedule{Name: name, TimeZone: "UTC", Rotations: []models.Rotation{rotation}})
		p.keeps("schedules", schedule.ID, err)
		override, err := s.CreateOverride(ctx, models.Override{
			ScheduleID: p.first["schedules"], Rotation: "weekly", UserID: user, From: at, To: at.Add(time.Hour),
		})
		p.keeps("overrides", override.ID, err)
		p.readElsewhere(name, user, at)
		number, err := s.CreateNumber(ctx, models.PhoneNumber{Number: phone, Name: name, Status: models.NumberActive})
		p.keeps("phone-numbers", number.ID, err)
		route, err := s.CreateRoute(ctx, models.Route{Name: name, PhoneNumberID: number.ID, Levels: []models.Level{{Targets: []models.Target{
			{Type: models.TargetUser, UserID: user}, {Type: models.TargetSchedule, ScheduleID: schedule.ID},
		}}}}.Defaults())
		p.keeps("call-routes", route.ID, err)
		blocked, err := s.CreateBlockedCaller(ctx, models.BlockedCaller{Number: caller})
		p.keeps("blocked-callers", blocked.ID, err)
		erasure, err := s.BeginErasure(ctx, caller, false)
		p.keeps("erasures", erasure.ID, err)
		key, err := s.CreateAPIKey(ctx, models.APIKey{Name: name, Role: models.RoleViewer}.WithSecret(name))
		p.keeps("api-keys", key.ID, err)
		for _, call := range []models.Call{
			endedCall(fmt.Sprintf("e%02d", p.rows), at, at.Add(time.Minute), models.Connected), liveCall(fmt.Sprintf("a%02d", p.rows), at),
		} {
			call.RouteID, call.Caller, call.AnsweredBy = route.ID, caller, user
			p.keeps("calls", call.ID, s.RecordCall(ctx, call))
		}
		p.fillAlerts(name, user, at)
		p.fillRequests(name, at)
	}
	changes, _, err := s.Changes(ctx, store.ChangeFilter{}, store.Page{Limit: 1})
	p.keeps("audit", changes[0].ID, err)
}

// fillRequests adds a country, a document and a request that names it, with what people are told of that.
func (p *plenty) fillRequests(name string, at time.Time) {
	p.Helper()
	ctx, s := p.Context(), p.store
	code := fmt.Sprintf("%c%c", 'A'+p.rows/26, 'A'+p.rows%26)
	p.keeps("countries", code, s.SeedCountries(ctx, []models.Country{{Code: code, Name: name}}))
	d := models.Document{ID: uuid.Must(uuid.NewV7()).String(), Name: name, MediaType: "image/png", Size: 1, CreatedAt: at}
	sealed, err := p.sealing.Seal([]byte("x"), []byte(d.ID))
	p.keeps("documents", d.ID, err)
	_, err = s.AddDocument(ctx, d, sealed)
	p.keeps("documents", d.ID, err)
	form := models.RequestForm{Name: name, Country: "US", Type: models.NumberLocal, Documents: map[string]models.SubmittedDocument{"proof": {File: d.ID}}}
	r, err := s.CreateNumberRequest(ctx, models.Submit(uuid.Must(uuid.NewV7()).String(), form, models.Actor{}, at), 0)
	p.keeps("number-requests", r.ID, err)
}

// readElsewhere adds an outside schedule, and a shift to the first of them.
func (p *plenty) readElsewhere(name, user string, at time.Time) {
	p.Helper()
	o, err := p.store.CreateOutsideSchedule(p.Context(), models.OutsideSchedule{
		Name: name + " elsewhere", Provider: models.PagerDuty, Reference: name, People: []models.OutsidePerson{{Outside: name, UserID: user}},
	})
	p.keeps("outside-schedules", o.ID, err)
	if p.rows == 0 {
		p.outside = o
	}
	kept := p.outside.Copy()
	kept.FetchedAt = &p.now
	kept.Entries = append(kept.Entries, models.Entry{From: at, To: at.Add(time.Hour), UserID: user})
	p.outside.Kept = &kept
	p.keeps("copies", "", p.store.KeepOutsideCopy(p.Context(), kept, p.outside.Version))
	theirs := kept
	theirs.ScheduleID, theirs.Reference = o.ID, o.Reference
	p.keeps("copies", "", p.store.KeepOutsideCopy(p.Context(), theirs, o.Version))
}

// statements is how many statements each operation makes that reads something, as far as there is
// something to read. A list must show every row.
func (p *plenty) statements() map[string]int {
	p.Helper()
	made := map[string]int{}
	for path, item := range p.document().Paths.Map() {
		folder, _, _ := strings.Cut(strings.TrimPrefix(path, "/v1/"), "/")
		if item.Get == nil || endless(item.Get) {
			continue
		}
		query := ""
		if item.Get.Parameters.GetByInAndName("query", "limit") != nil {
			query = "?limit=200"
		}
		var got reply
		operation := item.Get.OperationID
		made[operation] = p.counted.During(func() {
			got = p.send(http.MethodGet, strings.Replace(path, "{id}", p.first[folder], 1)+query, "")
		})
		if operation == "list-alert-sources" { // of which there is one for each type
			continue
		}
		isList := strings.HasPrefix(operation, "list-") || got.Code == http.StatusOK && strings.Contains(got.Body.String(), `"items":`)
		if isList && made[operation] > 0 && longest(got) < p.rows {
			p.Errorf("%s shows %d rows of %d: %d %.200s", operation, longest(got), p.rows, got.Code, got.Body)
		}
	}
	return made
}

// longest is the length of the longest list in a reply.
func longest(r reply) (n int) {
	r.Helper()
	for _, value := range r.fields() {
		if list, ok := value.([]any); ok {
			n = max(n, len(list))
		}
	}
	return n
}

func TestRESTReadingMakesAsManyStatementsForFiftyRowsAsForOne(t *testing.T) {
	t.Parallel()
	databases := map[string]string{"sqlite": "sqlite:" + filepath.Join(t.TempDir(), "test.db")}
	if storetest.PostgresExpected() {
		databases["postgres"] = storetest.PostgresURL(t)
	}
	for name, url := range databases {
		t.Run(name, func(t *testing.T) {
			p := newPlenty(t, url)
			p.fill(1)
			one := p.statements()
			p.fill(50)
			all := 0
			for operation, n := range p.statements() {
				if n != one[operation] {
					t.Errorf("%s makes %d statements for one row, and %d for fifty", operation, one[operation], n)
				}
				all += n
			}
			if all == 0 {
				t.Error("no statement was counted")
			}
		})
	}
}
