// The page shows what the simulator says and holds no state of its own: each event asks for a fresh picture.
const $ = (id) => document.getElementById(id);
const cards = new Map(); // phone number -> its card
const keys = [...'123456789*0#'];
const states = {queued: 'Waiting for a line', ringing: 'Ringing', 'in-progress': 'On the line'};

async function ask(method, path, body) {
  const reply = await fetch('/sim/' + path, {
    method, headers: {'Content-Type': 'application/json'}, body: body === undefined ? undefined : JSON.stringify(body),
  });
  const answer = await reply.json();
  if (!reply.ok) throw new Error(answer.error);
  return answer;
}

const act = (handset, what, body) => {
  const sid = handset.dataset.call;
  if (!sid) return;
  if (what === 'press') window.speechSynthesis?.cancel();
  ask('POST', `calls/${sid}/${what}`, body).catch(tell);
};
const tell = (news) => { $('news').textContent = news.message ?? news; };

function fit(handset, owner) {
  handset.append($('handset').content.cloneNode(true));
  const pad = handset.querySelector('.keypad');
  pad.setAttribute('aria-label', `Keypad of ${owner}`);
  for (const key of keys) {
    const b = document.createElement('button');
    b.type = 'button';
    b.textContent = key;
    b.setAttribute('aria-label', {'*': 'star', '#': 'hash'}[key] ?? key);
    b.onclick = () => act(handset, 'press', {digits: key});
    pad.append(b);
  }
  for (const b of handset.querySelectorAll('[data-act]')) b.onclick = () => act(handset, b.dataset.act);
  handset.closest('.phone').addEventListener('keydown', (e) => {
    if (!e.ctrlKey && !e.metaKey && !e.altKey && keys.includes(e.key) && !e.target.matches('input, select')) {
      act(handset, 'press', {digits: e.key});
    }
  });
}

function hearing(call) {
  const h = call?.hearing;
  switch (h?.kind) {
    case 'say': return `“${h.text}”`;
    case 'play': return `♪ ${h.text}`;
    case 'talk': return 'Talking with the other person';
    case 'listening': return 'Waiting for you: press a key or speak';
    case 'silence': return 'Silence';
    case 'tone': return 'Beep';
    case 'ring': return call.direction === 'inbound' ? 'It rings at the other end' : `Call from ${call.from}`;
  }
  return '';
}

function draw(handset, call) {
  handset.dataset.call = call?.sid ?? '';
  const rung = call?.status === 'ringing' && call.direction !== 'inbound';
  handset.closest('.phone').classList.toggle('ringing', rung);
  write(handset.querySelector('.state'), call ? states[call.status] ?? call.status : 'Idle');
  write(handset.querySelector('.hearing'), hearing(call));
  const shown = {answer: rung, reject: rung, hangup: call && !rung && call.status !== 'queued'};
  for (const b of handset.querySelectorAll('[data-act]')) b.hidden = !shown[b.dataset.act];
  handset.querySelector('.keypad').hidden = call?.status !== 'in-progress';
}

const write = (node, text) => { if (node.textContent !== text) node.textContent = text; };

function card(number) {
  if (cards.has(number)) return cards.get(number);
  const node = $('phone').content.cloneNode(true).firstElementChild;
  node.querySelector('h2').textContent = number;
  node.setAttribute('aria-label', `Phone ${number}`);
  node.querySelector('.behaviour').onchange = (e) => {
    ask('PUT', `phones/${encodeURIComponent(number)}`, {...node.script, answer: e.target.value}).catch(tell);
  };
  fit(node.querySelector('.handset'), number);
  $('phones').append(node);
  cards.set(number, node);
  return node;
}

async function refresh() {
  const [numbers, phones, calls] = await Promise.all([ask('GET', 'numbers'), ask('GET', 'phones'), ask('GET', 'calls?live=true')]);
  const choice = $('to').value;
  const wanted = numbers.map((n) => n.phone).join();
  if ($('to').dataset.numbers !== wanted) {
    $('to').replaceChildren(...numbers.map((n) => new Option(n.friendly_name === n.phone ? n.phone : `${n.friendly_name}, ${n.phone}`, n.phone)));
    $('to').dataset.numbers = wanted;
    if (choice) $('to').value = choice;
  }
  const inbound = calls.filter((c) => c.direction === 'inbound').at(-1);
  draw(document.querySelector('#caller .handset'), inbound);
  $('dial').hidden = Boolean(inbound);
  for (const p of phones) {
    const node = card(p.phone);
    node.script = p.script;
    const select = node.querySelector('.behaviour');
    if (document.activeElement !== select) select.value = p.script.answer || 'answer';
    draw(node.querySelector('.handset'), calls.filter((c) => c.phone === p.phone && c.direction !== 'inbound').at(-1));
  }
}

let due = false, busy = false;
async function redraw() { // one picture at a time, and one more when something happened meanwhile
  due = true;
  if (busy) return;
  busy = true;
  while (due) {
    due = false;
    await refresh().catch(tell);
    await new Promise((r) => setTimeout(r, 80));
  }
  busy = false;
}

function line(e) {
  switch (e.kind) {
    case 'dialled': return `calls ${e.to}`;
    case 'said': return `hears “${e.text}”`;
    case 'played': return `hears ♪ ${e.text}`;
    case 'pressed': return `presses ${e.digits}`;
    case 'joined': return 'enters the conference';
    case 'left': return 'leaves the conference';
    case 'talking': return 'talks with the other person';
    case 'recorded': return 'has left a message';
    case 'ended': return `ended: ${e.status}`;
    case 'ringing': return 'rings';
    case 'answered': return 'is on the line';
    case 'refused-twiml': return `got a document that is refused: ${e.text}`;
    case 'fallback': return `got no document: ${e.text}`;
  }
}

function note(e) {
  const text = line(e);
  if (!text) return;
  const item = document.createElement('li');
  for (const part of [new Date(e.at).toLocaleTimeString(), e.phone ?? '', text]) {
    const span = document.createElement('span');
    span.textContent = part;
    item.append(span);
  }
  const list = $('story');
  const atEnd = list.scrollTop + list.clientHeight > list.scrollHeight - 40;
  list.append(item);
  while (list.children.length > 300) list.firstChild.remove();
  if (atEnd) list.scrollTop = list.scrollHeight;
  const read = ['ringing', 'answered', 'talking', 'ended', 'refused-twiml'].includes(e.kind);
  if (read || (e.kind === 'said' && !$('speak').checked)) tell(`${e.phone} ${text}`);
  speak(e);
}

function speak(e) {
  if (!$('speak').checked || !window.speechSynthesis) return;
  if (e.kind === 'ended') speechSynthesis.cancel();
  if (e.kind !== 'said') return;
  const words = new SpeechSynthesisUtterance(e.text);
  if (e.language) words.lang = e.language;
  speechSynthesis.speak(words);
}

$('speak').onchange = (e) => { if (!e.target.checked) window.speechSynthesis?.cancel(); };
$('dial').onsubmit = (e) => {
  e.preventDefault();
  ask('POST', 'calls', {from: $('from').value, to: $('to').value, script: {manual: true}}).then(redraw).catch(tell);
};

fit(document.querySelector('#caller .handset'), 'the caller');
draw(document.querySelector('#caller .handset'));
const events = new EventSource('/sim/events?after=-1');
events.onopen = () => { $('lost').hidden = true; redraw(); };
events.onerror = () => { $('lost').hidden = false; };
events.onmessage = (m) => {
  const e = JSON.parse(m.data);
  note(e);
  redraw();
};
