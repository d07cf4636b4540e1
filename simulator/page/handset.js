// One call at one phone: what is heard, and what the person who holds the phone can do.
import {make, order, write} from './control.js';
import {fileName, lineName} from './words.js';

const keys = [...'123456789*0#'];
const letters = {2: 'ABC', 3: 'DEF', 4: 'GHI', 5: 'JKL', 6: 'MNO', 7: 'PQRS', 8: 'TUV', 9: 'WXYZ', 0: '+'};
const keyNames = {'*': 'Star', '#': 'Hash'};

export function newHandset(call) {
  const node = make('handset');
  node.dataset.call = call.sid;
  const pad = node.querySelector('.keypad');
  for (const key of keys) pad.append(keyButton(node, key));
  for (const b of node.querySelectorAll('[data-act]')) b.onclick = () => act(node, b.dataset.act);
  node.querySelector('.say').onsubmit = (e) => say(e, node);
  return node;
}

function keyButton(node, key) {
  const b = document.createElement('button');
  b.type = 'button';
  b.textContent = key;
  b.dataset.key = key;
  b.dataset.letters = letters[key] ?? '';
  b.onclick = () => press(node, key);
  return b;
}

const act = (node, what, body) => order('POST', `calls/${node.dataset.call}/${what}`, body);

export const isKey = (key) => keys.includes(key);

export function press(node, key) {
  act(node, 'press', {digits: key});
  const button = node.querySelector(`[data-key="${CSS.escape(key)}"]`);
  button.classList.add('pressed');
  button.addEventListener('animationend', () => button.classList.remove('pressed'), {once: true});
}

function say(event, node) {
  event.preventDefault();
  const words = event.target.querySelector('input');
  act(node, 'speak', {text: words.value});
  words.value = '';
}

// drawHandset shows a call. owner is whose phone it is, in words.
export function drawHandset(node, call, owner) {
  const state = call.status === 'in-progress' ? 'open' : call.status;
  node.dataset.state = state;
  node.dataset.answered = call.answered ?? '';
  const rung = state === 'ringing' && call.direction !== 'inbound';
  write(node.querySelector('.what'), stateOf(call, rung));
  write(node.querySelector('.now'), soundOf(call));
  drawWords(node.querySelector('.words'), call);
  const shown = {answer: rung, reject: rung, hangup: !rung && state !== 'queued'};
  const named = {answer: `Answer ${owner}`, reject: `Decline on ${owner}`, hangup: `Hang up ${owner}`};
  for (const b of node.querySelectorAll('[data-act]')) {
    b.hidden = !shown[b.dataset.act];
    b.setAttribute('aria-label', named[b.dataset.act]);
  }
  const speaking = node.querySelector('.say');
  speaking.hidden = call.hearing?.kind !== 'recording';
  speaking.querySelector('input').setAttribute('aria-label', `What to say into ${owner}`);
  speaking.querySelector('button').setAttribute('aria-label', `Say it into ${owner}`);
  const pad = node.querySelector('.keypad');
  pad.hidden = state !== 'open';
  pad.setAttribute('aria-label', `Keypad of ${owner}`);
  for (const b of pad.children) b.setAttribute('aria-label', `${keyNames[b.dataset.key] ?? b.dataset.key} on ${owner}`);
  tick(node);
}

function stateOf(call, rung) {
  switch (call.status) {
    case 'queued': return 'Waiting for a line';
    case 'ringing': return rung ? `${capital(lineName(call.from))} calls` : `Calling ${lineName(call.to)}`;
    case 'in-progress': return call.direction === 'inbound' ? `On the line to ${lineName(call.to)}` : 'On the line';
  }
  return call.status;
}

const capital = (text) => text[0].toUpperCase() + text.slice(1);

function soundOf(call) {
  switch (call.hearing?.kind) {
    case 'play': return `♪ ${fileName(call.hearing.text)}`;
    case 'talk': return 'Talking with the other person';
    case 'listening': return 'It is your turn: press a key';
    case 'recording': return 'It is recording: what do you say?';
    case 'silence': return call.hearing.during ? `Silence: ${call.hearing.during}` : 'Silence';
    case 'tone': return 'A tone';
    case 'ring': return call.direction === 'inbound' ? 'It rings at the other end' : '';
  }
  return '';
}

// drawWords shows the last things said, each in its language, the one of this moment marked.
function drawWords(list, call) {
  const words = call.heard ?? [];
  const speaking = call.hearing?.kind === 'say';
  const drawn = JSON.stringify([speaking, words.map((h) => h.at)]);
  if (list.dataset.drawn === drawn) return;
  list.dataset.drawn = drawn;
  list.replaceChildren(...words.map((h, i) => {
    const item = document.createElement('li');
    item.textContent = h.text;
    if (h.language) item.lang = h.language;
    item.classList.toggle('speaking', speaking && i === words.length - 1);
    return item;
  }));
}

// tick shows how long the call has lasted.
export function tick(node) {
  const since = Date.parse(node.dataset.answered);
  const seconds = Math.max(0, Math.floor((Date.now() - since) / 1000));
  write(node.querySelector('.clock'), since ? `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}` : '');
}
