package simulator

import (
	"net/http"
	"reflect"
	"testing"
)

const carol = "+12025550123"

func TestPageLoadsNothingOfOthers(t *testing.T) {
	b := newBench(t)
	res, err := http.Get(b.rest.URL + "/")
	b.must(err)
	defer res.Body.Close()
	for name, want := range map[string]string{
		"Content-Security-Policy": policy, "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
	} {
		if got := res.Header.Get(name); got != want {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func TestStreamGoesOnWhereItStopped(t *testing.T) {
	d := newDesk(New(Config{}))
	defer d.c.Close()
	for range 9 {
		d.c.emit(Event{Kind: EventREST})
	}
	for _, c := range []struct {
		name, lastID, after, last string
		want                      int
	}{
		{"nothing asked for is all of it", "", "", "", 0},
		{"after an event", "", "4", "", 4},
		{"only what is new", "", "-1", "", -1},
		{"the newest two", "", "", "2", 7},
		{"the newest of fewer than asked for", "", "", "100", 0},
		{"a browser that comes back", d.place(5), "", "2", 5},
		{"a browser that comes back from an earlier run", "0123.5", "", "", 0},
		{"a browser that comes back from an earlier run, for the newest two", "0123.8", "", "2", 7},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := d.resume(c.lastID, c.after, c.last); got != c.want {
				t.Errorf("goes on after %d, want %d", got, c.want)
			}
		})
	}
}

func TestPhonesHaveTheNamesOfTheirOwners(t *testing.T) {
	b := newBench(t)
	client := &Client{BaseURL: b.rest.URL}
	b.must(client.PutScript(b.ctx, bob, Script{Answer: Busy}))
	b.must(client.PutName(b.ctx, bob, "Bob’s mobile"))
	b.must(client.PutName(b.ctx, carol, "Carol’s mobile"))
	b.must(client.PutName(b.ctx, alice, "Alice’s mobile"))
	b.must(client.PutName(b.ctx, carol, ""))
	if err := client.PutName(b.ctx, "12", "nobody"); err == nil {
		t.Error("a number that is none got a name")
	}
	phones, err := client.Phones(b.ctx)
	b.must(err)
	want := []PhoneState{
		{Phone: alice, Name: "Alice’s mobile", Script: Script{Answer: Manual}, Calls: []CallView{}},
		{Phone: bob, Name: "Bob’s mobile", Script: Script{Answer: Busy}, Calls: []CallView{}},
	}
	if !reflect.DeepEqual(phones, want) {
		t.Errorf("%+v", phones)
	}
}
