// What happens, as plain sentences, the newest at the end and in view.
import {$, tell} from './control.js';
import {callerName, fileName, numberName, phoneName} from './words.js';

const most = 500; // lines kept
const fresh = 5000; // milliseconds; what is older is shown but not announced
const callers = new Set(); // calls of callers that are not over
let callLink = '';
let newest = {}; // line that is no detail: its text, its node, and how many times it happened
let following = true; // the newest line is kept in view, until somebody scrolls back or while they are at an older one

export const linkCalls = (template) => { callLink = template ?? ''; };

// startStory forgets what an earlier run of the simulator told.
export function startStory() {
  callers.clear();
  newest = {};
  $('story').replaceChildren();
}

export const isFresh = (event) => Date.now() - Date.parse(event.at) < fresh;

export function tellStory(event) {
  const line = lineOf(event);
  if (!line) return;
  if (event.kind === 'played' && line.text === newest.text) {
    newest.times++;
    newest.node.querySelector('span').textContent = `${line.text} (${newest.times} times)`;
    return;
  }
  const node = draw(event, line);
  $('story').append(node);
  while ($('story').children.length > most) $('story').firstChild.remove();
  follow();
  if (line.look === 'detail') return;
  newest = {text: line.text, node, times: 1};
  const spoken = event.kind === 'said' && $('speak').checked;
  if (isFresh(event) && !spoken) tell(line.said ? `${line.text} “${line.said}”` : line.text);
}

function draw(event, {text, look, said}) {
  const item = document.createElement('li');
  item.className = look ?? '';
  const at = document.createElement('time');
  at.dateTime = event.at;
  at.textContent = new Date(event.at).toLocaleTimeString([], {hour12: false});
  const sentence = document.createElement('span');
  sentence.textContent = text;
  item.append(at, sentence);
  if (said) {
    const words = document.createElement('q');
    words.textContent = said;
    if (event.language) words.lang = event.language;
    sentence.textContent += ' ';
    sentence.append(words);
  }
  const link = look === 'call' && linkTo(event, text);
  if (link) item.append(link);
  return item;
}

function linkTo(event, text) {
  if (!callLink) return undefined;
  const link = document.createElement('a');
  link.href = callLink.replaceAll('{sid}', encodeURIComponent(event.call));
  link.target = '_blank';
  link.rel = 'noopener';
  link.textContent = 'Open the workflow';
  link.setAttribute('aria-label', `Open the workflow: ${text}`);
  return link;
}

// who names the person at the event's end of the call. A lone caller needs no number.
function who(event) {
  if (event.direction !== 'inbound') return phoneName(event.phone);
  event.kind === 'ended' ? callers.delete(event.call) : callers.add(event.call);
  return callers.size > (event.kind === 'ended' ? 0 : 1) ? `The caller from ${callerName(event.from)}` : 'The caller';
}

const pathOf = (address) => address.replace(/^https?:\/\/[^/]*/, '');
const briefPath = (address) => pathOf(address).replace(/^\/2010-04-01\/Accounts\/[^/]*/, '');
const millis = (event) => `${event.millis ?? 0}\u00a0ms`;
const about = (event) => event.phone ? ` about ${phoneName(event.phone)}` : '';

// lineOf is the line of an event: its text, how it looks, and what was said. Nothing for events that add nothing.
function lineOf(e) {
  const inbound = e.direction === 'inbound';
  const person = e.phone && e.direction ? who(e) : '';
  switch (e.kind) {
    case 'dialled':
      return inbound
        ? {text: `${callerName(e.from)} calls ${numberName(e.to)}`.replace(/^a /, 'A '), look: 'call'}
        : {text: `${person} is being called`};
    case 'ringing': return inbound ? undefined : {text: `${person} rings`, look: 'rings'};
    case 'answered': return inbound ? {text: `${person} is through`} : {text: `${person} is picked up`, look: 'open'};
    case 'said': return {text: `${person} hears`, said: e.text, look: 'said'};
    case 'played': return {text: `${person} hears ♪ ${fileName(e.text)}`};
    case 'pressed': return {text: `${person} presses ${e.digits}`};
    case 'joined': return {text: `${person} enters the conference`};
    case 'left': return {text: `${person} leaves the conference`};
    case 'talking': return {text: `${person} talks with the other person`, look: 'open'};
    case 'recorded': return e.text ? {text: `${person} leaves a message:`, said: e.text, look: 'said'} : {text: `${person} leaves a message`};
    case 'ended': return {text: ending(e.status, person, inbound), look: e.status === 'failed' ? 'wrong' : 'over'};
    case 'refused-twiml': return {text: `The carrier refuses a document for ${person.replace(/^T/, 't')}: ${e.text}`, look: 'wrong'};
    case 'fallback': return {text: `A document for ${person.replace(/^T/, 't')} failed: ${e.text}. The fallback is asked`, look: 'wrong'};
    case 'webhook': return webhook(e);
    case 'rest': return request(e);
  }
  return undefined;
}

function ending(status, person, inbound) {
  switch (status) {
    case 'completed': return inbound ? `${person} is off the line` : `The call to ${person} is over`;
    case 'busy': return inbound ? `${person} hears the engaged tone` : `${person} is busy, or declines`;
    case 'no-answer': return inbound ? `${person} is gone before an answer` : `${person} is not answered`;
    case 'canceled': return `${person} stops ringing`;
    case 'failed': return inbound ? `${person} cannot be put through` : `${person} cannot be reached`;
  }
  return `${person}: ${status}`;
}

function webhook(e) {
  const what = `Webhook ${e.webhook}${about(e)}: ${e.method} ${pathOf(e.url)}`;
  if (e.http_status >= 200 && e.http_status < 400) return {text: `${what}, ${e.http_status} in ${millis(e)}`, look: 'detail'};
  return {text: `${what}, ${e.http_status || 'no answer'}: ${e.text}`, look: 'wrong'};
}

function request(e) {
  const what = `Request${about(e)}: ${e.method} ${briefPath(e.url)}`;
  return {text: `${what}, ${e.http_status || 'no answer'} in ${millis(e)}`, look: e.http_status >= 500 || !e.http_status ? 'wrong' : 'detail'};
}

function follow() {
  if (following) $('story').scrollTop = $('story').scrollHeight;
}

$('story').onscroll = ({target}) => { following = target.scrollTop + target.clientHeight > target.scrollHeight - 60; };
$('story').addEventListener('focusout', (e) => {
  if (e.currentTarget.contains(e.relatedTarget)) return;
  following = true;
  follow();
});
new ResizeObserver(follow).observe($('story'));
$('detail').onchange = (e) => {
  $('story').classList.toggle('detailed', e.target.checked);
  follow();
};
