package store_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ringdown/ringdown/models"
	"github.com/ringdown/ringdown/models/store"
	"github.com/ringdown/ringdown/models/store/storetest"
)

const (
	carol = models.Phone("+447700900111") // whose calls these tests make
	dan   = models.Phone("+447700900222")
)

// formsOf are what is looked for of Carol: her number as it is written, her name, and what she said.
var formsOf = []string{"447700900111", "7700 900111", "7700-900-111", "Carol", whatTheySaid}

// known puts everything on record in which a caller can stand.
func known(t *testing.T, s *store.Store) (ctx context.Context, route models.Route) {
	t.Helper()
	ctx = store.As(context.Background(), operator)
	rule := byCaller("Calls")
	rule.Incident.Name, rule.Incident.Summary = "{{caller_name}} called", "From {{caller}}."
	must[models.AlertRoute](t)(s.CreateAlertRoute(ctx, rule))
	must[models.Receiver](t)(s.CreateReceiver(ctx, hook("Desk")))
	route = models.Route{Name: "Support", Allowlist: models.Allowlist{Enabled: true, Callers: []models.AllowedCaller{{Name: "Carol", Number: carol}, {Name: "Dan", Number: dan}}}}
	route = must[models.Route](t)(s.CreateRoute(ctx, route))
	must[models.BlockedCaller](t)(s.CreateBlockedCaller(ctx, models.BlockedCaller{Number: carol, Reason: "Carol calls at night"}))
	for n := range 5 {
		past(t, s, n, n)
	}
	pastOf(t, s, 9, 9, models.AllowedCaller{Name: "Dan", Number: dan})
	orphan := delivery("r8", 1)
	orphan.AlertID, orphan.ID = "gone", "gone.r8.1"
	if err := s.KeepDelivery(ctx, orphan); err != nil {
		t.Fatal(err)
	}
	id := incidents(t, s)[0].ID
	must[models.IncidentMessage](t)(s.AddMessage(ctx, id, "Carol rings from 07700 900111 and (+44) 7700-900-111."))
	must[models.Incident](t)(s.ActOnIncident(ctx, id, models.IncidentClose, 0))
	claim := models.KeptReply{KeyID: "k1", Token: "t1", Claim: "c", Request: []byte{1}, ClaimedAt: time.Now()}
	must[models.KeptReply](t)(s.ClaimReply(ctx, claim))
	claim.Status, claim.Body = 201, []byte(`{"number":"+447700900111"}`)
	if err := s.KeepReply(ctx, claim); err != nil {
		t.Fatal(err)
	}
	if err := s.FlagPhone(ctx, carol, 13224, noon); err != nil {
		t.Fatal(err)
	}
	return ctx, route
}

// erase does all that an erasure does here.
func erase(t *testing.T, s *store.Store, e models.Erasure) models.Erasure {
	t.Helper()
	ctx := context.Background()
	for more := true; more; {
		more = must[bool](t)(s.EraseSome(ctx, e.ID, 2))
	}
	must[int](t)(s.EraseMentions(ctx, e.ID, 2))
	return must[models.Erasure](t)(s.Erasure(ctx, e.ID))
}

func TestNothingNamesACallerWhoIsErased(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx, route := known(t, s)
		for _, form := range formsOf {
			if len(storetest.Naming(storetest.Dump(t, s), form)) == 0 {
				t.Errorf("%s stands nowhere", form)
			}
		}
		before := len(storetest.Dump(t, s))
		e := erase(t, s, must[models.Erasure](t)(s.BeginErasure(ctx, carol, true)))
		for _, line := range storetest.Naming(storetest.Dump(t, s), formsOf...) {
			if !ofOther(line) {
				t.Errorf("there is %s", line)
			}
		}
		if after := len(storetest.Dump(t, s)); after < before { // rows stay
			t.Errorf("of %d values %d are left", before, after)
		}
		want := models.Erased{Calls: 5, Alerts: 5, Deliveries: 6, Incidents: 5, Messages: 11, Changes: 4, Replies: 1, Settings: 2, PhoneFaults: 1}
		same(t, want, e.Removed)
		if e.By != operator || e.DoneAt != nil || len(e.Kept) != 0 || !slices.Equal(e.Told, []string{"a receiver that was removed"}) {
			t.Errorf("it came to %+v", e)
		}
		same(t, models.Leftovers{Recordings: 5, WorkflowRuns: 15}, e.Left)

		call := must[models.Call](t)(s.Call(ctx, "c0"))
		if call.Caller != "" || call.ErasedAt == nil || call.Outcome != models.Voicemailed || len(call.Attempts) != 1 || len(call.Timeline) != 1 || call.AnsweredBy != "u1" {
			t.Errorf("the record is %+v", call)
		}
		if v := call.Voicemail; v.Recording != "" || v.Status != models.RecordingDeleted || v.Seconds != 12 || v.Transcribe != models.TranscriptDeleted || v.DeletedAt == nil {
			t.Errorf("the message is %+v", v)
		}
		if got := must[models.Call](t)(s.Call(ctx, "c9")); got.Caller != dan || got.Voicemail.Transcript != whatTheySaid {
			t.Errorf("the other's call is %+v", got)
		}
		callers := must[models.Route](t)(s.Route(ctx, route.ID)).Allowlist.Callers
		same(t, []models.AllowedCaller{{Name: "Dan", Number: dan}}, callers)
	})
}

// ofOther says whether a line of a dump is about the other caller, who said the same.
func ofOther(line string) bool {
	return !strings.Contains(line, "900111") && strings.Contains(line, whatTheySaid) &&
		(strings.HasPrefix(line, "calls.voicemail") || strings.HasPrefix(line, "alerts.voicemail") || strings.HasPrefix(line, "deliveries.alert") ||
			strings.HasPrefix(line, "incident_messages.text"))
}

func TestWhatIsASettingStaysUnlessThatIsAskedFor(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx, route := known(t, s)
		bob := alice()
		bob.Name, bob.Email, bob.Phones = "Bob", "bob@example.com", []models.UserPhone{{Label: "mobile", Number: carol}}
		bob = must[models.User](t)(s.CreateUser(ctx, bob))
		rule := declaring("From her")
		rule.Conditions = []models.Condition{{Attribute: models.AttrCaller, Operation: models.OpOneOf, Values: []string{string(dan), string(carol)}}}
		rule = must[models.AlertRoute](t)(s.CreateAlertRoute(ctx, rule))
		last := must[models.Route](t)(s.CreateRoute(ctx, models.Route{Name: "Last", EmergencyNumber: carol, Nobody: models.Nobody{Number: carol},
			Allowlist: models.Allowlist{Enabled: true, Callers: []models.AllowedCaller{{Name: "Carol", Number: carol}}}}))
		always := []string{"alert route " + rule.ID, "call route " + last.ID, "call route " + last.ID, "call route " + last.ID, "user " + bob.ID}
		e := erase(t, s, must[models.Erasure](t)(s.BeginErasure(ctx, carol, false)))
		keeps(t, e, append([]string{"blocked caller " + blocked(t, s), "call route " + route.ID}, always...))
		if route := must[models.Route](t)(s.Route(ctx, route.ID)); len(route.Allowlist.Callers) != 2 {
			t.Errorf("the allowlist is %v", route.Allowlist.Callers)
		}
		e = erase(t, s, must[models.Erasure](t)(s.BeginErasure(ctx, carol, true)))
		keeps(t, e, always)
		if e.Removed.Settings != 2 || e.Removed.PhoneFaults != 0 {
			t.Errorf("removed are %+v", e.Removed)
		}
		for _, change := range audit(t, s, store.ChangeFilter{Noun: "user"}) {
			if !strings.Contains(string(change.After), "900111") {
				t.Errorf("Bob's phone is not in %s", change.After)
			}
		}
	})
}

func TestWhateverNamesACallerIsListed(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		greets := must[models.Route](t)(s.CreateRoute(ctx, models.Route{Name: "Greets", Greeting: "Or ring 07700 900111."}))
		says := must[models.Route](t)(s.CreateRoute(ctx, models.Route{Name: "Says", Phrases: map[models.Phrase]string{models.PhraseGoodbye: "Ring 07700 900111."}}))
		ends := must[models.Route](t)(s.CreateRoute(ctx, models.Route{Name: "Ends", Nobody: models.Nobody{Message: "Ring 07700 900111."}}))
		desk := hook("Desk")
		desk.URL = "https://desk.example.com/447700900111"
		desk = must[models.Receiver](t)(s.CreateReceiver(ctx, desk))
		keep(t, s, commented(t, must[models.NumberRequest](t)(s.CreateNumberRequest(ctx, wish("n1", 0), 0)).Begin(noon), "Ask +44 7700 900111."))
		e := erase(t, s, must[models.Erasure](t)(s.BeginErasure(ctx, carol, false)))
		want := []string{"call route " + greets.ID, "call route " + says.ID, "call route " + ends.ID, "receiver " + desk.ID, "number request n1"}
		for _, m := range e.Kept {
			if m.Noun == "notice" {
				want = append(want, "notice "+m.ID)
			}
		}
		keeps(t, e, want)
		if len(want) < 6 {
			t.Error("no notice is listed")
		}
	})
}

func blocked(t *testing.T, s *store.Store) string {
	t.Helper()
	all, _, err := s.BlockedCallers(context.Background(), store.Page{})
	if err != nil || len(all) != 1 {
		t.Fatalf("%d callers are blocked: %v", len(all), err)
	}
	return all[0].ID
}

func keeps(t *testing.T, e models.Erasure, want []string) {
	t.Helper()
	var kept []string
	for _, m := range e.Kept {
		kept = append(kept, m.Noun+" "+m.ID)
	}
	slices.Sort(kept)
	slices.Sort(want)
	if !slices.Equal(kept, want) {
		t.Errorf("kept are %q, want %q", kept, want)
	}
}

func TestAnErasureWaitsForCallsThatAreNotOver(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		past(t, s, 1, 0)
		live := arriving()
		live.CarrierCallID = "CA2"
		if err := s.Arrive(ctx, live); err != nil {
			t.Fatal(err)
		}
		e := erase(t, s, must[models.Erasure](t)(s.BeginErasure(ctx, carol, false)))
		if e.Number != carol || e.Left.Calls != 1 || e.Removed.Calls != 1 {
			t.Errorf("it came to %+v", e)
		}
		pastOf(t, s, 4, 5, models.AllowedCaller{Name: "Dan", Number: dan})
		pastOf(t, s, 5, 6, models.AllowedCaller{Name: "Dan", Number: dan})
		for caller, want := range map[models.Phone][2][]string{carol: {{"CA2"}, nil}, dan: {nil, {"CA5"}}} {
			live, late, err := s.CallerCalls(ctx, caller, noon.AddDate(0, 0, 6))
			if err != nil || !slices.Equal(live, want[0]) || !slices.Equal(late, want[1]) {
				t.Errorf("live are %q, late %q, %v", live, late, err)
			}
		}
		if _, err := s.CloseCall(ctx, "CA2", models.Failed, "", noon); err != nil {
			t.Fatal(err)
		}
		later := arriving() // whoever calls later is a caller anew
		later.CarrierCallID, later.StartedAt = "CA3", time.Now().Add(time.Hour)
		if err := s.Arrive(ctx, later); err != nil {
			t.Fatal(err)
		}
		if e = erase(t, s, e); e.Number != "" || e.Left.Calls != 0 || e.Removed.Calls != 2 {
			t.Errorf("it came to %+v", e)
		}
		if got := must[models.Call](t)(s.CallByCarrierID(ctx, "CA3")); got.Caller != carol {
			t.Error("a later call is erased")
		}
	})
}

func TestEveryNameOfACallerIsKnownBeforeTheFirstCallIsErased(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		must[models.AlertRoute](t)(s.CreateAlertRoute(ctx, declaring("Calls")))
		must[models.Route](t)(s.CreateRoute(ctx, models.Route{Name: "Support", Allowlist: models.Allowlist{Callers: []models.AllowedCaller{{Name: "Mrs Jones", Number: carol}}}}))
		for n := range 3 {
			past(t, s, n, n)
		}
		pastOf(t, s, 4, 4, models.AllowedCaller{Name: "Carol Jones", Number: carol})
		first := incidents(t, s)[0]
		must[models.IncidentMessage](t)(s.AddMessage(ctx, first.ID, "mrs  jones is CAROL JONES."))
		if err := s.KeepChannel(ctx, first.ID, models.Channel{ID: "C1", Name: "inc-1-carol-jones-called"}); err != nil {
			t.Fatal(err)
		}
		erase(t, s, must[models.Erasure](t)(s.BeginErasure(ctx, carol, false)))
		if got := must[models.Incident](t)(s.Incident(ctx, first.ID)).Channel.Name; got != "inc-1-[removed]-called" {
			t.Errorf("the channel is %s", got)
		}
		for _, text := range storetest.Naming(storetest.Dump(t, s), "jones", "Jones", "JONES") {
			if !strings.HasPrefix(text, "call_routes.") && !strings.HasPrefix(text, "changes.") { // the setting stays, and is listed
				t.Errorf("there is %s", text)
			}
		}
	})
}

func TestAnErasureIsDoneWhenNothingIsLeftElsewhere(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := store.As(context.Background(), operator)
		past(t, s, 1, 0)
		e := must[models.Erasure](t)(s.BeginErasure(ctx, carol, false))
		end := func(done bool) models.Erasure {
			t.Helper()
			if err := s.EndErasure(ctx, e.ID); err != nil {
				t.Fatal(err)
			}
			got := must[models.Erasure](t)(s.Erasure(ctx, e.ID))
			if (got.DoneAt != nil) != done || got.DoneAt == nil != slices.Contains(must[[]string](t)(s.OpenErasures(ctx, 9)), e.ID) {
				t.Errorf("it is done: %v, want %v", got.DoneAt, done)
			}
			return got
		}
		end(false)
		erase(t, s, e)
		if got := references(t, s, e.ID); !slices.Equal(got, []string{"alert_run CA1", "call_run CA1", "delivery_run a1/r1", "recording " + left(1).Recording}) {
			t.Errorf("left are %q", got)
		}
		removals := must[[]models.Removal](t)(s.Removals(ctx, e.ID, "", 50))
		if err := s.RemovalFailed(ctx, removals[0].ID, "the carrier is away"); err != nil {
			t.Fatal(err)
		}
		if got := end(false).Left; got.LastError != "the carrier is away" || got.Done() {
			t.Errorf("left is %+v", got)
		}
		if err := s.RemovalsDone(ctx, removals); err != nil {
			t.Fatal(err)
		}
		got := end(true)
		if !got.Left.Done() || got.Removed.Recordings != 1 || got.Removed.WorkflowRuns != 3 {
			t.Errorf("it came to %+v", got)
		}
		all, _, err := s.Erasures(ctx, store.Page{})
		if err != nil || len(all) != 1 {
			t.Fatalf("%v, %v", all, err)
		}
		same(t, got, all[0])
		var lines []string
		for _, change := range audit(t, s, store.ChangeFilter{Noun: "caller", NounID: e.ID}) {
			lines = append(lines, told(change))
		}
		if len(lines) != 2 || lines[0] != `Night desk: erase caller "",  -> {"caller":"+44•••11","settings":false}` ||
			!strings.HasPrefix(lines[1], `Night desk: erased caller "",  -> {"caller":"+44•••11","settings":false,"removed":{"calls":1,`) {
			t.Errorf("the audit list has %q", lines)
		}
		if _, err := s.Erasure(ctx, "none"); !errors.Is(err, models.ErrNotFound) {
			t.Errorf("no erasure: %v", err)
		}
	})
}

func TestAChannelElsewhereIsToldAnewOfAnErasedCaller(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := context.Background()
		must[models.AlertRoute](t)(s.CreateAlertRoute(ctx, declaring("Calls")))
		past(t, s, 1, 0)
		id := incidents(t, s)[0].ID
		if err := s.Writer().Exec("UPDATE incidents SET channel_provider = 'slack'").Error; err != nil {
			t.Fatal(err)
		}
		channel := models.Channel{ID: "C1", Name: "inc-1-call", Headline: "1.2", ToldText: "INC-1, from +447700900111 (Carol, GB)"}
		if err := s.KeepChannel(ctx, id, channel); err != nil {
			t.Fatal(err)
		}
		e := erase(t, s, must[models.Erasure](t)(s.BeginErasure(ctx, carol, false)))
		got := must[models.Incident](t)(s.Incident(ctx, id))
		if got.Channel.ToldText != "" || got.Channel.Headline != "1.2" || !slices.Contains(e.Told, "channel inc-1-call of INC-1") || e.Left.Channels != 1 {
			t.Errorf("the channel is %+v, and it came to %+v", got.Channel, e)
		}
		work := must[store.ChannelWork](t)(s.ChannelWork(ctx, id))
		if !strings.Contains(work.Headline, "from a caller whose data were removed (GB)") {
			t.Errorf("its headline is %q", work.Headline)
		}
	})
}
