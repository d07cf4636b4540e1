package simulator

import (
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"
)

func TestPageOfPhones(t *testing.T) {
	browser, ok := chromium(t)
	if !ok {
		return
	}
	for _, c := range []struct {
		name string
		look func(v *visit)
	}{
		{"a whole call by keyboard alone", lookAtCall},
		{"a message after the tone", lookAtMessage},
		{"a withheld caller", lookAtWithheld},
		{"each phone behaves as it is told", lookAtManners},
		{"an old picture undoes no choice", lookAtOldPicture},
		{"faults are set and cleared", lookAtFaults},
		{"text is never HTML", lookAtText},
		{"words are spoken aloud in their language", lookAtSpeech},
		{"all can be seen, named and hit", lookAtLayout},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := newVisit(browser, t)
			c.look(v)
			if all := v.complaints(); len(all) > 0 {
				t.Errorf("the console says %q", all)
			}
		})
	}
	t.Run("it comes back when the simulator restarts", func(t *testing.T) { lookAtRestart(newVisit(browser, t)) })
}

// serveRoom sets the documents of a caller who is asked for a key and then waits, and of who is rung for them.
func (v *visit) serveRoom() {
	v.says("/voice", `<Gather numDigits="1" action="/key" timeout="200"><Say language="en-GB">Press 5 to go on</Say></Gather>`)
	v.says("/key", `<Say language="en-GB">Please hold</Say><Dial><Conference waitUrl="/wait">room</Conference></Dial>`)
	v.says("/wait", `<Pause length="180"/>`)
	v.says("/leg", `<Gather numDigits="1" action="/join" timeout="200"><Say language="en-GB">Press 1 to take it</Say></Gather>`)
	v.says("/join", `<Dial><Conference>room</Conference></Dial>`)
}

func (v *visit) name(phone, name string) {
	v.t.Helper()
	v.must((&Client{BaseURL: v.rest.URL}).PutName(v.ctx, phone, name))
}

func lookAtCall(v *visit) {
	v.serveRoom()
	v.name(alice, "Alice’s mobile")
	v.name(bob, "Bob’s mobile")
	v.open(v.rest.URL, "")
	v.tabTo("Place the call")
	v.press("\r")
	v.wait("the caller is asked", `document.querySelector('#caller .words')?.textContent === 'Press 5 to go on'`)
	if at := v.focused(); at != "The caller’s phone" {
		v.t.Errorf("after placing the call the focus is at %q", at)
	}
	v.press("5")
	if got := v.waitHooks("/key", 1)[0].form.Get("Digits"); got != "5" {
		v.t.Errorf("pressed %q", got)
	}
	v.wait("the caller waits", `document.querySelector('#caller .words').textContent.includes('Please hold')`)

	leg := v.ring(alice, "/leg", "Timeout", "600")
	v.wait("Alice is rung", `document.querySelector('.ringing h3')?.textContent === 'Alice’s mobile'`)
	v.tabTo("Answer Alice’s mobile")
	v.press("\r")
	v.wait("Alice is asked", `document.querySelector('#phones .now')?.textContent.startsWith('It is your turn')`)
	if at := v.focused(); at != "Alice’s mobile" {
		v.t.Errorf("after answering the focus is at %q", at)
	}
	v.press("1")
	v.wait("they talk", `[...document.querySelectorAll('.now')].filter((n) => n.textContent === 'Talking with the other person').length === 2`)

	declined := v.ring(bob, "/leg", "Timeout", "600")
	v.wait("Bob is rung", `document.querySelector('.ringing h3')?.textContent === 'Bob’s mobile'`)
	v.tabTo("Decline on Bob’s mobile")
	v.press(" ")
	v.ends(declined, StatusBusy)
	v.tabTo("Hang up the caller’s phone")
	v.press("\r")
	v.wait("another call can be placed", `!document.querySelector('#dial').hidden`)
	leg.HangUp()
	v.ends(leg, StatusCompleted)

	v.wait("the story is over", `document.querySelector('#story').textContent.includes('The call to Alice’s mobile is over')`)
	v.tells("+44 7700 900123 calls Production down (+1 202 555 0100)", "The caller hears Press 5 to go on", "The caller presses 5",
		"The caller hears Please hold", "Alice’s mobile rings", "Alice’s mobile is picked up", "Alice’s mobile hears Press 1 to take it",
		"Alice’s mobile presses 1", "Alice’s mobile talks with the other person", "Bob’s mobile rings",
		"Bob’s mobile is busy, or declines", "The caller is off the line", "The call to Alice’s mobile is over")
	want := "https://example.com/calls/call%2F" + v.sim.Legs()[0].SID
	if got := v.read(`document.querySelector('#story .call a').href`); got != want {
		v.t.Errorf("the call links to %s, want %s", got, want)
	}
	v.wait("the newest line is in view", `(() => {
		const list = document.querySelector('#story'), line = list.lastElementChild.getBoundingClientRect();
		return list.scrollHeight > list.clientHeight && line.bottom <= list.getBoundingClientRect().bottom + 1;
	})()`)
	v.wait("the news is announced", `document.querySelector('#news[role=status]').textContent.includes('is over')`)
}

// tells holds that the story has these lines in this order, with whatever lines between them.
func (v *visit) tells(lines ...string) {
	v.t.Helper()
	rest := v.told() + "\n"
	for _, line := range lines {
		_, after, found := strings.Cut("\n"+rest, "\n"+line+"\n")
		if !found {
			v.t.Fatalf("the story does not tell, or not in order, %q:\n%s", line, v.told())
		}
		rest = after
	}
}

func lookAtMessage(v *visit) {
	v.says("/voice", `<Say>After the tone</Say><Play digits="1" loop="3"/><Record action="/kept" maxLength="600" timeout="2"/>`)
	v.says("/kept", `<Say>Thank you</Say><Pause length="180"/>`)
	v.open(v.rest.URL, "")
	v.tabTo("Place the call")
	v.press("\r")
	v.wait("it records", `document.querySelector('.say')?.checkVisibility()`)
	v.tabTo("What to say into the caller’s phone")
	v.press("The pump 3 has stopped")
	v.press("\r")
	v.wait("it is said and kept", `document.querySelector('#caller .words').textContent.includes('Thank you')`)
	v.tells("The caller hears After the tone", "The caller hears ♪ keys 1 (3 times)", "The caller leaves a message: The pump 3 has stopped", "The caller hears Thank you")
	if v.count(EventPressed) > 0 {
		v.t.Error("typing into a field pressed a key of the phone")
	}
	v.wait("nothing more can be said", `!document.querySelector('.say').checkVisibility()`)
}

func lookAtWithheld(v *visit) {
	v.serveRoom()
	v.open(v.rest.URL, "")
	v.tabTo("Withhold it")
	v.press(" ")
	v.tabTo("The network vouches for it")
	v.press("In full")
	v.tabTo("Place the call")
	v.press("\r")
	form := v.waitHooks("/voice", 1)[0].form
	if form.Get("From") != "anonymous" || form.Get("StirVerstat") != "TN-Validation-Passed-A" {
		v.t.Errorf("called with %v", form)
	}
	v.wait("the story tells", `document.querySelector('#story').textContent.includes('The caller hears')`)
	v.sim.Dial(caller, ours, CallerScript{})
	v.wait("both calls are at hand", `[...document.querySelectorAll('#caller .what')].filter((w) => w.textContent === 'On the line to Production down').length === 2`)
	v.tells("A withheld number calls Production down (+1 202 555 0100)", "The caller is through", "The caller hears Press 5 to go on",
		"+1 202 555 0111 calls Production down (+1 202 555 0100)", "The caller from +1 202 555 0111 is through")
}

func lookAtManners(v *visit) {
	v.serveRoom()
	v.name(alice, "Alice’s mobile")
	v.open(v.rest.URL, "")
	v.tabTo("When rung, Alice’s mobile")
	for _, c := range []struct{ shown, known string }{
		{"Answers, presses a key", `p.script.answer === 'answer' && p.script.keys[0].digits === '1'`},
		{"Answers, presses nothing", `p.script.answer === 'answer' && !p.script.keys`},
		{"Does not answer", `p.script.answer === 'no-answer'`},
		{"Is busy", `p.script.answer === 'busy'`},
		{"Declines", `p.script.answer === 'decline'`},
		{"A mailbox answers", `p.script.answer === 'mailbox'`},
		{"Is unreachable", `p.script.answer === 'fail'`},
		{"Is refused by the carrier", `p.script.refuse === 21211`},
	} {
		v.press(kb.ArrowDown)
		v.waitPhone(alice, c.known)
		if got := v.read(`document.activeElement.selectedOptions[0].textContent`); got != c.shown {
			v.t.Errorf("%s shows as %q", c.known, got)
		}
	}
	for shown, s := range map[string]Script{
		"I decide": {Answer: Manual}, "Is refused by the carrier": {Refuse: 21211}, "Answers, presses nothing": {},
	} {
		v.sim.Script(alice, s)
		v.wait("it shows that somebody else chose "+shown, `document.querySelector('.manner select').selectedOptions[0].textContent === '`+shown+`'`)
	}
	v.sim.Script(alice, Script{Keys: []Press{{Digits: "7"}}})
	v.wait("the key that somebody else chose is shown", `document.querySelector('.manner select').value === 'press' && document.querySelector('.key input').value === '7'`)
	v.tabTo("Key that Alice’s mobile presses")
	v.press(kb.Backspace + "9\t")
	v.waitPhone(alice, `p.script.keys[0].digits === '9'`)
	v.ring(alice, "/leg")
	if got := v.waitHooks("/join", 1)[0].form.Get("Digits"); got != "9" {
		v.t.Errorf("the phone pressed %q by itself", got)
	}
}

// heldPictures keeps each picture that the simulator gives from the page until it is let go.
const heldPictures = `
	window.held = [];
	const ask = window.fetch;
	window.fetch = async (address, ...more) => {
		const reply = await ask(address, ...more);
		if (window.holding && address.endsWith('picture')) await new Promise((letGo) => held.push(letGo));
		return reply;
	};
`

func lookAtOldPicture(v *visit) {
	v.name(alice, "Alice’s mobile")
	v.open(v.rest.URL, heldPictures)
	v.tabTo("When rung, Alice’s mobile")
	v.read(`window.holding = true`)
	v.wait("a picture is on its way", `held.length === 1`)
	v.press(kb.ArrowDown)
	v.waitPhone(alice, `p.script.answer === 'answer'`)
	v.read(`held[0]()`)
	v.wait("another picture is on its way", `held.length === 2`)
	if got := v.read(`document.activeElement.value`); got != "press" {
		v.t.Errorf("what was chosen is %s again", got)
	}
}

func lookAtFaults(v *visit) {
	v.open(v.rest.URL, "")
	v.tabTo("Faults none")
	v.press("\r")
	v.tabTo("Reports never come")
	v.press(" ")
	v.wait("the fault is on", `document.querySelector('#fault-count').textContent === '1 on'`)
	drop := func(kind string) Rule { return Rule{Match: Match{Kind: kind}, Do: Drop} }
	all := []Rule{drop("status"), drop("conference"), drop("recording"), drop("transcription")}
	v.hasFaults(Faults{Rules: all})

	mine := Rule{Match: Match{Phone: alice}, Do: Delay, Delay: 1}
	v.sim.SetFaults(Faults{Rules: append([]Rule{mine}, all...)})
	v.wait("what others set is counted", `document.querySelector('#fault-others').textContent === 'Set elsewhere: 1 more.'`)
	v.tabTo("Reports come in the wrong order")
	v.press(" ")
	v.wait("both are on", `document.querySelector('#fault-count').textContent === '3 on'`)
	want := []Rule{mine}
	for _, r := range all {
		r.Probability = 0.5
		want = append(want, r)
	}
	for _, r := range all {
		want = append(want, Rule{Match: r.Match, Do: Reorder})
	}
	v.hasFaults(Faults{Rules: want})

	v.tabTo("One new call a second, others queue")
	v.press(" ")
	v.wait("the limit is on", `document.querySelector('#fault-count').textContent === '4 on'`)
	v.hasFaults(Faults{Rules: want, CallsPerSecond: 1})
	v.tabTo("Reports never come")
	v.press(" ")
	v.wait("one is off", `document.querySelector('#fault-count').textContent === '3 on'`)
	v.tabTo("Clear all faults")
	const none = `document.querySelector('#fault-count').textContent === 'none' && !document.querySelector('#faults input:checked')`
	v.press("\r")
	v.wait("no fault is on", none)
	v.hasFaults(Faults{})
	v.sim.SetFaults(Faults{Rules: all[:2]})
	v.wait("half of a switch is counted as what others set", `document.querySelector('#fault-count').textContent === '2 on' &&
		document.querySelector('#fault-others').textContent === 'Set elsewhere: 2 more.' && !document.querySelector('#faults input:checked')`)
	v.press("\r")
	v.wait("no fault is on again", none)
	v.hasFaults(Faults{})
}

func (v *visit) hasFaults(want Faults) {
	v.t.Helper()
	got, err := (&Client{BaseURL: v.rest.URL}).Faults(v.ctx)
	v.must(err)
	if len(got.Rules) == 0 {
		got.Rules = nil
	}
	if !reflect.DeepEqual(got, want) {
		v.t.Errorf("the faults are %+v, want %+v", got, want)
	}
}

func lookAtText(v *visit) {
	const nasty = `<img src=x onerror="document.title='owned'"><b>bold</b>`
	v.sim.AddNumber(Number{Phone: ours, FriendlyName: nasty, VoiceURL: v.url + "/voice"})
	v.name(alice, nasty)
	v.says("/voice", `<Say>`+strings.NewReplacer("<", "&lt;", `"`, "&quot;").Replace(nasty)+`</Say><Pause length="180"/>`)
	v.open(v.rest.URL, "")
	v.sim.Dial("<i>me</i>", ours, CallerScript{})
	v.ring(alice, "/leg")
	v.wait("all of it is shown as it is", `['#to', '#phones h3', '#caller .words', '#story .call', '#story q', '#news'].every(
		(where) => document.querySelector(where)?.textContent.includes(`+"`"+nasty+"`"+`))`)
	if n := v.read(`document.querySelectorAll('main img, main b, main i').length`); n != "0" {
		v.t.Errorf("%s elements were made of text", n)
	}
	if why := v.read(`(() => { try { document.body.innerHTML = '<p>'; } catch (e) { return e.name; } return 'taken'; })()`); why != "TypeError" {
		v.t.Errorf("HTML made of text is %s", why)
	}
	if all := v.complaints(); len(all) != 1 || !strings.Contains(all[0], "TrustedHTML") {
		v.t.Errorf("the console says %q", all)
	}
}

// fakeVoices notes what is said, and says nothing to the end unless it is told to.
const fakeVoices = `
	window.spoken = [];
	Object.defineProperty(window, 'speechSynthesis', {value: {
		getVoices: () => [{name: 'Ann', lang: 'en-US'}, {name: 'Uwe', lang: 'de_DE'}],
		speak(words) { this.now = words; spoken.push(words.text + ' / ' + words.lang + ' / ' + words.voice?.name); },
		cancel() { spoken.push('cancelled'); },
	}});
	window.SpeechSynthesisUtterance = class { constructor(text) { this.text = text; } };
`

func lookAtSpeech(v *visit) {
	v.says("/voice", `<Say language="fr-FR">Bonjour</Say><Gather numDigits="1" timeout="200" action="/key"><Say language="de-DE">Bitte die 5</Say></Gather>`)
	v.says("/key", `<Pause length="180"/>`)
	v.open(v.rest.URL, fakeVoices)
	v.tabTo("Speak aloud")
	v.press(" ")
	v.sim.Dial(caller, ours, CallerScript{Keys: []Press{{Digits: "5"}}})
	v.wait("what is said is spoken, but not beyond the next sound or key", `spoken.join('; ') ===
		'Bonjour / fr-FR / undefined; cancelled; Bitte die 5 / de-DE / Uwe; cancelled'`)
	v.wait("the words are shown as well", `document.querySelector('#caller .words li[lang=de-DE]')?.textContent === 'Bitte die 5'`)

	v.says("/voice", `<Say language="en-GB">Please hold</Say><Pause length="180"/>`)
	v.sim.Dial(caller, ours, CallerScript{})
	v.wait("an English voice speaks English", `spoken.at(-1) === 'Please hold / en-GB / Ann'`)
	v.press(" ")
	v.wait("switched off, it is silent at once", `spoken.at(-1) === 'cancelled'`)
	v.sim.Dial(caller, ours, CallerScript{})
	v.wait("the next caller's words are told", `[...document.querySelectorAll('#story q')].filter((q) => q.textContent === 'Please hold').length === 2`)
	if last := v.read(`spoken.at(-1)`); last != "cancelled" {
		v.t.Errorf("switched off, it says %s", last)
	}
}

func lookAtRestart(v *visit) {
	first := httptest.NewServer(v.sim.Handler())
	address := first.Listener.Addr().String()
	v.says("/voice", `<Say>Hello</Say><Pause length="180"/>`)
	v.name(alice, "Alice’s mobile")
	v.open(first.URL, "")
	v.sim.Dial(caller, ours, CallerScript{})
	v.wait("the story is told", `document.querySelector('#story').textContent.includes('Hello')`)
	v.sim.Close()
	first.Close()
	v.wait("it says that it is alone", `document.querySelector('#lost[role=alert]').checkVisibility()`)

	again := New(Config{AccountSID: testSID, AuthToken: testToken, Speed: 8})
	defer again.Close()
	again.AddNumber(Number{Phone: bob, FriendlyName: "Another line", VoiceURL: v.url + "/voice"})
	second := httptest.NewUnstartedServer(again.Handler())
	v.must(second.Listener.Close())
	second.Listener = v.listen(address)
	second.Start()
	defer second.Close()
	defer again.Close()
	v.wait("it is back, with what there is now and nothing else", `!document.querySelector('#lost').checkVisibility()
		&& document.querySelector('#to').textContent === 'Another line' && !document.querySelector('#phones .card') && !document.querySelector('#story li')`)
	again.Dial(caller, bob, CallerScript{})
	v.wait("it tells the new story from its beginning", `document.querySelector('#story li')?.textContent.includes('calls Another line')
		&& document.querySelector('#story').textContent.includes('Hello')`)
}
