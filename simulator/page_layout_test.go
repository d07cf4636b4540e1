package simulator

// restless has everything on the page at once: who rings, who talks, who records, a fault, and webhooks.
func (v *visit) restless() {
	v.says("/voice", `<Say>After the tone you have a minute for your message</Say><Record maxLength="600"/>`)
	v.says("/leg", `<Gather numDigits="1" timeout="200"><Say>A call for Production down. Press 1 to take it, or 9 to decline.</Say></Gather>`)
	v.name(alice, "Alice’s mobile, the one with the rather long name that hardly fits")
	v.name(carol, "Carol’s mobile")
	v.open(v.rest.URL, "")
	v.sim.SetFaults(Faults{Rules: []Rule{{Match: Match{Phone: carol}, Do: Drop}}})
	v.sim.Dial(caller, ours, CallerScript{Manual: true})
	v.ring(alice, "/leg", "Timeout", "600")
	v.sim.Script(bob, Script{Keys: []Press{{After: "never said", Digits: "1"}}})
	v.ring(bob, "/leg", "Timeout", "600")
	v.wait("the fault is shown", `document.querySelector('#fault-count').textContent === '1 on'`)
	v.tabTo("Faults 1 on")
	v.press(" ")
	v.tabTo("Show requests")
	v.press(" ")
	v.wait("everything is there", `document.querySelector('.ringing') && document.querySelector('#phones .open .words li') &&
		document.querySelector('.say')?.checkVisibility() && document.querySelector('#story .detail')?.checkVisibility()`)
}

func lookAtLayout(v *visit) {
	v.restless()
	for _, device := range []struct {
		name          string
		width, height int64
	}{{"laptop", 1280, 800}, {"tablet", 800, 1100}, {"phone", 390, 844}} {
		v.size(device.width, device.height)
		if wide := v.read(tooWide); wide != "" {
			v.t.Errorf("%s: too wide: %s", device.name, wide)
		}
		if small := v.read(tooSmall); small != "" {
			v.t.Errorf("%s: hard to hit: %s", device.name, small)
		}
		if roles := v.nameless(); len(roles) > 0 {
			v.t.Errorf("%s: without a name: %q", device.name, roles)
		}
		for _, scheme := range []string{"light", "dark"} {
			v.prefers("color-scheme", scheme)
			if pale := v.read(tooPale); pale != "" {
				v.t.Errorf("%s, %s: hard to read: %s", device.name, scheme, pale)
			}
		}
	}
	if v.read(`document.getAnimations().length > 0`) != "true" {
		v.t.Error("nothing moves while a phone rings")
	}
	v.prefers("reduced-motion", "reduce")
	if moving := v.read(`document.getAnimations().length`); moving != "0" {
		v.t.Errorf("%s things move for who wants no motion", moving)
	}
}

// What is wrong with the layout; each is empty when nothing is.
const (
	tooWide = `(() => {
		const page = document.documentElement;
		const over = [...document.querySelectorAll('body *')].filter((e) => e.checkVisibility() && !getComputedStyle(e).clipPath.startsWith('inset')
			&& (e.getBoundingClientRect().right > page.clientWidth + .5 || e.getBoundingClientRect().left < -.5
				|| (e.clientWidth > 0 && e.scrollWidth > e.clientWidth + 1 && !e.matches('input, select'))));
		return (page.scrollWidth > page.clientWidth ? 'the page; ' : '') + over.map((e) => e.outerHTML.slice(0, 80)).join('; ');
	})()`
	tooSmall = `[...document.querySelectorAll('a, button, input, select, summary')]
		.filter((e) => e.checkVisibility() && (e.getBoundingClientRect().height < 44 || e.getBoundingClientRect().width < 44))
		.map((e) => e.outerHTML.slice(0, 80) + ' ' + e.getBoundingClientRect().height).join('; ')`
	// tooPale compares the brightness of each text with what is behind it, as WCAG 2.2 does.
	tooPale = `(() => {
		const parts = (colour) => colour.match(/[\d.]+/g).map(Number);
		const bright = (colour) => parts(colour).slice(0, 3).map((c) => c / 255)
			.map((c) => c <= .04045 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4)
			.reduce((sum, c, i) => sum + c * [.2126, .7152, .0722][i], 0);
		const behind = (e) => e === null ? 'rgb(255, 255, 255)' : parts(getComputedStyle(e).backgroundColor)[3] === 0
			? behind(e.parentElement) : getComputedStyle(e).backgroundColor;
		const texts = [...document.querySelectorAll('body *')].filter((e) => e.checkVisibility()
			&& ([...e.childNodes].some((n) => n.nodeType === Node.TEXT_NODE && n.data.trim()) || e.matches('input, select')));
		if (texts.length < 50) return 'only ' + texts.length + ' texts';
		return texts.map((e) => {
			const [light, dark] = [bright(getComputedStyle(e).color), bright(behind(e))].sort((a, b) => b - a);
			return [(light + .05) / (dark + .05), e];
		}).filter(([ratio]) => ratio < 4.5).map(([ratio, e]) => ratio.toFixed(2) + ' ' + e.outerHTML.slice(0, 80)).join('; ');
	})()`
)
