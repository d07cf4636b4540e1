// The cards of the phones: the caller's, and one for each phone that is rung.
import {$, make, write} from './control.js';
import {drawHandset, isKey, newHandset, press, tick} from './handset.js';
import {drawManner, fitManner} from './manner.js';
import {phoneName, spaced} from './words.js';

const most = 4; // calls shown at one phone
const cards = new Map(); // by number

export function fitCard(card) {
  card.addEventListener('keydown', (e) => {
    if (e.ctrlKey || e.metaKey || e.altKey || e.repeat || e.target.matches('input, select') || !isKey(e.key)) return;
    const handset = e.target.closest('.handset') ?? card.querySelector('.handset[data-state=open]');
    if (handset?.dataset.state === 'open') press(handset, e.key);
  });
}

// drawCalls shows the calls at a phone. When what had the focus goes, the card takes it, so that keys still reach the phone.
export function drawCalls(card, calls, owner) {
  const focused = card.contains(document.activeElement) ? document.activeElement : undefined;
  const place = card.querySelector('.handsets');
  const shown = calls.slice(-most);
  for (const node of [...place.children]) if (!shown.some((c) => c.sid === node.dataset.call)) node.remove();
  for (const call of shown) {
    let node = place.querySelector(`[data-call="${CSS.escape(call.sid)}"]`);
    if (!node) place.append(node = newHandset(call));
    drawHandset(node, call, owner);
  }
  card.classList.toggle('ringing', shown.some((c) => c.status === 'ringing' && c.direction !== 'inbound'));
  card.classList.toggle('open', shown.some((c) => c.status === 'in-progress'));
  return () => { if (focused && (!focused.isConnected || focused.closest('[hidden]'))) card.focus(); };
}

export function drawPhones(phones) {
  const place = $('phones');
  for (const [number, card] of cards) {
    if (phones.some((p) => p.phone === number)) continue;
    card.remove();
    cards.delete(number);
  }
  phones.forEach((p, i) => {
    const card = cards.get(p.phone) ?? newCard(p.phone);
    if (place.children[i] !== card) place.insertBefore(card, place.children[i] ?? null);
    drawPhone(card, p);
  });
  $('none').hidden = phones.length > 0;
}

function newCard(number) {
  const card = make('phone');
  card.dataset.phone = number;
  fitCard(card);
  fitManner(card, number);
  cards.set(number, card);
  return card;
}

function drawPhone(card, phone) {
  const owner = phoneName(phone.phone);
  write(card.querySelector('h3'), owner);
  write(card.querySelector('.number'), phone.name ? spaced(phone.phone) : '');
  card.setAttribute('aria-label', owner);
  drawManner(card, phone.script, owner);
  drawCalls(card, phone.calls, owner)();
}

setInterval(() => { for (const node of document.querySelectorAll('.handset')) tick(node); }, 1000);
