package store_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
	"github.com/ringdown/ringdown/models/store/storetest"
)

const caller = models.Phone("+447700900111")

// earlier is a live call of the caller to route r1, some time before noon.
func earlier(sid string, before time.Duration) models.Call {
	c := arriving()
	c.CarrierCallID, c.StartedAt = sid, noon.Add(-before)
	return c
}

func TestWhatIsKnownOfACaller(t *testing.T) {
	over := noon.Add(-time.Second)
	end := func(c models.Call) models.Call { c.EndedAt = &over; return c }
	of := func(c models.Call, route string, caller models.Phone) models.Call {
		c.RouteID, c.Caller = route, caller
		return c
	}
	block := func(number models.Phone, until *time.Time) models.BlockedCaller {
		return models.BlockedCaller{Number: number, Until: until}
	}
	soon := noon.Add(time.Microsecond)
	exactly := noon

	cases := []struct {
		name    string
		calls   []models.Call
		blocked []models.BlockedCaller
		numbers []models.PhoneNumber
		caller  models.Phone
		want    models.CallerFacts
	}{
		{"nothing", nil, nil, nil, caller, models.CallerFacts{}},
		{"the call itself does not count", []models.Call{earlier("CA1", time.Second)}, nil, nil, caller, models.CallerFacts{}},
		{"a call a moment ago, still live", []models.Call{earlier("CA2", time.Second)}, nil, nil, caller, models.CallerFacts{RecentCalls: 1, LiveCalls: 1}},
		{"a call a moment ago, ended", []models.Call{end(earlier("CA2", time.Second))}, nil, nil, caller, models.CallerFacts{RecentCalls: 1}},
		{"a call just within the minute", []models.Call{end(earlier("CA2", time.Minute-time.Microsecond))}, nil, nil, caller, models.CallerFacts{RecentCalls: 1}},
		{"a call a minute ago", []models.Call{end(earlier("CA2", time.Minute))}, nil, nil, caller, models.CallerFacts{}},
		{"a call an hour ago, still live", []models.Call{earlier("CA2", time.Hour)}, nil, nil, caller, models.CallerFacts{LiveCalls: 1}},
		{"a row that nothing closed for a day", []models.Call{earlier("CA2", 24*time.Hour)}, nil, nil, caller, models.CallerFacts{}},
		{"calls of others", []models.Call{of(earlier("CA2", time.Second), "r1", "+447700900999")}, nil, nil, caller, models.CallerFacts{LiveCalls: 1}},
		{"calls to another route", []models.Call{of(earlier("CA2", time.Second), "r2", caller)}, nil, nil, caller, models.CallerFacts{}},
		{"several", []models.Call{
			earlier("CA1", time.Second), earlier("CA2", 2*time.Second), end(earlier("CA3", 3*time.Second)), earlier("CA4", 2*time.Minute),
		}, nil, nil, caller, models.CallerFacts{RecentCalls: 2, LiveCalls: 2}},
		{"a withheld caller has no recent calls", []models.Call{of(earlier("CA2", time.Second), "r1", "")}, nil, nil, "", models.CallerFacts{LiveCalls: 1}},

		{"blocked for ever", nil, []models.BlockedCaller{block(caller, nil)}, nil, caller, models.CallerFacts{Blocked: true}},
		{"blocked for a moment longer", nil, []models.BlockedCaller{block(caller, &soon)}, nil, caller, models.CallerFacts{Blocked: true}},
		{"blocked until now", nil, []models.BlockedCaller{block(caller, &exactly)}, nil, caller, models.CallerFacts{}},
		{"somebody else is blocked", nil, []models.BlockedCaller{block("+447700900999", nil)}, nil, caller, models.CallerFacts{}},
		{"withheld is never blocked", nil, []models.BlockedCaller{block("", nil)}, nil, "", models.CallerFacts{}},

		{"one of our numbers", nil, nil, []models.PhoneNumber{{Number: caller, Status: models.NumberActive}}, caller, models.CallerFacts{OwnNumber: true}},
		{"a number that we gave back", nil, nil, []models.PhoneNumber{{Number: caller, Status: models.NumberReleased}}, caller, models.CallerFacts{}},
		{"withheld is never ours", nil, nil, []models.PhoneNumber{{Status: models.NumberActive}}, "", models.CallerFacts{}},
	}
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		for _, c := range cases {
			t.Run(c.name, func(t *testing.T) {
				for _, table := range []string{"calls", "blocked_callers", "phone_numbers"} {
					if err := s.Writer().Exec("DELETE FROM " + table).Error; err != nil {
						t.Fatal(err)
					}
				}
				for _, call := range c.calls {
					if err := s.RecordCall(ctx, call); err != nil {
						t.Fatal(err)
					}
				}
				for _, b := range c.blocked {
					must[models.BlockedCaller](t)(s.CreateBlockedCaller(ctx, b))
				}
				for _, n := range c.numbers {
					must[models.PhoneNumber](t)(s.CreateNumber(ctx, n))
				}
				elsewhere := noon.In(time.FixedZone("", -5*3600))
				got := must[models.CallerFacts](t)(s.CallerFacts(ctx, "r1", c.caller, "CA1", elsewhere))
				if got != c.want {
					t.Errorf("known is %+v, want %+v", got, c.want)
				}
			})
		}
	})
}

func TestWhatIsKnownOfACallerTakesOneQueryAndLogsNoNumber(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		var out bytes.Buffer
		s = anotherLike(t, s, slog.NewJSONHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))
		out.Reset()
		must[models.CallerFacts](t)(s.CallerFacts(context.Background(), "r1", caller, "CA1", noon))
		if n := strings.Count(out.String(), "\n"); n != 1 {
			t.Errorf("%d statements:\n%s", n, out.String())
		}
		if strings.Contains(out.String(), string(caller[1:])) {
			t.Errorf("the log holds the caller's number:\n%s", out.String())
		}
	})
}

func TestARepeatedArrivalChangesNothingButTheDiversion(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		if err := s.Arrive(ctx, arriving()); err != nil {
			t.Fatal(err)
		}
		before := must[models.Call](t)(s.CallByCarrierID(ctx, "CA1"))
		at := noon.Add(5 * time.Second)
		again := ended()
		again.RouteID, again.Caller, again.Room, again.Refusal, again.DivertedAt = "r2", "+447700900999", "another", models.RefusedBlocked, &at
		if err := s.Arrive(ctx, again); err != nil {
			t.Fatal(err)
		}
		before.DivertedAt = &at
		same(t, before, must[models.Call](t)(s.CallByCarrierID(ctx, "CA1")))
	})
}

func TestLiveCallsAreListedTheOldestFirst(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		for _, i := range []int{2, 4, 1, 3} { // as their rows are written
			c := earlier(fmt.Sprintf("CA%d", i), time.Duration(i)*time.Minute)
			c.Room = fmt.Sprintf("room-%d", i)
			if err := s.Arrive(ctx, c); err != nil {
				t.Fatal(err)
			}
		}
		must[bool](t)(s.Divert(ctx, "CA3", noon))
		must[bool](t)(s.CloseCall(ctx, "CA4", models.Failed, "", noon))
		list := func(olderThan time.Duration, limit int) (sids []string) {
			t.Helper()
			for _, c := range must[[]models.Call](t)(s.LiveCalls(ctx, noon.Add(-olderThan).In(time.FixedZone("", 9*3600)), limit)) {
				if c.Room != "room-"+c.CarrierCallID[2:] || c.Number != arriving().Number || c.StartedAt.IsZero() || (c.DivertedAt != nil) != (c.CarrierCallID == "CA3") {
					t.Errorf("it lists %v", c)
				}
				sids = append(sids, c.CarrierCallID)
			}
			return sids
		}
		for _, c := range []struct {
			name      string
			olderThan time.Duration
			limit     int
			want      []string
		}{
			{"all", 0, 10, []string{"CA3", "CA2", "CA1"}},
			{"the two oldest", 0, 2, []string{"CA3", "CA2"}},
			{"older than two minutes, which is not two minutes old", 2 * time.Minute, 10, []string{"CA3"}},
			{"older than all", time.Hour, 10, nil},
		} {
			if got := list(c.olderThan, c.limit); !slices.Equal(got, c.want) {
				t.Errorf("%s: %v, want %v", c.name, got, c.want)
			}
		}
	})
}

func TestLiveCallsAreListedPageByPage(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		for i := range 7 { // four of which started at one moment
			c := earlier(fmt.Sprintf("CA%d", i), time.Hour-time.Duration(max(i, 3))*time.Minute)
			if i != 5 { // who was never sent to a room
				c.Room = "room"
			}
			if err := s.Arrive(ctx, c); err != nil {
				t.Fatal(err)
			}
		}
		must[bool](t)(s.Divert(ctx, "CA4", noon))
		must[bool](t)(s.CloseCall(ctx, "CA6", models.Failed, "", noon))
		for name, c := range map[string]struct {
			list func(context.Context, models.Call, int) ([]models.Call, error)
			want string
		}{
			"all":     {s.LiveCallsAfter, "CA0 CA1 CA2 CA3 CA4 CA5"},
			"on hold": {s.HeldCallsAfter, "CA0 CA1 CA2 CA3"},
		} {
			for pageOf := 1; pageOf <= 4; pageOf++ {
				var sids []string
				last := models.Call{}
				for {
					page := must[[]models.Call](t)(c.list(ctx, last, pageOf))
					for _, call := range page {
						sids = append(sids, call.CarrierCallID)
					}
					if len(page) < pageOf {
						break
					}
					last = page[len(page)-1]
				}
				sorted := slices.Clone(sids[:min(4, len(sids))]) // of one moment the ids decide
				slices.Sort(sorted)
				if got := strings.Join(append(sorted, sids[len(sorted):]...), " "); got != c.want {
					t.Errorf("%s, %d a page: %s, want %s", name, pageOf, got, c.want)
				}
			}
		}
		newest := must[[]models.Call](t)(s.NewestLiveCalls(ctx, 2))
		if len(newest) != 2 || newest[0].CarrierCallID != "CA5" || newest[1].CarrierCallID != "CA4" {
			t.Errorf("the newest are %v", newest)
		}
	})
}

func TestACallIsClosedOnceAndItsRecordStillCounts(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		if err := s.Arrive(ctx, arriving()); err != nil {
			t.Fatal(err)
		}
		closers := make(chan bool, 8)
		atOnce(t, 8, func(int) error {
			closed, err := s.CloseCall(ctx, "CA1", models.Failed, "its run was ended from outside", noon.Add(time.Minute))
			closers <- closed
			return err
		})
		close(closers)
		n := 0
		for closed := range closers {
			if closed {
				n++
			}
		}
		if n != 1 {
			t.Errorf("%d closed it", n)
		}
		want, over := arriving(), noon.Add(time.Minute)
		want.Stage, want.Outcome, want.Reason, want.EndedAt = models.StageEnded, models.Failed, "its run was ended from outside", &over
		got := must[models.Call](t)(s.CallByCarrierID(ctx, "CA1"))
		same(t, kept(want, got.ID, noon), got)

		if err := s.RecordCall(ctx, ended()); err != nil {
			t.Fatal(err)
		}
		if closed, err := s.CloseCall(ctx, "CA1", models.Failed, "", noon); closed || err != nil {
			t.Errorf("a recorded call: closed %v, %v", closed, err)
		}
		same(t, kept(ended(), got.ID, noon), must[models.Call](t)(s.CallByCarrierID(ctx, "CA1")))
		if closed, err := s.CloseCall(ctx, "CA9", models.Failed, "", noon); closed || err != nil {
			t.Errorf("a call that is not there: closed %v, %v", closed, err)
		}
	})
}

func TestWhatTheWholeCallAddsIsKept(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		call := ended()
		call.Outcome, call.Refusal = models.Voicemailed, models.RefusedTooMany
		call.Voicemail = &models.Voicemail{Status: models.RecordingReady, Recording: "RE1", Seconds: 12, Transcript: "Grüß Gott", Transcribe: models.TranscriptReady}
		alert := resolved()
		alert.Voicemail = call.Voicemail
		if err := s.RecordCall(ctx, call); err != nil {
			t.Fatal(err)
		}
		record(t, s, alert)
		got := must[models.Call](t)(s.CallByCarrierID(ctx, "CA1"))
		same(t, kept(call, got.ID, call.StartedAt.UTC()), got)
		alert.CallID = got.ID
		same(t, alert, must[models.Alert](t)(s.AlertByCall(ctx, "CA1")))
	})
}

// BenchmarkCallerFacts is what a call waits for when it comes to a route with a hundred live calls
// and a hundred thousand past ones, all within the day, the caller's own among them.
func BenchmarkCallerFacts(b *testing.B) {
	for name, open := range map[string]func(testing.TB) *store.Store{"sqlite": storetest.SQLite, "postgres": storetest.Postgres} {
		b.Run(name, func(b *testing.B) {
			s := open(b)
			const rows, live = 100_000, 100
			calls := make([]models.Call, rows)
			for i := range calls {
				c := earlier(fmt.Sprintf("CA%d", i), time.Duration(rows-i)*800*time.Millisecond)
				c.ID, c.Caller = c.CarrierCallID, models.Phone(fmt.Sprintf("+1202555%04d", i%1000))
				if over := c.StartedAt.Add(time.Minute); i < rows-live {
					c.EndedAt = &over
				}
				calls[i] = c
			}
			if err := s.Writer().CreateInBatches(calls, 1000).Error; err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				known, err := s.CallerFacts(context.Background(), "r1", "+12025550199", "CA0", noon)
				if err != nil || known.LiveCalls != live || known.RecentCalls != 1 {
					b.Fatalf("%+v, %v", known, err)
				}
			}
		})
	}
}
