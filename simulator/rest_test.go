package simulator

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

func TestOrdersThatRESTRefuses(t *testing.T) {
	b := newBench(t)
	for _, c := range []struct {
		name string
		form url.Values
		code float64
	}{
		{"no To", url.Values{"From": {ours}, "Url": {b.url}}, 21201},
		{"no From", url.Values{"To": {alice}, "Url": {b.url}}, 21213},
		{"a To that is no number", url.Values{"To": {"alice"}, "From": {ours}, "Url": {b.url}}, 21211},
		{"a From that is not ours", url.Values{"To": {alice}, "From": {bob}, "Url": {b.url}}, 21210},
		{"no document", url.Values{"To": {alice}, "From": {ours}}, 21205},
		{"a bad URL", url.Values{"To": {alice}, "From": {ours}, "Url": {"leg"}}, 21205},
		{"a long document", url.Values{"To": {alice}, "From": {ours}, "Twiml": {strings.Repeat("x", 4001)}}, 20001},
		{"a bad time-out", url.Values{"To": {alice}, "From": {ours}, "Url": {b.url}, "Timeout": {"601"}}, 21207},
		{"a bad method", url.Values{"To": {alice}, "From": {ours}, "Url": {b.url}, "Method": {"PUT"}}, 20001},
	} {
		t.Run(c.name, func(t *testing.T) {
			if status, body := b.post("/Calls.json", c.form); status != 400 || body["code"] != c.code || body["more_info"] == "" {
				t.Errorf("%d %v, want code %v", status, body, c.code)
			}
		})
	}
}

func TestWhoIsNotTheAccountIsRefused(t *testing.T) {
	b := newBench(t)
	for _, password := range []string{"", "wrong", testToken} {
		req, _ := http.NewRequestWithContext(b.ctx, http.MethodGet, b.rest.URL+"/2010-04-01/Accounts/"+testSID+"/Calls.json", nil)
		req.SetBasicAuth(testSID, password)
		res, err := http.DefaultClient.Do(req)
		b.must(err)
		res.Body.Close()
		if want := map[bool]int{true: 200, false: 401}[password == testToken]; res.StatusCode != want {
			t.Errorf("password %q: %d, want %d", password, res.StatusCode, want)
		}
	}
	if status, body := b.get("/Calls/CA" + strings.Repeat("0", 32) + ".json"); status != 404 || body["code"] != 20404.0 {
		t.Errorf("unknown call: %d %v", status, body)
	}
}

func TestListOfCalls(t *testing.T) {
	b := newBench(t)
	b.says("/leg", `<Say>Hi</Say>`)
	b.sim.Script(alice, Script{Answer: Busy})
	b.sim.Script(bob, Script{RingFor: 0.1})
	for range 3 {
		b.ends(b.ring(alice, "/leg"), StatusBusy)
	}
	b.ends(b.ring(bob, "/leg"), StatusCompleted)
	today := time.Now().UTC().Format(time.DateOnly)
	tomorrow := time.Now().UTC().AddDate(0, 0, 1).Format(time.DateOnly)
	for _, c := range []struct {
		query string
		want  int
	}{
		{"", 4},
		{"?To=" + url.QueryEscape(alice), 3},
		{"?To=" + url.QueryEscape(bob) + "&From=" + url.QueryEscape(ours), 1},
		{"?Status=busy", 3},
		{"?Status=ringing", 0},
		{"?StartTime=" + today, 4},
		{"?StartTime%3E=" + today, 4},
		{"?StartTime%3E=" + tomorrow, 0},
		{"?StartTime%3C=" + tomorrow, 4},
		{"?PageSize=3", 3},
		{"?PageSize=3&Page=1", 1},
	} {
		status, body := b.get("/Calls.json" + c.query)
		if calls, _ := body["calls"].([]any); status != 200 || len(calls) != c.want {
			t.Errorf("%s: %d, %d calls, want %d", c.query, status, len(calls), c.want)
		}
	}
	_, body := b.get("/Calls.json?PageSize=3")
	if next, _ := body["next_page_uri"].(string); !strings.Contains(next, "Page=1") {
		t.Errorf("next page %q", next)
	}
}

func TestNumbersAreListedAndUpdated(t *testing.T) {
	b := newBench(t)
	_, list := b.get("/IncomingPhoneNumbers.json?PhoneNumber=" + url.QueryEscape(ours))
	numbers := list["incoming_phone_numbers"].([]any)
	if len(numbers) != 1 {
		t.Fatalf("%v", list)
	}
	path := "/IncomingPhoneNumbers/" + numbers[0].(map[string]any)["sid"].(string) + ".json"
	status, body := b.post(path, url.Values{"VoiceUrl": {b.url + "/new"}, "VoiceMethod": {"GET"}, "FriendlyName": {"On call"}})
	if status != 200 || body["voice_url"] != b.url+"/new" || body["status_callback"] != b.url+"/status" {
		t.Errorf("%d %v", status, body)
	}
	if _, body = b.get(path); body["voice_method"] != "GET" || body["friendly_name"] != "On call" {
		t.Errorf("%v", body)
	}
	for _, bad := range []url.Values{{"VoiceUrl": {"nowhere"}}, {"VoiceMethod": {"PUT"}}, {"VoiceUrl": {""}, "VoiceFallbackUrl": {b.url}}} {
		if status, body := b.post(path, bad); status != 400 {
			t.Errorf("%v: %d %v", bad, status, body)
		}
	}
	if status, body := b.get(".json"); status != 200 || body["status"] != "active" {
		t.Errorf("account: %d %v", status, body)
	}
}

func TestRungPhoneIsCancelled(t *testing.T) {
	for _, status := range []string{"canceled", "completed"} {
		t.Run(status, func(t *testing.T) {
			b := newBench(t)
			l := b.ring(alice, "/leg", "StatusCallback", b.url+"/leg-status")
			rung, err := b.sim.Phone(alice).WaitRinging(b.ctx)
			b.must(err)
			if rung != l {
				t.Error("another call rings")
			}
			b.post("/Calls/"+l.SID+".json", url.Values{"Status": {status}})
			b.ends(l, StatusCanceled)
			b.waitHooks("/leg-status", 1)
			if got := b.hooks("/leg"); len(got) > 0 {
				t.Error("the document of a call was asked that nobody answered")
			}
		})
	}
}

func TestTwimlGivenWithTheCall(t *testing.T) {
	b := newBench(t)
	b.sim.Script(alice, Script{RingFor: 0.1})
	_, body := b.post("/Calls.json", url.Values{"To": {alice}, "From": {ours}, "Twiml": {"<Response><Say>Test call</Say></Response>"}})
	l := b.sim.Leg(body["sid"].(string))
	b.hears(l, "test call")
	b.ends(l, StatusCompleted)
}
